"""Small rounds for the tests of this package."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocation.intake import RoundInput
from allocation.model import AllocationProblem, NearBy
from allocation.policy import load_policy
from allocation.problem_files import build_problem
from allocation.round import RoundSettings, run
from spatial.issues import IssueReport

Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
MakeRound = Callable[..., Frames]


@pytest.fixture
def frames() -> MakeRound:
    """Make frames of one level from seats by school and metres by applicant and school."""

    def make(seats: Mapping[str, int], ways_m: Mapping[str, Mapping[str, int]], *, level: str = "grade_1") -> Frames:
        applicants = pd.DataFrame(
            {"applicant_no": [*ways_m], "level": level, "priority_tier": 1, "x": np.nan, "y": np.nan}
        )
        schools = pd.DataFrame(
            {
                "school_code": [*seats],
                "level": level,
                "capacity": [*seats.values()],
                "name": [f"Trường {code}" for code in seats],
                "x": np.nan,
                "y": np.nan,
            }
        )
        rows = [(who, code, metres) for who, ways in ways_m.items() for code, metres in ways.items()]
        pairs = pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"])
        return applicants, schools, pairs

    return make


@pytest.fixture
def problem_of(frames: MakeRound) -> Callable[..., AllocationProblem]:
    def make(
        seats: Mapping[str, int], ways_m: Mapping[str, Mapping[str, int]], *, seed: str = "s"
    ) -> AllocationProblem:
        applicants, schools, pairs = frames(seats, ways_m)
        return build_problem(applicants, schools, pairs, seed=seed)

    return make


@pytest.fixture
def write(tmp_path: Path, frames: MakeRound) -> Callable[..., Path]:
    """Run a round of one level and return its directory."""

    def make(
        seats: Mapping[str, int],
        ways_m: Mapping[str, Mapping[str, int]],
        *,
        name: str = "round",
        any_id: bool = True,
        policy: str = "least-travel",
        measured_by: NearBy | None = None,
    ) -> Path:
        applicants, schools, pairs = frames(seats, ways_m)
        given = RoundInput(
            applicants=applicants, schools=schools, pairs=pairs, issues=IssueReport(), measured_by=measured_by
        )
        settings = RoundSettings(policy=load_policy(policy), seed="s", any_id=any_id)
        return run(given, settings=settings, directory=tmp_path / name).directory

    return make


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
    """Write lines as a file in the folder of the test."""

    def make(name: str, lines: Sequence[str]) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make
