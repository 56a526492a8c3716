"""The two solvers beside NetworkX, SciPy with HiGHS, POT and `matching`, each at the sizes that it can do in a minute.

Seconds of the processor for the solve alone; ours have the seat prices and the lottery in them. Every program must
find as many placed at as many metres as ours, or the run fails. The peers are no part of the product; put them into an
environment of their own and name its Python::

    uv venv peers && uv pip install --python peers/bin/python numpy scipy networkx POT matching
    python benchmarks/bench_peers.py --python peers/bin/python

SciPy's HiGHS and OR-Tools do not share a process either way: both bring a HiGHS of their own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from allocation import deferred_acceptance, least_travel
from allocation.model import Allocation, AllocationProblem
from allocation.policy_rules import DeferredAcceptanceStage
from allocation.problem_files import build_problem

SIZES = ((500, 10), (2_000, 20), (10_000, 50), (50_000, 200))
NEAREST_COUNT = 15
SEED = 20_260_901
SEATS_RATIO = 0.97
TIMEOUT_S = 60
STABLE = ("matching HospitalResident",)
_ORDER = DeferredAcceptanceStage(kind="deferred_acceptance", order=("distance", "lottery"))
PEER_NAMES = (
    "NetworkX network_simplex",
    "SciPy linprog (HiGHS)",
    "SciPy linear_sum_assignment",
    "POT emd",
    "matching HospitalResident",
)

Answer = tuple[float, int, int]
"""Seconds, number placed, total metres."""


def main() -> int:
    """Print a table, and return 0 when all programs agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="Python of an environment with the peers")
    parser.add_argument("--most", type=int, default=SIZES[-1][0], help="largest number of applicants")
    chosen = parser.parse_args()
    sizes = [size for size in SIZES if size[0] <= chosen.most]
    rows: dict[str, list[str]] = {}
    agree, too_slow = True, set[str]()
    for people, pools in sizes:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "problem.npz"
            problem = make_problem(file, people=people, pools=pools)
            flow, stable = _timed(least_travel.solve, problem), _timed(_accepted, problem)
            rows.setdefault("diaban least_travel", []).append(_cell(flow))
            rows.setdefault("diaban deferred_acceptance", []).append(_cell(stable))
            for peer in PEER_NAMES:
                answer = "–" if peer in too_slow else _of_peer(chosen.python, peer, file)
                if isinstance(answer, str):
                    too_slow.add(peer)
                elif tuple(answer[1:]) != (stable if peer in STABLE else flow)[1:]:
                    agree, answer = False, f"DIFFERS {answer[1:]}"
                rows.setdefault(peer, []).append(answer if isinstance(answer, str) else _cell(answer))
    head = "".join(f"{f'{people:,} x {pools}':>24}" for people, pools in sizes)
    lines = [f"{name:30}" + "".join(f"{cell:>24}" for cell in cells) for name, cells in rows.items()]
    told = (
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {NEAREST_COUNT} nearest; s of the processor (placed)"
    )
    sys.stdout.write("\n".join([told, f"{'':30}{head}", *lines, "all agree" if agree else "THEY DIFFER", ""]))
    return 0 if agree else 1


def make_problem(file: Path, *, people: int, pools: int) -> AllocationProblem:
    """Return a generated problem without equal ways to one pool, and write it for the peers."""
    chance = np.random.default_rng(SEED)
    side_m = 2_000.0 * pools**0.5
    homes, schools = chance.uniform(0, side_m, (people, 2)), chance.uniform(0, side_m, (pools, 2))
    straight_m, pool = cKDTree(schools).query(homes, k=min(pools, NEAREST_COUNT))
    applicant, pool = np.repeat(np.arange(people), pool.shape[1]), pool.ravel()
    metres = np.floor(straight_m.ravel() * 10 + 0.5).astype(np.int64)
    order = np.lexsort([applicant, metres, pool])
    _, first, count = np.unique(pool[order], return_index=True, return_counts=True)
    # Within a pool every way is longer than the one before.
    rank = np.arange(len(order)) - np.repeat(first, count)
    metres[order] += rank
    seats = np.floor(chance.dirichlet(np.full(pools, 8.0)) * people * SEATS_RATIO).astype(np.int64)
    np.savez(file, applicant=applicant, pool=pool, metres=metres, seats=seats, people=people)
    names, codes = _names("a", people), _names("s", pools)
    pairs = pd.DataFrame({"applicant_no": names[applicant], "school_code": codes[pool], "distance_m": metres})
    people_table = pd.DataFrame({"applicant_no": names, "level": "grade_1"})
    school_table = pd.DataFrame({"school_code": codes, "level": "grade_1", "capacity": seats})
    return build_problem(people_table, school_table, pairs, seed="0")


def _names(letter: str, count: int) -> np.ndarray:
    return np.array([f"{letter}{number:06d}" for number in range(count)], dtype=object)


def _accepted(problem: AllocationProblem) -> Allocation:
    return deferred_acceptance.solve(problem, _ORDER, groups=(), stage=1)


def _timed(solver: Callable[[AllocationProblem], Allocation], problem: AllocationProblem) -> Answer:
    start = time.process_time()
    found = solver(problem)
    return time.process_time() - start, found.placed_count, found.total_distance_m


def _of_peer(python: str, peer: str, file: Path) -> Answer | str:
    """Return what the peer finds, or why it finds nothing."""
    command = [python, str(Path(__file__).with_name("peer_solvers.py")), peer, str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return f"over {TIMEOUT_S} s"
    if done.returncode:
        return "not installed" if "ModuleNotFoundError" in done.stderr else done.stderr.strip().splitlines()[-1][:22]
    seconds, placed, total_m = json.loads(done.stdout)
    return seconds, placed, total_m


def _cell(answer: Answer) -> str:
    return f"{answer[0]:.2f} ({answer[1]:,})"


if __name__ == "__main__":
    sys.exit(main())
