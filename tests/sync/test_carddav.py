"""The CardDAV client against a real Radicale, and against servers that answer oddly."""

from __future__ import annotations

import time

import pytest

from contacts.remote import carddav, discovery
from contacts.remote.carddav import Conflict, Delta
from contacts.remote.faults import Fault, Trouble
from contacts.remote.guard import Allowance, Guard
from contacts.remote.web import Credentials, Session, tidy_url
from tests.contacts.importing import card
from tests.sync.peers import SECRET, USER, Misbehaving, Radicale, send


def open_session(
    guard: Guard, url: str, *, secret: str = SECRET, seconds: float = 20, size: int = 5_000_000
) -> Session:
    credentials = Credentials(USER, secret)
    return Session(guard=guard, allowance=Allowance(seconds=seconds, size=size), url=url, credentials=credentials)


@pytest.fixture
def session(guard: Guard, radicale: Radicale):
    with open_session(guard, radicale.url) as one:
        yield one


def changes(session: Session, radicale: Radicale, *, token: str = "", known: dict[str, str] | None = None) -> Delta:
    return carddav.changes(session, radicale.book_url(), token=token, ctag="", known=known or {})


def test_books_are_found_from_the_host_alone(session, radicale):
    radicale.make_book("work", "Work &amp; play")
    found = discovery.books(session, tidy_url(f"localhost:{radicale.port}"))
    assert {(book.url, book.title, book.can_write) for book in found} == {
        (radicale.book_url(), "People", True),
        (radicale.book_url("work"), "Work & play", True),
    }
    assert [book.url for book in discovery.books(session, radicale.book_url("work"))] == [radicale.book_url("work")]


def test_adding_changing_renaming_and_deleting(session, radicale):
    radicale.put("ana", card("Ana Silva", "UID:a", "EMAIL:ana@example.org"))
    radicale.put("ben", card("Ben", "UID:b"))
    first = changes(session, radicale)
    assert sorted(first.changed) == [f"/{USER}/people/ana.vcf", f"/{USER}/people/ben.vcf"]
    assert all(first.changed.values())
    known = dict(first.changed)
    assert changes(session, radicale, token=first.token, known=known) == Delta(token=first.token)

    radicale.put("ana", card("Ana Costa", "UID:a"))
    radicale.rename("ben", "benjamin")
    second = changes(session, radicale, token=first.token, known=known)
    assert sorted(second.changed) == [f"/{USER}/people/ana.vcf", f"/{USER}/people/benjamin.vcf"]
    assert second.gone == [f"/{USER}/people/ben.vcf"]

    radicale.remove("ana")
    third = changes(session, radicale, token=second.token, known=known | second.changed)
    assert (third.changed, third.gone) == ({}, [f"/{USER}/people/ana.vcf"])


def test_a_forgotten_token_is_made_up_for(session, radicale):
    radicale.put("ana", card("Ana", "UID:a"))
    radicale.put("ben", card("Ben", "UID:b"))
    first = changes(session, radicale)
    radicale.remove("ben")
    radicale.put("carla", card("Carla", "UID:c"))
    radicale.forget_tokens()
    again = changes(session, radicale, token=first.token, known=first.changed)
    assert list(again.changed) == [f"/{USER}/people/carla.vcf"]
    assert again.gone == [f"/{USER}/people/ben.vcf"]


def test_cards_are_read_many_at_once_and_one_by_one(session, radicale):
    for number in range(60):
        radicale.put(f"n{number}", card(f"Número {number}", f"UID:n{number}", "X-ODD:kept"))
    found = changes(session, radicale)
    missing = f"/{USER}/people/nobody.vcf"
    cards = {one.href: one for one in carddav.read(session, radicale.book_url(), [*found.changed, missing])}
    assert cards.keys() == found.changed.keys()
    assert {one.etag for one in cards.values()} == set(found.changed.values())
    assert all("Número" in one.data.decode() and "X-ODD:kept" in one.data.decode() for one in cards.values())


