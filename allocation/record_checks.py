"""Findings about the records of one table, and which records stand aside because of them."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from allocation.personal_id import mask_within
from allocation.table_files import SourceTable
from spatial.errors import InputError
from spatial.issues import Issue, Severity, neutral_in_spreadsheets
from spatial.text import NO_TEXT, Text

_LARGEST_WHOLE_NUMBER_DIGITS = 15
_MOST_LETTERS_SHOWN = 80
_LONGEST_NAME = 100
_UNUSABLE = r"^[=@]|^[+-].*[^0-9]|[\x00-\x1f\x7f]"


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
            replace(_presentable(finding), file=self.table.file_at(record), row=int(self.table.row[record]))
        )

    def note_file(self, finding: Issue) -> None:
        """Note ``finding`` about the file as a whole."""
        self.issues.append(replace(_presentable(finding), file=self.table.file))

    def require(self, *names: str) -> None:
        """Raise InputError when the table lacks one of these columns."""
        missing = [name for name in names if not self.table.has(name)]
        if missing:
            found = mask_within(", ".join(map(_shortened, self.table.frame.columns)))
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

    def note_unusable_names(self, name: str, *, longest: int = _LONGEST_NAME) -> None:
        """Note every name that a spreadsheet would run as a formula, or that is longer than so many letters."""
        text = self.table.column(name)
        cells = pa.array(text, type=pa.string())
        wrong = pc.or_(pc.match_substring_regex(cells, _UNUSABLE), pc.greater(pc.utf8_length(cells), longest))
        for record in np.flatnonzero(wrong.to_numpy(zero_copy_only=False)):
            self.note(int(record), _unusable_name(name, text.iloc[record], longest=longest))

    def whole_numbers(self, name: str, *, minimum: int, maximum: int) -> npt.NDArray[np.int64]:
        """Return a column as whole numbers; -1 where the cell is empty, and an ERROR where it is no such number."""
        text = self.table.column(name)
        values, digits = _parsed(text)
        wrong = (text != "").to_numpy() & ~(digits & (values >= minimum) & (values <= maximum))
        for record in np.flatnonzero(wrong):
            self.note(int(record), _no_whole_number(name, text.iloc[record], minimum=minimum, maximum=maximum))
        return values


def _presentable(finding: Issue) -> Issue:
    """Return a finding without any personal ID in the clear: cells slip into the columns beside them.

    Numbers of applicants come masked where they have to be, and stay as they are where any text is a number.
    """
    if finding.field == "applicant_no":
        return replace(finding, value=_shortened(finding.value))
    value, field = (mask_within(_shortened(text)) for text in (finding.value, finding.field))
    return replace(finding, value=value, field=field)


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS_SHOWN else f"{text[:_MOST_LETTERS_SHOWN]}…"


def _parsed(text: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the whole numbers of a column, -1 where a cell is none, and which cells are: ``12`` or ``12.0``."""
    cells = pa.array(text, from_pandas=True)
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        cells = cells.cast(pa.string())
    plain = pc.and_(pc.ascii_is_decimal(cells), pc.less_equal(pc.binary_length(cells), _LARGEST_WHOLE_NUMBER_DIGITS))
    if pc.all(plain).as_py():
        return np.array(pc.cast(cells, pa.int64())), np.ones(len(text), dtype=bool)
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


def _unusable_name(name: str, value: str, *, longest: int) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code=f"{name}_unusable",
        field=name,
        value=neutral_in_spreadsheets(value),
        message=Text(
            "Mã này không dùng được: bảng tính sẽ hiểu là công thức, hoặc mã có xuống dòng, hoặc quá dài.",
            "No number or code can look like this: a formula for spreadsheets, several lines, or too long.",
        ),
        hint=Text(f"Dùng chữ và số, tối đa {longest} ký tự.", f"Use letters and digits, at most {longest}."),
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
