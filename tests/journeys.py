"""What stories that end in a mailbox need: letters' texts and links, the passing of time, the rows as they stand."""

import re
from datetime import timedelta
from email.message import EmailMessage

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from tests.smtp import SmtpSink
from tests.workers import wait_until

_LINK = re.compile(r"https?://[^\s\"'<>)]+")
_NOT_OURS = ("sessions", "contenttypes", "auth", "admin")
"""Apps whose rows are no part of what happened."""


def text_of(message: EmailMessage) -> str:
    """The plain part, with its line ends as written."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    """The HTML part."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def links_in(message: EmailMessage) -> list[str]:
    """Every address of ours in the letter, whether in a part or in a header; each once, in order."""
    headers = " ".join(str(value) for name, value in message.items() if name.lower().startswith("list-"))
    found = _LINK.findall(f"{text_of(message)} {html_of(message)} {headers}")
    return list(dict.fromkeys(one.rstrip(".,;") for one in found if one.startswith(settings.BASE_URL + "/")))


def link_in(message: EmailMessage, path: str) -> str:
    """The one link of the text whose path begins with `path`."""
    found: set[str] = {one for one in _LINK.findall(text_of(message)) if one.startswith(settings.BASE_URL + path)}
    [link] = found
    return link


def await_letter(sink: SmtpSink, reader: str, subject: str, *, seconds: float = 20.0) -> EmailMessage:
    """The letter to `reader` whose subject has `subject` in it, once it has come. Raises AssertionError in time."""

    def found() -> list[EmailMessage]:
        return [one for one in sink.to(reader) if subject in str(one["Subject"])]

    wait_until(found, seconds=seconds)
    [letter] = found()
    return letter


def let_pass(**time: float) -> None:
    """Make everything that happened so far lie `time` (as of timedelta) further back, for every process at once."""
    span = timedelta(**time)
    with transaction.atomic():
        # A step at a time a row would pass through states that its constraints forbid.
        for model in _models():
            moments = [field.name for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField)]
            if moments:
                model._base_manager.update(**{name: models.F(name) - span for name in moments})


def rows(*only: type[models.Model]) -> dict[str, list[str]]:
    """Every row of every table but sessions and the like, or of those only, as PostgreSQL writes it, by table."""
    found = {}
    with connection.cursor() as cursor:
        for model in only or _models():
            table = model._meta.db_table
            cursor.execute(f'SELECT row::text FROM "{table}" AS row ORDER BY 1')
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label not in _NOT_OURS]
