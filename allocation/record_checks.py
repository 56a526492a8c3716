"""Findings about the records of one table, and which records stand aside because of them."""

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from allocation.table_files import SourceTable
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

_LARGEST_WHOLE_NUMBER_DIGITS = 15


class RecordChecks:
    """Collects the findings about one table; a record with an ERROR is marked in ``aside``."""

    def __init__(self, table: SourceTable) -> None:
        self.table = table
        self.issues: list[Issue] = list(table.issues)
        self.aside = np.zeros(len(table.frame), dtype=bool)

    def note(self, record: int, finding: Issue) -> None:
        """Note ``finding`` (without file and row) about the record with this index."""
        if finding.severity is Severity.ERROR:
            self.aside[record] = True
        self.issues.append(
            Issue(
                severity=finding.severity,
                code=finding.code,
                file=self.table.file,
                row=int(self.table.row[record]),
                field=finding.field,
                value=finding.value,
                message=finding.message,
                hint=finding.hint,
            )
        )

    def note_file(self, finding: Issue) -> None:
        """Note ``finding`` about the file as a whole."""
        self.issues.append(
            Issue(
                severity=finding.severity,
                code=finding.code,
                file=self.table.file,
                field=finding.field,
                value=finding.value,
                message=finding.message,
                hint=finding.hint,
            )
        )

    def require(self, *names: str) -> None:
        """Raise InputError when the table lacks one of these columns."""
        missing = [name for name in names if not self.table.has(name)]
        if missing:
            found = ", ".join(self.table.frame.columns)
            raise InputError(
                Text(f"Thiếu cột {', '.join(missing)}.", f"Missing column: {', '.join(missing)}."),
                hint=Text(f"Tệp có các cột: {found}.", f"The file has the columns: {found}."),
                subject=self.table.file,
            )

    def note_unknown_columns(self, known: Iterable[str]) -> None:
        """Note every column that nothing reads, with the known name that it resembles."""
        known = tuple(known)
        for name in self.table.frame.columns:
            if name not in known:
                self.note_file(_unknown_column(name, known))

    def whole_numbers(self, name: str, *, minimum: int, maximum: int) -> npt.NDArray[np.int64]:
        """Return a column as whole numbers; -1 where the cell is empty, and an ERROR where it is no such number."""
        text = self.table.column(name)
        values, digits = _parsed(text)
        wrong = (text != "").to_numpy() & ~(digits & (values >= minimum) & (values <= maximum))
        for record in np.flatnonzero(wrong):
            self.note(int(record), _no_whole_number(name, text.iloc[record], minimum=minimum, maximum=maximum))
        return values


def _parsed(text: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the whole numbers of a column, -1 where a cell is none, and which cells are: ``12`` or ``12.0``."""
    cells = pa.array(text, type=pa.string())
    digits = pc.match_substring_regex(cells, rf"^[0-9]{{1,{_LARGEST_WHOLE_NUMBER_DIGITS}}}(\.0+)?$")
    whole = pc.replace_substring_regex(pc.if_else(digits, cells, "-1"), r"\.0+$", "")
    return np.array(pc.cast(whole, pa.int64())), np.array(digits.to_numpy(zero_copy_only=False), dtype=bool)


def _unknown_column(name: str, known: tuple[str, ...]) -> Issue:
    alike = get_close_matches(name, known, n=1)
    return Issue(
        severity=Severity.WARNING,
        code="unknown_column",
        field=name,
        message=Text("Không dùng cột này.", "This column is not used."),
        hint=Text(f"Có phải {alike[0]!r}?", f"Is it {alike[0]!r}?") if alike else NO_TEXT,
    )


def _no_whole_number(name: str, value: str, *, minimum: int, maximum: int) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code=f"{name}_not_whole",
        field=name,
        value=value,
        message=Text(
            f"Phải là số nguyên từ {minimum} đến {maximum}.", f"Must be a whole number from {minimum} to {maximum}."
        ),
        hint=Text("Sửa ô này.", "Correct this cell."),
    )
