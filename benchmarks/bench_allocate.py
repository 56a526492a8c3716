"""How long a whole round takes beside a bare OR-Tools solve of the same arcs, both measured in this one run.

20,000 applicants, 100 schools, the 24 nearest of each: ``diaban allocate`` as a process of its own, from the start
of Python over reading, solving and verifying to the last written byte, may take 3 times the bare solve plus 5 s.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.spatial import cKDTree

from allocation.personal_id import Sex, make_personal_id

APPLICANT_COUNT, SCHOOL_COUNT, NEAREST_COUNT = 20_000, 100, 24
ALLOWED_RATIO, ALLOWED_EXTRA_S = 3.0, 5.0
SEED = 20_260_901
CITY_SIZE_M = 20_000.0


def write_files(folder: Path) -> pd.DataFrame:
    """Write a generated round and return its pairs as numbers."""
    chance = np.random.default_rng(SEED)
    schools = chance.uniform(0, CITY_SIZE_M, (SCHOOL_COUNT, 2))
    centre = chance.normal(CITY_SIZE_M / 2, CITY_SIZE_M / 5, (APPLICANT_COUNT // 2, 2))
    homes = np.concatenate([centre, chance.uniform(0, CITY_SIZE_M, (APPLICANT_COUNT - len(centre), 2))])
    straight_m, nearest = cKDTree(schools).query(homes, k=NEAREST_COUNT)
    walk_m = np.floor(straight_m * chance.uniform(1.1, 1.6, straight_m.shape) + 0.5).astype(np.int64)
    share = chance.uniform(0.6, 1.4, SCHOOL_COUNT)
    seats = np.floor(share / share.sum() * APPLICANT_COUNT * 1.02).astype(np.int64)
    serials = chance.permutation(1_000_000)[:APPLICANT_COUNT]
    numbers = [
        make_personal_id(
            province_code="079", sex=Sex.FEMALE if serial % 2 else Sex.MALE, birth_year=2020, serial=serial
        )
        for serial in serials.tolist()
    ]
    codes = [f"TH{number:03d}" for number in range(SCHOOL_COUNT)]
    applicants = pd.DataFrame({"applicant_no": numbers, "level": "grade_1", "date_of_birth": "2020-05-17"})
    applicants["sex"] = np.where(serials % 2, "female", "male")
    pairs = pd.DataFrame(
        {
            "applicant": np.repeat(np.arange(APPLICANT_COUNT), NEAREST_COUNT),
            "school": nearest.ravel(),
            "distance_m": walk_m.ravel(),
        }
    )
    named = pd.DataFrame(
        {
            "applicant_no": np.array(numbers, dtype=object)[pairs["applicant"]],
            "school_code": np.array(codes, dtype=object)[pairs["school"]],
            "distance_m": pairs["distance_m"],
        }
    ).sample(frac=1.0, random_state=SEED)
    applicants.to_csv(folder / "applicants.csv", index=False)
    table = pd.DataFrame({"school_code": codes, "level": "grade_1", "capacity": seats})
    table.to_csv(folder / "schools.csv", index=False)
    named.to_csv(folder / "distances.csv", index=False)
    return pairs.assign(seats=seats[pairs["school"]])


def bare_solve(pairs: pd.DataFrame) -> tuple[float, int, int]:
    """Return seconds, number placed and total metres of OR-Tools alone, the arcs already in memory."""
    seats = pairs.groupby("school")["seats"].first().reindex(range(SCHOOL_COUNT), fill_value=0).to_numpy()
    applicants, schools = np.arange(APPLICANT_COUNT), np.arange(SCHOOL_COUNT)
    source, sink = APPLICANT_COUNT + SCHOOL_COUNT, APPLICANT_COUNT + SCHOOL_COUNT + 1
    start = time.perf_counter()
    flow = SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([np.full(APPLICANT_COUNT, source), pairs["applicant"], APPLICANT_COUNT + schools]),
        np.concatenate([applicants, APPLICANT_COUNT + pairs["school"], np.full(SCHOOL_COUNT, sink)]),
        np.concatenate([np.ones(APPLICANT_COUNT + len(pairs), dtype=np.int64), seats]),
        np.concatenate([np.zeros(APPLICANT_COUNT), pairs["distance_m"], np.zeros(SCHOOL_COUNT)]).astype(np.int64),
    )
    flow.set_node_supply(source, APPLICANT_COUNT)
    flow.set_node_supply(sink, -APPLICANT_COUNT)
    status = flow.solve_max_flow_with_min_cost()
    seconds = time.perf_counter() - start
    if status != SimpleMinCostFlow.OPTIMAL:
        sys.exit(f"OR-Tools: {status}")
    return seconds, flow.maximum_flow(), flow.optimal_cost()


def whole_round(folder: Path) -> tuple[float, int, int]:
    """Return seconds, number placed and total metres of ``diaban allocate`` as a process of its own."""
    command = [sys.executable, "-m", "api.cli", "allocate", "--json", "--out", str(folder / "out")]
    for name in ("applicants", "schools", "distances"):
        command += [f"--{name}", str(folder / f"{name}.csv")]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own command
    seconds = time.perf_counter() - start
    summary = json.loads(done.stdout)
    if not summary["verified"]:
        sys.exit("the round was not verified")
    return seconds, summary["placed"], summary["total_distance_m"]


def main() -> int:
    """Measure both and return 0 when the round is fast enough and has the same optimum."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = write_files(folder)
        bare_s, *bare_optimum = bare_solve(pairs)
        round_s, *round_optimum = whole_round(folder)
    allowed_s = ALLOWED_RATIO * bare_s + ALLOWED_EXTRA_S
    passed = round_s <= allowed_s and bare_optimum == round_optimum
    sys.stdout.write(
        f"{APPLICANT_COUNT:,} applicants, {SCHOOL_COUNT} schools, {NEAREST_COUNT} nearest; {os.cpu_count()} cores\n"
        f"bare OR-Tools solve  {bare_s:6.2f} s   placed {bare_optimum[0]:,}, total {bare_optimum[1]:,} m\n"
        f"diaban allocate      {round_s:6.2f} s   placed {round_optimum[0]:,}, total {round_optimum[1]:,} m\n"
        f"ratio {round_s / bare_s:.2f}; allowed {ALLOWED_RATIO:g} x + {ALLOWED_EXTRA_S:g} s = {allowed_s:.2f} s: "
        f"{'passed' if passed else 'FAILED'}\n"
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
