"""Problems with published answers, from a folder of instances beside the repository."""

import os
import random
from pathlib import Path

import pytest

from allocation.intake import IntakeOptions, read_round
from allocation.policy import load_policy
from allocation.round import RoundSettings, run
from allocation.verify import verify_directory

pytestmark = pytest.mark.real

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "instances"
INSTANCES = Path(os.environ.get("DIABAN_REAL_INSTANCES") or BESIDE)


def write_assignment(numbers: list[int], folder: Path, *, shuffled: random.Random) -> None:
    """Write ``n`` and the n x n costs of an OR-Library assignment problem as the files of a round."""
    count, costs = numbers[0], numbers[1:]
    names, codes = [f"A{row:03d}" for row in range(count)], [f"S{column:03d}" for column in range(count)]
    tables = {
        "applicants": ("applicant_no", names),
        "schools": ("school_code,capacity", [f"{code},1" for code in codes]),
        "distances": (
            "applicant_no,school_code,distance_m",
            [f"{names[cell // count]},{codes[cell % count]},{cost}" for cell, cost in enumerate(costs)],
        ),
    }
    folder.mkdir()
    for name, (header, rows) in tables.items():
        shuffled.shuffle(rows)
        (folder / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n")


def test_assign100_has_the_published_total_305_and_the_same_bytes_for_any_order_of_rows(tmp_path: Path) -> None:
    path = INSTANCES / "assign100.txt"
    if not path.is_file():
        pytest.skip(f"no {path.name}; enable with: DIABAN_REAL_INSTANCES=<folder>")
    numbers = [int(number) for number in path.read_text().split()]
    written = []
    for seed in range(3):
        folder = tmp_path / str(seed)
        write_assignment(numbers, folder, shuffled=random.Random(seed))  # noqa: S311 - an order of rows, no secret
        given = read_round(
            folder / "applicants.csv",
            folder / "schools.csv",
            distances=folder / "distances.csv",
            options=IntakeOptions(any_id=True),
        )
        settings = RoundSettings(policy=load_policy("least-travel"), seed="2026", any_id=True)
        result = run(given, settings=settings, directory=folder / "out")
        # OR-Library, J. E. Beasley: optimal value of assign100.
        assert (result.summary["placed"], result.summary["total_distance_m"]) == (100, 305)
        assert verify_directory(result.directory).passed
        out = folder / "out"
        written.append({str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()})
    assert written[0] == written[1] == written[2]
