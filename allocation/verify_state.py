"""What the verifier knows of a round: its files, and the offers in the numbering of the problem."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from allocation.round_files import NONE, Integers, RoundFiles

_NO_LIMIT_M = 2**62


@dataclass(frozen=True, kw_only=True, eq=False)
class Checked:
    """A round under examination; arrays have one entry for each applicant of the problem.

    Parameters
    ----------
    shown
        How messages name the applicant.
    offer_row
        Row of ``offers.csv``; `NONE` where there is none.
    offered_code
        The school_code of the offer; empty without a seat.
    pool
        Row of ``problem/schools.csv`` with that school and the applicant's level, or `NONE`.
    distance_m, stage
        As stated in the offer, or `NONE`.
    capacity
        Seats of each row of ``problem/schools.csv``.
    tier, drawn, lottery
        Priority tier; lottery number; place in the draw, 0 first.
    """

    files: RoundFiles
    shown: list[str]
    offer_row: Integers
    offered_code: list[str]
    pool: Integers
    distance_m: Integers
    stage: Integers
    capacity: Integers
    tier: Integers
    drawn: list[str]
    lottery: Integers

    @property
    def stage_count(self) -> int:
        """Number of stages of the policy."""
        return len(self.files.policy["stages"])

    @cached_property
    def pair_keys(self) -> Integers:
        """One number for each pair, by applicant, then pool."""
        keys: Integers = self.files.pair_applicant * (len(self.capacity) + 1) + self.files.pair_pool
        return keys

    @cached_property
    def _sorted_pairs(self) -> tuple[Integers, Integers]:
        order = np.argsort(self.pair_keys, kind="stable")
        return self.pair_keys[order], self.files.pair_distance_m[order]

    @property
    def has_repeated_pairs(self) -> bool:
        """Whether a pair of applicant and pool stands twice in the problem."""
        keys, _ = self._sorted_pairs
        return bool((keys[1:] == keys[:-1]).any())

    def distances_to(self, pool: Integers) -> Integers:
        """Return for each applicant the distance to one pool; `NONE` where that is no pair of the problem."""
        keys, distance_m = self._sorted_pairs
        wanted = np.arange(len(pool)) * (len(self.capacity) + 1) + pool
        at = np.searchsorted(keys, wanted)
        found = (pool != NONE) & (np.append(keys, NONE)[at] == wanted)
        return np.where(found, np.append(distance_m, NONE)[at], NONE)

    def placed_counts(self, *, stage: int | None = None) -> Integers:
        """Return how many are placed in each pool, by one stage or by all."""
        counted = self.pool != NONE
        if stage is not None:
            counted &= self.stage == stage
        return np.bincount(self.pool[counted], minlength=len(self.capacity)).astype(np.int64)

    def limit_m(self, stage: Integers) -> Integers:
        """Return for each applicant the longest way that this stage allows, in metres."""
        limits = [one.get("max_distance_m", {}) for one in self.files.policy["stages"]]
        levels = self.files.applicants["level"]
        within = np.clip(stage, 1, len(limits)) - 1
        if not any(limits):
            return np.full(len(levels), _NO_LIMIT_M, dtype=np.int64)
        chosen = zip(within, levels, strict=True)
        return np.array([limits[number].get(level, _NO_LIMIT_M) for number, level in chosen], dtype=np.int64)


def name_of_school(state: Checked, pool: int) -> str:
    """Return code and level of a pool as messages show them."""
    return f"{state.files.schools['school_code'][pool]} {state.files.schools['level'][pool]}".strip()
