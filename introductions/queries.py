"""Introductions as each party may read them. What the asker sees is made from `shown_state` and from their own deeds
alone; `state`, the consents' answers and their times never reach the asker's pages but through here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Value, When

from contacts.models import Person, Reminder, ReminderKind, ReminderState
from introductions import lifecycle, timing
from introductions.letters import bounced
from introductions.lifecycle import Move, Party, State
from introductions.models import Answer, Consent, ConsentState, Event, Introduction, Objective
from introductions.notes import first_name
from introductions.parties import Word, asker_name, listed
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
    through: str
    through_first: str
    first: str
    shown: State
    state: str
    css: str
    since: datetime
    next: str
    next_at: datetime | None
    moves: frozenset[Move]
    is_told: bool
    has_replied: bool

    @property
    def needs_me(self) -> bool:
        """Whether the asker has the ball."""
        return self.css == "waiting"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    at: datetime
    text: str


def introductions_of(member: User) -> QuerySet[Introduction]:
    """Every introduction the member asked for, newest first, with what a `View` needs."""
    seen = Prefetch("events", Event.objects.filter(_seen_by_asker()), to_attr="seen_events")
    # Whoever called the reminder done has thanked them in their own way.
    thanked = Reminder.objects.filter(
        owner=member, about=OuterRef("id"), kind=ReminderKind.THANK_INTRODUCER, state=ReminderState.DONE
    )
    return (
        Introduction.objects.filter(owner=member)
        .annotate(is_thanked=Exists(thanked))
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
    names = introduction.introducer_names
    first, target_first = first_name(names[0]), first_name(introduction.target_name)
    through_first = listed([first_name(name) for name in names])
    words = {
        State.DRAFT: ("a draft", "waiting", f"Read it once more and send it to {first}."),
        State.INTRODUCER_ASKED: ("on its way", "moving", "Nothing for you to do. You hear of it at the latest on"),
        State.FORWARDED: ("passed on by hand", "moving", f"Wait for a word from {target_first}."),
        State.INTRODUCED: ("introduced", "waiting", f"Write to {target_first}."),
        State.TALKED: ("you talked", "waiting", f"Tell {through_first} what came of it."),
        State.CLOSED: ("closed", "closed", ""),
        State.DECLINED: ("not this time", "closed", ""),
        State.WITHDRAWN: ("withdrawn", "closed", ""),
        State.MET: ("met meanwhile", "closed", ""),
    }
    state, css, then = words[shown]
    is_told = introduction.introducer_told_at is not None or getattr(introduction, "is_thanked", False)
    has_replied = introduction.replied_at is not None
    if shown is State.INTRODUCED and has_replied:
        state, css, then = "in touch", "moving", "Say so once you have talked."
    if shown is State.TALKED and is_told:
        css, then = "moving", "Close it when there is nothing more to come."
    seen: Sequence[Event] = getattr(introduction, "seen_events", ())
    next_at = None
    if shown is State.INTRODUCER_ASKED and introduction.asked_at is not None:
        next_at = timing.told_by(introduction.asked_at, introduction.introducer_count, introduction.owner.zone)
    return View(
        id=introduction.id,
        target=introduction.target_name,
        target_first=target_first,
        target_about=introduction.target_about,
        target_card=_own_card(introduction),
        through=listed(names),
        through_first=through_first,
        first=first,
        shown=shown,
        state=state,
        css=css,
        since=seen[-1].at if seen else introduction.created_at,
        next=then,
        next_at=next_at,
        moves=lifecycle.allowed_to_asker(shown),
        is_told=is_told,
        has_replied=has_replied,
    )


def _own_card(introduction: Introduction) -> Person | None:
    """The target's card, where it is in the asker's own book and not deleted."""
    card = introduction.target
    return card if card and card.owner_id == introduction.owner_id and card.deleted_at is None else None


def can_tell(introduction: Introduction) -> bool:
    """Whether there is an introducer who helped and has not been told what came of it."""
    if introduction.shown_state not in _HELPED or introduction.introducer_told_at is not None:
        return False
    helped = introduction.consents.filter(party=Party.INTRODUCER, answer__in=[Answer.YES, Answer.FORWARD])
    return helped.exists()


# --- The log as the asker may read it -------------------------------------------------------------------------------


def _seen_by_asker() -> Q:
    """The asker's own deeds, everybody's yes, a friend who passes it on and says so, and the end once it is told.
    Nothing else: what is left out is left out of the query, so that no template can show it."""
    told = Q(party=Party.CLOCK, what__in=["reveal", Move.MEET])
    return Q(party=Party.ASKER) | Q(new__in=[State.INTRODUCED, State.FORWARDED]) | Q(what="passed_on") | told


def timeline(introduction: Introduction) -> list[Line]:
    """What happened, oldest first, as far as the asker may know."""
    names = introduction.introducer_names
    words = {
        "draft": "You wrote it down.",
        Move.SEND: f"You asked {names[0]}.",
        Move.WITHDRAW: "You withdrew it.",
        Move.AGREE: "Everybody said yes. Kith introduced you by mail.",
        "reveal": "It did not work out this time.",
        Move.MEET: "You came to know each other in another way. Kith called it back.",
        "replied": f"{first_name(introduction.target_name)} wrote back.",
        Move.TALK: "You talked.",
        Move.CLOSE: "You closed it.",
        "tell": f"You told {listed([first_name(name) for name in names])} what came of it.",
    }
    by_introducer = {
        Move.FORWARD: "{} said: I’ll pass it on myself.",
        "passed_on": "{} has passed your note on.",
    }
    lines = []
    for event in introduction.events.filter(_seen_by_asker()):
        if event.what in by_introducer:
            name = names[event.position] if event.position is not None and event.position < len(names) else names[0]
            lines.append(Line(event.at, by_introducer[event.what].format(first_name(name))))
        elif event.what in words:
            lines.append(Line(event.at, words[event.what]))
    return lines


def timeline_of(question: Consent) -> list[Line]:
    """What happened as far as the reader of `question` may know: what they were asked and did, the introduction that
    they helped to or agreed to, what they were told of it, and that nothing is asked of them any more."""
    introduction = question.introduction
    asker = first_name(asker_name(introduction)) if introduction.owner.name else asker_name(introduction)
    has_agreed = question.answer in (Answer.YES, Answer.FORWARD)
    lines = [Line(question.asked_at, "You were asked.")] if question.asked_at else []
    if question.answered_at:
        lines.append(Line(question.answered_at, f"You answered “{question.get_answer_display()}”."))
    if question.passed_on_at:
        lines.append(Line(question.passed_on_at, "You passed the note on."))
    if has_agreed and introduction.introduced_at:
        lines.append(Line(introduction.introduced_at, "Everybody said yes. One mail brought the two together."))
    if has_agreed and introduction.state in (State.WITHDRAWN, State.MET):
        lines.append(Line(introduction.state_at, f"{asker} needs it no more."))
    if has_agreed and not question.is_target and introduction.introducer_told_at and introduction.told:
        lines.append(Line(introduction.introducer_told_at, f"{asker} told you what came of it."))
    return sorted(lines, key=lambda line: line.at)


def shared_words(introduction: Introduction) -> list[Word]:
    """The words back that the asker may read now: a friend's with a yes once it came true, anybody's own no, and from
    when on somebody may be asked again.

    A yes that came to nothing stays unread: it would tell that it was the other who declined.
    """
    shown = introduction.shown_state
    if shown in _HELPED:
        answers = [Answer.YES, Answer.FORWARD]
    elif shown == State.DECLINED:
        answers = [answer for answer in Answer if answer not in (Answer.YES, Answer.FORWARD)]
    else:
        return []
    is_said = Q(word_is_shared=True) & ~Q(word="") | Q(again_date__isnull=False)
    rows = introduction.consents.filter(is_said, answer__in=answers)
    return [Word(row.name, row.word if row.word_is_shared else "", row.again_date) for row in rows]


def for_objective(member: User, objective: Objective) -> list[View]:
    """What was asked for the objective's seats, as the member may know it, the latest first."""
    rows = introductions_of(member).filter(seat__objective=objective, asked_at__isnull=False)
    return [view(one) for one in rows.order_by("-asked_at")[:50]]


