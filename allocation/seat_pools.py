"""The kinds of seats of every school: open ones, those kept for a tag, and those that quotas per tier make.

Each kind is a pool of its own. What a quota means for who gets a seat stands in `allocation.quota_rules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from allocation.model import HELD_SEAT_GROUP, UNPLACED, AllocationProblem, Integers, Strings, Truths
from allocation.policy import Policy
from allocation.policy_rules import DeferredAcceptanceStage, SeatGroup, Stage
from allocation.quota_rules import OPEN_TURN, OWN_TURN, TierQuota, TierSeats, capped_of, falls_back
from spatial.errors import InputError
from spatial.text import Text

KeptSeats = SeatGroup | TierSeats
OPEN_SEATS = ""
HELD_TIER = 0
"""Tier of an applicant at the seat held from an earlier run: before everybody else."""

_SEPARATOR = ";"
_WHOLE_PERCENT = 100


def with_seat_pools(problem: AllocationProblem, policy: Policy) -> AllocationProblem:
    """Return the problem with a pool for the open seats and one for each kept kind of every pool.

    Raises
    ------
    InputError
        A school has fewer seats than its quotas keep.
    """
    kinds = policy.kept_seats
    kept = _quota_sizes(problem, policy.tier_quotas) if policy.tier_quotas else _group_sizes(problem, policy)
    codes = np.array([OPEN_SEATS, *(kind.code for kind in kinds)], dtype=object)
    order = np.argsort(codes)
    seats = np.column_stack([problem.pool_capacity - kept.sum(axis=1), kept])[:, order]
    width = len(codes)
    pair = np.repeat(np.arange(len(problem.pair_pool)), width)
    of_kind = np.tile(np.arange(width), len(problem.pair_pool))
    allowed = np.column_stack([_may_sit(problem, code, policy) for code in codes[order]])
    is_allowed = allowed[pair, of_kind]
    # A column that is empty for everybody is none of the facts: then all seats that are held are open ones.
    nobody_in_group = np.full(problem.applicant_count, OPEN_SEATS, dtype=object)
    held_group = problem.applicant_facts.get(HELD_SEAT_GROUP, nobody_in_group)
    is_same = codes[order][of_kind] == held_group[problem.pair_applicant[pair]]
    is_allowed = np.where(problem.pair_tier[pair] == HELD_TIER, is_same, is_allowed)
    pair, of_kind = pair[is_allowed], of_kind[is_allowed]
    return replace(
        problem,
        pool_school_code=np.repeat(problem.pool_school_code, width),
        pool_level=np.repeat(problem.pool_level, width),
        pool_seat_group=np.tile(codes[order], problem.pool_count),
        pool_capacity=seats.ravel(),
        pool_facts={name: np.repeat(column, width) for name, column in problem.pool_facts.items()},
        held_pool=np.where(problem.held_pool == UNPLACED, UNPLACED, problem.held_pool * width),
        pair_applicant=problem.pair_applicant[pair],
        pair_pool=problem.pair_pool[pair] * width + of_kind,
        pair_distance_m=problem.pair_distance_m[pair],
        pair_tier=problem.pair_tier[pair],
        pair_preference=problem.pair_preference[pair],
        pair_given_priority=problem.pair_given_priority[pair],
    )


def is_open_in(problem: AllocationProblem, kinds: tuple[KeptSeats, ...], stage: Stage) -> Truths:
    """Return for each pair whether the seats are open in a stage: kept for the applicant or given to all, not shut."""
    stranger = is_stranger(problem, [kind for kind in kinds if not _is_shared(kind, stage)])
    is_open = stranger == 0
    return is_open if stage.lifts_caps else np.asarray(is_open & ~_is_shut(problem, kinds))


def _is_shared(kind: KeptSeats, stage: Stage) -> bool:
    if isinstance(kind, TierSeats):
        return falls_back(kind, stage)
    shared = isinstance(stage, DeferredAcceptanceStage) and kind.others_may_take_left_over
    return stage.opens_reserved_seats or shared


def _is_shut(problem: AllocationProblem, kinds: Iterable[KeptSeats]) -> Truths:
    """Return for each pair whether a cap shuts the seats to the applicant's tier."""
    shut = np.zeros(len(problem.pair_pool), dtype=bool)
    for kind in kinds:
        if isinstance(kind, TierSeats) and kind.shut_to:
            shut |= _of_kind(problem, kind) & np.isin(problem.pair_tier, kind.shut_to)
    return shut


