"""Contact with a person: noting it, correcting it, taking it back.

Each verb brings everything that hangs on it in line at once: the last contact, the keep-in-touch reminder, the
strength. One person's figures take a few milliseconds, so that the page that follows already shows them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from contacts.models import Change, ChangeKind, Direction, Interaction, InteractionKind, Person, UnnotedContact
from contacts.services import cadences, strengths
from contacts.services.reminders import CADENCE_KINDS
from contacts.services.rhythms import Rules
from contacts.words import clean


@transaction.atomic
def log_contact(
    *,
    person: Person,
    kind: InteractionKind,
    direction: Direction | None = None,
    happened_at: datetime,
    note: str = "",
    now: datetime,
) -> Interaction:
    """Note a contact. Without a direction, meeting and talking go both ways and writing comes from the member."""
    if direction is None:
        written = kind in (InteractionKind.MAIL, InteractionKind.MESSAGE)
        direction = Direction.OUT if written else Direction.BOTH
    interaction = Interaction.objects.create(
        owner_id=person.owner_id,
        person=person,
        kind=kind,
        direction=direction,
        happened_at=happened_at,
        note=_tidy(note),
    )
    settle_contact(person=person, now=now)
    return interaction


@transaction.atomic
def change_contact(
    *,
    interaction: Interaction,
    kind: InteractionKind,
    direction: Direction,
    happened_at: datetime,
    note: str,
    now: datetime,
) -> None:
    """Correct a contact. Where it was imported, its source is remembered, so that it is not read a second time."""
    interaction.kind = kind
    interaction.direction = direction
    interaction.happened_at = happened_at
    interaction.note = _tidy(note)
    interaction.edited_at = now
    interaction.save(update_fields=["kind", "direction", "happened_at", "note", "edited_at"])
    settle_contact(person=interaction.person, now=now)


@transaction.atomic
def remove_contact(*, interaction: Interaction, now: datetime) -> Change:
    """Take a contact out of the book; the change that comes back undoes it."""
    change = Change.objects.create(
        owner_id=interaction.owner_id,
        kind=ChangeKind.INTERACTION,
        before={
            "id": str(interaction.id),
            "person": str(interaction.person_id),
            "kind": interaction.kind,
            "direction": interaction.direction,
            "happened_at": interaction.happened_at.isoformat(),
            "note": interaction.note,
            "source_key": interaction.source_key,
            "edited_at": interaction.edited_at.isoformat() if interaction.edited_at else None,
        },
    )
    person = interaction.person
    if interaction.source_key:
        UnnotedContact.objects.get_or_create(owner_id=person.owner_id, person=person, source_key=interaction.source_key)
    interaction.delete()
    settle_contact(person=person, now=now)
    return change


@transaction.atomic
def settle_contact(*, person: Person, now: datetime) -> None:
    """Bring last contact, cadence and strength in line with the person's interactions."""
    settle_contacts(owner_id=person.owner_id, person_ids=[person.id], now=now)
    person.refresh_from_db(
        fields=["last_contact_at", "strength", "strength_reason", "strength_at", "strength_is_stale"]
    )


@transaction.atomic
def settle_contacts(*, owner_id: int, person_ids: Sequence[UUID], now: datetime) -> None:
    """The same for many, as after an import. A crowd in which both were is no contact to count a cadence from."""
    people = Person.objects.filter(owner_id=owner_id, id__in=person_ids)
    # The locks first, by a statement of its own: of two contacts noted at once, the second statement of the later one
    # sees both, where an UPDATE that had waited would still look at what there was before.
    list(people.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    real = Interaction.objects.filter(person=OuterRef("id"), kind__in=CADENCE_KINDS, happened_at__lte=now)
    last = real.order_by("-happened_at").values("happened_at")[:1]
    people.update(last_contact_at=Subquery(last), strength_is_stale=True)
    under_way = people.filter(deleted_at=None).select_related("owner")
    if not Rules([owner_id]):
        under_way = under_way.filter(cadence_days__isnull=False)
    cadences.refresh_cadences(people=list(under_way), now=now)
    strengths.recompute(owner_id=owner_id, person_ids=person_ids, now=now)


def _tidy(note: str) -> str:
    return clean(note).replace("\r", "").strip()[:2000]
