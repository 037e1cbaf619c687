"""The strength of every tie in a book at once: the formula of strength.py over arrays, equal to it tie by tie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contacts.graph import strength as one
from contacts.graph.strength import Direction, Kind, Layer, Strength, Terms

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1) / timedelta(microseconds=1)
_WEIGHTS = np.array([one.KIND_WEIGHT[kind] for kind in Kind])
_LAYERS = {int(layer): one.LAYER_VALUE[layer] for layer in Layer}


@dataclass(frozen=True, eq=False)
class BookStrengths:
    """One item a person. value: NaN where unknown. first, last: microseconds since 1970, UTC, 0 where no contact."""

    value: NDArray[np.float64]
    recent: NDArray[np.float64]
    slow: NDArray[np.float64]  # [2, people]: out, in
    months: NDArray[np.int64]
    counts: NDArray[np.int64]  # [people, kinds]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    layer: NDArray[np.int64]
    nudge: NDArray[np.int64]

    def __len__(self) -> int:
        return self.value.size

    def __getitem__(self, person: int) -> Strength:
        """The same as strength(...) of this person's contacts, for its terms and its sentence."""
        known = bool(self.counts[person].any())
        terms = Terms(
            recent=float(self.recent[person]),
            slow_out=float(self.slow[Direction.OUT, person]),
            slow_in=float(self.slow[Direction.IN, person]),
            months=int(self.months[person]),
            counts=tuple(self.counts[person].tolist()),
            first_at=_EPOCH + timedelta(microseconds=int(self.first[person])) if known else None,
            last_at=_EPOCH + timedelta(microseconds=int(self.last[person])) if known else None,
        )
        value = float(self.value[person])
        layer = Layer(int(self.layer[person])) if self.layer[person] else None
        return Strength(None if np.isnan(value) else value, terms, layer, int(self.nudge[person]))


def book_strengths(
    *,
    people: int,
    person: NDArray[Any],
    at: NDArray[np.datetime64],
    kind: NDArray[Any],
    direction: NDArray[Any],
    now: datetime,
    layer: NDArray[Any] | None = None,
    nudge: NDArray[Any] | None = None,
) -> BookStrengths:
    """Strengths of `people` ties from all their contacts, in any order.

    person[i] in 0..people-1, at[i] datetime64 in UTC (kept to the microsecond), kind[i] a Kind, direction[i] a
    Direction; layer[p] 0 or a Layer, nudge[p] -1, 0 or 1. O(contacts log contacts). Raises ValueError for a `now`
    without zone or numbers out of range.
    """
    if now.tzinfo is None:
        raise ValueError("a time needs its zone")
    moment = int((now - _EPOCH) / timedelta(microseconds=1))
    person, when = np.asarray(person, np.int64), at.astype("datetime64[us]").astype(np.int64)
    kind, direction = np.asarray(kind, np.int64), np.asarray(direction, np.int64)
    for name, values, end in (("person", person, people), ("kind", kind, len(Kind)), ("direction", direction, 3)):
        if values.size and not (values.min() >= 0 and values.max() < end):
            raise ValueError(f"{name} lies in 0..{end - 1}")
    past = when <= moment
    person, when, kind, direction = person[past], when[past], kind[past], direction[past]

    age, weight = (moment - when).astype(np.float64), _WEIGHTS[kind]
    recent = _sum(person, weight * _decay(age, one.RECENT_HALF_LIFE), people)
    left = weight * _decay(age, one.SLOW_HALF_LIFE)
    out = np.array([1.0, 0.0, 0.5])[direction]
    slow = np.stack([_sum(person, left * out, people), _sum(person, left * (1.0 - out), people)])
    counts = np.bincount(person * len(Kind) + kind, minlength=people * len(Kind)).reshape(people, len(Kind))
    first, last = np.full(people, np.iinfo(np.int64).max), np.full(people, np.iinfo(np.int64).min)
    np.minimum.at(first, person, when)
    np.maximum.at(last, person, when)
    known = counts.any(axis=1)
    layer = np.zeros(people, np.int64) if layer is None else np.asarray(layer, np.int64)
    nudge = np.zeros(people, np.int64) if nudge is None else np.asarray(nudge, np.int64)
    months = _months(person, when, moment, people)
    first, last = np.where(known, first, 0), np.where(known, last, 0)
    lasted = np.minimum((last - first) / _DAY, float(one.DAYS_COUNTED))
    value = _values(recent, slow, lasted, months, (counts > 0).sum(axis=1), nudge)
    value[~known] = np.nan
    for word, fixed in _LAYERS.items():
        value[layer == word] = fixed
    return BookStrengths(value, recent, slow, months, counts, first, last, layer, nudge)


def _values(
    recent: NDArray[np.float64],
    slow: NDArray[np.float64],
    lasted: NDArray[np.float64],
    months: NDArray[np.int64],
    kinds: NDArray[np.int64],
    nudge: NDArray[np.int64],
) -> NDArray[np.float64]:
    both = slow.sum(axis=0)
    reciprocity = np.divide(2.0 * slow.min(axis=0), both, out=np.zeros_like(both), where=both > 0.0)
    z = (
        one.BIAS
        + one.RECENT_WEIGHT * np.log1p(recent)
        + one.SLOW_WEIGHT * np.log1p(both)
        + one.RECIPROCITY_WEIGHT * reciprocity
        + one.LASTING_WEIGHT * np.log1p(lasted)
        + one.MONTHS_WEIGHT * np.log1p(months)
        + one.KINDS_WEIGHT * (kinds - 1)
        + one.NUDGE_WEIGHT * nudge
    )
    value: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-z))
    return value


def _months(person: NDArray[np.int64], when: NDArray[np.int64], moment: int, people: int) -> NDArray[np.int64]:
    """Distinct calendar months with contact among the last MONTHS_COUNTED, the present one included."""
    back = _month_of(np.array([moment])) - _month_of(when)
    near = back < one.MONTHS_COUNTED
    seen = np.zeros((people, one.MONTHS_COUNTED), np.bool_)
    seen[person[near], back[near]] = True
    months: NDArray[np.int64] = seen.sum(axis=1)
    return months


def _month_of(when: NDArray[np.int64]) -> NDArray[np.int64]:
    return when.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)


def _decay(age: NDArray[np.float64], half_life: timedelta) -> NDArray[np.float64]:
    decayed: NDArray[np.float64] = np.exp2(-age / (half_life / timedelta(microseconds=1)))
    return decayed


def _sum(person: NDArray[np.int64], value: NDArray[np.float64], people: int) -> NDArray[np.float64]:
    # astype: an empty count comes back as whole numbers.
    return np.bincount(person, value, minlength=people).astype(np.float64)
