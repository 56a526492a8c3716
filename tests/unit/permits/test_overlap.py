"""Three bands between a hit and nothing: strips are no slivers, and a near miss is not clear."""

import math

import numpy as np
import pytest
import shapely

from basemap.model import LayerName
from permits.overlap import Band, OverlapThresholds, area_error_lengths_m, area_error_m2, band_of

ERROR_M = 0.32


def band(overlap: shapely.Geometry, *, distance_m: float = 0.0, may_touch: bool = False) -> Band:
    return band_of(overlap, distance_m=distance_m, error_m=ERROR_M, least_area_m2=4.0, may_touch=may_touch)


def test_a_strip_of_1_m_along_a_plot_is_no_sliver() -> None:
    assert band(shapely.box(0, 0, 1, 20)) is Band.HIT


def test_a_strip_narrower_than_the_error_is_reviewed_when_it_is_long() -> None:
    assert band(shapely.box(0, 0, 0.25, 20)) is Band.REVIEW


def test_a_small_but_wide_corner_is_reviewed() -> None:
    assert band(shapely.box(0, 0, 1.5, 1.5)) is Band.REVIEW


def test_what_is_narrow_and_small_is_a_sliver() -> None:
    assert band(shapely.box(0, 0, 0.1, 20)) is Band.SLIVER


@pytest.mark.parametrize(("distance_m", "expected"), [(0.0001, Band.REVIEW), (0.32, Band.REVIEW), (0.33, Band.CLEAR)])
def test_a_miss_by_less_than_the_error_is_not_clear(distance_m: float, expected: Band) -> None:
    assert band(shapely.Polygon(), distance_m=distance_m) is expected


def test_neighbours_that_stand_wall_to_wall_do_not_concern_each_other() -> None:
    assert band(shapely.Polygon(), distance_m=0.0, may_touch=True) is Band.CLEAR


def test_errors_of_two_layers_add_up_as_squares() -> None:
    thresholds = OverlapThresholds(parcel_error_m=0.3, layer_error_m={LayerName.ZONE: 0.4})
    assert thresholds.combined_error_m(LayerName.ZONE) == pytest.approx(0.5)
    assert thresholds.combined_error_m(LayerName.WARD) == pytest.approx(0.3 * math.sqrt(2))


def test_the_area_of_5_by_20_m_with_corners_at_7_cm_is_known_to_1_m2() -> None:
    """The worked figure of the method; simulated as well, with independent errors in x and y."""
    corners = np.array([[0, 0], [5, 0], [5, 20], [0, 20]], dtype=float)
    error = area_error_m2(shapely.Polygon(corners), point_error_m=0.07)
    assert error == pytest.approx(1.02, abs=0.01)
    rng = np.random.default_rng(20261121)
    moved = corners + rng.normal(0, 0.07 / math.sqrt(2), (20_000, 4, 2))
    assert float(np.std(shapely.area(shapely.polygons(moved)))) == pytest.approx(error, rel=0.03)


def test_a_square_errs_by_its_side_and_a_shape_in_parts_as_its_largest() -> None:
    """Each diagonal of a square of side a counts twice: √(4 · 2a²) / √8 = a."""
    small, large = shapely.box(0, 0, 3, 3), shapely.box(10, 0, 20, 10)
    assert area_error_m2(large, point_error_m=0.07) == pytest.approx(0.7)
    assert area_error_m2(shapely.MultiPolygon([small, large]), point_error_m=0.07) == pytest.approx(0.7)
    lengths_m = area_error_lengths_m(np.array([small, large, shapely.MultiPolygon([large, small])]))
    assert lengths_m.tolist() == pytest.approx([3, 10, 10])
