"""HTTP to a server that a member named: through the guard, within an allowance, redirects followed by hand."""

import base64
import select
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpcore
import httpx

from contacts.remote import faults
from contacts.remote.addresses import BadHost, tidy_host
from contacts.remote.guard import SILENCE_SECONDS, Allowance, Guard, GuardedReader

MAX_BODY: Final = 32_000_000
"""Bytes of one answer."""
_MAX_REDIRECTS = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `url` is where, after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def host(self) -> str:
        """Who said it."""
        return origin(self.url)[1]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The member's name and secret: a password, or an OAuth access token. `repr` shows neither."""

    user_name: str
    secret: str
    is_token: bool = False

    def __repr__(self) -> str:
        return "Credentials(…)"

    def header(self) -> str:
        """What Authorization says."""
        if self.is_token:
            return f"Bearer {self.secret}"
        pair = f"{self.user_name}:{self.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"


def tidy_url(raw: str) -> str:
    """An address as a member types it, as a URL of https or http; https where they name none. Raises Fault."""
    text = raw.strip()
    if "://" not in text and not text.lower().startswith(("http:", "https:")):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
        host = tidy_host(parts.hostname or "")
    except (ValueError, BadHost) as error:
        raise faults.no_such_server(_shown(raw)) from error
    # A password in the address would end up wherever the address is shown.
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.password is not None:
        raise faults.no_such_server(_shown(raw))
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    return parts._replace(netloc=netloc, path=parts.path or "/", query=parts.query, fragment="").geturl()


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what credentials belong to. ("", "", 0) for what is no URL.

    By the parser of the client that will open the connection: two parsers that read an odd address differently would
    compare one host and write to another.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return "", "", 0
    host = parts.raw_host.decode("ascii")
    return parts.scheme, host, parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def join(url: str, reference: str) -> str:
    """An address that stands in an answer from `url`, whole and without a fragment; "" where it is none."""
    try:
        return str(httpx.URL(url).join(reference).copy_with(fragment=None))
    except httpx.InvalidURL:
        return ""


