"""What families and authorities decided after a run: the file of changes, checked row by row."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pandas as pd

from allocation.applicant_rows import applicant_numbers
from allocation.dates import parse_date
from allocation.former_round import FormerRound
from allocation.personal_id import shown
from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

CHANGE_COLUMNS = ("applicant_no", "change", "school_code", "reason", "take_part_again", "changed_on")
_LONGEST_REASON = 500


class Change(StrEnum):
    """What can happen to an applicant between two runs of a round."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    LATE = "late"
    APPEAL_UPHELD = "appeal_upheld"


LEAVING = (Change.DECLINED, Change.LAPSED, Change.WITHDRAWN)
"""Who gives a seat back; all leave the round, save those who declined or let it lapse and ask to take part again."""

_KINDS = frozenset(Change)
_ALONGSIDE_APPEAL = (Change.LATE, Change.MOVED)
_YES = ("yes", "1", "true", "có", "co", "x")
_NO = ("", "no", "0", "false", "không", "khong")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change that can be carried out.

    Parameters
    ----------
    school_code
        The school of an upheld appeal; else empty, or the school of the held seat.
    takes_part_again
        After declining or lapsing: the family looks for another seat in this run, after all others.
    changed_on
        Day on which it happened, which the family reads; None where the file does not say.
    """

    applicant_no: str
    change: Change
    school_code: str = ""
    reason: str = ""
    takes_part_again: bool = False
    changed_on: date | None = None


def read_changes(checks: RecordChecks, former: FormerRound) -> list[ChangeRow]:
    """Return the changes that can be carried out, sorted; every other row becomes a finding and is passed over.

    Whether late and moved applicants bring what they need is seen when their files are read.
    """
    checks.require("applicant_no", "change")
    checks.note_unknown_columns(CHANGE_COLUMNS)
    table = checks.table
    rows = pd.DataFrame({name: table.column(name).astype(object) for name in CHANGE_COLUMNS})
    rows["applicant_no"] = applicant_numbers(rows["applicant_no"], any_id=former.any_id)
    rows["change"] = rows["change"].str.lower()
    rows["take_part_again"] = rows["take_part_again"].str.lower()
    book = _Book.of(former)
    for record, row in enumerate(rows.to_dict("records")):
        finding = next((finding for rule in _RULES if (finding := rule(row, book))), None)
        if finding is not None:
            checks.note(record, finding)
    _set_aside_contradictions(checks, rows, any_id=former.any_id)
    return sorted(_usable(rows[~checks.aside]), key=lambda row: (row.applicant_no, row.change))


def _usable(rows: pd.DataFrame) -> Iterator[ChangeRow]:
    for row in rows.drop_duplicates(["applicant_no", "change"]).to_dict("records"):
        yield ChangeRow(
            applicant_no=row["applicant_no"],
            change=Change(row["change"]),
            school_code=row["school_code"],
            reason=row["reason"],
            takes_part_again=row["take_part_again"] in _YES,
            changed_on=parse_date(row["changed_on"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """What a row is compared with."""

    held: Mapping[str, str]
    confirmed: frozenset[str]
    schools: frozenset[str]
    any_id: bool

    @classmethod
    def of(cls, former: FormerRound) -> "_Book":
        people = former.applicants
        return cls(
            held=dict(zip(people["applicant_no"], people["held_school"], strict=True)),
            confirmed=frozenset(people["applicant_no"][people["is_confirmed"] == 1]),
            schools=frozenset(former.schools["school_code"]),
            any_id=former.any_id,
        )


_Row = Mapping[str, str]


def _unknown_kind(row: _Row, _: _Book) -> Issue | None:
    if row["change"] in _KINDS:
        return None
    return _error(
        "change_unknown",
        field="change",
        value=row["change"],
        message=Text("Không có thay đổi này.", "There is no such change."),
        hint=Text(f"Các thay đổi: {', '.join(Change)}.", f"The changes are: {', '.join(Change)}."),
    )


def _unknown_applicant(row: _Row, book: _Book) -> Issue | None:
    is_late, is_known = row["change"] == Change.LATE, row["applicant_no"] in book.held
    if is_known and is_late:
        return _about(
            row, book, "late_but_known", Text("Em đã có trong đợt trước.", "The child is in the earlier run.")
        )
    if is_known or is_late or row["change"] == Change.APPEAL_UPHELD:
        return None
    return _about(
        row,
        book,
        "change_of_unknown_applicant",
        Text("Đợt trước không có hồ sơ này.", "The earlier run has no such applicant."),
        hint=Text("Kiểm tra số; hồ sơ mới ghi late.", "Check the number; a new applicant is late."),
    )


def _nothing_held(row: _Row, book: _Book) -> Issue | None:
    if row["change"] not in {Change.CONFIRMED, Change.DECLINED, Change.LAPSED} or book.held[row["applicant_no"]]:
        return None
    return _about(
        row,
        book,
        "no_seat_held",
        Text("Em không có chỗ từ đợt trước.", "The child holds no seat from the earlier run."),
        hint=Text("Rút hồ sơ thì ghi withdrawn.", "To leave the round write withdrawn."),
    )


def _lapsed_but_confirmed(row: _Row, book: _Book) -> Issue | None:
    if row["change"] != Change.LAPSED or row["applicant_no"] not in book.confirmed:
        return None
    return _about(
        row,
        book,
        "lapsed_but_confirmed",
        Text("Chỗ này đã được xác nhận, không thể hết hạn.", "This seat was confirmed and cannot lapse."),
        hint=Text("Gia đình từ chối thì ghi declined.", "If the family refuses it write declined."),
    )


def _wrong_school(row: _Row, book: _Book) -> Issue | None:
    code, kind = row["school_code"], row["change"]
    if kind == Change.APPEAL_UPHELD:
        if code and code not in book.schools:
            return _error(
                "school_code_unknown",
                field="school_code",
                value=code,
                message=Text("Không có trường này.", "There is no such school."),
                hint=Text("Kiểm tra mã trường.", "Check the code."),
            )
        missing = Text("Thiếu mã trường được nhận.", "The school that takes the child is missing.")
        return None if code else _error("appeal_without_school", field="school_code", value="", message=missing)
    if not code or kind in {Change.LATE, Change.MOVED} or code == book.held.get(row["applicant_no"], code):
        return None
    return _error(
        "not_the_held_school",
        field="school_code",
        value=code,
        message=Text("Em không giữ chỗ ở trường này.", "This is not the school where the child holds a seat."),
        hint=Text("Để trống, hoặc ghi đúng trường.", "Leave it empty, or name the right school."),
    )


def _wrong_wish(row: _Row, _: _Book) -> Issue | None:
    wish = row["take_part_again"]
    if wish in _NO or (wish in _YES and row["change"] in {Change.DECLINED, Change.LAPSED}):
        return None
    return _error(
        "take_part_again_not_understood",
        field="take_part_again",
        value=wish,
        message=Text(
            "Chỉ ghi yes hoặc no, và chỉ với declined hay lapsed.", "Write yes or no, and only with declined or lapsed."
        ),
    )


def _long_reason(row: _Row, _: _Book) -> Issue | None:
    if len(row["reason"]) <= _LONGEST_REASON and row["reason"].isprintable():
        return None
    return _error(
        "reason_unusable",
        field="reason",
        value="",
        message=Text(
            f"Lý do phải trên một dòng, tối đa {_LONGEST_REASON} ký tự.",
            f"The reason must be one line of at most {_LONGEST_REASON} characters.",
        ),
    )


def _wrong_day(row: _Row, _: _Book) -> Issue | None:
    if not row["changed_on"] or parse_date(row["changed_on"]) is not None:
        return None
    return _error(
        "changed_on_unreadable",
        field="changed_on",
        value=row["changed_on"],
        message=Text("Không đọc được ngày này.", "This is no readable date."),
        hint=Text(
            "Ghi 2026-06-15 hoặc 15/06/2026, hoặc để trống.", "Write 2026-06-15 or 15/06/2026, or leave it empty."
        ),
    )


_RULES: tuple[Callable[[_Row, _Book], Issue | None], ...] = (
    _unknown_kind,
    _unknown_applicant,
    _nothing_held,
    _lapsed_but_confirmed,
    _wrong_school,
    _wrong_wish,
    _long_reason,
    _wrong_day,
)


def _set_aside_contradictions(checks: RecordChecks, rows: pd.DataFrame, *, any_id: bool) -> None:
    """Set aside all rows of an applicant for whom they say different things; of identical ones keep the first."""
    good = rows[~checks.aside]
    twice = good[good["applicant_no"].duplicated(keep=False)]
    for number, own in twice.groupby("applicant_no", sort=False):
        value = shown(str(number), any_id=any_id)
        distinct = own.drop_duplicates()
        if len(distinct) == 1:
            for record in own.index[1:]:
                checks.note(int(record), _repeated(value))
        elif not _go_together(distinct):
            kinds = ", ".join(sorted(set(distinct["change"])))
            for record in own.index:
                checks.note(int(record), _contradiction(value, kinds))


def _go_together(rows: pd.DataFrame) -> bool:
    kinds = rows["change"].tolist()
    return len(kinds) == 2 and Change.APPEAL_UPHELD in kinds and any(kind in kinds for kind in _ALONGSIDE_APPEAL)  # noqa: PLR2004 - a pair


def _repeated(value: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="change_repeated",
        field="applicant_no",
        value=value,
        message=Text("Dòng lặp lại y hệt; chỉ giữ một.", "The row is repeated; one was kept."),
    )


def _contradiction(value: str, kinds: str) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="changes_contradict",
        field="applicant_no",
        value=value,
        message=Text(
            f"Các dòng của em này mâu thuẫn ({kinds}); tất cả được để riêng.",
            f"The rows of this child contradict each other ({kinds}); all of them were set aside.",
        ),
        hint=Text("Giữ lại một dòng đúng.", "Keep the one that is right."),
    )


def _about(row: _Row, book: _Book, code: str, message: Text, *, hint: Text = NO_TEXT) -> Issue:
    value = shown(row["applicant_no"], any_id=book.any_id)
    return Issue(severity=Severity.ERROR, code=code, field="applicant_no", value=value, message=message, hint=hint)


def _error(code: str, *, field: str, value: str, message: Text, hint: Text = NO_TEXT) -> Issue:
    return Issue(severity=Severity.ERROR, code=code, field=field, value=value, message=message, hint=hint)
