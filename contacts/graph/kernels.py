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
from numba import njit

FAR = 1 << 20
"""More steps than any path has: 4 costs and 3 loads of at most 16383. `base` sinks by as much from search to search."""
BARRED, SPECIAL, ORDINARY = 0, 1, 8
"""What stands in a scratch array above base: never to be met, look it up, and the least steps that there are."""
MAX_FIRST = 1 << 19
OWN, SHARED, KNOWN = 0, 1, 2
LEG = 5
"""A leg is written as tail, head, source, cost, load."""

Array = Any

_WITHOUT_ALLOCATION: dict[str, Any] = {"_nrt": False}
_kernel = njit(cache=True, nogil=True, **_WITHOUT_ALLOCATION)
"""Without numba's own memory: counting references to forty arrays at each call took longer than the searches do.
Nothing in here may allocate, then; what a search writes stands in Scratch."""


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
    """The question, as explained in laying.py; all int64[] unless said.

    special: vertices, ascending; its_human, its_group (-1: none), its_load in steps, its_state (BARRED or SPECIAL),
    its_stale (0, 1), and where its human stands in `special`: its_lead
    first_order: positions of the firsts, cheapest first; first_start: where each one's vertices begin
    known_by_head: positions of the acquaintances by head; exit_start: where each one's exits begin
    patch: by owner; patch_by_target: positions by target
    """

    asker: int
    ended: Array
    made: Array
    group_start: Array
    groups: Array
    special: Array
    its_human: Array
    its_group: Array
    its_load: Array
    its_state: Array
    its_stale: Array
    its_lead: Array
    first_human: Array
    first_head: Array
    first_cost: Array
    first_steps: Array
    first_load: Array
    first_vertex: Array
    first_start: Array
    first_of: Array
    first_open: Array
    first_order: Array
    known_tail: Array
    known_head: Array
    known_u: Array
    known_v: Array
    known_cost: Array
    known_by_head: Array
    exit: Array
    exit_start: Array
    exit_open: Array
    patch: Array
    patch_owner: Array
    patch_linked: Array
    patch_by_target: Array
    patch_target: Array


class Scratch(NamedTuple):
    """Of one thread.

    By vertex: rest, last, first, summed, uint32; where, int32; label, sum, int64. By special: guarded, free. By first:
    best. tops: k + 1. lasts: [legs into the target, 4]. found: two lists of humans. one, two, three: [choices, LEG]
    of legs. few: [3, LEG], for whatever is small.
    """

    rest: Array
    last: Array
    first: Array
    summed: Array
    where: Array
    label: Array
    sum: Array
    guarded: Array
    free: Array
    best: Array
    tops: Array
    lasts: Array
    found: Array
    one: Array
    two: Array
    three: Array
    few: Array


# --- Small things ---------------------------------------------------------------------------------------------------


@_kernel
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


@_kernel
def _has(ascending, value):
    at = _low(ascending, value)
    return at < ascending.size and ascending[at] == value


@_kernel
def _in_row(word, begin, mask, wanted):
    """Whether the connected part of the record names that vertex."""
    for p in range(begin + 6, begin + 6 + np.int64(word[begin + 2])):
        if np.int64(word[p]) & mask == wanted:
            return True
    return False


@_kernel
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


@_kernel
def _special_of(ask, vertex):
    """Position in `special`, or -1."""
    at = _low(ask.special, vertex)
    return at if at < ask.special.size and ask.special[at] == vertex else -1


@_kernel
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


@_kernel
def _install(ask, scratch, array, base):
    """Mark what is special in `array` (of `rest` or `label`)."""
    for s in range(ask.special.size):
        v = ask.special[s]
        array[v] = base + ask.its_state[s]
        scratch.where[v] = s


@_kernel
def _group_of(ask, vertex):
    if ask.groups.size == 0:
        return -1
    s = _special_of(ask, vertex)
    return ask.its_group[s] if s >= 0 else -1


