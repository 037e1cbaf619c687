"""Introductions as each party may read them. What the asker sees is made from `shown_state` and from their own deeds
alone; `state`, the consents' answers and their times never reach the asker's pages but through here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Case, IntegerField, Prefetch, Q, QuerySet, Value, When

from contacts.models import Acquaintance, Closeness, Person, Relation
from introductions import lifecycle, timing
from introductions.letters import Word, bounced
from introductions.lifecycle import Move, Party, State
from introductions.models import Answer, Consent, ConsentState, Event, Introduction, Route
from introductions.services import addresses
from netapp.accounts.models import User

ENDED: Final = tuple(sorted(state.value for state in lifecycle.ENDED))
_HELPED: Final = frozenset({State.INTRODUCED, State.FORWARDED, State.TALKED, State.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One introduction as its asker may know it. `css`: moving, waiting, done or closed."""

    id: UUID
    target: str
    target_first: str
    target_about: str
    target_card: Person | None
    introducer: str
    introducer_first: str
    shown: State
    state: str
    css: str
    since: datetime
    next: str
    next_at: datetime | None
    moves: frozenset[Move]
    is_told: bool

    @property
    def needs_me(self) -> bool:
        """Whether the asker has the ball."""
        return self.css == "waiting"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be asked. `evidence`: why Kith thinks so; `is_unproven`: no sign of contact with the asker;
    `closeness`: 0 to 3, how well they know the target."""

    person: Person
    reason: str
    evidence: str
    is_unproven: bool
    closeness: int = 0


def introductions_of(member: User) -> QuerySet[Introduction]:
    """Every introduction the member asked for, newest first, with what a `View` needs."""
    seen = Prefetch("events", Event.objects.filter(_seen_by_asker()), to_attr="seen_events")
    return (
        Introduction.objects.filter(owner=member)
        .select_related("owner", "target", "introducer")
        .prefetch_related(seen)
        .order_by("-created_at", "id")
    )


def in_hand(member: User) -> list[View]:
    """What is not over: first what the member has to do, then what is on its way."""
    rows = introductions_of(member).exclude(shown_state__in=ENDED)
    return sorted((view(row) for row in rows), key=lambda one: (not one.needs_me, -one.since.timestamp()))


def over(member: User) -> QuerySet[Introduction]:
    """What is over, the last begun first; each to be put through `view`."""
    return introductions_of(member).filter(shown_state__in=ENDED)


def view(introduction: Introduction) -> View:
    """What the asker may know; `introduction` from `introductions_of`."""
    shown = State(introduction.shown_state)
    introducer = introduction.introducer_name
    first, target_first = introducer.split(" ")[0], introduction.target_name.split(" ")[0]
    words = {
        State.DRAFT: ("a draft", "waiting", f"Read it once more and send it to {first}."),
        State.INTRODUCER_ASKED: ("on its way", "moving", "Nothing for you to do. You hear of it at the latest on"),
        State.FORWARDED: (f"{first} passes it on", "moving", f"Wait for a word from {target_first}."),
        State.INTRODUCED: ("introduced", "waiting", f"Write to {target_first}."),
        State.TALKED: ("you talked", "waiting", f"Tell {first} what came of it."),
        State.CLOSED: ("closed", "closed", ""),
        State.DECLINED: ("not this time", "closed", ""),
        State.WITHDRAWN: ("withdrawn", "closed", ""),
        State.MET: ("met meanwhile", "closed", ""),
    }
    state, css, then = words[shown]
    told = introduction.introducer_told_at is not None
    if shown is State.TALKED and told:
        css, then = "moving", "Close it when there is nothing more to come."
    seen: Sequence[Event] = getattr(introduction, "seen_events", ())
    moves = lifecycle.allowed_to_asker(shown)
    is_on_its_way = shown is State.INTRODUCER_ASKED and introduction.asked_at is not None
    return View(
        id=introduction.id,
        target=introduction.target_name,
        target_first=target_first,
        target_about=introduction.target_about,
        target_card=_own_card(introduction),
        introducer=introducer,
        introducer_first=first,
        shown=shown,
        state=state,
        css=css,
        since=seen[-1].at if seen else introduction.created_at,
        next=then,
        next_at=timing.told_by(introduction.asked_at, introduction.owner.zone)
        if is_on_its_way and introduction.asked_at
        else None,
        moves=moves,
        is_told=told,
    )


def _own_card(introduction: Introduction) -> Person | None:
    """The target's card, where it is in the asker's own book and not deleted."""
    card = introduction.target
    return card if card and card.owner_id == introduction.owner_id and card.deleted_at is None else None


def can_tell(introduction: Introduction) -> bool:
    """Whether there is an introducer who helped and has not been told what came of it."""
    if introduction.shown_state not in _HELPED or introduction.introducer_told_at is not None:
        return False
    return introduction.consents.filter(party=Party.INTRODUCER, state=ConsentState.ANSWERED).exists()


# --- The log as the asker may read it -------------------------------------------------------------------------------


def _seen_by_asker() -> Q:
    """The asker's own deeds, the yes of both, a friend who passes it on, and the end once it is told. Nothing else:
    what is left out is left out of the query, so that no template can show it."""
    return Q(party=Party.ASKER) | Q(new__in=[State.INTRODUCED, State.FORWARDED]) | Q(party=Party.CLOCK, what="reveal")


def timeline(introduction: Introduction) -> list[Line]:
    """What happened, oldest first, as far as the asker may know."""
    first = introduction.introducer_name.split(" ")[0]
    words = {
        "draft": "You wrote it down.",
        Move.SEND: f"You asked {introduction.introducer_name}.",
        Move.WITHDRAW: "You withdrew it.",
        Move.AGREE: "Both said yes. Kith introduced you by mail.",
        Move.FORWARD: f"{first} said: I'll pass it on myself.",
        "reveal": "It did not work out this time.",
        Move.TALK: "You talked.",
        Move.CLOSE: "You closed it.",
        "tell": f"You told {first} what came of it.",
    }
    events = introduction.events.filter(_seen_by_asker())
    return [Line(event.at, words[event.what]) for event in events if event.what in words]


def shared_words(introduction: Introduction) -> list[Word]:
    """The words back that the asker may read now: a friend's with a yes once it came true, anybody's own no.

    A yes that came to nothing stays unread: it would tell that it was the other who declined.
    """
    shown = introduction.shown_state
    if shown in _HELPED:
        answers = [Answer.YES, Answer.FORWARD]
    elif shown == State.DECLINED:
        answers = [Answer.NO, Answer.NOT_NOW, Answer.NOT_WELL, Answer.NOT_ME]
    else:
        return []
    rows = introduction.consents.filter(word_is_shared=True, answer__in=answers).exclude(word="")
    return [Word(row.name, row.word) for row in rows]


def mail_came_back(introduction: Introduction) -> bool:
    """Whether the mail to the friend could not be delivered, while that is still all there is to know."""
    if introduction.shown_state != State.INTRODUCER_ASKED:
        return False
    return any(bounced(question) for question in introduction.consents.filter(position=0))


# --- Whom to ask ----------------------------------------------------------------------------------------------------


def candidates(member: User, target: Person) -> list[Candidate]:
    """Who could introduce the member to `target`, best first: by the computed routes, then by what the member noted."""
    noted = {(one.b_id if one.a_id == target.id else one.a_id): one for one in _noted(member, target)}
    routes = [
        route
        for route in Route.objects.filter(search__owner=member, search__target=target).select_related("introducer")
        if len(route.legs) == 2 and _can_ask(member, route.introducer)
    ]
    found = [_candidate(route.introducer, noted.get(route.introducer_id)) for route in routes]
    ranked = {route.introducer_id for route in routes}
    rest = [
        _candidate(person, one)
        for one in noted.values()
        if (person := one.b if one.a_id == target.id else one.a).id not in ranked and _can_ask(member, person)
    ]
    return found + sorted(rest, key=_by_worth)


def candidate(member: User, target: Person, introducer: Person) -> Candidate:
    """The same for one person, whoever it is."""
    noted = {(one.b_id if one.a_id == target.id else one.a_id): one for one in _noted(member, target)}
    return _candidate(introducer, noted.get(introducer.id))


def known_people(member: User, words: str) -> list[Person]:
    """A few people the member knows whose names begin like or contain `words`, for choosing somebody else."""
    people = Person.objects.filter(owner=member, deleted_at=None, archived_at=None, relation=Relation.KNOWN)
    for word in words.split()[:4]:
        people = people.filter(full_name__icontains=word)
    return list(people.order_by("sort_key")[:12])


def next_introducer(introduction: Introduction) -> Person | None:
    """The best introducer to the same target who was not asked about them yet, or None. From the asker's own rows."""
    if introduction.target is None or introduction.target.deleted_at is not None:
        return None
    asked = set(
        Introduction.objects.filter(owner=introduction.owner, target=introduction.target)
        .exclude(asked_at=None)
        .values_list("introducer_id", flat=True)
    )
    for one in candidates(introduction.owner, introduction.target):
        if one.person.id not in asked and not one.is_unproven:
            return one.person
    return None


