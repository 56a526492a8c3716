"""Areas that should lie side by side: drawn twice, over one another, apart, or too narrow to be land.

Areas are measured on the plane of the frame. Far from its central meridian that plane is larger than the ground
(by 0.1 per cent at Côn Đảo in the zone 105-45), which no finding here depends on.
"""

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.quality_findings import Finding, Geometries, Ground, Positions
from spatial.text import Text

_TOUCHING_M = 0.001
_LOOK_AT_BOTH = Text("Đối chiếu ranh giới hai bên.", "Compare the borders of the two.")


def duplicates(ground: Ground) -> Iterator[Finding]:
    """Find features whose geometry is exactly that of an earlier one, wherever its ring begins."""
    twin_of = ground.twin_of
    for position in np.flatnonzero(twin_of != np.arange(len(twin_of))):
        first = int(twin_of[position])
        yield ground.finding(
            "geometry_duplicate",
            [int(position), first],
            geometry=ground.geometries[position],
            message=Text(
                f"Hình học giống hệt đối tượng {ground.ids[first]}.",
                f"The geometry is exactly that of {ground.ids[first]}.",
            ),
            hint=Text("Giữ một trong hai đối tượng.", "Keep one of the two features."),
        )


def overlaps(ground: Ground, *, smallest_m2: float) -> Iterator[Finding]:
    """Find pairs that share more than ``smallest_m2`` of ground; exact twins are `duplicates`."""
    first, second = ground.tree.query(ground.geometries, predicate="intersects")
    is_pair = (first < second) & (ground.twin_of[first] != ground.twin_of[second])
    first, second = first[is_pair], second[is_pair]
    for chunk in ground.chunks(len(first)):
        common = shapely.intersection(ground.geometries[first[chunk]], ground.geometries[second[chunk]])
        for number in np.flatnonzero(shapely.area(common) > smallest_m2):
            a, b = int(first[chunk][number]), int(second[chunk][number])
            yield _overlap(ground, a, b, common=_areas_of(common[number]))


def _overlap(ground: Ground, first: int, second: int, *, common: BaseGeometry) -> Finding:
    area_m2 = float(common.area)
    return ground.finding(
        "overlap",
        [first, second],
        geometry=common,
        area_m2=area_m2,
        message=Text(
            f"{ground.ids[first]} và {ground.ids[second]} chồng lên nhau {area_m2:.3f} m².",
            f"{ground.ids[first]} and {ground.ids[second]} overlap by {area_m2:.3f} m².",
        ),
        hint=_LOOK_AT_BOTH,
    )


def gaps(ground: Ground, *, narrower_than_m: float, smallest_m2: float, covers_all: bool) -> Iterator[Finding]:
    """Find ground that belongs to nobody between neighbours.

    Parameters
    ----------
    narrower_than_m
        A slit between features up to this width is a gap; wider ones are streets.
    smallest_m2
        Smaller gaps are rounding.
    covers_all
        The features leave nothing free (wards do): then every hole is a gap, however wide.
    """
    united = shapely.get_parts(ground.union)
    half_m = narrower_than_m / 2
    ground.must_have_time()
    closed = ground.union.buffer(half_m, join_style="mitre").buffer(-half_m, join_style="mitre")
    closed_parts = shapely.get_parts(closed)
    if covers_all:
        whole = [shapely.polygons(ring) for ring in shapely.get_exterior_ring(united)]
        closed_parts = shapely.get_parts(shapely.union_all([*whole, *closed_parts]))
    ground.must_have_time()
    free = shapely.get_parts(_without(closed_parts, united))
    free = free[(shapely.get_type_id(free) == shapely.GeometryType.POLYGON) & (shapely.area(free) > smallest_m2)]
    beside, feature = ground.tree.query(free, predicate="dwithin", distance=_TOUCHING_M).reshape(2, -1)
    for number, geometry in enumerate(free):
        neighbours = feature[beside == number]
        if len(neighbours) > 1 or covers_all:
            yield _gap(ground, neighbours, geometry)


def _without(wholes: Geometries, taken: Geometries) -> Geometries:
    """Return each of ``wholes`` less those of ``taken`` in it: many small differences are quicker than a large one."""
    number, piece = shapely.STRtree(taken).query(wholes, predicate="intersects")
    order = np.argsort(number, kind="stable")
    bare = np.setdiff1d(np.arange(len(wholes)), number)
    holders, place = np.unique(number[order], return_inverse=True)
    groups = shapely.multipolygons(taken[piece[order]], indices=place)
    return np.concatenate([wholes[bare], shapely.difference(wholes[holders], groups)])


def _gap(ground: Ground, neighbours: Positions, geometry: BaseGeometry) -> Finding:
    area_m2 = float(geometry.area)
    names = ", ".join(str(name) for name in ground.ids[neighbours][:4])
    return ground.finding(
        "gap",
        [int(position) for position in neighbours],
        geometry=geometry,
        area_m2=area_m2,
        message=Text(
            f"Khe hở {area_m2:.3f} m² giữa {names}.",
            f"A gap of {area_m2:.3f} m² between {names}.",
        ),
        hint=_LOOK_AT_BOTH,
    )


def slivers(ground: Ground, *, narrower_than_m: float) -> Iterator[Finding]:
    """Find parts whose mean width (twice the area by the perimeter) is under ``narrower_than_m``."""
    parts, owner = shapely.get_parts(ground.geometries, return_index=True)
    perimeter_m = np.maximum(shapely.length(parts), np.finfo(np.float64).tiny)
    mean_width_m = 2 * shapely.area(parts) / perimeter_m
    for number in np.flatnonzero(mean_width_m < narrower_than_m):
        position, width_m = int(owner[number]), float(mean_width_m[number])
        yield ground.finding(
            "sliver",
            [position],
            geometry=parts[number],
            area_m2=float(parts[number].area),
            message=Text(f"Mảnh hẹp: rộng trung bình {width_m:.2f} m.", f"A sliver: {width_m:.2f} m wide in the mean."),
            hint=Text("Gộp vào thửa bên cạnh hoặc xóa.", "Merge it with its neighbour, or delete it."),
        )


def _areas_of(geometry: BaseGeometry) -> BaseGeometry:
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = shapely.get_parts(geometry)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