@_kernel
def _human_of(ask, vertex):
    group = _group_of(ask, vertex)
    return vertex if group < 0 else ask.groups[ask.group_start[group]]


@_kernel
def open_firsts(net, ask, first_open, scratch, base):
    """Which of the asker's own people, vertex by vertex, are connected with the asker."""
    mark, a, count = scratch.rest, ask.asker, 0
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
    for e in range(ask.first_vertex.size):
        first_open[e] = mark[ask.first_vertex[e]] == base
    return count


# --- One target -----------------------------------------------------------------------------------------------------


@_kernel
def _offer(best, tops, k, first, steps):
    """Lower best[first]; tops holds the k firsts that are best, in order. Returns the bound of the k best."""
    if steps < best[first]:
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
    return best[tops[k - 1]] if tops[k] == k else FAR


@_kernel
def _relax(ask, scratch, base, guarded, x, value, group, from_patch):
    """A shared tie of x begins a rest of that many steps. group: of its head, which x must not belong to."""
    f = np.int64(scratch.rest[x]) - base
    if f >= ORDINARY:
        if value < f:
            scratch.rest[x] = base + value
    elif f == SPECIAL:
        s = scratch.where[x]
        if (from_patch or ask.its_stale[s] == 0) and (group < 0 or ask.its_group[s] != group):
            if value < guarded[s]:
                guarded[s] = value


@_kernel
def _expand(net, ask, scratch, base, guarded, entry, exit_, group, rest, spare):
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
                _relax(ask, scratch, base, guarded, x, rest + (w >> net.bits) * net.step + 1, group, False)
    if ask.patch_target.size:
        p = _low(ask.patch_target, entry)
        while p < ask.patch_target.size and ask.patch_target[p] == entry:
            i = ask.patch_by_target[p]
            p += 1
            work += 1
            x, steps = ask.patch[i, 0], 8 * ask.patch[i, 2] + 1
            if ask.patch[i, 3] < 2 or steps > room:
                continue
            opened = ask.patch_linked[i] if exit_ == entry else exit_ < 0 or _linked(net, ask, x, exit_)
            if opened:
                _relax(ask, scratch, base, guarded, x, rest + steps, group, True)
    return work


@_kernel
def ties_into(net, ask, vertices):
    """How many shared ties lead to these vertices."""
    many = 0
    for t in vertices:
        if t < net.n:
            many += np.int64(net.into_word[(np.int64(net.into_row[t]) << 2) + 5])
        if ask.patch_target.size:
            many += _low(ask.patch_target, t + 1) - _low(ask.patch_target, t)
    return many


@_kernel
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
        if ask.patch_target.size:
            p = _low(ask.patch_target, t)
            while p < ask.patch_target.size and ask.patch_target[p] == t:
                i = ask.patch_by_target[p]
                lasts[many, 0], lasts[many, 1] = ask.patch[i, 0], 8 * ask.patch[i, 2] + 1
                lasts[many, 2], lasts[many, 3] = ask.patch[i, 3], 1
                many += 1
                p += 1


@_kernel
def _arrive(net, ask, scratch, base, guarded, free, tail, x, spent, connected, group):
    """The least steps of a path whose second introducer is x, special, arrived at over a shared tie of `tail`."""
    s = scratch.where[x]
    if ask.its_state[s] == BARRED or (group >= 0 and ask.its_group[s] == group):
        return FAR
    spent += ask.its_load[s]
    least = spent + free[ask.its_lead[s]]
    if connected:
        least = min(least, spent + guarded[s])
    g = ask.its_group[s]
    if g >= 0:
        for i in range(ask.group_start[g], ask.group_start[g + 1]):
            other = ask.groups[i]
            if other != x:
                rest = guarded[scratch.where[other]]
                if spent + rest < least and _linked(net, ask, tail, other):
                    least = spent + rest
    return least


