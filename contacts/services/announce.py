"""Telling the apps above whose paths may differ now."""

from contacts.models import Connection, ConnectionState, Person, Reach
from contacts.signals import book_changed


def book_moved(owner_id: int, *, reach: int = Reach.ONLY_ME) -> None:
    """Say that the owner's book changed; `reach` is the widest, before or after, of the ties it was about.

    Ties that others may use move their paths too: those of the connections, and of theirs, as far as they reach.
    Call it inside the transaction of the change.
    """
    members = {owner_id}
    for _ in range(reach):
        members |= _connected_to(members)
    book_changed.send(sender=Person, member_ids=members)


def _connected_to(members: set[int]) -> set[int]:
    in_force = Connection.objects.filter(state=ConnectionState.ACCEPTED)
    pairs = in_force.filter(inviter__in=members) | in_force.filter(invitee__in=members)
    return {member for pair in pairs.values_list("inviter_id", "invitee_id") for member in pair if member is not None}
