"""Laws of quotas per tier: what pools of seats give is what the schools' choice, said in words, gives."""

import itertools
import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_rounds import TITLE

from allocation.model import UNPLACED
from allocation.policy import Policy
from allocation.problem_files import build_problem
from allocation.stages import Decision, decide

Quota = dict[str, object]
SEEDS = st.integers(0, 2**32)


def market(chance: random.Random, *, applicants: int, schools: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    names, codes = [f"a{n:02d}" for n in range(applicants)], [f"s{n}" for n in range(schools)]
    rows = [
        (a, s, chance.choice([100, 200, chance.randrange(900)])) for a in names for s in codes if chance.random() < 0.8
    ]
    return (
        pd.DataFrame({"applicant_no": names, "level": "grade_1",
                      "priority_tier": [chance.randint(1, 3) for _ in names]}),
        pd.DataFrame({"school_code": codes, "level": "grade_1", "capacity": [chance.randint(0, 6) for _ in codes]}),
        pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"]).astype({"distance_m": "int64"}),
    )  # fmt: skip


def quotas_of(chance: random.Random) -> list[Quota]:
    """A cap for tier 3 or for tiers 2 and 3, reserves for it and for tier 1, or three reserves without a cap."""
    kind = chance.choice(["cap", "cap and reserves", "reserves"])
    if kind == "reserves":
        return [quota(f"t{n}", [n], least=chance.choice([10, 25, 33])) for n in chance.sample([1, 2, 3], 2)]
    most, tiers = chance.choice([20, 40, 60]), chance.choice([[3], [2, 3]])
    capped = quota("late", tiers, most=most)
    if kind == "cap":
        return [capped]
    capped["at_least_percent"] = chance.choice([None, 10, most])
    return chance.sample([capped, quota("early", [1], least=chance.choice([10, 100 - most]))], 2)


def quota(code: str, tiers: list[int], *, least: int | None = None, most: int | None = None) -> Quota:
    return {"code": code, "title": TITLE, "tiers": tiers, "at_least_percent": least, "at_most_percent": most}


def decided(tables: tuple[pd.DataFrame, ...], quotas: list[Quota], *stages: dict[str, object]) -> Decision:
    facts = build_problem(*tables, seed="s")
    policy = {"name": "q", "version": "1", "title": TITLE, "tier_quotas": quotas, "stages": [*stages]}
    return decide(facts, Policy.model_validate(policy))


def schools_given(decision: Decision) -> list[str]:
    codes = [*decision.problem.pool_school_code.tolist(), ""]
    return [codes[pool] for pool in decision.allocation.pool]


def chosen(asking: list[tuple[tuple[int, ...], int, int]], seats: int, quotas: list[Quota]) -> list[int]:
    """The school's choice in words: the best of each reserve first, then all in order, none beyond the cap.

    A reserve is rounded up, a cap down; where rounding asks for more than there is, the earlier reserve goes first.
    """
    most = {t: seats * int(q["at_most_percent"]) // 100 for q in quotas if q["at_most_percent"] for t in q["tiers"]}
    room = seats - next(iter(most.values()), 0)
    taken: list[tuple[tuple[int, ...], int, int]] = []
    for q in quotas:
        least = -(-seats * int(q["at_least_percent"] or 0) // 100)
        least = min(least, next(iter(most.values())) if q["at_most_percent"] else room)
        room -= 0 if q["at_most_percent"] else least
        taken += sorted(one for one in asking if one[1] in q["tiers"])[:least]
    for one in sorted(set(asking) - set(taken)):
        if len(taken) < seats and sum(two[1] in most for two in taken) < most.get(one[1], seats + 1):
            taken.append(one)
    return [who for _, _, who in taken]


def in_words(decision: Decision, quotas: list[Quota]) -> list[str]:
    """Deferred acceptance with that choice: all ask the next school of the list until nobody is turned away."""
    facts = decision.facts
    codes, tier = facts.pool_school_code.tolist(), facts.priority_tier.tolist()
    ways = dict(zip(zip(facts.pair_applicant.tolist(), facts.pair_pool.tolist(), strict=True),
                    facts.pair_distance_m.tolist(), strict=True))  # fmt: skip
    lists = [sorted((m, s) for (a, s), m in ways.items() if a == who) for who in range(facts.applicant_count)]
    while True:
        asking = {s: [who for who, own in enumerate(lists) if own and own[0][1] == s] for s in range(len(codes))}
        turned_away = [
            who
            for s, own in asking.items()
            for kept in [chosen([((tier[a], ways[a, s], int(facts.lottery_rank[a])), tier[a], a) for a in own],
                                int(facts.pool_capacity[s]), quotas)]
            for who in set(own) - set(kept)
        ]  # fmt: skip
        if not turned_away:
            return [codes[own[0][1]] if own else "" for own in lists]
        for who in turned_away:
            lists[who].pop(0)


@given(SEEDS)
@settings(max_examples=600, deadline=None)
def test_pools_of_seats_give_what_the_choice_of_the_schools_in_words_gives(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    tables = market(chance, applicants=chance.randint(0, 16), schools=chance.randint(1, 4))
    quotas = quotas_of(chance)
    decision = decided(tables, quotas, {"kind": "deferred_acceptance"})
    assert schools_given(decision) == in_words(decision, quotas)


@pytest.mark.parametrize("kind", ["least_travel", "least_farthest"])
@given(seed=SEEDS)
@settings(max_examples=80, deadline=None)
def test_under_a_cap_a_flow_places_as_many_and_as_near_as_the_best_of_all_placements(kind: str, seed: int) -> None:
    """Every placement of up to five children in two schools is tried: most children, first tiers first, then metres."""
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    tables = market(chance, applicants=chance.randint(0, 5), schools=2)
    capped = quota("late", [2, 3], most=chance.choice([20, 40, 60]))
    decision = decided(tables, [capped], {"kind": kind})
    facts = decision.facts
    tier, seats = facts.priority_tier.tolist(), facts.pool_capacity.tolist()
    ways = dict(zip(zip(facts.pair_applicant.tolist(), facts.pair_pool.tolist(), strict=True),
                    facts.pair_distance_m.tolist(), strict=True))  # fmt: skip
    options = [[UNPLACED, *(s for s in range(2) if (who, s) in ways)] for who in range(facts.applicant_count)]

    def worth(where: tuple[int, ...]) -> tuple[int, ...]:
        placed = [(who, s) for who, s in enumerate(where) if s != UNPLACED]
        by_tier = [-sum(tier[who] == t for who, _ in placed) for t in (1, 2, 3)]
        own_m = [ways[pair] for pair in placed]
        farthest_m = max(own_m, default=0) if kind == "least_farthest" else 0
        return (-len(placed), *by_tier, farthest_m, sum(own_m))

    def fits(where: tuple[int, ...]) -> bool:
        late = [s for who, s in enumerate(where) if s != UNPLACED and tier[who] > 1]
        most = [n * int(capped["at_most_percent"]) // 100 for n in seats]
        return all(where.count(s) <= seats[s] and late.count(s) <= most[s] for s in range(2))

    width = decision.problem.pool_count // 2
    made = tuple(int(pool) // width if pool != UNPLACED else UNPLACED for pool in decision.allocation.pool)
    assert fits(made)
    assert worth(made) == min(worth(where) for where in itertools.product(*options) if fits(where))
