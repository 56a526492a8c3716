"""The next run of a round, through the command line as an officer gives it, one kind of change at a time."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from spatial.errors import InputError, VerificationError

SCHOOLS = "school_code,capacity\nA,2\nB,2\nC,1\n"
APPLICANTS = "applicant_no,tags\n" + "".join(f"n{number},\n" for number in range(1, 6))
DISTANCES = "applicant_no,school_code,distance_m\n" + "".join(
    f"n{number},{school},{metres * 100 + number}\n"
    for number in range(1, 6)
    for school, metres in (("A", 1), ("B", 3), ("C", 9))
)
"""Everybody wants A, then B, then C; n1 lives nearest. The first run: n1, n2 at A, n3, n4 at B, n5 at C."""


def diaban(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def first(tmp_path: Path) -> Path:
    for name, text in (("applicants", APPLICANTS), ("schools", SCHOOLS), ("distances", DISTANCES)):
        (tmp_path / f"{name}.csv").write_text(text)
    files = [
        word for name in ("applicants", "schools", "distances") for word in (f"--{name}", f"{tmp_path}/{name}.csv")
    ]
    made = diaban("allocate", *files, "--any-id", "--policy", "deferred-acceptance", "--out", f"{tmp_path}/first")
    assert made.exit_code == 0, made.output
    return tmp_path / "first"


def next_run(first: Path, changes: str, **files: str) -> dict[str, str]:
    """Run the next round in ``second`` and return the school of each applicant; it must follow the first."""
    folder = first.parent
    (folder / "changes.csv").write_text("applicant_no,change,school_code,reason,take_part_again\n" + changes)
    words = ["--after", str(first), "--changes", f"{folder}/changes.csv", "--out", f"{folder}/second"]
    for name, text in files.items():
        (folder / f"new-{name}.csv").write_text(text)
        words += [f"--{name}", f"{folder}/new-{name}.csv"]
    made = diaban("allocate", *words)
    assert made.exit_code == 0, made.output
    checked = diaban("verify", f"{folder}/second", "--after", str(first))
    assert checked.exit_code == 0, checked.output
    return offers(folder / "second")


def offers(directory: Path) -> dict[str, str]:
    table = pd.read_csv(directory / "offers.csv", dtype=str, keep_default_na=False)
    return dict(zip(table["applicant_no"], table["school_code"], strict=True))


def after(first: Path) -> dict[str, int]:
    return dict(json.loads((first.parent / "second" / "summary.json").read_text())["after"])


def codes_of_issues(first: Path) -> list[str]:
    return pd.read_csv(first.parent / "second" / "issues.csv")["code"].tolist()


def test_with_nothing_changed_everybody_keeps_the_seat(first: Path) -> None:
    assert (
        next_run(first, "n1,confirmed,,,\n") == offers(first) == {"n1": "A", "n2": "A", "n3": "B", "n4": "B", "n5": "C"}
    )
    assert {name: after(first)[name] for name in ("kept", "better", "worse", "confirmed")} == {
        "kept": 5,
        "better": 0,
        "worse": 0,
        "confirmed": 1,
    }


def test_claims_about_later_runs_are_made_of_later_runs_alone(first: Path) -> None:
    next_run(first, "n1,confirmed,,,\n")
    of_later_runs = {"Seats held from an earlier run are kept or bettered", "Who moved is counted right"}
    of_first, of_second = (
        json.loads(diaban("verify", "--json", str(directory)).stdout) for directory in (first, first.parent / "second")
    )
    claimed_of_first, claimed_of_second = ({claim["en"] for claim in told["claims"]} for told in (of_first, of_second))
    assert (
        claimed_of_second - claimed_of_first == of_later_runs == {claim["en"] for claim in of_first["not_applicable"]}
    )
    assert claimed_of_first < claimed_of_second
    assert of_second["not_applicable"] == []


def test_a_seat_given_back_goes_to_the_next_in_order_and_so_on_down(first: Path) -> None:
    """n1 leaves A; n3 moves up from B by 200 m, n5 from C by 600 m."""
    assert next_run(first, "n1,declined,,moved abroad,\n") == {"n2": "A", "n3": "A", "n4": "B", "n5": "B"}
    figures = after(first)
    assert (figures["left"], figures["better"], figures["metres_saved"], figures["kept"]) == (1, 2, 200 + 600, 2)


def test_whoever_confirmed_stays_even_where_a_nearer_seat_is_free(first: Path) -> None:
    assert next_run(first, "n1,withdrawn,,,\nn3,confirmed,,,\n") == {"n2": "A", "n3": "B", "n4": "A", "n5": "B"}


def test_whoever_declines_and_takes_part_again_comes_after_all_others(first: Path) -> None:
    """n1 lives nearest of all; A's seat goes to n3 all the same, and n1 gets what is left in the end."""
    assert next_run(first, "n1,declined,,,yes\n") == {"n1": "C", "n2": "A", "n3": "A", "n4": "B", "n5": "B"}
    assert after(first)["gave_up"] == 1


