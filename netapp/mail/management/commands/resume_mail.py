"""`manage.py resume_mail`: whether mail is paused and what waits; with `--yes`, let it flow again."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from netapp.lib.bell import ring
from netapp.mail import pausing
from netapp.mail.tasks import deliver


class Command(BaseCommand):
    help = "Say whether mail is paused and what waits; with --yes let it flow again. Fails while mail stays paused."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do with what waits."""
        parser.add_argument("--yes", action="store_true", help="let mail flow again")
        parser.add_argument(
            "--drop-older-than",
            type=float,
            metavar="HOURS",
            help="drop letters that were due more than so many hours ago: they went out before the backup was restored",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, say, and act where told to."""
        now = timezone.now()
        is_paused = pausing.look(now=now)
        hours = options["drop_older_than"]
        before = None if hours is None else now - timedelta(hours=hours)
        for one in pausing.waiting(now=now):
            self.stdout.write(f"{one.count:>7} × {one.words}, the oldest due {one.oldest_at:%Y-%m-%d %H:%M} UTC")
        if before:
            old = sum(one.count for one in pausing.waiting(now=now, due_before=before))
            self.stdout.write(f"{old:>7} of these would be dropped")
        if not is_paused:
            self.stdout.write("Mail flows.")
            return
        if not options["yes"]:
            raise CommandError("Mail is paused. `resume_mail --yes` sends what waits; see --drop-older-than.")
        dropped = pausing.resume(now=now, drop_due_before=before)
        ring(deliver)
        self.stdout.write(f"Mail flows again; {dropped} letters dropped.")
