"""What the verifier knows of a round: its files, the market that the policy makes of them, and the offers in it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers, RoundFiles, whole_numbers
from allocation.verify_market import Market, Truths, market_of

_ID_LENGTH = 12
_SHOWN_START, _SHOWN_END = 6, 2
_LOTTERY_BYTES = 8


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

    def shown_as(self, number: str) -> str:
        """Return how a message names an applicant number, also one that the problem does not have."""
        return number if self.files.summary.get("any_id") is True else masked(number)

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
    def own_pair(self) -> Integers:
        """For each applicant the pair with the pool of the offer; `NONE` where that is no pair of the market."""
        offered = self.pool[self.market.applicant]
        meets = np.flatnonzero((offered == self.market.pool) & (offered != NONE))
        own = np.full(len(self.pool), NONE, dtype=np.int64)
        own[self.market.applicant[meets]] = meets
        return own

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

    @cached_property
    def allowed(self) -> list[Truths]:
        """For each stage, for each pair of the market whether the stage may use it."""
        return [self.market.allowed_in(rule) for rule in self.stages]

    def pairs_of(self, stage: int) -> Truths:
        """Return for each pair of the market whether it takes part in a stage."""
        return np.asarray(self.is_open(stage)[self.market.applicant] & self.allowed[stage - 1])


def places_among(chosen: Truths, pairs: Integers) -> Integers:
    """Return where each of some pairs stands among the chosen ones; `NONE` where it is none of them.

    Parameters
    ----------
    chosen
        For each pair of a market whether it is chosen.
    pairs
        Positions in the market, or `NONE`.
    """
    found = np.append(chosen, False)[pairs] & (pairs != NONE)
    place = np.full(len(pairs), NONE, dtype=np.int64)
    place[found] = np.searchsorted(np.flatnonzero(chosen), pairs[found])
    return place


def name_of_school(state: Checked, pool: int) -> str:
    """Return code, level and seat group of a pool as messages show them."""
    row = state.market.school_row[pool]
    parts = (state.files.schools["school_code"][row], state.files.schools["level"][row], state.market.seat_group[pool])
    return " ".join(part for part in parts if part)


def state_of(files: RoundFiles) -> Checked:
    """Bring the offers to the numbering of the problem, and draw the lottery again.

    Raises
    ------
    UnreadableError
        A cell is not what it must be.
    """
    numbers = files.applicants["applicant_no"]
    any_id = files.summary.get("any_id") is True
    drawn = _draw(numbers, str(files.summary.get("seed", "")))
    market = market_of(files, _lottery_ranks(drawn))
    row_of = {number: row for row, number in enumerate(files.offers["applicant_no"])}
    rows = np.array([row_of.get(number, NONE) for number in numbers], dtype=np.int64)
    distance_m = np.append(whole_numbers(files.offers["distance_m"], "offers.csv", "distance_m"), NONE)
    stage = np.append(whole_numbers(files.offers["stage"], "offers.csv", "stage"), NONE)
    codes = files.offers["school_code"]
    return Checked(
        files=files,
        market=market,
        shown=numbers if any_id else [masked(number) for number in numbers],
        offer_row=rows,
        offered_code=[codes[row] if row != NONE else "" for row in rows.tolist()],
        pool=_offered_pools(files, market, rows),
        distance_m=distance_m[rows],
        stage=stage[rows],
        drawn=[number.hex() for number in drawn],
    )


def masked(number: str) -> str:
    """Return a personal ID as messages may show it, without what makes it one person's: ``079320••••56``."""
    if len(number) < _ID_LENGTH:
        return "•" * len(number)
    return number[:_SHOWN_START] + "•" * (len(number) - _SHOWN_START - _SHOWN_END) + number[-_SHOWN_END:]


def _offered_pools(files: RoundFiles, market: Market, rows: Integers) -> Integers:
    """Return for each applicant the pool of the market that the offer names, or `NONE`."""
    school, levels = files.schools["school_code"], files.schools["level"]
    at = {
        (school[row], levels[row], group): pool
        for pool, (row, group) in enumerate(zip(market.school_row.tolist(), market.seat_group, strict=True))
    }
    groups = files.offers.get("seat_group", [""] * len(files.offers["school_code"]))
    offered = ((files.offers["school_code"][row], groups[row]) if row != NONE else ("", "") for row in rows.tolist())
    named = zip(offered, files.applicants["level"], strict=True)
    return np.array([at.get((code, level, group), NONE) for (code, group), level in named], dtype=np.int64)


def _draw(numbers: list[str], seed: str) -> list[bytes]:
    """Return the first 64 bits of HMAC-SHA256 of each applicant's number under the seed."""
    key = seed.encode()
    return [hmac.digest(key, number.encode(), hashlib.sha256)[:_LOTTERY_BYTES] for number in numbers]


def _lottery_ranks(drawn: list[bytes]) -> Integers:
    """Return places in the draw; of two equal numbers the smaller applicant_no is first, by which the rows stand."""
    order = np.argsort(np.frombuffer(b"".join(drawn), dtype=">u8").astype(np.uint64), kind="stable")
    ranks = np.empty(len(drawn), dtype=np.int64)
    ranks[order] = np.arange(len(drawn))
    return ranks
