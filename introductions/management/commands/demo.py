"""`manage.py demo`: write the demo data (introductions.demo)."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from introductions.demo import members, world
from netapp.accounts.models import User


class Command(BaseCommand):
    """Writes a small world, and says who can log in to it."""

    help = "Write demo data: four members, Alice with 150 people, objectives, introductions in every state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--people", type=int, default=world.PEOPLE, help="how many people Alice has (default: %(default)s)"
        )
        parser.add_argument("--if-empty", action="store_true", help="do nothing where anybody has an account")
        parser.add_argument("--again", action="store_true", help="first delete the demo's members and all of theirs")
        parser.add_argument("--quiet", action="store_true", help="print nothing but who can log in")
        parser.add_argument("--force", action="store_true", help="write it even on a site that others can reach")

    def handle(self, *args: Any, **options: Any) -> None:
        is_local = settings.LOCAL_MAILBOX or settings.DEBUG
        if not (is_local or options["force"]):
            raise CommandError(
                "This is no local site: demo accounts have a password that everybody knows. Nothing was written. "
                "--force writes them all the same."
            )
        if options["people"] < 1:
            raise CommandError("--people must be at least 1.")
        if not (options["if_empty"] and User.objects.exists()):
            self._write(options)
        if lines := members.log_in_lines():
            self.stdout.write(lines)

    def _write(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        existing = members.existing_members()
        if existing and not options["again"]:
            raise CommandError(
                "The demo is here already. Nothing was written. --again deletes its members, with everything in "
                "their books, and writes it anew."
            )
        say = _nothing if options["quiet"] else self.stdout.write
        with transaction.atomic():
            world.remove(members=existing, now=now)
            world.build(now=now, people_count=options["people"], say=say)


def _nothing(_: str) -> None:
    """Say nothing."""
