"""Tables in text files (CSV and its kin): the delimiter and the heading are found, and one broken row costs one row."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Final

from contacts.importers.text import one_line

_DELIMITERS: Final = ",;\t|"
_MAX_PREAMBLE = 50
"""Lines before the heading, such as LinkedIn's notes."""
_MAX_ROW_LINES = 100
"""Lines of one row, by line ends within quotes."""
_MAX_COLUMNS = 200
MAX_LINES: Final = 1_000_000
"""Lines of a file, empty ones too."""
_MAX_LINE = 100_000
"""Characters of a line; a spreadsheet cell holds a third of that."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be read: why, and what to do."""

    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file, and where its heading stands and what it says. `columns[i]` is "" where nobody asked."""

    lines: Sequence[str]
    heading_at: int
    delimiter: str
    columns: Sequence[str]
    meanings: Mapping[str, str]

    def rows(self) -> Iterator[tuple[int, dict[str, str] | BrokenRow]]:
        """(line from 1, cells by column) of each row. Empty rows and repeated headings are passed over.

        A quote that is opened and not closed would swallow the rest of the file: where a row over several
        lines does not come out with as many cells as the heading, its first line alone is broken, and reading goes
        on with the next.
        """
        width = len(self.columns)
        at = self.heading_at + 1
        while at < len(self.lines):
            if at >= MAX_LINES:
                yield (
                    at + 1,
                    BrokenRow(f"more than {MAX_LINES:,} lines", "Split the file and import the rest by itself."),
                )
                return
            if self.lines[at] == "\n":
                at += 1
                continue
            if len(self.lines[at]) > _MAX_LINE:
                at += 1
                yield (
                    at,
                    BrokenRow(f"more than {_MAX_LINE:,} characters in one line", "Shorten the row and import again."),
                )
                continue
            cells, count = _row(self.lines, at, self.delimiter)
            if count > 1 and len(cells) != width:
                line, at = at + 1, at + 1
                yield line, BrokenRow("a quotation mark is opened and not closed", "Correct the row and import again.")
                continue
            line, at = at + 1, at + count
            if not any(cell.strip() for cell in cells) or _columns(cells, self.meanings) == self.columns:
                continue
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if len(cells) != width:
                yield (
                    line,
                    BrokenRow(
                        f"{len(cells)} cells where the heading has {width}",
                        "Export the file again, or put quotation marks around cells with a comma.",
                    ),
                )
                continue
            yield line, {column: cell for column, cell in zip(self.columns, cells, strict=True) if column}


def find_table(text: str, meanings: Mapping[str, str], *, required: frozenset[str]) -> Table | None:
    """The table in a text whose heading has all required columns; None where there is none in the first lines.

    `meanings` maps lower-case headings to column names, several to one where programs or languages differ.
    """
    head = _lines(text[:200_000])[:_MAX_PREAMBLE]
    for at, line in enumerate(head):
        for delimiter in _DELIMITERS:
            if delimiter not in line:
                continue
            columns = _columns(_row([line], 0, delimiter)[0], meanings)
            if required <= set(columns) and len(columns) <= _MAX_COLUMNS:
                return Table(_lines(text), at, delimiter, columns, meanings)
    return None


def _lines(text: str) -> list[str]:
    """Lines with their ends. Only CR and LF end a line: U+2028 and its kin stand within cells."""
    return list(islice(io.StringIO(text, newline=None), MAX_LINES + 1))


def _columns(cells: Sequence[str], meanings: Mapping[str, str]) -> list[str]:
    """What each cell of a heading means; the first of several with the same meaning has it."""
    columns: list[str] = []
    for cell in cells:
        column = meanings.get(one_line(cell, 100).lower(), "")
        columns.append("" if column in columns else column)
    return columns


def _row(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of the row that begins at a line, and how many lines it takes. Never raises."""
    several = lines[at : at + _MAX_ROW_LINES] if '"' in lines[at] else lines[at : at + 1]
    window = takewhile(lambda line: len(line) <= _MAX_LINE, several)
    reader = csv.reader(window, delimiter=delimiter)
    try:
        cells = next(reader, [])
    except csv.Error:
        return [], 2
    return cells, max(1, reader.line_num)
