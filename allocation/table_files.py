"""CSV and Parquet files as tables of clean text, each row with the number that a person would count.

What a spreadsheet did to a file on its way (byte-order marks, UTF-16, the old Vietnamese code page, semicolons,
decomposed letters, blank lines) is undone and said; what is no table at all is refused with its likely nature.
"""

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from allocation.open_quotes import has_open_quote, without_open_quotes
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text, to_nfc

DELIMITERS = (",", ";", "\t", "|")
_FIRST_ROW = 2
_HEADER_SAMPLE_BYTES = 1 << 20
_OTHER_KINDS: tuple[tuple[bytes, Text], ...] = (
    (b"PK\x03\x04", Text("tệp Excel (.xlsx) hoặc tệp nén", "an Excel workbook (.xlsx) or a zip archive")),
    (b"\xd0\xcf\x11\xe0", Text("tệp Excel đời cũ (.xls)", "an old Excel workbook (.xls)")),
    (b"SQLite format 3", Text("cơ sở dữ liệu GeoPackage hoặc SQLite", "a GeoPackage or SQLite database")),
    (b"%PDF", Text("tệp PDF", "a PDF document")),
    (b"{", Text("tệp JSON hoặc GeoJSON", "a JSON or GeoJSON file")),
    (b"<", Text("tệp XML hoặc trang web", "an XML file or a web page")),
)
_PARQUET_START = b"PAR1"
_NAMELESS = "#"
_HIDDEN_LETTERS = r"\p{Cf}"
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceTable:
    """A table as it came.

    Parameters
    ----------
    file
        Name of the file, without its folder; of several that were joined (`allocation.joined_tables`) all names.
    frame
        Columns of text, trimmed and in NFC; a missing value is the empty string. Names are in lower case.
    row
        For each record the row as a person counts it: the header is row 1.
    issues
        What reading had to undo or leave out.
    files
        For each record the file that it comes from; None where all come from ``file``.
    """

    file: str
    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    issues: tuple[Issue, ...] = field(default=())
    files: npt.NDArray[np.object_] | None = None

    def column(self, name: str) -> pd.Series:
        """Return a column, or empty strings where the file has none of that name."""
        if name in self.frame.columns:
            return self.frame[name]
        return pd.Series("", index=self.frame.index, dtype="str", name=name)

    def has(self, *names: str) -> bool:
        """Tell whether the file has all these columns."""
        return all(name in self.frame.columns for name in names)

    def file_at(self, record: int) -> str:
        """Return the name of the file that a record comes from."""
        return self.file if self.files is None else str(self.files[record])

    def only(self, kept: npt.NDArray[np.bool_]) -> "SourceTable":
        """Return the table with some of its records."""
        files = None if self.files is None else self.files[kept]
        return replace(self, frame=self.frame[kept].reset_index(drop=True), row=self.row[kept], files=files)


def read_table(path: Path, *, coded: Collection[str] = ()) -> SourceTable:
    """Read a CSV or Parquet file.

    Parameters
    ----------
    coded
        Columns with few distinct texts in many rows. Of a Parquet file they come as categories, at a fraction of time
        and memory; as text like all others where a cell is empty or has to be cleaned.

    Raises
    ------
    InputError
        There is no such file, it is empty, or it is neither CSV nor Parquet; the message says what it looks like.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise InputError(
            Text("Không có tệp này.", "There is no such file."),
            hint=Text("Kiểm tra đường dẫn.", "Check the path."),
            subject=str(path),
        ) from error
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise InputError(Text("Tệp rỗng.", "The file is empty."), subject=path.name)
    if data.startswith(_PARQUET_START):
        return _from_parquet(data, path.name, coded=coded)
    if path.suffix.lower() in {".parquet", ".pq"}:
        raise InputError(Text("Không phải tệp Parquet.", "This is no Parquet file."), subject=path.name)
    return _from_csv(data, path.name)


def _from_parquet(data: bytes, file: str, *, coded: Collection[str]) -> SourceTable:
    try:
        names = pq.read_schema(pa.BufferReader(data)).names
        clean_names = _column_names(names, file)
        by_code = [raw for raw, name in zip(names, clean_names, strict=True) if name in coded]
        table = pq.read_table(pa.BufferReader(data), read_dictionary=by_code)
    except pa.ArrowException as error:
        raise InputError(Text("Tệp Parquet bị hỏng.", "The Parquet file is damaged."), subject=file) from error
    columns, issues, categories = {}, [], {}
    for name, column in zip(clean_names, table.itercolumns(), strict=True):
        if name in coded and (found := _categories(column)) is not None:
            categories[name] = found
            continue
        if _PANDAS_INDEX.fullmatch(name):
            continue
        try:
            columns[name] = _as_text(column)
        except pa.ArrowException:
            columns[name] = pa.chunked_array([pa.nulls(len(column), pa.string())])
            issues.append(_no_text(file, name, kind=str(column.type)))
    row = np.arange(_FIRST_ROW, _FIRST_ROW + table.num_rows)
    numbers = frozenset(name for name, column in zip(clean_names, table.columns, strict=True) if _is_number(column))
    if not columns:
        return SourceTable(file=file, frame=pd.DataFrame(categories), row=row)
    text = _clean(
        pa.table(columns), file=file, row=row, issues=issues, numbers=numbers, keeps_blank_rows=bool(categories)
    )
    if not categories:
        return text
    frame = pd.DataFrame(categories)
    return replace(text, frame=frame.assign(**{name: text.frame[name] for name in text.frame}))


def _categories(column: pa.ChunkedArray) -> pd.Categorical | None:
    """Return a column as categories; None where a cell is empty or its text would have to be cleaned."""
    if not pa.types.is_dictionary(column.type) or column.null_count or not len(column):
        return None
    column = column.unify_dictionaries()
    values = column.chunk(0).dictionary.cast(pa.string())
    plain = pc.and_(pc.string_is_ascii(values), pc.equal(values, pc.utf8_trim_whitespace(values)))
    if not pc.all(pc.and_(plain, pc.not_equal(values, ""))).as_py():
        return None
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
    return pd.Categorical.from_codes(codes, categories=values.to_pandas())


def _is_number(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_integer(column.type))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text; a moment is written as clocks show it in the zone that the file names."""
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = pc.local_timestamp(column)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string())


