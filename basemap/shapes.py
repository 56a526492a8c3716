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

MOST_CORNERS_COUNT = 1_000_000
"""The longest border of a ward has some ten thousand corners; a feature with more than this is set aside."""

_MOST_REPAIRED_CORNERS_COUNT = 20_000
_PROBED_SIDES_COUNT = 20
_LEAST_HEIGHT_M = 0.5
_TANGLED_CROSSINGS_RATIO = 2.0
"""Repairing takes time with the square of the crossings (500 sides that all cross: 12 s), and no such area can be
mended to one within a thousandth. A bow-tie has half a crossing a side."""


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
    body_count
        How many were bodies of walls, roof and floor in space; what they cover of the ground was taken.
    """

    geometries: npt.NDArray[np.object_]
    problems: dict[int, ShapeProblem]
    repaired: dict[int, str]
    raised_count: int
    body_count: int = 0


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
    """Return ``geometries`` in ``shape``: Z dropped, single parts promoted to multi-part, small faults repaired.

    A body drawn in space, whose walls are nothing seen from above, becomes its ground plan.
    """
    # Absurd coordinates overflow inside GEOS; they are found below, a warning on the terminal helps nobody.
    with np.errstate(all="ignore"):
        return _shaped(geometries, shape)


def _shaped(geometries: npt.NDArray[np.object_], shape: Shape) -> Shaped:
    has_z = shapely.has_z(geometries)
    flat = shapely.force_2d(geometries)
    problems: dict[int, ShapeProblem] = {}
    repaired: dict[int, str] = {}
    body_count = 0
    result = np.full(len(flat), None, dtype=object)
    suspicious = _suspicious(flat, shape)
    result[~suspicious] = flat[~suspicious]
    for position in np.flatnonzero(suspicious):
        plan = _plan_of_body(geometries[position]) if has_z[position] and shape is Shape.AREA else None
        if plan is not None:
            result[position], body_count = plan, body_count + 1
            continue
        geometry, problem = _examined(flat[position], shape)
        result[position] = geometry
        if problem is not None:
            problems[int(position)] = problem
        else:
            repaired[int(position)] = shapely.is_valid_reason(flat[position])
    return Shaped(_promoted(result, shape), problems, repaired, int(has_z.sum()), body_count)


def _suspicious(geometries: npt.NDArray[np.object_], shape: Shape) -> npt.NDArray[np.bool_]:
    types = [shapely.GeometryType[name.upper()].value for name in _ACCEPTED[shape]]
    fine = np.isin(shapely.get_type_id(geometries), types)
    fine &= ~shapely.is_empty(geometries) & (shapely.get_num_coordinates(geometries) <= MOST_CORNERS_COUNT)
    fine &= shapely.is_valid(geometries)
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
    if geometry.geom_type not in _ACCEPTED[shape] or shape is Shape.POINT:
        return None, _wrong_type(geometry, shape)
    if shapely.get_num_coordinates(geometry) > MOST_CORNERS_COUNT:
        return None, _too_many_corners(geometry)
    reason = shapely.is_valid_reason(geometry)
    mended = _mended(geometry) if shape is Shape.AREA and not _is_tangled(geometry) else None
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


def _plan_of_body(geometry: BaseGeometry) -> BaseGeometry | None:
    """Return what a body of several faces covers of the ground; None if it is none, or a face cannot be mended.

    Roof and floor lie over one another, so that no area can be compared with that of the whole; each face by itself has
    to keep its own. Walls, straight or bent, are nothing seen from above.
    """
    flat = shapely.force_2d(geometry)
    if not np.isfinite(shapely.get_coordinates(flat)).all() or not _stands_up(geometry):
        return None
    faces = shapely.get_parts(flat)
    if any(map(_is_tangled, faces[~shapely.is_valid(faces)])):
        return None
    is_wall = shapely.is_empty(shapely.make_valid(faces, method="structure", keep_collapsed=False))
    mended = [face if face.is_valid else _mended(face) for face in faces[~is_wall]]
    plan = None if None in mended else shapely.union_all(mended)
    return plan if plan is not None and plan.geom_type in _ACCEPTED[Shape.AREA] and not plan.is_empty else None


def _stands_up(geometry: BaseGeometry) -> bool:
    """Whether one corner is there at two heights: the ground itself never is, however it rises."""
    corners = shapely.get_coordinates(geometry, include_z=True)
    corners = corners[np.lexsort((corners[:, 2], corners[:, 1], corners[:, 0]))]
    is_same = (corners[1:, :2] == corners[:-1, :2]).all(axis=1)
    return bool((is_same & (np.abs(np.diff(corners[:, 2])) > _LEAST_HEIGHT_M)).any())


def _too_many_corners(geometry: BaseGeometry) -> ShapeProblem:
    count = int(shapely.get_num_coordinates(geometry))
    return ShapeProblem(
        "geometry_too_large",
        str(count),
        Text(
            f"Một đối tượng có {count} đỉnh, quá {MOST_CORNERS_COUNT}.",
            f"One feature has {count} corners, more than {MOST_CORNERS_COUNT}.",
        ),
        Text("Chia nhỏ hoặc đơn giản hóa (QGIS: Simplify, Subdivide).", "Divide or simplify it (QGIS: Subdivide)."),
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


def _is_tangled(geometry: BaseGeometry) -> bool:
    """Whether so many sides cross that a repair would take long and change the area: judged by some sides."""
    if shapely.get_num_coordinates(geometry) > _MOST_REPAIRED_CORNERS_COUNT:
        return True
    rings = shapely.get_rings(geometry)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    begins = np.flatnonzero(ring[:-1] == ring[1:])
    sides = shapely.linestrings(np.stack([corners[begins], corners[begins + 1]], axis=1))
    probed = sides[:: max(1, len(sides) // _PROBED_SIDES_COUNT)]
    crossings, _ = shapely.STRtree(sides).query(probed, predicate="crosses")
    return len(crossings) > _TANGLED_CROSSINGS_RATIO * len(probed)


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
