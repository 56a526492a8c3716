"""Tiles that PostGIS draws when no archive stands ready, over HTTP."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
import geopandas as gpd
import httpx
import mapbox_vector_tile
import pytest
from fastapi import FastAPI

from api import tile_source
from api.app import create_app
from api.settings import Settings
from basemap import store
from basemap.demo_city import make_city
from basemap.live_tiles import draw_vector_tile
from basemap.model import LayerName
from basemap.tile_grid import tiles_over
from spatial.crs import WGS84
from spatial.db import Database
from spatial.geometry import reproject_frame

IMPORTED = datetime(2026, 6, 1, tzinfo=UTC)


FOLDER = "/ogc/collections/parcel/tiles/WebMercatorQuad"


def publish_parcels(database: Database) -> gpd.GeoDataFrame:
    frame = make_city(households=600, seed=7).layers[LayerName.PARCEL]
    frame = frame.assign(feature_id=[str(number) for number in range(len(frame))])
    provenance = store.Provenance(
        imported_at=IMPORTED,
        imported_by="surveyor",
        source_file="city.gpkg",
        source_sha256="0" * 64,
        source_crs="EPSG:9210",
        quarantined_count=0,
    )
    with database.transaction() as session:
        version = store.add_version(session, LayerName.PARCEL, frame, provenance=provenance)
        store.publish(session, version.version_id, published_at=IMPORTED)
    return frame


def middle_path(frame: gpd.GeoDataFrame) -> str:
    west, south, east, north = reproject_frame(frame, WGS84).total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    columns, rows = tiles_over((lon, lat, lon, lat), 16)
    return f"{FOLDER}/16/{rows.start}/{columns.start}"


@pytest.fixture
def app(postgis_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """A server of the store that PostGIS keeps, with an empty data folder."""
    app = create_app(Settings(data_dir=tmp_path, database_url="sqlite:////nowhere.gpkg", secret="s" * 40))
    monkeypatch.setattr(app.state.database_door, "open", lambda: postgis_database)
    return app


def ask(app: FastAPI, *paths: str, encoding: str = "gzip") -> list[httpx.Response]:
    async def all_of_them() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return [await client.get(path, headers={"accept-encoding": encoding}) for path in paths]

    return anyio.run(all_of_them)


@pytest.mark.postgis
def test_a_tile_is_drawn_live_and_given_again_without_the_store(
    postgis_database: Database, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = publish_parcels(postgis_database)
    first, nothing = ask(app, middle_path(frame), f"{FOLDER}/16/0/0")
    (layer,) = mapbox_vector_tile.decode(first.content).values()
    names = {feature["properties"]["feature_id"] for feature in layer["features"]}
    assert len(names) > 10
    assert names <= set(frame["feature_id"])
    assert (nothing.status_code, nothing.content) == (204, b"")
    monkeypatch.setattr(app.state.database_door, "open", lambda: pytest.fail("the store was asked again"))
    (again,) = ask(app, middle_path(frame))
    assert (again.status_code, again.content) == (200, first.content)
    assert first.headers["etag"] == again.headers["etag"]


@pytest.mark.postgis
def test_a_client_that_knows_no_gzip_gets_the_same_tile_plain(postgis_database: Database, app: FastAPI) -> None:
    path = middle_path(publish_parcels(postgis_database))
    (plain,) = ask(app, path, encoding="identity")
    (zipped,) = ask(app, path)
    assert [answer.headers.get("content-encoding") for answer in (plain, zipped)] == [None, "gzip"]
    assert plain.content == zipped.content
    assert len(plain.content) > int(zipped.headers["content-length"])


@pytest.mark.postgis
def test_empty_tiles_of_the_whole_world_fill_no_memory(postgis_database: Database, app: FastAPI) -> None:
    publish_parcels(postgis_database)
    app.state.tiles.most_bytes = 5_000
    answers = ask(app, *(f"{FOLDER}/16/{number}/{number * 31}" for number in range(40)))
    assert {answer.status_code for answer in answers} == {204}
    assert app.state.tiles.kept_count <= 10


@pytest.mark.postgis
def test_a_tile_of_too_many_features_is_answered_with_503_and_the_log_names_the_command_that_helps(
    postgis_database: Database, app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    frame = publish_parcels(postgis_database)
    monkeypatch.setattr(tile_source, "draw_vector_tile", partial(draw_vector_tile, most_count=10))
    (answer,) = ask(app, middle_path(frame))
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "diaban basemap tiles parcel" in caplog.text
