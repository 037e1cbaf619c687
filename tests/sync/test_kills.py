"""Workers are killed while they sync; whatever happens, the book ends up as after a clean run."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.utils import timezone
from redis import Redis

from contacts import tasks
from contacts.models import Import, Person, Source, SourceItem
from contacts.models.imports import AT_WORK
from contacts.services.sources import connecting
from contacts.services.sources.presets import BY_KEY
from netapp.accounts.models import User
from tests.contacts.importing import card
from tests.sync.peers import SECRET, USER, Certificates, Radicale
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 620


@pytest.mark.slow
def test_killed_in_mid_run_it_goes_on_and_doubles_nothing(
    alice: User,
    radicale: Radicale,
    certificates: Certificates,
    redis: Redis,
    celery_worker_process: CeleryWorkers,
) -> None:
    env = {
        "SYNC_ALLOW_HOSTS": "localhost",
        "SYNC_CA_FILE": str(certificates.authority),
        # Short, so that a test need not wait for a dead worker's leases.
        "SYNC_LEASE": "2",
        "IMPORT_LEASE": "1",
    }
    folder = radicale.folder / "collection-root" / USER / "people"
    for number in range(COUNT):
        (folder / f"n{number}.vcf").write_text(
            card(f"Person{number} Number{number}", f"UID:n{number}", f"EMAIL:n{number}@example.org")
        )
    # Radicale takes half a minute to read so many files for the first time; that is not what is tried here.
    radicale.ask("PROPFIND", radicale.book_url(), headers={"Depth": "1"})
    source = connecting.connect(
        owner=alice,
        preset=BY_KEY["radicale"],
        address=radicale.url,
        user_name=USER,
        secret=SECRET,
        now=timezone.now(),
    )
    for reached in (stored(1), stored(501), lambda: Person.objects.count() >= 100):
        worker = celery_worker_process(env=env)
        swept_until(reached)
        worker.kill()
    redis.flushdb()
    celery_worker_process(env=env, concurrency=2)
    swept_until(lambda: is_done(source))
    assert Person.objects.count() == COUNT
    assert SourceItem.objects.exclude(etag="").count() == COUNT
    assert sum(one.counts.get("new", 0) for one in Import.objects.all()) == COUNT

    imports = Import.objects.count()
    Source.objects.update(next_run_at=timezone.now(), last_run_at=None)
    swept_until(lambda: is_done(source))
    assert Import.objects.count() == imports
    assert Person.objects.count() == COUNT


def stored(count: int) -> Callable[[], bool]:
    """Whether so many cards are known."""
    return lambda: SourceItem.objects.count() >= count


def is_done(source: Source) -> bool:
    """Whether a look went well to its end, and what it brought is written."""
    source.refresh_from_db()
    return source.last_run_at is not None and not Import.objects.filter(state__in=AT_WORK).exists()


def swept_until(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait, with a beat that ticks more often than once a minute."""
    last = 0.0

    def met() -> bool:
        nonlocal last
        if condition():
            return True
        if time.monotonic() - last > 0.5:
            last = time.monotonic()
            tasks.sweep_sources()
            tasks.sweep_imports()
        return False

    wait_until(met, seconds=seconds)
