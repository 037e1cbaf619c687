"""What speaks for or against two cards being one human, in bits."""

from dataclasses import dataclass
from enum import Enum, auto


class Fact(Enum):
    """What was found. `contacts.likeness.wording` has the phrase for each."""

    NAME = auto()
    OTHER_NAME = auto()
    EMAIL = auto()
    EMAIL_SHARED = auto()
    EMAIL_ALIKE = auto()
    MAILBOX = auto()
    DESK = auto()
    PHONE = auto()
    PHONE_SHARED = auto()
    PHONE_ALIKE = auto()
    PAGE = auto()
    PAGE_DIFFERS = auto()
    URL = auto()
    BIRTHDAY = auto()
    BIRTHDAY_ALIKE = auto()
    BIRTHDAY_DIFFERS = auto()
    ORGANISATION = auto()
    ORGANISATION_ALIKE = auto()
    ORGANISATION_DIFFERS = auto()
    ROLE = auto()
    PLACE = auto()
    PLACE_ALIKE = auto()
    PLACE_DIFFERS = auto()
    ADDRESS = auto()
    ADDRESS_ALIKE = auto()
    ADDRESS_DIFFERS = auto()
    GENERATION = auto()


AGAINST = frozenset(
    {
        Fact.OTHER_NAME,
        Fact.PAGE_DIFFERS,
        Fact.BIRTHDAY_DIFFERS,
        Fact.GENERATION,
        Fact.ORGANISATION_DIFFERS,
        Fact.PLACE_DIFFERS,
        Fact.ADDRESS_DIFFERS,
    }
)
CONTRADICTING = frozenset({Fact.OTHER_NAME, Fact.PAGE_DIFFERS, Fact.BIRTHDAY_DIFFERS, Fact.GENERATION})
"""What one human cannot well be both of. People move house and change their work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact: its weight, and the word or value that it is about."""

    fact: Fact
    bits: float
    about: str = ""
