"""Which families did a school refuse because it could not take them whole? Found again by asking school by school.

With families a placement that nobody can contest need not exist, so the stage says which schools refused which family
(certificate, ``refused_together``), and somebody could write down a refusal that never was. Therefore the whole
procedure is gone through once more, in the plainest way: a child asks the next school of the list; a school that has
more than its seats sends away the last in its order. When all are settled, a family whose children are not all in one
school is refused by every school of its list before the one that the worst off of them has; and all begin anew.

In whatever order children ask, the outcome is the same (McVitie, Wilson 1971). So those who are alone ask first, once
and for all, and only the families begin anew.

References
----------
McVitie, Wilson, The Stable Marriage Problem, Communications of the ACM 14(7), 1971.
Correa et al., School Choice in Chile, Operations Research 70(2), 2022: families, and why a stable placement may lack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappush, heappushpop
from typing import Any

import numpy as np

from allocation.round_files import NONE, Integers
from allocation.verify_market import Market, Truths
from allocation.verify_orders import Orders, in_order
from allocation.verify_state import Checked
from spatial.text import Text

Refusals = set[tuple[int, str]]
"""Number of the family and school_code."""


def refused_pairs(state: Checked, market: Market, *, number: int) -> Truths:
    """Return the pairs of families with schools that refused them, as the certificate says."""
    refused = np.zeros(len(market.pool), dtype=bool)
    family_of = dict(zip(state.files.applicants["applicant_no"], market.family.tolist(), strict=True))
    told = {(family_of.get(first, NONE), code) for entry in _entries(state, number) for first, code in _told(entry)}
    told = {(family, code) for family, code in told if family != NONE}
    if not told:
        return refused
    in_family = np.flatnonzero(market.family[market.applicant] != NONE)
    codes = _codes_of_pools(state)
    named = zip(market.family[market.applicant[in_family]].tolist(), market.pool[in_family].tolist(), strict=True)
    refused[in_family] = [(family, codes[pool]) in told for family, pool in named]
    return refused


def check_refusals(state: Checked, orders: Orders, *, number: int) -> Iterator[Text]:
    """Yield the levels whose refusals are not those that the procedure gives."""
    market = orders.market
    due = _refusals(state, orders, seats=state.seats_left(number))
    numbers, levels = state.files.applicants["applicant_no"], state.files.applicants["level"]
    members = np.flatnonzero(market.family != NONE).tolist()
    first_of: dict[int, str] = {}
    levels_of: dict[int, set[str]] = {}
    for who in members:
        first_of.setdefault(int(market.family[who]), numbers[who])
        levels_of.setdefault(int(market.family[who]), set()).add(levels[who])
    for entry in _entries(state, number):
        level = entry["level"]
        here = {(first_of[family], code) for family, code in due if level in levels_of[family]}
        if sorted(here) != _told(entry):
            yield Text(
                f"certificate.json, giai đoạn {number}, cấp {level!r}: refused_together không đúng như khi xét lại.",
                f"certificate.json, stage {number}, level {level!r}: refused_together is not what the procedure gives.",
            )


def _entries(state: Checked, number: int) -> list[Mapping[str, Any]]:
    return [entry for entry in state.files.certificate["levels"] if entry["stage"] == number]


def _told(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(first, code) for first, code in entry["refused_together"]]


def _codes_of_pools(state: Checked) -> list[str]:
    codes = state.files.schools["school_code"]
    return [codes[row] for row in state.market.school_row]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asking:
    """Who asks whom, and who sits where; lists and places are numbers of pairs.

    Parameters
    ----------
    pairs, start
        The lists one after the other, and where that of each applicant begins; one more entry at the end.
    pool, standing, seats
        Pool and standing of each pair, seats of each pool.
    turn
        For each applicant how far the list was gone through.
    inside
        For each pool those whom it keeps, as a heap of minus standing and pair: the last in order first.
    """

    pairs: memoryview
    start: list[int]
    pool: memoryview
    applicant: memoryview
    standing: memoryview
    seats: list[int]
    turn: list[int]
    inside: list[list[tuple[int, int]]]

    def copy(self) -> "_Asking":
        """Return the same state, to go on from without changing this one."""
        return replace(self, turn=self.turn.copy(), inside=[heap.copy() for heap in self.inside])

    def ask(self, children: list[int], *, refused: set[int]) -> None:
        """Let children ask until each is kept or at the end of the list, passing over the refused pairs."""
        for child in children:
            who, end = child, self.start[child + 1]
            while self.turn[who] < end:
                pair = self.pairs[self.turn[who]]
                self.turn[who] += 1
                if pair in refused:
                    continue
                pool = self.pool[pair]
                heap, entry = self.inside[pool], (-self.standing[pair], pair)
                if len(heap) < self.seats[pool]:
                    heappush(heap, entry)
                    break
                sent_away = heappushpop(heap, entry)[1] if heap else pair
                who = self.applicant[sent_away]
                end = self.start[who + 1]


def _refusals(state: Checked, orders: Orders, *, seats: Integers) -> Refusals:
    market = orders.market
    families: dict[int, list[int]] = {}
    for who in np.flatnonzero(market.family != NONE).tolist():
        families.setdefault(int(market.family[who]), []).append(who)
    if not families:
        return set()
    alone = _nobody_has_asked(orders, seats)
    alone.ask(np.flatnonzero(market.family == NONE).tolist(), refused=set())
    codes = _codes_of_pools(state)
    refused: Refusals = set()
    passed_over: set[int] = set()
    while True:
        settled = alone.copy()
        settled.ask([child for children in families.values() for child in children], refused=passed_over)
        at = {settled.applicant[pair]: codes[settled.pool[pair]] for heap in settled.inside for _, pair in heap}
        new = {
            (family, code)
            for family, children in families.items()
            for code in _split(settled, children, at=at, codes=codes, refused=passed_over)
        }
        if not new:
            return refused
        refused |= new
        passed_over |= _pairs_with(settled, families, new, codes=codes)


def _nobody_has_asked(orders: Orders, seats: Integers) -> _Asking:
    market = orders.market
    listed = np.flatnonzero(orders.listed)
    pairs = listed[in_order(market.applicant[listed], orders.wish[listed])]
    start = np.searchsorted(market.applicant[pairs], np.arange(len(market.draw) + 1)).tolist()
    return _Asking(
        pairs=pairs.data,
        start=start,
        pool=market.pool.data,
        applicant=market.applicant.data,
        standing=orders.standing.data,
        seats=seats.tolist(),
        turn=start[:-1],
        inside=[[] for _ in seats],
    )


def _split(
    settled: _Asking, children: list[int], *, at: Mapping[int, str], codes: list[str], refused: set[int]
) -> list[str]:
    """Return the schools of a family's list before the one that the worst off has; none if all are in one school."""
    if len({at.get(child) for child in children}) == 1:
        return []
    longest: list[str] = []
    for child in children:
        own = (pair for pair in settled.pairs[settled.start[child] : settled.start[child + 1]] if pair not in refused)
        before = [*dict.fromkeys(codes[settled.pool[pair]] for pair in own)]
        if child in at:
            before = before[: before.index(at[child])]
        longest = max(longest, before, key=len)
    return longest


def _pairs_with(settled: _Asking, families: Mapping[int, list[int]], new: Refusals, *, codes: list[str]) -> set[int]:
    """Return the pairs of families with the schools that refused them."""
    return {
        pair
        for family in {family for family, _ in new}
        for child in families[family]
        for pair in settled.pairs[settled.start[child] : settled.start[child + 1]]
        if (family, codes[settled.pool[pair]]) in new
    }
