"""Rows to numbers: everything that one member may use, read fresh. Eleven queries, whatever the size of the books.

Only ties within the member's reach are read (contacts.shared), so that nothing else can come out of a search: sharing
that was withdrawn, a card archived or deleted, a connection ended are out of the next network.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Count, Q
from django.db.models.functions import Lower

from contacts.graph import Answer, Snapshot, cost_of, willingness
from contacts.graph.paths import MAX_COST
from contacts.handles import HandleKind
from contacts.models import Acquaintance, Closeness, Handle, Identity, Person, Relation
from contacts.network.asking import Ask, Network
from contacts.network.chances import ACQUAINTED, AskLoad
from contacts.network.vertices import Vertices
from contacts.shared import Circle, circle_of, shared_people, within_reach


def network_of(
    member_id: int,
    *,
    now: datetime,
    answers: Mapping[UUID, Sequence[Answer]] | None = None,
    ask_load: Mapping[str, AskLoad] | None = None,
) -> Network:
    """What the member may use at `now`.

    answers: what the member's own people (by card id) answered when they were asked. ask_load: how often somebody at
    that address (normalised) was asked of late, by anybody. Both are kept by the apps above.
    """
    circle = circle_of(member_id, now)
    own = list(Person.objects.filter(owner=member_id, deleted_at=None).values_list(*_OWN))
    shared = list(shared_people(circle).values_list("id", "owner_id", "reach", "strength"))
    names, members, addresses = names_of(circle)
    vertices = Vertices(members)
    builder = _Builder(member_id, vertices, names, now, answers or {})
    builder.lay_own(own)
    builder.lay_acquaintances()
    builder.lay_shared(shared)
    loads = _loads(ask_load or {}, addresses, vertices)
    snapshot = _snapshot(circle, vertices, builder.shared)
    return Network(
        ask=Ask(
            asker=builder.asker,
            own_ties=builder.own_ties,
            acquaintances=[(u, v, cost) for (u, v), (cost, _) in builder.known.items()],
            joined=builder.joined,
            ask_load=loads,
            blocked_ties=builder.blocked_ties,
        ),
        snapshot=snapshot,
        vertices=builder.cards,
        own_card=builder.own_card,
        shared_card={pair: tie.card for pair, tie in builder.shared.items()},
        known={pair: acquaintance for pair, (_, acquaintance) in builder.known.items()},
    )


_OWN = ("id", "relation", "strength", "archived_at")
_OwnRow = tuple[UUID, str, float | None, datetime | None]


@dataclass(frozen=True, slots=True)
class _Shared:
    reach: int
    cost: int
    card: UUID


@dataclass(slots=True)
class _Builder:
    member_id: int
    numbers: Vertices
    names: Mapping[UUID, Sequence[int]]
    now: datetime
    answers: Mapping[UUID, Sequence[Answer]]
    asker: int = 0
    cards: dict[UUID, list[int]] = field(default_factory=dict)
    own_card: dict[int, UUID] = field(default_factory=dict)
    own_ties: list[tuple[int, int]] = field(default_factory=list)
    joined: list[list[int]] = field(default_factory=list)
    known: dict[tuple[int, int], tuple[int, UUID]] = field(default_factory=dict)
    blocked_ties: list[tuple[int, int]] = field(default_factory=list)
    shared: dict[tuple[int, int], _Shared] = field(default_factory=dict)
    at_hand: set[UUID] = field(default_factory=set)

    def lay_own(self, rows: Iterable[_OwnRow]) -> None:
        """The member's cards: those known and at hand are ties; every card joins its handles, for this member."""
        self.asker = self.numbers.member(self.member_id)
        usable: list[tuple[bool, UUID, float | None]] = []
        for person_id, relation, strength, archived_at in rows:
            vertices = [v for v in self.numbers.card(person_id, self.names.get(person_id, ())) if v != self.asker]
            if not vertices:  # the member's own card
                continue
            self.cards[person_id] = vertices
            if len(vertices) > 1:
                self.joined.append(vertices)
            if archived_at is None:
                self.at_hand.add(person_id)
            usable.append((relation == Relation.KNOWN and archived_at is None, person_id, strength))
        # Where two cards come to one vertex (two addresses of one account), the one known speaks for it.
        for is_tie, person_id, strength in sorted(usable, key=lambda row: (not row[0], row[1])):
            for vertex in self.cards[person_id]:
                self.own_card.setdefault(vertex, person_id)
            if is_tie:
                cost = cost_of(willingness(strength, self.answers.get(person_id, ()), now=self.now))
                self.own_ties.extend((vertex, cost) for vertex in self.cards[person_id])

    def lay_acquaintances(self) -> None:
        """Who of the member's people knows whom, both ways; "not well enough" bars that leg, shared or not."""
        rows = Acquaintance.objects.filter(owner=self.member_id).values_list("id", "a_id", "b_id", "closeness")
        for acquaintance_id, a, b, closeness in rows:
            if not {a, b} <= self.at_hand:
                continue
            if closeness == Closeness.NONE:
                for u in self.cards[a]:
                    for v in self.cards[b]:
                        self.blocked_ties += [(u, v), (v, u)]
                continue
            u, v = self.cards[a][0], self.cards[b][0]
            cost = cost_of(willingness(ACQUAINTED[Closeness(closeness)], now=self.now))
            for pair in ((u, v), (v, u)):
                found = (cost, acquaintance_id)
                if u != v and (pair not in self.known or found < self.known[pair]):
                    self.known[pair] = found

    def lay_shared(self, rows: Iterable[tuple[UUID, int, int, float | None]]) -> None:
        """Other members' ties: one to each vertex of the card, since its owner's word joins nothing for us."""
        for person_id, owner_id, reach, strength in rows:
            owner = self.numbers.member(owner_id)
            self.cards[person_id] = self.numbers.card(person_id, self.names.get(person_id, ()))
            tie = _Shared(reach, cost_of(willingness(strength, now=self.now)), person_id)
            for vertex in self.cards[person_id]:
                # Two cards of one owner can come to one vertex; the snapshot keeps the same one of them.
                old = self.shared.get((owner, vertex))
                if vertex != owner and (old is None or _rank(tie) < _rank(old)):
                    self.shared[owner, vertex] = tie


