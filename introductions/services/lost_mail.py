"""Questions that came back: whoever passed one on is asked for another address.

Only questions behind the first. Where the mail to the first introducer came back, the asker's own page says so, since
they wrote to them; that a later one was asked at all the asker is never told (docs/decisions/0005). Found by the sweep,
in rows: a refusal at once and a bounce that comes days later are the same here.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from introductions import letters
from introductions.lifecycle import ASKED
from introductions.models import AddressFrom, Answer, Consent, ConsentState
from introductions.services import addresses, moves, questions
from introductions.services.answering import NoLongerAsked
from netapp.accounts.queries import member_by_verified_address
from netapp.mail import returns

MOST_ADDRESSES: Final = 3
"""After so many that nobody reads, nobody is asked for another: the request then ends like one without an answer."""


def found() -> list[UUID]:
    """Questions behind the first whose mail was refused, at once or later. Two queries."""
    rows = Consent.objects.filter(state=ConsentState.ASKED, position__gt=0, introduction__state__in=ASKED)
    return [question.id for question in letters.sent_in_vain(list(rows.order_by("asked_at")))]


@transaction.atomic
def take_up(*, consent_id: UUID, now: datetime) -> bool:
    """Ask at another address in the same book, or ask whoever passed the question on for one.

    False where the mail may still be read (a full mailbox, a server that did not like it), or the question is over.
    """
    introduction = moves.lock(Consent.objects.values_list("introduction_id", flat=True).get(id=consent_id))
    question = Consent.objects.get(id=consent_id)
    question.introduction = introduction
    is_theirs = introduction.state in ASKED and question.position == introduction.position > 0
    if question.state != ConsentState.ASKED or not is_theirs or not letters.came_back(question):
        return False
    letters.cancel_nudge(introduction)
    before = introduction.consents.get(position=question.position - 1)
    before.introduction = introduction
    if question.address_from == AddressFrom.INTRODUCER:
        introducer = member_by_verified_address(before.email)
        if introducer is not None:
            returns.mark_for(introducer, question.email)
    # As if it had never been asked: the old link leads nowhere, and their limits do not count it.
    question.lost_emails = [*question.lost_emails, question.email]
    question.state, question.email, question.mailbox = ConsentState.WAITING, "", ""
    question.salt, question.token_digest = "", None
    question.asked_at = question.nudge_at = question.expires_at = None
    question.save()
    if len(question.lost_emails) >= MOST_ADDRESSES:
        return True
    try:
        chosen = addresses.for_next(before, "")
    except addresses.AddressNeeded:
        letters.address_wanted(question=before, now=now)
    else:
        questions.put_or_wait(question, email=chosen.email, source=chosen.source, now=now)
    return True


def lost_behind(question: Consent) -> Consent | None:
    """The next one's question, where it came back and this reader, who said yes, may give another address for it."""
    introduction = question.introduction
    if question.answer != Answer.YES or introduction.state not in ASKED:
        return None
    behind = introduction.consents.filter(position=question.position + 1, state=ConsentState.WAITING, email="").first()
    if behind is None or behind.position != introduction.position:
        return None
    return behind if 0 < len(behind.lost_emails) < MOST_ADDRESSES else None


@transaction.atomic
def give_address(*, consent_id: UUID, typed: str, now: datetime) -> Consent:
    """The reader of that question, who said yes, types another address for the next one, who is asked there.

    Raises answering.NoLongerAsked where none is wanted (any more), addresses.AddressUnusable.
    """
    introduction = moves.lock(Consent.objects.values_list("introduction_id", flat=True).get(id=consent_id))
    question = Consent.objects.get(id=consent_id)
    question.introduction = introduction
    behind = lost_behind(question)
    if behind is None:
        raise NoLongerAsked
    behind.introduction = introduction
    chosen = addresses.typed(question, typed)
    questions.put_or_wait(behind, email=chosen.email, source=chosen.source, now=now)
    return question
