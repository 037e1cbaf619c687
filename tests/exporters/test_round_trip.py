"""What is exported and imported again is the same, whatever stands in it; other programs' readers understand it too."""

import base64
import csv
import datetime as dt
import io
from dataclasses import replace
from pathlib import Path

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from contacts.exporters import CalendarEvent, neutralise, write_csv, write_ics, write_vcards
from contacts.exporters.vcards import Version
from contacts.importers import Birthday, ContactRecord, Format, Labelled, Party, PersonRecord, detect, read, records
from contacts.importers.text import many_lines, one_line
from tests.importers.conftest import NOW

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40).decode()
NASTY = [
    "=1+1",
    "'",
    "''=x",
    "+49",
    "@x",
    "-",
    "\t=x",
    "a;b,c\\n\\",
    "BEGIN:VCARD",
    "&amp;lt;",
    "ＡＢＣ＝",
    '"',
    "|",
    "^'",
    "  x  y",
]


def line(limit: int) -> st.SearchStrategy[str]:
    """Text as a record holds it: cleaned and bounded."""
    raw = st.one_of(st.text(max_size=60), st.sampled_from(NASTY), st.text("aé漢🚀 ;,:\\\"'=\n\r\t", max_size=limit))
    return raw.map(lambda text: one_line(text, limit))


def some(limit: int) -> st.SearchStrategy[str]:
    return line(limit).filter(bool)


LABELS = st.one_of(
    st.sampled_from(["", "home", "work", "work fax", "cell", "Studio"]),
    line(records.MAX_LABEL).filter(lambda text: "_$!<" not in text),
)
EMAILS = (
    some(100)
    .map(lambda text: one_line(f"{text}@example.org", 320))
    .filter(lambda text: not text.lower().startswith("mailto:"))
)
PHONES = some(50).filter(
    lambda text: "@" not in text and any(c in "0123456789" for c in text) and text[:4].lower() not in ("tel:", "sip:")
)
URLS = st.sampled_from(
    [
        "https://example.org",
        "http://ana.example.com/a,b;c?d=e&f=g",
        "https://xn--mller-kva.example/%20",
        "https://example.org/" + "x" * 200,
    ]
)
DAYS = st.one_of(
    st.dates(dt.date(1850, 1, 1), dt.date(2100, 12, 31)).map(lambda day: Birthday(day.year, day.month, day.day)),
    st.dates(dt.date(2000, 1, 1), dt.date(2000, 12, 31)).map(lambda day: Birthday(None, day.month, day.day)),
)


def handles(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Labelled, ...]]:
    several = st.lists(st.builds(Labelled, values, LABELS), max_size=6, unique_by=lambda one: one.value.lower())
    return several.map(tuple)


PEOPLE = st.builds(
    PersonRecord,
    full_name=some(records.MAX_NAME),
    file=st.just("x"),
    line=st.just(1),
    given=line(records.MAX_PART),
    family=line(records.MAX_PART),
    nickname=line(records.MAX_NICKNAME),
    organisation=line(records.MAX_ORGANISATION),
    role=line(records.MAX_ROLE),
    place=st.one_of(line(records.MAX_PLACE), st.sampled_from(["Leeds, UK", "A, B, C", ", x", "x,", "Köln"])),
    emails=handles(EMAILS),
    phones=handles(PHONES),
    urls=handles(URLS),
    linkedin=st.sampled_from(["", "https://www.linkedin.com/in/ana-silva", "linkedin.com/in/j%C3%B8"]),
    birthday=st.one_of(st.none(), DAYS),
    other_dates=st.lists(
        st.tuples(
            st.one_of(st.just("anniversary"), some(records.MAX_LABEL).filter(lambda text: "_$!<" not in text)), DAYS
        ),
        max_size=4,
        unique=True,
    ).map(tuple),
    tags=st.lists(some(records.MAX_TAG), max_size=6, unique_by=str.casefold).map(tuple),
    tie_kinds=st.lists(some(records.MAX_TAG), max_size=4, unique=True).map(tuple),
    needs=st.lists(some(records.MAX_PHRASE), max_size=4, unique=True).map(tuple),
    offers=st.lists(some(records.MAX_PHRASE), max_size=4, unique=True).map(tuple),
    custom=st.lists(
        st.tuples(some(records.MAX_CUSTOM_NAME), some(records.MAX_CUSTOM_VALUE)), max_size=5, unique=True
    ).map(tuple),
    notes=st.one_of(st.text(max_size=300), st.text("ab \n\t,;\\'=", max_size=2000)).map(
        lambda text: many_lines(text, records.MAX_NOTES)
    ),
    how_met=line(records.MAX_HOW_MET),
    connected_on_date=st.one_of(st.none(), st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))),
    uid=st.one_of(
        st.uuids().map(str),
        line(200).filter(lambda text: not text.startswith("urn:uuid:") and not text.endswith(":ABPerson")),
    ),
    photo=st.sampled_from(["", JPEG]),
)


