"""The lists of applicants and the orders of schools, worked out again for the verifier.

Every place in a list or an order is one whole number, made of its keys like the digits of a number, so that millions
of pairs are compared without being sorted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import HELD, Market, Truths
from allocation.verify_quotas import reserve_of, turn_of

USUAL_ORDER: Mapping[str, Any] = {
    "kind": "deferred_acceptance",
    "order": ["tier", "distance", "lottery"],
    "preferences": "nearest",
    "max_distance_m": {},
    "tiers": [],
    "opens_reserved_seats": False,
    "lifts_caps": False,
}
"""The order by which envy and waiting lists are reckoned where no stage of the policy has one."""

_NEVER = 2**40
_NO_OTHER_SCHOOL_M = 10_000_000
_LARGEST = 2**62
_WIDEST_KEY = 2**26


@dataclass(frozen=True, kw_only=True, eq=False)
class Orders:
    """One entry for each pair of the market.

    Parameters
    ----------
    listed
        Whether the school stands in the applicant's list.
    rank, metres
        Submitted rank and way, of those placed together the sums: by these an applicant puts schools in order.
    saved
        Metres that this school is farther than the nearest other one; None where the stage does not look at it.
    """

    market: Market
    stage: Mapping[str, Any]
    listed: Truths
    rank: Integers
    metres: Integers
    saved: Integers | None

    @cached_property
    def worth(self) -> Integers:
        """What a school is worth to the applicant by rank and metres, smaller is better: two can be worth the same."""
        return _numbered(self.market.applicant, [self.rank, self.metres])

    @cached_property
    def wish(self) -> Integers:
        """Place in the applicant's list, smaller is better; only to be compared within one applicant."""
        market = self.market
        keys = [self.rank, self.metres, _school_numbers(market), _turn(market), market.pool]
        return _numbered(market.applicant, keys)

    @cached_property
    def standing(self) -> Integers:
        """Place in the pool's order, smaller is first; only to be compared within one pool."""
        return _with_families(self.market, [key for _, key in self.standing_keys()])

    def standing_keys(self) -> list[tuple[str, Integers | Truths]]:
        """Return by what schools put applicants in order, the first weighing most: names, and a key for each pair."""
        market = self.market
        keys: list[tuple[str, Integers | Truths]] = [
            ("held", market.tier != HELD),
            ("reserved", market.waits_for_tag),
        ]
        return keys + [(name, self._key(name)) for name in [*self.stage["order"], "lottery"]]

    def _key(self, name: str) -> Integers:
        market = self.market
        if name == "tier":
            return market.tier
        if name == "distance":
            return market.distance_m
        if name == "distance_band":
            return sum(
                (np.int64(1) * (market.distance_m > edge) for edge in self.stage["bands_m"]), np.zeros_like(market.tier)
            )
        if name == "relative_distance" and self.saved is not None:
            return self.saved
        if name == "given_priority":
            return _ranked(market.given)
        return market.draw[market.applicant]

    def wished_for(self, own: Integers) -> Truths:
        """Return which pairs can matter where everybody compares with the own one: all that are worth as much or more.

        Of families that stay together all pairs, since their members are put in order by one another's.

        Parameters
        ----------
        own
            For each applicant a pair of the market, or `NONE`: then all pairs of the applicant.
        """
        at_least = np.append(self.worth, _LARGEST)[own]
        matters = np.asarray(self.worth <= at_least[self.market.applicant])
        is_grouped = self.market.family != NONE
        return matters | is_grouped[self.market.applicant] if is_grouped.any() else matters

    def only(self, pairs: Truths) -> "Orders":
        """Return the orders of some pairs alone, as they are among all."""
        if pairs.all():
            return self
        return replace(
            self,
            market=self.market.only(pairs),
            listed=self.listed[pairs],
            rank=self.rank[pairs],
            metres=self.metres[pairs],
            saved=None if self.saved is None else self.saved[pairs],
        )


