"""The stages of a policy, one after the other: each places those whom the earlier ones left, in the seats left."""

import numpy as np

from allocation import least_travel
from allocation.model import UNPLACED, Allocation, AllocationProblem, DualCertificate
from allocation.policy import Policy, Stage
from spatial.errors import InfeasibleError
from spatial.text import Text

_NO_LIMIT_M = 2**62


def run_stages(problem: AllocationProblem, policy: Policy) -> Allocation:
    """Return the allocation that the policy gives.

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
    certificates: list[DualCertificate] = []
    for number, stage in enumerate(policy.stages, start=1):
        taken = np.bincount(pool[pool != UNPLACED], minlength=problem.pool_count)
        pairs = (pool[problem.pair_applicant] == UNPLACED) & (problem.pair_distance_m <= limits_m(problem, stage))
        part = least_travel.solve(problem.only(pairs=pairs, capacity=problem.pool_capacity - taken), stage=number)
        placed = part.pool != UNPLACED
        pool[placed], distance_m[placed], stages[placed] = part.pool[placed], part.distance_m[placed], number
        certificates.extend(part.certificates)
    result = Allocation(pool=pool, distance_m=distance_m, stage=stages, certificates=tuple(certificates))
    _must_place_everybody_if_asked(result, policy)
    return result


def limits_m(problem: AllocationProblem, stage: Stage) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for each pair the longest way that the stage allows, in metres."""
    by_pool = [stage.max_distance_m.get(level, _NO_LIMIT_M) for level in problem.pool_level]
    return np.array(by_pool, dtype=np.int64)[problem.pair_pool]


def _must_place_everybody_if_asked(result: Allocation, policy: Policy) -> None:
    unplaced = len(result.pool) - result.placed_count
    if policy.everybody_must_be_placed and unplaced:
        raise InfeasibleError(
            Text(
                f"Quy tắc đòi mọi học sinh có chỗ, nhưng {unplaced} em không thể có.",
                f"The policy demands a seat for everybody; {unplaced} children cannot have one.",
            ),
            hint=Text("Thêm chỗ học hoặc nới giới hạn quãng đường.", "Add seats or widen the limits of distance."),
        )
