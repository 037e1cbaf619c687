"""`make bench-import`: bringing in 10,000 cards and 50,000 rows, beside vobject's bare parse; then search among them.

Each import is done by a process of its own, as a Celery worker does it: reading, comparing, the preview's counts,
writing, all in the batches and transactions of production, on a throwaway PostgreSQL. vobject only parses the same
file, from memory, and writes nothing. Peak memory is that of the process, with Django, or vobject, loaded.

`python -m benchmarks.import [cards] [rows]` takes other sizes.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import files
from .stage import stage

CARDS = 10_000
ROWS = 50_000
SEARCHES = 200
"""Searches that are timed."""


def main() -> None:
    """Measure, and print what docs/benchmarks.md holds."""
    if sys.argv[1:2] == ["parse"]:
        print(json.dumps(_measured(lambda: _parse(sys.argv[2]))))
        return
    if sys.argv[1:2] == ["work"]:
        print(json.dumps(_measured(_worker(sys.argv[2]))))
        return
    cards = int(sys.argv[1]) if len(sys.argv) > 1 else CARDS
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else ROWS
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    with tempfile.TemporaryDirectory() as place, stage() as alice:
        path = Path(place, "cards.vcf")
        path.write_text(files.vcard(cards), encoding="utf-8", newline="")
        bare = _child("parse", str(path))
        assert bare["count"] == cards
        whole = _import(alice, "cards.vcf", path.read_bytes(), new=cards)
        again = _import(alice, "cards.vcf", path.read_bytes(), unchanged=cards)
        after = _import(alice, "newer.vcf", path.read_bytes().replace(b"TITLE:editor", b"TITLE:publisher"))
        back = _undo(alice)
        # The people who are in the book by now are not among the rows.
        table = _import(alice, "table.csv", files.table(rows, start=1_000_000).encode(), new=rows)
        _print(
            [
                ("vobject, bare parse", cards, bare, bare),
                ("the whole import", cards, whole, bare),
                ("the same file again", cards, again, bare),
                ("a newer file, a tenth of it changed", cards, after, bare),
                ("taking that back", after["counts"].get("updated", 0), back, bare),
                (f"a CSV of {rows:,} rows", rows, table, None),
            ]
        )
        _search(alice)
        _pages()


def _measured(work: Callable[[], int]) -> dict[str, float]:
    began, cpu = time.perf_counter(), time.process_time()
    count = work()
    return {
        "count": count,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "megabytes": _peak(),
    }


def _peak() -> float:
    """The most memory that this process held; what `getrusage` says begins with the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def _parse(path: str) -> int:
    import vobject

    with open(path, encoding="utf-8", newline="") as file:
        return sum(1 for _ in vobject.readComponents(file))


def _worker(import_id: str) -> Callable[[], int]:
    import django

    django.setup()
    from django.utils import timezone

    shifts = importlib.import_module("contacts.services.imports.shifts")

    def work() -> int:
        steps = 0
        shift = shifts.Shift.begin(import_id=import_id, now=timezone.now())
        while shift and shift.step(now=timezone.now()):
            steps += 1
        return steps

    return work


def _child(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.import", *arguments], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _import(owner: Any, name: str, data: bytes, **expected: int) -> dict[str, Any]:
    """Upload, let workers do it, confirm in between; seconds and memory of the workers."""
    from django.utils import timezone

    from contacts.services.imports import uploading

    one = uploading.take_in(owner=owner, uploads=[uploading.Upload(name, [data])])
    read = _child("work", str(one.id))
    one.refresh_from_db()
    assert one.state == "preview", (one.state, one.error)
    assert uploading.confirm(one=one, now=timezone.now())
    written = _child("work", str(one.id))
    one.refresh_from_db()
    assert one.state == "done", (one.state, one.error)
    for outcome, count in expected.items():
        assert one.counts == {outcome: count}, one.counts
    return {
        "id": one.id,
        "counts": one.counts,
        "seconds": read["seconds"] + written["seconds"],
        "cpu": read["cpu"] + written["cpu"],
        "megabytes": max(read["megabytes"], written["megabytes"]),
    }


def _undo(owner: Any) -> dict[str, Any]:
    from django.utils import timezone

    from contacts.models import Import
    from contacts.services.imports import uploading

    one = Import.objects.filter(owner=owner).latest("created_at")
    assert uploading.begin_undo(one=one, now=timezone.now())
    return _child("work", str(one.id))


def _print(lines: list[tuple[str, int, dict[str, Any], dict[str, Any] | None]]) -> None:
    print("| | rows | seconds | rows/s | peak MB | times vobject |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for what, count, found, bare in lines:
        times = f"{found['seconds'] / bare['seconds']:.2f}" if bare else ""
        rate = count / found["seconds"]
        print(f"| {what} | {count:,} | {found['seconds']:.1f} | {rate:,.0f} | {found['megabytes']:.0f} | {times} |")
    print()


def _search(owner: Any) -> None:
    """How long the people page takes to find somebody, as htmx asks while one types."""
    from django.conf import settings
    from django.test import Client

    from contacts.models import Person

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(HTTP_HX_REQUEST="true")
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    times = []
    for text in files.names(SEARCHES):
        began = time.perf_counter()
        assert client.get("/people/", {"q": text}).status_code == 200
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    print(f"Search among {Person.objects.filter(owner=owner).count():,} people, the whole answer as htmx asks for it:")
    print(f"p50 {times[len(times) // 2]:.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms, {len(times)} searches.\n")


def _pages() -> None:
    """Statements of each page at 50 and at 5,000 people."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from contacts.models import Person
    from netapp.accounts.models import User

    found: dict[str, list[int]] = {}
    for count in (50, 5000):
        member = User.objects.create_user(f"m{count}@kith.test", "correct horse", country="DE")
        one = _import(member, "cards.vcf", files.vcard(count).encode(), new=count)
        client = Client()
        client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[0])
        person = Person.objects.filter(owner=member).order_by("sort_key").first()
        assert person
        for name, url in {
            "people": "/people/",
            "search": "/people/?q=ana",
            "a person": f"/people/{person.id}/",
            "imports": "/imports/",
            "an import's report": f"/imports/{one['id']}/",
            "what stays out": "/imports/rules/",
        }.items():
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200, url
            found.setdefault(name, []).append(len(queries))
    print("| statements by page | 50 people | 5,000 people |")
    print("| --- | ---: | ---: |")
    for name, (few, many) in found.items():
        print(f"| {name} | {few} | {many} |")


if __name__ == "__main__":
    main()
