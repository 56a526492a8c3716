"""Many parcels at once: each row of an office's table is one question and gets one answer."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from basemap.spreadsheets import Sheet
from permits.column_names import columns_missing, fields_of
from permits.lookup import Desk, Found
from permits.parcels import Parcel, keys_to_choose
from spatial.errors import DataUnavailableError, InputError
from spatial.text import NO_TEXT, Text

FIELDS = (
    "parcel_key",
    "national_parcel_id",
    "ward_code",
    "map_sheet",
    "parcel_no",
    "x",
    "y",
    "lon",
    "lat",
    "address",
)
RESULT_COLUMNS = (
    "parcel_status",
    "parcel_key_found",
    "parcel_national_id",
    "parcel_registered_area_m2",
    "parcel_measured_area_m2",
    "parcel_land_use",
    "parcel_address",
    "parcel_reason",
    "parcel_reason_text",
    "parcel_candidates",
)
"""Columns beside what was asked; the candidates are one text."""

_NEEDED = Text(
    "Cần một trong: tờ và thửa (thêm phường cũ), mã thửa, mã định danh, địa chỉ, X và Y, kinh độ và vĩ độ.",
    "One of these is needed: sheet and number (also old ward), key, national id, address, X and Y, lon and lat.",
)
_NOTHING_ASKED = Text("Dòng này không ghi thửa nào.", "This row names no parcel.")
_MOST_CANDIDATES_SHOWN_COUNT = 20


class RowStatus(StrEnum):
    """How a row ended."""

    FOUND = "found"
    SEVERAL = "several"
    NOT_FOUND = "not_found"
    BAD_ROW = "bad_row"
    NOT_CHECKED = "not_checked"


STATUS_LABELS: Mapping[RowStatus, Text] = {
    RowStatus.FOUND: Text("tìm thấy", "found"),
    RowStatus.SEVERAL: Text("nhiều thửa", "several"),
    RowStatus.NOT_FOUND: Text("không thấy", "not found"),
    RowStatus.BAD_ROW: Text("dòng lỗi", "bad row"),
    RowStatus.NOT_CHECKED: Text("chưa tra được", "not checked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAnswer:
    """The answer of one row; of several parcels none is the answer, all are candidates."""

    status: RowStatus
    parcel: Parcel | None = None
    candidates: tuple[Parcel, ...] = ()
    reason_code: str = ""
    reason: Text = NO_TEXT

    def cells(self, language: str) -> tuple[str | float | None, ...]:
        """Return the cells of `RESULT_COLUMNS`."""
        one = self.parcel
        keys = keys_to_choose(self.candidates)
        more = " …" if len(keys) > _MOST_CANDIDATES_SHOWN_COUNT else ""
        return (
            self.status.value,
            one.key if one else None,
            one.national_parcel_id if one else None,
            one.registered_area_m2 if one else None,
            round(one.place.area_m2, 2) if one else None,
            one.land_use_code if one else None,
            one.address if one else None,
            self.reason_code or None,
            self.reason.in_language(language) or None,
            "; ".join(keys[:_MOST_CANDIDATES_SHOWN_COUNT]) + more or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """How many rows ended how; every status is named, also at zero."""

    row_count: int
    count_by_status: Mapping[RowStatus, int]

    def sentence(self) -> Text:
        """Return the shares in one line."""
        said = []
        for at in (0, 1):
            shares = [
                f"{STATUS_LABELS[status][at]} {100 * count / max(self.row_count, 1):.1f} % ({count})"
                for status, count in self.count_by_status.items()
            ]
            said.append("; ".join(shares))
        return Text(f"{self.row_count} dòng: {said[0].replace('.', ',')}.", f"{self.row_count} rows: {said[1]}.")

    def to_json(self) -> dict[str, object]:
        """Return counts and shares for programs."""
        return {
            "row_count": self.row_count,
            "statuses": {
                status.value: {"count": count, "share_ratio": round(count / max(self.row_count, 1), 6)}
                for status, count in self.count_by_status.items()
            },
        }


def answer_rows(
    sheet: Sheet, desk: Desk, *, crs: str | None = None, on_progress: Callable[[int], None] | None = None
) -> list[RowAnswer]:
    """Answer every row, in the order of the table; a bad row is an answer too, and the rest goes on.

    Parameters
    ----------
    crs
        Of the columns X and Y; None: found out row by row.
    on_progress
        Called with the number of rows done.

    Raises
    ------
    InputError
        No column names a parcel, two columns are the same thing, or the table already holds answers.
    """
    if set(sheet.header) & set(RESULT_COLUMNS):
        raise InputError(
            Text("Bảng đã có cột kết quả tra cứu.", "The table already holds columns of answers."),
            hint=Text("Dùng tệp gốc.", "Take the original file."),
            subject=sheet.file,
            code="columns_rival",
        )
    positions = fields_of(sheet.header, FIELDS, file=sheet.file)
    if not _may_ask(positions):
        raise columns_missing(sheet.header, file=sheet.file, needed=_NEEDED)
    answers = []
    for count, cells in enumerate(sheet.rows, start=1):
        row = {name: cells[position].strip() for name, position in positions.items()}
        answers.append(_answer(row, desk, crs=crs))
        if on_progress is not None:
            on_progress(count)
    return answers


def report_of(answers: Sequence[RowAnswer]) -> BatchReport:
    """Return how many rows ended how."""
    counts = Counter(answer.status for answer in answers)
    return BatchReport(row_count=len(answers), count_by_status={status: counts[status] for status in RowStatus})


def _may_ask(names: Mapping[str, object]) -> bool:
    alone = {"parcel_key", "national_parcel_id", "address"} & set(names)
    return bool(alone) or any({first, second} <= set(names) for first, second in _PAIRS)


_PAIRS = (("map_sheet", "parcel_no"), ("x", "y"), ("lon", "lat"))


def _answer(row: Mapping[str, str], desk: Desk, *, crs: str | None) -> RowAnswer:
    try:
        found = _asked(row, desk, crs=crs)
    except InputError as error:
        reason = Text(*(error.sentence(language) for language in ("vi", "en")))
        return RowAnswer(status=RowStatus.BAD_ROW, reason_code=error.code, reason=reason)
    except DataUnavailableError as error:
        # Without address layers the rows that ask by address wait, and the others go on.
        if desk.geocode is not None or not row.get("address"):
            raise
        reason = Text(*(error.sentence(language) for language in ("vi", "en")))
        return RowAnswer(status=RowStatus.NOT_CHECKED, reason_code=error.code, reason=reason)
    if found is None:
        return RowAnswer(status=RowStatus.BAD_ROW, reason_code="row_empty", reason=_NOTHING_ASKED)
    if found.miss is not None:
        return RowAnswer(
            status=RowStatus.NOT_FOUND,
            candidates=found.suggestions,
            reason_code=found.miss.code,
            reason=found.miss.sentence(),
        )
    note = Text(*(" ".join(note[at] for note in found.notes) for at in (0, 1)))
    if len(found.parcels) > 1:
        return RowAnswer(status=RowStatus.SEVERAL, candidates=found.parcels, reason_code="several_parcels", reason=note)
    return RowAnswer(status=RowStatus.FOUND, parcel=found.parcels[0], reason=note)


def _asked(row: Mapping[str, str], desk: Desk, *, crs: str | None) -> Found | None:
    """Ask by the surest thing that a row says: key, national id, sheet and number, place, address."""
    if key := row.get("parcel_key"):
        return desk.by_key(key)
    if national_id := row.get("national_parcel_id"):
        return desk.by_national_id(national_id)
    if row.get("map_sheet") or row.get("parcel_no"):
        sheet, number = row.get("map_sheet"), row.get("parcel_no")
        if not sheet or not number:
            raise InputError(
                Text("Thiếu số tờ hoặc số thửa.", "The sheet or the number is missing."), code="number_incomplete"
            )
        return desk.by_number(ward=row.get("ward_code"), map_sheet=sheet, parcel_no=number)
    for first, second in _PAIRS[1:]:
        if row.get(first) or row.get(second):
            numbers = (number_typed(row.get(first, "")), number_typed(row.get(second, "")))
            return desk.by_point(numbers, crs=crs if first == "x" else None)
    return desk.by_address(row["address"]) if row.get("address") else None


def number_typed(text: str) -> float:
    """Return a coordinate as people type it, with a point or a comma before the fraction. Raises InputError."""
    plain = "".join(text.split())
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        return float(plain)
    except ValueError as error:
        raise InputError(
            Text(f"{text!r} không phải là số.", f"{text!r} is no number."),
            hint=Text("Ví dụ 603701,19 hoặc 106.700.", "For example 603701.19 or 106.700."),
            code="coordinates_unread",
        ) from error
