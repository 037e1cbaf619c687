"""Calendars: who met and when, through series, exceptions, zones and days; in bounded time whatever a rule says."""

# ruff: noqa: DTZ001, E501  -- rules are meant in local time; lines of calendars are as long as they are

import datetime as dt
import time
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from contacts.importers import ContactRecord, Format, Party, Skipped, detect, read
from contacts.importers.recurrence import BadRule, Budget, Exhausted, occurrences, read_rule
from tests.importers.conftest import NOW

PEOPLE = (
    "UID:one@example.org",
    'ORGANIZER;CN="Anders, Alice":mailto:Alice@Example.org',
    "ATTENDEE;CN=Bob Brook;PARTSTAT=ACCEPTED:mailto:bob@example.org",
)


def calendar(*events: tuple[str, ...], before: tuple[str, ...] = ()) -> bytes:
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", *before]
    for event in events:
        rows += ["BEGIN:VEVENT", *event, "SUMMARY:The canary sings", "END:VEVENT"]
    return "\r\n".join([*rows, "END:VCALENDAR", ""]).encode()


def meetings(data: bytes) -> list[ContactRecord]:
    found = list(read("a.ics", data, now=NOW))
    assert all(isinstance(one, ContactRecord) for one in found), found
    return [one for one in found if isinstance(one, ContactRecord)]


def starts(data: bytes) -> list[str]:
    return [
        f"{one.happened_at:%Y-%m-%d %H:%M}" + (f" {one.left_out}" if one.left_out else "") for one in meetings(data)
    ]


def reasons(data: bytes) -> list[str]:
    return [one.reason for one in read("a.ics", data, now=NOW) if isinstance(one, Skipped)]


def test_one_meeting():
    data = calendar((*PEOPLE, "DTSTART:20240501T103000Z"))
    assert detect("x", data) is Format.ICS
    one = meetings(data)[0]
    assert (one.happened_at, one.key, one.line) == (
        dt.datetime(2024, 5, 1, 10, 30, tzinfo=dt.UTC),
        "one@example.org",
        3,
    )
    assert one.sender == Party("Anders, Alice", "alice@example.org")
    assert one.others == (Party("Bob Brook", "bob@example.org"),)
    assert "canary" not in str(one.as_json())


def test_who_was_not_there():
    absent = (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.org",
        "ATTENDEE;CUTYPE=ROOM;CN=Harbour room:mailto:room@example.org",
        "ATTENDEE:mailto:c_1@resource.calendar.google.com",
        "ATTENDEE;ROLE=NON-PARTICIPANT:mailto:boss@example.org",
        "ATTENDEE;CN=Alice:mailto:alice@example.org",
    )
    assert [one.email for one in meetings(calendar((*PEOPLE, *absent, "DTSTART:20240501T103000Z")))[0].others] == [
        "bob@example.org"
    ]


def test_events_without_anybody_are_counted_and_no_more():
    data = calendar(*((f"UID:{n}", "DTSTART:20240501T103000Z", "ORGANIZER:mailto:alice@example.org") for n in range(3)))
    assert reasons(data) == ["3 events without anybody else"]


@pytest.mark.parametrize(
    ("start", "moment"),
    [
        ("DTSTART:20240501T103000Z", "2024-05-01 10:30"),
        ("DTSTART;TZID=Europe/Berlin:20240501T103000", "2024-05-01 08:30"),
        ("DTSTART;TZID=W. Europe Standard Time:20240101T103000", "2024-01-01 09:30"),
        ("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20240501T103000", "2024-05-01 08:30"),
        ("DTSTART;TZID=Harbour time:20240501T103000", "2024-05-01 08:30"),
        ("DTSTART;TZID=Harbour time:20240101T103000", "2024-01-01 09:30"),
        ('DTSTART;TZID="GMT+02:00":20240501T103000', "2024-05-01 08:30"),
        ("DTSTART;TZID=Atlantis:20240501T103000", "2024-05-01 10:30"),
        ("DTSTART:20240501T103000", "2024-05-01 14:30"),
        ("DTSTART;VALUE=DATE:20240501", "2024-05-01 16:00"),
        ("DTSTART:20240501T236000Z", ""),
        ("DTSTART:00010101T000000Z", ""),
        ("DTSTART:99991231T235959Z", ""),
    ],
)
def test_times_of_every_kind(start: str, moment: str):
    before = (
        "X-WR-TIMEZONE:America/New_York",
        "BEGIN:VTIMEZONE", "TZID:Harbour time",
        "BEGIN:STANDARD", "DTSTART:16011028T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:16010325T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT",
        "END:VTIMEZONE",
    )  # fmt: skip
    data = calendar((*PEOPLE, start), before=before)
    assert starts(data) == [moment] if moment else reasons(data) == ["a meeting without a date"]


def test_a_series_with_dates_added_dropped_moved_and_cancelled():
    series = (
        *PEOPLE,
        "DTSTART;TZID=Europe/Berlin:20240325T100000",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Europe/Berlin:20240401T100000",
        "RDATE:20240502T080000Z",
    )
    moved = (
        *PEOPLE,
        "RECURRENCE-ID;TZID=Europe/Berlin:20240408T100000",
        "DTSTART:20240409T120000Z",
        "ATTENDEE:mailto:ana@example.org",
    )
    cancelled = (*PEOPLE, "RECURRENCE-ID:20240415T080000Z", "DTSTART:20240415T080000Z", "STATUS:CANCELLED")
    found = meetings(calendar(series, moved, cancelled))
    assert [f"{one.happened_at:%m-%d %H:%M}{one.left_out}" for one in found] == [
        "03-25 09:00", "04-09 12:00", "04-15 08:00cancelled", "04-22 08:00", "05-02 08:00",
    ]  # fmt: skip
    assert [len(one.others) for one in found] == [1, 2, 1, 1, 1]
    assert found[1].key == "one@example.org:20240408T080000Z", "known by when it was meant to be"
    assert len({one.key for one in found}) == 5
    assert {one.thread for one in found} == {"one@example.org"}