def _noted(member: User, target: Person) -> QuerySet[Acquaintance]:
    rows = Acquaintance.objects.filter(Q(a=target) | Q(b=target), owner=member).exclude(closeness=Closeness.NONE)
    return rows.select_related("a", "b")


def _by_worth(one: Candidate) -> tuple[bool, int, float, str]:
    """Friends before strangers, then by how well they know the target, then by how close they are to the asker."""
    return one.is_unproven, -one.closeness, -(one.person.strength or 0), one.person.sort_key


def _can_ask(member: User, person: Person) -> bool:
    is_here = person.deleted_at is None and person.archived_at is None
    return is_here and person.owner_id == member.id and person.relation == Relation.KNOWN


def _candidate(person: Person, noted: Acquaintance | None) -> Candidate:
    words = {
        Closeness.SLIGHT: "knows them slightly",
        Closeness.SOME: "knows them fairly well",
        Closeness.STRONG: "knows them very well",
    }
    reason = words.get(Closeness(noted.closeness), "knows them") if noted else "may know them"
    evidence = noted.evidence if noted else ""
    if noted and noted.evidence_date:
        evidence = f"{evidence or 'You noted it'}, {noted.evidence_date:%-d %B %Y}"
    is_unproven = person.strength is None and person.last_contact_at is None
    closeness = list(words).index(Closeness(noted.closeness)) + 1 if noted and noted.closeness in words else 0
    return Candidate(person, reason, evidence, is_unproven, closeness)


# --- What a member is asked -----------------------------------------------------------------------------------------


def asked_of(member: User) -> QuerySet[Consent]:
    """Every question that was put to one of the member's verified addresses: open ones first, then the answered."""
    order = Case(When(state=ConsentState.ASKED, then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        Consent.objects.filter(
            email__in=addresses.verified(member), state__in=[ConsentState.ASKED, ConsentState.ANSWERED]
        )
        .exclude(introduction__owner=member)
        .select_related("introduction__owner")
        .order_by(order, "-asked_at", "id")
    )