def _no_text(file: str, name: str, *, kind: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="column_not_readable",
        file=file,
        field=name,
        message=Text(f"Cột kiểu {kind}, không đọc được.", f"The column is of the kind {kind} and cannot be read."),
        hint=Text("Xuất cột này ở dạng văn bản hoặc số.", "Export it as text or numbers."),
    )


def _from_csv(data: bytes, file: str) -> SourceTable:
    data, issues = _as_utf8(data, file)
    data, blank_count = _from_first_line(data)
    delimiter = _delimiter_of(data)
    header = _header_of(data, delimiter, file)
    if has_open_quote(data, delimiter=delimiter):
        data, open_lines = without_open_quotes(data)
        if 1 in open_lines:
            raise _no_csv(file)
        issues.extend(_open_quote(file, row=number + blank_count) for number in open_lines)
    table, left_out = _parsed(data, delimiter=delimiter, width=len(header), file=file)
    row = np.delete(np.arange(1, table.num_rows + len(left_out) + 1), [row.number - 1 for row in left_out])
    issues.extend(_wrong_width(record, file, row=record.number + blank_count) for record in left_out)
    table = table.slice(1).rename_columns(_column_names(header, file))
    return _clean(table, file=file, row=row[1:] + blank_count, issues=issues)


def _parsed(data: bytes, *, delimiter: str, width: int, file: str) -> tuple[pa.Table, list[pa_csv.InvalidRow]]:
    """Return all rows with ``width`` cells as text, the header among them, and the rows of another width."""
    left_out: list[pa_csv.InvalidRow] = []

    def leave_out(row: pa_csv.InvalidRow) -> str:
        left_out.append(row)
        return "skip"

    names = [str(number) for number in range(width)]
    try:
        table = pa_csv.read_csv(
            io.BytesIO(data),
            read_options=pa_csv.ReadOptions(use_threads=False, column_names=names, skip_rows=0),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=b'"' in data,
                ignore_empty_lines=False,
                invalid_row_handler=leave_out,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise _no_csv(file) from error
    return table, left_out


def _no_csv(file: str) -> InputError:
    return InputError(
        Text("Không đọc được như một bảng CSV.", "This cannot be read as a CSV table."),
        hint=Text("Xuất lại ở dạng CSV UTF-8.", "Export it again as CSV UTF-8."),
        subject=file,
    )


def _open_quote(file: str, *, row: int) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="quote_not_closed",
        file=file,
        row=row,
        message=Text("Dấu ngoặc kép không đóng trong dòng này.", "A quotation mark is not closed in this line."),
        hint=Text("Thêm hoặc bỏ một dấu ngoặc kép.", "Add or remove a quotation mark."),
    )


def _from_first_line(data: bytes) -> tuple[bytes, int]:
    """Return the text from its first line with content on, line ends of old Macs turned, and the blank lines before."""
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    content = data.lstrip(b" \r\n")
    return content, data[: len(data) - len(content)].count(b"\n")


