"""The stages of a policy, one after the other: each places those whom the earlier ones left, in the seats left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from allocation import deferred_acceptance, least_farthest, least_travel, together
from allocation.model import UNPLACED, Allocation, AllocationProblem, Certificate
from allocation.policy import Policy
from allocation.priority import may_take_part, under_policy
from spatial.errors import InfeasibleError
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """A round decided.

    Parameters
    ----------
    facts
        The problem as the files say it.
    problem
        The problem under the policy; the pools of ``allocation`` are pools of it.
    """

    facts: AllocationProblem
    policy: Policy
    problem: AllocationProblem
    allocation: Allocation


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """What a solver is told beside the problem: the number of the stage (from 1) and its rule in the policy."""

    number: int
    policy: Policy

    @property
    def rule(self) -> Any:  # noqa: ANN401 - one of the kinds of `allocation.policy_rules.Stage`; its solver knows which
        """The stage's entry in the policy."""
        return self.policy.stages[self.number - 1]


Solver = Callable[[AllocationProblem, StageRun], Allocation]
"""Places whom it can of those who have pairs, and leaves the others `UNPLACED`."""


def _least_travel(problem: AllocationProblem, run: StageRun) -> Allocation:
    def without_limit(market: AllocationProblem, *, stage: int, **_: object) -> Allocation:
        """Return the least travel; how far groups go is nothing to a stage without a limit."""
        return least_travel.solve(market, stage=stage)

    return together.solve(problem, without_limit, stage=run.number)


def _least_farthest(problem: AllocationProblem, run: StageRun) -> Allocation:
    return together.solve(problem, least_farthest.solve, stage=run.number)


def _deferred_acceptance(problem: AllocationProblem, run: StageRun) -> Allocation:
    return deferred_acceptance.solve(problem, run.rule, groups=run.policy.kept_seats, stage=run.number)


_SOLVERS: Mapping[str, Solver] = MappingProxyType(
    {
        least_travel.KIND: _least_travel,
        least_farthest.KIND: _least_farthest,
        deferred_acceptance.KIND: _deferred_acceptance,
    }
)


def decide(facts: AllocationProblem, policy: Policy) -> Decision:
    """Return the round that the policy makes of the facts. Raises as `run_stages`."""
    problem = under_policy(facts, policy)
    return Decision(facts=facts, policy=policy, problem=problem, allocation=run_stages(problem, policy))


def run_stages(problem: AllocationProblem, policy: Policy) -> Allocation:
    """Return the allocation that the policy gives, of a problem under that policy.

    Raises
    ------
    InfeasibleError
        The policy demands a seat for everybody, and there is none for some.
    SolverError
        A stage stopped without an answer.
    """
    pool = np.full(problem.applicant_count, UNPLACED, dtype=np.int64)
    distance_m = np.zeros_like(pool)
    stages = np.zeros_like(pool)
    certificates: list[Certificate] = []
    for number, stage in enumerate(policy.stages, start=1):
        taken = np.bincount(pool[pool != UNPLACED], minlength=problem.pool_count)
        pairs = (pool[problem.pair_applicant] == UNPLACED) & may_take_part(problem, policy.kept_seats, stage)
        market = problem.only(pairs=pairs, capacity=problem.pool_capacity - taken)
        part = _SOLVERS[stage.kind](market, StageRun(number=number, policy=policy))
        placed = part.pool != UNPLACED
        pool[placed], distance_m[placed], stages[placed] = part.pool[placed], part.distance_m[placed], number
        certificates.extend(part.certificates)
    result = Allocation(pool=pool, distance_m=distance_m, stage=stages, certificates=tuple(certificates))
    _must_place_everybody_if_asked(result, policy)
    return result


def _must_place_everybody_if_asked(result: Allocation, policy: Policy) -> None:
    unplaced = len(result.pool) - result.placed_count
    if policy.everybody_must_be_placed and unplaced:
        raise InfeasibleError(
            Text(
                f"Quy tắc đòi mọi học sinh có chỗ, nhưng {unplaced} em không thể có.",
                f"The policy demands a seat for everybody; {unplaced} of the children cannot have one.",
            ),
            hint=Text("Thêm chỗ học hoặc nới giới hạn quãng đường.", "Add seats or widen the limits of distance."),
        )
