"""What an introducer says of how well they know the next one puts a tie right, dated.

Where the introducer is a member with a card of them, it is their own card, and only that. Where others see that tie,
it changes on the one day that was named to the asker, not on the day of the answer: else the word on a route would tell
who declined. What the asker noted of the two is put right only if the introducer lets the asker know, and only once the
asker is told that it came to nothing (docs/decisions/0005).
"""

from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

from django.db import transaction

from contacts.models import AcquaintanceSource, Closeness, Layer, Person, Reach
from contacts.services import acquaintances, people, strengths
from introductions import timing
from introductions.models import Answer, Consent, Introduction
from introductions.services import addresses
from netapp.lib.times import local_date

HOW_WELL: Final = (Closeness.SLIGHT, Closeness.NONE)


def correct_own_tie(*, question: Consent, now: datetime) -> None:
    """Put the introducer's own card of the next one right: now, or later where the tie is shared. In the caller's
    transaction."""
    card = addresses.own_card_of_next(question) if question.closeness else None
    if card is None:
        return
    if card.reach == Reach.ONLY_ME:
        _put_right(card, Closeness(question.closeness), now)
        return
    introduction = question.introduction
    assert introduction.asked_at is not None
    question.correct_at = timing.told_by(introduction.asked_at, introduction.introducer_count, introduction.owner.zone)
    question.save(update_fields=["correct_at"])


def due_to_correct(now: datetime) -> list[UUID]:
    """Answers whose correction has waited long enough."""
    return list(Consent.objects.filter(correct_at__lte=now).order_by("correct_at").values_list("id", flat=True))


@transaction.atomic
def correct_shared_tie(*, consent_id: UUID, now: datetime) -> bool:
    """Put a shared tie right. False where somebody else did."""
    if not Consent.objects.filter(id=consent_id, correct_at__lte=now).update(correct_at=None):
        return False
    question = Consent.objects.select_related("introduction__owner").get(id=consent_id)
    card = addresses.own_card_of_next(question)
    if card is not None:
        _put_right(card, Closeness(question.closeness), now)
    return True


def correct_askers_notes(*, introduction: Introduction, now: datetime) -> None:
    """What the asker noted of two people, as the introducer who let them know says it. In the caller's transaction."""
    everybody = list(introduction.consents.select_related("person").order_by("position"))
    for question, behind in pairwise(everybody):
        one, other = question.person, behind.person
        is_said = question.answer == Answer.NOT_WELL and question.may_correct and question.closeness
        if not is_said or one is None or other is None or question.answered_at is None:
            continue
        if {one.owner_id, other.owner_id} != {introduction.owner_id} or one.deleted_at or other.deleted_at:
            continue
        acquaintances.record_acquaintance(
            owner=introduction.owner,
            one=one,
            other=other,
            closeness=Closeness(question.closeness),
            evidence=f"{question.name} said so",
            evidence_date=local_date(question.answered_at, introduction.owner.zone),
            source=AcquaintanceSource.SAID,
            now=now,
        )


def _put_right(card: Person, closeness: Closeness, now: datetime) -> None:
    """ "Slightly" is somebody one knows; "not well enough to introduce" is a tie that serves nobody else either."""
    strengths.state_layer(person=card, layer=Layer.ACQUAINTANCE, now=now)
    if closeness == Closeness.NONE and card.reach != Reach.ONLY_ME:
        people.update_person(person=card, fields={"reach": Reach.ONLY_ME}, now=now, typed=True)
