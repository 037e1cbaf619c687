"""Mails and mailboxes: who, to whom, when, in which thread, what counts for nothing; never a word of what is said."""

import datetime as dt
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.importers import ContactKind, ContactRecord, Format, Party, Record, Skipped, detect, read
from contacts.importers.mail_headers import addresses, decode_words, read_moment
from tests.importers.conftest import NOW

HEAD = (
    "From: Alice Anders <Alice@Example.org>\nTo: Bob Brook <bob@example.org>\n"
    "Date: Wed, 1 May 2024 12:30:00 +0200\nMessage-ID: <1@example.org>\n"
)
SECRET = "The canary sings at midnight."


def mail(*more: str, head: str = HEAD, body: str = SECRET) -> bytes:
    return (head + "".join(f"{one}\n" for one in more) + f"Subject: {SECRET}\n\n{body}\n").encode()


def contact(data: bytes) -> ContactRecord:
    found = list(read("a.eml", data, now=NOW))
    assert len(found) == 1
    assert isinstance(found[0], ContactRecord), found
    return found[0]


def test_a_mail():
    data = mail("Cc: Ana <ana@example.org>, bob@EXAMPLE.org, alice@example.org")
    assert detect("x", data) is Format.EML
    assert contact(data) == ContactRecord(
        kind=ContactKind.MAIL,
        happened_at=dt.datetime(2024, 5, 1, 10, 30, tzinfo=dt.UTC),
        sender=Party("Alice Anders", "alice@example.org"),
        others=(Party("Bob Brook", "bob@example.org"), Party("Ana", "ana@example.org")),
        key="1@example.org",
        thread="1@example.org",
        file="a.eml",
        line=1,
    )


@pytest.mark.parametrize(
    ("field", "left_out"),
    [
        ("List-Id: <club.example.org>", "mailing list"),
        ("List-Post: <mailto:club@example.org>", "mailing list"),
        ("Precedence: list", "mailing list"),
        ("Precedence: bulk", "automatic"),
        ("Auto-Submitted: auto-replied", "automatic"),
        ("Auto-Submitted: no", ""),
        ("List-Unsubscribe: <https://example.org/u>", "automatic"),
        ("Return-Path: <>", "automatic"),
        ("Return-Path: <alice@example.org>", ""),
        ("Content-Type: multipart/report; report-type=delivery-status", "automatic"),
        ("X-Gmail-Labels: Inbox,Spam", "spam"),
        ("X-Mozilla-Draft-Info: internal/draft", "draft"),
    ],
)
def test_what_counts_for_nothing_says_why(field: str, left_out: str):
    assert contact(mail(field)).left_out == left_out


@pytest.mark.parametrize(
    "local", ["noreply", "no-reply", "do_not_reply", "MAILER-DAEMON", "notifications", "bounces+x"]
)
def test_senders_who_cannot_be_answered(local: str):
    assert contact(mail(head=HEAD.replace("Alice@Example", f"{local}@example"))).left_out == "no-reply sender"


@pytest.mark.parametrize("local", ["norepa", "notify-me-not.ana", "noriko", "info"])
def test_people_whose_address_looks_alike(local: str):
    expected = "no-reply sender" if local.startswith("notify") else ""
    assert contact(mail(head=HEAD.replace("Alice@Example", f"{local}@example"))).left_out == expected


def test_to_too_many():
    one = contact(mail("Cc: " + ", ".join(f"p{n}@example.org" for n in range(150))))
    assert (len(one.others), one.left_out) == (100, "more than 100 people")


def test_threads_by_their_root():
    assert contact(mail("References: <0@x.org> <9@x.org>", "In-Reply-To: <9@x.org>")).thread == "0@x.org"
    assert contact(mail("In-Reply-To: <9@x.org>")).thread == "9@x.org"


def mbox(*heads: str) -> bytes:
    return "".join(
        f"From x Wed May 01 10:30:00 2024\n{head}\nBody\nFrom here on nothing.\n>From x\n\n" for head in heads
    ).encode()


def numbered(number: int, more: str = "") -> str:
    return HEAD.replace("<1@", f"<{number}@") + more


