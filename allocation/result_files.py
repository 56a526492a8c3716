"""The directory of a round: what was decided, for whom, by which rule, and the proof.

Everything is sorted, nothing carries a time or a path: the same problem, policy and seed give the same bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from allocation.cut_offs import cut_off_table
from allocation.figures import figures, justified_envy_pair_count, reasons, school_table
from allocation.lottery import lottery_numbers, seed_commitment
from allocation.model import (
    UNPLACED,
    AcceptanceCertificate,
    Allocation,
    AllocationProblem,
    Certificate,
    FarthestProof,
    NearBy,
    Relaxation,
)
from allocation.problem_files import csv_bytes, problem_tables
from allocation.stages import Decision
from allocation.together import cost_of_groups
from allocation.waiting_lists import waiting_table
from spatial.issues import IssueReport

OFFERS_FILE = "offers.csv"
SCHOOLS_FILE = "schools.csv"
SUMMARY_FILE = "summary.json"
CERTIFICATE_FILE = "certificate.json"
ISSUES_FILE = "issues.csv"
CUT_OFFS_FILE = "cut_offs.csv"
WAITING_LISTS_FILE = "waiting_lists.csv"
LOTTERY_FILE = "lottery.csv"
POLICY_FILE = "policy.json"
PLACES_FILE = "school_places.csv"
REPORT_FILE = "report.html"
PROBLEM_FOLDER = "problem"
_CERTIFICATE_FORMAT = 1


def write_round(  # noqa: PLR0913 - everything that a round leaves behind is named once, here
    directory: Path,
    decision: Decision,
    *,
    seed: str,
    any_id: bool,
    issues: IssueReport,
    set_aside_count: int = 0,
    places: pd.DataFrame | None = None,
    crs: str = "",
    measured_by: NearBy | None = None,
    after: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write all files of a round but the report into an existing directory, and return the summary.

    Parameters
    ----------
    places
        school_code, level, name, x, y of the seat pools, in ``crs``; for letters and maps.
    measured_by
        How the metres were measured; None where nobody said it.
    after
        Of a later run: which run came before, and who moved since (`allocation.moves.moves`).
    set_aside_count
        Applicant records that the intake set aside.
    """
    facts, problem, policy, allocation = decision.facts, decision.problem, decision.policy, decision.allocation
    (directory / PROBLEM_FOLDER).mkdir()
    for name, data in problem_tables(facts).items():
        (directory / PROBLEM_FOLDER / name).write_bytes(data)
    summary = {
        **summary_of(decision, seed=seed),
        "set_aside": set_aside_count,
        "any_id": any_id,
        "crs": crs,
        "measured_by": measured_by,
        **({} if after is None else {"after": after}),
        "software": f"diaban {version('diaban')}",
    }
    _write_text(directory / OFFERS_FILE, _as_csv(offers_table(decision)))
    _write_text(directory / SCHOOLS_FILE, _as_csv(school_table(problem, allocation)))
    _write_text(directory / CUT_OFFS_FILE, _as_csv(cut_off_table(decision)))
    _write_text(directory / WAITING_LISTS_FILE, _as_csv(waiting_table(decision)))
    _write_text(directory / SUMMARY_FILE, _as_json(summary))
    _write_text(directory / CERTIFICATE_FILE, _as_json(_certificate(problem, allocation)))
    _write_text(directory / ISSUES_FILE, _as_csv(issues.to_frame()))
    _write_text(directory / POLICY_FILE, policy.canonical_json)
    numbers = lottery_numbers(problem.applicant_no.tolist(), seed=seed)
    lottery = csv_bytes({"applicant_no": problem.applicant_no, "lottery_number": pa.array(numbers, type=pa.string())})
    (directory / LOTTERY_FILE).write_bytes(lottery)
    if places is not None:
        _write_text(directory / PLACES_FILE, _places(places))
    return summary


