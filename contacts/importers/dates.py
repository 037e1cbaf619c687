"""Dates as people and programs write them: ISO, "15 Jan 2023", "Jan 15, 2023", "15. März 2023", "1/15/23, 3:45 PM"."""

import datetime as dt
import re
import unicodedata
from typing import Final

from contacts.importers.records import Birthday

# Beginnings of the month names in English, German, French, Spanish, Italian, Portuguese and Dutch, without accents;
# the longest one that fits counts ("juillet" is juil, "junho" is jun).
_MONTH_WORDS: Final = (
    "jan janv ene gen",
    "feb fev",
    "mar maer maa mrt",
    "apr avr abr",
    "may mai mei mag",
    "jun juin giu",
    "jul juil lug",
    "aug aou ago",
    "sep set",
    "oct okt ott out",
    "nov",
    "dec dez dic des",
)
_MONTHS: Final = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s-]+(?:de\s+)?([^\W\d_]{3,12})\.?,?[\s-]+(?:de\s+)?(\d{4}|\d{2})(?!\d)"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(?:\d{4}|\d{2})(?!\d)")

_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)")
_YEARLESS = re.compile(r"--(\d{2})-?(\d{2})(?!\d)")

# Apple writes 1604 for "no year"; nobody in an address book was born before 1850.
_FIRST_YEAR, _LAST_YEAR = 1850, 2100


def slashes_are_day_first(text: str) -> bool:
    """Whether the dates with slashes in a file put the day before the month: one with a first number over 12 tells.

    Without a sign LinkedIn's own order is taken, the American one.
    """
    return any(int(first) > 12 and int(second) <= 12 for first, second in _SLASHED.findall(text))


def read_date(raw: str, *, day_first: bool = False) -> dt.date | None:
    """The date at the start of a text, a time of day after it ignored; None where there is none or it cannot be.

    `day_first` decides dates with slashes or dashes alone; dates with dots always have the day first.
    """
    text = " ".join(raw[:80].split())
    if found := _ISO.match(text) or _CJK.match(text) or _BASIC.match(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.match(text):
        return _date(_year(found[3]), _month(found[2]), int(found[1]))
    if found := _MONTH_FIRST.match(text):
        return _date(int(found[3]), _month(found[1]), int(found[2]))
    if found := _NUMBERS.match(text):
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or day_first:
            first, second = second, first
        return _date(_year(found[4]), first, second)
    return None


def read_birthday(raw: str) -> Birthday | None:
    """A birthday as vCards write it: `1985-04-12`, `19850412T000000Z`, `--0412`, `1604-04-12` (no year), "12 Apr 1985".

    A year or a month without a day is no birthday that one could think of in time: None. So is `12/04/1985`, which
    nobody can tell from April or December.
    """
    text = raw.strip()
    if found := _YEARLESS.match(text):
        # A leap year, so that 29 February stands.
        date = _date(2000, int(found[1]), int(found[2]))
        return Birthday(None, date.month, date.day) if date else None
    if text[:4] == "0000":
        text = "1604" + text[4:]
    numbers = _NUMBERS.match(text)
    date = None if numbers and numbers[2] != "." else read_date(text)
    if date is None:
        return None
    return Birthday(date.year if _FIRST_YEAR <= date.year <= _LAST_YEAR else None, date.month, date.day)


def _month(word: str) -> int:
    """The number of a month's name in any known language; 0 for another word."""
    bare = unicodedata.normalize("NFKD", word.lower().replace("ä", "ae"))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return _MONTHS.get(letters[:4]) or _MONTHS.get(letters[:3]) or 0


def _year(digits: str) -> int:
    """A year from four digits or from two, which are taken for 1970 to 2069."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
