"""Groups: the best known modularity where it is known, networkx's where it is not, and nothing left to chance."""

from __future__ import annotations

import time

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.graph.communities import communities, modularity
from contacts.graph.undirected import Undirected
from tests.graph.test_ego import Graph, of


def groups(label: np.ndarray) -> list[set[int]]:
    return [set(np.flatnonzero(label == group).tolist()) for group in range(int(label.max(initial=-1)) + 1)]


def test_two_cliques_and_a_bridge_by_hand():
    cliques = nx.barbell_graph(5, 0)
    label = communities(of(cliques))
    assert label.tolist() == [0] * 5 + [1] * 5
    # 21 ties, 20 of them inside; each clique has 21 of the 42 ends.
    assert modularity(of(cliques), label) == pytest.approx(20 / 21 - 2 * (21 / 42) ** 2)


def test_the_karate_club_is_grouped_as_well_as_can_be():
    """0.4198 is the optimum (Brandes et al., "On modularity clustering", 2008)."""
    club = of(nx.karate_club_graph())
    assert modularity(club, communities(club)) == pytest.approx(0.4198, abs=5e-5)


def made(kind: str, seed: int) -> Graph:
    graph: Graph
    if kind == "planted":
        graph = nx.planted_partition_graph(20, 30, 0.3, 0.01, seed=seed)
    elif kind == "scale-free":
        graph = nx.barabasi_albert_graph(500, 6, seed=seed)
    elif kind == "small world":
        graph = nx.watts_strogatz_graph(600, 10, 0.1, seed=seed)
    else:
        graph = nx.les_miserables_graph()
    return nx.convert_node_labels_to_integers(graph)


@pytest.mark.parametrize("kind", ["planted", "scale-free", "small world", "les miserables"])
@pytest.mark.parametrize("seed", [1, 2])
def test_as_good_as_louvain(kind: str, seed: int):
    graph = made(kind, seed)
    weight = "weight" if kind == "les miserables" else None
    network = of(graph, weight)
    label = communities(network)
    ours = modularity(network, label)
    assert ours == pytest.approx(nx.community.modularity(graph, groups(label), weight=weight))
    theirs = [
        nx.community.modularity(graph, nx.community.louvain_communities(graph, weight=weight, seed=s), weight=weight)
        for s in range(5)
    ]
    assert ours > float(np.mean(theirs)) - 0.005
    assert all(nx.is_connected(graph.subgraph(group)) for group in groups(label))


def test_planted_groups_are_found():
    graph = nx.planted_partition_graph(10, 40, 0.4, 0.005, seed=3)
    label = communities(of(graph))
    assert sorted(map(sorted, groups(label))) == sorted(map(sorted, graph.graph["partition"]))


def test_resolution_says_how_fine():
    graph = of(nx.ring_of_cliques(12, 5))
    fine, coarse = (int(communities(graph, resolution=r).max()) + 1 for r in (1.0, 0.1))
    assert (fine, coarse < fine) == (12, True)
    with pytest.raises(ValueError, match="resolution"):
        communities(graph, resolution=0.0)


@settings(max_examples=60, deadline=None)
@given(
    ties=st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from([0.5, 1.0, 3.0])).filter(
            lambda tie: tie[0] != tie[1]
        ),
        max_size=40,
    )
)
def test_any_network(ties: list[tuple[int, int, float]]):
    columns = [[tie[i] for tie in ties] for i in range(3)]
    network = Undirected.build(12, *columns)  # type: ignore[arg-type]
    label = communities(network)
    assert (label == communities(Undirected.build(12, *(column[::-1] for column in columns)))).all()  # type: ignore[arg-type]
    graph: Graph = nx.Graph()
    graph.add_nodes_from(range(12))
    graph.add_edges_from((u, v) for u, v, _ in ties)
    parts = groups(label)
    assert [len(part) for part in parts] == sorted(map(len, parts), reverse=True)
    assert all(nx.is_connected(graph.subgraph(part)) for part in parts)
    assert modularity(network, label) >= modularity(network, np.arange(12)) - 1e-12


def test_a_book_of_two_thousand_is_quick():
    """0.1 s on one core at the time of writing."""
    network = of(nx.planted_partition_graph(40, 50, 0.3, 0.005, seed=1))
    began = time.process_time()
    communities(network)
    assert time.process_time() - began < 2.0


def test_nobody():
    assert communities(Undirected.build(0, [], [])).size == 0
    assert communities(Undirected.build(3, [], [])).tolist() == [0, 1, 2]
    assert modularity(Undirected.build(3, [], []), np.zeros(3, np.int64)) == 0.0
