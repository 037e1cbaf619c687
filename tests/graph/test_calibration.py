"""Does strength foretell contact? Recorded phone calls, three weeks to learn from and one to foretell."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contacts.graph import Direction, Kind, book_strengths

START = datetime(2014, 2, 1, tzinfo=UTC)
SPLIT = timedelta(days=21)


def auc(score: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Chance that a true item scores higher than a false one; equal scores count half."""
    _, at, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[at]
    yes, no = int(truth.sum()), int((~truth).sum())
    return float((rank[truth].sum() - yes * (yes + 1) / 2) / (yes * no))


def test_strength_foretells_calls_at_least_as_well_as_counting_them(shared_data: Path):
    """Copenhagen Networks Study, 3,600 calls of some 500 students (figshare 7267433)."""
    folder = shared_data / "interactions" / "compsoc"
    with (folder / "calls.csv").open() as file:
        calls = np.array([[int(x) for x in row] for row in list(csv.reader(file))[1:]])
    with (folder / "fb_friends.csv").open() as file:
        pairs = {(int(a), int(b)) for a, b in list(csv.reader(file))[1:]}
    friends = pairs | {(b, a) for a, b in pairs}

    early = calls[:, 0] < SPLIT.total_seconds()
    # Each call stands in two books: the caller's as going out, the callee's as coming in.
    ends = np.concatenate((calls[:, 1:3], calls[:, 2:0:-1]))
    when = np.tile(calls[:, 0], 2)
    way = np.repeat([Direction.OUT, Direction.IN], len(calls))
    learn = np.tile(early, 2)
    ties, person = np.unique(ends[learn], axis=0, return_inverse=True)
    later = {tuple(pair) for pair in ends[~learn].tolist()}
    called = np.array([tuple(tie) in later for tie in ties.tolist()])
    befriended = np.array([tuple(tie) in friends for tie in ties.tolist()])

    book = book_strengths(
        people=len(ties),
        person=person,
        at=np.datetime64(START.replace(tzinfo=None), "us") + when[learn].astype("timedelta64[s]"),
        kind=np.full(int(learn.sum()), Kind.CALL),
        direction=way[learn],
        now=START + SPLIT,
    )
    count = np.bincount(person).astype(np.float64)
    for name, truth in (("a call in the last week", called), ("declared friends", befriended)):
        ours, plain = auc(book.value, truth), auc(count, truth)
        print(f"{name}: AUC of strength {ours:.3f}, of the count alone {plain:.3f} ({len(ties)} ties)")
        assert ours > plain - 0.02


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
