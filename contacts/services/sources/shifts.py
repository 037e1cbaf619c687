"""A worker's shift at one source: log in, read, write back, hang up; in bounded time, whatever the server does."""

from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings

from contacts.models import Import, Source, SourceKind, SourcePart, SourceState, Writes
from contacts.models.imports import AT_WORK
from contacts.remote import faults
from contacts.remote.faults import Fault
from contacts.remote.guard import Allowance, Guard
from contacts.remote.imap import Mailbox
from contacts.remote.web import Credentials, Session
from contacts.services.sources import books, checking, claims, mails, sending
from contacts.services.sources.claims import Claim, Stale
from contacts.services.sources.leaving import MostGone
from contacts.services.sources.presets import BY_KEY
from netapp.lib import sealing

log = structlog.get_logger(__name__)

SECONDS: Final = 90.0
BYTES: Final = 150_000_000
"""What one shift may take from a server."""


def work(claim: Claim, *, now: datetime) -> list[UUID]:
    """Do what there is to do at the source, and note how it ended. The imports that now wait for a worker."""
    _work(claim, now)
    begun = Import.objects.filter(owner=claim.owner, source__endswith=str(claim.source_id), state__in=AT_WORK)
    return list(begun.values_list("id", flat=True))


def _work(claim: Claim, now: datetime) -> None:
    try:
        source = _source(claim)
        log.info("source.began", id=str(claim.source_id), fence=claim.fence)
        try:
            is_more = _speak(claim, source, now)
        except Fault as fault:
            log.info("source.fault", id=str(claim.source_id), trouble=fault.trouble.value)
            claims.fail(claim, fault, now=now)
            return
        except MostGone as question:
            with claims.held(claim) as one:
                one.leased_until = None
                claims.stop(one, str(question), now=now)
            return
        if is_more is not None:
            claims.finish(claim, is_more=is_more, now=now)
    except Stale:
        log.info("source.stale", id=str(claim.source_id), fence=claim.fence)


def _source(claim: Claim) -> Source:
    source = Source.objects.filter(id=claim.source_id, fence=claim.fence).first()
    if source is None:
        raise Stale
    return source


def _speak(claim: Claim, source: Source, now: datetime) -> bool | None:
    """Whether there is more to read; None where the source only was looked at, and its state says so already."""
    try:
        secret = sealing.unseal(source.sealed_secret, bound_to=str(source.id))
    except sealing.Unreadable as error:
        raise faults.lost_secret(source.title) from error
    credentials = Credentials(source.user_name, secret, is_token=source.auth == "token")
    guard = Guard(allow_hosts=settings.SYNC_ALLOW_HOSTS, ca_file=settings.SYNC_CA_FILE)
    allowance = Allowance(seconds=SECONDS, size=BYTES)
    parts = list(SourcePart.objects.filter(source=source, is_chosen=True))
    is_checking = source.state == SourceState.CHECKING
    if source.kind == SourceKind.IMAP:
        with Mailbox(guard=guard, allowance=allowance, address=source.address, credentials=credentials) as mailbox:
            if is_checking:
                checking.folders(claim, mailbox, now=now)
                return None
            since = source.since_date
            unfinished = [mails.pull(claim, mailbox, part, allowance, since=since, now=now) for part in parts]
            return any(unfinished)
    preset = BY_KEY.get(source.preset)
    family = preset.family if preset else ""
    with Session(
        guard=guard, allowance=allowance, url=source.address, credentials=credentials, family=family
    ) as session:
        if is_checking:
            checking.books(claim, session, source.address, now=now)
            return None
        unfinished = [books.pull(claim, session, part, allowance, now=now) for part in parts]
        is_more = any(unfinished)
        if source.writes != Writes.NOTHING and not is_more:
            is_more = sending.push(claim, session, source.writes, allowance, now=now)
        return is_more