def summary_of(decision: Decision, *, seed: str) -> dict[str, Any]:
    """Return the figures of the round and what it can be recomputed from."""
    problem, policy, allocation = decision.problem, decision.policy, decision.allocation
    cost = cost_of_groups(problem, allocation)
    return {
        **asdict(figures(problem, allocation)),
        **({"together": cost} if cost else {}),
        "justified_envy_pairs": justified_envy_pair_count(problem, allocation, policy),
        "problem_sha256": problem.problem_sha256,
        "policy": policy.name,
        "policy_version": policy.version,
        "policy_sha256": policy.sha256,
        "seed": seed,
        "seed_sha256": seed_commitment(seed),
        "levels": [{"level": level, **asdict(figures(problem, allocation, level=level))} for level in problem.levels],
    }


def offers_table(decision: Decision) -> pd.DataFrame:
    """Return the columns of ``offers.csv``, one row for each applicant; ``seat_group`` where the policy has any."""
    problem, policy, allocation = decision.problem, decision.policy, decision.allocation
    unplaced = allocation.pool == UNPLACED
    table = pd.DataFrame(
        {
            "applicant_no": problem.applicant_no,
            "school_code": np.append(problem.pool_school_code, "")[allocation.pool],
            "distance_m": pd.arrays.IntegerArray(allocation.distance_m, unplaced),
            "stage": pd.arrays.IntegerArray(allocation.stage, unplaced),
            "reason": reasons(problem, allocation, policy),
        }
    )
    if not policy.kept_seats:
        return table
    return table.assign(seat_group=np.append(problem.pool_seat_group, "")[allocation.pool])


def _certificate(problem: AllocationProblem, allocation: Allocation) -> dict[str, Any]:
    """Return the proof: what each stage and level shows beyond the offers."""
    return {
        "format": _CERTIFICATE_FORMAT,
        "problem_sha256": problem.problem_sha256,
        "levels": [_certificate_of(problem, one) for one in allocation.certificates],
    }


def _certificate_of(problem: AllocationProblem, one: Certificate) -> dict[str, Any]:
    content: dict[str, Any] = {"stage": one.stage, "kind": one.kind, "level": one.level}
    if isinstance(one, AcceptanceCertificate):
        first = {group: problem.applicant_no[problem.together == group][0] for group, _ in one.refused_together}
        return content | {"refused_together": [[str(first[group]), code] for group, code in one.refused_together]}
    content |= {
        "unplaced_cost_m": one.unplaced_cost_m,
        "last_tier": one.last_tier,
        "price_m": {pool_name(problem, pool): price for pool, price in one.price_m.items()},
    }
    if one.farthest is not None:
        content |= _farthest_of(problem, one.farthest)
    if one.relaxation is not None:
        content |= {"relaxation": _relaxation_of(problem, one.relaxation)}
    return content


def _relaxation_of(problem: AllocationProblem, bound: Relaxation) -> dict[str, Any]:
    """Return what the level comes to without the rule of groups, and its proof."""
    content = {} if bound.farthest is None else _farthest_of(problem, bound.farthest)
    return content | {
        "placed_by_tier": {str(tier): count for tier, count in bound.placed_by_tier.items()},
        "total_distance_m": bound.total_distance_m,
        "unplaced_cost_m": bound.unplaced_cost_m,
        "last_tier": bound.last_tier,
        "price_m": {pool_name(problem, pool): price for pool, price in bound.price_m.items()},
    }


def _farthest_of(problem: AllocationProblem, proof: FarthestProof) -> dict[str, Any]:
    """Return the proof of the longest way, with the names of its pools."""
    return {
        "farthest_m": proof.farthest_m,
        "enough": {str(tier): [pool_name(problem, pool) for pool in pools] for tier, pools in proof.enough.items()},
        "short_tier": proof.short_tier,
        "short": [pool_name(problem, pool) for pool in proof.short],
    }


def pool_name(problem: AllocationProblem, pool: int) -> str:
    """Return how the certificate names a pool of a level: school_code, and after a slash the seat group if any."""
    code, group = str(problem.pool_school_code[pool]), str(problem.pool_seat_group[pool])
    return f"{code}/{group}" if group else code


def _places(places: pd.DataFrame) -> str:
    columns = ["school_code", "level", "name", "x", "y"]
    return _as_csv(places[columns].sort_values(["school_code", "level"], kind="stable").round({"x": 3, "y": 3}))


def _as_csv(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
