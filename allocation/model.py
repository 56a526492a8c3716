"""What a round consists of: applicants, seat pools, admissible pairs, and who got what.

Thousands of people travel as arrays. The arrays are in one canonical order, so that no result can depend on
the order of rows in a file.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from spatial.text import Text

Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.object_]

UNPLACED = -1
"""Stands where a pool index would: the applicant has no seat."""


class Level(StrEnum):
    """The levels that a round places children into."""

    KINDERGARTEN_3 = "kindergarten_3"
    KINDERGARTEN_4 = "kindergarten_4"
    KINDERGARTEN_5 = "kindergarten_5"
    GRADE_1 = "grade_1"
    GRADE_6 = "grade_6"


ANY_LEVEL = ""
"""The one level of files that name none."""

LEVEL_LABELS: Mapping[str, Text] = MappingProxyType(
    {
        Level.KINDERGARTEN_3: Text("Mẫu giáo 3–4 tuổi", "Kindergarten, age 3"),
        Level.KINDERGARTEN_4: Text("Mẫu giáo 4–5 tuổi", "Kindergarten, age 4"),
        Level.KINDERGARTEN_5: Text("Mẫu giáo 5–6 tuổi", "Kindergarten, age 5"),
        Level.GRADE_1: Text("Lớp 1", "Grade 1"),
        Level.GRADE_6: Text("Lớp 6", "Grade 6"),
        ANY_LEVEL: Text("Một cấp chung", "One common level"),
    }
)

CLASS_NORM_COUNT: Mapping[str, int] = MappingProxyType(
    {
        Level.KINDERGARTEN_3: 25,
        Level.KINDERGARTEN_4: 30,
        Level.KINDERGARTEN_5: 35,
        Level.GRADE_1: 35,
        Level.GRADE_6: 45,
    }
)
"""Children in a class: Điều 15 TT 52/2020, Điều 16 TT 28/2020, Điều 16 TT 32/2020/TT-BGDĐT."""


class Reason(StrEnum):
    """Why an applicant got what the offer says."""

    NEAREST_SCHOOL = "nearest_school"
    NEARER_SCHOOLS_FULL = "nearer_schools_full"
    ALL_SCHOOLS_FULL = "all_schools_full"
    NO_SCHOOL_IN_REACH = "no_school_in_reach"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AllocationProblem:
    """All that a solver may see, canonically sorted.

    Parameters
    ----------
    applicant_no, applicant_level, priority_tier
        One entry for each applicant, sorted by ``applicant_no``; tier 1 is first.
    lottery_rank
        0 for the applicant who draws first. Follows from the seed, and is no part of ``problem_sha256``.
    pool_school_code, pool_level, pool_capacity
        One entry for each seat pool (the seats of one level in one school), sorted by code, then level.
    pair_applicant, pair_pool, pair_distance_m
        The admissible pairs, sorted by applicant, then pool; indices into the arrays above, whole metres.
    problem_sha256
        SHA-256 of the files ``problem/*.csv`` of the round, in the order of their names.
    """

    applicant_no: Strings
    applicant_level: Strings
    priority_tier: Integers
    lottery_rank: Integers
    pool_school_code: Strings
    pool_level: Strings
    pool_capacity: Integers
    pair_applicant: Integers
    pair_pool: Integers
    pair_distance_m: Integers
    problem_sha256: str = ""

    @property
    def applicant_count(self) -> int:
        """Number of applicants."""
        return len(self.applicant_no)

    @property
    def pool_count(self) -> int:
        """Number of seat pools."""
        return len(self.pool_school_code)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that applicants or pools name, sorted."""
        return tuple(sorted({*self.applicant_level, *self.pool_level}))

    def with_hash(self, problem_sha256: str) -> "AllocationProblem":
        """Return the problem with its hash noted."""
        return replace(self, problem_sha256=problem_sha256)

    def only(self, *, pairs: npt.NDArray[np.bool_], capacity: Integers) -> "AllocationProblem":
        """Return the problem that has left only some pairs, and ``capacity`` seats in each pool."""
        return replace(
            self,
            pool_capacity=capacity,
            pair_applicant=self.pair_applicant[pairs],
            pair_pool=self.pair_pool[pairs],
            pair_distance_m=self.pair_distance_m[pairs],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DualCertificate:
    """The proof that one level of one stage is optimal.

    Parameters
    ----------
    unplaced_cost_m
        The metres that an unplaced applicant is reckoned at: more than any chain of moves can save, so that the
        least sum places as many as can be placed.
    price_m
        For each pool of the level (index into the problem's pools): what one more seat would save in that sum.
    """

    stage: int
    kind: str
    level: str
    unplaced_cost_m: int
    price_m: Mapping[int, int]

    def more_placed(self, pool: int) -> int:
        """Return how many more children (0 or 1) one more seat in ``pool`` would place."""
        return int(2 * self.price_m[pool] > self.unplaced_cost_m)

    def seat_price_m(self, pool: int) -> int:
        """Return by how many metres one more seat in ``pool`` would lower the total distance.

        Negative when the seat places one more child, whose own way then adds to the total.
        """
        return self.price_m[pool] - self.unplaced_cost_m * self.more_placed(pool)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allocation:
    """Who got what.

    Parameters
    ----------
    pool
        For each applicant the index of the pool, or `UNPLACED`.
    distance_m
        For each applicant the metres to that school; 0 where unplaced.
    stage
        For each applicant the stage of the policy (from 1) that placed the child; 0 where unplaced.
    certificates
        One for each stage and level.
    """

    pool: Integers
    distance_m: Integers
    stage: Integers
    certificates: tuple[DualCertificate, ...]

    @property
    def placed_count(self) -> int:
        """Number of applicants with a seat."""
        return int((self.pool != UNPLACED).sum())

    @property
    def total_distance_m(self) -> int:
        """Sum of the distances of all who have a seat, in metres."""
        return int(self.distance_m.sum())


def sha256_of(parts: list[bytes]) -> str:
    """Return the SHA-256 of the parts written one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
