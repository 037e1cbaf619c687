"""The data folder of one local site: who may use it, its secret key, and the environment of what runs on it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from pathlib import Path

from .process import EmbeddedError


class DataFolder:
    """Everything that a local site keeps between two runs. Readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._environment = self.path / "environment.json"
        self._descriptor = -1

    def lock(self, *, seconds: float = 60.0) -> int:
        """Take the folder for this process, and for the children who inherit the returned descriptor.

        A child keeps the lock as long as it lives. So the run after a killed runner waits for its last child,
        at most `seconds`, and two databases never meet on the same files.
        Raises EmbeddedError at once when another runner is alive.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                owner = os.pread(descriptor, 32, 0).decode().strip()
                if self._is_alive(owner) or time.monotonic() > end:
                    os.close(descriptor)
                    raise EmbeddedError(
                        f"Kith already runs on {self.path} (process {owner or 'unknown'}). Stop that one first, or "
                        "give this one a folder and a port of its own:  DATA_DIR=.data2 PORT=8001 make run"
                    ) from None
                time.sleep(0.05)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        return descriptor

    def is_locked(self) -> bool:
        """Is a runner at work here?"""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    @staticmethod
    def _is_alive(pid: str) -> bool:
        if not pid:  # it has the lock and is about to write its number
            return True
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def secret_key(self) -> str:
        """Made once and kept, so that log-ins and mailed links outlive a restart."""
        file = self.path / "secret_key"
        if not file.exists():
            fresh = file.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(secrets.token_urlsafe(64))
            fresh.rename(file)
        return file.read_text().strip()

    def remember(self, environment: dict[str, str]) -> None:
        """Leave the running site's variables for `manage`."""
        self.forget()
        descriptor = os.open(self._environment, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            json.dump(environment, out, indent=1)

    def recall(self) -> dict[str, str]:
        """The variables of the site that runs here now. Raises EmbeddedError while it is still starting."""
        try:
            return dict(json.loads(self._environment.read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            raise EmbeddedError("The site on this folder is just starting; try again in a moment.") from None

    def forget(self) -> None:
        """The site stops: its variables mean nothing any more."""
        self._environment.unlink(missing_ok=True)
