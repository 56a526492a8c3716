"""Geometries in the declared shape, and those that cannot be."""

import itertools

import numpy as np
import pytest
import shapely
from shapely import wkt

from basemap.model import Shape
from basemap.shapes import REPAIR_AREA_CHANGE_RATIO, Shaped, shape_geometries

SQUARE = shapely.box(0, 0, 10, 10)
POINT = shapely.Point(1, 2)
LINE = shapely.LineString([(0, 0), (10, 0)])


def shaped(*geometries: shapely.Geometry | None, shape: Shape = Shape.AREA) -> Shaped:
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return shape_geometries(array, shape)


def codes(result: Shaped) -> dict[int, str]:
    return {position: problem.code for position, problem in result.problems.items()}


@pytest.mark.parametrize(("geometry", "shape"), [(SQUARE, Shape.AREA), (LINE, Shape.LINE), (POINT, Shape.POINT)])
def test_a_single_part_becomes_the_stored_kind(geometry: shapely.Geometry, shape: Shape) -> None:
    result = shaped(geometry, shape=shape)
    assert result.geometries[0].geom_type == shape.value
    assert shapely.equals(result.geometries[0], geometry)
    assert result.problems == {}


def test_parts_stay_with_their_feature() -> None:
    two = shapely.MultiPolygon([SQUARE, shapely.box(20, 0, 30, 10)])
    with_hole = SQUARE.difference(shapely.box(4, 4, 6, 6))
    result = shaped(two, with_hole, SQUARE)
    assert [geometry.area for geometry in result.geometries] == [200, 96, 100]
    assert [len(geometry.geoms) for geometry in result.geometries] == [2, 1, 1]


def test_heights_are_dropped_and_counted() -> None:
    result = shaped(shapely.force_3d(SQUARE, 5), SQUARE)
    assert result.raised_count == 1
    assert not result.geometries[0].has_z


def test_a_multipoint_of_one_is_a_point_and_of_two_is_not() -> None:
    result = shaped(shapely.MultiPoint([(1, 2)]), shapely.MultiPoint([(1, 2), (3, 4)]), shape=Shape.POINT)
    assert result.geometries[0].geom_type == "Point"
    assert codes(result) == {1: "geometry_type"}


def test_nothing_and_empty_are_missing() -> None:
    assert codes(shaped(None, shapely.Polygon())) == {0: "geometry_missing", 1: "geometry_missing"}


@pytest.mark.filterwarnings(
    "ignore:invalid value encountered in linearrings"
)  # shapely's, on making the test's polygon
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_coordinates_that_are_no_numbers_are_found(number: float) -> None:
    broken = shapely.Polygon([(0, 0), (10, 0), (number, 10), (0, 10)])
    assert codes(shaped(broken)) == {0: "geometry_not_finite"}


@pytest.mark.parametrize(
    ("geometry", "shape"),
    [
        (POINT, Shape.AREA),
        (LINE, Shape.AREA),
        (SQUARE, Shape.LINE),
        (shapely.GeometryCollection([SQUARE, POINT]), Shape.AREA),
    ],
)
def test_another_kind_of_geometry_is_not_changed_silently(geometry: shapely.Geometry, shape: Shape) -> None:
    result = shaped(geometry, shape=shape)
    assert codes(result) == {0: "geometry_type"}
    assert result.problems[0].value == geometry.geom_type
    assert "not changed silently" in result.problems[0].hint.en


def test_no_centre_is_taken_of_a_polygon_where_points_are_needed() -> None:
    result = shaped(SQUARE, shape=Shape.POINT)
    assert codes(result) == {0: "geometry_type"}
    assert "No centre is taken silently" in result.problems[0].hint.en


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))",
        "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (20 20, 22 20, 22 22, 20 22, 20 20))",
        "POLYGON ((0 0, 10 0, 5 0, 0 0))",
        "POLYGON ((0 0, 10 0, 10 10, 0 12, 0 4, 12 4, 12 2, 0 2, 0 0))",
    ],
    ids=["bow-tie", "hole outside", "no area", "loop across itself"],
)
def test_what_has_no_single_meaning_is_not_repaired(text: str) -> None:
    assert codes(shaped(wkt.loads(text))) == {0: "geometry_invalid"}


