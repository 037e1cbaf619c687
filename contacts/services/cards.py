"""What is derived from a card, and what may stand on one. Touches no rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from contacts.models import Person
from contacts.words import clean, fold, one_line

FIELDS: Final = (
    "full_name",
    "nickname",
    "organisation",
    "role",
    "place",
    "tags",
    "tie_kinds",
    "needs",
    "offers",
    "custom_fields",
    "other_dates",
    "notes",
    "how_met",
    "met_on_date",
    "met_through",
    "birth_year",
    "birth_month",
    "birth_day",
    "relation",
    "reach",
    "layer",
    "cadence_days",
)
"""What a member or an import may set."""

_SEARCHED: Final = ("full_name", "nickname", "organisation", "role", "place")
_TEXTS: Final = (*_SEARCHED, "how_met")
_SEARCHED_HANDLE = 120

MOST_LISTED: Final = 30
"""Needs of one person, or offers, kinds of tie, fields of their own, dates."""

BIRTHDAY: Final = frozenset({"birth_year", "birth_month", "birth_day"})
"""Three columns, one fact: typed together, and never mixed from two sources."""


class UnknownField(ValueError):
    """A field that no caller may set."""


def tidy(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with texts cleaned and cut to their columns, tags without repeats. Raises UnknownField."""
    result: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in FIELDS:
            raise UnknownField(name)
        if name in _TEXTS:
            value = one_line(value)[: _length(name)].rstrip()
        elif name == "notes":
            value = clean(value).replace("\r", "").strip()[: _length(name)]
        elif name in _LISTS:
            value = _LISTS[name](value)
        result[name] = value
    return result


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """Tags on one line, as first written, each once whatever its case, in order."""
    seen: dict[str, str] = {}
    for tag in tags:
        text = one_line(tag).lstrip("#").replace(",", " ").strip()[:60].rstrip()
        if text:
            seen.setdefault(fold(text), text)
    return list(seen.values())


def tidy_phrases(phrases: Iterable[str]) -> list[str]:
    """Needs or offers: each on one line, once whatever its case, in order, at most MOST_LISTED."""
    seen: dict[str, str] = {}
    for phrase in phrases:
        if text := one_line(phrase)[:200].rstrip():
            seen.setdefault(fold(text), text)
    return list(seen.values())[:MOST_LISTED]


def tidy_fields(fields: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Fields of the member's own: [{label, value}] in order; one without a value is left out."""
    read = ((one_line(one["label"])[:60].rstrip(), one_line(one["value"])[:500].rstrip()) for one in fields)
    return [{"label": label or "Other", "value": value} for label, value in read if value][:MOST_LISTED]


def tidy_dates(dates: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Days to remember: [{label, year or None, month, day}] in order; a day that does not exist is left out."""
    found = []
    for one in dates:
        year, month, day = one.get("year") or None, one["month"], one["day"]
        try:
            date(year or 2000, month, day)
        except (ValueError, TypeError):
            continue
        label = one_line(one["label"])[:60].rstrip() or "Anniversary"
        found.append({"label": label, "year": year, "month": month, "day": day})
    return found[:MOST_LISTED]


_LISTS: Final[Mapping[str, Callable[[Any], list[Any]]]] = {
    "tags": tidy_tags,
    "tie_kinds": lambda value: tidy_tags(value)[:MOST_LISTED],
    "needs": tidy_phrases,
    "offers": tidy_phrases,
    "custom_fields": tidy_fields,
    "other_dates": tidy_dates,
}


def sort_key(full_name: str) -> str:
    """The name as it is written, folded: people stand in the order in which their names are read.

    Which word is the family name differs between cultures and cannot be told from the text, so it is not guessed.
    """
    return fold(full_name)[:300] or full_name[:300]


def search_text(person: Person, handles: Sequence[tuple[str, str]]) -> str:
    """Everything that search looks at, folded, a line for each field. `handles`: (value, normalised) pairs."""
    lines = [fold(getattr(person, field)) for field in _SEARCHED]
    lines.extend(fold(text) for text in (*person.tags, *person.tie_kinds, *person.needs, *person.offers))
    for value, normalised in handles:
        lines.extend(dict.fromkeys((fold(value)[:_SEARCHED_HANDLE], fold(normalised)[:_SEARCHED_HANDLE])))
    lines.append(fold(person.how_met))
    lines.extend(fold(f"{one['label']} {one['value']}") for one in person.custom_fields)
    lines.append(fold(person.notes))
    return "\n".join(line for line in lines if line)


def derive(person: Person, handles: Sequence[tuple[str, str]]) -> None:
    """Set what is computed on an unsaved or changed card."""
    person.sort_key = sort_key(person.full_name)
    person.search_text = search_text(person, handles)


def _length(name: str) -> int:
    length = Person._meta.get_field(name).max_length  # type: ignore[union-attr]
    return int(length or 0)
