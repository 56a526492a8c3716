"""Features out of tables: CSV files with coordinates, and GeoParquet. No map driver is involved."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from basemap.model import Attribute, Kind
from basemap.source_model import SourceFile
from basemap.values import coerce_column
from spatial.crs import WGS84
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text, to_nfc

_IN_DEGREES = (("lon", "lat"), ("lng", "lat"), ("long", "lat"), ("longitude", "latitude"), ("kinh_do", "vi_do"))
_IN_METRES = (("x", "y"), ("e", "n"), ("east", "north"), ("easting", "northing"))
_DELIMITERS = (";", "\t", ",")
_DECIMAL_COMMA = r"^\s*([+-]?\d+),(\d+)\s*$"
_MOST_EXPANSION = 50
"""A Parquet file that claims more than this many bytes for each of its own was made to burst."""


class TableRead(NamedTuple):
    """Features, what the table says of its coordinate system, and findings."""

    frame: gpd.GeoDataFrame
    label: str | None
    issues: list[Issue]


def read_csv(source: SourceFile) -> TableRead:
    """Read points from columns ``lon, lat`` (WGS84 unless stated otherwise) or ``x, y`` (whose system must be stated).

    Raises
    ------
    InputError
        It is no table, or has no pair of coordinate columns.
    """
    text, issues = _decoded(Path(source.address).read_bytes(), source)
    header, rows = _rows(text, source)
    wrong = [number for number, row in enumerate(rows, start=2) if len(row) != len(header)]
    if wrong:
        issues.append(_wrong_width(source, rows=wrong))
    cells = [(row + [""] * len(header))[: len(header)] for row in rows]
    frame = pd.DataFrame(cells, columns=header, dtype=object)
    x_name, y_name, label = _coordinate_columns(header, source)
    x, y = (_numbers(frame[name], name) for name in (x_name, y_name))
    is_known = np.isfinite(x) & np.isfinite(y)
    # A row of the wrong width has its cells in the wrong columns: it stands aside without a place.
    is_known[[number - 2 for number in wrong]] = False
    places = np.full(len(frame), None, dtype=object)
    places[is_known] = shapely.points(x[is_known], y[is_known])
    return TableRead(gpd.GeoDataFrame(frame, geometry=places), label, issues)


def read_parquet(source: SourceFile) -> TableRead:
    """Read a GeoParquet file.

    Raises
    ------
    InputError
        It is damaged, has no geometry, or claims to unpack to far more than its size.
    """
    copy = Path(source.address)
    try:
        described = pq.ParquetFile(copy).metadata
        unpacked = sum(described.row_group(number).total_byte_size for number in range(described.num_row_groups))
        if unpacked > _MOST_EXPANSION * copy.stat().st_size + (1 << 24):
            raise _unreadable(source, Text("bung ra quá lớn", "it unpacks to too much"), code="file_bursts")
        frame = gpd.read_parquet(copy)
    except MemoryError:
        # Arrow's is also one of its own exceptions.
        raise
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError, shapely.errors.ShapelyError) as error:
        why = Text("hỏng, hoặc không có hình học GeoParquet", "it is damaged, or has no GeoParquet geometry")
        raise _unreadable(source, why) from error
    frame = frame.reset_index(drop=True)
    return TableRead(frame, None if frame.crs is None else frame.crs.to_wkt(), [])


def _unreadable(source: SourceFile, why: Text, *, code: str = "file_unreadable") -> InputError:
    return InputError(
        Text(f"Không đọc được tệp: {why.vi}.", f"The file cannot be read: {why.en}."),
        hint=Text("Xuất lại thành GeoPackage.", "Export it again as GeoPackage."),
        subject=source.name,
        code=code,
    )


def _decoded(data: bytes, source: SourceFile) -> tuple[str, list[Issue]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), []
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        issue = Issue(
            severity=Severity.WARNING,
            code="encoding_unknown",
            file=source.name,
            message=Text("Tệp không phải UTF-8; chữ có thể sai.", "The file is not UTF-8; letters may be wrong."),
            hint=Text("Lưu lại dạng CSV UTF-8.", "Save it again as CSV UTF-8."),
        )
        return data.decode("iso-8859-1"), [issue]


def _rows(text: str, source: SourceFile) -> tuple[list[str], list[list[str]]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text.strip("\r\n")), delimiter=delimiter, strict=True))
    except csv.Error as error:
        why = Text("không phải bảng CSV (dấu ngoặc kép không đóng?)", "it is no CSV table (an open quotation mark?)")
        raise _unreadable(source, why) from error
    header = [to_nfc(name) for name in rows[0]] if rows else []
    if len(rows) < 2 or len(set(header)) != len(header):  # noqa: PLR2004 - a header and one row
        raise _unreadable(
            source, Text("không có dòng nào, hoặc hai cột cùng tên", "it has no row, or two columns of one name")
        )
    return header, rows[1:]


def _coordinate_columns(header: list[str], source: SourceFile) -> tuple[str, str, str | None]:
    by_folded_name = {name.casefold(): name for name in header}
    for pairs, label in ((_IN_DEGREES, WGS84), (_IN_METRES, None)):
        for x_name, y_name in pairs:
            if x_name in by_folded_name and y_name in by_folded_name:
                return by_folded_name[x_name], by_folded_name[y_name], label
    raise InputError(
        Text("Không thấy cột tọa độ.", "No columns hold coordinates."),
        hint=Text("Đặt tên cột lon, lat hoặc x, y (x là hướng đông).", "Name them lon, lat or x, y (x: easting)."),
        subject=source.name,
        code="coordinates_missing",
    )


def _numbers(column: "pd.Series[object]", name: str) -> npt.NDArray[np.float64]:
    # Three digits behind a comma are thousands elsewhere; a coordinate is never written with thousands in mind.
    column = column.str.replace(_DECIMAL_COMMA, r"\1.\2", regex=True)
    coerced = coerce_column(column, Attribute(name=name, kind=Kind.REAL, label=NO_TEXT))
    return np.array([np.nan if value is None else value for value in coerced.items], dtype=np.float64)


def _wrong_width(source: SourceFile, *, rows: list[int]) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="row_width",
        file=source.name,
        row=rows[0],
        value=str(len(rows)),
        message=Text(
            f"{len(rows)} dòng có số ô khác dòng tiêu đề; để riêng.",
            f"{len(rows)} rows have another number of cells than the header; they stand aside.",
        ),
        hint=Text("Kiểm tra dấu phân cách và ngoặc kép.", "Check separators and quotation marks."),
    )
