"""How the demo's people are written down: a table of one line each, and more about some of them."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from contacts.words import fold

DOMAINS: Final = ("example.org", "example.com", "example.net")
"""Reserved for examples (RFC 2606): no mail of the demo can reach anybody."""

# Ranges kept free for films and books by those who give out numbers (Ofcom, the NANPA, ARCEP, the Bundesnetzagentur,
# PTS): a call to one of them rings nowhere.
_NUMBERS: Final = {
    "London": "+44 20 7946 0{:03}",
    "Bristol": "+44 117 496 0{:03}",
    "Manchester": "+44 161 496 0{:03}",
    "Edinburgh": "+44 131 496 0{:03}",
    "Berlin": "+49 30 23125 {:03}",
    "Hamburg": "+49 40 66969 {:03}",
    "Munich": "+49 89 99998 {:03}",
    "Paris": "+33 1 99 00 1{:03}",
    "Lyon": "+33 4 65 71 1{:03}",
    "Stockholm": "+46 8 465 004 {:02}",
    "Gothenburg": "+46 31 390 06 {:02}",
    "New York": "+1 212 555 01{:02}",
    "Toronto": "+1 416 555 01{:02}",
}


class Tie(StrEnum):
    """What contact there was; `histories` makes dated contacts of it."""

    CLOSE = "close"
    STEADY = "steady"
    LOOSE = "loose"
    FADING = "fading"
    DORMANT = "dormant"
    ONCE = "once"
    EVENT = "event"
    UNANSWERED = "unanswered"
    NONE = "none"
    WANTED = "wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One person of the demo. years: since they met. more: fields of the card besides those of the table.

    last: days since the last contact, where the story needs it to be that; email: None makes one from the name.
    """

    name: str
    role: str = ""
    organisation: str = ""
    place: str = ""
    tags: tuple[str, ...] = ()
    tie: Tie = Tie.NONE
    years: int = 1
    last: int | None = None
    email: str | None = None
    has_phone: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Their e-mail address; the same human has the same one in every book. Empty for none."""
        return address_of(self.name) if self.email is None else self.email

    @property
    def number(self) -> str:
        """A telephone number that cannot be anybody's, empty for none."""
        shape = _NUMBERS.get(self.place)
        if not self.has_phone or shape is None:
            return ""
        return shape.format(random.Random(f"phone of {self.name}").randrange(100))


def address_of(name: str) -> str:
    """ "Inês Carvalho" -> "ines.carvalho@example.net"."""
    words = ["".join(char for char in word if char.isascii() and char.isalnum()) for word in fold(name).split()]
    domain = random.Random(f"domain of {name}").choice(DOMAINS)
    return f"{'.'.join(word for word in words if word)}@{domain}"


def read(table: str, details: Mapping[str, Mapping[str, Any]] | None = None) -> list[Written]:
    """The lines `name | role | organisation | place | tags | tie | years`, with what `details` adds by name.

    KeyError for a detail about somebody who is not in the table.
    """
    left = dict(details or {})
    people = []
    for line in table.strip().splitlines():
        name, role, organisation, place, tags, tie, years = (cell.strip() for cell in line.split("|"))
        people.append(_written(name, role, organisation, place, tags, Tie(tie), int(years), left.pop(name, {})))
    if left:
        raise KeyError(f"Not in the table: {', '.join(left)}")
    return people


def _written(
    name: str,
    role: str,
    organisation: str,
    place: str,
    tags: str,
    tie: Tie,
    years: int,
    details: Mapping[str, Any],
) -> Written:
    own = {key: value for key, value in details.items() if key in ("last", "email")}
    more = {key: value for key, value in details.items() if key not in own}
    return Written(
        name=name,
        role=role,
        organisation=organisation,
        place=place,
        tags=tuple(tag.strip() for tag in tags.split(",") if tag.strip()),
        tie=tie,
        years=years,
        has_phone=random.Random(f"has phone, {name}").random() < 0.6,
        more=more,
        **own,
    )


def by_name(people: Iterable[Written]) -> dict[str, Written]:
    """They, by name. ValueError where two have the same."""
    found: dict[str, Written] = {}
    for person in people:
        if person.name in found:
            raise ValueError(f"{person.name} is there twice.")
        found[person.name] = person
    return found
