"""Stand back as the page shows it: figures from a row, names and cards as they are now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from contacts.access import people_of
from contacts.graph import figure_word
from contacts.models import Person, Relation
from introductions.models import Overview, Prospect, Seat, SeatState
from netapp.accounts.models import User

TOO_MANY_BY_ONESELF: Final = 0.65
"""Uzzi and Dunlap, "How to build your network", Harvard Business Review 2005: beyond that a network is inbred."""
ENOUGH_SAID: Final = 10
"""Of fewer people a share says nothing."""
_LAYERS: Final = (
    ("5", "The closest five"),
    ("15", "The next ten"),
    ("50", "The next thirty-five"),
    ("150", "Up to a hundred and fifty"),
)
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the four layers; `more`: how many are not among `people`."""

    title: str
    people: Sequence[Person]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """Somebody who is fading or dormant, and why they are worth a mail."""

    person: Person
    is_dormant: bool
    once: str
    seats: Sequence[Seat]
    joins: bool


@dataclass(frozen=True, slots=True)
class Group:
    """People who know each other. name: what they have in common, or empty."""

    number: int
    name: str
    size: int
    people: Sequence[Person]


@dataclass(frozen=True, slots=True)
class Joiner:
    """Somebody who knows people of several groups."""

    person: Person
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True)
class Bar:
    """One quarter of a plot: where its bar stands in the drawing, and what it stands for."""

    label: str
    value: int
    x: int
    y: int
    height: int
    is_running: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """A row of bars. width, height: of the drawing; base: where the bars stand."""

    title: str
    about: str
    bars: Sequence[Bar]
    width: int
    height: int
    base: int
    bar_width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """What the page shows. Fields that are None say that there is too little to say anything."""

    is_pending: bool
    computed_at: datetime | None
    known: int
    recorded: int
    layers: Sequence[Layer]
    slid: Sequence[tuple[Person, str, str]]
    rose: Sequence[Person]
    resting: Sequence[Resting]
    ties: int
    effective: int | None
    constraint: float | None
    alone: int
    groups: Sequence[Group]
    joiners: Sequence[Joiner]
    through: int
    by_oneself: int
    unsaid: int
    bringers: Sequence[tuple[Person, int]]
    organisations: Sequence[tuple[str, int]]
    places: Sequence[tuple[str, int]]
    fields: Sequence[tuple[str, int]]
    tags: Sequence[tuple[str, int]]
    plots: Sequence[Plot]

    @property
    def said(self) -> int:
        """Of how many it is said how one came to know them."""
        return self.through + self.by_oneself

    @property
    def share_by_oneself(self) -> int | None:
        """Per cent to whom one introduced oneself; None where too little is said."""
        return round(100 * self.by_oneself / self.said) if self.said >= ENOUGH_SAID else None

    @property
    def is_inbred(self) -> bool:
        return self.said >= ENOUGH_SAID and self.by_oneself / self.said > TOO_MANY_BY_ONESELF

    @property
    def is_constrained(self) -> bool:
        """Whether constraint is high for a network of some size: few people, or people who know each other."""
        return self.constraint is not None and self.constraint > 0.3 and self.known >= ENOUGH_SAID


