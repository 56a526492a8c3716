"""Rounds of one problem under several policies, side by side: how many, how far, whose claim, which school how full.

The ways of the rounds may also be measured differently (on foot, by vehicle, in a straight line): then the metres of
each round stand under its own measure, and what would set one measure against another is left out. Else all are
measured with one yardstick, whatever each policy looks at: metres to the school given, the nearest school of the
files, and claims by stated tier, then metres, then lottery.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from allocation.compared_problems import measure_of, must_be_comparable
from allocation.figures import justified_envy_pair_count, nearest_distances_m
from allocation.model import UNPLACED, Allocation, AllocationProblem, Integers, NearBy, Truths
from allocation.policy import Policy, parse_policy
from allocation.problem_files import problem_of
from allocation.round_files import NONE, RoundFiles, UnreadableError, read_directory, whole_numbers
from allocation.verify import verify_directory
from spatial.errors import InputError, VerificationError
from spatial.text import Text

NEAR_M, FAR_M = 1000, 2000
_P95 = 0.95
_LEAST_ROUNDS = 2
_YARDSTICK = parse_policy(
    'name: yardstick\nversion: "1"\ntitle: {vi: Thước đo chung, en: Common yardstick}\n'
    "stages: [{kind: deferred_acceptance}]\n",
    subject="yardstick",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of some applicants in one round; means, shares and quantiles of those placed, None for nobody.

    Parameters
    ----------
    p95_distance_m
        The way that 95 of 100 children placed do not exceed.
    share_nearest
        Share of those placed who have the nearest school of the files.
    """

    applicants: int
    placed: int
    unplaced: int
    total_distance_m: int
    mean_distance_m: float | None
    median_distance_m: float | None
    p95_distance_m: int | None
    max_distance_m: int | None
    share_nearest: float | None
    share_within_1000_m: float | None
    share_within_2000_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRound:
    """One round of the comparison.

    Parameters
    ----------
    name
        Name of its directory.
    justified_envy_pairs
        Just claims by the round's own order, as its summary says.
    measured_by
        How the ways were measured; None where the round does not say.
    claims_by_tier_and_distance
        Just claims by the common yardstick; None where the rounds have no measure in common.
    elsewhere_count
        Children whose answer (a school, or none) is another than in the first round.
    by_level, by_tier, by_area
        The figures of parts; areas only where the files name them.
    placed_by_school
        For each pool of the problem (school_code, level) how many are placed.
    distance_m
        The ways of those placed, rising.
    """

    name: str
    policy: Policy
    whole: Measured
    measured_by: NearBy | None
    justified_envy_pairs: int
    claims_by_tier_and_distance: int | None
    elsewhere_count: int
    by_level: dict[str, Measured]
    by_tier: dict[str, Measured]
    by_area: dict[str, Measured]
    placed_by_school: dict[tuple[str, str], int]
    distance_m: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Rounds of one problem; the order is that in which they were named.

    Parameters
    ----------
    problem
        The first round's; with one measure, that of all.
    crs
        Coordinate system of the schools' places, empty where there are none.
    """

    problem: AllocationProblem
    rounds: tuple[ComparedRound, ...]
    crs: str

    @property
    def has_one_measure(self) -> bool:
        """Whether the ways of all rounds were measured alike, so that metres may be set against metres."""
        return len({one.measured_by for one in self.rounds}) == 1


def compare_directories(directories: Sequence[Path]) -> Comparison:
    """Compare rounds that were written by ``diaban allocate``.

    Raises
    ------
    InputError
        Fewer than two directories, one of them holds no round, or they are rounds of different problems, apart from
        the measure of the ways.
    VerificationError
        A round does not prove what it claims; what is not proven is not compared.
    """
    if len(directories) < _LEAST_ROUNDS:
        raise InputError(
            Text("Cần ít nhất hai đợt để so sánh.", "Two rounds at least are needed to compare."),
            hint=Text(
                "Chạy diaban allocate với hai quy tắc trên cùng các tệp.",
                "Run diaban allocate with two policies on the same files.",
            ),
        )
    for directory in directories:
        _must_be_proven(directory)
    read = [_read(directory) for directory in directories]
    must_be_comparable([directory.name for directory in directories], read)
    problems = [problem_of(files, seed=str(files.summary["seed"])) for files in read]
    first = _allocation(read[0], problems[0])
    rounds = [
        _compared(directory.name, files, problem, first=first)
        for directory, files, problem in zip(directories, read, problems, strict=True)
    ]
    return _told_apart(Comparison(problem=problems[0], rounds=tuple(rounds), crs=str(read[0].summary.get("crs") or "")))


def _told_apart(comparison: Comparison) -> Comparison:
    """Take away the claims by metres where the rounds have no metres in common."""
    if comparison.has_one_measure:
        return comparison
    rounds = tuple(replace(one, claims_by_tier_and_distance=None) for one in comparison.rounds)
    return replace(comparison, rounds=rounds)


def as_data(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain data for JSON."""
    return {
        "problem_sha256": comparison.problem.problem_sha256 if comparison.has_one_measure else None,
        "has_one_measure": comparison.has_one_measure,
        "rounds": [
            {
                "name": one.name,
                "policy": one.policy.name,
                "policy_version": one.policy.version,
                "policy_sha256": one.policy.sha256,
                "measured_by": one.measured_by,
                "elsewhere_count": one.elsewhere_count,
                **asdict(one.whole),
                "justified_envy_pairs": one.justified_envy_pairs,
                "claims_by_tier_and_distance": one.claims_by_tier_and_distance,
                "by_level": {name: asdict(part) for name, part in one.by_level.items()},
                "by_tier": {name: asdict(part) for name, part in one.by_tier.items()},
                "by_area": {name: asdict(part) for name, part in one.by_area.items()},
                "schools": [
                    {"school_code": code, "level": level, "placed": placed}
                    for (code, level), placed in one.placed_by_school.items()
                ],
            }
            for one in comparison.rounds
        ],
    }


