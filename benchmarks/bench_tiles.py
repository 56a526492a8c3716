"""How many tiles a second two workers give: from the archive, drawn live by PostGIS, and pictures of the ground.

100,000 parcels of a generated city; wrk with 16 connections asks for random tiles inside it. With
``DIABAN_TEST_POSTGRES_URL`` the store is PostGIS, and live tiles are measured before the archive is made; without it,
the embedded file. At the end 10,000 random tiles of the whole world are asked for at once. Needs wrk.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from api import migrations
from api.app import create_app
from api.settings import Settings
from basemap import store
from basemap.demo_city import make_city
from basemap.model import LayerName
from basemap.tile_archive import TileArchive
from basemap.tile_grid import tiles_over
from basemap.tiles import build_tiles
from spatial.db import Database, open_database

HOUSEHOLD_COUNT, SEED = 100_000, 1
WORKER_COUNT, CONNECTION_COUNT, SECONDS = 2, 16, 6
LAYERS = (
    LayerName.WARD,
    LayerName.ZONE,
    LayerName.STREET,
    LayerName.BUILDING,
    LayerName.PARCEL,
)
PORT = 8765
VECTOR = "/ogc/collections/parcel/tiles/WebMercatorQuad/{z}/{y}/{x}"
PICTURE = "/tiles/background/{z}/{x}/{y}.png"
GOALS_PER_S = {"archive z16": 4000, "live z16, first time": 180}
POSTGRES_URL = os.environ.get("DIABAN_TEST_POSTGRES_URL", "")
_WRK_SCRIPT = """
local paths, count = {}, 0
for line in io.lines("%s") do count = count + 1; paths[count] = line end
math.randomseed(7)
request = function() return wrk.format("GET", paths[math.random(count)], {["Accept-Encoding"] = "gzip"}) end
"""


def served() -> FastAPI:
    """Return the server of the environment's settings; uvicorn calls this in every worker."""
    return create_app(Settings())


@contextmanager
def empty_store(folder: Path) -> Iterator[str]:
    """Give the URL of a store in which nothing stands yet."""
    if not POSTGRES_URL:
        yield f"sqlite:///{folder / 'diaban.gpkg'}"
        return
    url, name = make_url(POSTGRES_URL), f"diaban_bench_{uuid.uuid4().hex[:8]}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def fill(database: Database) -> None:
    """Publish the layers of a generated city."""
    city, moment = make_city(households=HOUSEHOLD_COUNT, seed=SEED), datetime.now(UTC)
    for layer in LAYERS:
        frame = city.layers[layer]
        frame = frame.assign(feature_id=[str(number) for number in range(len(frame))])
        provenance = store.Provenance(
            imported_at=moment,
            imported_by="bench",
            source_file="city.gpkg",
            source_sha256="0" * 64,
            source_crs="EPSG:9210",
            quarantined_count=0,
        )
        with database.transaction() as session:
            version = store.add_version(session, layer, frame, provenance=provenance)
            store.publish(session, version.version_id, published_at=moment)
        print(f"  {layer.value}: {len(frame)} features")


@contextmanager
def server(settings: Settings) -> Iterator[None]:
    """Run a server with its workers."""
    environment = os.environ | {
        "DIABAN_DATABASE_URL": settings.database_url,
        "DIABAN_DATA_DIR": str(settings.data_dir),
        "DIABAN_LAYER_ACCESS": "",
    }
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "bench_tiles:served",
        "--port",
        str(PORT),
        "--no-access-log",
    ]
    command += [
        "--app-dir",
        str(Path(__file__).parent),
        "--workers",
        str(WORKER_COUNT),
        "--log-level",
        "error",
    ]
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - our own server
        try:
            wait_until_alive()
            yield
        finally:
            process.terminate()


