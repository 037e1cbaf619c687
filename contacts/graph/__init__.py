"""The engine: introduction paths, strength and willingness. Numbers only; no Django, no person.

The names that the rest of the program uses; each is explained where it is written.
"""

from contacts.graph.book import BookStrengths, book_strengths
from contacts.graph.communities import communities, modularity
from contacts.graph.coverage import Dependence, Moves, Ways, dependence, gains
from contacts.graph.ego import EgoFigures, ego_figures, mutual_contacts
from contacts.graph.paths import (
    Leg,
    Path,
    Question,
    Source,
    Work,
    best_to_each,
    chance_of,
    cost_of,
    k_best,
    tie_cost_of,
)
from contacts.graph.planning import Plan, Step, plan
from contacts.graph.snapshot import Snapshot, SnapshotError
from contacts.graph.strength import Contact, Direction, Kind, Layer, Strength, strength
from contacts.graph.undirected import Undirected
from contacts.graph.willingness import Answer, ask_load_factor, seat_chance, willingness
from contacts.graph.wording import figure_word

__all__ = [  # noqa: RUF022 (sorted by subject)
    # How close a tie is, and why
    "BookStrengths",
    "Contact",
    "Direction",
    "Kind",
    "Layer",
    "Strength",
    "book_strengths",
    "figure_word",
    "strength",
    # Whether somebody passes a request on
    "Answer",
    "ask_load_factor",
    "chance_of",
    "cost_of",
    "seat_chance",
    "tie_cost_of",
    "willingness",
    # Who can introduce whom
    "Leg",
    "Path",
    "Question",
    "Snapshot",
    "SnapshotError",
    "Source",
    "Work",
    "best_to_each",
    "k_best",
    # Standing back: one's place, groups, seats and what would open them
    "Dependence",
    "EgoFigures",
    "Moves",
    "Plan",
    "Step",
    "Undirected",
    "Ways",
    "communities",
    "dependence",
    "ego_figures",
    "gains",
    "modularity",
    "mutual_contacts",
    "plan",
]
