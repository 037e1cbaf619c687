"""Workers are killed while they prepare an export, doubled, and cut off from Redis (TRUST.md, R1 to R4 in small).

Whatever happens there is one whole file in the end, and one letter about it.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from redis import Redis

from contacts import tasks
from contacts.models import Export, ExportPiece, ExportState, Person
from contacts.services import people
from contacts.services.exports import asking, reading
from contacts.services.people import Card
from netapp.accounts.models import User
from netapp.accounts.services import delete_account
from netapp.mail.models import Letter
from tests.factories import NOW
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 1500


def fill(owner: User) -> None:
    cards = [Card({"full_name": f"Person{n} Number{n}", "notes": "note " * 40}) for n in range(COUNT)]
    people.create_people(owner=owner, cards=cards, now=NOW, typed=False)


def is_claimed(export: Export) -> bool:
    return Export.objects.filter(id=export.id, fence__gt=0).exists()


def is_ready(export: Export) -> bool:
    return Export.objects.filter(id=export.id, state=ExportState.READY).exists()


def swept_until_ready(export: Export, *, seconds: float = 60.0) -> None:
    """Wait, with a beat that ticks more often than once a minute."""
    end = time.monotonic() + seconds
    while not is_ready(export):
        assert time.monotonic() < end, f"not ready after {seconds} s"
        tasks.sweep_exports()
        time.sleep(0.5)


def whole(export: Export) -> dict[str, Any]:
    export.refresh_from_db()
    archive = zipfile.ZipFile(io.BytesIO(b"".join(reading.pieces(export))))
    assert archive.testzip() is None
    found: dict[str, Any] = json.loads(archive.read("everything.json"))
    assert len(found["people"]) == COUNT
    assert archive.read("people.vcf").count(b"BEGIN:VCARD") == COUNT
    assert Letter.objects.filter(kind="export_ready").count() == 1
    return found


def test_killed_twice_while_it_prepares(alice: User, celery_worker_process: CeleryWorkers) -> None:
    fill(alice)
    export = asking.ask(owner=alice)
    for fence in (1, 2):
        worker = celery_worker_process()
        tasks.run_export.delay(str(export.id))
        wait_until(lambda: Export.objects.filter(id=export.id, fence__gte=fence).exists(), seconds=60)  # noqa: B023
        worker.kill()
        assert not ExportPiece.objects.exists() or is_ready(export)
        # A lock of the dead worker's session goes with it, as soon as PostgreSQL sees the connection closed.
        wait_until(_nobody_reads, seconds=10)
    celery_worker_process()
    swept_until_ready(export)
    whole(export)


def _nobody_reads() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        return bool(cursor.fetchone()[0] == 0)


def test_redis_forgets_everything(alice: User, redis: Redis, celery_worker_process: CeleryWorkers) -> None:
    fill(alice)
    export = asking.ask(owner=alice)
    tasks.run_export.delay(str(export.id))
    redis.flushdb()
    celery_worker_process()
    swept_until_ready(export)
    whole(export)


def test_three_workers_at_once_prepare_one_file(alice: User) -> None:
    fill(alice)
    export = asking.ask(owner=alice)

    def at_work() -> None:
        try:
            tasks.run_export(str(export.id))
        finally:
            connections.close_all()

    workers = [Thread(target=at_work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    whole(export)
    assert Export.objects.get().fence == 1


def test_another_worker_looking_at_the_row_keeps_nobody_from_it(alice: User) -> None:
    """The one who may prepare it meets another who has the row only to find that he may not."""
    fill(alice)
    export = asking.ask(owner=alice)

    def at_work() -> None:
        try:
            tasks.run_export(str(export.id))
        finally:
            connections.close_all()

    worker = Thread(target=at_work)
    with transaction.atomic():
        Export.objects.select_for_update(no_key=True).get(id=export.id)
        worker.start()
        wait_until(_somebody_waits, seconds=30)
    worker.join()
    whole(export)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_everything_is_of_one_moment(alice: User) -> None:
    """What is added and deleted while it is read, is not in it by half."""
    fill(alice)
    export = asking.ask(owner=alice)

    def at_work() -> None:
        try:
            tasks.run_export(str(export.id))
        finally:
            connections.close_all()

    worker = Thread(target=at_work)
    worker.start()
    wait_until(lambda: is_claimed(export), seconds=30)
    time.sleep(0.2)
    people.add_person(owner=alice, fields={"full_name": "Late"}, now=NOW, typed=True)
    Person.objects.filter(owner=alice, full_name__endswith="7").delete()
    worker.join()
    whole(export)


def test_a_member_leaves_while_it_is_prepared(alice: User) -> None:
    fill(alice)
    export = asking.ask(owner=alice)

    def at_work() -> None:
        try:
            tasks.run_export(str(export.id))
        finally:
            connections.close_all()

    worker = Thread(target=at_work)
    worker.start()
    wait_until(lambda: is_claimed(export), seconds=30)
    began = time.monotonic()
    delete_account(member=alice, now=NOW)
    assert time.monotonic() - began < 10
    worker.join()
    assert not Export.objects.exists()
    assert not ExportPiece.objects.exists()
    assert not Letter.objects.filter(kind="export_ready").exists()
