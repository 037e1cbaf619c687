"""What can be typed about people: cards, lists of them, and the evidence between them."""
