"""The file of applicants: who they are, which level they enter, where they live."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation import personal_id
from allocation.coordinates import COORDINATE_COLUMNS, Points
from allocation.model import ANY_LEVEL, Level
from allocation.personal_id import Sex
from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

APPLICANT_COLUMNS = (
    "applicant_no",
    "level",
    "date_of_birth",
    "sex",
    *COORDINATE_COLUMNS,
    "address",
    "priority_tier",
    "together_with",
    "home_school",
)
MOST_TIERS = 1000
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_VIETNAMESE_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")

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


def parse_date(text: str) -> date | None:
    """Return the day of ``2020-05-31`` or ``31/05/2020``; None when the text is neither or no such day exists."""
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = match.groups()
    elif match := _VIETNAMESE_DATE.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def applicant_numbers(text: pd.Series, *, any_id: bool) -> pd.Series:
    """Return a column of applicant numbers as they are compared: personal IDs as plain digits."""
    if any_id:
        return text
    distinct = text.unique().tolist()
    plain = [personal_id.normalise(value) for value in distinct]
    return text if plain == distinct else text.map(dict(zip(distinct, plain, strict=True))).astype("str")


def shown(applicant_no: str, *, any_id: bool) -> str:
    """Return an applicant number as messages may show it: a personal ID masked."""
    return applicant_no if any_id else personal_id.mask(applicant_no)


def check_applicants(checks: RecordChecks, levels: pd.Series, points: Points, *, any_id: bool) -> ApplicantRows:
    """Return the applicants of a table whose levels and points are already known.

    Parameters
    ----------
    levels
        Level of each record, as written.
    points
        Shape (n, 2), storage coordinate system, metres.
    any_id
        Any unique text is a number; else it must be a personal ID that fits the date of birth and the sex.
    """
    table = checks.table
    numbers = applicant_numbers(table.column("applicant_no"), any_id=any_id)
    born = _dates_of_birth(checks)
    sexes = _sexes(checks)
    if any_id:
        for record in np.flatnonzero(numbers == ""):
            checks.note(int(record), _NUMBER_MISSING)
        checks.note_unusable_names("applicant_no")
    else:
        _check_personal_ids(checks, numbers, born, sexes)
    _check_levels(checks, levels)
    tiers = checks.whole_numbers("priority_tier", minimum=1, maximum=MOST_TIERS)
    frame = pd.DataFrame(
        {
            "applicant_no": numbers,
            "level": levels,
            "date_of_birth": [day.isoformat() if day else "" for day in born],
            "sex": [sex.value if sex else "" for sex in sexes],
            "priority_tier": np.where(tiers < 1, 1, tiers),
            "x": points[:, 0],
            "y": points[:, 1],
            "together_with": applicant_numbers(table.column("together_with"), any_id=any_id),
            "home_school": table.column("home_school"),
        }
    )
    kept = _without_duplicates(checks, frame, any_id=any_id)
    return ApplicantRows(
        frame=frame.assign(row=table.row)[kept].reset_index(drop=True),
        set_aside_count=int(checks.aside.sum()),
    )


_NUMBER_MISSING = Issue(
    severity=Severity.ERROR,
    code="applicant_no_missing",
    field="applicant_no",
    message=Text("Thiếu mã hồ sơ.", "The applicant number is missing."),
)


def _dates_of_birth(checks: RecordChecks) -> list[date | None]:
    text = checks.table.column("date_of_birth")
    days = {value: parse_date(value) for value in text.unique()}
    unreadable = text.isin([value for value, day in days.items() if day is None and value])
    for record in np.flatnonzero(unreadable):
        checks.note(int(record), _unreadable_date(text.iloc[record]))
    return [days[value] for value in text]


def _unreadable_date(value: str) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="date_format",
        field="date_of_birth",
        value=value,
        message=Text("Không đọc được ngày này.", "This is no readable date."),
        hint=Text("Ghi 2020-05-31 hoặc 31/05/2020.", "Write 2020-05-31 or 31/05/2020."),
    )


def _sexes(checks: RecordChecks) -> list[Sex | None]:
    text = checks.table.column("sex").str.lower()
    unknown = ~text.isin([*SEXES, ""])
    for record in np.flatnonzero(unknown):
        checks.note(int(record), _unknown_sex(text.iloc[record]))
    return [SEXES.get(value) for value in text]


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
    for record, (number, day, sex) in enumerate(zip(numbers, born, sexes, strict=True)):
        for finding in personal_id.check(number, date_of_birth=day, sex=sex):
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


def _without_duplicates(checks: RecordChecks, frame: pd.DataFrame, *, any_id: bool) -> npt.NDArray[np.bool_]:
    """Return which records go on: of identical ones the first, of contradicting ones none.

    Whoever came first is no reason to prefer one of two children who claim the same number.
    """
    kept = ~checks.aside
    twice = frame["applicant_no"].duplicated(keep=False).to_numpy() & (frame["applicant_no"] != "").to_numpy()
    for number, records in frame[twice].groupby("applicant_no").groups.items():
        identical = len(frame.loc[records].drop_duplicates()) == 1
        for record in records[1:] if identical else records:
            kept[record] = False
            checks.note(int(record), _duplicate(shown(str(number), any_id=any_id), identical=identical))
    return kept


def _duplicate(value: str, *, identical: bool) -> Issue:
    if identical:
        return Issue(
            severity=Severity.WARNING,
            code="applicant_repeated",
            field="applicant_no",
            value=value,
            message=Text("Dòng lặp lại y hệt; chỉ giữ một.", "The row is repeated; one was kept."),
            hint=NO_TEXT,
        )
    return Issue(
        severity=Severity.ERROR,
        code="applicant_duplicate",
        field="applicant_no",
        value=value,
        message=Text(
            "Cùng một số trên nhiều dòng khác nhau; tất cả được để riêng.",
            "The same number on rows that differ; all of them were set aside.",
        ),
        hint=Text("Tìm dòng đúng và bỏ các dòng kia.", "Find the right row and remove the others."),
    )
