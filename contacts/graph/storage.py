"""A snapshot on disk: flat memory-mapped files, swapped atomically, removed when nobody reads them any more.

    folder/
      current            one line: the name of the folder that counts
      <version>-<nonce>/
        header.json      {"magic": "kith snapshot", "format": 2, "numbers": {...},
                          "files": {name: {"dtype":, "bytes":, "crc32":}}}
        <name>.bin       one array each, little endian, no header

`version` is the first 16 hex digits of the header's SHA-256, so equal content has an equal version. A save writes a
temporary folder, flushes it, renames it, then replaces `current` by one rename: a reader sees the old snapshot or the
new one, never a mixture. A reader holds a shared lock on its header; older folders go once nobody holds one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
import weakref
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = "kith snapshot"
FORMAT = 2
_TEMPORARY = ".writing-"
_LEFT_OVER = 6 * 3600.0
"""Seconds after which a temporary folder belongs to a writer that died."""


class SnapshotError(Exception):
    """There is no snapshot here that can be trusted; build it again. The message says what is wrong with which file."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was loaded. `lock` is the open header, which keeps the folder from being removed."""

    version: str
    numbers: Mapping[str, int]
    arrays: Mapping[str, NDArray[Any]]
    lock: int

    def hold_for(self, reader: object) -> None:
        """Let go of the folder when `reader` is gone."""
        weakref.finalize(reader, os.close, self.lock)


