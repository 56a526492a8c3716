"""Is a round with groups the best of all, as it says? No file proves that, so a better placement is looked for.

In a stage `least_farthest` the claim needs that the placement keeps what is proven without the rule of groups: as many
of each tier, and no way longer. In a small stage a second solver, HiGHS, looks for a placement with whole groups that
places more or, on ways no longer, goes fewer metres. What it finds is counted in whole numbers before it is held
against the round; that it finds none is no proof.

References
----------
Huangfu, Hall, Parallelizing the dual revised simplex method, Mathematical Programming Computation 10, 2018: HiGHS.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from allocation import verify_farthest, verify_together
from allocation.round_files import NONE, Integers
from allocation.verify_market import HELD, Truths
from allocation.verify_state import Checked
from spatial.text import Text

_MOST_PAIRS = 5_000
_MOST_NODES = 2_000


def is_best_claimed(state: Checked) -> bool:
    """Whether ``summary.json`` says that no placement with whole groups is better."""
    return (state.files.summary.get("together") or {}).get("is_optimal") is True


def check_best(state: Checked) -> Iterator[Text]:
    """Yield what contradicts that no placement with whole groups is better."""
    entries: dict[int, list[Mapping[str, Any]]] = {}
    for entry in state.files.certificate["levels"]:
        if "relaxation" in entry:
            entries.setdefault(entry["stage"], []).append(entry)
    for of_stage in entries.values():
        beyond = [entry for entry in of_stage if _is_beyond_bound(state, entry)]
        for entry in beyond:
            yield Text(
                f"summary.json: together.is_optimal không có căn cứ ở cấp {entry['level']!r}: ít em có chỗ hơn, "
                "hoặc có em đi xa hơn mức đã chứng minh.",
                f"summary.json: together.is_optimal has no ground at level {entry['level']!r}: fewer are placed, or "
                "somebody goes farther, than the bound proves.",
            )
        if not beyond:
            yield from _better_found(state, of_stage)


def _is_beyond_bound(state: Checked, entry: Mapping[str, Any]) -> bool:
    if entry["kind"] != verify_farthest.KIND:
        return False
    placed, bound = verify_farthest.placed_at(state, entry), entry["relaxation"]
    tiers, count = np.unique(state.market.best_tier[placed], return_counts=True)
    counted_m = state.distance_m[placed & (state.market.best_tier != HELD)]
    keeps_tiers = dict(zip(map(str, tiers.tolist()), count.tolist(), strict=True)) == bound["placed_by_tier"]
    return not keeps_tiers or int(counted_m.max(initial=0)) > bound["farthest_m"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Choice:
    """Pairs of which some are to be chosen.

    Parameters
    ----------
    applicant, pool, tier, distance_m
        One entry for each pair.
    sums, most
        Sums of chosen pairs, one a row, none of them below 0, and the most that each may come to.
    """

    applicant: Integers
    pool: Integers
    tier: Integers
    distance_m: Integers
    sums: csr_array
    most: Integers

    def worth(self, chosen: Truths) -> tuple[list[int], int]:
        """Return those chosen of each tier, below 0, and the metres: the smaller the better."""
        placed = [-int((chosen & (self.tier == tier)).sum()) for tier in np.unique(self.tier).tolist()]
        return placed, int(self.distance_m[chosen].sum())

    def may_be(self, chosen: Truths) -> bool:
        """Whether no pool is over its seats, nobody has two, and every group is whole."""
        sums = self.sums @ chosen.astype(np.int64)
        return bool(((sums >= 0) & (sums <= self.most)).all())


def _better_found(state: Checked, entries: list[Mapping[str, Any]]) -> Iterator[Text]:
    pairs = _pairs_of(state, entries)
    if not 0 < len(pairs) <= _MOST_PAIRS:
        return
    choice = _choice_of(state, pairs, seats=state.seats_left(entries[0]["stage"]))
    made = choice.worth(state.pool[choice.applicant] == choice.pool)
    found = _best_of(choice)
    if found is not None and choice.may_be(found) and choice.worth(found) < made:
        by_tier, total_m = choice.worth(found)
        yield Text(
            f"summary.json: together.is_optimal sai: có cách xếp {-sum(by_tier)} em, tổng {total_m} m, tốt hơn.",
            f"summary.json: together.is_optimal is wrong: {-sum(by_tier)} placed and {total_m} m in all are better.",
        )


def _pairs_of(state: Checked, entries: list[Mapping[str, Any]]) -> Integers:
    """Return the pairs of a stage at the levels concerned, on ways that the bound leaves."""
    of_stage = verify_together.at_common_schools(state, np.flatnonzero(state.pairs_of(entries[0]["stage"])))
    level = np.array(state.files.applicants["level"], dtype=object)[state.market.applicant[of_stage]]
    parts = []
    for entry in entries:
        pairs = of_stage[level == entry["level"]]
        if entry["kind"] == verify_farthest.KIND:
            pairs = verify_farthest.pairs_within(state, entry["relaxation"], pairs)
        parts.append(pairs)
    return np.sort(np.concatenate(parts))


def _choice_of(state: Checked, pairs: Integers, *, seats: Integers) -> _Choice:
    market = state.market
    applicant, pool = market.applicant[pairs], market.pool[pairs]
    column, ones = np.arange(len(pairs)), np.ones(len(pairs), dtype=np.int64)
    whole = _apart_in_groups(state, applicant, pool)
    rows = (
        csr_array((ones, (applicant, column)), shape=(len(market.draw), len(pairs))),
        csr_array((ones, (pool, column)), shape=(len(seats), len(pairs))),
        whole,
    )
    most = (np.ones(len(market.draw), dtype=np.int64), seats, np.zeros(whole.shape[0], dtype=np.int64))
    return _Choice(
        applicant=applicant,
        pool=pool,
        tier=market.best_tier[applicant],
        distance_m=market.distance_m[pairs],
        sums=csr_array(vstack(rows)),
        most=np.concatenate(most),
    )


def _apart_in_groups(state: Checked, applicant: Integers, pool: Integers) -> csr_array:
    """Return rows that are all 0 where each group is whole: at each school a member's seats less the next one's."""
    codes = state.files.schools["school_code"]
    members: dict[int, list[int]] = {}
    for who in np.flatnonzero(state.market.family != NONE).tolist():
        members.setdefault(int(state.market.family[who]), []).append(who)
    row_of: dict[tuple[int, str], int] = {}
    entries: list[tuple[int, int, int]] = []
    for column, (who, place) in enumerate(zip(applicant.tolist(), pool.tolist(), strict=True)):
        family = int(state.market.family[who])
        if family != NONE:
            group = members[family]
            following = group[(group.index(who) + 1) % len(group)]
            school = codes[state.market.school_row[place]]
            entries += [
                (row_of.setdefault((one, school), len(row_of)), column, sign)
                for one, sign in ((who, 1), (following, -1))
            ]
    rows, columns, signs = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    return csr_array((signs, (rows, columns)), shape=(len(row_of), len(applicant)))


def _best_of(choice: _Choice) -> Truths | None:
    """Return the best that HiGHS finds, tier by tier and then metres; None where it finds nothing."""
    rules, found = [LinearConstraint(choice.sums, 0, choice.most)], None
    aims = [np.where(choice.tier == tier, -1, 0) for tier in np.unique(choice.tier).tolist()]
    for aim in (*aims, choice.distance_m):
        options = {"mip_rel_gap": 0, "node_limit": _MOST_NODES}
        made = milp(aim, integrality=1, bounds=Bounds(0, 1), constraints=rules, options=options)
        if made.x is None:
            break
        found = np.asarray(np.round(made.x) == 1)
        rules.append(LinearConstraint(aim, -np.inf, int(aim[found].sum())))
    return found
