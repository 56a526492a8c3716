"""Laws of the flow over all pairs and of tiers in it; the answers come from a whole search, SciPy or a second solve."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog

from allocation.chains import settled
from allocation.cheapest_flow import cheapest_largest_flow
from allocation.least_travel import solve
from allocation.level_market import Market
from allocation.lottery import lottery_number
from allocation.model import UNPLACED, AllocationProblem, Integers
from allocation.problem_files import build_problem

SEED = "hạt giống 2026"
TIERS = (1, 2, 3)
Row = tuple[str, str, int]


@st.composite
def markets(draw: st.DrawFn, *, most_applicants: int = 12, most_pools: int = 6) -> Market:
    """Few distances and few seats, several tiers."""
    applicant_count, pool_count = draw(st.integers(1, most_applicants)), draw(st.integers(1, most_pools))
    capacity = draw(st.lists(st.integers(0, 3), min_size=pool_count, max_size=pool_count))
    tier = draw(st.lists(st.integers(0, 3), min_size=applicant_count, max_size=applicant_count))
    cells = st.one_of(st.none(), st.integers(0, 9), st.integers(0, 3000))
    matrix = draw(st.lists(cells, min_size=applicant_count * pool_count, max_size=applicant_count * pool_count))
    metres = np.array([-1 if cell is None else cell for cell in matrix]).reshape(applicant_count, pool_count)
    metres[(metres < 0).all(axis=1), 0] = 5
    applicant, pool = np.nonzero(metres >= 0)
    cost_m = 2 * pool_count * int(metres.max()) + 1
    return Market(
        lottery_rank=np.arange(applicant_count),
        unplaced_m=cost_m * (1 + max(*tier, 1) - np.array(tier)),
        capacity=np.array(capacity, dtype=np.int64),
        pair_applicant=applicant,
        pair_pool=pool,
        pair_distance_m=metres[applicant, pool],
    )


def least_sum_m(market: Market) -> int:
    """The least sum of ways and of what having no seat counts, by SciPy's assignment to single seats."""
    people = len(market.unplaced_m)
    far = int(market.unplaced_m.max()) * (people + 1)
    metres = np.full((people, market.outside), far)
    metres[market.pair_applicant, market.pair_pool] = market.pair_distance_m
    no_seat = np.where(np.eye(people, dtype=bool), market.unplaced_m, far)
    cost = np.hstack([np.repeat(metres, market.capacity, axis=1), no_seat])
    return int(cost[linear_sum_assignment(cost)].sum())


def with_one_more_seat(market: Market, pool: int) -> Market:
    capacity = market.capacity.copy()
    capacity[pool] += 1
    return replace(market, capacity=capacity)


@given(markets(), st.integers(1, 2), st.sampled_from([0, 1, 100]))
@settings(deadline=None, max_examples=200)
def test_beginning_with_one_or_two_pairs_each_ends_with_the_optimum_over_all(
    market: Market, nearest_count: int, few_pairs: int
) -> None:
    best = cheapest_largest_flow(market, nearest_count=nearest_count, few_pairs=few_pairs)
    assert market.own_m(best.choice).sum() == least_sum_m(market)
    assert (np.bincount(market.own_pool(best.choice), minlength=market.outside + 1)[:-1] <= market.capacity).all()
    placed = best.choice != UNPLACED
    assert (market.pair_applicant[best.choice[placed]] == np.flatnonzero(placed)).all()


@given(markets(), st.integers(1, 2))
@settings(deadline=None)
def test_no_pair_that_was_left_out_could_better_the_placement(market: Market, nearest_count: int) -> None:
    """Everybody has what is least by way and price over all pairs, and pools with a price are full: the dual proof."""
    best = cheapest_largest_flow(market, nearest_count=nearest_count)
    price_m = np.append(best.price_m, 0)
    own_m = market.own_m(best.choice) + price_m[market.own_pool(best.choice)]
    assert (market.pair_distance_m + price_m[market.pair_pool] >= own_m[market.pair_applicant]).all()
    assert (own_m <= market.unplaced_m).all()
    taken = np.bincount(market.own_pool(best.choice), minlength=market.outside + 1)[:-1]
    assert (taken[best.price_m > 0] == market.capacity[best.price_m > 0]).all()


