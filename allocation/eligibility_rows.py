"""The columns of the file of applicants that eligibility looks at, checked record by record."""

from datetime import date

import numpy as np
import pandas as pd

from allocation.dates import dates_in
from allocation.eligibility import (
    AgeVerdict,
    ResidenceVerdict,
    age_finding,
    age_verdicts,
    residence_finding,
    residence_verdict,
)
from allocation.model import Integers, Truths
from allocation.policy_rules import Eligibility
from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

ELIGIBILITY_COLUMNS = ("late_entry", "ward", "resident_since", "override_reason")


def check_ages(checks: RecordChecks, rule: Eligibility, *, levels: pd.Series, birth_years: Integers) -> None:
    """Note every age that does not simply fit; who may not enter the level stands aside.

    Parameters
    ----------
    birth_years
        0 where it is not known.
    """
    checks.note_unusable_names("late_entry")
    codes = checks.table.column("late_entry").to_numpy(dtype=object)
    level = levels.to_numpy(dtype=object)
    verdicts = age_verdicts(rule, level, birth_years, codes)
    unchecked = np.array([one is AgeVerdict.NOT_CHECKED for one in verdicts], dtype=bool) & ~checks.aside
    one_by_one = checks.table.has("date_of_birth") and not unchecked.all()
    for record in np.flatnonzero([one is not AgeVerdict.FITS for one in verdicts]).tolist():
        if verdicts[record] is AgeVerdict.NOT_CHECKED and not (one_by_one and unchecked[record]):
            continue
        year, code = int(birth_years[record]), str(codes[record])
        checks.note(record, age_finding(verdicts[record], rule, level=level[record], birth_year=year, code=code))
    if unchecked.any() and not one_by_one:
        checks.note_file(_none_checked(int(unchecked.sum())))


def _none_checked(count: int) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code=AgeVerdict.NOT_CHECKED.value,
        field="date_of_birth",
        message=Text(f"Chưa kiểm tra được tuổi của {count} em.", f"The age of {count} children could not be checked."),
        hint=Text(
            "Ghi cột date_of_birth, và cấp mà quy tắc có nêu tuổi.",
            "Give the column date_of_birth, and levels for which the policy has an age.",
        ),
    )


def residences_that_do_not_count(checks: RecordChecks, residence_by: date) -> Truths:
    """Note every residence that does not simply count, and return which may not be looked at."""
    table = checks.table
    left_out = np.zeros(len(table.frame), dtype=bool)
    has_home = ((table.column("ward") != "") | (table.column("area") != "")).to_numpy()
    if not table.has("resident_since"):
        if has_home.any():
            checks.note_file(_no_day(int(has_home.sum())))
        return left_out
    written, reasons = table.column("resident_since"), table.column("override_reason")
    for record, since in enumerate(dates_in(checks, "resident_since")):
        if not has_home[record] or (since is not None and since <= residence_by):
            continue
        verdict = residence_verdict(residence_by, since, reasons.iloc[record])
        left_out[record] = verdict is ResidenceVerdict.TOO_LATE
        finding = residence_finding(
            verdict, residence_by, since=written.iloc[record], override_reason=reasons.iloc[record]
        )
        checks.note(record, finding)
    return left_out


def _no_day(count: int) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code=ResidenceVerdict.NOT_CHECKED.value,
        field="resident_since",
        message=Text(
            f"Không có cột resident_since; chưa kiểm tra được ngày đến ở của {count} em, nơi ở vẫn được tính.",
            f"There is no column resident_since; since when {count} children live there was not checked, and counted.",
        ),
        hint=NO_TEXT,
    )
