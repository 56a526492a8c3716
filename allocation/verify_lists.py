"""Do the published cut-offs and the waiting lists follow from the offers? Worked out again from the files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import Market, Truths
from allocation.verify_orders import USUAL_ORDER, Orders, orders_of
from allocation.verify_state import Checked, places_among
from spatial.text import Text

_ORDERED = "deferred_acceptance"
_LEAST_TOLD_COUNT = 5
_WORST = 2**62
_CUT_OFF_COLUMNS = (
    "school_code",
    "level",
    "seat_group",
    "stage",
    "tier",
    "admitted",
    "last_distance_m",
    "last_lottery_place",
)

_Place = tuple[str, str, str, int, int]
_Figures = tuple[int, int, int | None]


def check_cut_offs(state: Checked) -> Iterator[Text]:
    """Yield the rows of ``cut_offs.csv`` that do not follow from the offers, or tell what is to be withheld."""
    found: dict[_Place, _Figures] = {}
    for number in range(1, state.stage_count + 1):
        found |= _cut_offs_of(state, number)
    hidden = _hidden(found)
    expected = [
        tuple(str(part) for part in place)
        + tuple("" if place in hidden or figure is None else str(figure) for figure in figures)
        for place, figures in sorted(found.items())
    ]
    stated = zip(*(state.files.cut_offs[name] for name in _CUT_OFF_COLUMNS), strict=True)
    yield from _differing_rows("cut_offs.csv", expected, stated)


def check_waiting_lists(state: Checked) -> Iterator[Text]:
    """Yield the rows of ``waiting_lists.csv`` that are not those of the children without a seat, in order."""
    market, codes, numbers = state.market, state.files.schools["school_code"], state.files.applicants["applicant_no"]
    could = np.logical_or.reduce(state.allowed)
    waiting = market.only(could & (state.pool == NONE)[market.applicant])
    orders = orders_of(waiting, next((one for one in state.stages if one["kind"] == _ORDERED), USUAL_ORDER))
    has_groups = bool(state.files.policy["seat_groups"] or state.files.policy["tier_quotas"])
    listed = np.flatnonzero(orders.listed)
    order = listed[np.lexsort([orders.standing[listed], waiting.pool[listed]])]
    pools = waiting.pool[order]
    positions = np.arange(1, len(order) + 1) - np.searchsorted(pools, pools)
    expected = [
        (codes[market.school_row[pool]], state.pool_level[pool], *([market.seat_group[pool]] if has_groups else []),
         str(position), numbers[who])
        for pool, position, who in zip(
            pools.tolist(), positions.tolist(), waiting.applicant[order].tolist(), strict=True
        )
    ]  # fmt: skip
    columns = ["school_code", "level", *(["seat_group"] if has_groups else []), "position", "applicant_no"]
    stated = zip(*(state.files.waiting_lists[name] for name in columns), strict=True)
    yield from _differing_rows("waiting_lists.csv", expected, stated)


def _differing_rows(file: str, expected: list[tuple[str, ...]], stated: Iterable[tuple[str, ...]]) -> Iterator[Text]:
    """Yield the first row that differs; its number alone, for a row may name a child."""
    given = list(stated)
    for row, (wanted, said) in enumerate(zip(expected, given, strict=False), start=1):
        if wanted != said:
            yield Text(f"{file}: dòng {row} không đúng.", f"{file}: row {row} is not right.")
            return
    if len(expected) != len(given):
        yield Text(
            f"{file}: phải có {len(expected)} dòng, có {len(given)}.",
            f"{file}: should have {len(expected)} rows, has {len(given)}.",
        )


def _cut_offs_of(state: Checked, number: int) -> dict[_Place, _Figures]:
    """Return for each place the number admitted, the metres of the last, and the draw's place where that decided."""
    rule = state.stages[number - 1]
    taking_part = state.pairs_of(number)
    market = state.market.only(taking_part)
    own = np.where(state.stage == number, places_among(taking_part, state.own_pair), NONE)
    orders = orders_of(market, rule) if rule["kind"] == _ORDERED else None
    matters = _own_alone(market, own) if orders is None else orders.wished_for(own)
    market, own = market.only(matters), places_among(matters, own)
    orders = None if orders is None else orders.only(matters)
    last, count = _last_and_count(market, own[own != NONE], _keys(market, orders))
    decided = set() if orders is None else _decided_by_lot(orders, own=own, last=last)
    codes = state.files.schools["school_code"]
    found: dict[_Place, _Figures] = {}
    for (pool, tier), pair in last.items():
        place = (codes[market.school_row[pool]], state.pool_level[pool], market.seat_group[pool], number, tier)
        drawn = int(market.draw[market.applicant[pair]]) + 1 if (pool, tier) in decided else None
        found[place] = (count[pool, tier], int(market.distance_m[pair]), drawn)
    return found


