"""Of all optimal allocations the one that the lottery chooses.

With seat prices, an allocation is optimal when everybody has a *tight* seat (distance plus price is least, where
having no seat counts as `Market.unplaced_m`) and every pool with a price is full. So all optima are reached from one
by rounds of moves between tight seats that leave every such pool full. In the order of the lottery each applicant
takes the nearest tight seat that such a round of moves can free without touching those who drew earlier.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allocation.level_market import Market
from allocation.model import UNPLACED, Integers


def lottery_first(market: Market, choice: Integers, *, price_m: Integers) -> Integers:
    """Return the optimal choice of pairs that the lottery prefers.

    Parameters
    ----------
    choice
        An optimal choice: for each applicant the index of a pair, or `UNPLACED`.
    price_m
        Prices that prove it optimal.
    """
    outside = len(market.capacity)
    own_pool = market.own_pool(choice)
    free = market.capacity - np.bincount(own_pool, minlength=outside + 1)[:outside]
    arcs = _tight_options(market, price_m)
    options = _exchangeable(arcs, own_pool, free=free, price_m=price_m)
    if not options:
        return choice
    graph = _TightGraph(options, own_pool, free=free, price_m=price_m)
    for applicant in sorted(options, key=market.lottery_rank.__getitem__):
        graph.settle(applicant)
    return _pairs_of(market, choice, graph.pool_of)


Options = dict[int, list[int]]
"""For each applicant the tight pools, best first; the last index stands for no seat."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _TightArcs:
    applicant: Integers
    pool: Integers


def _tight_options(market: Market, price_m: Integers) -> _TightArcs:
    cost_m = market.pair_distance_m + price_m[market.pair_pool]
    least_m = market.unplaced_m.copy()
    np.minimum.at(least_m, market.pair_applicant, cost_m)
    tight = np.flatnonzero(cost_m == least_m[market.pair_applicant])
    or_none = np.flatnonzero(least_m == market.unplaced_m)
    applicant = np.concatenate([market.pair_applicant[tight], or_none])
    pool = np.concatenate([market.pair_pool[tight], np.full(len(or_none), market.outside)])
    distance_m = np.concatenate([market.pair_distance_m[tight], market.unplaced_m[or_none]])
    best_first = np.lexsort([pool, distance_m, applicant])
    return _TightArcs(applicant=applicant[best_first], pool=pool[best_first])


def _exchangeable(arcs: _TightArcs, own_pool: Integers, *, free: Integers, price_m: Integers) -> Options:
    """Keep the options that some round of moves could use: both pools in one strongly connected component."""
    outside = len(free)
    has_free, has_no_price = np.flatnonzero(free > 0), np.flatnonzero(price_m == 0)
    tails = np.concatenate([own_pool[arcs.applicant], has_free, np.full(len(has_no_price), outside)])
    heads = np.concatenate([arcs.pool, np.full(len(has_free), outside), has_no_price])
    component = _components(tails, heads, node_count=outside + 1)
    together = component[own_pool[arcs.applicant]] == component[arcs.pool]
    applicant, pool = arcs.applicant[together], arcs.pool[together]
    several = np.bincount(applicant, minlength=len(own_pool))[applicant] > 1
    options: Options = defaultdict(list)
    for one, place in zip(applicant[several].tolist(), pool[several].tolist(), strict=True):
        options[one].append(place)
    return dict(options)


def _components(tails: Integers, heads: Integers, *, node_count: int) -> Integers:
    """Return for each node the number of its strongly connected component.

    Two nodes are in one component when each is reached from the other; sets of nodes are integers with a bit for each.
    """
    onward, back = [0] * node_count, [0] * node_count
    is_step = np.zeros((node_count, node_count), dtype=bool)
    is_step[tails, heads] = True
    for tail, head in np.argwhere(is_step).tolist():
        onward[tail] |= 1 << head
        back[head] |= 1 << tail
    component = np.full(node_count, -1, dtype=np.int64)
    for node in range(node_count):
        if component[node] < 0:
            together = _reached(onward, node) & _reached(back, node)
            component[list(_bits(together))] = node
    return component