@_kernel
def k_best(net, ask, scratch, base, goal, goal_vertices, k, introducers, out, steps_out):
    """The k best to one goal. out: int64[k, 4, LEG], steps_out: int64[k]. Returns how many, ties read, humans twice?"""
    rest, guarded, free, best, tops = scratch.rest, scratch.guarded, scratch.free, scratch.best, scratch.tops
    firsts = ask.first_human.size
    guarded[: ask.special.size] = FAR
    free[: ask.special.size] = FAR
    best[:firsts] = FAR
    tops[k] = 0
    _install(ask, scratch, rest, base)
    for e in range(ask.first_vertex.size):
        scratch.first[ask.first_vertex[e]] = base + e
    for t in goal_vertices:
        rest[t] = base + BARRED
    goal_first = _low(ask.first_human, goal)
    if goal_first == firsts or ask.first_human[goal_first] != goal:
        goal_first = -1

    # One introducer.
    lasts, many = scratch.lasts, ties_into(net, ask, goal_vertices)
    if many > lasts.shape[0]:
        return -1, many, 0
    _last_legs(net, ask, goal_vertices, lasts)
    work, bound = many, FAR
    for i in range(many):
        e = np.int64(scratch.first[lasts[i, 0]]) - base
        if 0 <= e < ask.first_vertex.size and ask.first_open[e]:
            first = ask.first_of[e]
            if first != goal_first and (lasts[i, 3] or not _is_stale(ask, scratch, base, lasts[i, 0])):
                bound = _offer(best, tops, k, first, ask.first_steps[first] + lasts[i, 1])
    known_low, known_high = 0, 0
    if ask.known_head.size:
        # Acquaintances of the target, by position in known_by_head.
        known_low = _low_by(ask.known_head, ask.known_by_head, goal)
        known_high = _low_by(ask.known_head, ask.known_by_head, goal + 1)
        for p in range(known_low, known_high):
            i = ask.known_by_head[p]
            first = _low(ask.first_human, ask.known_tail[i])
            if first < firsts and ask.first_human[first] == ask.known_tail[i]:
                bound = _offer(best, tops, k, first, ask.first_steps[first] + 8 * ask.known_cost[i] + 1)

    least_rest = FAR
    if introducers > 1:
        # Rests of one leg.
        for i in range(many):
            if lasts[i, 2] >= 2:
                _relax(ask, scratch, base, guarded, lasts[i, 0], lasts[i, 1], -1, lasts[i, 3] == 1)
                least_rest = min(least_rest, lasts[i, 1])
        for p in range(known_low, known_high):
            i = ask.known_by_head[p]
            steps, s = 8 * ask.known_cost[i] + 1, scratch.where[ask.known_tail[i]]
            free[s] = min(free[s], steps)
            least_rest = min(least_rest, steps)
    if introducers > 2 and least_rest < FAR:
        work += _rests_of_two(
            net, ask, scratch, base, guarded, free, goal, goal_vertices, lasts, many, known_low, known_high, bound
        )
    if least_rest < FAR:
        for at in range(firsts):
            first = ask.first_order[at]
            spent = ask.first_steps[first]
            if spent + least_rest + 9 > bound:
                break
            if first == goal_first:
                continue
            most, worked = _from_first(
                net, ask, scratch, base, guarded, free, first, goal, min(best[first] - 1, bound), least_rest
            )
            work += worked
            if most < FAR:
                bound = _offer(best, tops, k, first, most)
        if ask.groups.size + ask.known_tail.size:
            bound, worked = _unconnected_arrivals(
                net, ask, scratch, base, guarded, free, best, tops, k, goal_first, bound
            )
            work += worked

    twice = 0
    for at in range(tops[k]):
        steps_out[at] = best[tops[at]]
        if not _spell(net, ask, scratch, base, tops[at], goal, best[tops[at]], out[at]):
            twice += 1
    return tops[k], work, twice


@_kernel
def _is_stale(ask, scratch, base, vertex):
    """Whether the row of this vertex was restated."""
    if np.int64(scratch.rest[vertex]) - base > SPECIAL:
        return False
    s = _special_of(ask, vertex)
    return s >= 0 and ask.its_stale[s] == 1


