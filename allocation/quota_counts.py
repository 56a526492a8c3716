"""How many seats of each school went to the tiers of each quota, for the report of a round."""

from dataclasses import dataclass, replace

import numpy as np

from allocation.model import UNPLACED, Integers
from allocation.priority import under_policy
from allocation.quota_rules import capped_of
from allocation.stages import Decision
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaCount:
    """One quota at one school and level.

    Parameters
    ----------
    reserved_count, most_count
        Floor and ceiling in seats; None where the quota has none.
    placed_count
        Children of the quota's tiers who are placed there.
    """

    school_code: str
    level: str
    title: Text
    reserved_count: int | None
    most_count: int | None
    placed_count: int


def quota_counts(decision: Decision) -> list[QuotaCount]:
    """Return the counts of all quotas, school by school; whoever holds a seat counts by the tier without that seat."""
    quotas, problem = decision.policy.tier_quotas, decision.problem
    if not quotas:
        return []
    width = len(decision.policy.kept_seats) + 1
    tier, school = _tiers_of_placed(decision, width=width)
    seats = problem.pool_capacity.reshape(-1, width)
    code_at = {code: place for place, code in enumerate(problem.pool_seat_group[:width].tolist())}
    capped = capped_of(quotas)
    shut = [] if capped is None else [capped.shut_code, *(q.code for q in quotas if q.has_reserve and q is not capped)]
    most = seats.sum(axis=1) - seats[:, [code_at[code] for code in shut]].sum(axis=1)
    return [
        QuotaCount(
            school_code=str(problem.pool_school_code[row * width]),
            level=str(problem.pool_level[row * width]),
            title=quota.title.text,
            reserved_count=int(seats[row, code_at[quota.code]]) if quota.has_reserve else None,
            most_count=int(most[row]) if quota.has_cap else None,
            placed_count=int(np.isin(tier[school == row], quota.tiers).sum()),
        )
        for row in range(len(seats))
        for quota in quotas
    ]


def _tiers_of_placed(decision: Decision, *, width: int) -> tuple[Integers, Integers]:
    """Return tier and school (as a number of the facts' pools) of everybody placed; `UNPLACED` where no tier fits."""
    facts, pool = decision.facts, decision.allocation.pool
    nobody = np.full_like(facts.held_pool, UNPLACED)
    free = under_policy(replace(facts, held_pool=nobody), decision.policy)
    keys = free.pair_applicant * facts.pool_count + free.pair_pool // width
    known, first = np.unique(keys, return_index=True)
    placed = np.flatnonzero(pool != UNPLACED)
    school = pool[placed] // width
    wanted = placed * facts.pool_count + school
    at = np.searchsorted(known, wanted)
    found = np.append(known, UNPLACED)[at] == wanted
    tiers = np.append(free.pair_tier[first], UNPLACED)[np.where(found, at, len(known))]
    return tiers, school
