"""The lines of a file, whatever ends them and however wide its characters are, without holding the file."""

import codecs
from collections.abc import Iterator
from typing import Final

from contacts.importers.sources import Source
from contacts.importers.text import wide_encoding

_MARK: Final = codecs.BOM_UTF8


class TooManyLines(ValueError):
    """The file has more lines than its reader looks at."""


def physical_lines(source: Source, *, longest: int) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line, in UTF-8 where the file was UTF-16 or UTF-32, without its line end.

    Ends of LF, CR LF, CR, and CR CR LF are understood. A line of far more than `longest` bytes is cut. Byte order marks
    at the beginning of a line are left out.
    """
    number = 0
    for block in _blocks(source, longest):
        if b"\r" in block and block.count(b"\r") == block.count(b"\r\n"):
            block = block.replace(b"\r\n", b"\n")
        is_plain = b"\r" not in block and _MARK not in block
        for line in block.split(b"\n"):
            if is_plain:
                number += 1
                yield number, line
                continue
            line = line.strip(b"\r")
            for piece in line.split(b"\r") if b"\r" in line else (line,):
                number += 1
                yield number, piece.removeprefix(_MARK)


def _blocks(source: Source, longest: int) -> Iterator[bytes]:
    """Pieces that begin and end with a line, without the last line end. A line too long comes cut, in a block alone."""
    is_mac = _ends_with_cr(source)
    held = b""
    is_cut = False
    for piece in _in_utf8(source):
        if is_mac:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if is_cut:
            end = piece.find(b"\n")
            if end < 0:
                continue
            piece = piece[end + 1 :]
            is_cut = False
        held += piece
        end = held.rfind(b"\n")
        if end >= 0:
            yield held[:end]
            held = held[end + 1 :]
        if len(held) > longest:
            yield held[:longest]
            held, is_cut = b"", True
    if held:
        yield held


def _in_utf8(source: Source) -> Iterator[bytes]:
    wide = wide_encoding(source.head(256))
    if wide is None:
        yield from source.pieces()
        return
    decoder = codecs.getincrementaldecoder(wide)("replace")
    for piece in source.pieces():
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _ends_with_cr(source: Source) -> bool:
    """Whether lines end as on old Macs: judged by the first piece, in which a long file has ends enough."""
    head = next(_in_utf8(source), b"")
    return head.count(b"\r") > 10 * head.count(b"\n")
