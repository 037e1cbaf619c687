"""Writing a letter: a row in the transaction that causes it. Whether and when it goes out is decided later."""

import secrets
import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.urls import reverse
from django.utils import timezone

from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.lib.bell import ring
from netapp.mail import suppression, tasks, texts
from netapp.mail.models import Letter, LetterState
from netapp.mail.rendering import render
from netapp.mail.texts import via_kith

__all__ = ["Attachment", "Recipient", "cancel_group", "post", "via_kith"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is written to, or put in copy, or answered to."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter; small, as it waits in the row."""

    name: str
    content: bytes
    type: str = "application/octet-stream"


@transaction.atomic
def post(
    *,
    key: str,
    template: str,
    context: Mapping[str, Any],
    to: Sequence[Recipient],
    now: datetime,
    member: User | None,
    cc: Sequence[Recipient] = (),
    reply_to: Sequence[Recipient] = (),
    from_name: str = "",
    group: str = "",
    due_at: datetime | None = None,
    is_essential: bool = False,
    is_shown: bool | None = None,
    attachments: Sequence[Attachment] = (),
) -> Letter:
    """Write a letter, to be sent from `due_at` (now) on; nothing is sent if the caller's transaction fails.

    `key` names the event; a letter with that key that exists already is returned as it stands. `template` is also the
    letter's kind. `member` is on whose behalf it goes, None for the site itself. Besides `context`, templates see
    `base_url`, `site_name`, `is_essential` and `stop_url`, the reader's own stop link (empty in an essential letter).
    `is_shown`: whether `member` finds it in the mail log; by default only what is written to themselves, so that a
    letter to somebody they have not met never shows there by mistake. Raises NotAnAddress.
    """
    if existing := Letter.objects.filter(key=key).first():
        return existing
    readers = _distinct(to)
    copies = [one for one in _distinct(cc) if one.email.lower() not in {reader.email.lower() for reader in readers}]
    if is_shown is None:
        is_shown = member is not None and all(one.email.lower() == member.email.lower() for one in (*readers, *copies))
    salt = "" if is_essential else secrets.token_urlsafe(16)
    stop_url = "" if is_essential else settings.BASE_URL + reverse("mail:stop", args=[tokens.placeholder("stop", salt)])
    # Days in a letter are the member's, whether a worker writes it or somebody else's click.
    with timezone.override(member.zone if member else None):
        rendered = render(template, {**context, "stop_url": stop_url, "is_essential": is_essential})
    due_at = due_at or now
    letter, is_new = Letter.objects.get_or_create(
        key=key,
        defaults={
            "kind": template,
            "member": member,
            "is_shown": is_shown,
            "group": group,
            "to": [one.email for one in readers],
            "cc": [one.email for one in copies],
            "reply_to": [one.email for one in _distinct(reply_to)],
            "names": {one.email: one.name for one in (*_distinct(reply_to), *copies, *readers)},
            "from_name": texts.one_line(from_name or settings.SITE_NAME, texts.MAX_NAME + 20),
            "subject": rendered.subject,
            "text": rendered.text,
            "html": rendered.html,
            "attachments": [
                {"name": texts.one_line(file.name, 100), "type": file.type, "content": b64encode(file.content).decode()}
                for file in attachments
            ],
            "message_id": f"<{uuid.uuid4().hex}@{settings.MAIL_FROM.rpartition('@')[2]}>",
            "is_essential": is_essential,
            "stop_salt": salt,
            "due_at": due_at,
        },
    )
    if is_new:
        if not is_essential:
            suppression.make_links(letter)
        if due_at <= now:
            ring(tasks.deliver, str(letter.id))
    return letter


def cancel_group(*, group: str) -> int:
    """Cancel what of `group` has not gone out, in the caller's transaction. Returns how many letters that concerned.

    One that a worker is sending at this very moment may still arrive; it is not tried again, and copies that it has
    not begun are not sent.
    """
    return Letter.objects.filter(group=group, state__in=(LetterState.QUEUED, LetterState.SENDING)).update(
        # One statement: a letter that a worker claims or gives back meanwhile is judged by its newest state.
        state=Case(When(state=LetterState.QUEUED, then=Value(LetterState.CANCELLED)), default=F("state")),
        is_unwanted=True,
        text="",
        html="",
        attachments=[],
    )


def _distinct(recipients: Sequence[Recipient]) -> list[Recipient]:
    found: dict[str, Recipient] = {}
    for one in recipients:
        clean = Recipient(texts.address(one.email), texts.one_line(one.name, texts.MAX_NAME))
        found.setdefault(clean.email.lower(), clean)
    return list(found.values())