@_kernel
def _low_by(values, order, wanted):
    low, high = 0, order.size
    while low < high:
        middle = (low + high) >> 1
        if values[order[middle]] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@_kernel
def _rests_of_two(
    net, ask, scratch, base, guarded, free, goal, goal_vertices, lasts, many, known_low, known_high, bound
):
    """Sum up the last two legs. `last` gets the last legs of reach 3, for telling paths later."""
    work = 0
    least_first = FAR
    for e in range(ask.first_vertex.size):
        least_first = min(least_first, ask.first_steps[ask.first_of[e]])
    spare = min(bound, FAR) - least_first - 9
    for i in range(many):
        if lasts[i, 2] < 3:
            continue
        y, steps = lasts[i, 0], lasts[i, 1]
        group, f = -1, np.int64(scratch.rest[y]) - base
        if f == BARRED:
            continue
        if f == SPECIAL:
            s = scratch.where[y]
            if ask.its_stale[s] and not lasts[i, 3]:
                continue
            group, steps = ask.its_group[s], steps + ask.its_load[s]
        scratch.last[y] = min(np.int64(scratch.last[y]), base + lasts[i, 1])
        if group < 0:
            work += _expand(net, ask, scratch, base, guarded, y, y, -1, steps, spare)
        else:
            for g in range(ask.group_start[group], ask.group_start[group + 1]):
                work += _expand(net, ask, scratch, base, guarded, ask.groups[g], y, group, steps, spare)
        if ask.known_head.size:
            human = y if group < 0 else ask.groups[ask.group_start[group]]
            _known_arrivals(ask, scratch, free, human, y, goal, steps, spare)
    for p in range(known_low, known_high):
        i = ask.known_by_head[p]
        y = ask.known_tail[i]
        s = scratch.where[y]
        steps, group = 8 * ask.known_cost[i] + 1 + ask.its_load[s], ask.its_group[s]
        if group < 0:
            work += _expand(net, ask, scratch, base, guarded, y, -1, -1, steps, spare)
        else:
            for g in range(ask.group_start[group], ask.group_start[group + 1]):
                work += _expand(net, ask, scratch, base, guarded, ask.groups[g], -1, group, steps, spare)
        _known_arrivals(ask, scratch, free, y, -1, goal, steps, spare)
    return work


@_kernel
def _known_arrivals(ask, scratch, free, human, exit_, goal, rest, spare):
    """Acquaintances x -> human, who is left at exit_ over a shared tie, or (-1) over an acquaintance."""
    p = _low_by(ask.known_head, ask.known_by_head, human)
    while p < ask.known_by_head.size and ask.known_head[ask.known_by_head[p]] == human:
        i = ask.known_by_head[p]
        p += 1
        steps = rest + 8 * ask.known_cost[i] + 1
        if ask.known_tail[i] != goal and steps <= spare and (exit_ < 0 or _exit_is_open(ask, i, exit_)):
            s = scratch.where[ask.known_tail[i]]
            free[s] = min(free[s], steps)


@_kernel
def _exit_is_open(ask, known, exit_):
    for e in range(ask.exit_start[known], ask.exit_start[known + 1]):
        if ask.exit[e] == exit_:
            return ask.exit_open[e]
    return False


