"""Vector tiles made at publishing: a file for each layer, of the one version that readers see.

Features go to Web Mercator over the pinned datum operation before GDAL cuts them; GDAL itself reprojects nothing.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from basemap import store
from basemap.model import LAYERS, Kind, LayerName, LayerVersionId
from basemap.tile_archive import TileArchive, archive_path, find_archives
from basemap.tile_grid import UNITS_PER_TILE_COUNT
from spatial.crs import WEB_MERCATOR
from spatial.db import Database
from spatial.errors import DataUnavailableError
from spatial.geometry import reproject_frame
from spatial.text import Text

TILE_BUFFER_UNITS = 80
TILE_BUFFER_RATIO = TILE_BUFFER_UNITS / UNITS_PER_TILE_COUNT
"""How far a tile reaches over its edge, so that outlines meet: in units, and as a share of its side."""

ZOOMS: Mapping[LayerName, range] = MappingProxyType(
    {
        LayerName.WARD: range(8, 15),
        LayerName.STREET: range(11, 17),
        LayerName.SCHOOL: range(10, 16),
        LayerName.BUILDING: range(15, 17),
        LayerName.ADDRESS: range(15, 17),
        LayerName.ZONE: range(11, 17),
        LayerName.ROAD_RESERVATION: range(12, 17),
        LayerName.PARCEL: range(15, 17),
        LayerName.DETAILED_PLAN: range(13, 17),
        LayerName.SPECIAL_AREA: range(9, 17),
        LayerName.TRADE_AXIS: range(11, 17),
        LayerName.RIVER_CORRIDOR: range(11, 17),
        LayerName.POWER_LINE: range(11, 17),
        LayerName.POWER_CORRIDOR: range(12, 17),
        LayerName.RAILWAY_CORRIDOR: range(11, 17),
        LayerName.AIRPORT_SURFACE: range(9, 17),
        LayerName.HERITAGE_AREA: range(12, 17),
        LayerName.PRESCRIPTION_AREA: range(12, 17),
        LayerName.PRESCRIPTION_LINE: range(13, 17),
        LayerName.PRESCRIPTION_POINT: range(13, 17),
        LayerName.COVERAGE: range(8, 15),
    }
)
"""Zoom levels of each layer: from where it can be told apart to where a unit is 15 cm; clients enlarge the last."""

_MOST_BYTES_OF_A_TILE = 8_000_000
_MOST_FEATURES_OF_A_TILE = 400_000
_BUILDING_PREFIX = ".building-"
_FORGOTTEN_AFTER_S = 6 * 3600
_GDAL_FAULTS = (CRSError, DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltTiles:
    """What making the tiles of a version came to."""

    layer: LayerName
    version_id: LayerVersionId
    feature_count: int
    path: Path
    byte_count: int


def build_tiles(
    database: Database, layer: LayerName, *, directory: Path, version_id: LayerVersionId | None = None
) -> BuiltTiles:
    """Make the tiles of a version, the published one unless said otherwise; an older archive stays as it is.

    Raises
    ------
    DataUnavailableError
        Nothing is published, or the tiles cannot be written; no archive has changed then.
    NotFoundError
        The layer has no such version.
    """
    with database.transaction() as session:
        if version_id is None and (current := store.current_version(session, layer)) is not None:
            version_id = current.version_id
        frame = store.read_layer(session, layer, version_id=version_id)
    assert version_id is not None  # noqa: S101 - without a version read_layer has raised
    target = archive_path(directory, layer, version_id)
    with _whole_archive(target, layer) as temporary:
        write_archive(frame, layer, temporary)
        TileArchive(temporary)
    size = target.stat().st_size
    return BuiltTiles(layer=layer, version_id=version_id, feature_count=len(frame), path=target, byte_count=size)


def write_archive(frame: gpd.GeoDataFrame, layer: LayerName, path: Path) -> None:
    """Write features with ``feature_id`` and the attributes of the layer, in any coordinate system, as PMTiles.

    Raises
    ------
    DataUnavailableError
        GDAL could not write them.
    """
    schema, zooms = LAYERS[layer], ZOOMS[layer]
    drawn = reproject_frame(frame[["feature_id", *schema.attribute_names, "geometry"]], WEB_MERCATOR)
    for attribute in schema.attributes:
        if attribute.kind is Kind.DATE:
            drawn[attribute.name] = [None if pd.isna(day) else day.isoformat() for day in drawn[attribute.name]]
    try:
        pyogrio.write_dataframe(
            drawn,
            path,
            driver="PMTiles",
            layer=layer.value,
            MINZOOM=zooms.start,
            MAXZOOM=zooms.stop - 1,
            NAME=layer.value,
            EXTENT=UNITS_PER_TILE_COUNT,
            MAX_SIZE=_MOST_BYTES_OF_A_TILE,
            MAX_FEATURES=_MOST_FEATURES_OF_A_TILE,
        )
    except _GDAL_FAULTS as error:
        raise DataUnavailableError(
            Text("Không ghi được tệp ô bản đồ.", "The map tiles could not be written."),
            hint=Text("Kiểm tra ổ đĩa còn chỗ trống.", "See whether the disk has room."),
            subject=layer.value,
        ) from error


def remove_other_archives(directory: Path, layer: LayerName, *, keep: LayerVersionId | None) -> None:
    """Remove the archives of versions of ``layer`` that readers no longer see."""
    for version_id, path in find_archives(directory, layer).items():
        if version_id != keep:
            path.unlink(missing_ok=True)


@contextmanager
def _whole_archive(target: Path, layer: LayerName) -> Iterator[Path]:
    """Give a path in a folder of its own: GDAL writes further files beside an archive in the making."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f"{_BUILDING_PREFIX}{layer.value}-", dir=target.parent))
        _clear_forgotten(target.parent, beside=workshop)
        try:
            temporary = workshop / target.name
            yield temporary
            temporary.chmod(0o644)
            temporary.replace(target)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    except OSError as error:
        raise DataUnavailableError(
            Text("Không ghi được vào thư mục ô bản đồ.", "The folder of map tiles cannot be written."),
            hint=Text("Kiểm tra quyền và chỗ trống.", "See to its rights and its room."),
            subject=str(target.parent),
        ) from error


def _clear_forgotten(directory: Path, *, beside: Path) -> None:
    """Remove what a killed process left half made; what is young may be another process at work."""
    made_at_s = beside.stat().st_mtime
    for other in directory.glob(f"{_BUILDING_PREFIX}*"):
        if made_at_s - other.stat().st_mtime > _FORGOTTEN_AFTER_S:
            shutil.rmtree(other, ignore_errors=True)
