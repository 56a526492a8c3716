"""Is the longest way as short as can be? Checked by sets of schools, over all pairs, without solving anything.

Take any set of schools. Of any applicants no more can be placed than the set has seats, and of them have a way to a
school outside the set (König). So a set with as many as are placed shows that no more could be; and one that with
shorter ways alone gives fewer than are placed shows that no shorter limit is enough.

References
----------
Schrijver, Combinatorial Optimization (2003), chapter 16: bipartite matching and vertex cover.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import HELD, Truths
from allocation.verify_state import Checked
from spatial.text import Text

KIND = "least_farthest"


def pairs_within(state: Checked, proof: Mapping[str, Any], pairs: Integers) -> Integers:
    """Return those of the pairs that are allowed: up to the longest way, and all of those who hold a seat."""
    is_near = state.market.distance_m[pairs] <= proof["farthest_m"]
    return np.asarray(pairs[is_near | _holds_seat(state, pairs)])


def check_within(state: Checked, entry: Mapping[str, Any], applicants: Integers) -> Iterator[Text]:
    """Yield those of the applicants whom the stage placed farther away than its longest way."""
    placed = applicants[(state.stage[applicants] == entry["stage"]) & (state.market.best_tier[applicants] != HELD)]
    for index in placed[state.distance_m[placed] > entry["farthest_m"]]:
        yield Text(
            f"Hồ sơ {state.shown[index]}: xa hơn mức {entry['farthest_m']} m.",
            f"Applicant {state.shown[index]}: farther than the limit of {entry['farthest_m']} m.",
        )


def placed_at(state: Checked, entry: Mapping[str, Any]) -> Truths:
    """Tell who was placed at the entry's stage and level."""
    of_level = np.array(state.files.applicants["level"], dtype=object) == entry["level"]
    return np.asarray(of_level & (state.stage == entry["stage"]) & (state.pool != NONE))


def longest_of_groups_m(state: Checked, entry: Mapping[str, Any]) -> int:
    """Return the longest way of those who are placed together at the entry's stage and level and held no seat."""
    seated = placed_at(state, entry) & (state.market.family != NONE)
    return int(state.distance_m[seated & (state.market.best_tier != HELD)].max(initial=0))


def check_farthest(
    state: Checked,
    proof: Mapping[str, Any],
    *,
    gone_m: int,
    pairs: Integers,
    seats: Integers,
    placed: Mapping[int, int],
) -> Iterator[Text]:
    """Yield what contradicts that no shorter limit places as many of each tier.

    Parameters
    ----------
    proof
        What the certificate says of the longest way at a level.
    gone_m
        The longest way of groups that have their seats already: the limit is no shorter, and needs no proof where it is
        as long.
    pairs
        All pairs of the market that take part, of whatever length.
    seats
        For each pool the seats that are to be had.
    placed
        How many of each tier are placed.
    """
    tier, farthest_m = state.market.best_tier[state.market.applicant[pairs]], proof["farthest_m"]
    number = {
        state.pool_name[pool]: pool for pool, of_level in enumerate(state.pool_level) if of_level == proof["level"]
    }

    def most_by(kept: Truths, names: list[str]) -> int:
        chosen = np.array(sorted({number[name] for name in names}), dtype=np.int64)
        outside = kept & ~np.isin(state.market.pool[pairs], chosen)
        return int(seats[chosen].sum()) + len(np.unique(state.market.applicant[pairs[outside]]))

    for each in np.unique(tier).tolist():
        most, placed_count = most_by(tier <= each, proof["enough"][str(each)]), _up_to(each, placed)
        if most != placed_count:
            yield Text(
                f"certificate.json: diện 1–{each} xếp {placed_count} em, chưa chứng minh là nhiều nhất ({most}).",
                f"certificate.json: {placed_count} of tiers up to {each} are placed, not proven the most ({most}).",
            )
    if farthest_m <= gone_m:
        if farthest_m < gone_m or proof["short_tier"] is not None or proof["short"]:
            yield Text(
                f"certificate.json: mức {farthest_m} m không khớp với quãng xa nhất của các nhóm, {gone_m} m.",
                f"certificate.json: the limit of {farthest_m} m does not fit the longest way of groups, {gone_m} m.",
            )
        return
    shorter = (state.market.distance_m[pairs] < farthest_m) | _holds_seat(state, pairs)
    last = proof["short_tier"]
    if most_by(shorter & (tier <= last), proof["short"]) >= _up_to(last, placed):
        yield Text(
            f"certificate.json: chưa chứng minh rằng dưới {farthest_m} m không đủ chỗ.",
            f"certificate.json: it is not proven that ways under {farthest_m} m are not enough.",
        )


def _up_to(last: int, placed: Mapping[int, int]) -> int:
    return sum(count for tier, count in placed.items() if tier <= last)


def _holds_seat(state: Checked, pairs: Integers) -> Truths:
    return np.asarray(state.market.best_tier[state.market.applicant[pairs]] == HELD)
