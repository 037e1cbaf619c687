"""What this app does when a book changes: whatever was worked out from it is to be worked out again."""

from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from contacts.handles import HandleKind
from contacts.models import Handle
from contacts.signals import book_changed
from introductions.services import searches
from introductions.tasks import refresh_member
from netapp.lib import bell

RUNG_AT_MOST = 25
"""Members whose worker is called at once; the others wait for the sweep, a minute at most."""


def on_book_changed(sender: Any, *, member_ids: Collection[int], **_: Any) -> None:
    """Marks the rows in the transaction of the change, and rings once it is committed."""
    searches.books_moved(member_ids=member_ids, now=timezone.now())
    for member_id in sorted(member_ids)[:RUNG_AT_MOST]:
        bell.ring(refresh_member, member_id)


def on_address_changed(sender: Any, *, email_address: EmailAddress, **_: Any) -> None:
    """An address was verified, or taken off an account: whoever has it in their book may find other ways now."""
    holders = Handle.objects.filter(
        identity__kind=HandleKind.EMAIL, identity__value=email_address.email.lower(), person__deleted_at=None
    )
    member_ids = {email_address.user_id, *holders.values_list("owner_id", flat=True).distinct()}
    book_changed.send(sender=EmailAddress, member_ids=member_ids)
