"""How close a tie is, from dated contacts in both directions and from what the member says.

Activity follows Roth et al., "Suggesting friends using the implicit social graph" (KDD 2010), with a half-life in
months instead of a week:

    a = sum over contacts of w(kind) * 2 ** (-(now - t) / h)

once with h = 180 days (recent) and once with h = 3 years (slow), so that a dormant tie is told from one that never
was. w: met 6, call 4, mail or message 1, event of more than eight people 0.5. A contact in both directions (a
meeting) counts half each way. Contacts after `now` do not count.

    strength = 1 / (1 + exp(-z)),  z = BIAS + sum of weight * term over
    ln(1 + recent), ln(1 + slow), reciprocity 2 min(in, out) / (in + out) of the slow activity,
    ln(1 + days from the first contact to the last, 30 at most), ln(1 + months with contact among the last 24),
    kinds of contact beyond the first.

The days tell a tie that lasts from one lively afternoon: how contact is spread over time foretells better than its
amount whether a tie goes on (Navarro et al., "Temporal patterns behind the strength of persistent ties", EPJ Data
Science 6:31, 2017).

How the weights were found. On recorded calls a logistic regression of "is there a call in the second week?" on the
terms of the first gives the days much weight and reciprocity little, and gains nothing by a half-life of days;
recent and slow activity, months and kinds cannot be told apart in four weeks. Within that, the weights are set by hand
so that one mail today is slight (0.08), a year of monthly two-way mails with a few meetings is strong (above 0.8), and
the same two years later has faded to some. `make bench-strength` prints what they are worth beside the count, the
recency and the reciprocity alone. Every term stands in the sentence of Strength.explain.

Times are aware UTC datetimes; months are calendar months of UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import IntEnum

from contacts.graph.wording import figure_word, sentence

RECENT_HALF_LIFE = timedelta(days=180)
SLOW_HALF_LIFE = timedelta(days=3 * 365)
MONTHS_COUNTED = 24
DAYS_COUNTED = 30
"""A tie that lasts longer than this is no more a passing one; how long it lasted is then told by the slow part."""

BIAS = -3.4
RECENT_WEIGHT = 0.8
SLOW_WEIGHT = 0.25
RECIPROCITY_WEIGHT = 0.3
LASTING_WEIGHT = 0.4
MONTHS_WEIGHT = 0.35
KINDS_WEIGHT = 0.2
NUDGE_WEIGHT = 1.0
"""What "closer than this" adds to z, and "less close" takes away."""


class Kind(IntEnum):
    """Kinds of contact. An EVENT has more than eight people; a smaller one is a MET."""

    MET = 0
    CALL = 1
    MAIL = 2
    MESSAGE = 3
    EVENT = 4


KIND_WEIGHT = {Kind.MET: 6.0, Kind.CALL: 4.0, Kind.MAIL: 1.0, Kind.MESSAGE: 1.0, Kind.EVENT: 0.5}


class Direction(IntEnum):
    """Who turned to whom, seen from the owner of the tie."""

    OUT = 0
    IN = 1
    BOTH = 2


class Layer(IntEnum):
    """The member's own word: among my closest 5, 15, 50, 150 (Dunbar's layers). It overrides what is counted."""

    CLOSEST_5 = 5
    CLOSEST_15 = 15
    CLOSEST_50 = 50
    CLOSEST_150 = 150


LAYER_VALUE = {Layer.CLOSEST_5: 0.95, Layer.CLOSEST_15: 0.8, Layer.CLOSEST_50: 0.55, Layer.CLOSEST_150: 0.3}


@dataclass(frozen=True, slots=True)
class Contact:
    """One dated contact with the person at the other end."""

    at: datetime
    kind: Kind
    direction: Direction = Direction.BOTH


@dataclass(frozen=True, slots=True)
class Terms:
    """What the figure is made of. Activities in weighted contacts; counts by Kind; times None where no contact."""

    recent: float = 0.0
    slow_out: float = 0.0
    slow_in: float = 0.0
    months: int = 0
    counts: tuple[int, ...] = (0,) * len(Kind)
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def slow(self) -> float:
        return self.slow_out + self.slow_in

    @property
    def reciprocity(self) -> float:
        """0 when all goes one way, 1 when both give the same."""
        return 2.0 * min(self.slow_out, self.slow_in) / self.slow if self.slow else 0.0

    @property
    def lasted(self) -> float:
        """Days from the first contact to the last, DAYS_COUNTED at most."""
        if self.first_at is None or self.last_at is None:
            return 0.0
        return min((self.last_at - self.first_at) / timedelta(days=1), float(DAYS_COUNTED))

    @property
    def kinds(self) -> int:
        return sum(count > 0 for count in self.counts)


@dataclass(frozen=True, slots=True)
class Strength:
    """value: 0..1, or None when nothing is known, which is not the same as weak."""

    value: float | None
    terms: Terms
    layer: Layer | None = None
    nudge: int = 0

    @property
    def word(self) -> str:
        """strong, some, slight or unknown: all that anybody but the owner may see."""
        return figure_word(self.value)

    @property
    def dormant(self) -> bool:
        """Once more than a handful of contacts, and silent so long that the recent part is under a quarter of the
        slow one (about 14 months after a burst)."""
        return self.terms.slow >= 4.0 and self.terms.recent < self.terms.slow / 4.0

    def explain(self, *, now: datetime, zone: tzinfo = UTC) -> str:
        """The reason in one sentence: "14 mails and 2 meetings since March, both ways; last on 3 May."

        Dates are told in `zone`, with the year where it is not that of `now`.
        """
        terms = self.terms
        return sentence(
            counts=terms.counts,
            first_at=terms.first_at,
            last_at=terms.last_at,
            goes_out=terms.slow_out > 0.0,
            comes_in=terms.slow_in > 0.0,
            layer=self.layer,
            nudge=self.nudge,
            now=now,
            zone=zone,
        )


def strength(contacts: Iterable[Contact], *, now: datetime, layer: Layer | None = None, nudge: int = 0) -> Strength:
    """Strength of one tie from its contacts, in any order.

    layer: the member's word, which decides alone. nudge: +1 "closer than this", -1 "less close", 0 nothing said; it
    moves the counted figure, and means nothing where no contact is counted. O(contacts).
    Raises ValueError for a naive datetime.
    """
    _require_aware(now)
    recent = 0.0
    slow = [0.0, 0.0]
    counts = [0] * len(Kind)
    months: set[int] = set()
    first_at = last_at = None
    for contact in contacts:
        _require_aware(contact.at)
        if contact.at > now:
            continue
        age = now - contact.at
        weight = KIND_WEIGHT[contact.kind]
        recent += weight * _decay(age, RECENT_HALF_LIFE)
        left = weight * _decay(age, SLOW_HALF_LIFE)
        if contact.direction is Direction.BOTH:
            slow[0] += left / 2.0
            slow[1] += left / 2.0
        else:
            slow[contact.direction] += left
        counts[contact.kind] += 1
        months.add(_month(contact.at))
        first_at = contact.at if first_at is None else min(first_at, contact.at)
        last_at = contact.at if last_at is None else max(last_at, contact.at)
    counted = sum(month > _month(now) - MONTHS_COUNTED for month in months)
    terms = Terms(recent, slow[0], slow[1], counted, tuple(counts), first_at, last_at)
    return Strength(_value(terms, layer, nudge), terms, layer, nudge)


def _value(terms: Terms, layer: Layer | None, nudge: int) -> float | None:
    if layer is not None:
        return LAYER_VALUE[layer]
    if terms.last_at is None:
        return None
    z = (
        BIAS
        + RECENT_WEIGHT * math.log1p(terms.recent)
        + SLOW_WEIGHT * math.log1p(terms.slow)
        + RECIPROCITY_WEIGHT * terms.reciprocity
        + LASTING_WEIGHT * math.log1p(terms.lasted)
        + MONTHS_WEIGHT * math.log1p(terms.months)
        + KINDS_WEIGHT * (terms.kinds - 1)
        + NUDGE_WEIGHT * nudge
    )
    return 1.0 / (1.0 + math.exp(-z))


def _decay(age: timedelta, half_life: timedelta) -> float:
    return float(2.0 ** -(age / half_life))


def _month(at: datetime) -> int:
    at = at.astimezone(UTC)
    return at.year * 12 + at.month


def _require_aware(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
