"""How many pages of features, and live tiles, two workers give a second: ours and tipg's side by side in one run.

100,000 parcels of a generated city; wrk with 16 connections asks for random boxes that hold one to three times as many
parcels as the page may, so that every answer has its count and its link to the next page. With
``DIABAN_TEST_POSTGRES_URL`` the store is PostGIS, and tipg serves the same rows from a table with its own key and
spatial index; it stands in a virtual environment of its own, made once below the folder for temporary files. Neither
side compresses. Without the variable the embedded file is measured, alone. Needs wrk.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import psycopg
import shapely
from sqlalchemy.engine import make_url
from stand import SEED, WORKER_COUNT, city, drive, empty_store, fill, server, uvicorn

from api import migrations
from api.settings import Settings
from basemap.model import LAYERS, LayerName
from basemap.tile_grid import Tile, tiles_over
from spatial.crs import WGS84
from spatial.db import open_database
from spatial.geometry import reproject_frame

TIPG = "tipg==1.6.1"
TIPG_NEEDS = ("uvicorn", "uvloop", "httptools")
OURS_PORT, TIPG_PORT = 8766, 8767
GOALS_PER_S = {10: 1000, 100: 500, 1000: 80}
TILE_GOAL_PER_S, TILE_ZOOM = 180, 16
BOXES_COUNT = 400

Box = tuple[float, float, float, float]
Paths = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; tipg's side is None where it was not measured."""

    what: str
    ours_per_s: float
    tipg_per_s: float | None
    ratio: float | None
    goal_per_s: int | None
    reached: bool | None


def boxes_of(parcels: gpd.GeoDataFrame, *, limit_count: int) -> list[tuple[Box, int]]:
    """Return boxes in degrees that hold one to three pages of parcels, each with how many meet it."""
    chance, tree = random.Random(SEED), shapely.STRtree(parcels.geometry.array)  # noqa: S311 - any boxes will do
    west, south, east, north = parcels.total_bounds
    side = math.sqrt((east - west) * (north - south) * 1.5 * limit_count / len(parcels))
    found: list[tuple[Box, int]] = []
    for _ in range(BOXES_COUNT * 50):
        x, y = chance.uniform(west, east - side), chance.uniform(south, north - side)
        box = (round(x, 7), round(y, 7), round(x + side, 7), round(y + side, 7))
        met_count = len(tree.query(shapely.box(*box), predicate="intersects"))
        if limit_count < met_count <= 3 * limit_count:
            found.append((box, met_count))
        if len(found) == BOXES_COUNT:
            break
    return found


def paths_of(template: str, boxes: list[tuple[Box, int]], *, limit_count: int) -> Paths:
    """Return the addresses of the boxes."""
    return [template.format(bbox=",".join(map(str, box)), limit=limit_count) for box, _ in boxes]


