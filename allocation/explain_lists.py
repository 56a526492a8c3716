"""What stands in each child's list before the school that was given, worked out for all children at once."""

from dataclasses import dataclass

import numpy as np

from allocation.explain_round import FinishedRound
from allocation.model import UNPLACED, Integers, Truths
from allocation.priority import NO_RANK


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lists:
    """One entry for each applicant, where nothing else is said.

    Parameters
    ----------
    own
        The pair of the facts with the school that was given, or `UNPLACED`.
    tier
        The tier at the seat that was given; `UNPLACED` without one.
    before, start
        The pairs of the facts that are wished for more than the own one, or without a seat all that count, one
        applicant after the other, best first; and where those of each applicant begin, with one more entry at the end.
    """

    own: Integers
    tier: Integers
    before: Integers
    start: Integers

    def before_own(self, row: int) -> list[int]:
        """Return the pairs of the facts that an applicant wishes for more than the own one, best first."""
        pairs: list[int] = self.before[self.start[row] : self.start[row + 1]].tolist()
        return pairs


def lists_of(finished: FinishedRound) -> Lists:
    """Return the lists of a round."""
    facts, pool = finished.facts, finished.allocation.pool
    school = np.where(pool == UNPLACED, UNPLACED, pool // finished.pools_a_school)
    own = _pair_with(facts.pair_applicant, facts.pair_pool, school)
    given = _pair_with(finished.problem.pair_applicant, finished.problem.pair_pool, pool)
    before = _before(finished, own)
    return Lists(
        own=own,
        tier=np.append(finished.problem.pair_tier, UNPLACED)[given],
        before=before,
        start=np.searchsorted(facts.pair_applicant[before], np.arange(facts.applicant_count + 1)),
    )


def _pair_with(pair_applicant: Integers, pair_pool: Integers, pool: Integers) -> Integers:
    """Return for each applicant the pair with a pool, or `UNPLACED`."""
    wanted = pool[pair_applicant]
    meets = np.flatnonzero((wanted == pair_pool) & (wanted != UNPLACED))
    pair = np.full(len(pool), UNPLACED, dtype=np.int64)
    pair[pair_applicant[meets]] = meets
    return pair


def _before(finished: FinishedRound, own: Integers) -> Integers:
    facts = finished.facts
    who, far_m, wish = facts.pair_applicant, facts.pair_distance_m, _wishes(finished)
    own_wish, own_m = np.append(wish, NO_RANK + 1)[own][who], np.append(far_m, 0)[own][who]
    is_before: Truths = (wish < own_wish) | ((wish == own_wish) & (far_m < own_m))
    if finished.considers_submitted_alone:
        is_before &= facts.pair_preference > 0
    pairs = np.flatnonzero(is_before)
    return np.asarray(pairs[np.lexsort([pairs, far_m[pairs], wish[pairs], who[pairs]])])


def _wishes(finished: FinishedRound) -> Integers:
    """Return for each pair of the facts the rank in the submitted list; 0 where there is no list to look at."""
    facts = finished.facts
    if not finished.asks_for_wishes:
        return np.zeros(len(facts.pair_pool), dtype=np.int64)
    has_list = np.zeros(facts.applicant_count, dtype=bool)
    has_list[facts.pair_applicant[facts.pair_preference > 0]] = True
    ranks = np.where(facts.pair_preference > 0, facts.pair_preference, NO_RANK)
    return np.where(has_list[facts.pair_applicant], ranks, 0)
