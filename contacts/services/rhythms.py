"""How often the member wants to be in touch with somebody: their card's own word, or a rule for a tag or a layer.

The card's own word counts first, then the most frequent of the rules for its tags, then the rule for its layer. A
rhythm has an ideal day, on which the member is reminded, and a latest day, on which it is said once more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Q

from contacts.models import CadenceRule, Layer, Person, Relation
from contacts.words import fold, one_line
from netapp.accounts.models import User

STEPS: Final = (7, 14, 30, 60, 90, 180, 365)
"""Days. "Less often" goes to the next one."""
MOST_DAYS: Final = 1825


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Days after the last contact: the ideal, and the latest. `source` is "" for the card's own word."""

    days: int
    latest_days: int
    source: str = ""


class Rules:
    """The rules of some members, read once for however many of their people."""

    def __init__(self, owner_ids: Iterable[int]) -> None:
        self._by_tag: dict[tuple[int, str], CadenceRule] = {}
        self._by_layer: dict[tuple[int, int], CadenceRule] = {}
        for rule in CadenceRule.objects.filter(owner__in=set(owner_ids)):
            if rule.tag:
                self._by_tag[rule.owner_id, fold(rule.tag)] = rule
            elif rule.layer is not None:
                self._by_layer[rule.owner_id, rule.layer] = rule

    def __bool__(self) -> bool:
        return bool(self._by_tag or self._by_layer)

    def of(self, person: Person) -> Rhythm | None:
        """The rhythm in force for a person; None where the member is not to be reminded of them."""
        if person.is_left_alone or person.relation != Relation.KNOWN or person.archived_at or person.deleted_at:
            return None
        if person.cadence_days is not None:
            latest = person.cadence_latest_days or latest_after(person.cadence_days)
            return Rhythm(person.cadence_days, max(latest, person.cadence_days))
        tagged = [rule for tag in person.tags if (rule := self._by_tag.get((person.owner_id, fold(tag)))) is not None]
        rule = min(tagged, key=lambda one: (one.days, one.tag)) if tagged else None
        if rule is None and person.layer is not None:
            rule = self._by_layer.get((person.owner_id, person.layer))
        return Rhythm(rule.days, rule.latest_days, name_of(rule)) if rule else None


def latest_after(days: int) -> int:
    """The latest day where the member names none: half as long again."""
    return days + max(2, days // 2)


def name_of(rule: CadenceRule) -> str:
    """Whom a rule is about: its tag in quotes, or its layer."""
    return f"“{rule.tag}”" if rule.tag else Layer(rule.layer).label if rule.layer is not None else ""


def less_often(days: int) -> int:
    """The next longer rhythm: 14 -> 30, 365 -> 730."""
    return next((step for step in STEPS if step > days), min(days * 2, MOST_DAYS))


class NoSuchGroup(ValueError):
    """A rule needs a tag or a layer, and days in order."""


@transaction.atomic
def write_rule(*, owner: User, tag: str, layer: int | None, days: int, latest_days: int | None) -> CadenceRule:
    """Say how often everybody with that tag (or of that layer) is thought of. Raises NoSuchGroup.

    The caller brings their reminders in line (`contacts.services.cadences.follow_rules`).
    """
    tag = one_line(tag)[:60]
    latest = latest_days or latest_after(days)
    if bool(tag) == (layer is not None) or not 1 <= days <= latest:
        raise NoSuchGroup("Choose a tag or a layer, and a latest day that is not before the ideal one.")
    group = {"tag__iexact": tag} if tag else {"tag": "", "layer": layer}
    rule = CadenceRule.objects.select_for_update().filter(owner=owner, **group).first()
    rule = rule or CadenceRule(owner=owner, tag=tag, layer=layer)
    rule.days, rule.latest_days = days, latest
    rule.save()
    return rule


def people_under(rule: CadenceRule) -> Q:
    """Which of the owner's people a rule may be about."""
    return Q(tags__contains=[rule.tag]) if rule.tag else Q(layer=rule.layer)
