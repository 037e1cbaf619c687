"""Graph libraries, each on the exact layered graph of layers.py. Building counts from the arrays of the network.

A peer has `one` (the best path), perhaps `each` (the best to each of many) and `five` (five distinct introducers).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.paths.asking import NONE, Answer, K
from benchmarks.paths.layers import GOAL, HOPS_GOAL, LAYERS, ONE, START, THREE, layered
from benchmarks.paths.network import Network

FAR = 1e15


def told(distance: float) -> int:
    """Steps of a distance to a GOAL."""
    return NONE if distance > FAR else int(distance) - HOPS_GOAL


class Scipy:
    """scipy.sparse.csgraph.dijkstra. Five best: backwards from the target once, the asker's own rows shut meanwhile."""

    def __init__(self, network: Network) -> None:
        from scipy.sparse import csr_matrix

        self.network = network
        graph = layered(network)
        weight = graph.weight.astype(np.float64)
        self.ahead = csr_matrix((weight, (graph.tail, graph.head)), shape=(graph.size, graph.size))
        self.back = csr_matrix((weight, (graph.head, graph.tail)), shape=(graph.size, graph.size))

    def one(self, asker: int, target: int) -> Answer:
        return self.each(asker, np.array([target]))

    def each(self, asker: int, targets: np.ndarray) -> Answer:
        from scipy.sparse.csgraph import dijkstra

        distance = dijkstra(self.ahead, indices=LAYERS * asker + START)
        return [told(d) for d in distance[LAYERS * targets + GOAL]]

    def five(self, asker: int, target: int) -> Answer:
        from scipy.sparse.csgraph import dijkstra

        row = self.network.row(asker)
        shut = slice(self.back.indptr[LAYERS * asker + ONE], self.back.indptr[LAYERS * asker + THREE + 1])
        kept = self.back.data[shut].copy()
        self.back.data[shut] = np.inf
        distance = dijkstra(self.back, indices=LAYERS * target + GOAL)
        self.back.data[shut] = kept
        first = self.network.target[row][self.network.linked[row]].astype(np.int64)
        own = 8 * self.network.cost[row][self.network.linked[row]].astype(np.int64) + 1
        total = np.sort(own + distance[LAYERS * first + ONE])[:K]
        return [told(d) for d in total if d < FAR]


class Networkx:
    """networkx.bidirectional_dijkstra, and single_source_dijkstra_path_length for many."""

    def __init__(self, network: Network) -> None:
        import networkx

        self.networkx = networkx
        graph = layered(network)
        self.graph = networkx.DiGraph()
        for low in range(0, graph.tail.size, 1_000_000):
            part = slice(low, low + 1_000_000)
            self.graph.add_weighted_edges_from(
                zip(graph.tail[part].tolist(), graph.head[part].tolist(), graph.weight[part].tolist(), strict=True)
            )

    def one(self, asker: int, target: int) -> Answer:
        try:
            found = self.networkx.bidirectional_dijkstra(self.graph, LAYERS * asker + START, LAYERS * target + GOAL)
        except (self.networkx.NetworkXNoPath, self.networkx.NodeNotFound):
            return [NONE]
        return [told(found[0])]

    def each(self, asker: int, targets: np.ndarray) -> Answer:
        if LAYERS * asker + START not in self.graph:
            return [NONE] * targets.size
        found = self.networkx.single_source_dijkstra_path_length(self.graph, LAYERS * asker + START)
        return [told(found.get(LAYERS * target + GOAL, 2 * FAR)) for target in targets.tolist()]


class Igraph:
    """igraph's distances: Dijkstra from the asker, stopped at the targets."""

    def __init__(self, network: Network) -> None:
        import igraph

        graph = layered(network)
        edges = np.stack((graph.tail, graph.head), axis=1)
        self.graph = igraph.Graph(n=graph.size, edges=edges, directed=True)
        self.graph.es["weight"] = graph.weight.tolist()

    def one(self, asker: int, target: int) -> Answer:
        return self.each(asker, np.array([target]))

    def each(self, asker: int, targets: np.ndarray) -> Answer:
        goals = (LAYERS * targets + GOAL).tolist()
        return [told(d) for d in self.graph.distances([LAYERS * asker + START], goals, weights="weight")[0]]


class Rustworkx:
    """rustworkx.dijkstra_shortest_path_lengths, stopped at the target where there is one."""

    def __init__(self, network: Network) -> None:
        import rustworkx

        self.rustworkx = rustworkx
        graph = layered(network)
        self.graph = rustworkx.PyDiGraph(multigraph=False)
        self.graph.add_nodes_from(range(graph.size))
        weights = graph.weight.astype(float).tolist()
        self.graph.extend_from_weighted_edge_list(
            list(zip(graph.tail.tolist(), graph.head.tolist(), weights, strict=True))
        )

    def one(self, asker: int, target: int) -> Answer:
        goal = LAYERS * target + GOAL
        lengths = self.rustworkx.dijkstra_shortest_path_lengths(self.graph, LAYERS * asker + START, float, goal=goal)
        return [told(lengths[goal] if goal in lengths else 2 * FAR)]

    def each(self, asker: int, targets: np.ndarray) -> Answer:
        lengths = self.rustworkx.dijkstra_shortest_path_lengths(self.graph, LAYERS * asker + START, float)
        goals = (LAYERS * targets + GOAL).tolist()
        return [told(lengths[goal] if goal in lengths else 2 * FAR) for goal in goals]


class Networkit:
    """NetworKit's bidirectional and multi-target Dijkstra, one thread, as ours has one."""

    def __init__(self, network: Network) -> None:
        import networkit

        networkit.setNumberOfThreads(1)
        self.distance = networkit.distance
        graph = layered(network)
        ends = graph.tail.astype(np.uint64), graph.head.astype(np.uint64)
        self.graph = networkit.GraphFromCoo(
            (graph.weight.astype(np.float64), ends), n=graph.size, directed=True, weighted=True
        )

    def one(self, asker: int, target: int) -> Answer:
        search = self.distance.BidirectionalDijkstra(self.graph, LAYERS * asker + START, LAYERS * target + GOAL, True)
        search.run()
        return [told(search.getDistance())]

    def each(self, asker: int, targets: np.ndarray) -> Answer:
        goals = (LAYERS * targets + GOAL).tolist()
        search = self.distance.MultiTargetDijkstra(self.graph, LAYERS * asker + START, goals)
        search.run()
        return [told(distance) for distance in search.getDistances()]


LIBRARIES: dict[str, Callable[[Network], Any]] = {
    "scipy": Scipy,
    "networkx": Networkx,
    "igraph": Igraph,
    "rustworkx": Rustworkx,
    "networkit": Networkit,
}


def version_of(name: str) -> str:
    return version(name)
