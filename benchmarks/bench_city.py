"""A whole city in one round: 197,500 children, 781 primary schools, every pair inside a cap of distance.

Generates the city, then runs reading, deciding, writing and verifying as ``diaban allocate`` does, each policy in a
process of its own, beside a bare OR-Tools solve of the 15 nearest pairs of each child in the same run; then verifies
what was written as ``diaban verify`` does, in a process of its own, so that checking stands beside deciding and the
whole of the one beside the whole of the other. The target is 90 s and 4 GB for a round with its proof, 2 bare solves
for the deciding alone, and a verification that takes less than the round. Other work on the machine lengthens wall
time: seconds of the processor stand beside it.

``--later`` runs the next run too, with nine in ten confirmed; ``--explain`` writes the reasons of every child.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from city import APPLICANT_COUNT, PAIR_COLUMNS, make_changes, make_city
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from allocation.explain import RoundBook
from allocation.intake import read_round
from allocation.policy import load_policy
from allocation.round import RoundSettings, run
from allocation.round_files import read_directory
from allocation.verify import check_claims
from allocation.verify_state import state_of

NEAREST_COUNT = 15
ALLOWED_S, ALLOWED_BYTES, ALLOWED_RATIO = 90.0, 4 * 2**30, 2.0
POLICIES = ("least-travel", "deferred-acceptance", "hcmc-2026")
_FILES = ("applicants", "schools", "distances")
_KIBIBYTE = 1024

Clock = dict[str, tuple[float, float]]
"""Wall and processor seconds of each part."""
Told = dict[str, Any]


def main() -> int:
    """Measure, print tables, and return 0 when every round is fast and small enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--applicants", type=int, default=APPLICANT_COUNT)
    parser.add_argument("--policies", nargs="+", default=list(POLICIES))
    parser.add_argument("--folder", type=Path, help="where the city is kept between runs")
    parser.add_argument("--later", action="store_true", help="measure the next run too, and its verification")
    parser.add_argument("--explain", action="store_true", help="measure the reasons of every child too")
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        what, policy = chosen.run
        sys.stdout.write(json.dumps(_PROCESSES[what](chosen.folder, policy)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        if not (folder / "distances.parquet").exists():
            folder.mkdir(parents=True, exist_ok=True)
            make_city(folder, applicant_count=chosen.applicants)
        told = {"bare": _in_a_process("bare", "", folder)}
        passed = True
        for policy in chosen.policies:
            told[policy] = _in_a_process("round", policy, folder)
            passed &= _say(told, policy, checked=_in_a_process("check", policy, folder))
            if chosen.later:
                passed &= _say_later(folder, policy)
            if chosen.explain:
                _say_explained(_in_a_process("explain", policy, folder))
    sys.stdout.write("passed\n" if passed else "FAILED\n")
    return 0 if passed else 1


@contextmanager
def _timed(clock: Clock, part: str) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.process_time()
    yield
    clock[part] = (time.perf_counter() - wall, time.process_time() - processor)


def _round(folder: Path, policy: str) -> Told:
    """Run a round as ``diaban allocate`` does, and return its clock, its peak of memory and its figures."""
    marks = [("read", time.perf_counter(), time.process_time())]

    def mark(text: object) -> None:
        marks.append((_PARTS[getattr(text, "en", "")], time.perf_counter(), time.process_time()))

    given = read_round(*(folder / f"{name}.parquet" for name in _FILES[:2]), distances=folder / "distances.parquet")
    marks.append(("build", time.perf_counter(), time.process_time()))
    rule = load_policy(policy)
    result = run(given, settings=RoundSettings(policy=rule, seed="0"), directory=folder / policy, progress=mark)
    marks.append(("end", time.perf_counter(), time.process_time()))
    clock = {part: (until[1] - wall, until[2] - processor) for (part, wall, processor), until in pairwise(marks)}
    return _told(clock, placed=result.allocation.placed_count, total_m=result.allocation.total_distance_m)


_PARTS = {"Placing": "decide", "Writing": "write", "Verifying": "verify"}


def _told(clock: Clock, *, placed: int, total_m: int) -> Told:
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTE
    whole_s = time.process_time()
    return {"clock": clock, "whole_s": whole_s, "peak_bytes": peak_bytes, "placed": placed, "total_distance_m": total_m}


def _check(folder: Path, policy: str) -> Told:
    """Verify a round as ``diaban verify`` does: read the files, then check every claim of them."""
    clock: Clock = {}
    with _timed(clock, "read"):
        files = read_directory(folder / policy)
    with _timed(clock, "check"):
        verification = check_claims(state_of(files))
    if not verification.passed:
        sys.exit(f"{policy}: {verification.failures[0].en}")
    return _told(clock, placed=0, total_m=0)


def _explain(folder: Path, policy: str) -> Told:
    """Give the reasons of every child, as publishing does."""
    clock: Clock = {}
    with _timed(clock, "read"):
        book = RoundBook.read(folder / policy, withholds_small_counts=True)
    with _timed(clock, "explain"):
        count = sum(1 for row in range(book.applicant_count) if book.explain(row))
    return _told(clock, placed=count, total_m=0)


def _bare(folder: Path, _: str) -> Told:
    """Solve the 15 nearest pairs of each child with OR-Tools alone, the arcs already in memory."""
    stored = np.load(folder / "pairs.npz")
    applicant, school, distance_m = (stored[name] for name in PAIR_COLUMNS)
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


_PROCESSES: Mapping[str, Callable[[Path, str], Told]] = {
    "bare": _bare,
    "round": _round,
    "check": _check,
    "explain": _explain,
}


def _in_a_process(what: str, policy: str, folder: Path) -> Told:
    command = [sys.executable, __file__, "--run", what, policy, "--folder", str(folder)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    told: Told = json.loads(done.stdout)
    return {**told, "whole_wall_s": time.perf_counter() - started}


def _diaban(*words: str) -> Told:
    """Run the command line and return what it cost."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "api.cli", *words]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own command
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(words)}: ended with {child.returncode}")
    return {
        "whole_s": used.ru_utime + used.ru_stime,
        "whole_wall_s": time.perf_counter() - started,
        "peak_bytes": used.ru_maxrss * _KIBIBYTE,
    }


def _say(told: Mapping[str, Told], policy: str, *, checked: Told) -> bool:
    """Print the tables of a round and of its verification; return whether they are within the limits."""
    made, bare_s = told[policy], told["bare"]["clock"]["decide"][1]
    decide_s, check_s = made["clock"]["decide"][1], checked["clock"]["check"][1]
    _print(f"{policy}: {made['placed']:,} placed, {made['total_distance_m']:,} m; load {os.getloadavg()[0]:.1f}, "
           f"{os.cpu_count()} cores; seconds of the processor (in brackets: wall)")  # fmt: skip
    _print(_row("a bare solve, 15 nearest", told["bare"]))
    _print(_row("allocate", made) + f"; decide / bare {decide_s / bare_s:.2f}")
    _print(_row("verify", checked) + f"; check / decide {check_s / decide_s:.2f}, "
           f"whole / allocate {checked['whole_s'] / made['whole_s']:.2f}")  # fmt: skip
    is_fast = decide_s <= ALLOWED_RATIO * bare_s and checked["whole_s"] < made["whole_s"]
    return is_fast and _is_allowed(made)


def _is_allowed(told: Told) -> bool:
    return bool(told["whole_s"] <= ALLOWED_S and told["peak_bytes"] <= ALLOWED_BYTES)


def _say_later(folder: Path, policy: str) -> bool:
    former, later = str(folder / policy), str(folder / f"{policy}-later")
    files = make_changes(folder, folder / policy)
    words = [word for option, path in files.items() for word in (f"--{option}", str(path))]
    made = _diaban("allocate", "--after", former, *words, "--out", later)
    checked = _diaban("verify", later, "--after", former)
    _print(_row("allocate --after", made))
    _print(_row("verify --after", checked) + f"; whole / allocate {checked['whole_s'] / made['whole_s']:.2f}")
    return _is_allowed(made) and _is_allowed(checked)


def _say_explained(told: Told) -> None:
    each_ms = 1000 * told["clock"]["explain"][1] / told["placed"]
    _print(_row("explain everybody", told) + f"; {told['placed']:,} children, {each_ms:.2f} ms each")


def _row(name: str, told: Told) -> str:
    parts = [f"{part} {cpu:.1f} ({wall:.1f})" for part, (wall, cpu) in told.get("clock", {}).items()]
    parts.append(f"whole {told['whole_s']:.1f} ({told['whole_wall_s']:.1f})")
    return f"  {name:26}" + ", ".join(parts) + f"; peak {told['peak_bytes'] / 2**30:.2f} GB"


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
