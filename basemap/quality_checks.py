"""Checking features against what the store publishes, and versions that it holds."""

from datetime import date

import geopandas as gpd

from basemap import store
from basemap.layer_versions import find_version
from basemap.model import LayerName, LayerVersionId
from basemap.quality import check_quality
from basemap.quality_findings import Published, QualityReport, Surroundings
from spatial.db import Bounds, Database
from spatial.errors import DataUnavailableError


def check_features(
    database: Database,
    layer: LayerName,
    frame: gpd.GeoDataFrame,
    *,
    file: str,
    source_crs: str,
    valid_on: date | None = None,
) -> QualityReport:
    """Check features of a file that are about to be stored, with the wards that are published for the same time.

    Parameters
    ----------
    frame
        In the coordinate system of the store; its index counts the features of the file from 0, and `OF_THE_STORE`
        marks features of the version that they join.
    source_crs
        Coordinate system that the file claims.
    valid_on
        A day on which the features hold, their last if they have ended; None: today.
    """
    around = Surroundings(
        wards=_published_wards(database, valid_on=valid_on), published=_published_layers(database, valid_on=valid_on)
    )
    return check_quality(frame, layer, file=file, source_crs=source_crs, around=around)


def check_version(database: Database, layer: LayerName, *, version_id: LayerVersionId | None = None) -> QualityReport:
    """Check a version of ``layer``, the published one unless said otherwise.

    Raises
    ------
    DataUnavailableError
        There is no such version.
    """
    with database.transaction() as session:
        frame = store.read_layer(session, layer, version_id=version_id)
        valid_on = None if version_id is None else find_version(session, version_id, layer=layer).valid_to
    around = Surroundings(
        wards=_published_wards(database, valid_on=valid_on),
        published=_published_layers(database, valid_on=valid_on, but=layer),
    )
    return check_quality(frame, layer, file=layer.value, around=around)


def _published_layers(database: Database, *, valid_on: date | None, but: LayerName | None = None) -> Published:
    """Return how to read what is published, without the layer ``but``: a version is no proof of itself."""

    def read(layer: LayerName, bounds: Bounds) -> gpd.GeoDataFrame | None:
        if layer is but:
            return None
        with database.transaction() as session:
            try:
                return store.read_layer(session, layer, bounds=bounds, valid_on=valid_on)
            except DataUnavailableError:
                return None

    return read


def _published_wards(database: Database, *, valid_on: date | None) -> gpd.GeoDataFrame | None:
    with database.transaction() as session:
        try:
            return store.read_layer(session, LayerName.WARD, valid_on=valid_on)
        except DataUnavailableError:
            return None
