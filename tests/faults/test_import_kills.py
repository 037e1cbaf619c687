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
from contacts.models import Acquaintance, Gathering, Import, Interaction, OwnAddress, Person, Presence
from contacts.services.imports import reading, running, uploading
from contacts.services.imports.shifts import Shift
from netapp.accounts.models import User
from netapp.lib import bell
from tests.contacts.importing import ANA_IN_TWO_FILES, book, cards, preview, run, said, upload
from tests.faults.conftest import FULL
from tests.workers import CeleryWorker, CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

#: The lease is short, so that a test need not wait a minute for a dead worker's import.
SHORT = {"IMPORT_LEASE": "1"}
COUNT = 1400
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
    worker = celery_worker_process(env=SHORT)
    killed_at(worker, one, lambda: one.rows.filter(is_applied=True).count() >= running.BATCH)
    celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("done", one))
    as_after_a_clean_run(one, clean)


def table(count: int) -> str:
    """A table as Google exports it; each tenth row doubles an earlier one, each fiftieth has nobody in it."""
    lines = ["First Name,Last Name,Organization Name,Notes,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value"]
    for number in range(count):
        who = number - 7 if number % 10 == 9 else number
        row = f"Person{who},Number{who},Firm {who % 40},Note {number},Work,p{who}@example.org,+4930{2_000_000 + who}"
        lines.append(",,,,,," if number % 50 == 49 else row)
    return "\n".join(lines) + "\n"


def mailbox(count: int) -> str:
    """Mails of a few dozen people to each other and to Alice, in threads, with some that count for nothing."""
    mails = []
    for number in range(count):
        ends = [f"p{number % 37}@example.org", "alice@kith.test"]
        sender, receiver = ends if number % 3 else reversed(ends)
        also = f", p{number % 11}@example.org" if number % 4 == 0 else ""
        day = 1 + number % 28
        mails.append(
            f"From x Mon May  4 09:00:00 2026\nFrom: {sender}\nTo: {receiver}{also}\nMessage-ID: <{number}@x.test>\n"
            f"References: <{number // 4}@root.test>\nDate: {day} Apr 2026 09:{number % 60:02}:00 +0000\n"
            f"{'List-Id: <l.x.test>' if number % 13 == 0 else 'Subject: x'}\n\nText\n\n"
        )
    return "".join(mails)


def test_killed_at_any_point_of_a_large_table(
    alice: User, bob: User, celery_worker_process: CeleryWorkers, redis: Redis
) -> None:
    """R11: 50,000 rows and ten kills at full size; the points lie from the first row read to the last one written."""
    rows, kills = (50_000, 10) if FULL else (4000, 3)
    bob.country = alice.country
    bob.save()
    clean = run(bob, ("table.csv", table(rows)), now=timezone.now())
    one = upload(alice, ("table.csv", table(rows)))

    def gone_through() -> float:
        """0 to 3: rows read, compared and written, of all."""
        one.refresh_from_db()
        if one.state in ("preview", "done"):
            return 2.0 if one.state == "preview" else 3.0
        share = one.done / max(one.total, 1)
        return {"reading": 0.0, "comparing": 1.0, "running": 2.0}[one.state] + min(share, 0.999)

    killed = 0
    for kill in range(kills):
        point = 2.9 * (kill + 0.5) / kills
        worker = celery_worker_process(env=SHORT)
        tasks.run_import.delay(str(one.id))
        end = time.monotonic() + 300
        while gone_through() < point and time.monotonic() < end:
            if is_in("preview", one):
                assert uploading.confirm(one=one, now=timezone.now())
            tasks.sweep_imports()
            time.sleep(0.05)
        killed += one.is_at_work
        worker.kill()
    assert killed >= kills // 2, "the machine was faster than the kills"
    celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("preview", one) or is_in("running", one) or is_in("done", one), seconds=300)
    uploading.confirm(one=one, now=timezone.now())
    swept_until(lambda: is_in("done", one), seconds=300)
    assert said(one) == said(clean)
    assert one.counts == clean.counts
    assert sum(one.counts.values()) == rows - rows // 50
    assert book(alice, is_exact=False) == book(bob, is_exact=False)


def test_killed_while_it_notes_contacts_and_takes_them_back(alice: User, celery_worker_process: CeleryWorkers) -> None:
    OwnAddress.objects.create(owner=alice, address="alice@kith.test")
    count = 20_000 if FULL else 5000
    before = evidence(alice)
    one = preview(alice, ("mail.mbox", mailbox(count)), now=timezone.now())
    assert uploading.confirm(one=one, now=timezone.now())
    worker = celery_worker_process(env=SHORT)
    killed_at(worker, one, lambda: one.rows.filter(is_applied=True, kind="contact").exists())
    worker = celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("done", one), seconds=120)
    after = evidence(alice)
    assert len(after["contacts"]) > count / 2
    assert after["acquaintances"]
    assert uploading.begin_undo(one=one, now=timezone.now())
    killed_at(worker, one, lambda: one.rows.filter(is_undone=True).exists())
    celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("undone", one), seconds=120)
    assert evidence(alice) == before
    assert not one.rows.exclude(kept="").exists()
    # The same once more, in one go, ends as the killed one did.
    run(alice, ("mail.mbox", mailbox(count)), now=timezone.now())
    assert evidence(alice) == after


def evidence(owner: User) -> dict[str, list[tuple[object, ...]]]:
    """Who, when and with whom, without ids."""
    interactions = Interaction.objects.filter(owner=owner)
    pairs = Acquaintance.objects.filter(owner=owner).values_list(
        "a__full_name", "b__full_name", "evidence", "closeness"
    )
    return {
        "people": sorted(Person.objects.filter(owner=owner).values_list("full_name", "last_contact_at")),
        "contacts": sorted(interactions.values_list("person__full_name", "happened_at", "direction", "source_key")),
        "acquaintances": sorted((*sorted((a, b)), words, close) for a, b, words, close in pairs),
        "gatherings": sorted(Gathering.objects.filter(owner=owner).values_list("key", "is_crowd", "is_settled")),
        "present": sorted(
            Presence.objects.filter(gathering__owner=owner).values_list("gathering__key", "person__full_name")
        ),
    }


def test_killed_while_it_reads_and_while_it_takes_back(alice: User, celery_worker_process: CeleryWorkers) -> None:
    before = book(alice)
    client = Client()
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/imports/", {"files": SimpleUploadedFile("friends.vcf", CARDS.encode())})
    one = Import.objects.get()
    worker = celery_worker_process(env=SHORT)
    killed_at(worker, one, lambda: one.rows.count() >= reading.BATCH)
    # On a fast machine the kill may come after the last batch; whatever it hit, the outcome is the same.
    worker = celery_worker_process(env=SHORT)
    swept_until(lambda: is_in("preview", one))
    assert one.rows.count() == COUNT + 52
    uploading.confirm(one=one, now=timezone.now())
    swept_until(lambda: is_in("done", one))
    assert uploading.begin_undo(one=one, now=timezone.now())
    killed_at(worker, one, lambda: one.rows.filter(is_undone=True).exists())
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
