"""The compiled searches, called: a question's arrays, a thread's scratch, and paths from what comes back.

Imports numba; nothing else of the program does but kernels.py. engines.py decides whether this is used.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contacts.graph import kernels, many_targets, one_target
from contacts.graph.kernels import Ask, Net, Scratch
from contacts.graph.laying import STEP, Laid
from contacts.graph.questions import Leg, Path, Question, Source, Work
from contacts.graph.snapshot import Snapshot

_SOURCES = (Source.OWN, Source.SHARED, Source.ACQUAINTANCE)
_TOP = (1 << 32) - 2 * kernels.FAR


class _Thread(threading.local):
    """Scratch as long as the largest network and the largest question that this thread has met."""

    def __init__(self) -> None:
        self.base = 0
        self.scratch = Scratch(
            **{name: np.empty(0, dtype) for name, dtype in (("where", np.int32), ("guarded", np.int64))},
            **{name: np.empty(0, np.uint32) for name in _BY_VERTEX},
            **{name: np.empty(0, np.int64) for name in ("label", "sum", "free", "best", "tops")},
            lasts=np.empty((0, 4), np.int64),
            found=np.empty((2, 0), np.int64),
            **{name: np.empty((0, kernels.LEG), np.int64) for name in ("one", "two", "three")},
            few=np.empty((3, kernels.LEG), np.int64),
        )

    def take(self, laid: Laid, ask: Ask, k: int = 0, lasts: int = 0) -> tuple[Scratch, int]:
        """The scratch, large enough, and a base below which nothing stands in it."""
        s = self.scratch
        if laid.size > s.rest.size or self.base < 2 * kernels.FAR:
            size = max(laid.size, s.rest.size)
            s = s._replace(
                **{name: np.full(size, 0xFFFFFFFF, np.uint32) for name in _BY_VERTEX},
                where=np.zeros(size, np.int32),
                **{name: np.full(size, np.iinfo(np.int64).max) for name in ("label", "sum")},
            )
            self.base = _TOP
        if ask.special.size > s.free.size:
            s = s._replace(**{name: np.empty(2 * ask.special.size, np.int64) for name in ("guarded", "free")})
        if ask.first_human.size > s.best.size:
            s = s._replace(best=np.empty(2 * ask.first_human.size, np.int64))
        if k >= s.tops.size:
            s = s._replace(tops=np.empty(k + 1, np.int64))
        if lasts > s.lasts.shape[0]:
            s = s._replace(lasts=np.empty((2 * lasts, 4), np.int64))
        choices = int(np.diff(ask.group_start).max(initial=1)) ** 2 + 1
        if choices > s.one.shape[0]:
            s = s._replace(**{name: np.empty((choices, kernels.LEG), np.int64) for name in ("one", "two", "three")})
        # Nobody has more heads than there are humans, each named once by a tie and once by an acquaintance of each
        # of their vertices.
        heads = laid.snapshot.longest * choices + ask.patch_owner.size + ask.known_tail.size
        if heads > s.found.shape[1]:
            s = s._replace(found=np.empty((2, heads), np.int64))
        self.scratch = s
        self.base -= kernels.FAR
        return s, self.base


_BY_VERTEX = ("rest", "last", "first", "summed")
_thread = _Thread()


def k_best(laid: Laid, target: int, k: int, work: Work) -> list[Path]:
    """At most k paths, best first. See paths.k_best."""
    if k < 1 or not laid.has(target) or not laid.first_human.size:
        return []
    net, ask = _arrays(laid)
    vertex = laid.at(target)
    vertices = np.array([vertex])
    if laid.groups.size:
        vertices = laid.vertices_of(laid.human(vertices))[0]
        vertices.sort()
    if np.isin(vertices[0], laid.barred):
        return []
    scratch, base = _thread.take(laid, ask, k)
    legs, steps = np.empty((k, 4, kernels.LEG), np.int64), np.empty(k, np.int64)
    introducers = laid.question.max_introducers
    goal = int(vertices[0])
    found, ties, twice = kernels.k_best(net, ask, scratch, base, goal, vertices, k, introducers, legs, steps)
    if found < 0:
        scratch, base = _thread.take(laid, ask, k, ties)
        found, ties, twice = kernels.k_best(net, ask, scratch, base, goal, vertices, k, introducers, legs, steps)
    work.ties += ties
    if twice:
        work.exact_repeats += 1
        return one_target.k_best(laid, target, k, work)
    return [_path(laid, told, total) for told, total in zip(legs[:found].tolist(), steps[:found].tolist(), strict=True)]


def best_to_each(laid: Laid, targets: Sequence[int], work: Work) -> dict[int, Path | None]:
    """One entry a target. See paths.best_to_each."""
    return many_targets.best_to_each(laid, targets, work)


def warm() -> None:
    """Have every search compiled, or loaded from numba's cache, for the types that k_best and best_to_each pass."""
    ties = np.array([[1, 2, 64, 3], [1, 3, 64, 3]]).T
    snapshot = Snapshot.build(n=4, owner=ties[0], target=ties[1], cost=ties[2], reach=ties[3], connections=[(0, 1)])
    laid = Laid(snapshot, Question(asker=0, own_ties=[(1, 64)], max_introducers=3))
    k_best(laid, 2, 1, Work())
    best_to_each(laid, [2, 3], Work())


