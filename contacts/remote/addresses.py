"""Where Kith may connect to: names and addresses, looked at and not yet spoken to.

The member chooses the server, so the server's name is hostile until it is vetted: it may mean this machine, the
database next to it, or the address at which a cloud hands out its keys (OWASP: server-side request forgery).
Ranges are those of the IANA special-purpose registries (RFC 6890 and its updates, as of 2024).
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

_NOT_PUBLIC_4: Final = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network, and the unspecified address
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by customers of one provider (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, where clouds keep their metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
_PUBLIC_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = [
    IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo, ORCHID, benchmarks and other protocols; Teredo holds an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4, which holds an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]
# The forms outside 2000::/3 that hold an IPv4 address (mapped ::ffff:0:0/96, compatible ::/96, NAT64 64:ff9b::/96 and
# 64:ff9b:1::/48) need no line of their own.

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")


class BadHost(ValueError):
    """This is no name of a server."""


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet, and to no special purpose."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_4)
    if address.scope_id is not None or address not in _PUBLIC_6:
        return False
    return not any(address in block for block in _NOT_PUBLIC_6)


def is_ever_allowed(address: Address) -> bool:
    """Whether an address may be used where whoever runs the site has named its host: private ones and this machine.

    Link-local ones (a cloud's metadata), multicast and forms with another address inside stay closed to everybody.
    """
    if is_public(address):
        return True
    if isinstance(address, IPv6Address):
        return address == IPv6Address("::1") or (address in IPv6Network("fc00::/7") and address.scope_id is None)
    blocks = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    return any(address in IPv4Network(block) for block in blocks)


def tidy_host(raw: str) -> str:
    """A host as it is compared and asked for: lower case, ASCII, no dot at the end. Raises BadHost.

    An address must be written the usual way: 2130706433, 0x7f.1 and 0177.0.0.1 all mean 127.0.0.1 to a resolver, and
    are refused before one is asked.
    """
    host = raw.strip().strip("[]") if raw.strip().startswith("[") else raw.strip()
    try:
        if ":" in host:
            return str(IPv6Address(host))
        host = host.encode("idna").decode("ascii").lower().rstrip(".")
        labels = host.split(".")
        if _NUMBER.match(labels[-1]):
            return str(IPv4Address(host))
    except ValueError as error:  # UnicodeError is one
        raise BadHost from error
    if not host or len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise BadHost
    return host


def is_literal(host: str) -> bool:
    """Whether a tidied host is an address and not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_named(host: str, port: int, allowed: Collection[str]) -> bool:
    """Whether `host` or `host:port` stands in a list of hosts."""
    bracketed = f"[{host}]" if ":" in host else host
    return bool({host, bracketed, f"{bracketed}:{port}"} & set(allowed))