def test_a_closed_school_says_who_lost_a_seat_and_places_them_again_where_seats_are_left(first: Path) -> None:
    placed = next_run(first, "n1,confirmed,,,\n", schools="school_code,capacity\nA,0\nC,3\n")
    assert placed == {"n1": "C", "n2": "C", "n3": "B", "n4": "B", "n5": "C"}
    assert (after(first)["lost"], after(first)["placed_again"], after(first)["worse"]) == (2, 2, 0)
    assert codes_of_issues(first).count("seat_lost") == 2


def test_of_a_smaller_school_the_last_in_its_order_loses_the_seat_but_not_before_one_who_has_not_confirmed(
    first: Path,
) -> None:
    """n2 is farther from A than n1, and confirmed."""
    assert next_run(first, "n2,confirmed,,,\n", schools="school_code,capacity\nA,1\n")["n2"] == "A"
    log = pd.read_csv(first.parent / "second" / "changes.csv", dtype=str, keep_default_na=False)
    assert log[log["change"] == "seat_lost"]["applicant_no"].tolist() == ["n1"]


def test_an_upheld_appeal_gives_a_seat_above_the_capacity_and_takes_none_from_anybody(first: Path) -> None:
    placed = next_run(first, "n5,appeal_upheld,A,wrong address,\n")
    assert placed == offers(first) | {"n5": "A"}
    schools = pd.read_csv(first.parent / "second" / "problem" / "schools.csv", dtype=str, keep_default_na=False)
    assert schools[["capacity", "seats_on_appeal"]].to_numpy().tolist() == [["3", "1"], ["2", ""], ["1", ""]]
    assert "capacity_raised_on_appeal" in codes_of_issues(first)


def test_whoever_moved_is_measured_anew_and_keeps_the_seat_unless_a_nearer_one_is_to_be_had(first: Path) -> None:
    """From a home near B, n1 and n3 change places: both have a shorter way."""
    ways = "applicant_no,school_code,distance_m\nn1,A,900\nn1,B,950\nn1,C,970\n"
    assert next_run(first, "n1,moved,,new home,\n", distances=ways) == offers(first)
    assert pd.read_csv(first.parent / "second" / "offers.csv").loc[0, "distance_m"] == 900
    placed = next_run(first, "n1,moved,,new home,\n", distances=ways.replace("n1,B,950", "n1,B,10"))
    assert placed == offers(first) | {"n1": "B", "n3": "A"}


def test_a_late_child_gets_what_is_left_and_a_twin_of_a_placed_child_is_placed_alone(first: Path) -> None:
    people = "applicant_no,together_with\nz1,n5\n"
    ways = "applicant_no,school_code,distance_m\nz1,A,1\nz1,B,2\nz1,C,3\n"
    assert next_run(first, "z1,late,,,\n", applicants=people, distances=ways) == offers(first) | {"z1": ""}
    assert after(first)["late"] == 1
    assert "placed_apart" in codes_of_issues(first)


