"""Objective or target to explained routes: wanted in a row, computed by a worker, read and checked again by a page."""

from introductions.routes.compute import AT_ONCE, refresh_routes
from introductions.routes.legs import Leg
from introductions.routes.reading import LegView, RouteView, routes_by_target, routes_to
from introductions.services.searches import want_routes

__all__ = ["AT_ONCE", "Leg", "LegView", "RouteView", "refresh_routes", "routes_by_target", "routes_to", "want_routes"]
