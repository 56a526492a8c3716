"""The file of applicants: who they are, which level they enter, where they live."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from allocation import personal_id
from allocation.applicant_duplicates import without_duplicates
from allocation.applicant_facts import RESIDENCE_COLUMNS, applicant_facts
from allocation.coordinates import COORDINATE_COLUMNS, Points
from allocation.dates import dates_in
from allocation.eligibility_rows import ELIGIBILITY_COLUMNS, check_ages, residences_that_do_not_count
from allocation.model import ANY_LEVEL, APPLICANT_FACTS, Integers, Level, Truths
from allocation.personal_id import Sex, shown
from allocation.policy_rules import Eligibility
from allocation.record_checks import RecordChecks
from allocation.together_groups import together_groups
from spatial.issues import Issue, Severity
from spatial.text import Text

APPLICANT_COLUMNS = (
    "applicant_no",
    "level",
    "date_of_birth",
    "sex",
    *COORDINATE_COLUMNS,
    "address",
    "priority_tier",
    "together_with",
    *APPLICANT_FACTS,
    *RESIDENCE_COLUMNS,
    *ELIGIBILITY_COLUMNS,
)
MOST_TIERS = 1000
_Value = TypeVar("_Value", date, Sex)
_PLAIN = "^[0-9]{12}$"

SEXES: Mapping[str, Sex] = MappingProxyType(
    {
        **dict.fromkeys(("male", "m", "nam"), Sex.MALE),
        **dict.fromkeys(("female", "f", "nữ", "nu"), Sex.FEMALE),
    }
)
"""How files write the sex, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ApplicantRows:
    """The applicants that go on, and how many records stand aside."""

    frame: pd.DataFrame
    set_aside_count: int


def applicant_numbers(text: pd.Series, *, any_id: bool) -> pd.Series:
    """Return a column of applicant numbers as they are compared: personal IDs as plain digits."""
    if any_id or pc.all(pc.match_substring_regex(pa.array(text, type=pa.string()), _PLAIN)).as_py():
        return text
    distinct = text.unique().tolist()
    plain = [personal_id.normalise(value) for value in distinct]
    return text if plain == distinct else text.map(dict(zip(distinct, plain, strict=True))).astype("str")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantRules:
    """By what applicants are checked.

    Parameters
    ----------
    any_id
        Any unique text is a number; else it must be a personal ID that fits the date of birth and the sex.
    eligibility
        Ages and the day of the residence; None: not looked at.
    elsewhere
        Numbers that also stand on a row of a level that this run leaves out.
    """

    any_id: bool
    eligibility: Eligibility | None = None
    elsewhere: Collection[str] = ()


def check_applicants(
    checks: RecordChecks, levels: pd.Series, points: Points, *, rules: ApplicantRules
) -> ApplicantRows:
    """Return the applicants of a table whose levels and points are already known.

    Parameters
    ----------
    levels
        Level of each record, as written.
    points
        Shape (n, 2), storage coordinate system, metres.
    """
    table = checks.table
    numbers = applicant_numbers(table.column("applicant_no"), any_id=rules.any_id)
    born = dates_in(checks, "date_of_birth")
    sexes = _sexes(checks)
    if rules.any_id:
        for record in np.flatnonzero(numbers == ""):
            checks.note(int(record), _NUMBER_MISSING)
        checks.note_unusable_names("applicant_no")
    else:
        _check_personal_ids(checks, numbers, born, sexes)
    _check_levels(checks, levels)
    facts = applicant_facts(checks)
    _check_eligibility(checks, levels, _birth_years(numbers, born, rules=rules), rules=rules, facts=facts)
    tiers = checks.whole_numbers("priority_tier", minimum=1, maximum=MOST_TIERS)
    frame = pd.DataFrame(
        {
            "applicant_no": numbers,
            "level": levels,
            "date_of_birth": _written(born, lambda day: day.isoformat()),
            "sex": _written(sexes, lambda sex: sex.value),
            "priority_tier": np.where(tiers < 1, 1, tiers),
            "x": points[:, 0],
            "y": points[:, 1],
            "together_with": applicant_numbers(table.column("together_with"), any_id=rules.any_id),
            "home_school": table.column("home_school"),
            **facts,
        }
    )
    kept = without_duplicates(
        checks, frame, shown=lambda number: shown(number, any_id=rules.any_id), elsewhere=rules.elsewhere
    )
    frame = frame.assign(row=table.row, file=table.file if table.files is None else table.files)
    return ApplicantRows(
        frame=_with_groups(checks, frame, kept, any_id=rules.any_id), set_aside_count=int(checks.aside.sum())
    )


def _written(values: list[_Value | None], write: Callable[[_Value], str]) -> pd.Series:
    """Return values as text, each distinct one written once; empty where there is none."""
    texts = {value: "" if value is None else write(value) for value in dict.fromkeys(values)}
    return pd.Series([texts[value] for value in values], dtype="str")


