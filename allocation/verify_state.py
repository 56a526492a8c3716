"""What the verifier knows of a round: its files, the market that the policy makes of them, and the offers in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers, RoundFiles
from allocation.verify_market import Market, Truths


@dataclass(frozen=True, kw_only=True, eq=False)
class Checked:
    """A round under examination; arrays have one entry for each applicant of the problem.

    Parameters
    ----------
    market
        Seats and pairs under the policy.
    shown
        How messages name the applicant.
    offer_row
        Row of ``offers.csv``; `NONE` where there is none.
    offered_code
        The school_code of the offer; empty without a seat.
    pool
        The pool of the market with that school, the applicant's level and the offer's seat group, or `NONE`.
    distance_m, stage
        As stated in the offer, or `NONE`.
    drawn
        Lottery number.
    """

    files: RoundFiles
    market: Market
    shown: list[str]
    offer_row: Integers
    offered_code: list[str]
    pool: Integers
    distance_m: Integers
    stage: Integers
    drawn: list[str]

    @property
    def stages(self) -> list[Mapping[str, Any]]:
        """The stages of the policy."""
        stages: list[Mapping[str, Any]] = self.files.policy["stages"]
        return stages

    @property
    def stage_count(self) -> int:
        """Number of stages of the policy."""
        return len(self.stages)

    @property
    def capacity(self) -> Integers:
        """Seats of each pool of the market."""
        return self.market.capacity

    @cached_property
    def pool_level(self) -> list[str]:
        """Level of each pool of the market."""
        levels = self.files.schools["level"]
        return [levels[row] for row in self.market.school_row]

    @cached_property
    def pool_name(self) -> list[str]:
        """How the certificate names each pool among those of its level."""
        codes = self.files.schools["school_code"]
        named = zip(self.market.school_row, self.market.seat_group, strict=True)
        return [f"{codes[row]}/{group}" if group else codes[row] for row, group in named]

    @cached_property
    def pair_keys(self) -> Integers:
        """One number for each pair of the market, by applicant, then pool."""
        keys: Integers = self.market.applicant * (len(self.capacity) + 1) + self.market.pool
        return keys

    @cached_property
    def _sorted_pairs(self) -> tuple[Integers, Integers]:
        order = np.argsort(self.pair_keys, kind="stable")
        return self.pair_keys[order], order

    @property
    def has_repeated_pairs(self) -> bool:
        """Whether a pair of applicant and pool stands twice in the problem."""
        keys, _ = self._sorted_pairs
        return bool((keys[1:] == keys[:-1]).any())

    @cached_property
    def own_pair(self) -> Integers:
        """For each applicant the pair with the pool of the offer; `NONE` where that is no pair of the market."""
        keys, order = self._sorted_pairs
        wanted = np.arange(len(self.pool)) * (len(self.capacity) + 1) + self.pool
        at = np.searchsorted(keys, wanted)
        found = (self.pool != NONE) & (np.append(keys, NONE)[at] == wanted)
        return np.where(found, np.append(order, NONE)[at], NONE)

    def placed_counts(self, *, stage: int | None = None) -> Integers:
        """Return how many are placed in each pool, by one stage or by all."""
        counted = self.pool != NONE
        if stage is not None:
            counted &= self.stage == stage
        return np.bincount(self.pool[counted], minlength=len(self.capacity)).astype(np.int64)

    def seats_left(self, stage: int) -> Integers:
        """Return the seats of each pool that the earlier stages left to this one."""
        earlier = (self.pool != NONE) & (self.stage < stage)
        return self.capacity - np.bincount(self.pool[earlier], minlength=len(self.capacity)).astype(np.int64)

    def is_open(self, stage: int) -> Truths:
        """Return for each applicant whether the earlier stages left the child without a seat."""
        return np.asarray((self.stage == NONE) | (self.stage >= stage))

    def pairs_of(self, stage: int) -> Truths:
        """Return for each pair of the market whether it takes part in a stage."""
        return np.asarray(self.is_open(stage)[self.market.applicant] & self.market.allowed_in(self.stages[stage - 1]))


def name_of_school(state: Checked, pool: int) -> str:
    """Return code, level and seat group of a pool as messages show them."""
    row = state.market.school_row[pool]
    parts = (state.files.schools["school_code"][row], state.files.schools["level"][row], state.market.seat_group[pool])
    return " ".join(part for part in parts if part)
