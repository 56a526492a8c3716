"""What numbers look like when they contradict their label."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.whereabouts import Reading, check_whereabouts, outside_country, recognise
from spatial.errors import InputError

DISTRICT_7 = np.array([[106.7274, 10.7246], [106.7564, 10.7437]])
VUNG_TAU = np.array([[107.0843, 10.3460], [107.0900, 10.3500]])
"""Longitude and latitude of two corners each; the second place is a control point of EPSG:5899."""


def in_crs(corners: np.ndarray, crs: str) -> np.ndarray:
    """Project with PROJ alone: a datum shift of 200 m does not matter to recognise a place."""
    return np.column_stack(Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*corners.T))


def check(corners: np.ndarray, label: str, *, is_asserted: bool = False) -> None:
    frame = gpd.GeoDataFrame(geometry=shapely.points(corners), crs=label)
    check_whereabouts(frame, crs=label, is_asserted=is_asserted, file="a.shp")


def refusal(corners: np.ndarray, label: str) -> str:
    with pytest.raises(InputError) as caught:
        check(corners, label)
    assert caught.value.hint is not None
    assert "\n" not in caught.value.sentence("vi")
    return caught.value.sentence("en")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:9210", "EPSG:32648", "EPSG:3405", "EPSG:3857"])
@pytest.mark.parametrize("corners", [DISTRICT_7, VUNG_TAU])
def test_a_true_label_is_believed(corners: np.ndarray, crs: str) -> None:
    check(in_crs(corners, crs), crs)


def test_places_elsewhere_in_the_country_are_believed_too() -> None:
    check(np.array([[105.85, 21.03]]), "EPSG:4326")
    check(in_crs(np.array([[105.85, 21.03]]), "EPSG:5897"), "EPSG:5897")


@pytest.mark.parametrize(
    ("corners", "truth", "words", "option"),
    [
        (DISTRICT_7, "EPSG:32648", "UTM zone 48N (EPSG:32648) metres", "--crs EPSG:32648 if so"),
        (DISTRICT_7, "EPSG:9210", "VN-2000 / TM-3 105-45 (EPSG:9210) metres", "--crs EPSG:9210 if so"),
        (VUNG_TAU, "EPSG:5899", "VN-2000 / TM-3 107-45 (EPSG:5899) metres", "--crs EPSG:5899 if so"),
        (DISTRICT_7, "EPSG:3857", "Web Mercator (EPSG:3857) metres", "--crs EPSG:3857 if so"),
    ],
)
def test_metres_under_a_degree_label_say_which_metres(corners: np.ndarray, truth: str, words: str, option: str) -> None:
    sentence = refusal(in_crs(corners, truth), "EPSG:4326")
    assert "are not degrees" in sentence
    assert f"look like {words}" in sentence
    assert option in sentence


def test_degrees_under_a_metre_label_are_recognised() -> None:
    sentence = refusal(DISTRICT_7, "EPSG:9210")
    assert "longitude and latitude (EPSG:4326)" in sentence


def test_latitude_before_longitude_is_recognised_and_the_swap_offered() -> None:
    sentence = refusal(DISTRICT_7[:, ::-1], "EPSG:4326")
    assert "axes swapped (the latitude comes first)" in sentence
    assert "--crs EPSG:4326 --swap-axes" in sentence


def test_northing_before_easting_as_on_vietnamese_papers_is_recognised() -> None:
    sentence = refusal(in_crs(DISTRICT_7, "EPSG:9210")[:, ::-1], "EPSG:9210")
    assert "axes swapped (X is the northing, as on cadastral papers)" in sentence
    assert "--crs EPSG:9210 --swap-axes" in sentence


def test_swapped_metres_under_a_degree_label_are_recognised() -> None:
    sentence = refusal(in_crs(DISTRICT_7, "EPSG:9210")[:, ::-1], "EPSG:4326")
    assert "--crs EPSG:9210 --swap-axes" in sentence


def test_the_wrong_meridian_is_recognised() -> None:
    sentence = refusal(in_crs(DISTRICT_7, "EPSG:9210"), "EPSG:5899")
    assert "do not fall into the city" in sentence
    assert "--crs EPSG:9210" in sentence


@pytest.mark.parametrize(("unit_m", "word"), [(0.3048, "feet"), (0.001, "millimetres")])
def test_feet_and_the_millimetres_of_drawings_are_recognised(unit_m: float, word: str) -> None:
    sentence = refusal(in_crs(DISTRICT_7, "EPSG:9210") / unit_m, "EPSG:9210")
    assert f"counted in {word}" in sentence
    assert "Convert to metres" in sentence


def test_what_a_person_asserts_is_believed_inside_the_country() -> None:
    check(in_crs(DISTRICT_7, "EPSG:9210"), "EPSG:5899", is_asserted=True)


@pytest.mark.parametrize(
    ("corners", "crs"),
    [
        (np.array([[2.35, 48.85]]), "EPSG:4326"),
        (np.array([[0.0, 0.0]]), "EPSG:4326"),
        (np.array([[351_924.0, 6_787_135.0]]), "EPSG:2154"),
    ],
)
def test_places_abroad_are_refused(corners: np.ndarray, crs: str) -> None:
    assert "lies outside Vietnam" in refusal(corners, crs)


def test_a_few_features_abroad_do_not_condemn_the_file() -> None:
    check(np.vstack([DISTRICT_7, [[0.0, 0.0]]]), "EPSG:4326")


def test_a_feature_with_one_corner_abroad_is_outside_and_one_without_place_is_not() -> None:
    bounds = np.array([[106.7, 10.7, 106.8, 10.8], [0.0, 0.0, 106.8, 10.8], [np.nan] * 4, [1e300] * 4])
    assert outside_country(bounds, crs="EPSG:4326").tolist() == [False, True, False, True]


def test_a_file_without_any_place_is_left_to_the_check_of_single_features() -> None:
    check_whereabouts(gpd.GeoDataFrame(geometry=[None], crs=4326), crs="EPSG:4326", is_asserted=False, file="a")


def test_the_reading_nearest_to_the_city_centre_is_named_first() -> None:
    readings = recognise(in_crs(DISTRICT_7, "EPSG:32648"), crs="EPSG:4326")
    assert readings == [Reading(crs="EPSG:32648"), Reading(crs="EPSG:9210")]


def test_swapping_on_request_puts_the_file_right(save: Callable[..., Path], wards: gpd.GeoDataFrame) -> None:
    swapped = wards.set_geometry(shapely.transform(wards.geometry.array, lambda points: points[:, ::-1]))
    path = save(swapped, "wards.gpkg")
    with pytest.raises(InputError, match="axes swapped"):
        read_layer_file(path, LayerName.WARD)
    intake = read_layer_file(path, LayerName.WARD, swap_axes=True)
    assert intake.frame.total_bounds.tolist() == pytest.approx([106.69, 10.76, 106.71, 10.77])
