"""The cut-offs of a round for publication: per school, seat group, stage and tier the last one admitted.

Whoever reads them can tell why a child of another tier or a longer way found no seat. They point at nobody: counts of
one to four are withheld, and with them what they could be reckoned from (`allocation.public_figures`). Of the lottery
the place in the draw is told, never the number drawn: seed and number together would give the personal ID away.
"""

import numpy as np
import pandas as pd

from allocation.model import UNPLACED, Integers, Truths
from allocation.policy_rules import OrderKey
from allocation.public_figures import withheld
from allocation.stage_markets import StageMarket, stage_market
from allocation.stages import Decision

COLUMNS = (
    "school_code",
    "level",
    "seat_group",
    "stage",
    "tier",
    "admitted",
    "last_distance_m",
    "last_lottery_place",
)


def cut_off_table(decision: Decision) -> pd.DataFrame:
    """Return the columns of ``cut_offs.csv``, as everybody may see them; one row where anybody was admitted.

    ``last_distance_m`` is the way of the one who came last in the order of the school, in stages without an order of
    the farthest. ``last_lottery_place`` (1 draws first) stands only where the lottery decided: somebody equal in all
    else was turned down. Tier 0 are those who kept a seat from an earlier run.
    """
    rows = [_rows_of(decision, number) for number in range(1, len(decision.policy.stages) + 1)]
    table = pd.concat(rows, ignore_index=True)
    order = ["school_code", "level", "seat_group", "stage", "tier"]
    return hide_small_counts(table.sort_values(order, kind="stable", ignore_index=True))


def hide_small_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without the figures that point at a few children."""
    hidden = np.zeros(len(table), dtype=bool)
    for _, of_level in table.groupby("level", sort=False):
        by_school = of_level.groupby("school_code", sort=True)["admitted"]
        totals = by_school.sum()
        small = withheld(totals.tolist())
        for place, rows in enumerate(by_school.indices.values()):
            index = of_level.index.to_numpy()[rows]
            within = withheld(table["admitted"].to_numpy()[index].tolist())
            hidden[index if place in small else index[sorted(within)]] = True
    figures = ["admitted", "last_distance_m", "last_lottery_place"]
    return table.assign(**{name: table[name].astype("Int64").mask(hidden) for name in figures})


def _rows_of(decision: Decision, number: int) -> pd.DataFrame:
    problem = decision.problem
    seen = stage_market(problem, decision.policy, allocation=decision.allocation, number=number)
    width = int(seen.market.pair_tier.max(initial=0)) + 1
    group = seen.market.pair_pool * width + seen.market.pair_tier
    last = seen.last_of(group)
    found = np.flatnonzero(last != UNPLACED)
    pool, tier = found // width, found % width
    pair = last[found]
    admitted = np.bincount(group[seen.own[seen.own != UNPLACED]], minlength=len(last))[found]
    drawn = problem.lottery_rank[seen.market.pair_applicant[pair]] + 1
    return pd.DataFrame(
        {
            "school_code": problem.pool_school_code[pool],
            "level": problem.pool_level[pool],
            "seat_group": problem.pool_seat_group[pool],
            "stage": number,
            "tier": tier,
            "admitted": admitted,
            "last_distance_m": seen.market.pair_distance_m[pair],
            "last_lottery_place": pd.arrays.IntegerArray(drawn, ~_lottery_decided(seen, group, last)[found]),
        }
    )


def _lottery_decided(seen: StageMarket, group: Integers, last: Integers) -> Truths:
    """Return for each group whether somebody was turned down who equals the last one in all but the draw.

    Those placed together are left out: their place is that of another.
    """
    decided = np.zeros(len(last), dtype=bool)
    if not seen.has_order or not len(last):
        return decided
    rivals = np.flatnonzero(seen.turned_down & (last[group] != UNPLACED))
    rivals = rivals[seen.market.together[seen.market.pair_applicant[rivals]] == UNPLACED]
    for name, key in seen.keys.items():
        if name == OrderKey.LOTTERY:
            break
        rivals = rivals[key[rivals] == key[last[group[rivals]]]]
    decided[group[rivals]] = True
    return decided
