"""Whatever is changed in a round by hand, the verifier notices, and names what is wrong."""

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from allocation.model import Allocation, AllocationProblem
from allocation.personal_id import Sex, make_personal_id
from allocation.policy import load_policy
from allocation.result_files import write_round
from allocation.stages import Decision, run_stages
from allocation.verify import verify_directory
from spatial.errors import InputError
from spatial.issues import IssueReport

Write = Callable[..., Path]
ProblemOf = Callable[..., AllocationProblem]

SEATS = {"near": 2, "far": 2, "spare": 1, "idle": 3}
WAYS = {
    "a": {"near": 10, "far": 20},
    "b": {"near": 30, "far": 400},
    "c": {"near": 10, "far": 25, "spare": 60},
    "d": {"near": 40, "far": 700},
    "e": {"far": 5},
    "f": {},
}
POLICY = load_policy("least-travel")


@pytest.fixture
def directory(write: Write) -> Path:
    return write(SEATS, WAYS)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def rewrite(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def edit(path: Path, key: str, *, column: str, value: str) -> None:
    rows = rows_of(path)
    row = next(row for row in rows if key in row.values())
    row[column] = value
    rewrite(path, rows)


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}), encoding="utf-8")


def failures(directory: Path) -> str:
    return "\n".join(failure.en for failure in verify_directory(directory).failures)


def test_a_round_as_written_proves_eighteen_claims_and_the_two_about_later_runs_do_not_apply(directory: Path) -> None:
    verification = verify_directory(directory)
    assert verification.failures == ()
    assert len(verification.claims) == 18
    assert [claim.en for claim in verification.not_applicable] == [
        "Seats held from an earlier run are kept or bettered",
        "Who moved is counted right",
    ]


def test_what_no_file_proves_is_named_and_not_passed_off_as_checked(directory: Path) -> None:
    edit_json(directory / "summary.json", satisfied_families=1000)
    verification = verify_directory(directory)
    assert verification.failures == ()
    told = {"issues.csv", "report.html", "school_places.csv", "policy.json: near_by"}
    fields = {f"summary.json: {name}" for name in ("set_aside", "crs", "measured_by", "software", "satisfied_families")}
    assert set(verification.not_checked) == told | fields


def test_numbers_that_are_no_personal_ids_do_not_pass_as_such(directory: Path) -> None:
    edit_json(directory / "summary.json", any_id=False)
    assert "no personal ID" in failures(directory)


def test_an_offer_moved_to_a_full_school_names_the_school(directory: Path) -> None:
    moved = next(row for row in rows_of(directory / "offers.csv") if row["school_code"] == "far")["applicant_no"]
    edit(directory / "offers.csv", moved, column="school_code", value="near")
    edit(directory / "offers.csv", moved, column="distance_m", value=str(WAYS[moved]["near"]))
    assert "School near grade_1: 3 placed, but the number of seats is 2." in failures(directory)


def test_an_offer_of_a_school_out_of_reach_names_the_applicant(directory: Path) -> None:
    edit(directory / "offers.csv", "f", column="school_code", value="spare")
    assert "Applicant f: school spare is none that this applicant may be placed in." in failures(directory)


def test_an_offer_of_a_school_that_does_not_exist_names_the_applicant(directory: Path) -> None:
    edit(directory / "offers.csv", "e", column="school_code", value="nowhere")
    assert "Applicant e: school nowhere" in failures(directory)


def test_two_swapped_offers_are_noticed(directory: Path) -> None:
    rows = rows_of(directory / "offers.csv")
    at = {row["applicant_no"]: row for row in rows}
    moved = next(name for name in "ac" if at[name]["school_code"] == "far")
    for column in ("school_code", "distance_m", "stage", "reason"):
        at[moved][column], at["b"][column] = at["b"][column], at[moved][column]
    rewrite(directory / "offers.csv", rows)
    assert f"Applicant {moved}: distance_m says" in failures(directory)


def test_a_dropped_offer_names_the_applicant(directory: Path) -> None:
    rewrite(directory / "offers.csv", [row for row in rows_of(directory / "offers.csv") if row["applicant_no"] != "d"])
    assert "Applicant d has no answer." in failures(directory)


