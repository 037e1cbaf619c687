"""Favours given and received by way of introductions. A record of kindness: no points, no balance, no ranking.

Both sides read what their own pages and mails told them already: the asker who helped, the introducer that the two were
brought together and what came of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from introductions.lifecycle import Party
from introductions.limits import WELCOME
from introductions.models import Answer, Consent, Introduction
from introductions.parties import asker_name, listed
from introductions.services import addresses
from netapp.accounts.models import User

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Received:
    """Somebody helped the member to meet somebody."""

    introduction: Introduction
    through: str
    at: datetime
    is_told: bool


@dataclass(frozen=True, slots=True)
class Given:
    """The member helped somebody to meet somebody. told: what they wrote of it."""

    question: Consent
    asker: str
    target: str
    at: datetime
    told: str


@dataclass(frozen=True, slots=True)
class Favours:
    """Both ways, newest first, at most MOST each."""

    received: Sequence[Received]
    given: Sequence[Given]


def favours_of(member: User) -> Favours:
    """What friends did for the member, and what the member did for friends. Three queries."""
    received = [
        Received(
            row, listed(row.introducer_names), row.introduced_at or row.asked_at, row.introducer_told_at is not None
        )
        for row in Introduction.objects.filter(owner=member, shown_state__in=WELCOME).order_by("-asked_at")[:MOST]
        if row.asked_at is not None
    ]
    helped = Q(answer=Answer.FORWARD) | Q(answer=Answer.YES, introduction__introduced_at__isnull=False)
    rows = (
        Consent.objects.filter(helped, party=Party.INTRODUCER, email__in=addresses.verified(member))
        .exclude(introduction__owner=member)
        .select_related("introduction__owner")
        .order_by("-answered_at")[:MOST]
    )
    given = [
        Given(row, asker_name(row.introduction), row.introduction.target_name, row.answered_at, row.introduction.told)
        for row in rows
        if row.answered_at is not None
    ]
    return Favours(received, given)