def save(folder: Path, *, numbers: Mapping[str, int], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write the arrays, make them current, remove older ones that nobody reads. Returns the version."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{_TEMPORARY}{secrets.token_hex(6)}"
    # Who knows whom is in these files: nobody else on this host is to read them.
    temporary.mkdir(mode=0o700)
    try:
        files = {name: _write(temporary / f"{name}.bin", array) for name, array in arrays.items()}
        about = {"magic": MAGIC, "format": FORMAT, "numbers": dict(numbers), "files": files}
        header = json.dumps(about, sort_keys=True).encode()
        _write_bytes(temporary / "header.json", header)
        version = hashlib.sha256(header).hexdigest()[:16]
        name = f"{version}-{secrets.token_hex(4)}"
        temporary.rename(folder / name)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _point_to(folder, name)
    remove_unused(folder)
    return version


def fetch(source: Path, folder: Path) -> bool:
    """Copy the current snapshot of `source` (a shared disk, a mounted object store) into `folder` and make it current.

    False where `folder` has it already. The copy is compared with its checksums. Raises SnapshotError, OSError.
    """
    name = current(source)
    if name is None:
        raise SnapshotError(f"no snapshot in {source}")
    if name == current(folder) and (folder / name / "header.json").exists():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{_TEMPORARY}{secrets.token_hex(6)}"
    try:
        shutil.copytree(source / name, temporary)
        _, _, files = _parse_header(temporary, (temporary / "header.json").read_bytes(), name)
        for file in files:
            _map(temporary, file, files[file], verify=True)
        if not (folder / name).exists():
            temporary.rename(folder / name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _point_to(folder, name)
    remove_unused(folder)
    return True


def load(folder: Path, *, wanted: Iterable[str], shapes: Mapping[str, str], verify: bool) -> Stored:
    """The current snapshot, mapped, with at least the `wanted` numbers and arrays of these dtypes. SnapshotError."""
    name = current(folder)
    if name is None:
        raise SnapshotError(f"no snapshot in {folder}")
    while True:
        try:
            return _load_one(folder / name, wanted=wanted, shapes=shapes, verify=verify)
        except SnapshotError:
            # A writer may have swapped and removed this one between our two reads; then there is a newer name.
            newer = current(folder)
            if newer is None or newer == name:
                raise
            name = newer


def current(folder: Path) -> str | None:
    """Which snapshot counts, by the name of its folder; None where there is none. Raises SnapshotError."""
    try:
        name = (folder / "current").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{folder / 'current'} cannot be read: {error}") from error
    if not name or name != Path(name).name or name.startswith("."):
        raise SnapshotError(f"{folder / 'current'} does not name a snapshot")
    return name


def remove_unused(folder: Path) -> None:
    """Remove every snapshot but the current one that no process has open, and what dead writers left."""
    kept = current(folder)
    for old in folder.iterdir():
        if not old.is_dir() or old.name == kept:
            continue
        if old.name.startswith(_TEMPORARY):
            if time.time() - old.stat().st_mtime > _LEFT_OVER:
                shutil.rmtree(old, ignore_errors=True)
        elif _is_unused(old):
            shutil.rmtree(old, ignore_errors=True)


def _is_unused(folder: Path) -> bool:
    try:
        handle = os.open(folder / "header.json", os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _load_one(folder: Path, *, wanted: Iterable[str], shapes: Mapping[str, str], verify: bool) -> Stored:
    path = folder / "header.json"
    try:
        lock = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        version, numbers, files = _parse_header(folder, path.read_bytes(), folder.name)
        for name in wanted:
            if not isinstance(numbers.get(name), int):
                raise SnapshotError(f"{path} does not say {name}")
        for name, dtype in shapes.items():
            if name not in files or files[name].get("dtype") != dtype:
                raise SnapshotError(f"{path} lists other files than a snapshot has")
        arrays = {name: _map(folder, name, promised, verify=verify) for name, promised in files.items()}
    except OSError as error:
        os.close(lock)
        raise SnapshotError(f"{path} cannot be read: {error.strerror}") from error
    except BaseException:
        os.close(lock)
        raise
    return Stored(version, numbers, arrays, lock)


def _map(folder: Path, name: str, promised: Mapping[str, Any], *, verify: bool) -> NDArray[Any]:
    path = folder / f"{name}.bin"
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}") from error
    if size != promised["bytes"]:
        raise SnapshotError(f"{path} has {size} bytes, its header says {promised['bytes']}")
    try:
        dtype = np.dtype(promised["dtype"])
        # An empty file cannot be mapped.
        flat: NDArray[Any] = np.memmap(path, dtype, "r").view(np.ndarray) if size else np.empty(0, dtype)
    except (TypeError, ValueError) as error:
        raise SnapshotError(f"{path} does not hold whole items: {error}") from error
    if verify and zlib.crc32(flat.data.cast("B") if size else b"") != promised["crc32"]:
        raise SnapshotError(f"{path} is corrupt: its checksum differs from the header's")
    return flat


def _parse_header(folder: Path, raw: bytes, name: str) -> tuple[str, dict[str, int], dict[str, dict[str, Any]]]:
    path = folder / "header.json"
    try:
        header = json.loads(raw)
    except ValueError as error:
        raise SnapshotError(f"{path} is not JSON") from error
    if not isinstance(header, dict) or header.get("magic") != MAGIC:
        raise SnapshotError(f"{path} does not describe a snapshot")
    if header.get("format") != FORMAT:
        raise SnapshotError(f"{path} has format {header.get('format')!r}; this program reads format {FORMAT}")
    version = hashlib.sha256(raw).hexdigest()[:16]
    if not name.startswith(version):
        raise SnapshotError(f"{path} is corrupt: it does not match the folder's name")
    return version, header["numbers"], header["files"]


def _point_to(folder: Path, name: str) -> None:
    pointer = folder / f"{_TEMPORARY}{secrets.token_hex(6)}"
    try:
        _write_bytes(pointer, f"{name}\n".encode())
        pointer.replace(folder / "current")
    except BaseException:
        pointer.unlink(missing_ok=True)
        raise
    _flush_folder(folder)


def _write(path: Path, array: NDArray[Any]) -> dict[str, Any]:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    raw = little.reshape(-1).view(np.uint8).data if little.size else memoryview(b"")
    _write_bytes(path, raw)
    return {"dtype": little.dtype.str, "bytes": raw.nbytes, "crc32": zlib.crc32(raw)}


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
