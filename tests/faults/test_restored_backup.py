"""Yesterday's backup is restored (TRUST.md R13): nobody is written to until an admin has looked.

With PostgreSQL's own pg_dump and pg_restore on a database that each test makes for itself. What a test cannot do to a
running cluster (put back its files, recover it to a moment) is done to the rows that such a thing would leave.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from redis import Redis

from contacts.models import Reminder
from contacts.services import reminders
from contacts.tasks import send_reminders
from netapp.accounts.models import User
from netapp.lib import bell
from netapp.mail import outbox, pausing, tasks
from netapp.mail.models import Letter, LetterState, PauseReason, PostOffice
from tests.factories import PersonFactory, UserFactory
from tests.faults.conftest import copies, drain
from tests.smtp import SmtpSink
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class Site:
    """A database of its own, to which this process and the workers it starts are connected."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.dump_file = name, folder / "backup"
        known = connection.settings_dict
        self._where = {"host": known["HOST"], "user": known["USER"]}
        self._binaries = Path(os.environ["TEST_POSTGRES_BINARIES"])

    def run(self, program: str, *arguments: str | Path) -> None:
        """A program of PostgreSQL's."""
        environment = {
            "PATH": os.defpath,
            "PGHOST": self._where["host"],
            "PGUSER": self._where["user"],
            "PGPORT": "5432",
        }
        command = [self._binaries / program, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def admin(self, *statements: str) -> None:
        """Statements for the cluster, outside any database of ours."""
        with psycopg.connect(dbname="postgres", autocommit=True, **self._where) as other:
            for statement in statements:
                other.execute(statement.encode())

    def back_up(self) -> None:
        """As docs/operations.md says."""
        connection.close()
        self.run("pg_dump", "-Fc", "-f", self.dump_file, self.name)

    def restore(self, *options: str) -> None:
        """Read the backup in."""
        connection.close()
        self.run("pg_restore", "--no-owner", *options, "-d", self.name, self.dump_file)


@pytest.fixture
def site(redis: Redis, tmp_path: Path) -> Iterator[Site]:
    original = connection.settings_dict["NAME"]
    site = Site(f"{original}_site", tmp_path)
    connection.close()
    site.run("pg_dump", "-Fc", "-f", tmp_path / "empty", original)
    site.admin(f'DROP DATABASE IF EXISTS "{site.name}" WITH (FORCE)', f'CREATE DATABASE "{site.name}"')
    site.run("pg_restore", "--no-owner", "-d", site.name, tmp_path / "empty")
    connection.settings_dict["NAME"] = site.name
    try:
        PostOffice.objects.all().delete()
        assert pausing.look(now=timezone.now()) is False
        yield site
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original
        site.admin(f'DROP DATABASE IF EXISTS "{site.name}" WITH (FORCE)')


def a_day_of_mail(site: Site) -> None:
    """One letter waits; a backup is made; it goes out, and beat goes on."""
    member: User = UserFactory(email="member@kith.test")
    outbox.post(
        key="yesterday",
        template="digest",
        context={"member": member, "items": []},
        to=[outbox.Recipient(member.email)],
        member=member,
        now=timezone.now(),
    )
    tasks.sweep()
    site.back_up()
    drain()
    tasks.sweep()


def is_held(smtp_sink: SmtpSink) -> bool:
    """Whether an hour of work sends nobody anything."""
    before = len(smtp_sink.messages)
    send_reminders()
    tasks.deliver(str(Letter.objects.filter(key="yesterday").values_list("id", flat=True).get()))
    tasks.sweep()
    tasks.deliver()
    return len(smtp_sink.messages) == before


# --- What is noticed


@pytest.mark.parametrize(
    "options",
    [("--clean", "--if-exists"), ("--clean", "--if-exists", "--single-transaction")],
    ids=["clean", "at once"],
)
def test_a_dump_read_over_the_same_database(site: Site, smtp_sink: SmtpSink, redis: Redis, options: Any) -> None:
    a_day_of_mail(site)
    redis.flushdb()  # it need not remember anything
    site.restore(*options)
    assert is_held(smtp_sink)
    assert PostOffice.objects.get().reason == PauseReason.RESTORED


def test_a_dump_read_into_a_new_database_of_the_same_name(site: Site, smtp_sink: SmtpSink, redis: Redis) -> None:
    a_day_of_mail(site)
    connection.close()
    site.admin(f'DROP DATABASE "{site.name}" WITH (FORCE)', f'CREATE DATABASE "{site.name}"')
    redis.flushdb()
    site.restore()
    assert is_held(smtp_sink)


def test_rows_alone_read_over_emptied_tables(site: Site, smtp_sink: SmtpSink, redis: Redis) -> None:
    a_day_of_mail(site)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%I', relname), ', ') FROM pg_class WHERE relkind = 'r' AND"
            " relnamespace = 'public'::regnamespace"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]}")
    redis.flushdb()
    site.restore("--data-only", "--disable-triggers")
    assert is_held(smtp_sink)


