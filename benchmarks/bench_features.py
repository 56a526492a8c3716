"""How many pages of features, and live tiles, two workers give a second: ours and tipg's side by side in one run.

100,000 parcels of a generated city; wrk with 16 connections asks for random boxes that hold one to three times as many
parcels as the page may, so that every answer has its count and its link to the next page. With
``DIABAN_TEST_POSTGRES_URL`` the store is PostGIS, and tipg serves the same rows from a table with its own key and
spatial index; it stands in a virtual environment of its own, made once below the folder for temporary files. Neither
side compresses. Without the variable the embedded file is measured, alone. Needs wrk.

Tiles are drawn from the city as it is, which fills a tile at zoom 16 with some 1,600 parcels, and from the same parcels
drawn out to twice the length and width, some 400 in a tile; the table says how many features and kB one holds. Beside
the rate stands the time of the processor that an answer cost server and PostgreSQL together: on a machine that does
other work as well it is the figure to compare. The ratio wanted is that of the goals to what tipg gave where they were
set.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import psycopg
import shapely
from processor import spent_s
from sqlalchemy.engine import make_url
from stand import POSTGRES_URL, SEED, WORKER_COUNT, city, drive, empty_store, fill, server, uvicorn

from api import migrations
from api.settings import Settings
from basemap.demo_city import DemoCity
from basemap.model import LAYERS, LayerName
from basemap.tile_grid import Tile, tiles_over
from spatial.crs import WGS84
from spatial.db import open_database
from spatial.geometry import reproject_frame

TIPG = "tipg==1.6.1"
TIPG_NEEDS = ("uvicorn", "uvloop", "httptools")
OURS_PORT, TIPG_PORT = 8766, 8767
TILE_ZOOM = 16
SPREAD_RATIO = 2.0
BOXES_COUNT, LOOKED_AT_COUNT = 400, 20

Box = tuple[float, float, float, float]
Paths = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is wanted, and what tipg gave where it was set."""

    ours_per_s: int
    tipg_per_s: int

    @property
    def ratio(self) -> float:
        """How many times tipg's rate."""
        return self.ours_per_s / self.tipg_per_s


