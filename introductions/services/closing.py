"""What the clock does: one nudge, a question whose turn has come, the end of one that nobody answered, the hour at
which the asker is told, and the end where the two have come to know each other meanwhile.

Each function takes one id, locks it, asks again whether it is due, and does it; two schedulers at once do it once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from contacts.models import Relation
from introductions import letters, queries, timing
from introductions.lifecycle import ASKED, Move, Party, State, reveal
from introductions.models import Answer, Consent, ConsentState, Introduction
from introductions.services import asking, corrections, moves, questions
from netapp.accounts.models import User


@dataclass(frozen=True, slots=True)
class NextBest:
    """Another way to the same target: by its introducers' names, and the page on which to ask."""

    words: str
    ask_path: str


FindNext = Callable[[Introduction, datetime], NextBest | None]
"""How the next best way is found: given by the caller, as ways are read above the services."""


def find_nobody(introduction: Introduction, now: datetime) -> NextBest | None:
    """No other way."""
    return None


def due_for_nudge(now: datetime) -> list[UUID]:
    """Questions whose one reminder is due, and those passed on by hand of which nobody has said yet that it is done."""
    asked = Q(state=ConsentState.ASKED, expires_at__gt=now)
    forwarded = Q(state=ConsentState.ANSWERED, answer=Answer.FORWARD, introduction__state=State.FORWARDED)
    rows = Consent.objects.filter(asked | forwarded, nudge_at__lte=now)
    return list(rows.order_by("nudge_at").values_list("id", flat=True))


def due_to_be_asked(now: datetime) -> list[UUID]:
    """Introductions in which somebody waits for their turn."""
    rows = Consent.objects.filter(
        state=ConsentState.WAITING, introduction__state__in=ASKED, position=F("introduction__position")
    ).exclude(email="")
    return list(rows.order_by("introduction__asked_at").values_list("introduction_id", flat=True))


def due_to_expire(now: datetime) -> list[UUID]:
    """Introductions whose present question has run out, or which have lasted as long as one may."""
    ran_out = Introduction.objects.filter(consents__state=ConsentState.ASKED, consents__expires_at__lte=now)
    # No request is over before the time of one with a single introducer; `expire` asks again, exactly.
    oldest = now - timedelta(days=settings.INTRODUCTION_WHOLE_DAYS)
    waited = Introduction.objects.filter(
        state__in=ASKED, asked_at__lte=oldest, consents__state=ConsentState.WAITING, consents__position=F("position")
    )
    ids = {*ran_out.values_list("asked_at", "id"), *waited.values_list("asked_at", "id")}
    return [id_ for _, id_ in sorted(ids)]


def due_to_reveal(now: datetime) -> list[UUID]:
    """Introductions of which the asker is to be told that they came to nothing."""
    rows = Introduction.objects.filter(reveal_at__lte=now)
    return list(rows.order_by("reveal_at").values_list("id", flat=True))


def met_meanwhile() -> list[UUID]:
    """Introductions not over whose target the asker has come to know in another way."""
    rows = Introduction.objects.filter(
        shown_state__in=[State.DRAFT, State.INTRODUCER_ASKED],
        target__owner=F("owner"),
        target__relation=Relation.KNOWN,
        target__deleted_at=None,
    )
    return list(rows.values_list("id", flat=True))


@transaction.atomic
def nudge(*, consent_id: UUID, now: datetime) -> bool:
    """Ask once more. False where somebody else did, it is answered, or the mail before it did not arrive."""
    claimed = Consent.objects.filter(id=consent_id, nudge_at__lte=now).update(nudge_at=None)
    if not claimed:
        return False
    question = Consent.objects.select_related("introduction__owner").get(id=consent_id)
    is_open = question.state == ConsentState.ASKED and question.expires_at is not None and now < question.expires_at
    is_being_forwarded = question.answer == Answer.FORWARD and question.introduction.state == State.FORWARDED
    if not (is_open or is_being_forwarded) or not letters.may_nudge(question):
        return False
    letters.nudge(question=question, now=now)
    return True


@transaction.atomic
def ask_waiting(*, introduction_id: UUID, now: datetime) -> bool:
    """Ask whoever waits for their turn, if it has come."""
    introduction = _claim(introduction_id)
    if introduction is None or introduction.state not in ASKED or now >= _over_at(introduction):
        return False
    question = introduction.consents.get(position=introduction.position)
    question.introduction = introduction
    return questions.put_waiting(question, now=now)