def mail_came_back(introduction: Introduction) -> bool:
    """Whether the mail to the friend could not be delivered, while that is still all there is to know."""
    if introduction.shown_state != State.INTRODUCER_ASKED:
        return False
    return any(bounced(question) for question in introduction.consents.filter(position=0))


# --- What a member is asked -----------------------------------------------------------------------------------------


def asked_of(member: User) -> QuerySet[Consent]:
    """Every question that was put to one of the member's verified addresses: open ones first, then the answered.

    wants_address: the member said yes, and the mail to the next came back: open as well, for another address.
    The introduction's own state is not for the reader; templates show a question by `timeline_of` and its answer.
    """
    is_open = Q(state=ConsentState.ASKED) | Q(wants_address=True)
    order = Case(When(is_open, then=Value(0)), default=Value(1), output_field=IntegerField())
    behind = Consent.objects.filter(
        introduction=OuterRef("introduction"),
        introduction__state__in=lifecycle.ASKED,
        introduction__position=F("position"),
        position=OuterRef("position") + 1,
        state=ConsentState.WAITING,
        email="",
    ).exclude(lost_emails=[])
    return (
        Consent.objects.filter(
            email__in=addresses.verified(member), state__in=[ConsentState.ASKED, ConsentState.ANSWERED]
        )
        .exclude(introduction__owner=member)
        .annotate(wants_address=Exists(behind) & Q(answer=Answer.YES))
        .select_related("introduction__owner")
        .order_by(order, "-asked_at", "id")
    )
