"""Cards that are gone from an address book. Kith deletes nobody for that.

Somebody who came from this source alone, of whom the member typed nothing and with whom nothing was ever noted, is
archived, which one click takes back. Everybody else stays as they are. An address book that is suddenly all but empty
looks like a fault at the other end: nothing happens before the member says that it is meant so.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from contacts.models import (
    Acquaintance,
    Change,
    ImportedCard,
    ImportRow,
    Interaction,
    Person,
    Reminder,
    RowOutcome,
    Source,
    SourceItem,
    SourcePart,
    SourceRun,
    SourceState,
)
from contacts.services import together
from contacts.services.sources import claims
from contacts.services.sources.claims import Claim
from contacts.services.together import Action, Edit
from contacts.signals import people_used

FEW: Final = 10
"""So many cards may go at once without a question, whatever share of the book they are."""

_GONE: Final = "cards are gone from"


class MostGone(Exception):
    """Most of an address book is gone: the member has to say whether that is so. `str()` is for them."""


def is_asked(source: Source) -> bool:
    """Whether the source stopped over that question."""
    return source.state == SourceState.STOPPED and _GONE in source.error


def look(claim: Claim, part: SourcePart, *, gone: Collection[str], known: int, added: int) -> None:
    """Stop before an address book is followed into emptiness. Raises MostGone, Stale."""
    # A card that moved is gone at one place and new at another.
    lost = len(gone) - added
    if lost <= FEW or lost * 2 <= known:
        return
    with claims.held(claim) as one:
        if one.may_empty:
            return
    raise MostGone(
        f"{lost:,} of {known:,} {_GONE} {part.title}. Kith has left your people as they are. If you "
        "removed them on purpose, say so below; if not, look at the address book first."
    )


def follow(source: Source, part: SourcePart, *, gone: Sequence[str], now: datetime) -> None:
    """Let go of the cards, in the caller's transaction."""
    items = list(SourceItem.objects.filter(part=part, href__in=gone))
    if not items:
        return
    uids = {item.uid for item in items if item.uid}
    SourceItem.objects.filter(id__in=[item.id for item in items]).delete()
    # The same card at another address, or in another book of the member's: it moved.
    elsewhere = SourceItem.objects.filter(part__source__owner=source.owner_id, uid__in=uids).exclude(etag="")
    uids -= set(elsewhere.values_list("uid", flat=True))
    change = _archive(source, uids, now)
    archived = len(change.before["rows"]) if change else 0
    SourceRun.objects.create(
        source=source, ended_at=now, counts={"gone": len(items), "archived": archived}, change=change
    )


def welcome_back(source: Source, people: Sequence[Person], fresh: Collection[str], now: datetime) -> None:
    """Take out of the archive whom Kith put there when their card went, now that the card is there again."""
    archived = {str(person.id): person for person in people if person.archived_at}
    if not archived or not fresh:
        return
    ours: set[UUID] = set()
    changes = Change.objects.filter(id__in=source.runs.filter(change__isnull=False).values("change"), undone_at=None)
    for change in changes:
        for person_id, _, set_to in change.before["rows"]:
            person = archived.get(person_id)
            if person is not None and person.archived_at and person.archived_at.isoformat() == set_to:
                ours.add(person.id)
    if ours:
        together.edit_together(owner_id=source.owner_id, person_ids=sorted(ours), edit=Edit(Action.UNARCHIVE), now=now)


def _archive(source: Source, uids: Collection[str], now: datetime) -> Change | None:
    links = ImportedCard.objects.filter(owner=source.owner_id, uid__in=uids)
    ids = set(links.values_list("person_id", flat=True))
    untouched = Person.objects.filter(id__in=ids, deleted_at=None, archived_at=None, typed_fields=[], layer=None)
    # Known by another card as well: that one is still there.
    other = ImportedCard.objects.filter(person__in=ids).exclude(uid__in=uids)
    wanted = set(untouched.values_list("id", flat=True)) - set(other.values_list("person_id", flat=True))
    made_here = ImportRow.objects.filter(
        of__source=f"{source.kind}:{source.id}", person__in=wanted, outcome=RowOutcome.NEW, is_applied=True
    )
    wanted &= set(made_here.values_list("person_id", flat=True))
    wanted -= _used(wanted)
    if not wanted:
        return None
    change, _ = together.edit_together(
        owner_id=source.owner_id,
        person_ids=sorted(wanted)[: together.MOST],
        edit=Edit(Action.ARCHIVE),
        now=now,
    )
    return change


def _used(ids: set[Any]) -> set[Any]:
    """Those with whom something was noted, or who play a part somewhere."""
    found = set(Interaction.objects.filter(person__in=ids).values_list("person_id", flat=True))
    found |= set(Reminder.objects.filter(person__in=ids).values_list("person_id", flat=True))
    found |= set(Person.objects.filter(met_through__in=ids).values_list("met_through_id", flat=True))
    for a, b in Acquaintance.objects.filter(Q(a__in=ids) | Q(b__in=ids)).values_list("a_id", "b_id"):
        found |= {a, b}
    answers: list[tuple[Any, Any]] = people_used.send(sender=Person, person_ids=ids)
    for _, used in answers:
        found |= set(used)
    return found
