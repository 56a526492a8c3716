"""What is read out of an archive is what was put in, and a damaged archive says so."""

import gzip
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from basemap.model import LAYERS, LayerName, LayerVersionId
from basemap.tile_archive import ArchiveFolder, TileArchive, archive_path, find_archives
from basemap.tile_grid import UNITS_PER_TILE_COUNT, Tile
from basemap.tiles import ZOOMS, remove_other_archives, write_archive
from spatial.crs import HCMC, WEB_MERCATOR
from spatial.errors import DataUnavailableError
from spatial.geometry import reproject_frame

X_M, Y_M = 603_000.0, 1_192_000.0


def parcels(count: int = 400) -> gpd.GeoDataFrame:
    """Plots of 5 by 16 metres in rows, each turned a little, so that no edge runs along the grid."""
    columns, rows = np.divmod(np.arange(count), 20)
    plots = [
        shapely.affinity.rotate(shapely.box(x, y, x + 5, y + 16), 7, origin=(X_M, Y_M))
        for x, y in zip(X_M + 6 * columns, Y_M + 18 * rows, strict=True)
    ]
    names = [str(number + 1) for number in range(count)]
    return gpd.GeoDataFrame(
        {
            "feature_id": [f"27139-10-{name}" for name in names],
            "ward_code": "27139",
            "map_sheet": "10",
            "parcel_no": names,
            "registered_area_m2": [80.0 + number % 7 for number in range(count)],
            "land_use_code": "ODT",
            "national_parcel_id": None,
            "address": [f"{name} Đường số 7" for name in names],
        },
        geometry=[shapely.MultiPolygon([plot]) for plot in plots],
        crs=HCMC,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = archive_path(tmp_path_factory.mktemp("tiles"), LayerName.PARCEL, LayerVersionId(3))
    write_archive(parcels(), LayerName.PARCEL, path)
    return path


def tiles_by_the_library(path: Path) -> dict[tuple[int, int, int], bytes]:
    with path.open("rb") as stream:
        return dict(all_tiles(MmapSource(stream)))


def test_every_tile_is_found_that_the_library_finds(written: Path) -> None:
    archive, expected = TileArchive(written), tiles_by_the_library(written)
    assert len(expected) >= 2
    assert {zxy: archive.tile(Tile(zoom=zxy[0], column=zxy[1], row=zxy[2])) for zxy in expected} == expected


def test_where_nothing_lies_there_is_no_tile(written: Path) -> None:
    archive = TileArchive(written)
    for zoom in ZOOMS[LayerName.PARCEL]:
        assert archive.tile(Tile(zoom=zoom, column=0, row=0)) is None
        assert archive.tile(Tile(zoom=zoom, column=2**zoom - 1, row=2**zoom - 1)) is None


def in_units(geometry: shapely.Geometry, tile: Tile) -> shapely.Geometry:
    """What a geometry in Web Mercator is in the units of a tile, y downwards."""
    west, _, _, north = tile.bounds_mercator
    unit_m = tile.side_m / UNITS_PER_TILE_COUNT
    return shapely.transform(geometry, lambda xy: (xy - (west, north)) * (1 / unit_m, -1 / unit_m))


def test_every_feature_is_in_the_tiles_with_its_attributes_and_its_shape_to_a_unit(written: Path) -> None:
    stored = reproject_frame(parcels(), WEB_MERCATOR).set_index("feature_id")
    deepest = ZOOMS[LayerName.PARCEL].stop - 1
    whole_tile = shapely.box(0, 0, UNITS_PER_TILE_COUNT, UNITS_PER_TILE_COUNT)
    seen, compared = set(), set()
    for (zoom, column, row), zipped in tiles_by_the_library(written).items():
        decoded = mapbox_vector_tile.decode(gzip.decompress(zipped), default_options={"y_coord_down": True})
        assert decoded["parcel"]["extent"] == UNITS_PER_TILE_COUNT
        for feature in decoded["parcel"]["features"] if zoom == deepest else ():
            told = feature["properties"]
            kept = stored.loc[told["feature_id"]]
            named = LAYERS[LayerName.PARCEL].attribute_names
            assert {name: told.get(name) for name in named} == {name: kept[name] for name in named}
            seen.add(told["feature_id"])
            expected = in_units(kept.geometry, Tile(zoom=zoom, column=column, row=row))
            if whole_tile.contains(expected):
                assert shapely.hausdorff_distance(shapely.geometry.shape(feature["geometry"]), expected) <= 1
                compared.add(told["feature_id"])
    assert seen == set(stored.index)
    assert len(compared) >= 0.8 * len(stored)


def test_bounds_and_zooms_are_those_of_the_layer(written: Path) -> None:
    archive = TileArchive(written)
    assert archive.zooms == ZOOMS[LayerName.PARCEL]
    expected = reproject_frame(parcels(), "EPSG:4326").total_bounds
    assert archive.bounds_degrees == pytest.approx(tuple(expected), abs=1e-6)


@pytest.mark.parametrize("kept_bytes", [0, 1, 100, 126, 127, 300])
def test_a_file_that_was_cut_short_is_refused(written: Path, tmp_path: Path, kept_bytes: int) -> None:
    cut = tmp_path / written.name
    cut.write_bytes(written.read_bytes()[:kept_bytes])
    with pytest.raises(DataUnavailableError):
        TileArchive(cut)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "parcel-1.pmtiles"
    other.write_bytes(b"<html>" * 1000)
    with pytest.raises(DataUnavailableError):
        TileArchive(other)


def test_a_scrambled_directory_is_refused_and_not_read_as_empty(written: Path, tmp_path: Path) -> None:
    with written.open("rb") as stream:
        header = Reader(MmapSource(stream)).header()
    body = bytearray(written.read_bytes())
    body[header["root_offset"] : header["root_offset"] + header["root_length"]] = b"\xff" * header["root_length"]
    scrambled = tmp_path / written.name
    scrambled.write_bytes(body)
    with pytest.raises(DataUnavailableError):
        TileArchive(scrambled).tile(Tile(zoom=16, column=52_191, row=30_804))


def test_a_reader_goes_on_reading_an_archive_that_was_removed(written: Path, tmp_path: Path) -> None:
    copy = archive_path(tmp_path, LayerName.PARCEL, LayerVersionId(3))
    copy.write_bytes(written.read_bytes())
    folder = ArchiveFolder(tmp_path)
    archive = folder.get(LayerName.PARCEL, LayerVersionId(3))
    assert archive is not None
    remove_other_archives(tmp_path, LayerName.PARCEL, keep=LayerVersionId(4))
    assert not copy.exists()
    (zoom, column, row), expected = next(iter(tiles_by_the_library(written).items()))
    assert archive.tile(Tile(zoom=zoom, column=column, row=row)) == expected


def test_only_the_archives_of_that_layer_are_removed_and_the_one_to_keep_stays(tmp_path: Path) -> None:
    names = ["parcel-3.pmtiles", "parcel-12.pmtiles", "parcel-4.pmtiles", "ward-3.pmtiles", "parcel-x.pmtiles"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert list(find_archives(tmp_path, LayerName.PARCEL)) == [3, 4, 12]
    assert ArchiveFolder(tmp_path).newest(LayerName.PARCEL) == 12
    remove_other_archives(tmp_path, LayerName.PARCEL, keep=LayerVersionId(4))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["parcel-4.pmtiles", "parcel-x.pmtiles", "ward-3.pmtiles"]


def test_a_version_without_an_archive_has_none(tmp_path: Path) -> None:
    assert ArchiveFolder(tmp_path / "nothing").get(LayerName.WARD, LayerVersionId(1)) is None
    assert ArchiveFolder(tmp_path / "nothing").newest(LayerName.WARD) is None
