"""The port of the site: taken once, before anything starts, and handed to the web server."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from .process import EmbeddedError


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1 (`port` 0: any free one), open to children.

    The runner keeps it while the web server is restarted: a visitor then waits a moment instead of being refused.
    Raises EmbeddedError that says who holds the port and what to do.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        holder = _holder(port)
        raise EmbeddedError(
            f"Port {port} cannot be used: {error.strerror}{f', by {holder}' if holder else ''}.\n"
            f"Choose another one:  PORT={port + 1 if port < 65535 else 8000} make run"
        ) from None
    listener.listen(256)
    listener.set_inheritable(True)
    return listener


def _holder(port: int) -> str:
    """'name (process 123)' of who listens on `port`, or '' where the system does not tell."""
    inodes = set[str]()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                cells = line.split()
                if cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{cells[9]}]")
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if os.readlink(descriptor) in inodes:
                process = descriptor.parts[2]
                return f"{Path('/proc', process, 'comm').read_text().strip()} (process {process})"
    return ""
