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
from netapp.lib.bulk import insert_new
from netapp.mail import suppression, tasks, texts
from netapp.mail.models import Letter, LetterState
from netapp.mail.rendering import render
from netapp.mail.texts import via_kith

__all__ = ["Attachment", "Draft", "Recipient", "cancel_group", "post", "post_all", "via_kith"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter that is to be written.

    `key` names the event; a letter with that key that exists already is left as it stands. `template` is also the
    letter's kind. `member` is on whose behalf it goes, None for the site itself. Besides `context`, templates see
    `base_url`, `site_name`, `is_essential` and `stop_url`, the reader's own stop link (empty in an essential letter).
    `due_at` None means at once. `is_shown`: whether `member` finds it in the mail log; by default only what is written
    to themselves, so that a letter to somebody they have not met never shows there by mistake.
    """

    key: str
    template: str
    context: Mapping[str, Any]
    to: Sequence[Recipient]
    member: User | None
    cc: Sequence[Recipient] = ()
    reply_to: Sequence[Recipient] = ()
    from_name: str = ""
    group: str = ""
    due_at: datetime | None = None
    is_essential: bool = False
    is_shown: bool | None = None
    attachments: Sequence[Attachment] = ()


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
    """Write one letter (see `Draft`), to be sent from `due_at` on; nothing is sent if the caller's transaction fails.

    A letter with that key that exists already is returned as it stands. Raises NotAnAddress.
    """
    draft = Draft(
        key=key,
        template=template,
        context=context,
        to=to,
        member=member,
        cc=cc,
        reply_to=reply_to,
        from_name=from_name,
        group=group,
        due_at=due_at,
        is_essential=is_essential,
        is_shown=is_shown,
        attachments=attachments,
    )
    return post_all([draft], now=now)[0]


@transaction.atomic
def post_all(drafts: Sequence[Draft], *, now: datetime) -> list[Letter]:
    """Write many letters, in the order of their drafts, in as many statements as one takes, and ring once for them.

    Raises NotAnAddress; then none is written.
    """
    known: dict[str, Letter] = Letter.objects.in_bulk([one.key for one in drafts], field_name="key")
    wanted = {one.key: one for one in drafts if one.key not in known}
    written = [_write(one, now) for one in wanted.values()]
    # Somebody else may write the same event at the same moment: the first one's letter stands.
    landed = insert_new(written)
    new = [letter for letter in written if letter.id in landed]
    for letter in new:
        letter._state.adding = False
    known |= {letter.key: letter for letter in new}
    if missing := wanted.keys() - known.keys():
        known |= Letter.objects.in_bulk(missing, field_name="key")
    suppression.make_links([letter for letter in new if not letter.is_essential])
    due = [letter for letter in new if letter.due_at <= now]
    if len(due) == 1:
        # By name, so that it goes out before whatever else waits: somebody may be looking at their inbox.
        ring(tasks.deliver, str(due[0].id))
    elif due:
        ring(tasks.deliver)
    return [known[one.key] for one in drafts]


def _write(draft: Draft, now: datetime) -> Letter:
    readers = _distinct(draft.to)
    here = {reader.email.lower() for reader in readers}
    copies = [one for one in _distinct(draft.cc) if one.email.lower() not in here]
    answers = _distinct(draft.reply_to)
    member, is_essential, is_shown = draft.member, draft.is_essential, draft.is_shown
    if is_shown is None:
        is_shown = member is not None and all(one.email.lower() == member.email.lower() for one in (*readers, *copies))
    salt = "" if is_essential else secrets.token_urlsafe(16)
    stop_url = "" if is_essential else settings.BASE_URL + reverse("mail:stop", args=[tokens.placeholder("stop", salt)])
    # Days in a letter are the member's, whether a worker writes it or somebody else's click.
    with timezone.override(member.zone if member else None):
        rendered = render(draft.template, {**draft.context, "stop_url": stop_url, "is_essential": is_essential})
    return Letter(
        key=draft.key,
        kind=draft.template,
        member=member,
        is_shown=is_shown,
        group=draft.group,
        to=[one.email for one in readers],
        cc=[one.email for one in copies],
        reply_to=[one.email for one in answers],
        names={one.email: one.name for one in (*answers, *copies, *readers)},
        from_name=texts.one_line(draft.from_name or settings.SITE_NAME, texts.MAX_NAME + 20),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        attachments=[
            {"name": texts.one_line(file.name, 100), "type": file.type, "content": b64encode(file.content).decode()}
            for file in draft.attachments
        ],
        message_id=f"<{uuid.uuid4().hex}@{settings.MAIL_FROM.rpartition('@')[2]}>",
        is_essential=is_essential,
        stop_salt=salt,
        due_at=draft.due_at or now,
    )


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
