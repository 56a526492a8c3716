"""Findings about single records: a bad row is reported and set aside, the good rows go on."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from spatial.text import NO_TEXT, Text

ISSUE_COLUMNS = (
    "severity",
    "code",
    "file",
    "row",
    "field",
    "value",
    "message_vi",
    "message_en",
    "hint_vi",
    "hint_en",
)

_SPREADSHEET_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Severity(StrEnum):
    """How much a finding costs: an ERROR sets its record aside, a WARNING lets it go on."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One finding about one record.

    Parameters
    ----------
    severity
        ERROR: the record stands aside; WARNING and INFO: it goes on.
    code
        Stable word for programs, e.g. ``"personal_id_length"``.
    file
        Name of the file (not its folder) or of the layer.
    row
        Row of the file as a person counts it: the header is row 1. None when the whole file is meant.
    field, value
        Column and offending value; personal IDs come masked.
    message, hint
        What is wrong, and what to do, in both languages.
    """

    severity: Severity
    code: str
    message: Text
    file: str = ""
    row: int | None = None
    field: str = ""
    value: str = ""
    hint: Text = NO_TEXT

    def where(self, language: str) -> str:
        """Return file and row in ``language``."""
        row_word = "dòng" if language != "en" else "row"
        return self.file if self.row is None else f"{self.file}, {row_word} {self.row}"

    def sentence(self, language: str) -> str:
        """Return file, row, field, value, message and hint as one line in ``language``."""
        where = self.where(language)
        what = f"{self.field} = {self.value!r}" if self.value else self.field
        parts = [part for part in (where, what) if part]
        text = f"{self.message.in_language(language)} {self.hint.in_language(language)}".strip()
        return ": ".join([*parts, text])


@dataclass(slots=True)
class IssueReport:
    """The findings of one import or intake, in the order in which they were found."""

    issues: list[Issue] = field(default_factory=list)

    def __iter__(self) -> Iterator[Issue]:
        return iter(self.issues)

    def __len__(self) -> int:
        return len(self.issues)

    def add(self, issue: Issue) -> None:
        """Note one finding."""
        self.issues.append(issue)

    def extend(self, issues: Iterable[Issue]) -> None:
        """Note several findings."""
        self.issues.extend(issues)

    @property
    def errors(self) -> list[Issue]:
        """The findings that set a record aside."""
        return [issue for issue in self.issues if issue.severity is Severity.ERROR]

    def count_by_code(self) -> dict[str, int]:
        """Return how often each code was found, most frequent first."""
        return dict(Counter(issue.code for issue in self.issues).most_common())

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a frame with the columns `ISSUE_COLUMNS`, all text but ``row``."""
        rows = [
            (
                issue.severity.value,
                issue.code,
                issue.file,
                issue.row,
                issue.field,
                neutral_in_spreadsheets(issue.value),
                issue.message.vi,
                issue.message.en,
                issue.hint.vi,
                issue.hint.en,
            )
            for issue in self.issues
        ]
        frame = pd.DataFrame(rows, columns=list(ISSUE_COLUMNS))
        return frame.astype({"row": "Int64"})


def neutral_in_spreadsheets(value: str) -> str:
    """Return ``value`` so that no spreadsheet program runs it as a formula (``=HYPERLINK(…)``)."""
    return f"'{value}" if value.startswith(_SPREADSHEET_FORMULA_STARTS) else value
