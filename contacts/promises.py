"""Reading a promise as one types it: "send the deck by Friday" is a thing to do and a day. Pure."""

import re
from datetime import date, timedelta
from typing import Final

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_NUMBERS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_UNITS: Final = {"day": 1, "week": 7, "month": 30}
_COUNT = "|".join(_NUMBERS)
_DAY = "|".join(f"{name}|{name[:3]}" for name in _WEEKDAYS)
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_LEAD = r"(?:\s*,?\s*\b(?:by|before|on|until|till|not later than)\b)?\s*(?:the\s+)?"
_WHEN: Final = (
    (r"(?P<iso>\d{4}-\d{2}-\d{2})", "iso"),
    (rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?P<month>{_MONTH})(?:\s+(?P<year>\d{{4}}))?", "date"),
    (rf"(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?", "date"),
    (r"(?P<near>today|tonight|tomorrow)", "near"),
    (rf"(?:(?P<next>next|this|coming)\s+)?(?P<weekday>{_DAY})", "weekday"),
    (r"(?P<end>(?:the\s+)?end of (?:the\s+|this\s+)?(?P<what>week|month))", "end"),
    (r"(?P<soon>next (?P<unit>week|month))", "soon"),
    (
        r"(?:with)?in\s+(?P<count>\d{1,3}|" + "|".join(_NUMBERS) + r")\s+(?P<units>day|week|month)s?(?:'\s*time)?",
        "span",
    ),
)
_PATTERNS: Final = tuple((re.compile(rf"{_LEAD}\b{when}\b\s*[.!]?\s*$", re.IGNORECASE), how) for when, how in _WHEN)


def read(line: str, today: date) -> tuple[str, date | None]:
    """The thing promised and its day; the whole line and None where it ends in no day that Kith understands.

    Only the end of the line is read as a day ("by Friday", "on 3 May", "in two weeks", "2026-12-01"), so that a thing
    promised may speak of days itself. A weekday is the next one to come; a day without a year too.
    """
    line = " ".join(line.split())
    for pattern, how in _PATTERNS:
        match = pattern.search(line)
        if match is None:
            continue
        day, what = _day(match, how, today), line[: match.start()].rstrip(" ,;")
        if day is not None and what:
            return what, day
    return line, None


def _day(match: re.Match[str], how: str, today: date) -> date | None:
    try:
        match how:
            case "iso":
                return date.fromisoformat(match["iso"])
            case "date":
                return _in_year(match, today)
            case "near":
                return today + timedelta(days=match["near"].lower() == "tomorrow")
            case "weekday":
                ahead = (_at(match["weekday"], _WEEKDAYS) - today.weekday()) % 7 or 7
                return today + timedelta(days=ahead)
            case "end" if match["what"].lower() == "week":
                return today + timedelta(days=(4 - today.weekday()) % 7)
            case "end":
                return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            case "soon":
                return today + timedelta(days=_UNITS[match["unit"].lower()])
            case _:
                word = match["count"].lower()
                count = _NUMBERS.get(word) or int(word)
                return today + timedelta(days=count * _UNITS[match["units"].lower()])
    except (ValueError, OverflowError):
        return None


def _in_year(match: re.Match[str], today: date) -> date:
    month, day = _at(match["month"], _MONTHS) + 1, int(match["day"])
    if match["year"]:
        return date(int(match["year"]), month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _at(word: str, names: tuple[str, ...]) -> int:
    return next(index for index, name in enumerate(names) if name.startswith(word.lower()[:3]))
