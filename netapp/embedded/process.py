"""One child process that never outlives the runner, and the tools to start it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534
# Loaded before any fork: a child between fork and exec must not import or allocate more than it needs.
_libc = ctypes.CDLL(None, use_errno=True)

# sun_path holds 108 bytes with its closing zero; PostgreSQL adds "/.s.PGSQL.5432.lock" to the folder.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")


class EmbeddedError(Exception):
    """The embedded stack cannot start or go on; the text says why and what to do."""


def enter_user_namespace() -> None:
    """Look like uid 65534 from now on, while staying the owner of root's files (even under a 0700 home).

    PostgreSQL refuses to run as root; inside a user namespace of its own it sees an ordinary user.
    Raises OSError where the kernel or the container forbids it.
    """
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_NOBODY} {gid} 1")


def user_namespace_works() -> bool:
    """Try it in a child of our own, because there is no way back out of a namespace."""
    if not sys.platform.startswith("linux"):
        return False
    pid = os.fork()
    if pid == 0:
        try:
            enter_user_namespace()
            os._exit(0 if os.geteuid() == _NOBODY else 1)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def before_exec(death_signal: int, *, own_namespace: bool = False) -> Callable[[], None]:
    """What a child does between fork and exec: ask the kernel for `death_signal` when its parent dies.

    The runner has one thread only, which makes this safe and keeps the promise: the kernel watches the *thread*
    that forked. It comes after the namespace, because a change of credentials forgets it.
    """
    parent = os.getpid()

    def prepare() -> None:
        if own_namespace:
            enter_user_namespace()
        if sys.platform.startswith("linux"):
            _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return prepare


def socket_folder(wanted: Path) -> Path:
    """`wanted` where a Unix socket's path fits into the kernel's 107 bytes, else a short private folder."""
    wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = wanted
    if len(os.fsencode(wanted)) > _LONGEST_SOCKET_FOLDER:
        digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
        folder = Path("/tmp") / f"kith-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid not in (os.geteuid(), wanted.parent.stat().st_uid):
        raise EmbeddedError(f"{folder} belongs to another user; remove it and start again.")
    return folder


@dataclass(kw_only=True)
class Service:
    """One supervised process, in a session of its own so that Ctrl-C reaches the runner alone.

    `log` None means that standard output and error come back through `process.stdout`.
    `grace` is how many seconds the process may take to stop before it is killed with all its children.
    """

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str]
    cwd: Path
    log: Path | None = None
    pass_fds: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    own_namespace: bool = False
    identity: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0

    def start(self) -> None:
        """Start the process; returns at once."""
        sink: IO[bytes] | int = subprocess.PIPE
        if self.log:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            sink = self.log.open("ab")
        try:
            self.process = subprocess.Popen(
                [os.fspath(part) for part in self.command],
                env=dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                pass_fds=self.pass_fds,
                start_new_session=True,
                preexec_fn=before_exec(  # noqa: PLW1509 - the runner has one thread
                    self.stop_signal, own_namespace=self.own_namespace
                ),
                **self.identity,
            )
        finally:
            if not isinstance(sink, int):
                sink.close()
        self.started_at = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 0 as well when it was never started."""
        return self.process.poll() if self.process else 0

    def is_ready(self) -> bool:
        """Does it answer yet? Servers say how to find out."""
        return self.exit_code is None

    def wait_until_ready(self, *, seconds: float = 30.0, pause: Callable[[float], None] = time.sleep) -> None:
        """Block until the process answers. Raises EmbeddedError with the end of its log when it does not."""
        end = time.monotonic() + seconds
        while not self.is_ready():
            if self.exit_code is not None:
                raise EmbeddedError(f"{self.name} did not start:\n{self._log_tail()}")
            if time.monotonic() > end:
                raise EmbeddedError(f"{self.name} gave no answer in {seconds:.0f} s:\n{self._log_tail()}")
            pause(0.02)

    def ask_to_stop(self) -> None:
        """Send the stop signal, if the process still runs."""
        if self.process and self.exit_code is None:
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Stop and wait; what is left of the group after `grace` seconds is killed."""
        if not self.process:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(self.grace)
        self.kill()

    def kill(self) -> None:
        """Kill the process and every child that is left in its session, and reap it."""
        if not self.process:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None

    def _log_tail(self) -> str:
        if self.log and self.log.exists():
            return self.log.read_text(errors="replace")[-2000:]
        return f"exit code {self.exit_code}"
