"""The searches, compiled. All of them in this one file, since numba's cache does not see changes in others.

They answer as one_target.py and many_targets.py do, to the bit; docs/decisions/0004-path-engine.md says why that is
exact. The idea: ties of depth 2 and 3 are summed up backwards from the target as "least rest from this vertex"; the
asker's introducers are then tried in the order of their cost, each row up to what may still be among the k best.

Ordinary vertices cost one read of `rest`. The few that are not ordinary for this question ("special": barred, joined
with others, asked of late, restated, or with acquaintances) are marked there and looked up in small tables.

Scratch arrays are as long as the network and never cleared: each search writes values below those of the search
before (`base` sinks), so that what is left over reads as "nothing here".

Vertices and steps are int64 in here, whatever the arrays hold. Nothing is checked: compiled.py is the only caller.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

FAR = np.int64(1 << 20)
"""More steps than any path has: 4 costs and 3 loads of at most 16383. `base` sinks by as much from search to search."""
BARRED, SPECIAL, ORDINARY = 0, 1, 8
"""What stands in a scratch array above base: never to be met, look it up, and the least steps that there are."""
FIRST_BITS = 19
SECOND_BITS = 24
NO_LABEL = FAR << FIRST_BITS
NO_SUM = np.int64((1 << 63) - 1)
UNKNOWN = np.int64(-1)
MAX_FIRST = 1 << FIRST_BITS
OWN, SHARED, KNOWN = 0, 1, 2
LEG = 5
"""A leg is written as tail, head, source, cost, load."""

Array = Any

_BARE: dict[str, Any] = {"nogil": True, "_nrt": False}
_PART: dict[str, Any] = _BARE | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_part = njit(**_PART)
_inner = njit(forceinline=True, **_PART)
_search = njit(cache=True, **_BARE)
"""Searches are called from Python and cached, with the parts that they are made of. Inner parts are put where they are
called, since handing over the question takes as long as reading fifty ties.

Without numba's own memory: counting references to forty arrays at each call took longer than the searches do. Nothing
in here may allocate, then; what a search writes stands in Scratch.
"""


class Net(NamedTuple):
    """The snapshot: its arrays, n, bits, and 8 * unit."""

    out_row: Array
    out_word: Array
    into_row: Array
    into_word: Array
    loose: Array
    n: int
    bits: int
    step: int


class Ask(NamedTuple):
    """The question, as explained in laying.py: int64 tables, whose columns the constants below name.

    special: by vertex. firsts, known: one row more than there are, greater than all. patch: by owner.
    """

    asker: int
    ended: Array
    made: Array
    group_start: Array
    groups: Array
    special: Array
    firsts: Array
    doors: Array
    known: Array
    exits: Array
    patch: Array


S_VERTEX, S_HUMAN, S_GROUP, S_LOAD, S_STATE, S_STALE, S_LEAD = range(7)
"""A vertex that is not ordinary; its human's least vertex; which group, or -1; ask-load in steps; BARRED or SPECIAL;
1 where its row was restated; the row of its human here."""
F_HUMAN, F_HEAD, F_COST, F_STEPS, F_LOAD, F_DOORS, F_ORDER = range(7)
"""The asker's own people; F_DOORS: where their vertices begin in `doors`; F_ORDER: row i of this column is the one that
comes at i when the cheapest come first."""
D_VERTEX, D_FIRST, D_OPEN = range(3)
"""Vertices of the firsts; D_OPEN: 1 where the asker is connected with it."""
K_TAIL, K_HEAD, K_U, K_V, K_COST, K_EXITS, K_BY_HEAD = range(7)
"""Acquaintances; K_EXITS: where the vertices of the head begin in `exits`; K_BY_HEAD: as F_ORDER, by head."""
X_VERTEX, X_OPEN = range(2)
P_OWNER, P_TARGET, P_COST, P_REACH, P_LINKED, P_BY_TARGET = range(6)


class Scratch(NamedTuple):
    """Of one thread.

    near: uint32[4, n], and far: int64[2, n], by vertex. where: int32[n], row in `special`. marks: int64[4, special].
    best: by first. tops: k + 1. lasts: [shared ties into the target, 4]: owner, steps, reach, from the patch? found:
    [2, humans], candidates. legs: [3, choices, LEG]. few: [1, LEG].
    """

    near: Array
    far: Array
    where: Array
    marks: Array
    best: Array
    tops: Array
    lasts: Array
    found: Array
    legs: Array
    few: Array


REST, LAST, FIRST, SUMMED = range(4)
LABEL, SUM = range(2)
GUARDED, FREE, GUARDED_SUM, FREE_SUM = range(4)
NOBODY, NO, YES = np.int64(-1), np.int64(0), np.int64(1)
"""Typed, since numba compiles anew for each number that is written down in a call."""


# --- Small things ---------------------------------------------------------------------------------------------------


@intrinsic
def _fetch(_context, array, at):
    """Have array[at] brought near, without waiting for it."""

    def generate(context, builder, signature, args):
        place = builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, word, word, word])
        name = (
            "llvm.prefetch.p0"
            if getattr(place.type, "is_opaque", False)
            else f"llvm.prefetch.p0{place.type.pointee.intrinsic_name}"
        )
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [place, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, at), generate


@_inner
def _fetch_record(word, begin):
    """The head of a record and its first ties."""
    _fetch(word, begin)
    _fetch(word, begin + 16)


@_inner
def _low(ascending, value):
    """The first position that is not less."""
    low, high = 0, ascending.size
    while low < high:
        middle = (low + high) >> 1
        if ascending[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@_inner
def _low_in(table, column, value):
    """The first row whose column, ascending, is not less."""
    low, high = 0, table.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if table[middle, column] < value:
            low = middle + 1
        else:
            high = middle
    return low


@_part
def _low_by(table, column, order, value):
    """The same in the order that another column tells."""
    low, high = 0, table.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if table[table[middle, order], column] < value:
            low = middle + 1
        else:
            high = middle
    return low


@_part
def _has(ascending, value):
    at = _low(ascending, value)
    return at < ascending.size and ascending[at] == value


@_part
def _in_row(word, begin, mask, wanted):
    """Whether the connected part of the record names that vertex."""
    for p in range(begin + 6, begin + 6 + np.int64(word[begin + 2])):
        if np.int64(word[p]) & mask == wanted:
            return True
    return False


@_part
def _linked(net, ask, a, b):
    """Whether a and b are connected members at the moment of the question."""
    pair = a << 32 | b
    if ask.ended.size and _has(ask.ended, pair):
        return False
    if ask.made.size and _has(ask.made, pair):
        return True
    if a >= net.n or b >= net.n:
        return False
    out_a, into_a = np.int64(net.out_row[a]) << 2, np.int64(net.into_row[a]) << 2
    out_b, into_b = np.int64(net.out_row[b]) << 2, np.int64(net.into_row[b]) << 2
    if net.out_word[out_a + 2] + net.into_word[into_a + 2] > net.out_word[out_b + 2] + net.into_word[into_b + 2]:
        a, b, out_a, into_a = b, a, out_b, into_b
    mask = (1 << net.bits) - 1
    if _in_row(net.out_word, out_a, mask, b) or _in_row(net.into_word, into_a, mask, b):
        return True
    at = _low(net.loose, np.uint64(a << 32 | b))
    return at < net.loose.size and net.loose[at] == np.uint64(a << 32 | b)


@_inner
def _special_of(ask, vertex):
    """Position in `special`, or -1."""
    at = _low_in(ask.special, S_VERTEX, vertex)
    return at if at < ask.special.shape[0] and ask.special[at, S_VERTEX] == vertex else -1


@_inner
def _span(net, word, begin, run, room):
    """Begin and end of a run's ties that cost at most `room` steps, and how many words were looked at."""
    low = begin + 6 + (np.int64(word[begin + run - 1]) if run else 0)
    high = begin + 6 + np.int64(word[begin + run])
    if low == high or room <= net.step:
        return low, low
    top = (room - 1) // net.step
    if top << net.bits < 1 << 32 and np.int64(word[high - 1]) >> net.bits > top:
        limit = (top + 1) << net.bits
        end = high
        while low < end:
            middle = (low + end) >> 1
            if np.int64(word[middle]) < limit:
                low = middle + 1
            else:
                end = middle
        high = low
        low = begin + 6 + (np.int64(word[begin + run - 1]) if run else 0)
    return low, high


