"""The snapshot of a site: what is in it, who builds it, killed builders, what cannot be trusted, second hosts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from contacts import tasks
from contacts.graph import Snapshot, SnapshotError, cost_of, storage, willingness
from contacts.graph.costs import costs_of, tie_cost_of
from contacts.models import Connection, ConnectionState, Person, Reach, Relation
from contacts.network import network_of, snapshots
from contacts.network.building import build
from netapp.accounts.models import User
from tests.factories import NOW
from tests.networks import card, connect, member
from tests.workers import ROOT, site_environment, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    own = tmp_path / "own"
    settings.SNAPSHOT_DIR, settings.SNAPSHOT_SHARED_DIR = own, None
    return own


def small_world() -> None:
    alice, bob, dora = member("Alice"), member("Bob", "bob@work.test"), member("Dora")
    gone = member("Gone")
    gone.is_active = False
    gone.save()
    connect(alice, bob)
    connect(bob, dora)
    connect(alice, gone)
    card(alice, "Bob", "bob@work.test", reach=Reach.MY_CONNECTIONS, strength=0.6)
    card(alice, "Me", "alice@kith.test", reach=Reach.MY_CONNECTIONS)
    card(bob, "Ben", "ben@example.org", "+442079460000", reach=Reach.MY_CONNECTIONS, strength=0.5)
    card(bob, "Dora", "dora@kith.test", reach=Reach.MY_CONNECTIONS, strength=0.4)
    card(bob, "Twin", "twin@example.org", reach=Reach.MY_CONNECTIONS, strength=0.3)
    card(bob, "Twin's other card", "twin@example.org", archived_at=NOW)
    card(dora, "Eve", "eve@example.org", reach=Reach.THEIR_CONNECTIONS)
    card(dora, "Secret", "secret@example.org")
    card(dora, "Wanted", "wanted@example.org", reach=Reach.THEIR_CONNECTIONS, relation=Relation.WANTED)
    card(dora, "Archived", "archived@example.org", reach=Reach.THEIR_CONNECTIONS, archived_at=NOW)
    card(dora, "Deleted", "deleted@example.org", reach=Reach.THEIR_CONNECTIONS, deleted_at=NOW)
    card(gone, "Nobody's", "nobody@example.org", reach=Reach.THEIR_CONNECTIONS)


def ties(snapshot: Snapshot) -> list[tuple[int, int, int]]:
    """Owner's id, cost, reach of every tie."""
    members = snapshot.extra["members"]
    return sorted(
        (int(members[v]), int(cost), int(reach))
        for v in range(members.size)
        for _, cost, reach in snapshot.ties_of(v).tolist()
    )


def test_it_holds_what_the_fresh_reading_of_everybody_holds(folder: Path):
    small_world()
    assert snapshots.keep_fresh(now=NOW)
    snapshot = snapshots.latest()
    assert snapshot is not None
    fresh: dict[tuple[int, str], tuple[int, int, int]] = {}
    for reader in snapshot.extra["members"].tolist():
        network = network_of(reader, now=NOW)
        for (_, vertex), person_id in network.shared_card.items():
            person = Person.objects.get(id=person_id)
            index = sorted(v for p, v in network.shared_card if network.shared_card[p, v] == person_id).index(vertex)
            cost = cost_of(willingness(person.strength, now=NOW))
            fresh[person.owner_id, f"{person_id}/{index}"] = (person.owner_id, cost, person.reach)
    assert ties(snapshot) == sorted(fresh.values())
    assert len(fresh) == 6, "Bob; Ben's address and number; Dora; the twin, whom no handle names; Eve"
    alice, bob, dora = (User.objects.get(name=name).pk for name in ("Alice", "Bob", "Dora"))
    members = snapshot.extra["members"].tolist()
    pairs = {(members[v], members[w]) for v in range(len(members)) for w in snapshot.friends(v).tolist()}
    assert pairs == {(alice, bob), (bob, alice), (bob, dora), (dora, bob)}
    twin = Person.objects.get(full_name="Twin")
    assert snapshot.extra["cards"].tobytes() == twin.id.bytes


