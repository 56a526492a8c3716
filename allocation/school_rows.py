"""The file of schools: how many seats of which level, and where."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.applicant_facts import words_of
from allocation.applicant_rows import known_levels, unknown_level
from allocation.coordinates import COORDINATE_COLUMNS, Points
from allocation.model import SEATS_PREFIX
from allocation.policy_rules import SeatGroup
from allocation.record_checks import RecordChecks
from allocation.seat_counts import capacities, kept_seats, note_class_caps
from spatial.errors import InputError
from spatial.issues import Issue, Severity, neutral_in_spreadsheets
from spatial.text import Text

SCHOOL_COLUMNS = (
    "school_code",
    "level",
    "capacity",
    "classes",
    "override_reason",
    "name",
    "area",
    *COORDINATE_COLUMNS,
)


def check_schools(
    checks: RecordChecks,
    levels: pd.Series,
    points: Points,
    *,
    class_norm_count: Mapping[str, int],
    seat_groups: Sequence[SeatGroup] = (),
) -> pd.DataFrame:
    """Return the seat pools: school_code, level, capacity, name, x, y, row, file, and if given area and ``seats_…``.

    Parameters
    ----------
    levels
        Level of each record, as written.
    points
        Shape (n, 2), storage coordinate system, metres.
    class_norm_count
        Children in a class, by level.
    seat_groups
        Of the policy; some have a cap a class.
    """
    table = checks.table
    if not table.has("capacity") and not table.has("classes"):
        checks.require("capacity")
    codes = table.column("school_code")
    for record in np.flatnonzero(codes == ""):
        checks.note(int(record), _missing("school_code", Text("Thiếu mã trường.", "The school code is missing.")))
    checks.note_unusable_names("school_code")
    for record in np.flatnonzero(~levels.isin(known_levels(checks))):
        checks.note(int(record), unknown_level(levels.iloc[record]))
    names = _names(checks)
    capacity = capacities(checks, levels, class_norm_count)
    facts = {"area": words_of(checks, "area")} if table.has("area") else {}
    facts |= kept_seats(checks, capacity)
    note_class_caps(checks, levels, capacity, norms=class_norm_count, groups=seat_groups)
    frame = pd.DataFrame(
        {
            "school_code": codes,
            "level": levels,
            "capacity": capacity,
            "name": names.where(names != "", codes),
            "x": points[:, 0],
            "y": points[:, 1],
            **facts,
        }
    )
    kept = _without_duplicates(checks, frame)
    return frame.assign(row=table.row, file=table.file)[kept].reset_index(drop=True)


def _names(checks: RecordChecks) -> pd.Series:
    """Return the names as one line each, without what spreadsheets run as a formula."""
    written = checks.table.column("name")
    names = written.str.replace(r"\s+", " ", regex=True).str.replace(r"^[=@+\- ]+", "", regex=True)
    for record in np.flatnonzero((names != written).to_numpy()):
        checks.note(int(record), _name_cleaned(neutral_in_spreadsheets(written.iloc[record])))
    return names


def _name_cleaned(value: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="name_cleaned",
        field="name",
        value=value,
        message=Text(
            "Tên có xuống dòng, khoảng trắng thừa hoặc dấu công thức ở đầu; đã bỏ.",
            "The name had line ends, extra blanks or the sign of a formula in front; they were left out.",
        ),
        hint=Text("Kiểm tra tên trường.", "Check the name of the school."),
    )


def _missing(field: str, message: Text) -> Issue:
    return Issue(severity=Severity.ERROR, code=f"{field}_missing", field=field, message=message)


def _without_duplicates(checks: RecordChecks, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    kept = ~checks.aside
    key = ["school_code", "level"]
    twice = frame.duplicated(key, keep=False) & (frame["school_code"] != "")
    for (code, _), records in frame[twice].groupby(key).groups.items():
        identical = len(frame.loc[records].drop_duplicates()) == 1
        for record in records[1:] if identical else records:
            kept[record] = False
            checks.note(int(record), _duplicate(str(code), identical=identical))
    return kept


def _duplicate(code: str, *, identical: bool) -> Issue:
    return Issue(
        severity=Severity.WARNING if identical else Severity.ERROR,
        code="school_repeated" if identical else "school_duplicate",
        field="school_code",
        value=code,
        message=Text("Dòng lặp lại y hệt; chỉ giữ một.", "The row is repeated; one was kept.")
        if identical
        else Text(
            "Một trường, một cấp nhưng nhiều dòng khác nhau; tất cả được để riêng.",
            "One school and level on rows that differ; all of them were set aside.",
        ),
        hint=Text("Mỗi trường một dòng cho mỗi cấp.", "One row for each school and level."),
    )


def known_school_columns(checks: RecordChecks) -> list[str]:
    """Return the columns that are read: the fixed ones, and every ``seats_`` with the code of a group."""
    return [*SCHOOL_COLUMNS, *(name for name in checks.table.frame.columns if name.startswith(SEATS_PREFIX))]


def one_level_for(levels: list[str], *, subject: str) -> str:
    """Return the level that a table without the column ``level`` must mean, given those of the other table.

    Raises
    ------
    InputError
        The other table has several.
    """
    if len(levels) == 1:
        return levels[0]
    raise InputError(
        Text("Thiếu cột level.", "Missing column: level."),
        hint=Text("Thêm cột level, hoặc chọn một cấp bằng --level.", "Add the column, or choose one with --level."),
        subject=subject,
    )
