"""People as a table (CSV), safe to open in any spreadsheet program; `contacts.importers.kith_csv` reads it back."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from contacts.importers.kith_csv import HANDLES, NUMBERED, REST, TEXTS, heading
from contacts.importers.records import Birthday, Labelled, PersonRecord

# What makes a spreadsheet program take a cell for a formula, with the wide forms that some take for the same.
_FORMULA: Final = frozenset("=+-@\t\r\n|%＝＋－＠")


def write_csv(records: Iterable[PersonRecord]) -> Iterator[bytes]:
    """A row for each person below a heading, UTF-8 with a mark, so that Excel finds the encoding; photos are left out.

    Every cell is in quotation marks, and one that a program could take for a formula has an apostrophe before it.
    """
    yield "\ufeff".encode() + _row(heading())
    for one in records:
        yield _row([neutralise(cell) for cell in _cells(one)])


def neutralise(cell: str) -> str:
    """A cell that no spreadsheet program takes for a formula: with an apostrophe before it, where it could be one.

    One that begins with an apostrophe gets another, so that whoever takes one away has the cell as it was.
    """
    is_risky = cell.startswith("'") or cell.lstrip(" ")[:1] in _FORMULA
    return f"'{cell}" if is_risky else cell


def _row(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def _cells(one: PersonRecord) -> Iterator[str]:
    for field in TEXTS.values():
        yield getattr(one, field)
    for field in HANDLES.values():
        handles: Sequence[Labelled] = getattr(one, field)
        for number in range(NUMBERED):
            yield handles[number].value if number < len(handles) else ""
            yield handles[number].label if number < len(handles) else ""
        yield _lines((handle.value, handle.label) for handle in handles[NUMBERED:])
    texts = {
        "linkedin": one.linkedin,
        "birthday": _day(one.birthday) if one.birthday else "",
        "other_dates": _lines((label, _day(day)) for label, day in one.other_dates),
        "tags": "\n".join(one.tags),
        "tie_kinds": "\n".join(one.tie_kinds),
        "needs": "\n".join(one.needs),
        "offers": "\n".join(one.offers),
        "connected_on_date": one.connected_on_date.isoformat() if one.connected_on_date else "",
        "how_met": one.how_met,
        "notes": one.notes,
        "custom": _lines(one.custom),
        "uid": one.uid,
    }
    for field in REST.values():
        yield texts[field]


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    """A line for each pair, with a tab between: neither can hold one, since fields of one line are cleaned of it."""
    return "\n".join(f"{first}\t{second}" for first, second in pairs)


def _day(day: Birthday) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}" if day.year else f"--{day.month:02}-{day.day:02}"