@_part
def _install(ask, scratch, array, base):
    """Mark what is special in `array` (of `rest` or `label`)."""
    for s in range(ask.special.shape[0]):
        v = ask.special[s, S_VERTEX]
        array[v] = base + ask.special[s, S_STATE]
        scratch.where[v] = s


@_part
def _group_of(ask, vertex):
    if ask.groups.size == 0:
        return -1
    s = _special_of(ask, vertex)
    return ask.special[s, S_GROUP] if s >= 0 else -1


@_part
def _human_of(ask, vertex):
    group = _group_of(ask, vertex)
    return vertex if group < 0 else ask.groups[ask.group_start[group]]


@_search
def open_firsts(net, ask, scratch, base):
    """Which of the asker's own people, vertex by vertex, are connected with the asker."""
    mark, a, count = scratch.near[REST], ask.asker, 0
    if a < net.n:
        mask = (1 << net.bits) - 1
        for side in range(2):
            row, word = (net.out_row, net.out_word) if side == 0 else (net.into_row, net.into_word)
            begin = np.int64(row[a]) << 2
            for p in range(begin + 6, begin + 6 + np.int64(word[begin + 2])):
                mark[np.int64(word[p]) & mask] = base
                count += 1
        p = _low(net.loose, np.uint64(a << 32))
        while p < net.loose.size and net.loose[p] >> np.uint64(32) == np.uint64(a):
            mark[np.int64(net.loose[p] & np.uint64(0xFFFFFFFF))] = base
            p += 1
    for key in ask.made:
        if key >> 32 == a:
            mark[key & 0xFFFFFFFF] = base
    for key in ask.ended:
        if key >> 32 == a:
            mark[key & 0xFFFFFFFF] = base + 1
    for e in range(ask.doors.shape[0]):
        ask.doors[e, D_OPEN] = 1 if mark[ask.doors[e, D_VERTEX]] == base else 0
    return count


# --- One target -----------------------------------------------------------------------------------------------------


@_part
def _offer(best, tops, k, cap, first, steps):
    """Lower best[first]; tops holds the k firsts that are best, in order. Returns the bound of the k best."""
    if steps < best[first] and steps <= cap:
        best[first] = steps
        count = tops[k]
        at = -1
        for i in range(count):
            if tops[i] == first:
                at = i
        if at < 0:
            if count < k:
                at = count
                tops[k] = count + 1
            else:
                last = tops[k - 1]
                if steps > best[last] or (steps == best[last] and first > last):
                    return best[last]
                at = k - 1
        while at > 0 and (best[tops[at - 1]] > steps or (best[tops[at - 1]] == steps and tops[at - 1] > first)):
            tops[at] = tops[at - 1]
            at -= 1
        tops[at] = first
    return best[tops[k - 1]] if tops[k] == k else cap


@_inner
def _relax(ask, scratch, base, x, value, group, from_patch):
    """A shared tie of x begins a rest of that many steps. group: of its head, which x must not belong to."""
    f = np.int64(scratch.near[REST, x]) - base
    if f >= ORDINARY:
        if value < f:
            scratch.near[REST, x] = base + value
    elif f == SPECIAL:
        s = scratch.where[x]
        if (from_patch or ask.special[s, S_STALE] == 0) and (group < 0 or ask.special[s, S_GROUP] != group):
            if value < scratch.marks[GUARDED, s]:
                scratch.marks[GUARDED, s] = value


@_inner
def _expand(net, ask, scratch, base, entry, exit_, group, rest, spare):
    """Ties x -> entry of reach 2 and more, for a third introducer who is left at `exit_` with `rest` steps to go.

    exit_: -1 where anybody may pass on, since an acquaintance follows. Returns how many ties were read.
    """
    room, work, mask = spare - rest, 0, (1 << net.bits) - 1
    cross = exit_ >= 0 and exit_ != entry
    if entry < net.n:
        begin = np.int64(net.into_row[entry]) << 2
        for run in (0, 1, 3, 4):
            if run > 1 and exit_ == entry:
                break
            low, high = _span(net, net.into_word, begin, run, room)
            work += high - low
            for p in range(low, high):
                w = np.int64(net.into_word[p])
                x = w & mask
                if cross and not _linked(net, ask, x, exit_):
                    continue
                _relax(ask, scratch, base, x, rest + (w >> net.bits) * net.step + 1, group, NO)
    if ask.patch.shape[0]:
        p = _low_by(ask.patch, P_TARGET, P_BY_TARGET, entry)
        while p < ask.patch.shape[0] and ask.patch[ask.patch[p, P_BY_TARGET], P_TARGET] == entry:
            i = ask.patch[p, P_BY_TARGET]
            p += 1
            work += 1
            x, steps = ask.patch[i, P_OWNER], 8 * ask.patch[i, P_COST] + 1
            if ask.patch[i, P_REACH] < 2 or steps > room:
                continue
            opened = ask.patch[i, P_LINKED] if exit_ == entry else exit_ < 0 or _linked(net, ask, x, exit_)
            if opened:
                _relax(ask, scratch, base, x, rest + steps, group, YES)
    return work


@_part
def ties_into(net, ask, vertices):
    """How many shared ties lead to these vertices."""
    many = 0
    for t in vertices:
        if t < net.n:
            many += np.int64(net.into_word[(np.int64(net.into_row[t]) << 2) + 5])
        if ask.patch.shape[0]:
            many += _low_by(ask.patch, P_TARGET, P_BY_TARGET, t + 1) - _low_by(ask.patch, P_TARGET, P_BY_TARGET, t)
    return many


@_part
def _last_legs(net, ask, vertices, lasts):
    """All shared ties into the target: owner, steps, reach, from the patch?"""
    many, mask = 0, (1 << net.bits) - 1
    for t in vertices:
        if t < net.n:
            begin = np.int64(net.into_row[t]) << 2
            for run in range(6):
                low = begin + 6 + (np.int64(net.into_word[begin + run - 1]) if run else 0)
                for p in range(low, begin + 6 + np.int64(net.into_word[begin + run])):
                    w = np.int64(net.into_word[p])
                    lasts[many, 0] = w & mask
                    lasts[many, 1] = (w >> net.bits) * net.step + 1
                    lasts[many, 2] = 3 - run % 3
                    lasts[many, 3] = 0
                    many += 1
        if ask.patch.shape[0]:
            p = _low_by(ask.patch, P_TARGET, P_BY_TARGET, t)
            while p < ask.patch.shape[0] and ask.patch[ask.patch[p, P_BY_TARGET], P_TARGET] == t:
                i = ask.patch[p, P_BY_TARGET]
                lasts[many, 0], lasts[many, 1] = ask.patch[i, P_OWNER], 8 * ask.patch[i, P_COST] + 1
                lasts[many, 2], lasts[many, 3] = ask.patch[i, P_REACH], 1
                many += 1
                p += 1


@_part
def _arrive(net, ask, scratch, base, tail, x, spent, connected, group):
    """The least steps of a path whose second introducer is x, special, arrived at over a shared tie of `tail`."""
    s = scratch.where[x]
    if ask.special[s, S_STATE] == BARRED or (group >= 0 and ask.special[s, S_GROUP] == group):
        return FAR
    spent += ask.special[s, S_LOAD]
    least = spent + scratch.marks[FREE, ask.special[s, S_LEAD]]
    if connected:
        least = min(least, spent + scratch.marks[GUARDED, s])
    g = ask.special[s, S_GROUP]
    if g >= 0:
        for i in range(ask.group_start[g], ask.group_start[g + 1]):
            other = ask.groups[i]
            if other != x:
                rest = scratch.marks[GUARDED, scratch.where[other]]
                if spent + rest < least and _linked(net, ask, tail, other):
                    least = spent + rest
    return least


