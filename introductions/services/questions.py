"""Putting a question before somebody, and waiting for their turn where they have been asked enough."""

from datetime import datetime

from introductions import letters, limits, timing
from introductions.lifecycle import ASKED
from introductions.models import AddressFrom, Consent, ConsentState
from netapp.lib import tokens
from netapp.mail.suppression import digest_of


def put(question: Consent, *, email: str, source: AddressFrom, now: datetime) -> None:
    """Ask somebody, by mail: a fresh token, a nudge, an end. The caller's transaction holds the introduction."""
    introduction = question.introduction
    issued = tokens.issue(letters.PURPOSE)
    assert introduction.asked_at is not None
    question.email, question.mailbox, question.address_from = email, digest_of(email), source
    question.state, question.asked_at = ConsentState.ASKED, now
    question.salt, question.token_digest = issued.salt, issued.digest
    question.nudge_at = timing.nudge_time(now)
    question.expires_at = timing.answer_until(now, introduction.asked_at, introduction.introducer_count)
    question.save()
    letters.asked(question=question, now=now)


def put_or_wait(question: Consent, *, email: str, source: AddressFrom, now: datetime) -> bool:
    """Ask whoever comes next as soon as they may be asked; until then the question keeps the address and waits.

    Neither the asker nor the introducer learns of it: it may be that somebody said no to such a question before, and
    then the request ends like one that was not answered. Returns whether the question went out.
    """
    if limits.may_be_asked(question, email, now=now):
        put(question, email=email, source=source, now=now)
        return True
    question.email, question.mailbox, question.address_from = email, digest_of(email), source
    question.save(update_fields=["email", "mailbox", "address_from"])
    return False


def put_waiting(question: Consent, *, now: datetime) -> bool:
    """Ask somebody who waits for their turn, if it has come. Returns whether the question went out."""
    introduction = question.introduction
    is_theirs = introduction.state in ASKED and question.position == introduction.position
    if question.state != ConsentState.WAITING or not question.email or not is_theirs:
        return False
    return put_or_wait(question, email=question.email, source=AddressFrom(question.address_from), now=now)
