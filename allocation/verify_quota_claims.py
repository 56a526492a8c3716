"""Do the seats keep the quotas per tier? Shown from counts and orders alone, without the pools that make them.

In every school at most the cap's number of the capped tiers are placed. And with quotas a claim is just in these cases
alone, where the child would rather have the school than the own answer:

- a seat is free, and the child's tiers have not reached their cap there;
- the child's tiers have fewer seats there than their reserve, and others have more than theirs;
- somebody of the same quota (or, like the child, of none) who comes after the child in the school's order is placed;
- somebody of another quota who comes after the child is placed, whose tiers have more than their reserve, while the
  child's tiers are below their cap.

So whoever stands before somebody placed and is not placed has no just claim where that other is needed to fill a
reserve, or where the cap of the own tiers is reached. These claims are checked for all pairs in every stage of deferred
acceptance that gives to all what reserves leave, unless families are placed together or seats are held from an earlier
run: then `allocation.verify_acceptance`, pool by pool, and the caps are what is checked.

References
----------
Ehlers, Hafalir, Yenmez, Yildirim, School Choice with Controlled Choice Constraints, J. of Economic Theory 153, 2014.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import HELD, Truths
from allocation.verify_orders import Orders, orders_of
from allocation.verify_quotas import is_given_to_all, most_of, reserve_of, seats_of
from allocation.verify_state import Checked, places_among
from spatial.text import Text

_ORDERED = "deferred_acceptance"
_NO_LIMIT = 2**40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bounds:
    """For each row of the schools: seats, and for each quota, the last standing for none, its reserve and its cap."""

    capacity: Integers
    reserve: Integers
    most: Integers


def check_quotas(state: Checked) -> Iterator[Text]:
    """Yield schools over a cap, and children with a just claim under the quotas."""
    policy = state.files.policy
    if not policy["tier_quotas"]:
        return
    bounds = _bounds_of(state)
    yield from _over_cap(state, bounds)
    if (state.market.tier == HELD).any() or (state.market.family != NONE).any():
        return
    for number, rule in enumerate(state.stages, start=1):
        if rule["kind"] == _ORDERED and {*reserve_of(policy)} <= is_given_to_all(policy, rule):
            yield from _claims(state, bounds, number=number, rule=rule)


def _bounds_of(state: Checked) -> _Bounds:
    policy, quotas = state.files.policy, state.files.policy["tier_quotas"]
    capacity = np.zeros(len(state.files.schools["school_code"]), dtype=np.int64)
    np.add.at(capacity, state.market.school_row, state.capacity)
    reserve, most = (np.zeros((len(capacity), len(quotas) + 1), dtype=np.int64) for _ in range(2))
    most[:] = _NO_LIMIT
    for row, seats in enumerate(capacity.tolist()):
        kept, limit = seats_of(policy, seats), most_of(policy, seats)
        for place, quota in enumerate(quotas):
            reserve[row, place] = kept.get(quota["code"], 0)
            if limit is not None and (quota["at_most_percent"], quota["at_most_count"]) != (None, None):
                most[row, place] = limit
    return _Bounds(capacity=capacity, reserve=reserve, most=most)


def _quota_of(state: Checked, tier: Integers) -> Integers:
    """Return the place of the quota that counts a tier; the place after the last for none."""
    quotas = state.files.policy["tier_quotas"]
    found = np.full(len(tier), len(quotas), dtype=np.int64)
    for place, quota in enumerate(quotas):
        found[np.isin(tier, quota["tiers"])] = place
    return found


def _counts(state: Checked, bounds: _Bounds, placed: Truths) -> Integers:
    """Return for each row of the schools and each quota how many of the chosen applicants are placed."""
    count = np.zeros_like(bounds.reserve)
    who = np.flatnonzero(placed & (state.own_pair != NONE))
    pair = state.own_pair[who]
    np.add.at(count, (state.market.school_row[state.market.pool[pair]], _quota_of(state, state.market.tier[pair])), 1)
    return count


def _over_cap(state: Checked, bounds: _Bounds) -> Iterator[Text]:
    capped = [number for number, rule in enumerate(state.stages, start=1) if not rule["lifts_caps"]]
    count = _counts(state, bounds, np.isin(state.stage, capped))
    for row, place in np.argwhere(count > bounds.most).tolist():
        code, quota = state.files.schools["school_code"][row], state.files.policy["tier_quotas"][place]["code"]
        yield Text(
            f"Trường {code}: {count[row, place]} em thuộc {quota}, mức tối đa {bounds.most[row, place]}.",
            f"School {code}: {count[row, place]} children of {quota} are placed; its cap is {bounds.most[row, place]}.",
        )


def _claims(state: Checked, bounds: _Bounds, *, number: int, rule: Any) -> Iterator[Text]:  # noqa: ANN401 - JSON
    taking_part = state.pairs_of(number)
    orders = orders_of(state.market.only(taking_part), rule)
    at_stage = state.stage == number
    own = np.where(at_stage, places_among(taking_part, state.own_pair), NONE)
    market = orders.market
    row = market.school_row[market.pool]
    count = _counts(state, bounds, (state.stage != NONE) & (state.stage <= number))
    standing = _standing_in_school(orders, row)
    quota = _quota_of(state, market.tier)
    last = np.full_like(bounds.reserve, -1)
    placed = own[own != NONE]
    np.maximum.at(last, (row[placed], quota[placed]), standing[placed])
    own_wish = np.append(orders.wish, np.iinfo(np.int64).max)[own]
    own_row = np.append(row, NONE)[own]
    rather = orders.listed & (orders.wish < own_wish[market.applicant]) & (row != own_row[market.applicant])
    just = rather & _is_just(bounds, count, last, at=(row, quota), standing=standing, has_cap=not rule["lifts_caps"])
    for who, where in sorted({*zip(market.applicant[just].tolist(), row[just].tolist(), strict=True)}):
        code = state.files.schools["school_code"][where]
        yield Text(
            f"Hồ sơ {state.shown[who]} có lý do chính đáng theo định mức để đòi chỗ ở trường {code}.",
            f"Applicant {state.shown[who]} has, under the quotas, a just claim to a seat in school {code}.",
        )


def _standing_in_school(orders: Orders, row: Integers) -> Integers:
    """Return places in the school's order, whatever the pool: smaller is first."""
    keys = [key for name, key in orders.standing_keys() if name not in {"held", "reserved"}]
    order = np.lexsort([*keys[::-1], row])
    standing = np.empty(len(row), dtype=np.int64)
    standing[order] = np.arange(len(row))
    return standing


def _is_just(
    bounds: _Bounds,
    count: Integers,
    last: Integers,
    *,
    at: tuple[Integers, Integers],
    standing: Integers,
    has_cap: bool,
) -> Truths:
    """Return for each pair, given by its school's row and its quota, whether a claim to a seat there would be just."""
    row, quota = at
    may_have_more = (count < bounds.most)[row, quota] if has_cap else np.ones(len(row), dtype=bool)
    just = (last[row, quota] > standing) | (may_have_more & (count.sum(axis=1) < bounds.capacity)[row])
    is_short = (count < bounds.reserve)[row, quota]
    for other in range(bounds.reserve.shape[1]):
        can_spare = ((count > bounds.reserve)[:, other] & (last[:, other] >= 0))[row] & (quota != other)
        just |= can_spare & (is_short | (may_have_more & (last[row, other] > standing)))
    return np.asarray(just)