@transaction.atomic
def meet(*, introduction_id: UUID, now: datetime) -> bool:
    """The asker knows the target by now: end it, kindly. False where it is over."""
    introduction = _claim(introduction_id)
    if introduction is None or introduction.shown_state not in (State.DRAFT, State.INTRODUCER_ASKED):
        return False
    target = introduction.target
    if target is None or target.owner_id != introduction.owner_id or target.relation != Relation.KNOWN:
        return False
    asking.call_back(introduction, now=now, member=introduction.owner, met=True)
    return True


@transaction.atomic
def expire(*, introduction_id: UUID, now: datetime) -> bool:
    """End a question that nobody answered in time. False where it was answered, withdrawn or ended meanwhile."""
    introduction = _claim(introduction_id)
    if introduction is None or introduction.state not in ASKED:
        return False
    ran_out = introduction.consents.filter(state=ConsentState.ASKED, expires_at__lte=now).exists()
    if not ran_out and now < _over_at(introduction):
        return False
    _end(introduction, now)
    return True


@transaction.atomic
def tell_asker(*, introduction_id: UUID, now: datetime, find_next: FindNext = find_nobody) -> bool:
    """The hour has come: it shows as ended, in the same words whatever ended it, with the next best way."""
    introduction = _claim(introduction_id)
    if introduction is None or introduction.reveal_at is None or introduction.reveal_at > now:
        return False
    before = introduction.standing
    claimed = Introduction.objects.filter(id=introduction.id, state=before.state, shown_state=before.shown)
    claimed.update(shown_state=reveal(before).shown, reveal_at=None, updated_at=now)
    introduction.shown_state, introduction.reveal_at = reveal(before).shown, None
    moves.log(introduction, what="reveal", party=Party.CLOCK, now=now, new=State.DECLINED)
    corrections.correct_askers_notes(introduction=introduction, now=now)
    next_best = find_next(introduction, now)
    letters.not_this_time(
        introduction=introduction,
        next_best=next_best.words if next_best else "",
        ask_path=next_best.ask_path if next_best else "",
        words=queries.shared_words(introduction),
        now=now,
    )
    return True


@transaction.atomic
def part_from(*, member: User, emails: frozenset[str], now: datetime) -> int:
    """A member leaves: what they asked for is withdrawn, what they were asked or shared ends. How many there were.

    Call it before the account goes. Whoever had been asked is told in one kind letter, which does not go with the
    account since it is nobody's but the site's.
    """
    mine = Introduction.objects.filter(
        owner=member, shown_state__in=[State.DRAFT, State.INTRODUCER_ASKED, State.FORWARDED]
    )
    count = 0
    for introduction_id in mine.values_list("id", flat=True):
        asking.call_back(moves.lock(introduction_id), now=now, member=None)
        count += 1
    others = Introduction.objects.filter(state__in=ASKED).exclude(owner=member)
    asked = others.filter(consents__state=ConsentState.ASKED, consents__email__in=emails)
    # Whoever stands on a card that the member shares, and has not been asked.
    shared = others.filter(consents__state=ConsentState.WAITING, consents__person__owner=member)
    for introduction_id in {*asked.values_list("id", flat=True), *shared.values_list("id", flat=True)}:
        introduction = moves.lock(introduction_id)
        if introduction.state in ASKED:
            _end(introduction, now)
            count += 1
    return count


def _claim(introduction_id: UUID) -> Introduction | None:
    """The introduction, held; None where another scheduler holds it already."""
    rows = Introduction.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "owner", "introducer", "target", "seat__objective"
    )
    return rows.filter(id=introduction_id).first()


def _end(introduction: Introduction, now: datetime) -> None:
    """End the present question by the clock, and choose the morning on which the asker is told."""
    assert introduction.asked_at is not None
    reveal_at = timing.reveal_time_of_silence(
        now, introduction.asked_at, introduction.introducer_count, introduction.owner.zone
    )
    moves.make(introduction, move=Move.EXPIRE, party=Party.CLOCK, now=now, reveal_at=reveal_at)
    moves.void_consents(introduction)
    letters.cancel_unsent(introduction)


def _over_at(introduction: Introduction) -> datetime:
    assert introduction.asked_at is not None
    return timing.ends_by(introduction.asked_at, introduction.introducer_count)
