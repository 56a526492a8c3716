"""The lists of applicants and the orders of schools, worked out again for the verifier.

Every place in a list or an order is one whole number, made of its keys like the digits of a number, so that millions
of pairs are compared without being sorted.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import HELD, Market, Truths

USUAL_ORDER: Mapping[str, Any] = {
    "kind": "deferred_acceptance",
    "order": ["tier", "distance", "lottery"],
    "preferences": "nearest",
    "max_distance_m": {},
    "tiers": [],
    "opens_reserved_seats": False,
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
    wish
        Place in the applicant's list, smaller is better; only to be compared within one applicant.
    worth
        The same by rank and metres alone: two schools can be worth the same.
    standing
        Place in the pool's order, smaller is first; only to be compared within one pool.
    """

    listed: Truths
    wish: Integers
    worth: Integers
    standing: Integers


def orders_of(market: Market, stage: Mapping[str, Any]) -> Orders:
    """Return who comes before whom in a stage of deferred acceptance, of the pairs that take part in it alone."""
    school = _school_numbers(market)
    rank, metres, listed = wishes_of(market, stage)
    worth = _numbered(market.applicant, [rank, metres])
    wish = _numbered(market.applicant, [rank, metres, school, _turn(market), market.pool])
    standing = _with_families(market, [key for _, key in standing_keys(market, stage)])
    return Orders(listed=listed, wish=wish, worth=worth, standing=standing)


def standing_keys(market: Market, stage: Mapping[str, Any]) -> list[tuple[str, Integers]]:
    """Return by what schools put applicants in order, the first weighing most: names, and a number for each pair."""
    school = _school_numbers(market)
    keys = [("held", np.where(market.tier == HELD, 0, 1)), ("reserved", market.waits_for_tag.astype(np.int64))]
    return keys + [(name, _key(market, name, stage, school)) for name in [*stage["order"], "lottery"]]


def _school_numbers(market: Market) -> Integers:
    """Return for each pair the number of its school, by code."""
    code_of_row = market.files.schools["school_code"]
    numbered = {code: number for number, code in enumerate(sorted(set(code_of_row)))}
    return np.array([numbered[code_of_row[row]] for row in market.school_row], dtype=np.int64)[market.pool]


def _numbered(group: Integers, keys: list[Integers], *, most: int = _LARGEST) -> Integers:
    """Return numbers below ``most`` that put each group in the order of the keys, the first key weighing most."""
    digits = [_narrow(key) for key in keys]
    spans = [int(digit.max(initial=0)) + 1 for digit in digits]
    if math.prod(spans) <= most:
        number = np.zeros(len(group), dtype=np.int64)
        for digit, span in zip(digits, spans, strict=True):
            number *= span
            number += digit
        return number
    order = np.lexsort([*keys[::-1], group])
    number = np.empty(len(group), dtype=np.int64)
    number[order] = np.arange(len(group))
    return number


def in_order(group: Integers, number: Integers) -> Integers:
    """Return the positions sorted by group, within it by number; no number is twice in a group."""
    span = int(number.max(initial=0)) + 1
    if (int(group.max(initial=0)) + 1) * span < _LARGEST:
        return np.argsort(group * span + number)
    return np.lexsort([number, group])


def _narrow(key: Integers) -> Integers:
    """Return numbers from 0 in the same order, without the gaps where these are wide."""
    if not len(key):
        return key
    low, high = int(key.min()), int(key.max())
    return key - low if high - low < _WIDEST_KEY else np.unique(key, return_inverse=True)[1].astype(np.int64)


def _ranked(given: Integers) -> Integers:
    return np.where(given == 0, _NEVER, given)


def _turn(market: Market) -> Integers:
    """Return when the seats are asked for among those of one school: kept for the child, open, kept for others."""
    last = {group["code"] for group in market.files.policy["seat_groups"] if not group["is_asked_first"]}
    of_pool = np.array([2 if code in last else int(code == "") for code in market.seat_group], dtype=np.int64)
    return np.where(market.is_stranger, 3, of_pool[market.pool])


def _key(market: Market, name: str, stage: Mapping[str, Any], school: Integers) -> Integers:
    if name == "tier":
        return market.tier
    if name == "distance":
        return market.distance_m
    if name == "distance_band":
        return sum((np.int64(1) * (market.distance_m > edge) for edge in stage["bands_m"]), np.zeros_like(market.tier))
    if name == "relative_distance":
        return market.distance_m - _other_m(market, school)
    if name == "given_priority":
        return _ranked(market.given)
    return market.draw[market.applicant]


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


def wishes_of(market: Market, stage: Mapping[str, Any]) -> tuple[Integers, Integers, Truths]:
    """Return submitted rank, metres (of those placed together the sums) and whether the school stands in the list."""
    school = _school_numbers(market)
    submitted = _ranked(market.wish)
    rank = np.zeros_like(submitted) if stage["preferences"] == "nearest" else submitted
    listed = (submitted < _NEVER) | (market.tier == HELD)
    if stage["preferences"] == "submitted_or_nearest":
        listed |= ~np.isin(market.applicant, named_a_school(market))
    elif stage["preferences"] != "submitted":
        listed = np.ones_like(listed)
    metres = market.distance_m.copy()
    rank = rank.copy()
    members: dict[int, list[int]] = {}
    for row in np.flatnonzero(market.family != NONE).tolist():
        members.setdefault(int(market.family[row]), []).append(row)
    if members:
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


def _with_families(market: Market, keys: list[Integers]) -> Integers:
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
