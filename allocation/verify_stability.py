"""Could anybody contest a seat that deferred acceptance gave? Checked for all pairs, without placing anybody.

A claim is just when the applicant would rather have the school than the own answer, and the school has a free seat or
somebody in it who comes after the applicant in its order.
"""

from collections.abc import Iterator

import numpy as np

from allocation.round_files import NONE
from allocation.verify_market import Truths
from allocation.verify_orders import orders_of
from allocation.verify_state import Checked, name_of_school
from spatial.text import Text

KIND = "deferred_acceptance"


def check_stability(state: Checked) -> Iterator[Text]:
    """Yield the just claims of each stage of deferred acceptance."""
    for number, rule in enumerate(state.stages, start=1):
        if rule["kind"] == KIND:
            yield from _check_stage(state, number)


def _check_stage(state: Checked, number: int) -> Iterator[Text]:
    taking_part = np.flatnonzero(state.pairs_of(number))
    market = state.market.only(taking_part)
    orders = orders_of(market, state.stages[number - 1])
    open_to = orders.listed & ~_refused(state, number)[taking_part]
    at_stage = state.stage == number
    here = np.searchsorted(taking_part, state.own_pair)
    own = np.where(at_stage & (np.append(taking_part, NONE)[here] == state.own_pair), here, NONE)
    for index in np.flatnonzero(at_stage & ~np.append(open_to, False)[own]):
        yield Text(
            f"Hồ sơ {state.shown[index]}: trường này không có trong danh sách của hồ sơ.",
            f"Applicant {state.shown[index]}: this school is not in the applicant's list.",
        )
    placed = own[own != NONE]
    last = np.full(len(state.capacity), -1, dtype=np.int64)
    np.maximum.at(last, market.pool[placed], orders.standing[placed])
    is_free = state.placed_counts(stage=number) < state.seats_left(number)
    own_wish = np.append(orders.wish, np.iinfo(np.int64).max)[own]
    would_rather = open_to & (orders.wish < own_wish[market.applicant])
    just = would_rather & (is_free[market.pool] | (orders.standing < last[market.pool]))
    for pair in np.flatnonzero(just):
        who, where = state.shown[market.applicant[pair]], name_of_school(state, int(market.pool[pair]))
        yield Text(
            f"Hồ sơ {who} có lý do chính đáng để đòi chỗ ở trường {where}.",
            f"Applicant {who} has a just claim to a seat in school {where}.",
        )


def _refused(state: Checked, number: int) -> Truths:
    """Return the pairs of families with schools that could not take them whole, as the certificate says."""
    refused = np.zeros(len(state.market.pool), dtype=bool)
    family_of = dict(zip(state.files.applicants["applicant_no"], state.market.family.tolist(), strict=True))
    codes = state.files.schools["school_code"]
    code_of_pool = np.array([codes[row] for row in state.market.school_row], dtype=object)
    for entry in state.files.certificate["levels"]:
        if entry["stage"] != number:
            continue
        for first, code in entry["refused_together"]:
            members = state.market.family == family_of[first]
            refused |= members[state.market.applicant] & (code_of_pool == code)[state.market.pool]
    return refused
