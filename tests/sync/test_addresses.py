"""Where Kith never connects to (TRUST.md S12), seen by a listening socket that nobody may reach."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from contacts.remote import carddav, discovery
from contacts.remote.addresses import BadHost, is_ever_allowed, is_public, tidy_host
from contacts.remote.faults import Fault, Trouble
from contacts.remote.guard import Allowance, Guard, resolve
from contacts.remote.imap import Mailbox, tidy_address
from contacts.remote.web import Credentials, Session, tidy_url
from tests.sync.peers import HOST, Misbehaving

SECRET = Credentials("alice", "correct horse")


class Canary:
    """A socket on all addresses of this machine that counts who knocks."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = int(self._socket.getsockname()[1])
        self.knocks = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            self.knocks += 1
            one.close()

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._socket.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    one = Canary()
    yield one
    one.close()


def look(raw: str, guard: Guard) -> None:
    """What is done with an address that a member typed."""
    url = tidy_url(raw)
    allowance = Allowance(seconds=5, size=1000)
    with Session(guard=guard, allowance=allowance, url=url, credentials=SECRET) as session:
        discovery.books(session, url)


def look_into_mailbox(raw: str) -> None:
    """The same for a mail server."""
    address = tidy_address(raw)
    Mailbox(guard=Guard(), allowance=Allowance(seconds=5, size=1000), address=address, credentials=SECRET)


# Hosts that lead to this machine, to its network, or to where clouds keep their keys, in all their spellings.
BAD_HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.01",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "0",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "198.18.0.1",
    "192.0.0.170",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ip6-localhost",
    "redis",
    "database",
    "localhost.localdomain",
    "a..b",
    "-a.example",
    "exa mple.org",
    "example.org\r\nX: y",
    "example.org\\@127.0.0.1",
    "",
]


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_no_connection_by_http(host, canary):
    for scheme in ("https", "http"):
        with pytest.raises(Fault) as caught:
            look(f"{scheme}://{host}:{canary.port}/", Guard())
        assert caught.value.trouble is Trouble.ADDRESS
    assert canary.knocks == 0


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_no_connection_by_imap(host, canary):
    for scheme in ("imaps", "imap"):
        with pytest.raises(Fault) as caught:
            look_into_mailbox(f"{scheme}://{host}:{canary.port}")
        assert caught.value.trouble is Trouble.ADDRESS
    assert canary.knocks == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "unix:///run/redis.sock",
        "javascript://example.org/",
        "https://user:secret@example.org/",
        "https://example.org:22/",
        "https://example.org:25/",
        "https://example.org:99999/",
        "https://example.org:https/",
        "http://example.org/",
        "//example.org/",
        "https://",
        "https:///x",
    ],
)
def test_other_schemes_ports_and_forms_are_refused(url):
    with pytest.raises(Fault) as caught:
        look(url, Guard(resolver=lambda *_: pytest.fail("asked for an address")))
    assert caught.value.trouble is Trouble.ADDRESS
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["169.254.169.254"],
        ["93.184.216.34", "127.0.0.1"],
        ["2606:4700::1", "::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        [],
    ],
)
def test_a_name_that_leads_inside_is_refused_and_says_no_more_than_one_that_leads_nowhere(addresses, canary):
    def said(resolver) -> str:
        with pytest.raises(Fault) as caught:
            Guard(resolver=resolver).connect(
                "dav.example.org", canary.port, Allowance(seconds=5, size=1000), is_tls=True
            )
        return f"{caught.value.trouble} {caught.value}"

    def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    assert said(lambda *_: addresses) == said(nowhere)
    assert canary.knocks == 0


