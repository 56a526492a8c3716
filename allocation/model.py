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
Truths = npt.NDArray[np.bool_]

UNPLACED = -1
"""Stands where a pool index would: the applicant has no seat."""


class Level(StrEnum):
    """The levels that a round places children into."""

    KINDERGARTEN_3 = "kindergarten_3"
    KINDERGARTEN_4 = "kindergarten_4"
    KINDERGARTEN_5 = "kindergarten_5"
    GRADE_1 = "grade_1"
    GRADE_6 = "grade_6"


class NearBy(StrEnum):
    """By what metres are measured: on foot, by vehicle on streets open to it, or in a straight line (comparison)."""

    WALKING = "walking"
    RIDING = "riding"
    STRAIGHT_LINE = "straight_line"


NEAR_BY_LABELS: Mapping[NearBy, Text] = MappingProxyType(
    {
        NearBy.WALKING: Text("theo đường đi bộ", "on foot along the streets"),
        NearBy.RIDING: Text("theo đường xe chạy được", "by vehicle along the streets"),
        NearBy.STRAIGHT_LINE: Text("theo đường chim bay", "in a straight line"),
    }
)

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
    FIRST_PREFERENCE = "first_preference"
    PREFERRED_SCHOOLS_FULL = "preferred_schools_full"
    SEAT_CONFIRMED = "seat_confirmed"
    ALL_SCHOOLS_FULL = "all_schools_full"
    NO_SCHOOL_IN_REACH = "no_school_in_reach"


APPLICANT_FACTS = (
    "area",
    "attended_area",
    "attended_school",
    "parent_work_area",
    "parent_work_school",
    "sibling_school",
    "home_school",
    "tags",
)
"""Columns of applicants that a policy's tiers and seat groups may look at."""

HELD_SEAT_GROUP = "held_seat_group"
"""Column of applicants: the seat group of the seat held from an earlier run, empty for an open seat."""

