"""How many seats a school has at a level: as stated, or by its classes; never above the norm without a reason."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from allocation.model import SEATS_PREFIX, Integers
from allocation.policy_rules import ClassCap, SeatGroup
from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity, neutral_in_spreadsheets
from spatial.text import Text

MOST_SEATS = 100_000
MOST_CLASSES = 1_000


def capacities(checks: RecordChecks, levels: pd.Series, class_norm_count: Mapping[str, int]) -> Integers:
    """Return the seats of each pool: as written, else classes times the norm of the level.

    A stated capacity above that is noted: as accepted where the column ``override_reason`` says why, else as a warning.
    """
    table = checks.table
    stated = checks.whole_numbers("capacity", minimum=0, maximum=MOST_SEATS)
    classes = checks.whole_numbers("classes", minimum=0, maximum=MOST_CLASSES)
    norm = levels.map({str(level): count for level, count in class_norm_count.items()})
    norm_count = norm.fillna(-1).astype("int64").to_numpy()
    by_norm = np.where((classes >= 0) & (norm_count > 0), classes * norm_count, -1)
    capacity = np.where((table.column("capacity") == "").to_numpy() & (by_norm >= 0), by_norm, stated)
    for record in np.flatnonzero((capacity < 0) & ~checks.aside).tolist():
        checks.note(record, _CAPACITY_MISSING)
    reasons = table.column("override_reason")
    for record in np.flatnonzero((by_norm >= 0) & (capacity > by_norm)).tolist():
        seats, norm_of_level, count = int(capacity[record]), int(norm_count[record]), int(classes[record])
        checks.note(record, _above_norm(seats, classes=count, norm=norm_of_level, reason=reasons.iloc[record]))
    return np.asarray(capacity, dtype=np.int64)


def kept_seats(checks: RecordChecks, capacity: Integers) -> dict[str, pd.Series]:
    """Return the columns ``seats_…`` as whole numbers in text, empty where none are stated.

    Groups that together have more seats than the school set its record aside.
    """
    names = [name for name in checks.table.frame.columns if name.startswith(SEATS_PREFIX)]
    seats = {name: checks.whole_numbers(name, minimum=0, maximum=MOST_SEATS) for name in names}
    total = sum((np.maximum(counts, 0) for counts in seats.values()), start=np.zeros_like(capacity))
    for record in np.flatnonzero((total > capacity) & (capacity >= 0)).tolist():
        checks.note(record, _more_kept_than_there_are(names, int(total[record]), int(capacity[record])))
    return {name: pd.Series(counts).astype("str").mask(counts < 0, "") for name, counts in seats.items()}


def note_class_caps(
    checks: RecordChecks,
    levels: pd.Series,
    capacity: Integers,
    *,
    norms: Mapping[str, int],
    groups: Sequence[SeatGroup],
) -> None:
    """Warn of schools with more seats of a group than its cap allows in their classes; nobody loses a seat by it.

    Where the column ``classes`` is empty there are as many as the capacity needs at the norm of the level.
    """
    for group in groups:
        cap = group.most_per_class
        if cap is None or not checks.table.has(group.column):
            continue
        kept = pd.to_numeric(checks.table.column(group.column), errors="coerce")
        stated = pd.to_numeric(checks.table.column("classes"), errors="coerce")
        by_norm = np.ceil(capacity / levels.map({str(level): count for level, count in norms.items()}))
        classes = stated.fillna(by_norm)
        above = (kept > classes * cap.count) & ~checks.aside
        for record in np.flatnonzero(above.to_numpy()).tolist():
            checks.note(record, _above_class_cap(int(kept.iloc[record]), int(classes.iloc[record]), group, cap))


def _above_class_cap(kept: int, classes: int, group: SeatGroup, cap: ClassCap) -> Issue:
    most, source = cap.count, cap.citation
    where = ", ".join(part for part in (source.article, source.source) if part)
    unread = Text("", "") if source.is_verified else Text(" (chưa đọc bản chính)", " (the text itself was not read)")
    title = group.title.text
    return Issue(
        severity=Severity.WARNING,
        code="seats_above_class_cap",
        field=group.column,
        value=str(kept),
        message=Text(
            f"{kept} chỗ “{title.vi}” trong {classes} lớp; mỗi lớp nhiều nhất {most} em theo {where}{unread.vi}.",
            f"{kept} seats “{title.en}” in {classes} classes; at most {most} a class by {where}{unread.en}.",
        ),
        hint=Text(
            "Kiểm tra số chỗ và số lớp; chương trình không tự bớt.", "Check seats and classes; none is taken away."
        ),
    )


_CAPACITY_MISSING = Issue(
    severity=Severity.ERROR,
    code="capacity_missing",
    field="capacity",
    message=Text("Thiếu số chỗ học.", "The number of seats is missing."),
    hint=Text("Ghi capacity, hoặc classes cùng với level.", "Give capacity, or classes together with level."),
)


def _above_norm(capacity: int, *, classes: int, norm: int, reason: str) -> Issue:
    message = Text(
        f"{capacity} chỗ trong {classes} lớp; định mức {norm} em mỗi lớp cho {classes * norm} chỗ.",
        f"{capacity} seats in {classes} classes; at the norm of {norm} a class there are {classes * norm}.",
    )
    if reason:
        return Issue(
            severity=Severity.INFO,
            code="capacity_above_norm_accepted",
            field="override_reason",
            value=neutral_in_spreadsheets(reason),
            message=Text(f"{message.vi} Được chấp nhận theo lý do đã ghi.", f"{message.en} Accepted for this reason."),
        )
    return Issue(
        severity=Severity.WARNING,
        code="capacity_above_norm",
        field="capacity",
        value=str(capacity),
        message=message,
        hint=Text(
            "Sửa capacity hoặc classes; nếu được vượt định mức, ghi lý do ở cột override_reason.",
            "Correct capacity or classes; if more is allowed, give the reason in the column override_reason.",
        ),
    )


def _more_kept_than_there_are(names: list[str], kept: int, capacity: int) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="kept_seats_above_capacity",
        field=", ".join(names),
        value=str(kept),
        message=Text(
            f"Dành riêng {kept} chỗ, nhưng trường chỉ có {capacity} chỗ.",
            f"{kept} seats are kept for groups, and the school has {capacity}.",
        ),
        hint=Text("Chỗ dành riêng nằm trong capacity; sửa một trong hai.", "They are part of capacity; correct one."),
    )
