"""What is derived from a card, and what may stand on one. Touches no rows."""

from collections.abc import Iterable, Mapping, Sequence
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
        elif name == "tags":
            value = tidy_tags(value)
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


def sort_key(full_name: str) -> str:
    """The name as it is written, folded: people stand in the order in which their names are read.

    Which word is the family name differs between cultures and cannot be told from the text, so it is not guessed.
    """
    return fold(full_name)[:300] or full_name[:300]


def search_text(person: Person, handles: Sequence[tuple[str, str]]) -> str:
    """Everything that search looks at, folded, a line for each field. `handles`: (value, normalised) pairs."""
    lines = [fold(getattr(person, field)) for field in _SEARCHED]
    lines.extend(fold(tag) for tag in person.tags)
    for value, normalised in handles:
        lines.extend(dict.fromkeys((fold(value)[:_SEARCHED_HANDLE], fold(normalised)[:_SEARCHED_HANDLE])))
    lines.append(fold(person.how_met))
    lines.append(fold(person.notes))
    return "\n".join(line for line in lines if line)


def derive(person: Person, handles: Sequence[tuple[str, str]]) -> None:
    """Set what is computed on an unsaved or changed card."""
    person.sort_key = sort_key(person.full_name)
    person.search_text = search_text(person, handles)


def _length(name: str) -> int:
    length = Person._meta.get_field(name).max_length  # type: ignore[union-attr]
    return int(length or 0)
