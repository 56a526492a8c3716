"""Days as files write them: ``2020-05-31`` or ``31/05/2020``."""

import re
from datetime import date

import numpy as np
import pandas as pd

from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity
from spatial.text import Text

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_VIETNAMESE_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


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


def dates_in(checks: RecordChecks, name: str) -> list[date | None]:
    """Return the days of a column, None where the cell is empty; a text that is no day sets its record aside."""
    text = checks.table.column(name)
    days = {value: parse_date(value) for value in text.unique()}
    unreadable = text.isin([value for value, day in days.items() if day is None and value])
    for record in np.flatnonzero(unreadable):
        checks.note(int(record), _unreadable_date(name, text.iloc[record]))
    code, distinct = pd.factorize(text)
    found: list[date | None] = np.array([days[value] for value in distinct], dtype=object)[code].tolist()
    return found


def _unreadable_date(name: str, value: str) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="date_format",
        field=name,
        value=value,
        message=Text("Không đọc được ngày này.", "This is no readable date."),
        hint=Text("Ghi 2020-05-31 hoặc 31/05/2020.", "Write 2020-05-31 or 31/05/2020."),
    )
