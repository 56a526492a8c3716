"""Who may enter: by year of birth, for listed reasons later, by the day of the residence.

Luật Giáo dục 2019, Điều 28: grade 1 at six, grade 6 at eleven, counted by year; so for 2026 born in 2020 and 2015.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from allocation.eligibility import REFUSALS, AgeVerdict, age_verdicts
from allocation.intake import IntakeOptions, RoundInput, RoundPaths, read_files
from allocation.personal_id import Sex, make_personal_id
from allocation.policy import Policy, parse_policy

Files = Callable[..., Path]
Read = Callable[..., RoundInput]
POLICY = """
name: ages
version: "1"
title: {vi: a, en: b}
stages: [{kind: least_travel}]
eligibility:
  school_year: 2026
  age_years: {kindergarten_5: 5, grade_1: 6, grade_6: 11}
  residence_by: 2026-03-03
  late_entry:
    - code: disability
      title: {vi: Khuyết tật, en: Disability}
      max_years: 3
      levels: [grade_1]
      citation: {source: TT 28/2020, article: Điều 33, is_verified: true}
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse_policy(POLICY, subject="ages")


@pytest.fixture
def read(files: Files, policy: Policy) -> Read:
    def run(*lines: str, any_id: bool = True) -> RoundInput:
        paths = RoundPaths(
            applicants=(files("applicants.csv", lines),),
            schools=files("schools.csv", ["school_code,level,capacity", "A,grade_1,2"]),
            distances=files("distances.csv", ["applicant_no,school_code,distance_m"]),
        )
        return read_files(paths, options=IntakeOptions(any_id=any_id, policy=policy))

    return run


def found(given: RoundInput) -> list[tuple[str, str, int | None]]:
    return [(issue.severity.value, issue.code, issue.row) for issue in given.issues]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("grade_1,2020-01-01,", []),
        ("grade_1,2020-12-31,", []),
        ("grade_6,2015-06-01,", []),
        ("kindergarten_5,2021-06-01,", []),
        ("grade_1,2021-01-01,", [("error", "too_young", 2)]),
        ("grade_1,2021-01-01,disability", [("error", "too_young", 2)]),
        ("grade_1,2019-12-31,", [("error", "too_old", 2)]),
        ("grade_1,2019-12-31,disability", [("info", "late_entry_accepted", 2)]),
        ("grade_1,2017-01-01,disability", [("info", "late_entry_accepted", 2)]),
        ("grade_1,2016-12-31,disability", [("error", "late_entry_too_late", 2)]),
        ("grade_1,2019-12-31,tired", [("error", "late_entry_unknown", 2)]),
        ("grade_6,2014-12-31,disability", [("error", "late_entry_not_for_level", 2)]),
        ("grade_1,2020-05-05,disability", [("warning", "late_entry_not_needed", 2)]),
        ("grade_1,,", [("warning", "age_not_checked", 2)]),
        ("kindergarten_3,2023-01-01,", [("warning", "age_not_checked", 2)]),
    ],
)
def test_the_age_is_counted_by_calendar_year_and_later_entry_needs_a_listed_reason(
    read: Read, row: str, expected: list[tuple[str, str, int]]
) -> None:
    given = read("applicant_no,level,date_of_birth,late_entry", f"a,{row}", "b,grade_1,2020-02-02,")
    assert found(given) == expected
    is_refused = bool(expected) and expected[0][0] == "error"
    assert given.applicants["applicant_no"].tolist() == (["b"] if is_refused else ["a", "b"])
    assert given.set_aside_count == is_refused


def test_a_finding_about_an_age_says_the_years_and_the_reasons_and_the_law(read: Read) -> None:
    header = "applicant_no,level,date_of_birth,late_entry"
    too_old, accepted = read(header, "a,grade_1,2018-01-01,", "b,grade_1,2018-01-01,disability").issues
    assert "2018" in too_old.message.vi
    assert "2020" in too_old.message.en
    assert "disability (Khuyết tật, 3 năm)" in too_old.hint.vi
    assert "Điều 33, TT 28/2020" in accepted.hint.en


def test_without_a_date_the_personal_id_tells_the_year(read: Read) -> None:
    young, right = (make_personal_id(province_code="079", sex=Sex.MALE, birth_year=y, serial=1) for y in (2021, 2020))
    given = read("applicant_no,level", f"{young},grade_1", f"{right},grade_1", any_id=False)
    assert given.applicants["applicant_no"].tolist() == [right]
    assert ("error", "too_young", 2) in found(given)


def test_ages_that_nobody_states_are_one_finding_about_the_file(read: Read) -> None:
    given = read("applicant_no,level", "a,grade_1", "b,grade_1")
    (issue,) = given.issues
    assert (issue.code, issue.row) == ("age_not_checked", None)
    assert "2 children" in issue.message.en


@pytest.mark.parametrize(
    ("cells", "area", "code"),
    [
        ("W1,2026-03-03,", "W1", None),
        ("W1,03/03/2026,", "W1", None),
        ("W1,2026-03-04,", "", "residence_too_late"),
        ("W1,2026-03-04,moved from another province", "W1", "residence_accepted"),
        ("W1,,", "W1", "residence_not_checked"),
        (",2026-03-04,", "", None),
    ],
)
def test_a_residence_from_after_the_last_day_does_not_count_unless_the_office_says_why(
    read: Read, cells: str, area: str, code: str | None
) -> None:
    header = "applicant_no,level,date_of_birth,ward,resident_since,override_reason"
    given = read(header, f"a,grade_1,2020-01-01,{cells}", "b,grade_1,2020-01-01,W2,2020-01-01,")
    assert given.applicants["area"].tolist() == [area, "W2"]
    assert [issue.code for issue in given.issues] == ([code] if code else [])


def test_an_area_stands_before_the_ward_and_lists_have_one_form(read: Read) -> None:
    header = "applicant_no,level,date_of_birth,ward,area,resident_since"
    given = read(header, "a,grade_1,2020-01-01,W1, b ;a; b,2020-01-01", "b,grade_1,2020-01-01,W1,,2020-01-01")
    assert given.applicants["area"].tolist() == ["a;b", "W1"]


@for_all(st.integers(2000, 2026), st.sampled_from(["", "disability"]))
def test_whoever_is_older_needs_a_reason_and_whoever_is_younger_has_none(birth_year: int, code: str) -> None:
    rule = parse_policy(POLICY, subject="ages").eligibility
    assert rule is not None
    level, years = np.array(["grade_1"], dtype=object), np.array([birth_year])
    (verdict,) = age_verdicts(rule, level, years, np.array([code], dtype=object))
    late = 2020 - birth_year
    may_enter = late == 0 or (0 < late <= 3 and code == "disability")
    assert (verdict not in REFUSALS) == may_enter
    assert (verdict is AgeVerdict.FITS) == (late == 0 and not code)
    assert rule.residence_by == date(2026, 3, 3)
