"""Tables in text files (CSV and its kin): the delimiter and the heading are found, and one broken row costs one row.

Nothing here holds a file: rows are handed out as they are read, and no row is longer than its limit.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contacts.importers.sources import Source
from contacts.importers.text import decode_with, encoding_of, legacy_encoding, one_line, resolve_entities, wide_encoding

DELIMITERS: Final = ",;\t|"
_MAX_PREAMBLE = 50
"""Lines before the heading, such as LinkedIn's notes."""
_MAX_ROW_LINES = 500
"""Lines of one row, by line ends within quotes."""
_MAX_SAMPLE_LINES = 30
_MAX_COLUMNS = 300
MAX_LINES: Final = 2_000_000
"""Lines of a file, empty ones too."""
MAX_LINE: Final = 100_000
"""Characters of a line; a spreadsheet cell holds a third of that."""
_MAX_WASTE = 2_000_000
"""Lines that are read again after a quotation mark was not closed; from then on a row is one line."""
_HEAD = 200_000

Cells = list[str]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be read: why, and what to do."""

    reason: str
    advice: str


_NOT_CLOSED: Final = BrokenRow("a quotation mark is opened and not closed", "Correct the row and import again.")
_TOO_LONG: Final = BrokenRow(f"more than {MAX_LINE:,} characters in one line", "Shorten the row and import again.")
_TOO_MANY: Final = BrokenRow(f"more than {MAX_LINES:,} lines", "Split the file and import the rest by itself.")


@dataclass(frozen=True, slots=True)
class Table:
    """Where the heading of a file stands (line from 1; 0 where there is none) and what it says."""

    source: Source
    heading_line: int
    delimiter: str
    heading: Sequence[str]

    def rows(
        self, *, pads: bool = False, is_literal: bool = False, longest: int = _MAX_ROW_LINES
    ) -> Iterator[tuple[int, Cells | BrokenRow]]:
        """(line from 1, as many cells as the heading has) of each row, but of empty ones and of repeated headings.

        With `pads`, a row may have fewer cells; the rest is empty. HTML entities are resolved unless `is_literal`.
        A row has at most `longest` lines.

        A quote that is opened and not closed would swallow the rest of the file: where a row over several
        lines does not come out with as many cells as the heading, its first line alone is broken, and reading goes
        on with the next.
        """
        width = len(self.heading)
        heading = list(self.heading)
        feed = _Feed(text_lines(self.source))
        feed.most = longest
        feed.drop(self.heading_line)
        reader = csv.reader(feed, delimiter=self.delimiter)
        while True:
            line = feed.begin() + 1
            if line > MAX_LINES:
                yield line, _TOO_MANY
                return
            try:
                cells = next(reader, None)
            except csv.Error:
                cells = []
            taken = feed.taken
            if not taken:
                return
            if len(taken[0]) > MAX_LINE:
                feed.give_back()
                yield line, _TOO_LONG
                continue
            if cells is None:
                cells = []
            if len(taken) > 1 and (len(cells) != width or len(taken) == feed.most):
                feed.give_back()
                yield line, _NOT_CLOSED
                continue
            if len(cells) != width:
                while len(cells) > width and not cells[-1].strip():
                    cells.pop()
                if not any(cell.strip() for cell in cells):
                    continue
                if pads and len(cells) < width:
                    cells += [""] * (width - len(cells))
                elif len(cells) != width:
                    yield (
                        line,
                        BrokenRow(
                            f"{len(cells)} cells where the heading has {width}",
                            "Export the file again, or put quotation marks around cells with a comma.",
                        ),
                    )
                    continue
            if cells == heading or not any(map(str.strip, cells)):
                continue
            if not is_literal and any("&" in text for text in taken):
                cells = [resolve_entities(cell) for cell in cells]
            yield line, cells


def find_table(source: Source, accept: Callable[[Sequence[str]], bool]) -> Table | None:
    """The table in a text whose heading is accepted; None where there is none in the first lines."""
    lines = head_lines(source)[:_MAX_PREAMBLE]
    for at, line in enumerate(lines):
        for delimiter in DELIMITERS:
            if delimiter not in line and delimiter != ",":
                continue
            heading = split_row(line, delimiter)
            if len(heading) <= _MAX_COLUMNS and accept(heading):
                return Table(source, at + 1, delimiter, heading)
    return None


def head_lines(source: Source) -> list[str]:
    """The first lines of a text, with their ends; the last of them may be cut."""
    head = source.head(_HEAD)
    encoding = wide_encoding(head)
    if encoding is None:
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)
            encoding = "utf-8-sig"
        except UnicodeDecodeError:
            encoding = legacy_encoding(source)
    return io.StringIO(decode_with(head, encoding), newline=None).readlines()


def split_row(line: str, delimiter: str) -> Cells:
    """The cells of a row of one line, cleaned. Never raises."""
    try:
        cells = next(csv.reader([line[:MAX_LINE]], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [one_line(cell, 200) for cell in cells]


def split_rows(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, Cells]]:
    """(line from 1, cells) of the rows that are not empty, cut short where a quotation mark is not closed."""
    feed = _Feed(iter(lines))
    feed.most = _MAX_SAMPLE_LINES
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        line = feed.begin() + 1
        try:
            cells = next(reader, [])
        except csv.Error:
            cells = []
        if not feed.taken:
            return
        if len(feed.taken) == feed.most:
            feed.give_back()
        elif any(cell.strip() for cell in cells):
            yield line, cells


def text_lines(source: Source) -> Iterator[str]:
    r"""Lines ending in "\n". Only CR and LF end a line: U+2028 and its kin stand within cells.

    A line that is too long is cut to a character more than it may have.
    """
    encoding = encoding_of(source)
    # Five bytes have no meaning in Windows-1252; as Latin-1 they are control characters, and go.
    errors = "replace" if encoding != "cp1252" else "latin-1-instead"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(errors), translate=True)
    held, is_cut = "", False
    for piece in _and_end(source):
        text = decoder.decode(piece, final=not piece)
        lines = (held + text).split("\n")
        held = lines.pop()
        for line in lines:
            if not is_cut:
                yield f"{line}\n" if len(line) <= MAX_LINE else line[: MAX_LINE + 1]
            is_cut = False
        if len(held) > MAX_LINE:
            if not is_cut:
                yield held[: MAX_LINE + 1]
            held, is_cut = "", True
    if held and not is_cut:
        yield f"{held}\n"


def _and_end(source: Source) -> Iterator[bytes]:
    yield from source.pieces()
    yield b""


def _latin_1_instead(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin-1-instead", _latin_1_instead)


class _Feed:
    """Lines for csv.reader, which does not tell what it took: those of the row in work are kept, to be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self._before = 0
        self._waste = 0
        self.taken: list[str] = []
        self.most = _MAX_ROW_LINES

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self.most:
            raise StopIteration
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        return line

    def begin(self) -> int:
        """Begin a row; the number of lines before it."""
        self._before += len(self.taken)
        self.taken = []
        return self._before

    def drop(self, count: int) -> None:
        """Pass over lines."""
        for _ in range(count):
            next(self._lines, None)
        self._before += count

    def give_back(self) -> None:
        """All lines of the row but its first."""
        again = self.taken[1:]
        del self.taken[1:]
        self._back.extendleft(reversed(again))
        self._waste += len(again)
        if self._waste > _MAX_WASTE:
            self.most = 1