def _own_alone(market: Market, own: Integers) -> Truths:
    chosen = np.zeros(len(market.pool), dtype=bool)
    chosen[own[own != NONE]] = True
    return chosen


def _keys(market: Market, orders: Orders | None) -> Sequence[Integers | Truths]:
    if orders is None:
        return [market.distance_m, market.draw[market.applicant]]
    return [key for _, key in orders.standing_keys()]


def _last_and_count(
    market: Market, placed: Integers, keys: Sequence[Integers | Truths]
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    """Return for each pool and tier the pair of the one who comes last, and how many there are."""
    last: dict[tuple[int, int], tuple[tuple[int, ...], int]] = {}
    count: dict[tuple[int, int], int] = {}
    where = zip(market.pool[placed].tolist(), market.tier[placed].tolist(), strict=True)
    standing = zip(*(key[placed].tolist() for key in keys), strict=True)
    for place, own, pair in zip(where, standing, placed.tolist(), strict=True):
        count[place] = count.get(place, 0) + 1
        if place not in last or own > last[place][0]:
            last[place] = (own, pair)
    return {place: pair for place, (_, pair) in last.items()}, count


def _decided_by_lot(orders: Orders, *, own: Integers, last: Mapping[tuple[int, int], int]) -> set[tuple[int, int]]:
    """Return the pools and tiers of which somebody was turned down who equals the last one in all but the draw."""
    market = orders.market
    better = orders.worth < np.append(orders.worth, _WORST)[own][market.applicant]
    width = int(market.tier.max(initial=0)) + 1
    last_pair = np.full(len(market.capacity) * width, NONE, dtype=np.int64)
    for (pool, tier), pair in last.items():
        last_pair[pool * width + tier] = pair
    rival = last_pair[market.pool * width + market.tier]
    equal = orders.listed & better & (rival != NONE) & (market.family[market.applicant] == NONE)
    for name, key in orders.standing_keys():
        if name == "lottery":
            break
        equal &= key == key[rival]
    return set(zip(market.pool[equal].tolist(), market.tier[equal].tolist(), strict=True))


def _hidden(found: Mapping[_Place, _Figures]) -> set[_Place]:
    """Return the rows that could point at a few children: one to four, and what would give these away."""
    of_school: dict[tuple[str, str], list[_Place]] = {}
    of_level: dict[str, set[str]] = {}
    for place in found:
        of_school.setdefault((place[1], place[0]), []).append(place)
        of_level.setdefault(place[1], set()).add(place[0])
    hidden: set[_Place] = set()
    for level, codes in of_level.items():
        totals = {code: sum(found[place][0] for place in of_school[level, code]) for code in codes}
        silent = _smallest_to_hide([(count, code) for code, count in totals.items()])
        for code in codes:
            places = of_school[level, code]
            shown = _smallest_to_hide([(found[place][0], place) for place in sorted(places)])
            hidden.update(places if code in silent else shown)
    return hidden


def _smallest_to_hide(counted: list[tuple[int, Any]]) -> set[Any]:
    hidden: list[tuple[int, Any]] = []
    for count, name in sorted(counted):
        enough = len(hidden) >= 2 and sum(one for one, _ in hidden) >= _LEAST_TOLD_COUNT  # noqa: PLR2004 - one alone is known
        if count >= _LEAST_TOLD_COUNT and (not hidden or enough):
            break
        hidden.append((count, name))
    return {name for _, name in hidden}