def is_stranger(problem: AllocationProblem, kinds: Iterable[KeptSeats]) -> Integers:
    """Return 1 for each pair whose seat is kept for a tag or for tiers that the applicant does not have, else 0."""
    stranger = np.zeros(len(problem.pair_pool), dtype=np.int64)
    for kind in kinds:
        stranger[_of_kind(problem, kind) & ~_has_right(problem, kind)] = 1
    return stranger


def comes_after_own(problem: AllocationProblem, kinds: Iterable[KeptSeats]) -> Integers:
    """Return 1 for each pair that must wait until all for whom the seat is kept have one.

    Those are strangers but for the tiers that a group puts before its tag.
    """
    after = is_stranger(problem, kinds)
    for kind in kinds:
        if isinstance(kind, SeatGroup):
            after[_of_kind(problem, kind) & np.isin(problem.pair_tier, kind.tiers_before_tag)] = 0
    return after


def seat_turn(problem: AllocationProblem, kinds: tuple[KeptSeats, ...]) -> Integers:
    """Return for each pair when its seats are asked for among those of one school: own ones, open ones, others'."""
    turn_of: dict[str, int] = {OPEN_SEATS: OPEN_TURN}
    for kind in kinds:
        if isinstance(kind, TierSeats):
            turn_of[kind.code] = kind.turn
        else:
            turn_of[kind.code] = OWN_TURN if kind.is_asked_first else OPEN_TURN + 1
    turn = np.array([turn_of[code] for code in problem.pool_seat_group], dtype=np.int64)[problem.pair_pool]
    for kind in kinds:
        is_own = _of_kind(problem, kind) & _has_right(problem, kind)
        if isinstance(kind, SeatGroup):
            turn[_of_kind(problem, kind) & ~is_own] = OPEN_TURN + 2
        elif kind.first_tiers:
            turn[is_own] = OWN_TURN
    return turn


def _of_kind(problem: AllocationProblem, kind: KeptSeats) -> Truths:
    return np.asarray((problem.pool_seat_group == kind.code)[problem.pair_pool], dtype=bool)


def _has_right(problem: AllocationProblem, kind: KeptSeats) -> Truths:
    """Return for each pair whether the seats of a kind are kept for the applicant, or for nobody in particular."""
    if isinstance(kind, SeatGroup):
        return is_tagged(problem, kind.for_tag)[problem.pair_applicant]
    if not kind.first_tiers:
        return np.ones(len(problem.pair_pool), dtype=bool)
    return np.isin(problem.pair_tier, kind.first_tiers)


def is_tagged(problem: AllocationProblem, tag: str) -> Truths:
    """Return for each applicant whether a tag is among the own ones."""
    tags = problem.applicant_facts.get("tags")
    return np.zeros(problem.applicant_count, dtype=bool) if tags is None else has_tag(tags, tag)


def has_tag(tags: Strings, tag: str) -> Truths:
    """Return for each list of words, separated by ``;``, whether the tag is among them."""
    return np.array([tag in [word.strip() for word in text.split(_SEPARATOR)] for text in tags], dtype=bool)


def _may_sit(problem: AllocationProblem, code: str, policy: Policy) -> Truths:
    """Return for each pair of a school whether its seats of this kind are open to the child at all, in any stage."""
    if policy.tier_quotas:
        shut_to = [] if policy.lifts_caps_at_times else [
            tier for kind in policy.kept_seats if isinstance(kind, TierSeats) and kind.code == code
            for tier in kind.shut_to
        ]  # fmt: skip
        return ~np.isin(problem.pair_tier, shut_to)
    is_bound, is_own = (np.zeros(problem.applicant_count, dtype=bool) for _ in range(2))
    for group in policy.seat_groups:
        tagged = is_tagged(problem, group.for_tag)
        if group.code == code:
            is_own = tagged
        elif group.only_here:
            is_bound |= tagged
    return np.asarray((is_own | ~is_bound)[problem.pair_applicant])


def _group_sizes(problem: AllocationProblem, policy: Policy) -> Integers:
    """Return the seats of each pool and group; together never more than the pool has, earlier groups first."""
    wanted = np.column_stack([_seats_of_group(problem, group) for group in policy.seat_groups])
    return _as_there_are(wanted, problem.pool_capacity)


def _as_there_are(wanted: Integers, available: Integers) -> Integers:
    """Return the seats of each pool (rows) and kind, earlier kinds first, where not all can have theirs."""
    before = np.minimum(np.cumsum(wanted, axis=1), available[:, np.newaxis])
    return np.asarray(np.diff(before, axis=1, prepend=0), dtype=np.int64)


