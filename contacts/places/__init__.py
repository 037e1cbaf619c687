"""Places: what a line names, and what lies in what. A bundled gazetteer, no network, no Django (decision 17).

Towns of 5,000 people and more, regions and countries of GeoNames (https://www.geonames.org), CC BY 4.0; names of
countries of the Unicode CLDR.
"""

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt
from typing import Final

from contacts.places.index import Place
from contacts.places.reading import meant
from contacts.places.spelling import spell

__all__ = ["Place", "lies_in", "meant", "naming", "near", "spell"]

NEAR_KM: Final = 40.0
_PART_KM: Final = 20
_EARTH_KM: Final = 6371.0


def lies_in(place: str, sought: str) -> bool:
    """Whether one line names what another asks for, or something inside: "München" lies in "Bavaria".

    Lines that the gazetteer does not know are compared as whole words: "Alfama" is found in "Alfama, Lisbon".
    """
    words = spell(sought)
    is_said = bool(words) and f" {words} " in f" {spell(place)} "
    wanted, there = meant(sought), meant(place)
    if not (wanted and there):
        return is_said
    if any(one.holds(other) for one in wanted for other in there):
        return True
    # Its name in another one's is another place ("Paris, Texas"), unless it is a part of it ("Brooklyn, New York").
    return is_said and (near(place, sought) or _PART_KM) < _PART_KM


def naming(sought: str, places: Iterable[str]) -> list[str]:
    """Those of the lines that `lies_in` finds to name what is sought, in their order."""
    return [place for place in places if lies_in(place, sought)]


def near(place: str, sought: str) -> int | None:
    """Kilometres, at most NEAR_KM, between towns that two lines name; None where they are farther, or no towns."""
    pairs = [
        (_between(one, other), one.number, other.number)
        for one in meant(sought)
        for other in meant(place)
        if one.kind == other.kind == "town" and one.country == other.country
    ]
    distance = min(pairs, default=(NEAR_KM + 1, 0, 0))[0]
    return round(distance) if distance <= NEAR_KM else None


def _between(one: Place, other: Place) -> float:
    """The great circle, by the haversine formula."""
    up = radians(other.latitude - one.latitude) / 2
    along = radians(other.longitude - one.longitude) / 2
    chord = sin(up) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(along) ** 2
    return 2 * _EARTH_KM * asin(sqrt(chord))
