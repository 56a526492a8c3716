"""A table that an office keeps, CSV or XLSX, as rows of text: every cell as a person reads it.

A workbook is a ZIP archive of XML. What it claims is not believed: it is looked at before any reader sees it, and read
in a process of its own, because one cell in the farthest corner makes the reader ask for all cells before it.
"""

import csv
import io
import stat
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from spatial.confined import Bounds, ConfinedError, confined
from spatial.errors import InputError
from spatial.text import Text, to_nfc

MOST_ROWS_COUNT = 100_000
READING = Bounds(memory_bytes=1_500_000_000, time_s=120)

_LARGEST_FILE_BYTES, _LARGEST_UNPACKED_BYTES = 100_000_000, 400_000_000
_MOST_RATIO, _RATIO_COUNTS_FROM_BYTES = 200, 10_000_000
_MOST_ENTRIES_COUNT, _MOST_COLUMNS_COUNT = 2_000, 500
_ZIP_MAGIC, _OLD_OFFICE_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = ";\t,|"
_LARGEST_WHOLE_REAL_COUNT = 2**53
_SAVE_AS_XLSX = Text(
    "Lưu lại dạng .xlsx hoặc CSV UTF-8, không mật khẩu.", "Save it as .xlsx or CSV UTF-8, no password."
)
_DIVIDE = Text("Chia nhỏ, mỗi tệp tối đa 100.000 dòng.", "Divide it: at most 100,000 rows a file.")
_COPY_VALUES = Text(
    "Chép riêng vùng dữ liệu sang một tệp mới rồi lưu lại.", "Copy the filled cells alone into a new file and save it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with its header; every row has as many cells as the header, and knows its number in the file.

    Parameters
    ----------
    row_numbers
        As a person counts: the header is row 1.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]


def read_sheet(path: Path, *, most_rows_count: int = MOST_ROWS_COUNT, bounds: Bounds = READING) -> Sheet:
    """Read the first sheet of a workbook, or a CSV file in UTF-8 or UTF-16; empty rows are passed over.

    Raises
    ------
    InputError
        No such file, of another kind, made to burst, locked, damaged, without a header, or with too many rows.
    """
    if not path.is_file():
        raise InputError(
            Text("Không có tệp này.", "There is no such file."),
            hint=Text("Kiểm tra đường dẫn và tên tệp.", "Check the folder and the name."),
            subject=str(path),
            code="file_missing",
        )
    if path.stat().st_size > _LARGEST_FILE_BYTES:
        raise _refused(path, Text("Tệp quá lớn.", "The file is too large."), _DIVIDE, code="file_too_large")
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic == _OLD_OFFICE_MAGIC:
        why = Text("Tệp Excel cũ (.xls) hoặc có mật khẩu.", "An old (.xls) or locked Excel workbook.")
        raise _refused(path, why, _SAVE_AS_XLSX, code="workbook_locked_or_old")
    if magic == _ZIP_MAGIC:
        _must_be_harmless(path)
        try:
            table = confined(_rows_of_workbook, bounds, path, most_rows_count)
        except ConfinedError as error:
            why = Text(
                "Bảng tính này vượt quá giới hạn bộ nhớ hoặc thời gian đọc.",
                "Reading this workbook took more memory or time than allowed.",
            )
            raise _refused(path, why, _COPY_VALUES, code="workbook_bursts") from error
    else:
        table = _rows_of_csv(path, most_rows_count)
    return _sheet(path, table)