def wait_until_alive() -> None:
    """Return when the server answers, within a minute."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    message = "the server did not start"
    raise RuntimeError(message)


def paths_in(template: str, zoom: int, *, bounds: tuple[float, float, float, float]) -> list[str]:
    """Return the addresses of all tiles of a zoom level inside the city, two thousand at most."""
    columns, rows = tiles_over(bounds, zoom)
    places = [(column, row) for column in columns for row in rows]
    chosen = random.Random(SEED).sample(places, min(len(places), 2000))  # noqa: S311 - any tiles will do
    return [template.format(z=zoom, x=column, y=row) for column, row in chosen]


def measure(
    label: str,
    paths: Sequence[str],
    *,
    folder: Path,
    connections: int = CONNECTION_COUNT,
) -> float:
    """Print and return the requests a second that wrk counts."""
    (folder / "paths.txt").write_text("\n".join(paths) + "\n", encoding="utf-8")
    (folder / "ask.lua").write_text(_WRK_SCRIPT % (folder / "paths.txt"), encoding="utf-8")
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{SECONDS}s",
        "--latency",
        "-s",
        str(folder / "ask.lua"),
    ]
    address = f"http://127.0.0.1:{PORT}"
    said = subprocess.run([*command, address], check=True, capture_output=True, text=True).stdout  # noqa: S603 - wrk
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    slow = re.search(r"^\s+99%\s+(\S+)", said, re.MULTILINE)
    faults = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    refused = faults[1] if faults else 0
    print(
        f"  {label:22s} {rate:8.0f} requests/s   p99 {slow[1] if slow else '?':>9s}   "
        f"refused {refused}{_against(label, rate)}"
    )
    return rate


def measure_once(label: str, paths: Sequence[str]) -> float:
    """Print and return how many tiles a second are given that nobody has asked for before."""

    def ask(path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=60) as answer:
            return len(answer.read())

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTION_COUNT) as pool:
        sizes = list(pool.map(ask, paths))
    rate = len(paths) / (time.perf_counter() - started)
    mean_kb = sum(sizes) / len(sizes) / 1000
    print(
        f"  {label:22s} {rate:8.0f} requests/s   {len(paths)} tiles of {mean_kb:.0f} kB on average"
        f"{_against(label, rate)}"
    )
    return rate


def _against(label: str, rate_per_s: float) -> str:
    goal = GOALS_PER_S.get(label)
    return f"   goal {goal}: {'reached' if rate_per_s >= goal else 'MISSED'}" if goal else ""


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    missed = 0
    with tempfile.TemporaryDirectory() as name, empty_store(Path(name)) as url:
        folder = Path(name)
        settings = Settings(data_dir=folder, database_url=url)
        database = open_database(url)
        migrations.upgrade(database)
        print(f"store: {'embedded' if database.is_embedded else 'PostGIS'}, {WORKER_COUNT} workers")
        fill(database)
        ward = build_tiles(database, LayerName.WARD, directory=settings.tiles_dir)
        bounds = TileArchive(ward.path).bounds_degrees
        if not database.is_embedded:
            with server(settings):
                # What was drawn stays in memory: only the first time tells how fast PostGIS draws.
                rate = measure_once("live z16, first time", paths_in(VECTOR, 16, bounds=bounds))
                missed += rate < GOALS_PER_S["live z16, first time"]
                measure("live z16, kept", paths_in(VECTOR, 16, bounds=bounds), folder=folder)
        started = time.perf_counter()
        built = build_tiles(database, LayerName.PARCEL, directory=settings.tiles_dir)
        took_s = time.perf_counter() - started
        print(f"  archive of {built.feature_count} parcels: {took_s:.1f} s, {built.byte_count / 1e6:.1f} MB")
        with server(settings):
            rate = measure("archive z16", paths_in(VECTOR, 16, bounds=bounds), folder=folder)
            missed += rate < GOALS_PER_S["archive z16"]
            measure("archive z15", paths_in(VECTOR, 15, bounds=bounds), folder=folder)
            measure("picture z15 cold", paths_in(PICTURE, 15, bounds=bounds), folder=folder)
            measure("picture z15 drawn", paths_in(PICTURE, 15, bounds=bounds), folder=folder)
            world = (-180.0, -85.0, 180.0, 85.0)
            flood = [path for zoom in range(5, 25) for path in paths_in(PICTURE, zoom, bounds=_part(world, zoom))]
            flood += paths_in(PICTURE, 18, bounds=bounds)
            measure("flood, 1000 at once", flood[:10_000], folder=folder, connections=1000)
            measure("archive z16", paths_in(VECTOR, 16, bounds=bounds), folder=folder)
        database.close()
    return int(missed > 0)


def _part(world: tuple[float, float, float, float], zoom: int) -> tuple[float, float, float, float]:
    """Return a part of the world with some hundred tiles of a zoom level."""
    shrink = 2.0 ** max(zoom - 5, 0)
    return (world[0] / shrink, world[1] / shrink, world[2] / shrink, world[3] / shrink)


if __name__ == "__main__":
    sys.exit(main())
