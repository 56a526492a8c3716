"""Is the placement optimal? Checked by the dual certificate, without solving anything.

Let every pool s have a price p_s ≥ 0, and let having no seat cost M. If everybody has the seat (or none) with the
least distance plus price, and every pool with a price is full, then no other placement has a smaller sum of
distances and M for each child without a seat. With M larger than any chain of moves can save (twice the number of
pools times the farthest distance), such a placement leaves as few as possible without a seat and, among those, has
the least total distance.

The prices are exact, that is, the metres saved by one more seat, when each is reached by a chain of equally good
moves from a place without a price. The lottery decided when nobody could have a better of the equally good seats
by moves of those alone who drew later.

References
----------
Schrijver, Combinatorial Optimization (2003), chapter 12: complementary slackness for minimum-cost flows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from allocation import verify_farthest, verify_together
from allocation.round_files import NONE, Integers
from allocation.verify_state import Checked, name_of_school
from spatial.text import Text

_KINDS = ("least_travel", verify_farthest.KIND)
_LARGEST_SUM = 2**62


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """One level at one stage: applicants and pools by their rows in the problem, pairs by position in these."""

    applicants: Integers
    pools: Integers
    seats: Integers
    placed: Integers
    own: Integers
    own_m: Integers
    pair_applicant: Integers
    pair_pool: Integers
    pair_m: Integers
    price_m: Integers
    unplaced_m: Integers
    least_unplaced_m: int
    last_tier: int

    @cached_property
    def way_and_price_m(self) -> Integers:
        """For each pair the metres of the way and of the seat's price."""
        return np.asarray(self.pair_m + self.price_m[self.pair_pool])

    @cached_property
    def least_m(self) -> Integers:
        """For each applicant the least that any seat, or none, comes to."""
        least = self.unplaced_m.copy()
        np.minimum.at(least, self.pair_applicant, self.way_and_price_m)
        return least


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scope:
    """Who is to be placed: applicants by row, pairs by position in the market, and the seats of every pool."""

    applicants: Integers
    pairs: Integers
    seats: Integers


def check_optimum(state: Checked) -> Iterator[Text]:
    """Yield what contradicts the optimum, stage by stage and level by level, where stages are of this kind."""
    entries = {(entry["stage"], entry["level"]): entry for entry in state.files.certificate["levels"]}
    levels = sorted({*state.files.applicants["level"], *state.files.schools["level"]})
    for stage, rule in enumerate(state.stages, start=1):
        for level in levels if rule["kind"] in _KINDS else []:
            entry = entries.get((stage, level))
            if entry is None or entry["kind"] != rule["kind"]:
                yield Text(
                    f"certificate.json thiếu phần của giai đoạn {stage}, cấp {level!r}.",
                    f"certificate.json lacks the part of stage {stage}, level {level!r}.",
                )
                continue
            yield from _check_part(state, entry)


def _check_part(state: Checked, entry: dict[str, Any]) -> Iterator[Text]:
    failure = _wrong_numbers(state, entry)
    if failure is not None:
        yield failure
        return
    scope = _scope_of(state, entry)
    if "relaxation" in entry:
        yield from _check_relaxation(state, entry, scope)
        scope = _of_those_alone(state, entry, scope)
    if entry["kind"] == verify_farthest.KIND:
        yield from verify_farthest.check_within(state, entry, scope.applicants)
        gone_m = verify_farthest.longest_of_groups_m(state, entry) if "relaxation" in entry else 0
        yield from verify_farthest.check_farthest(
            state,
            entry,
            gone_m=gone_m,
            pairs=scope.pairs,
            seats=scope.seats,
            placed=_placed_by_tier(state, entry, scope),
        )
        scope = replace(scope, pairs=verify_farthest.pairs_within(state, entry, scope.pairs))
    part = _part_of(state, entry, scope)
    found = [
        *_check_tiers(part, entry),
        *_check_large_enough(part),
        *_check_own_seats(state, part),
        *_check_full(state, part),
    ]
    yield from found
    if not found:
        moves = _equal_moves(part)
        yield from _check_prices_exact(state, part, moves)
        yield from _check_lottery_first(state, part, moves)


def _wrong_numbers(state: Checked, entry: dict[str, Any]) -> Text | None:
    codes = {name for name, level in zip(state.pool_name, state.pool_level, strict=True) if level == entry["level"]}
    prices = entry["price_m"]
    if set(prices) != codes:
        return Text("certificate.json: các giá chỗ không khớp các trường.", "certificate.json: not one price a school.")
    last_tier = entry["last_tier"]
    numbers = [entry["unplaced_cost_m"], last_tier, *prices.values()]
    in_range = all(type(number) is int and 0 <= number < _LARGEST_SUM for number in numbers)
    if in_range and entry["unplaced_cost_m"] * (last_tier + 1) * (len(state.shown) + 1) < _LARGEST_SUM:
        return None
    return Text(
        "certificate.json: giá chỗ không phải số nguyên không âm vừa phải.",
        "certificate.json: a price is no whole number of a reasonable size.",
    )


