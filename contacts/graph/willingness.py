"""From strength to the chance that somebody passes a request on, and to the chance that a seat is reached.

    willingness = (4 * prior + yes) / (4 + yes + no)

the mean of a Beta distribution: a prior of 0.05 + 0.85 * strength worth four asks (0.15 where the strength is unknown),
and the real answers on this tie, each counting 2 ** (-age / 2 years).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contacts.graph.strength import Strength

ANSWER_HALF_LIFE = timedelta(days=2 * 365)
PRIOR_ASKS = 4.0
UNKNOWN_CHANCE = 0.15
OPEN_ASK_FACTOR = 0.6
RECENT_ASK_FACTOR = 0.85


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person at the other end of the tie once answered to an ask over it."""

    at: datetime
    yes: bool


def willingness(strength: Strength | float | None, answers: Iterable[Answer] = (), *, now: datetime) -> float:
    """Chance, 0..1, that the person passes a request on, before ask-load. Answers after `now` do not count."""
    value = strength.value if isinstance(strength, Strength) else strength
    prior = UNKNOWN_CHANCE if value is None else 0.05 + 0.85 * value
    yes, every = PRIOR_ASKS * prior, PRIOR_ASKS
    for answer in answers:
        if answer.at <= now:
            weight = 2.0 ** -((now - answer.at) / ANSWER_HALF_LIFE)
            yes += weight * answer.yes
            every += weight
    return yes / every


def ask_load_factor(open_asks: int, asks_90d: int) -> float:
    """What is left of a willingness: 0.6 for each ask that is open, 0.85 for each in the last 90 days, by anyone.

    cost_of(ask_load_factor(...)) is what Question.ask_load wants for a person who was asked at all.
    """
    if open_asks < 0 or asks_90d < 0:
        raise ValueError("asks are counted from 0")
    return float(OPEN_ASK_FACTOR**open_asks * RECENT_ASK_FACTOR**asks_90d)


def seat_chance(chances: Iterable[float]) -> float:
    """1 - product of (1 - chance) over paths with distinct introducers; assumes that they answer independently."""
    return 1.0 - math.prod(1.0 - chance for chance in chances)
