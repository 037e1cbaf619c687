"""Every row of a member's in this room, as plain values for the JSON file.

Which tables there are is asked of Django, so that a new one is taken along by itself. What is left out is named here
with the reason; so are columns that are secrets, or derived from the others.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Any, Final
from uuid import UUID

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db.models import BinaryField, Field, ForeignKey, Model, Q

from contacts import models
from contacts.models import Connection, ConnectionState
from netapp.accounts.models import User
from netapp.mail.models import Letter

Row = dict[str, Any]

LEFT_OUT: Final[Mapping[type[Model], str]] = {
    models.Identity: "belongs to no member, and says across books who is who",
    models.ImportPiece: "files on their way in; the member has them",
    models.Export: "the very files that these rows go into",
    models.ExportPiece: "the very files that these rows go into",
    models.Change: "what an undo needs, for a month",
    models.DuplicateLook: "when a worker last looked",
    models.Lookalike: "computed from the cards",
}
"""Tables that are not written, and why."""

_SECRET: Final = re.compile(r"salt|digest|secret|password|token|marks$")
_INTERNAL: Final = re.compile(
    "owner_id|identity_id|search_text|sort_key|fence|leased_until|lapses|strength_is_stale"
    "|record|keys|journal|base|ctag|etag|fingerprint"
)


def member_row(member: User) -> Row:
    """The account: what the member told of themself, and their addresses."""
    names = ("name", "email", "time_zone", "country", "theme", "mail_from_time", "mail_until_time", "joined_at")
    addresses = EmailAddress.objects.filter(user=member).order_by("id")
    return {
        **{name: plain(getattr(member, name)) for name in names},
        "addresses": list(addresses.values("email", "verified", "primary")),
    }


def tables_of(member: User) -> Iterator[tuple[str, Iterator[Row]]]:
    """(name, rows) of each table, its rows read as they are asked for. One statement a table."""
    for model, path in _tables():
        yield _name(model), _rows(model, {path: member.pk})
    yield "connections", _connections(member)
    yield "letters", _letters(member)


@cache
def _tables() -> list[tuple[type[Model], str]]:
    """Each table of this app with the way from its rows to their owner."""
    found: dict[type[Model], str] = {}
    waiting = [one for one in apps.get_app_config("contacts").get_models() if one not in LEFT_OUT and one != Connection]
    while waiting:
        reached = {model: path for model in waiting if (path := _way_home(model, found))}
        if not reached:
            raise LookupError(f"Whose are these rows? {waiting}")
        found |= reached
        waiting = [model for model in waiting if model not in reached]
    return sorted(found.items(), key=lambda item: _name(item[0]))


def _way_home(model: type[Model], known: Mapping[type[Model], str]) -> str:
    for field in model._meta.get_fields():
        if isinstance(field, ForeignKey):
            if field.name == "owner":
                return "owner"
            if field.related_model in known and not field.null:
                return f"{field.name}__{known[field.related_model]}"
    return ""


def _name(model: type[Model]) -> str:
    return str(model._meta.verbose_name_plural).replace(" ", "_")


@cache
def columns_of(model: type[Model]) -> list[str]:
    """The columns that are written: no secret, nothing internal, no bytes."""
    fields: list[Field[Any, Any]] = [one for one in model._meta.get_fields() if isinstance(one, Field) and one.concrete]
    names = [one.attname for one in fields if not isinstance(one, BinaryField)]
    return [name for name in names if not (_INTERNAL.fullmatch(name) or _SECRET.search(name))]


def _rows(model: type[Model], of: Mapping[str, Any]) -> Iterator[Row]:
    names = columns_of(model)
    rows = model._default_manager.filter(**of).order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=2000):
        yield {name: plain(value) for name, value in zip(names, row, strict=True)}


def _connections(member: User) -> Iterator[Row]:
    """As each side may know them: who invited somebody does not learn that it was declined."""
    rows = Connection.objects.filter(Q(inviter=member) | Q(invitee=member)).select_related("inviter", "invitee")
    for row in rows.order_by("created_at", "id"):
        is_mine = row.inviter_id == member.pk
        other = row.invitee if is_mine else row.inviter
        is_settled = row.state in (ConnectionState.ACCEPTED, ConnectionState.ENDED)
        state = row.state if is_settled or not is_mine else ConnectionState.INVITED
        yield {
            "id": plain(row.id),
            "invited_by_me": is_mine,
            "with": other.display_name if other and (is_settled or not is_mine) else "",
            "address": row.invitee_email,
            "state": str(state),
            "created_at": plain(row.created_at),
            "answered_at": plain(row.answered_at) if is_settled else None,
            "ended_at": plain(row.ended_at) if is_settled else None,
        }


def _letters(member: User) -> Iterator[Row]:
    """The mail log: what it shows, not the texts, which hold what other rows say."""
    names = ("kind", "subject", "to", "cc", "state", "created_at", "sent_at")
    rows = Letter.objects.filter(member=member, is_shown=True).order_by("created_at", "id").values_list(*names)
    for row in rows.iterator(chunk_size=2000):
        yield {name: plain(value) for name, value in zip(names, row, strict=True)}


_PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {
    UUID: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
}


def plain(value: Any) -> Any:
    """The value as JSON knows it."""
    make = _PLAIN.get(type(value))
    return make(value) if make else value