def _scope_of(state: Checked, entry: dict[str, Any]) -> _Scope:
    """Return who and what takes part in a stage at a level."""
    of_level = np.array(state.files.applicants["level"], dtype=object) == entry["level"]
    pairs = verify_together.at_common_schools(state, np.flatnonzero(state.pairs_of(entry["stage"])))
    return _Scope(
        applicants=np.flatnonzero(of_level & state.is_open(entry["stage"])),
        pairs=pairs if of_level.all() else np.asarray(pairs[of_level[state.market.applicant[pairs]]]),
        seats=state.seats_left(entry["stage"]),
    )


def _of_those_alone(state: Checked, entry: dict[str, Any], scope: _Scope) -> _Scope:
    """Return the same without the groups and their seats: these stay where they are."""
    is_alone = state.market.family == NONE
    staying = state.pool[(state.stage == entry["stage"]) & (state.pool != NONE) & ~is_alone]
    return _Scope(
        applicants=scope.applicants[is_alone[scope.applicants]],
        pairs=scope.pairs[is_alone[state.market.applicant[scope.pairs]]],
        seats=scope.seats - np.bincount(staying, minlength=len(scope.seats)),
    )


def _check_relaxation(state: Checked, entry: dict[str, Any], scope: _Scope) -> Iterator[Text]:
    bound, pairs = entry["relaxation"], scope.pairs
    if entry["kind"] == verify_farthest.KIND:
        placed = {int(tier): count for tier, count in bound["placed_by_tier"].items()}
        proof = {"level": entry["level"], **bound}
        yield from verify_farthest.check_farthest(state, proof, gone_m=0, pairs=pairs, seats=scope.seats, placed=placed)
        pairs = verify_farthest.pairs_within(state, bound, pairs)
    yield from verify_together.check_bound(state, entry, pairs)


def _placed_by_tier(state: Checked, entry: dict[str, Any], scope: _Scope) -> dict[int, int]:
    is_placed = (state.stage[scope.applicants] == entry["stage"]) & (state.pool[scope.applicants] != NONE)
    tiers, count = np.unique(state.market.best_tier[scope.applicants[is_placed]], return_counts=True)
    return dict(zip(tiers.tolist(), count.tolist(), strict=True))


def _part_of(state: Checked, entry: dict[str, Any], scope: _Scope) -> _Part:
    market, stage, applicants = state.market.only(scope.pairs), entry["stage"], scope.applicants
    pools = np.flatnonzero(np.array(state.pool_level, dtype=object) == entry["level"])
    at_stage = (state.stage[applicants] == stage) & (state.pool[applicants] != NONE)
    own_pool = np.where(at_stage, state.pool[applicants], NONE)
    place_of_pool = _places(pools, len(state.capacity))
    tier = state.market.best_tier[applicants]
    last_tier = entry["last_tier"]
    unplaced_m = entry["unplaced_cost_m"] * (1 + last_tier - np.minimum(tier, last_tier))
    prices = entry["price_m"]
    return _Part(
        applicants=applicants,
        pools=pools,
        seats=scope.seats[pools],
        placed=np.bincount(own_pool[at_stage], minlength=len(scope.seats))[pools],
        own=np.append(place_of_pool, len(pools))[own_pool],
        own_m=np.where(at_stage, state.distance_m[applicants], unplaced_m),
        pair_applicant=_places(applicants, len(market.draw))[market.applicant],
        pair_pool=place_of_pool[market.pool],
        pair_m=market.distance_m,
        price_m=np.array([prices[state.pool_name[pool]] for pool in pools] + [0], dtype=np.int64),
        unplaced_m=unplaced_m,
        least_unplaced_m=entry["unplaced_cost_m"],
        last_tier=int(state.market.best_tier[market.applicant].max(initial=1)),
    )