@given(markets())
@settings(deadline=None)
def test_chains_of_moves_alone_lead_from_nobody_placed_to_the_optimum(market: Market) -> None:
    nobody = np.full(len(market.unplaced_m), UNPLACED)
    assert market.own_m(settled(market, nobody).choice).sum() == least_sum_m(market)


@given(markets(), st.data())
@settings(deadline=None)
def test_with_tiers_too_a_price_is_what_one_more_seat_saves(market: Market, data: st.DataObject) -> None:
    pool = data.draw(st.integers(0, market.outside - 1))
    saved_m = least_sum_m(market) - least_sum_m(with_one_more_seat(market, pool))
    assert cheapest_largest_flow(market).price_m[pool] == saved_m


@st.composite
def tiered(draw: st.DrawFn, *, most_applicants: int) -> AllocationProblem:
    applicant_count, school_count = draw(st.integers(1, most_applicants)), draw(st.integers(1, 4))
    names, codes = [f"a{number}" for number in range(applicant_count)], [f"S{number}" for number in range(school_count)]
    tiers = draw(st.lists(st.sampled_from(TIERS), min_size=applicant_count, max_size=applicant_count))
    capacities = draw(st.lists(st.integers(0, 2), min_size=school_count, max_size=school_count))
    cells = st.one_of(st.none(), st.integers(0, 4), st.integers(0, 900))
    matrix = draw(st.lists(cells, min_size=applicant_count * school_count, max_size=applicant_count * school_count))
    rows = [
        (*named, metres)
        for named, metres in zip(itertools.product(names, codes), matrix, strict=True)
        if metres is not None
    ]
    return problem_from(names, tiers, seats=dict(zip(codes, capacities, strict=True)), rows=rows)


def problem_from(names: list[str], tiers: list[int], *, seats: dict[str, int], rows: list[Row]) -> AllocationProblem:
    pairs = pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"])
    return build_problem(
        pd.DataFrame({"applicant_no": names, "level": "grade_1", "priority_tier": tiers}),
        pd.DataFrame({"school_code": list(seats), "level": "grade_1", "capacity": list(seats.values())}),
        pairs.astype({"applicant_no": "str", "school_code": "str", "distance_m": "int64"}),
        seed=SEED,
    )


def more_seats(problem: AllocationProblem, pool: int) -> AllocationProblem:
    capacity = problem.pool_capacity.copy()
    capacity[pool] += 1
    return problem.only(pairs=np.ones(len(problem.pair_pool), dtype=bool), capacity=capacity)


def counts_and_total(problem: AllocationProblem, pool: Integers, distance_m: Integers) -> tuple[int, ...]:
    """Number placed of each tier, and total metres."""
    placed = [int(((problem.priority_tier == tier) & (pool != UNPLACED)).sum()) for tier in TIERS]
    return (*placed, int(distance_m.sum()))


def by_stages_of_highs(problem: AllocationProblem) -> tuple[int, ...]:
    """Most placed of all, then of tier 1, then of tier 2, then the least metres: programmes of HiGHS in turn."""
    count = len(problem.pair_pool)
    if not count:
        return (0,) * (len(TIERS) + 1)
    of_applicant = problem.pair_applicant == np.arange(problem.applicant_count)[:, np.newaxis]
    of_pool = problem.pair_pool == np.arange(problem.pool_count)[:, np.newaxis]
    held = [*of_applicant.astype(float), *of_pool.astype(float)]
    most = [1.0] * problem.applicant_count + problem.pool_capacity.astype(float).tolist()
    tier = problem.priority_tier[problem.pair_applicant]
    found = []
    for aim in (np.ones(count), *((tier == number).astype(float) for number in TIERS)):
        answer = linprog(-aim, A_ub=np.array(held), b_ub=np.array(most), bounds=(0, 1), method="highs")
        found.append(round(-answer.fun))
        held.append(-aim)
        most.append(-found[-1] + 1e-6)
    ways = linprog(problem.pair_distance_m, A_ub=np.array(held), b_ub=np.array(most), bounds=(0, 1), method="highs")
    return (*found[1:], round(ways.fun))