def test_a_change_for_good():
    later = (
        *PEOPLE,
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20240108T100000Z",
        "DTSTART:20240108T110000Z",
        "ATTENDEE:mailto:ana@example.org",
    )
    data = calendar((*PEOPLE, "DTSTART:20240101T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3"), later)
    assert starts(data) == ["2024-01-01 10:00", "2024-01-08 11:00", "2024-01-15 11:00"]
    assert [len(one.others) for one in meetings(data)] == [1, 2, 2]


def test_no_further_than_a_year_ahead():
    found = meetings(calendar((*PEOPLE, "DTSTART:20200101T100000Z", "RRULE:FREQ=MONTHLY")))
    assert found[-1].happened_at == dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
    assert not meetings(calendar((*PEOPLE, "DTSTART:20300101T100000Z")))
    many = meetings(calendar((*PEOPLE, "DTSTART:19800101T100000Z", "RRULE:FREQ=DAILY")))
    assert (len(many), many[0].happened_at.year, many[1].happened_at.year) == (3001, 1980, 2018)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=SECONDLY", "a meeting that repeats more often than daily"),
        ("FREQ=MINUTELY;INTERVAL=5", "a meeting that repeats more often than daily"),
        (
            "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,10,20,30,40,50;BYSECOND=0,30",
            "a meeting that repeats more often than hourly",
        ),
        ("FREQ=DAILY;BYDAY=XX", "a meeting that repeats in a way that is not known"),
        ("RSCALE=CHINESE;FREQ=YEARLY", "a meeting that repeats in a way that is not known"),
        ("FREQ=WEEKLY;INTERVAL=0", "a meeting that repeats in a way that is not known"),
    ],
)
def test_rules_that_are_not_followed(rule: str, reason: str):
    assert reasons(calendar((*PEOPLE, "DTSTART:20240101T100000Z", f"RRULE:{rule}"))) == [reason]


def test_ten_thousand_rules_that_never_fit_take_no_time():
    never = (
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=200",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=31",
    )
    events = [(f"UID:{n}", *PEOPLE[1:], "DTSTART:19720101T100000Z", f"RRULE:{never[n % 3]}") for n in range(10_000)]
    began = time.monotonic()
    assert reasons(calendar(*events)) == ["more meetings than can be read at once"]
    assert time.monotonic() - began < 30


def test_a_meeting_of_a_million_and_a_line_of_ten_megabytes():
    crowd = tuple(f"ATTENDEE:mailto:p{n}@example.org" for n in range(200_000))
    one = meetings(calendar((*PEOPLE, *crowd, "DTSTART:20240501T103000Z")))[0]
    assert (len(one.others), one.left_out) == (100, "more than 100 people")
    long = meetings(calendar(("DESCRIPTION:" + "x" * 10_000_000, *PEOPLE, "DTSTART:20240501T103000Z")))
    assert len(long) == 1


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.integers(1, 5).map(str),
        "COUNT": st.integers(1, 40).map(str),
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, max_size=3).map(lambda them: ",".join(map(str, them))),
        "BYMONTHDAY": st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=3).map(
            lambda them: ",".join(map(str, them))
        ),
        "BYDAY": st.lists(st.sampled_from(["MO", "TU", "FR", "SU"]), min_size=1, max_size=3).map(",".join),
        "BYSETPOS": st.sampled_from(["1", "-1", "2"]),
        "BYHOUR": st.sampled_from(["9", "9,17"]),
        "WKST": st.sampled_from(["MO", "SU"]),
    },
)


@given(PARTS, st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2020, 1, 1)), st.booleans())
def test_rules_as_another_library_reads_them(parts: dict[str, str], start: dt.datetime, has_number: bool):
    if has_number and parts["FREQ"] in ("MONTHLY", "YEARLY") and "BYDAY" in parts:
        parts = parts | {"BYDAY": ",".join(f"-1{day}" for day in parts["BYDAY"].split(","))}
    if parts["FREQ"] in ("DAILY", "WEEKLY"):
        # The other library counts positions from the start, not from the beginning of the week that it is in.
        parts = {name: value for name, value in parts.items() if name != "BYSETPOS"}
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    start = start.replace(microsecond=0)
    until = start + dt.timedelta(days=1200)
    rule = read_rule(text)
    ours = list(occurrences(rule, start, until, Budget()))
    beyond = list(occurrences(rule, start, until + dt.timedelta(days=1200), Budget()))
    # A rule that fits no day, or none any more, holds the other library for up to twenty seconds.
    assume(len(ours) == rule.count or len(beyond) > len(ours))
    theirs = takewhile(lambda one: one <= until, rrulestr(f"RRULE:{text}", dtstart=start))
    assert list(theirs) == ours


@given(st.text(max_size=200))
def test_any_rule(text: str):
    try:
        rule = read_rule(f"FREQ=DAILY;{text}")
        list(occurrences(rule, dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1), Budget()))
    except (BadRule, Exhausted):
        return
