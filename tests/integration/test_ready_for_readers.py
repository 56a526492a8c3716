"""What PostGIS writes beside each feature for readers: right, always up to date, and whole after a restore."""

import json
import shutil
import subprocess
from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from basemap import store
from basemap.model import LAYERS, LayerName
from spatial.crs import HCMC, WEB_MERCATOR, WGS84, transformer
from spatial.db import Database

pytestmark = pytest.mark.postgis

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
MILLIMETRE, MILLIMETRE_DEGREES = 0.001, 1e-8


def zones() -> gpd.GeoDataFrame:
    """A plot with a hole, written clockwise; quotes, accents, a date and what is missing beside it."""
    ringed = shapely.box(603_000, 1_190_000, 604_000, 1_191_000) - shapely.box(603_400, 1_190_400, 603_600, 1_190_600)
    return gpd.GeoDataFrame(
        {
            "feature_id": ['B/"1"'],
            "zone_code": ["B\\1"],
            "land_use": [None],
            "max_site_coverage_ratio": [0.1],
            "max_floors": [20],
            "max_height_m": [None],
            "max_plot_ratio": [7.5],
            "plan_name": ["Đồ án 2\n<b>"],
            "plan_approved_on": [date(2020, 12, 31)],
        },
        geometry=[shapely.reverse(shapely.orient_polygons(shapely.MultiPolygon([ringed])))],
        crs=HCMC,
    )


def add(database: Database) -> None:
    provenance = store.Provenance(
        imported_at=NOON,
        imported_by="surveyor",
        source_file="z.gpkg",
        source_sha256="0" * 64,
        source_crs=HCMC,
        quarantined_count=0,
    )
    with database.transaction() as session:
        store.add_version(session, LayerName.ZONE, zones(), provenance=provenance)


def written(database: Database) -> tuple[dict, shapely.Geometry]:
    with database.transaction() as session:
        told, shape = session.execute(text("SELECT geojson, ST_AsBinary(mercator) FROM zone")).one()
    return json.loads(told), shapely.from_wkb(bytes(shape))


def test_the_feature_is_written_with_every_attribute_and_its_shape_over_the_pinned_operation(
    postgis_database: Database,
) -> None:
    add(postgis_database)
    feature, mercator = written(postgis_database)
    (given,) = zones().itertuples(index=False)
    assert (feature["type"], feature["id"]) == ("Feature", given.feature_id)
    wanted = {name: getattr(given, name) for name in LAYERS[LayerName.ZONE].attribute_names}
    assert feature["properties"] == wanted | {"plan_approved_on": "2020-12-31"}
    shape = shapely.geometry.shape(feature["geometry"])
    expected = shapely.transform(given.geometry, transformer(HCMC, WGS84))
    assert shapely.hausdorff_distance(shape, expected) < MILLIMETRE_DEGREES
    assert [ring.is_ccw for ring in (shape.geoms[0].exterior, *shape.geoms[0].interiors)] == [True, False]
    in_mercator = shapely.transform(given.geometry, transformer(HCMC, WEB_MERCATOR))
    assert shapely.hausdorff_distance(mercator, in_mercator) < MILLIMETRE


def test_a_feature_that_somebody_changes_is_written_anew(postgis_database: Database) -> None:
    add(postgis_database)
    before, mercator = written(postgis_database)
    with postgis_database.transaction() as session:
        session.execute(text("UPDATE zone SET plan_name = 'X', geometry = ST_Translate(geometry, 100, 0)"))
    after, moved = written(postgis_database)
    assert after["properties"] == before["properties"] | {"plan_name": "X"}
    # 100 m on the ground at latitude 10.8 degrees are longer in Mercator, by 1 / cos(10.8 degrees) / 0.9999 or so.
    assert moved.centroid.x - mercator.centroid.x == pytest.approx(100 / np.cos(np.radians(10.77)), rel=0.001)
    assert after["geometry"] != before["geometry"]


def test_programs_that_look_at_what_is_published_do_not_see_it(postgis_database: Database) -> None:
    with postgis_database.transaction() as session:
        seen = session.scalars(
            text("SELECT column_name FROM information_schema.columns WHERE table_name LIKE '%_published'")
        ).all()
    assert "feature_id" in seen
    assert not {"clearance_m", "geojson", "mercator"} & set(seen)


def plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.mark.skipif(
    shutil.which("pg_dump") is None, reason="no pg_dump here; enable with: apt-get install postgresql-client"
)
def test_a_backup_can_be_restored_and_says_the_same(postgis_database: Database, empty_postgis_url: str) -> None:
    add(postgis_database)
    restored = plain(make_url(empty_postgis_url))

    def run(*command: str, given: bytes = b"") -> bytes:
        return subprocess.run(command, input=given, check=True, capture_output=True, timeout=60).stdout

    backup = run("pg_dump", plain(postgis_database.engine.url))
    run("psql", "-q", "-v", "ON_ERROR_STOP=1", restored, given=backup)
    found = run("psql", "-At", "-c", "SELECT geojson FROM zone", restored)
    assert json.loads(found) == written(postgis_database)[0]
