"""Deferred acceptance proven: nobody can contest a seat, and nothing of that kind is better for the children.

Both are shown without placing anybody, for all pairs.

A claim is just when the applicant would rather have the school than the own answer, and the school has a free seat or
somebody in it who comes after the applicant in its order. A placement without just claims is called stable.

Of the stable placements the stage owes the one that is best for all applicants at once. Ask of every school: who is the
first in its order, after the last whom it has, that would rather be here? Draw an arrow to the school that this child
has now. If the arrows close a ring, the children along it can all move up, and the placement stays stable; if they
close none, no stable placement is better for anybody. (In a better one every school that changes takes in somebody
after its last, so its arrow leads to a child who moves too, out of another school that changes: all these arrows stay
among the schools that change, and so run into a ring.)

References
----------
Gusfield, Irving, The Stable Marriage Problem: Structure and Algorithms, 1989, sections 2.5 and 1.6: rotations.
Roth, Stability and Polarization of Interests in Job Matching, Econometrica 52(1), 1984: the same children are placed
in every stable placement.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import Market, Truths
from allocation.verify_orders import Orders, orders_of
from allocation.verify_refusals import check_refusals, refused_pairs
from allocation.verify_state import Checked, name_of_school, places_among
from spatial.text import Text

KIND = "deferred_acceptance"
_NOBODY = np.iinfo(np.int64).max
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Contest:
    """One stage: the pairs that can matter, and among them those at which an applicant would rather be.

    Parameters
    ----------
    orders
        Of every applicant the own pair and all that are wished for as much or more; of families all pairs.
    open_to
        Whether the school stands in the applicant's list and did not refuse the applicant's family.
    own
        For each applicant the pair (position among those of the orders) that the stage gave, or `NONE`.
    rather
        Positions of the pairs that their applicants wish for more than their own answer.
    last
        For each pool the standing of the last child that it has, -1 without any.
    """

    orders: Orders
    open_to: Truths
    own: Integers
    rather: Integers
    last: Integers

    @property
    def market(self) -> Market:
        """The pairs."""
        return self.orders.market


def check_acceptance(state: Checked) -> Iterator[Text]:
    """Yield what contradicts each stage of deferred acceptance."""
    for number, rule in enumerate(state.stages, start=1):
        if rule["kind"] == KIND:
            yield from _check_stage(state, number)


def _check_stage(state: Checked, number: int) -> Iterator[Text]:
    taking_part = state.pairs_of(number)
    orders = orders_of(state.market.only(taking_part), state.stages[number - 1])
    at_stage = state.stage == number
    own = np.where(at_stage, places_among(taking_part, state.own_pair), NONE)
    contest = _contest_of(state, orders, number=number, own=own)
    found = [*_check_listed(state, contest, at_stage), *_check_claims(state, contest, number)]
    yield from found
    if not found:
        yield from _check_best(state, contest)
    yield from check_refusals(state, orders, number=number)


def _contest_of(state: Checked, everything: Orders, *, number: int, own: Integers) -> _Contest:
    matters = everything.wished_for(own)
    orders, own = everything.only(matters), places_among(matters, own)
    market = orders.market
    open_to = orders.listed & ~refused_pairs(state, market, number=number)
    own_wish = np.append(orders.wish, _NOBODY)[own]
    last = np.full(len(state.capacity), -1, dtype=np.int64)
    placed = own[own != NONE]
    np.maximum.at(last, market.pool[placed], orders.standing[placed])
    rather = np.flatnonzero(open_to & (orders.wish < own_wish[market.applicant]))
    return _Contest(orders=orders, open_to=open_to, own=own, rather=rather, last=last)


def _check_listed(state: Checked, contest: _Contest, at_stage: Truths) -> Iterator[Text]:
    for index in np.flatnonzero(at_stage & ~np.append(contest.open_to, False)[contest.own]):
        yield Text(
            f"Hồ sơ {state.shown[index]}: trường này không có trong danh sách của hồ sơ.",
            f"Applicant {state.shown[index]}: this school is not in the applicant's list.",
        )


def _check_claims(state: Checked, contest: _Contest, number: int) -> Iterator[Text]:
    pool = contest.market.pool[contest.rather]
    is_free = state.placed_counts(stage=number) < state.seats_left(number)
    just = is_free[pool] | (contest.orders.standing[contest.rather] < contest.last[pool])
    for pair in contest.rather[just]:
        who = state.shown[contest.market.applicant[pair]]
        where = name_of_school(state, int(contest.market.pool[pair]))
        yield Text(
            f"Hồ sơ {who} có lý do chính đáng để đòi chỗ ở trường {where}.",
            f"Applicant {who} has a just claim to a seat in school {where}.",
        )


def _check_best(state: Checked, contest: _Contest) -> Iterator[Text]:
    """Yield each ring of children who could all move up in a placement that nobody can contest."""
    market = contest.market
    pool, standing = market.pool[contest.rather], contest.orders.standing[contest.rather]
    first = np.full(len(state.capacity), _NOBODY, dtype=np.int64)
    np.minimum.at(first, pool, standing)
    is_next = (standing == first[pool]) & (contest.last[pool] >= 0)
    now = contest.own[market.applicant[contest.rather[is_next]]]
    leads = {
        int(to): (int(market.pool[at]), int(who))
        for to, at, who in zip(pool[is_next], now, market.applicant[contest.rather[is_next]], strict=True)
        if at != NONE
    }
    for ring in _rings(leads):
        told = ", ".join(state.shown[who] for who in ring[:_NAMED]) + (" …" if len(ring) > _NAMED else "")
        yield Text(
            f"Các hồ sơ {told} có thể cùng đổi lên trường mong muốn hơn mà không ai có lý do phản đối.",
            f"Applicants {told} could all move up to schools that they rather wish for, and nobody could contest it.",
        )


def _rings(leads: dict[int, tuple[int, int]]) -> Iterator[list[int]]:
    """Yield for each ring of arrows the applicants along it."""
    walk_of: dict[int, int] = {}
    for start in leads:
        here = start
        while here in leads and here not in walk_of:
            walk_of[here] = start
            here = leads[here][0]
        if here in leads and walk_of[here] == start:
            ring, there = [leads[here][1]], leads[here][0]
            while there != here:
                ring.append(leads[there][1])
                there = leads[there][0]
            yield ring
