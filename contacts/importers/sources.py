"""A file's bytes, from memory or from a seekable file: read piece by piece, so that its size costs no memory."""

import io
import re
from collections.abc import Iterator
from typing import IO, Final

PIECE: Final = 1_000_000
"""Bytes that are held at once."""
_OVERLAP = 400


class Source:
    """One file. Every look at it is independent of the others, which may be half done."""

    def __init__(self, data: bytes | IO[bytes], size: int | None = None) -> None:
        self.file: IO[bytes] = io.BytesIO(data) if isinstance(data, bytes) else data
        """The file itself; whoever reads it directly must not mind where it stands."""
        self.size = self.file.seek(0, io.SEEK_END) if size is None else size
        """Bytes."""

    def head(self, count: int) -> bytes:
        """The first bytes."""
        self.file.seek(0)
        return self.file.read(count)

    def tail(self, count: int) -> bytes:
        """The last bytes."""
        self.file.seek(max(0, self.size - count))
        return self.file.read(count)

    def all(self) -> bytes:
        """Every byte at once, for what is small."""
        return self.head(self.size)

    def pieces(self) -> Iterator[bytes]:
        """Every byte in its order, PIECE at a time."""
        at = 0
        while True:
            self.file.seek(at)
            piece = self.file.read(PIECE)
            if not piece:
                return
            at += len(piece)
            yield piece

    def contains(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether a pattern of at most _OVERLAP bytes is anywhere in the file."""
        end = b""
        for piece in self.pieces():
            if pattern.search(end + piece):
                return True
            end = piece[-_OVERLAP:]
        return False