def _reached(steps: list[int], start: int) -> int:
    reached, new = 0, 1 << start
    while new:
        reached |= new
        following = 0
        for node in _bits(new):
            following |= steps[node]
        new = following & ~reached
    return reached


def _pairs_of(market: Market, choice: Integers, pool_of: dict[int, int]) -> Integers:
    """Return the pair of each applicant once those in ``pool_of`` have moved."""
    outside = len(market.capacity)
    chosen = choice.copy()
    moved = np.fromiter(pool_of.keys(), dtype=np.int64, count=len(pool_of))
    target = np.fromiter(pool_of.values(), dtype=np.int64, count=len(pool_of))
    key = market.pair_applicant * (outside + 1) + market.pair_pool
    found = np.searchsorted(key, moved * (outside + 1) + target)
    chosen[moved] = np.where(target == outside, UNPLACED, found)
    return chosen


class _TightGraph:
    """Who could move from where to where, as long as nobody settled has to move.

    Nodes are the pools and, last, the outside, which stands for having no seat and for free seats. Sets of nodes
    are integers with a bit for each node.
    """

    def __init__(self, options: Options, own_pool: Integers, *, free: Integers, price_m: Integers) -> None:
        self._options = options
        self._outside = len(free)
        self._free = free.tolist()
        self.pool_of = {applicant: int(own_pool[applicant]) for applicant in options}
        self._movers: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._into = [0] * (self._outside + 1)
        self._has_no_price = set(np.flatnonzero(price_m == 0).tolist())
        for pool in self._has_no_price:
            self._into[pool] |= 1 << self._outside
            self._note_free_seats(pool)
        for applicant in options:
            self._enter(applicant)

    def settle(self, applicant: int) -> None:
        """Give ``applicant`` the best seat that can be freed, for good."""
        self._leave(applicant)
        own = self.pool_of[applicant]
        options = self._options[applicant]
        better = options[: options.index(own)]
        if not better:
            return
        next_pool = self._ways_to(own)
        for pool in better:
            if pool in next_pool:
                self._make_room(pool, next_pool, until=own)
                self._move(applicant, pool)
                return

    def _ways_to(self, goal: int) -> dict[int, int]:
        """Return for every node from which moves lead to ``goal`` the next node on the way."""
        next_pool = {goal: goal}
        seen = 1 << goal
        queue = [goal]
        for node in queue:
            new = self._into[node] & ~seen
            seen |= new
            for tail in _bits(new):
                next_pool[tail] = node
                queue.append(tail)
        return next_pool

    def _make_room(self, pool: int, next_pool: dict[int, int], *, until: int) -> None:
        here = pool
        while here != until:
            there = next_pool[here]
            movers = self._movers[here, there]
            if movers:
                mover = next(iter(movers))
                self._leave(mover)
                self._move(mover, there)
                self._enter(mover)
            here = there

    def _move(self, applicant: int, pool: int) -> None:
        for place, change in ((self.pool_of[applicant], 1), (pool, -1)):
            if place != self._outside:
                self._free[place] += change
                self._note_free_seats(place)
        self.pool_of[applicant] = pool

    def _enter(self, applicant: int) -> None:
        own = self.pool_of[applicant]
        for pool in self._options[applicant]:
            if pool != own:
                self._movers[own, pool].add(applicant)
                self._into[pool] |= 1 << own

    def _leave(self, applicant: int) -> None:
        own = self.pool_of[applicant]
        for pool in self._options[applicant]:
            if pool != own:
                movers = self._movers[own, pool]
                movers.discard(applicant)
                if not movers and not self._is_virtual(own, pool):
                    self._into[pool] &= ~(1 << own)

    def _is_virtual(self, tail: int, head: int) -> bool:
        """Tell whether an empty seat alone leads from ``tail`` to ``head``."""
        if head == self._outside:
            return tail != self._outside and self._free[tail] > 0
        return tail == self._outside and head in self._has_no_price

    def _note_free_seats(self, pool: int) -> None:
        if self._free[pool] > 0 or self._movers[pool, self._outside]:
            self._into[self._outside] |= 1 << pool
        else:
            self._into[self._outside] &= ~(1 << pool)


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