def _with_groups(checks: RecordChecks, frame: pd.DataFrame, kept: Truths, *, any_id: bool) -> pd.DataFrame:
    """Return those who go on, with the column ``together`` where anybody asks for a common school."""
    going = frame.assign(record=np.arange(len(frame)))[kept].reset_index(drop=True)
    if not (going["together_with"] != "").any():
        return going.drop(columns="record")
    others = frozenset(frame["applicant_no"][~kept])
    groups = together_groups(checks, going, others=others, any_id=any_id)
    return going.drop(columns="record").assign(together=groups)


def _birth_years(numbers: pd.Series, born: list[date | None], *, rules: ApplicantRules) -> Integers:
    """Return each year of birth: of the date, else of the personal ID; 0 where neither tells."""
    years = np.array([day.year if day else 0 for day in born], dtype=np.int64)
    if rules.any_id:
        return years
    for record in np.flatnonzero(years == 0).tolist():
        if personal_id.is_well_formed(numbers.iloc[record]):
            years[record] = personal_id.parse(numbers.iloc[record]).birth_year
    return years


def _check_eligibility(
    checks: RecordChecks,
    levels: pd.Series,
    birth_years: Integers,
    *,
    rules: ApplicantRules,
    facts: dict[str, pd.Series],
) -> None:
    """Check ages and residences, and take the area from those whose residence does not count."""
    rule = rules.eligibility
    if rule is None:
        return
    check_ages(checks, rule, levels=levels, birth_years=birth_years)
    if rule.residence_by is not None and "area" in facts:
        left_out = residences_that_do_not_count(checks, rule.residence_by)
        facts["area"] = facts["area"].mask(pd.Series(left_out, index=facts["area"].index), "")


_NUMBER_MISSING = Issue(
    severity=Severity.ERROR,
    code="applicant_no_missing",
    field="applicant_no",
    message=Text("Thiếu mã hồ sơ.", "The applicant number is missing."),
)


def _sexes(checks: RecordChecks) -> list[Sex | None]:
    text = checks.table.column("sex").str.lower()
    unknown = ~text.isin([*SEXES, ""])
    for record in np.flatnonzero(unknown):
        checks.note(int(record), _unknown_sex(text.iloc[record]))
    code, distinct = pd.factorize(text)
    sexes: list[Sex | None] = np.array([SEXES.get(value) for value in distinct], dtype=object)[code].tolist()
    return sexes


def _unknown_sex(value: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="sex_unknown",
        field="sex",
        value=value,
        message=Text("Không hiểu giới tính; không đối chiếu được.", "The sex is not understood and was not compared."),
        hint=Text("Ghi nam hoặc nữ (male, female).", "Write male or female (nam, nữ)."),
    )


def _check_personal_ids(
    checks: RecordChecks, numbers: pd.Series, born: list[date | None], sexes: list[Sex | None]
) -> None:
    for record in np.flatnonzero(~_agree(numbers, born, sexes)).tolist():
        number = numbers.iloc[record]
        for finding in personal_id.check(number, date_of_birth=born[record], sex=sexes[record]):
            checks.note(
                record,
                Issue(
                    severity=finding.severity,
                    code=finding.code,
                    field="applicant_no",
                    value=personal_id.mask(number),
                    message=finding.message,
                    hint=finding.hint,
                ),
            )


def _agree(numbers: pd.Series, born: list[date | None], sexes: list[Sex | None]) -> Truths:
    """Return which personal IDs plainly agree with what is declared; `personal_id.check` looks at all others."""
    cells = pa.array(numbers, type=pa.string())
    formed = pc.match_substring_regex(cells, _PLAIN).to_numpy(zero_copy_only=False)
    digits = pc.if_else(pa.array(formed), cells, "000000000000")
    province = pc.is_in(pc.utf8_slice_codeunits(digits, 0, 3), pa.array([*personal_id.PROVINCES]))
    century, years = (
        pc.cast(pc.utf8_slice_codeunits(digits, start, stop), pa.int64()).to_numpy() for start, stop in ((3, 4), (4, 6))
    )
    stated_year = np.array([day.year if day else 0 for day in born], dtype=np.int64)
    is_girl = np.array([-1 if sex is None else int(sex is Sex.FEMALE) for sex in sexes], dtype=np.int64)
    same_year = (stated_year == 0) | (stated_year == personal_id.birth_years(century, years))
    same_sex = (is_girl < 0) | (is_girl == century % 2)
    return np.asarray(formed & province.to_numpy(zero_copy_only=False) & same_year & same_sex)


def _check_levels(checks: RecordChecks, levels: pd.Series) -> None:
    for record in np.flatnonzero(~levels.isin(known_levels(checks))):
        checks.note(int(record), unknown_level(levels.iloc[record]))


def known_levels(checks: RecordChecks) -> list[str]:
    """Return the levels that a record may name; a table without the column names none."""
    return [*Level] if checks.table.has("level") else [*Level, ANY_LEVEL]


def unknown_level(value: str) -> Issue:
    """Return the finding about a level that is none of the five."""
    return Issue(
        severity=Severity.ERROR,
        code="level_unknown",
        field="level",
        value=value,
        message=Text("Không có cấp này.", "There is no such level."),
        hint=Text(f"Các cấp: {', '.join(Level)}.", f"The levels are: {', '.join(Level)}."),
    )
