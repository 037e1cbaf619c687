"""What of a record is news to a card. Pure: reads the two, writes nothing.

What the member typed stays; what the file leaves empty stays; otherwise what was told last is right. A record is told
when it was last changed, if it says so, else when its file was uploaded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from contacts.importers import Labelled, PersonRecord
from contacts.importers.records import MAX_HANDLES, MAX_NOTES, MAX_TAGS
from contacts.models import Person
from contacts.services.cards import BIRTHDAY, MOST_LISTED, tidy
from contacts.services.handles import ReadHandle
from contacts.services.people import HANDLES
from contacts.words import fold

_LISTED: Final = ("tags", "tie_kinds", "needs", "offers")
"""Lists to which every file may add."""
_PLAIN: Final = ("nickname", "organisation", "role", "place")


def fields_of(record: PersonRecord) -> dict[str, Any]:
    """The fields of a new card, tidied, without the empty ones."""
    fields: dict[str, Any] = {
        "full_name": record.full_name,
        **{name: getattr(record, name) for name in _PLAIN},
        **{name: list(getattr(record, name)) for name in _LISTED},
        "notes": record.notes,
        "how_met": record.how_met,
        "custom_fields": [{"label": label, "value": value} for label, value in record.custom],
        "other_dates": [
            {"label": label, "year": day.year, "month": day.month, "day": day.day} for label, day in record.other_dates
        ],
        "met_on_date": record.connected_on_date,
        **_birthday(record),
    }
    return {name: value for name, value in tidy(fields).items() if value}


def news_for(person: Person, record: PersonRecord, told_at: datetime) -> dict[str, Any]:
    """The fields of `person` that the record, told at that moment, would change, with their new values."""
    told = fields_of(record)
    fields: dict[str, Any] = {name: told[name] for name in _PLAIN if name in told and is_newer(person, name, told_at)}
    if _names_better(person.full_name, record) and is_newer(person, "full_name", told_at):
        fields["full_name"] = told["full_name"]
    for name in _LISTED:
        if name in told:
            fields |= tidy({name: [*getattr(person, name), *told[name]]})
    if "notes" in told:
        fields["notes"] = _joined(person.notes, told["notes"])
    if not person.how_met and not person.met_on_date:
        fields |= {name: told[name] for name in ("how_met", "met_on_date") if name in told}
    if is_newer(person, "birth_day", told_at):
        fields |= _birthday_news(person, record)
    for name in ("custom_fields", "other_dates"):
        if name in told:
            fields[name] = _with_more(getattr(person, name), told[name])
    return {
        name: value
        for name, value in fields.items()
        if name not in person.typed_fields and getattr(person, name) != value
    }


def new_handles(person: Person, handles: Iterable[ReadHandle]) -> list[ReadHandle]:
    """Those that the card does not have; none where the member tidied its handles by hand."""
    if HANDLES in person.typed_fields:
        return []
    present = {(handle.kind, handle.normalised) for handle in person.handles.all()}
    return [handle for handle in handles if handle.key not in present]


def told_at_of(record: PersonRecord, uploaded_at: datetime) -> datetime:
    """When the record was told: at its last change, if it names one that has been, else when it was uploaded."""
    return min(record.revised_at, uploaded_at) if record.revised_at else uploaded_at


def is_newer(person: Person, name: str, told_at: datetime) -> bool:
    """Whether what was told then is no older than what the card has from an import."""
    known = person.told_at.get(name) or person.told_at.get("")
    return known is None or datetime.fromisoformat(known) <= told_at


def as_told(person: Person, names: Iterable[str], told_at: datetime) -> dict[str, str]:
    """`Person.told_at` once these fields were told at that moment."""
    return {**person.told_at, **dict.fromkeys(names, told_at.isoformat())}


def merged(first: PersonRecord, other: PersonRecord) -> PersonRecord:
    """Two records of one human in one upload: the first, with what only the other tells."""
    if first.revised_at and other.revised_at and first.revised_at < other.revised_at:
        first, other = replace(other, file=first.file, line=first.line), first
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
        other_dates=tuple(dict.fromkeys((*first.other_dates, *other.other_dates))),
        custom=tuple(dict.fromkeys((*first.custom, *other.custom))),
        remarks=tuple(dict.fromkeys((*first.remarks, *other.remarks))),
        photo=first.photo or other.photo,
        connected_on_date=first.connected_on_date or other.connected_on_date,
        tags=tuple(dict.fromkeys((*first.tags, *other.tags)))[:MAX_TAGS],
        tie_kinds=tuple(dict.fromkeys((*first.tie_kinds, *other.tie_kinds))),
        needs=tuple(dict.fromkeys((*first.needs, *other.needs))),
        offers=tuple(dict.fromkeys((*first.offers, *other.offers))),
        notes=_joined(first.notes, other.notes),
        **filled,
    )


def to_plain(value: Any) -> Any:
    """A field's value for a JSON column."""
    return value.isoformat() if isinstance(value, date) else value


def from_plain(name: str, value: Any) -> Any:
    """The value back."""
    return date.fromisoformat(value) if name == "met_on_date" and value else value


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


def _with_more(known: list[dict[str, Any]], told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fields or days of their own: those there stay; one that is told anew under its label takes its place."""
    by_label = {one["label"]: one for one in known}
    if len(by_label) == len(known) and len({one["label"] for one in told}) == len(told):
        return list((by_label | {one["label"]: one for one in told}).values())[:MOST_LISTED]
    return (known + [one for one in told if one not in known])[:MOST_LISTED]


def _joined(known: str, told: str) -> str:
    """Notes are added below what stands there, once."""
    if not told or fold(told) in fold(known):
        return known
    both = f"{known}\n\n{told}" if known else told
    return both if len(both) <= MAX_NOTES else known or told


def _both(first: tuple[Labelled, ...], other: tuple[Labelled, ...]) -> tuple[Labelled, ...]:
    found = {one.value: one for one in (*other, *first)}
    return tuple(found[value] for value in dict.fromkeys(one.value for one in (*first, *other)))[:MAX_HANDLES]
