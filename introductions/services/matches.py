"""What a member says of the people proposed for a seat. Matching (introductions.matching) never overrules it."""

from django.db import transaction

from contacts.models import Person
from introductions.models import Seat, SeatMatch, Verdict


def confirm(*, match: SeatMatch) -> SeatMatch:
    """Yes, this is one of those people."""
    return _say(match, Verdict.CONFIRMED)


def dismiss(*, match: SeatMatch) -> SeatMatch:
    """Not this person, for this seat, from now on."""
    return _say(match, Verdict.DISMISSED)


@transaction.atomic
def reconsider(*, match: SeatMatch) -> SeatMatch:
    """Take back what was said: proposed again, until the next matching finds that they do not fit."""
    Seat.objects.filter(id=match.seat_id).update(is_stale=True)
    return _say(match, Verdict.PROPOSED)


def put(*, seat: Seat, person: Person) -> SeatMatch:
    """Put somebody on a seat whatever its lists say. `person` may be a card that another member shares."""
    match, _ = SeatMatch.objects.update_or_create(
        seat=seat, person=person, defaults={"owner_id": seat.owner_id, "verdict": Verdict.CONFIRMED, "by_hand": True}
    )
    return match


@transaction.atomic
def take_off(*, match: SeatMatch) -> None:
    """Undo `put`: the row goes, and the next matching proposes the person again if they fit."""
    Seat.objects.filter(id=match.seat_id).update(is_stale=True)
    match.delete()


def _say(match: SeatMatch, verdict: Verdict) -> SeatMatch:
    match.verdict = verdict
    match.save(update_fields=["verdict"])
    return match
