"""The quality of layers that offices made: the city's 168 wards, and the streets of District 7."""

import os
from pathlib import Path

import pytest
import shapely

from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.quality import check_quality
from basemap.quality_findings import QualityReport
from basemap.validate import validate_layer
from spatial.crs import BA_RIA_VUNG_TAU, HCMC
from spatial.geometry import reproject_frame

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
CITY = Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data") / "hcmc"


def quality(name: str, layer: LayerName, *, storage: str = HCMC, **columns: str) -> QualityReport:
    intake = read_layer_file(CITY / name, layer, column_map=columns)
    accepted = validate_layer(intake.frame, layer, file=intake.file).accepted
    return check_quality(reproject_frame(accepted, storage), layer, file=intake.file, source_crs=intake.source_crs)


@pytest.mark.parametrize("storage", [HCMC, BA_RIA_VUNG_TAU])
def test_seventy_square_metres_of_overlaps_are_found_among_the_168_wards(storage: str) -> None:
    """70 m2 in all is the figure that came with the data; neither zone's scale moves it by a tenth of a per cent."""
    report = quality("wards_2025.gpkg", LayerName.WARD, storage=storage, code="ward_code", fullName="name")
    rule = next(each for each in report.outcomes if each.code == "overlap")
    assert rule.area_m2 == pytest.approx(70.4, abs=0.1)
    assert rule.found_count == 30
    largest = report.findings[0]
    assert (largest.feature_ids, largest.area_m2) == (("25951", "26833"), pytest.approx(26.65, abs=0.06))


def test_the_overlaps_and_gaps_account_for_every_square_metre_of_the_wards() -> None:
    """Sum of the wards less their union is what overlaps; the union without its holes less the union is what gapes."""
    intake = read_layer_file(
        CITY / "wards_2025.gpkg", LayerName.WARD, column_map={"code": "ward_code", "fullName": "name"}
    )
    accepted = validate_layer(intake.frame, LayerName.WARD, file=intake.file).accepted
    wards = reproject_frame(accepted, HCMC)
    report = check_quality(wards, LayerName.WARD, file=intake.file, source_crs=intake.source_crs)
    area_m2 = {each.code: each.area_m2 for each in report.outcomes}
    union = shapely.union_all(wards.geometry.array)
    assert area_m2["overlap"] == pytest.approx(wards.area.sum() - union.area, abs=0.01)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
    gaps = [each for each in report.findings if each.issue.code == "gap"]
    assert len(holes) == 41
    assert sum(hole.area for hole in holes) < float(area_m2["gap"] or 0) < sum(hole.area for hole in holes) + 20
    assert all(any(gap.geometry.buffer(0.01).covers(hole) for gap in gaps) for hole in holes)


def test_the_streets_of_district_7_were_drawn_as_one_network() -> None:
    """The oracle: widened by a quarter of a metre, all of them are one area, so none stops short of another."""
    intake = read_layer_file(CITY / "d7/roads/RoadNetwork_UTM48N.shp", LayerName.STREET)
    lines = shapely.force_2d(reproject_frame(intake.frame, HCMC).geometry.array)
    assert len(shapely.get_parts(shapely.union_all(shapely.buffer(lines, 0.25)))) == 1
    report = quality("d7/roads/RoadNetwork_UTM48N.shp", LayerName.STREET, RoadWidth="width_m")
    assert report.findings == ()


def test_three_pairs_of_land_uses_of_district_7_overlap() -> None:
    report = quality("d7/landuse/LandUse_Interactive.shp", LayerName.ZONE, TypeCode="zone_code")
    assert [each.feature_ids for each in report.findings] == [("191", "251"), ("142", "229"), ("142", "227")]