def _path(laid: Laid, told: list[list[int]], steps: int) -> Path:
    name = laid.name if laid.outside.size else int
    human = (lambda v: int(laid.human(np.array([v]))[0])) if laid.groups.size else int
    told = told[: steps % STEP]
    legs = tuple(
        Leg(name(tail), name(head), _SOURCES[source], depth, cost, load)
        for depth, (tail, head, source, cost, load) in enumerate(told)
    )
    return Path(steps // STEP, (name(human(laid.asker)), *(name(human(leg[1])) for leg in told)), legs)


def _net(snapshot: Snapshot) -> Net:
    out, into = snapshot.out, snapshot.into
    return Net(out.row, out.word, into.row, into.word, snapshot.loose, snapshot.n, snapshot.bits, STEP * snapshot.unit)


def _arrays(laid: Laid) -> tuple[Net, Ask]:
    """The question's arrays for the kernels, made once."""
    if laid.compiled is None:
        laid.compiled = (_net(laid.snapshot), _ask(laid))
    net: Net
    ask: Ask
    net, ask = laid.compiled
    return net, ask


def _ask(laid: Laid) -> Ask:
    special = laid.barred
    parts = [a for a in (laid.groups, laid.load_vertex, laid.stale, laid.known_tail) if a.size]
    if parts:
        tails = laid.vertices_of(np.unique(laid.known_tail))[0]
        special = np.unique(np.concatenate((laid.barred, laid.groups, laid.load_vertex, laid.stale, tails)))
    human = laid.human(special)
    group = np.full(special.size, -1)
    if laid.groups.size:
        leads = laid.groups[laid.group_start[:-1]]
        at = np.minimum(np.searchsorted(leads, human), leads.size - 1)
        group = np.where(leads[at] == human, at, -1)
    state = np.full(special.size, kernels.SPECIAL)
    state[np.searchsorted(special, laid.barred)] = kernels.BARRED
    stale = np.zeros(special.size, np.int64)
    stale[np.searchsorted(special, laid.stale)] = 1
    start = np.arange(laid.first_human.size + 1)
    if laid.groups.size:
        start = np.searchsorted(laid.first_of, start)
    order = np.argsort(laid.patch[:, 1], kind="stable")
    ended, made = laid.changed_connections
    opened = np.zeros(laid.first_vertex.size, np.bool_)
    ask = Ask(
        asker=laid.asker,
        ended=ended,
        made=made,
        group_start=laid.group_start,
        groups=laid.groups,
        special=special,
        its_human=human,
        its_group=group,
        its_load=STEP * laid.load_of(special),
        its_state=state,
        its_stale=stale,
        its_lead=np.searchsorted(special, human),
        first_human=laid.first_human,
        first_head=laid.first_head,
        first_cost=laid.first_cost,
        first_steps=laid.first_steps,
        first_load=laid.load_of(laid.first_human),
        first_vertex=laid.first_vertex,
        first_start=start,
        first_of=laid.first_of,
        first_open=opened,
        first_order=np.argsort(laid.first_steps, kind="stable"),
        known_tail=laid.known_tail,
        known_head=laid.known_head,
        known_u=laid.known_u,
        known_v=laid.known_v,
        known_cost=laid.known_cost,
        known_by_head=np.argsort(laid.known_head, kind="stable"),
        exit=laid.exit,
        exit_start=np.searchsorted(laid.exit_of, np.arange(laid.known_head.size + 1)),
        exit_open=laid.exit_open,
        patch=laid.patch,
        patch_owner=np.ascontiguousarray(laid.patch[:, 0]),
        patch_linked=laid.patch_linked,
        patch_by_target=order,
        patch_target=laid.patch[order, 1],
    )
    ask = Ask._make(_plain(a) for a in ask)
    scratch, base = _thread.take(laid, ask)
    kernels.open_firsts(_net(laid.snapshot), ask, ask.first_open, scratch, base)
    return ask


def _plain(value: int | NDArray[np.generic]) -> int | NDArray[np.generic]:
    """One type for each array, however it was made: numba compiles for each type anew."""
    if isinstance(value, int):
        return value
    return np.require(value, requirements=["C", "W", "O"])