@_inner
def _fetch_first(net, ask, at):
    """The rows of those whose turn comes soon."""
    for ahead in (4, 8):
        if at + ahead < ask.firsts.shape[0] - 1:
            a = ask.doors[ask.firsts[ask.firsts[at + ahead, F_ORDER], F_DOORS], D_VERTEX]
            if a < net.n:
                if ahead == 8:
                    _fetch(net.out_row, a)
                else:
                    _fetch_record(net.out_word, np.int64(net.out_row[a]) << 2)


@_search
def k_best(net, ask, scratch, base, goal, goal_vertices, k, introducers, cap, out, steps_out):
    """The k best to one goal among those of at most `cap` steps. out: int64[k, 4, LEG], steps_out: int64[k].

    Returns how many, ties read, and in how many a human came twice; -1 and the room needed where `lasts` is too short.
    """
    rest, best, tops = scratch.near[REST], scratch.best, scratch.tops
    firsts = ask.firsts.shape[0] - 1
    scratch.marks[:2, : ask.special.shape[0]] = FAR
    best[:firsts] = FAR
    tops[k] = 0
    _install(ask, scratch, rest, base)
    for e in range(ask.doors.shape[0]):
        scratch.near[FIRST, ask.doors[e, D_VERTEX]] = base + e
    for t in goal_vertices:
        rest[t] = base + BARRED
    goal_first = _low_in(ask.firsts, F_HUMAN, goal)
    if goal_first == firsts or ask.firsts[goal_first, F_HUMAN] != goal:
        goal_first = -1

    # One introducer.
    lasts, many = scratch.lasts, ties_into(net, ask, goal_vertices)
    if many > lasts.shape[0]:
        return -1, many, 0
    _last_legs(net, ask, goal_vertices, lasts)
    work, bound = many, cap
    for i in range(many):
        e = np.int64(scratch.near[FIRST, lasts[i, 0]]) - base
        if 0 <= e < ask.doors.shape[0] and ask.doors[e, D_OPEN]:
            first = ask.doors[e, D_FIRST]
            if first != goal_first and (lasts[i, 3] or not _is_stale(ask, scratch, base, lasts[i, 0])):
                bound = _offer(best, tops, k, cap, first, ask.firsts[first, F_STEPS] + lasts[i, 1])
    known_low, known_high = 0, 0
    if ask.known.shape[0] - 1:
        # Acquaintances of the target, by position in known_by_head.
        known_low = _low_by(ask.known, K_HEAD, K_BY_HEAD, goal)
        known_high = _low_by(ask.known, K_HEAD, K_BY_HEAD, goal + 1)
        for p in range(known_low, known_high):
            i = ask.known[p, K_BY_HEAD]
            first = _low_in(ask.firsts, F_HUMAN, ask.known[i, K_TAIL])
            if first < firsts and ask.firsts[first, F_HUMAN] == ask.known[i, K_TAIL]:
                bound = _offer(best, tops, k, cap, first, ask.firsts[first, F_STEPS] + 8 * ask.known[i, K_COST] + 1)

    least_rest = FAR
    if introducers > 1:
        # Rests of one leg.
        for i in range(many):
            if lasts[i, 2] >= 2:
                _relax(ask, scratch, base, lasts[i, 0], lasts[i, 1], NOBODY, lasts[i, 3])
                least_rest = min(least_rest, lasts[i, 1])
        for p in range(known_low, known_high):
            i = ask.known[p, K_BY_HEAD]
            steps, s = 8 * ask.known[i, K_COST] + 1, scratch.where[ask.known[i, K_TAIL]]
            scratch.marks[FREE, s] = min(scratch.marks[FREE, s], steps)
            least_rest = min(least_rest, steps)
    if introducers > 2 and least_rest < FAR:
        work += _rests_of_two(net, ask, scratch, base, goal, goal_vertices, lasts, many, known_low, known_high, bound)
    if least_rest < FAR:
        for at in range(firsts):
            first = ask.firsts[at, F_ORDER]
            spent = ask.firsts[first, F_STEPS]
            if spent + least_rest + 9 > bound:
                break
            _fetch_first(net, ask, at)
            if first == goal_first:
                continue
            most, worked = _from_first(net, ask, scratch, base, first, goal, min(best[first] - 1, bound), least_rest)
            work += worked
            if most < FAR:
                bound = _offer(best, tops, k, cap, first, most)
        if ask.groups.size + (ask.known.shape[0] - 1):
            bound, worked = _unconnected_arrivals(net, ask, scratch, base, best, tops, k, cap, goal_first, bound)
            work += worked

    twice = 0
    for at in range(tops[k]):
        steps_out[at] = best[tops[at]]
        if not _spell(net, ask, scratch, base, tops[at], goal, best[tops[at]], out[at]):
            twice += 1
    return tops[k], work, twice


@_inner
def _is_stale(ask, scratch, base, vertex):
    """Whether the row of this vertex was restated."""
    if np.int64(scratch.near[REST, vertex]) - base > SPECIAL:
        return False
    s = _special_of(ask, vertex)
    return s >= 0 and ask.special[s, S_STALE] == 1


@_part
def _rests_of_two(net, ask, scratch, base, goal, goal_vertices, lasts, many, known_low, known_high, bound):
    """Sum up the last two legs. `last` gets the last legs of reach 3, for telling paths later."""
    work = 0
    least_first = FAR
    for e in range(ask.doors.shape[0]):
        least_first = min(least_first, ask.firsts[ask.doors[e, D_FIRST], F_STEPS])
    spare = min(bound, FAR) - least_first - 9
    for i in range(many):
        if i + 8 < many and lasts[i + 8, 2] == 3 and lasts[i + 8, 0] < net.n:
            _fetch(net.into_row, lasts[i + 8, 0])
        if i + 4 < many and lasts[i + 4, 2] == 3 and lasts[i + 4, 0] < net.n:
            _fetch_record(net.into_word, np.int64(net.into_row[lasts[i + 4, 0]]) << 2)
        if lasts[i, 2] < 3:
            continue
        y, steps = lasts[i, 0], lasts[i, 1]
        group, f = -1, np.int64(scratch.near[REST, y]) - base
        if f == BARRED:
            continue
        if f == SPECIAL:
            s = scratch.where[y]
            if ask.special[s, S_STALE] and not lasts[i, 3]:
                continue
            group, steps = ask.special[s, S_GROUP], steps + ask.special[s, S_LOAD]
        scratch.near[LAST, y] = min(np.int64(scratch.near[LAST, y]), base + lasts[i, 1])
        if group < 0:
            work += _expand(net, ask, scratch, base, y, y, NOBODY, steps, spare)
        else:
            for g in range(ask.group_start[group], ask.group_start[group + 1]):
                work += _expand(net, ask, scratch, base, ask.groups[g], y, group, steps, spare)
        if ask.known.shape[0] - 1:
            human = y if group < 0 else ask.groups[ask.group_start[group]]
            _known_arrivals(ask, scratch, human, y, goal, steps, spare)
    for p in range(known_low, known_high):
        i = ask.known[p, K_BY_HEAD]
        y = ask.known[i, K_TAIL]
        s = scratch.where[y]
        steps, group = 8 * ask.known[i, K_COST] + 1 + ask.special[s, S_LOAD], ask.special[s, S_GROUP]
        if group < 0:
            work += _expand(net, ask, scratch, base, y, NOBODY, NOBODY, steps, spare)
        else:
            for g in range(ask.group_start[group], ask.group_start[group + 1]):
                work += _expand(net, ask, scratch, base, ask.groups[g], NOBODY, group, steps, spare)
        _known_arrivals(ask, scratch, y, NOBODY, goal, steps, spare)
    return work


