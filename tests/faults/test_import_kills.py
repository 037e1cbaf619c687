"""Workers are killed in the middle of an import, doubled, and cut off from Redis (TRUST.md R11).

Whatever happens, the book ends up as after a clean run, and can be taken back as after one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from contacts import tasks
from contacts.models import Import, Person
from contacts.services.imports import uploading
from contacts.services.imports.shifts import Shift
from netapp.accounts.models import User
from netapp.lib import bell
from tests.contacts.importing import ANA_IN_TWO_FILES, book, cards, preview, run, said
from tests.workers import CeleryWorker, CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

#: The lease is short, so that a test need not wait a minute for a dead worker's import.
SHORT = {"IMPORT_LEASE": "1"}
COUNT = 700
CARDS = cards(COUNT) + ANA_IN_TWO_FILES + cards(50)


def confirmed(owner: User, text: str = CARDS) -> Import:
    """An import that waits for a worker."""
    one = preview(owner, text, now=timezone.now())
    assert uploading.confirm(one=one, now=timezone.now())
    return one


def is_in(state: str, one: Import) -> bool:
    one.refresh_from_db()
    return one.state == state


def swept_until(condition: Callable[[], bool], *, seconds: float = 45.0) -> None:
    """Wait, with a beat that ticks more often than once a minute."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so after {seconds} s"
        tasks.sweep_imports()
        time.sleep(0.3)


def as_after_a_clean_run(one: Import, clean: Import) -> None:
    assert said(one) == said(clean)
    assert one.counts == clean.counts
    assert book(one.owner, is_exact=False) == book(clean.owner, is_exact=False)


def killed_at(worker: CeleryWorker, one: Import, reached: Callable[[], bool]) -> None:
    tasks.run_import.delay(str(one.id))
    wait_until(reached, seconds=30)
    worker.kill()


def test_killed_while_it_writes(alice: User, bob: User, celery_worker_process: CeleryWorkers) -> None:
    bob.country = alice.country
    bob.save()
    clean = run(bob, CARDS)
    one = confirmed(alice)
    for batches in (1, 2):
        worker = celery_worker_process(env=SHORT)
        killed_at(worker, one, lambda: one.rows.filter(is_applied=True).count() >= 250 * batches)  # noqa: B023
        assert not is_in("done", one)
    celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("done", one))
    as_after_a_clean_run(one, clean)


def test_killed_while_it_reads_and_while_it_takes_back(alice: User, celery_worker_process: CeleryWorkers) -> None:
    before = book(alice)
    client = Client()
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/imports/", {"files": SimpleUploadedFile("friends.vcf", CARDS.encode())})
    one = Import.objects.get()
    worker = celery_worker_process(env=SHORT)
    killed_at(worker, one, lambda: one.rows.count() >= 250)
    # On a fast machine the kill may come after the last batch; whatever it hit, the outcome is the same.
    worker = celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("preview", one))
    assert one.rows.count() == COUNT + 52
    uploading.confirm(one=one, now=timezone.now())
    swept_until(lambda: is_in("done", one))
    assert uploading.begin_undo(one=one, now=timezone.now())
    killed_at(worker, one, lambda: one.rows.filter(is_undone=True).count() >= 250)
    celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("undone", one))
    assert book(alice) == before
    assert not one.rows.exclude(kept="").exists()


def test_redis_forgets_everything(alice: User, redis: Redis, celery_worker_process: CeleryWorkers) -> None:
    one = confirmed(alice, cards(20))
    tasks.run_import.delay(str(one.id))
    redis.flushdb()
    celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("done", one))
    assert Person.objects.count() == 20


def test_files_are_taken_in_while_redis_is_dead(
    alice_client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    began = time.monotonic()
    answer = alice_client.post("/imports/", {"files": SimpleUploadedFile("friends.vcf", cards(3).encode())})
    assert answer.status_code == 302
    assert time.monotonic() - began < 3
    one = Import.objects.get()
    tasks.run_import(str(one.id))
    assert is_in("preview", one)


def test_two_workers_and_two_imports_of_the_same_file_double_nothing(alice: User) -> None:
    imports = [confirmed(alice, cards(300)), confirmed(alice, cards(300))]

    def at_work(one: Import) -> None:
        try:
            tasks.run_import(str(one.id))
        finally:
            connections.close_all()

    # Two at each: the second of a pair finds it taken.
    workers = [Thread(target=at_work, args=[one]) for one in (*imports, *imports)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Person.objects.count() == 300
    counts = [Import.objects.get(id=one.id).counts for one in imports]
    assert sum(count.get("new", 0) for count in counts) == 300
    assert sum(count.get("unchanged", 0) for count in counts) == 300
    assert Shift.begin(import_id=imports[0].id, now=timezone.now()) is None
