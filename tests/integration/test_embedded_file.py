"""The embedded file is a GeoPackage that other programs open and write to: GDAL is asked."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from basemap import store
from basemap.model import LAYERS, LayerName, LayerVersionId
from spatial.db import Database

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
PROVENANCE = store.Provenance(
    imported_at=NOON, imported_by="", source_file="", source_sha256="", source_crs="EPSG:9210", quarantined_count=0
)


def file_of(database: Database) -> Path:
    return Path(str(database.engine.url.database))


def schools(count: int) -> gpd.GeoDataFrame:
    numbers = np.arange(count)
    columns = {
        "feature_id": [f"T{number}" for number in numbers],
        "school_code": [f"T{number}" for number in numbers],
        "name": [f"Trường Tiểu học số {number}" for number in numbers],
        "school_type": "primary",
        "address": None,
    }
    points = shapely.points(600_000 + 100.0 * numbers, 1_190_000 + 10.0 * numbers)
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:9210")


def zones() -> gpd.GeoDataFrame:
    columns = {name: [None] for name in LAYERS[LayerName.ZONE].attribute_names}
    columns |= {"feature_id": ["Z1"], "zone_code": ["Z1"], "max_height_m": [12.3456789], "max_floors": [4]}
    columns["plan_approved_on"] = [NOON.date()]
    square = shapely.MultiPolygon([shapely.box(600_000.125, 1_190_000.25, 600_100, 1_190_050)])
    return gpd.GeoDataFrame(columns, geometry=[square], crs="EPSG:9210")


def add(database: Database, layer: LayerName, frame: gpd.GeoDataFrame) -> LayerVersionId:
    with database.transaction() as session:
        version = store.add_version(session, layer, frame, provenance=PROVENANCE)
        return store.publish(session, version.version_id, published_at=NOON).version_id


def index_of(database: Database) -> dict[int, tuple[float, ...]]:
    with database.transaction() as session:
        rows = session.execute(text("SELECT id, minx, maxx, miny, maxy FROM rtree_school_geometry")).all()
    return {row[0]: tuple(row[1:]) for row in rows}


def boxes_of(database: Database) -> dict[int, tuple[float, float, float, float]]:
    """What the index should hold, read with GDAL instead of with our own codec."""
    frame = pyogrio.read_dataframe(file_of(database), layer="school", fid_as_index=True)
    return {fid: (point.x, point.x, point.y, point.y) for fid, point in frame.geometry.items() if point}


def assert_in_step(database: Database) -> None:
    index, boxes = index_of(database), boxes_of(database)
    assert index.keys() == boxes.keys()
    for fid, box in boxes.items():
        assert index[fid] == pytest.approx(box, abs=0.25)


@pytest.mark.parametrize("layer", [pytest.param(layer, id=layer.value) for layer in LayerName])
def test_gdal_opens_every_layer_in_the_storage_system(embedded_database: Database, layer: LayerName) -> None:
    described = pyogrio.read_info(file_of(embedded_database), layer=layer.value)
    assert described["crs"] == "EPSG:9210"
    assert described["geometry_type"] == LAYERS[layer].shape.value
    assert described["fields"].tolist() == ["version_id", "feature_id", *LAYERS[layer].attribute_names]
    assert described["fid_column"] == "id"
    assert described["geometry_name"] == "geometry"


def test_gdal_offers_layers_and_their_versions_but_no_accounts(embedded_database: Database) -> None:
    offered = set(pyogrio.list_layers(file_of(embedded_database))[:, 0])
    assert offered >= {layer.value for layer in LayerName} | {"layer_version"}
    assert offered.isdisjoint({"user_account", "alembic_version", "layer_publication"})


def test_gdal_reads_what_is_published_as_one_layer_of_its_own(embedded_database: Database) -> None:
    """Of three versions readers see the second: QGIS shows it without a filter, by its index, with its own numbers."""
    for count in (5, 50, 7):
        add(embedded_database, LayerName.SCHOOL, schools(count))
    with embedded_database.transaction() as session:
        store.rollback(session, LayerName.SCHOOL, withdrawn_at=NOON)
    file, view = file_of(embedded_database), store.published_view(LayerName.SCHOOL)
    described = pyogrio.read_info(file, layer=view)
    assert described["fid_column"] == "id"
    assert described["capabilities"]["fast_spatial_filter"]
    assert described["crs"] == "EPSG:9210"
    assert described["fields"].tolist() == ["feature_id", *LAYERS[LayerName.SCHOOL].attribute_names]
    read = pyogrio.read_dataframe(file, layer=view)
    assert sorted(read["feature_id"]) == sorted(schools(50)["feature_id"])
    near = pyogrio.read_dataframe(file, layer=view, bbox=(600_950, 1_190_000, 601_250, 1_190_500))
    assert near["feature_id"].tolist() == ["T10", "T11", "T12"]


def test_gdal_reads_the_moments_of_versions(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(3))
    read = pyogrio.read_dataframe(file_of(embedded_database), layer="layer_version")
    assert read["imported_at"][0] == NOON
    assert read["feature_count"][0] == 3


def test_gdal_reads_what_was_stored(embedded_database: Database) -> None:
    add(embedded_database, LayerName.ZONE, zones())
    read = pyogrio.read_dataframe(file_of(embedded_database), layer="zone")
    assert read.crs == "EPSG:9210"
    assert read.geometry[0].equals_exact(zones().geometry[0], tolerance=0)
    assert read["max_height_m"][0] == 12.3456789
    assert read["max_floors"][0] == 4
    assert read["plan_approved_on"][0].date() == NOON.date()


def test_gdal_finds_through_our_index(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(50))
    box = (600_950, 1_190_000, 601_250, 1_190_500)
    found = pyogrio.read_dataframe(file_of(embedded_database), layer="school", bbox=box)
    assert found["feature_id"].tolist() == ["T10", "T11", "T12"]


def test_the_extent_that_other_programs_show_covers_all_versions(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(3))
    add(embedded_database, LayerName.SCHOOL, schools(11))
    bounds = pyogrio.read_info(file_of(embedded_database), layer="school")["total_bounds"]
    assert bounds == (600_000, 1_190_000, 601_000, 1_190_100)
    with embedded_database.transaction() as session:
        changed = session.scalar(text("SELECT last_change FROM gpkg_contents WHERE table_name = 'school'"))
    assert changed == "2026-11-22T05:00:00.000Z"


def test_the_index_follows_bulk_inserts_updates_and_deletes(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(5))
    add(embedded_database, LayerName.SCHOOL, schools(4))
    assert_in_step(embedded_database)
    assert len(index_of(embedded_database)) == 9
    with embedded_database.transaction() as session:
        session.execute(
            text("UPDATE school SET geometry = ST_GeomFromText('POINT(605000 1195000)', 9210) WHERE id = 2")
        )
        session.execute(text("UPDATE school SET id = 77 WHERE id = 3"))
        session.execute(text("DELETE FROM school WHERE id = 4"))
    assert_in_step(embedded_database)
    assert index_of(embedded_database)[2] == pytest.approx((605_000, 605_000, 1_195_000, 1_195_000), abs=0.25)
    assert {3, 4}.isdisjoint(index_of(embedded_database))


def test_the_index_follows_geometries_that_become_empty_and_come_back(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(2))
    with embedded_database.transaction() as session:
        session.execute(text("UPDATE school SET geometry = ST_GeomFromText('POINT EMPTY', 9210) WHERE id = 1"))
    assert index_of(embedded_database).keys() == {2}
    with embedded_database.transaction() as session:
        session.execute(text("UPDATE school SET geometry = ST_GeomFromText('POINT(1 2)', 9210) WHERE id = 1"))
    assert index_of(embedded_database)[1] == (1, 1, 2, 2)


def test_what_gdal_writes_into_the_file_is_read_and_indexed(embedded_database: Database) -> None:
    version = add(embedded_database, LayerName.SCHOOL, schools(3))
    added = schools(5).iloc[3:]
    added.insert(0, "version_id", version)
    pyogrio.write_dataframe(added, file_of(embedded_database), layer="school", append=True)
    assert_in_step(embedded_database)
    with embedded_database.transaction() as session:
        bounds = (600_250, 1_190_000, 600_450, 1_190_100)
        found = store.read_layer(session, LayerName.SCHOOL, bounds=bounds)
    assert found["feature_id"].tolist() == ["T3", "T4"]
    assert_in_step(embedded_database)
    add(embedded_database, LayerName.SCHOOL, schools(6))
    assert_in_step(embedded_database)


def test_a_failed_bulk_insert_leaves_the_index_and_its_triggers_in_place(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(3))
    broken = schools(4)
    broken["address"] = [None, None, None, object()]
    with pytest.raises(Exception, match="object"):
        add(embedded_database, LayerName.SCHOOL, broken)
    with embedded_database.transaction() as session:
        triggers = session.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'school'")
        ).all()
    assert len(triggers) == 7
    assert_in_step(embedded_database)


def test_the_file_passes_sqlites_own_checks(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(100))
    embedded_database.close()
    with sqlite3.connect(file_of(embedded_database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT rtreecheck('rtree_school_geometry')").fetchone() == ("ok",)
        assert connection.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"GPKG", "big"),)
        assert connection.execute("PRAGMA user_version").fetchone() == (10400,)
    connection.close()


def test_between_transactions_the_store_is_one_file(embedded_database: Database) -> None:
    add(embedded_database, LayerName.SCHOOL, schools(3))
    assert [path.name for path in file_of(embedded_database).parent.iterdir()] == ["store.gpkg"]