@_part
def _known_arrivals(ask, scratch, human, exit_, goal, rest, spare):
    """Acquaintances x -> human, who is left at exit_ over a shared tie, or (-1) over an acquaintance."""
    p = _low_by(ask.known, K_HEAD, K_BY_HEAD, human)
    while p < (ask.known.shape[0] - 1) and ask.known[ask.known[p, K_BY_HEAD], K_HEAD] == human:
        i = ask.known[p, K_BY_HEAD]
        p += 1
        steps = rest + 8 * ask.known[i, K_COST] + 1
        if ask.known[i, K_TAIL] != goal and steps <= spare and (exit_ < 0 or _exit_is_open(ask, i, exit_)):
            s = scratch.where[ask.known[i, K_TAIL]]
            scratch.marks[FREE, s] = min(scratch.marks[FREE, s], steps)


@_part
def _exit_is_open(ask, known, exit_):
    for e in range(ask.known[known, K_EXITS], ask.known[known + 1, K_EXITS]):
        if ask.exits[e, X_VERTEX] == exit_:
            return ask.exits[e, X_OPEN] == 1
    return False


@_inner
def _from_first(net, ask, scratch, base, first, goal, bound, least_rest):
    """The least steps over this introducer to two or more, if at most `bound`; FAR otherwise. And the ties read."""
    spent, work, mask, rest = ask.firsts[first, F_STEPS], 0, (1 << net.bits) - 1, scratch.near[REST]
    best, human = bound + 1, ask.firsts[first, F_HUMAN]
    group = _group_of(ask, human)
    for e in range(ask.firsts[first, F_DOORS], ask.firsts[first + 1, F_DOORS]):
        a = ask.doors[e, D_VERTEX]
        if not ask.doors[e, D_OPEN]:
            continue
        if a < net.n and not _is_stale(ask, scratch, base, a):
            begin = np.int64(net.out_row[a]) << 2
            for run in range(3):
                low = begin + 6 + (np.int64(net.out_word[begin + run - 1]) if run else 0)
                high = begin + 6 + np.int64(net.out_word[begin + run])
                while low < high:
                    room = best - 1 - spent - least_rest
                    if (np.int64(net.out_word[low]) >> net.bits) * net.step + 1 > room:
                        break
                    end = min(low + 16, high)
                    least, lowest = FAR, FAR
                    for p in range(low, end):
                        w = np.int64(net.out_word[p])
                        f = np.int64(rest[w & mask]) - base
                        lowest = min(lowest, f)
                        # What is left over from earlier questions lies FAR and more above base.
                        least = min(least, (w >> net.bits) * net.step + 1 + f)
                    work += end - low
                    if 0 <= lowest < ORDINARY:
                        least = FAR
                        for p in range(low, end):
                            w = np.int64(net.out_word[p])
                            x, steps = w & mask, (w >> net.bits) * net.step + 1
                            f = np.int64(rest[x]) - base
                            if f == SPECIAL:
                                steps = _arrive(net, ask, scratch, base, a, x, steps, YES, group)
                                least = min(least, steps)
                            elif f >= ORDINARY:
                                least = min(least, steps + f)
                    best = min(best, spent + least)
                    low = end
        if ask.patch.shape[0]:
            p = _low_in(ask.patch, P_OWNER, a)
            while p < ask.patch.shape[0] and ask.patch[p, P_OWNER] == a:
                x, steps = ask.patch[p, P_TARGET], 8 * ask.patch[p, P_COST] + 1
                f = np.int64(rest[x]) - base
                if f == SPECIAL:
                    linked = ask.patch[p, P_LINKED]
                    best = min(best, spent + _arrive(net, ask, scratch, base, a, x, steps, linked, group))
                elif f >= ORDINARY and ask.patch[p, P_LINKED]:
                    best = min(best, spent + steps + f)
                p += 1
                work += 1
    if ask.known.shape[0] - 1:
        i = _low_in(ask.known, K_TAIL, human)
        while i < (ask.known.shape[0] - 1) and ask.known[i, K_TAIL] == human:
            x = ask.known[i, K_HEAD]
            if x != goal:
                steps = spent + 8 * ask.known[i, K_COST] + 1
                if np.int64(rest[x]) - base == SPECIAL:
                    s = scratch.where[x]
                    steps += ask.special[s, S_LOAD]
                    best = min(best, steps + scratch.marks[FREE, ask.special[s, S_LEAD]])
                for e in range(ask.known[i, K_EXITS], ask.known[i + 1, K_EXITS]):
                    if ask.exits[e, X_OPEN]:
                        f = np.int64(rest[ask.exits[e, X_VERTEX]]) - base
                        if f == SPECIAL:
                            f = scratch.marks[GUARDED, scratch.where[ask.exits[e, X_VERTEX]]]
                        elif f < ORDINARY:
                            f = FAR
                        best = min(best, steps + f)
            i += 1
    return best if best <= bound else FAR, work


@_part
def _unconnected_arrivals(net, ask, scratch, base, best, tops, k, cap, goal_first, bound):
    """Ties a -> x without a connection, which serve only where x leaves over an acquaintance or by another vertex."""
    work, mask = 0, (1 << net.bits) - 1
    for s in range(ask.special.shape[0]):
        v, g = ask.special[s, S_VERTEX], ask.special[s, S_GROUP]
        if ask.special[s, S_STATE] == BARRED or np.int64(scratch.near[REST, v]) - base != SPECIAL or v >= net.n:
            continue
        rest = scratch.marks[FREE, ask.special[s, S_LEAD]]
        if g >= 0:
            for i in range(ask.group_start[g], ask.group_start[g + 1]):
                rest = min(rest, scratch.marks[GUARDED, scratch.where[ask.groups[i]]])
        if rest + ask.special[s, S_LOAD] >= bound:
            continue
        begin = np.int64(net.into_row[v]) << 2
        low = begin + 6 + np.int64(net.into_word[begin + 2])
        for p in range(low, begin + 6 + np.int64(net.into_word[begin + 5])):
            work += 1
            w = np.int64(net.into_word[p])
            a = w & mask
            e = np.int64(scratch.near[FIRST, a]) - base
            if not 0 <= e < ask.doors.shape[0] or not ask.doors[e, D_OPEN] or ask.doors[e, D_FIRST] == goal_first:
                continue
            first = ask.doors[e, D_FIRST]
            spent = ask.firsts[first, F_STEPS] + (w >> net.bits) * net.step + 1
            if spent + rest > bound or _is_stale(ask, scratch, base, a):
                continue
            group = _group_of(ask, a)
            steps = _arrive(net, ask, scratch, base, a, v, spent, NO, group)
            if steps <= bound:
                bound = _offer(best, tops, k, cap, first, steps)
    return bound, work


# --- From sums to legs ----------------------------------------------------------------------------------------------


