"""What a seat elsewhere would cost everybody, for stages that look at the total: chains of moves from the files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocation.explain_round import FinishedRound
from allocation.model import UNPLACED, Integers
from allocation.move_costs import MoveCosts, Placement, move_costs
from allocation.stage_markets import StageMarket


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelMoves:
    """The chains of moves of one level of one stage.

    Parameters
    ----------
    local
        For each pool its number within the level; the number after the last stands for no seat.
    unplaced_m
        For each applicant the metres at which having no seat is reckoned.
    entry
        The part of the certificate.
    """

    costs: MoveCosts
    local: Integers
    unplaced_m: Integers
    entry: Mapping[str, Any]

    def extra_m(self, pair: int, *, seen: StageMarket) -> int:
        """Return by how many metres the sum grows with the applicant of a pair in its pool."""
        market = seen.market
        row = int(market.pair_applicant[pair])
        own = int(seen.own[row])
        own_m = int(market.pair_distance_m[own]) if own != UNPLACED else int(self.unplaced_m[row])
        own_pool = int(self.local[market.pair_pool[own]]) if own != UNPLACED else int(self.local[-1])
        return self.costs.extra_m(
            own=own_pool,
            own_m=own_m,
            pool=int(self.local[market.pair_pool[pair]]),
            distance_m=int(market.pair_distance_m[pair]),
        )


def level_moves(finished: FinishedRound, seen: StageMarket, level: str) -> LevelMoves:
    """Return the chains of moves of a level in a stage with prices. Raises LookupError without a certificate."""
    market = seen.market
    entry = finished.entries[seen.number, level]
    of_level = market.pool_level == level
    local = np.append(np.where(of_level, np.cumsum(of_level) - 1, UNPLACED), of_level.sum())
    last_tier = int(entry.get("last_tier", 1))
    tiers = 1 + last_tier - np.minimum(market.priority_tier, last_tier)
    unplaced_m = int(entry["unplaced_cost_m"]) * tiers
    farthest_m = entry.get("farthest_m")
    pairs = of_level[market.pair_pool]
    if farthest_m is not None:
        pairs &= market.pair_distance_m <= farthest_m
    own = seen.own
    own_pool = np.append(market.pair_pool, UNPLACED)[own]
    taken = np.bincount(own_pool[own_pool != UNPLACED], minlength=market.pool_count)
    pools = np.flatnonzero(of_level)
    is_open = np.zeros(market.applicant_count, dtype=bool)
    is_open[market.pair_applicant[pairs]] = True
    placement = Placement(
        own=np.where(own_pool == UNPLACED, local[-1], local[own_pool]),
        own_m=np.where(own == UNPLACED, unplaced_m, np.append(market.pair_distance_m, 0)[own]),
        free=(market.pool_capacity - taken)[pools],
        price_m=np.array([entry["price_m"][_pool_name(finished, pool)] for pool in pools.tolist()], dtype=np.int64),
        unplaced_m=unplaced_m,
        is_open=is_open,
        pair_applicant=market.pair_applicant[pairs],
        pair_pool=local[market.pair_pool[pairs]],
        pair_m=market.pair_distance_m[pairs],
    )
    return LevelMoves(costs=move_costs(placement), local=local, unplaced_m=unplaced_m, entry=entry)


def _pool_name(finished: FinishedRound, pool: int) -> str:
    code, group = finished.problem.pool_school_code[pool], finished.problem.pool_seat_group[pool]
    return f"{code}/{group}" if group else str(code)
