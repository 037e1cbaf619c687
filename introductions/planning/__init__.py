"""What to do next: candidates from where the objectives stand, the plan among them, its days, and what each person
would open. Worked out by a worker into rows (`compute`), read and checked again by a page (`reading`)."""

from introductions.planning.compute import members_waiting, refresh_plan
from introductions.planning.reading import PlanView, Way, WhatIf, action_of, gaps_of, plan_of, what_if

__all__ = [
    "PlanView",
    "Way",
    "WhatIf",
    "action_of",
    "gaps_of",
    "members_waiting",
    "plan_of",
    "refresh_plan",
    "what_if",
]