@_part
def _find(net, row, word, begin_at, wanted, depth, most):
    """The tie to `wanted` in one record: its cost, at most `most`, and whether its ends are connected; -1 if none."""
    begin, mask = np.int64(row[begin_at]) << 2, (1 << net.bits) - 1
    limit = min(((8 * most // net.step + 1) << net.bits) - 1, 0xFFFFFFFF)
    for run in range(6):
        if 3 - run % 3 >= depth:
            p = begin + 6 + (np.int64(word[begin + run - 1]) if run else 0)
            end = begin + 6 + np.int64(word[begin + run])
            while p < end and np.int64(word[p]) <= limit:
                if np.int64(word[p]) & mask == wanted:
                    return (np.int64(word[p]) >> net.bits) * net.step >> 3, run < 3
                p += 1
    return -1, False


@_part
def _shared(net, ask, u, v, depth, most):
    """Cost, at most `most`, of the shared tie u -> v usable at that depth, and whether u and v are connected; -1."""
    if u < net.n:
        s = _special_of(ask, u)
        if s < 0 or ask.special[s, S_STALE] == 0:
            if v >= net.n:
                return -1, False
            out, into = np.int64(net.out_row[u]) << 2, np.int64(net.into_row[v]) << 2
            if net.out_word[out + 5] <= net.into_word[into + 5]:
                return _find(net, net.out_row, net.out_word, u, v, depth, most)
            return _find(net, net.into_row, net.into_word, v, u, depth, most)
    p = _low_in(ask.patch, P_OWNER, u)
    while p < ask.patch.shape[0] and ask.patch[p, P_OWNER] == u:
        if ask.patch[p, P_TARGET] == v and ask.patch[p, P_REACH] >= depth and ask.patch[p, P_COST] <= most:
            return ask.patch[p, P_COST], bool(ask.patch[p, P_LINKED])
        p += 1
    return -1, False


@_part
def _members(ask, vertex):
    """How many vertices its human has."""
    g = _group_of(ask, vertex)
    return 1 if g < 0 else ask.group_start[g + 1] - ask.group_start[g]


@_part
def _member(ask, vertex, i):
    """The vertex number i of its human, least first."""
    g = _group_of(ask, vertex)
    return vertex if g < 0 else ask.groups[ask.group_start[g] + i]


@_part
def _choices(net, ask, tail, head, depth, most, found):
    """All legs between two humans that cost at most `most`, in order: tail, head, source, cost, and the position of
    the acquaintance or (shared ties) whether tail and head are connected. How many."""
    many, known, i = 0, NOBODY, _low_in(ask.known, K_TAIL, tail)
    while i < (ask.known.shape[0] - 1) and ask.known[i, K_TAIL] == tail:
        if ask.known[i, K_HEAD] == head:
            known = i
        i += 1
    for i in range(_members(ask, tail)):
        for j in range(_members(ask, head)):
            u, v = _member(ask, tail, i), _member(ask, head, j)
            if (
                known >= 0
                and ask.known[known, K_U] == u
                and ask.known[known, K_V] == v
                and ask.known[known, K_COST] <= most
            ):
                _set(found[many], u, v, KNOWN, ask.known[known, K_COST], known)
                many += 1
            cost, linked = _shared(net, ask, u, v, depth, most)
            if cost >= 0:
                _set(found[many], u, v, SHARED, cost, YES if linked else NO)
                many += 1
    return many


@_part
def _set(leg, tail, head, source, cost, last):
    leg[0], leg[1], leg[2], leg[3], leg[4] = tail, head, source, cost, last


@_part
def _may_follow(net, ask, first, before, leg):
    """Whether the leg may follow: an acquaintance always, a shared tie through a connection."""
    if leg[2] == KNOWN:
        return True
    if before[2] == KNOWN:
        return _exit_is_open(ask, before[4], leg[0])
    if before[2] == OWN:
        for e in range(ask.firsts[first, F_DOORS], ask.firsts[first + 1, F_DOORS]):
            if ask.doors[e, D_VERTEX] == leg[0]:
                return ask.doors[e, D_OPEN] == 1
        return False
    return before[4] == 1 if before[1] == leg[0] else _linked(net, ask, before[0], leg[0])


@_part
def _load_of(ask, human):
    """The human's ask-load, as a cost; -1 for somebody barred."""
    s = _special_of(ask, human)
    if s < 0:
        return 0
    return -1 if ask.special[s, S_STATE] == BARRED else ask.special[s, S_LOAD] >> 3


@_part
def _tell(net, ask, scratch, first, x, y, goal, steps, out):
    """Write the legs first -> x -> y -> goal (x, y: -1 for nobody) that take exactly these steps, the least in (tail,
    head, source) leg by leg. False if there are none, or a human comes twice or is barred."""
    human, hops = ask.firsts[first, F_HUMAN], 1 + (x >= 0) + (y >= 0)
    if goal == human or (x >= 0 and (x == human or x == goal)) or (y >= 0 and (y == human or y == x or y == goal)):
        return False
    load_x = _load_of(ask, x) if x >= 0 else 0
    load_y = _load_of(ask, y) if y >= 0 else 0
    if load_x < 0 or load_y < 0:
        return False
    own = scratch.few[0]
    _set(own, ask.asker, ask.firsts[first, F_HEAD], OWN, ask.firsts[first, F_COST], NOBODY)
    left = (steps >> 3) - ask.firsts[first, F_COST] - ask.firsts[first, F_LOAD] - load_x - load_y
    one, two, three = scratch.legs[0], scratch.legs[1], scratch.legs[2]
    ones = _choices(net, ask, human, x if x >= 0 else goal, 1, left, one)
    twos = _choices(net, ask, x, y if y >= 0 else goal, 2, left, two) if hops > 1 else 0
    threes = _choices(net, ask, y, goal, 3, left, three) if hops > 2 else 0
    for i in range(ones):
        if one[i, 3] > left or not _may_follow(net, ask, first, own, one[i]):
            continue
        found = hops == 1 and one[i, 3] == left
        for j in range(twos):
            if one[i, 3] + two[j, 3] > left or not _may_follow(net, ask, first, one[i], two[j]):
                continue
            found = hops == 2 and one[i, 3] + two[j, 3] == left
            for m in range(threes):
                if one[i, 3] + two[j, 3] + three[m, 3] == left and _may_follow(net, ask, first, two[j], three[m]):
                    _set(out[3], three[m, 0], three[m, 1], three[m, 2], three[m, 3], 0)
                    found = True
                    break
            if found:
                _set(out[2], two[j, 0], two[j, 1], two[j, 2], two[j, 3], load_y)
                break
        if found:
            _set(out[1], one[i, 0], one[i, 1], one[i, 2], one[i, 3], load_x)
            _set(out[0], own[0], own[1], own[2], own[3], ask.firsts[first, F_LOAD])
            return True
    return False


@_part
def _spell(net, ask, scratch, base, first, goal, steps, out):
    """Tell the path over this introducer that takes these steps and whose humans come first. False if there is none."""
    hops = steps & 7
    if hops == 2:
        return _tell(net, ask, scratch, first, NOBODY, NOBODY, goal, steps, out)
    seconds = _seconds(net, ask, scratch, base, first, steps)
    x = _next(scratch.found[0], seconds, NOBODY)
    while x >= 0:
        if hops == 3:
            if _tell(net, ask, scratch, first, x, NOBODY, goal, steps, out):
                return True
        else:
            thirds = _thirds(net, ask, scratch, base, x, steps)
            y = _next(scratch.found[1], thirds, NOBODY)
            while y >= 0:
                if _tell(net, ask, scratch, first, x, y, goal, steps, out):
                    return True
                y = _next(scratch.found[1], thirds, y)
        x = _next(scratch.found[0], seconds, x)
    return False


@_part
def _next(found, many, after):
    """The least of the humans found that is greater than `after`; -1 for none."""
    least = FAR << 8
    for i in range(many):
        if after < found[i] < least:
            least = found[i]
    return least if least < FAR << 8 else -1


@_part
def _seconds(net, ask, scratch, base, first, steps):
    """Humans who may be second on such a path: every one that is, and perhaps some that are not. How many."""
    found, many, left, mask = scratch.found[0], 0, steps - ask.firsts[first, F_STEPS], (1 << net.bits) - 1
    for e in range(ask.firsts[first, F_DOORS], ask.firsts[first + 1, F_DOORS]):
        a = ask.doors[e, D_VERTEX]
        if a < net.n and ask.doors[e, D_OPEN]:
            begin = np.int64(net.out_row[a]) << 2
            for run in range(6 if ask.groups.size + (ask.known.shape[0] - 1) else 3):
                low, high = _span(net, net.out_word, begin, run, left)
                for p in range(low, high):
                    w = np.int64(net.out_word[p])
                    f = np.int64(scratch.near[REST, w & mask]) - base
                    if f == SPECIAL:
                        found[many] = ask.special[scratch.where[w & mask], S_HUMAN]
                        many += 1
                    elif f >= ORDINARY and (w >> net.bits) * net.step + 1 + f == left:
                        found[many] = w & mask
                        many += 1
        many = _patched_heads(ask, a, found, many)
    return _known_heads(ask, ask.firsts[first, F_HUMAN], found, many)


@_part
def _thirds(net, ask, scratch, base, x, steps):
    """Humans who may be third after the human x. How many."""
    found, many, mask = scratch.found[1], 0, (1 << net.bits) - 1
    for i in range(_members(ask, x)):
        u = _member(ask, x, i)
        if u < net.n:
            begin = np.int64(net.out_row[u]) << 2
            for run in (0, 1, 3, 4):
                low, high = _span(net, net.out_word, begin, run, steps)
                for p in range(low, high):
                    y = np.int64(net.out_word[p]) & mask
                    if np.int64(scratch.near[REST, y]) - base == SPECIAL:
                        found[many] = ask.special[scratch.where[y], S_HUMAN]
                        many += 1
                    elif np.int64(scratch.near[LAST, y]) - base < FAR:
                        found[many] = y
                        many += 1
        many = _patched_heads(ask, u, found, many)
    return _known_heads(ask, x, found, many)


@_part
def _patched_heads(ask, owner, found, many):
    p = _low_in(ask.patch, P_OWNER, owner)
    while p < ask.patch.shape[0] and ask.patch[p, P_OWNER] == owner:
        found[many] = _human_of(ask, ask.patch[p, P_TARGET])
        many += 1
        p += 1
    return many


@_part
def _known_heads(ask, human, found, many):
    i = _low_in(ask.known, K_TAIL, human)
    while i < (ask.known.shape[0] - 1) and ask.known[i, K_TAIL] == human:
        found[many] = ask.known[i, K_HEAD]
        many += 1
        i += 1
    return many


# --- Many targets ---------------------------------------------------------------------------------------------------
#
# A label is steps << FIRST_BITS | first: the least to stand at a vertex as second introducer. A sum is
# steps << (FIRST_BITS + SECOND_BITS) | first << SECOND_BITS | second: the least to stand at one as third. The rules
# that a target is on no path to itself, and that the third is not the first, are dropped, and looked after at the end.


@_search
def best_to_each(net, ask, scratch, base, goals, introducers, out, steps_out):
    """The best to each of the goals (humans, not barred). out: [goals, 4, LEG]; steps_out: 0 for none, -1 where the
    answer needs a search of its own. Returns how many ties were read."""
    floor, work = (base // FAR) << 40, 0
    scratch.marks[GUARDED, : ask.special.shape[0]] = NO_LABEL
    scratch.marks[FREE, : ask.special.shape[0]] = NO_LABEL
    scratch.marks[GUARDED_SUM, : ask.special.shape[0]] = UNKNOWN
    scratch.marks[FREE_SUM, : ask.special.shape[0]] = UNKNOWN
    _install(ask, scratch, scratch.far[LABEL], floor)
    least_first = FAR
    for e in range(ask.doors.shape[0]):
        scratch.near[FIRST, ask.doors[e, D_VERTEX]] = base + e
        least_first = min(least_first, ask.firsts[ask.doors[e, D_FIRST], F_STEPS])
    least_label = FAR
    if introducers > 1:
        for first in range(ask.firsts.shape[0] - 1):
            if first + 8 < ask.firsts.shape[0] - 1:
                a, b = ask.firsts[first + 8, F_HUMAN], ask.firsts[first + 4, F_HUMAN]
                if a < net.n and b < net.n:
                    _fetch(net.out_row, a)
                    _fetch_record(net.out_word, np.int64(net.out_row[b]) << 2)
            least, worked = _push(net, ask, scratch, floor, first)
            least_label, work = min(least_label, least), work + worked
        if ask.groups.size + (ask.known.shape[0] - 1):
            work += _push_unconnected(net, ask, scratch, base, floor)
            # Where an ask-load lies on a label it is dearer than this says.
            least_label = min(least_label, least_first + 9)
    for i in range(goals.size):
        steps, worked = _best_to(
            net, ask, scratch, base, floor, goals[i], introducers, least_first, least_label, out[i]
        )
        steps_out[i], work = steps, work + worked
    return work


@_inner
def _push(net, ask, scratch, floor, first):
    """Label everybody to whom this introducer can pass on. Returns the least steps spent by then, and ties read."""
    spent, work, mask, label = ask.firsts[first, F_STEPS], 0, (1 << net.bits) - 1, scratch.far[LABEL]
    least, group = FAR, _group_of(ask, ask.firsts[first, F_HUMAN])
    for e in range(ask.firsts[first, F_DOORS], ask.firsts[first + 1, F_DOORS]):
        a = ask.doors[e, D_VERTEX]
        if not ask.doors[e, D_OPEN]:
            continue
        s = _special_of(ask, a)
        if a < net.n and (s < 0 or ask.special[s, S_STALE] == 0):
            begin = np.int64(net.out_row[a]) << 2
            for run in range(3):
                low = begin + 6 + (np.int64(net.out_word[begin + run - 1]) if run else 0)
                high = begin + 6 + np.int64(net.out_word[begin + run])
                work += high - low
                if low < high:
                    least = min(least, spent + (np.int64(net.out_word[low]) >> net.bits) * net.step + 1)
                for p in range(low, high):
                    w = np.int64(net.out_word[p])
                    x, steps = w & mask, spent + (w >> net.bits) * net.step + 1
                    f = label[x] - floor
                    key = steps << FIRST_BITS | first
                    if key < f:
                        label[x] = floor + key
                    elif f == SPECIAL:
                        _label(net, ask, scratch, a, scratch.where[x], steps, first, YES, group)
        p = _low_in(ask.patch, P_OWNER, a)
        while p < ask.patch.shape[0] and ask.patch[p, P_OWNER] == a:
            x, steps = ask.patch[p, P_TARGET], spent + 8 * ask.patch[p, P_COST] + 1
            least, work = min(least, steps), work + 1
            f = label[x] - floor
            if f == SPECIAL:
                _label(net, ask, scratch, a, scratch.where[x], steps, first, ask.patch[p, P_LINKED], group)
            elif f >= ORDINARY and ask.patch[p, P_LINKED]:
                label[x] = min(label[x], floor + (steps << FIRST_BITS | first))
            p += 1
    i = _low_in(ask.known, K_TAIL, ask.firsts[first, F_HUMAN])
    while i < (ask.known.shape[0] - 1) and ask.known[i, K_TAIL] == ask.firsts[first, F_HUMAN]:
        steps = spent + 8 * ask.known[i, K_COST] + 1
        least = min(least, steps)
        if label[ask.known[i, K_HEAD]] - floor == SPECIAL:
            s = scratch.where[ask.known[i, K_HEAD]]
            steps += ask.special[s, S_LOAD]
            scratch.marks[FREE, s] = min(scratch.marks[FREE, s], steps << FIRST_BITS | first)
        for e in range(ask.known[i, K_EXITS], ask.known[i + 1, K_EXITS]):
            if ask.exits[e, X_OPEN]:
                x, key = ask.exits[e, X_VERTEX], steps << FIRST_BITS | first
                f = label[x] - floor
                if f == SPECIAL:
                    s = scratch.where[x]
                    scratch.marks[GUARDED, s] = min(scratch.marks[GUARDED, s], key)
                elif f >= ORDINARY:
                    label[x] = min(label[x], floor + key)
        i += 1
    return least, work


@_part
def _label(net, ask, scratch, tail, s, steps, first, connected, group):
    """Somebody special, s, is passed on to over a shared tie of `tail`."""
    g = ask.special[s, S_GROUP]
    if group >= 0 and g == group:
        return
    key = (steps + ask.special[s, S_LOAD]) << FIRST_BITS | first
    if connected:
        scratch.marks[GUARDED, s] = min(scratch.marks[GUARDED, s], key)
    lead = ask.special[s, S_LEAD]
    scratch.marks[FREE, lead] = min(scratch.marks[FREE, lead], key)
    if g >= 0:
        for i in range(ask.group_start[g], ask.group_start[g + 1]):
            other = scratch.where[ask.groups[i]]
            if other != s and key < scratch.marks[GUARDED, other] and _linked(net, ask, tail, ask.groups[i]):
                scratch.marks[GUARDED, other] = key


@_part
def _push_unconnected(net, ask, scratch, base, floor):
    """Ties without a connection, to those who leave over an acquaintance or by another vertex."""
    work, mask = 0, (1 << net.bits) - 1
    for s in range(ask.special.shape[0]):
        v = ask.special[s, S_VERTEX]
        if (
            ask.special[s, S_STATE] == BARRED
            or v >= net.n
            or (ask.special[s, S_GROUP] < 0 and ask.known[_low_in(ask.known, K_TAIL, v), K_TAIL] != v)
        ):
            continue
        begin = np.int64(net.into_row[v]) << 2
        for p in range(begin + 6 + np.int64(net.into_word[begin + 2]), begin + 6 + np.int64(net.into_word[begin + 5])):
            work += 1
            w = np.int64(net.into_word[p])
            e = np.int64(scratch.near[FIRST, w & mask]) - base
            if 0 <= e < ask.doors.shape[0] and ask.doors[e, D_OPEN]:
                t = _special_of(ask, w & mask)
                if t < 0 or ask.special[t, S_STALE] == 0:
                    first = ask.doors[e, D_FIRST]
                    steps, group = ask.firsts[first, F_STEPS] + (w >> net.bits) * net.step + 1, _group_of(ask, w & mask)
                    _label(net, ask, scratch, w & mask, s, steps, first, NO, group)
    return work


@_inner
def _label_of(ask, scratch, floor, x, from_patch, group):
    """The label from which a shared tie of x may go on to a human of `group`; NO_LABEL for none."""
    f = scratch.far[LABEL, x] - floor
    if f >= ORDINARY:
        return min(f, NO_LABEL)
    if f == SPECIAL:
        s = scratch.where[x]
        if (from_patch or ask.special[s, S_STALE] == 0) and (group < 0 or ask.special[s, S_GROUP] != group):
            return scratch.marks[GUARDED, s]
    return NO_LABEL


@_inner
def _sum_over(net, ask, scratch, floor, entry, exit_, group, least_label, best):
    """Lower `best`, a sum, by shared ties x -> entry after which one may leave at exit_ (-1: over an acquaintance)."""
    work, mask, shift = 0, (1 << net.bits) - 1, FIRST_BITS + SECOND_BITS
    cross = exit_ >= 0 and exit_ != entry
    if entry < net.n:
        begin = np.int64(net.into_row[entry]) << 2
        for run in (0, 1, 3, 4):
            if run > 1 and exit_ == entry:
                break
            low = begin + 6 + (np.int64(net.into_word[begin + run - 1]) if run else 0)
            for p in range(low, begin + 6 + np.int64(net.into_word[begin + run])):
                w = np.int64(net.into_word[p])
                steps = (w >> net.bits) * net.step + 1
                if steps + least_label > best >> shift:
                    break
                work += 1
                x = w & mask
                key = _label_of(ask, scratch, floor, x, NO, group)
                if key < NO_LABEL and (not cross or _linked(net, ask, x, exit_)):
                    best = min(best, _sum_of(ask, key, steps, x))
    if ask.patch.shape[0]:
        p = _low_by(ask.patch, P_TARGET, P_BY_TARGET, entry)
        while p < ask.patch.shape[0] and ask.patch[ask.patch[p, P_BY_TARGET], P_TARGET] == entry:
            i = ask.patch[p, P_BY_TARGET]
            p += 1
            work += 1
            x = ask.patch[i, P_OWNER]
            opened = ask.patch[i, P_LINKED] if exit_ == entry else exit_ < 0 or _linked(net, ask, x, exit_)
            if ask.patch[i, P_REACH] >= 2 and opened:
                key = _label_of(ask, scratch, floor, x, YES, group)
                if key < NO_LABEL:
                    best = min(best, _sum_of(ask, key, 8 * ask.patch[i, P_COST] + 1, x))
    return best, work


@_inner
def _sum_of(ask, label, steps, x):
    human = x if ask.groups.size == 0 else _human_of(ask, x)
    first = label & (MAX_FIRST - 1)
    return (((label >> FIRST_BITS) + steps) << FIRST_BITS | first) << SECOND_BITS | human


@_part
def _sum(net, ask, scratch, floor, human, exit_, least_label, most):
    """The least sum below `most` to stand at a human, to leave at exit_ (-1: over an acquaintance). And ties read."""
    group, best, work = _group_of(ask, human), most, 0
    for i in range(_members(ask, human)):
        best, worked = _sum_over(net, ask, scratch, floor, _member(ask, human, i), exit_, group, least_label, best)
        work += worked
    if ask.known.shape[0] > 1:
        p = _low_by(ask.known, K_HEAD, K_BY_HEAD, human)
        while p < ask.known.shape[0] - 1 and ask.known[ask.known[p, K_BY_HEAD], K_HEAD] == human:
            i = ask.known[p, K_BY_HEAD]
            p += 1
            key = scratch.marks[FREE, scratch.where[ask.known[i, K_TAIL]]]
            if key < NO_LABEL and (exit_ < 0 or _exit_is_open(ask, i, exit_)):
                best = min(best, _sum_of(ask, key, 8 * ask.known[i, K_COST] + 1, ask.known[i, K_TAIL]))
    return best, work


@_inner
def _sum_at(net, ask, scratch, base, floor, y, least_label, limit):
    """The least sum of at most `limit` steps to leave at the vertex y over a shared tie, or NO_SUM; and ties read.

    Remembered: the sum, or (negative) the steps up to which there is none.
    """
    if limit < 0:
        return NO_SUM, 0
    s = NOBODY
    if scratch.far[LABEL, y] - floor == SPECIAL:
        s = np.int64(scratch.where[y])
        limit -= ask.special[s, S_LOAD]
        kept = scratch.marks[GUARDED_SUM, s]
    else:
        kept = scratch.far[SUM, y] if scratch.near[SUMMED, y] == base else UNKNOWN
    work = 0
    if kept < 0 and limit > -1 - kept:
        most = (limit + 1) << (FIRST_BITS + SECOND_BITS)
        if s >= 0:
            found, work = _sum(net, ask, scratch, floor, ask.special[s, S_HUMAN], y, least_label, most)
        elif ask.known.shape[0] > 1:
            found, work = _sum(net, ask, scratch, floor, y, y, least_label, most)
        else:
            found, work = _sum_over(net, ask, scratch, floor, y, y, NOBODY, least_label, most)
        kept = found if found < most else -1 - limit
        if s >= 0:
            scratch.marks[GUARDED_SUM, s] = kept
        else:
            scratch.far[SUM, y], scratch.near[SUMMED, y] = kept, base
    if kept < 0 or kept >> (FIRST_BITS + SECOND_BITS) > limit:
        return NO_SUM, work
    return _loaded(kept, ask.special[s, S_LOAD] if s >= 0 else 0), work


@_part
def _loaded(found, load):
    return found if found == NO_SUM else found + (load << (FIRST_BITS + SECOND_BITS))


@_part
def _better(best, third, found, steps, y):
    """The lesser of two ways: best with its third, or the sum `found` and `steps` more over y."""
    if found == NO_SUM:
        return best, third
    found += steps << (FIRST_BITS + SECOND_BITS)
    if found < best or (found == best and y < third):
        return found, y
    return best, third


@_part
def _best_to(net, ask, scratch, base, floor, goal, introducers, least_first, least_label, out):
    """One target: steps of its best path, told in `out`; 0 for none, -1 where a human came twice. And ties read."""
    best, third, work, group = NO_SUM, NOBODY, 0, _group_of(ask, goal)
    for i in range(_members(ask, goal)):
        best, worked = _last_leg(
            net, ask, scratch, base, floor, _member(ask, goal, i), group, introducers, least_first, least_label, best
        )
        work += worked
    low = _low_by(ask.known, K_HEAD, K_BY_HEAD, goal)
    high = _low_by(ask.known, K_HEAD, K_BY_HEAD, goal + 1)
    for p in range(low, high):
        i = ask.known[p, K_BY_HEAD]
        x, steps = ask.known[i, K_TAIL], 8 * ask.known[i, K_COST] + 1
        first = _low_in(ask.firsts, F_HUMAN, x)
        if first < (ask.firsts.shape[0] - 1) and ask.firsts[first, F_HUMAN] == x:
            best = min(best, _direct(ask.firsts[first, F_STEPS] + steps, first))
        key = scratch.marks[FREE, scratch.where[x]]
        if introducers > 1 and key < NO_LABEL:
            best = min(best, _sum_of(ask, key, steps, x))
    if introducers > 2:
        for i in range(_members(ask, goal)):
            best, third, worked = _last_of_three(
                net, ask, scratch, base, floor, _member(ask, goal, i), group, least_label, best, third
            )
            work += worked
        for p in range(low, high):
            i = ask.known[p, K_BY_HEAD]
            s = scratch.where[ask.known[i, K_TAIL]]
            if scratch.marks[FREE_SUM, s] == UNKNOWN:
                found, worked = _sum(net, ask, scratch, floor, ask.known[i, K_TAIL], NOBODY, least_label, NO_SUM)
                scratch.marks[FREE_SUM, s] = _loaded(found, ask.special[s, S_LOAD])
                work += worked
            best, third = _better(
                best, third, scratch.marks[FREE_SUM, s], 8 * ask.known[i, K_COST] + 1, ask.known[i, K_TAIL]
            )
    if best == NO_SUM:
        return 0, work
    steps, second = best >> (FIRST_BITS + SECOND_BITS), best & ((1 << SECOND_BITS) - 1)
    first = (best >> SECOND_BITS) & (MAX_FIRST - 1)
    hops = steps & 7
    told = _tell(
        net, ask, scratch, first, second if hops > 2 else NOBODY, third if hops > 3 else NOBODY, goal, steps, out
    )
    return steps if told else -1, work


@_part
def _direct(steps, first):
    return (steps << FIRST_BITS | first) << SECOND_BITS


@_inner
def _last_leg(net, ask, scratch, base, floor, t, group, introducers, least_first, least_label, best):
    """Lower `best` by shared ties into the vertex t that end a path over one introducer or two. And ties read."""
    work, mask, shift, doors = 0, (1 << net.bits) - 1, FIRST_BITS + SECOND_BITS, ask.doors.shape[0]
    if t < net.n:
        begin = np.int64(net.into_row[t]) << 2
        for run in range(6):
            low = begin + 6 + (np.int64(net.into_word[begin + run - 1]) if run else 0)
            high = begin + 6 + np.int64(net.into_word[begin + run])
            for p in range(low, high):
                w = np.int64(net.into_word[p])
                steps = (w >> net.bits) * net.step + 1
                if steps + least_first > best >> shift:
                    break
                work += 1
                e = np.int64(scratch.near[FIRST, w & mask]) - base
                if 0 <= e < doors and ask.doors[e, D_OPEN]:
                    s = _special_of(ask, w & mask)
                    if s < 0 or (ask.special[s, S_STALE] == 0 and (group < 0 or ask.special[s, S_GROUP] != group)):
                        best = min(
                            best, _direct(ask.firsts[ask.doors[e, D_FIRST], F_STEPS] + steps, ask.doors[e, D_FIRST])
                        )
            if introducers > 1 and run % 3 < 2:
                for p in range(low, high):
                    w = np.int64(net.into_word[p])
                    steps = (w >> net.bits) * net.step + 1
                    if steps + least_label > best >> shift:
                        break
                    work += 1
                    key = _label_of(ask, scratch, floor, w & mask, NO, group)
                    if key < NO_LABEL:
                        best = min(best, _sum_of(ask, key, steps, w & mask))
    if ask.patch.shape[0]:
        p = _low_by(ask.patch, P_TARGET, P_BY_TARGET, t)
        while p < ask.patch.shape[0] and ask.patch[ask.patch[p, P_BY_TARGET], P_TARGET] == t:
            i = ask.patch[p, P_BY_TARGET]
            p += 1
            work += 1
            y, steps = ask.patch[i, P_OWNER], 8 * ask.patch[i, P_COST] + 1
            e = np.int64(scratch.near[FIRST, y]) - base
            if 0 <= e < doors and ask.doors[e, D_OPEN] and (group < 0 or _group_of(ask, y) != group):
                best = min(best, _direct(ask.firsts[ask.doors[e, D_FIRST], F_STEPS] + steps, ask.doors[e, D_FIRST]))
            if introducers > 1 and ask.patch[i, P_REACH] >= 2:
                key = _label_of(ask, scratch, floor, y, YES, group)
                if key < NO_LABEL:
                    best = min(best, _sum_of(ask, key, steps, y))
    return best, work


@_inner
def _last_of_three(net, ask, scratch, base, floor, t, group, least_label, best, third):
    """The same for paths over three. Returns best, the third introducer, ties read."""
    work, mask, shift = 0, (1 << net.bits) - 1, FIRST_BITS + SECOND_BITS
    if t < net.n:
        begin = np.int64(net.into_row[t]) << 2
        for run in (0, 3):
            low = begin + 6 + (np.int64(net.into_word[begin + run - 1]) if run else 0)
            end = begin + 6 + np.int64(net.into_word[begin + run])
            for p in range(low, end):
                w = np.int64(net.into_word[p])
                y, steps = w & mask, (w >> net.bits) * net.step + 1
                if steps + least_label + 9 > best >> shift:
                    break
                if p + 8 < end:
                    _fetch(net.into_row, np.int64(net.into_word[p + 8]) & mask)
                    _fetch_record(net.into_word, np.int64(net.into_row[np.int64(net.into_word[p + 4]) & mask]) << 2)
                work += 1
                f = scratch.far[LABEL, y] - floor
                if f == BARRED:
                    continue
                human = y
                if f == SPECIAL:
                    s = scratch.where[y]
                    if ask.special[s, S_STALE] or (group >= 0 and ask.special[s, S_GROUP] == group):
                        continue
                    human = ask.special[s, S_HUMAN]
                limit = (best >> shift) - steps
                found, worked = _sum_at(net, ask, scratch, base, floor, y, least_label, limit)
                work += worked
                best, third = _better(best, third, found, steps, human)
    if ask.patch.shape[0]:
        p = _low_by(ask.patch, P_TARGET, P_BY_TARGET, t)
        while p < ask.patch.shape[0] and ask.patch[ask.patch[p, P_BY_TARGET], P_TARGET] == t:
            i = ask.patch[p, P_BY_TARGET]
            p += 1
            work += 1
            y = ask.patch[i, P_OWNER]
            if (
                ask.patch[i, P_REACH] < 3
                or scratch.far[LABEL, y] - floor == BARRED
                or (group >= 0 and _group_of(ask, y) == group)
            ):
                continue
            steps = 8 * ask.patch[i, P_COST] + 1
            found, worked = _sum_at(net, ask, scratch, base, floor, y, least_label, (best >> shift) - steps)
            work += worked
            best, third = _better(best, third, found, steps, _human_of(ask, y))
    return best, third, work