def _places(rows: Integers, count: int) -> Integers:
    """Return for each of ``count`` rows its place among the given ones; `NONE` where it is none of them."""
    place = np.full(count, NONE, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return place


def _check_tiers(part: _Part, entry: dict[str, Any]) -> Iterator[Text]:
    """Yield a ``last_tier`` that is not the largest of the stage: with another, first tiers would not come first."""
    if entry["last_tier"] != part.last_tier:
        yield Text(
            f"certificate.json: last_tier phải là {part.last_tier}.",
            f"certificate.json: last_tier should be {part.last_tier}.",
        )


def _check_large_enough(part: _Part) -> Iterator[Text]:
    if part.least_unplaced_m <= 2 * len(part.pools) * int(part.pair_m.max(initial=0)):
        yield Text("certificate.json: unplaced_cost_m quá nhỏ.", "certificate.json: unplaced_cost_m is too small.")


def _check_own_seats(state: Checked, part: _Part) -> Iterator[Text]:
    excess_m = part.own_m + part.price_m[part.own] - part.least_m
    for index in np.flatnonzero(excess_m != 0):
        who = state.shown[part.applicants[index]]
        yield Text(
            f"Hồ sơ {who}: theo giá chỗ, kết quả này dài hơn mức tốt nhất {excess_m[index]} m.",
            f"Applicant {who}: by the seat prices this is {excess_m[index]} m more than the best.",
        )


def _check_full(state: Checked, part: _Part) -> Iterator[Text]:
    for index in np.flatnonzero((part.price_m[:-1] > 0) & (part.placed != part.seats)):
        name = name_of_school(state, int(part.pools[index]))
        yield Text(
            f"Trường {name} có giá chỗ nhưng không đầy ({part.placed[index]}/{part.seats[index]}).",
            f"School {name} has a seat price but is not full ({part.placed[index]} of {part.seats[index]}).",
        )


Moves = dict[int, list[int]]
"""For each applicant who has a choice of equally good seats: these, nearest first; the last index is no seat."""


def _equal_moves(part: _Part) -> Moves:
    least = part.least_m
    equal = np.flatnonzero(part.way_and_price_m == least[part.pair_applicant])
    none = np.flatnonzero(least == part.unplaced_m)
    who = np.concatenate([part.pair_applicant[equal], none])
    where = np.concatenate([part.pair_pool[equal], np.full(len(none), len(part.pools))])
    how_far = np.concatenate([part.pair_m[equal], part.unplaced_m[none]])
    choice = np.bincount(who, minlength=len(part.applicants))[who] > 1
    who, where, how_far = who[choice], where[choice], how_far[choice]
    order = np.lexsort([where, how_far, who])
    moves: Moves = {}
    for one, place in zip(who[order].tolist(), where[order].tolist(), strict=True):
        moves.setdefault(one, []).append(place)
    return moves


def _check_prices_exact(state: Checked, part: _Part, moves: Moves) -> Iterator[Text]:
    arrivals: dict[int, set[int]] = {}
    for one, places in moves.items():
        arrivals.setdefault(int(part.own[one]), set()).update(places)
    reached = set(np.flatnonzero(part.price_m == 0).tolist())
    queue = list(reached)
    while queue:
        new = arrivals.get(queue.pop(), set()) - reached
        reached |= new
        queue.extend(new)
    for index in range(len(part.pools)):
        if index not in reached:
            name = name_of_school(state, int(part.pools[index]))
            yield Text(
                f"Giá chỗ của trường {name} lớn hơn số mét tiết kiệm được.",
                f"The seat price of school {name} is more than a seat would save.",
            )


class _Reach:
    """Which place leads to which by equally good moves, kept closed while moves are added."""

    def __init__(self, place_count: int) -> None:
        self._from = [1 << place for place in range(place_count)]

    def leads(self, tail: int, head: int) -> bool:
        return bool(self._from[tail] >> head & 1)

    def add(self, tail: int, head: int) -> None:
        if not self.leads(tail, head):
            gained, through = self._from[head], 1 << tail
            self._from = [reach | gained if reach & through else reach for reach in self._from]


def _check_lottery_first(state: Checked, part: _Part, moves: Moves) -> Iterator[Text]:
    outside = len(part.pools)
    reach = _Reach(outside + 1)
    for pool in np.flatnonzero(part.placed < part.seats).tolist():
        reach.add(pool, outside)
    for pool in np.flatnonzero(part.price_m[:-1] == 0).tolist():
        reach.add(outside, pool)
    lottery = state.market.draw[part.applicants]
    for one in sorted(moves, key=lottery.__getitem__, reverse=True):
        own = int(part.own[one])
        for place in moves[one][: moves[one].index(own)]:
            if reach.leads(place, own):
                who, where = state.shown[part.applicants[one]], name_of_school(state, int(part.pools[place]))
                yield Text(
                    f"Hồ sơ {who}: theo bốc thăm phải được trường {where}.",
                    f"Applicant {who}: by the lottery this should be school {where}.",
                )
                break
        for place in moves[one]:
            reach.add(own, place)
