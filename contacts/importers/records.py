"""What every importer hands out: plain frozen records, cleaned and bounded, that no later step need distrust.

The bounds are in characters. They equal the columns of `contacts.models`, so that a record always fits its row.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
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
MAX_PHRASE: Final = 200
"""Something that somebody needs, or can give."""
MAX_NOTES: Final = 20_000
MAX_HOW_MET: Final = 1000
MAX_EMAIL: Final = 320
MAX_PHONE: Final = 60
MAX_URL: Final = 500
MAX_LABEL: Final = 60
MAX_UID: Final = 255
MAX_FILE_NAME: Final = 255
MAX_CUSTOM_NAME: Final = 60
MAX_CUSTOM_VALUE: Final = 500
MAX_PHOTO: Final = 400_000
"""A photo in base64; a larger one is left out, with a remark."""
MAX_REMARK: Final = 200
MAX_KEY: Final = 255
"""What names a contact for good, and its thread, each."""

MAX_HANDLES: Final = 50
"""E-mail addresses, phones and web addresses, each."""
MAX_TAGS: Final = 50
MAX_LISTED: Final = 30
"""Needs, offers and kinds of tie, each."""
MAX_DATES: Final = 20
MAX_CUSTOM: Final = 20
MAX_PARTIES: Final = 100
"""People of one contact besides its sender; what went to more is no contact between people."""
MAX_PEOPLE: Final = 50_000
"""People out of one file."""
MAX_CONTACTS: Final = 200_000
"""Contacts (mails, messages, meetings) out of one file."""


class Format(StrEnum):
    """A kind of file that Kith reads."""

    VCARD = "vcard"
    KITH_CSV = "kith_csv"
    """Kith's own export."""
    LINKEDIN = "linkedin"
    LINKEDIN_MESSAGES = "linkedin_messages"
    GOOGLE_CSV = "google_csv"
    OUTLOOK_CSV = "outlook_csv"
    THUNDERBIRD_CSV = "thunderbird_csv"
    CSV = "csv"
    """Any other table: read by a mapping, guessed or the member's own."""
    MBOX = "mbox"
    EML = "eml"
    ICS = "ics"
    ZIP = "zip"
    """A container: of any of the others, of a Maildir, or all that LinkedIn knows."""


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
    other_dates: tuple[tuple[str, Birthday], ...] = ()
    """(what it is, day): "anniversary" and whatever else the file names."""
    tags: tuple[str, ...] = ()
    tie_kinds: tuple[str, ...] = ()
    """How the member and they know each other: friend, colleague …"""
    needs: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()
    """(name, value) of fields that have no place of their own here."""
    notes: str = ""
    how_met: str = ""
    connected_on_date: dt.date | None = None
    uid: str = ""
    photo: str = ""
    """Base64 of an image file's bytes as they stood in the file. Nobody has looked at them: re-encode before use."""
    remarks: tuple[str, ...] = ()
    """What of this person could not be taken, for the report."""
    revised_at: dt.datetime | None = None
    """When the person was last changed in the program that the file comes from, aware and in UTC."""

    def as_json(self) -> dict[str, Any]:
        """The record in plain JSON types, for a JSON column."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in _PERSON_TEXTS}
        for name in _PERSON_HANDLES:
            plain[name] = [{"value": one.value, "label": one.label} for one in getattr(self, name)]
        plain["birthday"] = _plain_day(self.birthday) if self.birthday else None
        plain["other_dates"] = [[label, _plain_day(day)] for label, day in self.other_dates]
        for name in _PERSON_LISTS:
            plain[name] = list(getattr(self, name))
        plain["custom"] = [list(pair) for pair in self.custom]
        plain["remarks"] = list(self.remarks)
        plain["connected_on_date"] = self.connected_on_date.isoformat() if self.connected_on_date else None
        plain["revised_at"] = self.revised_at.isoformat() if self.revised_at else None
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """The record back from `as_json`, also after a trip through JSON, which knows no tuples."""
        told = dict(plain)
        for name in _PERSON_HANDLES:
            told[name] = tuple(Labelled(**handle) for handle in told[name])
        told["birthday"] = Birthday(**told["birthday"]) if told["birthday"] else None
        # Rows that were read before these fields were known do not have them.
        for name in _PERSON_LISTS:
            told[name] = tuple(told.get(name, ()))
        told["other_dates"] = tuple((label, Birthday(**day)) for label, day in told.get("other_dates", ()))
        told["custom"] = tuple((name, value) for name, value in told.get("custom", ()))
        told["remarks"] = tuple(told.get("remarks", ()))
        connected_on = told["connected_on_date"]
        told["connected_on_date"] = dt.date.fromisoformat(connected_on) if connected_on else None
        revised_at = told.get("revised_at")
        told["revised_at"] = dt.datetime.fromisoformat(revised_at) if revised_at else None
        return cls(**told)


_PERSON_LISTS: Final = ("tags", "tie_kinds", "needs", "offers")
_PERSON_HANDLES: Final = ("emails", "phones", "urls")
_PERSON_TEXTS: Final = tuple(one.name for one in fields(PersonRecord) if one.type in ("str", "int", str, int))


def _plain_day(day: Birthday) -> dict[str, int | None]:
    return {"year": day.year, "month": day.month, "day": day.day}


class ContactKind(StrEnum):
    """In what way people were in touch."""

    MAIL = "mail"
    MESSAGE = "message"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who took part, as written, cleaned and bounded: an address is lower case, a profile a whole address.

    At least one of the three is not empty.
    """

    name: str = ""
    email: str = ""
    linkedin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord:
    """One dated contact: a mail, a message, a meeting. Who, when, and which way; never a word of what was said.

    `happened_at` is aware and in UTC. A meeting's sender is its organiser, where it names one; `others` does not hold
    the sender. `key` names the item for good (a Message-ID, a UID and its occurrence), so that a second import of it
    is known; contacts of one `thread` share that text. `left_out` is "", or why the contact should count for nothing:
    "mailing list", "automatic", "no-reply sender", "cancelled", "more than 100 people".
    """

    kind: ContactKind
    happened_at: dt.datetime
    sender: Party | None
    others: tuple[Party, ...]
    key: str
    file: str
    line: int
    thread: str = ""
    left_out: str = ""

    def as_json(self) -> dict[str, Any]:
        """The record in plain JSON types, for a JSON column."""
        return {
            "kind": self.kind.value,
            "happened_at": self.happened_at.isoformat(),
            "sender": _plain_party(self.sender) if self.sender else None,
            "others": [_plain_party(one) for one in self.others],
            "key": self.key,
            "file": self.file,
            "line": self.line,
            "thread": self.thread,
            "left_out": self.left_out,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """The record back from `as_json`, also after a trip through JSON."""
        told = dict(plain)
        told["kind"] = ContactKind(told["kind"])
        told["happened_at"] = dt.datetime.fromisoformat(told["happened_at"])
        told["sender"] = Party(**told["sender"]) if told["sender"] else None
        told["others"] = tuple(Party(**one) for one in told["others"])
        return cls(**told)


def _plain_party(one: Party) -> dict[str, str]:
    return {"name": one.name, "email": one.email, "linkedin": one.linkedin}


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in the file that became no record: where, why, and what the member can do about it."""

    file: str
    line: int
    reason: str
    advice: str


Record = PersonRecord | ContactRecord | Skipped