def test_a_mailbox():
    data = mbox(
        numbered(1), numbered(2, "In-Reply-To: <1@example.org>\n"), numbered(3, "In-Reply-To: <2@example.org>\n")
    )
    assert detect("x", data) is Format.MBOX
    found = list(read("a.mbox", data, now=NOW))
    assert [one.key for one in found if isinstance(one, ContactRecord)] == [f"{n}@example.org" for n in (1, 2, 3)]
    assert {one.thread for one in found if isinstance(one, ContactRecord)} == {"1@example.org"}, (
        "known from its own mails"
    )
    assert [one.line for one in found] == [1, 11, 22]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_place_of_a_mail_in_a_large_box(end: str, monkeypatch: pytest.MonkeyPatch):
    data = mbox(*(numbered(n, "X-Long: " + "x" * n + "\n") for n in range(300))).decode().replace("\n", end).encode()
    expected = [one.as_json() for one in read("a", data, now=NOW) if isinstance(one, ContactRecord)]
    assert len(expected) == 300
    for piece in (7, 64, 1000):
        monkeypatch.setattr("contacts.importers.sources.PIECE", piece)
        found = [one for one in read("a", io.BytesIO(data), now=NOW) if isinstance(one, ContactRecord)]
        assert [one.as_json() for one in found] == expected


def test_nothing_of_what_is_said_is_kept():
    for one in (*read("a", mail(), now=NOW), *read("a", mbox(f"{HEAD}Subject: {SECRET}\n"), now=NOW)):
        assert isinstance(one, ContactRecord)
        assert "canary" not in json.dumps(one.as_json())


def reasons(data: bytes) -> list[str]:
    return [one.reason for one in read("a", data, now=NOW) if isinstance(one, Skipped)]


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Wed, 31 Feb 2024",
        "Fri, 31 Dec 9999 23:59:59 -9999",
        "Wed, 1 May 2074 12:00:00 +0000",
        "1 Jan 1901 00:00",
    ],
)
def test_dates_that_cannot_be(date: str):
    assert reasons(mail(head=HEAD.replace("Wed, 1 May 2024 12:30:00 +0200", date))) == ["no date that can be read"]
    received = "Received: by mx.example.org; Thu, 2 May 2024 10:00:00 +0000"
    one = contact(mail(received, head=HEAD.replace("Wed, 1 May 2024 12:30:00 +0200", date)))
    assert one.happened_at == dt.datetime(2024, 5, 2, 10, tzinfo=dt.UTC)


def test_a_header_without_end():
    assert reasons(mail("To: " + "a@example.org, " * 1_000_000)) == ["a header of more than 500 kB"]
    assert reasons(mbox(HEAD + "X: " + "x" * 10_000_000 + "\n")) == ["a header of more than 500 kB"]


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("ana@example.org", [("", "ana@example.org")]),
        ('"Silva, Ana" <ana@x.org>, Bob <bob@x.org>', [("Silva, Ana", "ana@x.org"), ("Bob", "bob@x.org")]),
        ("ana@x.org (Ana Silva)", [("Ana Silva", "ana@x.org")]),
        ("Crew: ana@x.org, Bob <bob@x.org>; chi@x.org", [("", "ana@x.org"), ("Bob", "bob@x.org"), ("", "chi@x.org")]),
        ("undisclosed-recipients:;", []),
        ('O"Brien <o@x.org>, Bob <bob@x.org>', [("O Brien", "o@x.org"), ("Bob", "bob@x.org")]),
        ('"A \\"B\\" C" <a@x.org>', [('A "B" C', "a@x.org")]),
        (",;,", []),
    ],
)
def test_addresses(field: str, found: list[tuple[str, str]]):
    assert list(addresses(field)) == found


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?q?J=C3=B8rgen_A?=", "Jørgen A"),
        ("=?ISO-8859-1?B?SvhyZ2Vu?= Last", "Jørgen Last"),
        ("=?utf-8?q?J=C3?= =?utf-8?q?=B8rgen?=", "Jørgen"),
        ("=?iso-2022-jp?B?GyRCOzNFRBsoQg==?=", "山田"),
        ("=?no-such?q?a=FFb?=", "aÿb"),
        ("=?utf-8?x?a?= =?", "=?utf-8?x?a?= =?"),
    ],
)
def test_encoded_words(raw: str, text: str):
    assert decode_words(raw) == text


@given(st.text(max_size=200))
def test_any_text_in_a_header(text: str):
    list(addresses(text))
    decode_words(text)
    read_moment(text)


def test_headers_that_take_other_readers_for_ever():
    for hostile in (
        '"\\' * 200_000,
        "(" * 200_000,
        "=?=?" * 100_000,
        "<" * 200_000,
        "=?utf-8?q?" * 40_000,
        '"a\\"' * 100_000,
    ):
        found: list[Record] = list(read("a", mail(f"Cc: {hostile}", f"References: {hostile}"), now=NOW))
        assert len(found) == 1
