"""The compiled searches, called: a question's arrays, a thread's scratch, and paths from what comes back.

Imports numba; nothing else of the program does but kernels.py. engines.py decides whether this is used.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from contacts.graph import kernels, many_targets, one_target
from contacts.graph.kernels import Ask, Net, Scratch
from contacts.graph.laying import STEP, Laid
from contacts.graph.questions import Leg, Path, Question, Source, Work
from contacts.graph.rows import Ints
from contacts.graph.snapshot import Snapshot

_SOURCES = (Source.OWN, Source.SHARED, Source.ACQUAINTANCE)
_FAR = int(kernels.FAR)
_STEPS_LEAST = 64
_TOP = (1 << 32) - 2 * int(kernels.FAR)


class _Guess:
    """Above how many steps it is hardly ever worth looking. Where it turns out too low one looks again, higher: that
    costs time and changes no answer. It settles where about one question in fifteen has to."""

    def __init__(self) -> None:
        self.steps = _FAR

    def learn(self, *, enough: bool) -> None:
        self.steps = max(_STEPS_LEAST, self.steps * 49 // 50) if enough else min(_FAR, self.steps * 4 // 3)


class _Thread(threading.local):
    """Scratch as long as the largest network and the largest question that this thread has met."""

    def __init__(self) -> None:
        self.base = 0
        self.guesses: WeakKeyDictionary[Snapshot, dict[tuple[int, int], _Guess]] = WeakKeyDictionary()
        self.scratch = Scratch(
            near=np.empty((4, 0), np.uint32),
            far=np.empty((2, 0), np.int64),
            where=np.empty(0, np.int32),
            marks=np.empty((4, 0), np.int64),
            best=np.empty(0, np.int64),
            tops=np.empty(0, np.int64),
            lasts=np.empty((0, 4), np.int64),
            found=np.empty((2, 0), np.int64),
            legs=np.empty((3, 0, kernels.LEG), np.int64),
            few=np.empty((1, kernels.LEG), np.int64),
        )

    def guess(self, snapshot: Snapshot, k: int, introducers: int) -> _Guess:
        return self.guesses.setdefault(snapshot, {}).setdefault((k, introducers), _Guess())

    def take(self, laid: Laid, ask: Ask, k: int = 0, lasts: int = 0) -> tuple[Scratch, int]:
        """The scratch, large enough, and a base below which nothing stands in it."""
        s = self.scratch
        if laid.size > s.where.size or self.base < 2 * kernels.FAR:
            size = max(laid.size, s.where.size)
            s = s._replace(
                near=np.full((4, size), 0xFFFFFFFF, np.uint32),
                far=np.full((2, size), np.iinfo(np.int64).max),
                where=np.zeros(size, np.int32),
            )
            self.base = _TOP
        if len(ask.special) > s.marks.shape[1]:
            s = s._replace(marks=np.empty((4, 2 * len(ask.special)), np.int64))
        if len(ask.firsts) > s.best.size:
            s = s._replace(best=np.empty(2 * len(ask.firsts), np.int64))
        if k >= s.tops.size:
            s = s._replace(tops=np.empty(k + 1, np.int64))
        if lasts > len(s.lasts):
            s = s._replace(lasts=np.empty((2 * lasts, 4), np.int64))
        choices = 2 if ask.groups.size == 0 else int(np.diff(ask.group_start).max()) ** 2 + 1
        if choices > s.legs.shape[1]:
            s = s._replace(legs=np.empty((3, choices, kernels.LEG), np.int64))
        # Nobody has more heads than there are humans, each named once by a tie and once by an acquaintance of each
        # of their vertices.
        heads = laid.snapshot.longest * choices + len(ask.patch) + len(ask.known)
        if heads > s.found.shape[1]:
            s = s._replace(found=np.empty((2, heads), np.int64))
        self.scratch = s
        self.base -= int(kernels.FAR)
        return s, self.base


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
    if vertices[0] in laid.barred:
        return []
    legs, steps = np.empty((k, 4, kernels.LEG), np.int64), np.empty(k, np.int64)
    goal, introducers, lasts = int(vertices[0]), laid.question.max_introducers, 0
    guess = _thread.guess(laid.snapshot, k, introducers)
    cap = guess.steps
    while True:
        scratch, base = _thread.take(laid, ask, k, lasts)
        found, ties, twice = kernels.k_best(net, ask, scratch, base, goal, vertices, k, introducers, cap, legs, steps)
        if found < 0:
            lasts = ties
            continue
        work.ties += ties
        if found == k or cap >= _FAR:
            break
        cap = _FAR if cap > guess.steps else min(_FAR, 2 * cap)
    guess.learn(enough=found == k and cap == guess.steps)
    if twice:
        work.exact_repeats += 1
        return one_target.k_best(laid, target, k, work)
    return [_path(laid, told, total) for told, total in zip(legs[:found].tolist(), steps[:found].tolist(), strict=True)]


def best_to_each(laid: Laid, targets: Sequence[int], work: Work) -> dict[int, Path | None]:
    """One entry a target. See paths.best_to_each."""
    answers: dict[int, Path | None] = dict.fromkeys(targets)
    if not laid.first_human.size:
        return answers
    if laid.first_human.size >= kernels.MAX_FIRST:
        return many_targets.best_to_each(laid, targets, work)
    net, ask = _arrays(laid)
    known = [t for t in answers if laid.has(t)]
    humans = laid.human(np.array([laid.at(t) for t in known], np.int64))
    met = np.flatnonzero(~np.isin(humans, laid.barred))
    goals, which = np.unique(humans[met], return_inverse=True)
    scratch, base = _thread.take(laid, ask)
    legs, steps = np.empty((goals.size, 4, kernels.LEG), np.int64), np.empty(goals.size, np.int64)
    introducers = laid.question.max_introducers
    work.ties += kernels.best_to_each(net, ask, scratch, base, goals, introducers, legs, steps)
    told: list[Path | None] = []
    for goal, leg, total in zip(goals.tolist(), legs.tolist(), steps.tolist(), strict=True):
        if total < 0:
            work.exact_repeats += 1
            told.append(next(iter(k_best(laid, laid.name(goal), 1, work)), None))
        else:
            told.append(_path(laid, leg, total) if total else None)
    for at, goal in zip(met.tolist(), which.tolist(), strict=True):
        answers[known[at]] = told[goal]
    return answers


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
    ended, made = laid.changed_connections
    ask = Ask(
        asker=laid.asker,
        ended=ended,
        made=made,
        group_start=laid.group_start,
        groups=laid.groups,
        special=_special(laid),
        firsts=_firsts(laid),
        doors=_table(laid.first_vertex, laid.first_of, 0),
        known=_known(laid),
        exits=_table(laid.exit, laid.exit_open) if laid.exit.size else _NO_EXITS,
        patch=_patch(laid),
    )
    scratch, base = _thread.take(laid, ask)
    kernels.open_firsts(_net(laid.snapshot), ask, scratch, base)
    return ask


def _table(*columns: NDArray[Any] | int, more: int = 0) -> Ints:
    """The columns side by side; `more` rows greater than all at the end."""
    size = next(column.size for column in columns if not isinstance(column, int))
    table = np.full((size + more, len(columns)), _GREAT)
    for at, column in enumerate(columns):
        table[:size, at] = column
    return table


def _special(laid: Laid) -> Ints:
    vertex = laid.barred
    if not laid.groups.size + laid.load_vertex.size + laid.stale.size + laid.known_tail.size:
        return _table(vertex, vertex, -1, 0, kernels.BARRED, 0, np.arange(vertex.size))
    tails = laid.vertices_of(np.unique(laid.known_tail))[0]
    vertex = np.unique(np.concatenate((laid.barred, laid.groups, laid.load_vertex, laid.stale, tails)))
    human = laid.human(vertex)
    table = _table(vertex, human, -1, STEP * laid.load_of(vertex), kernels.SPECIAL, 0, np.searchsorted(vertex, human))
    if laid.groups.size:
        leads = laid.groups[laid.group_start[:-1]]
        at = np.minimum(np.searchsorted(leads, human), leads.size - 1)
        table[:, kernels.S_GROUP] = np.where(leads[at] == human, at, -1)
    table[np.searchsorted(vertex, laid.barred), kernels.S_STATE] = kernels.BARRED
    if laid.stale.size:
        table[np.searchsorted(vertex, laid.stale), kernels.S_STALE] = 1
    return table


def _firsts(laid: Laid) -> Ints:
    steps = laid.first_steps
    load = (steps - 1) // STEP - laid.first_cost
    # Steps and position in one number, so that one sort of numbers is enough.
    order = np.sort(steps << 32 | np.arange(steps.size)) & 0xFFFFFFFF
    start = np.arange(steps.size + 1)
    if laid.groups.size:
        start = np.searchsorted(laid.first_of, start)
    table = _table(laid.first_human, laid.first_head, laid.first_cost, steps, load, 0, order, more=1)
    table[:, kernels.F_DOORS] = start
    return table


def _known(laid: Laid) -> Ints:
    size = laid.known_tail.size
    if not size:
        return _NO_KNOWN
    by_head = np.argsort(laid.known_head, kind="stable")
    columns = (laid.known_tail, laid.known_head, laid.known_u, laid.known_v, laid.known_cost)
    table = _table(*columns, 0, by_head, more=1)
    table[:, kernels.K_EXITS] = np.searchsorted(laid.exit_of, np.arange(size + 1))
    table[size, kernels.K_BY_HEAD] = size
    return table


def _patch(laid: Laid) -> Ints:
    if not laid.patch.size:
        return _NO_PATCH
    by_target = np.argsort(laid.patch[:, 1], kind="stable")
    return _table(*laid.patch.T, laid.patch_linked, by_target)


_GREAT = 1 << 40
_NO_KNOWN = np.array([[_GREAT, _GREAT, 0, 0, 0, 0, 0]])
_NO_PATCH = np.empty((0, 6), np.int64)
_NO_EXITS = np.empty((0, 2), np.int64)
