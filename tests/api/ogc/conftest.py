"""Published layers in both stores, a server over each, and one that listens on a port for other programs."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import httpx
import numpy as np
import psycopg
import pytest
import shapely
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from api.app import create_app
from api.migrations import upgrade
from api.settings import Settings
from basemap import store
from basemap.model import LayerName
from spatial.db import Database, open_database

POSTGRES_URL = os.environ.get("DIABAN_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
HCMC = "EPSG:9210"
PARCELS_COUNT = 25
STARTS_WITHIN_S = 60


def parcels(count: int) -> gpd.GeoDataFrame:
    """Squares of 20 m in rows of five, 2 m apart; one has quotes and a script in its address."""
    number = np.arange(count)
    x, y = 603_000 + 22.0 * (number % 5), 1_191_000 + 22.0 * (number // 5)
    addresses = [f"{each} Đường số 7" for each in number]
    addresses[3] = "<script>alert('x')</script> \"O'Hara\" 100%_"
    return gpd.GeoDataFrame(
        {
            "feature_id": [f"26797-{each // 10}-{each % 10}" for each in number],
            "ward_code": "26797",
            "map_sheet": [str(each // 10) for each in number],
            "parcel_no": [str(each % 10) for each in number],
            "registered_area_m2": [400.5 + each if each % 4 else None for each in number],
            "land_use_code": ["ODT" if each % 2 else "CLN" for each in number],
            "national_parcel_id": None,
            "address": addresses,
        },
        geometry=shapely.multipolygons([[each] for each in shapely.box(x, y, x + 20, y + 20)]),
        crs=HCMC,
    )


def zones() -> gpd.GeoDataFrame:
    """Two plots of a plan, one with a hole, approved on two days."""
    whole = shapely.box(602_000, 1_190_000, 603_000, 1_191_000)
    ringed = shapely.box(603_000, 1_190_000, 604_000, 1_191_000) - shapely.box(603_400, 1_190_400, 603_600, 1_190_600)
    return gpd.GeoDataFrame(
        {
            "feature_id": ["1", "2"],
            "zone_code": ["A", "B/1"],
            "land_use": ["ở", None],
            "max_site_coverage_ratio": [0.6, None],
            "max_floors": [5, 20],
            "max_height_m": [21.5, None],
            "max_plot_ratio": [3.0, 7.5],
            "plan_name": ["Đồ án 1", "Đồ án 2"],
            "plan_approved_on": [date(2012, 5, 1), date(2020, 12, 31)],
        },
        geometry=[shapely.MultiPolygon([whole]), shapely.MultiPolygon([ringed])],
        crs=HCMC,
    )


def schools() -> gpd.GeoDataFrame:
    """One school, whose id needs escaping in an address."""
    return gpd.GeoDataFrame(
        {
            "feature_id": ["TH 1?#"],
            "school_code": ["TH 1?#"],
            "name": ["Trường Tiểu học Số 1"],
            "school_type": ["primary"],
            "address": [None],
        },
        geometry=[shapely.Point(603_701.192, 1_191_178.748)],
        crs=HCMC,
    )


def wards(names: dict[str, str]) -> gpd.GeoDataFrame:
    """Wards of one kilometre side by side, from code to name."""
    places = [shapely.box(602_000 + 1000 * each, 1_190_000, 603_000 + 1000 * each, 1_191_000) for each in range(9)]
    return gpd.GeoDataFrame(
        {"feature_id": list(names), "ward_code": list(names), "name": list(names.values())},
        geometry=[shapely.MultiPolygon([place]) for place in places[: len(names)]],
        crs=HCMC,
    )


OLD_WARDS = {"26734": "Phường Bến Nghé", "26740": "Phường Đa Kao", "26743": "Phường BẾN THÀNH"}
NEW_WARDS = {"26740": "Phường Sài Gòn", "26743": "Phường Bến Thành"}


def fill(database: Database) -> None:
    """Publish parcels twice, of twenty in January and of all in June; zones and a school once; no streets.

    Wards hold for days: the old ones until 30 June 2025, the new ones from 1 July 2025; both were published in 2026.
    """
    january, june = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    published: tuple[tuple[LayerName, gpd.GeoDataFrame, datetime, dict[str, date]], ...] = (
        (LayerName.WARD, wards(OLD_WARDS), january, {"valid_to": date(2025, 6, 30)}),
        (LayerName.WARD, wards(NEW_WARDS), january, {"valid_from": date(2025, 7, 1)}),
        (LayerName.PARCEL, parcels(20), january, {}),
        (LayerName.PARCEL, parcels(PARCELS_COUNT), june, {}),
        (LayerName.ZONE, zones(), january, {}),
        (LayerName.SCHOOL, schools(), january, {}),
    )
    with database.transaction(writing=True) as session:
        for layer, frame, moment, validity in published:
            provenance = store.Provenance(
                imported_at=moment,
                imported_by="test",
                source_file="f.gpkg",
                source_sha256="0" * 64,
                source_crs=HCMC,
                quarantined_count=0,
                **validity,
            )
            version = store.add_version(session, layer, frame, provenance=provenance)
            store.publish(session, version.version_id, published_at=moment)


def filled(url: str) -> str:
    database = open_database(url)
    upgrade(database)
    fill(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def embedded_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return filled(f"sqlite:///{tmp_path_factory.mktemp('ogc') / 'diaban.gpkg'}")


@pytest.fixture(scope="session")
def postgis_url() -> Iterator[str]:
    name = f"diaban_test_{uuid.uuid4().hex[:12]}"
    plain = make_url(POSTGRES_URL).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield filled(make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


STORES = ["embedded", pytest.param("postgis", marks=pytest.mark.postgis)]


@pytest.fixture(scope="session", params=STORES)
def store_url(request: pytest.FixtureRequest) -> str:
    """The filled store, once each kind."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture(scope="session")
