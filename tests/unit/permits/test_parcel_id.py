from itertools import starmap

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from permits.parcel_id import Agreement, centre_of, check_national_id, geohash, national_id_at
from spatial.crs import HCMC, WGS84
from spatial.geometry import Located

BEN_THANH = (603481.588, 1191454.611)
"""A point in EPSG:9210 that EPSG:6960 takes to 106.698 E, 10.7725 N."""


def square(x: float, y: float, *, side_m: float = 10) -> Located:
    half = side_m / 2
    return Located(geometry=shapely.box(x - half, y - half, x + half, y + half), crs=HCMC)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (106.698, 10.7725, "w3gv7cp47ee1"),
        (107.08, 10.35, "w3u4usjm0gg4"),
        (106.6, 8.7, "w3ec3xzc0j91"),
        (-5.6, 42.6, "ezs42e44yx96"),
        (10.40744, 57.64911, "u4pruydqqvj8"),
    ],
)
def test_the_hash_is_that_of_an_independent_program(lon: float, lat: float, code: str) -> None:
    """PostGIS 3.3.2: ST_GeoHash(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 12)."""
    assert geohash(lon, lat) == code


def test_the_edges_of_the_world_have_a_hash() -> None:
    corners = [(-180, -90), (180, 90), (180, -90), (-180, 90)]
    assert [len(code) for code in starmap(geohash, corners)] == [12] * 4


@given(st.floats(102, 110), st.floats(8, 24))
def test_a_point_lies_in_the_cell_of_its_hash(lon: float, lat: float) -> None:
    centre = centre_of(geohash(lon, lat))
    assert centre is not None
    assert abs(centre[0] - lon) <= 360 / 2**30
    assert abs(centre[1] - lat) <= 180 / 2**30


def test_the_id_goes_by_the_pinned_datum_operation() -> None:
    """EPSG:5194, which PROJ would choose, lies 0.80 m away and gives w3gv7cp47g8e."""
    assert national_id_at(*BEN_THANH, crs=HCMC) == "w3gv7cp47ee1"


def test_an_id_that_another_datum_operation_made_lies_inside_and_is_kept() -> None:
    found = check_national_id("w3gv7cp47g8e", square(*BEN_THANH))
    assert (found.stored, found.agreement) == ("w3gv7cp47g8e", Agreement.INSIDE)
    assert found.distance_m == pytest.approx(0.80, abs=0.03)


def test_the_same_twelve_characters_agree_whatever_their_case() -> None:
    place = square(*BEN_THANH)
    stored = check_national_id("", place).computed
    assert check_national_id(stored.upper(), place).agreement is Agreement.AGREES


def test_the_id_of_a_neighbour_differs_and_says_how_far() -> None:
    found = check_national_id(national_id_at(BEN_THANH[0] + 30, BEN_THANH[1], crs=HCMC), square(*BEN_THANH))
    assert found.agreement is Agreement.DIFFERS
    assert found.distance_m == pytest.approx(30, abs=0.05)


@pytest.mark.parametrize("stored", ["", "w3gv7cp47ee", "w3gv7cp47ee11", "w3gv7cp47eea", "w3gv7cp47eei"])
def test_what_is_no_geohash_of_twelve_characters_is_said_to_be_none(stored: str) -> None:
    """The alphabet has no a, i, l and o."""
    found = check_national_id(stored, square(*BEN_THANH))
    assert (found.agreement, found.distance_m) == (Agreement.NOT_AN_ID, None)


def test_the_point_lies_deep_inside_an_angled_parcel() -> None:
    """An L of 20 m by 20 m whose centroid lies outside its arms: TT 19/2026 asks for a point inside, far from sides."""
    x, y = BEN_THANH
    shape = shapely.Polygon([(x, y), (x + 20, y), (x + 20, y + 6), (x + 6, y + 6), (x + 6, y + 20), (x, y + 20)])
    place = Located(geometry=shape, crs=HCMC)
    centre = centre_of(check_national_id("", place).computed)
    assert centre is not None
    point = Located(geometry=shapely.Point(centre), crs=WGS84).to(HCMC).geometry
    assert shapely.contains(shape, point)
    assert shapely.distance(point, shape.boundary) > 3.4
