"""The first look at a source: which address books or mail folders there are to choose from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contacts.models import SourceKind, SourcePart, SourceState
from contacts.remote import discovery, imap
from contacts.remote.web import Session
from contacts.services.sources import claims
from contacts.services.sources.claims import Claim

_USUAL: Final = ("inbox", "sent")


def books(claim: Claim, session: Session, address: str, *, now: datetime) -> None:
    """Note the address books, all of them chosen. Raises Stale, Fault."""
    found = discovery.books(session, address)
    parts = [
        SourcePart(address=book.url[:1000], title=book.title, is_chosen=True, can_write=book.can_write)
        for book in found
        if len(book.url) <= 1000
    ]
    _note(claim, parts, now)


def folders(claim: Claim, mailbox: imap.Mailbox, *, now: datetime) -> None:
    """Note the folders; what came in and what was sent is chosen. Raises Stale, Fault."""
    found = [folder for folder in mailbox.folders() if folder.use not in ("junk", "trash", "drafts")]
    found.sort(key=lambda folder: (_USUAL.index(folder.use) if folder.use in _USUAL else len(_USUAL), folder.title))
    parts = [
        SourcePart(address=folder.name, title=folder.title, use=folder.use, is_chosen=folder.use in _USUAL)
        for folder in found
    ]
    _note(claim, parts, now)


def _note(claim: Claim, parts: Sequence[SourcePart], now: datetime) -> None:
    with claims.held(claim) as one:
        known = set(one.parts.values_list("address", flat=True))
        fresh = {part.address: part for part in parts if part.address not in known}
        for part in fresh.values():
            part.source = one
        SourcePart.objects.bulk_create(fresh.values())
        if one.state == SourceState.CHECKING:
            # An address book with nothing to choose from needs no question; a mailbox is always worth one.
            one.state = SourceState.CHOOSING
            if one.kind == SourceKind.CARDDAV and len(known) + len(fresh) == 1:
                one.state = SourceState.ACTIVE
                one.next_run_at = now
        one.error, one.failures, one.leased_until = "", 0, None
