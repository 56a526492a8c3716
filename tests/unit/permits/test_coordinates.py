"""Two numbers as a place: the control points of the city's systems, written in every way."""

import math

import pytest

from permits.coordinates import Reading, readings_of, the_reading
from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WGS84
from spatial.errors import InputError

# WGS84 106.70, 10.77 over EPSG:6960 (printed in the reference of coordinate systems).
LON, LAT = 106.70, 10.77
EAST_M, NORTH_M = 603_701.192, 1_191_178.748


def near_city(reading: Reading) -> bool:
    return math.hypot(reading.x - EAST_M, reading.y - NORTH_M) < 50_000


def read(first: float, second: float, crs: str | None = None) -> tuple[Reading, bool]:
    return the_reading(readings_of((first, second), crs=crs, storage_crs=HCMC), is_in_city=near_city)


@pytest.mark.parametrize(
    ("first", "second", "crs", "is_swapped"),
    [
        (LON, LAT, WGS84, False),
        (LAT, LON, WGS84, True),
        (EAST_M, NORTH_M, HCMC, False),
        (NORTH_M, EAST_M, HCMC, True),
    ],
)
def test_either_order_of_degrees_and_metres_is_the_same_place(
    first: float, second: float, crs: str, *, is_swapped: bool
) -> None:
    reading, is_inside = read(first, second)
    assert (reading.crs, reading.is_swapped, is_inside) == (crs, is_swapped, True)
    assert (reading.x, reading.y) == pytest.approx((EAST_M, NORTH_M), abs=0.002)
    assert crs in reading.sentence.en


def test_metres_of_the_other_zone_are_recognised_by_where_they_lead() -> None:
    """Vũng Tàu, WGS84 107.0843, 10.346: in its own zone E 426902.367, N 1144200.498."""
    readings = readings_of((426_902.367, 1_144_200.498), crs=None, storage_crs=HCMC)
    inside = [one for one in readings if one.crs == BA_RIA_VUNG_TAU]
    reading, _ = the_reading(readings, is_in_city=lambda one: one in inside)
    expected = readings_of((107.0843, 10.346), crs=None, storage_crs=HCMC)[0]
    assert (reading.x, reading.y) == pytest.approx((expected.x, expected.y), abs=0.002)


def test_numbers_that_may_be_two_places_in_the_city_are_asked_about_and_not_guessed() -> None:
    readings = readings_of((EAST_M, NORTH_M), crs=None, storage_crs=HCMC)
    assert len(readings) > 1
    with pytest.raises(InputError, match="several ways") as refused:
        the_reading(readings, is_in_city=lambda _: True)
    assert refused.value.code == "coordinates_ambiguous"
    assert "easting" in str(refused.value.hint and refused.value.hint.en)


def test_a_place_in_the_country_outside_the_city_is_said_to_be_outside() -> None:
    """Hà Nội."""
    _, is_inside = read(21.03, 105.85)
    assert not is_inside


@pytest.mark.parametrize(
    ("first", "second", "crs", "code"),
    [
        (0.0, 0.0, None, "outside_country"),
        (2.35, 48.85, None, "outside_country"),
        (1.0, 2.0, HCMC, "outside_country"),
        (math.nan, LAT, None, "coordinates_unread"),
        (math.inf, LAT, None, "coordinates_unread"),
        (1e300, 1.0, None, "coordinates_unread"),
        (EAST_M, NORTH_M, WGS84, "coordinates_unread"),
    ],
)
def test_numbers_that_are_no_place_in_the_country_are_refused(
    first: float, second: float, crs: str | None, code: str
) -> None:
    with pytest.raises(InputError) as refused:
        readings_of((first, second), crs=crs, storage_crs=HCMC)
    assert refused.value.code == code
    assert refused.value.hint


def test_in_a_store_of_another_country_metres_are_its_own_and_a_place_in_the_city_is_nowhere() -> None:
    """The false origin of EPSG:2154 is 3 E, 46.5 N; VN-2000 numbers mean nothing in France."""
    origin = readings_of((700_000.0, 6_600_000.0), crs=None, storage_crs="EPSG:2154")
    assert [(reading.crs, reading.is_swapped) for reading in origin] == [("EPSG:2154", False)]
    (degrees,) = readings_of((46.5, 3.0), crs=None, storage_crs="EPSG:2154")
    assert degrees.is_swapped
    assert (degrees.x, degrees.y) == pytest.approx((700_000, 6_600_000), abs=0.01)
    with pytest.raises(InputError, match="outside France"):
        readings_of((106.7, 10.776), crs=None, storage_crs="EPSG:2154")
