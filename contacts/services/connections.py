"""Connections between members: invited by address, in force once the other agreed, ended by either at any moment.

An invitation says nothing about whether the address has an account. Only a member who has proved that the address is
theirs sees it and can accept it.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from contacts.handles import normalise_email
from contacts.models import Connection, ConnectionState, Reach
from contacts.services.announce import book_moved
from netapp.accounts.models import User
from netapp.accounts.queries import verified_addresses
from netapp.mail import outbox

INVITATIONS_A_DAY = 20
WRITES_AGAIN_AFTER = timedelta(days=90)
"""Withdrawing and inviting again does not mail the same address again before."""

_UNANSWERED_TO_INVITER = (ConnectionState.INVITED, ConnectionState.DECLINED)


class CannotInvite(ValueError):
    """Why this invitation was not sent, in words for the member."""


def letter_group(connection: Connection) -> str:
    """The outbox group by which withdrawing an invitation cancels its unsent letter."""
    return f"connection:{connection.id}"


@transaction.atomic
def invite(*, inviter: User, email: str, now: datetime) -> Connection:
    """Invite whoever reads mail at `email`. An invitation that is open already is returned as it is.

    Raises CannotInvite for what is no address, for one's own, and past the day's allowance.
    """
    address = normalise_email(email)
    if address is None:
        raise CannotInvite("That does not look like an e-mail address.")
    if address in verified_addresses(inviter) or address == inviter.email.lower():
        raise CannotInvite("That is your own address.")
    if connected_with(inviter, address):
        raise CannotInvite("You are connected already.")
    # Two tabs at once: the member's row makes them take turns, so that the allowance counts both.
    User.objects.select_for_update(no_key=True).get(pk=inviter.pk)
    earlier = Connection.objects.filter(inviter=inviter, invitee_email=address).order_by("-created_at")
    # One that was declined is returned like one that is open: the inviter is not to see the difference.
    existing = earlier.filter(state__in=_UNANSWERED_TO_INVITER).first()
    if existing:
        return existing
    if Connection.objects.filter(inviter=inviter, created_at__gt=now - timedelta(days=1)).count() >= INVITATIONS_A_DAY:
        raise CannotInvite(f"That is enough for today: at most {INVITATIONS_A_DAY} invitations a day.")
    was_written_to = earlier.filter(created_at__gt=now - WRITES_AGAIN_AFTER).exists()
    connection = Connection.objects.create(inviter=inviter, invitee_email=address)
    if was_written_to:
        return connection
    outbox.post(
        key=f"{letter_group(connection)}:invited",
        group=letter_group(connection),
        template="connection_invited",
        context={"inviter": inviter, "address": address},
        to=[outbox.Recipient(address)],
        reply_to=[outbox.Recipient(inviter.email, inviter.name)],
        from_name=outbox.via_kith(inviter.display_name),
        member=inviter,
        is_shown=True,
        now=now,
    )
    return connection


@transaction.atomic
def accept(*, connection: Connection, member: User, now: datetime) -> bool:
    """Agree. False where the invitation is no longer open."""
    try:
        with transaction.atomic():
            moved = _move(
                connection, ConnectionState.INVITED, state=ConnectionState.ACCEPTED, invitee=member, answered_at=now
            )
    except IntegrityError:
        # The two invited each other and the other invitation was accepted first: this one has served its purpose.
        return _move(connection, ConnectionState.INVITED, state=ConnectionState.ENDED, ended_at=now)
    if not moved:
        return False
    outbox.cancel_group(group=letter_group(connection))
    outbox.post(
        key=f"{letter_group(connection)}:accepted",
        template="connection_accepted",
        context={"inviter": connection.inviter, "member": member},
        to=[outbox.Recipient(connection.inviter.email, connection.inviter.name)],
        member=connection.inviter,
        now=now,
    )
    _both_books_moved(connection, member)
    return True


@transaction.atomic
def decline(*, connection: Connection, now: datetime) -> bool:
    """Say no, of which the inviter is not told. False where the invitation is no longer open.

    A letter that has not gone out yet still goes: the inviter's mail log would show that it was called back.
    """
    return _move(connection, ConnectionState.INVITED, state=ConnectionState.DECLINED, answered_at=now)


@transaction.atomic
def withdraw(*, connection: Connection, now: datetime) -> bool:
    """Take an invitation back. A declined one can be taken back too, so that it looks no different from an open one."""
    moved = _move(connection, *_UNANSWERED_TO_INVITER, state=ConnectionState.ENDED, ended_at=now)
    outbox.cancel_group(group=letter_group(connection))
    return moved


@transaction.atomic
def end(*, connection: Connection, now: datetime) -> bool:
    """End a connection; from this moment on neither finds what the other shares. False where it had ended already."""
    assert connection.invitee is not None
    # Told before, while the two still count as each other's circle: whose paths went through here is known only now.
    _both_books_moved(connection, connection.invitee)
    return _move(connection, ConnectionState.ACCEPTED, state=ConnectionState.ENDED, ended_at=now)


def connected_with(member: User, address: str) -> bool:
    """Whether a connection in force came of an invitation to or from that address."""
    in_force = Connection.objects.filter(state=ConnectionState.ACCEPTED)
    with_address = Q(inviter=member, invitee_email=address) | Q(invitee=member, inviter__email__iexact=address)
    return in_force.filter(with_address).exists()


def _move(connection: Connection, *old: ConnectionState, **changes: object) -> bool:
    moved = Connection.objects.filter(id=connection.id, state__in=old).update(**changes)
    connection.refresh_from_db()
    return moved == 1


def _both_books_moved(connection: Connection, other: User) -> None:
    for member_id in (connection.inviter_id, other.pk):
        book_moved(member_id, reach=Reach.THEIR_CONNECTIONS)
