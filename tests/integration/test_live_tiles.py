"""Tiles that PostGIS draws when no archive stands ready, over HTTP."""

from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import mapbox_vector_tile
import pytest

from api.app import create_app
from api.settings import Settings
from basemap import store
from basemap.demo_city import make_city
from basemap.model import LayerName
from basemap.tile_grid import tiles_over
from spatial.crs import WGS84
from spatial.db import Database
from spatial.geometry import reproject_frame

IMPORTED = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.postgis
def test_a_tile_is_drawn_live_and_given_again_without_the_store(
    postgis_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    with postgis_database.transaction() as session:
        version = store.add_version(session, LayerName.PARCEL, frame, provenance=provenance)
        store.publish(session, version.version_id, published_at=IMPORTED)
    west, south, east, north = reproject_frame(frame, WGS84).total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    columns, rows = tiles_over((lon, lat, lon, lat), 16)
    folder = "/ogc/collections/parcel/tiles/WebMercatorQuad"
    app = create_app(Settings(data_dir=tmp_path, database_url="sqlite:////nowhere.gpkg", secret="s" * 40))
    monkeypatch.setattr(app.state.database_door, "open", lambda: postgis_database)

    async def ask() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            first = await client.get(f"{folder}/16/{rows.start}/{columns.start}")
            nothing = await client.get(f"{folder}/16/0/0")
            monkeypatch.setattr(app.state.database_door, "open", lambda: pytest.fail("the store was asked again"))
            again = await client.get(f"{folder}/16/{rows.start}/{columns.start}")
        return first, nothing, again

    first, nothing, again = anyio.run(ask)
    (layer,) = mapbox_vector_tile.decode(first.content).values()
    names = {feature["properties"]["feature_id"] for feature in layer["features"]}
    assert len(names) > 10
    assert names <= set(frame["feature_id"])
    assert (nothing.status_code, nothing.content) == (204, b"")
    assert (again.status_code, again.content) == (200, first.content)
    assert first.headers["etag"] == again.headers["etag"]
