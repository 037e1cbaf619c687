"""`make bench-strength`: does strength foretell who is called next, beside what one would think of first?

Data: the Copenhagen Networks Study, 3,600 phone calls of some 500 students in four weeks (figshare 7267433), in the
third-party folder. Each call stands in two books, the caller's as going out and the callee's as coming in; a tie is
everybody with a call, answered or not, before the split; the truth is whether there is a call of the two after it.

AUC is the chance that a tie that goes on scores higher than one that does not; 0.5 is blind. The interval is that of
the difference to the count: 95 % of 2,000 drawings of the pairs of people with replacement. The terms were fitted on
"one week, then the next" (the first row) and the weights then rounded by hand with all rows in sight; the third row is
the question asked of the product: who is contacted in the last two weeks, from the two before?

Four weeks say nothing of what matters over years: half-lives, months, kinds of contact.
"""

from __future__ import annotations

import csv
import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contacts.graph import Direction, Kind, book_strengths

SHARED = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
START = datetime(2014, 2, 1, tzinfo=UTC)
"""The study gives seconds since a start it does not name; any will do."""
SPLITS = ((7, 14), (14, 21), (14, 28), (21, 28))
"""Days: learn from the first ones, foretell those up to the second."""
DRAWINGS = 2000

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ties:
    """What is known of each tie at the split, and what came after. scores: by name, one figure a tie."""

    ends: NDArray[np.int64]
    goes_on: NDArray[np.bool_]
    befriended: NDArray[np.bool_]
    scores: dict[str, Floats]


def auc(score: Floats, truth: NDArray[np.bool_], weight: Floats | None = None) -> float:
    """Chance that a true item scores higher than a false one; equal scores count half. weight: repeats of each item."""
    many = np.ones(score.size) if weight is None else weight
    _, at = np.unique(score, return_inverse=True)
    yes, no = np.bincount(at, many * truth), np.bincount(at, many * ~truth)
    below = np.cumsum(no) - no
    return float((yes * (below + no / 2.0)).sum() / (yes.sum() * no.sum()))


def read(folder: Path = SHARED) -> tuple[NDArray[np.int64], set[tuple[int, int]]]:
    """Calls as rows (second, caller, callee, duration; -1 where missed), and pairs who are declared friends."""
    place = folder / "interactions" / "compsoc"
    with (place / "calls.csv").open() as file:
        calls = np.array([[int(x) for x in row] for row in list(csv.reader(file))[1:]], np.int64)
    with (place / "fb_friends.csv").open() as file:
        pairs = {(int(a), int(b)) for a, b in list(csv.reader(file))[1:]}
    return calls, pairs | {(b, a) for a, b in pairs}


def ties_at(calls: NDArray[np.int64], friends: set[tuple[int, int]], *, split: int, end: int) -> Ties:
    """Every tie at day `split`, its scores, and whether there is a call before day `end`."""
    day = calls[:, 0] / 86400.0
    early, late = calls[day < split], calls[(day >= split) & (day < end)]
    ends = np.concatenate((early[:, 1:3], early[:, 2:0:-1]))
    ties, at = np.unique(ends, axis=0, return_inverse=True)
    person, when = at.ravel(), np.tile(early[:, 0], 2)
    way = np.repeat([Direction.OUT, Direction.IN], len(early))
    later = {pair for a, b in late[:, 1:3].tolist() for pair in ((a, b), (b, a))}
    book = book_strengths(
        people=len(ties),
        person=person,
        at=np.datetime64(START.replace(tzinfo=None), "us") + when.astype("timedelta64[s]"),
        kind=np.full(when.size, Kind.CALL),
        direction=way,
        now=START + timedelta(days=split),
    )
    count, out = np.bincount(person).astype(np.float64), np.bincount(person, way == Direction.OUT)
    return Ties(
        ties,
        _among(ties, later),
        _among(ties, friends),
        {
            "strength": book.value,
            "count": count,
            "recency": book.last.astype(np.float64),
            "reciprocity": 2.0 * np.minimum(out, count - out) / count,
            "first to last": (book.last - book.first).astype(np.float64),
        },
    )


def beside_count(ties: Ties, *, drawings: int = DRAWINGS) -> tuple[float, float]:
    """The 95 % interval of AUC(strength) - AUC(count). Both books of a pair are drawn together."""
    _, pair = np.unique(np.sort(ties.ends, axis=1), axis=0, return_inverse=True)
    pair = pair.ravel()
    rng = np.random.default_rng(1)
    pairs = int(pair.max()) + 1
    better = []
    for _ in range(drawings):
        drawn = np.bincount(rng.integers(0, pairs, pairs), minlength=pairs)[pair].astype(np.float64)
        strength, count = (auc(ties.scores[name], ties.goes_on, drawn) for name in ("strength", "count"))
        better.append(strength - count)
    low, high = np.percentile(better, [2.5, 97.5])
    return float(low), float(high)


def _among(ties: NDArray[np.int64], wanted: set[tuple[int, int]]) -> NDArray[np.bool_]:
    return np.array([(a, b) in wanted for a, b in ties.tolist()], np.bool_)


def main() -> None:
    if not SHARED.is_dir():
        sys.exit(f"The third-party files are not here ({SHARED}); SHARED_DATA names another place.")
    calls, friends = read()
    print(f"Python {platform.python_version()}, numpy {np.__version__}; {len(calls)} calls\n")
    rows: list[list[Any]] = []
    for split, end in SPLITS:
        ties = ties_at(calls, friends, split=split, end=end)
        low, high = beside_count(ties)
        named = f"days 1-{split} foretell {split + 1}-{end}"
        figures = [f"{auc(score, ties.goes_on):.3f}" for score in ties.scores.values()]
        rows.append([named, len(ties.ends), f"{ties.goes_on.mean():.0%}", *figures, f"{low:+.3f} .. {high:+.3f}"])
    names = list(ties.scores)
    figures = [f"{auc(score, ties.befriended):.3f}" for score in ties.scores.values()]
    rows.append(["declared friends, from days 1-21", len(ties.ends), f"{ties.befriended.mean():.0%}", *figures, ""])
    print(f"| | ties | true | {' | '.join(names)} | strength - count |")
    print("| --- |" + " ---: |" * (len(names) + 3))
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


if __name__ == "__main__":
    main()
