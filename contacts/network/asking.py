"""One member's network at one moment, ready to be asked for ways to a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contacts.graph import Path, Question, Snapshot, Source, chance_of, k_best
from contacts.graph.questions import MAX_INTRODUCERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One leg, in rows. `tail` is None for the asker.

    tail, head: card ids; the asker's own card of that human where there is one, else the card that its owner shares.
    source: whose knowledge it is. card: for a shared tie the very card that stands for it. acquaintance: its id for an
    acquaintance. chance: that head says yes, asks of late included.
    """

    tail: UUID | None
    head: UUID
    source: Source
    card: UUID | None
    acquaintance: UUID | None
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to a person. cost and chance as in contacts.graph; weakest: index of the step least likely to hold."""

    steps: tuple[Step, ...]
    cost: int
    chance: float
    weakest: int

    @property
    def introducers(self) -> tuple[UUID, ...]:
        """The people to be asked, in order."""
        return tuple(step.head for step in self.steps[:-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the engine is told of the asker; the fields are those of contacts.graph.questions.Question."""

    asker: int
    own_ties: Sequence[tuple[int, int]]
    acquaintances: Sequence[tuple[int, int, int]]
    joined: Sequence[Sequence[int]]
    ask_load: Mapping[int, int]
    blocked_ties: Sequence[tuple[int, int]]

    def question(self, max_introducers: int) -> Question:
        """As the engine wants it."""
        return Question(
            asker=self.asker,
            own_ties=self.own_ties,
            acquaintances=self.acquaintances,
            joined=self.joined,
            ask_load=self.ask_load,
            blocked_ties=self.blocked_ties,
            max_introducers=max_introducers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Made by `network_of`; immutable, for as many questions as belong to one piece of work.

    vertices: of every card that can be a target, own or shared. own_card: vertex -> the asker's card of that human.
    shared_card: (owner's vertex, vertex) -> the card behind that tie. known: (vertex, vertex) -> the acquaintance.
    """

    ask: Ask
    snapshot: Snapshot
    vertices: Mapping[UUID, Sequence[int]]
    own_card: Mapping[int, UUID]
    shared_card: Mapping[tuple[int, int], UUID]
    known: Mapping[tuple[int, int], UUID]
    _questions: dict[int, Question] = field(default_factory=dict, init=False, repr=False, compare=False)

    def _question(self, max_introducers: int) -> Question:
        """One for all targets: the engine keeps with it what it prepared for the first of them."""
        if max_introducers not in self._questions:
            self._questions[max_introducers] = self.ask.question(max_introducers)
        return self._questions[max_introducers]

    def ways(self, target: UUID, *, k: int, max_introducers: int = MAX_INTRODUCERS) -> list[Way]:
        """At most k ways to a card, best first, each over another first introducer. None for a card out of sight."""
        question = self._question(max_introducers)
        best: dict[int, Path] = {}
        for vertex in self._goals(target):
            for path in k_best(self.snapshot, question, vertex, k):
                first = path.vertices[1]
                if first not in best or _order(path) < _order(best[first]):
                    best[first] = path
        return [self._way(path, target) for path in sorted(best.values(), key=_order)[:k]]

    def _goals(self, target: UUID) -> Sequence[int]:
        """The vertices to search for: one is enough where the asker's own card joins them."""
        vertices = self.vertices.get(target, ())
        is_own = any(self.own_card.get(vertex) == target for vertex in vertices)
        return vertices[:1] if is_own else vertices

    def _way(self, path: Path, target: UUID) -> Way:
        steps: list[Step] = []
        for leg in path.legs:
            card = self.shared_card[leg.tail, leg.head] if leg.source is Source.SHARED else None
            own = self.own_card.get(leg.head)
            head = target if leg is path.legs[-1] else own or card
            assert head is not None
            steps.append(
                Step(
                    tail=steps[-1].head if steps else None,
                    head=head,
                    source=leg.source,
                    card=card,
                    acquaintance=self.known[leg.tail, leg.head] if leg.source is Source.ACQUAINTANCE else None,
                    chance=leg.chance,
                )
            )
        return Way(
            steps=tuple(steps),
            cost=path.cost,
            chance=chance_of(path.cost),
            weakest=path.legs.index(path.weakest),
        )


def _order(path: Path) -> tuple[int, int, tuple[int, ...]]:
    """The order of the engine: cheaper, then shorter, then by vertex."""
    return path.cost, len(path.legs), path.vertices
