"""How many tiles a second two workers give: from the archive, drawn live by PostGIS, and pictures of the ground.

100,000 parcels of a generated city; wrk with 16 connections asks for random tiles inside it. With
``DIABAN_TEST_POSTGRES_URL`` the store is PostGIS, and live tiles are measured before the archive is made; without it,
the embedded file. At the end 10,000 random tiles of the whole world are asked for at once. Needs wrk.
"""

import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from stand import CONNECTION_COUNT, SEED, WORKER_COUNT, ask_once, city, drive, empty_store, fill, server

from api import migrations
from api.settings import Settings
from basemap.model import LayerName
from basemap.tile_archive import TileArchive
from basemap.tile_grid import tiles_over
from basemap.tiles import build_tiles
from spatial.db import open_database

HOUSEHOLD_COUNT, SECONDS = 100_000, 6
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
    driven = drive(
        paths, folder=folder, port=PORT, connections=connections, seconds=SECONDS, header=("Accept-Encoding", "gzip")
    )
    rate = driven.rate_per_s
    print(
        f"  {label:22s} {rate:8.0f} requests/s   p99 {driven.slowest_hundredth:>9s}   "
        f"refused {driven.refused_count}{_against(label, rate)}"
    )
    return rate


def measure_once(label: str, paths: Sequence[str]) -> float:
    """Print and return how many tiles a second are given that nobody has asked for before."""
    rate, sizes = ask_once(paths, port=PORT, connections=CONNECTION_COUNT)
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
        fill(database, city(HOUSEHOLD_COUNT), LAYERS)
        ward = build_tiles(database, LayerName.WARD, directory=settings.tiles_dir)
        bounds = TileArchive(ward.path).bounds_degrees
        if not database.is_embedded:
            with server(settings, port=PORT):
                # What was drawn stays in memory: only the first time tells how fast PostGIS draws.
                rate = measure_once("live z16, first time", paths_in(VECTOR, 16, bounds=bounds))
                missed += rate < GOALS_PER_S["live z16, first time"]
                measure("live z16, kept", paths_in(VECTOR, 16, bounds=bounds), folder=folder)
        started = time.perf_counter()
        built = build_tiles(database, LayerName.PARCEL, directory=settings.tiles_dir)
        took_s = time.perf_counter() - started
        print(f"  archive of {built.feature_count} parcels: {took_s:.1f} s, {built.byte_count / 1e6:.1f} MB")
        with server(settings, port=PORT):
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