def orders_of(market: Market, stage: Mapping[str, Any]) -> Orders:
    """Return who comes before whom in a stage of deferred acceptance, of the pairs that take part in it alone."""
    rank, metres, listed = _wishes_of(market, stage)
    saved = None
    if "relative_distance" in stage["order"]:
        saved = market.distance_m - _other_m(market, _school_numbers(market))
    return Orders(market=market, stage=stage, listed=listed, rank=rank, metres=metres, saved=saved)


def _school_numbers(market: Market) -> Integers:
    """Return for each pair the number of its school, by code."""
    code_of_row = market.files.schools["school_code"]
    numbered = {code: number for number, code in enumerate(sorted(set(code_of_row)))}
    return np.array([numbered[code_of_row[row]] for row in market.school_row], dtype=np.int64)[market.pool]


def _numbered(group: Integers, keys: Sequence[Integers | Truths], *, most: int = _LARGEST) -> Integers:
    """Return numbers below ``most`` that put each group in the order of the keys, the first key weighing most."""
    digits = [_Digit.of(key) for key in keys if len(key)]
    if math.prod(digit.span for digit in digits) <= most:
        number = np.zeros(len(group), dtype=np.int64)
        for digit in digits:
            digit.append_to(number)
        return number
    order = np.lexsort([*keys[::-1], group])
    number = np.empty(len(group), dtype=np.int64)
    number[order] = np.arange(len(group))
    return number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Digit:
    """A key as a digit of a number: ``span`` values from ``low`` on."""

    key: Integers | Truths
    low: int
    span: int

    @classmethod
    def of(cls, key: Integers | Truths) -> "_Digit":
        """Return a key as a digit; where it has wide gaps, its values are numbered without them."""
        low, high = int(key.min()), int(key.max())
        if high - low >= _WIDEST_KEY:
            values, numbered = np.unique(key, return_inverse=True)
            return cls(key=numbered, low=0, span=len(values))
        return cls(key=key, low=low, span=high - low + 1)

    def append_to(self, number: Integers) -> None:
        """Make numbers one digit longer; a digit that is always the same tells nothing apart."""
        if self.span > 1:
            number *= self.span
            number += self.key
            number -= self.low


def in_order(group: Integers, number: Integers) -> Integers:
    """Return the positions sorted by group, within it by number; no number is twice in a group."""
    span = int(number.max(initial=0)) + 1
    if (int(group.max(initial=0)) + 1) * span < _LARGEST:
        return np.argsort(group * span + number)
    return np.lexsort([number, group])


def _ranked(given: Integers) -> Integers:
    return np.where(given == 0, _NEVER, given)


def _turn(market: Market) -> Integers:
    """Return when the seats are asked for among those of one school: kept for the child, open, kept for others."""
    turns = turn_of(market.files.policy)
    if turns:
        own = np.zeros(len(market.pool), dtype=bool)
        codes = np.array(market.seat_group, dtype=object)
        for code, tiers in reserve_of(market.files.policy).items():
            own |= (codes == code)[market.pool] & np.isin(market.tier, [*tiers])
        of_kind = np.array([turns.get(code, 3) for code in market.seat_group], dtype=np.int64)
        return np.where(own, 0, of_kind[market.pool])
    last = {group["code"] for group in market.files.policy["seat_groups"] if not group["is_asked_first"]}
    of_pool = np.array([2 if code in last else int(code == "") for code in market.seat_group], dtype=np.int64)
    return np.where(market.is_stranger, 3, of_pool[market.pool])


