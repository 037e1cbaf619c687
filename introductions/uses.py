"""Whom the member has put to use here, so that an import is not taken back under their feet."""

from collections.abc import Set
from typing import Any
from uuid import UUID

from django.db.models import Q

from introductions.models import Consent, Introduction, SeatMatch
from introductions.models.objectives import Verdict


def people_used(sender: Any, *, person_ids: Set[UUID], **_: Any) -> set[UUID]:
    """Those who were put on a seat by hand, or who are part of an introduction."""
    by_hand = Q(by_hand=True) | Q(verdict=Verdict.CONFIRMED)
    seated = SeatMatch.objects.filter(by_hand, person__in=person_ids).values_list("person_id", flat=True)
    asked = Introduction.objects.filter(Q(introducer__in=person_ids) | Q(target__in=person_ids))
    pairs = asked.values_list("introducer_id", "target_id")
    between = Consent.objects.filter(person__in=person_ids).values_list("person_id", flat=True)
    everybody = {*seated, *between, *(one for pair in pairs for one in pair)}
    return {one for one in everybody if one is not None} & set(person_ids)
