"""`make bench-mail`: 10,000 due reminders as letters, beside a bare smtplib loop over the same letters.

A throwaway PostgreSQL, Redis and a mail server of its own process, on loopback. Every member has one reminder that is
due, so every reminder is a letter: claimed, composed as a digest, written to the outbox, claimed again, sent, noted.
Two Celery worker processes do it, started by the one task that beat starts each minute. The bare loop has one
connection and sends the last of Kith's own letters again and again: no database, nothing to render, nothing to lose.

`python -m benchmarks.mail [letters] [workers]` takes other numbers.
"""

from __future__ import annotations

import asyncio
import os
import platform
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time as clock
from datetime import timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from netapp.embedded.postgres import THROWAWAY, Postgres
from netapp.embedded.process import Service
from netapp.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
LETTERS = 10_000
WORKERS = 2
BARE = 3_000
"""Letters that the bare loop sends."""
PATIENCE = 1800.0
"""Seconds until the run is given up."""


class Taker:
    """Takes every letter; the readers' addresses go to one file, a line each, the last letter to another."""

    def __init__(self, folder: Path) -> None:
        self.readers = (folder / "readers").open("a", buffering=1)
        self.last = folder / "last.eml"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """250, once it is written down who got it."""
        self.readers.writelines(f"{reader}\n" for reader in envelope.rcpt_tos)
        if not self.last.exists():
            self.last.write_bytes(bytes(envelope.content or b""))
        return "250 Taken"


async def take(descriptor: int, folder: Path) -> None:
    """Serve until the process is ended."""
    taker, loop = Taker(folder), asyncio.get_running_loop()
    listener = socket.socket(fileno=descriptor)
    await loop.create_server(lambda: SMTP(taker, hostname="localhost", loop=loop), sock=listener)
    await asyncio.Event().wait()


@contextmanager
def parts(place: Path) -> Iterator[int]:
    """PostgreSQL, Redis and the mail server; everything else finds them by the environment. Hands out the mail port."""
    database = Postgres(place / "postgres", log=place / "postgres.log", options=THROWAWAY)
    redis = Valkey(place / "redis", log=place / "redis.log", durable=False)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.mail", "take", str(listener.fileno()), str(place)]
    sink = subprocess.Popen(command, pass_fds=[listener.fileno()], cwd=ROOT)
    listener.close()
    services: list[Service] = [database, redis]
    try:
        for service in services:
            service.start()
        for service in services:
            service.wait_until_ready()
        (place / "static").mkdir()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "netapp.settings",
            "SECRET_KEY": "only-for-this-benchmark-" + "k" * 40,
            "BASE_URL": "http://127.0.0.1:8000",
            "DATABASE_URL": database.url,
            "REDIS_URL": redis.url,
            "SMTP_URL": f"smtp://127.0.0.1:{port}",
            "MAIL_FROM": "kith@example.org",
            "STATIC_ROOT": str(place / "static"),
            "DATA_DIR": str(place),
            "LOG_LEVEL": "ERROR",
        }
        yield port
    finally:
        for service in reversed(services):
            service.stop()
        sink.terminate()
        sink.wait()


def fill(count: int) -> None:
    """So many members, each with one person and one reminder that is due."""
    from django.utils import timezone

    from contacts.models import Person, Reminder, ReminderKind
    from netapp.accounts.models import User

    now = timezone.now()
    day = {"mail_from_time": clock(0), "mail_until_time": clock(23, 59, 59)}
    members = User.objects.bulk_create(
        [User(email=f"member{n}@kith.test", name=f"Member {n}", password="!", **day) for n in range(count)]
    )
    people = Person.objects.bulk_create([Person(owner=one, full_name=f"Friend of {one.name}") for one in members])
    Reminder.objects.bulk_create(
        [
            Reminder(
                owner_id=one.owner_id,
                person=one,
                kind=ReminderKind.KEEP_IN_TOUCH,
                key=f"keep_in_touch:{one.id}:1",
                due_at=now - timedelta(minutes=1),
                rhythm_days=30,
            )
            for one in people
        ]
    )


def deliver(count: int, workers: int, place: Path) -> tuple[float, float]:
    """Have it all sent; seconds until the last letter was settled, and until the first was taken."""
    from celery import current_app

    from contacts.tasks import send_reminders
    from netapp.mail.models import Letter, LetterState
    from netapp.mail.tasks import sweep

    command = [*(sys.executable, "-m", "celery", "--app", "netapp", "--quiet", "worker"), "--concurrency", str(workers)]
    with (place / "worker.log").open("wb") as log:
        worker = subprocess.Popen([*command, "--without-mingle", "--without-gossip"], cwd=ROOT, stdout=log, stderr=log)
        try:
            while not current_app.control.inspect(timeout=1).ping():
                time.sleep(0.2)
            began = time.monotonic()
            swept, first = began, 0.0
            send_reminders.delay()
            while Letter.objects.filter(state=LetterState.SENT).count() < count:
                if not first and (place / "readers").stat().st_size:
                    first = time.monotonic() - began
                if time.monotonic() - began > PATIENCE:
                    sys.exit(f"Given up; the worker said:\n{(place / 'worker.log').read_text()[-2000:]}")
                if time.monotonic() - swept > 60:
                    # What beat does each minute.
                    swept = time.monotonic()
                    sweep.delay()
                time.sleep(0.1)
            return time.monotonic() - began, first
        finally:
            worker.terminate()
            worker.wait()


def bare(port: int, letter: bytes, count: int) -> float:
    """Seconds for so many letters over one connection by smtplib."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        began = time.monotonic()
        for _ in range(count):
            connection.sendmail("kith@example.org", ["bare@kith.test"], letter)
        return time.monotonic() - began


def main() -> None:
    """Measure, and print what docs/benchmarks.md holds."""
    if sys.argv[1:2] == ["take"]:
        asyncio.run(take(int(sys.argv[2]), Path(sys.argv[3])))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LETTERS
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else WORKERS
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, parts(Path(folder)) as port:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        fill(count)
        seconds, first = deliver(count, workers, Path(folder))
        taken = Counter(Path(folder, "readers").read_text().split())
        alone = bare(port, Path(folder, "last.eml").read_bytes(), min(BARE, count))
    rate, peer = count / seconds, min(BARE, count) / alone
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f} at the start\n")
    print("| | letters | seconds | letters/s | times the bare loop |\n| --- | ---: | ---: | ---: | ---: |")
    ours = f"| Kith, {workers} workers, from due to noted as sent | {count:,} | {seconds:.1f} | {rate:.0f} |"
    print(f"{ours} {peer / rate:.1f} |")
    print(f"| smtplib, one connection | {min(BARE, count):,} | {alone:.1f} | {peer:.0f} | 1.0 |")
    twice = sum(times > 1 for times in taken.values())
    print(
        f"\nThe first letter arrived after {first:.1f} s. Never arrived: {count - len(taken)}; arrived twice: {twice}."
    )


if __name__ == "__main__":
    main()
