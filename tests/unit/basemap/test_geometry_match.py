"""When two geometries are one, and which feature without a key is which."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.geometry_match import match_by_geometry, same_geometry
from basemap.model import Shape

E_M, N_M = 603_700.0, 1_191_170.0


def box(east_m: float = 0.0, north_m: float = 0.0, *, side_m: float = 10.0) -> shapely.Polygon:
    return shapely.box(E_M + east_m, N_M + north_m, E_M + east_m + side_m, N_M + north_m + side_m)


def line(*corners: tuple[float, float]) -> shapely.MultiLineString:
    return shapely.MultiLineString([[(E_M + x, N_M + y) for x, y in corners]])


def is_same(one: BaseGeometry, other: BaseGeometry) -> bool:
    return bool(same_geometry(gpd.GeoSeries([one]), gpd.GeoSeries([other]))[0])


@pytest.mark.parametrize(
    ("moved_m", "same"), [(0.0, True), (0.0004, True), (0.0009, True), (0.0011, False), (0.01, False)]
)
def test_less_than_a_millimetre_is_the_same_place(moved_m: float, *, same: bool) -> None:
    for geometry in (box(), line((0, 0), (10, 5)), shapely.Point(E_M, N_M)):
        moved = shapely.transform(geometry, lambda at: at + np.array([moved_m, 0.0]))
        assert is_same(geometry, moved) is same


def test_where_a_ring_begins_and_which_way_it_runs_changes_nothing() -> None:
    ring = list(box().exterior.coords)
    assert is_same(box(), shapely.Polygon(ring[2:] + ring[1:3]))
    assert is_same(box(), shapely.Polygon(ring[::-1]))


def test_a_corner_more_on_a_straight_edge_changes_nothing() -> None:
    assert is_same(box(), shapely.segmentize(box(), 3.0))
    assert is_same(line((0, 0), (10, 0)), line((0, 0), (4, 0), (10, 0)))


def test_another_shape_in_the_same_box_is_another_geometry() -> None:
    assert not is_same(line((0, 0), (10, 10)), line((0, 0), (0, 10), (10, 10)))
    dented = box().difference(box(4, 0, side_m=1))
    assert not is_same(box(), dented)
    assert not is_same(box(), box().difference(box(4, 4, side_m=1)))


def frame(*geometries: BaseGeometry, names: list[str | None] | None = None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": names or [None] * len(geometries)}, geometry=list(geometries), crs="EPSG:9210")


def test_the_order_of_the_rows_does_not_matter() -> None:
    before = frame(*(box(20 * number) for number in range(6)))
    order = [4, 2, 5, 0, 3, 1]
    pairs = match_by_geometry(before, before.iloc[order], shape=Shape.AREA)
    assert {(one, order[other]) for one, other in pairs.tolist()} == {(number, number) for number in range(6)}


def test_two_addresses_of_one_house_are_told_apart_by_their_values() -> None:
    door = shapely.Point(E_M, N_M)
    before = frame(door, door, names=["12", "12A"])
    pairs = match_by_geometry(before, frame(door, door, names=["12A", "12"]), shape=Shape.POINT)
    assert {tuple(pair) for pair in pairs.tolist()} == {(0, 1), (1, 0)}


def test_a_building_that_was_extended_is_still_that_building() -> None:
    """Ten by ten becomes ten by fifteen: they share 100 of 150 m2."""
    longer = shapely.box(E_M, N_M, E_M + 10, N_M + 15)
    assert match_by_geometry(frame(box()), frame(longer), shape=Shape.AREA).tolist() == [[0, 0]]
    beside = box(6)  # shares 40 of 160 m2
    assert match_by_geometry(frame(box()), frame(beside), shape=Shape.AREA).tolist() == []


def test_a_building_put_in_the_place_of_two_is_matched_once() -> None:
    both = shapely.box(E_M, N_M, E_M + 13, N_M + 10)
    pairs = match_by_geometry(frame(box(10, side_m=3), box()), frame(both), shape=Shape.AREA)
    assert pairs.tolist() == [[1, 0]]


def test_a_street_that_was_made_longer_is_still_that_street() -> None:
    before, after = line((0, 0), (100, 0)), line((0, 0), (100, 0), (150, 0))
    crossing = line((50, -50), (50, 50))
    assert match_by_geometry(frame(before), frame(crossing, after), shape=Shape.LINE).tolist() == [[0, 1]]


def test_a_point_that_moved_is_another_point() -> None:
    before, after = shapely.Point(E_M, N_M), shapely.Point(E_M + 1, N_M)
    assert match_by_geometry(frame(before), frame(after), shape=Shape.POINT).tolist() == []


def test_an_empty_layer_matches_nothing() -> None:
    for one, other in ((frame(), frame(box())), (frame(box()), frame()), (frame(), frame())):
        assert match_by_geometry(one, other, shape=Shape.AREA).shape == (0, 2)
