"""Standing back: the whole network of a member. A worker works the figures out from the member's own book alone and
keeps them in a row (`compute`, `shape`); the page reads them and the names as they are now (`reading`)."""

from introductions.overview.compute import members_waiting, refresh_overview
from introductions.overview.drawing import Map, map_of
from introductions.overview.reading import OverviewView, overview_of

__all__ = ["Map", "OverviewView", "map_of", "members_waiting", "overview_of", "refresh_overview"]