PAGE_GOALS = {
    10: Goal(ours_per_s=1000, tipg_per_s=320),
    100: Goal(ours_per_s=500, tipg_per_s=149),
    1000: Goal(ours_per_s=80, tipg_per_s=21),
}
TILE_GOAL = Goal(ours_per_s=180, tipg_per_s=113)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two servers: where it listens, its first process, and how it is asked for a page and a tile."""

    port: int
    pid: int
    page: str
    tile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one side gave.

    Parameters
    ----------
    processor_ms
        Time of the processor for an answer, server and PostgreSQL together.
    """

    per_s: float
    processor_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; tipg's side, ratio and goal are None where it was not measured.

    Parameters
    ----------
    holds
        What one answer of ours, and of tipg's, holds.
    """

    what: str
    holds: str
    ours: Rate
    tipg: Rate | None
    ratio: float | None
    processor_ratio: float | None
    goal: Goal | None


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
def tipg(url: str) -> Iterator[int]:
    """Serve the published parcels with tipg, from a table of the same rows; give the number of its first process."""
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
    with uvicorn("tipg.main:app", port=TIPG_PORT, given=given, python=str(python)) as pid:
        yield pid


@contextmanager
def both_sides(url: str, *, folder: Path, is_embedded: bool) -> Iterator[list[Side]]:
    """Serve a store with ours and, unless it is the embedded file, with tipg."""
    settings = Settings(data_dir=folder, database_url=url)
    page, tile = "items?bbox={bbox}&limit={limit}", "tiles/WebMercatorQuad"
    with server(settings, port=OURS_PORT, forgets_tiles=True) as pid:
        root = "/ogc/collections/parcel"
        ours = Side(port=OURS_PORT, pid=pid, page=f"{root}/{page}", tile=f"{root}/{tile}/{TILE_ZOOM}/{{y}}/{{x}}")
        if is_embedded:
            yield [ours]
            return
        with tipg(url) as tipg_pid:
            root = "/collections/bench.parcel"
            shape = f"{root}/{tile}/{TILE_ZOOM}/{{x}}/{{y}}"
            yield [ours, Side(port=TIPG_PORT, pid=tipg_pid, page=f"{root}/{page}&f=geojson", tile=shape)]


def rate(side: Side, paths: Paths, *, folder: Path, database_name: str, seconds: int) -> Rate:
    """Drive one side, a second to warm up and then for the figure. A refusal among the answers ends the measurement."""
    drive(paths, folder=folder, port=side.port, seconds=1)
    before_s = spent_s(side.pid, database_name)
    driven = drive(paths, folder=folder, port=side.port, seconds=seconds)
    took_s = spent_s(side.pid, database_name) - before_s
    if driven.refused_count:
        message = f"port {side.port}: {driven.refused_count} answers were refusals"
        raise RuntimeError(message)
    per_s = driven.rate_per_s
    return Rate(per_s=round(per_s, 1), processor_ms=round(1000 * took_s / (per_s * seconds), 2))


def measured_pages(parcels: gpd.GeoDataFrame, sides: Sequence[Side], **how: Any) -> Iterator[Figure]:  # noqa: ANN401 - of `rate`
    """Drive both servers with the same boxes, one after the other, for each size of page."""
    for limit_count, goal in PAGE_GOALS.items():
        boxes = boxes_of(parcels, limit_count=limit_count)
        rates, sizes = [], []
        for side in sides:
            paths = paths_of(side.page, boxes, limit_count=limit_count)
            check(side.port, paths[0], limit_count=limit_count, met_count=boxes[0][1])
            sizes.append(f"{len(body(side.port, paths[0])) / 1000:.0f}")
            rates.append(rate(side, paths, **how))
        yield figure(f"{limit_count} features", rates, holds=f"{'/'.join(sizes)} kB", goal=goal)


def measured_tiles(parcels: gpd.GeoDataFrame, sides: Sequence[Side], **how: Any) -> Figure:  # noqa: ANN401 - of `rate`
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
    rates, counts, sizes = [], [], []
    for side in sides:
        paths = [side.tile.format(x=x, y=y) for x, y in places]
        rates.append(rate(side, paths, **how))
        looked_at = [body(side.port, path) for path in paths[:: max(1, len(paths) // LOOKED_AT_COUNT)]]
        counts.append(f"{sum(map(feature_count, looked_at)) / len(looked_at):.0f}")
        sizes.append(f"{sum(map(len, looked_at)) / len(looked_at) / 1000:.0f}")
    holds = f"{'/'.join(counts)} features, {'/'.join(sizes)} kB"
    return figure(f"live tiles z{TILE_ZOOM}", rates, holds=holds, goal=TILE_GOAL)


def body(port: int, path: str) -> bytes:
    """Return one answer, not compressed."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        content: bytes = answer.read()
    return content


def feature_count(tile: bytes) -> int:
    """Return how many features a tile holds."""
    return sum(len(layer["features"]) for layer in mapbox_vector_tile.decode(tile).values()) if tile else 0


def figure(what: str, rates: list[Rate], *, holds: str, goal: Goal) -> Figure:
    """Return one line of the table."""
    ours, theirs = rates[0], rates[1] if len(rates) > 1 else None
    print(f"  {what}: {', '.join(f'{each.per_s:.0f}' for each in rates)} a second", file=sys.stderr)
    return Figure(
        what=what,
        holds=holds,
        ours=ours,
        tipg=theirs,
        ratio=round(ours.per_s / theirs.per_s, 2) if theirs else None,
        processor_ratio=round(theirs.processor_ms / ours.processor_ms, 2) if theirs and ours.processor_ms else None,
        goal=goal if theirs else None,
    )


