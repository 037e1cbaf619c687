"""When the asker is told: never at an hour that would betray somebody."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from introductions import timing

BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moments)
def test_a_no_is_told_on_a_morning_at_least_six_hours_later(now: datetime) -> None:
    told = timing.reveal_time(now, BERLIN)
    assert told.astimezone(BERLIN).hour == 8
    assert timing.REVEAL_AFTER <= told - now <= timedelta(hours=31)


@given(moments, st.integers(0, 14 * 24), st.integers(1, 3))
def test_silence_is_told_within_the_days_in_which_another_may_answer(
    sent_at: datetime, hours: int, introducers: int
) -> None:
    now = sent_at + timedelta(hours=hours)
    told = timing.reveal_time_of_silence(now, sent_at, introducers, BERLIN)
    assert told.astimezone(BERLIN).hour == 8
    assert now < told <= timing.told_by(sent_at, introducers, BERLIN)


def test_silence_is_told_on_different_days() -> None:
    sent_at = datetime(2026, 5, 4, 9, tzinfo=UTC)
    now = sent_at + timedelta(days=14)
    days = {(timing.reveal_time_of_silence(now, sent_at, 1, BERLIN) - now).days for _ in range(200)}
    assert len(days) >= 6


@given(moments, st.integers(0, 14 * 24), st.integers(1, 3))
def test_all_questions_end_in_three_weeks_and_one_more_for_each_further_introducer(
    sent_at: datetime, hours: int, introducers: int
) -> None:
    asked_at = sent_at + timedelta(hours=hours)
    until = timing.answer_until(asked_at, sent_at, introducers)
    assert timedelta(days=7) <= until - asked_at <= timedelta(days=14)
    assert until <= timing.ends_by(sent_at, introducers) == sent_at + timedelta(days=14 + 7 * introducers)
