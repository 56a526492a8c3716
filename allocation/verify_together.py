"""Is the cost of placing groups together what is claimed? The bound without that rule, checked by its prices.

For any prices p_s ≥ 0 of seats, and M for having no seat, no placement has a smaller sum than everybody's least of
distance plus price, or M, less the price of all seats. Placements with whole groups are placements too. So the sum that
the certificate states for the stage without the rule is a bound when it is that number.

References
----------
Schrijver, Combinatorial Optimization (2003), chapter 12: weak duality for minimum-cost flows.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_state import Checked
from spatial.text import Text


def at_common_schools(state: Checked, pairs: Integers) -> Integers:
    """Return the pairs of a stage without those of a group to schools at which not every member has one."""
    market = state.market
    if not (market.family != NONE).any():
        return pairs
    members: dict[int, int] = {}
    for family in market.family[market.family != NONE].tolist():
        members[family] = members.get(family, 0) + 1
    who: dict[tuple[int, str], set[int]] = {}
    is_grouped = market.family[market.applicant[pairs]] != NONE
    grouped = pairs[is_grouped]
    codes = state.files.schools["school_code"]
    names = [codes[row] for row in market.school_row.tolist()]
    keys = []
    for applicant, pool in zip(market.applicant[grouped].tolist(), market.pool[grouped].tolist(), strict=True):
        keys.append((int(market.family[applicant]), names[pool]))
        who.setdefault(keys[-1], set()).add(applicant)
    kept = ~is_grouped
    kept[is_grouped] = [len(who[key]) == members[key[0]] for key in keys]
    return np.asarray(pairs[kept])


def check_bound(state: Checked, entry: Mapping[str, Any], pairs: Integers) -> Iterator[Text]:
    """Yield what is wrong with the bound of a level without the rule of groups.

    Parameters
    ----------
    pairs
        All pairs of the market that take part in the stage at that level.
    """
    bound, market = entry["relaxation"], state.market
    pools = [pool for pool, level in enumerate(state.pool_level) if level == entry["level"]]
    price_m = np.zeros(len(state.capacity), dtype=np.int64)
    price_m[pools] = [bound["price_m"][state.pool_name[pool]] for pool in pools]
    seekers = np.unique(market.applicant[pairs])
    tier = market.best_tier[seekers]
    unplaced_m = bound["unplaced_cost_m"] * (1 + bound["last_tier"] - np.minimum(tier, bound["last_tier"]))
    least_m = np.zeros(len(state.shown), dtype=np.int64)
    least_m[seekers] = unplaced_m
    np.minimum.at(least_m, market.applicant[pairs], market.distance_m[pairs] + price_m[market.pool[pairs]])
    seats = state.seats_left(entry["stage"])
    proven_m = int(least_m.sum()) - int((price_m * seats).sum())
    enough_m = 2 * len(pools) * int(market.distance_m[pairs].max(initial=0))
    is_large = bound["unplaced_cost_m"] > enough_m and bound["last_tier"] == int(tier.max(initial=1))
    if not is_large or (price_m < 0).any() or proven_m != _stated_m(bound, tier, unplaced_m):
        yield Text(
            "certificate.json: giới hạn khi không có quy tắc đi cùng chưa được chứng minh.",
            "certificate.json: the bound without the rule of groups is not proven by its prices.",
        )


def check_told(state: Checked) -> Iterator[Text]:
    """Yield what ``summary.json`` says wrongly of the cost of placing groups together."""
    bounded = [entry for entry in state.files.certificate["levels"] if "relaxation" in entry]
    levels = np.array(state.files.applicants["level"], dtype=object)
    expected = None
    if bounded:
        concerned = np.zeros(len(state.shown), dtype=bool)
        for entry in bounded:
            concerned |= (state.stage == entry["stage"]) & (levels == entry["level"]) & (state.pool != NONE)
        bounds = [entry["relaxation"] for entry in bounded]
        placed_count = sum(sum(bound["placed_by_tier"].values()) for bound in bounds)
        total_m = sum(bound["total_distance_m"] for bound in bounds)
        expected = {
            "bound_placed": placed_count,
            "bound_total_distance_m": total_m,
            "fewer_placed": placed_count - int(concerned.sum()),
            "more_distance_m": int(state.distance_m[concerned].sum()) - total_m,
        }
    stated = state.files.summary.get("together")
    if isinstance(stated, dict) and isinstance(stated.get("is_optimal"), bool):
        # Whether CP-SAT found the best no file proves; `allocation.verify_best` looks for what contradicts it.
        stated = {name: value for name, value in stated.items() if name != "is_optimal"}
    if stated != expected:
        yield Text(f"summary.json: together phải là {expected}.", f"summary.json: together should be {expected}.")


def _stated_m(bound: Mapping[str, Any], tier: Integers, unplaced_m: Integers) -> int:
    """Return the sum that the bound states: its metres, and what those without a seat count."""
    placed = {int(name): count for name, count in bound["placed_by_tier"].items()}
    rest_m = 0
    for each in np.unique(tier).tolist():
        left_count = int((tier == each).sum()) - placed.get(each, 0)
        rest_m += left_count * int(unplaced_m[tier == each][0])
    return int(bound["total_distance_m"]) + rest_m
