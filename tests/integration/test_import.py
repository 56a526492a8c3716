"""From a file into the store and out again, on the embedded file and on PostGIS."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from pyogrio.errors import FeatureError

from basemap import service, store
from basemap.import_report import ImportReport
from basemap.model import LayerName, LayerVersionId
from spatial.db import Database
from spatial.errors import DataUnavailableError, InputError

MOMENT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
EAST, NORTH = 603_701.192, 1_191_178.748
"""Control point of EPSG:6960: longitude 106.70, latitude 10.77."""


@pytest.fixture
def zones() -> gpd.GeoDataFrame:
    """Three zones; the second has a floor too many to be believed."""
    return gpd.GeoDataFrame(
        {"zone_code": ["A1", "A2", "A3"], "max_floors": [5, 500, 7], "plan_approved_on": ["20/04/2025", None, None]},
        geometry=[shapely.box(EAST + 50 * i, NORTH, EAST + 50 * i + 40, NORTH + 40) for i in range(3)],
        crs="EPSG:9210",
    )


@pytest.fixture
def zone_file(tmp_path: Path, zones: gpd.GeoDataFrame) -> Path:
    path = tmp_path / "zones.gpkg"
    pyogrio.write_dataframe(zones, path)
    return path


def bring_in(database: Database, path: Path, layer: LayerName = LayerName.ZONE, **options: object) -> ImportReport:
    return service.import_layer(database, layer, path, imported_at=MOMENT, imported_by="an officer", **options)  # type: ignore[arg-type]  # options vary


def published(database: Database, layer: LayerName = LayerName.ZONE) -> gpd.GeoDataFrame:
    with database.transaction() as session:
        return store.read_layer(session, layer)


def test_good_rows_are_stored_and_bad_ones_stand_aside(database: Database, zone_file: Path, tmp_path: Path) -> None:
    report = bring_in(database, zone_file, publish=True, report_dir=tmp_path / "report")
    assert (report.accepted_count, report.quarantined_count) == (2, 1)
    frame = published(database)
    assert frame["zone_code"].tolist() == ["A1", "A3"]
    assert frame["max_floors"].tolist() == [5, 7]
    assert frame["plan_approved_on"].iloc[0] == date(2025, 4, 20)
    assert frame.geometry.area.tolist() == pytest.approx([1600, 1600])
    aside = pyogrio.read_dataframe(tmp_path / "report" / "quarantine.gpkg")
    assert aside["zone_code"].tolist() == ["A2"]


def test_the_version_remembers_where_it_came_from(database: Database, zone_file: Path) -> None:
    version = bring_in(database, zone_file).version
    assert version is not None
    assert (version.source_file, version.source_crs, version.imported_by) == ("zones.gpkg", "EPSG:9210", "an officer")
    assert (version.feature_count, version.quarantined_count) == (2, 1)
    assert (version.imported_at, version.published_at, version.is_current) == (MOMENT, None, False)


def test_nobody_sees_a_version_before_it_is_published(database: Database, zone_file: Path) -> None:
    bring_in(database, zone_file)
    with pytest.raises(DataUnavailableError):
        published(database)
    service.publish_version(database, LayerName.ZONE, published_at=MOMENT)
    assert len(published(database)) == 2


def test_degrees_arrive_at_the_control_point_in_metres(database: Database, tmp_path: Path) -> None:
    """106.70, 10.77 is E 603701.192 N 1191178.748 over EPSG:6960."""
    path = tmp_path / "schools.geojson"
    schools = gpd.GeoDataFrame(
        {"school_code": ["1"], "name": ["Tiểu học Bến Thành"], "school_type": ["primary"]},
        geometry=[shapely.Point(106.70, 10.77)],
        crs=4326,
    )
    pyogrio.write_dataframe(schools, path)
    bring_in(database, path, LayerName.SCHOOL, publish=True)
    point = published(database, LayerName.SCHOOL).geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((EAST, NORTH), abs=0.001)


def test_mended_rows_join_the_version_that_they_were_missing_from(
    database: Database, zone_file: Path, tmp_path: Path
) -> None:
    first = bring_in(database, zone_file, report_dir=tmp_path / "report")
    assert first.version is not None
    quarantine = tmp_path / "report" / "quarantine.gpkg"
    mended = pyogrio.read_dataframe(quarantine).assign(max_floors=5)
    pyogrio.write_dataframe(mended, quarantine, layer="quarantine")
    bring_in(database, quarantine, add_to=first.version.version_id, publish=True)
    frame = published(database)
    assert sorted(frame["zone_code"]) == ["A1", "A2", "A3"]
    assert frame["feature_id"].is_unique


def test_rows_that_a_version_already_has_cannot_join_it(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "wards.gpkg"
    wards = gpd.GeoDataFrame(
        {"ward_code": ["26743"], "name": ["Bến Thành"]}, geometry=[shapely.box(106.69, 10.76, 106.7, 10.77)], crs=4326
    )
    pyogrio.write_dataframe(wards, path)
    first = bring_in(database, path, LayerName.WARD)
    assert first.version is not None
    with pytest.raises(InputError, match="already has 26743"):
        bring_in(database, path, LayerName.WARD, add_to=first.version.version_id)


def test_a_refused_file_leaves_neither_version_nor_report(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "zones.geojson"
    path.write_text("zone_code,geometry\n")
    with pytest.raises(InputError):
        bring_in(database, path, report_dir=tmp_path / "report")
    with database.transaction() as session:
        assert store.list_versions(session) == []
    assert not (tmp_path / "report").exists()


def test_a_file_without_one_good_row_is_refused_with_the_first_reason_and_a_report(
    database: Database, tmp_path: Path, zones: gpd.GeoDataFrame
) -> None:
    path = tmp_path / "zones.gpkg"
    pyogrio.write_dataframe(zones.assign(max_floors=500), path)
    with pytest.raises(InputError, match="row 2: max_floors = '500'") as caught:
        bring_in(database, path, report_dir=tmp_path / "report")
    assert "\n" not in caught.value.sentence("vi")
    assert len(pyogrio.read_dataframe(tmp_path / "report" / "quarantine.gpkg")) == 3
    with database.transaction() as session:
        assert store.list_versions(session) == []


def test_when_the_report_cannot_be_written_nothing_is_stored(
    database: Database, zone_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="folder"):
        bring_in(database, zone_file, report_dir=tmp_path / "folder" / "report")
    with database.transaction() as session:
        assert store.list_versions(session) == []


def test_a_version_of_another_layer_is_not_published_under_this_one(database: Database, zone_file: Path) -> None:
    report = bring_in(database, zone_file)
    assert report.version is not None
    for wanted in (report.version.version_id, LayerVersionId(999), None):
        with pytest.raises(InputError, match="The layer ward has no version"):
            service.publish_version(database, LayerName.WARD, version_id=wanted, published_at=MOMENT)


@pytest.mark.parametrize("name", ["out.gpkg", "out.geojson"])
def test_what_is_exported_comes_back_the_same(database: Database, zone_file: Path, tmp_path: Path, name: str) -> None:
    bring_in(database, zone_file, publish=True)
    before = published(database)
    assert service.export_layer(database, LayerName.ZONE, tmp_path / name) == 2
    again = bring_in(database, tmp_path / name, publish=True)
    after = published(database)
    assert again.quarantined_count == 0
    assert after.drop(columns="geometry").equals(before.drop(columns="geometry"))
    distances_m = shapely.hausdorff_distance(before.geometry.array, after.geometry.array)
    assert distances_m.max() < (1e-9 if name.endswith("gpkg") else 0.02)


def test_exported_geojson_is_longitude_and_latitude(database: Database, zone_file: Path, tmp_path: Path) -> None:
    bring_in(database, zone_file, publish=True)
    service.export_layer(database, LayerName.ZONE, tmp_path / "out.geojson")
    document = json.loads((tmp_path / "out.geojson").read_text())
    west, south = document["features"][0]["geometry"]["coordinates"][0][0][0][:2]
    assert (west, south) == pytest.approx((106.70, 10.77), abs=0.001)
    assert "crs" not in document


def test_an_export_to_another_kind_of_file_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'\.dwg'"):
        service.export_layer(database, LayerName.ZONE, tmp_path / "out.dwg")


def test_an_export_that_the_disk_refuses_leaves_the_earlier_file(
    database: Database, zone_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(database, zone_file, publish=True)
    target = tmp_path / "out.gpkg"
    target.write_bytes(b"earlier")

    def refuse(*_: object, **__: object) -> None:
        message = "database or disk is full"
        raise FeatureError(message)

    monkeypatch.setattr("basemap.service.pyogrio.write_dataframe", refuse)
    with pytest.raises(DataUnavailableError, match="cannot be written"):
        service.export_layer(database, LayerName.ZONE, target)
    assert target.read_bytes() == b"earlier"


@pytest.mark.parametrize("far_m", [1e8, 1e12])
def test_a_parcel_beyond_any_projection_stands_aside_and_the_rest_is_stored(
    database: Database, tmp_path: Path, far_m: float
) -> None:
    """PostGIS tells every feature in degrees as it is stored; one that no projection reaches must not get so far."""
    parcels = gpd.GeoDataFrame(
        {"ward_code": ["26740"] * 3, "map_sheet": ["1"] * 3, "parcel_no": ["1", "2", "3"]},
        geometry=[shapely.box(x, y, x + 8, y + 20) for x, y in [(EAST, NORTH), (far_m, NORTH), (EAST + 9, NORTH)]],
        crs="EPSG:9210",
    )
    path = tmp_path / "parcels.gpkg"
    pyogrio.write_dataframe(parcels, path)
    report = bring_in(database, path, LayerName.PARCEL, publish=True)
    assert sorted(published(database, LayerName.PARCEL)["parcel_no"]) == ["1", "3"]
    assert report.version.quarantined_count == 1
