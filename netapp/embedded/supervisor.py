"""Watches a handful of processes: their lines on one console, restarts, an orderly stop.

One thread and one loop. Besides being simple this keeps a promise of the kernel: a child is told of the end of the
*thread* that started it, and a fork from a program with one thread is safe.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import IO, Self

from .process import EmbeddedError, Service

_PATIENCE = 5  # so many quick ends in a row, and there is no sense in another start
_QUICK = 10.0  # seconds
_WIDTH = len("postgres")


class StopAsked(Exception):
    """Somebody pressed Ctrl-C, or sent SIGTERM or SIGHUP."""


@dataclass(eq=False)
class _Watched:
    service: Service
    stage: int = 0
    quick_ends: int = 0
    start_at: float | None = None
    rest: bytes = b""
    kept: list[str] | None = None  # lines kept instead of printed


class Supervisor:
    """Use as a context manager: leaving it stops everything that was started, the latest first."""

    def __init__(self) -> None:
        self._watched: list[_Watched] = []
        self._selector = selectors.DefaultSelector()
        self._stage = 0
        self._asked = 0
        self._stopping = False
        self._patience_ends = 0

    def __enter__(self) -> Self:
        self._wake, wake_end = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_end, False)
        signal.set_wakeup_fd(wake_end)  # so that a signal ends the select below at once
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._selector.register(self._wake, selectors.EVENT_READ)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping, self._patience_ends = True, self._asked + 1
        with ExitStack() as stops:  # the latest first; one that fails does not keep the others from it
            for stage in range(self._stage + 1):
                stops.callback(self._stop, *[watched for watched in self._watched if watched.stage == stage])

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    # --- The console

    def say(self, text: str, *, name: str = "kith") -> None:
        """Print lines under `name`."""
        for line in text.splitlines() or [""]:
            self._print(name, line.encode())

    def _print(self, name: str, line: bytes) -> None:
        try:
            sys.stdout.buffer.write(f"{name:>{_WIDTH}} | ".encode() + line + b"\n")
            sys.stdout.buffer.flush()
        except OSError:  # the terminal has gone; nobody reads on
            self._asked += 1

    def _read(self, watched: _Watched) -> bool:
        """Pass on whole lines; True while there may be more."""
        process = watched.service.process
        if process is None or process.stdout is None:
            return False
        try:
            data = os.read(process.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        *lines, watched.rest = (watched.rest + data).split(b"\n")
        for line in lines:
            self._pass_on(watched, line)
        if not data:
            self._ignore(process.stdout)
        return bool(data)

    def _ignore(self, pipe: IO[bytes]) -> None:
        with suppress(KeyError, ValueError):  # not registered, or closed
            self._selector.unregister(pipe)

    def _pass_on(self, watched: _Watched, line: bytes) -> None:
        if watched.kept is None:
            self._print(watched.service.name, line)
        else:
            watched.kept.append(line.decode(errors="replace"))

    # --- Time passes

    def pause(self, seconds: float) -> None:
        """Let time pass: pass on output, notice signals. Raises StopAsked, unless the stop is under way already."""
        for key, _ in self._selector.select(seconds):
            if key.fileobj == self._wake:
                with suppress(BlockingIOError):
                    os.read(self._wake, 64)
            else:
                self._read(key.data)
        if self._asked and not self._stopping:
            raise StopAsked

    # --- Processes

    def start(self, *services: Service) -> None:
        """Start services and keep them alive from now on. What is started together stops together."""
        self._stage += 1
        for service in services:
            watched = _Watched(service, stage=self._stage)
            self._watched.append(watched)
            self._start(watched)

    def _start(self, watched: _Watched) -> None:
        watched.service.start()
        process = watched.service.process
        if process and process.stdout:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, watched)

    def run(self, *services: Service, keep: bool = False) -> str:
        """Run commands side by side until all have ended; with `keep` return their output instead of printing it.

        Raises EmbeddedError when one fails.
        """
        batch = [_Watched(service, kept=[] if keep else None) for service in services]
        self._watched += batch
        for watched in batch:
            self._start(watched)
        try:
            while any(watched.service.exit_code is None for watched in batch):
                self.pause(0.05)
            failed = [watched.service.name for watched in batch if watched.service.exit_code]
        finally:
            self._stop(*batch)
            self._watched = [watched for watched in self._watched if watched not in batch]
        output = "\n".join(line for watched in batch for line in watched.kept or ())
        if failed:
            raise EmbeddedError(f"{output}\n{' and '.join(failed)} failed; the lines above say why.".lstrip())
        return output

    def keep_running(self) -> None:
        """Start again whatever has ended. Raises EmbeddedError when a service ends again and again at once."""
        now = time.monotonic()
        for watched in self._watched:
            service = watched.service
            if watched.start_at is None and service.exit_code is not None:
                quick = now - service.started_at < _QUICK
                watched.quick_ends = watched.quick_ends + 1 if quick else 0
                how = _describe(service.exit_code)
                self._clear(watched)
                if watched.quick_ends >= _PATIENCE:
                    raise EmbeddedError(f"{service.name} {how}, {_PATIENCE} times in a row. Its lines above say why.")
                self.say(f"{service.name} {how}; starting it again.")
                watched.start_at = now + (0.25 * 2**watched.quick_ends if watched.quick_ends else 0.0)
            if watched.start_at is not None and now >= watched.start_at:
                watched.start_at = None
                self._start(watched)

    def _stop(self, *batch: _Watched) -> None:
        for watched in batch:
            watched.service.ask_to_stop()
        began = time.monotonic()
        for watched in batch:
            service = watched.service
            while service.exit_code is None and time.monotonic() < began + service.grace:
                self.pause(0.02)
                if self._stopping and self._asked >= self._patience_ends:  # Ctrl-C again: kill what does not go
                    break
            self._clear(watched)

    def _clear(self, watched: _Watched) -> None:
        """Print what is left of the output; kill what is left of the children."""
        while self._read(watched):
            pass
        process = watched.service.process
        if process and process.stdout:
            self._ignore(process.stdout)
        if watched.rest:
            self._pass_on(watched, watched.rest)
            watched.rest = b""
        watched.service.kill()


def _describe(code: int) -> str:
    if code < 0:
        return f"was killed ({signal.Signals(-code).name})"
    return f"ended with code {code}"