def test_an_empty_site_has_an_empty_one(folder: Path):
    assert snapshots.keep_fresh(now=NOW)
    snapshot = snapshots.latest()
    assert snapshot is not None
    assert (snapshot.n, snapshot.ties) == (0, 0)


def test_nothing_new_builds_nothing_and_something_new_does(folder: Path):
    small_world()
    settle()
    tasks.build_snapshot()
    first = storage.current(folder)
    assert first
    tasks.build_snapshot()
    assert storage.current(folder) == first
    Person.objects.filter(full_name="Eve").update(reach=Reach.ONLY_ME)
    settle()
    tasks.build_snapshot()
    assert storage.current(folder) != first
    found = snapshots.latest()
    assert found is not None
    assert found.ties == 5
    Connection.objects.update(state=ConnectionState.ENDED)
    settle()
    tasks.build_snapshot()
    found = snapshots.latest()
    assert found is not None
    assert not any(found.friends(v).size for v in range(found.n))


def settle() -> None:
    """Have PostgreSQL count what this process wrote, now instead of within a second."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT 1")


def test_a_site_without_a_folder_builds_none(settings: Settings):
    settings.SNAPSHOT_DIR = None
    tasks.build_snapshot()
    assert snapshots.latest() is None
    with pytest.raises(CommandError, match="SNAPSHOT_DIR"):
        call_command("build_snapshot")


@pytest.mark.parametrize("harm", ["short", "corrupt", "foreign", "no header", "pointer", "missing"])
def test_one_that_cannot_be_trusted_is_refused_and_built_again(folder: Path, harm: str):
    small_world()
    settle()
    snapshots.keep_fresh(now=NOW)
    name = storage.current(folder)
    assert name
    words = folder / name / "out_word.bin"
    match harm:
        case "short":
            words.write_bytes(words.read_bytes()[:-4])
        case "corrupt":
            raw = bytearray(words.read_bytes())
            raw[-1] ^= 1
            words.write_bytes(raw)
        case "foreign":
            (folder / name / "header.json").write_text(json.dumps({"magic": "something else"}))
        case "no header":
            (folder / name / "header.json").unlink()
        case "pointer":
            (folder / "current").write_bytes(b"\xff../x")
        case _:
            words.unlink()
    assert snapshots.latest() is None
    with pytest.raises(SnapshotError):
        Snapshot.load(folder)
    assert snapshots.keep_fresh(now=NOW)
    found = snapshots.latest()
    assert found is not None
    assert found.ties == 6


def test_one_builds_at_a_time(folder: Path):
    small_world()
    with psycopg.connect(site_environment()["DATABASE_URL"]) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x4B697468_736E6170])
        assert not build(folder, now=NOW, anew=True)
        assert storage.current(folder) is None if folder.exists() else True
    assert build(folder, now=NOW, anew=True)


def command(folder: Path, *arguments: str, shared: Path | None = None) -> subprocess.Popen[str]:
    extra = {"SNAPSHOT_DIR": str(folder), "SNAPSHOT_SHARED_DIR": str(shared or "")}
    words = [sys.executable, "manage.py", "build_snapshot", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=ROOT, env=site_environment(extra), stdout=pipe, stderr=pipe, text=True)


def test_a_builder_killed_while_it_reads_leaves_the_old_one_and_no_lock(folder: Path):
    small_world()
    snapshots.keep_fresh(now=NOW)
    before = storage.current(folder)
    url = site_environment()["DATABASE_URL"]
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as observer:
        holder.execute(f"LOCK TABLE {Person._meta.db_table} IN ACCESS EXCLUSIVE MODE")
        builder = command(folder, "--anew")
        waiting = (
            "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE NOT granted AND datname = current_database()"
        )
        wait_until(lambda: observer.execute(waiting).fetchone(), seconds=30)
        builder.send_signal(signal.SIGKILL)
        builder.communicate()
    assert storage.current(folder) == before
    wait_until(lambda: build(folder, now=timezone.now(), anew=True))
    found = snapshots.latest()
    assert found is not None
    assert found.ties == 6


def test_a_builder_killed_while_it_writes_leaves_a_whole_one(folder: Path):
    small_world()
    snapshots.keep_fresh(now=NOW)
    killed = 0
    for _ in range(4):
        builder = command(folder, "--anew")
        while builder.poll() is None and not any(folder.glob(".writing-*")):
            time.sleep(0.0002)
        if builder.poll() is None:
            builder.send_signal(signal.SIGKILL)
            killed += 1
        builder.communicate()
        assert Snapshot.load(folder).ties == 6
    assert killed
    wait_until(lambda: build(folder, now=timezone.now(), anew=True))
    for left in folder.glob(".writing-*"):
        os.utime(left, (0, 0))
    storage.remove_unused(folder)
    assert len([one for one in folder.iterdir() if one.is_dir()]) == 1


ANSWER = """
import sys
from pathlib import Path
from contacts.graph import Question, Snapshot, k_best
snapshot = Snapshot.load(Path(sys.argv[1]))
for target in range(snapshot.n):
    for asker in range(snapshot.extra["members"].size):
        own = snapshot.ties_of(asker)[:, :2]
        print(asker, target, k_best(snapshot, Question(asker=asker, own_ties=own, max_introducers=3), target, 5))