def test_a_second_offer_and_one_for_a_stranger_are_named(directory: Path) -> None:
    rows = rows_of(directory / "offers.csv")
    rewrite(directory / "offers.csv", [*rows, rows[0], {**rows[0], "applicant_no": "z"}])
    assert "Applicant a has 2 answers." in failures(directory)
    assert "Applicant z is not of this round." in failures(directory)


def test_a_seat_taken_away_names_the_applicant_and_the_free_seat(directory: Path) -> None:
    for column in ("school_code", "distance_m", "stage"):
        edit(directory / "offers.csv", "e", column=column, value="")
    assert "Applicant e: school far grade_1 is nearer and has a free seat." in failures(directory)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("distance_m", "4", "distance_m says 4, the problem 5"),
        ("stage", "2", "stage 2 cannot give this seat"),
        ("reason", "nearer_schools_full", "the reason should be nearest_school"),
    ],
)
def test_a_changed_cell_of_an_offer_names_the_applicant(directory: Path, column: str, value: str, says: str) -> None:
    edit(directory / "offers.csv", "e", column=column, value=value)
    assert f"Applicant e: {says}" in failures(directory)


def test_a_changed_distance_breaks_the_hash(directory: Path) -> None:
    path = directory / "problem" / "distances.csv"
    path.write_text(path.read_text().replace("b,near,30", "b,near,31"))
    assert "problem_sha256" in failures(directory)


def test_a_changed_distance_with_the_hash_made_to_fit_still_does_not_pass(directory: Path) -> None:
    path = directory / "problem" / "distances.csv"
    path.write_text(path.read_text().replace("a,near,10", "a,near,1"))
    data = b"".join(
        (directory / "problem" / name).read_bytes() for name in ("applicants.csv", "distances.csv", "schools.csv")
    )
    digest = hashlib.sha256(data).hexdigest()
    edit_json(directory / "summary.json", problem_sha256=digest)
    edit_json(directory / "certificate.json", problem_sha256=digest)
    assert "hash" not in failures(directory)
    assert failures(directory) != ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("placed", 6),
        ("total_distance_m", 1),
        ("mean_distance_m", 1.5),
        ("share_nearest", 1.0),
        ("max_distance_m", None),
        ("justified_envy_pairs", 99),
        ("seats", 4),
    ],
)
def test_a_prettified_summary_is_noticed(directory: Path, name: str, value: object) -> None:
    edit_json(directory / "summary.json", **{name: value})
    assert name in failures(directory)


@pytest.mark.parametrize("column", ["capacity", "placed", "cut_off_tier", "cut_off_distance_m", "seat_price_m"])
def test_a_changed_cell_of_the_table_of_schools_names_school_and_column(directory: Path, column: str) -> None:
    edit(directory / "schools.csv", "near", column=column, value="77")
    assert f"schools.csv, school near grade_1: {column} should be" in failures(directory)


def test_a_cut_off_invented_for_a_school_without_children_is_noticed(directory: Path) -> None:
    edit(directory / "schools.csv", "idle", column="cut_off_distance_m", value="60")
    assert "cut_off_distance_m should be empty" in failures(directory)


def certificate_with(directory: Path, **changes: object) -> None:
    path = directory / "certificate.json"
    content = json.loads(path.read_text())
    content["levels"][0] |= changes
    path.write_text(json.dumps(content))


def test_prices_that_prove_nothing_are_noticed(directory: Path) -> None:
    prices = json.loads((directory / "certificate.json").read_text())["levels"][0]["price_m"]
    certificate_with(directory, price_m={**prices, "near": 0})
    assert "by the seat prices" in failures(directory)
    certificate_with(directory, price_m={**prices, "idle": 3})
    assert "School idle grade_1 has a seat price but is not full" in failures(directory)


def test_prices_higher_than_a_seat_is_worth_are_noticed(directory: Path) -> None:
    prices = json.loads((directory / "certificate.json").read_text())["levels"][0]["price_m"]
    certificate_with(directory, price_m={**prices, "near": prices["near"] + 1})
    assert "near" in failures(directory)


@pytest.mark.parametrize(
    "changes",
    [
        {"unplaced_cost_m": 10},
        {"unplaced_cost_m": 2**70},
        {"price_m": {}},
        {"price_m": {"near": -1, "far": 0, "spare": 0, "idle": 0}},
        {"price_m": {"near": 1.5, "far": 0, "spare": 0, "idle": 0}},
        {"stage": 2},
        {"kind": "faith"},
    ],
)
def test_a_certificate_that_is_none_is_noticed(directory: Path, changes: dict[str, object]) -> None:
    certificate_with(directory, **changes)
    assert "certificate.json" in failures(directory)


