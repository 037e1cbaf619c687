"""The engine: introduction paths, strength and willingness. Numbers only; no Django, no person.

The few names that the rest of the program uses; each is explained where it is written.
"""

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
)
from contacts.graph.snapshot import Snapshot, SnapshotError

__all__ = [
    "Leg",
    "Path",
    "Question",
    "Snapshot",
    "SnapshotError",
    "Source",
    "Work",
    "best_to_each",
    "chance_of",
    "cost_of",
    "k_best",
]
