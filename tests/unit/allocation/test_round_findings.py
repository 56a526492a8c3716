"""What the files of a round say together: seats, groups, tiers, and why somebody has no place."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from allocation.intake import IntakeOptions, RoundInput, RoundPaths, read_files
from allocation.policy import parse_policy
from allocation.round import RoundSettings, run

Files = Callable[..., Path]
PLAIN = '{name: p, version: "1", title: {vi: a, en: b}, stages: [{kind: deferred_acceptance}]}'
TIERS = """
name: tiers
version: "1"
title: {vi: a, en: b}
tiers:
  - {tier: 1, title: {vi: a, en: b}, when: [stated_tier]}
  - {tier: 2, title: {vi: a, en: b}, when: [stated_tier]}
  - {tier: 3, title: {vi: a, en: b}, when: [sibling_at_school]}
stages: [{kind: deferred_acceptance, max_distance_m: {grade_1: 1000}}]
"""


class Desk:
    """Runs rounds in the folder of a test and reads what an officer reads."""

    def __init__(self, files: Files, folder: Path) -> None:
        self.files, self.folder = files, folder

    def read(
        self, applicants: tuple[str, ...], schools: tuple[str, ...], distances: tuple[str, ...], policy: str = PLAIN
    ) -> RoundInput:
        paths = RoundPaths(
            applicants=(self.files("applicants.csv", applicants),),
            schools=self.files("schools.csv", schools),
            distances=self.files("distances.csv", ["applicant_no,school_code,distance_m", *distances]),
        )
        return read_files(paths, options=IntakeOptions(any_id=True, policy=parse_policy(policy, subject="p")))

    def issues(self, *tables: tuple[str, ...], policy: str = PLAIN) -> pd.DataFrame:
        given = self.read(*tables, policy=policy)
        settings = RoundSettings(policy=parse_policy(policy, subject="p"), seed="s", any_id=True)
        directory = run(given, settings=settings, directory=self.folder / "out").directory
        return pd.read_csv(directory / "issues.csv", keep_default_na=False)


@pytest.fixture
def desk(files: Files, tmp_path: Path) -> Desk:
    return Desk(files, tmp_path)


def only(issues: pd.DataFrame, code: str) -> list[list[object]]:
    return issues.loc[issues["code"] == code, ["file", "row", "value"]].to_numpy().tolist()


def test_seats_that_cannot_hold_everybody_are_said_with_the_numbers_of_the_level(desk: Desk) -> None:
    issues = desk.issues(
        ("applicant_no,level", "a,grade_1", "b,grade_1", "c,grade_1", "d,grade_6"),
        ("school_code,level,capacity", "A,grade_1,1", "B,grade_6,1"),
        ("a,A,5", "b,A,6", "c,A,7", "d,B,8"),
    )
    (short,) = issues[issues["code"] == "seats_short"].to_dict("records")
    assert (short["file"], short["severity"]) == ("schools.csv", "warning")
    assert "Grade 1: 3 applicants, 1 seats; at least 2" in short["message_en"]
    assert "Lớp 1: 3 hồ sơ, 1 chỗ; ít nhất 2" in short["message_vi"]
    # The unplaced are listed one by one, with the reason and the row.
    assert only(issues, "unplaced_all_schools_full") == [["applicants.csv", "3", "b"], ["applicants.csv", "4", "c"]]


def test_each_child_without_a_place_is_one_finding_with_the_reason(desk: Desk) -> None:
    issues = desk.issues(
        (
            "applicant_no,level,priority_tier,sibling_school",
            "a,grade_1,1,",
            "b,grade_1,2,",
            "c,grade_1,7,",
            "d,grade_1,1,",
        ),
        ("school_code,level,capacity", "A,grade_1,9"),
        ("a,A,10", "b,A,5000", "c,A,10"),
        policy=TIERS,
    )
    assert only(issues, "unplaced_no_school_in_reach") == [["applicants.csv", "3", "b"]]
    assert only(issues, "no_tier") == [["applicants.csv", "4", "c"]]
    assert only(issues, "distance_missing_for_applicant") == [["applicants.csv", "5", "d"]]
    assert only(issues, "priority_tier_unknown") == [["applicants.csv", "4", "7"]]
    assert [entry[0] for entry in only(issues, "column_missing_for_policy")] == ["applicants.csv"]


def test_groups_that_no_school_can_hold_or_reach_are_named(desk: Desk) -> None:
    issues = desk.issues(
        (
            "applicant_no,level,together_with",
            *("t1,grade_1,t2;t3", "t2,grade_1,", "t3,grade_1,"),  # three, and no school has three seats
            *("u1,grade_1,", "u2,grade_6,u1"),  # B alone has both levels, and u1 has no way to B
            *("v1,grade_1,v2", "v2,grade_6,v1"),  # B holds both
        ),
        ("school_code,level,capacity", "A,grade_1,2", "B,grade_1,2", "B,grade_6,2"),
        ("t1,A,1", "t2,A,1", "t3,A,1", "u1,A,1", "u2,B,1", "v1,B,1", "v2,B,1"),
    )
    assert only(issues, "together_larger_than_schools") == [["applicants.csv", "2", "t1"]]
    assert only(issues, "together_without_common_school") == [["applicants.csv", "5", "u1"]]


def test_whoever_is_named_by_one_of_a_group_belongs_to_it(desk: Desk) -> None:
    given = desk.read(
        (
            "applicant_no,level,together_with",
            *("d,grade_1,c", "c,grade_1,b", "b,grade_6,", "a,grade_1,", "e,grade_1,ghost", "f,grade_1,f;bad", "bad,x,"),
        ),
        ("school_code,level,capacity", "A,grade_1,2"),
        ("a,A,1",),
    )
    together = dict(zip(given.applicants["applicant_no"], given.applicants["together"], strict=True))
    assert together == {"d": "b", "c": "b", "b": "b", "a": "", "e": "", "f": ""}
    said = [issue for issue in given.issues if issue.field == "together_with"]
    assert [(issue.code, issue.row) for issue in said] == [
        ("together_unknown", 6),
        ("together_oneself", 7),
        ("together_set_aside", 7),
    ]


@pytest.mark.parametrize(
    ("row", "seats", "code"),
    [
        # Điều 16 TT 28/2020: 35 children in a class of a primary school.
        ("A,grade_1,70,2,", 70, None),
        ("A,grade_1,71,2,", 71, "capacity_above_norm"),
        ("A,grade_1,71,2,nhà trường thiếu phòng", 71, "capacity_above_norm_accepted"),
        ("A,grade_1,,2,", 70, None),
        ("A,grade_1,71,,", 71, None),
    ],
)
def test_a_capacity_above_the_class_norm_needs_a_reason(desk: Desk, row: str, seats: int, code: str | None) -> None:
    schools = ("school_code,level,capacity,classes,override_reason", row)
    given = desk.read(("applicant_no,level", "a,grade_1"), schools, ("a,A,1",))
    assert given.schools["capacity"].tolist() == [seats]
    assert [issue.code for issue in given.issues] == ([code] if code else [])


def test_a_policy_may_have_a_norm_of_its_own(desk: Desk) -> None:
    policy = PLAIN.removesuffix("}") + ", class_norm_count: {grade_1: 30}}"
    schools = ("school_code,level,classes", "A,grade_1,2")
    given = desk.read(("applicant_no,level", "a,grade_1"), schools, ("a,A,1",), policy)
    assert given.schools["capacity"].tolist() == [60]


def test_more_kept_seats_than_seats_set_the_school_aside(desk: Desk) -> None:
    schools = (
        "school_code,level,capacity,seats_inclusive,seats_sport",
        *("A,grade_1,4,2,2", "B,grade_1,4,3,2", "C,grade_1,4,1.5,", "D,grade_1,4,,1"),
    )
    given = desk.read(("applicant_no,level", "a,grade_1"), schools, ("a,A,1",))
    assert given.schools[["school_code", "seats_inclusive", "seats_sport"]].to_numpy().tolist() == [
        ["A", "2", "2"],
        ["D", "", "1"],
    ]
    assert [(issue.code, issue.row) for issue in given.issues] == [
        ("kept_seats_above_capacity", 3),
        ("seats_inclusive_not_whole", 4),
    ]


def test_findings_go_file_by_file_and_row_by_row(desk: Desk) -> None:
    issues = desk.issues(
        ("applicant_no,level,colour", "a,grade_1,", "b,grade_9,", "c,grade_1,"),
        ("school_code,level,capacity", "A,grade_1,1", "B,grade_1,x"),
        ("c,A,5", "a,A,5.5", "zz,A,5"),
    )
    assert issues[["file", "row", "code"]].to_numpy().tolist() == [
        ["applicants.csv", "", "unknown_column"],
        ["applicants.csv", "2", "distance_missing_for_applicant"],
        ["applicants.csv", "3", "level_unknown"],
        ["schools.csv", "", "seats_short"],
        ["schools.csv", "3", "capacity_not_whole"],
        ["distances.csv", "3", "distance_m_not_whole"],
        ["distances.csv", "4", "applicant_no_unknown"],
    ]


def test_a_child_of_two_levels_is_found_even_where_one_level_is_left_out(files: Files) -> None:
    paths = RoundPaths(
        applicants=(files("a.csv", ["applicant_no,level", "a,grade_1", "b,grade_1", "a,grade_6"]),),
        schools=files("s.csv", ["school_code,level,capacity", "A,grade_1,2"]),
        distances=files("d.csv", ["applicant_no,school_code,distance_m", "b,A,1"]),
    )
    both = read_files(paths, options=IntakeOptions(any_id=True))
    assert both.applicants["applicant_no"].tolist() == ["b"]
    assert [(issue.code, issue.row) for issue in both.issues] == [("applicant_in_two_levels", row) for row in (2, 4)]
    assert "a.csv, row 4" in both.issues.issues[0].message.en
    one = read_files(paths, options=IntakeOptions(any_id=True, level="grade_1"))
    assert one.applicants["applicant_no"].tolist() == ["b"]
    assert [(issue.code, issue.row) for issue in one.issues] == [("applicant_in_two_levels", 2)]