@_kernel
def _from_first(net, ask, scratch, base, guarded, free, first, goal, bound, least_rest):
    """The least steps over this introducer to two or more, if at most `bound`; FAR otherwise. And the ties read."""
    spent, work, mask, rest = ask.first_steps[first], 0, (1 << net.bits) - 1, scratch.rest
    best, human = bound + 1, ask.first_human[first]
    group = _group_of(ask, human)
    for e in range(ask.first_start[first], ask.first_start[first + 1]):
        a = ask.first_vertex[e]
        if not ask.first_open[e]:
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
                                steps = _arrive(net, ask, scratch, base, guarded, free, a, x, steps, True, group)
                                least = min(least, steps)
                            elif f >= ORDINARY:
                                least = min(least, steps + f)
                    best = min(best, spent + least)
                    low = end
        if ask.patch_owner.size:
            p = _low(ask.patch_owner, a)
            while p < ask.patch_owner.size and ask.patch_owner[p] == a:
                x, steps = ask.patch[p, 1], 8 * ask.patch[p, 2] + 1
                f = np.int64(rest[x]) - base
                if f == SPECIAL:
                    linked = ask.patch_linked[p]
                    best = min(
                        best, spent + _arrive(net, ask, scratch, base, guarded, free, a, x, steps, linked, group)
                    )
                elif f >= ORDINARY and ask.patch_linked[p]:
                    best = min(best, spent + steps + f)
                p += 1
                work += 1
    if ask.known_tail.size:
        i = _low(ask.known_tail, human)
        while i < ask.known_tail.size and ask.known_tail[i] == human:
            x = ask.known_head[i]
            if x != goal:
                steps = spent + 8 * ask.known_cost[i] + 1
                if np.int64(rest[x]) - base == SPECIAL:
                    s = scratch.where[x]
                    steps += ask.its_load[s]
                    best = min(best, steps + free[ask.its_lead[s]])
                for e in range(ask.exit_start[i], ask.exit_start[i + 1]):
                    if ask.exit_open[e]:
                        f = np.int64(rest[ask.exit[e]]) - base
                        if f == SPECIAL:
                            f = guarded[scratch.where[ask.exit[e]]]
                        elif f < ORDINARY:
                            f = FAR
                        best = min(best, steps + f)
            i += 1
    return best if best <= bound else FAR, work


@_kernel
def _unconnected_arrivals(net, ask, scratch, base, guarded, free, best, tops, k, goal_first, bound):
    """Ties a -> x without a connection, which serve only where x leaves over an acquaintance or by another vertex."""
    work, mask = 0, (1 << net.bits) - 1
    for s in range(ask.special.size):
        v, g = ask.special[s], ask.its_group[s]
        if ask.its_state[s] == BARRED or np.int64(scratch.rest[v]) - base != SPECIAL or v >= net.n:
            continue
        rest = free[ask.its_lead[s]]
        if g >= 0:
            for i in range(ask.group_start[g], ask.group_start[g + 1]):
                rest = min(rest, guarded[scratch.where[ask.groups[i]]])
        if rest + ask.its_load[s] >= bound:
            continue
        begin = np.int64(net.into_row[v]) << 2
        low = begin + 6 + np.int64(net.into_word[begin + 2])
        for p in range(low, begin + 6 + np.int64(net.into_word[begin + 5])):
            work += 1
            w = np.int64(net.into_word[p])
            a = w & mask
            e = np.int64(scratch.first[a]) - base
            if not 0 <= e < ask.first_vertex.size or not ask.first_open[e] or ask.first_of[e] == goal_first:
                continue
            first = ask.first_of[e]
            spent = ask.first_steps[first] + (w >> net.bits) * net.step + 1
            if spent + rest > bound or _is_stale(ask, scratch, base, a):
                continue
            group = _group_of(ask, a)
            steps = _arrive(net, ask, scratch, base, guarded, free, a, v, spent, False, group)
            if steps <= bound:
                bound = _offer(best, tops, k, first, steps)
    return bound, work


# --- From sums to legs ----------------------------------------------------------------------------------------------


@_kernel
def _shared_cost(net, ask, u, v, depth):
    """Cost of the shared tie u -> v usable at that depth, or -1."""
    if u < net.n:
        s = _special_of(ask, u)
        if s < 0 or ask.its_stale[s] == 0:
            begin, mask = np.int64(net.out_row[u]) << 2, (1 << net.bits) - 1
            for run in range(6):
                if 3 - run % 3 >= depth:
                    low = begin + 6 + (np.int64(net.out_word[begin + run - 1]) if run else 0)
                    for p in range(low, begin + 6 + np.int64(net.out_word[begin + run])):
                        if np.int64(net.out_word[p]) & mask == v:
                            return (np.int64(net.out_word[p]) >> net.bits) * net.step >> 3
            return -1
    p = _low(ask.patch_owner, u)
    while p < ask.patch_owner.size and ask.patch_owner[p] == u:
        if ask.patch[p, 1] == v and ask.patch[p, 3] >= depth:
            return ask.patch[p, 2]
        p += 1
    return -1