def test_writing_only_over_what_one_knows(session, radicale):
    url, href = radicale.book_url(), f"/{USER}/people/new.vcf"
    etag = carddav.write(session, url, href, card("New", "UID:n").encode(), etag="")
    with pytest.raises(Conflict):
        carddav.write(session, url, href, card("Other", "UID:n").encode(), etag="")
    again = carddav.write(session, url, href, card("Newer", "UID:n").encode(), etag=etag)
    assert again != etag
    with pytest.raises(Conflict):
        carddav.write(session, url, href, card("Stale", "UID:n").encode(), etag=etag)
    assert "FN:Newer" in radicale.get("new")
    radicale.remove("new")
    with pytest.raises(Conflict):
        carddav.write(session, url, href, card("Risen", "UID:n").encode(), etag=again)
    assert radicale.names() == []


def test_a_wrong_password_and_a_missing_book(guard, radicale):
    with open_session(guard, radicale.url, secret="wrong") as session, pytest.raises(Fault) as caught:
        discovery.books(session, radicale.url)
    assert caught.value.trouble is Trouble.LOGIN
    assert caught.value.needs_member
    assert "app password" in str(caught.value)
    with open_session(guard, radicale.url) as session, pytest.raises(Fault) as caught:
        carddav.changes(session, radicale.book_url("nothing"), token="", ctag="", known={})
    assert caught.value.trouble is Trouble.NOT_FOUND


MULTISTATUS = (
    '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:s="http://calendarserver.org/ns/">{}</d:multistatus>'
)


def entry(href: str, etag: str, more: str = "") -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:getetag>{etag}</d:getetag>{more}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def test_a_server_without_sync_collection_is_asked_for_etags(guard, misbehaving):
    cards = {"/b/a.vcf": "1", "/b/b%40c.vcf": "1"}

    def reply(handler, body):
        if handler.command == "REPORT":
            send(handler, 501)
        elif b"getctag" in body:
            tag = "<s:getctag>" + "".join(f"{href}{etag}" for href, etag in sorted(cards.items())) + "</s:getctag>"
            send(handler, 207, MULTISTATUS.format(entry("/b/", "", tag)).encode())
        else:
            inside = entry("/b/", "", "<d:resourcetype><d:collection/></d:resourcetype>")
            inside += "".join(entry(href, etag) for href, etag in cards.items())
            inside += entry("https://elsewhere.example/b/x.vcf", "1")
            send(handler, 207, MULTISTATUS.format(inside).encode())

    misbehaving.reply = reply
    url = f"{misbehaving.url}b/"
    with open_session(guard, misbehaving.url) as session:
        first = carddav.changes(session, url, token="", ctag="", known={})
        assert first.changed == {"/b/a.vcf": "1", "/b/b@c.vcf": "1"}
        asked = len(misbehaving.asked)
        again = carddav.changes(session, url, token="", ctag=first.ctag, known=first.changed)
        assert (again.changed, again.gone) == ({}, [])
        assert len(misbehaving.asked) == asked + 2  # the report that it does not know, and the tag of the book
        del cards["/b/a.vcf"]
        cards["/b/b%40c.vcf"] = "2"
        last = carddav.changes(session, url, token="", ctag=first.ctag, known=first.changed)
        assert (last.changed, last.gone) == ({"/b/b@c.vcf": "2"}, ["/b/a.vcf"])