"""


def test_a_second_host_copies_and_answers_the_same(tmp_path: Path):
    small_world()
    settle()
    shared, hosts = tmp_path / "shared", [tmp_path / "one", tmp_path / "two"]
    runs = [command(host, shared=shared) for host in hosts]
    for run in runs:
        run.communicate()
    # The one that came while the other one built finds it now.
    again = [command(host, shared=shared).communicate()[0] for host in hosts]
    assert all("6 ties" in said for said in again), again
    assert storage.current(hosts[0]) == storage.current(hosts[1]) == storage.current(shared)
    answers = [
        subprocess.run([sys.executable, "-c", ANSWER, host], cwd=ROOT, capture_output=True, text=True, check=True)
        for host in hosts
    ]
    assert answers[0].stdout == answers[1].stdout
    assert "Leg(" in answers[0].stdout


def test_a_shared_folder_that_is_away_or_wrong_leaves_the_copy(folder: Path, tmp_path: Path, settings: Settings):
    small_world()
    shared = tmp_path / "shared"
    settings.SNAPSHOT_SHARED_DIR = shared
    snapshots.keep_fresh(now=NOW)
    kept = storage.current(folder)
    name = storage.current(shared)
    assert kept == name
    assert name
    Person.objects.filter(full_name="Eve").update(reach=Reach.ONLY_ME)
    build(shared, now=NOW, anew=True)
    newer = storage.current(shared)
    assert newer
    words = shared / newer / "into_word.bin"
    raw = words.read_bytes()
    words.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    found = snapshots.latest()
    assert found is not None
    assert found.ties == 6, "the copy before"
    words.write_bytes(raw)
    found = snapshots.latest()
    assert found is not None
    assert found.ties == 5
    shared.rename(tmp_path / "away")
    assert snapshots.latest() is not None


def test_readers_see_one_or_the_other_while_it_is_swapped(folder: Path):
    small_world()
    snapshots.keep_fresh(now=NOW)
    end, faults, seen = threading.Event(), list[BaseException](), set[int]()

    def read() -> None:
        while not end.is_set():
            try:
                snapshot = Snapshot.load(folder)
                seen.add(snapshot.ties)
                assert len(ties(snapshot)) == snapshot.ties
            except BaseException as fault:
                faults.append(fault)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(12):
        reach = Reach.ONLY_ME if turn % 2 else Reach.THEIR_CONNECTIONS
        Person.objects.filter(full_name="Eve").update(reach=reach)
        build(folder, now=NOW, anew=True)
    end.set()
    for reader in readers:
        reader.join()
    assert not faults
    assert seen == {5, 6}


def test_costs_in_bulk_are_those_one_by_one():
    chances = np.concatenate((np.random.default_rng(1).uniform(0.0001, 1.0, 20_000), [1.0, 0.15, 0.05, 0.9]))
    assert costs_of(chances, grid=False).tolist() == [cost_of(float(p)) for p in chances]
    assert costs_of(chances, grid=True).tolist() == [tie_cost_of(float(p)) for p in chances]
