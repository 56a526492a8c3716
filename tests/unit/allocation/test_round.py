"""A round is written as a whole or not at all, with the same bytes each time."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocation import round as rounds
from allocation.intake import RoundInput
from allocation.model import AllocationProblem
from allocation.policy import load_policy
from allocation.report import number_text, percent_text, walk_bands
from allocation.report_map import home_cells
from allocation.round import RoundSettings, run
from allocation.stages import run_stages
from allocation.verify import Verification
from spatial.crs import HCMC
from spatial.errors import InfeasibleError, InputError, VerificationError
from spatial.issues import IssueReport
from spatial.text import Text

MakeRound = Callable[..., tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]

SEATS = {"near": 1, "far": 1, "unreached": 5}
WAYS = {"a": {"near": 10, "far": 20}, "b": {"near": 30, "far": 400}, "c": {}}
SETTINGS = RoundSettings(policy=load_policy("least-travel"), seed="s", any_id=True, crs=HCMC)


@pytest.fixture
def given(frames: MakeRound) -> RoundInput:
    applicants, schools, pairs = frames(SEATS, WAYS)
    return RoundInput(
        applicants=applicants, schools=schools, pairs=pairs, issues=IssueReport(), schools_file="schools.csv"
    )


def content(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_the_directory_has_the_promised_files_and_columns(given: RoundInput, tmp_path: Path) -> None:
    written = content(run(given, settings=SETTINGS, directory=tmp_path / "out").directory)
    assert {"offers.csv", "schools.csv", "summary.json", "certificate.json", "issues.csv", "report.html"} <= set(
        written
    )
    assert written["offers.csv"].decode().splitlines() == [
        "applicant_no,school_code,distance_m,stage,reason",
        "a,far,20,1,nearer_schools_full",
        "b,near,30,1,nearest_school",
        "c,,,,no_school_in_reach",
    ]
    assert written["schools.csv"].decode().splitlines()[:2] == [
        "school_code,level,capacity,placed,cut_off_tier,cut_off_distance_m,seat_price_m",
        "far,grade_1,1,1,1,20,0",
    ]
    summary = json.loads(written["summary.json"])
    promised = {"placed", "unplaced", "total_distance_m", "max_distance_m", "mean_distance_m", "share_nearest"}
    promised |= {"justified_envy_pairs", "problem_sha256", "policy", "seed"}
    assert promised <= set(summary)
    assert (summary["placed"], summary["total_distance_m"]) == (2, 50)


def test_the_same_round_in_another_order_of_rows_has_the_same_bytes(given: RoundInput, tmp_path: Path) -> None:
    assert given.pairs is not None
    turned = replace(
        given,
        applicants=given.applicants.iloc[::-1].reset_index(drop=True),
        schools=given.schools.iloc[::-1].reset_index(drop=True),
        pairs=given.pairs.iloc[::-1].reset_index(drop=True),
        issues=IssueReport(),
    )
    first = run(given, settings=SETTINGS, directory=tmp_path / "first").directory
    second = run(turned, settings=SETTINGS, directory=tmp_path / "second").directory
    assert content(first) == content(second)


def test_a_school_that_nobody_can_reach_is_warned_of(given: RoundInput, tmp_path: Path) -> None:
    run(given, settings=SETTINGS, directory=tmp_path / "out")
    (issue,) = [issue for issue in given.issues if issue.code == "school_without_applicants"]
    assert (issue.file, issue.value) == ("schools.csv", "unreached grade_1")


def test_wishes_that_the_policy_does_not_look_at_are_said(given: RoundInput, tmp_path: Path) -> None:
    applicants = given.applicants.assign(together_with=["b", "a", ""], home_school=["near", "", ""])
    run(replace(given, applicants=applicants), settings=SETTINGS, directory=tmp_path / "out")
    assert [issue.field for issue in given.issues if issue.code == "column_not_considered"] == ["home_school"]


def test_brothers_and_sisters_who_are_not_kept_together_by_the_policy_are_said(
    given: RoundInput, tmp_path: Path
) -> None:
    applicants = given.applicants.assign(together_with=["b", "a", ""])
    policy = load_policy("least-travel").model_copy(update={"keep_together": False})
    run(replace(given, applicants=applicants), settings=replace(SETTINGS, policy=policy), directory=tmp_path / "out")
    assert [issue.field for issue in given.issues if issue.code == "column_not_considered"] == ["together_with"]


def test_an_earlier_round_is_replaced_and_anything_else_is_not(given: RoundInput, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(given, settings=SETTINGS, directory=out)
    run(given, settings=SETTINGS, directory=out)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(InputError):
        run(given, settings=SETTINGS, directory=tmp_path / "photos")
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"cat"


def test_a_round_that_is_not_verified_leaves_nothing(
    given: RoundInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Verification(claims=(), failures=(Text("sai", "wrong"),))
    monkeypatch.setattr(rounds, "verify_directory", lambda _: failing)
    with pytest.raises(VerificationError):
        run(given, settings=SETTINGS, directory=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_round_needs_distances(given: RoundInput, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(replace(given, pairs=None), settings=SETTINGS, directory=tmp_path / "out")


def test_a_policy_may_demand_a_seat_for_everybody_and_is_then_infeasible(given: RoundInput, tmp_path: Path) -> None:
    policy = load_policy("least-travel").model_copy(update={"everybody_must_be_placed": True})
    with pytest.raises(InfeasibleError, match="1 of the children"):
        run(given, settings=replace(SETTINGS, policy=policy), directory=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_later_stages_take_only_whom_the_earlier_left(problem_of: Callable[..., AllocationProblem]) -> None:
    stage = load_policy("least-travel").stages[0]
    near = stage.model_copy(update={"max_distance_m": {"grade_1": 15}})
    policy = load_policy("least-travel").model_copy(update={"stages": (near, stage)})
    result = run_stages(problem_of(SEATS, WAYS), policy)
    # Stage 1 may give only ways up to 15 m: a to near. Least travel alone would have put b there.
    assert result.distance_m.tolist() == [10, 400, 0]
    assert result.stage.tolist() == [1, 2, 0]


def test_the_report_is_one_file_that_asks_no_other_host_and_runs_no_text(given: RoundInput, tmp_path: Path) -> None:
    hostile = '<script>alert("x")</script>'
    rng = np.random.default_rng(1)
    applicants = given.applicants.assign(x=603_000 + rng.uniform(0, 50, 3), y=1_192_000.0)
    schools = given.schools.assign(name=hostile, x=603_100.0, y=1_192_100.0)
    given = replace(given, applicants=applicants, schools=schools)
    report = (run(given, settings=SETTINGS, directory=tmp_path / "out").directory / "report.html").read_text()
    assert hostile not in report
    assert "<iframe sandbox" in report
    for loading in ('src="http', "src=&quot;http", "url(http", '<link rel="stylesheet"', "stylesheet&quot; href"):
        assert loading not in report


def test_a_report_without_places_has_no_map(given: RoundInput, tmp_path: Path) -> None:
    report = (run(given, settings=SETTINGS, directory=tmp_path / "out").directory / "report.html").read_text()
    assert "<iframe" not in report
    assert "Báo cáo đợt xét tuyển" in report


def test_cells_with_few_homes_are_not_on_the_map() -> None:
    x = np.array([10.0] * 5 + [600.0] * 4 + [np.nan])
    cells = home_cells(x, np.zeros(10))
    assert cells.to_numpy().tolist() == [[0, 0, 5]]


def test_the_bands_of_ways_add_up_and_hold_their_upper_edge(problem_of: Callable[..., AllocationProblem]) -> None:
    ways = {"a": {"A": 500}, "b": {"A": 501}, "c": {"A": 7001}}
    problem = problem_of({"A": 3}, ways)
    bands = walk_bands(problem, run_stages(problem, load_policy("least-travel")), "grade_1")
    assert [band.count for band in bands] == [1, 1, 0, 0, 0, 1]


def test_numbers_are_written_as_each_language_does() -> None:
    assert number_text(1234567.25, 1) == ("1.234.567,2", "1,234,567.2")
    assert number_text(None) == ("–", "–")
    assert percent_text(0.4567) == ("45,7%", "45.7%")
