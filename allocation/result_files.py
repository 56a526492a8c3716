"""The directory of a round: what was decided, for whom, by which rule, and the proof.

Everything is sorted, nothing carries a time or a path: the same problem, policy and seed give the same bytes.
"""

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from allocation.figures import figures, justified_envy_pair_count, reasons, school_table
from allocation.lottery import lottery_numbers, seed_commitment
from allocation.model import UNPLACED, Allocation, AllocationProblem
from allocation.policy import Policy
from allocation.problem_files import csv_bytes, problem_tables
from allocation.stages import limits_m
from spatial.issues import IssueReport

OFFERS_FILE = "offers.csv"
SCHOOLS_FILE = "schools.csv"
SUMMARY_FILE = "summary.json"
CERTIFICATE_FILE = "certificate.json"
ISSUES_FILE = "issues.csv"
LOTTERY_FILE = "lottery.csv"
POLICY_FILE = "policy.json"
PLACES_FILE = "school_places.csv"
REPORT_FILE = "report.html"
PROBLEM_FOLDER = "problem"
_CERTIFICATE_FORMAT = 1


def write_round(  # noqa: PLR0913 - everything that a round leaves behind is named once, here
    directory: Path,
    problem: AllocationProblem,
    allocation: Allocation,
    *,
    policy: Policy,
    seed: str,
    any_id: bool,
    issues: IssueReport,
    set_aside_count: int = 0,
    places: pd.DataFrame | None = None,
    crs: str = "",
) -> dict[str, Any]:
    """Write all files of a round but the report into an existing directory, and return the summary.

    Parameters
    ----------
    places
        school_code, level, name, x, y of the seat pools, in ``crs``; for letters and maps.
    set_aside_count
        Applicant records that the intake set aside.
    """
    (directory / PROBLEM_FOLDER).mkdir()
    for name, data in problem_tables(problem).items():
        (directory / PROBLEM_FOLDER / name).write_bytes(data)
    summary = {
        **summary_of(problem, allocation, policy=policy, seed=seed),
        "set_aside": set_aside_count,
        "any_id": any_id,
        "crs": crs,
        "software": f"diaban {version('diaban')}",
    }
    _write_text(directory / OFFERS_FILE, _offers(problem, allocation, policy))
    _write_text(directory / SCHOOLS_FILE, _as_csv(school_table(problem, allocation)))
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


def summary_of(problem: AllocationProblem, allocation: Allocation, *, policy: Policy, seed: str) -> dict[str, Any]:
    """Return the figures of the round and what it can be recomputed from."""
    return {
        **asdict(figures(problem, allocation)),
        "justified_envy_pairs": justified_envy_pair_count(problem, allocation),
        "problem_sha256": problem.problem_sha256,
        "policy": policy.name,
        "policy_version": policy.version,
        "policy_sha256": policy.sha256,
        "seed": seed,
        "seed_sha256": seed_commitment(seed),
        "levels": [{"level": level, **asdict(figures(problem, allocation, level=level))} for level in problem.levels],
    }


def _offers(problem: AllocationProblem, allocation: Allocation, policy: Policy) -> str:
    reachable = np.zeros(len(problem.pair_pool), dtype=bool)
    for stage in policy.stages:
        reachable |= problem.pair_distance_m <= limits_m(problem, stage)
    unplaced = allocation.pool == UNPLACED
    codes = np.append(problem.pool_school_code, "")[allocation.pool]
    frame = pd.DataFrame(
        {
            "applicant_no": problem.applicant_no,
            "school_code": codes,
            "distance_m": pd.arrays.IntegerArray(allocation.distance_m, unplaced),
            "stage": pd.arrays.IntegerArray(allocation.stage, unplaced),
            "reason": reasons(problem, allocation, reachable=reachable),
        }
    )
    return _as_csv(frame)


def _certificate(problem: AllocationProblem, allocation: Allocation) -> dict[str, Any]:
    """Return the proof: for each stage and level the cost of no seat and the price of a seat in each school."""
    return {
        "format": _CERTIFICATE_FORMAT,
        "problem_sha256": problem.problem_sha256,
        "levels": [
            {
                "stage": one.stage,
                "kind": one.kind,
                "level": one.level,
                "unplaced_cost_m": one.unplaced_cost_m,
                "price_m": {str(problem.pool_school_code[pool]): price for pool, price in one.price_m.items()},
            }
            for one in allocation.certificates
        ],
    }


def _places(places: pd.DataFrame) -> str:
    columns = ["school_code", "level", "name", "x", "y"]
    return _as_csv(places[columns].sort_values(["school_code", "level"], kind="stable").round({"x": 3, "y": 3}))


def _as_csv(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
