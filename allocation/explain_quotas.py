"""What quotas per tier had to do with a school that was not given, in sentences for a family."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from allocation.explain_model import Refusal, WhyNot
from allocation.explain_round import FinishedRound
from allocation.model import UNPLACED, Integers
from allocation.quota_rules import capped_of
from allocation.stage_markets import HELD, RESERVED, StageMarket
from spatial.text import Text

_OF_ORDER = (WhyNot.OTHERS_COME_FIRST, WhyNot.LOTTERY, WhyNot.RESERVED_SEATS, WhyNot.NO_SEATS)


def with_quotas(finished: FinishedRound, refusal: Refusal, *, pair: int, last_of_pool: Integers | None) -> Refusal:
    """Return a refusal with what the quotas say of the school, and with the reason that they decided, where they did.

    Parameters
    ----------
    pair
        A pair of the applicant with the school, in the problem.
    last_of_pool
        For each pool the pair of the last one placed there in the stage that decided; None where it had no order.
    """
    told = [*_sentences(finished, pair)]
    if not told:
        return refusal
    why_not = refusal.why_not
    if refusal.stage is not None and last_of_pool is not None and why_not in _OF_ORDER:
        why_not = _decided_by(finished, pair, finished.stages[refusal.stage - 1], last_of_pool) or why_not
    sentence = Text(" ".join([refusal.sentence.vi, *(one.vi for one in told)]).strip(),
                    " ".join([refusal.sentence.en, *(one.en for one in told)]).strip())  # fmt: skip
    return replace(refusal, why_not=why_not, sentence=sentence)


def _pools(finished: FinishedRound, pair: int) -> dict[str, int]:
    """Return the pools of the school of a pair, by their kind."""
    width, problem = finished.pools_a_school, finished.problem
    start = int(problem.pair_pool[pair]) // width * width
    return {str(problem.pool_seat_group[pool]): pool for pool in range(start, start + width)}


def _sentences(finished: FinishedRound, pair: int) -> Iterator[Text]:
    quotas, problem = finished.policy.tier_quotas, finished.problem
    pools, tier = _pools(finished, pair), int(problem.pair_tier[pair])
    capped = capped_of(quotas)
    if capped is not None and tier in capped.tiers:
        shut = sum(int(problem.pool_capacity[pool]) for pool in _shut(finished, pools))
        most = sum(int(problem.pool_capacity[pool]) for pool in pools.values()) - shut
        if shut:
            yield Text(
                f"Trường này xếp nhiều nhất {most} em thuộc “{capped.title.vi}”; {shut} chỗ khác là của diện khác.",
                f"Of “{capped.title.en}” this school takes {most} at most; its other {shut} seats are for others.",
            )
        free = sum(int(finished.free[pool]) for pool in _shut(finished, pools))
        if free:
            yield Text(
                f"Trường còn {free} chỗ trống trong số đó: vì mức tối đa này mà không xếp cho con được.",
                f"Of these, {free} are still free; because of this limit your child cannot have one.",
            )
    for quota in quotas:
        kept = int(problem.pool_capacity[pools[quota.code]]) if quota.has_reserve else 0
        if kept and tier not in quota.tiers:
            yield Text(
                f"{kept} chỗ của trường được xếp trước cho “{quota.title.vi}”.",
                f"Of its seats, {kept} are given first to “{quota.title.en}”.",
            )


def _shut(finished: FinishedRound, pools: dict[str, int]) -> list[int]:
    """Return the pools of a school that the cap shuts to its tiers."""
    capped = capped_of(finished.policy.tier_quotas)
    if capped is None:
        return []
    reserves = [one.code for one in finished.policy.tier_quotas if one.has_reserve and one is not capped]
    return [pools[code] for code in (capped.shut_code, *reserves)]


def _decided_by(finished: FinishedRound, pair: int, seen: StageMarket, last_of_pool: Integers) -> WhyNot | None:
    """Return the quota as reason where somebody who comes later by the other keys has a seat because of it."""
    pools, tier = _pools(finished, pair), int(finished.problem.pair_tier[pair])
    at = int(np.searchsorted(seen.pairs, pair))
    if at >= len(seen.pairs) or seen.pairs[at] != pair:
        return None
    capped = capped_of(finished.policy.tier_quotas)
    if capped is not None and tier in capped.tiers:
        shut = _shut(finished, pools)
        if any(finished.free[pool] > 0 for pool in shut) or _any_later(seen, at, last_of_pool, shut):
            return WhyNot.CAP_REACHED
    others = [pools[one.code] for one in finished.policy.tier_quotas if one.has_reserve and tier not in one.tiers]
    return WhyNot.RESERVED_SEATS if _any_later(seen, at, last_of_pool, others) else None


def _any_later(seen: StageMarket, at: int, last_of_pool: Integers, pools: list[int]) -> bool:
    def standing(one: int) -> list[int]:
        return [int(key[one]) for name, key in seen.keys.items() if name not in {HELD, RESERVED}]

    lasts = (int(last_of_pool[pool]) for pool in pools)
    return any(last != UNPLACED and standing(last) > standing(at) for last in lasts)
