"""Plain words for the engine's figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

STRONG = 0.6
SOME = 0.3
"""Thresholds for strengths and chances alike: strong from 0.6, some from 0.3, slight below."""

_KINDS = ("meeting", "call", "mail", "message", "event")
# Commonest evidence first, as one would say it.
_SPOKEN = (2, 3, 1, 0, 4)


def figure_word(value: float | None) -> str:
    """ "strong", "some", "slight"; "unknown" for None."""
    if value is None:
        return "unknown"
    return "strong" if value >= STRONG else "some" if value >= SOME else "slight"


def sentence(
    *,
    counts: Sequence[int],
    first_at: datetime | None,
    last_at: datetime | None,
    goes_out: bool,
    comes_in: bool,
    layer: int | None,
    nudge: int,
    now: datetime,
    zone: tzinfo,
) -> str:
    """One sentence about a tie. counts: contacts by strength.Kind."""
    word = f"You count them among your closest {int(layer)}" if layer is not None else ""
    if not word and nudge:
        word = "You say closer than it looks" if nudge > 0 else "You say less close than it looks"
    if first_at is None or last_at is None:
        return f"{word}; no contact recorded." if word else "No contact recorded yet."
    what = _listed([_counted(counts[kind], _KINDS[kind]) for kind in _SPOKEN if counts[kind]])
    ways = "both ways" if goes_out and comes_in else "only from you" if goes_out else "only from them"
    now, first, last = now.astimezone(zone), first_at.astimezone(zone), last_at.astimezone(zone)
    if sum(counts) == 1:
        told = f"{what} on {_day(last, now)}, {ways}"
    else:
        told = f"{what} since {_month(first, now)}, {ways}; last on {_day(last, now)}"
    return f"{word}: {told}." if word else f"{told}."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _month(at: datetime, now: datetime) -> str:
    name = _MONTHS[at.month - 1]
    return name if at.year == now.year else f"{name} {at.year}"


def _day(at: datetime, now: datetime) -> str:
    return f"{at.day} {_month(at, now)}"
