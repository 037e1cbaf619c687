"""Two cards field by field: where they differ, what is sensible, and what the merged card then says."""

from calendar import month_name
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from contacts.models import Layer, Person, Reach, Relation
from contacts.services.cards import BIRTHDAY, tidy
from contacts.services.people import HANDLES
from contacts.services.photos import PHOTO
from contacts.words import fold


class Pick(StrEnum):
    """Whose value the merged card has."""

    ONE = "one"
    OTHER = "other"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Field:
    """Something that stands on a card: its columns, and how it is called, joined and shown."""

    name: str
    label: str
    columns: tuple[str, ...]
    join: Callable[[Any, Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field on which both cards say something, and not the same. `picks`: what can be chosen; `default` is one."""

    field: Field
    one: Any
    other: Any
    picks: tuple[Pick, ...]
    default: Pick


def _listed(one: list[Any], other: list[Any]) -> list[Any]:
    return [*one, *(value for value in other if value not in one)]


def _written(one: str, other: str) -> str:
    if fold(other) in fold(one):
        return one
    return other if fold(one) in fold(other) else f"{one}\n\n{other}"


FIELDS: Final = (
    Field("full_name", "Name", ("full_name",)),
    Field("photo", "Photo", ("photo_key",)),
    Field("nickname", "Called", ("nickname",)),
    Field("role", "Role", ("role",)),
    Field("organisation", "Organisation", ("organisation",)),
    Field("place", "Place", ("place",)),
    Field("birthday", "Birthday", ("birth_year", "birth_month", "birth_day")),
    Field("relation", "Do you know them?", ("relation",)),
    Field("layer", "How close", ("layer",)),
    Field("cadence_days", "Keep in touch", ("cadence_days",)),
    Field("reach", "Who else may find a way to them", ("reach",)),
    Field("how_met", "How you met", ("how_met",)),
    Field("met_on_date", "When you met", ("met_on_date",)),
    Field("met_through", "Through whom", ("met_through_id",)),
    Field("tags", "Tags", ("tags",), _listed),
    Field("tie_kinds", "How you know each other", ("tie_kinds",), _listed),
    Field("needs", "What they need", ("needs",), _listed),
    Field("offers", "What they can give", ("offers",), _listed),
    Field("other_dates", "Other dates", ("other_dates",), _listed),
    Field("custom_fields", "Fields of your own", ("custom_fields",), _listed),
    Field("notes", "Notes", ("notes",), _written),
)
"""Everything on a card that a member or an import may set; a test holds it against `cards.FIELDS`."""


def differences(one: Person, other: Person) -> list[Difference]:
    """Where both cards say something, and not the same."""
    found = []
    for field in FIELDS:
        ours, theirs = value_of(one, field, other), value_of(other, field, one)
        if _is_said(ours) and _is_said(theirs) and not _is_same(ours, theirs):
            picks = (Pick.ONE, Pick.OTHER, Pick.BOTH) if field.join else (Pick.ONE, Pick.OTHER)
            found.append(Difference(field, ours, theirs, picks, _default(field, one, other, ours, theirs)))
    return found


@dataclass(frozen=True, slots=True)
class Option:
    """One choice for a field: how it reads, and whether it is chosen as the page opens."""

    pick: Pick
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of two cards as a page shows it, each in words. `options` where the member may choose."""

    field: Field
    one: str
    other: str
    options: list[Option]


def compared(one: Person, other: Person, names: Mapping[Any, str], picks: Mapping[str, Pick]) -> list[Compared]:
    """Every field of which one of the cards says something worth showing. `names` as for `shown`."""
    chosen = {difference.field.name: difference for difference in differences(one, other)}
    rows = []
    for field in FIELDS:
        values = [value_of(one, field, other), value_of(other, field, one)]
        difference = chosen.get(field.name)
        if field.name in _UNSAID and difference is None:
            continue
        ours, theirs = (shown(field, value, names) if _is_said(value) else "" for value in values)
        if ours or theirs:
            rows.append(Compared(field, ours, theirs, _options(difference, ours, theirs, picks)))
    return rows


def _options(difference: Difference | None, ours: str, theirs: str, picks: Mapping[str, Pick]) -> list[Option]:
    if difference is None:
        return []
    chosen = picks.get(difference.field.name, difference.default)
    words = {Pick.ONE: ours, Pick.OTHER: theirs, Pick.BOTH: "Both"}
    return [Option(pick, words[pick], pick is chosen) for pick in difference.picks]


_UNSAID: Final = ("photo", "reach", "relation")
"""Not worth a line where both cards have the same, or only one has any."""


def value_of(card: Person, field: Field, besides: Person) -> Any:
    """What the card says: a value, several as a tuple, or nothing. Nobody was met through themself."""
    if field.name == "met_through" and card.met_through_id == besides.id:
        return None
    values = tuple(getattr(card, column) for column in field.columns)
    if len(values) > 1:
        return values if any(values) else None
    return values[0]


def merged(one: Person, other: Person, picks: Mapping[str, Pick]) -> dict[str, Any]:
    """The columns of the merged card. `picks` by field; where it has none, what is sensible.

    A field on which the two differed counts as typed: the member decided, and the next import must not decide again.
    """
    defaults = {difference.field.name: difference for difference in differences(one, other)}
    columns: dict[str, Any] = {}
    typed = {name for card in (one, other) for name in card.typed_fields if name in (HANDLES, PHOTO)}
    for field in FIELDS:
        ours, theirs = value_of(one, field, other), value_of(other, field, one)
        difference = defaults.get(field.name)
        if difference is None:
            source = one if _is_said(ours) or not _is_said(theirs) else other
            value = ours if source is one else theirs
            is_typed = bool(set(source.typed_fields) & _provenance(field))
        else:
            pick = picks.get(field.name, difference.default)
            pick = pick if pick in difference.picks else difference.default
            assert field.join is not None or pick is not Pick.BOTH
            value = field.join(ours, theirs) if pick is Pick.BOTH and field.join else ours
            value = theirs if pick is Pick.OTHER else value
            is_typed = True
        columns |= _columns(field, value)
        if is_typed:
            typed |= _provenance(field)
    columns["archived_at"] = min(one.archived_at, other.archived_at) if one.archived_at and other.archived_at else None
    columns["typed_fields"] = sorted(typed)
    columns["told_at"] = {
        name: max(at for card in (one, other) if (at := card.told_at.get(name)))
        for name in {*one.told_at, *other.told_at}
    }
    return columns | tidy({name: columns[name] for name in _TIDIED})


def shown(field: Field, value: Any, names: Mapping[Any, str]) -> str:
    """A value as the page shows it. `names`: of the people through whom one was met, by id."""
    match field.name:
        case "birthday":
            year, month, day = value
            return " ".join(str(part) for part in (day, month_name[month], year) if part)
        case "relation":
            return str(Relation(value).label)
        case "layer":
            return str(Layer(value).label)
        case "reach":
            return str(Reach(value).label)
        case "met_on_date":
            return f"{value.day} {month_name[value.month]} {value.year}"
        case "met_through_id" | "met_through":
            return names.get(value, "somebody no longer in your book")
        case "cadence_days":
            return f"every {value} days"
        case "photo":
            return "a photo"
        case "custom_fields":
            return "; ".join(f"{one['label']}: {one['value']}" for one in value)
        case "other_dates":
            return "; ".join(f"{one['label']}: {one['day']} {month_name[one['month']]}" for one in value)
    return ", ".join(value) if isinstance(value, list) else str(value)


_TIDIED: Final = ("tags", "tie_kinds", "needs", "offers", "other_dates", "custom_fields", "notes")


def _columns(field: Field, value: Any) -> dict[str, Any]:
    if len(field.columns) > 1:
        return dict(zip(field.columns, value or (None,) * len(field.columns), strict=True))
    return {field.columns[0]: value}


def _provenance(field: Field) -> set[str]:
    return set(BIRTHDAY) if field.name == "birthday" else {field.name}


def _is_said(value: Any) -> bool:
    # A reach of 0 says something: only me.
    return value is not None and value not in ("", [], ())


def _is_same(ours: Any, theirs: Any) -> bool:
    return bool(ours == theirs)


def _default(field: Field, one: Person, other: Person, ours: Any, theirs: Any) -> Pick:
    """The member's own word before an import's, then what harms nobody, then the newer card."""
    if field.join:
        return Pick.BOTH
    if field.name == "relation":
        return Pick.ONE if ours == Relation.KNOWN else Pick.OTHER
    if field.name == "reach":
        # Whom one of the two cards hides, the merged one must not show.
        return Pick.ONE if ours <= theirs else Pick.OTHER
    typed = [bool(set(card.typed_fields) & _provenance(field)) for card in (one, other)]
    if typed[0] != typed[1]:
        return Pick.ONE if typed[0] else Pick.OTHER
    if field.name == "full_name" and len(ours.split()) != len(theirs.split()):
        return Pick.ONE if len(ours.split()) > len(theirs.split()) else Pick.OTHER
    if field.name == "full_name" and len(ours) != len(theirs):
        return Pick.ONE if len(ours) > len(theirs) else Pick.OTHER
    if field.name == "birthday" and bool(ours[0]) != bool(theirs[0]):
        return Pick.ONE if ours[0] else Pick.OTHER
    if field.name == "met_on_date":
        return Pick.ONE if ours <= theirs else Pick.OTHER
    return Pick.ONE if one.updated_at >= other.updated_at else Pick.OTHER
