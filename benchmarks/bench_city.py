"""A whole city in one round: 197,500 children, 781 primary schools, every pair inside a cap of distance.

Generates the city, then runs reading, deciding, writing and verifying as ``diaban allocate`` does, each policy in a
process of its own, beside a bare OR-Tools solve of the 15 nearest pairs of each child in the same run. The target is
90 s and 4 GB for a round with its proof, and 2 bare solves for the deciding alone. Other work on the machine lengthens
wall time: seconds of the processor stand beside it.

References
----------
Counts of children entering grade 1 and of public primary schools of Ho Chi Minh City, 2026-27: plo.vn, 2026-03-11.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.spatial import cKDTree

from allocation.intake import read_round
from allocation.personal_id import Sex, make_personal_id
from allocation.policy import load_policy
from allocation.round import RoundSettings, run

APPLICANT_COUNT, CHILDREN_PER_SCHOOL = 197_500, 197_500 / 781
NEAREST_COUNT = 15
SEED = 20_260_901
SQUARE_M_PER_SCHOOL = 900_000.0
CAP_M = 4_000
MOST_SCHOOLS_EACH = 200
SEATS_EACH_AT_LEAST = 20
SEATS_RATIO = 1.03
AROUND_RATIO = 0.5
ALLOWED_S, ALLOWED_BYTES, ALLOWED_RATIO = 90.0, 4 * 2**30, 2.0
POLICIES = ("least-travel", "deferred-acceptance", "hcmc-2026")
_FILES = ("applicants", "schools", "distances")
_PAIR_COLUMNS = ("applicant", "school", "distance_m")
_KIBIBYTE = 1024

Clock = dict[str, tuple[float, float]]
"""Wall and processor seconds of each part."""


def main() -> int:
    """Measure, print a table, and return 0 when every round is fast and small enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--applicants", type=int, default=APPLICANT_COUNT)
    parser.add_argument("--policies", nargs="+", default=list(POLICIES))
    parser.add_argument("--folder", type=Path, help="where the city is kept between runs")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        sys.stdout.write(
            json.dumps(_bare(chosen.folder) if chosen.run == "bare" else _round(chosen.folder, chosen.run))
        )
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        if not (folder / "distances.parquet").exists():
            folder.mkdir(parents=True, exist_ok=True)
            make_city(folder, applicant_count=chosen.applicants)
        bare = _in_a_process("bare", folder)
        return _report(bare, {policy: _in_a_process(policy, folder) for policy in chosen.policies})


@contextmanager
def _timed(clock: Clock, part: str) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.process_time()
    yield
    clock[part] = (time.perf_counter() - wall, time.process_time() - processor)


def _round(folder: Path, policy: str) -> dict[str, object]:
    """Run a round as ``diaban allocate`` does, and return its clock, its peak of memory and its figures."""
    marks = [("read", time.perf_counter(), time.process_time())]

    def mark(text: object) -> None:
        marks.append((_PARTS[getattr(text, "en", "")], time.perf_counter(), time.process_time()))

    given = read_round(*(folder / f"{name}.parquet" for name in _FILES[:2]), distances=folder / "distances.parquet")
    marks.append(("build", time.perf_counter(), time.process_time()))
    rule = load_policy(policy)
    result = run(given, settings=RoundSettings(policy=rule, seed="0"), directory=folder / "out", progress=mark)
    marks.append(("end", time.perf_counter(), time.process_time()))
    clock = {part: (until[1] - wall, until[2] - processor) for (part, wall, processor), until in pairwise(marks)}
    return _told(clock, placed=result.allocation.placed_count, total_m=result.allocation.total_distance_m)


_PARTS = {"Placing": "decide", "Writing": "write", "Verifying": "verify"}


def _told(clock: Clock, *, placed: int, total_m: int) -> dict[str, object]:
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTE
    return {"clock": clock, "peak_bytes": peak_bytes, "placed": placed, "total_distance_m": total_m}


def _bare(folder: Path) -> dict[str, object]:
    """Solve the 15 nearest pairs of each child with OR-Tools alone, the arcs already in memory."""
    stored = np.load(folder / "pairs.npz")
    applicant, school, distance_m = (stored[name] for name in _PAIR_COLUMNS)
    order = np.lexsort([distance_m, applicant])
    first = np.searchsorted(applicant[order], applicant[order])
    kept = order[np.arange(len(order)) - first < NEAREST_COUNT]
    seats, people = stored["seats"], int(applicant.max()) + 1
    source, sink = people + len(seats), people + len(seats) + 1
    clock: Clock = {}
    with _timed(clock, "decide"):
        flow = SimpleMinCostFlow()
        flow.add_arcs_with_capacity_and_unit_cost(
            np.concatenate([np.full(people, source), applicant[kept], people + np.arange(len(seats))]),
            np.concatenate([np.arange(people), people + school[kept], np.full(len(seats), sink)]),
            np.concatenate([np.ones(people + len(kept), dtype=np.int64), seats]),
            np.concatenate([np.zeros(people), distance_m[kept], np.zeros(len(seats))]).astype(np.int64),
        )
        flow.set_node_supply(source, people)
        flow.set_node_supply(sink, -people)
        status = flow.solve_max_flow_with_min_cost()
    if status != SimpleMinCostFlow.OPTIMAL:
        sys.exit(f"OR-Tools: {status}")
    return _told(clock, placed=flow.maximum_flow(), total_m=flow.optimal_cost())


def _in_a_process(what: str, folder: Path) -> dict[str, object]:
    command = [sys.executable, __file__, "--run", what, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    told: dict[str, object] = json.loads(done.stdout)
    return told


def _report(bare: dict[str, object], rounds: dict[str, dict[str, object]]) -> int:
    """Print the table; return 1 when a limit is passed."""
    bare_s = bare["clock"]["decide"][1]
    parts = ("read", "build", "decide", "write", "verify")
    lines = [f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seconds of the processor (in brackets: wall)"]
    lines.append(
        f"{'':20}" + "".join(f"{part:>16}" for part in (*parts, "all")) + "   peak GB  decide/bare  placed  total m"
    )
    passed = True
    for name, told in {"bare, 15 nearest": bare, **rounds}.items():
        clock = {part: told["clock"].get(part, (0.0, 0.0)) for part in parts}
        whole = tuple(sum(times) for times in zip(*clock.values(), strict=True))
        ratio, peak = clock["decide"][1] / bare_s, told["peak_bytes"]
        cells = "".join(f"{f'{cpu:.1f} ({wall:.1f})':>16}" for wall, cpu in (*clock.values(), whole))
        lines.append(
            f"{name:20}{cells}{peak / 2**30:10.2f}{ratio:13.2f}  {told['placed']:,}  {told['total_distance_m']:,}"
        )
        passed &= whole[1] <= ALLOWED_S and peak <= ALLOWED_BYTES and ratio <= ALLOWED_RATIO
    sys.stdout.write("\n".join([*lines, "passed" if passed else "FAILED", ""]))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
