"""The same child twice: on two rows, in two files, for two levels."""

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

_MOST_PLACES_SHOWN = 3
Shown = Callable[[str], str]
"""How an applicant number may be shown."""


def without_duplicates(
    checks: RecordChecks, frame: pd.DataFrame, *, shown: Shown, elsewhere: Collection[str]
) -> npt.NDArray[np.bool_]:
    """Return which records go on: of identical ones the first, of contradicting ones none.

    Whoever came first is no reason to prefer one of two children who claim the same number.

    Parameters
    ----------
    frame
        What the records say, with the columns applicant_no and level.
    elsewhere
        Numbers that also stand on a row of a level that this run leaves out.
    """
    kept = ~checks.aside
    numbers = frame["applicant_no"]
    for record in np.flatnonzero(numbers.isin(list(elsewhere))) if elsewhere else ():
        kept[record] = False
        checks.note(int(record), _of_another_level(shown(numbers.iloc[record])))
    twice = numbers.duplicated(keep=False).to_numpy() & (numbers != "").to_numpy()
    for number, records in frame[twice].groupby("applicant_no").groups.items():
        same = frame.loc[records]
        identical = len(same.drop_duplicates()) == 1
        for record in records[1:] if identical else records:
            kept[record] = False
            others = [records[0]] if identical else [other for other in records if other != record]
            where = _places(checks, others)
            checks.note(int(record), _finding(shown(str(number)), same["level"], where, identical=identical))
    return kept


def _places(checks: RecordChecks, records: list[int]) -> Text:
    """Return where the other records stand, at most `_MOST_PLACES_SHOWN` of them."""
    table = checks.table
    found = [(table.file_at(record), int(table.row[record])) for record in records[:_MOST_PLACES_SHOWN]]
    more = " …" if len(records) > _MOST_PLACES_SHOWN else ""
    return Text(
        "; ".join(f"{file}, dòng {row}" for file, row in found) + more,
        "; ".join(f"{file}, row {row}" for file, row in found) + more,
    )


def _finding(value: str, levels: pd.Series, where: Text, *, identical: bool) -> Issue:
    if identical:
        return Issue(
            severity=Severity.WARNING,
            code="applicant_repeated",
            field="applicant_no",
            value=value,
            message=Text(
                f"Dòng lặp lại y hệt {where.vi}; chỉ giữ một.", f"The row repeats {where.en}; one of them was kept."
            ),
            hint=NO_TEXT,
        )
    if len(set(levels)) > 1:
        names = ", ".join(sorted(levels.unique()))
        return Issue(
            severity=Severity.ERROR,
            code="applicant_in_two_levels",
            field="level",
            value=names,
            message=Text(
                f"Cùng một số ở nhiều cấp ({value}, xem {where.vi}); tất cả được để riêng.",
                f"One number in several levels ({value}, see {where.en}); all of them were set aside.",
            ),
            hint=Text("Giữ dòng của cấp đúng, bỏ dòng kia.", "Keep the row of the right level, remove the other."),
        )
    return Issue(
        severity=Severity.ERROR,
        code="applicant_duplicate",
        field="applicant_no",
        value=value,
        message=Text(
            f"Cùng một số nhưng khác nội dung với {where.vi}; tất cả được để riêng.",
            f"The same number as {where.en}, but the rows differ; all of them were set aside.",
        ),
        hint=Text("Tìm dòng đúng và bỏ các dòng kia.", "Find the right row and remove the others."),
    )


def _of_another_level(value: str) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="applicant_in_two_levels",
        field="applicant_no",
        value=value,
        message=Text(
            "Số này cũng có ở một cấp khác, ngoài cấp đang xét; được để riêng.",
            "The number also stands in another level, which this run leaves out; it was set aside.",
        ),
        hint=Text("Giữ dòng của cấp đúng, bỏ dòng kia.", "Keep the row of the right level, remove the other."),
    )