def test_files_put_back_are_noticed_by_what_redis_saw(site: Site, smtp_sink: SmtpSink) -> None:
    """Snapshots of a disk leave cluster, database and rows as they were; only the beats are those of yesterday."""
    a_day_of_mail(site)
    PostOffice.objects.update(beats=1)
    Letter.objects.update(state=LetterState.QUEUED, sent_at=None, delivered=[], text="t", html="")
    assert is_held(smtp_sink)


def test_another_cluster(site: Site, smtp_sink: SmtpSink) -> None:
    a_day_of_mail(site)
    office = PostOffice.objects.get()
    PostOffice.objects.update(fingerprint={**office.fingerprint, "system": "7000000000000000000"})
    assert is_held(smtp_sink)


def test_recovery_to_a_moment_unless_redis_saw_nothing_later(site: Site, smtp_sink: SmtpSink, redis: Redis) -> None:
    a_day_of_mail(site)
    office = PostOffice.objects.get()
    older = {**office.fingerprint, "timeline": "0"}
    PostOffice.objects.update(fingerprint=older)
    assert not pausing.look(now=timezone.now()), "a standby took over, with everything"
    assert PostOffice.objects.get().fingerprint == office.fingerprint
    PostOffice.objects.update(fingerprint=older)
    redis.flushdb()
    assert is_held(smtp_sink), "nobody can say what is lost"


# --- What is not taken for it


def test_the_life_of_a_database_pauses_nothing(site: Site, redis: Redis) -> None:
    tasks.sweep()
    with connection.cursor() as cursor:
        for statement in ("VACUUM FULL", "VACUUM FREEZE", "REINDEX DATABASE", "ANALYZE", "CHECKPOINT"):
            cursor.execute(statement)
    call_command("migrate", verbosity=0)
    connection.close()
    assert not pausing.look(now=timezone.now())
    redis.flushdb()
    assert not pausing.look(now=timezone.now())
    tasks.sweep()
    assert not pausing.look(now=timezone.now())


def test_redis_that_is_away_or_older_pauses_nothing(site: Site, redis: Redis, settings: Any, monkeypatch: Any) -> None:
    for _ in range(3):
        tasks.sweep()
    [key] = redis.keys("kith.mail.beats.*")
    assert redis.get(key) == b"3"
    redis.set(key, 1)
    assert not pausing.look(now=timezone.now())
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert not pausing.look(now=timezone.now())


# --- What happens meanwhile and afterwards


def test_the_whole_way_with_a_worker(
    site: Site, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers, redis: Redis
) -> None:
    admin: User = UserFactory(email="admin@kith.test", is_staff=True)
    day = {"mail_from_time": time(0), "mail_until_time": time(23, 59, 59)}
    member: User = UserFactory(email="member@kith.test", **day)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    now = timezone.now()
    for number in range(5):
        outbox.post(
            key=f"old:{number}",
            template="digest",
            context={"member": member, "items": []},
            to=[outbox.Recipient(member.email)],
            member=member,
            now=now,
        )
    outbox.post(
        key="old:reset",
        template="account_password_changed",
        context={"member": member, "email": member.email, "now": now},
        to=[outbox.Recipient(member.email)],
        member=member,
        now=now,
        is_essential=True,
    )
    site.back_up()
    drain()
    assert len(smtp_sink.messages) == 6
    site.restore("--clean", "--if-exists")
    person = PersonFactory(owner=member, cadence_days=1, last_contact_at=now - timedelta(days=5))
    reminders.refresh_cadence(person=person, now=now - timedelta(days=3))
    smtp_sink.messages.clear()
    worker = celery_worker_process()
    send_reminders.delay()
    tasks.deliver.delay()
    tasks.sweep.delay()
    # Those who run the site are told, and whoever asks for a new password gets it.
    wait_until(lambda: len(smtp_sink.to(admin.email)) == 1)
    assert "sends no mail until you have looked" in str(smtp_sink.to(admin.email)[0]["Subject"])
    Client().post("/account/password/reset/", {"email": member.email})
    wait_until(lambda: len(smtp_sink.to(member.email)) == 1)
    tasks.sweep.delay()
    wait_until(lambda: redis.llen("celery") == 0)
    assert Letter.objects.filter(key__startswith="old:", state=LetterState.QUEUED, attempts=0).count() == 6
    assert not Reminder.objects.exclude(sendings=0).exists()
    assert "mail.paused" in worker.output

    with pytest.raises(CommandError, match="Mail is paused"):
        call_command("resume_mail")
    assert len(smtp_sink.to(member.email)) == 1
    call_command("resume_mail", "--yes", "--drop-older-than", "0")
    assert Letter.objects.filter(key__startswith="old:", state=LetterState.CANCELLED, text="").count() == 6
    send_reminders.delay()
    wait_until(lambda: len(smtp_sink.to(member.email)) == 2, seconds=20)
    assert sorted(copies(smtp_sink).values()) == [1, 1, 1]
    call_command("resume_mail")  # says that it flows
