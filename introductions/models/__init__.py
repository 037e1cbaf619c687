"""What a member wants, the ways there, and the introductions asked for."""

from introductions.models.consents import Answer, Consent, ConsentState
from introductions.models.introductions import Event, Introduction
from introductions.models.objectives import Objective, ObjectiveState, Seat, SeatMatch, SeatState, Verdict
from introductions.models.routes import Route, RouteSearch

__all__ = [
    "Answer",
    "Consent",
    "ConsentState",
    "Event",
    "Introduction",
    "Objective",
    "ObjectiveState",
    "Route",
    "RouteSearch",
    "Seat",
    "SeatMatch",
    "SeatState",
    "Verdict",
]
