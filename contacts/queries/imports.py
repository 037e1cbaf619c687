"""Imports as the pages read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.timezone import localtime

from contacts.models import Import, ImportRow, Person, RowKind, RowOutcome
from netapp.accounts.models import User

_PAGE = 50
_IMPORTS_PAGE = 20
_HANDLE_WORDS: Final = {"email": "e-mail", "phone": "phone", "linkedin": "LinkedIn", "url": "page"}
_DATES = frozenset({"met_on_date"})
_BIRTHDAY: Final = ("birth_day", "birth_month", "birth_year")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a preview or a report. `changes`: (what, old, new). `about`: what a new card says, in a line."""

    row: ImportRow
    name: str
    outcome: str
    about: str
    changes: Sequence[tuple[str, str, str]]
    person: Person | None


def listing(*, member: User, page: int) -> Page[Import]:
    """The member's imports, newest first."""
    return Paginator(Import.objects.filter(owner=member).order_by("-created_at", "id"), _IMPORTS_PAGE).get_page(page)


def rows_of(one: Import, *, outcome: str = "") -> QuerySet[ImportRow]:
    """The rows that the page may show: all in a preview, afterwards those that were gone through."""
    rows = ImportRow.objects.filter(of=one)
    if one.confirmed_at:
        rows = rows.filter(is_applied=True)
    return rows.filter(outcome=outcome) if outcome else rows


def lines(one: Import, *, outcome: str, page: int) -> tuple[Page[ImportRow], list[Line]]:
    """One page of rows, with their words. A constant number of statements."""
    rows = rows_of(one, outcome=outcome).select_related("person")
    # The counts are known already; counting fifty thousand rows anew for each page would be waste.
    paginator = Paginator(rows, _PAGE)
    paginator.count = one.counts.get(outcome, 0) if outcome else sum(one.counts.values())
    found = paginator.get_page(page)
    return found, [_line(row) for row in found]


def kept_count(one: Import) -> int:
    """Rows that the undoing left as they are, wholly or in part."""
    return ImportRow.objects.filter(of=one).exclude(kept="").count()


REPORT_HEAD: Final = ("File", "Line", "Name", "What became of it", "Changes", "Why", "What to do", "Not taken back")


def report(one: Import) -> Iterator[Sequence[str]]:
    """The whole report as rows of a table, without the head. Reads as it goes: the memory does not grow."""
    for row in rows_of(one).select_related("person").iterator(chunk_size=500):
        line = _line(row)
        changes = "; ".join(f"{what}: {old} → {new}" if old else f"{what}: {new}" for what, old, new in line.changes)
        yield (
            row.file,
            str(row.line),
            line.name,
            line.outcome,
            changes or line.about,
            row.reason,
            row.advice,
            row.kept,
        )


def _line(row: ImportRow) -> Line:
    person = row.person
    is_here = person is not None and person.deleted_at is None
    if row.kind == RowKind.CONTACT:
        about, name = _about_contact(row.record), person.full_name if person and is_here else ""
        return Line(row, name, str(RowOutcome(row.outcome).label), about, (), person if is_here else None)
    return Line(
        row=row,
        name=row.name,
        outcome=str(RowOutcome(row.outcome).label),
        about=_about(row.record) if row.outcome in (RowOutcome.NEW, RowOutcome.ONE_WAY) else "",
        changes=_changes(row.changes),
        person=person if is_here else None,
    )


def _about_contact(record: Mapping[str, Any]) -> str:
    """ "mail of 3 May 2026, 4 people"; nothing once it was forgotten."""
    if not record:
        return ""
    words = f"{record['kind']} of {date_format(localtime(datetime.fromisoformat(record['at'])), 'j F Y')}"
    count = len(record.get("names", ()))
    return f"{words}, {count} people" if count > 2 else words


def _about(record: Mapping[str, Any]) -> str:
    if not record:
        return ""
    handles = [one["value"] for one in (*record["emails"], *record["phones"])]
    parts = [record["role"], record["organisation"], record["place"], *handles[:2]]
    more = f"and {len(handles) - 2} more" if len(handles) > 2 else ""
    return " · ".join(part for part in (*parts, more) if part)


def _changes(changes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    fields: Mapping[str, Sequence[Any]] = changes.get("fields", {})
    found = []
    if any(name in fields for name in _BIRTHDAY):
        old, new = ([fields.get(name, (None, None))[side] for name in _BIRTHDAY] for side in (0, 1))
        found.append(("birthday", _birthday(old), _birthday(new)))
    for name, (before, after) in fields.items():
        if name not in _BIRTHDAY:
            label = "name" if name == "full_name" else str(Person._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            found.append((label, _words(name, before), _words(name, after)))
    found.extend((_HANDLE_WORDS.get(kind, kind), "", value) for kind, value in changes.get("handles", ()))
    return found


def _words(name: str, value: Any) -> str:
    if name in _DATES and value:
        return date_format(date.fromisoformat(value), "j F Y")
    if isinstance(value, list):
        return ", ".join(value)
    return str(value) if value else ""


def _birthday(parts: Sequence[Any]) -> str:
    day, month, year = parts
    return " ".join(str(part) for part in (day, MONTHS.get(month or 0), year) if part)
