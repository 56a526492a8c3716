"""Screening generated parcels against all rules, and its overlay beside the same overlay written in PostGIS.

    python benchmarks/bench_screen.py [--parcels 10000 100000 1000000] [--processes 2] [--rulebook NAME]

Without DIABAN_TEST_POSTGRES_URL the overlay in PostGIS is left out. The city is a generated one, laid side by side
until it has that many parcels, each copy stretched by factors of its own, so that no two have the same plots; it lies
in an embedded store that is filled before the clock starts.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import shapely
from processor import watched_memory
from stand import POSTGRES_URL

from api.migrations import upgrade
from basemap import store
from basemap.demo_city import make_city
from basemap.model import LayerName
from permits.ground import CHECKED_LAYERS, Ground
from permits.meetings import meetings, plots_of
from permits.overlap import OverlapThresholds
from permits.screening_service import Order, screen_published
from permits.service import DEMONSTRATION_FACTS
from spatial.db import open_database

CRS, SRID = "EPSG:9210", 9210
MOMENT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
AS_OF = date(2026, 11, 21)
BLOCK_HOUSEHOLD_COUNT = 11_000
LEAST_STRETCHED, MOST_STRETCHED = 0.85, 1.15
OVERLAID = (
    LayerName.ZONE,
    LayerName.ROAD_RESERVATION,
    LayerName.RIVER_CORRIDOR,
    LayerName.SPECIAL_AREA,
    LayerName.AIRPORT_SURFACE,
)
PROVENANCE = store.Provenance(
    imported_at=MOMENT,
    imported_by="benchmark",
    source_file="generated",
    source_sha256="0" * 64,
    source_crs=CRS,
    quarantined_count=0,
)


def block_of_city() -> dict[LayerName, gpd.GeoDataFrame]:
    """Return one generated city; it is the stone of which larger ones are laid."""
    return dict(make_city(households=BLOCK_HOUSEHOLD_COUNT, seed=1).layers)


def laid(block: Mapping[LayerName, gpd.GeoDataFrame], layer: LayerName, *, parcel_count: int) -> gpd.GeoDataFrame:
    """Return a layer of the city with that many parcels: copies of the block side by side, the last one cut short."""
    copies = -(-parcel_count // len(block[LayerName.PARCEL]))
    columns = int(np.ceil(np.sqrt(copies)))
    min_x, min_y, max_x, max_y = np.array([frame.total_bounds for frame in block.values()]).T
    corner = np.array([min_x.min(), min_y.min()])
    step = MOST_STRETCHED * (np.array([max_x.max(), max_y.max()]) - corner) + 100.0
    stretched = np.random.default_rng(1).uniform(LEAST_STRETCHED, MOST_STRETCHED, size=(copies, 2))
    frames = []
    for copy, by in enumerate(stretched):
        start = corner + step * (copy % columns, copy // columns)
        moved = shapely.transform(
            np.asarray(block[layer].geometry.array), lambda xy, start=start, by=by: start + (xy - corner) * by
        )
        frames.append(block[layer].set_geometry(moved, crs=CRS))
        if layer is LayerName.PARCEL:
            sheets = frames[-1]["map_sheet"].astype(int) + 100 * copy
            frames[-1]["map_sheet"] = sheets.astype(str)
            frames[-1]["registered_area_m2"] = (frames[-1]["registered_area_m2"] * by.prod()).round(1)
    frame = pd.concat(frames, ignore_index=True)
    frame["feature_id"] = [str(number) for number in range(len(frame))]
    return frame.iloc[:parcel_count] if layer is LayerName.PARCEL else frame


def fill(url: str, *, parcel_count: int) -> None:
    """Publish the city in a new store."""
    block = block_of_city()
    database = open_database(url, crs=CRS)
    upgrade(database)
    for layer in (LayerName.PARCEL, LayerName.COVERAGE, *CHECKED_LAYERS):
        if layer not in block:
            continue
        with database.transaction() as session:
            frame = laid(block, layer, parcel_count=parcel_count)
            version = store.add_version(session, layer, frame, provenance=PROVENANCE)
            store.publish(session, version.version_id, published_at=MOMENT)
    database.close()


def screened(*, parcel_count: int, options: argparse.Namespace) -> tuple[float, float]:
    """Screen the city out of an embedded store; return the seconds, and the megabytes of all processes together."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/store.gpkg"
        filling = multiprocessing.get_context("spawn").Process(
            target=fill, args=(url,), kwargs={"parcel_count": parcel_count}
        )
        filling.start()
        filling.join()
        database = open_database(url, crs=CRS)
        order = Order(url=url, crs=CRS, rulebook=options.rulebook, as_of=AS_OF, supposed=DEMONSTRATION_FACTS)
        begin = time.perf_counter()
        with watched_memory() as most_kb:
            found = screen_published(database, order, Path(folder) / "out.parquet", process_count=options.processes)
        seconds = time.perf_counter() - begin
        database.close()
        if found.parcel_count != parcel_count:
            message = f"{found.parcel_count} rows for {parcel_count} parcels"
            raise AssertionError(message)
    return seconds, most_kb[0] / 1024


