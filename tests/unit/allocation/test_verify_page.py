"""The page on verifying says what is true: its program, written without ours, finds what is wrong and nothing else."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[3] / "docs/how-to/verify-a-round.md").read_text(encoding="utf-8")
PROGRAM = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[0]
SEATS = {"near": 2, "far": 2, "spare": 1}
WAYS = {
    "a": {"near": 10, "far": 20},
    "b": {"near": 10, "far": 400},
    "c": {"near": 30, "far": 25, "spare": 60},
    "d": {"near": 5, "far": 700},
    "e": {"far": 5},
}


@pytest.fixture
def directory(write: Callable[..., Path]) -> Path:
    return write(SEATS, WAYS, policy="deferred-acceptance")


def told_by_the_page(directory: Path) -> str:
    made = subprocess.run([sys.executable, "-c", PROGRAM, str(directory)], check=True, capture_output=True, text=True)
    return made.stdout


def test_the_pages_program_finds_nothing_in_a_round_as_written(directory: Path) -> None:
    assert told_by_the_page(directory) == ""


def test_the_pages_program_finds_a_seat_that_was_taken_away(directory: Path) -> None:
    path = directory / "offers.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    row = next(row for row in rows if row[0] == "d")
    row[1:4] = ["", "", ""]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    assert "d has a just claim to near" in told_by_the_page(directory)


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl to draw a number with; enable with: apt-get install openssl"
)
def test_the_commands_of_the_page_give_the_published_hashes_and_a_lottery_number(directory: Path) -> None:
    summary = json.loads((directory / "summary.json").read_text())
    files = b"".join(path.read_bytes() for path in sorted((directory / "problem").glob("*.csv")))
    assert hashlib.sha256(files).hexdigest() == summary["problem_sha256"]
    assert hashlib.sha256((directory / "policy.json").read_bytes()).hexdigest() == summary["policy_sha256"]
    assert hashlib.sha256(summary["seed"].encode()).hexdigest() == summary["seed_sha256"]
    number, drawn = (directory / "lottery.csv").read_text().splitlines()[1].split(",")
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", summary["seed"]],
        input=number.encode(),
        check=True,
        capture_output=True,
    )
    assert made.stdout.decode().split()[-1][:16] == drawn