@pytest.fixture(params=["least-travel", "least-farthest", "deferred-acceptance"])
def twins(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A first run with twins t1, t2 and a neighbour n: the twins at F, 300 m away, for N, 100 m away, has one seat."""
    (tmp_path / "applicants.csv").write_text("applicant_no,together_with\nn,\nt1,t2\nt2,\n")
    (tmp_path / "schools.csv").write_text("school_code,capacity\nF,2\nN,1\n")
    rows = "".join(
        f"{who},F,{far}\n{who},N,{near}\n" for who, far, near in (("n", 310, 90), ("t1", 300, 100), ("t2", 300, 100))
    )
    (tmp_path / "distances.csv").write_text("applicant_no,school_code,distance_m\n" + rows)
    files = [
        word for name in ("applicants", "schools", "distances") for word in (f"--{name}", f"{tmp_path}/{name}.csv")
    ]
    made = diaban("allocate", *files, "--any-id", "--policy", request.param, "--out", f"{tmp_path}/first")
    assert made.exit_code == 0, made.output
    assert offers(tmp_path / "first") == {"n": "N", "t1": "F", "t2": "F"}
    return tmp_path / "first"


def test_when_one_twin_has_confirmed_both_stay_although_a_nearer_school_has_seats_for_both(twins: Path) -> None:
    more = "school_code,capacity\nN,3\n"
    assert next_run(twins, "t1,confirmed,,,\n", schools=more) == {"n": "N", "t1": "F", "t2": "F"}


def test_twins_of_whom_none_has_confirmed_move_to_the_nearer_school_together_or_not_at_all(twins: Path) -> None:
    assert next_run(twins, "n,confirmed,,,\n", schools="school_code,capacity\nN,3\n") == {
        "n": "N",
        "t1": "N",
        "t2": "N",
    }
    (twins.parent / "second").rename(twins.parent / "moved")
    # With one seat more a single twin could move; both cannot.
    assert next_run(twins, "n,confirmed,,,\n", schools="school_code,capacity\nN,2\n") == {
        "n": "N",
        "t1": "F",
        "t2": "F",
    }


def test_when_one_twin_leaves_the_other_keeps_the_seat_and_may_move_alone(twins: Path) -> None:
    assert next_run(twins, "t2,withdrawn,,,\n", schools="school_code,capacity\nN,2\n") == {"n": "N", "t1": "N"}


def test_a_late_brother_of_confirmed_twins_is_placed_alone_and_costs_nobody_a_seat(twins: Path) -> None:
    people = "applicant_no,together_with\nz,t1\n"
    ways = "applicant_no,school_code,distance_m\nz,F,300\nz,N,100\n"
    placed = next_run(
        twins, "t1,confirmed,,,\nz,late,,,\n", applicants=people, distances=ways, schools="school_code,capacity\nN,2\n"
    )
    assert placed == {"n": "N", "t1": "F", "t2": "F", "z": "N"}
    assert "placed_apart" in codes_of_issues(twins)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("n1,confirm,,,\n", "change_unknown"),
        ("n9,confirmed,,,\n", "change_of_unknown_applicant"),
        ("n1,confirmed,B,,\n", "not_the_held_school"),
        ("n1,confirmed,,,\nn1,declined,,,\n", "changes_contradict"),
        ("n1,late,,,\n", "late_but_known"),
        ("z1,late,,,\n", "late_without_row"),
        ("n1,appeal_upheld,,,\n", "appeal_without_school"),
        ("n1,appeal_upheld,Z,,\n", "school_code_unknown"),
        ("n1,moved,,,\n", "moved_without_distances"),
        ("n1,withdrawn,,,yes\n", "take_part_again_not_understood"),
    ],
)
def test_a_change_that_cannot_be_carried_out_is_one_finding_and_the_rest_goes_on(
    first: Path, rows: str, code: str
) -> None:
    assert next_run(first, rows + "n2,confirmed,,,\n") == offers(first)
    assert code in codes_of_issues(first)
    assert after(first)["confirmed"] == 1


def test_a_seat_that_was_confirmed_cannot_lapse(first: Path) -> None:
    next_run(first, "n1,confirmed,,,\n")
    second = first.parent / "second"
    second.rename(first.parent / "confirmed")
    assert next_run(first.parent / "confirmed", "n1,lapsed,,,\n")["n1"] == "A"
    assert "lapsed_but_confirmed" in codes_of_issues(first)


def test_a_run_beside_another_than_its_forerunner_and_an_altered_log_are_found_out(first: Path) -> None:
    next_run(first, "n1,confirmed,,,\n")
    other = first.parent / "other"
    words = [f"--{name}={first.parent}/{name}.csv" for name in ("applicants", "schools", "distances")]
    diaban("allocate", *words, "--any-id", "--seed", "7", "--policy", "least-travel", "--out", str(other))
    refused = diaban("verify", f"{first.parent}/second", "--after", str(other))
    assert isinstance(refused.exception, VerificationError)
    log = first.parent / "second" / "changes.csv"
    log.write_text(log.read_text().replace("n1,confirmed", "n1,lapsed"))
    assert isinstance(diaban("verify", f"{first.parent}/second").exception, VerificationError)


def test_the_earlier_run_is_never_written_over(first: Path) -> None:
    (first.parent / "changes.csv").write_text("applicant_no,change\nn1,confirmed\n")
    made = diaban("allocate", "--after", str(first), "--changes", f"{first.parent}/changes.csv", "--out", str(first))
    assert isinstance(made.exception, InputError)
    assert offers(first)["n1"] == "A"


def test_when_everybody_gives_a_seat_back_and_asks_again_the_round_goes_on(first: Path) -> None:
    """All are last now, and so all are equal."""
    everybody = "".join(f"n{number},declined,,,yes\n" for number in range(1, 6))
    assert next_run(first, everybody) == offers(first)


def test_a_seat_given_on_appeal_stays_an_open_one_though_the_child_may_only_sit_in_reserved_seats(
    tmp_path: Path,
) -> None:
    """No tier fits the child at A, where no seat is reserved; the appeal gives one of the two open seats, for good."""
    (tmp_path / "rule.yaml").write_text(
        "{name: own, version: '1', title: {vi: a, en: a}, stages: [{kind: least_travel}], "
        "tiers: [{tier: 1, title: {vi: a, en: a}, when: [home_school]}], "
        "seat_groups: [{code: needs, title: {vi: a, en: a}, for_tag: needs, only_here: true}]}"
    )
    (tmp_path / "applicants.csv").write_text("applicant_no,tags,home_school\nn1,needs,\nn2,,A\n")
    (tmp_path / "schools.csv").write_text("school_code,capacity,seats_needs\nA,2,0\n")
    (tmp_path / "distances.csv").write_text("applicant_no,school_code,distance_m\nn1,A,100\nn2,A,100\n")
    files = [
        word for name in ("applicants", "schools", "distances") for word in (f"--{name}", f"{tmp_path}/{name}.csv")
    ]
    made = diaban("allocate", *files, "--any-id", "--policy", f"{tmp_path}/rule.yaml", "--out", f"{tmp_path}/first")
    assert made.exit_code == 0, made.output
    assert offers(tmp_path / "first") == {"n1": "", "n2": "A"}
    assert next_run(tmp_path / "first", "n1,appeal_upheld,A,,\n") == {"n1": "A", "n2": "A"}
