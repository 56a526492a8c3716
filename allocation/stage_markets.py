"""What a stage of a finished round saw: who was still open, which pairs took part, by what each school chose."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from allocation.model import UNPLACED, Allocation, AllocationProblem, Integers, Truths
from allocation.orders import key_of, wishes
from allocation.policy import Policy
from allocation.policy_rules import DeferredAcceptanceStage, OrderKey, Stage
from allocation.priority import may_take_part
from allocation.seat_pools import HELD_TIER, comes_after_own

_NO_WISH = 2**60
HELD = "held"
RESERVED = "reserved"


@dataclass(frozen=True, kw_only=True, eq=False)
class StageMarket:
    """One stage of a finished round.

    Parameters
    ----------
    pairs
        The pairs of the problem that took part; rising.
    market
        The problem of these pairs and of the seats that the earlier stages left.
    own
        For each applicant the pair of ``market`` with the seat that this stage gave, or `UNPLACED`.
    """

    number: int
    rule: Stage
    policy: Policy
    pairs: Integers
    market: AllocationProblem
    own: Integers

    @property
    def has_order(self) -> bool:
        """Whether schools put applicants in order."""
        return isinstance(self.rule, DeferredAcceptanceStage)

    @cached_property
    def keys(self) -> dict[str, Integers]:
        """By what schools put applicants in order, the first weighing most: one number for each pair.

        Of stages without an order that in which their farthest child stands last: metres, then the draw.
        """
        if not isinstance(self.rule, DeferredAcceptanceStage):
            drawn = self.market.lottery_rank[self.market.pair_applicant]
            return {OrderKey.DISTANCE.value: self.market.pair_distance_m, OrderKey.LOTTERY.value: drawn}
        keys: dict[str, Integers] = {
            HELD: np.where(self.market.pair_tier == HELD_TIER, 0, 1),
            RESERVED: comes_after_own(self.market, self.policy.kept_seats),
        }
        for name in dict.fromkeys([*self.rule.order, OrderKey.LOTTERY]):
            keys[name.value] = key_of(self.market, name, self.rule)
        return keys

    @cached_property
    def turned_down(self) -> Truths:
        """For each pair whether the applicant would rather have had this school than what the stage gave."""
        if not isinstance(self.rule, DeferredAcceptanceStage):
            return np.zeros(len(self.market.pair_pool), dtype=bool)
        rank, distance_m, listed = wishes(self.market, self.rule.preferences)
        own_rank, own_m = (np.append(column, _NO_WISH)[self.own] for column in (rank, distance_m))
        own_rank, own_m = own_rank[self.market.pair_applicant], own_m[self.market.pair_applicant]
        return np.asarray(listed & ((rank < own_rank) | ((rank == own_rank) & (distance_m < own_m))))

    def last_of(self, group: Integers) -> Integers:
        """Return for each group number the pair of the one placed who comes last, or `UNPLACED`.

        Parameters
        ----------
        group
            For each pair of the market the number of its group, e.g. its pool.
        """
        placed = self.own[self.own != UNPLACED]
        ordered = placed[np.lexsort([*(key[placed] for key in reversed(self.keys.values())), group[placed]])]
        last = np.full(int(group.max(initial=-1)) + 1, UNPLACED, dtype=np.int64)
        last[group[ordered]] = ordered
        return last


def stage_market(problem: AllocationProblem, policy: Policy, *, allocation: Allocation, number: int) -> StageMarket:
    """Return what the stage ``number`` (from 1) saw of a problem under its policy."""
    rule = policy.stages[number - 1]
    placed = allocation.pool != UNPLACED
    is_open = ~placed | (allocation.stage >= number)
    earlier = placed & (allocation.stage < number)
    taken = np.bincount(allocation.pool[earlier], minlength=problem.pool_count)
    takes_part = is_open[problem.pair_applicant] & may_take_part(problem, policy.kept_seats, rule)
    pairs = np.flatnonzero(takes_part)
    market = problem.only(pairs=takes_part, capacity=problem.pool_capacity - taken)
    here = placed & (allocation.stage == number)
    has_seat = (allocation.pool[market.pair_applicant] == market.pair_pool) & here[market.pair_applicant]
    own = np.full(problem.applicant_count, UNPLACED, dtype=np.int64)
    own[market.pair_applicant[has_seat]] = np.flatnonzero(has_seat)
    return StageMarket(number=number, rule=rule, policy=policy, pairs=pairs, market=market, own=own)
