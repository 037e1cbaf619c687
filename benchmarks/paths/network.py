"""The network that every engine is asked about, on disk between the processes; and LDBC's, read from its files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contacts.graph import Question, Snapshot


@dataclass(frozen=True, eq=False)
class Network:
    """Directed ties by owner, targets ascending, and who is connected.

    begin:       int64[n + 1]
    target, cost, reach: of each tie
    connections: int32[c, 2]
    circle:      int32[n], people of one firm have one number; questions about "everybody there" use it
    """

    begin: NDArray[np.int64]
    target: NDArray[np.int32]
    cost: NDArray[np.uint16]
    reach: NDArray[np.uint8]
    connections: NDArray[np.int32]
    circle: NDArray[np.int32]

    def save(self, folder: Path) -> None:
        for part in fields(self):
            np.save(folder / f"{part.name}.npy", getattr(self, part.name))

    @classmethod
    def load(cls, folder: Path) -> Network:
        return cls(*(np.load(folder / f"{part.name}.npy", mmap_mode="r") for part in fields(cls)))

    @property
    def n(self) -> int:
        return self.begin.size - 1

    @property
    def ties(self) -> int:
        return self.target.size

    @property
    def owner(self) -> NDArray[np.int32]:
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.begin))

    @cached_property
    def linked(self) -> NDArray[np.bool_]:
        """Whether the two ends of each tie are connected members."""
        keys = self.connections[:, 0].astype(np.int64) * self.n + self.connections[:, 1]
        if keys.size > 1 and (keys[1:] < keys[:-1]).any():
            keys = np.sort(keys)
        if not keys.size:
            return np.zeros(self.ties, np.bool_)
        linked = np.empty(self.ties, np.bool_)
        for low in range(0, self.n, 65536):
            high = min(self.n, low + 65536)
            at = slice(self.begin[low], self.begin[high])
            owner = np.repeat(np.arange(low, high), np.diff(self.begin[low : high + 1]))
            target = self.target[at].astype(np.int64)
            wanted = np.minimum(owner, target) * self.n + np.maximum(owner, target)
            linked[at] = keys[np.minimum(np.searchsorted(keys, wanted), keys.size - 1)] == wanted
        return linked

    def row(self, owner: int) -> slice:
        return slice(int(self.begin[owner]), int(self.begin[owner + 1]))

    def question(self, asker: int, introducers: int = 3) -> Question:
        at = self.row(asker)
        own = np.stack((self.target[at].astype(np.int64), self.cost[at].astype(np.int64)), axis=1)
        return Question(asker=asker, own_ties=own, max_introducers=introducers)

    def snapshot(self) -> Snapshot:
        return Snapshot.build(
            n=self.n,
            owner=self.owner,
            target=self.target,
            cost=self.cost,
            reach=self.reach,
            connections=self.connections,
        )


def ldbc(shared: Path) -> Network:
    """LDBC's social network benchmark: who knows whom, both ways, everybody connected, reach 3; closeness made up."""
    with gzip.open(shared / "graph" / "ldbc_snb_knows" / "knows_sf_20200308.csv.gz", "rt") as file:
        next(file)
        ends = np.array([line.rstrip("\n").split("|")[2:4] for line in file], np.int64)
    people, at = np.unique(ends, return_inverse=True)
    pair = np.unique(np.sort(at.reshape(-1, 2), axis=1), axis=0)
    pair = pair[pair[:, 0] != pair[:, 1]]
    owner, target = np.concatenate((pair, pair[:, ::-1])).T
    order = np.lexsort((target, owner))
    owner, target = owner[order], target[order]
    rng = np.random.default_rng(1)
    cost = 64 * np.clip(np.round(rng.lognormal(np.log(45), 0.6, owner.size)), 1, 255)
    return Network(
        np.searchsorted(owner, np.arange(people.size + 1)).astype(np.int64),
        target.astype(np.int32),
        cost.astype(np.uint16),
        np.full(owner.size, 3, np.uint8),
        pair.astype(np.int32),
        np.zeros(people.size, np.int32),
    )
