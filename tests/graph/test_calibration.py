"""Does strength foretell contact? Recorded phone calls (benchmarks/strength.py), and a large book at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.strength import auc, read, ties_at
from contacts.graph import book_strengths


def test_auc_by_hand():
    truth = np.array([True, False, True, False])
    assert auc(np.array([3.0, 1.0, 2.0, 2.0]), truth) == (1 + 1 + 1 + 0.5) / 4
    assert auc(np.array([3.0, 1.0, 2.0, 2.0]), truth, np.array([2.0, 1.0, 0.0, 3.0])) == 1.0


@pytest.mark.parametrize(("split", "end"), [(14, 28), (21, 28)])
def test_strength_foretells_calls_better_than_counting_them(shared_data: Path, split: int, end: int):
    calls, friends = read(shared_data)
    ties = ties_at(calls, friends, split=split, end=end)
    found = {name: auc(score, ties.goes_on) for name, score in ties.scores.items()}
    assert found["strength"] > 0.73
    for name in ("count", "recency", "reciprocity"):
        assert found["strength"] > found[name] + 0.005


def test_a_large_book_is_counted_equal_to_its_parts():
    """5,000 people, 300,000 contacts over ten years: one call, and each person's figure untouched by the others."""
    rng, people, contacts = np.random.default_rng(1), 5000, 300_000
    person = rng.integers(0, people, contacts)
    at = np.datetime64("2014-01-01T00:00:00", "us") + rng.integers(0, 3650 * 86400, contacts).astype("timedelta64[s]")
    kind, direction = rng.integers(0, 5, contacts), rng.integers(0, 3, contacts)
    now = datetime(2023, 12, 30, tzinfo=UTC)
    book = book_strengths(people=people, person=person, at=at, kind=kind, direction=direction, now=now)
    for one in (0, 77, people - 1):
        mine = person == one
        alone = book_strengths(
            people=1,
            person=np.zeros(int(mine.sum()), np.int64),
            at=at[mine],
            kind=kind[mine],
            direction=direction[mine],
            now=now,
        )
        assert book.value[one] == alone.value[0]