@_kernel
def _members(ask, vertex):
    """How many vertices its human has."""
    g = _group_of(ask, vertex)
    return 1 if g < 0 else ask.group_start[g + 1] - ask.group_start[g]


@_kernel
def _member(ask, vertex, i):
    """The vertex number i of its human, least first."""
    g = _group_of(ask, vertex)
    return vertex if g < 0 else ask.groups[ask.group_start[g] + i]


@_kernel
def _choices(net, ask, tail, head, depth, found):
    """All legs between two humans, in order: tail, head, source, cost, position of the acquaintance. How many."""
    many, known, i = 0, -1, _low(ask.known_tail, tail)
    while i < ask.known_tail.size and ask.known_tail[i] == tail:
        if ask.known_head[i] == head:
            known = i
        i += 1
    for i in range(_members(ask, tail)):
        for j in range(_members(ask, head)):
            u, v = _member(ask, tail, i), _member(ask, head, j)
            if known >= 0 and ask.known_u[known] == u and ask.known_v[known] == v:
                _set(found[many], u, v, KNOWN, ask.known_cost[known], known)
                many += 1
            cost = _shared_cost(net, ask, u, v, depth)
            if cost >= 0:
                _set(found[many], u, v, SHARED, cost, -1)
                many += 1
    return many


@_kernel
def _set(leg, tail, head, source, cost, last):
    leg[0], leg[1], leg[2], leg[3], leg[4] = tail, head, source, cost, last


@_kernel
def _may_follow(net, ask, before, leg):
    """Whether the leg may follow: an acquaintance always, a shared tie through a connection."""
    if leg[2] == KNOWN:
        return True
    if before[2] == KNOWN:
        return _exit_is_open(ask, before[4], leg[0])
    return _linked(net, ask, before[0], leg[0])


@_kernel
def _load_of(ask, human):
    """The human's ask-load, as a cost; -1 for somebody barred."""
    s = _special_of(ask, human)
    if s < 0:
        return 0
    return -1 if ask.its_state[s] == BARRED else ask.its_load[s] >> 3


@_kernel
def _tell(net, ask, scratch, first, x, y, goal, steps, out):
    """Write the legs first -> x -> y -> goal (x, y: -1 for nobody) that take exactly these steps, the least in (tail,
    head, source) leg by leg. False if there are none, or a human comes twice or is barred."""
    human, hops = ask.first_human[first], 1 + (x >= 0) + (y >= 0)
    if goal == human or (x >= 0 and (x == human or x == goal)) or (y >= 0 and (y == human or y == x or y == goal)):
        return False
    load_x = _load_of(ask, x) if x >= 0 else 0
    load_y = _load_of(ask, y) if y >= 0 else 0
    if load_x < 0 or load_y < 0:
        return False
    own = scratch.few[0]
    _set(own, ask.asker, ask.first_head[first], OWN, ask.first_cost[first], -1)
    left = (steps >> 3) - ask.first_cost[first] - ask.first_load[first] - load_x - load_y
    one, two, three = scratch.one, scratch.two, scratch.three
    ones = _choices(net, ask, human, x if x >= 0 else goal, 1, one)
    twos = _choices(net, ask, x, y if y >= 0 else goal, 2, two) if hops > 1 else 0
    threes = _choices(net, ask, y, goal, 3, three) if hops > 2 else 0
    for i in range(ones):
        if one[i, 3] > left or not _may_follow(net, ask, own, one[i]):
            continue
        found = hops == 1 and one[i, 3] == left
        for j in range(twos):
            if one[i, 3] + two[j, 3] > left or not _may_follow(net, ask, one[i], two[j]):
                continue
            found = hops == 2 and one[i, 3] + two[j, 3] == left
            for m in range(threes):
                if one[i, 3] + two[j, 3] + three[m, 3] == left and _may_follow(net, ask, two[j], three[m]):
                    _set(out[3], three[m, 0], three[m, 1], three[m, 2], three[m, 3], 0)
                    found = True
                    break
            if found:
                _set(out[2], two[j, 0], two[j, 1], two[j, 2], two[j, 3], load_y)
                break
        if found:
            _set(out[1], one[i, 0], one[i, 1], one[i, 2], one[i, 3], load_x)
            _set(out[0], own[0], own[1], own[2], own[3], ask.first_load[first])
            return True
    return False


