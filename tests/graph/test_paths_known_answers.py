"""Answers that others computed: LDBC's graphs and reference outputs, and networkx where it can put the question."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import TypeAlias

import networkx as nx
import pytest

from contacts.graph import Question, Snapshot, best_to_each, k_best

pytestmark = pytest.mark.usefixtures("engine")

REACHES_ALL = 3
Graph: TypeAlias = "nx.DiGraph[int]"


def snapshot_of(graph: Graph) -> Snapshot:
    """Everybody shares everything and is connected with every neighbour: only costs and the number of hops count."""
    owner, target = zip(*graph.edges, strict=True)
    return Snapshot.build(
        n=graph.number_of_nodes(),
        owner=owner,
        target=target,
        cost=[graph[u][v]["cost"] for u, v in graph.edges],
        reach=[REACHES_ALL] * len(owner),
        connections=graph.edges,
    )


def question_of(graph: Graph, asker: int) -> Question:
    own = [(v, data["cost"]) for v, data in graph[asker].items()]
    return Question(asker=asker, own_ties=own, max_introducers=3)


def numbered(edges: Iterable[tuple[str, str, int]], *, both_ways: bool) -> tuple[Graph, dict[str, int]]:
    edges = list(edges)
    number = {name: i for i, name in enumerate(sorted({name for edge in edges for name in edge[:2]}, key=int))}
    graph: Graph = nx.DiGraph()
    graph.add_nodes_from(range(len(number)))
    for u, v, cost in edges:
        graph.add_edge(number[u], number[v], cost=cost)
        if both_ways:
            graph.add_edge(number[v], number[u], cost=cost)
    return graph, number


def rows(path: Path, delimiter: str) -> Iterable[list[str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return csv.reader(text.splitlines(), delimiter=delimiter)


@pytest.fixture(scope="module")
def snb(shared_data: Path) -> tuple[Graph, dict[str, int], Path]:
    folder = shared_data / "graph" / "ldbc_snb_interactive_v1_impls"
    lines = list(rows(folder / "person_knows_person_0_0.csv", "|"))[1:]
    return *numbered(((u, v, 1) for u, v, _ in lines), both_ways=True), folder


def test_ldbc_shortest_paths_between_persons(snb: tuple[Graph, dict[str, int], Path]):
    """Interactive complex 13 and 14: how many steps apart, and how many shortest paths."""
    graph, number, folder = snb
    snapshot, seen = snapshot_of(graph), set()
    for row in list(rows(folder / "ic13_ic14_oracle_undirected.csv", ","))[1:]:
        asker, target, apart, ways = number.get(row[0]), number.get(row[1]), int(row[2]), int(row[3])
        if asker is None or target is None:
            assert apart == -1, "somebody without any tie is reached by nobody"
            continue
        seen.add(apart)
        found = k_best(snapshot, question_of(graph, asker), target, 1000)
        nearest = [path for path in found if len(path.legs) == apart]
        if 2 <= apart <= 4:
            assert len(found[0].legs) == found[0].cost == apart
            assert 1 <= len(nearest) <= ways
            if apart == 2:
                assert len(nearest) == ways, "two steps: each shortest path has an introducer of its own"
        elif apart != 1:
            assert found == []
    assert {2, 3, 4} <= seen


def test_ldbc_knows_graph_all_distances_from_some_persons(shared_data: Path):
    lines = list(rows(shared_data / "graph" / "ldbc_snb_knows" / "knows_sf_20200308.csv.gz", "|"))[1:]
    graph, _ = numbered(((row[2], row[3], 1) for row in lines), both_ways=True)
    snapshot = snapshot_of(graph)
    for asker in Random(1).sample(sorted(graph), 12):
        apart = nx.single_source_shortest_path_length(graph, asker, cutoff=4)
        strangers = [v for v in graph if v != asker and v not in graph[asker]]
        answers = best_to_each(snapshot, question_of(graph, asker), strangers)
        told = {v: path.cost for v, path in answers.items() if path}
        assert told == {v: steps for v, steps in apart.items() if steps >= 2}


GRAPHALYTICS = [
    ("example-example-directed", "example-example-directed-SSSP", False),
    ("example-example-undirected", "example-example-undirected-SSSP", True),
    ("sssp-dir-input", "sssp-dir-output", False),
    ("sssp-undir-input", "sssp-undir-output", True),
]


@pytest.mark.parametrize(("graph_name", "answer_name", "both_ways"), GRAPHALYTICS)
def test_graphalytics_reference_distances(shared_data: Path, graph_name: str, answer_name: str, both_ways: bool):
    """Reference single-source distances, where the cheapest way has two to four legs. Lengths in hundredths."""
    folder = shared_data / "graph" / "ldbc_graphalytics"
    edges = [(u, v, round(float(length) * 100)) for u, v, length in rows(folder / f"{graph_name}.e", " ")]
    graph, number = numbered(edges, both_ways=both_ways)
    reference = {u: float(far) for u, far in rows(folder / answer_name, " ")}
    asker = number[next(u for u, far in reference.items() if far == 0.0)]
    answers = best_to_each(snapshot_of(graph), question_of(graph, asker), list(graph))
    compared = 0
    for name, far in reference.items():
        path = answers[number[name]] if name in number and number[name] != asker else None
        if not math.isfinite(far):
            assert path is None
        elif far:
            legs = min(len(p) - 1 for p in nx.all_shortest_paths(graph, asker, number[name], "cost"))
            if 2 <= legs <= 4:
                assert path is not None
                assert path.cost == round(far * 100)
                compared += 1
            else:
                assert path is None or path.cost >= round(far * 100)
    assert compared >= 2


def test_cheapest_paths_equal_networkx_on_a_weighted_graph(snb: tuple[Graph, dict[str, int], Path]):
    graph, rng = snb[0].copy(), Random(2)
    for _, _, data in graph.edges(data=True):
        data["cost"] = rng.randint(1, 400)
    snapshot, compared = snapshot_of(graph), 0
    for asker in rng.sample(sorted(graph), 25):
        answers = best_to_each(snapshot, question_of(graph, asker), list(graph))
        costs = nx.single_source_dijkstra_path_length(graph, asker, weight="cost")
        ways = nx.single_source_dijkstra_path(graph, asker, weight="cost")
        for target, way in ways.items():
            if 3 <= len(way) <= 5:
                path = answers[target]
                assert path is not None
                assert path.cost == costs[target]
                compared += 1
    assert compared > 500