def overlaid_here(layers: Mapping[LayerName, gpd.GeoDataFrame], parcels: gpd.GeoDataFrame) -> dict[LayerName, float]:
    """Return the square metres of all hits of each layer, worked out as the screening does, in one process."""
    ground = Ground({name: layers[name] for name in OVERLAID}, crs=CRS)
    totals: dict[LayerName, float] = dict.fromkeys(OVERLAID, 0.0)
    shapes = np.asarray(parcels.geometry.array)
    for start in range(0, len(shapes), 5_000):
        plots = plots_of(shapes[start : start + 5_000])
        for name in OVERLAID:
            met = meetings(name, plots, ground)
            totals[name] += float(met.area_m2.sum())
    return totals


OVERLAY_SQL = """
WITH pair AS (
  SELECT CASE WHEN ST_Covers(o.geometry, p.geometry) THEN p.geometry
              ELSE ST_Intersection(p.geometry, o.geometry, 0.001) END AS common,
         ST_Distance(p.geometry, o.geometry) AS distance_m
  FROM parcel p JOIN {layer} o ON ST_DWithin(p.geometry, o.geometry, {error_m})
), judged AS (
  SELECT ST_Area(common) AS area_m2,
         ST_Area(common) > 0 AND NOT ST_IsEmpty(ST_Buffer(common, -{error_m} / 2)) AS is_wide
  FROM pair
)
SELECT sum(area_m2), count(*) FILTER (WHERE is_wide AND area_m2 >= 1) FROM judged
"""
"""The same in SQL: pairs within the error, the common part on a grid of a millimetre, and whether it is a hit.

It leaves out what the program does besides: the error of each parcel's area, and near misses.
"""


def overlaid_in_postgis(
    layers: Mapping[LayerName, gpd.GeoDataFrame], parcels: gpd.GeoDataFrame
) -> Iterator[tuple[LayerName, float, float]]:
    """Yield for each layer the square metres of the same overlay in PostGIS, and its seconds without loading."""
    with psycopg.connect(POSTGRES_URL.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        for name, frame in ((LayerName.PARCEL, parcels), *((name, layers[name]) for name in OVERLAID)):
            connection.execute(f"CREATE TEMP TABLE {name.value} (geometry geometry)")  # type: ignore[arg-type]
            with connection.cursor().copy(f"COPY {name.value} FROM STDIN") as copy:  # type: ignore[arg-type]
                for shape in shapely.to_wkb(np.asarray(frame.geometry.array), hex=True):
                    copy.write_row([shape])
            connection.execute(f"CREATE INDEX ON {name.value} USING gist (geometry)")  # type: ignore[arg-type]
            connection.execute(f"ANALYZE {name.value}")  # type: ignore[arg-type]
        for name in OVERLAID:
            begin = time.perf_counter()
            statement = OVERLAY_SQL.format(layer=name.value, error_m=OverlapThresholds().combined_error_m(name))
            row = connection.execute(statement).fetchone()  # type: ignore[arg-type]
            yield name, float(row[0] or 0.0) if row else 0.0, time.perf_counter() - begin


def compare_overlays(block: Mapping[LayerName, gpd.GeoDataFrame], *, parcel_count: int) -> None:
    """Print the seconds of the two overlays, each in one process, and that they find the same area."""
    layers = {name: laid(block, name, parcel_count=parcel_count) for name in OVERLAID}
    parcels = laid(block, LayerName.PARCEL, parcel_count=parcel_count)
    begin = time.perf_counter()
    own = overlaid_here(layers, parcels)
    own_s = time.perf_counter() - begin
    print(f"overlay of {parcel_count:,} parcels with {len(OVERLAID)} layers, one process: {own_s:.1f} s")
    if not POSTGRES_URL:
        print("PostGIS: not measured, DIABAN_TEST_POSTGRES_URL is not set")
        return
    other_s = 0.0
    for name, area_m2, seconds in overlaid_in_postgis(layers, parcels):
        other_s += seconds
        print(f"  {name.value:18} {own[name]:16.1f} m2 here, {area_m2:16.1f} m2 in PostGIS")
    print(f"the same in PostGIS: {other_s:.1f} s; ratio {own_s / other_s:.2f} (1 or less: no slower)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--overlay", type=int, default=100_000, help="parcels of the overlay beside PostGIS; 0: none")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rulebook", default="all")
    options = parser.parse_args()
    for count in options.parcels:
        seconds, memory_mb = screened(parcel_count=count, options=options)
        print(
            f"{count:>9,} parcels, {options.rulebook}: {seconds:7.1f} s, {seconds / count * 1e6:6.0f} µs a parcel; "
            f"{options.processes} processes and the one that writes hold {memory_mb:.0f} MB together",
            flush=True,
        )
    if options.overlay:
        compare_overlays(block_of_city(), parcel_count=options.overlay)


if __name__ == "__main__":
    main()
