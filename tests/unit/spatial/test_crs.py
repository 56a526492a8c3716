"""Coordinates against printed control points and against the numbers of the pinned operation."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WEB_MERCATOR, WGS84, is_geographic, is_vn2000, transformer
from spatial.errors import UnknownCrsError
from spatial.geometry import reproject, reproject_frame

SEAM_LATITUDE = 11.0413


@pytest.mark.parametrize(
    ("crs", "lon", "lat", "easting_m", "northing_m"),
    [
        (HCMC, 106.70, 10.77, 603701.192, 1191178.748),
        (HCMC, 106.50, 11.10, 581736.202, 1227620.026),
        (BA_RIA_VUNG_TAU, 107.0843, 10.346, 426902.367, 1144200.498),
    ],
)
def test_control_points_are_met_within_a_millimetre(
    crs: str, lon: float, lat: float, easting_m: float, northing_m: float
) -> None:
    found = transformer(WGS84, crs)(np.array([[lon, lat]]))
    assert found == pytest.approx(np.array([[easting_m, northing_m]]), abs=1e-3)


def test_ben_thanh_lies_where_operation_6960_puts_it_and_not_where_5194_does() -> None:
    ben_thanh = reproject(shapely.Point(603481.588, 1191454.611), source=HCMC, target=WGS84)
    back = reproject(ben_thanh, source=WGS84, target=HCMC)
    by_5194 = shapely.Point(603480.790, 1191454.566)
    assert back.distance(by_5194) == pytest.approx(0.80, abs=0.01)


def test_a_plot_on_the_seam_keeps_its_400_m2() -> None:
    x, y = transformer(WGS84, HCMC)(np.array([[106.6, SEAM_LATITUDE]]))[0]
    plot = shapely.box(x - 10, y - 10, x + 10, y + 10)
    there = reproject(plot, source=HCMC, target=WGS84)
    south, north = there.bounds[1], there.bounds[3]
    assert south < SEAM_LATITUDE < north
    assert reproject(there, source=WGS84, target=HCMC).area == pytest.approx(400.0, abs=1e-3)


def test_a_frame_goes_over_the_same_operation_as_a_point() -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(106.70, 10.77)], crs=WGS84)
    moved = reproject_frame(frame, HCMC)
    assert moved.geometry[0].x == pytest.approx(603701.192, abs=1e-3)
    assert moved.crs == HCMC
    assert list(moved["name"]) == ["a"]


@given(lon=st.floats(106.3, 107.6), lat=st.floats(10.3, 11.5), crs=st.sampled_from([HCMC, BA_RIA_VUNG_TAU]))
def test_there_and_back_is_within_a_fifth_of_a_millimetre(lon: float, lat: float, crs: str) -> None:
    there = transformer(WGS84, crs)(np.array([[lon, lat]]))
    back = transformer(crs, WGS84)(there)
    again = transformer(WGS84, crs)(back)
    assert np.abs(again - there).max() < 2e-4


@given(lon=st.floats(106.3, 107.6), lat=st.floats(10.3, 11.5))
def test_the_two_zones_of_the_city_agree_through_wgs84_and_directly(lon: float, lat: float) -> None:
    here = transformer(WGS84, HCMC)(np.array([[lon, lat]]))
    direct = transformer(HCMC, BA_RIA_VUNG_TAU)(here)
    over_wgs84 = transformer(WGS84, BA_RIA_VUNG_TAU)(np.array([[lon, lat]]))
    assert np.abs(direct - over_wgs84).max() < 1e-4


def test_web_mercator_goes_over_the_pinned_operation_too() -> None:
    place = np.array([[603701.192, 1191178.748]])
    over_wgs84 = transformer(WGS84, WEB_MERCATOR)(transformer(HCMC, WGS84)(place))
    assert transformer(HCMC, WEB_MERCATOR)(place) == pytest.approx(over_wgs84, abs=1e-6)


def test_kinds_of_coordinate_systems_are_told_apart() -> None:
    assert is_geographic(WGS84)
    assert not is_geographic(HCMC)
    assert is_vn2000(HCMC)
    assert is_vn2000("EPSG:3405")
    assert not is_vn2000("EPSG:32648")


def test_an_unknown_system_is_refused_by_name() -> None:
    with pytest.raises(UnknownCrsError, match="EPSG:999999"):
        transformer("EPSG:999999", HCMC)
