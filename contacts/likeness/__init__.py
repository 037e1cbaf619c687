"""Which cards look like one human, and why. Cards in, pairs with reasons out; no Django, no rows, no clock.

`find` compares a book with itself. Precision comes first: a card too many is merged in a minute, two people in one
card are hard to tell apart again. Nothing here merges anything.
"""

from contacts.likeness.cards import Card
from contacts.likeness.comparing import Comparison
from contacts.likeness.finding import Found, find

__all__ = ["Card", "Comparison", "Found", "find"]
