"""What a column of a table may tell, and a table's columns as a whole: plain values, that JSON can hold."""

import unicodedata
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Field(StrEnum):
    """What a column may tell; several may tell an address or a number. The value is what a mapping stores."""

    IGNORE = ""
    FULL_NAME = "full_name"
    GIVEN = "given"
    MIDDLE = "middle"
    FAMILY = "family"
    NICKNAME = "nickname"
    ORGANISATION = "organisation"
    ROLE = "role"
    PLACE = "place"
    TOWN = "town"
    REGION = "region"
    COUNTRY = "country"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    LINKEDIN = "linkedin"
    BIRTHDAY = "birthday"
    DATE = "date"
    """A day worth remembering; the heading says which."""
    CONNECTED_ON = "connected_on"
    HOW_MET = "how_met"
    TAGS = "tags"
    NOTES = "notes"
    CUSTOM = "custom"
    """Kept under its heading, as it is."""
    UID = "uid"


@dataclass(frozen=True, slots=True)
class Mapping:
    """What each column tells, in their order; and whether the first row is a heading.

    `day_first` settles dates such as 3/4/2020: True is the third of April; with None they are kept as they are written.
    """

    fields: tuple[Field, ...]
    has_heading: bool = True
    day_first: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """The mapping in plain JSON types."""
        return {
            "fields": [field.value for field in self.fields],
            "has_heading": self.has_heading,
            "day_first": self.day_first,
        }

    @classmethod
    def from_json(cls, plain: AnyMapping[str, Any]) -> Self:
        """The mapping back. Raises ValueError for a field that there is not."""
        return cls(tuple(Field(field) for field in plain["fields"]), bool(plain["has_heading"]), plain["day_first"])


def plain_heading(cell: str) -> str:
    """A heading's words: lower case, no accents, single spaces, no punctuation around."""
    letters = unicodedata.normalize("NFKD", cell[:200].casefold())
    bare = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", " ".join(bare.split()))