def _must_be_harmless(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        why = Text("Tệp .xlsx hỏng hoặc chép chưa hết.", "The workbook is damaged or cut off.")
        raise _refused(path, why, _SAVE_AS_XLSX, code="workbook_damaged") from error
    unpacked_bytes = sum(entry.file_size for entry in entries)
    bursts = any(
        entry.file_size > _RATIO_COUNTS_FROM_BYTES and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if bursts or unpacked_bytes > _LARGEST_UNPACKED_BYTES or len(entries) > _MOST_ENTRIES_COUNT:
        why = Text("Tệp .xlsx này bung ra quá lớn.", "This workbook unpacks to far too much.")
        raise _refused(path, why, _COPY_VALUES, code="workbook_bursts")
    if not any(entry.filename == "xl/workbook.xml" for entry in entries) or any(
        stat.S_ISLNK(entry.external_attr >> 16) for entry in entries
    ):
        why = Text("Tệp nén này không phải bảng tính .xlsx.", "This archive is no .xlsx workbook.")
        raise _refused(path, why, _SAVE_AS_XLSX, code="not_a_workbook")


def _rows_of_workbook(path: Path, most_rows_count: int) -> list[list[str]]:
    """Return the rows of the first visible sheet; runs in a process of its own."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            names = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
            ]
            if not names:
                why = Text("Không có trang tính nào hiện ra.", "The workbook has no visible sheet.")
                raise _refused(path, why, _SAVE_AS_XLSX, code="sheet_missing")
            sheet = book.get_sheet_by_name(names[0])
            last_row, last_column = sheet.end or (0, 0)
            if last_row > most_rows_count:
                raise _too_many(path, last_row)
            if last_column >= _MOST_COLUMNS_COUNT:
                why = Text(f"Có tới {last_column + 1} cột.", f"It has {last_column + 1} columns.")
                raise _refused(path, why, _COPY_VALUES, code="too_many_columns")
            return [[_as_read(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except PasswordError as error:
        why = Text("Bảng tính có mật khẩu.", "The workbook is locked.")
        raise _refused(path, why, _SAVE_AS_XLSX, code="workbook_locked_or_old") from error
    except (CalamineError, OSError, ValueError) as error:
        why = Text("Không đọc được bảng tính này.", "The workbook cannot be read.")
        raise _refused(path, why, _SAVE_AS_XLSX, code="workbook_damaged") from error


def _as_read(cell: object) -> str:
    """Return a cell as a person reads it: a number without ``.0``, a day as year-month-day."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _LARGEST_WHOLE_REAL_COUNT:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _rows_of_csv(path: Path, most_rows_count: int) -> list[list[str]]:
    text = _decoded(path)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(row)
            if len(rows) > most_rows_count + 1:
                raise _too_many(path, text.count("\n"))
    except csv.Error as error:
        where = Text(f"Dòng {len(rows) + 1} không phải CSV.", f"Row {len(rows) + 1} is not CSV.")
        hint = Text("Ngoặc kép mở phải có ngoặc kép đóng.", "An opened quotation mark has to be closed.")
        raise _refused(path, where, hint, code="csv_damaged") from error
    return rows


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _no_text(path) from error
    if "\x00" in text:
        raise _no_text(path)
    return text


def _no_text(path: Path) -> InputError:
    why = Text("Tệp không phải văn bản UTF-8 hay bảng tính .xlsx.", "The file is neither UTF-8 text nor .xlsx.")
    return _refused(path, why, _SAVE_AS_XLSX, code="encoding_unread")


def _sheet(path: Path, table: list[list[str]]) -> Sheet:
    width = max((len(row) for row in table), default=0)
    filled = [(number, row) for number, row in enumerate(table, start=1) if any(cell.strip() for cell in row)]
    if not filled or width > _MOST_COLUMNS_COUNT:
        why = Text("Bảng trống, hoặc không phải bảng.", "The table is empty, or is no table.")
        raise _refused(path, why, _COPY_VALUES, code="sheet_empty")
    (_, head), *body = filled
    cells = [tuple((row + [""] * width)[:width]) for _, row in body]
    header = tuple(to_nfc(name) for name in (head + [""] * width)[:width])
    return Sheet(file=path.name, header=header, rows=tuple(cells), row_numbers=tuple(number for number, _ in body))


def _too_many(path: Path, count: int) -> InputError:
    why = Text(f"Tệp có {count:,} dòng.".replace(",", "."), f"The file has {count:,} rows.")
    return _refused(path, why, _DIVIDE, code="too_many_rows")


def _refused(path: Path, why: Text, hint: Text, *, code: str) -> InputError:
    return InputError(why, hint=hint, subject=path.name, code=code)
