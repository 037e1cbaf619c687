"""How the people whom a member asks answered so far, and how often they are asked: what a path's chance is made of.

Nothing here may tell an asker more than their own pages do. Of the asker's own requests only what they are shown
counts, so that a chance never moves on the day on which a friend said no. Of other members' requests only the number
counts, never whose they are.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Q

from contacts.graph import Answer as GraphAnswer
from contacts.network import AskLoad
from introductions import lifecycle
from introductions.lifecycle import State
from introductions.limits import LATELY, REFUSED_HOLDS, WELCOME
from introductions.models import Consent, Introduction


def answers_of(*, member_id: int) -> Mapping[UUID, Sequence[GraphAnswer]]:
    """By the introducer's card: a yes for each request that came through, a no for each shown as come to nothing."""
    rows = (
        Introduction.objects.filter(owner=member_id, introducer__isnull=False, asked_at__isnull=False)
        .filter(shown_state__in=[*WELCOME, State.DECLINED])
        .values_list("introducer_id", "asked_at", "shown_state")
    )
    found: dict[UUID, list[GraphAnswer]] = defaultdict(list)
    for introducer_id, asked_at, shown in rows:
        assert introducer_id is not None
        assert asked_at is not None
        found[introducer_id].append(GraphAnswer(asked_at, shown != State.DECLINED))
    return found


def ask_load(*, member_id: int, now: datetime) -> Mapping[str, AskLoad]:
    """By normalised address: how many questions stand open there, and how many were asked in the last 90 days."""
    asked = Consent.objects.filter(asked_at__gt=now - LATELY, asked_at__lte=now)
    loads: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    # Of one's own requests the first question alone: that somebody behind the first was asked would tell of a yes.
    counted = asked.exclude(introduction__owner=member_id) | asked.filter(introduction__owner=member_id, position=0)
    still_open = Q(introduction__shown_state__in=lifecycle.ASKED)
    rows = counted.order_by().values_list("email").annotate(every=Count("id"), still=Count("id", filter=still_open))
    for email, every, still in rows:
        load = loads[email.lower()]
        load[0] += still
        load[1] += every
    return {email: AskLoad(open=still, recent=every) for email, (still, every) in loads.items()}


def asked_about(*, member_id: int, now: datetime) -> Collection[UUID]:
    """The cards that the member asked to meet within a year, whatever came of it. One query."""
    rows = Introduction.objects.filter(owner=member_id, target__isnull=False, asked_at__gt=now - REFUSED_HOLDS)
    return {target_id for target_id in rows.values_list("target_id", flat=True) if target_id is not None}


def asked_lately(*, member_id: int, person_ids: Collection[UUID], now: datetime) -> Mapping[UUID, int]:
    """How often the member themself asked each of their people in the last 90 days. One query."""
    rows = (
        Introduction.objects.filter(
            owner=member_id, introducer__in=person_ids, asked_at__gt=now - LATELY, asked_at__lte=now
        )
        .values_list("introducer_id")
        .annotate(times=Count("id"))
    )
    return {person_id: times for person_id, times in rows if person_id is not None}


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the member's that is open as far as they know. `words` say how it stands."""

    id: UUID
    words: str


_STANDS: Final = {
    State.DRAFT: "a draft",
    State.INTRODUCER_ASKED: "being asked",
    State.FORWARDED: "passed on",
    State.INTRODUCED: "introduced",
}


def open_requests(*, member_id: int) -> Mapping[UUID, Request]:
    """Target card -> the member's open request for them. One query."""
    rows = Introduction.objects.filter(
        owner=member_id, target__isnull=False, shown_state__in=lifecycle.OPEN
    ).values_list("target_id", "id", "shown_state")
    return {target_id: Request(id_, _STANDS[State(shown)]) for target_id, id_, shown in rows if target_id is not None}
