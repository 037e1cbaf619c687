"""Routes as a page may show them: read from rows, and every leg asked again.

A route is shown only while all of it still holds: the member's own cards and records are there, and each tie of
another member is still shared as far as the route needs it, through connections in force, by the account whose verified
address stands on the card before it. What does not hold is left out here; the worker finds what to put in its place.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from contacts.graph import Source, figure_word
from contacts.handles import HandleKind
from contacts.models import Acquaintance, Closeness, Person, Relation
from contacts.network.chances import ACQUAINTED
from contacts.shared import Circle, SharedCard, circle_of, naming_handles, shared_cards
from introductions import asked, limits
from introductions.models import Route
from introductions.parties import ask_query
from introductions.routes.legs import Leg
from introductions.routes.words import asked_words, chance_words
from netapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """One leg in words. `words` under the line; `evidence` and `evidence_date` from the member's own book only.

    head_id: the card that the leg leads to.
    """

    tail: str
    head: str
    head_id: UUID
    head_about: str
    head_card: Person | None
    source: Source
    strength: str
    words: str
    evidence: str
    evidence_date: date | None
    is_weakest: bool
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """One way to a target, every leg checked. `people`, `drawn`: as templates/partials/path.html wants them.

    is_resting: the introducer has been asked enough of late, by whomever.
    resting_later: those further along of whom the same is true, as far as they stand in the member's own book.
    """

    introducer: Person
    legs: Sequence[LegView]
    chance: float
    times_asked: int
    is_resting: bool = False
    resting_later: tuple[str, ...] = ()

    @property
    def further(self) -> list[UUID]:
        """The cards of the introducers behind the first, in the order of asking."""
        return [leg.head_id for leg in self.legs[1:-1]]

    @property
    def ask_query(self) -> str:
        """This way, in the address of the page to ask on."""
        return ask_query(self.introducer.id, self.further)

    @property
    def chance_words(self) -> str:
        return chance_words(self.chance)

    @property
    def asked_words(self) -> str:
        return asked_words(self.times_asked)

    @property
    def distance(self) -> int:
        """How many people stand between."""
        return len(self.legs) - 1

    @property
    def weakest(self) -> LegView:
        return next(leg for leg in self.legs if leg.is_weakest)

    @property
    def line(self) -> str:
        """The way in one line: "Ana → Ben"."""
        return " → ".join(leg.head for leg in self.legs)

    @property
    def people(self) -> list[dict[str, str]]:
        heads = [{"label": leg.head, "note": leg.head_about} for leg in self.legs]
        return [{"label": "You", "note": ""}, *heads]

    @property
    def drawn(self) -> list[dict[str, object]]:
        return [{"strength": leg.strength, "words": leg.words, "weakest": leg.is_weakest} for leg in self.legs]


def routes_to(*, member: User, target: UUID, now: datetime) -> list[RouteView]:
    """The routes to one card that hold now, best first."""
    return routes_by_target(member=member, targets=[target], now=now).get(target, [])


def routes_by_target(
    *, member: User, targets: Collection[UUID], now: datetime, circle: Circle | None = None
) -> dict[UUID, list[RouteView]]:
    """The routes to each of these cards that hold now, best first; those over somebody who has been asked enough of
    late come last, those at whose first step above all. Sixteen queries at most, whatever their number."""
    rows = list(
        Route.objects.filter(search__owner=member, search__target__in=targets)
        .order_by("search_id", "rank")
        .select_related("search")
    )
    if not rows:
        return {}
    legs = {row.id: [Leg.read(leg) for leg in row.legs] for row in rows}
    facts = _facts(member, circle or circle_of(member.pk, now), [leg for way in legs.values() for leg in way])
    introducers = {row.introducer_id for row in rows}
    times = asked.asked_lately(member_id=member.pk, person_ids=introducers, now=now)
    # Of somebody who is in another's book alone, the member knows no address to be told about.
    later = {leg.head for way in legs.values() for leg in way[1:-1] if leg.head in facts.own}
    tired = limits.resting_people(introducers | later, member_id=member.pk, now=now)
    found: dict[UUID, list[RouteView]] = {}
    for row in rows:
        way = legs[row.id]
        if way[-1].head == row.search.target_id and facts.hold(way):
            found.setdefault(row.search.target_id, []).append(
                RouteView(
                    introducer=facts.own[row.introducer_id],
                    legs=facts.views(way, row.weakest),
                    chance=row.chance,
                    times_asked=times.get(row.introducer_id, 0),
                    is_resting=row.introducer_id in tired,
                    resting_later=tuple(facts.own[leg.head].full_name for leg in way[1:-1] if leg.head in tired),
                )
            )
    return {
        target: sorted(ways, key=lambda way: (way.is_resting, bool(way.resting_later)))
        for target, ways in found.items()
    }


@dataclass(slots=True)
class _Facts:
    """What stands in the rows at this moment about everybody on the routes."""

    member_id: int
    circle: Circle
    own: Mapping[UUID, Person]
    shared: Mapping[UUID, SharedCard]
    known: Mapping[UUID, Acquaintance]
    members: Mapping[UUID, set[int]] = field(default_factory=dict)

    def hold(self, way: Sequence[Leg]) -> bool:
        """Whether each leg still stands."""
        return len(way) > 1 and all(self._holds(way, position) for position in range(len(way)))

    def _holds(self, way: Sequence[Leg], position: int) -> bool:
        leg = way[position]
        if leg.head not in self.own and leg.head not in self.shared:
            return False
        if position == 0:
            friend = self.own.get(leg.head)
            return (
                leg.source is Source.OWN
                and friend is not None
                and friend.relation == Relation.KNOWN
                and friend.archived_at is None
            )
        if leg.source is Source.ACQUAINTANCE:
            record = self.known.get(leg.acquaintance) if leg.acquaintance else None
            return record is not None and record.closeness != Closeness.NONE
        card = self.shared.get(leg.card) if leg.card else None
        if card is None or card.reach < position or card.owner.pk not in self.members.get(way[position - 1].head, ()):
            return False
        before = {self.member_id} if position == 1 else self.members.get(way[position - 2].head, set())
        return any(tuple(sorted((one, card.owner.pk))) in self.circle.pairs for one in before)

    def views(self, way: Sequence[Leg], weakest: int) -> list[LegView]:
        """The legs in words."""
        shown: list[LegView] = []
        for position, leg in enumerate(way):
            tail = shown[-1].head if shown else "You"
            shown.append(self._view(leg, tail, position == weakest))
        return shown

    def _view(self, leg: Leg, tail: str, is_weakest: bool) -> LegView:
        mine = self.own.get(leg.head)
        if mine is not None:
            name, role, organisation = mine.full_name, mine.role, mine.organisation
        else:
            card = self.shared[leg.head]
            name, role, organisation = card.name, card.role, card.organisation
        strength, evidence, evidence_date = self._evidence(leg, tail)
        return LegView(
            tail=tail,
            head=name,
            head_id=leg.head,
            head_about=", ".join(part for part in (role, organisation) if part),
            head_card=mine,
            source=leg.source,
            strength=strength,
            words={"unknown": "not known"}.get(strength, strength),
            evidence=evidence,
            evidence_date=evidence_date,
            is_weakest=is_weakest,
            chance=leg.chance,
        )

    def _evidence(self, leg: Leg, tail: str) -> tuple[str, str, date | None]:
        if leg.source is Source.OWN:
            friend = self.own[leg.head]
            return figure_word(friend.strength), friend.strength_reason or "No contact recorded yet.", None
        if leg.source is Source.ACQUAINTANCE:
            assert leg.acquaintance is not None
            record = self.known[leg.acquaintance]
            strength = figure_word(ACQUAINTED[Closeness(record.closeness)])
            return strength, record.evidence or "You noted that they know each other.", record.evidence_date
        assert leg.card is not None
        return self.shared[leg.card].strength_word, f"{tail} shares that they know each other.", None


def _facts(member: User, circle: Circle, legs: Sequence[Leg]) -> _Facts:
    heads = {leg.head for leg in legs}
    cards = {leg.card for leg in legs if leg.card}
    records = {leg.acquaintance for leg in legs if leg.acquaintance}
    own = Person.objects.filter(owner=member, deleted_at=None).defer("notes", "search_text").in_bulk(list(heads))
    return _Facts(
        member_id=member.pk,
        circle=circle,
        own=own,
        shared=shared_cards(circle, heads | cards),
        known={record.id: record for record in Acquaintance.objects.filter(owner=member, id__in=records)},
        members=_members(heads),
    )


def _members(cards: Collection[UUID]) -> dict[UUID, set[int]]:
    """Card -> the accounts that have verified an address which names it. Two queries."""
    handles = naming_handles().filter(person__in=list(cards), identity__kind=HandleKind.EMAIL)
    by_address: dict[str, set[UUID]] = {}
    for person_id, address in handles.values_list("person_id", "identity__value"):
        by_address.setdefault(address, set()).add(person_id)
    verified = (
        EmailAddress.objects.filter(verified=True, user__is_active=True)
        .annotate(address=Lower("email"))
        .filter(address__in=list(by_address))
        .values_list("address", "user_id")
    )
    found: dict[UUID, set[int]] = {}
    for address, user_id in verified:
        for person_id in by_address[address]:
            found.setdefault(person_id, set()).add(user_id)
    return found
