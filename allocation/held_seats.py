"""Seats held from an earlier run when seats have become fewer, an appeal was upheld, or a family has changed.

Frames: ``people`` has ``held_school``, ``held_seat_group``, ``is_confirmed``, ``together`` and the facts of applicants,
``schools`` and ``pairs`` as `allocation.problem_files.build_problem` takes them.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocation.figures import pairs_of
from allocation.model import HELD_SEAT_GROUP, UNPLACED, AllocationProblem, Integers, Truths
from allocation.orders import school_order
from allocation.policy import Policy
from allocation.policy_rules import DeferredAcceptanceStage
from allocation.priority import under_policy
from allocation.problem_files import build_problem
from allocation.seat_pools import OPEN_SEATS

SEATS_ON_APPEAL = "seats_on_appeal"
"""Column of schools: how many seats stand above the stated capacity because appeals were upheld."""

_LAST = 2**40
_MOST_SEATS_RAISED = 1000
_USUAL_ORDER = DeferredAcceptanceStage(kind="deferred_acceptance")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """The frames of a run that is being prepared, and its rule."""

    people: pd.DataFrame
    schools: pd.DataFrame
    pairs: pd.DataFrame
    policy: Policy
    seed: str

    def facts(self) -> AllocationProblem:
        """Return the problem as it stands."""
        return build_problem(self.people, self.schools, self.pairs, seed=self.seed)


def settle(standing: Standing) -> tuple[Standing, list[str]]:
    """Return the run in which no more children hold seats than there are, and the numbers of those who lost theirs.

    Where a pool has become too small, the last in the order of the school lose their seat, those who have confirmed
    after all others; a child who may sit in another seat group of the school that has room gets a seat there.
    """
    facts = standing.facts()
    problem = under_policy(facts, standing.policy)
    if problem.pool_count == 0:
        holding = standing.people["held_school"] != ""
        return standing, sorted(standing.people.loc[holding, "applicant_no"])
    pool = _held_pools(facts, standing.policy)
    count = np.bincount(pool[pool != UNPLACED], minlength=problem.pool_count)
    unknown = _holds_where_nothing_is(standing.people, facts)
    if (count <= problem.pool_capacity).all():
        return standing, unknown
    free = replace(facts, held_pool=np.full_like(facts.held_pool, UNPLACED))
    free = replace(under_policy(free, standing.policy), lottery_rank=problem.lottery_rank)
    over = _over(free, pool, facts.is_confirmed, standing.policy)
    lost, moved = [], {}
    count = np.minimum(count, problem.pool_capacity)
    for applicant in over:
        other = _room(free, int(pool[applicant]), applicant, count)
        if other == UNPLACED:
            lost.append(str(facts.applicant_no[applicant]))
        else:
            count[other] += 1
            moved[str(facts.applicant_no[applicant])] = str(problem.pool_seat_group[other])
    people = standing.people.copy()
    for number, group in moved.items():
        people.loc[people["applicant_no"] == number, HELD_SEAT_GROUP] = group
    return replace(standing, people=people), sorted([*lost, *unknown])


def _holds_where_nothing_is(people: pd.DataFrame, facts: AllocationProblem) -> list[str]:
    """Return those who hold a seat in a school and level that is gone."""
    without = set(facts.applicant_no[facts.held_pool == UNPLACED])
    holding = people.loc[people["held_school"] != "", "applicant_no"]
    return [number for number in holding if number in without]


def _groups(policy: Policy) -> list[str]:
    return sorted([OPEN_SEATS, *(kind.code for kind in policy.kept_seats)])


def _held_pools(facts: AllocationProblem, policy: Policy) -> Integers:
    """Return for each applicant the pool under the policy in which a seat is held, or `UNPLACED`."""
    codes = _groups(policy)
    stated = facts.applicant_facts.get(HELD_SEAT_GROUP, np.full(facts.applicant_count, OPEN_SEATS, dtype=object))
    place = np.array([codes.index(code) for code in stated], dtype=np.int64)
    return np.where(facts.held_pool == UNPLACED, UNPLACED, facts.held_pool * len(codes) + place)


def _over(free: AllocationProblem, pool: Integers, is_confirmed: Truths, policy: Policy) -> list[int]:
    """Return those whose pool has no seat for them, by pool, the first in its order first."""
    stage = next((one for one in policy.stages if isinstance(one, DeferredAcceptanceStage)), _USUAL_ORDER)
    place = school_order(free, stage, policy.kept_seats)
    own = pairs_of(free, pool)
    standing = np.where(own == UNPLACED, _LAST, np.append(place, _LAST)[own])
    holders = np.flatnonzero(pool != UNPLACED)
    order = holders[np.lexsort([holders, standing[holders], ~is_confirmed[holders], pool[holders]])]
    turn = np.arange(len(order)) - np.searchsorted(pool[order], pool[order])
    return [int(applicant) for applicant in order[turn >= free.pool_capacity[pool[order]]]]


def _room(free: AllocationProblem, pool: int, applicant: int, count: Integers) -> int:
    """Return another pool of the same school and level with a free seat that the applicant may sit in."""
    same = (free.pool_school_code == free.pool_school_code[pool]) & (free.pool_level == free.pool_level[pool])
    own = free.pair_pool[free.pair_applicant == applicant]
    for other in np.flatnonzero(same & (count < free.pool_capacity)).tolist():
        if other in own:
            return int(other)
    return UNPLACED


def with_appeal(standing: Standing, applicant_no: str, school_code: str) -> tuple[Standing, int]:
    """Return the run in which an applicant has a confirmed seat in a school, and by how many its capacity was raised.

    The seat stands above the capacity when the school has no free one. Where a share of the capacity is kept for a
    group, it is raised until everybody who holds a seat there has one of the own kind.
    """
    people, schools = standing.people.copy(), standing.schools.copy()
    row = people["applicant_no"] == applicant_no
    level = str(people.loc[row, "level"].iloc[0])
    people.loc[row, "held_school"] = ""
    group = _group_for(replace(standing, people=people), applicant_no, school_code)
    people.loc[row, ["held_school", HELD_SEAT_GROUP]] = [school_code, group]
    people.loc[row, "is_confirmed"] = 1
    in_school = (people["held_school"] == school_code) & (people["level"] == level)
    holders = people.loc[in_school, HELD_SEAT_GROUP].value_counts().sort_index()
    at = (schools["school_code"] == school_code) & (schools["level"] == level)
    raised = 0
    while raised < _MOST_SEATS_RAISED:
        seats = _seats(schools[at], standing.policy)
        short = [str(code) for code, count in holders.items() if count > seats.get(str(code), 0)]
        if not short:
            break
        raised += 1
        schools.loc[at, "capacity"] += 1
        column = next((one.column for one in standing.policy.seat_groups if one.code in short), "")
        if column in schools:
            schools.loc[at, column] = str(int(schools.loc[at, column].iloc[0] or 0) + 1)
    if raised:
        before = schools[SEATS_ON_APPEAL] if SEATS_ON_APPEAL in schools else pd.Series("", index=schools.index)
        schools[SEATS_ON_APPEAL] = before.where(~at, before.map(lambda text: str(int(text or 0) + raised)))
    return replace(standing, people=people, schools=schools), raised


def _group_for(standing: Standing, applicant_no: str, school_code: str) -> str:
    """Return the seat group in which the applicant is to sit: one with room, else the open seats if allowed."""
    if not standing.policy.kept_seats:
        return OPEN_SEATS
    own = standing.people["applicant_no"] == applicant_no
    alone = replace(
        standing,
        people=standing.people[own],
        pairs=standing.pairs[standing.pairs["applicant_no"] == applicant_no],
    )
    level = str(standing.people.loc[own, "level"].iloc[0])
    problem = under_policy(alone.facts(), standing.policy)
    of_school = problem.pair_pool[problem.pool_school_code[problem.pair_pool] == school_code]
    allowed = sorted({str(problem.pool_seat_group[pool]) for pool in of_school.tolist()}) or [OPEN_SEATS]
    same = standing.people[(standing.people["held_school"] == school_code) & (standing.people["level"] == level)]
    rows = standing.schools
    own_row = rows[(rows["school_code"] == school_code) & (rows["level"] == level)]
    seats = _seats(own_row, standing.policy)
    # An appeal stands above a quota: any free seat will do, and else the seat by which the school becomes larger.
    considered = [*allowed, *sorted(seats)] if standing.policy.tier_quotas else allowed
    with_room = next((one for one in considered if (same[HELD_SEAT_GROUP] == one).sum() < seats.get(one, 0)), None)
    if with_room is not None or not standing.policy.tier_quotas:
        return allowed[0] if with_room is None else with_room
    larger = _seats(own_row.assign(capacity=own_row["capacity"] + 1), standing.policy)
    return next((one for one in larger if larger[one] > seats.get(one, 0)), allowed[0])


def _seats(row: pd.DataFrame, policy: Policy) -> dict[str, int]:
    """Return the seats of each group of one row of the schools."""
    nobody = pd.DataFrame({"applicant_no": pd.Series(dtype=object), "level": pd.Series(dtype=object)})
    no_pairs = pd.DataFrame(
        {"applicant_no": pd.Series(dtype=object), "school_code": pd.Series(dtype=object), "distance_m": []}
    )
    problem = under_policy(build_problem(nobody, row, no_pairs, seed=""), policy)
    return {str(code): int(count) for code, count in zip(problem.pool_seat_group, problem.pool_capacity, strict=True)}


def with_families_regrouped(people: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return who is placed together in the next run, and the numbers of those who can no longer wait for the others.

    Children of a family who hold seats in one school stay together. Once some of a family hold a seat, those who hold
    none are placed without them, for nobody who holds a seat may lose it; the school of the others counts as that of a
    sibling (``sibling_school``).
    """
    if not (people["together"] != "").any():
        return people, []
    people = people.copy()
    apart: list[str] = []
    together = people["together"].copy()
    for rows in people[people["together"] != ""].groupby("together", sort=True).groups.values():
        family = people.loc[rows].sort_values("applicant_no")
        held = sorted(set(family["held_school"]) - {""})
        for code, members in family.groupby("held_school", sort=True):
            first = members["applicant_no"].iloc[0]
            together[members.index] = first if len(members) > 1 else ""
            if held and not code:
                apart += members["applicant_no"].tolist()
                if "sibling_school" not in people:
                    people["sibling_school"] = ""
                people.loc[members.index, "sibling_school"] = [
                    ";".join(sorted({*str(text).split(";"), *held} - {""}))
                    for text in people.loc[members.index, "sibling_school"]
                ]
    return people.assign(together=together), sorted(apart)
