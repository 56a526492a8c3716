"""The seats that quotas per tier make, worked out again for the verifier from ``policy.json``.

A quota reserves seats for tiers (pool with its code) and, if it has a cap, shuts to them all seats of a school beyond
it: those in the pool ``not_`` and its code, and the reserves of the other quotas. `allocation.verify_quota_claims`
proves from counts alone that seats given out in this way are those that the quotas promise.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

from allocation.round_files import UnreadableError
from spatial.text import Text

Policy = Mapping[str, Any]


def reserve_of(policy: Policy) -> dict[str, set[int]]:
    """Return for each pool with a reserve the tiers that come first in it."""
    return {quota["code"]: {*quota["tiers"]} for quota in policy["tier_quotas"] if _has(quota, "at_least")}


def shut_of(policy: Policy) -> dict[str, set[int]]:
    """Return for each pool the tiers that the cap shuts out of it."""
    for quota in policy["tier_quotas"]:
        if _has(quota, "at_most"):
            others = (code for code in reserve_of(policy) if code != quota["code"])
            return {code: {*quota["tiers"]} for code in (*others, f"not_{quota['code']}")}
    return {}


def turn_of(policy: Policy) -> dict[str, int]:
    """Return when a child asks for the seats of one school that are not reserved for it; 3 are open seats."""
    shut = shut_of(policy)
    turns = {code: 2 if code in shut else 4 for code in reserve_of(policy)}
    return turns | {code: 1 for code in shut if code not in turns}


def is_given_to_all(policy: Policy, stage: Policy) -> set[str]:
    """Return the pools that are in a stage not for the tiers of their reserve alone."""
    named = {*stage["tiers"]}
    return {
        code
        for code, tiers in reserve_of(policy).items()
        if stage["opens_reserved_seats"] or (stage["kind"] == "deferred_acceptance" and (not named or tiers <= named))
    } | {code for code in shut_of(policy) if code.startswith("not_") and code not in reserve_of(policy)}


def seats_of(policy: Policy, seats: int) -> dict[str, int]:
    """Return how many seats of a school are in each pool; those in none are open.

    Raises
    ------
    UnreadableError
        The quotas do not fit into the school.
    """
    most = most_of(policy, seats)
    found: dict[str, int] = {}
    left = seats if most is None else seats - most
    for quota in policy["tier_quotas"]:
        is_capped = _has(quota, "at_most")
        if not _has(quota, "at_least"):
            continue
        wanted = min(_number(quota, "at_least", seats, up=True), seats)
        if is_capped and most is not None:
            found[quota["code"]] = min(wanted, most)
        else:
            found[quota["code"]] = min(wanted, left)
            left -= found[quota["code"]]
    if most is not None:
        found |= {code: left for code in shut_of(policy) if code not in reserve_of(policy)}
    if not _fits(policy["tier_quotas"], seats, most):
        raise UnreadableError(
            Text(
                f"policy.json: tier_quotas không vừa với một trường có {seats} chỗ.",
                f"policy.json: the tier_quotas do not fit into a school of {seats} seats.",
            )
        )
    return found


def most_of(policy: Policy, seats: int) -> int | None:
    """Return how many seats of a school the capped tiers may have; None without a cap."""
    capped = next((quota for quota in policy["tier_quotas"] if _has(quota, "at_most")), None)
    return None if capped is None else min(seats, _number(capped, "at_most", seats, up=False))


def _has(quota: Policy, bound: str) -> bool:
    return quota[f"{bound}_percent"] is not None or quota[f"{bound}_count"] is not None


def _number(quota: Policy, bound: str, seats: int, *, up: bool) -> int:
    count = quota[f"{bound}_count"]
    if count is not None:
        return int(count) if seats else 0
    share = Fraction(quota[f"{bound}_percent"] or 0, 100) * seats
    return ceil(share) if up else floor(share)


def _fits(quotas: Sequence[Policy], seats: int, most: int | None) -> bool:
    """Tell whether the reserves, unrounded, fit beside each other and under the cap."""
    own = [_number(quota, "at_least", seats, up=False) for quota in quotas if _has(quota, "at_most")]
    others = [_number(quota, "at_least", seats, up=False) for quota in quotas if not _has(quota, "at_most")]
    if most is None:
        return sum(others) <= seats
    return sum(own) <= most and sum(others) + most <= seats
