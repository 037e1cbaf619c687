"""What this app does when a book changes: whatever was worked out from it is to be worked out again."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone

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
