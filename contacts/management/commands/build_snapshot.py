"""`manage.py build_snapshot`: the snapshot of shared ties, now instead of at the next beat."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from contacts.network import snapshots


class Command(BaseCommand):
    help = "Build the snapshot of shared ties if anything changed, have it on this host, and check it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to build it in any case."""
        parser.add_argument("--anew", action="store_true", help="build it even if nothing changed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what is there in the end; fail where nothing is that can be trusted."""
        if settings.SNAPSHOT_DIR is None:
            raise CommandError("SNAPSHOT_DIR is not set: this site keeps no snapshot.")
        is_built = snapshots.keep_fresh(now=timezone.now(), anew=options["anew"])
        snapshot = snapshots.latest()
        if snapshot is None:
            raise CommandError("There is no snapshot that can be trusted; the log says why.")
        word = "Built" if is_built else "Nothing was built; the one at hand has"
        self.stdout.write(f"{word}: {snapshot.n} vertices, {snapshot.ties} ties, {snapshot.nbytes} bytes.")