def test_an_answer_in_pages(guard, misbehaving):
    pages = {
        "": (["/b/a.vcf"], "one"),
        "one": (["/b/b.vcf"], "two"),
        "two": (["/b/c.vcf"], "end"),
    }

    def reply(handler, body):
        token = body.decode().partition("<d:sync-token>")[2].partition("</d:sync-token>")[0]
        hrefs, following = pages[token]
        inside = "".join(entry(href, "1") for href in hrefs)
        if following != "end":
            inside += (
                "<d:response><d:href>/b/</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response>"
            )
        send(handler, 207, MULTISTATUS.format(f"{inside}<d:sync-token>{following}</d:sync-token>").encode())

    misbehaving.reply = reply
    with open_session(guard, misbehaving.url) as session:
        found = carddav.changes(session, f"{misbehaving.url}b/", token="", ctag="", known={"/b/old.vcf": "1"})
    assert sorted(found.changed) == ["/b/a.vcf", "/b/b.vcf", "/b/c.vcf"]
    assert (found.gone, found.token) == (["/b/old.vcf"], "end")


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("status", "body", "headers", "trouble"),
    [
        (200, b"<html>Hello</html>", {}, Trouble.NOT_FOUND),
        (207, b"<html>Hello", {}, Trouble.NONSENSE),
        (207, BOMB, {}, Trouble.NONSENSE),
        (207, b"<a>" * 200_000, {}, Trouble.NONSENSE),
        (207, b"\x1f\x8b", {"Content_Encoding": "gzip"}, Trouble.NONSENSE),
        (401, b"", {}, Trouble.LOGIN),
        (403, b"", {}, Trouble.FORBIDDEN),
        (404, b"", {}, Trouble.NOT_FOUND),
        (429, b"", {"Retry_After": "120"}, Trouble.SERVER),
        (500, b"", {}, Trouble.SERVER),
        (503, b"", {}, Trouble.SERVER),
        (301, b"", {}, Trouble.NONSENSE),
        (301, b"", {"Location": "file:///etc/passwd"}, Trouble.NONSENSE),
        (301, b"", {"Location": "https://elsewhere.example/"}, Trouble.MOVED),
        (301, b"", {"Location": "/again"}, Trouble.NONSENSE),
        (207, b"x" * 6_000_000, {}, Trouble.TOO_LARGE),
    ],
)
def test_odd_answers_become_words(guard, misbehaving, status, body, headers, trouble):
    misbehaving.says(status, body, **headers)
    with open_session(guard, misbehaving.url) as session, pytest.raises(Fault) as caught:
        discovery.books(session, misbehaving.url)
    assert caught.value.trouble is trouble
    assert SECRET not in str(caught.value)


def test_digest_is_spoken_where_a_server_wants_it(guard, misbehaving):
    def reply(handler, _):
        if (handler.headers["Authorization"] or "").startswith("Digest"):
            send(handler, 403)
        else:
            send(handler, 401, WWW_Authenticate='Digest realm="x", nonce="abc", qop="auth", algorithm=MD5')

    misbehaving.reply = reply
    with open_session(guard, misbehaving.url) as session, pytest.raises(Fault) as caught:
        discovery.books(session, misbehaving.url)
    assert caught.value.trouble is Trouble.FORBIDDEN
    assert any('username="alice"' in headers.get("authorization", "") for _, _, headers in misbehaving.asked)


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_server_that_drips_is_left_in_time(guard, misbehaving, part):

    def reply(handler, _):
        if part == "body":
            handler.send_response(207)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 207 Multi-Status\r\nX-Slow: ")
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    misbehaving.reply = reply
    began = time.monotonic()
    with open_session(guard, misbehaving.url, seconds=1.0) as session, pytest.raises(Fault) as caught:
        discovery.books(session, misbehaving.url)
    assert caught.value.trouble is Trouble.SLOW
    assert time.monotonic() - began < 3


def test_credentials_stay_with_their_server(guard, misbehaving, certificates):
    other = Misbehaving(certificates)
    try:
        other.says(200)
        misbehaving.says(302, Location=other.url)
        with open_session(guard, misbehaving.url) as session, pytest.raises(Fault) as caught:
            discovery.books(session, misbehaving.url)
        assert caught.value.trouble is Trouble.MOVED
        assert other.url.rstrip("/") in str(caught.value)
        assert other.asked == []
    finally:
        other.close()
