"""The lists of applicants and the orders of schools, worked out again for the verifier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import HELD, Market, Truths

_NEVER = 2**40
_NO_OTHER_SCHOOL_M = 10_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Orders:
    """One entry for each pair of the market.

    Parameters
    ----------
    listed
        Whether the school stands in the applicant's list.
    wish
        Place in the applicant's list, smaller is better; only to be compared within one applicant.
    standing
        Place in the pool's order, smaller is first; only to be compared within one pool.
    """

    listed: Truths
    wish: Integers
    standing: Integers


def orders_of(market: Market, stage: Mapping[str, Any]) -> Orders:
    """Return who comes before whom in a stage of deferred acceptance, of the pairs that take part in it alone."""
    school = _school_numbers(market)
    rank, metres, listed = wishes_of(market, stage)
    wish = _numbered(market.applicant, [rank, metres, school, _turn(market), market.pool])
    alone = _numbered(market.pool, [key for _, key in standing_keys(market, stage)])
    return Orders(listed=listed, wish=wish, standing=_with_families(market, alone))


def family_distances_m(market: Market) -> Integers:
    """Return the metres of each pair, summed over those who are placed together."""
    return wishes_of(market, {"preferences": "nearest"})[1]


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


def _numbered(group: Integers, keys: list[Integers]) -> Integers:
    """Return places that put the entries of each group in the order of the keys, the first key weighing most."""
    order = np.lexsort([*keys[::-1], group])
    places = np.empty(len(group), dtype=np.int64)
    places[order] = np.arange(len(group))
    return places


def _ranked(given: Integers) -> Integers:
    return np.where(given == 0, _NEVER, given)


def _turn(market: Market) -> Integers:
    """Return when the seats are asked for among those of one school: kept for the child, open, kept for others."""
    last = {group["code"] for group in market.files.policy.get("seat_groups", []) if not group["is_asked_first"]}
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


def wishes_of(market: Market, stage: Mapping[str, Any]) -> tuple[Integers, Integers, Truths]:
    """Return submitted rank, metres (of those placed together the sums) and whether the school stands in the list."""
    school = _school_numbers(market)
    submitted = _ranked(market.wish)
    rank = np.zeros_like(submitted) if stage["preferences"] == "nearest" else submitted
    listed = (submitted < _NEVER) | (market.tier == HELD) | (stage["preferences"] != "submitted")
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
    own = [{int(school[pair]): pair for pair in range(first[row], first[row + 1]) if listed[pair]} for row in rows]
    shared = set(own[0]).intersection(*own)
    sums = {code: [int(sum(column[one[code]] for one in own)) for column in columns] for code in shared}
    for row in rows:
        for pair in range(first[row], first[row + 1]):
            code = int(school[pair])
            listed[pair] = listed[pair] and code in shared
            if code in sums:
                columns[0][pair], columns[1][pair] = sums[code]


def _with_families(market: Market, alone: Integers) -> Integers:
    """Put the members of a family one after the other, at the place of the last of them."""
    if not (market.family != NONE).any():
        return alone
    last: dict[tuple[int, int], int] = {}
    of_pair = market.family[market.applicant]
    for pair in np.flatnonzero(of_pair != NONE).tolist():
        key = int(of_pair[pair]), int(market.pool[pair])
        last[key] = max(last.get(key, -1), int(alone[pair]))
    place = alone.copy()
    for pair in np.flatnonzero(of_pair != NONE).tolist():
        place[pair] = last[int(of_pair[pair]), int(market.pool[pair])]
    return _numbered(market.pool, [place, alone])
