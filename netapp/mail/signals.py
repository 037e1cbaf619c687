"""What the outbox tells the rooms above it."""

from django.dispatch import Signal

# Sent inside a transaction when mail to an address came back because nobody gets mail there. Only of letters that the
# member may know of (`Letter.is_shown`): a mark on a card would tell that, and when, a third person was asked.
# Arguments: member_id, address (lower case).
address_failed = Signal()

# Sent inside a transaction when mail was paused. Arguments: reason (PauseReason), now.
mail_paused = Signal()