def test_a_small_fault_is_repaired_and_named() -> None:
    spike = wkt.loads("POLYGON ((0 0, 10 0, 10 10, 10 14, 10 10, 0 10, 0 0))")
    touching = wkt.loads("POLYGON ((0 0, 10 0, 10 10, 5 10, 5 6, 6 6, 6 4, 5 4, 5 10, 0 10, 0 0))")
    result = shaped(spike, touching)
    assert result.problems == {}
    assert set(result.repaired) == {0, 1}
    assert "Self-intersection" in result.repaired[0]
    for mended, given in zip(result.geometries, (spike, touching), strict=True):
        assert mended.is_valid
        assert abs(mended.area - given.area) <= REPAIR_AREA_CHANGE_RATIO * given.area


def box_in_space(*, roof: str = "0 0 3, 10 0 3, 10 6 3, 0 6 3, 0 0 3") -> shapely.Geometry:
    """A house of 10 m by 6 m, 3 m high: four walls, a roof, a floor."""
    corners = [(0, 0), (10, 0), (10, 6), (0, 6), (0, 0)]
    walls = [
        f"(({x} {y} 0, {x} {y} 3, {u} {v} 3, {u} {v} 0, {x} {y} 0))" for (x, y), (u, v) in itertools.pairwise(corners)
    ]
    floor = "((0 0 0, 10 0 0, 10 6 0, 0 6 0, 0 0 0))"
    return shapely.from_wkt(f"MULTIPOLYGON Z ({', '.join([*walls, f'(({roof}))', floor])})")


def test_a_body_drawn_in_space_becomes_the_ground_that_it_covers() -> None:
    """10 m by 6 m are 60 m2, though roof and floor together are 120."""
    result = shaped(box_in_space())
    assert (result.problems, result.body_count, result.raised_count) == ({}, 1, 1)
    assert result.geometries[0].area == 60
    assert (result.geometries[0].geom_type, result.geometries[0].is_valid) == ("MultiPolygon", True)


def test_a_wall_may_go_round_a_corner() -> None:
    """Two sides of the house are one face: there and back along the same bent line, nothing seen from above."""
    bent = "((0 0 0, 10 0 0, 10 6 0, 10 6 3, 10 0 3, 0 0 3, 0 0 0))"
    body = shapely.from_wkt(box_in_space().wkt.replace("MULTIPOLYGON Z (", f"MULTIPOLYGON Z ({bent}, "))
    result = shaped(body)
    assert (result.body_count, result.geometries[0].area) == (1, 60)


def test_eaves_that_stand_out_belong_to_the_ground_that_is_covered() -> None:
    result = shaped(box_in_space(roof="-1 -1 3, 11 -1 3, 11 7 3, -1 7 3, -1 -1 3"))
    assert result.geometries[0].area == 12 * 8


def test_a_body_with_a_face_like_a_bow_tie_is_not_repaired() -> None:
    result = shaped(box_in_space(roof="0 0 3, 10 6 3, 10 0 3, 0 4 3, 0 0 3"))
    assert (codes(result), result.body_count) == ({0: "geometry_invalid"}, 0)


def test_roof_and_floor_without_walls_are_a_body_too() -> None:
    roof_and_floor = shapely.multipolygons([shapely.get_parts(box_in_space())[at] for at in (4, 5)])
    result = shaped(roof_and_floor)
    assert (result.body_count, result.geometries[0].area) == (1, 60)


def test_rising_ground_drawn_twice_is_no_body() -> None:
    """Each corner has one height, so that two parts over one another are what they are on a flat map: a fault."""
    ground = shapely.from_wkt("POLYGON Z ((0 0 1, 10 0 9, 10 6 9, 0 6 1, 0 0 1))")
    result = shaped(shapely.multipolygons([ground, ground]))
    assert (codes(result), result.body_count) == ({0: "geometry_invalid"}, 0)


def test_parts_that_lie_over_one_another_without_heights_are_no_body() -> None:
    result = shaped(shapely.force_2d(box_in_space()))
    assert (codes(result), result.body_count) == ({0: "geometry_invalid"}, 0)


def test_a_line_without_length_is_invalid() -> None:
    assert codes(shaped(shapely.LineString([(1, 1), (1, 1)]), shape=Shape.LINE)) == {0: "geometry_invalid"}
