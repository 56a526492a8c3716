"""Whether the features of a file are what their layer declares: good ones go on, bad ones stand aside with a reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from basemap.land_use import land_use_issues
from basemap.model import LAYERS, Attribute, Kind, LayerName, LayerSchema
from basemap.shapes import REPAIR_AREA_CHANGE_RATIO, Shaped, ShapeProblem, shape_geometries
from basemap.values import CoercedColumn, Problem, Value, coerce_column
from basemap.whereabouts import outside_country, to_degrees
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.territory import VIETNAM, Territory
from spatial.text import Text

FIRST_FEATURE_ROW_COUNT = 2
"""The row of the first feature as a person counts: the header is row 1."""

GEOMETRY = "geometry"
_WITHOUT_LEADING_ZEROS = frozenset({"map_sheet", "parcel_no"})
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What became of the features of one file.

    Parameters
    ----------
    accepted
        ``feature_id``, every attribute of the layer, and geometry in the declared shape; CRS of the file. The index
        is that of the frame that came in.
    quarantined
        The rows that stand aside, as they came in.
    issues
        By row; every quarantined row has at least one ERROR.
    """

    accepted: gpd.GeoDataFrame
    quarantined: gpd.GeoDataFrame
    issues: tuple[Issue, ...]


def validate_layer(
    frame: gpd.GeoDataFrame, layer: LayerName, *, file: str, territory: Territory = VIETNAM
) -> Validation:
    """Check ``frame`` against the declared schema of ``layer``.

    Parameters
    ----------
    frame
        Columns named after attributes (others are passed over), index 0..n-1 in the order of the file, with a CRS.
    file
        Name that the issues carry.
    territory
        Where features may lie.

    Raises
    ------
    InputError
        The frame carries no coordinate system.
    """
    if frame.crs is None:
        raise InputError(
            Text("Bảng không có hệ tọa độ.", "The frame has no coordinate system."),
            hint=Text("Ghi rõ bằng --crs EPSG:n.", "State it with --crs EPSG:n."),
            subject=file,
        )
    schema = LAYERS[layer]
    shaped = shape_geometries(np.asarray(frame.geometry.array, dtype=object).copy(), schema.shape)
    columns = {attribute.name: _column(frame, attribute) for attribute in schema.attributes}
    issues = [
        *_value_issues(frame, columns, file=file),
        *_required_issues(columns, schema, file=file),
        *_shape_issues(shaped, file=file),
        *_place_issues(frame, file=file, territory=territory),
        *_land_use_issues(columns, file=file),
    ]
    bad = _bad_positions(issues)
    keys = _keys(columns, schema, count=len(frame))
    issues += _duplicate_issues(keys, schema, bad=bad, file=file)
    bad = _bad_positions(issues)
    kept = np.array([position for position in range(len(frame)) if position not in bad], dtype=np.intp)
    return Validation(
        accepted=_accepted(frame, shaped, columns=columns, ids=_feature_ids(keys, kept), kept=kept),
        quarantined=frame.iloc[sorted(bad)],
        issues=tuple(sorted(issues, key=lambda issue: issue.row or 0)),
    )


def row_of(position: int) -> int:
    """Return the row, as a person counts it, of the feature at ``position`` (0 is the first)."""
    return int(position) + FIRST_FEATURE_ROW_COUNT


def _column(frame: gpd.GeoDataFrame, attribute: Attribute) -> CoercedColumn:
    if attribute.name not in frame.columns:
        return CoercedColumn(items=[None] * len(frame), problems={}, cleaned=[])
    column = coerce_column(frame[attribute.name], attribute)
    if attribute.name in _WITHOUT_LEADING_ZEROS:
        column.items[:] = [_without_leading_zeros(value) for value in column.items]
    return column


def _without_leading_zeros(value: Value) -> Value:
    return (value.lstrip("0") or "0") if isinstance(value, str) else value