SEATS_PREFIX = "seats_"
"""Columns of schools that say how many seats are kept for a group begin so; ``area`` is the other fact of a school."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AllocationProblem:
    """All that a solver may see, canonically sorted.

    As it comes from the files it holds facts alone; `allocation.priority.under_policy` makes of it what a policy makes
    of the facts: seat groups become pools of their own, each pair gets its tier, and what is not admissible is gone.

    Parameters
    ----------
    applicant_no, applicant_level, priority_tier
        One entry for each applicant, sorted by ``applicant_no``; tier 1 is first. Under a policy with tiers of its own
        the best that any pair has.
    lottery_rank
        0 for the applicant who draws first. Follows from the seed, and is no part of ``problem_sha256``.
    together
        Number of the group that is placed in one school, or `UNPLACED` for those alone.
    held_pool
        The pool in which the applicant holds a seat from an earlier run, or `UNPLACED`.
    is_confirmed
        Whether the family has confirmed that seat, so that no other is looked for.
    applicant_facts
        The columns of `APPLICANT_FACTS` that are given; empty text where nothing is known.
    pool_school_code, pool_level, pool_seat_group, pool_capacity
        One entry for each seat pool (the seats of one level in one school, and under a policy of one seat group; the
        open seats are the group ""), sorted by code, level, group.
    pool_facts
        ``area`` and the columns that begin with `SEATS_PREFIX`, as given.
    pair_applicant, pair_pool, pair_distance_m
        The admissible pairs, sorted by applicant, then pool; indices into the arrays above, whole metres.
    pair_tier
        The tier of the applicant at that pool; 0 where the applicant holds a seat there.
    pair_preference, pair_given_priority
        Rank that the family submitted and rank that the school gave, from 1; 0 where there is none.
    problem_sha256
        SHA-256 of the files ``problem/*.csv`` of the round, in the order of their names.
    """

    applicant_no: Strings
    applicant_level: Strings
    priority_tier: Integers
    lottery_rank: Integers
    together: Integers
    held_pool: Integers
    is_confirmed: Truths
    applicant_facts: Mapping[str, Strings]
    pool_school_code: Strings
    pool_level: Strings
    pool_seat_group: Strings
    pool_capacity: Integers
    pool_facts: Mapping[str, Strings]
    pair_applicant: Integers
    pair_pool: Integers
    pair_distance_m: Integers
    pair_tier: Integers
    pair_preference: Integers
    pair_given_priority: Integers
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

    def only(self, *, pairs: Truths | Integers, capacity: Integers) -> "AllocationProblem":
        """Return the problem that has left only some pairs, and ``capacity`` seats in each pool."""
        if pairs.dtype == bool and pairs.all():
            return replace(self, pool_capacity=capacity)
        return replace(
            self,
            pool_capacity=capacity,
            pair_applicant=self.pair_applicant[pairs],
            pair_pool=self.pair_pool[pairs],
            pair_distance_m=self.pair_distance_m[pairs],
            pair_tier=self.pair_tier[pairs],
            pair_preference=self.pair_preference[pairs],
            pair_given_priority=self.pair_given_priority[pairs],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FarthestProof:
    """The proof of one level of a stage `least_farthest` that no shorter limit places as many of each tier.

    Both proofs are sets of pools (indices into the problem's pools), by König's theorem: of any applicants no more can
    be placed than the set has seats and of them have a pair outside the set.

    Parameters
    ----------
    farthest_m
        The longest way allowed, except to those who hold a seat from an earlier run; beside groups that are placed
        together no shorter than their longest way.
    enough
        For each tier the set that shows that of tiers up to it no more can be placed on ways of any length.
    short_tier, short
        The tier and the set that show that on ways shorter than ``farthest_m`` too few of tiers up to it find a seat;
        None where no shorter way is thinkable, or somebody of a group goes as far.
    """

    farthest_m: int
    enough: Mapping[int, tuple[int, ...]]
    short_tier: int | None
    short: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """What a level of a stage comes to if nobody had to be placed together; no placement with whole groups is better.

    Parameters
    ----------
    unplaced_cost_m, last_tier, price_m
        As in `DualCertificate`; they prove it.
    placed_by_tier, total_distance_m
        How many of each tier it places, and their metres.
    farthest
        As in `DualCertificate`.
    is_optimal
        Whether CP-SAT has shown that no placement with whole groups is better than the one made; no file proves it.
    """

    unplaced_cost_m: int
    last_tier: int
    price_m: Mapping[int, int]
    placed_by_tier: Mapping[int, int]
    total_distance_m: int
    farthest: FarthestProof | None
    is_optimal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DualCertificate:
    """The proof that one level of one stage of least travel is optimal.

    Parameters
    ----------
    unplaced_cost_m
        The metres that an unplaced applicant of the last tier is reckoned at: more than any chain of moves can save, so
        that the least sum places as many as can be placed. Each tier before the last adds as much again: an applicant
        of tier t is reckoned at ``unplaced_cost_m * (1 + last_tier - t)``, so that first tiers are placed first.
    last_tier
        The largest tier among the applicants of the level who have a pair in the stage; 1 where there is none.
    price_m
        For each pool of the level (index into the problem's pools): what one more seat would save in that sum.
    farthest
        Of a stage `least_farthest`: the proof of the longest way; the prices are those on ways up to it. Else None.
    relaxation
        Where the rule of groups changed the placement: the bound without it. The prices are then those of the children
        alone, with the groups where they are. Else None.
    """

    stage: int
    kind: str
    level: str
    unplaced_cost_m: int
    price_m: Mapping[int, int]
    last_tier: int = 1
    farthest: FarthestProof | None = None
    relaxation: Relaxation | None = None

    def more_placed(self, pool: int) -> int:
        """Return how many more children (0 or 1) one more seat in ``pool`` would place."""
        return int(self._tiers_saved(pool) > 0)

    def seat_price_m(self, pool: int) -> int:
        """Return by how many metres one more seat in ``pool`` would lower the total distance.

        Negative when the seat places one more child, whose own way then adds to the total.
        """
        return self.price_m[pool] - self.unplaced_cost_m * self._tiers_saved(pool)

    def _tiers_saved(self, pool: int) -> int:
        return (2 * self.price_m[pool] + self.unplaced_cost_m - 1) // (2 * self.unplaced_cost_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceCertificate:
    """What is to be known of one level of one stage of deferred acceptance beyond the offers themselves.

    Parameters
    ----------
    refused_together
        Group (number in `AllocationProblem.together`) and school_code: the school had seats for some of the group only,
        or for none of one of its levels, so that the whole group went on to its next school.
    """

    stage: int
    kind: str
    level: str
    refused_together: tuple[tuple[int, str], ...] = ()


Certificate = DualCertificate | AcceptanceCertificate


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
    certificates: tuple[Certificate, ...]

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