def again(data: bytes) -> list[PersonRecord]:
    found = list(read("x", data, now=NOW))
    assert all(isinstance(one, PersonRecord) for one in found), found
    return [replace(one, line=1) for one in found if isinstance(one, PersonRecord)]


@given(st.lists(PEOPLE, min_size=1, max_size=3), st.sampled_from(["4.0", "3.0"]))
def test_vcards(people: list[PersonRecord], version: Version):
    data = b"".join(write_vcards(people, version))
    assert again(data) == people
    assert all(len(row) <= 75 for row in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


@given(st.lists(PEOPLE, min_size=1, max_size=3))
def test_tables(people: list[PersonRecord]):
    data = b"".join(write_csv(people))
    assert detect("x", data) is Format.KITH_CSV
    assert again(data) == [replace(one, photo="") for one in people]
    for row in list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]:
        assert not [cell for cell in row if cell.lstrip(" ")[:1] in tuple("=+-@\t\r＝＋－＠")]


@given(st.text(max_size=50))
def test_a_cell_comes_back_from_its_apostrophe(cell: str):
    safe = neutralise(cell)
    assert safe.removeprefix("'") == cell or safe == cell
    assert (safe == cell) == (not cell.startswith("'") and cell.lstrip(" ")[:1] not in tuple("=+-@\t\r\n|%＝＋－＠"))


def test_known_payloads_are_no_formulas(shared_data: Path):
    payloads = (shared_data / "attack-strings/csv-injection-payloads/csv-payload.txt").read_text("utf-8").splitlines()
    people = [
        PersonRecord(full_name="Mal", file="x", line=1, notes=many_lines(one, 500), nickname=one_line(one, 100))
        for one in payloads
    ]
    data = b"".join(write_csv(people))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
    assert again(data) == people


def ana() -> PersonRecord:
    return PersonRecord(
        full_name="Ana Silva",
        file="x",
        line=1,
        given="Ana",
        family="Silva",
        organisation="Harbour; Ltd.",
        emails=(Labelled("ana@example.org", "work"), Labelled("ana@example.com", "Studio")),
        phones=(Labelled("+351 21 123 4567", "cell"),),
        birthday=Birthday(1985, 4, 12),
        notes="First line\nsecond, with a comma",
        tags=("sailing", "photo, press"),
        photo=JPEG,
    )


@pytest.mark.parametrize("version", ["4.0", "3.0"])
def test_another_reader_understands_the_card(version: Version):
    card = vobject.base.readOne(b"".join(write_vcards([ana()], version)).decode())
    assert card.fn.value == "Ana Silva"
    assert (card.n.value.given, card.n.value.family) == ("Ana", "Silva")
    assert [one.value for one in card.email_list] == ["ana@example.org", "ana@example.com"]
    assert card.org.value == ["Harbour; Ltd."]
    assert card.note.value == "First line\nsecond, with a comma"
    assert card.categories.value == ["sailing", "photo, press"]
    assert card.version.value == version


def test_a_large_book_is_written_in_pieces():
    pieces = write_csv(replace(ana(), notes=str(number)) for number in range(10**9))
    next(pieces)
    assert b"Ana Silva" in next(pieces)


@given(some(200), line(300), some(100))
def test_calendars(summary: str, description: str, name: str):
    sender, guest = Party(one_line(name, 100), "alice@example.org"), Party(name, "bob@example.org")
    meeting = CalendarEvent(
        uid="kith-1",
        starts=dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        ends=dt.datetime(2024, 5, 1, 13, 30, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        summary=summary,
        description=description,
        organiser=sender,
        guests=(guest, Party("No address")),
    )
    birthday = CalendarEvent(
        uid="kith-2", starts=dt.date(1984, 2, 29), summary=name, is_yearly=True, category="Birthday"
    )
    data = b"".join(write_ics([meeting, birthday], NOW))
    assert all(len(row) <= 75 for row in data.split(b"\r\n"))
    found = [one for one in read("x.ics", data, now=NOW) if isinstance(one, ContactRecord)]
    assert [(one.happened_at, one.key) for one in found] == [(dt.datetime(2024, 5, 1, 10, 30, tzinfo=dt.UTC), "kith-1")]
    assert [one.email for one in found[0].others] == ["bob@example.org"]
    events = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert [str(one["SUMMARY"]) for one in events] == [summary, name]
    assert events[1].decoded("DTSTART") == dt.date(1984, 2, 29)
