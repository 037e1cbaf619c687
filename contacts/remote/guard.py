"""The only place that opens a connection to a server that a member named.

A name is resolved once, every address behind it is vetted, and the connection goes to a vetted address as it stands:
a name that answers differently the second time (DNS rebinding) gains nothing, since nobody asks a second time. TLS and
the protocol still see the name. One `Allowance` bounds what all connections of one errand may cost together.
"""

import io
import socket
import ssl
import time
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import httpx

from contacts.remote import faults
from contacts.remote.addresses import BadHost, is_ever_allowed, is_literal, is_named, is_public, tidy_host
from contacts.remote.faults import Fault

CONNECT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 45.0
"""Longest wait for the next byte: a small server that lists a large address book for the first time takes its time."""
_MOST_ADDRESSES = 4
_LOWEST_FREE_PORT = 1024

Resolver = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order of preference. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Allowance:
    """What one errand may cost: seconds from now, and bytes that are read."""

    def __init__(self, *, seconds: float, size: int) -> None:
        self._end = time.monotonic() + seconds
        self._size = size

    def seconds(self, host: str, most: float = SILENCE_SECONDS) -> float:
        """How long the next wait may be. Raises Fault when the time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise faults.slow(host)
        return min(left, most)

    def spend(self, host: str, count: int) -> None:
        """Note that so many bytes came. Raises Fault when they are too many."""
        self._size -= count
        if self._size < 0:
            raise faults.too_large(host)

    def is_short(self, seconds: float) -> bool:
        """Whether less than that is left."""
        return self._end - time.monotonic() < seconds


class Guard:
    """What the site allows. `allow_hosts`: private servers by name ("nas.lan", "nas.lan:5232"), without TLS as well.

    `ca_file`: a further certificate authority.
    """

    def __init__(
        self, *, allow_hosts: Collection[str] = (), ca_file: Path | None = None, resolver: Resolver = resolve
    ) -> None:
        self._allow_hosts = frozenset(host.lower() for host in allow_hosts)
        self._ca_file = ca_file
        self._resolver = resolver

    def check(self, host: str, port: int, *, is_tls: bool) -> str:
        """The tidied host, where Kith would speak to it if its addresses are public. Raises Fault.

        Nobody is asked: a name without a dot is this network's own, and well-known ports of other services are not for
        members to knock at.
        """
        try:
            name = tidy_host(host)
        except BadHost as error:
            raise faults.no_such_server(host) from error
        if is_named(name, port, self._allow_hosts):
            return name
        is_own = "." not in name and ":" not in name
        if is_own or not is_tls or not (port in (443, 993) or _LOWEST_FREE_PORT <= port <= 65_535):
            raise faults.no_such_server(name)
        if is_literal(name) and not is_public(ip_address(name)):
            raise faults.no_such_server(name)
        return name

    def connect(self, host: str, port: int, allowance: Allowance, *, is_tls: bool) -> socket.socket:
        """A connection to one of the vetted addresses of `host`, without TLS as yet. Raises Fault."""
        name = self.check(host, port, is_tls=is_tls)
        addresses = self._vetted(name, port)
        for address in addresses[:_MOST_ADDRESSES]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            one = socket.socket(family, socket.SOCK_STREAM)
            try:
                one.settimeout(allowance.seconds(name, CONNECT_SECONDS))
                one.connect((address, port))
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except (OSError, Fault) as error:
                one.close()
                if isinstance(error, Fault):
                    raise
                continue
            return one
        raise faults.unreachable(name)

    def _vetted(self, name: str, port: int) -> Sequence[str]:
        if is_literal(name):
            found: Sequence[str] = [name]
        else:
            try:
                found = self._resolver(name, port)
            except (OSError, UnicodeError) as error:
                raise faults.no_such_server(name) from error
        suits = is_ever_allowed if is_named(name, port, self._allow_hosts) else is_public
        # One bad address among good ones is no accident.
        if not found or not all(suits(ip_address(address)) for address in found):
            raise faults.no_such_server(name)
        return found

    def wrap(self, one: socket.socket, host: str, allowance: Allowance) -> ssl.SSLSocket:
        """The connection under TLS, once its certificate is found good for `host`. Raises Fault; then it is closed."""
        try:
            one.settimeout(allowance.seconds(host))
            return self.tls.wrap_socket(one, server_hostname=host)
        except Fault:
            one.close()
            raise
        except (ssl.SSLError, ssl.CertificateError) as error:
            one.close()
            raise faults.bad_certificate(host) from error
        except TimeoutError as error:
            one.close()
            raise faults.slow(host) from error
        except OSError as error:
            one.close()
            raise faults.unreachable(host) from error

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Certificates are checked, always."""
        context = httpx.create_ssl_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._ca_file:
            context.load_verify_locations(cafile=self._ca_file)
        return context


class GuardedReader(io.RawIOBase):
    """A socket to read from within an allowance, however slowly the other side drips."""

    def __init__(self, one: socket.socket, host: str, allowance: Allowance) -> None:
        self._socket = one
        self._host = host
        self._allowance = allowance

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises Fault."""
        self._socket.settimeout(self._allowance.seconds(self._host))
        try:
            count = self._socket.recv_into(buffer)
        except TimeoutError as error:
            raise faults.slow(self._host) from error
        except OSError as error:
            raise faults.unreachable(self._host) from error
        self._allowance.spend(self._host, count)
        return count
