"""`manage.py pause_mail`: hold all letters back, before a backup is restored or while something is looked into."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from netapp.mail import pausing
from netapp.mail.models import PauseReason


class Command(BaseCommand):
    help = "Hold all letters back until `manage.py resume_mail --yes`."

    def handle(self, *args: Any, **options: Any) -> None:
        """Pause, and say whether that changed anything."""
        is_new = pausing.pause(reason=PauseReason.BY_HAND, now=timezone.now())
        self.stdout.write("Mail is paused." if is_new else "Mail was paused already.")
