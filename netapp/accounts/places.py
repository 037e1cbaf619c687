"""Countries and time zones to choose from, as the zone database lists them (the `tzdata` package)."""

from collections import defaultdict
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

# The other parts of the world in the zone database are aliases of these.
_REGIONS = frozenset(
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
)


@cache
def countries() -> list[tuple[str, str]]:
    """ISO 3166 code and English name, by name."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return sorted(((code, name) for code, name in rows), key=lambda row: row[1])


@cache
def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones by part of the world, under their towns: typing "Lis" in the list finds Lisbon."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(available_timezones()):
        region, _, town = name.partition("/")
        if region in _REGIONS and town:
            groups[region].append((name, town.replace("_", " ").replace("/", ", ")))
    return [("Everywhere", [("UTC", "UTC")]), *sorted(groups.items())]
