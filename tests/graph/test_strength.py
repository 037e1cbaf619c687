"""Strength and willingness by hand, in words, and for a whole book at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.graph import (
    Answer,
    Contact,
    Direction,
    Kind,
    Layer,
    ask_load_factor,
    book_strengths,
    figure_word,
    seat_chance,
    strength,
    willingness,
)

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


def ago(days: float, kind: Kind = Kind.MAIL, direction: Direction = Direction.OUT) -> Contact:
    return Contact(NOW - timedelta(days=days), kind, direction)


def test_one_contact_by_hand():
    known = strength([ago(180)], now=NOW)
    slow = 2 ** (-180 / 1095)
    z = -3.4 + 0.8 * math.log(1.5) + 0.25 * math.log(1 + slow) + 0.35 * math.log(2)
    assert known.value == pytest.approx(1 / (1 + math.exp(-z)))
    assert (known.terms.recent, known.terms.slow_out, known.terms.slow_in) == pytest.approx((0.5, slow, 0.0))


def test_a_tie_that_lasts_weighs_more_than_a_lively_afternoon():
    spread = strength([ago(0), ago(20)], now=NOW)
    at_once = strength([ago(0), ago(0.1)], now=NOW)
    assert spread.value is not None
    assert at_once.value is not None
    assert spread.value > at_once.value
    assert spread.terms.lasted == 20.0
    assert strength([ago(0), ago(400)], now=NOW).terms.lasted == 30.0, "a month is enough"
    assert strength([], now=NOW).terms.lasted == 0.0


def test_a_meeting_weighs_six_and_goes_half_each_way():
    terms = strength([ago(0, Kind.MET, Direction.BOTH), ago(0, Kind.CALL, Direction.IN)], now=NOW).terms
    assert (terms.recent, terms.slow_out, terms.slow_in) == (10.0, 3.0, 7.0)
    assert terms.reciprocity == pytest.approx(0.6)
    assert terms.kinds == 2


def monthly(start: int, months: int) -> list[Contact]:
    return [
        contact
        for month in range(months)
        for day in (start + 30 * month,)
        for contact in (
            ago(day, Kind.MAIL, Direction.OUT),
            ago(day, Kind.MAIL, Direction.IN),
            *([ago(day, Kind.MET, Direction.BOTH)] if month % 4 == 0 else []),
        )
    ]


def test_the_figures_are_those_one_would_say():
    assert strength([ago(0)], now=NOW).word == "slight"
    year, faded = strength(monthly(0, 12), now=NOW), strength(monthly(730, 12), now=NOW)
    assert year.value is not None
    assert year.value > 0.8
    assert (year.word, faded.word) == ("strong", "some")
    assert (year.dormant, faded.dormant) == (False, True)
    assert not strength([ago(2000)], now=NOW).dormant, "what never was is not dormant"


def test_unknown_is_not_weak():
    unknown = strength([], now=NOW)
    assert unknown.value is None
    assert unknown.word == "unknown"
    assert unknown.explain(now=NOW) == "No contact recorded yet."
    assert strength([ago(-3)], now=NOW).value is None, "a date to come is no contact"
    assert strength([], now=NOW, nudge=1).value is None


def test_the_members_word_decides():
    words = [strength([ago(1)], now=NOW, layer=layer).value for layer in Layer]
    assert words == [0.95, 0.8, 0.55, 0.3]
    less, same, more = (strength(monthly(0, 3), now=NOW, nudge=nudge).value for nudge in (-1, 0, 1))
    assert less is not None
    assert same is not None
    assert more is not None
    assert less < same < more


def on(day: str, kind: Kind, direction: Direction) -> Contact:
    return Contact(datetime.fromisoformat(f"{day}T23:30:00+00:00"), kind, direction)


def test_the_reason_in_a_sentence():
    contacts = [on("2026-03-01", Kind.MAIL, Direction.OUT)] * 13
    contacts += [on("2026-04-02", Kind.MET, Direction.BOTH)] * 2 + [on("2026-05-03", Kind.MAIL, Direction.IN)]
    known = strength(contacts, now=NOW)
    assert known.explain(now=NOW) == "14 mails and 2 meetings since March, both ways; last on 3 May."
    berlin = ZoneInfo("Europe/Berlin")
    assert known.explain(now=NOW, zone=berlin) == "14 mails and 2 meetings since March, both ways; last on 4 May."
    said = strength(contacts, now=NOW, layer=Layer.CLOSEST_15)
    assert said.explain(now=NOW) == f"You count them among your closest 15: {known.explain(now=NOW)}"


def test_the_sentence_says_which_way_and_which_year():
    old = strength([on("2024-01-05", Kind.CALL, Direction.IN), on("2025-02-06", Kind.EVENT, Direction.IN)], now=NOW)
    assert old.explain(now=NOW) == "1 call and 1 event since January 2024, only from them; last on 6 February 2025."
    once = strength([on("2026-02-06", Kind.MESSAGE, Direction.OUT)], now=NOW, nudge=-1)
    assert once.explain(now=NOW) == "You say less close than it looks: 1 message on 6 February, only from you."
    assert strength([], now=NOW, layer=Layer.CLOSEST_5).explain(now=NOW) == (
        "You count them among your closest 5; no contact recorded."
    )


def test_times_need_a_zone():
    with pytest.raises(ValueError, match="zone"):
        strength([], now=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="zone"):
        strength([Contact(NOW.replace(tzinfo=None), Kind.MAIL)], now=NOW)


CONTACTS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.datetimes(datetime(2015, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (bounds)
        st.sampled_from(Kind),
        st.sampled_from(Direction),
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(
    contacts=CONTACTS,
    layers=st.lists(st.sampled_from([0, *Layer]), min_size=6, max_size=6),
    nudges=st.lists(st.integers(-1, 1), min_size=6, max_size=6),
)
def test_a_book_at_once_equals_one_by_one(
    contacts: list[tuple[int, datetime, Kind, Direction]], layers: list[int], nudges: list[int]
):
    book = book_strengths(
        people=6,
        person=np.array([person for person, *_ in contacts], np.int64),
        at=np.array([at.replace(tzinfo=None) for _, at, *_ in contacts], "datetime64[us]"),
        kind=np.array([kind for *_, kind, _ in contacts], np.int64),
        direction=np.array([direction for *_, direction in contacts], np.int64),
        now=NOW,
        layer=np.array(layers),
        nudge=np.array(nudges),
    )
    assert len(book) == 6
    for person in range(6):
        mine = [Contact(at, kind, direction) for who, at, kind, direction in contacts if who == person]
        layer = Layer(layers[person]) if layers[person] else None
        alone, together = strength(mine, now=NOW, layer=layer, nudge=nudges[person]), book[person]
        assert (together.value is None) == (alone.value is None)
        assert (together.value or 0.0) == pytest.approx(alone.value or 0.0, rel=1e-12)
        assert together.terms.recent == pytest.approx(alone.terms.recent, rel=1e-9)
        for name in ("months", "counts", "first_at", "last_at", "kinds"):
            assert getattr(together.terms, name) == getattr(alone.terms, name)
        assert together.explain(now=NOW) == alone.explain(now=NOW)


def test_a_book_refuses_what_is_out_of_range():
    right = {"person": [0], "at": np.array(["2026-01-01"], "datetime64[us]"), "kind": [2], "direction": [0]}
    for wrong in ({"person": [1]}, {"kind": [5]}, {"direction": [-1]}):
        with pytest.raises(ValueError, match="lies in"):
            book_strengths(people=1, now=NOW, **(right | wrong))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="zone"):
        book_strengths(people=1, now=NOW.replace(tzinfo=None), **right)  # type: ignore[arg-type]


def test_willingness_by_hand():
    assert willingness(None, now=NOW) == pytest.approx(0.15)
    assert willingness(0.0, now=NOW) == pytest.approx(0.05)
    assert willingness(strength([], now=NOW, layer=Layer.CLOSEST_15), now=NOW) == pytest.approx(0.73)
    yes, no = Answer(NOW, yes=True), Answer(NOW - timedelta(days=730), yes=False)
    assert willingness(0.6, [yes], now=NOW) == pytest.approx((4 * 0.56 + 1) / 5)
    assert willingness(0.6, [yes, no], now=NOW) == pytest.approx((4 * 0.56 + 1) / 5.5)
    assert willingness(0.6, [Answer(NOW + timedelta(1), yes=True)], now=NOW) == pytest.approx(0.56)


def test_load_and_seat_by_hand():
    assert ask_load_factor(0, 0) == 1.0
    assert ask_load_factor(2, 1) == pytest.approx(0.36 * 0.85)
    with pytest.raises(ValueError, match="counted"):
        ask_load_factor(-1, 0)
    assert seat_chance([]) == 0.0
    assert seat_chance([0.5, 0.4]) == pytest.approx(0.7)


def test_words_for_figures():
    assert [figure_word(value) for value in (None, 0.0, 0.29, 0.3, 0.6, 1.0)] == [
        "unknown",
        "slight",
        "slight",
        "some",
        "strong",
        "strong",
    ]
