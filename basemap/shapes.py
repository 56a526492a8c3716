"""Geometries of a file as the kind of geometry that a layer declares; what cannot be one says why."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import Shape
from spatial.text import Text

REPAIR_AREA_CHANGE_RATIO = 0.001
"""A repaired polygon is taken only when its area changed by at most this share: a bow-tie never is."""


class ShapeProblem(NamedTuple):
    """Why a geometry cannot be taken; ``value`` is what was found."""

    code: str
    value: str
    message: Text
    hint: Text


class Shaped(NamedTuple):
    """Geometries in the declared shape.

    Parameters
    ----------
    geometries
        Two-dimensional, of the declared kind; None where there is a problem.
    problems
        By position.
    repaired
        Position and reason of each polygon that was invalid and could be repaired.
    raised_count
        How many carried Z or M values, which were dropped.
    """

    geometries: npt.NDArray[np.object_]
    problems: dict[int, ShapeProblem]
    repaired: dict[int, str]
    raised_count: int


_ACCEPTED = {
    Shape.POINT: ("Point", "MultiPoint"),
    Shape.LINE: ("LineString", "MultiLineString"),
    Shape.AREA: ("Polygon", "MultiPolygon"),
}
_PROMOTE = {Shape.LINE: shapely.multilinestrings, Shape.AREA: shapely.multipolygons}
_DRAW_AGAIN = Text(
    "Vẽ lại hoặc sửa hình học (QGIS: Fix geometries).", "Draw it again or mend it (QGIS: Fix geometries)."
)


def shape_geometries(geometries: npt.NDArray[np.object_], shape: Shape) -> Shaped:
    """Return ``geometries`` in ``shape``: Z dropped, single parts promoted to multi-part, small faults repaired."""
    # Absurd coordinates overflow inside GEOS; they are found below, a warning on the terminal helps nobody.
    with np.errstate(all="ignore"):
        return _shaped(geometries, shape)


def _shaped(geometries: npt.NDArray[np.object_], shape: Shape) -> Shaped:
    has_z = shapely.has_z(geometries)
    flat = shapely.force_2d(geometries)
    problems: dict[int, ShapeProblem] = {}
    repaired: dict[int, str] = {}
    result = np.full(len(flat), None, dtype=object)
    suspicious = _suspicious(flat, shape)
    result[~suspicious] = flat[~suspicious]
    for position in np.flatnonzero(suspicious):
        geometry, problem = _examined(flat[position], shape)
        result[position] = geometry
        if problem is not None:
            problems[int(position)] = problem
        else:
            repaired[int(position)] = shapely.is_valid_reason(flat[position])
    return Shaped(_promoted(result, shape), problems, repaired, int(has_z.sum()))


def _suspicious(geometries: npt.NDArray[np.object_], shape: Shape) -> npt.NDArray[np.bool_]:
    types = [shapely.GeometryType[name.upper()].value for name in _ACCEPTED[shape]]
    fine = np.isin(shapely.get_type_id(geometries), types)
    fine &= ~shapely.is_empty(geometries) & shapely.is_valid(geometries)
    fine &= np.isfinite(shapely.bounds(geometries)).all(axis=1)
    if shape is Shape.POINT:
        fine &= shapely.get_num_geometries(geometries) == 1
    return np.asarray(~fine, dtype=np.bool_)


def _examined(geometry: BaseGeometry | None, shape: Shape) -> tuple[BaseGeometry | None, ShapeProblem | None]:
    """Return the repaired geometry, or the one problem that speaks most plainly against it."""
    if geometry is None or geometry.is_empty:
        return None, ShapeProblem(
            "geometry_missing",
            "",
            Text("Không có hình học đọc được.", "There is no geometry that can be read."),
            _DRAW_AGAIN,
        )
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        return None, ShapeProblem(
            "geometry_not_finite",
            geometry.geom_type,
            Text("Tọa độ có giá trị NaN hoặc vô hạn.", "A coordinate is NaN or infinite."),
            _DRAW_AGAIN,
        )
    if geometry.geom_type not in _ACCEPTED[shape]:
        return None, _wrong_type(geometry, shape)
    if shape is Shape.POINT:
        return None, _wrong_type(geometry, shape)
    reason = shapely.is_valid_reason(geometry)
    mended = _mended(geometry) if shape is Shape.AREA else None
    if mended is not None:
        return mended, None
    return None, ShapeProblem(
        "geometry_invalid",
        reason,
        Text(
            "Hình học không hợp lệ và không thể tự sửa an toàn.", "The geometry is invalid and no safe repair exists."
        ),
        _DRAW_AGAIN,
    )


def _wrong_type(geometry: BaseGeometry, shape: Shape) -> ShapeProblem:
    hint = Text(
        "Không tự đổi; hãy chuyển kiểu hình học trong phần mềm GIS.",
        "It is not changed silently; change the kind of geometry in a GIS.",
    )
    if shape is Shape.POINT:
        hint = Text(
            "Không tự lấy tâm; hãy tạo một điểm cho mỗi đối tượng (QGIS: Point on surface).",
            "No centre is taken silently; make one point a feature (QGIS: Point on surface).",
        )
    return ShapeProblem(
        "geometry_type",
        geometry.geom_type,
        Text(f"Lớp này cần {shape.value}.", f"This layer needs {shape.value}."),
        hint,
    )


def _mended(geometry: BaseGeometry) -> BaseGeometry | None:
    mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if mended.geom_type not in _ACCEPTED[Shape.AREA] or mended.is_empty or mended.area <= 0:
        return None
    is_same = abs(mended.area - geometry.area) <= REPAIR_AREA_CHANGE_RATIO * mended.area
    return mended if is_same else None


def _promoted(geometries: npt.NDArray[np.object_], shape: Shape) -> npt.NDArray[np.object_]:
    present = ~shapely.is_missing(geometries)
    if shape is Shape.POINT:
        multi = np.flatnonzero(shapely.get_type_id(geometries) == shapely.GeometryType.MULTIPOINT.value)
        geometries[multi] = shapely.get_geometry(geometries[multi], 0)
        return geometries
    single = np.flatnonzero(present & (shapely.get_type_id(geometries) < shapely.GeometryType.MULTIPOINT.value))
    if len(single):
        geometries[single] = _PROMOTE[shape](geometries[single], indices=np.arange(len(single)))
    return geometries