def _seats_of_group(problem: AllocationProblem, group: SeatGroup) -> Integers:
    if group.share_percent is not None:
        return _share_up(problem.pool_capacity, group.share_percent)
    column = problem.pool_facts.get(group.column)
    if column is None:
        return np.zeros(problem.pool_count, dtype=np.int64)
    return np.array([int(text or 0) for text in column], dtype=np.int64)


def _share_up(seats: Integers, percent: int) -> Integers:
    return -(-seats * percent // _WHOLE_PERCENT)


def _quota_sizes(problem: AllocationProblem, quotas: tuple[TierQuota, ...]) -> Integers:
    """Return the seats of each pool and kind of `allocation.quota_rules.pools_of`.

    A share is rounded up for a reserve and down for a cap. Where rounding asks for more than there is, the cap holds
    and the earlier reserve goes first; where more than rounding does, the policy cannot hold in that school.
    """
    seats = problem.pool_capacity
    capped = capped_of(quotas)
    most = seats if capped is None else _most(seats, capped)
    wanted = {quota.code: np.minimum(_least(seats, quota), seats) for quota in quotas if quota.has_reserve}
    _must_fit(problem, quotas, most=most)
    sizes = dict(wanted)
    if capped is not None and capped.has_reserve:
        sizes[capped.code] = np.minimum(wanted[capped.code], most)
    others = [code for code in wanted if capped is None or code != capped.code]
    if others:
        available = seats if capped is None else seats - most
        fitting = _as_there_are(np.column_stack([wanted[code] for code in others]), available)
        sizes.update(zip(others, fitting.T, strict=True))
    kinds = [sizes[quota.code] for quota in quotas if quota.has_reserve]
    if capped is not None:
        kinds.append(seats - most - sum((sizes[code] for code in others), start=np.zeros_like(seats)))
    return np.column_stack(kinds)


def _least(seats: Integers, quota: TierQuota) -> Integers:
    if quota.at_least_count is not None:
        return np.where(seats > 0, quota.at_least_count, 0)
    return _share_up(seats, quota.at_least_percent or 0)


def _most(seats: Integers, quota: TierQuota) -> Integers:
    if quota.at_most_count is not None:
        return np.minimum(seats, quota.at_most_count)
    return np.asarray(seats * (quota.at_most_percent or _WHOLE_PERCENT) // _WHOLE_PERCENT)


def _must_fit(problem: AllocationProblem, quotas: tuple[TierQuota, ...], *, most: Integers) -> None:
    """Refuse a school in which the reserves do not fit beside each other or under the cap, but for rounding."""
    seats, capped = problem.pool_capacity, capped_of(quotas)
    exact = {
        quota.code: np.where(seats > 0, quota.at_least_count, 0)
        if quota.at_least_count is not None
        else seats * (quota.at_least_percent or 0) // _WHOLE_PERCENT
        for quota in quotas
    }
    none = np.zeros_like(seats)
    others = sum((exact[quota.code] for quota in quotas if quota is not capped), start=none)
    own = none if capped is None else exact[capped.code]
    too_many = (others + own > seats) | (own > most)
    too_many |= (others + most > seats) if capped is not None else False
    if too_many.any():
        raise _does_not_fit(problem, int(np.flatnonzero(too_many)[0]), exact, capped=capped, most=most)


def _does_not_fit(
    problem: AllocationProblem, pool: int, exact: Mapping[str, Integers], *, capped: TierQuota | None, most: Integers
) -> InputError:
    kept = ", ".join(f"{code} {int(count[pool])}" for code, count in exact.items() if count[pool])
    limit = "" if capped is None else f"; {capped.code} ≤ {int(most[pool])}"
    where = f"{problem.pool_school_code[pool]} {problem.pool_level[pool]}".strip()
    seats = int(problem.pool_capacity[pool])
    return InputError(
        Text(
            f"Trường {where} có {seats} chỗ (capacity), không đủ cho tier_quotas của quy tắc: {kept}{limit}.",
            f"School {where} has {seats} seats (capacity), too few for the policy's tier_quotas: {kept}{limit}.",
        ),
        hint=Text(
            "Dùng at_least_percent, at_most_percent thay cho số chỗ, hoặc sửa capacity của trường.",
            "Write at_least_percent, at_most_percent instead of numbers, or correct the school's capacity.",
        ),
        subject="schools",
    )
