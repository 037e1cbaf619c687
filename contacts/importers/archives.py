"""ZIP archives: what is inside, within bounds. Nothing is written anywhere, and no name within becomes a path."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from contacts.importers.records import MAX_FILE_NAME, Skipped, UnreadableFile
from contacts.importers.sources import Source
from contacts.importers.text import one_line

MAX_BYTES: Final = 1_000_000_000
"""Largest archive, and the most that may be inside one, unpacked."""
MAX_MEMBERS: Final = 100_000
MAX_NESTING: Final = 2
"""Archives within an archive."""
MAX_RATIO: Final = 150
"""Bytes unpacked for one packed. Text comes to 20; what is made to fill a disk comes to 1,000."""
_RATIO_FROM = 1_000_000
_AT_ONCE = 4_000_000
_NESTED_AT_ONCE = 50_000_000
_MAX_DIRECTORY = 20_000_000

DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
"""What reading a member may raise."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, named with the archives and folders that it is in. Its bytes may turn out damaged."""

    name: str
    file: IO[bytes]
    size: int


@dataclass(slots=True)
class _Budget:
    members: int = MAX_MEMBERS
    bytes: int = MAX_BYTES


def is_archive(source: Source) -> bool:
    """Whether the file begins as a ZIP archive does."""
    return source.head(4) in (b"PK\x03\x04", b"PK\x05\x06")


def check(source: Source) -> None:
    """Raise UnreadableFile where nothing can be unpacked at all."""
    _open(source).close()


def names(source: Source) -> list[str]:
    """What the members of an archive are called, as they are written. Raises UnreadableFile."""
    with _open(source) as archive:
        return archive.namelist()


def unpack(file_name: str, data: bytes | IO[bytes] | Source) -> Iterator[Member | Skipped]:
    """Every file in an archive and in the archives within it, each to be read before the next is asked for.

    What breaks a bound, is locked or damaged is skipped with its reason. Raises UnreadableFile, at once, where `data`
    is no archive.
    """
    source = data if isinstance(data, Source) else Source(data)
    return _members(file_name, _open(source), 0, _Budget())


def _open(source: Source) -> zipfile.ZipFile:
    if _directory_bytes(source.tail(70_000)) > _MAX_DIRECTORY:
        raise UnreadableFile(f"This ZIP archive has more than {MAX_MEMBERS:,} files. Pack fewer of them.")
    try:
        archive = zipfile.ZipFile(source.file)
    except DAMAGED as error:
        raise UnreadableFile("This ZIP archive is damaged. Pack or download it again.") from error
    return archive


def _directory_bytes(tail: bytes) -> int:
    """The size of an archive's list of members, which the library holds in memory many times over."""
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 16:
        return 0
    size = int.from_bytes(tail[end + 12 : end + 16], "little")
    # In a large archive the number stands in a record of 56 bytes before a pointer of 20.
    large = tail[max(0, end - 76) : end]
    if large.startswith(b"PK\x06\x06") and len(large) == 76:
        size = max(int.from_bytes(large[40:48], "little"), size if size != 0xFFFFFFFF else 0)
    return size


def _members(name: str, archive: zipfile.ZipFile, depth: int, budget: _Budget) -> Iterator[Member | Skipped]:
    for info in archive.infolist():
        inner = _inner(name, info.filename)
        if info.is_dir() or _is_of_no_use(info.filename):
            continue
        budget.members -= 1
        budget.bytes -= info.file_size
        if budget.members < 0 or budget.bytes < 0:
            yield Skipped(name, 1, "more in this archive than can be unpacked", "Pack the rest by itself.")
            return
        if fault := _fault(info):
            yield Skipped(inner, 1, *fault)
            continue
        try:
            with archive.open(info) as packed:
                # Small files, which most are, are looked at again and again; that goes quicker unpacked.
                file: IO[bytes] = io.BytesIO(packed.read()) if info.file_size <= _AT_ONCE else packed
                if not is_archive(Source(file, info.file_size)):
                    yield Member(inner, file, info.file_size)
                elif depth >= MAX_NESTING or info.file_size > _NESTED_AT_ONCE:
                    yield Skipped(inner, 1, "an archive within an archive", "Unpack it and choose the files inside.")
                else:
                    with _open(Source(Source(file, info.file_size).all())) as nested:
                        yield from _members(inner, nested, depth + 1, budget)
        except (UnreadableFile, *DAMAGED):
            yield Skipped(inner, 1, "damaged within the archive", "Pack or download the archive again.")


def _fault(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    if info.flag_bits & 0x1:
        return "locked with a password", "Pack the file again without a password."
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed in an unusual way", "Unpack it and choose the file inside."
    if info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return f"packed to less than a {MAX_RATIO}th of its size", "Unpack it and choose the file inside."
    return None


def _inner(archive: str, name: str) -> str:
    """What a member is called: long paths lose their beginning."""
    clean = one_line(name.replace("\\", "/"), 2000).lstrip("/")
    return f"{archive}/{clean}"[-MAX_FILE_NAME:]


def _is_of_no_use(name: str) -> bool:
    """What macOS and Windows put into archives for themselves."""
    steps = name.replace("\\", "/").split("/")
    return "__MACOSX" in steps or steps[-1].startswith(".") or steps[-1].lower() in ("thumbs.db", "desktop.ini")