_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Session:
    """Requests to one server on behalf of one member.

    The credentials go to the origin of `url`, and to https hosts under `family` (a domain that a provider's own
    instructions name, as iCloud's servers are called p42-contacts.icloud.com), and nowhere else.
    """

    def __init__(
        self, *, guard: Guard, allowance: Allowance, url: str, credentials: Credentials, family: str = ""
    ) -> None:
        self._guard = guard
        self._allowance = allowance
        self._credentials = credentials
        self._home = origin(url)
        self._family = family
        self._digest: httpx.DigestAuth | None = None
        self._client = httpx.Client(
            transport=_Transport(guard, allowance),
            timeout=SILENCE_SECONDS,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Kith", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._client.close()

    def is_ours(self, url: str) -> bool:
        """Whether the credentials may be sent there."""
        scheme, host, port = origin(url)
        if (scheme, host, port) == self._home:
            return True
        is_kin = bool(self._family) and (host == self._family or host.endswith(f".{self._family}"))
        return is_kin and scheme == "https" and port == 443

    def ask(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """The answer, after redirects, each of which is vetted like the first address.

        Raises Fault for everything between us and an answer, and for 401, 429 and 5xx; the rest is for the caller.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            if not self.is_ours(url):
                # It is not asked at all: an answer without the member's password would tell nothing.
                raise faults.moved(self._home[1], _shown_url(url))
            answer = self._once(method, url, headers or {}, body)
            if answer.status not in _REDIRECTS:
                return self._checked(answer)
            location = answer.headers.get("location", "")
            target = join(url, location) if location else ""
            if not target.startswith(("http://", "https://")):
                raise faults.nonsense(answer.host, "an address book")
            url = target
        raise faults.nonsense(self._home[1], "an address book")

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        scheme, host, port = origin(url)
        self._guard.check(host, port, is_tls=scheme == "https")
        auth: httpx.Auth | None = self._digest
        sent = dict(headers)
        if auth is None:
            sent["Authorization"] = self._credentials.header()
        answer = self._send(method, url, sent, body, auth)
        challenge = answer.headers.get("www-authenticate", "").lower()
        if answer.status == 401 and self._digest is None and challenge.startswith("digest"):
            self._digest = httpx.DigestAuth(self._credentials.user_name, self._credentials.secret)
            answer = self._send(method, url, dict(headers), body, self._digest)
        return answer

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, auth: httpx.Auth | None) -> Answer:
        host = origin(url)[1]
        try:
            request = self._client.build_request(method, url, headers=dict(headers), content=body)
            response = self._client.send(request, auth=auth, stream=True)
            try:
                data = self._read(response, host)
            finally:
                response.close()
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            raise faults.slow(host) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol) as error:
            raise faults.no_such_server(host) from error
        except (httpx.ProtocolError, httpcore.ProtocolError) as error:
            raise faults.nonsense(host, "an address book") from error
        except (httpx.HTTPError, httpcore.NetworkError, OSError) as error:
            raise faults.unreachable(host) from error
        return Answer(url, response.status_code, {k.lower(): v for k, v in response.headers.items()}, data)

    def _read(self, response: httpx.Response, host: str) -> bytes:
        # Packed answers were not asked for: what is small on the way may be huge unpacked.
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise faults.nonsense(host, "an address book")
        data = bytearray()
        for piece in response.iter_raw():
            data += piece
            if len(data) > MAX_BODY:
                raise faults.too_large(host)
        return bytes(data)

    def _checked(self, answer: Answer) -> Answer:
        if answer.status == 401:
            raise faults.bad_login(answer.host)
        # 501 is no trouble: the server does not know this kind of question, and there may be another.
        if answer.status == 429 or (answer.status >= 500 and answer.status != 501):
            raise faults.troubled(answer.host, answer.status, retry_after=_retry_after(answer))
        return answer


def _retry_after(answer: Answer) -> timedelta | None:
    text = answer.headers.get("retry-after", "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        return None
    return min(timedelta(seconds=int(text)), timedelta(days=1))


def _shown(raw: str) -> str:
    """What of an odd address may be repeated to the member: no password that stands before an @."""
    return raw.rpartition("@")[2].strip()[:100] or "(nothing)"


def _shown_url(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:300]


class _Transport(httpx.BaseTransport):
    """httpx over connections that the guard opens."""

    def __init__(self, guard: Guard, allowance: Allowance) -> None:
        self._guard = guard
        self._backend = _Backend(guard, allowance)
        self._pool: httpcore.ConnectionPool | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, one answer. Raises Fault, and what httpcore raises."""
        if self._pool is None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=self._guard.tls, max_connections=2, keepalive_expiry=15.0, network_backend=self._backend
            )
        assert isinstance(request.stream, httpx.SyncByteStream)
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Hang up."""
        if self._pool is not None:
            self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer.iter_stream())

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.NetworkBackend):
    """Connections for httpcore's pool."""

    def __init__(self, guard: Guard, allowance: Allowance) -> None:
        self._guard = guard
        self._allowance = allowance

    def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore.NetworkStream:
        """Where the guard lets us. Whether TLS follows was checked with the URL."""
        one = self._guard.connect(host, port, self._allowance, is_tls=True)
        return _Stream(one, host, self._guard, self._allowance)

    def connect_unix_socket(self, *_: object, **__: object) -> httpcore.NetworkStream:
        """Never."""
        raise faults.no_such_server("")


class _Stream(httpcore.NetworkStream):
    """A connection that counts, and that ends when the time is over."""

    def __init__(self, one: Any, host: str, guard: Guard, allowance: Allowance) -> None:
        self._socket = one
        self._host = host
        self._guard = guard
        self._allowance = allowance
        self._reader = GuardedReader(one, host, allowance)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to that many bytes. Raises Fault."""
        buffer = bytearray(min(max_bytes, 65_536))
        count = self._reader.readinto(buffer)
        return bytes(buffer[:count])

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it. Raises Fault."""
        try:
            while buffer:
                self._socket.settimeout(self._allowance.seconds(self._host))
                buffer = buffer[self._socket.send(buffer) :]
        except TimeoutError as error:
            raise faults.slow(self._host) from error
        except OSError as error:
            raise faults.unreachable(self._host) from error

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same under TLS; the certificate must be for the name, whatever address it was reached at."""
        wrapped = self._guard.wrap(self._socket, server_hostname or self._host, self._allowance)
        return _Stream(wrapped, self._host, self._guard, self._allowance)

    def get_extra_info(self, info: str) -> Any:
        """httpcore asks whether an idle connection was closed meanwhile."""
        if info == "is_readable":
            return bool(select.select([self._socket], [], [], 0)[0])
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        return None
