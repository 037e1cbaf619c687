"""The map: where everybody stands, drawn on the server, with a list of the same beside it.

Near is close; a sector is a group of people who know each other. A line joins two of whom the member noted that they
know each other. Open seats with nobody stand dashed at the rim.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from contacts.access import people_of
from contacts.graph import figure_word
from contacts.models import Person, Relation
from contacts.words import fold, search_words
from introductions.models import Overview, Seat, SeatMatch, SeatState, Verdict
from introductions.overview.shape import placed
from netapp.accounts.models import User

RADIUS: Final = 1000
EDGE: Final = 1180
"""Half the width of the drawing: names need room beside the last points."""
_HUES: Final = 12
"""Of the avatars; neighbours on the map get hues that lie apart."""
_NAMED: Final = 15
"""So many, the closest or those found, have their name beside their point."""


@dataclass(frozen=True, slots=True)
class Point:
    """Somebody on the map. css: of their group and whether they are meant by the search."""

    person: Person
    x: int
    y: int
    radius: int
    css: str
    strength: str
    is_named: bool
    label_x: int
    anchor: str

    @property
    def evidence(self) -> str:
        """What one reads over a point."""
        return f"{self.person.full_name}: {self.strength}. {self.person.strength_reason}".strip()


@dataclass(frozen=True, slots=True)
class Line:
    """Two who know each other."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Empty:
    """An open seat that nobody fits."""

    seat: Seat
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People who know each other, as the list has them. number: from 1; 0 are those in no group."""

    number: int
    name: str
    points: Sequence[Point]

    @property
    def css(self) -> str:
        """The colour of its points."""
        return _colour(self.number - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What is drawn, and the groups of the list. group: the one that is looked at closely; None for all."""

    is_pending: bool
    points: Sequence[Point]
    lines: Sequence[Line]
    empty: Sequence[Empty]
    groups: Sequence[Group]
    group: Group | None
    view_box: str
    found: int
    left_out: int


def map_of(*, member: User, q: str = "", group: int | None = None) -> Map:
    """The map from the row, with cards that are still there. Four queries.

    q: whom to mark. group: draw this one alone, around the whole circle.
    """
    row = Overview.objects.filter(owner=member).first()
    figures: Mapping[str, Any] = row.figures if row else {}
    drawn = figures.get("map", {"people": [], "lines": []})
    people = people_of(member).filter(relation=Relation.KNOWN, archived_at=None)
    cards = {str(key): card for key, card in people.defer("notes").in_bulk([one[0] for one in drawn["people"]]).items()}
    spots = {
        place: _Spot(cards[card_id], x, y, label + 1)
        for place, (card_id, x, y, label) in enumerate(drawn["people"])
        if card_id in cards and group in (None, label + 1)
    }
    if group is not None:
        spots = _around(spots)
    words = search_words(q)
    near = sorted((spot.card.strength or 0.0 for spot in spots.values()), reverse=True)
    least = max(near[min(_NAMED, len(near)) - 1], 0.01) if near else 0.0
    points: dict[int, Point] = {}
    for place, spot in spots.items():
        text = fold(f"{spot.card.full_name} {spot.card.role} {spot.card.organisation}")
        is_meant = bool(words) and all(word in text for word in words)
        is_named = is_meant or (not words and (spot.card.strength or 0.0) >= least)
        points[place] = _point(spot, is_meant=is_meant, is_named=is_named)
    numbers = {place: spot.group for place, spot in spots.items()}
    lines = [
        Line(points[a].x, points[a].y, points[b].x, points[b].y)
        for a, b in drawn["lines"]
        if a in points and b in points
    ]
    names = [one["name"] for one in figures.get("groups", ())]
    groups = _groups(points, numbers, names)
    return Map(
        is_pending=row is None or row.computed_at is None,
        points=list(points.values()),
        lines=lines,
        empty=[] if group is not None else _empty(member),
        groups=groups,
        group=next((one for one in groups if one.number == group), None),
        view_box=f"{-EDGE} {-EDGE} {2 * EDGE} {2 * EDGE}",
        found=sum("map__point--meant" in point.css for point in points.values()),
        left_out=max(0, figures.get("known", 0) - len(drawn["people"])),
    )


@dataclass(frozen=True, slots=True)
class _Spot:
    card: Person
    x: int
    y: int
    group: int


def _around(spots: Mapping[int, _Spot]) -> dict[int, _Spot]:
    """The same people, with the whole circle for themselves."""
    found = list(spots.items())
    strength = np.array([np.nan if spot.card.strength is None else spot.card.strength for _, spot in found], np.float64)
    x, y = placed(strength, np.zeros(strength.size, np.int64))
    return {
        place: _Spot(spot.card, round(RADIUS * float(at_x)), round(RADIUS * float(at_y)), spot.group)
        for (place, spot), at_x, at_y in zip(found, x, y, strict=True)
    }


def _point(spot: _Spot, *, is_meant: bool, is_named: bool) -> Point:
    card, x, y = spot.card, spot.x, spot.y
    near = card.strength or 0.0
    radius = 9 + round(13 * near)
    css = f"map__point {_colour(spot.group - 1)}"
    return Point(
        person=card,
        x=x,
        y=y,
        radius=radius,
        css=f"{css} map__point--meant" if is_meant else css,
        strength=figure_word(card.strength),
        is_named=is_named,
        label_x=x + (radius + 8 if x >= 0 else -radius - 8),
        anchor="start" if x >= 0 else "end",
    )


def _colour(label: int) -> str:
    return f"hue-{label * 5 % _HUES}" if label >= 0 else "map__point--none"


def _groups(points: Mapping[int, Point], numbers: Mapping[int, int], names: Sequence[str]) -> list[Group]:
    by_number: dict[int, list[Point]] = {}
    for place, point in points.items():
        by_number.setdefault(numbers[place], []).append(point)
    groups = []
    for number in sorted(by_number, key=lambda one: (one == 0, one)):
        mine = sorted(by_number[number], key=lambda point: (-(point.person.strength or 0.0), point.person.sort_key))
        name = names[number - 1] if 0 < number <= len(names) else ""
        if not name:
            name = f"Around {mine[0].person.full_name}" if number else "In no group"
        groups.append(Group(number=number, name=name, points=mine))
    return groups


def _empty(member: User) -> list[Empty]:
    """Open seats without anybody, evenly along the rim from the top. One query."""
    somebody = SeatMatch.objects.exclude(verdict=Verdict.DISMISSED).values("seat")
    seats = Seat.objects.filter(
        owner=member, state=SeatState.OPEN, objective__state="open", objective__deleted_at=None
    ).exclude(id__in=somebody)
    found = list(seats.order_by("objective_id", "position", "id")[:12])
    turns = [2 * math.pi * (place + 0.5) / max(len(found), 1) - math.pi / 2 for place in range(len(found))]
    return [
        Empty(seat, round(1.06 * RADIUS * math.cos(turn)), round(1.06 * RADIUS * math.sin(turn)))
        for seat, turn in zip(found, turns, strict=True)
    ]
