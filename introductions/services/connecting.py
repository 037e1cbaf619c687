"""Two members who were introduced may connect, so that each can search what the other shares.

The asker is offered it whoever the target is: an offer only where the other has an account would tell that they have
one. An invitation does not tell either (contacts.services.connections). Who already invited the other is answered.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from contacts.handles import normalise_email
from contacts.models import Connection, ConnectionState
from contacts.services import connections
from introductions.lifecycle import Party, State
from introductions.models import Answer, Consent, ConsentState, Introduction
from introductions.services import addresses
from netapp.accounts.models import User

_TOGETHER = (State.INTRODUCED, State.TALKED, State.CLOSED)


def may_offer(*, introduction: Introduction, question: Consent | None = None) -> bool:
    """Whether the two were introduced and are not connected. `question`: the target's own, where it is they who ask."""
    if introduction.shown_state not in _TOGETHER or introduction.introduced_at is None:
        return False
    if question is not None and (not question.is_target or question.answer != Answer.YES):
        return False
    address = _targets_address(introduction)
    return bool(address) and not connections.connected_with(introduction.owner, address)


@transaction.atomic
def offer_to_target(*, introduction: Introduction, now: datetime) -> str:
    """The asker invites the target, or accepts their invitation; what to say of it. Raises CannotInvite."""
    return _offer(introduction.owner, [_targets_address(introduction)], introduction.target_name, now)


@transaction.atomic
def offer_to_asker(*, question: Consent, member: User, now: datetime) -> str:
    """The target, a member, invites the asker, or accepts their invitation; what to say of it. Raises CannotInvite."""
    asker = question.introduction.owner
    # The account's own address first: it is the one that the letter which introduced them shows.
    theirs = [normalise_email(asker.email) or asker.email, *sorted(addresses.verified(asker))]
    return _offer(member, theirs, asker.name or "them", now)


def _offer(member: User, others: list[str], name: str, now: datetime) -> str:
    waiting = (
        Connection.objects.filter(state=ConnectionState.INVITED, invitee_email__in=addresses.verified(member))
        .filter(
            Q(inviter__email__in=others)
            | Q(inviter__emailaddress__email__in=others, inviter__emailaddress__verified=True)
        )
        .exclude(inviter=member)
        .distinct()
        .first()
    )
    if waiting is not None and connections.accept(connection=waiting, member=member, now=now):
        return f"You and {name} are connected."
    connections.invite(inviter=member, email=others[0], now=now)
    return f"{name} is invited. Each of you decides what to share."


def _targets_address(introduction: Introduction) -> str:
    target = introduction.consents.filter(party=Party.TARGET, state=ConsentState.ANSWERED, answer=Answer.YES).first()
    return target.email if target else ""
