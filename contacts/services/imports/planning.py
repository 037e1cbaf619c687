"""What each row would do to the book as it is now: for the preview, and again when it is done."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format

from contacts.handles import HandleKind
from contacts.importers import PersonRecord
from contacts.models import Handle, ImportedCard, ImportRow, Person, RowOutcome
from contacts.services.handles import ReadHandle
from contacts.services.imports.deciding import new_handles, news_for, to_plain
from contacts.services.imports.matching import Candidate, Choice, choose, handle_key, kind_of, name_key, value_of
from netapp.accounts.models import User

_CARD = ("person_id", "person__deleted_at", "person__full_name")


@dataclass(slots=True)
class Plan:
    """What is to be done about one row. `person` is the card it is about, None for a new one or none at all."""

    row: ImportRow
    record: PersonRecord
    outcome: RowOutcome
    person: Person | None = None
    reason: str = ""
    advice: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    handles: list[ReadHandle] = field(default_factory=list)

    def as_changes(self) -> dict[str, Any]:
        """What the preview shows, in the form of `ImportRow.changes`."""
        if self.person is None:
            return {}
        fields = {name: [to_plain(getattr(self.person, name)), to_plain(new)] for name, new in self.fields.items()}
        return {"fields": fields, "handles": [[handle.kind.value, handle.value] for handle in self.handles]}


@dataclass(frozen=True, slots=True)
class _Known:
    """A card as far as recognising it needs."""

    id: UUID
    deleted_at: Any


def plan(*, owner: User, rows: Sequence[ImportRow], is_locking: bool = False) -> list[Plan]:
    """A plan for each row that has a record of its own. Seven statements, whatever the number of rows.

    `is_locking`: lock the cards until the transaction ends, so that they still are what the plan says when it is done.
    """
    mine = [row for row in rows if row.record and row.outcome != RowOutcome.SKIPPED]
    candidates = _candidates(owner, {key for row in mine for key in row.keys})
    choices = {row.position: choose(row.name, _for_row(row, candidates)) for row in mine}
    wanted = {one.who.id for choice in choices.values() for one in choice.same if len(choice.same) == 1}
    people = _people(owner, wanted, is_locking)
    return [_plan(owner, row, choices[row.position], people) for row in mine]


def _plan(owner: User, row: ImportRow, choice: Choice[_Known], people: Mapping[UUID, Person]) -> Plan:
    record = PersonRecord.from_json(row.record)
    result = Plan(row, record, RowOutcome.SKIPPED)
    if len(choice.same) > 1:
        one, other = choice.same[:2]
        result.reason = f"it could be either of two of your people, {one.name} and {other.name}"
        result.advice = "Add what is missing to the right one of them by hand."
        return result
    if choice.same and choice.same[0].who.id not in people:
        deleted_at = choice.same[0].who.deleted_at
        day = f" on {date_format(deleted_at.astimezone(owner.zone), 'j F Y')}" if deleted_at else ""
        result.reason = f"you deleted {choice.same[0].name}{day}"
        result.advice = "Kith does not bring back what you deleted. Add the card by hand if you want it again."
        return result
    if not choice.same:
        result.outcome = RowOutcome.NEW
        # What was noticed in the file itself stays noted.
        result.reason = row.reason
        if choice.apart:
            shared = value_of(min(choice.apart[0].keys))
            result.reason = f"shares {shared} with your {choice.apart[0].name}, and is kept apart, as the names differ"
        return result
    result.person = people[choice.same[0].who.id]
    result.fields = news_for(result.person, record)
    result.handles = new_handles(result.person, record, owner.country)
    is_news = bool(result.fields or result.handles)
    result.outcome = RowOutcome.UPDATED if is_news else RowOutcome.UNCHANGED
    return result


def _for_row(row: ImportRow, candidates: Mapping[str, Sequence[tuple[_Known, str]]]) -> list[Candidate[_Known]]:
    found: dict[_Known, tuple[str, set[str]]] = {}
    for key in row.keys:
        for known, name in candidates.get(key, ()):
            found.setdefault(known, (name, set()))[1].add(key)
    ordered = sorted(found.items(), key=lambda item: item[0].id)
    return [Candidate(known, name, frozenset(keys), known.deleted_at is not None) for known, (name, keys) in ordered]


def _candidates(owner: User, keys: Iterable[str]) -> dict[str, list[tuple[_Known, str]]]:
    """The owner's cards by key, deleted ones too."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        values[kind_of(key)].append(value_of(key))
    found: defaultdict[str, list[tuple[_Known, str]]] = defaultdict(list)
    of_kind = Q(pk__in=[])
    for recognising in (HandleKind.EMAIL, HandleKind.PHONE, HandleKind.LINKEDIN):
        of_kind |= Q(kind=recognising, normalised__in=values[recognising])
    handles = Handle.objects.filter(of_kind, owner=owner).order_by()
    for kind, value, person_id, deleted_at, name in handles.values_list("kind", "normalised", *_CARD):
        found[handle_key(kind, value)].append((_Known(person_id, deleted_at), name))
    cards = ImportedCard.objects.filter(owner=owner, uid__in=values["uid"])
    for uid, person_id, deleted_at, name in cards.values_list("uid", *_CARD):
        found[f"uid:{uid}"].append((_Known(person_id, deleted_at), name))
    names = [value.partition("\n")[0] for value in values["name"]]
    for person in Person.objects.filter(owner=owner, sort_key__in=names).prefetch_related("handles"):
        if not any(handle_key(handle.kind, handle.normalised) for handle in person.handles.all()):
            key = name_key(person.full_name, person.organisation)
            found[key].append((_Known(person.id, person.deleted_at), person.full_name))
    return found


def _people(owner: User, ids: Iterable[UUID], is_locking: bool) -> dict[UUID, Person]:
    """The live ones among the cards, with their handles."""
    people = Person.objects.filter(owner=owner, id__in=ids, deleted_at=None).order_by("id")
    if is_locking:
        people = people.select_for_update(no_key=True)
    return {person.id: person for person in people.prefetch_related("handles")}
