"""Tiles at publishing: whole or not at all, and alike whether an archive or PostGIS draws them."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import pytest
import shapely

from basemap import store
from basemap.demo_city import make_city
from basemap.live_tiles import MOST_FEATURES_DRAWN_COUNT, draw_vector_tile
from basemap.model import LAYERS, LayerName, LayerVersionId
from basemap.tile_archive import TileArchive, archive_path, find_archives
from basemap.tile_drawing import INGREDIENTS, ingredients_at
from basemap.tile_grid import Tile, tiles_over
from basemap.tile_queries import read_for_background
from basemap.tiles import ZOOMS, build_tiles
from spatial.crs import WGS84
from spatial.db import Database
from spatial.errors import DataUnavailableError, NotFoundError
from spatial.geometry import reproject_frame

IMPORTED = datetime(2026, 6, 1, tzinfo=UTC)
PROVENANCE = store.Provenance(
    imported_at=IMPORTED,
    imported_by="surveyor",
    source_file="city.gpkg",
    source_sha256="0" * 64,
    source_crs="EPSG:9210",
    quarantined_count=0,
)


@pytest.fixture(scope="module")
def layers() -> dict[LayerName, gpd.GeoDataFrame]:
    """A small city, its features numbered."""
    city = make_city(households=600, seed=7)
    return {
        layer: frame.assign(feature_id=[f"{layer.value}-{number}" for number in range(len(frame))])
        for layer, frame in city.layers.items()
    }


def publish(database: Database, layer: LayerName, frame: gpd.GeoDataFrame) -> LayerVersionId:
    with database.transaction() as session:
        version = store.add_version(session, layer, frame, provenance=PROVENANCE)
        store.publish(session, version.version_id, published_at=IMPORTED)
    return version.version_id


def middle_tile(frame: gpd.GeoDataFrame, zoom: int) -> Tile:
    west, south, east, north = reproject_frame(frame, WGS84).total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    columns, rows = tiles_over((lon, lat, lon, lat), zoom)
    return Tile(zoom=zoom, column=columns.start, row=rows.start)


def drawn_live(
    database: Database,
    layer: LayerName,
    version_id: LayerVersionId,
    tile: Tile,
    *,
    most_count: int = MOST_FEATURES_DRAWN_COUNT,
) -> bytes:
    reads = database.quick_reads
    assert reads is not None
    return asyncio.run(
        draw_vector_tile(reads, layer, version_id, tile=tile, stored=database.crs, most_count=most_count)
    )


def features_of(tile: bytes, layer: LayerName) -> dict[str, dict[str, Any]]:
    decoded = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    assert set(decoded) == {layer.value}
    return {feature["properties"]["feature_id"]: feature for feature in decoded[layer.value]["features"]}


@pytest.mark.parametrize("layer", list(LayerName))
def test_an_archive_of_every_layer_holds_every_feature(
    database: Database, layers: dict[LayerName, gpd.GeoDataFrame], layer: LayerName, tmp_path: Path
) -> None:
    publish(database, layer, layers[layer])
    built = build_tiles(database, layer, directory=tmp_path / "tiles")
    archive = TileArchive(built.path)
    assert (built.feature_count, built.byte_count) == (len(layers[layer]), built.path.stat().st_size)
    assert archive.zooms == ZOOMS[layer]
    columns, rows = tiles_over(archive.bounds_degrees, archive.zooms[-1])
    seen: set[str] = set()
    for column in columns:
        for row in rows:
            zipped = archive.tile(Tile(zoom=archive.zooms[-1], column=column, row=row))
            seen |= set(features_of(gzip.decompress(zipped), layer)) if zipped else set()
    assert seen == set(layers[layer]["feature_id"])


@pytest.mark.postgis
@pytest.mark.parametrize(
    ("layer", "zoom"),
    [
        (LayerName.PARCEL, 16),
        (LayerName.PARCEL, 15),
        (LayerName.STREET, 16),
        (LayerName.STREET, 12),
        (LayerName.SCHOOL, 15),
        (LayerName.SCHOOL, 10),
        (LayerName.ZONE, 16),
        (LayerName.ZONE, 15),
        (LayerName.WARD, 8),
    ],
)
def test_postgis_and_the_archive_draw_the_same_tile(
    postgis_database: Database, layers: dict[LayerName, gpd.GeoDataFrame], layer: LayerName, zoom: int, tmp_path: Path
) -> None:
    """The custom SRID of the store and the pinned operation of PROJ meet within a unit (15 cm at zoom 16)."""
    frame = layers[layer]
    if layer is LayerName.ZONE:
        frame = frame.assign(plan_approved_on=date(2019, 3, 7))
    version_id = publish(postgis_database, layer, frame)
    build_tiles(postgis_database, layer, directory=tmp_path)
    tile = middle_tile(frame, zoom)
    zipped = TileArchive(archive_path(tmp_path, layer, version_id)).tile(tile)
    assert zipped is not None
    archived = features_of(gzip.decompress(zipped), layer)
    live = features_of(drawn_live(postgis_database, layer, version_id, tile), layer)
    core = shapely.box(0, 0, 4096, 4096)
    inside = {name for name, each in archived.items() if core.contains(shapely.geometry.shape(each["geometry"]))}
    assert inside
    assert inside <= set(live)
    for name in inside:
        ours, theirs = archived[name], live[name]
        told = LAYERS[layer].attribute_names
        assert {each: ours["properties"].get(each) for each in told} == {
            each: theirs["properties"].get(each) for each in told
        }
        shapes = [shapely.geometry.shape(each["geometry"]) for each in (ours, theirs)]
        assert shapely.hausdorff_distance(*shapes) <= 1.5


@pytest.mark.postgis
@pytest.mark.parametrize("layer", [LayerName.PARCEL, LayerName.BUILDING])
def test_what_postgis_draws_is_valid_and_turns_as_the_standard_says(
    postgis_database: Database, layers: dict[LayerName, gpd.GeoDataFrame], layer: LayerName
) -> None:
    """Mapbox Vector Tile 2.1, 4.3.3.3: no self-intersection; an outer ring has a positive area, rows counted down."""
    frame = layers[layer]
    tile = middle_tile(frame, 16)
    spike, (west, south, _, _) = _spiked_area(tile), tile.bounds_in("EPSG:9210")
    turned = frame.geometry.iloc[:1].apply(shapely.orient_polygons)
    assert west < spike.centroid.x
    assert south < spike.centroid.y
    shapes = [shapely.MultiPolygon([spike]), *turned, *frame.geometry.iloc[2:].reverse()]
    version_id = publish(postgis_database, layer, frame.iloc[: len(shapes)].set_geometry(shapes, crs=frame.crs))
    found = features_of(drawn_live(postgis_database, layer, version_id, tile), layer)
    assert len(found) > 10
    assert f"{layer.value}-0" in found
    for each in found.values():
        area = shapely.geometry.shape(each["geometry"])
        assert area.is_valid
        assert all(ring.exterior.is_ccw for ring in shapely.get_parts(area))


def _spiked_area(tile: Tile) -> shapely.Polygon:
    """A valid area in the middle of a tile with a spike far thinner than a unit, which the grid would fold."""
    west, south, east, north = tile.bounds_in("EPSG:9210")
    x, y = (west + east) / 2, (south + north) / 2
    return shapely.Polygon(
        [
            (x, y),
            (x + 20, y),
            (x + 20, y + 9.98),
            (x + 47.3, y + 17.71),
            (x + 20, y + 10.02),
            (x + 20, y + 20),
            (x, y + 20),
        ]
    )


@pytest.mark.postgis
def test_a_tile_of_more_features_than_can_be_drawn_at_once_is_refused_and_says_what_to_do(
    postgis_database: Database, layers: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    frame = layers[LayerName.ADDRESS]
    version_id = publish(postgis_database, LayerName.ADDRESS, frame)
    tile = middle_tile(frame, 15)
    drawn = features_of(drawn_live(postgis_database, LayerName.ADDRESS, version_id, tile), LayerName.ADDRESS)
    with pytest.raises(DataUnavailableError) as refused:
        drawn_live(postgis_database, LayerName.ADDRESS, version_id, tile, most_count=len(drawn) // 2)
    assert refused.value.hint is not None
    assert "diaban basemap tiles address" in refused.value.hint.en


@pytest.mark.postgis
def test_postgis_draws_nothing_where_nothing_lies(
    postgis_database: Database, layers: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    version_id = publish(postgis_database, LayerName.PARCEL, layers[LayerName.PARCEL])
    assert drawn_live(postgis_database, LayerName.PARCEL, version_id, Tile(zoom=16, column=0, row=0)) == b""


def test_a_background_reads_what_the_tile_shows_and_streets_without_a_class_are_streets(
    database: Database, layers: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    streets = layers[LayerName.STREET].assign(street_class=None)
    version_id = publish(database, LayerName.STREET, streets)
    tile = middle_tile(streets, 15)
    with database.transaction() as session:
        read = {
            each.chosen: len(read_for_background(session, LayerName.STREET, version_id, tile=tile, chosen=each.chosen))
            for each in ingredients_at(15)
            if each.layer is LayerName.STREET
        }
    street = next(each.chosen for each in INGREDIENTS if each.chosen and "street" in each.chosen[1])
    assert read[street] > 0
    assert sum(read.values()) == read[street]


def test_nothing_published_makes_no_archive(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailableError):
        build_tiles(database, LayerName.WARD, directory=tmp_path / "tiles")
    with pytest.raises(NotFoundError):
        build_tiles(database, LayerName.WARD, directory=tmp_path / "tiles", version_id=LayerVersionId(99))
    assert not (tmp_path / "tiles").exists()


def test_a_folder_that_cannot_be_written_is_told_as_data_unavailable(
    embedded_database: Database, layers: dict[LayerName, gpd.GeoDataFrame], tmp_path: Path
) -> None:
    publish(embedded_database, LayerName.WARD, layers[LayerName.WARD])
    (tmp_path / "tiles").write_text("no folder", encoding="utf-8")
    with pytest.raises(DataUnavailableError):
        build_tiles(embedded_database, LayerName.WARD, directory=tmp_path / "tiles")


def test_killed_in_the_middle_the_old_archive_is_whole_and_the_next_attempt_succeeds(
    embedded_database: Database, layers: dict[LayerName, gpd.GeoDataFrame], tmp_path: Path
) -> None:
    directory, layer = tmp_path / "tiles", LayerName.BUILDING
    first = publish(embedded_database, layer, layers[layer])
    build_tiles(embedded_database, layer, directory=directory)
    before = archive_path(directory, layer, first).read_bytes()
    second = publish(embedded_database, layer, layers[layer])
    code = (
        "import sys, time; from pathlib import Path\n"
        "import basemap.tiles as tiles; from basemap.model import LayerName; from spatial.db import open_database\n"
        "write = tiles.write_archive\n"
        "def slow(frame, layer, path):\n"
        "    write(frame, layer, path); print('written', flush=True); time.sleep(60)\n"
        "tiles.write_archive = slow\n"
        "tiles.build_tiles(open_database(sys.argv[1]), LayerName.BUILDING, directory=Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, embedded_database.url, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert archive_path(directory, layer, first).read_bytes() == before
    assert list(find_archives(directory, layer)) == [first]
    left_over = [path for path in directory.iterdir() if path.name.startswith(".building-")]
    assert len(left_over) == 1
    long_ago = time.time() - 7 * 3600
    os.utime(left_over[0], (long_ago, long_ago))
    build_tiles(embedded_database, layer, directory=directory)
    assert list(find_archives(directory, layer)) == [first, second]
    assert not left_over[0].exists()