def _other_m(market: Market, school: Integers) -> Integers:
    """Return for each pair the metres to the nearest other school of the applicant."""
    best, second = (np.full(len(market.draw), _NO_OTHER_SCHOOL_M, dtype=np.int64) for _ in range(2))
    np.minimum.at(best, market.applicant, market.distance_m)
    is_best = market.distance_m == best[market.applicant]
    best_school = np.full(len(market.draw), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(best_school, market.applicant[is_best], school[is_best])
    elsewhere = school != best_school[market.applicant]
    np.minimum.at(second, market.applicant[elsewhere], market.distance_m[elsewhere])
    return np.where(elsewhere, best[market.applicant], second[market.applicant])


def named_a_school(market: Market) -> Integers:
    """Return the applicants who gave a rank to any school of their pairs."""
    return np.unique(market.applicant[market.wish > 0])


def _wishes_of(market: Market, stage: Mapping[str, Any]) -> tuple[Integers, Integers, Truths]:
    """Return submitted rank, metres (of those placed together the sums) and whether the school stands in the list."""
    looks_at_wishes = stage["preferences"] != "nearest"
    rank = _ranked(market.wish) if looks_at_wishes else np.broadcast_to(np.int64(0), len(market.pool))
    listed = np.ones(len(market.pool), dtype=bool)
    if stage["preferences"] in {"submitted", "submitted_or_nearest"}:
        listed = (market.wish > 0) | (market.tier == HELD)
    if stage["preferences"] == "submitted_or_nearest":
        listed |= ~np.isin(market.applicant, named_a_school(market))
    members: dict[int, list[int]] = {}
    for row in np.flatnonzero(market.family != NONE).tolist():
        members.setdefault(int(market.family[row]), []).append(row)
    if not members:
        return rank, market.distance_m, listed
    rank, metres, school = rank.copy(), market.distance_m.copy(), _school_numbers(market)
    first = np.searchsorted(market.applicant, np.arange(len(market.draw) + 1))
    for rows in members.values():
        _sum_over(rows, first, school=school, columns=(rank, metres), listed=listed)
    return rank, metres, listed


def _sum_over(
    rows: list[int], first: Integers, *, school: Integers, columns: tuple[Integers, Integers], listed: Truths
) -> None:
    """Give the members of a family one list: schools that all have, by the sums of their ranks and metres."""
    spans = [slice(first[row], first[row + 1]) for row in rows]
    own = []
    for span in spans:
        ways = zip(*(column[span].tolist() for column in columns), strict=True)
        stated = zip(school[span].tolist(), listed[span].tolist(), ways, strict=True)
        own.append({code: way for code, is_listed, way in stated if is_listed})
    shared = set(own[0]).intersection(*own)
    sums = {code: [sum(parts) for parts in zip(*(one[code] for one in own), strict=True)] for code in shared}
    for span in spans:
        codes = school[span].tolist()
        listed[span] &= np.array([code in shared for code in codes], dtype=bool)
        for at, column in enumerate(columns):
            column[span] = [
                sums[code][at] if code in sums else way for code, way in zip(codes, column[span].tolist(), strict=True)
            ]


def _with_families(market: Market, keys: Sequence[Integers | Truths]) -> Integers:
    """Return places by the keys, the members of a family one after the other at the place of the last of them."""
    paired = np.flatnonzero(market.family[market.applicant] != NONE)
    if not len(paired):
        return _numbered(market.pool, keys)
    largest = int(np.bincount(market.family[market.family != NONE]).max())
    alone = _numbered(market.pool, keys, most=_LARGEST // (largest + 1))
    family, pool = market.family[market.applicant[paired]], market.pool[paired]
    order = np.lexsort([alone[paired], pool, family])
    paired, family, pool = paired[order], family[order], pool[order]
    is_first = np.append(True, (family[1:] != family[:-1]) | (pool[1:] != pool[:-1]))
    start = np.flatnonzero(is_first)
    size = np.diff(np.append(start, len(paired)))
    place = alone * (largest + 1)
    last = alone[paired[start + size - 1]]
    place[paired] = np.repeat(last, size) * (largest + 1) + np.arange(len(paired)) - np.repeat(start, size)
    return place