def _as_utf8(data: bytes, file: str) -> tuple[bytes, list[Issue]]:
    """Return the text as UTF-8 without byte-order mark, and what was done to it."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    for start, kind in _OTHER_KINDS:
        if data.lstrip().startswith(start):
            raise _not_a_table(kind, file)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16", file).encode(), [_encoding_issue("UTF-16", file)]
    if b"\x00" in data:
        raise _not_a_table(Text("tệp nhị phân", "a binary file"), file)
    try:
        data.decode()
    except UnicodeDecodeError:
        return _decoded(data, "cp1258", file).encode(), [_encoding_issue("Windows-1258", file)]
    return data, []


def _decoded(data: bytes, encoding: str, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            Text("Không nhận ra bảng mã của tệp.", "The encoding of the file is not recognised."),
            hint=Text("Lưu lại ở dạng CSV UTF-8.", "Save it again as CSV UTF-8."),
            subject=file,
        ) from error


def _not_a_table(kind: Text, file: str) -> InputError:
    return InputError(
        Text(f"Không phải CSV hay Parquet: có vẻ là {kind.vi}.", f"Neither CSV nor Parquet: it looks like {kind.en}."),
        hint=Text("Xuất bảng ra CSV UTF-8 hoặc Parquet.", "Export the table as CSV UTF-8 or Parquet."),
        subject=file,
    )


def _encoding_issue(encoding: str, file: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="encoding",
        file=file,
        message=Text(f"Tệp không phải UTF-8, đã đọc theo {encoding}.", f"Not UTF-8; it was read as {encoding}."),
        hint=Text(
            "Kiểm tra dấu tiếng Việt, hoặc lưu lại ở dạng CSV UTF-8.",
            "Check the Vietnamese letters, or save it again as CSV UTF-8.",
        ),
    )


def _delimiter_of(data: bytes) -> str:
    first_line = data[:_HEADER_SAMPLE_BYTES].split(b"\n", 1)[0].decode(errors="replace")
    return max(DELIMITERS, key=first_line.count)


def _header_of(data: bytes, delimiter: str, file: str) -> list[str]:
    sample = io.StringIO(data[:_HEADER_SAMPLE_BYTES].decode(errors="replace"), newline="")
    try:
        return next(csv.reader(sample, delimiter=delimiter))
    except csv.Error as error:
        raise _no_csv(file) from error


def _column_names(names: Sequence[str], file: str) -> list[str]:
    clean = [to_nfc(name).strip("'\" ").lower() or f"{_NAMELESS}{at}" for at, name in enumerate(names, start=1)]
    twice = sorted({name for name in clean if clean.count(name) > 1})
    if twice:
        raise InputError(
            Text(f"Cột {twice[0]!r} có hai lần.", f"The column {twice[0]!r} is there twice."),
            hint=Text("Bỏ một cột.", "Remove one of them."),
            subject=file,
        )
    return clean


def _wrong_width(record: pa_csv.InvalidRow, file: str, *, row: int) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="column_count",
        file=file,
        row=row,
        message=Text(
            f"Dòng có {record.actual_columns} ô, tiêu đề có {record.expected_columns}.",
            f"The row has {record.actual_columns} cells, the header {record.expected_columns}.",
        ),
        hint=Text("Kiểm tra dấu phân cách và dấu ngoặc kép.", "Check delimiters and quotation marks."),
    )


def _clean(
    table: pa.Table,
    *,
    file: str,
    row: npt.NDArray[np.int64],
    issues: list[Issue],
    numbers: frozenset[str] = frozenset(),
    keeps_blank_rows: bool = False,
) -> SourceTable:
    """Return the table with cells trimmed and in NFC, blank rows left out; ``numbers`` are columns of digits alone."""
    columns = {}
    for name in table.column_names:
        if name in numbers:
            columns[name] = pc.fill_null(table[name], "")
            continue
        trimmed = pc.utf8_trim_whitespace(pc.fill_null(table[name], ""))
        if not _is_ascii(trimmed):
            trimmed = pc.utf8_trim_whitespace(pc.replace_substring_regex(trimmed, _HIDDEN_LETTERS, ""))
        composed = pc.utf8_normalize(trimmed, form="NFC") if not _is_ascii(trimmed) else trimmed
        changed = np.flatnonzero(pc.not_equal(composed, trimmed).to_numpy())
        if len(changed):
            issues.append(_decomposed(file, name, row=int(row[changed[0]]), count=len(changed)))
        if name.startswith(_NAMELESS) and not pc.any(pc.not_equal(composed, "")).as_py():
            continue
        columns[name] = composed
    frame = pa.table(columns).to_pandas()
    filled = np.zeros(len(frame), dtype=bool)
    for column in columns.values():
        filled |= pc.not_equal(column, "").to_numpy()
    if not filled.all() and not keeps_blank_rows:
        frame, row = frame[filled].reset_index(drop=True), row[filled]
    return SourceTable(file=file, frame=frame, row=row, issues=tuple(issues))


def _is_ascii(column: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.string_is_ascii(column)).as_py())


def _decomposed(file: str, name: str, *, row: int, count: int) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="nfd_text",
        file=file,
        row=row,
        field=name,
        message=Text(
            f"{count} ô viết dấu tiếng Việt rời (NFD), từ dòng này trở đi; đã ghép lại (NFC).",
            f"{count} cells from this row on have decomposed letters (NFD); they were composed (NFC).",
        ),
        hint=NO_TEXT,
    )
