"""What each card would do to the book as it is now: for the preview, and again when it is done."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.formats import date_format

from contacts.handles import HandleKind
from contacts.importers import PersonRecord
from contacts.models import ImportRow, Person, RowKind, RowOutcome
from contacts.services.handles import ReadHandle
from contacts.services.imports import aliases
from contacts.services.imports.deciding import new_handles, news_for, to_plain, told_at_of
from contacts.services.imports.matching import Candidate, Choice, choose, handle_key, kind_of, name_key, value_of
from contacts.services.imports.rules import Rules
from contacts.services.imports.stored import handles_of, record_of
from contacts.words import fold
from netapp.accounts.models import User


@dataclass(slots=True)
class Plan:
    """What is to be done about one row. `person` is the card it is about, None for a new one or none at all."""

    row: ImportRow
    outcome: RowOutcome
    person: Person | None = None
    reason: str = ""
    advice: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    handles: list[ReadHandle] = field(default_factory=list)
    _record: PersonRecord | None = None

    @property
    def record(self) -> PersonRecord:
        """The record, read from its row once somebody asks."""
        if self._record is None:
            self._record = record_of(self.row)
        return self._record

    def decide(self, rules: Rules) -> None:
        """Set fields, handles and outcome from what `person` is now."""
        assert self.person is not None
        self.fields = news_for(self.person, self.record, told_at_of(self.record, rules.told_at))
        self.handles = new_handles(self.person, let_in(handles_of(self.row), rules))
        is_news = bool(self.fields or self.handles)
        self.outcome = RowOutcome.UPDATED if is_news else RowOutcome.UNCHANGED

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
    deleted_at: datetime | None
    other_names: tuple[str, ...] = ()


def plan(*, owner: User, rows: Sequence[ImportRow], rules: Rules, is_locking: bool = False) -> list[Plan]:
    """A plan for each row that has a card of its own. Five statements, whatever the number of rows.

    `is_locking`: lock the cards until the transaction ends, so that they still are what the plan says when it is done.
    """
    mine = [row for row in rows if row.record and row.kind != RowKind.CONTACT and row.outcome != RowOutcome.SKIPPED]
    candidates = _candidates(owner, {key for row in mine for key in row.keys})
    choices = {row.position: _choice(row, candidates) for row in mine}
    wanted = {one.who.id for choice in choices.values() for one in choice.same if len(choice.same) == 1}
    people = _people(owner, wanted, is_locking)
    return [_plan(owner, row, choices[row.position], people, rules) for row in mine]


def let_in(handles: Iterable[ReadHandle], rules: Rules) -> list[ReadHandle]:
    """The handles without those that are blocked."""
    return [one for one in handles if not (one.kind is HandleKind.EMAIL and rules.blocked.has_address(one.normalised))]


def _plan(owner: User, row: ImportRow, choice: Choice[_Known], people: Mapping[UUID, Person], rules: Rules) -> Plan:
    result = Plan(row, RowOutcome.SKIPPED)
    result.reason = _why_left_out(owner, row, rules)
    if result.reason:
        result.outcome = RowOutcome.LEFT_OUT
        return result
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
    if choice.same:
        result.person = people[choice.same[0].who.id]
        result.reason = row.reason if row.kind == RowKind.CORRESPONDENT else "; ".join(row.record["remarks"])[:500]
        result.decide(rules)
        return result
    result.outcome = RowOutcome.NEW
    # What was noticed in the file itself stays noted.
    result.reason = row.reason
    if row.outcome == RowOutcome.ONE_WAY and not rules.with_one_way:
        result.outcome = RowOutcome.ONE_WAY
    if choice.apart:
        shared = value_of(min(choice.apart[0].keys))
        result.reason = f"shares {shared} with your {choice.apart[0].name}, and is kept apart, as the names differ"
    return result


def _why_left_out(owner: User, row: ImportRow, rules: Rules) -> str:
    """Why a card does not come in, if it does not: it is the member's own, or all that it says of itself is blocked."""
    if rules.blocked.has_tag(row.record["tags"]):
        return "it has a tag that you keep out"
    addresses = [handle[2] for handle in row.record["read"] if handle[0] == HandleKind.EMAIL]
    if not addresses:
        return ""
    if rules.blocked and all(rules.blocked.has_address(address) for address in addresses):
        return "its address is one that you keep out"
    if not all(f"{HandleKind.EMAIL}:{address}" in rules.own for address in addresses):
        return ""
    names = {fold(name).partition(" ")[0] for name in (owner.name, row.name)}
    return "it is your own card" if len(names) == 1 or not owner.name else ""


