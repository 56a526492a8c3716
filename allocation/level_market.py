"""One level of a stage without an order: who may go where at how many metres, and what having no seat counts."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from allocation.model import Integers, Truths


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """One level: its applicants, pools and admissible pairs, numbered from 0.

    The number after the last pool, `outside`, stands for having no seat.

    Parameters
    ----------
    lottery_rank, unplaced_m
        One entry for each applicant: place in the draw, and the metres at which having no seat is reckoned: more than
        any chain of moves can save, and more by as much again for each tier that comes before the last.
    capacity
        Seats of each pool.
    pair_applicant, pair_pool, pair_distance_m
        The pairs, sorted by applicant, then pool; every applicant has one.
    """

    lottery_rank: Integers
    unplaced_m: Integers
    capacity: Integers
    pair_applicant: Integers
    pair_pool: Integers
    pair_distance_m: Integers

    @property
    def outside(self) -> int:
        """The number that stands for having no seat."""
        return len(self.capacity)

    @cached_property
    def pair_start(self) -> Integers:
        """The first pair of each applicant, and last the number of pairs."""
        return np.searchsorted(self.pair_applicant, np.arange(len(self.lottery_rank) + 1))

    def own_pool(self, choice: Integers) -> Integers:
        """Return the pool of each applicant under a choice of pairs, `outside` where it is `UNPLACED`."""
        return np.where(choice >= 0, self.pair_pool[choice], self.outside)

    def own_m(self, choice: Integers) -> Integers:
        """Return what each applicant counts under a choice of pairs: the way, or having no seat."""
        return np.where(choice >= 0, self.pair_distance_m[choice], self.unplaced_m)

    def pairs_of(self, applicants: Integers) -> Integers:
        """Return the pairs of some applicants, one applicant after the other."""
        start, count = self.pair_start[applicants], np.diff(self.pair_start)[applicants]
        before = np.cumsum(count) - count
        return np.repeat(start - before, count) + np.arange(int(count.sum()))

    def only(self, is_kept: Truths) -> "Market":
        """Return the market with some of its pairs."""
        return replace(
            self,
            pair_applicant=self.pair_applicant[is_kept],
            pair_pool=self.pair_pool[is_kept],
            pair_distance_m=self.pair_distance_m[is_kept],
        )
