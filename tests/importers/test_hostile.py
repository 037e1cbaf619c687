"""Files made to hurt: any bytes at all are answered, in bounds. The sizes are small; it is the limits that count."""

import dataclasses
import datetime as dt
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.importers import (
    ContactRecord,
    PersonRecord,
    Record,
    Skipped,
    UnreadableFile,
    detect,
    read,
    records,
    vcard_lines,
)
from contacts.importers.dates import read_birthday, read_date
from contacts.importers.names import split_name
from contacts.importers.text import many_lines, one_line, whole
from tests.importers.conftest import FIXTURES, NOW, sort_out

GOOD = b"BEGIN:VCARD\nVERSION:3.0\nFN:Good\nEND:VCARD\n"
EVENT = (
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20240101T100000Z\n"
    b"ORGANIZER:mailto:a@example.org\nATTENDEE:mailto:b@example.org\n"
)
BOUNDS = {
    "full_name": records.MAX_NAME,
    "given": records.MAX_PART,
    "family": records.MAX_PART,
    "nickname": records.MAX_NICKNAME,
    "organisation": records.MAX_ORGANISATION,
    "role": records.MAX_ROLE,
    "place": records.MAX_PLACE,
    "linkedin": records.MAX_URL,
    "how_met": records.MAX_HOW_MET,
    "uid": records.MAX_UID,
    "file": records.MAX_FILE_NAME,
}
# What no field of one line may hold.
BAD = {*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\ufeff", "\ud800"}


def check(one: Record) -> None:
    """A record is bounded, clean, and survives JSON; a skipped row says where, why and what to do."""
    if isinstance(one, Skipped):
        assert one.line >= 1
        assert one.reason
        assert one.advice
        assert len(one.reason) + len(one.advice) < 300
        return
    if isinstance(one, ContactRecord):
        check_contact(one)
        return
    assert one.full_name
    assert one.line >= 1
    for name, limit in BOUNDS.items():
        text = getattr(one, name)
        assert len(text) <= limit
        assert not BAD & set(text)
        assert text == text.strip()
    assert len(one.notes) <= records.MAX_NOTES
    assert not (BAD - {"\n", "\t"}) & set(one.notes)
    assert len(one.tags) <= records.MAX_TAGS
    assert all(tag and len(tag) <= records.MAX_TAG for tag in one.tags)
    for handles, limit in ((one.emails, 320), (one.phones, 60), (one.urls, 500)):
        assert len(handles) <= records.MAX_HANDLES
        assert all(0 < len(it.value) <= limit and len(it.label) <= records.MAX_LABEL for it in handles)
        assert not BAD & set("".join(it.value + it.label for it in handles))
    assert PersonRecord.from_json(json.loads(json.dumps(one.as_json()))) == one


def check_contact(one: ContactRecord) -> None:
    """A contact is dated in UTC, bounded and clean, names everybody by something, and survives JSON."""
    assert one.happened_at.utcoffset() == dt.timedelta(0)
    assert one.line >= 1
    assert 0 < len(one.key) <= records.MAX_KEY
    assert len(one.thread) <= records.MAX_KEY
    assert len(one.others) <= records.MAX_PARTIES
    assert one.sender not in one.others
    for party in (*one.others, *([one.sender] if one.sender else [])):
        assert party.name or party.email or party.linkedin
        assert len(party.name) <= records.MAX_NAME
        assert len(party.email) <= records.MAX_EMAIL
        assert len(party.linkedin) <= records.MAX_URL
        assert not BAD & set(party.name + party.email + party.linkedin)
        assert party.email == party.email.lower()
    assert not BAD & set(one.key + one.thread)
    assert ContactRecord.from_json(json.loads(json.dumps(one.as_json()))) == one


def check_file(data: bytes) -> None:
    if detect("x", data) is None:
        with pytest.raises(UnreadableFile, match=r"\.$"):
            read("x", data, now=NOW)
        return
    for one in read("x", data, now=NOW):
        check(one)


@given(st.binary(max_size=3000))
def test_any_bytes(data: bytes):
    check_file(data)
    check_file(b"BEGIN:VCARD\n" + data)
    check_file(b"BEGIN:VCARD\nFN:x\n" + data + b"\nEND:VCARD\n" + GOOD)
    check_file(b"First Name,Last Name,Connected On,Company\n" + data)
    check_file(b"CONVERSATION ID,FROM,TO,DATE\na,b,c,2024-01-01 00:00:00 UTC\n" + data)
    check_file(b"From a@example.org Mon Jan 1 00:00:00 2024\nFrom: a@example.org\n" + data)
    check_file(b"From: a@example.org\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nTo: " + data)
    check_file(EVENT + data)
    check_file(EVENT.replace(b"ATTENDEE", b"RRULE:FREQ=DAILY;COUNT=3\nATTENDEE") + data + b"\nEND:VEVENT\n")
    check_file(b"PK\x03\x04" + data)
    check_file(b"Name,E-mail 1 - Value,Event 1 - Value\n" + data)
    check_file(b"Name;Mail;Geburtstag\nAna;ana@example.org;1.2.1990\n" + data)


NAMES = st.sampled_from(sorted(vcard_lines.WANTED | {"PHOTO", "AGENT", "LABEL", "X-ODD", "BEGIN", "END"}))
PARAMETERS = st.sampled_from(
    [
        "",
        ";TYPE=home",
        ";HOME;PREF",
        ";CHARSET=SHIFT_JIS",
        ";ENCODING=QUOTED-PRINTABLE",
        ";ENCODING=b",
        ';A="b;c:d',
        ";PREF=7",
        ";;=;",
    ]
)
VALUES = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "VCARD",
            "a@example.org",
            "=C3=B8=",
            "A;B;C;D;E;F;G",
            "\\;\\,\\n\\",
            "--0229",
            "group",
            "http://[",
            "&#0;&#x110000;",
        ]
    ),
)
LINES = st.builds(
    lambda *parts: "".join(parts), st.sampled_from(["", "item1.", " ", "."]), NAMES, PARAMETERS, st.just(":"), VALUES
)


