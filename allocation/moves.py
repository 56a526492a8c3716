"""Who moved between two runs of a round, counted for the report."""

from typing import Any

import numpy as np
import pandas as pd

from allocation.figures import pairs_of
from allocation.later_round import SEAT_LOST, LaterRound
from allocation.model import UNPLACED, Integers
from allocation.priority import looks_at_wishes, ranked
from allocation.stages import Decision

_NOWHERE = 2**62
_UNLISTED = 2**30


def moves(later: LaterRound, decision: Decision) -> dict[str, Any]:
    """Return the object ``after`` of ``summary.json``: which run came before, and who moved since.

    Of those who hold a seat when the run begins: ``kept`` it, ``better`` (by ``metres_saved`` in all), ``worse`` or
    without one; of the others ``newly_placed`` and ``still_without``. Of the former run ``left``; ``gave_up`` a seat
    and take part again; ``lost`` a seat that is no more, of whom ``placed_again``. ``late`` are new.
    """
    facts, allocation = decision.facts, decision.allocation
    school = np.append(decision.problem.pool_school_code, "")[allocation.pool]
    held_school = np.append(facts.pool_school_code, "")[facts.held_pool]
    holds, placed = held_school != "", school != ""
    held, own = _worth(decision, held_school), _worth(decision, school)
    kept = holds & (school == held_school)
    better = holds & ~kept & placed & (own < held)
    saved_m = _metres(decision, held_school)[better] - allocation.distance_m[better]
    log, numbers = later.log, set(facts.applicant_no)
    lost = set(log.loc[log["change"] == SEAT_LOST, "applicant_no"])
    gave_up = log[(log["before"] != "") & (log["after"] == "") & (log["applicant_no"] != "")]
    return {
        "problem_sha256": later.former.problem_sha256,
        "offers_sha256": later.former.offers_sha256,
        "policy_sha256": later.former.policy.sha256,
        "changes_sha256": later.log_sha256,
        "confirmed": int(facts.is_confirmed.sum()),
        "kept": int(kept.sum()),
        "better": int(better.sum()),
        "metres_saved": int(saved_m.sum()),
        "worse": int((holds & ~kept & ~better).sum()),
        "newly_placed": int((~holds & placed).sum()),
        "still_without": int((~holds & ~placed).sum()),
        "left": len(set(log["applicant_no"]) - {""} - numbers),
        "gave_up": len((set(gave_up["applicant_no"]) & numbers) - lost),
        "lost": len(lost),
        "placed_again": int((np.isin(facts.applicant_no, list(lost)) & placed).sum()),
        "late": int((log["change"] == "late").sum()),
    }


def _metres(decision: Decision, school: pd.Series) -> Integers:
    """Return the metres from each applicant to a school; far beyond all where there is none."""
    return np.append(decision.facts.pair_distance_m, _NOWHERE)[_pair(decision, school)]


def _worth(decision: Decision, school: pd.Series) -> Integers:
    """Return the place of a school in each applicant's own order, the smaller the better."""
    pair = _pair(decision, school)
    rank = ranked(decision.facts.pair_preference) if looks_at_wishes(decision.policy) else 0 * decision.facts.pair_pool
    worth = np.minimum(rank, _UNLISTED) * _UNLISTED + decision.facts.pair_distance_m
    return np.asarray(np.append(worth, _NOWHERE)[pair], dtype=np.int64)


def _pair(decision: Decision, school: pd.Series) -> Integers:
    facts = decision.facts
    pools = {key: pool for pool, key in enumerate(zip(facts.pool_school_code, facts.pool_level, strict=True))}
    named = zip(school, facts.applicant_level, strict=True)
    wanted = np.array([pools.get(key, UNPLACED) for key in named], dtype=np.int64)
    return pairs_of(facts, wanted)
