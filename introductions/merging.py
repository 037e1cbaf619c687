"""What becomes of objectives and introductions when two cards of one human are merged."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from contacts.models import Person
from contacts.services.duplicates import rules
from contacts.services.duplicates.rules import How, Mention, Rule
from introductions import lifecycle
from introductions.models import (
    Consent,
    Introduction,
    PlanAction,
    Prospect,
    PutAside,
    Route,
    RouteSearch,
    SeatMatch,
    Verdict,
)

_TWICE = "You have asked for an introduction to both of them. Withdraw one of the two requests first, then merge them."
_EACH_OTHER = (
    "You have asked {introducer} for an introduction to {target}. Withdraw that request first, if they are one person."
)


def _combine_matches(kept: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """What the member said of either card holds; a yes outweighs a no."""
    verdicts = {kept["verdict"], left["verdict"]}
    said = [one for one in (Verdict.CONFIRMED, Verdict.DISMISSED) if one in verdicts]
    return {"verdict": said[0] if said else Verdict.PROPOSED, "by_hand": kept["by_hand"] or left["by_hand"]}


def is_between(one: Person, other: Person) -> str:
    """Why the two may not be merged: an open request of the owner's in which both have a part."""
    both = (one.id, other.id)
    mine = Introduction.objects.filter(owner=one.owner_id, shown_state__in=sorted(lifecycle.OPEN))
    for introduction in mine.filter(
        Q(introducer__in=both) | Q(target__in=both) | Q(consents__person__in=both)
    ).distinct():
        parts = {introduction.introducer_id, introduction.target_id}
        parts.update(introduction.consents.values_list("person_id", flat=True))
        if set(both) <= parts:
            return _EACH_OTHER.format(introducer=introduction.introducer_name, target=introduction.target_name)
    return ""


def register() -> None:
    """Tell the merging of cards about the rows of this app."""
    rules.register(
        Rule(model=SeatMatch, fields=("person",), watched=("verdict", "by_hand"), combine=_combine_matches),
        Rule(model=SeatMatch, fields=("rests_on",)),
        Rule(model=Introduction, fields=("introducer",)),
        Rule(model=Introduction, fields=("target",), refused=_TWICE),
        Rule(model=Consent, fields=("person",)),
        Rule(model=RouteSearch, fields=("target",), how=How.LEAVE),
        Rule(model=Route, fields=("introducer",), how=How.LEAVE),
        Rule(model=PlanAction, fields=("person",), how=How.LEAVE),
        Rule(model=PlanAction, fields=("target",), how=How.LEAVE),
        Rule(model=Prospect, fields=("person",), how=How.LEAVE),
        Mention(model=PutAside, column="key"),
    )
    rules.register_check(is_between)
