"""What this app tells those above it."""

from django.dispatch import Signal

# Sent inside the transaction by every service that changes what a path may use or a seat may match: cards, ties,
# acquaintances, sharing, connections. Arguments: member_ids, the set of ids of the members whose paths may differ.
book_changed = Signal()