def test_a_name_is_asked_for_once_so_that_a_second_answer_gains_nothing(misbehaving: Misbehaving, certificates):
    """DNS rebinding: vetted at the first answer, and connected to that very address."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    asked = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    misbehaving.says(404)
    guard = Guard(allow_hosts={HOST}, ca_file=certificates.authority, resolver=resolver)
    one = guard.connect(HOST, misbehaving.port, Allowance(seconds=5, size=1000), is_tls=True)
    assert (one.getpeername()[0], asked) == ("127.0.0.1", [HOST])
    # TLS is told the name, and the certificate must be for it.
    with guard.wrap(one, HOST, Allowance(seconds=5, size=1000)) as wrapped:
        assert wrapped.server_hostname == HOST
    two = Guard(allow_hosts={"other.test"}, ca_file=certificates.authority, resolver=lambda *_: ["127.0.0.1"])
    plain = two.connect("other.test", misbehaving.port, Allowance(seconds=5, size=1000), is_tls=True)
    with pytest.raises(Fault) as caught:
        two.wrap(plain, "other.test", Allowance(seconds=5, size=1000))
    assert caught.value.trouble is Trouble.TLS


@pytest.mark.parametrize(
    "target", ["https://127.0.0.1:{port}/", "https://[::1]:{port}/", "http://localhost:{port}/", "/x"]
)
@pytest.mark.parametrize("family", ["", "0.0.1"])
def test_a_redirect_inside_is_not_followed(target, family, canary, misbehaving: Misbehaving, certificates):
    misbehaving.says(302, Location=target.format(port=canary.port))
    # Only this server by name and port; whatever it sends us to is vetted anew.
    guard = Guard(allow_hosts={f"{HOST}:{misbehaving.port}"}, ca_file=certificates.authority)
    with Session(
        guard=guard,
        allowance=Allowance(seconds=5, size=100_000),
        url=misbehaving.url,
        credentials=SECRET,
        family=family,
    ) as session:
        with pytest.raises(Fault):
            session.ask("PROPFIND", misbehaving.url)
        with pytest.raises(Fault):
            carddav.read_one(session, misbehaving.url, target.format(port=canary.port))
    assert canary.knocks == 0


def test_a_private_server_can_be_allowed_by_name_and_nothing_else_with_it():
    named = Guard(allow_hosts={"nas.lan:5232", "192.168.1.5"}, resolver=lambda *_: ["192.168.1.9"])
    assert named.check("nas.lan", 5232, is_tls=False) == "nas.lan"
    assert named.check("192.168.1.5", 80, is_tls=False) == "192.168.1.5"
    for host, port in [("nas.lan", 5433), ("192.168.1.6", 443), ("localhost", 443)]:
        with pytest.raises(Fault):
            named.connect(host, port, Allowance(seconds=1, size=1), is_tls=True)
    # Not even by name: where a cloud keeps its keys.
    cloud = Guard(allow_hosts={"metadata.lan"}, resolver=lambda *_: ["169.254.169.254"])
    with pytest.raises(Fault):
        cloud.connect("metadata.lan", 443, Allowance(seconds=1, size=1), is_tls=True)


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a01:4f8::1", "172.32.0.1"])
def test_public_addresses_are_public(text):
    assert is_public(ip_address(text))
    assert is_ever_allowed(ip_address(text))


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "::ffff:10.0.0.1", "ff02::1", "::"]
)
def test_some_addresses_are_allowed_to_nobody(text):
    assert not is_ever_allowed(ip_address(text))


def test_public_agrees_with_the_standard_library():
    """Whatever the standard library calls not global is not public here; the other way round this is stricter."""
    for number in range(0, 2**32, 2**18 + 4099):
        address = ip_address(number)
        assert address.is_global or not is_public(address), address
    for number in range(0, 2**128, 2**115 + 12_345):
        address = ip_address(number)
        assert address.is_global or not is_public(address), address


def test_names_are_tidied():
    assert tidy_host("Dav.Example.ORG.") == "dav.example.org"
    assert tidy_host("bücher.example") == "xn--bcher-kva.example"
    assert tidy_host("[2606:4700::1]") == "2606:4700::1"
    with pytest.raises(BadHost):
        tidy_host("a" * 64 + ".org")
    assert "127.0.0.1" in resolve("localhost", 443) or "::1" in resolve("localhost", 443)