def _must_be_proven(directory: Path) -> None:
    failures = verify_directory(directory).failures
    if failures:
        raise VerificationError(failures[0], subject=directory.name)


def _read(directory: Path) -> RoundFiles:
    try:
        return read_directory(directory)
    except UnreadableError as error:
        raise InputError(error.text, subject=directory.name) from error


def _compared(name: str, files: RoundFiles, problem: AllocationProblem, *, first: Allocation) -> ComparedRound:
    allocation = _allocation(files, problem)
    placed = allocation.pool != UNPLACED
    counts = np.bincount(allocation.pool[placed], minlength=problem.pool_count).tolist()
    pools = zip(problem.pool_school_code.tolist(), problem.pool_level.tolist(), strict=True)
    nearest_m = nearest_distances_m(problem)

    def measured(of: Truths) -> Measured:
        return _measured(allocation, nearest_m, of)

    def parts(values: np.ndarray) -> dict[str, Measured]:
        return {str(value): measured(np.asarray(values == value)) for value in sorted(set(values.tolist()))}

    areas = problem.applicant_facts.get("area")
    return ComparedRound(
        name=name,
        policy=Policy.model_validate(files.policy),
        whole=measured(np.ones(problem.applicant_count, dtype=bool)),
        measured_by=measure_of(files),
        elsewhere_count=int((allocation.pool != first.pool).sum()),
        justified_envy_pairs=int(files.summary["justified_envy_pairs"]),
        claims_by_tier_and_distance=justified_envy_pair_count(problem, allocation, _YARDSTICK),
        by_level=parts(problem.applicant_level),
        by_tier=parts(problem.priority_tier),
        by_area={} if areas is None else parts(areas),
        placed_by_school=dict(zip(pools, counts, strict=True)),
        distance_m=np.sort(allocation.distance_m[placed]),
    )


def _allocation(files: RoundFiles, problem: AllocationProblem) -> Allocation:
    """Return who got what, in the pools of the facts: the seats of a school together."""
    row_of = {number: row for row, number in enumerate(files.offers["applicant_no"])}
    rows = [row_of[number] for number in problem.applicant_no.tolist()]
    pool_at = {key: pool for pool, key in enumerate(zip(problem.pool_school_code, problem.pool_level, strict=True))}
    offered = zip((files.offers["school_code"][row] for row in rows), problem.applicant_level, strict=True)
    pool = np.array([pool_at.get(key, UNPLACED) for key in offered], dtype=np.int64)
    distance_m = whole_numbers(files.offers["distance_m"], "offers.csv", "distance_m")[rows]
    stage = whole_numbers(files.offers["stage"], "offers.csv", "stage")[rows]
    return Allocation(
        pool=pool,
        distance_m=np.where(distance_m == NONE, 0, distance_m),
        stage=np.where(stage == NONE, 0, stage),
        certificates=(),
    )


def _measured(allocation: Allocation, nearest_m: Integers, of: Truths) -> Measured:
    placed = of & (allocation.pool != UNPLACED)
    ways_m = np.sort(allocation.distance_m[placed])
    count = len(ways_m)
    return Measured(
        applicants=int(of.sum()),
        placed=count,
        unplaced=int(of.sum()) - count,
        total_distance_m=int(ways_m.sum()),
        mean_distance_m=round(float(ways_m.mean()), 3) if count else None,
        median_distance_m=float(np.median(ways_m)) if count else None,
        p95_distance_m=int(ways_m[int(np.ceil(_P95 * count)) - 1]) if count else None,
        max_distance_m=int(ways_m[-1]) if count else None,
        share_nearest=_share(allocation.distance_m[placed] == nearest_m[placed]),
        share_within_1000_m=_share(ways_m <= NEAR_M),
        share_within_2000_m=_share(ways_m <= FAR_M),
    )


def _share(truths: Truths) -> float | None:
    return round(float(truths.mean()), 6) if len(truths) else None
