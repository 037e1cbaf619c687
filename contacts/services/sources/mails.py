"""Reading a mailbox: the heads of new mails become dated contacts, the way of every import.

A folder is read by UID, oldest first; how far is noted in the transaction that hands the mails on. UIDs mean something
only together with the folder's UIDVALIDITY: where that changed, the folder is read anew, and its Message-IDs keep
anything from being counted twice.
"""

from datetime import date, datetime
from typing import Final

from contacts.importers import ContactRecord
from contacts.importers.mail_headers import Threads, contact
from contacts.models import SourcePart, SourceRun
from contacts.remote.guard import Allowance
from contacts.remote.imap import Mailbox
from contacts.services.imports.feeding import feed
from contacts.services.sources import claims
from contacts.services.sources.books import MIN_SECONDS, source_key
from contacts.services.sources.claims import Claim

BATCH: Final = 2000
"""Mails handed on at once."""


def pull(
    claim: Claim, mailbox: Mailbox, part: SourcePart, allowance: Allowance, *, since: date | None, now: datetime
) -> bool:
    """Read what is new in the folder, mails from before the day `since` left out. Raises Stale, Fault.

    Answers whether there is more than this run had time for.
    """
    opened = mailbox.open(part.address)
    last = part.last_uid if part.uid_validity == opened.uid_validity else 0
    uids = mailbox.uids(after=last, since=since)
    for start in range(0, len(uids), BATCH):
        if start and allowance.is_short(MIN_SECONDS):
            return True
        some = uids[start : start + BATCH]
        threads = Threads()
        records = [
            contact(part.title, header.uid, header.data, now=now, threads=threads) for header in mailbox.headers(some)
        ]
        told = [one for one in records if isinstance(one, ContactRecord) and not one.left_out]
        with claims.held(claim) as one:
            imported = feed(
                owner_id=claim.owner.pk,
                title=f"{one.title}: {part.title}",
                records=told,
                source=source_key(one),
                now=now,
            )
            counts = {"mails": len(told), "left_out": len(records) - len(told)}
            SourceRun.objects.create(source=one, ended_at=now, counts=counts, imported=imported)
            SourcePart.objects.filter(id=part.id).update(uid_validity=opened.uid_validity, last_uid=some[-1])
    if not uids and part.uid_validity != opened.uid_validity:
        with claims.held(claim):
            SourcePart.objects.filter(id=part.id).update(uid_validity=opened.uid_validity, last_uid=0)
    return False
