"""Kith's own table: what `contacts.exporters` writes, read back without a loss."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from contacts.importers import records
from contacts.importers.dates import read_birthday, read_date
from contacts.importers.records import Birthday, Labelled, PersonRecord, Record, Skipped
from contacts.importers.sources import Source
from contacts.importers.table_people import too_many_rows
from contacts.importers.tables import BrokenRow, Table, find_table
from contacts.importers.text import many_lines, one_line, whole

TEXTS: Final = {
    "Name": "full_name",
    "Given name": "given",
    "Family name": "family",
    "Nickname": "nickname",
    "Organisation": "organisation",
    "Role": "role",
    "Place": "place",
}
"""Columns of one text each."""
HANDLES: Final = {"E-mail": "emails", "Phone": "phones", "Website": "urls"}
"""Columns of handles: three each with their labels, and one for the rest: a line for each, a tab before its label."""
NUMBERED: Final = 3
REST: Final = {
    "LinkedIn": "linkedin",
    "Birthday": "birthday",
    "Other dates": "other_dates",
    "Tags": "tags",
    "How we know each other": "tie_kinds",
    "Needs": "needs",
    "Offers": "offers",
    "Connected on": "connected_on_date",
    "How we met": "how_met",
    "Notes": "notes",
    "Other fields": "custom",
    "Card id": "uid",
}
"""The other columns."""


def heading() -> list[str]:
    """What the columns are called, in their order."""
    names = list(TEXTS)
    for kind in HANDLES:
        for number in range(1, NUMBERED + 1):
            names += [f"{kind} {number}", f"{kind} {number} label"]
        names.append(f"More {kind.lower()}s")
    return [*names, *REST]


_HEADING: Final = heading()
_LIMITS: Final = {
    "full_name": records.MAX_NAME,
    "given": records.MAX_PART,
    "family": records.MAX_PART,
    "nickname": records.MAX_NICKNAME,
    "organisation": records.MAX_ORGANISATION,
    "role": records.MAX_ROLE,
    "place": records.MAX_PLACE,
}
_HANDLE_LIMITS: Final = {"emails": records.MAX_EMAIL, "phones": records.MAX_PHONE, "urls": records.MAX_URL}


def find(source: Source) -> Table | None:
    """The table, where its heading has every column of ours; their order does not matter."""
    return find_table(source, lambda heading: set(_HEADING) <= set(heading))


def read(file_name: str, table: Table) -> Iterator[Record]:
    """Every row as a person, or skipped with its line and reason. Never raises."""
    at = [table.heading.index(name) for name in _HEADING]
    for count, (line, row) in enumerate(table.rows(pads=True, is_literal=True, longest=records.MAX_NOTES + 1000)):
        if count >= records.MAX_PEOPLE:
            yield too_many_rows(file_name, line)
            return
        if isinstance(row, BrokenRow):
            yield Skipped(file_name, line, row.reason, row.advice)
        else:
            yield _person(file_name, line, dict(zip(_HEADING, (_plain(row[index]) for index in at), strict=True)))


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell.removeprefix("'")


def _person(file_name: str, line: int, row: dict[str, str]) -> Record:
    texts: dict[str, Any] = {field: one_line(row[name], _LIMITS[field]) for name, field in TEXTS.items()}
    if not texts["full_name"]:
        return Skipped(file_name, line, "no name", "Add a name to the row and import it again.")
    handles: dict[str, Any] = {field: _handles(kind, row, _HANDLE_LIMITS[field]) for kind, field in HANDLES.items()}
    return PersonRecord(
        **texts,
        **handles,
        file=file_name,
        line=line,
        linkedin=whole(row["LinkedIn"], records.MAX_URL),
        birthday=read_birthday(row["Birthday"]),
        other_dates=_dates(row["Other dates"]),
        tags=_texts(row["Tags"], records.MAX_TAG)[: records.MAX_TAGS],
        tie_kinds=_texts(row["How we know each other"], records.MAX_TAG)[: records.MAX_LISTED],
        needs=_texts(row["Needs"], records.MAX_PHRASE)[: records.MAX_LISTED],
        offers=_texts(row["Offers"], records.MAX_PHRASE)[: records.MAX_LISTED],
        connected_on_date=read_date(row["Connected on"]),
        how_met=one_line(row["How we met"], records.MAX_HOW_MET),
        notes=many_lines(row["Notes"], records.MAX_NOTES),
        custom=tuple(
            (clean_name, clean)
            for name, value in map(_pair, _lines(row["Other fields"]))
            if (clean_name := one_line(name, records.MAX_CUSTOM_NAME))
            and (clean := one_line(value, records.MAX_CUSTOM_VALUE))
        )[: records.MAX_CUSTOM],
        uid=whole(row["Card id"], records.MAX_UID),
    )


def _handles(kind: str, row: dict[str, str], limit: int) -> tuple[Labelled, ...]:
    told = [(row[f"{kind} {number}"], row[f"{kind} {number} label"]) for number in range(1, NUMBERED + 1)]
    told += map(_pair, _lines(row[f"More {kind.lower()}s"]))
    found = [
        Labelled(clean, one_line(label, records.MAX_LABEL)) for value, label in told if (clean := whole(value, limit))
    ]
    return tuple(found)[: records.MAX_HANDLES]


def _texts(cell: str, limit: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clean for one in _lines(cell) if (clean := one_line(one, limit))))


def _dates(cell: str) -> tuple[tuple[str, Birthday], ...]:
    found = [
        (one_line(label, records.MAX_LABEL), day)
        for label, raw in map(_pair, _lines(cell))
        if (day := read_birthday(raw))
    ]
    return tuple(found)[: records.MAX_DATES]


def _lines(cell: str) -> Sequence[str]:
    return [line for line in cell.split("\n") if line.strip()]


def _pair(line: str) -> tuple[str, str]:
    before, _, behind = line.partition("\t")
    return before, behind