def plain_app(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A server over the filled store, as it comes; it keeps nothing that a test could change."""
    folder = tmp_path_factory.mktemp("plain")
    app = create_app(Settings(data_dir=folder, database_url=store_url, secret="s" * 40, language="en"))
    yield app
    app.state.published.close()
    app.state.database_door.close()


@pytest.fixture
def serving(store_url: str, tmp_path: Path) -> Iterator[Callable[..., FastAPI]]:
    """Make a server over the filled store, with any settings."""
    made: list[FastAPI] = []

    def serving(**more: str) -> FastAPI:
        given = Settings(data_dir=tmp_path, database_url=store_url, secret="s" * 40, language="en", **more)
        made.append(create_app(given))
        return made[-1]

    yield serving
    for each in made:
        each.state.published.close()
        each.state.database_door.close()


@pytest.fixture
def ogc(plain_app: FastAPI, client_of: Callable[..., httpx.Client]) -> httpx.Client:
    """A client of a server over the filled store."""
    return client_of(plain_app)


@dataclass(frozen=True)
class Stored:
    """What the store holds, read without the interface."""

    frames: dict[str, gpd.GeoDataFrame]

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The parcels."""
        return self.frames["parcel"]


@pytest.fixture(scope="session")
def stored(store_url: str) -> Stored:
    database = open_database(store_url)
    with database.transaction() as session:
        frames = {name: store.read_layer(session, LayerName(name)) for name in ("ward", "school", "zone", "parcel")}
    database.close()
    return Stored(frames)


@pytest.fixture(scope="session")
def live_url(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server on a free port: GDAL asks while it holds Python's lock, so it is another process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    more = {"DIABAN_DATA_DIR": str(tmp_path_factory.mktemp("live")), "DIABAN_DATABASE_URL": store_url}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--port", str(port)],
        env=os.environ | more,
        stderr=subprocess.DEVNULL,
    )
    url, deadline_s = f"http://127.0.0.1:{port}", time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline_s:
        try:
            httpx.get(f"{url}/healthz")
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield f"{url}/ogc"
    process.terminate()
    process.wait()