@given(
    st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-16", "cp1252"])
)
def test_any_card(lines: list[str], end: str, encoding: str):
    text = end.join(["BEGIN:VCARD", *lines, "END:VCARD", ""])
    data = text.encode(encoding, "replace")
    check_file(data)
    check_file(data[: len(data) * 2 // 3])


@given(st.lists(st.lists(st.text(max_size=40), min_size=1, max_size=6), max_size=8), st.sampled_from(",;\t|"))
def test_any_table(rows: list[list[str]], delimiter: str):
    heading = delimiter.join(["First Name", "Last Name", "Connected On", "Company", "URL"])
    text = "\n".join([heading, *(delimiter.join(row) for row in rows)])
    check_file(text.encode("utf-8", "replace"))


@given(st.text(max_size=300))
def test_any_text(text: str):
    clean = one_line(text, 50)
    assert len(clean) <= 50
    assert not BAD & set(clean)
    assert len(whole(text, 50)) <= 50
    assert len(many_lines(text, 50)) <= 50
    given_name, family = split_name(one_line(text, 300))
    assert len(given_name) <= records.MAX_PART
    assert len(family) <= records.MAX_PART
    read_date(text)
    read_birthday(text)


@given(st.dates(dt.date(1970, 1, 1), dt.date(2069, 12, 31)))
def test_dates_in_every_spelling(date: dt.date):
    for spelling in ("%Y-%m-%d", "%d %b %Y", "%d-%b-%y", "%B %d, %Y", "%m/%d/%y, 3:45 PM", "%d.%m.%Y", "%Y%m%d"):
        assert read_date(date.strftime(spelling)) == date
    assert read_date(date.strftime("%d/%m/%Y"), day_first=True) == date
    for word, month in (
        ("janv.", 1),
        ("février", 2),
        ("März", 3),
        ("avr.", 4),
        ("mayo", 5),
        ("giugno", 6),
        ("juil.", 7),
        ("août", 8),
    ):
        assert read_date(f"3 {word} 2020") == dt.date(2020, month, 3)


@pytest.mark.parametrize(
    "text", ["1985", "1985-04", "---12", "19723101", "12/04/1985", "04-12-1985", "circa 1800", "0000", ""]
)
def test_half_a_birthday_or_an_ambiguous_one_is_none(text: str):
    assert read_birthday(text) is None


def test_cards_within_cards_are_passed_over_and_bounded():
    def nest(depth: int) -> bytes:
        return (
            b"BEGIN:VCARD\nFN:Outer\n"
            + b"AGENT:\nBEGIN:VCARD\nFN:In\n" * depth
            + b"END:VCARD\n" * depth
            + b"TITLE:T\nEND:VCARD\n"
        )

    people, skipped = sort_out("a.vcf", nest(8) + GOOD)
    assert [(one.full_name, one.role) for one in people] == [("Outer", "T"), ("Good", "")]
    people, skipped = sort_out("a.vcf", nest(10_000) + GOOD)
    assert [one.full_name for one in people] == ["Good"]
    assert [(one.line, one.reason) for one in skipped] == [(1, "cards within cards, more than 8 deep")]


@pytest.mark.parametrize(
    ("line", "count", "reason"),
    [
        (b"X-ODD:" + b"x" * 94 + b"\n", 11_000, "more than 1 MB of text in one card"),
        (b" fold" * 20 + b"\n", 11_000, "more than 1 MB of text in one card"),
        (b"N:\n", 10_001, "more than 10,000 properties in one card"),
    ],
)
def test_an_endless_card_is_refused_and_the_next_is_read(line: bytes, count: int, reason: str):
    people, skipped = sort_out("a.vcf", b"BEGIN:VCARD\nNOTE:x\n" + line * count + b"END:VCARD\n" + GOOD)
    assert [one.full_name for one in people] == ["Good"]
    assert [(one.line, one.reason) for one in skipped] == [(1, reason)]


def test_the_numbers_of_cards_and_lines_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "MAX_PEOPLE", 3)
    people, skipped = sort_out("a.vcf", GOOD * 5)
    assert len(people) == 3
    assert [(one.line, one.reason) for one in skipped] == [(13, "more than 3 cards")]
    monkeypatch.setattr(vcard_lines, "MAX_LINES", 6)
    people, skipped = sort_out("a.vcf", GOOD * 5)
    assert len(people) == 1
    assert len(skipped) == 1


def test_memory_follows_the_largest_card_not_the_file():
    photo = b"PHOTO;ENCODING=b:AAAA\n" + (b" " + b"B" * 75 + b"\n") * 300_000
    data = b"BEGIN:VCARD\nFN:Ana\n" + photo + b"END:VCARD\n"
    tracemalloc.start()
    try:
        assert [one.full_name for one in sort_out("a.vcf", data)[0]] == ["Ana"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(data) > 22_000_000
    assert peak < 6_000_000


@pytest.mark.parametrize(
    "value",
    [
        b"TEL;A" + b",a" * 200_000 + b'":1',
        b"N:" + b"\\" * 900_000,
        b"N:" + b"\\a;" * 300_000,
        b"NOTE:" + b"&" * 900_000,
        b"FN:a" + "\u0301\u0316".encode() * 200_000,
        b'TEL;A="' * 100_000 + b":1",
        b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"=41=\n" * 150_000,
        b"BDAY:" + b"1" * 900_000,
        b"CATEGORIES:" + b"a," * 400_000,
    ],
)
def test_values_that_take_other_readers_for_ever(value: bytes):
    people, _ = sort_out("a.vcf", b"BEGIN:VCARD\nEMAIL:ana@example.org\n" + value + b"\nEND:VCARD\n" + GOOD)
    assert [one.emails[0].value for one in people[:1]] == ["ana@example.org"]
    assert people[-1].full_name == "Good"


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(UnreadableFile, match="larger than 20 MB"):
        read("c.csv", b"First Name,Last Name,Connected On\n" + b"a,b,c\n" * 3_400_000, now=NOW)
    with pytest.raises(UnreadableFile, match="larger than 100 MB"):
        read("a.vcf", b"BEGIN:VCARD\n" + b"\n" * 100_000_000, now=NOW)


def test_tables_are_bounded_line_by_line():
    heading = b"First Name,Last Name,Connected On\n"
    people, skipped = sort_out("c.csv", heading + b"," * 1_000_000 + b"\nAna,Silva,\n" + b'a,"' + b"\n" * 2_000_000)
    assert [one.full_name for one in people] == ["Ana Silva"]
    assert [one.reason for one in skipped] == [
        "more than 100,000 characters in one line",
        "a quotation mark is opened and not closed",
        "more than 2,000,000 lines",
    ]


def test_records_cannot_be_changed():
    one = sort_out("a.vcf", GOOD)[0][0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.full_name = "Other"  # type: ignore[misc]


def test_every_fixture_gives_sound_records():
    for path in sorted(FIXTURES.glob("*.[vc]*")):
        for one in read(path.name, path.read_bytes(), now=NOW):
            check(one)
