"""Connections and sharing as the pages read them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404

from contacts.access import people_of
from contacts.models import Connection, ConnectionState, Reach, Relation
from contacts.shared import SharedCard, circle_of, shared_cards
from netapp.accounts.models import User
from netapp.accounts.queries import verified_addresses


@dataclass(frozen=True, slots=True)
class InForce:
    """A connection as one of the two sees it."""

    connection: Connection
    other: User


def in_force(*, member: User) -> list[InForce]:
    """The member's connections, by the other's name."""
    rows = (
        Connection.objects.filter(Q(inviter=member) | Q(invitee=member), state=ConnectionState.ACCEPTED)
        .select_related("inviter", "invitee")
        .order_by("answered_at")
    )
    found = [InForce(row, _other(row, member)) for row in rows]
    return sorted(found, key=lambda one: one.other.display_name.casefold())


def invited_by(*, member: User) -> QuerySet[Connection]:
    """Invitations that the member sent and has no yes to. A declined one stands among them, as if unanswered."""
    states = [ConnectionState.INVITED, ConnectionState.DECLINED]
    return Connection.objects.filter(inviter=member, state__in=states).order_by("-created_at")


def invitations_to(*, member: User) -> QuerySet[Connection]:
    """Open invitations to an address that the member has proved to be theirs."""
    return (
        Connection.objects.filter(invitee_email__in=verified_addresses(member), state=ConnectionState.INVITED)
        .exclude(inviter=member)
        .select_related("inviter")
        .order_by("-created_at")
    )


def connection_for(member: User, connection_id: UUID) -> InForce:
    """One connection in force of the member's. Raises Http404."""
    row = get_object_or_404(
        Connection.objects.select_related("inviter", "invitee"),
        Q(inviter=member) | Q(invitee=member),
        id=connection_id,
        state=ConnectionState.ACCEPTED,
    )
    return InForce(row, _other(row, member))


def invitation_for(member: User, connection_id: UUID) -> Connection:
    """One open invitation to the member. Raises Http404."""
    return get_object_or_404(invitations_to(member=member), id=connection_id)


def sent_invitation_for(member: User, connection_id: UUID) -> Connection:
    """One invitation that the member sent. Raises Http404."""
    return get_object_or_404(invited_by(member=member), id=connection_id)


def shared_counts(*, member: User) -> dict[str, int]:
    """How many of the people the member knows stay private, and how many go how far."""
    return (
        people_of(member)
        .filter(relation=Relation.KNOWN, archived_at=None)
        .aggregate(
            only_me=Count("id", filter=Q(reach=Reach.ONLY_ME)),
            connections=Count("id", filter=Q(reach=Reach.MY_CONNECTIONS)),
            beyond=Count("id", filter=Q(reach=Reach.THEIR_CONNECTIONS)),
        )
    )


def as_seen_by(*, member: User, other: User, now: datetime) -> list[SharedCard]:
    """The member's cards as `other` may see them now, by name: made by the same function that serves `other`."""
    cards = shared_cards(circle_of(other.pk, now)).values()
    return sorted((card for card in cards if card.owner == member), key=lambda card: card.name.casefold())


def _other(connection: Connection, member: User) -> User:
    assert connection.invitee is not None
    return connection.invitee if connection.inviter_id == member.pk else connection.inviter
