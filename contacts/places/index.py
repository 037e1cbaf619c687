"""The gazetteer in memory: which places have a name. Read from its file at the first question and kept as one run of
bytes, in which names are found by halving: some seven megabytes a process, and a tenth of a second once.
"""

import gzip
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np

_FILE: Final = Path(__file__).parent / "gazetteer.gz"

Kind = Literal["country", "region", "town"]
_KINDS: Final[dict[str, Kind]] = {"c": "country", "r": "region", "t": "town"}


@dataclass(frozen=True, slots=True)
class Place:
    """A country, one of its regions, or a town. `country` and `region` are GeoNames' codes ("PT", "14").

    people: inhabitants; of a region or country those of its towns. latitude, longitude: degrees, of a town.
    """

    number: int
    kind: Kind
    country: str
    region: str
    people: int
    latitude: float
    longitude: float
    name: str

    def holds(self, other: "Place") -> bool:
        """Whether `other` is this place, or lies in it."""
        if self.kind == "town":
            return self.number == other.number
        if self.country != other.country:
            return False
        return self.kind == "country" or (other.kind != "country" and self.region == other.region)


@dataclass(frozen=True, slots=True)
class Named:
    """A place that has the name asked for. is_main: by that name it is known, not only in another language or time."""

    place: Place
    is_main: bool


class Gazetteer:
    """The file, looked into."""

    def __init__(self, data: bytes) -> None:
        ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
        # Not the array itself: numbers of NumPy are several times slower to slice with.
        self._data, self._ends = data, array("I", ends.tolist())
        self.rows = int(data[: self._ends[0]])
        self._names = range(self.rows + 1, len(self._ends))

    def find(self, name: str) -> tuple[list[Named], bool]:
        """The places of a name as `spell` writes it, and whether longer names begin with it and another word."""
        wanted = name.encode()
        at = bisect_left(self._names, wanted + b"\t", key=self._name_key)
        found = []
        line = self._line(self._names[at]) if at < len(self._names) else b""
        if line.startswith(wanted + b"\t"):
            numbers = [int(number) for number in line[len(wanted) + 1 :].split()]
            found = [Named(self.place(abs(number)), number > 0) for number in numbers]
        # A space sorts after the tabulator and before every letter: what begins with this name and a space follows.
        after = bisect_left(self._names, wanted + b" ", lo=at, key=self._name_key)
        return found, after < len(self._names) and self._line(self._names[after]).startswith(wanted + b" ")

    def place(self, number: int) -> Place:
        """The place of a row, counted from 1."""
        kind, country, region, people, latitude, longitude, name = self._line(number).decode().split("\t")
        return Place(number, _KINDS[kind], country, region, int(people), float(latitude), float(longitude), name)

    def _line(self, number: int) -> bytes:
        return self._data[self._ends[number - 1] + 1 : self._ends[number]]

    def _name_key(self, number: int) -> bytes:
        line = self._line(number)
        return line[: line.index(b"\t") + 1]


@lru_cache(maxsize=16_384)
def places_named(name: str) -> tuple[tuple[Named, ...], bool]:
    """`Gazetteer.find` of the one gazetteer; the same few names come again and again."""
    found, goes_on = gazetteer().find(name)
    return tuple(found), goes_on


@cache
def gazetteer() -> Gazetteer:
    """The one of this process."""
    return Gazetteer(gzip.decompress(_FILE.read_bytes()))
