"""What of a record is news to a card. Pure: reads the two, writes nothing.

What the member typed stays; what the file leaves empty stays; otherwise the file that was imported last is right.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from contacts.importers import Labelled, PersonRecord
from contacts.importers.records import MAX_HANDLES, MAX_NOTES, MAX_TAGS
from contacts.models import Person
from contacts.services.cards import BIRTHDAY, tidy
from contacts.services.handles import ReadHandle, read_handles
from contacts.services.imports.matching import handles_of
from contacts.services.people import HANDLES
from contacts.words import fold

_PLAIN: Final = ("nickname", "organisation", "role", "place")


def fields_of(record: PersonRecord) -> dict[str, Any]:
    """The fields of a new card, tidied, without the empty ones."""
    fields: dict[str, Any] = {
        "full_name": record.full_name,
        **{name: getattr(record, name) for name in _PLAIN},
        "tags": list(record.tags),
        "notes": record.notes,
        "how_met": record.how_met,
        **_met(record),
        **_birthday(record),
    }
    return {name: value for name, value in tidy(fields).items() if value}


def news_for(person: Person, record: PersonRecord) -> dict[str, Any]:
    """The fields of `person` that the record would change, with their new values."""
    told = fields_of(record)
    fields: dict[str, Any] = {name: told[name] for name in _PLAIN if name in told}
    if _names_better(person.full_name, record):
        fields["full_name"] = told["full_name"]
    if "tags" in told:
        fields["tags"] = tidy({"tags": [*person.tags, *told["tags"]]})["tags"]
    if "notes" in told:
        fields["notes"] = _joined(person.notes, told["notes"])
    if not person.how_met and not person.met_on_date:
        fields |= {name: told[name] for name in ("how_met", "met_on_date") if name in told}
    fields |= _birthday_news(person, record)
    return {
        name: value
        for name, value in fields.items()
        if name not in person.typed_fields and getattr(person, name) != value
    }


def new_handles(person: Person, record: PersonRecord, country: str | None) -> list[ReadHandle]:
    """The record's handles that the card does not have; none where the member tidied its handles by hand."""
    if HANDLES in person.typed_fields:
        return []
    present = {(handle.kind, handle.normalised) for handle in person.handles.all()}
    return [handle for handle in read_handles(handles_of(record), country) if handle.key not in present]


def merged(first: PersonRecord, other: PersonRecord) -> PersonRecord:
    """Two records of one human in one upload: the first, with what only the other tells."""
    texts = ("given", "family", "nickname", "organisation", "role", "place", "linkedin", "how_met", "uid")
    filled: dict[str, Any] = {name: getattr(first, name) or getattr(other, name) for name in texts}
    is_nameless = "@" in first.full_name and "@" not in other.full_name
    return replace(
        first,
        full_name=other.full_name if is_nameless else first.full_name,
        emails=_both(first.emails, other.emails),
        phones=_both(first.phones, other.phones),
        urls=_both(first.urls, other.urls),
        birthday=first.birthday or other.birthday,
        connected_on_date=first.connected_on_date or other.connected_on_date,
        tags=tuple(dict.fromkeys((*first.tags, *other.tags)))[:MAX_TAGS],
        notes=_joined(first.notes, other.notes),
        **filled,
    )


def to_plain(value: Any) -> Any:
    """A field's value for a JSON column."""
    return value.isoformat() if isinstance(value, date) else value


def from_plain(name: str, value: Any) -> Any:
    """The value back."""
    return date.fromisoformat(value) if name == "met_on_date" and value else value


def _met(record: PersonRecord) -> dict[str, Any]:
    if record.connected_on_date is None:
        return {}
    return {"how_met": record.how_met or "Connected on LinkedIn", "met_on_date": record.connected_on_date}


def _birthday(record: PersonRecord) -> dict[str, Any]:
    day = record.birthday
    return {"birth_year": day.year, "birth_month": day.month, "birth_day": day.day} if day else {}


def _birthday_news(person: Person, record: PersonRecord) -> Mapping[str, Any]:
    day = record.birthday
    if day is None or BIRTHDAY & set(person.typed_fields):
        return {}
    is_same_day = (person.birth_month, person.birth_day) == (day.month, day.day)
    # Many programs leave the year out; that is no reason to forget it.
    return {} if is_same_day and day.year is None else _birthday(record)


def _names_better(known: str, record: PersonRecord) -> bool:
    """Whether the record's name is one, and says no less than the name known: "Ana" does not replace "Ana Silva"."""
    name = record.full_name
    if "@" in name or not (record.given or record.family):
        return False
    return "@" in known or not set(fold(name).split()) < set(fold(known).split())


def _joined(known: str, told: str) -> str:
    """Notes are added below what stands there, once."""
    if not told or fold(told) in fold(known):
        return known
    both = f"{known}\n\n{told}" if known else told
    return both if len(both) <= MAX_NOTES else known or told


def _both(first: tuple[Labelled, ...], other: tuple[Labelled, ...]) -> tuple[Labelled, ...]:
    found = {one.value: one for one in (*other, *first)}
    return tuple(found[value] for value in dict.fromkeys(one.value for one in (*first, *other)))[:MAX_HANDLES]
