"""The snapshot: built the same from any order, kept on disk, refused when it cannot be trusted."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.graph import Snapshot, SnapshotError, chance_of, k_best, tie_cost_of
from contacts.graph.storage import remove_unused
from tests.graph.worlds import dense_world


def arrays(snapshot: Snapshot) -> dict[str, list[Any]]:
    return {name: array.tolist() for name, array in snapshot._arrays().items()}


def test_rows_stand_by_connection_then_reach_then_cost_and_leave_out_what_is_private():
    snapshot = Snapshot.build(
        n=4,
        owner=[0, 0, 0, 1, 2],
        target=[1, 2, 3, 3, 3],
        cost=[30, 20, 10, 7, 8],
        reach=[2, 2, 3, 0, 1],
        connections=[(2, 0), (0, 2), (1, 3)],
    )
    assert snapshot.ties == 4
    assert snapshot.ties_of(0).tolist() == [[2, 20, 2], [3, 10, 3], [1, 30, 2]], "the connected first"
    assert snapshot.ties_of(1).tolist() == [], "a tie that serves its owner alone is in no snapshot"
    assert snapshot.ties_of(2).tolist() == [[3, 8, 1]]
    assert snapshot.ties_of(7).tolist() == []
    assert [snapshot.friends(v).tolist() for v in range(5)] == [[2], [3], [0], [1], []]
    assert snapshot.loose.tolist() == [1 << 32 | 3, 3 << 32 | 1]


def test_of_several_ties_between_two_the_widest_then_cheapest_is_kept():
    snapshot = Snapshot.build(n=2, owner=[0] * 4, target=[1] * 4, cost=[5, 9, 7, 1], reach=[1, 3, 3, 0])
    assert snapshot.ties == 1
    assert snapshot.ties_of(0).tolist() == [[1, 7, 3]]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), rng=st.randoms(use_true_random=False))
def test_the_order_of_the_ties_does_not_matter(seed: int, rng: Random):
    world = dense_world(Random(seed))
    ties, connections = list(world.ties), list(world.connections)
    rng.shuffle(ties)
    rng.shuffle(connections)
    other = world.but(ties=tuple(ties), connections=tuple(connections))
    assert arrays(world.snapshot()) == arrays(other.snapshot())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"owner": [0]}, "length"),
        ({"owner": [0, 3]}, "owner lies in"),
        ({"target": [1, -1]}, "target lies in"),
        ({"cost": [0, 1]}, "cost lies in"),
        ({"cost": [1, 16384]}, "cost lies in"),
        ({"cost": [0.5, 1.5]}, "whole numbers"),
        ({"reach": [1, 4]}, "reach lies in"),
        ({"target": [0, 2]}, "itself"),
        ({"connections": [(1, 1)]}, "itself"),
        ({"connections": [(1, 9)]}, "connections lies in"),
        ({"n": -1}, "vertex lies in"),
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any], message: str):
    right: dict[str, Any] = {"n": 3, "owner": [0, 1], "target": [1, 2], "cost": [1, 2], "reach": [1, 2]}
    with pytest.raises(ValueError, match=message):
        Snapshot.build(**(right | wrong))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_saved_is_loaded(tmp_path: Path, seed: int):
    world = dense_world(Random(seed))
    snapshot = world.snapshot()
    version = snapshot.save(tmp_path)
    for verify in (True, False):
        loaded = Snapshot.load(tmp_path, verify=verify)
        assert arrays(loaded) == arrays(snapshot)
        assert loaded.n == snapshot.n
        assert k_best(loaded, world.question(), 1, 9) == k_best(snapshot, world.question(), 1, 9)
    assert not loaded.out.word.flags.writeable
    assert snapshot.save(tmp_path) == version, "equal content, equal version"


@pytest.mark.parametrize("n", [0, 3])
def test_an_empty_network_is_kept_too(tmp_path: Path, n: int):
    Snapshot.build(n=n, owner=[], target=[], cost=[], reach=[]).save(tmp_path)
    assert Snapshot.load(tmp_path).n == n


def test_nobody_else_on_the_host_can_read_it(tmp_path: Path):
    version = Snapshot.build(n=2, owner=[0], target=[1], cost=[5], reach=[1]).save(tmp_path)
    (kept,) = tmp_path.glob(f"{version}-*")
    assert kept.stat().st_mode & 0o077 == 0


def test_a_new_one_replaces_the_old_while_readers_keep_theirs(tmp_path: Path):
    old = dense_world(Random(1)).snapshot()
    old.save(tmp_path)
    reader = Snapshot.load(tmp_path)
    new = dense_world(Random(2)).snapshot()
    new.save(tmp_path)
    assert arrays(Snapshot.load(tmp_path)) == arrays(new)
    assert arrays(reader) == arrays(old)
    assert len(folders(tmp_path)) == 2, "the old one is still read"
    del reader
    remove_unused(tmp_path)
    assert len(folders(tmp_path)) == 1


def folders(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if entry.is_dir()]


def test_a_save_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = dense_world(Random(1)).snapshot()
    old.save(tmp_path)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("contacts.graph.storage.os.fsync", no_space)
    new = dense_world(Random(2)).snapshot()
    with pytest.raises(OSError, match="No space"):
        new.save(tmp_path)
    assert arrays(Snapshot.load(tmp_path)) == arrays(old)
    assert len(list(tmp_path.iterdir())) == 2


def spoil_byte(folder: Path) -> None:
    raw = bytearray((folder / "out_word.bin").read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / "out_word.bin").write_bytes(raw)


def shorten(folder: Path) -> None:
    raw = (folder / "into_row.bin").read_bytes()
    (folder / "into_row.bin").write_bytes(raw[:-4])


def remove_file(folder: Path) -> None:
    (folder / "loose.bin").unlink()


def remove_header(folder: Path) -> None:
    (folder / "header.json").unlink()


def break_header(folder: Path) -> None:
    (folder / "header.json").write_text("{")


def foreign(folder: Path) -> None:
    (folder / "header.json").write_text('{"format": 1}')


def edit_header(folder: Path, **changes: Any) -> None:
    path = folder / "header.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def newer_format(folder: Path) -> None:
    edit_header(folder, format=3)


def other_n(folder: Path) -> None:
    edit_header(folder, numbers={"n": 4})


def lost(folder: Path) -> None:
    (folder.parent / "current").write_text("0123-4567\n")


def elsewhere(folder: Path) -> None:
    (folder.parent / "current").write_text("../secret\n")


def garbled(folder: Path) -> None:
    (folder.parent / "current").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_byte, "checksum"),
        (shorten, "bytes, its header says"),
        (remove_file, "cannot be read"),
        (remove_header, "cannot be read"),
        (break_header, "not JSON"),
        (foreign, "does not describe a snapshot"),
        (newer_format, "format 3"),
        (other_n, "does not match"),
        (lost, "cannot be read"),
        (elsewhere, "does not name a snapshot"),
        (garbled, "cannot be read"),
    ],
)
def test_what_cannot_be_trusted_is_refused_and_can_be_replaced(tmp_path: Path, spoil: Any, message: str):
    snapshot = dense_world(Random(3)).snapshot()
    snapshot.save(tmp_path)
    spoil(next(entry for entry in tmp_path.iterdir() if entry.is_dir()))
    with pytest.raises(SnapshotError, match=message):
        Snapshot.load(tmp_path)
    snapshot.save(tmp_path)
    assert arrays(Snapshot.load(tmp_path)) == arrays(snapshot)


def test_where_nothing_was_saved_there_is_no_snapshot(tmp_path: Path):
    with pytest.raises(SnapshotError, match="no snapshot in"):
        Snapshot.load(tmp_path / "nowhere")


def test_ten_bytes_a_tie_are_enough_for_both_directions():
    rng = np.random.default_rng(1)
    owner, target = rng.integers(0, 500, (2, 60_000))
    apart = owner != target
    size = int(apart.sum())
    cost, reach = rng.integers(1, 16384, size), rng.integers(1, 4, size)
    snapshot = Snapshot.build(n=500, owner=owner[apart], target=target[apart], cost=cost, reach=reach)
    print(f"{snapshot.nbytes / snapshot.ties:.2f} bytes a tie")
    assert snapshot.nbytes / snapshot.ties < 10


def test_costs_too_fine_for_so_many_vertices_are_refused_and_those_on_the_grid_are_not():
    two: dict[str, Any] = {"n": 1 << 24, "owner": [0, 1], "target": [1, 2], "reach": [1, 1]}
    with pytest.raises(ValueError, match="put them on the grid"):
        Snapshot.build(**two, cost=[700, 16383])
    snapshot = Snapshot.build(**two, cost=[tie_cost_of(0.7), tie_cost_of(0.0)])
    assert snapshot.ties_of(0).tolist() == [[1, tie_cost_of(0.7), 1]]
    assert snapshot.ties_of(1).tolist() == [[2, 16320, 1]]


@given(p=st.floats(0.0005, 0.968))
def test_the_grid_tells_a_chance_to_within_two_percent(p: float):
    assert chance_of(tie_cost_of(p)) == pytest.approx(p, rel=0.017)
