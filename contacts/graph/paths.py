"""Introduction paths: the k best to one target, and the best to each of many.

A path runs asker -> introducer -> ... -> target over at most max_introducers + 1 legs.

- The leg at depth 0 is one of the asker's own ties. Every leg counts, that one too.
- A leg at depth d >= 1 is another member's shared tie u -> v with reach >= d, and only if the one who passed the
  request on to u and the owner of the tie, u, are connected members (for depth 1: the asker's account and u); or it is
  one of the asker's own acquaintances, at any depth, with no connection needed.
- No human comes twice. The asker and the target are never introducers; nor is anyone blocked.
- Vertices that the asker's cards join are one human: entered by any, left by any. They never lend each other a
  connection along shared ties: what counts is the account that owns each tie.
- The asker's direct tie to the target is no introduction. It is neither returned nor used; paths to somebody whom the
  asker knows already are those over somebody else.

Order: cost, then fewer hops, then the humans' vertices from the first introducer on, then each leg's (tail, head,
source).
Work grows with the rows of the asker's contacts and the target's, cut at the best cost known; see Work.
"""

from __future__ import annotations

from collections.abc import Sequence

from contacts.graph import engines
from contacts.graph.costs import MAX_COST, MIN_COST, SCALE, chance_of, cost_of, tie_cost_of
from contacts.graph.laying import lay
from contacts.graph.questions import Leg, Path, Question, Source, Work
from contacts.graph.snapshot import Snapshot

__all__ = [
    "MAX_COST",
    "MIN_COST",
    "SCALE",
    "Leg",
    "Path",
    "Question",
    "Source",
    "Work",
    "best_to_each",
    "chance_of",
    "cost_of",
    "k_best",
    "tie_cost_of",
]


def k_best(snapshot: Snapshot, question: Question, target: int, k: int, *, work: Work | None = None) -> list[Path]:
    """The best path over each first introducer, the k best of them, best first.

    Fewer than k where fewer introducers lead there; none for a blocked target, the asker, or an unknown vertex.
    """
    return engines.current().k_best(lay(snapshot, question), target, k, work or Work())


def best_to_each(
    snapshot: Snapshot, question: Question, targets: Sequence[int], *, work: Work | None = None
) -> dict[int, Path | None]:
    """For each target what k_best(..., k=1) would give first, or None. Targets in the order given, repeats once."""
    return engines.current().best_to_each(lay(snapshot, question), targets, work or Work())
