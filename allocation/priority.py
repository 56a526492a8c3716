"""What a policy makes of the facts: who may sit where, in which tier, and who comes before whom.

Pure and exact: whole numbers alone, so that every order is strict and the same on every machine. The verifier works
out the same from the files with code of its own (`allocation.verify_rule`).
"""

from dataclasses import replace
from functools import reduce

import numpy as np

from allocation.model import UNPLACED, AllocationProblem, Integers, Truths
from allocation.policy import Policy
from allocation.policy_rules import (
    Condition,
    DeferredAcceptanceStage,
    PreferenceSource,
    Stage,
    TierRule,
)
from allocation.seat_pools import HELD_TIER, KeptSeats, is_open_in, is_tagged, with_seat_pools

FARTHEST_M = 10_000_000
"""Longer than any way that a problem may hold (`allocation.distance_rows`)."""

NO_RANK = 2**40
"""After everybody who has a rank."""

_SEPARATOR = ";"

_COMPARED = {
    Condition.LIVES_IN_AREA: ("area", True),
    Condition.ATTENDED_IN_AREA: ("attended_area", True),
    Condition.PARENT_WORKS_IN_AREA: ("parent_work_area", True),
    Condition.ATTENDED_THIS_SCHOOL: ("attended_school", False),
    Condition.PARENT_WORKS_AT_SCHOOL: ("parent_work_school", False),
    Condition.SIBLING_AT_SCHOOL: ("sibling_school", False),
    Condition.HOME_SCHOOL: ("home_school", False),
}
"""For each condition the applicant's column, and whether the school's area is compared with it or its code."""


def under_policy(problem: AllocationProblem, policy: Policy) -> AllocationProblem:
    """Return what the policy makes of the facts of a round.

    Every pair has its tier, pairs that no tier rule fits are gone, seats kept for a group are pools of their own, and
    whoever holds a seat from an earlier run has that seat before everybody else and the schools that are better.
    Members of a group draw as one, if the policy says so.
    """
    ruled = _with_held_seats(replace(problem, pair_tier=_pair_tiers(problem, policy.tiers)), policy)
    ruled = ruled.only(pairs=ruled.pair_tier != UNPLACED, capacity=ruled.pool_capacity)
    if policy.kept_seats:
        ruled = with_seat_pools(ruled, policy)
    ruled = replace(ruled, priority_tier=_best_tiers(ruled), lottery_rank=_draw(ruled, policy))
    return ruled if policy.keep_together else replace(ruled, together=np.full_like(ruled.together, UNPLACED))


def may_take_part(problem: AllocationProblem, kinds: tuple[KeptSeats, ...], stage: Stage) -> Truths:
    """Return for each pair whether the stage may use it: its limits, its tiers, and whose seats they are."""
    by_level = [stage.max_distance_m.get(level, FARTHEST_M) for level in problem.pool_level]
    near = problem.pair_distance_m <= np.array(by_level, dtype=np.int64)[problem.pair_pool]
    held = problem.pair_tier == HELD_TIER
    of_tier = np.isin(problem.pair_tier, stage.tiers) if stage.tiers else np.ones_like(near)
    taking_part = (near & of_tier & _is_acceptable(problem, stage)) | held
    return np.asarray(taking_part & (is_open_in(problem, kinds, stage) | held)) if kinds else np.asarray(taking_part)


def _is_acceptable(problem: AllocationProblem, stage: Stage) -> Truths:
    """Return for each pair whether the school ranked the applicant, or ranks nobody, if the stage looks at that."""
    is_ranked = problem.pair_given_priority > 0
    if not isinstance(stage, DeferredAcceptanceStage) or not stage.takes_only_ranked or not is_ranked.any():
        return np.ones(len(problem.pair_pool), dtype=bool)
    seats = np.unique(problem.pool_school_code + "\n" + problem.pool_level, return_inverse=True)[1][problem.pair_pool]
    return np.asarray(is_ranked | ~np.isin(seats, seats[is_ranked]))


def _pair_tiers(problem: AllocationProblem, rules: tuple[TierRule, ...]) -> Integers:
    if not rules:
        return problem.priority_tier[problem.pair_applicant]
    tier = np.full(len(problem.pair_pool), UNPLACED, dtype=np.int64)
    for rule in reversed(rules):
        fits = reduce(np.logical_and, [_holds(problem, condition, rule) for condition in rule.when])
        if rule.tag:
            fits = fits & is_tagged(problem, rule.tag)[problem.pair_applicant]
        tier[fits] = rule.tier
    return tier