def show(figures: list[Figure], *, store: str) -> None:
    """Print the table."""
    load = os.getloadavg()[0]
    print(f"{store}, {WORKER_COUNT} workers; load average {load:.1f} at the end")
    print(f"{'':34s} {'a second':>23s}  {'ratio':>11s}  {'ms of processor':>21s}")
    head = f"{'ours':>7s} {'tipg':>7s} {'goal':>7s}  {'is':>5s} {'goal':>5s}  {'ours':>6s} {'tipg':>7s} {'ratio':>6s}"
    print(f"{'an answer':34s} {head}")
    for each in figures:
        print(f"{each.what}: {each.holds}")
        if each.tipg is None or each.goal is None:
            none = f"{'-':>7s} {'-':>7s}  {'-':>5s} {'-':>5s}"
            print(f"{'':34s} {each.ours.per_s:7.0f} {none}  {each.ours.processor_ms:6.2f}")
            continue
        verdict = f"{each.ours.per_s:7.0f} {each.tipg.per_s:7.0f} {each.goal.ours_per_s:7d}"
        ratios = f"{each.ratio:5.1f} {each.goal.ratio:5.1f}"
        costs = f"{each.ours.processor_ms:6.2f} {each.tipg.processor_ms:7.2f} {each.processor_ratio or 0:6.1f}"
        print(f"{'':34s} {verdict}  {ratios}  {costs}  {'' if is_reached(each) else 'MISSED'}")


def is_reached(figure: Figure) -> bool:
    """Tell whether a figure reaches its goal, or has none."""
    return figure.goal is None or figure.ours.per_s >= figure.goal.ours_per_s


def options() -> argparse.Namespace:
    """Return what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--households", type=int, default=100_000, help="size of the city; the goals are for 100,000")
    parser.add_argument("--seconds", type=int, default=6, help="how long wrk asks for each figure")
    return parser.parse_args()


def spread(made: DemoCity) -> DemoCity:
    """Return a city whose parcels are drawn out about its middle, so that fewer meet a tile."""
    parcels = made.layers[LayerName.PARCEL]
    x1, y1, x2, y2 = parcels.total_bounds
    x_shift, y_shift = ((1 - SPREAD_RATIO) * middle for middle in ((x1 + x2) / 2, (y1 + y2) / 2))
    wider = parcels.geometry.affine_transform([SPREAD_RATIO, 0, 0, SPREAD_RATIO, x_shift, y_shift])
    return replace(made, layers={LayerName.PARCEL: parcels.set_geometry(wider)})


def measure(made: DemoCity, url: str, *, folder: Path, seconds: int, with_pages: bool) -> list[Figure]:
    """Fill an empty store, start the servers, and return the figures."""
    database = open_database(url)
    migrations.upgrade(database)
    fill(database, made, [LayerName.PARCEL])
    is_embedded = database.is_embedded
    database.close()
    parcels = reproject_frame(made.layers[LayerName.PARCEL], WGS84)
    how = {"folder": folder, "database_name": make_url(url).database or "", "seconds": seconds}
    with both_sides(url, folder=folder, is_embedded=is_embedded) as sides:
        pages = [*measured_pages(parcels, sides, **how)] if with_pages else []
        return pages if is_embedded else [*pages, measured_tiles(parcels, sides, **how)]


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    asked = options()
    made, figures, is_embedded = city(asked.households), [], not POSTGRES_URL
    for layout, with_pages in ((made, True),) if is_embedded else ((made, True), (spread(made), False)):
        with tempfile.TemporaryDirectory() as name, empty_store(Path(name)) as url:
            figures += measure(layout, url, folder=Path(name), seconds=asked.seconds, with_pages=with_pages)
    store = "embedded file" if is_embedded else "PostGIS"
    if asked.json:
        print(json.dumps({"store": store, "figures": [asdict(each) for each in figures]}, indent=2))
    else:
        show(figures, store=store)
    return int(not all(map(is_reached, figures)))


if __name__ == "__main__":
    sys.exit(main())
