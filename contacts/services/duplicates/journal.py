"""What a merge changed, column by column, so that it can be put back.

A journal is {"contacts.Handle": {"<id>": {"person_id": [before, after], …}, …}, …}; a row that the merge made has None
instead of its columns before. Values stand as JSON has them. Taking back writes a column only where it still is as the
merge left it: what was changed since stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Field, Model, Q

from contacts.models import Person
from contacts.services.duplicates.rules import MENTIONS, RULES, How, Mention, Rule

Journal = dict[str, dict[str, dict[str, Any]]]
Snapshot = dict[str, dict[str, dict[str, Any]]]

_DERIVED: Final = frozenset({"id", "owner_id", "created_at", "search_text", "sort_key"})
"""Columns of a card that are worked out again, or never change."""

CREATED: Final = "created"
"""Under this stand the columns of a row that the merge made."""


def person_columns() -> list[str]:
    """The columns of a card that a merge may change."""
    return [field.attname for field in Person._meta.concrete_fields if field.attname not in _DERIVED]


def snapshot(pair: tuple[UUID, UUID], also: Mapping[str, Iterable[str]] | None = None) -> Snapshot:
    """The rows that point to one of the two, and the two themselves. `also`: ids by model that are read in any case."""
    found: Snapshot = {}
    _read(found, Person, person_columns(), Q(id__in=pair))
    for model, columns, fields in _watched():
        named = Q(pk__in=list((also or {}).get(model._meta.label, ())))
        for field in fields:
            named |= Q(**{f"{field}__in": pair})
        _read(found, model, columns, named & ~Q(pk__in=pair) if model is Person else named)
    for mention in MENTIONS:
        _read(found, mention.model, [mention.column], mentions(mention, pair))
    return found


def _watched() -> Iterator[tuple[type[Model], list[str], list[str]]]:
    """(model, columns, foreign keys) for each model of which rows are moved."""
    columns: defaultdict[type[Model], dict[str, None]] = defaultdict(dict)
    fields: defaultdict[type[Model], list[str]] = defaultdict(list)
    for rule in RULES:
        if rule.how is not How.LEAVE:
            columns[rule.model] |= dict.fromkeys(columns_of(rule))
            fields[rule.model] += rule.fields
    for model, names in columns.items():
        yield model, list(names), fields[model]


def columns_of(rule: Rule) -> list[str]:
    """The columns that the rule may change."""
    fields = [_field(rule.model, name).attname for name in rule.fields]
    return [*fields, *rule.watched, *(name for names in rule.swapped for name in names)]


def mentions(mention: Mention, ids: Iterable[UUID]) -> Q:
    """The rows in whose text one of the ids stands."""
    named = Q(pk__in=[])
    for person_id in ids:
        named |= Q(**{f"{mention.column}__contains": str(person_id)})
    return named


def differences(before: Snapshot, after: Snapshot) -> Journal:
    """What became of the rows between two snapshots."""
    journal: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for label, rows in after.items():
        for pk, columns in rows.items():
            old = before.get(label, {}).get(pk)
            if old is None:
                journal[label][pk] = {CREATED: columns}
            elif changed := {name: [old[name], value] for name, value in columns.items() if old[name] != value}:
                journal[label][pk] = changed
    return dict(journal)


def add(journal: Journal, more: Journal) -> Journal:
    """The journal with what happened later: the earliest before, the latest after."""
    for label, rows in more.items():
        there = journal.setdefault(label, {})
        for pk, columns in rows.items():
            if pk not in there:
                there[pk] = columns
            elif CREATED in there[pk]:
                there[pk][CREATED] |= {name: after for name, (_, after) in columns.items()}
            else:
                for name, (before, after) in columns.items():
                    there[pk][name] = [there[pk].get(name, [before])[0], after]
    return journal


def model_of(label: str) -> type[Model]:
    """The model that a journal calls so."""
    return apps.get_model(label)


def plain(value: Any) -> Any:
    """A value of a column as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def read(model: type[Model], attname: str, value: Any) -> Any:
    """A value that a journal holds, for the column."""
    field = next(field for field in model._meta.concrete_fields if field.attname == attname)
    return getattr(field, "target_field", field).to_python(value)


def _read(found: Snapshot, model: type[Model], columns: list[str], which: Q) -> None:
    rows = model._default_manager.filter(which).order_by().values_list("pk", *columns)
    found.setdefault(model._meta.label, {}).update(
        {str(pk): {name: plain(value) for name, value in zip(columns, values, strict=True)} for pk, *values in rows}
    )


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field