def check(port: int, path: str, *, limit_count: int, met_count: int) -> None:
    """Refuse to measure answers that are not whole: features, both counts, and the links.

    tipg leaves the edges of a box straight where they should bend, so its count may be off by a few.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        page = json.load(answer)
    links = {each["rel"] for each in page["links"]}
    told = (len(page["features"]), page["numberReturned"])
    off_count = abs(page["numberMatched"] - met_count)
    is_right = told == (limit_count, limit_count) and off_count <= (0 if port == OURS_PORT else 2 + met_count // 20)
    if not is_right or not {"self", "next"} <= links:
        message = f"port {port}: {told}, off by {off_count} of {met_count}; links {sorted(links)}"
        raise RuntimeError(message)


@contextmanager
def tipg(url: str) -> Iterator[None]:
    """Serve the published parcels with tipg, from a table of the same rows."""
    folder = Path(tempfile.gettempdir()) / f"diaban-bench-{TIPG.replace('==', '-')}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", TIPG, *TIPG_NEEDS], check=True)  # noqa: S603
        (folder / "ready").touch()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    columns = ", ".join(("id", "feature_id", *LAYERS[LayerName.PARCEL].attribute_names, "geometry"))
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bench")
        connection.execute(f"CREATE TABLE bench.parcel AS SELECT {columns} FROM parcel_published")  # type: ignore[arg-type]  # noqa: S608
        connection.execute("ALTER TABLE bench.parcel ADD PRIMARY KEY (id)")
        connection.execute("CREATE INDEX ON bench.parcel USING gist (geometry)")
        connection.execute("VACUUM ANALYZE bench.parcel")
        connection.execute("VACUUM ANALYZE parcel")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    given = kept | {"DATABASE_URL": plain, "TIPG_DB_SCHEMAS": '["bench"]', "TIPG_CATALOG_TTL": "0"}
    with uvicorn("tipg.main:app", port=TIPG_PORT, given=given, python=str(python)):
        yield


def measured_pages(parcels: gpd.GeoDataFrame, *, folder: Path, seconds: int, with_tipg: bool) -> Iterator[Figure]:
    """Drive both servers with the same boxes, one after the other, for each size of page."""
    sides = [(OURS_PORT, "/ogc/collections/parcel/items?bbox={bbox}&limit={limit}")]
    if with_tipg:
        sides.append((TIPG_PORT, "/collections/bench.parcel/items?bbox={bbox}&limit={limit}&f=geojson"))
    for limit_count, goal_per_s in GOALS_PER_S.items():
        boxes = boxes_of(parcels, limit_count=limit_count)
        rates = []
        for port, template in sides:
            paths = paths_of(template, boxes, limit_count=limit_count)
            check(port, paths[0], limit_count=limit_count, met_count=boxes[0][1])
            drive(paths, folder=folder, port=port, seconds=1)
            driven = drive(paths, folder=folder, port=port, seconds=seconds)
            if driven.refused_count:
                message = f"port {port}: {driven.refused_count} answers were refusals"
                raise RuntimeError(message)
            rates.append(driven.rate_per_s)
        yield figure(f"{limit_count} features", rates, goal_per_s=goal_per_s if with_tipg else None)


def measured_tiles(parcels: gpd.GeoDataFrame, *, folder: Path, seconds: int) -> Figure:
    """Drive both servers with the tiles in which parcels lie; neither keeps what it has drawn."""
    west, south, east, north = parcels.total_bounds
    columns, rows = tiles_over((west, south, east, north), TILE_ZOOM)
    tree = parcels.sindex
    places = [
        (column, row)
        for column in columns
        for row in rows
        if len(tree.query(shapely.box(*Tile(zoom=TILE_ZOOM, column=column, row=row).bounds_in(WGS84))))
    ]
    ours = [f"/ogc/collections/parcel/tiles/WebMercatorQuad/{TILE_ZOOM}/{y}/{x}" for x, y in places]
    theirs = [f"/collections/bench.parcel/tiles/WebMercatorQuad/{TILE_ZOOM}/{x}/{y}" for x, y in places]
    rates = []
    for port, paths in ((OURS_PORT, ours), (TIPG_PORT, theirs)):
        drive(paths, folder=folder, port=port, seconds=1)
        rates.append(drive(paths, folder=folder, port=port, seconds=seconds).rate_per_s)
    return figure(f"live tiles z{TILE_ZOOM}", rates, goal_per_s=TILE_GOAL_PER_S)


def figure(what: str, rates: list[float], *, goal_per_s: int | None) -> Figure:
    """Return one line of the table."""
    ours, theirs = rates[0], rates[1] if len(rates) > 1 else None
    print(f"  {what}: {', '.join(f'{rate:.0f}' for rate in rates)} a second", file=sys.stderr)
    return Figure(
        what=what,
        ours_per_s=round(ours, 1),
        tipg_per_s=None if theirs is None else round(theirs, 1),
        ratio=round(ours / theirs, 2) if theirs else None,
        goal_per_s=goal_per_s,
        reached=None if goal_per_s is None else ours >= goal_per_s,
    )


def show(figures: list[Figure], *, store: str) -> None:
    """Print the table."""
    load = os.getloadavg()[0]
    print(f"{store}, {WORKER_COUNT} workers; load average {load:.1f} at the end")
    print(f"{'a second':18s} {'ours':>8s} {'tipg':>8s} {'ratio':>6s} {'goal':>6s}")
    for each in figures:
        theirs = "-" if each.tipg_per_s is None else f"{each.tipg_per_s:.0f}"
        ratio = "-" if each.ratio is None else f"{each.ratio:.1f}"
        goal = "-" if each.goal_per_s is None else f"{each.goal_per_s}"
        verdict = {None: "", True: "reached", False: "MISSED"}[each.reached]
        print(f"{each.what:18s} {each.ours_per_s:8.0f} {theirs:>8s} {ratio:>6s} {goal:>6s} {verdict}")


def options() -> argparse.Namespace:
    """Return what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--households", type=int, default=100_000, help="size of the city; the goals are for 100,000")
    parser.add_argument("--seconds", type=int, default=6, help="how long wrk asks for each figure")
    return parser.parse_args()


def measure(url: str, *, folder: Path, asked: Any) -> list[Figure]:  # noqa: ANN401 - argparse's
    """Fill the store, start the servers, and return the figures."""
    database = open_database(url)
    migrations.upgrade(database)
    made = city(asked.households)
    fill(database, made, [LayerName.PARCEL])
    parcels = reproject_frame(made.layers[LayerName.PARCEL], WGS84)
    settings = Settings(data_dir=folder, database_url=url)
    is_embedded = database.is_embedded
    database.close()
    if is_embedded:
        with server(settings, port=OURS_PORT):
            return [*measured_pages(parcels, folder=folder, seconds=asked.seconds, with_tipg=False)]
    with server(settings, port=OURS_PORT, forgets_tiles=True), tipg(url):
        pages = [*measured_pages(parcels, folder=folder, seconds=asked.seconds, with_tipg=True)]
        return [*pages, measured_tiles(parcels, folder=folder, seconds=asked.seconds)]


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    asked = options()
    with tempfile.TemporaryDirectory() as name, empty_store(Path(name)) as url:
        figures = measure(url, folder=Path(name), asked=asked)
    store = "embedded file" if url.startswith("sqlite") else "PostGIS"
    if asked.json:
        print(json.dumps({"store": store, "figures": [asdict(each) for each in figures]}, indent=2))
    else:
        show(figures, store=store)
    return int(any(each.reached is False for each in figures))


if __name__ == "__main__":
    sys.exit(main())
