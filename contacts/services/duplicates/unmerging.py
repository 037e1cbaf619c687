"""Taking merged cards apart again, exactly; what came after the merge stays with the card that stayed."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from contacts.models import DuplicateLook, Handle, Interaction, Merge, Person
from contacts.services import cadences, evidence
from contacts.services.announce import book_moved
from contacts.services.cards import derive
from contacts.services.duplicates.fields import FIELDS
from contacts.services.duplicates.journal import CREATED, Journal, model_of, plain, read
from contacts.services.duplicates.moving import clashing
from contacts.services.duplicates.rules import MENTIONS, RULES, How, Rule
from contacts.services.handles import pairs, settle_identities
from contacts.services.imports.claims import lock_book
from contacts.services.interactions import settle_contacts
from netapp.lib.models import Owned

Columns = dict[str, Any]

_FIGURES = frozenset({"strength", "strength_reason", "strength_at", "strength_is_stale", "last_contact_at"})


class CannotUnmerge(ValueError):
    """A merge that cannot be undone, or not yet; its text is for the member."""


@dataclass(slots=True)
class Unmerged:
    """Both cards as they are again. `kept`: fields of the survivor that were changed since, and so stayed. `stayed`:
    what was added since and is with the survivor still, in words."""

    survivor: Person
    gone: Person
    kept: list[str] = field(default_factory=list)
    stayed: list[str] = field(default_factory=list)


@transaction.atomic
def unmerge(*, merge: Merge, now: datetime) -> Unmerged | None:
    """Put both cards back as they were; None where that was done already. Raises CannotUnmerge."""
    lock_book(merge.owner_id)
    if not Merge.objects.filter(id=merge.id, undone_at=None).update(undone_at=now):
        return None
    merge.refresh_from_db()
    ids = (merge.survivor_id, merge.gone_id)
    locked = Person.objects.filter(id__in=[*ids, *merge.journal.get("contacts.Person", {})]).select_related("owner")
    people = {card.id: card for card in locked.select_for_update(of=("self",)).order_by("id")}
    survivor, gone = people[ids[0]], people[ids[1]]
    _check_order(merge, survivor)
    reach = max(survivor.reach, gone.reach)
    keys = set(Handle.objects.filter(person__in=ids).values_list("kind", "normalised"))
    stayed = _stayed(merge, survivor)
    has_gone = _put_back(merge.journal, *ids)
    survivor.refresh_from_db()
    gone.refresh_from_db()
    kept = _left(merge.journal.get("contacts.Person", {}).get(str(survivor.id), {}), survivor)
    for card in (survivor, gone):
        derive(card, pairs(list(card.handles.all())))
        Person.objects.filter(id=card.id).update(sort_key=card.sort_key, search_text=card.search_text)
    settle_identities(merge.owner_id, keys)
    evidence.settle_pairs(owner_id=merge.owner_id, person_ids=sorted(ids), now=now)
    if has_gone or kept & _FIGURES or _contacts_since(merge, survivor):
        # Contact was noted or removed since, or a day went by: the figures of both are worked out anew.
        settle_contacts(owner_id=merge.owner_id, person_ids=sorted(ids), now=now)
        survivor.refresh_from_db()
        gone.refresh_from_db()
    cadences.refresh_cadences(people=[card for card in (survivor, gone) if not card.deleted_at], now=now)
    # Neither card has a date of change that a look for duplicates would notice.
    DuplicateLook.objects.filter(owner=merge.owner_id).update(looked_fully_at=None)
    Merge.objects.filter(id=merge.id).update(journal={})
    book_moved(merge.owner_id, reach=max(reach, survivor.reach, gone.reach))
    labels = [one.label for one in FIELDS if kept & set(one.columns)]
    return Unmerged(survivor, gone, labels, stayed)


def _check_order(merge: Merge, survivor: Person) -> None:
    """The last merge is undone first: an earlier one has no way back through a later one."""
    in_force = Merge.objects.filter(undone_at=None).exclude(id=merge.id)
    if in_force.filter(gone=survivor).exists():
        raise CannotUnmerge("The card that they became was merged into another one since. Take those two apart first.")
    later = in_force.filter(survivor=survivor, created_at__gt=merge.created_at).select_related("gone")
    if last := later.order_by("created_at").last():
        raise CannotUnmerge(f"{last.gone.full_name} was merged into the same card later. Take that apart first.")


def _put_back(journal: Journal, survivor: UUID, gone: UUID) -> bool:
    """Write back each column that still is as the merge left it; whether a contact that was moved is gone since."""
    has_gone = False
    for label, rows in journal.items():
        model = model_of(label)
        made = {pk: row[CREATED] for pk, row in rows.items() if CREATED in row}
        changed = {pk: row for pk, row in rows.items() if CREATED not in row}
        there = _present(model, rows)
        unchanged = [pk for pk, columns in made.items() if there.get(pk) == columns]
        model._default_manager.filter(pk__in=unchanged).delete()
        if model is Interaction:
            has_gone = not changed.keys() <= there.keys()
        pairs_of = next((rule for rule in RULES if rule.model is model and rule.how is How.PAIR), None)
        if pairs_of:
            changed = _put_back_pairs(pairs_of, changed, survivor, gone)
        _put_back_columns(model, changed, there, _clashes(model, changed, survivor, gone))
    return has_gone


def _put_back_columns(
    model: type[Model], rows: Mapping[str, Columns], there: Mapping[str, Columns], clashes: Set[str]
) -> None:
    writes: defaultdict[str, list[str]] = defaultdict(list)
    values: dict[str, Columns] = {}
    for pk, columns in rows.items():
        if pk not in there or pk in clashes:
            continue
        old = {name: was for name, (was, became) in sorted(columns.items()) if there[pk][name] == became}
        if old:
            writes[repr(old)].append(pk)
            values[repr(old)] = old
    # Rows that go back first: what made room for another (a photo) comes to light again once that has gone.
    for key in sorted(writes, key=lambda one: not any(name.endswith("_id") for name in values[one])):
        news = {name: read(model, name, value) for name, value in values[key].items()}
        model._default_manager.filter(pk__in=writes[key]).update(**news)


def _put_back_pairs(
    rule: Rule, rows: Mapping[str, dict[str, Any]], survivor: UUID, gone: UUID
) -> dict[str, dict[str, Any]]:
    """Give pairs back to the card that comes back, in the order of the ids; the columns of theirs that remain to be
    done. The other one of a pair may have been merged since: it is whom the pair names now."""
    first, second = (f"{name}_id" for name in rule.fields)
    swapped = [name for names in rule.swapped for name in names]
    moved = [pk for pk, columns in rows.items() if {first, second} & columns.keys()]
    for pk, a, b, *values in rule.model._default_manager.filter(pk__in=moved).values_list(
        "pk", first, second, *swapped
    ):
        if survivor not in (a, b):
            continue
        other = b if a == survivor else a
        was_first = a == survivor
        is_first = was_first if other is None else gone < other
        ends = dict(zip((first, second), (gone, other) if is_first else (other, gone), strict=True))
        if other is not None and (other == gone or rule.model._default_manager.filter(**ends).exists()):
            continue
        if is_first != was_first:
            for index, (one, two) in enumerate(rule.swapped):
                ends |= {one: values[2 * index + 1], two: values[2 * index]}
        rule.model._default_manager.filter(pk=pk).update(**ends)
    done = {first, second, *swapped}
    return {pk: {name: one for name, one in columns.items() if name not in done} for pk, columns in rows.items()}


def _present(model: type[Model], rows: Mapping[str, dict[str, Any]]) -> dict[str, Columns]:
    """The rows as they are now, by id: the columns that the journal has."""
    columns = sorted({name for row in rows.values() for name in row.get(CREATED, row)})
    found = model._default_manager.filter(pk__in=list(rows)).order_by().values_list("pk", *columns)
    return {str(pk): {name: plain(value) for name, value in zip(columns, values, strict=True)} for pk, *values in found}


def _clashes(model: type[Model], rows: Mapping[str, Columns], survivor: UUID, gone: UUID) -> set[str]:
    """Rows that cannot go back, as their like came there meanwhile."""
    found: set[str] = set()
    for rule in RULES:
        if rule.model is model and rule.how is How.MOVE:
            for name in rule.fields:
                moved = [pk for pk, columns in rows.items() if f"{name}_id" in columns]
                found |= {str(pk) for pk in clashing(model, name, source=survivor, target=gone, among=moved)}
    for mention in MENTIONS:
        if mention.model is model:
            was = {columns[mention.column][0]: pk for pk, columns in rows.items() if mention.column in columns}
            back = model._default_manager.filter(**{f"{mention.column}__in": list(was)})
            found |= {was[text] for text in back.values_list(mention.column, flat=True)}
    return found


def _left(columns: dict[str, Any], survivor: Person) -> set[str]:
    """Columns of the survivor that are not as before the merge: changed since."""
    return {name for name, (was, _) in columns.items() if plain(getattr(survivor, name)) != was}


def _contacts_since(merge: Merge, survivor: Person) -> bool:
    return Interaction.objects.filter(person=survivor, created_at__gt=merge.created_at).exists()


def _stayed(merge: Merge, survivor: Person) -> list[str]:
    """What was added to the card since, in words: "2 contacts"."""
    words = []
    for rule in RULES:
        if rule.added is None or not issubclass(rule.model, Owned):
            continue
        count = 0
        for name in rule.fields:
            rows = rule.model._default_manager.filter(**{name: survivor}, created_at__gt=merge.created_at)
            count += rows.exclude(pk__in=list(merge.journal.get(rule.model._meta.label, {}))).count()
        if count:
            words.append(f"{count} {rule.added[count != 1]}")
    return words
