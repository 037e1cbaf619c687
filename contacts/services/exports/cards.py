"""The people of a book as the records that importers hand out and exporters take."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from contacts.handles import HandleKind
from contacts.importers.names import split_name
from contacts.importers.records import Birthday, Labelled, PersonRecord
from contacts.models import Handle, ImportedCard, Person, Photo

_BATCH: Final = 500
_COLUMNS: Final = (
    "id",
    "full_name",
    "nickname",
    "organisation",
    "role",
    "place",
    "tags",
    "tie_kinds",
    "needs",
    "offers",
    "custom_fields",
    "other_dates",
    "notes",
    "how_met",
    "met_on_date",
    "birth_year",
    "birth_month",
    "birth_day",
    "photo_key",
)


def records_of(people: QuerySet[Person], *, with_photos: bool) -> Iterator[PersonRecord]:
    """The cards by name, some hundreds at a time: four statements for each batch, and memory that does not grow."""
    # The ids first: a page of people may be moved by a change that another request makes meanwhile.
    ids: list[UUID] = list(people.order_by("sort_key", "id").values_list("id", flat=True))
    for chunk in _chunks(ids):
        rows = Person.objects.filter(id__in=chunk).order_by("sort_key", "id").only(*_COLUMNS)
        handles: dict[UUID, list[Handle]] = {}
        for handle in Handle.objects.filter(person__in=chunk):
            handles.setdefault(handle.person_id, []).append(handle)
        uids = dict(
            ImportedCard.objects.filter(person__in=chunk).order_by("-created_at", "-id").values_list("person_id", "uid")
        )
        photos = {}
        if with_photos:
            wanted = Photo.objects.filter(person__in=chunk, removed_at=None)
            photos = {photo.person_id: b64encode(photo.content).decode() for photo in wanted}
        for person in rows:
            uid = uids.get(person.id, str(person.id))
            yield _record(person, handles.get(person.id, ()), uid, photos.get(person.id, ""))


def _record(person: Person, handles: Sequence[Handle], uid: str, photo: str) -> PersonRecord:
    given, family = split_name(person.full_name)

    def of(kind: HandleKind) -> tuple[Labelled, ...]:
        return tuple(Labelled(one.value, one.label) for one in handles if one.kind == kind)

    # A card has room for one LinkedIn page; others go as web pages, by which they are recognised just as well.
    linkedin, *others = of(HandleKind.LINKEDIN) or (Labelled(""),)
    return PersonRecord(
        full_name=person.full_name,
        file="",
        line=0,
        given=given,
        family=family,
        nickname=person.nickname,
        organisation=person.organisation,
        role=person.role,
        place=person.place,
        emails=of(HandleKind.EMAIL),
        phones=of(HandleKind.PHONE),
        urls=(*of(HandleKind.URL), *others),
        linkedin=linkedin.value,
        birthday=Birthday(person.birth_year, person.birth_month, person.birth_day)
        if person.birth_month and person.birth_day
        else None,
        other_dates=tuple(
            (one["label"], Birthday(one["year"], one["month"], one["day"])) for one in person.other_dates
        ),
        tags=tuple(person.tags),
        tie_kinds=tuple(person.tie_kinds),
        needs=tuple(person.needs),
        offers=tuple(person.offers),
        custom=tuple((one["label"], one["value"]) for one in person.custom_fields),
        notes=person.notes,
        how_met=person.how_met,
        connected_on_date=person.met_on_date,
        uid=uid,
        photo=photo,
    )


def _chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
