"""On which day each step of a plan is done. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

WEEKS: Final = 4
"""How far a plan looks ahead."""
_WEEK: Final = timedelta(days=7)


def spread(
    steps: Sequence[tuple[str, int]],
    *,
    weekly: int,
    today: date,
    weekdays: Collection[int],
    before: Mapping[str, date],
) -> list[date]:
    """A day for each step, in their order: so many minutes a week, on the weekdays that the member chose.

    steps: key and minutes. weekdays: ISO, Monday is 1; none chosen means any. before: the days given last time; one
    that has not come yet stays. A step that takes more than a week's minutes has a week of its own.
    """
    days = [today + timedelta(days=ahead) for ahead in range(1, 8)]
    chosen = [day for day in days if day.isoweekday() in weekdays] or days
    weeks: list[list[int]] = []
    spent = weekly
    for place, (_, minutes) in enumerate(steps):
        if not weeks or spent + minutes > weekly:
            weeks.append([])
            spent = 0
        weeks[-1].append(place)
        spent += minutes
    found: list[date] = []
    for number, places in enumerate(weeks):
        for nth, place in enumerate(places):
            day = chosen[nth * len(chosen) // len(places)] + number * _WEEK
            known = before.get(steps[place][0])
            found.append(known if known is not None and known >= today else day)
    return found