def _bad_positions(issues: Iterable[Issue]) -> set[int]:
    return {
        issue.row - FIRST_FEATURE_ROW_COUNT
        for issue in issues
        if issue.severity is Severity.ERROR and issue.row is not None
    }


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _error(position: int, problem: Problem | ShapeProblem, *, file: str, field: str, value: str) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code=problem.code,
        file=file,
        row=row_of(position),
        field=field,
        value=value,
        message=problem.message,
        hint=problem.hint,
    )


def _value_issues(frame: gpd.GeoDataFrame, columns: Mapping[str, CoercedColumn], *, file: str) -> Iterable[Issue]:
    for name, column in columns.items():
        for position, problem in column.problems.items():
            raw = frame[name].iloc[position]
            yield _error(position, problem, file=file, field=name, value=_shown(raw))
        if column.cleaned:
            first = column.cleaned[0]
            count = len(column.cleaned)
            yield Issue(
                severity=Severity.INFO,
                code="text_normalised",
                file=file,
                row=row_of(first),
                field=name,
                value=_shown(column.items[first]),
                message=Text(
                    f"{count} giá trị được đưa về Unicode dựng sẵn (NFC), bỏ ký tự ẩn.",
                    f"{count} values were composed (NFC) and freed of hidden characters.",
                ),
                hint=Text("Không cần làm gì.", "Nothing to do."),
            )


def _required_issues(columns: Mapping[str, CoercedColumn], schema: LayerSchema, *, file: str) -> Iterable[Issue]:
    problem = Problem(
        "required_missing",
        Text("Thuộc tính bắt buộc bị trống.", "A required attribute is empty."),
        Text("Điền giá trị rồi nhập lại.", "Fill it in, then import again."),
    )
    for attribute in schema.attributes:
        column = columns[attribute.name]
        for position, value in enumerate(column.items):
            if attribute.required and value is None and position not in column.problems:
                yield _error(position, problem, file=file, field=attribute.name, value="")


def _shape_issues(shaped: Shaped, *, file: str) -> Iterable[Issue]:
    for position, problem in shaped.problems.items():
        yield _error(position, problem, file=file, field=GEOMETRY, value=_shown(problem.value))
    for position, reason in shaped.repaired.items():
        yield Issue(
            severity=Severity.WARNING,
            code="geometry_repaired",
            file=file,
            row=row_of(position),
            field=GEOMETRY,
            value=_shown(reason),
            message=Text(
                f"Hình học không hợp lệ đã được sửa, diện tích đổi không quá {REPAIR_AREA_CHANGE_RATIO:.1%}.",
                f"An invalid geometry was repaired; its area changed by at most {REPAIR_AREA_CHANGE_RATIO:.1%}.",
            ),
            hint=Text("Xem lại trên bản đồ.", "Look at it on the map."),
        )
    if shaped.body_count:
        yield Issue(
            severity=Severity.WARNING,
            code="bodies_became_plans",
            file=file,
            field=GEOMETRY,
            value=str(shaped.body_count),
            message=Text(
                f"{shaped.body_count} hình là khối có tường, mái và sàn; phần chiếm đất được lấy.",
                f"{shaped.body_count} shapes are bodies of walls, roof and floor; the ground under them was taken.",
            ),
            hint=Text("Xem lại trên bản đồ.", "Look at them on the map."),
        )
    if shaped.raised_count:
        yield Issue(
            severity=Severity.INFO,
            code="geometry_z_dropped",
            file=file,
            field=GEOMETRY,
            message=Text(
                f"{shaped.raised_count} hình học có độ cao Z; chỉ giữ tọa độ phẳng.",
                f"{shaped.raised_count} geometries carried heights (Z); only the plane was kept.",
            ),
        )


def _place_issues(frame: gpd.GeoDataFrame, *, file: str, territory: Territory) -> Iterable[Issue]:
    bounds = np.array(frame.geometry.bounds, dtype=np.float64)
    bounds[~np.isfinite(bounds).all(axis=1)] = np.nan
    crs = frame.crs.to_wkt()
    outside = np.flatnonzero(outside_country(bounds, crs=crs, territory=territory))
    corners = to_degrees(bounds[outside, :2], crs=crs)
    for position, corner in zip(outside, corners, strict=True):
        place = ", ".join(f"{degrees:.5f}" if np.isfinite(degrees) else "?" for degrees in corner)
        problem = Problem(
            "outside_country",
            Text(
                f"Đối tượng nằm ngoài {territory.name.vi} (kinh độ, vĩ độ).",
                f"The feature lies outside {territory.name.en} (lon, lat).",
            ),
            Text("Kiểm tra tọa độ của đối tượng này.", "Check the coordinates of this feature."),
        )
        yield _error(int(position), problem, file=file, field=GEOMETRY, value=place)


