"""The waiting lists of a round: who without a seat comes when, at each school that the child may be placed in.

For the office alone: each row names a child. A family is told its own positions by its explanation.
"""

import numpy as np
import pandas as pd

from allocation.model import UNPLACED
from allocation.orders import school_order, wishes
from allocation.policy import Policy
from allocation.policy_rules import DeferredAcceptanceStage
from allocation.priority import may_take_part
from allocation.stages import Decision

USUAL_ORDER = DeferredAcceptanceStage(kind="deferred_acceptance")


def order_of_waiting(policy: Policy) -> DeferredAcceptanceStage:
    """Return the rule that orders waiting lists: the first stage with an order, else tier, distance, lottery."""
    return next((one for one in policy.stages if isinstance(one, DeferredAcceptanceStage)), USUAL_ORDER)


def waiting_table(decision: Decision) -> pd.DataFrame:
    """Return the columns of ``waiting_lists.csv``; ``seat_group`` where the policy has any.

    Everybody without a seat waits at each school of the own list that any stage of the policy could give, in the order
    of that school; positions are counted from 1.
    """
    problem, policy = decision.problem, decision.policy
    rule = order_of_waiting(policy)
    waits = (decision.allocation.pool == UNPLACED)[problem.pair_applicant]
    could = np.zeros(len(problem.pair_pool), dtype=bool)
    for stage in policy.stages:
        could |= may_take_part(problem, policy.kept_seats, stage)
    market = problem.only(pairs=waits & could, capacity=problem.pool_capacity)
    listed = np.flatnonzero(wishes(market, rule.preferences)[2])
    place = school_order(market, rule, policy.kept_seats)
    ordered = listed[np.lexsort([place[listed], market.pair_pool[listed]])]
    pool = market.pair_pool[ordered]
    position = np.arange(len(pool)) - np.searchsorted(pool, pool) + 1
    columns = {"school_code": market.pool_school_code[pool], "level": market.pool_level[pool]}
    if policy.kept_seats:
        columns["seat_group"] = market.pool_seat_group[pool]
    who = market.applicant_no[market.pair_applicant[ordered]]
    return pd.DataFrame({**columns, "position": position, "applicant_no": who})
