"""What a member wants, the ways there, and the introductions asked for."""

from introductions.models.consents import AddressFrom, Answer, Consent, ConsentState
from introductions.models.introductions import Event, Introduction
from introductions.models.limits import AskingLimit, AskingPause
from introductions.models.objectives import Objective, ObjectiveState, Review, Seat, SeatMatch, SeatState, Verdict
from introductions.models.plans import ActionKind, MemberPlan, Overview, PlanAction, Prospect
from introductions.models.routes import Route, RouteSearch
from introductions.models.today import PutAside

__all__ = [
    "ActionKind",
    "AddressFrom",
    "Answer",
    "AskingLimit",
    "AskingPause",
    "Consent",
    "ConsentState",
    "Event",
    "Introduction",
    "MemberPlan",
    "Objective",
    "ObjectiveState",
    "Overview",
    "PlanAction",
    "Prospect",
    "PutAside",
    "Review",
    "Route",
    "RouteSearch",
    "Seat",
    "SeatMatch",
    "SeatState",
    "Verdict",
]