def _holds(problem: AllocationProblem, condition: Condition, rule: TierRule) -> Truths:
    if condition is Condition.EVERYBODY:
        return np.ones(len(problem.pair_pool), dtype=bool)
    if condition is Condition.STATED_TIER:
        return np.asarray(problem.priority_tier[problem.pair_applicant] == rule.tier)
    if condition is Condition.AREAS_NOT_GIVEN:
        return np.full(len(problem.pair_pool), not areas_are_given(problem))
    column, is_area = _COMPARED[condition]
    stated = problem.applicant_facts.get(column)
    named = problem.pool_facts.get("area") if is_area else problem.pool_school_code
    if stated is None or named is None:
        return np.zeros(len(problem.pair_pool), dtype=bool)
    words, of_applicant = np.unique(stated, return_inverse=True)
    places, of_pool = np.unique(named, return_inverse=True)
    meets = np.array([[_meet(word, place) for place in places] for word in words], dtype=bool)
    table = meets.reshape(len(words), len(places))
    return np.asarray(table[of_applicant[problem.pair_applicant], of_pool[problem.pair_pool]])


def areas_are_given(problem: AllocationProblem) -> bool:
    """Tell whether some applicant and some school of the round state an area."""
    return "area" in problem.pool_facts and any(
        column in problem.applicant_facts for column, is_area in _COMPARED.values() if is_area
    )


def _meet(stated: str, named: str) -> bool:
    """Tell whether one of the words on one side stands on the other; nothing stated meets nothing."""
    here, there = ({word.strip() for word in text.split(_SEPARATOR)} - {""} for text in (stated, named))
    return not here.isdisjoint(there)


def _with_held_seats(problem: AllocationProblem, policy: Policy) -> AllocationProblem:
    """Put held seats before everybody, also where no tier rule fits, and leave out what is no better than them.

    Better is a place higher in the applicant's own order: by rank, then metres where a stage looks at submitted wishes,
    else by metres alone. At the same rank and metres nobody moves.
    """
    held = problem.held_pool[problem.pair_applicant]
    if not (held != UNPLACED).any():
        return problem
    at_held = problem.pair_pool == held
    rank = ranked(problem.pair_preference) if looks_at_wishes(policy) else np.zeros_like(problem.pair_preference)
    held_m, held_rank = (np.full(problem.applicant_count, NO_RANK, dtype=np.int64) for _ in range(2))
    held_m[problem.pair_applicant[at_held]] = problem.pair_distance_m[at_held]
    held_rank[problem.pair_applicant[at_held]] = rank[at_held]
    own_m, own_rank = held_m[problem.pair_applicant], held_rank[problem.pair_applicant]
    has_seat = own_m < NO_RANK
    is_better = (rank < own_rank) | ((rank == own_rank) & (problem.pair_distance_m < own_m))
    settled = problem.is_confirmed[problem.pair_applicant]
    may_worsen = policy.may_worsen_held_seats
    kept = at_held | ~has_seat | (~settled & (is_better | may_worsen))
    tiers = np.where(at_held & (settled | (not may_worsen)), HELD_TIER, problem.pair_tier)
    return replace(problem, pair_tier=tiers).only(pairs=kept, capacity=problem.pool_capacity)


def looks_at_wishes(policy: Policy) -> bool:
    """Tell whether any stage goes by the preferences that families submitted."""
    asked = (stage.preferences for stage in policy.stages if isinstance(stage, DeferredAcceptanceStage))
    return any(source is not PreferenceSource.NEAREST for source in asked)


def ranked(preference: Integers) -> Integers:
    """Return ranks with those of no rank after all others."""
    return np.where(preference > 0, preference, NO_RANK)


def schools_of(problem: AllocationProblem) -> Integers:
    """Return for each pool the number of its school, by code."""
    return np.asarray(np.unique(problem.pool_school_code, return_inverse=True)[1], dtype=np.int64)


def _best_tiers(problem: AllocationProblem) -> Integers:
    """Return the best tier of each applicant; the stated one where no pair is left."""
    best = np.full(problem.applicant_count, NO_RANK, dtype=np.int64)
    np.minimum.at(best, problem.pair_applicant, problem.pair_tier)
    return np.where(best == NO_RANK, problem.priority_tier, best)


def _draw(problem: AllocationProblem, policy: Policy) -> Integers:
    """Return the draw as the policy wants it: for families as one, in a later run perhaps turned round."""
    rank = problem.lottery_rank
    if policy.lottery.next_round == "reverse" and (problem.held_pool != UNPLACED).any():
        rank = problem.applicant_count - 1 - rank
    in_family = problem.together != UNPLACED
    if policy.lottery.per == "applicant" or not in_family.any():
        return rank
    families, first = np.unique(problem.together[in_family], return_index=True)
    drawn = np.full(int(families.max()) + 1, 0, dtype=np.int64)
    drawn[families] = rank[np.flatnonzero(in_family)[first]]
    shared = np.where(in_family, drawn[np.where(in_family, problem.together, 0)], rank)
    ranks = np.empty_like(rank)
    ranks[np.lexsort([np.arange(len(rank)), shared])] = np.arange(len(rank))
    return ranks