def every_placement(problem: AllocationProblem) -> Iterator[tuple[dict[str, str], dict[str, int]]]:
    """Every way to give seats within capacity: the school of each applicant, and the metres of those placed."""
    options: dict[str, dict[str, int]] = {name: {} for name in problem.applicant_no}
    columns = (problem.pair_applicant, problem.pair_pool, problem.pair_distance_m)
    for applicant, pool, metres in zip(*(column.tolist() for column in columns), strict=True):
        options[problem.applicant_no[applicant]][problem.pool_school_code[pool]] = metres
    seats = dict(zip(problem.pool_school_code, problem.pool_capacity.tolist(), strict=True))
    for chosen in itertools.product(*(["", *options[name]] for name in problem.applicant_no)):
        if all(chosen.count(code) <= seats[code] for code in seats):
            placement = dict(zip(problem.applicant_no, chosen, strict=True))
            yield placement, {name: options[name][code] for name, code in placement.items() if code}


@given(tiered(most_applicants=9))
@settings(deadline=None)
def test_first_tiers_are_placed_first_and_never_fewer_in_all_as_highs_finds_stage_by_stage(
    problem: AllocationProblem,
) -> None:
    result = solve(problem)
    assert counts_and_total(problem, result.pool, result.distance_m) == by_stages_of_highs(problem)


@given(tiered(most_applicants=5))
@settings(deadline=None)
def test_with_tiers_too_the_lottery_chooses_among_all_best_placements(problem: AllocationProblem) -> None:
    tier_of = dict(zip(problem.applicant_no, problem.priority_tier.tolist(), strict=True))
    draw = sorted(problem.applicant_no, key=lambda name: lottery_number(name, seed=SEED))

    def rank(found: tuple[dict[str, str], dict[str, int]]) -> tuple[object, ...]:
        placement, ways = found
        of_tiers = [-sum(tier_of[name] == tier for name in ways) for tier in TIERS]
        return (-len(ways), *of_tiers, sum(ways.values()), *((ways.get(name, 9999), placement[name]) for name in draw))

    expected, _ = min(every_placement(problem), key=rank)
    codes = np.append(problem.pool_school_code, "")[solve(problem).pool]
    assert dict(zip(problem.applicant_no, codes, strict=True)) == expected


@given(tiered(most_applicants=8), st.data())
@settings(deadline=None)
def test_with_tiers_too_a_seat_price_is_the_difference_of_two_solves(
    problem: AllocationProblem, data: st.DataObject
) -> None:
    pool = data.draw(st.integers(0, problem.pool_count - 1))
    before, after = solve(problem), solve(more_seats(problem, pool))
    certificate = before.certificates[0]
    assert certificate.seat_price_m(pool) == before.total_distance_m - after.total_distance_m
    assert certificate.more_placed(pool) == after.placed_count - before.placed_count


@given(tiered(most_applicants=8), st.data())
@settings(deadline=None)
def test_whoever_had_a_seat_of_an_earlier_tier_keeps_one_when_a_seat_is_added(
    problem: AllocationProblem, data: st.DataObject
) -> None:
    """One more seat never costs any tier a place."""
    pool = data.draw(st.integers(0, problem.pool_count - 1))
    before, after = solve(problem), solve(more_seats(problem, pool))
    placed = [counts_and_total(problem, one.pool, one.distance_m)[:-1] for one in (before, after)]
    assert all(later >= earlier for earlier, later in zip(*placed, strict=True))
