"""Who comes before whom: the list of each applicant and the order of each pool, strict and in whole numbers."""

import numpy as np

from allocation.model import UNPLACED, AllocationProblem, Integers, Truths
from allocation.policy_rules import DeferredAcceptanceStage, OrderKey, PreferenceSource
from allocation.priority import (
    FARTHEST_M,
    NO_RANK,
    ranked,
    schools_of,
)
from allocation.seat_pools import HELD_TIER, KeptSeats, comes_after_own, seat_turn
from allocation.whole_number_order import order_by


def preference_order(problem: AllocationProblem, source: PreferenceSource, groups: tuple[KeptSeats, ...]) -> Integers:
    """Return the indices of the pairs, applicant by applicant, each applicant's best first.

    Nearest first, at equal metres the first by school_code; or as submitted, where pairs without a rank are left out,
    save a held seat, or follow nearest first. Those placed together have one list: the schools that all of them may
    have, by the sum of their metres or ranks. Of the seats of one school those kept for the applicant come first, then
    the open ones.
    """
    rank, distance_m, takes_part = wishes(problem, source)
    keys = [problem.pair_applicant, rank, distance_m]
    if groups:
        keys += [schools_of(problem)[problem.pair_pool], seat_turn(problem, groups)]
    # Pairs lie in the order of their pools, that is, of school_code: what is equal so far stays in it.
    order = order_by(*keys)
    return order if takes_part.all() else order[takes_part[order]]


def school_order(problem: AllocationProblem, stage: DeferredAcceptanceStage, groups: tuple[KeptSeats, ...]) -> Integers:
    """Return for each pair its place in the order of the pool, 0 first: who comes before whom in that school.

    Held seats first, then in reserved seats those for whom they are, then the keys of the stage. Those placed together
    stand one after the other, at the place of the last of them.
    """
    keys = [np.where(problem.pair_tier == HELD_TIER, 0, 1), comes_after_own(problem, groups)]
    keys += [key_of(problem, name, stage) for name in stage.order]
    if OrderKey.LOTTERY not in stage.order:
        keys.append(problem.lottery_rank[problem.pair_applicant])
    alone = _places(keys, problem.pair_pool)
    if not (problem.together != UNPLACED).any():
        return alone
    family = np.where(problem.together == UNPLACED, -1 - np.arange(problem.applicant_count), problem.together)
    family_and_pool = family[problem.pair_applicant] * (problem.pool_count + 1) + problem.pair_pool
    group, member = np.unique(family_and_pool, return_inverse=True)
    last = np.full(len(group), -1, dtype=np.int64)
    np.maximum.at(last, member, alone)
    return _places([last[member], alone], problem.pair_pool)


def has_wishes(problem: AllocationProblem) -> Truths:
    """Return for each applicant whether any of the pairs has a submitted rank."""
    named = np.zeros(problem.applicant_count, dtype=bool)
    named[problem.pair_applicant[problem.pair_preference > 0]] = True
    return named


def wishes(problem: AllocationProblem, source: PreferenceSource) -> tuple[Integers, Integers, Truths]:
    """Return rank (0 where nearness alone counts) and metres of each pair, and whether it stands in the list.

    Ranks and metres of those placed together are summed over the group.
    """
    by_nearness = source is PreferenceSource.NEAREST
    rank = np.zeros_like(problem.pair_preference) if by_nearness else ranked(problem.pair_preference)
    listed = (rank < NO_RANK) | (problem.pair_tier == HELD_TIER)
    if source is PreferenceSource.SUBMITTED_OR_NEAREST:
        listed |= ~has_wishes(problem)[problem.pair_applicant]
    elif source is not PreferenceSource.SUBMITTED:
        listed = np.ones_like(listed)
    if not (problem.together != UNPLACED).any():
        return rank, problem.pair_distance_m, listed
    return _wishes_together(problem, rank, listed)


def _wishes_together(problem: AllocationProblem, rank: Integers, listed: Truths) -> tuple[Integers, Integers, Truths]:
    """Sum ranks and metres over each group, and leave to it the schools that all its members have in their lists."""
    family = problem.together[problem.pair_applicant]
    in_family = family != UNPLACED
    school = schools_of(problem)[problem.pair_pool]
    sizes = np.bincount(problem.together[problem.together != UNPLACED])
    keys = family * (int(school.max(initial=0)) + 1) + school
    # One pair a member and school: seat groups of a school would count twice.
    member = problem.pair_applicant * (int(school.max(initial=0)) + 1) + school
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(member, return_index=True)[1]] = True
    counted = np.flatnonzero(in_family & listed & first)
    group, index = np.unique(keys[counted], return_inverse=True)
    count, sum_m, sum_rank = (np.zeros(len(group), dtype=np.int64) for _ in range(3))
    np.add.at(count, index, 1)
    np.add.at(sum_m, index, problem.pair_distance_m[counted])
    np.add.at(sum_rank, index, rank[counted])
    at = np.searchsorted(group, keys)
    found = in_family & listed & (np.append(group, -1)[at] == keys)
    complete = found & (np.append(count, 0)[at] == np.append(sizes, 0)[np.where(in_family, family, -1)])
    whole_m = np.where(found, np.append(sum_m, 0)[at], problem.pair_distance_m)
    whole_rank = np.where(found, np.append(sum_rank, 0)[at], rank)
    return whole_rank, whole_m, np.where(in_family, complete, listed)


def key_of(problem: AllocationProblem, name: OrderKey, stage: DeferredAcceptanceStage) -> Integers:
    """Return for each pair the number by which a school puts applicants in order; the smaller is first."""
    if name is OrderKey.TIER:
        return problem.pair_tier
    if name is OrderKey.DISTANCE:
        return problem.pair_distance_m
    if name is OrderKey.DISTANCE_BAND:
        return np.searchsorted(np.array(stage.bands_m), problem.pair_distance_m, side="left").astype(np.int64)
    if name is OrderKey.RELATIVE_DISTANCE:
        return problem.pair_distance_m - _nearest_other_m(problem)
    if name is OrderKey.GIVEN_PRIORITY:
        return ranked(problem.pair_given_priority)
    return problem.lottery_rank[problem.pair_applicant]


def _nearest_other_m(problem: AllocationProblem) -> Integers:
    """Return for each pair the metres to the nearest of the applicant's other schools; `FARTHEST_M` without another."""
    school = schools_of(problem)[problem.pair_pool]
    order = order_by(problem.pair_applicant, problem.pair_distance_m)
    own, far = problem.pair_applicant[order], np.full(problem.applicant_count, FARTHEST_M, dtype=np.int64)
    starts = np.flatnonzero(np.append(True, own[1:] != own[:-1])) if len(own) else np.array([], dtype=np.int64)
    nearest_m, nearest_school, second_m = far.copy(), np.full_like(far, UNPLACED), far.copy()
    nearest_m[own[starts]] = problem.pair_distance_m[order[starts]]
    nearest_school[own[starts]] = school[order[starts]]
    other = school != nearest_school[problem.pair_applicant]
    np.minimum.at(second_m, problem.pair_applicant[other], problem.pair_distance_m[other])
    return np.where(other, nearest_m[problem.pair_applicant], second_m[problem.pair_applicant])


def _places(keys: list[Integers], pool: Integers) -> Integers:
    """Return for each pair its place within its pool by the keys, the first key weighing most."""
    order = order_by(pool, *keys)
    count = np.bincount(pool)
    places = np.empty(len(pool), dtype=np.int64)
    places[order] = np.arange(len(pool)) - np.repeat(np.cumsum(count) - count, count)
    return places
