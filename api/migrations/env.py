"""Alembic's entry: runs the steps on the connection that `api.migrations.upgrade` hands over."""

from typing import Any

from alembic import context
from geoalchemy2 import Geometry

from api.migrations import import_tables
from spatial.db import Base, number_geometry_columns, srid_of

_WRITTEN_BY_TRIGGERS = frozenset({"clearance_m", "geojson", "mercator"})
"""Columns that only PostGIS has (step 0004): no mapped class knows them."""

_OF_THE_STORE_ITSELF = ("gpkg_", "rtree_", "sqlite_", "spatial_ref_sys", "geometry_columns")


def _is_ours(
    item: Any,  # noqa: ANN401  whatever Alembic compares
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001  Alembic's signature
    _counterpart: Any,  # noqa: ANN401  as above
) -> bool:
    """Leave out what the GeoPackage standard and PostGIS keep for themselves, and spatial indexes.

    A spatial index is a table of its own in the embedded file; that each exists is what a test of ours looks at.
    """
    if kind == "table":
        return not str(name).startswith(_OF_THE_STORE_ITSELF)
    if kind == "column":
        return not (reflected and name in _WRITTEN_BY_TRIGGERS)
    if kind == "index":
        return not any(isinstance(column.type, Geometry) for column in item.columns) and not (
            reflected and str(name).startswith("idx_")
        )
    return True


def _differs(
    _context: Any,  # noqa: ANN401  Alembic's signature
    _column: Any,  # noqa: ANN401
    _declared: Any,  # noqa: ANN401
    stored_type: Any,  # noqa: ANN401
    declared_type: Any,  # noqa: ANN401
) -> bool | None:
    if isinstance(stored_type, Geometry) and isinstance(declared_type, Geometry):
        return (stored_type.geometry_type, stored_type.srid) != (declared_type.geometry_type, declared_type.srid)
    return None


import_tables()
number_geometry_columns(srid_of(context.config.attributes["crs"]))
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=_is_ours,
    compare_type=_differs,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
