"""What becomes of each row that points to a card, when that card is merged into another.

Every foreign key to Person needs a rule; a test fails where one is missing. Apps above register theirs when they start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from django.db.models import Model

from contacts.models import (
    Acquaintance,
    AcquaintanceSource,
    Closeness,
    Handle,
    ImportedCard,
    ImportRow,
    Interaction,
    Lookalike,
    Merge,
    OtherName,
    Person,
    Photo,
    Presence,
    Reminder,
    ToldApart,
    Unacquainted,
    UnnotedContact,
)
from contacts.services.cards import tidy_tags

Values = dict[str, Any]
Combine = Callable[[Values, Values], Values]
"""Of a row that stays and the one like it that cannot come along: what the first takes over. Both by column."""


class How(Enum):
    """What a merge does with the rows."""

    MOVE = auto()
    """They point to the survivor; one for which that has its like already stays where it is, out of sight."""
    PAIR = auto()
    """As MOVE, for two people by the order of their ids; nobody is paired with themself."""
    LEAVE = auto()
    """They stay: a worker computes them anew, or they are about the card that goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`fields`: the foreign keys, two for a PAIR. `watched`: columns beside them that a merge may change.

    `refused`: what the member reads where a row of their own has its like, and neither may stay behind.
    `added`: how rows that came after the merge are called where it is undone ("contact", "contacts").
    """

    model: type[Model]
    fields: tuple[str, ...]
    how: How = How.MOVE
    watched: tuple[str, ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()
    combine: Combine | None = None
    refused: str = ""
    added: tuple[str, str] | None = None

    @property
    def names(self) -> list[str]:
        """ "contacts.Handle.person" for each field, as the test asks for them."""
        return [f"{self.model._meta.label}.{field}" for field in self.fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A text column in which the id of a card stands: it is written anew, unless such a row is there already."""

    model: type[Model]
    column: str


Check = Callable[[Person, Person], str]
"""Whether two cards may be merged at all: nothing, or what the member is to read. Called with both cards locked."""

RULES: Final[list[Rule]] = []
MENTIONS: Final[list[Mention]] = []
CHECKS: Final[list[Check]] = []


def register(*rules: Rule | Mention) -> None:
    """Add rules, when Django starts."""
    for rule in rules:
        if isinstance(rule, Mention):
            MENTIONS.append(rule)
        else:
            RULES.append(rule)


def register_check(check: Check) -> None:
    """Add a reason not to merge, when Django starts."""
    CHECKS.append(check)


_CLOSENESS: Final = (Closeness.UNKNOWN, Closeness.SLIGHT, Closeness.SOME, Closeness.STRONG)


def _combine_acquaintances(kept: Mapping[str, Any], left: Mapping[str, Any]) -> Values:
    """What was said outweighs what was inferred; of two alike the closer one, and both what is known of it."""
    said = AcquaintanceSource.SAID
    taken: Values = {"tie_kinds": tidy_tags([*kept["tie_kinds"], *left["tie_kinds"]])}
    if kept["source"] != left["source"]:
        better = kept if kept["source"] == said else left
        taken |= {name: better[name] for name in ("source", "closeness", "evidence", "evidence_date", "seen_count")}
        return taken
    if Closeness.NONE not in (kept["closeness"], left["closeness"]):
        taken["closeness"] = max(kept["closeness"], left["closeness"], key=lambda one: _CLOSENESS.index(Closeness(one)))
    taken["seen_count"] = max(kept["seen_count"], left["seen_count"])
    evidence = [one["evidence"] for one in (kept, left) if one["evidence"]]
    taken["evidence"] = "; ".join(dict.fromkeys(evidence))[:500]
    taken["evidence_date"] = max((one["evidence_date"] for one in (kept, left) if one["evidence_date"]), default=None)
    return taken


def _combine_handles(kept: Mapping[str, Any], left: Mapping[str, Any]) -> Values:
    return {"label": kept["label"] or left["label"], "is_failing": kept["is_failing"] or left["is_failing"]}


_ACQUAINTANCE: Final = ("closeness", "source", "tie_kinds", "evidence", "evidence_date", "seen_count", "updated_at")

register(
    Rule(model=Person, fields=("met_through",)),
    Rule(
        model=Handle,
        fields=("person",),
        watched=("position", "label", "is_failing"),
        combine=_combine_handles,
        added=("address or number", "addresses and numbers"),
    ),
    Rule(model=Interaction, fields=("person",), added=("contact", "contacts")),
    Rule(model=UnnotedContact, fields=("person",)),
    Rule(model=Presence, fields=("person",)),
    Rule(
        model=Acquaintance,
        fields=("a", "b"),
        how=How.PAIR,
        watched=_ACQUAINTANCE,
        combine=_combine_acquaintances,
        added=("acquaintance", "acquaintances"),
    ),
    Rule(model=Unacquainted, fields=("a", "b"), how=How.PAIR),
    Rule(
        model=Reminder,
        fields=("person",),
        watched=("state", "due_at", "latest_at", "rhythm_days", "sendings", "closed_at", "sent_at"),
        added=("reminder", "reminders"),
    ),
    Rule(model=Photo, fields=("person",), watched=("removed_at",), added=("photo", "photos")),
    Rule(model=ImportedCard, fields=("person",)),
    Rule(model=ImportRow, fields=("person",)),
    Rule(model=OtherName, fields=("person",)),
    Rule(model=ToldApart, fields=("a", "b"), how=How.PAIR, swapped=(("a_marks", "b_marks"),)),
    Rule(model=Lookalike, fields=("a", "b"), how=How.LEAVE),
    Rule(model=Merge, fields=("survivor", "gone"), how=How.LEAVE),
)
