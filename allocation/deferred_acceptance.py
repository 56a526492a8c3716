"""The stage ``deferred_acceptance``: applicants ask in the order of their lists, schools keep the first in their order.

Found by cut-offs: everybody asks for the first school of the list whose cut-off lets the child in; a school asked by
more than it has seats lowers its cut-off to the last whom it can take, until no school is asked by too many. Cut-offs
fall no further than they must, so that this is the applicants' best of all placements without justified envy.

References
----------
Gale, Shapley, College Admissions and the Stability of Marriage, American Mathematical Monthly 69(1), 1962.
Azevedo, Leshno, A Supply and Demand Framework for Two-Sided Matching Markets, J. of Political Economy 124(5), 2016.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allocation.model import UNPLACED, AcceptanceCertificate, Allocation, AllocationProblem, Integers, Truths
from allocation.orders import preference_order, school_order
from allocation.policy_rules import DeferredAcceptanceStage
from allocation.priority import schools_of
from allocation.seat_pools import KeptSeats

KIND = "deferred_acceptance"
_NO_CUT_OFF = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lists:
    """The applicants' lists one after the other: entries are pairs, `start` the first entry of each applicant."""

    pair: Integers
    start: Integers
    pool: Integers
    place: Integers

    def without(self, refused: Truths) -> "_Lists":
        """Return the lists with the refused entries left out."""
        before = np.append(0, np.cumsum(~refused))
        kept = ~refused
        return _Lists(pair=self.pair[kept], start=before[self.start], pool=self.pool[kept], place=self.place[kept])


def solve(
    problem: AllocationProblem, rule: DeferredAcceptanceStage, *, groups: tuple[KeptSeats, ...], stage: int
) -> Allocation:
    """Return the applicants' best placement without justified envy.

    Those placed together ask together. Where a school has seats for some of them only, it refuses them all, and they
    go on to their next school: with such groups a placement that nobody can contest need not exist (Correa et al.,
    Operations Research 70(2), 2022), so the refusals stand in the certificate.

    Parameters
    ----------
    groups
        The kinds of seats of the policy.
    stage
        Number of the stage of the policy, noted beside each seat.
    """
    order = preference_order(problem, rule.preferences, groups)
    place = school_order(problem, rule, groups)
    start = np.searchsorted(problem.pair_applicant[order], np.arange(problem.applicant_count + 1))
    lists = _Lists(pair=order, start=start, pool=problem.pair_pool[order], place=place[order])
    refused: set[tuple[int, int]] = set()
    while True:
        chosen = _applicants_best(lists, problem.pool_capacity)
        new = set(_splits(problem, lists, chosen))
        if not new:
            break
        refused |= new
        lists = lists.without(_entries_of(problem, lists, new))
    pair = np.where(chosen == UNPLACED, UNPLACED, np.append(lists.pair, UNPLACED)[chosen])
    pool = np.where(pair == UNPLACED, UNPLACED, np.append(problem.pair_pool, UNPLACED)[pair])
    return Allocation(
        pool=pool,
        distance_m=np.where(pair == UNPLACED, 0, np.append(problem.pair_distance_m, 0)[pair]),
        stage=np.where(pair == UNPLACED, 0, stage),
        certificates=tuple(_certificates(problem, refused, stage=stage)),
    )


def _applicants_best(lists: _Lists, capacity: Integers) -> Integers:
    """Return for each applicant the entry of the own list that is got, or `UNPLACED`."""
    cut_off = np.where(capacity > 0, _NO_CUT_OFF, 0)
    entry, end = lists.start[:-1].copy(), lists.start[1:]
    moving = np.flatnonzero(entry < end)
    while len(moving):
        while len(moving):
            here = entry[moving]
            moving = moving[lists.place[here] >= cut_off[lists.pool[here]]]
            entry[moving] += 1
            moving = moving[entry[moving] < end[moving]]
        asking = np.flatnonzero(entry < end)
        pool = lists.pool[entry[asking]]
        too_many = np.bincount(pool, minlength=len(capacity)) > capacity
        asking = asking[too_many[pool]]
        pool, place = lists.pool[entry[asking]], lists.place[entry[asking]]
        by_place = np.lexsort([place, pool])
        asked = pool[by_place]
        turn = np.arange(len(asked)) - np.searchsorted(asked, asked)
        first_out = by_place[turn == capacity[asked]]
        cut_off[pool[first_out]] = place[first_out]
        moving = asking[by_place[turn >= capacity[asked]]]
    return np.where(entry < end, entry, UNPLACED)


def _splits(problem: AllocationProblem, lists: _Lists, chosen: Integers) -> Iterator[tuple[int, int]]:
    """Yield group and school for every school that took some of a group, or took them where another had to go on."""
    members = np.flatnonzero(problem.together != UNPLACED)
    members = members[np.argsort(problem.together[members], kind="stable")]
    school = schools_of(problem)
    for one in np.split(members, np.flatnonzero(np.diff(problem.together[members])) + 1) if len(members) else []:
        own_lists = [_schools_asked(lists, school, int(member)) for member in one]
        got = [
            asked.index(int(school[lists.pool[chosen[member]]])) if chosen[member] != UNPLACED else len(asked)
            for member, asked in zip(one.tolist(), own_lists, strict=True)
        ]
        worst = max(got)
        if min(got) < worst:
            longest = own_lists[got.index(worst)]
            yield from ((int(problem.together[one[0]]), place) for place in longest[:worst])


def _schools_asked(lists: _Lists, school: Integers, applicant: int) -> list[int]:
    """Return the schools of one list in its order, each once."""
    entries = slice(lists.start[applicant], lists.start[applicant + 1])
    return list(dict.fromkeys(school[lists.pool[entries]].tolist()))


def _entries_of(problem: AllocationProblem, lists: _Lists, refused: set[tuple[int, int]]) -> Truths:
    schools = schools_of(problem)
    width = int(schools.max(initial=0)) + 1
    keys = np.array([group * width + school for group, school in refused], dtype=np.int64)
    group = problem.together[problem.pair_applicant[lists.pair]]
    return np.asarray((group != UNPLACED) & np.isin(group * width + schools[lists.pool], keys))


def _certificates(
    problem: AllocationProblem, refused: set[tuple[int, int]], *, stage: int
) -> Iterator[AcceptanceCertificate]:
    code_of = dict(zip(schools_of(problem).tolist(), problem.pool_school_code.tolist(), strict=True))
    for level in problem.levels:
        of_level = set(problem.together[problem.applicant_level == level].tolist())
        told = tuple(sorted((group, code_of[school]) for group, school in refused if group in of_level))
        yield AcceptanceCertificate(stage=stage, kind=KIND, level=level, refused_together=told)