def _land_use_issues(columns: Mapping[str, CoercedColumn], *, file: str) -> Iterable[Issue]:
    if "land_use_code" not in columns:
        return ()
    texts, areas_m2 = (columns[name].items for name in ("land_use_code", "registered_area_m2"))
    return land_use_issues(texts, areas_m2, file=file, first_row=FIRST_FEATURE_ROW_COUNT)


def _keys(columns: Mapping[str, CoercedColumn], schema: LayerSchema, *, count: int) -> list[str] | None:
    if not schema.key:
        return None
    parts = [columns[name].items for name in schema.key]
    return ["-".join(str(part[position]) for part in parts) for position in range(count)]


def _duplicate_issues(keys: Sequence[str] | None, schema: LayerSchema, *, bad: set[int], file: str) -> list[Issue]:
    """Report good features that repeat the key of an earlier good one; they stand aside where keys are unique."""
    if keys is None:
        return []
    first_of: dict[str, int] = {}
    issues = []
    for position, key in enumerate(keys):
        if position in bad:
            continue
        first = first_of.setdefault(key, position)
        if first != position:
            issues.append(_duplicate(key, schema, rows=(row_of(first), row_of(position)), file=file))
    return issues


def _duplicate(key: str, schema: LayerSchema, *, rows: tuple[int, int], file: str) -> Issue:
    first, row = rows
    field = ", ".join(schema.key)
    if schema.key_is_unique:
        return Issue(
            severity=Severity.ERROR,
            code="duplicate_key",
            file=file,
            row=row,
            field=field,
            value=key,
            message=Text(f"Trùng khóa với dòng {first}.", f"Row {first} has the same key."),
            hint=Text("Giữ một trong hai dòng, hoặc sửa mã.", "Keep one of the two rows, or correct the code."),
        )
    return Issue(
        severity=Severity.WARNING,
        code="repeated_key",
        file=file,
        row=row,
        field=field,
        value=key,
        message=Text(
            f"Trùng khóa với dòng {first}; giữ cả hai, dòng sau thêm đuôi ~2, ~3.",
            f"Row {first} has the same key; both are kept, later ones end in ~2, ~3.",
        ),
        hint=Text("Đối chiếu với hồ sơ địa chính.", "Compare with the cadastral records."),
    )


def _feature_ids(keys: Sequence[str] | None, kept: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[str]:
    if keys is None:
        return [str(number) for number in range(1, len(kept) + 1)]
    taken: set[str] = set()
    last_number: dict[str, int] = {}
    ids = []
    for position in kept:
        key = name = keys[int(position)]
        number = last_number.get(key, 1)
        while name in taken:
            number += 1
            name = f"{key}~{number}"
        last_number[key] = number
        taken.add(name)
        ids.append(name)
    return ids


def _accepted(
    frame: gpd.GeoDataFrame,
    shaped: Shaped,
    *,
    columns: Mapping[str, CoercedColumn],
    ids: Sequence[str],
    kept: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> gpd.GeoDataFrame:
    index = frame.index[kept]
    data = {"feature_id": pd.Series(ids, index=index, dtype=object)}
    kinds = {attribute.name: attribute.kind for schema in LAYERS.values() for attribute in schema.attributes}
    for name, column in columns.items():
        kept_items = [column.items[position] for position in kept]
        data[name] = pd.Series(kept_items, index=index, dtype=_DTYPES[kinds[name]])
    return gpd.GeoDataFrame(data, geometry=shaped.geometries[kept], index=index, crs=frame.crs)


_DTYPES = {
    Kind.TEXT: "object",
    Kind.INTEGER: "Int64",
    Kind.REAL: "float64",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "object",
}
