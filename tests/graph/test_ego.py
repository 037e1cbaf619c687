"""Burt's figures by hand, as published, and equal to networkx; mutual contacts."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.graph.ego import ego_figures, mutual_contacts
from contacts.graph.undirected import Undirected

# Borgatti, "Structural holes: unpacking Burt's redundancy measures", Connections 20(1), 1997.
BORGATTI = ["AB", "AF", "AG", "AE", "EG", "FG", "BG", "BD", "DG", "GC"]
WEIGHTS = [2, 3, 5, 2, 8, 3, 4, 1, 3, 10]


Graph: TypeAlias = "nx.Graph[Any]"


def of(graph: Graph, weight: str | None = None) -> Undirected:
    place = {vertex: i for i, vertex in enumerate(graph)}
    tail = [place[a] for a, _ in graph.edges]
    head = [place[b] for _, b in graph.edges]
    weights = [float(data.get(weight, 1.0)) if weight else 1.0 for _, _, data in graph.edges(data=True)]
    return Undirected.build(len(place), tail, head, weights)


def borgatti(weights: list[int] | None) -> dict[str, tuple[float, float]]:
    tail, head = ([ord(tie[end]) - ord("A") for tie in BORGATTI] for end in (0, 1))
    found = ego_figures(Undirected.build(7, tail, head, weights))
    return {"ABCDEFG"[v]: (float(found.effective[v]), float(found.constraint[v])) for v in range(7)}


def test_published_figures():
    plain = borgatti(None)
    for vertex, size, constraint in (("G", 4.667, 0.400), ("A", 2.5, 0.595), ("C", 1.0, 1.0)):
        assert plain[vertex] == pytest.approx((size, constraint), abs=1e-3)
    weighted = borgatti(WEIGHTS)
    for vertex, size, constraint in (("G", 5.47, 0.299), ("A", 2.47, 0.795), ("C", 1.0, 1.0)):
        assert weighted[vertex] == pytest.approx((size, constraint), abs=5e-3)


def test_a_star_and_a_clique_by_hand():
    star = ego_figures(Undirected.build(5, [0, 0, 0, 0], [1, 2, 3, 4]), [0])
    assert (star.contacts[0], star.ties_among[0], star.effective[0], star.efficiency[0]) == (4, 0, 4.0, 1.0)
    assert star.constraint[0] == pytest.approx(4 * 0.25**2)
    clique = ego_figures(of(nx.complete_graph(5)), [3])
    assert (clique.contacts[0], clique.ties_among[0]) == (4, 6)
    assert clique.effective[0] == pytest.approx(4 - 2 * 6 / 4)
    # Each of four contacts: 1/4 directly, and 1/4 * 1/4 over each of the three others.
    assert clique.constraint[0] == pytest.approx(4 * (0.25 + 3 / 16) ** 2)


def test_nobody_known():
    found = ego_figures(Undirected.build(3, [1], [2]), [0, 1])
    assert math.isnan(found.effective[0])
    assert math.isnan(found.constraint[0])
    assert math.isnan(found.efficiency[0])
    assert (found.effective[1], found.constraint[1]) == (1.0, 1.0)
    assert ego_figures(Undirected.build(0, [], [])).vertices.size == 0


@pytest.mark.parametrize(
    ("graph", "weight"),
    [
        (nx.karate_club_graph(), None),
        (nx.karate_club_graph(), "weight"),  # Zachary 1977, contacts in eight contexts
        (nx.les_miserables_graph(), "weight"),  # Knuth 1993, scenes shared
        (nx.davis_southern_women_graph(), None),
    ],
    ids=["karate", "karate, weighted", "les miserables, weighted", "southern women"],
)
def test_published_networks_equal_networkx(graph: Graph, weight: str | None):
    found = ego_figures(of(graph, weight))
    nodes = list(graph)
    sizes, limits = nx.effective_size(graph, nodes, weight=weight), nx.constraint(graph, nodes, weight=weight)
    assert found.effective == pytest.approx([sizes[v] for v in nodes], rel=1e-12)
    assert found.constraint == pytest.approx([limits[v] for v in nodes], rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    ties=st.dictionaries(
        st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda tie: tie[0] != tie[1]),
        st.floats(0.01, 100.0),
        max_size=40,
    )
)
def test_directed_weighted_networks_equal_networkx(ties: dict[tuple[int, int], float]):
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(9))
    graph.add_weighted_edges_from((u, v, w) for (u, v), w in ties.items())
    network = Undirected.build(9, [u for u, _ in ties], [v for _, v in ties], list(ties.values()))
    found = ego_figures(network)
    # networkx has no figure for a vertex whom others know but who knows nobody; we have.
    asked = [v for v in graph if graph[v]]
    if asked:
        sizes, limits = (f(graph, asked, weight="weight") for f in (nx.effective_size, nx.constraint))
        assert found.effective[asked] == pytest.approx([sizes[v] for v in asked], rel=1e-9, abs=1e-9)
        assert found.constraint[asked] == pytest.approx([limits[v] for v in asked], rel=1e-9)
    plain = ego_figures(Undirected.build(9, [u for u, _ in ties], [v for _, v in ties]), asked)
    if asked:
        sizes, limits = nx.effective_size(graph, asked), nx.constraint(graph, asked)
        assert plain.effective == pytest.approx([sizes[v] for v in asked], rel=1e-9, abs=1e-9)
        assert plain.constraint == pytest.approx([limits[v] for v in asked], rel=1e-9)
    either = graph.to_undirected()
    for a in range(9):
        for b in range(9):
            if a != b:
                assert mutual_contacts(network, a, b).tolist() == sorted(nx.common_neighbors(either, a, b))


def test_equal_weights_follow_the_short_formula():
    found = ego_figures(of(nx.gnp_random_graph(60, 0.2, seed=1)))
    assert found.effective == pytest.approx(found.contacts - 2 * found.ties_among / found.contacts)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0], [0, 1]), "length"),
        (([0], [3]), "vertices lie"),
        (([1], [1]), "itself"),
        (([0], [1], [0.0]), "above 0"),
        (([0], [1], [math.nan]), "above 0"),
    ],
)
def test_nonsense_is_refused(arguments: tuple[list[int], ...], said: str):
    with pytest.raises(ValueError, match=said):
        Undirected.build(3, *arguments)


def test_a_frozen_network_stays_frozen():
    network = Undirected.build(3, [0], [1], np.array([2.0]))
    with pytest.raises(ValueError, match="read-only"):
        network.weight[0] = 5.0
    with pytest.raises(ValueError, match="lie in"):
        ego_figures(network, [7])
