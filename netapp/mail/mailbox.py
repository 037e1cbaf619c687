"""The site's own mailbox, to which mail that could not be delivered comes back (MAIL_FROM's)."""

import imaplib
from collections.abc import Generator
from contextlib import suppress
from typing import Any, Final

import structlog
from imap_tools import AND, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from netapp.mail.bounces import Bounce, read

log = structlog.get_logger(__name__)

MOST_AT_ONCE: Final = 200
_SECONDS: Final = 30


def _unread(mailbox: Any) -> Generator[Bounce]:
    """Each bounce among the unread mails of an open mailbox, marked as read once the caller asks for the next.

    In that order, so that a worker that is killed reads it again; noting a bounce twice changes nothing. Other mails
    stay unread, for whoever looks after the mailbox.
    """
    for uid in list(mailbox.uids(AND(seen=False)))[:MOST_AT_ONCE]:
        for mail in mailbox.fetch(AND(uid=uid), mark_seen=False, bulk=False):
            found = read(mail.obj.as_bytes())
            if found is not None:
                yield found
                mailbox.flag(uid, "\\Seen", True)


def bounces(where: dict[str, Any] | None) -> Generator[Bounce]:
    """The unread bounces in that mailbox (`netapp.env.imap`); none where it is not set or cannot be reached."""
    if where is None:
        return
    kind = MailBox if where["is_tls"] else MailBoxUnencrypted
    try:
        opened = kind(where["host"], port=where["port"], timeout=_SECONDS)
        try:
            with opened.login(where["user"], where["password"], initial_folder=where["folder"]) as mailbox:
                yield from _unread(mailbox)
        finally:
            # A log-in that was refused leaves the connection open.
            with suppress(OSError):
                opened.client.shutdown()
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        log.warning("bounces.unreachable", error=type(error).__name__)
