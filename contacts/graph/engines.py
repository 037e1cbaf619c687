"""Which engine answers: the compiled searches where they are ready, numpy until then and where numba is missing.

Nobody ever waits for a compiler. The first search of a process starts a thread that loads the compiled searches, or,
where this machine has not compiled them yet, has another process do so first; numpy answers meanwhile, to the bit the
same. `python -m contacts.graph.engines` compiles them ahead of time (docs/operations.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path as FilePath
from time import perf_counter
from types import ModuleType
from typing import Protocol

from contacts.graph import many_targets, one_target
from contacts.graph.laying import Laid
from contacts.graph.questions import Path, Work

_log = logging.getLogger(__name__)

NAMES = ("auto", "compiled", "numpy")


class Engine(Protocol):
    """What both can do; see paths.py."""

    def k_best(self, laid: Laid, target: int, k: int, work: Work) -> list[Path]: ...

    def best_to_each(self, laid: Laid, targets: Sequence[int], work: Work) -> dict[int, Path | None]: ...


class Numpy:
    """The searches in numpy: the same answers, some ten times slower."""

    def k_best(self, laid: Laid, target: int, k: int, work: Work) -> list[Path]:
        return one_target.k_best(laid, target, k, work)

    def best_to_each(self, laid: Laid, targets: Sequence[int], work: Work) -> dict[int, Path | None]:
        return many_targets.best_to_each(laid, targets, work)


class Compiled:
    """The searches in machine code. Waits for the compiler if it must."""

    def __init__(self) -> None:
        self._module = _load()

    def k_best(self, laid: Laid, target: int, k: int, work: Work) -> list[Path]:
        found: list[Path] = self._module.k_best(laid, target, k, work)
        return found

    def best_to_each(self, laid: Laid, targets: Sequence[int], work: Work) -> dict[int, Path | None]:
        found: dict[int, Path | None] = self._module.best_to_each(laid, targets, work)
        return found


class _Chosen:
    """The engine of this process."""

    def __init__(self) -> None:
        self.name = "auto"
        self.engine: Engine = Numpy()
        self.process = -1
        self.lock = threading.Lock()


_chosen = _Chosen()


def use(name: str) -> None:
    """Choose the engine of this process: auto, compiled (load it now, compile if need be) or numpy.

    Raises ValueError for another name, ImportError for "compiled" without numba.
    """
    if name not in NAMES:
        raise ValueError(f"an engine is one of {', '.join(NAMES)}, not {name!r}")
    _chosen.name = name
    _chosen.process = os.getpid() if name != "auto" else -1
    _chosen.engine = Compiled() if name == "compiled" else Numpy()


def current() -> Engine:
    """The engine that answers now."""
    if _chosen.process != os.getpid():
        begin()
    return _chosen.engine


def begin() -> threading.Thread | None:
    """Start loading the compiled searches unless that was done in this process. Returns the thread that does it."""
    with _chosen.lock:
        if _chosen.process == os.getpid() or _chosen.name != "auto":
            return None
        # After a fork: threads of the parent are gone, what was loaded is there.
        _chosen.process = os.getpid()
        if isinstance(_chosen.engine, Compiled) or find_spec("numba") is None:
            return None
        thread = threading.Thread(target=_prepare, name="path engine", daemon=True)
        thread.start()
        return thread


def _prepare() -> None:
    if not _mark().exists():
        # In a process of its own, so that this one's requests keep the interpreter to themselves.
        silent = subprocess.DEVNULL
        subprocess.run([sys.executable, "-m", "contacts.graph.engines"], check=False, stdout=silent, stderr=silent)
    try:
        _chosen.engine = Compiled()
    except Exception:
        # A cache folder that cannot be written to, say. Slower answers are the same answers.
        _log.exception("The compiled path searches cannot be loaded; numpy goes on answering.")


def compile_ahead() -> float:
    """Compile into numba's cache, or find that it is there. Returns the seconds that it took."""
    start = perf_counter()
    mark = _mark()
    mark.parent.mkdir(parents=True, exist_ok=True)
    # The processes of a host start together: one compiles, the others wait and find it done.
    with mark.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Compiled()
        mark.touch()
    return perf_counter() - start


def _load() -> ModuleType:
    # By name, since numba may be missing, and takes half a second to import where it is not.
    module = import_module("contacts.graph.compiled")
    module.warm()
    return module


def _mark() -> FilePath:
    """A file in numba's cache that says: compiled, from this source, by this numba."""
    source = FilePath(__file__).with_name("kernels.py")
    # numba goes by the time of the file, too.
    told = f"{source.stat().st_mtime_ns} {metadata.version('numba')} {sys.version}".encode() + source.read_bytes()
    folder = os.environ.get("NUMBA_CACHE_DIR")
    where = FilePath(folder) if folder else source.with_name("__pycache__")
    return where / f"kith-{hashlib.sha256(told).hexdigest()[:16]}.compiled"


if __name__ == "__main__":
    print(f"The path engine is compiled ({compile_ahead():.1f} s).")