def test_another_seed_and_another_lottery_number_are_noticed(directory: Path) -> None:
    edit(directory / "lottery.csv", "c", column="lottery_number", value="0" * 16)
    assert "lottery number of applicant c cannot be drawn again" in failures(directory)
    edit_json(directory / "summary.json", seed="chosen afterwards")
    assert "seed_sha256" in failures(directory)


def test_another_policy_is_noticed(directory: Path) -> None:
    edit_json(directory / "policy.json", version="9")
    assert "policy.json was changed" in failures(directory)
    edit_json(directory / "summary.json", policy="deferred-acceptance")
    assert "name of the policy" in failures(directory)


@pytest.mark.parametrize(
    "name",
    ["offers.csv", "schools.csv", "certificate.json", "policy.json", "lottery.csv", "problem/distances.csv"],
)
def test_a_missing_and_a_damaged_file_are_failures_not_crashes(directory: Path, name: str) -> None:
    (directory / name).write_text("?")
    assert failures(directory) != ""
    (directory / name).unlink()
    assert "is missing" in failures(directory)


def test_a_folder_that_is_no_round_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        verify_directory(tmp_path)


def test_ids_are_masked_in_what_the_verifier_says(write: Write) -> None:
    number = make_personal_id(province_code="079", sex=Sex.FEMALE, birth_year=2020, serial=56)
    directory = write(SEATS, {number: {"near": 5}}, any_id=False)
    edit(directory / "offers.csv", number, column="distance_m", value="6")
    assert "Applicant 079320••••56: distance_m" in failures(directory)
    assert number not in failures(directory)


def forged(problem: AllocationProblem, honest: Allocation, pool: list[int], directory: Path) -> Path:
    """Write a placement with honest figures about itself, but with the certificate of another."""
    metres = {
        (int(who), int(where)): int(far)
        for who, where, far in zip(problem.pair_applicant, problem.pair_pool, problem.pair_distance_m, strict=True)
    }
    ways = [metres.get((who, where), 0) for who, where in enumerate(pool)]
    made = replace(honest, pool=np.array(pool), distance_m=np.array(ways), stage=np.where(np.array(pool) >= 0, 1, 0))
    directory.mkdir()
    decision = Decision(facts=problem, policy=POLICY, problem=problem, allocation=made)
    write_round(directory, decision, seed="s", any_id=True, issues=IssueReport())
    return directory


def test_a_longer_placement_with_honest_figures_is_caught_by_the_prices(problem_of: ProblemOf, tmp_path: Path) -> None:
    problem = problem_of({"far": 1, "near": 1}, {"a": {"near": 10, "far": 20}, "b": {"near": 30, "far": 400}})
    honest = run_stages(problem, POLICY)
    assert honest.pool.tolist() == [0, 1]
    assert "m more than the best" in failures(forged(problem, honest, [1, 0], tmp_path / "forged"))


def test_fewer_placed_with_honest_figures_is_caught(problem_of: ProblemOf, tmp_path: Path) -> None:
    problem = problem_of({"far": 1, "near": 1}, {"a": {"near": 10, "far": 9000}, "b": {"near": 30}})
    honest = run_stages(problem, POLICY)
    assert honest.placed_count == 2
    assert "more than the best" in failures(forged(problem, honest, [1, -1], tmp_path / "forged"))


def test_an_equally_short_placement_against_the_lottery_is_caught(problem_of: ProblemOf, tmp_path: Path) -> None:
    problem = problem_of({"far": 1, "near": 1}, {name: {"near": 100, "far": 200} for name in "ab"})
    honest = run_stages(problem, POLICY)
    against = failures(forged(problem, honest, honest.pool[::-1].tolist(), tmp_path / "forged"))
    first = problem.applicant_no[np.argmin(problem.lottery_rank)]
    assert against == f"Applicant {first}: by the lottery this should be school near grade_1."


def test_another_version_of_the_policy_is_noticed(directory: Path) -> None:
    summary = json.loads((directory / "summary.json").read_text())
    (directory / "summary.json").write_text(json.dumps(summary | {"policy_version": "none such"}))
    assert any("version of the policy" in failure.en for failure in verify_directory(directory).failures)
