"""Telling those who run the site that its mail is paused. Connected when Django starts: the outbox rings the tasks."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.urls import reverse

from netapp.accounts.models import User
from netapp.mail import outbox
from netapp.mail.signals import mail_paused


@receiver(mail_paused, dispatch_uid="mail.tell_admins")
def tell_admins(*, reason: str, now: datetime, **_: Any) -> None:
    """One letter to each: the pause lets it through."""
    admins = list(User.objects.filter(is_staff=True, is_active=True))
    outbox.post_all(
        [
            outbox.Draft(
                key=f"mail_paused:{admin.pk}:{now.isoformat()}",
                template="mail_paused",
                context={
                    "admin": admin,
                    "member": admin,
                    "reason": reason,
                    "link": settings.BASE_URL + reverse("mail:paused"),
                },
                to=[outbox.Recipient(admin.email, admin.name)],
                member=admin,
                is_essential=True,
            )
            for admin in admins
        ],
        now=now,
    )
