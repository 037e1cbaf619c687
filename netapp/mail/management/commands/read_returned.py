"""`manage.py read_returned`: what a mail that came back says, for a mail server that pipes bounces into a program."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from netapp.mail import bounces, returns


class Command(BaseCommand):
    help = "Read mails that came back: files, folders of files (a Maildir), or one mail from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the mails are."""
        parser.add_argument("paths", nargs="*", type=Path, help="files or folders; none: standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Note each bounce, and say how many there were."""
        paths: list[Path] = options["paths"]
        mails = [sys.stdin.buffer.read(bounces.MAX_BYTES)] if not paths else []
        for path in paths:
            files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
            for file in files:
                with file.open("rb") as content:
                    mails.append(content.read(bounces.MAX_BYTES))
        found = [bounce for mail in mails if (bounce := bounces.read(mail))]
        noted = sum(returns.note(bounce) for bounce in found)
        self.stdout.write(f"{len(mails)} read, {len(found)} of them bounces, {noted} readers of letters from here.")
