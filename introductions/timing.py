"""When things happen in the life of an introduction. Touches no rows.

What the asker learns must not depend on whose silence or no it was, nor on its hour:

* a no is told on a morning, never within `REVEAL_AFTER` of it;
* an introducer's silence is told on a morning drawn from the week in which a target might still answer, so that a
  request that is open on the sixteenth day does not tell that the introducer said yes;
* however far it came, a request is over a fixed time after it was sent (longer the more introducers there are, which
  the asker knows), and the asker is told no other date.
"""

import secrets
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from netapp.lib.times import local_date, local_moment

REVEAL_TIME: Final = time(8)
REVEAL_AFTER: Final = timedelta(hours=6)
SHOWN_AFTER_ANSWER: Final = timedelta(days=60)
"""How long the link in the mail still shows what its reader answered."""


def nudge_time(asked_at: datetime) -> datetime:
    """When somebody who has not answered is asked once more, and never again."""
    return asked_at + timedelta(days=settings.INTRODUCTION_NUDGE_DAYS)


def answer_until(asked_at: datetime, sent_at: datetime, introducers: int) -> datetime:
    """Until when somebody asked at `asked_at` may answer, in a request sent at `sent_at` over so many introducers."""
    return min(asked_at + timedelta(days=settings.INTRODUCTION_ANSWER_DAYS), ends_by(sent_at, introducers))


def ends_by(sent_at: datetime, introducers: int) -> datetime:
    """When a request sent at `sent_at` is over at the latest."""
    further = settings.INTRODUCTION_HOP_DAYS * (introducers - 1)
    return sent_at + timedelta(days=settings.INTRODUCTION_WHOLE_DAYS + further)


def told_by(sent_at: datetime, introducers: int, zone: ZoneInfo) -> datetime:
    """When the asker knows at the latest: the one date that is named to them."""
    return next_morning(ends_by(sent_at, introducers) + timedelta(days=1), zone)


def reveal_time(now: datetime, zone: ZoneInfo) -> datetime:
    """The morning on which the asker is told of a no that came `now`."""
    return next_morning(now, zone)


def reveal_time_of_silence(now: datetime, sent_at: datetime, introducers: int, zone: ZoneInfo) -> datetime:
    """The morning on which the asker is told that nobody answered: any, evenly, until the request would end anyway."""
    left = max(0, (ends_by(sent_at, introducers) - now).days)
    return next_morning(now + timedelta(days=secrets.randbelow(left + 1)), zone)


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The first 8 o'clock in `zone` that is at least `REVEAL_AFTER` away."""
    earliest = now + REVEAL_AFTER
    day = local_date(earliest, zone)
    moment = local_moment(day, REVEAL_TIME, zone)
    return moment if moment >= earliest else local_moment(day + timedelta(days=1), REVEAL_TIME, zone)
