"""Laws of the quality check: a true partition has no findings, and a shifted cell is found with its area."""

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from basemap.model import LayerName
from basemap.quality import check_quality
from basemap.quality_findings import QualityReport
from spatial.crs import HCMC

CORNER = np.array([603_701.0, 1_191_178.0])


@st.composite
def partitions(draw: st.DrawFn) -> list[shapely.Polygon]:
    """Quadrilaterals that share their corners, between crooked lines; turned by any angle."""
    columns, rows = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    grid = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij"), axis=-1) * 12.0
    grid += chance.uniform(-2.5, 2.5, grid.shape)
    angle = chance.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = grid @ turn + CORNER
    return [
        shapely.Polygon([corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]])
        for i, j in itertools.product(range(columns), range(rows))
    ]


def check(cells: list[shapely.Polygon]) -> QualityReport:
    ids = [str(number) for number in range(len(cells))]
    frame = gpd.GeoDataFrame({"feature_id": ids, "ward_code": ids, "name": ids}, geometry=cells, crs=HCMC)
    return check_quality(frame, LayerName.WARD, file="wards.gpkg")


@settings(max_examples=40, deadline=None)
@given(partitions())
def test_a_partition_has_no_overlaps_gaps_or_slivers(cells: list[shapely.Polygon]) -> None:
    assert check(cells).findings == ()


@settings(max_examples=40, deadline=None)
@given(partitions(), st.integers(0, 15), st.floats(0, 2 * np.pi), st.floats(0.1, 0.45))
def test_a_shifted_cell_is_found_with_its_overlaps_as_all_pairs_say(
    cells: list[shapely.Polygon], which: int, direction: float, by_m: float
) -> None:
    number = which % len(cells)
    shift = by_m * np.array([np.cos(direction), np.sin(direction)])
    cells = [*cells[:number], shapely.transform(cells[number], lambda points: points + shift), *cells[number + 1 :]]
    expected = {
        (str(a), str(b)): cells[a].intersection(cells[b]).area
        for a, b in itertools.combinations(range(len(cells)), 2)
        if cells[a].intersection(cells[b]).area > 0.001
    }
    found = {each.feature_ids: each.area_m2 for each in check(cells).findings if each.issue.code == "overlap"}
    assert found == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(partitions(), st.integers(0, 15))
def test_a_cell_taken_away_from_the_middle_leaves_a_gap_of_its_size(cells: list[shapely.Polygon], which: int) -> None:
    border = shapely.union_all(cells).boundary
    inner = [cell for cell in cells if not cell.intersects(border)]
    if not inner:
        return
    gone = inner[which % len(inner)]
    gaps = [each for each in check([cell for cell in cells if cell is not gone]).findings if each.issue.code == "gap"]
    assert [each.area_m2 for each in gaps] == pytest.approx([gone.area])
    assert shapely.symmetric_difference(gaps[0].geometry, gone).area == pytest.approx(0, abs=1e-6)


def parcels(cells: list[shapely.Polygon]) -> gpd.GeoDataFrame:
    ids = [f"P{number}" for number in range(len(cells))]
    columns = {
        "feature_id": ids,
        "ward_code": "26743",
        "map_sheet": "10",
        "parcel_no": [str(number + 1) for number in range(len(cells))],
        "registered_area_m2": shapely.area(np.array(cells, dtype=object)),
    }
    return gpd.GeoDataFrame(columns, geometry=cells, crs=HCMC)


@settings(max_examples=30, deadline=None)
@given(partitions(), st.permutations(range(4)), st.sets(st.sampled_from(["number", "area", "twin", "key"])))
def test_what_was_damaged_is_found_and_nothing_else(
    cells: list[shapely.Polygon], which: list[int], kinds: set[str]
) -> None:
    """Every kind of damage strikes a parcel of its own; the expected findings are written while it is done."""
    frame = parcels(cells)
    expected: set[tuple[str, frozenset[str]]] = set()
    unnumbered, misjudged, drawn_twice, namesake = which
    if "number" in kinds:
        frame.loc[unnumbered, "parcel_no"] = "chưa có"
        expected.add(("parcel_without_number", frozenset({f"P{unnumbered}"})))
    if "area" in kinds:
        frame.loc[misjudged, "registered_area_m2"] *= 1.2
        expected.add(("area_disagrees", frozenset({f"P{misjudged}"})))
    extra = []
    if "twin" in kinds:
        extra.append(frame.loc[[drawn_twice]].assign(feature_id="twin", parcel_no="901"))
        expected.add(("geometry_duplicate", frozenset({"twin", f"P{drawn_twice}"})))
    if "key" in kinds:
        apart = frame.geometry.iloc[namesake]
        far = shapely.transform(apart, lambda points: points + 500.0)
        extra.append(frame.loc[[namesake]].assign(feature_id="namesake").set_geometry([far], crs=HCMC))
        expected.add(("repeated_key", frozenset({"namesake", f"P{namesake}"})))
    whole = gpd.GeoDataFrame(gpd.pd.concat([frame, *extra], ignore_index=True), crs=HCMC)
    findings = check_quality(whole, LayerName.PARCEL, file="plots.gpkg").findings
    assert {(each.issue.code, frozenset(each.feature_ids)) for each in findings} == expected
