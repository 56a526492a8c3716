"""A finished round read back from its files, as facts, rule, market and offers in one numbering."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from allocation.lottery import lottery_ranks
from allocation.model import (
    APPLICANT_FACTS,
    SEATS_PREFIX,
    UNPLACED,
    Allocation,
    AllocationProblem,
    Integers,
    Strings,
)
from allocation.policy import Policy
from allocation.policy_rules import Condition, DeferredAcceptanceStage
from allocation.priority import areas_are_given, under_policy
from allocation.round_files import NONE, RoundFiles, whole_numbers
from allocation.stage_markets import StageMarket, stage_market
from spatial.text import Text

_BY_AREA = frozenset({Condition.LIVES_IN_AREA, Condition.ATTENDED_IN_AREA, Condition.PARENT_WORKS_IN_AREA})


@dataclass(frozen=True, kw_only=True, eq=False)
class FinishedRound:
    """A round that was decided.

    Parameters
    ----------
    facts
        The problem as the files say it.
    problem
        The problem under the policy; pools of ``allocation`` are pools of it.
    first_fact, first_pair
        Where the pairs of each applicant begin in ``facts`` and in ``problem``.
    entries
        The parts of the certificate, by stage and level.
    """

    files: RoundFiles
    policy: Policy
    facts: AllocationProblem
    problem: AllocationProblem
    allocation: Allocation
    first_fact: Integers
    first_pair: Integers
    entries: Mapping[tuple[int, str], Mapping[str, Any]]

    @cached_property
    def stages(self) -> tuple[StageMarket, ...]:
        """What each stage saw."""
        numbers = range(1, len(self.policy.stages) + 1)
        return tuple(
            stage_market(self.problem, self.policy, allocation=self.allocation, number=number) for number in numbers
        )

    @property
    def pools_a_school(self) -> int:
        """How many pools under the policy each pool of the facts became: one, and one for each seat group."""
        return len(self.policy.kept_seats) + 1

    @cached_property
    def asks_for_wishes(self) -> bool:
        """Whether any stage looks at submitted preferences."""
        return any(
            isinstance(one, DeferredAcceptanceStage) and one.preferences != "nearest" for one in self.policy.stages
        )

    @cached_property
    def considers_submitted_alone(self) -> bool:
        """Whether schools outside the submitted list are considered by no stage."""
        return all(getattr(stage, "preferences", "nearest") == "submitted" for stage in self.policy.stages)

    @cached_property
    def has_several_tiers(self) -> bool:
        """Whether the order of priority tells anybody apart."""
        return bool((self.problem.pair_tier[1:] != self.problem.pair_tier[:-1]).any())

    @cached_property
    def tier_titles(self) -> dict[int, Text]:
        """What the policy calls each tier, where it has one name for it in this round.

        Of rules for rounds with and without areas those are left out that cannot hold here.
        """
        titles: dict[int, set[Text]] = {}
        for rule in self.policy.tiers:
            needs_none = Condition.AREAS_NOT_GIVEN in rule.when
            needs_some = not _BY_AREA.isdisjoint(rule.when)
            if not (needs_none and areas_are_given(self.problem)) and not (
                needs_some and not areas_are_given(self.problem)
            ):
                titles.setdefault(rule.tier, set()).add(rule.title.text)
        return {tier: min(names) for tier, names in titles.items() if len(names) == 1}

    @cached_property
    def free(self) -> Integers:
        """Seats of each pool that nobody got."""
        pool = self.allocation.pool
        return self.problem.pool_capacity - np.bincount(pool[pool != UNPLACED], minlength=self.problem.pool_count)

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """The rows of those who are placed together, by group."""
        found: dict[int, list[int]] = {}
        for row in np.flatnonzero(self.problem.together != UNPLACED).tolist():
            found.setdefault(int(self.problem.together[row]), []).append(row)
        return found


def finished_round(files: RoundFiles) -> FinishedRound:
    """Return the round of these files.

    Raises
    ------
    UnreadableError, LookupError, TypeError, ValueError
        A file is not what `allocation.result_files` writes.
    """
    policy = Policy.model_validate(files.policy)
    facts = _facts(files)
    problem = under_policy(facts, policy)
    rows = np.arange(facts.applicant_count + 1)
    return FinishedRound(
        files=files,
        policy=policy,
        facts=facts,
        problem=problem,
        allocation=_allocation(files, problem),
        first_fact=np.searchsorted(facts.pair_applicant, rows),
        first_pair=np.searchsorted(problem.pair_applicant, rows),
        entries={(one["stage"], one["level"]): one for one in files.certificate["levels"]},
    )


def _facts(files: RoundFiles) -> AllocationProblem:
    numbers, levels = _texts(files.applicants["applicant_no"]), _texts(files.applicants["level"])
    tiers = whole_numbers(files.applicants["priority_tier"], "problem/applicants.csv", "priority_tier")
    pairs = _in_order(files)
    nothing = np.zeros(len(files.pair_pool), dtype=np.int64)
    who = files.pair_applicant[pairs]
    return AllocationProblem(
        applicant_no=numbers,
        applicant_level=levels,
        priority_tier=tiers,
        lottery_rank=lottery_ranks(numbers.tolist(), seed=str(files.summary["seed"])),
        together=_together(files),
        held_pool=_held(files),
        is_confirmed=_texts(files.applicants.get("is_confirmed", [""] * len(numbers))) == "1",
        applicant_facts=_columns(files.applicants, list(APPLICANT_FACTS)),
        pool_school_code=_texts(files.schools["school_code"]),
        pool_level=_texts(files.schools["level"]),
        pool_seat_group=np.full(len(files.schools["school_code"]), "", dtype=object),
        pool_capacity=whole_numbers(files.schools["capacity"], "problem/schools.csv", "capacity"),
        pool_facts=_columns(
            files.schools, [one for one in files.schools if one == "area" or one.startswith(SEATS_PREFIX)]
        ),
        pair_applicant=who,
        pair_pool=files.pair_pool[pairs],
        pair_distance_m=files.pair_distance_m[pairs],
        pair_tier=tiers[who],
        pair_preference=files.pair_extra.get("preference_rank", nothing)[pairs],
        pair_given_priority=files.pair_extra.get("priority_rank", nothing)[pairs],
    )


def _in_order(files: RoundFiles) -> Integers | slice:
    """Return the pairs of known applicants and schools by both; where the file has them so, all as they are."""
    who, where = files.pair_applicant, files.pair_pool
    is_known = (who != NONE) & (where != NONE)
    is_after = (who[1:] > who[:-1]) | ((who[1:] == who[:-1]) & (where[1:] >= where[:-1]))
    if is_known.all() and is_after.all():
        return slice(None)
    pairs = np.flatnonzero(is_known)
    return np.asarray(pairs[np.lexsort([where[pairs], who[pairs]])])


def _texts(values: Any) -> Strings:  # noqa: ANN401 - lists or arrays of text
    return np.array(values, dtype=object)


def _columns(table: dict[str, list[str]], names: list[str]) -> MappingProxyType[str, Strings]:
    return MappingProxyType({name: _texts(table[name]) for name in sorted(names) if name in table})


def _together(files: RoundFiles) -> Integers:
    named = files.applicants.get("together", [""] * len(files.applicants["applicant_no"]))
    numbered: dict[str, int] = {}
    return np.array([numbered.setdefault(one, len(numbered)) if one else UNPLACED for one in named], dtype=np.int64)


def _held(files: RoundFiles) -> Integers:
    at = {key: pool for pool, key in enumerate(zip(files.schools["school_code"], files.schools["level"], strict=True))}
    held = files.applicants.get("held_school", [""] * len(files.applicants["applicant_no"]))
    return np.array(
        [at.get(key, UNPLACED) for key in zip(held, files.applicants["level"], strict=True)], dtype=np.int64
    )


def _allocation(files: RoundFiles, problem: AllocationProblem) -> Allocation:
    row_of = {number: row for row, number in enumerate(files.offers["applicant_no"])}
    rows = np.array([row_of[number] for number in problem.applicant_no.tolist()], dtype=np.int64)
    named = zip(problem.pool_school_code, problem.pool_level, problem.pool_seat_group, strict=True)
    pool_of = {key: pool for pool, key in enumerate(named)}
    groups = files.offers.get("seat_group", [""] * len(rows))
    offered = ((files.offers["school_code"][row], groups[row]) for row in rows.tolist())
    levels = problem.applicant_level.tolist()
    pool = [pool_of.get((code, level, group), UNPLACED) for (code, group), level in zip(offered, levels, strict=True)]
    distance_m = whole_numbers(files.offers["distance_m"], "offers.csv", "distance_m")[rows]
    stage = whole_numbers(files.offers["stage"], "offers.csv", "stage")[rows]
    return Allocation(
        pool=np.array(pool, dtype=np.int64),
        distance_m=np.maximum(distance_m, 0),
        stage=np.maximum(stage, 0),
        certificates=(),
    )
