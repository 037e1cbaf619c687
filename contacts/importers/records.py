"""What every importer hands out: plain frozen records, cleaned and bounded, that no later step need distrust.

The bounds are in characters. They equal the columns of `contacts.models`, so that a record always fits its row.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

MAX_NAME: Final = 300
MAX_PART: Final = 150
"""Given name and family name, each."""
MAX_NICKNAME: Final = 100
MAX_ORGANISATION: Final = 300
MAX_ROLE: Final = 300
MAX_PLACE: Final = 200
MAX_TAG: Final = 60
MAX_NOTES: Final = 20_000
MAX_HOW_MET: Final = 1000
MAX_EMAIL: Final = 320
MAX_PHONE: Final = 60
MAX_URL: Final = 500
MAX_LABEL: Final = 60
MAX_UID: Final = 255
MAX_FILE_NAME: Final = 255

MAX_HANDLES: Final = 50
"""E-mail addresses, phones and web addresses, each."""
MAX_TAGS: Final = 50
MAX_PEOPLE: Final = 50_000
"""Records out of one file."""


class Format(StrEnum):
    """A kind of file that Kith reads."""

    VCARD = "vcard"
    LINKEDIN = "linkedin"


class UnreadableFile(ValueError):
    """The file as a whole cannot be read. The message is for the member and says what to do."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A handle as written, and what its owner calls it: ("alice@example.org", "work"). The label may be empty."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day of a year; the year is None where the card does not tell it."""

    year: int | None
    month: int
    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """One person as a file tells it. Text is cleaned (see `text`), "" or () is "not told".

    Handles stand in the file's own order of preference and as written; `contacts.handles` normalises them.
    `linkedin` is the whole profile address. `file` and `line` (1-based) say where the record begins.
    """

    full_name: str
    file: str
    line: int
    given: str = ""
    family: str = ""
    nickname: str = ""
    organisation: str = ""
    role: str = ""
    place: str = ""
    emails: tuple[Labelled, ...] = ()
    phones: tuple[Labelled, ...] = ()
    urls: tuple[Labelled, ...] = ()
    linkedin: str = ""
    birthday: Birthday | None = None
    tags: tuple[str, ...] = ()
    notes: str = ""
    how_met: str = ""
    connected_on_date: dt.date | None = None
    uid: str = ""

    def as_json(self) -> dict[str, Any]:
        """The record in plain JSON types, for a JSON column."""
        plain = asdict(self)
        if self.connected_on_date:
            plain["connected_on_date"] = self.connected_on_date.isoformat()
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """The record back from `as_json`, also after a trip through JSON, which knows no tuples."""
        fields = dict(plain)
        for name in ("emails", "phones", "urls"):
            fields[name] = tuple(Labelled(**handle) for handle in fields[name])
        fields["tags"] = tuple(fields["tags"])
        fields["birthday"] = Birthday(**fields["birthday"]) if fields["birthday"] else None
        connected_on = fields["connected_on_date"]
        fields["connected_on_date"] = dt.date.fromisoformat(connected_on) if connected_on else None
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in the file that became no person: where, why, and what the member can do about it."""

    file: str
    line: int
    reason: str
    advice: str


Record = PersonRecord | Skipped
