"""Measures refuse degrees, and two coordinate systems never meet unnoticed."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WGS84
from spatial.errors import InputError
from spatial.geometry import Located, reproject, whole_metres

PLOT = Located(geometry=shapely.box(603700, 1191170, 603705, 1191190), crs=HCMC)


def test_a_plot_of_5_by_20_m_measures_100_m2_and_50_m_around() -> None:
    assert PLOT.area_m2 == pytest.approx(100.0)
    assert PLOT.length_m == pytest.approx(50.0)


@pytest.mark.parametrize("measure", ["area_m2", "length_m"])
def test_nothing_is_measured_in_degrees(measure: str) -> None:
    with pytest.raises(InputError, match="measured in EPSG:4326"):
        getattr(PLOT.to(WGS84), measure)


def test_no_distance_is_measured_in_degrees() -> None:
    with pytest.raises(InputError, match="measured"):
        PLOT.to(WGS84).distance_m(PLOT.to(WGS84))


def test_two_systems_do_not_meet() -> None:
    with pytest.raises(InputError, match="EPSG:5899"):
        PLOT.distance_m(PLOT.to(BA_RIA_VUNG_TAU))
    with pytest.raises(InputError, match="EPSG:5899"):
        PLOT.intersection(PLOT.to(BA_RIA_VUNG_TAU))


def test_a_bite_of_a_quarter_is_25_m2() -> None:
    reservation = Located(geometry=shapely.box(603690, 1191165, 603710, 1191175), crs=HCMC)
    assert PLOT.intersection(reservation).area_m2 == pytest.approx(25.0)


def test_heights_are_dropped_on_the_way_to_another_system() -> None:
    assert not reproject(shapely.Point(106.7, 10.77, 5.0), source=WGS84, target=HCMC).has_z


@pytest.mark.parametrize(("metres", "whole"), [(0.0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (812.4999, 812)])
def test_halves_are_rounded_up_and_never_to_even(metres: float, whole: int) -> None:
    assert whole_metres([metres]).tolist() == [whole]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50))
def test_rounding_keeps_the_order_of_distances(metres: list[float]) -> None:
    assert (np.diff(whole_metres(sorted(metres))) >= 0).all()
