"""Every seat is one that may be given, and none is given twice, wasted, or taken from those who hold it."""

from collections.abc import Iterator

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import HELD, Truths
from allocation.verify_state import Checked, name_of_school
from spatial.text import Text

_NEAREST_FIRST = ("least_travel", "least_farthest")
"""In these stages a nearer free seat is better; what deferred acceptance owes is checked by `check_acceptance`."""


def check_admissible(state: Checked) -> Iterator[Text]:
    """Yield offers of seats that the applicant or the stage may not use, or at another distance."""
    offered = np.array([bool(code) for code in state.offered_code], dtype=bool)
    known = state.own_pair != NONE
    expected_m = np.where(known, np.append(state.market.distance_m, NONE)[state.own_pair], NONE)
    for index in np.flatnonzero(offered & ~known):
        who, where = state.shown[index], state.offered_code[index]
        yield Text(
            f"Hồ sơ {who}: trường {where} không nằm trong các trường được xét.",
            f"Applicant {who}: school {where} is none that this applicant may be placed in.",
        )
    for index in np.flatnonzero(known & (expected_m != state.distance_m)):
        yield Text(
            f"Hồ sơ {state.shown[index]}: distance_m ghi {state.distance_m[index]}, bài toán là {expected_m[index]}.",
            f"Applicant {state.shown[index]}: distance_m says {state.distance_m[index]}, the problem "
            f"{expected_m[index]}.",
        )
    says_more = (state.distance_m != NONE) | (state.stage != NONE) | _has_seat_group(state)
    for index in np.flatnonzero(~offered & says_more):
        yield Text(
            f"Hồ sơ {state.shown[index]} không có trường nhưng có khoảng cách, giai đoạn hoặc nhóm chỗ.",
            f"Applicant {state.shown[index]} has no school but a distance, a stage or a seat group.",
        )
    placed = np.flatnonzero(known)
    own = state.market.only(state.own_pair[placed])
    by_stage = np.zeros(len(placed), dtype=bool)
    for number, rule in enumerate(state.stages, start=1):
        by_stage |= (state.stage[placed] == number) & own.allowed_in(rule)
    for index in placed[~by_stage]:
        yield Text(
            f"Hồ sơ {state.shown[index]}: giai đoạn {state.stage[index]} không thể xếp chỗ này.",
            f"Applicant {state.shown[index]}: stage {state.stage[index]} cannot give this seat.",
        )


def _has_seat_group(state: Checked) -> Truths:
    groups = state.files.offers.get("seat_group")
    if groups is None:
        return np.zeros(len(state.shown), dtype=bool)
    return np.array([groups[row] != "" for row in state.offer_row.tolist()], dtype=bool)


def check_together(state: Checked) -> Iterator[Text]:
    """Yield the groups whose members are not all in one school, or some without a seat."""
    where: dict[int, set[str]] = {}
    family = state.market.family
    for index in np.flatnonzero(family != NONE).tolist():
        where.setdefault(int(family[index]), set()).add(state.offered_code[index])
    for group in sorted(group for group, codes in where.items() if len(codes) > 1):
        first = state.shown[int(np.flatnonzero(family == group)[0])]
        yield Text(
            f"Nhóm của hồ sơ {first} phải cùng một trường.", f"The group of applicant {first} must be in one school."
        )


def check_capacities(state: Checked) -> Iterator[Text]:
    """Yield the pools with more children than seats."""
    placed = state.placed_counts()
    for pool in np.flatnonzero(placed > state.capacity):
        name = name_of_school(state, int(pool))
        yield Text(
            f"Trường {name}: xếp {placed[pool]} em, chỉ có {state.capacity[pool]} chỗ.",
            f"School {name}: {placed[pool]} placed, but the number of seats is {state.capacity[pool]}.",
        )


def check_no_waste(state: Checked) -> Iterator[Text]:
    """Yield those who have a nearer school with a free seat, in stages where nearer is better."""
    market = state.market
    has_free = state.placed_counts() < state.capacity
    own_stage = np.where(state.pool == NONE, state.stage_count, state.stage)
    own_m = np.where(state.pool == NONE, np.iinfo(np.int64).max, state.distance_m)
    allowed = np.zeros(len(market.pool), dtype=bool)
    for number, rule in enumerate(state.stages, start=1):
        if rule["kind"] in _NEAREST_FIRST:
            allowed |= state.allowed[number - 1] & (own_stage[market.applicant] == number)
    alone = market.family[market.applicant] == NONE
    wasted = has_free[market.pool] & (market.distance_m < own_m[market.applicant]) & allowed & alone
    _, first = np.unique(market.applicant[wasted], return_index=True)
    for pair in np.flatnonzero(wasted)[first]:
        who, where = state.shown[market.applicant[pair]], name_of_school(state, int(market.pool[pair]))
        yield Text(
            f"Hồ sơ {who}: trường {where} gần hơn và còn chỗ trống.",
            f"Applicant {who}: school {where} is nearer and has a free seat.",
        )


def check_promises(state: Checked) -> Iterator[Text]:
    """Yield what the policy promises to everybody and does not keep: a seat, and the seat held from an earlier run."""
    if state.files.policy["everybody_must_be_placed"]:
        for index in np.flatnonzero(state.pool == NONE):
            yield Text(
                f"Hồ sơ {state.shown[index]} không có chỗ, nhưng quy tắc đòi ai cũng có.",
                f"Applicant {state.shown[index]} has no seat, but the policy demands one for everybody.",
            )
    yield from _check_held(state)


def _check_held(state: Checked) -> Iterator[Text]:
    """Yield those who lost the seat that they held although it is free, or somebody sits in it who did not hold it.

    What would be worse than the held seat is no pair of the market, so that whoever holds one can only lose it. Where
    some of a family held no seat there, the family may have had to move on together.
    """
    market = state.market
    holding = np.flatnonzero((market.tier == HELD) & state.allowed[0])
    lost = holding[(state.pool == NONE)[market.applicant[holding]]]
    if not len(lost):
        return
    newcomer = np.flatnonzero((state.pool != NONE) & (np.append(market.tier, NONE)[state.own_pair] != HELD))
    open_to_others = state.placed_counts() < state.capacity
    open_to_others[state.pool[newcomer]] = True
    all_hold = _families_that_hold(state, holding)
    for pair in lost[open_to_others[market.pool[lost]]]:
        who = int(market.applicant[pair])
        if market.family[who] == NONE or int(market.family[who]) in all_hold:
            where = name_of_school(state, int(market.pool[pair]))
            yield Text(
                f"Hồ sơ {state.shown[who]}: mất chỗ đang giữ ở trường {where}.",
                f"Applicant {state.shown[who]}: the seat held in school {where} was taken away.",
            )


def _families_that_hold(state: Checked, holding: Integers) -> set[int]:
    """Return the families of which every member holds a seat of one and the same school."""
    codes = state.files.schools["school_code"]
    held: dict[int, set[tuple[int, str]]] = {}
    for pair in holding.tolist():
        who, row = int(state.market.applicant[pair]), state.market.school_row[state.market.pool[pair]]
        held.setdefault(int(state.market.family[who]), set()).add((who, codes[row]))
    sizes = np.bincount(state.market.family[state.market.family != NONE])
    return {
        family
        for family, seats in held.items()
        if family != NONE and len({code for _, code in seats}) == 1 and len({who for who, _ in seats}) == sizes[family]
    }
