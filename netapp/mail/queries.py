"""Reading the outbox."""

from django.db.models import QuerySet

from netapp.accounts.models import User
from netapp.mail.models import Letter


def letter_for(member: User, key: str) -> Letter | None:
    """Their letter about that event, without its texts; None where it is not written (yet)."""
    return Letter.objects.filter(member=member, key=key).defer("text", "html", "attachments").first()


def mail_log(member: User) -> QuerySet[Letter]:
    """What was sent on behalf of `member` and may be shown to them, newest first, without the texts.

    Letters to somebody they have not met (`is_shown` false) are left out altogether: that one exists would already
    tell that, and when, the other was asked.
    """
    return (
        Letter.objects.filter(member=member, is_shown=True)
        .select_related("member")
        .order_by("-created_at", "-id")
        .defer("text", "html", "attachments")
    )
