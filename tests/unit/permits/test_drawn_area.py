"""Polygons as people send them: sound ones are placed, each other kind has one refusal."""

from typing import Any

import pytest
import shapely

from permits.drawn_area import area_of_geojson, drawn_area, ways_to_read
from spatial.crs import HCMC
from spatial.errors import InputError

X_M, Y_M = 603_000.0, 1_192_000.0


def polygon(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def box(side_m: float) -> dict[str, Any]:
    return polygon((X_M, Y_M), (X_M + side_m, Y_M), (X_M + side_m, Y_M + side_m), (X_M, Y_M + side_m))


def placed(document: object) -> shapely.Geometry:
    area = area_of_geojson(document)
    reading = ways_to_read(area, crs=HCMC, storage_crs=HCMC)[0]
    return drawn_area(area, reading, storage_crs=HCMC)


@pytest.mark.parametrize(
    "wrapped",
    [
        box(30),
        {"type": "Feature", "geometry": box(30), "properties": {}},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": box(30), "properties": None}]},
        {"type": "MultiPolygon", "coordinates": [box(30)["coordinates"]]},
    ],
)
def test_one_area_is_taken_however_it_is_wrapped(wrapped: object) -> None:
    assert placed(wrapped).area == pytest.approx(900.0)


def test_northing_first_is_turned_round() -> None:
    area = area_of_geojson(polygon((Y_M, X_M), (Y_M, X_M + 10), (Y_M + 10, X_M)))
    (reading,) = (one for one in ways_to_read(area, crs=HCMC, storage_crs=HCMC) if one.is_swapped)
    assert drawn_area(area, reading, storage_crs=HCMC).bounds == (X_M, Y_M, X_M + 10, Y_M + 10)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (None, "area_unread"),
        ([], "area_unread"),
        ({"type": "Point", "coordinates": [106.7, 10.7]}, "area_unread"),
        ({"type": "FeatureCollection", "features": []}, "area_unread"),
        ({"type": "FeatureCollection", "features": [box(1), box(2)]}, "area_unread"),
        ({"type": "Polygon", "coordinates": [[["a", "b"], [1, 2], [3, 4], [1, 2]]]}, "area_unread"),
        ({"type": "Polygon", "coordinates": "x"}, "area_unread"),
        ({"type": "Polygon"}, "area_unread"),
        ({"type": "Polygon", "coordinates": []}, "area_empty"),
        (
            {"type": "Polygon", "coordinates": [[[1.0, float("nan")], [2, 2], [3, 3], [1.0, float("nan")]]]},
            "area_unread",
        ),
        (polygon((X_M, Y_M), (X_M + 10, Y_M + 10), (X_M + 10, Y_M), (X_M, Y_M + 10)), "area_crosses_itself"),
        (box(3_000), "area_too_large"),
        (box(0.1), "area_empty"),
        (polygon(*((X_M + i / 100, Y_M + i % 2) for i in range(20_001))), "area_too_many_corners"),
    ],
)
def test_each_unusable_area_has_one_refusal(document: object, code: str) -> None:
    with pytest.raises(InputError) as refused:
        placed(document)
    assert refused.value.code == code
    assert refused.value.hint


def test_the_place_where_an_area_crosses_itself_is_named() -> None:
    """The two diagonals of a square of ten metres cross in its middle."""
    bow = polygon((X_M, Y_M), (X_M + 10, Y_M + 10), (X_M + 10, Y_M), (X_M, Y_M + 10))
    with pytest.raises(InputError, match="at 603005 1192005"):
        placed(bow)


def test_deep_nesting_ends_in_a_refusal_and_not_in_the_stack() -> None:
    deep: Any = 1.0
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(InputError):
        placed({"type": "Polygon", "coordinates": deep})