@_kernel
def _spell(net, ask, scratch, base, first, goal, steps, out):
    """Tell the path over this introducer that takes these steps and whose humans come first. False if there is none."""
    hops = steps & 7
    if hops == 2:
        return _tell(net, ask, scratch, first, -1, -1, goal, steps, out)
    seconds = _seconds(net, ask, scratch, base, first, steps)
    x = _next(scratch.found[0], seconds, -1)
    while x >= 0:
        if hops == 3:
            if _tell(net, ask, scratch, first, x, -1, goal, steps, out):
                return True
        else:
            thirds = _thirds(net, ask, scratch, base, x, steps)
            y = _next(scratch.found[1], thirds, -1)
            while y >= 0:
                if _tell(net, ask, scratch, first, x, y, goal, steps, out):
                    return True
                y = _next(scratch.found[1], thirds, y)
        x = _next(scratch.found[0], seconds, x)
    return False


@_kernel
def _next(found, many, after):
    """The least of the humans found that is greater than `after`; -1 for none."""
    least = FAR << 8
    for i in range(many):
        if after < found[i] < least:
            least = found[i]
    return least if least < FAR << 8 else -1


@_kernel
def _seconds(net, ask, scratch, base, first, steps):
    """Humans who may be second on such a path: every one that is, and perhaps some that are not. How many."""
    found, many, left, mask = scratch.found[0], 0, steps - ask.first_steps[first], (1 << net.bits) - 1
    for e in range(ask.first_start[first], ask.first_start[first + 1]):
        a = ask.first_vertex[e]
        if a < net.n and ask.first_open[e]:
            begin = np.int64(net.out_row[a]) << 2
            for run in range(6 if ask.groups.size + ask.known_tail.size else 3):
                low, high = _span(net, net.out_word, begin, run, left)
                for p in range(low, high):
                    w = np.int64(net.out_word[p])
                    f = np.int64(scratch.rest[w & mask]) - base
                    if f == SPECIAL:
                        found[many] = ask.its_human[scratch.where[w & mask]]
                        many += 1
                    elif f >= ORDINARY and (w >> net.bits) * net.step + 1 + f == left:
                        found[many] = w & mask
                        many += 1
        many = _patched_heads(ask, a, found, many)
    return _known_heads(ask, ask.first_human[first], found, many)


@_kernel
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
                    if np.int64(scratch.rest[y]) - base == SPECIAL:
                        found[many] = ask.its_human[scratch.where[y]]
                        many += 1
                    elif np.int64(scratch.last[y]) - base < FAR:
                        found[many] = y
                        many += 1
        many = _patched_heads(ask, u, found, many)
    return _known_heads(ask, x, found, many)


@_kernel
def _patched_heads(ask, owner, found, many):
    p = _low(ask.patch_owner, owner)
    while p < ask.patch_owner.size and ask.patch_owner[p] == owner:
        found[many] = _human_of(ask, ask.patch[p, 1])
        many += 1
        p += 1
    return many


@_kernel
def _known_heads(ask, human, found, many):
    i = _low(ask.known_tail, human)
    while i < ask.known_tail.size and ask.known_tail[i] == human:
        found[many] = ask.known_head[i]
        many += 1
        i += 1
    return many
