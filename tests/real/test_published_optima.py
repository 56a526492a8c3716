"""Problems with published answers, from a folder of instances beside the repository, through the command line.

The other files there, ``pmedcap`` and ``holmberg``, are no rounds: their published answers choose which sites to open,
or serve each customer's whole demand from one site, while a round has its schools given and children of one seat each.
With the sites fixed there is no published answer to compare with.
"""

import json
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app

pytestmark = pytest.mark.real

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "instances"
INSTANCES = Path(os.environ.get("DIABAN_REAL_INSTANCES") or BESIDE)


def instance(name: str) -> str:
    """Return the text of an instance; without the folder the test is skipped."""
    path = INSTANCES / name
    if not path.is_file():
        pytest.skip(f"no {name}; enable with: DIABAN_REAL_INSTANCES=<folder>")
    return path.read_text()


def written(folder: Path, tables: Mapping[str, Sequence[str]], *, seed: int) -> list[str]:
    """Write tables, header first, with their rows in some order, and return the words that name them."""
    shuffled = random.Random(seed)  # noqa: S311 - an order of rows, no secret
    folder.mkdir()
    words = []
    for name, (header, *rows) in tables.items():
        shuffled.shuffle(rows)
        (folder / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n")
        words += [f"--{name}", str(folder / f"{name}.csv")]
    return words


def allocated(folder: Path, tables: Mapping[str, Sequence[str]], *, policy: str, seed: int) -> dict[str, object]:
    """Return the summary of the round that the command makes of the tables, after `diaban verify` accepted it."""
    out = str(folder / "out")
    words = written(folder, tables, seed=seed)
    done = CliRunner().invoke(app, ["allocate", *words, "--policy", policy, "--any-id", "--out", out, "--json"])
    assert done.exit_code == 0, done.output
    proof = CliRunner().invoke(app, ["verify", out, "--json"])
    assert (proof.exit_code, json.loads(proof.stdout)["failures"]) == (0, [])
    summary: dict[str, object] = json.loads(done.stdout)
    return summary


def placed(folder: Path) -> dict[str, str]:
    header, *rows = (line.split(",") for line in (folder / "out" / "offers.csv").read_text().splitlines())
    who, where = header.index("applicant_no"), header.index("school_code")
    return {row[who]: row[where] for row in rows}


def test_assign100_has_the_published_total_305_and_the_same_bytes_for_any_order_of_rows(tmp_path: Path) -> None:
    """OR-Library (J. E. Beasley): the optimal value of assign100 is 305."""
    count, *costs = (int(number) for number in instance("assign100.txt").split())
    names, codes = [f"A{row:03d}" for row in range(count)], [f"S{column:03d}" for column in range(count)]
    tables = {
        "applicants": ["applicant_no", *names],
        "schools": ["school_code,capacity", *(f"{code},1" for code in codes)],
        "distances": [
            "applicant_no,school_code,distance_m",
            *(f"{names[cell // count]},{codes[cell % count]},{cost}" for cell, cost in enumerate(costs)),
        ],
    }
    found = []
    for seed in range(3):
        folder = tmp_path / str(seed)
        summary = allocated(folder, tables, policy="least-travel", seed=seed)
        assert (summary["placed"], summary["total_distance_m"]) == (100, 305)
        out = folder / "out"
        found.append({str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()})
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("with_distances", ["of both lists", "of every pair", "not at all"])
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("matching_docs_hospital_resident.json", "published_resident_optimal"),
        ("unique_stable_matching_4x3.json", "published_unique_stable"),
    ],
)
def test_a_published_stable_matching_is_found_whatever_pairs_have_distances(
    tmp_path: Path, name: str, answer: str, with_distances: str
) -> None:
    """The distances differ at random: where both sides gave their orders, metres decide nothing."""
    problem = json.loads(instance(name))
    wishes, priorities, seats = problem["students"], problem["schools"], problem["capacity"]
    tables = {
        "applicants": ["applicant_no", *wishes],
        "schools": ["school_code,capacity", *(f"{code},{count}" for code, count in seats.items())],
        "preferences": [
            "applicant_no,school_code,rank",
            *(f"{who},{code},{rank}" for who, listed in wishes.items() for rank, code in enumerate(listed, start=1)),
        ],
        "priorities": [
            "school_code,applicant_no,rank",
            *(
                f"{code},{who},{rank}"
                for code, listed in priorities.items()
                for rank, who in enumerate(listed, start=1)
            ),
        ],
    }
    metres = random.Random(name)  # noqa: S311 - made-up ways, no secret
    if with_distances != "not at all":
        tables["distances"] = [
            "applicant_no,school_code,distance_m",
            *(
                f"{who},{code},{metres.randrange(5000)}"
                for who in wishes
                for code in seats
                if with_distances == "of every pair" or (code in wishes[who] and who in priorities[code])
            ),
        ]
    allocated(tmp_path / "round", tables, policy="deferred-acceptance", seed=1)
    assert placed(tmp_path / "round") == {who: code or "" for who, code in problem[answer].items()}
