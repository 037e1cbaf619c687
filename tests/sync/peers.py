"""Real servers to sync with: Radicale under TLS, pymap under TLS, and one that misbehaves to order."""

from __future__ import annotations

import datetime as dt
import imaplib
import shutil
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from netapp.embedded.process import Service

HOST = "localhost"
USER, SECRET = "alice", "correct horse"


@dataclass(frozen=True)
class Certificates:
    """An authority of our own, and a certificate of its for localhost."""

    authority: Path
    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """For a server in this process."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For looking at a server from the test's side."""
        return ssl.create_default_context(cafile=str(self.authority))


def make_certificates(folder: Path) -> Certificates:
    """Both, for a day."""
    now = dt.datetime.now(dt.UTC)

    def build(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )

    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    authority = (
        build("Test authority", authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(IPv4Address("127.0.0.1"))])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    leaf = (
        build(HOST, authority_name, key)
        .add_extension(names, critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    made = Certificates(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
    made.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    made.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Radicale(Service):
    """A CardDAV server with Alice as its user, and what another program would do to her cards."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.port = free_port()
        self.folder = folder / "collections"
        (folder / "users").write_text(f"{USER}:{SECRET}\n")
        self.certificates = certificates
        super().__init__(
            name="radicale",
            command=[
                *(sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{self.port}"),
                *("--server-ssl", "--server-certificate", certificates.certificate, "--server-key", certificates.key),
                *("--auth-type", "htpasswd", "--auth-htpasswd-filename", folder / "users"),
                *("--auth-htpasswd-encryption", "plain", "--auth-delay", "0", "--auth-cache-logins", "False"),
                *("--storage-filesystem-folder", self.folder),
            ],
            env={"PATH": "/usr/bin:/bin"},
            cwd=folder,
            log=folder / "radicale.log",
        )

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(
            verify=self.certificates.client_context(), auth=(USER, SECRET), trust_env=False, timeout=120
        )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"https://{HOST}:{self.port}/"

    def stop(self) -> None:
        """Hang up, and stop it."""
        self._client.close()
        super().stop()

    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def book_url(self, book: str = "people") -> str:
        """An address book of Alice's."""
        return f"{self.url}{USER}/{book}/"

    def make_book(self, book: str = "people", title: str = "People") -> None:
        """An empty address book."""
        body = (
            '<d:mkcol xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:set><d:prop><d:resourcetype>'
            f"<d:collection/><c:addressbook/></d:resourcetype><d:displayname>{title}</d:displayname>"
            "</d:prop></d:set></d:mkcol>"
        )
        self.ask("MKCOL", self.book_url(book), body.encode())

    def put(self, name: str, card: str, book: str = "people") -> None:
        """Add or change a card."""
        self.ask("PUT", f"{self.book_url(book)}{name}.vcf", card.encode(), {"Content-Type": "text/vcard"})

    def get(self, name: str, book: str = "people") -> str:
        """A card as it stands."""
        return self.ask("GET", f"{self.book_url(book)}{name}.vcf").text

    def names(self, book: str = "people") -> list[str]:
        """The names of the cards."""
        return sorted(path.stem for path in (self._root / USER / book).glob("*.vcf"))

    def remove(self, name: str, book: str = "people") -> None:
        """Delete a card."""
        self.ask("DELETE", f"{self.book_url(book)}{name}.vcf")

    def rename(self, name: str, other: str) -> None:
        """Move a card to another address."""
        url = self.book_url()
        self.ask("MOVE", f"{url}{name}.vcf", headers={"Destination": f"{url}{other}.vcf"})

    def forget_tokens(self) -> None:
        """As after a restore: no sync-token that was handed out is known any more."""
        for tokens in self._root.rglob("sync-token"):
            shutil.rmtree(tokens)

    def empty(self) -> None:
        """As new."""
        shutil.rmtree(self._root, ignore_errors=True)

    def ask(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A request of another program's."""
        answer = self._client.request(method, url, content=body, headers=dict(headers or {}))
        answer.raise_for_status()
        return answer

    @property
    def _root(self) -> Path:
        return self.folder / "collection-root"


class Pymap(Service):
    """An IMAP server with Alice's mailbox in memory."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.port = free_port()
        self.certificates = certificates
        super().__init__(
            name="pymap",
            command=[
                *(Path(sys.executable).with_name("pymap"), "--host", "127.0.0.1", "--port", str(self.port)),
                *("--cert", certificates.certificate, "--key", certificates.key),
                *("--no-service", "managesieve", "--no-service", "admin", "--debug"),
                *("dict", "--demo-data", "--demo-user", USER, "--demo-password", SECRET),
            ],
            env={"PATH": "/usr/bin:/bin"},
            cwd=folder,
            log=folder / "pymap.log",
        )

    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def session(self) -> imaplib.IMAP4:
        """Another mail program, logged in."""
        one = imaplib.IMAP4(HOST, self.port)
        one.starttls(self.certificates.client_context())
        one.login(USER, SECRET)
        return one

    def empty(self, folder: str) -> None:
        """A new folder of that name, with another UIDVALIDITY."""
        with self.session() as one:
            one.delete(folder)
            one.create(folder)

    def add(self, folder: str, *messages: str) -> None:
        """Mails come in."""
        with self.session() as one:
            for message in messages:
                data = message.replace("\n", "\r\n").encode()
                status, said = one.append(folder, "", imaplib.Time2Internaldate(time.time()), data)
                assert status == "OK", said

    @property
    def output(self) -> str:
        """What it logged: every command that it was given."""
        assert self.log
        return self.log.read_text(errors="replace")


def mail(
    number: int | str, *, sender: str = "Bob Brook <bob@example.org>", to: str = "alice@kith.test", more: str = ""
) -> str:
    """A mail."""
    return (
        f"From: {sender}\nTo: {to}\nSubject: Secret subject {number}\nDate: Mon, 4 May 2026 09:00:00 +0000\n"
        f"Message-ID: <{number}@example.org>\n{more}\nSecret body {number}\n"
    )


Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


@dataclass
class Misbehaving:
    """An HTTPS server that does what a test tells it, and remembers what it was asked."""

    certificates: Certificates
    reply: Reply | None = None
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65_537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.command, self.path, headers))
                assert outer.reply
                outer.reply(self, body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = self.certificates.server_context().wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = int(self.server.server_address[1])
        self.url = f"https://{HOST}:{self.port}/"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer everything so."""

        def reply(handler: BaseHTTPRequestHandler, _: bytes) -> None:
            send(handler, status, body, **headers)

        self.reply = reply

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """An answer."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
