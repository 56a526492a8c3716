"""Chains of moves between pools: they better a placement until nothing can be bettered, and then give the seat prices.

Somebody moves into a pool and saves metres, and leaves a seat of which the same is true. A chain that comes back to
where it began, gaining metres on the way, betters the placement; when there is none, the longest chain into a pool is
the price of a seat there. The graph of the pools is small, however many applicants and pairs stand behind it.

References
----------
Klein, A primal method for minimal cost flows, Management Science 14(3), 1967: cancelling cycles.
Ahuja, Magnanti, Orlin, Network Flows (1993), chapter 5.5 (cycles among predecessors), chapter 9 (residual networks).
"""

from dataclasses import dataclass

import numpy as np

from allocation.level_market import Market
from allocation.model import UNPLACED, Integers

Cycle = list[int]
"""Pools (or the outside) in the order of the moves; from the last one moves lead to the first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settled:
    """A placement that no chain of moves betters.

    Parameters
    ----------
    choice
        For each applicant the index of a pair, or `UNPLACED`.
    price_m
        For each pool what one more seat would save: the smallest prices that prove the placement.
    """

    choice: Integers
    price_m: Integers


def settled(market: Market, choice: Integers, *, known_price_m: Integers | None = None) -> Settled:
    """Return the placement bettered by chains of moves for as long as there are any, and its prices.

    Parameters
    ----------
    choice
        A placement within capacity: for each applicant the index of a pair, or `UNPLACED`.
    known_price_m
        Prices that prove it on most of the pairs, from which chains are looked for sooner; by default none.
    """
    graph = _PoolGraph(market, choice)
    nothing = np.zeros(market.outside + 1, dtype=np.int64)
    begin = nothing if known_price_m is None else np.append(known_price_m, 0)
    while True:
        price_m, cycles = _longest_chains(graph.gain_m, begin)
        if not cycles and begin is nothing:
            return Settled(choice=graph.choice, price_m=price_m[:-1])
        if not cycles:
            begin = nothing
        for cycle in cycles:
            graph.turn(cycle)


def _longest_chains(gain_m: Integers, begin: Integers) -> tuple[Integers, list[Cycle]]:
    """Return for each node the longest chain into it, or chains that come back to where they began with a gain.

    A cycle among the predecessors always gains: each node was last reached before, or when, its predecessor was.
    """
    label, predecessor = begin.copy(), np.full(len(begin), UNPLACED, dtype=np.int64)
    changed = np.arange(len(begin))
    while len(changed):
        through = label[changed] + gain_m[:, changed]
        tail = through.argmax(axis=1)
        longest = through[np.arange(len(begin)), tail]
        is_longer = longest > label
        label = np.where(is_longer, longest, label)
        predecessor[is_longer] = changed[tail[is_longer]]
        cycles = _cycles(predecessor)
        if cycles:
            return label, cycles
        changed = np.flatnonzero(is_longer)
    return label, []


def _cycles(predecessor: Integers) -> list[Cycle]:
    """Return the cycles among the predecessors, each in the order of the moves; `UNPLACED` has none."""
    end = len(predecessor)
    jump = np.append(np.where(predecessor == UNPLACED, end, predecessor), end)
    for _ in range(end.bit_length()):
        jump = jump[jump]
    rest = set(jump[jump != end].tolist())
    cycles = []
    while rest:
        cycle = [rest.pop()]
        while (before := int(predecessor[cycle[-1]])) != cycle[0]:
            cycle.append(before)
            rest.discard(before)
        cycles.append(cycle[::-1])
    return cycles


class _PoolGraph:
    """What the best move from each pool to each other gains; nodes are the pools and, last, the outside.

    The outside stands for having no seat and for free seats, so that a free seat may go round like an applicant.
    ``gain_m`` has a row for each node moved to and a column for each node left.
    """

    def __init__(self, market: Market, choice: Integers) -> None:
        node_count = market.outside + 1
        self._market = market
        self.choice = choice.copy()
        self._own_pool, self._own_m = market.own_pool(choice), market.own_m(choice)
        self._free = market.capacity - np.bincount(self._own_pool, minlength=node_count)[:-1]
        self._never = -int(market.unplaced_m.max(initial=1)) * (node_count + 1)
        self.gain_m = np.full((node_count, node_count), self._never, dtype=np.int64)
        self._note_gains(np.arange(len(choice)), slice(None))
        self._note_free_seats()

    def turn(self, cycle: Cycle) -> None:
        """Let everybody on the cycle move to the next node; the free seat moves likewise."""
        movers = [self._mover(here, there) for here, there in zip(cycle, cycle[1:] + cycle[:1], strict=True)]
        for (applicant, pair), there in zip(movers, cycle[1:] + cycle[:1], strict=True):
            if applicant != UNPLACED:
                metres = self._market.unplaced_m[applicant] if pair == UNPLACED else self._market.pair_distance_m[pair]
                self.choice[applicant], self._own_pool[applicant], self._own_m[applicant] = pair, there, metres
        nodes = np.array(cycle)
        self._free = self._market.capacity - np.bincount(self._own_pool, minlength=len(self.gain_m))[:-1]
        self.gain_m[:, nodes] = self._never
        self._note_gains(np.flatnonzero(np.isin(self._own_pool, nodes)), nodes)
        self._note_free_seats()

    def _mover(self, here: int, there: int) -> tuple[int, int]:
        """Return who gains most by moving, and the pair with the new pool; `UNPLACED` for a free seat."""
        market, outside = self._market, self._market.outside
        members = np.flatnonzero(self._own_pool == here)
        if there == outside:
            pairs = np.full(len(members), UNPLACED)
            gain_m = self._own_m[members] - market.unplaced_m[members]
        else:
            pairs = market.pairs_of(members)
            pairs = pairs[market.pair_pool[pairs] == there]
            members = market.pair_applicant[pairs]
            gain_m = self._own_m[members] - market.pair_distance_m[pairs]
        best = int(gain_m.argmax()) if len(gain_m) else 0
        if not len(gain_m) or gain_m[best] < self.gain_m[there, here]:
            return UNPLACED, UNPLACED
        return int(members[best]), int(pairs[best])

    def _note_gains(self, applicants: Integers, left: Integers | slice) -> None:
        """Enter the best moves of some applicants, who are all who are at the nodes left."""
        market, outside = self._market, self._market.outside
        count = np.diff(market.pair_start)[applicants]
        everybody = len(applicants) == len(self.choice)
        pairs = slice(None) if everybody else market.pairs_of(applicants)
        own_pool, own_m = self._own_pool[applicants], self._own_m[applicants]
        at = market.pair_pool[pairs] * len(self.gain_m) + np.repeat(own_pool, count)
        np.maximum.at(self.gain_m.reshape(-1), at, np.repeat(own_m, count) - market.pair_distance_m[pairs])
        np.maximum.at(self.gain_m[outside], own_pool, own_m - market.unplaced_m[applicants])
        nodes = np.arange(len(self.gain_m))[left]
        self.gain_m[nodes, nodes] = self._never

    def _note_free_seats(self) -> None:
        outside = self._market.outside
        np.maximum(self.gain_m[:outside, outside], 0, out=self.gain_m[:outside, outside])
        of_free = np.flatnonzero(self._free > 0)
        self.gain_m[outside, of_free] = np.maximum(self.gain_m[outside, of_free], 0)
