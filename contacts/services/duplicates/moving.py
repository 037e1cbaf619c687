"""Moving what hangs on one card to another, by the rules.

A row for which the other card has its like already cannot come along: which ones, the unique constraints of its model
say. It stays on the card that goes, out of sight, and comes back to light with it.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Q, UniqueConstraint, Value
from django.db.models.functions import Replace

from contacts.models import Person
from contacts.services.duplicates.journal import columns_of, mentions
from contacts.services.duplicates.rules import MENTIONS, RULES, How, Mention, Rule


class CannotMerge(ValueError):
    """Two cards that may not be merged; its text is for the member."""


def move(*, survivor: Person, gone: Person) -> None:
    """Point to `survivor` whatever points to `gone`. Raises CannotMerge."""
    for rule in RULES:
        if rule.how is How.MOVE:
            for field in rule.fields:
                _move(rule, field, survivor, gone)
        elif rule.how is How.PAIR:
            _move_pairs(rule, survivor, gone)
    for mention in MENTIONS:
        _rewrite(mention, survivor, gone)


def clashing(
    model: type[Model], field: str, *, source: UUID, target: UUID, among: Sequence[Any] | None = None
) -> dict[Any, Any]:
    """Rows of `source` that cannot point to `target`, each with the row that is its like there.

    `among`: only these rows are to move, by primary key.
    """
    found: dict[Any, Any] = {}
    for constraint in model._meta.constraints:
        if not isinstance(constraint, UniqueConstraint) or field not in constraint.fields:
            continue
        others = [name for name in constraint.fields if name != field]
        rows = model._default_manager.filter(constraint.condition or Q()).order_by().distinct()
        mine = rows.filter(**{field: source})
        if among is not None:
            mine = mine.filter(pk__in=among)
        there: dict[tuple[Any, ...], Any] = {
            tuple(key): pk for pk, *key in rows.filter(**{field: target}).values_list("pk", *others)
        }
        if there:
            found |= {pk: there[tuple(key)] for pk, *key in mine.values_list("pk", *others) if tuple(key) in there}
    return found


def _move(rule: Rule, field: str, survivor: Person, gone: Person) -> None:
    likes = clashing(rule.model, field, source=gone.id, target=survivor.id)
    if likes:
        _refuse(rule, list(likes), survivor)
        _combine(rule, likes)
    rows = rule.model._default_manager.filter(**{field: gone}).exclude(pk__in=list(likes))
    if rule.model is Person:
        # Nobody was met through themself.
        rows = rows.exclude(pk=survivor.pk)
    if "position" in rule.watched:
        last = rule.model._default_manager.filter(**{field: survivor}).order_by("position").last()
        rows.update(**{field: survivor, "position": F("position") + (last.position + 1 if last else 0)})  # type: ignore[attr-defined]
    else:
        rows.update(**{field: survivor})


def _move_pairs(rule: Rule, survivor: Person, gone: Person) -> None:
    first, second = (f"{name}_id" for name in rule.fields)
    pair = (survivor.id, gone.id)
    rows = rule.model._default_manager.filter(
        Q(**{f"{rule.fields[0]}__in": pair}) | Q(**{f"{rule.fields[1]}__in": pair})
    )
    swapped = [name for names in rule.swapped for name in names]
    there: dict[UUID | None, Any] = {}
    coming: dict[UUID | None, tuple[Any, bool, list[Any]]] = {}
    for pk, a, b, *values in rows.values_list("pk", first, second, *swapped):
        if {a, b} == set(pair):
            continue
        if gone.id in (a, b):
            coming[b if a == gone.id else a] = (pk, a == gone.id, values)
        else:
            there[b if a == survivor.id else a] = pk
    likes = {pk: there[other] for other, (pk, _, _) in coming.items() if other is not None and other in there}
    if likes:
        _refuse(rule, list(likes), survivor)
        _combine(rule, likes)
    for other, (pk, was_first, values) in coming.items():
        if pk in likes:
            continue
        is_first = was_first if other is None else survivor.id < other
        ends = (survivor.id, other) if is_first else (other, survivor.id)
        columns = dict(zip((first, second), ends, strict=True))
        if is_first != was_first:
            for index, (one, two) in enumerate(rule.swapped):
                columns |= {one: values[2 * index + 1], two: values[2 * index]}
        rule.model._default_manager.filter(pk=pk).update(**columns)


def _refuse(rule: Rule, pks: list[Any], survivor: Person) -> None:
    # Rows of other members are no business of this one's: they stay where they are, and nothing is said of them.
    if rule.refused and rule.model._default_manager.filter(pk__in=pks, owner=survivor.owner_id).exists():
        raise CannotMerge(rule.refused)


def _combine(rule: Rule, likes: dict[Any, Any]) -> None:
    """Let the rows that stay take over what the others, which cannot come along, say more."""
    if rule.combine is None:
        return
    columns = columns_of(rule)
    rows = {
        row["pk"]: row
        for row in rule.model._default_manager.filter(pk__in=[*likes, *likes.values()]).values("pk", *columns)
    }
    for left, kept in likes.items():
        taken = rule.combine(rows[kept], rows[left])
        news = {name: value for name, value in taken.items() if rows[kept][name] != value}
        if news:
            rule.model._default_manager.filter(pk=kept).update(**news)


def _rewrite(mention: Mention, survivor: Person, gone: Person) -> None:
    rows = mention.model._default_manager.filter(mentions(mention, [gone.id]), owner=survivor.owner_id)
    by_new: defaultdict[str, list[Any]] = defaultdict(list)
    for pk, text in rows.values_list("pk", mention.column):
        by_new[text.replace(str(gone.id), str(survivor.id))].append(pk)
    column = {f"{mention.column}__in": list(by_new)}
    taken = set(
        mention.model._default_manager.filter(owner=survivor.owner_id, **column).values_list(mention.column, flat=True)
    )
    free = [pks[0] for text, pks in by_new.items() if text not in taken]
    mention.model._default_manager.filter(pk__in=free).update(
        **{mention.column: Replace(mention.column, Value(str(gone.id)), Value(str(survivor.id)))}
    )