def _choice(row: ImportRow, candidates: Mapping[str, Sequence[tuple[_Known, str]]]) -> Choice[_Known]:
    found: dict[_Known, tuple[str, set[str]]] = {}
    for key in row.keys:
        for known, name in candidates.get(key, ()):
            found.setdefault(known, (name, set()))[1].add(key)
    if not found:
        return Choice()
    ordered = sorted(found.items(), key=lambda item: item[0].id)
    same = [
        Candidate(known, name, frozenset(keys), known.deleted_at is not None, known.other_names)
        for known, (name, keys) in ordered
    ]
    if row.kind == RowKind.CORRESPONDENT:
        # Mail knows people by their address, whatever they call themselves in it.
        alive = [one for one in same if not one.is_deleted]
        return Choice(tuple((alive or same)[:1]))
    return choose(row.name, same)


def _candidates(owner: User, keys: Iterable[str]) -> dict[str, list[tuple[_Known, str]]]:
    """The owner's cards by key, deleted ones too."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        values[kind_of(key)].append(value_of(key))
    found: defaultdict[str, list[tuple[_Known, str]]] = defaultdict(list)
    handles = [(kind, value) for kind in _RECOGNISING for value in values[kind]]
    with connection.cursor() as cursor:
        if handles:
            cursor.execute(_BY_HANDLE, [[kind for kind, _ in handles], [value for _, value in handles], owner.pk])
            for kind, value, person_id, deleted_at, name in cursor.fetchall():
                found[handle_key(kind, value)].append((_Known(person_id, deleted_at), name))
        if values["uid"]:
            cursor.execute(_BY_UID, [owner.pk, values["uid"]])
            for uid, person_id, deleted_at, name in cursor.fetchall():
                found[f"uid:{uid}"].append((_Known(person_id, deleted_at), name))
    names = [value.partition("\n")[0] for value in values["name"]]
    if names:
        for person in Person.objects.filter(owner=owner, sort_key__in=names).prefetch_related("handles"):
            if not any(handle_key(handle.kind, handle.normalised) for handle in person.handles.all()):
                key = name_key(person.full_name, person.organisation)
                found[key].append((_Known(person.id, person.deleted_at), person.full_name))
        for key, person_id, name in aliases.by_name_key(owner.pk, (f"name:{value}" for value in values["name"])):
            found[key].append((_Known(person_id, None), name))
    return _with_merged(owner, found)


def _with_merged(owner: User, found: Mapping[str, list[tuple[_Known, str]]]) -> dict[str, list[tuple[_Known, str]]]:
    """Without the cards that were merged away; those into which they were go by their names too."""
    ids = {known.id: known.deleted_at is not None for several in found.values() for known, _ in several}
    gone = aliases.merged_away(owner.pk, [person_id for person_id, is_deleted in ids.items() if is_deleted])
    names = aliases.other_names(owner.pk, ids)
    if not gone and not names:
        return dict(found)
    return {
        key: list(
            dict.fromkeys(
                (replace(known, other_names=names.get(known.id, ())), name)
                for known, name in several
                if known.id not in gone
            )
        )
        for key, several in found.items()
    }


_RECOGNISING = (HandleKind.EMAIL, HandleKind.PHONE, HandleKind.LINKEDIN)
_BY_HANDLE = """
    SELECT wanted.kind, wanted.value, h.* FROM unnest(%s::text[], %s::text[]) AS wanted (kind, value)
    CROSS JOIN LATERAL (
        SELECT p.id, p.deleted_at, p.full_name FROM contacts_handle h JOIN contacts_person p ON p.id = h.person_id
        WHERE h.owner_id = %s AND h.kind = wanted.kind AND h.normalised = wanted.value OFFSET 0
    ) h
"""
_BY_UID = """
    SELECT c.uid, p.id, p.deleted_at, p.full_name FROM contacts_importedcard c
    JOIN contacts_person p ON p.id = c.person_id
    WHERE c.owner_id = %s AND c.uid = ANY(%s)
"""


def _people(owner: User, ids: Iterable[UUID], is_locking: bool) -> dict[UUID, Person]:
    """The live ones among the cards, with their handles."""
    wanted = list(ids)
    if not wanted:
        return {}
    people = Person.objects.filter(owner=owner, id__in=wanted, deleted_at=None).order_by("id")
    if is_locking:
        people = people.select_for_update(no_key=True)
    return {person.id: person for person in people.prefetch_related("handles")}