def _rank(tie: _Shared) -> tuple[int, int, UUID]:
    return -tie.reach, tie.cost, tie.card


def names_of(circle: Circle) -> tuple[dict[UUID, list[int]], dict[int, int], dict[str, list[int]]]:
    """For every card of the member's own and every one shared with them: card id -> the identities that name it.

    Then identity -> the member who has verified that address, and address -> its identities. Three queries.
    """
    owners = [circle.member_id, *circle.distances]
    live = Handle.objects.filter(owner__in=owners, identity__isnull=False, person__deleted_at=None)
    # A handle on several cards of one book names nobody in that book.
    unclear = set(
        live.values_list("owner_id", "identity_id")
        .annotate(cards=Count("person", distinct=True))
        .filter(cards__gt=1)
        .values_list("owner_id", "identity_id")
    )
    names: dict[UUID, list[int]] = defaultdict(list)
    addresses: dict[str, list[int]] = defaultdict(list)
    rows = live.filter(Q(owner=circle.member_id) | within_reach(circle, "person__")).values_list(
        "owner_id", "person_id", "identity_id", "identity__kind", "identity__value"
    )
    for owner_id, person_id, identity_id, kind, value in rows:
        assert identity_id is not None
        if (owner_id, identity_id) in unclear:
            continue
        names[person_id].append(identity_id)
        if kind == HandleKind.EMAIL:
            addresses[value].append(identity_id)
    in_play = Identity.objects.filter(kind=HandleKind.EMAIL, handles__owner__in=owners).values("value")
    verified = (
        EmailAddress.objects.filter(verified=True, user__is_active=True)
        .annotate(address=Lower("email"))
        .filter(address__in=in_play)
        .values_list("address", "user_id")
    )
    members = {identity: user_id for address, user_id in verified for identity in addresses.get(address, ())}
    return names, members, addresses


def _loads(asked: Mapping[str, AskLoad], addresses: Mapping[str, Sequence[int]], vertices: Vertices) -> dict[int, int]:
    loads: dict[int, int] = defaultdict(int)
    for address, load in asked.items():
        for identity in set(addresses.get(address, ())):
            vertex = vertices.identity(identity)
            loads[vertex] = min(MAX_COST, loads[vertex] + load.cost)
    return loads


def _snapshot(circle: Circle, vertices: Vertices, shared: Mapping[tuple[int, int], _Shared]) -> Snapshot:
    pairs = [(vertices.member(one), vertices.member(other)) for one, other in sorted(circle.pairs)]
    return Snapshot.build(
        n=len(vertices),
        owner=[owner for owner, _ in shared],
        target=[vertex for _, vertex in shared],
        cost=[tie.cost for tie in shared.values()],
        reach=[tie.reach for tie in shared.values()],
        connections=pairs,
    )
