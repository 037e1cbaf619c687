"""Any other table: which column tells what is guessed, shown to the member, corrected, and remembered."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import IO, Final

from contacts.importers import headings
from contacts.importers.dates import read_date
from contacts.importers.fields import Field, Mapping, plain_heading
from contacts.importers.records import Record
from contacts.importers.sources import Source
from contacts.importers.table_people import Column, Plan, order_of_days, people
from contacts.importers.tables import DELIMITERS, Cells, Table, head_lines, split_rows

__all__ = ["Field", "Mapping", "Outline", "find", "guess", "outline", "plan_of", "read", "read_mapped", "signature"]

_SAMPLE = 200
_SHOWN = 5
_MAX_PREAMBLE = 50

_EMAIL = re.compile(r"(?:.{0,100}<)?[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>?\Z")
_URL = re.compile(r"(?:https?://|www\.)\S+\Z", re.IGNORECASE)
_PROFILE = re.compile(r"linkedin\.com/(?:in|pub)/", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d\s()./-]{7,25}(?:(?:x|ext\.?)\s?\d{1,6})?\Z", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:[ -][^\W\d_][^\W\d_'’.-]*){1,4}\Z")
_WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]+\Z")
_MACHINE = re.compile(
    r"(?:true|false|yes|no|[\d.,:+\s-]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT\S+)\Z", re.IGNORECASE
)
_ONCE: Final = frozenset(
    {
        Field.FULL_NAME, Field.GIVEN, Field.MIDDLE, Field.FAMILY, Field.NICKNAME, Field.ORGANISATION, Field.ROLE,
        Field.PLACE, Field.BIRTHDAY, Field.CONNECTED_ON, Field.UID,
    }
)  # fmt: skip
_DATES: Final = frozenset({Field.BIRTHDAY, Field.DATE, Field.CONNECTED_ON})
_PLACES: Final = frozenset({Field.TOWN, Field.REGION, Field.COUNTRY})
# The words by which addresses are told apart, so that a town finds its country.
_WHOSE: Final = {"home", "work", "business", "private", "privat", "other", "billing", "shipping", "1", "2", "3"}


@dataclass(frozen=True, slots=True)
class Outline:
    """What a member needs to see of a table to say what its columns are."""

    heading: tuple[str, ...]
    """What the columns are called; "Column 1", … where the table has no heading."""
    rows: tuple[tuple[str, ...], ...]
    """The first rows."""
    mapping: Mapping
    """What the columns seem to tell."""
    signature: str
    """By which a mapping for tables like this one is remembered."""


def signature(heading: Sequence[str]) -> str:
    """By which a heading is known again, 64 hexadecimal digits; case, accents and white space do not matter.

    For a table without a heading, give it the names that `outline` made up ("Column 1", …).
    """
    return hashlib.sha256("\x1f".join(plain_heading(cell) for cell in heading).encode()).hexdigest()


def outline(data: bytes | IO[bytes]) -> Outline | None:
    """What a table looks like and seems to mean; None where the file is no table."""
    found = _look(Source(data))
    if found is None:
        return None
    table, has_heading, sample = found
    mapping = replace(guess(table.heading, sample), has_heading=has_heading)
    return Outline(tuple(table.heading), tuple(map(tuple, sample[:_SHOWN])), mapping, signature(table.heading))


def guess(heading: Sequence[str], rows: Sequence[Cells]) -> Mapping:
    """What each column seems to tell, by its heading and by what stands in it."""
    values = [[cell for row in rows if at < len(row) and (cell := row[at].strip())] for at in range(len(heading))]
    fields = []
    for name, told in zip(heading, values, strict=True):
        said = _checked(headings.meaning(name), told)
        fields.append(_by_values(told) if said is None else said)
    _settle_names(heading, fields, values)
    seen: set[Field] = set()
    for at, field in enumerate(fields):
        if field in _ONCE and field in seen:
            fields[at] = Field.CUSTOM
        seen.add(field)
    days = [cell for field, told in zip(fields, values, strict=True) if field in _DATES for cell in told]
    return Mapping(tuple(fields), day_first=order_of_days(days))


def plan_of(heading: Sequence[str], mapping: Mapping) -> Plan:
    """How to read rows by a mapping."""
    columns = []
    for at, (name, field) in enumerate(zip(heading, mapping.fields, strict=False)):
        label = ""
        if field in (Field.EMAIL, Field.PHONE, Field.URL):
            label = headings.label(name)
        elif field in (Field.CUSTOM, Field.DATE):
            label = name.strip() or f"Column {at + 1}"
        elif field in _PLACES:
            label = " ".join(word for word in plain_heading(name).split() if word in _WHOSE)
        if field is not Field.IGNORE:
            columns.append(Column(at, field, label))
    return Plan(columns, day_first=mapping.day_first)


def find(source: Source) -> Table | None:
    """The table in a file, where it seems to tell of people; None for any other file."""
    found = _look(source)
    if found is None:
        return None
    table, _, sample = found
    return table if plan_of(table.heading, guess(table.heading, sample)).names_people else None


def read_mapped(file_name: str, data: bytes | IO[bytes], mapping: Mapping | None) -> Iterator[Record]:
    """Every row as a person by a mapping, or by the guess; nothing where the file is no table. Never raises."""
    return read(file_name, Source(data), mapping)


def read(file_name: str, source: Source, mapping: Mapping | None) -> Iterator[Record]:
    """As `read_mapped`."""
    found = _look(source)
    if found is None:
        return iter(())
    table, has_heading, sample = found
    if mapping is None:
        mapping = guess(table.heading, sample)
    elif mapping.has_heading and not has_heading:
        table = replace(table, heading_line=table.heading_line + 1, heading=sample[0])
    elif has_heading and not mapping.has_heading:
        table = replace(table, heading_line=table.heading_line - 1, heading=_numbered(table.heading))
    return people(file_name, table, plan_of(table.heading, mapping))


def _look(source: Source) -> tuple[Table, bool, list[Cells]] | None:
    """(table, whether it has a heading, its first rows); None where lines do not fall into columns."""
    lines = head_lines(source)[: _SAMPLE + 50]
    if b"\0" in "".join(lines[:20]).encode("utf-8", "replace"):
        return None
    tables = {delimiter: list(split_rows(lines, delimiter)) for delimiter in DELIMITERS}
    named = [
        (known, -line, delimiter)
        for delimiter, rows in tables.items()
        for line, cells in rows[:_MAX_PREAMBLE]
        if (known := _known_headings(cells)) >= 2
    ]
    if named:
        _, minus_line, delimiter = max(named)
        rows = tables[delimiter]
        first = next(at for at, (line, _) in enumerate(rows) if line == -minus_line)
    else:
        by_width = [found for delimiter, rows in tables.items() if (found := _most_even(delimiter, rows))]
        if not by_width:
            return _look_for_one_column(source, lines)
        _, delimiter, first = max(by_width)
        rows = tables[delimiter]
    line, cells = rows[first]
    width = len(cells)
    below = [row + [""] * (width - len(row)) for _, row in rows[first + 1 :] if len(row) <= width]
    return _with_heading(source, line, delimiter, cells, below)


def _known_headings(cells: Sequence[str]) -> int:
    """How many cells are words that head a column; none where one of them is plainly a value."""
    if any(_is(kind, cell.strip()) for cell in cells for kind in (_EMAIL, _URL, _PHONE)):
        return 0
    return sum(headings.meaning(cell) is not None for cell in cells)


def _most_even(delimiter: str, rows: Sequence[tuple[int, Cells]]) -> tuple[float, str, int] | None:
    """(how well the lines fall into columns, delimiter, the first row that does); None where they do not."""
    widths = Counter(len(cells) for _, cells in rows if len(cells) > 1)
    if not widths:
        return None
    width, count = max(widths.items(), key=lambda one: (one[1], one[0]))
    share = count / len(rows)
    if count < 2 or share < 0.3:
        return None
    return share * min(width, 10), delimiter, next(at for at, (_, cells) in enumerate(rows) if len(cells) == width)


def _look_for_one_column(source: Source, lines: Sequence[str]) -> tuple[Table, bool, list[Cells]] | None:
    """A list of addresses, one on each line, perhaps with a heading; or a heading and one row."""
    filled = [(at, line.strip().strip('"')) for at, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        return None
    addresses = sum(_is(_EMAIL, text) for _, text in filled)
    if addresses < max(1, 0.6 * (len(filled) - 1)):
        return None
    line, text = filled[0]
    return _with_heading(source, line, "\t", [text], [[text] for _, text in filled[1:]])


def _with_heading(
    source: Source, line: int, delimiter: str, first: Cells, rows: list[Cells]
) -> tuple[Table, bool, list[Cells]] | None:
    has_heading = _is_heading(first, rows)
    if has_heading and not rows:
        return None
    heading = first if has_heading else _numbered(first)
    sample = rows[:_SAMPLE] if has_heading else [first, *rows[: _SAMPLE - 1]]
    return Table(source, line if has_heading else line - 1, delimiter, heading), has_heading, sample


def _numbered(cells: Sequence[str]) -> Cells:
    return [f"Column {at}" for at in range(1, len(cells) + 1)]


def _is_heading(first: Cells, rows: Sequence[Cells]) -> bool:
    filled = [cell for cell in first if cell.strip()]
    if not filled or any(_is(kind, cell) for cell in filled for kind in (_EMAIL, _URL, _PHONE)):
        return False
    if any(headings.meaning(cell) is not None for cell in filled):
        return True
    # Words that nobody knows, above columns of addresses or numbers.
    return any(
        _by_values([row[at] for row in rows if row[at].strip()]) in (Field.EMAIL, Field.PHONE)
        for at in range(len(first))
    )


def _checked(field: Field | None, values: Sequence[str]) -> Field | None:
    """What a heading says, unless all that stands below it cannot be that: "E-mail Type", "Phone Label"."""
    if field is None or not values:
        return field
    signs = {Field.EMAIL: "@", Field.URL: ".", Field.LINKEDIN: ""}
    if field in signs and not any(signs[field] in value for value in values):
        return Field.IGNORE
    if field in (Field.PHONE, *_DATES) and not any(char.isdigit() for value in values for char in value[:60]):
        return Field.IGNORE
    return field


def _by_values(values: Sequence[str]) -> Field:
    if not values:
        return Field.IGNORE
    enough = 0.6 * len(values)
    for pattern, field in ((_EMAIL, Field.EMAIL), (_URL, Field.URL), (_PHONE, Field.PHONE)):
        if sum(_is(pattern, value) for value in values) >= enough:
            if field is Field.URL and sum(_PROFILE.search(value) is not None for value in values) >= enough:
                return Field.LINKEDIN
            if field is Field.PHONE and sum(_is_no_phone(value) for value in values) >= enough:
                continue
            return field
    if sum(read_date(value) is not None for value in values) >= enough:
        return Field.DATE
    return Field.IGNORE if sum(_is(_MACHINE, value) for value in values) >= enough else Field.CUSTOM


def _is_no_phone(value: str) -> bool:
    return read_date(value) is not None or sum(char.isdigit() for char in value) < 7


def _settle_names(heading: Sequence[str], fields: list[Field], values: Sequence[Sequence[str]]) -> None:
    """What a heading means beside others: "Name" beside "Vorname" is the family's, "Title" beside "Role" is "Dr"."""
    plain = [plain_heading(name) for name in heading]
    if "title" in plain and fields.count(Field.ROLE) > 1:
        fields[plain.index("title")] = Field.IGNORE
    has_given, has_family = Field.GIVEN in fields, Field.FAMILY in fields
    for at, field in enumerate(fields):
        if field is Field.FULL_NAME and plain[at] in ("name", "naam", "namn", "navn"):
            if has_given and not has_family:
                fields[at] = Field.FAMILY
            elif has_family and not has_given:
                fields[at] = Field.GIVEN
        elif field in (Field.GIVEN, Field.FAMILY) and has_given != has_family and Field.FULL_NAME not in fields:
            # "Nome" or "Nom" alone: the whole name, where most have more than one word.
            is_whole = sum(" " in value for value in values[at]) * 2 > len(values[at])
            fields[at] = Field.FULL_NAME if is_whole else field
    if any(field in (Field.FULL_NAME, Field.GIVEN, Field.FAMILY) for field in fields):
        return
    nameless = [at for at, name in enumerate(heading) if fields[at] is Field.CUSTOM and headings.meaning(name) is None]
    for at in nameless:
        if _share(_NAME, values[at]) >= 0.6:
            fields[at] = Field.FULL_NAME
            return
    for at, other in pairwise(nameless):
        if other == at + 1 and _share(_WORD, values[at]) >= 0.6 and _share(_WORD, values[other]) >= 0.6:
            fields[at], fields[other] = Field.GIVEN, Field.FAMILY
            return


def _share(pattern: re.Pattern[str], values: Sequence[str]) -> float:
    return sum(_is(pattern, value) for value in values) / len(values) if values else 0.0


def _is(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= 320 and pattern.match(text) is not None
