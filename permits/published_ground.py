"""The ground as the published layers draw it, today or as they hold on a day, with the versions that answered."""

from collections.abc import Mapping
from datetime import date

import geopandas as gpd
from shapely.errors import ShapelyError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from basemap import store
from basemap.feature_store import read_extent
from basemap.model import LayerName, LayerVersion
from permits.answers import NOT_LOADED, Cause, LayerFault, LayerSource
from permits.former_provinces import packaged_former_provinces
from permits.ground import CHECKED_LAYERS, Ground
from permits.overlap import OverlapThresholds
from spatial.crs import WGS84, is_vn2000
from spatial.db import Bounds, storage_crs
from spatial.errors import DataUnavailableError
from spatial.gpkg import NotAGeoPackageBlobError
from spatial.text import Text

LEGACY_DATUM_ERROR_M = 0.8
"""A file in longitude and latitude does not say by which operation it left VN-2000: EPSG:6960 and 5194 differ so."""

_WITHOUT_EXTENT = frozenset({LayerName.STREET, LayerName.BUILDING})
"""Layers whose absence proves nothing, so that nobody has to know how far they go."""

_UNREADABLE = LayerFault(
    cause=Cause.FAILED,
    note=Text("Dữ liệu lưu của lớp bị hỏng.", "What is stored of the layer is damaged."),
)


def published_ground(
    session: Session,
    *,
    bounds: Bounds | None = None,
    valid_on: date | None = None,
    thresholds: OverlapThresholds | None = None,
) -> Ground:
    """Return the published layers, ready to be asked about parcels.

    A layer answers inside the coverage that is declared for it; one without a declaration inside the box of its own
    version. Once a coverage was ever published, a day on which it does not answer leaves every layer unchecked.

    Parameters
    ----------
    bounds
        min_x, min_y, max_x, max_y in the storage coordinate system: only features that touch this box are read.
    valid_on
        Day on which the layers hold; None is today. A layer of which no published version holds then is not checked.
    """
    versions = {name: _version(session, name, valid_on) for name in (*CHECKED_LAYERS, LayerName.COVERAGE)}
    known = {name: version for name, version in versions.items() if version is not None}
    layers: dict[LayerName, gpd.GeoDataFrame | LayerFault | None] = {
        name: _read(session, known.get(name), bounds) for name in CHECKED_LAYERS
    }
    if LayerName.COVERAGE in known or store.publications(session, LayerName.COVERAGE):
        layers[LayerName.COVERAGE] = _read(session, known.get(LayerName.COVERAGE), None)
    extents = _extents(session, known, layers)
    return Ground(
        layers,
        crs=storage_crs(session),
        thresholds=thresholds,
        sources={name: _source(version, crs=storage_crs(session)) for name, version in known.items()},
        extents=extents,
        former_provinces=packaged_former_provinces(),
    )


def _version(session: Session, layer: LayerName, valid_on: date | None) -> LayerVersion | None:
    try:
        return store.version_as_of(session, layer, valid_on=valid_on)
    except DataUnavailableError:
        return None


def _read(session: Session, version: LayerVersion | None, bounds: Bounds | None) -> gpd.GeoDataFrame | LayerFault:
    if version is None:
        return NOT_LOADED
    try:
        with session.begin_nested():
            return store.read_features(session, version.layer, version.version_id, bounds=bounds)
    except (SQLAlchemyError, ShapelyError, NotAGeoPackageBlobError):
        return _UNREADABLE


def _source(version: LayerVersion, *, crs: str) -> LayerSource:
    has_doubtful_datum = version.source_crs == WGS84 and is_vn2000(crs)
    return LayerSource(
        version_id=version.version_id,
        source_file=version.source_file,
        source_sha256=version.source_sha256,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        source=version.source,
        datum_error_m=LEGACY_DATUM_ERROR_M if has_doubtful_datum else 0.0,
    )


def _declared(coverage: gpd.GeoDataFrame | LayerFault | None) -> frozenset[str]:
    return frozenset(coverage["layer"]) if isinstance(coverage, gpd.GeoDataFrame) else frozenset()


def _extents(
    session: Session,
    known: Mapping[LayerName, LayerVersion],
    layers: dict[LayerName, gpd.GeoDataFrame | LayerFault | None],
) -> dict[LayerName, Bounds]:
    """Return the box of each version without a declared coverage; one that has no readable box fails the layer."""
    declared = _declared(layers.get(LayerName.COVERAGE))
    found: dict[LayerName, Bounds] = {}
    for name, version in known.items():
        is_asked = name in CHECKED_LAYERS and name not in _WITHOUT_EXTENT and name.value not in declared
        if not is_asked or isinstance(layers[name], LayerFault):
            continue
        try:
            with session.begin_nested():
                found[name] = read_extent(session, name, version.version_id) or _NOWHERE
        except SQLAlchemyError:
            layers[name] = _UNREADABLE
    return found


_NOWHERE: Bounds = (0.0, 0.0, 0.0, 0.0)
