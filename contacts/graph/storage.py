"""A snapshot on disk: flat memory-mapped files, swapped atomically.

    folder/
      current            one line: the name of the folder that counts
      <version>-<nonce>/
        header.json      {"magic": "kith snapshot", "format": 1, "n": ..., "files": {name: {"bytes":, "crc32":}}}
        <name>.bin       one array each, little endian, row-major, no header

`version` is the first 16 hex digits of the header's SHA-256, so equal content has an equal version. A save writes a
temporary folder, flushes it, renames it, then replaces `current` by one rename: a reader sees the old snapshot or the
new one, never a mixture. Older folders are removed after the swap; a process that has them mapped keeps its bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = "kith snapshot"
FORMAT = 1
_TEMPORARY = ".writing-"


class SnapshotError(Exception):
    """There is no snapshot here that can be trusted; build it again. The message says what is wrong with which file."""


@dataclass(frozen=True)
class Shape:
    """What an array must look like: rows x (per_vertex * n + extra), or the length of `like`, or free (one row)."""

    dtype: str
    rows: int = 1
    per_vertex: int = 0
    extra: int = 0
    like: str = ""

    def expected(self, n: int) -> int | None:
        """Number of items for n vertices; None where the length is free."""
        return self.rows * (self.per_vertex * n + self.extra) if self.per_vertex else None


def save(folder: Path, *, n: int, arrays: dict[str, NDArray[Any]]) -> str:
    """Write the arrays, make them current, remove older ones. Returns the version."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{_TEMPORARY}{secrets.token_hex(6)}"
    temporary.mkdir()
    try:
        files = {name: _write(temporary / f"{name}.bin", array) for name, array in arrays.items()}
        header = json.dumps({"magic": MAGIC, "format": FORMAT, "n": n, "files": files}, sort_keys=True).encode()
        _write_bytes(temporary / "header.json", header)
        version = hashlib.sha256(header).hexdigest()[:16]
        name = f"{version}-{secrets.token_hex(4)}"
        temporary.rename(folder / name)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    pointer = folder / f"{_TEMPORARY}{secrets.token_hex(6)}"
    _write_bytes(pointer, f"{name}\n".encode())
    pointer.replace(folder / "current")
    _flush_folder(folder)
    for old in folder.iterdir():
        if old.is_dir() and old.name != name and not old.name.startswith(_TEMPORARY):
            shutil.rmtree(old, ignore_errors=True)
    return version


def load(folder: Path, *, shapes: dict[str, Shape], verify: bool) -> tuple[int, dict[str, NDArray[Any]]]:
    """n and the mapped arrays of the current snapshot. Raises SnapshotError."""
    name = _read_pointer(folder)
    if name is None:
        raise SnapshotError(f"no snapshot in {folder}")
    while True:
        try:
            return _load_one(folder / name, shapes=shapes, verify=verify)
        except SnapshotError:
            # A writer may have swapped and removed this one between our two reads; then there is a newer name.
            newer = _read_pointer(folder)
            if newer is None or newer == name:
                raise
            name = newer


def _load_one(folder: Path, *, shapes: dict[str, Shape], verify: bool) -> tuple[int, dict[str, NDArray[Any]]]:
    try:
        header_bytes = (folder / "header.json").read_bytes()
    except OSError as error:
        raise SnapshotError(f"{folder / 'header.json'} cannot be read: {error.strerror}") from error
    n, files = _parse_header(folder, header_bytes, shapes)
    arrays: dict[str, NDArray[Any]] = {}
    for name, shape in shapes.items():
        path, promised = folder / f"{name}.bin", files[name]
        try:
            size = path.stat().st_size
        except OSError as error:
            raise SnapshotError(f"{path} cannot be read: {error.strerror}") from error
        if size != promised["bytes"]:
            raise SnapshotError(f"{path} has {size} bytes, its header says {promised['bytes']}")
        items, rest = divmod(size, np.dtype(shape.dtype).itemsize)
        wanted = arrays[shape.like].size if shape.like else shape.expected(n)
        if rest or wanted not in (None, items):
            raise SnapshotError(f"{path} holds {items} items where {wanted} belong")
        # An empty file cannot be mapped.
        flat: NDArray[Any] = np.memmap(path, shape.dtype, "r").view(np.ndarray) if size else np.empty(0, shape.dtype)
        if verify and zlib.crc32(flat.data.cast("B") if size else b"") != promised["crc32"]:
            raise SnapshotError(f"{path} is corrupt: its checksum differs from the header's")
        arrays[name] = flat.reshape(shape.rows, shape.per_vertex * n + shape.extra) if shape.rows > 1 else flat
    return n, arrays


def _parse_header(folder: Path, raw: bytes, shapes: dict[str, Shape]) -> tuple[int, dict[str, dict[str, int]]]:
    path = folder / "header.json"
    try:
        header = json.loads(raw)
    except ValueError as error:
        raise SnapshotError(f"{path} is not JSON") from error
    if not isinstance(header, dict) or header.get("magic") != MAGIC:
        raise SnapshotError(f"{path} does not describe a snapshot")
    if header.get("format") != FORMAT:
        raise SnapshotError(f"{path} has format {header.get('format')!r}; this program reads format {FORMAT}")
    if not folder.name.startswith(hashlib.sha256(raw).hexdigest()[:16]):
        raise SnapshotError(f"{path} is corrupt: it does not match the folder's name")
    if set(header["files"]) != set(shapes):
        raise SnapshotError(f"{path} lists other files than a snapshot has")
    return header["n"], header["files"]


def _read_pointer(folder: Path) -> str | None:
    try:
        name = (folder / "current").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{folder / 'current'} cannot be read: {error}") from error
    if not name or name != Path(name).name or name.startswith("."):
        raise SnapshotError(f"{folder / 'current'} does not name a snapshot")
    return name


def _write(path: Path, array: NDArray[Any]) -> dict[str, int]:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    raw = little.reshape(-1).data.cast("B") if little.size else memoryview(b"")
    _write_bytes(path, raw)
    return {"bytes": raw.nbytes, "crc32": zlib.crc32(raw)}


def _write_bytes(path: Path, raw: bytes | memoryview) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
