"""The file of schools: how many seats of which level, and where."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.applicant_rows import known_levels, unknown_level
from allocation.coordinates import COORDINATE_COLUMNS, Points
from allocation.model import CLASS_NORM_COUNT
from allocation.record_checks import RecordChecks
from spatial.errors import InputError
from spatial.issues import Issue, Severity, neutral_in_spreadsheets
from spatial.text import Text

SCHOOL_COLUMNS = ("school_code", "level", "capacity", "classes", "name", *COORDINATE_COLUMNS)
MOST_SEATS = 100_000
MOST_CLASSES = 1_000


def check_schools(checks: RecordChecks, levels: pd.Series, points: Points) -> pd.DataFrame:
    """Return the seat pools: school_code, level, capacity, name, x, y, and the row of the file.

    Parameters
    ----------
    levels
        Level of each record, as written.
    points
        Shape (n, 2), storage coordinate system, metres.
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
    frame = pd.DataFrame(
        {
            "school_code": codes,
            "level": levels,
            "capacity": _capacities(checks, levels),
            "name": names.where(names != "", codes),
            "x": points[:, 0],
            "y": points[:, 1],
        }
    )
    kept = _without_duplicates(checks, frame)
    return frame.assign(row=table.row)[kept].reset_index(drop=True)


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


def _capacities(checks: RecordChecks, levels: pd.Series) -> npt.NDArray[np.int64]:
    """Return the seats of each pool: as written, else classes times the norm of the level."""
    capacity = checks.whole_numbers("capacity", minimum=0, maximum=MOST_SEATS)
    classes = checks.whole_numbers("classes", minimum=0, maximum=MOST_CLASSES)
    norm = levels.map(CLASS_NORM_COUNT).fillna(-1).astype("int64").to_numpy()
    by_classes = (checks.table.column("capacity") == "").to_numpy() & (classes >= 0) & (norm > 0)
    capacity = np.where(by_classes, classes * norm, capacity)
    for record in np.flatnonzero((capacity < 0) & ~checks.aside):
        checks.note(
            int(record),
            Issue(
                severity=Severity.ERROR,
                code="capacity_missing",
                field="capacity",
                message=Text("Thiếu số chỗ học.", "The number of seats is missing."),
                hint=Text(
                    "Ghi capacity, hoặc classes cùng với level.", "Give capacity, or classes together with level."
                ),
            ),
        )
    return capacity


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
