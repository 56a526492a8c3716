"""Parcels as readers find them: stored as one version of their layer, and published."""

from datetime import UTC, datetime

import geopandas as gpd

from basemap import store
from basemap.model import LAYERS, LayerName
from spatial.crs import HCMC
from spatial.db import Database

IMPORTED = datetime(2026, 6, 1, tzinfo=UTC)


def publish_parcels(database: Database, frame: gpd.GeoDataFrame) -> None:
    """Publish parcels; attributes that the frame does not have are unknown."""
    whole = frame.assign(**{name: None for name in LAYERS[LayerName.PARCEL].attribute_names if name not in frame})
    provenance = store.Provenance(
        imported_at=IMPORTED,
        imported_by="test",
        source_file="parcels.gpkg",
        source_sha256="0" * 64,
        source_crs=HCMC,
        quarantined_count=0,
    )
    with database.transaction() as session:
        version = store.add_version(session, LayerName.PARCEL, whole, provenance=provenance)
        store.publish(session, version.version_id, published_at=IMPORTED)