def overview_of(*, member: User, now: datetime) -> OverviewView:
    """The figures, with cards that are still there. Six queries. Writes nothing."""
    row = Overview.objects.filter(owner=member).first()
    figures: dict[str, Any] = row.figures if row else {}
    ids = set(_ids(figures))
    people = people_of(member).filter(relation=Relation.KNOWN, archived_at=None)
    cards = {str(key): card for key, card in people.defer("notes", "search_text").in_bulk(list(ids)).items()}
    groups = [
        Group(number, one["name"], one["size"], _present(one["people"], cards))
        for number, one in enumerate(figures.get("groups", ()), start=1)
    ]
    seats = _seats(member, [one["person"] for one in figures.get("resting", ())])
    introduced = figures.get("introduced", {})
    effective = figures.get("effective")
    return OverviewView(
        is_pending=row is None or row.computed_at is None,
        computed_at=row.computed_at if row else None,
        known=figures.get("known", 0),
        recorded=figures.get("recorded", 0),
        layers=_layers(figures.get("layers", {}), cards),
        slid=[
            (cards[one["person"]], figure_word(one["before"]), figure_word(one["now"]))
            for one in figures.get("slid", ())
            if one["person"] in cards
        ],
        rose=_present(figures.get("rose", ()), cards),
        resting=[
            Resting(
                person=cards[one["person"]],
                is_dormant=one["is_dormant"],
                once=figure_word(one["once"]),
                seats=seats.get(one["person"], []),
                joins=one["joins"],
            )
            for one in figures.get("resting", ())
            if one["person"] in cards
        ],
        ties=figures.get("ties", 0),
        effective=None if effective is None else round(effective),
        constraint=figures.get("constraint"),
        alone=figures.get("alone", 0),
        groups=groups,
        joiners=[
            Joiner(cards[one["person"]], [groups[place] for place in one["groups"] if place < len(groups)])
            for one in figures.get("joiners", ())
            if one["person"] in cards
        ],
        through=introduced.get("through", 0),
        by_oneself=introduced.get("by_oneself", 0),
        unsaid=introduced.get("unknown", 0),
        bringers=[
            (cards[one["person"]], one["times"]) for one in introduced.get("bringers", ()) if one["person"] in cards
        ],
        organisations=_pairs(figures.get("organisations", ())),
        places=_pairs(figures.get("places", ())),
        fields=_pairs(figures.get("fields", ())),
        tags=_pairs(figures.get("tags", ())),
        plots=_plots(figures.get("quarters", ())),
    )


def _ids(figures: Mapping[str, Any]) -> Iterable[UUID]:
    for texts in (
        *figures.get("layers", {}).values(),
        figures.get("rose", ()),
        *(one["people"] for one in figures.get("groups", ())),
        *([one["person"]] for part in ("slid", "resting", "joiners") for one in figures.get(part, ())),
        *([one["person"]] for one in figures.get("introduced", {}).get("bringers", ())),
    ):
        yield from (UUID(text) for text in texts)


def _present(ids: Iterable[str], cards: Mapping[str, Person]) -> list[Person]:
    return [cards[one] for one in ids if one in cards]


def _pairs(rows: Iterable[Sequence[Any]]) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in rows]


def _layers(found: Mapping[str, Sequence[str]], cards: Mapping[str, Person]) -> list[Layer]:
    layers = []
    for key, title in _LAYERS:
        people = _present(found.get(key, ()), cards)
        if people:
            layers.append(Layer(title, people[:_SHOWN], max(0, len(people) - _SHOWN)))
    return layers


def _seats(member: User, people: Sequence[str]) -> dict[str, list[Seat]]:
    """By person, the open seats that would come nearer. Two queries."""
    rows = Prospect.objects.filter(owner=member, person__in=[UUID(one) for one in people])
    wanted = {str(row.person_id): [one["seat"] for one in row.opens] for row in rows}
    ids = {seat for seats in wanted.values() for seat in seats}
    open_ = Seat.objects.filter(owner=member, state=SeatState.OPEN, objective__state="open", objective__deleted_at=None)
    seats = {str(key): seat for key, seat in open_.in_bulk(list(ids)).items()}
    return {person: [seats[one] for one in found if one in seats] for person, found in wanted.items()}


# --- Plots ----------------------------------------------------------------------------------------------------------

_HEIGHT, _BASE, _BAR, _GAP = 120, 96, 44, 12
_PLOTS: Final = (
    ("touch", "In touch", "people with whom there was contact in the quarter"),
    ("new", "New", "people with whom there was contact for the first time"),
    ("close", "Close", "people who were close at the end of it"),
)


def _plots(quarters: Sequence[Mapping[str, Any]]) -> list[Plot]:
    plots = []
    for key, title, about in _PLOTS:
        most = max((one[key] for one in quarters), default=0)
        if not most:
            continue
        bars = []
        for place, one in enumerate(quarters):
            height = round((_BASE - 20) * one[key] / most)
            bars.append(
                Bar(
                    label=_quarter(one["from"]),
                    value=one[key],
                    x=place * (_BAR + _GAP),
                    y=_BASE - height,
                    height=height,
                    is_running=place == len(quarters) - 1,
                )
            )
        plots.append(Plot(title, about, bars, len(bars) * (_BAR + _GAP) - _GAP, _HEIGHT, _BASE, _BAR))
    return plots


def _quarter(day: str) -> str:
    first = date.fromisoformat(day)
    return f"{'I' * ((first.month - 1) // 3 + 1) if first.month < 10 else 'IV'} {first.year % 100:02}"
