"""What this app tells those above it."""

from django.dispatch import Signal

# Sent inside the transaction by every service that changes what a path may use or a seat may match: cards, ties,
# acquaintances, sharing, connections. Arguments: member_ids, the set of ids of the members whose paths may differ.
book_changed = Signal()

# Asked before an import takes back the cards that it made: receivers return the ids, among `person_ids`, of those
# that the member has used since (put on a seat, asked for an introduction). Arguments: person_ids, a set.
people_used = Signal()

# Sent inside the transaction in which a member answers a reminder by "we spoke": what the reminder was about may move
# on. The contact is noted already where the reminder has a person. Arguments: reminder, kind (InteractionKind), now.
spoke = Signal()

# Asked when everything of a member's is exported, inside a transaction that only reads. Receivers return their tables:
# a mapping of each one's name to its rows, as plain values, with no more than the member may know. Arguments: member.
export_wanted = Signal()
