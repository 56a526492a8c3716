"""Checking features against what the store publishes, and versions that it holds."""

import geopandas as gpd

from basemap import store
from basemap.model import LayerName, LayerVersionId
from basemap.quality import check_quality
from basemap.quality_findings import QualityReport
from spatial.db import Database


def check_features(
    database: Database, layer: LayerName, frame: gpd.GeoDataFrame, *, file: str, source_crs: str
) -> QualityReport:
    """Check features of a file that are about to be stored, with the wards that are published now.

    Parameters
    ----------
    frame
        In the coordinate system of the store; its index counts the features of the file from 0, and `OF_THE_STORE`
        marks features of the version that they join.
    source_crs
        Coordinate system that the file claims.
    """
    return check_quality(frame, layer, file=file, source_crs=source_crs, wards=_published_wards(database))


def check_version(database: Database, layer: LayerName, *, version_id: LayerVersionId | None = None) -> QualityReport:
    """Check a version of ``layer``, the published one unless said otherwise.

    Raises
    ------
    DataUnavailableError
        There is no such version.
    """
    with database.transaction() as session:
        frame = store.read_layer(session, layer, version_id=version_id)
    return check_quality(frame, layer, file=layer.value, wards=_published_wards(database))


def _published_wards(database: Database) -> gpd.GeoDataFrame | None:
    with database.transaction() as session:
        if store.current_version(session, LayerName.WARD) is None:
            return None
        return store.read_layer(session, LayerName.WARD)
