"""The shared basemap: coordinate systems, versions, publications and the eight layers.

Revision ID: 0001_basemap
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from pyproj import CRS

from spatial import gpkg
from spatial.db import UtcInstant, srid_of

revision = "0001_basemap"
down_revision = None
branch_labels = None
depends_on = None

# The parameters of EPSG:6960 with the signs that PROJ expects.
_TO_WGS84 = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
_VN2000_ZONES = (5896, 5897, 5898, 5899, *range(9205, 9219))


def upgrade() -> None:
    """Build the basemap's tables in an empty store."""
    crs: str = op.get_context().config.attributes["crs"]  # type: ignore[union-attr]  # env.py always has one
    if op.get_bind().dialect.name == "sqlite":
        _make_geopackage(crs)
    else:
        _pin_datum_operation()
    _create_versions()
    _create_layers(srid_of(crs))
    if op.get_bind().dialect.name == "sqlite":
        # One table entered as attributes, and GDAL and QGIS offer only what is entered: no accounts, no history.
        op.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('layer_version', 'attributes')")


def downgrade() -> None:
    """Remove the basemap's tables; what a GeoPackage or PostGIS keeps for itself stays."""
    for layer in reversed(_LAYER_COLUMNS):
        op.drop_table(layer)
    op.drop_table("layer_publication")
    op.drop_table("layer_version")


def _make_geopackage(crs: str) -> None:
    for statement in gpkg.METADATA_STATEMENTS:
        op.execute(statement)
    names = ("srs_name", "srs_id", "organization", "organization_coordsys_id", "definition", "description")
    table = sa.table("gpkg_spatial_ref_sys", *(sa.column(name) for name in names))
    op.bulk_insert(table, gpkg.spatial_ref_sys_rows(crs))


def _pin_datum_operation() -> None:
    # An authority would make PostGIS ask PROJ's own database, which changes the datum operation at
    # latitude 11.0413; without it PostGIS follows the definition, which carries EPSG:6960.
    statement = sa.text(
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) "
        "VALUES (:srid, NULL, NULL, :srtext, :proj4text) ON CONFLICT (srid) DO UPDATE "
        "SET auth_name = NULL, auth_srid = NULL, srtext = excluded.srtext, proj4text = excluded.proj4text"
    )
    for srid in _VN2000_ZONES:
        op.get_bind().execute(statement, {"srid": srid, "srtext": _wkt(srid), "proj4text": _proj4(srid)})


def _wkt(srid: int) -> str:
    wkt = CRS.from_epsg(srid).to_wkt("WKT1_GDAL")
    return wkt.replace(',AUTHORITY["EPSG","6756"]', f',TOWGS84[{_TO_WGS84}],AUTHORITY["EPSG","6756"]')


def _proj4(srid: int) -> str:
    meridian = CRS.from_epsg(srid).to_cf()["longitude_of_central_meridian"]
    return (
        f"+proj=tmerc +lat_0=0 +lon_0={meridian:g} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 "
        f"+towgs84={_TO_WGS84} +units=m +no_defs"
    )


def _create_versions() -> None:
    op.create_table(
        "layer_version",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("layer", sa.Text, nullable=False),
        sa.Column("imported_at", UtcInstant, nullable=False),
        sa.Column("imported_by", sa.Text, nullable=False),
        sa.Column("source_file", sa.Text, nullable=False),
        sa.Column("source_sha256", sa.Text, nullable=False),
        sa.Column("source_crs", sa.Text, nullable=False),
        sa.Column("feature_count", sa.Integer, nullable=False),
        sa.Column("quarantined_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_layer_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_layer_version_layer", "layer_version", ["layer"])
    op.create_table(
        "layer_publication",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("layer", sa.Text, nullable=False),
        sa.Column("version_id", sa.Integer, nullable=False),
        sa.Column("published_at", UtcInstant, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_layer_publication"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["layer_version.id"], name="fk_layer_publication_version_id_layer_version"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_layer_publication_layer", "layer_publication", ["layer"])


def _text(name: str, *, required: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=not required)


def _real(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=True)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=True)


_LAYER_COLUMNS: dict[str, tuple[str, Callable[[], tuple[sa.Column[Any], ...]]]] = {
    "ward": ("MULTIPOLYGON", lambda: (_text("ward_code", required=True), _text("name", required=True))),
    "street": (
        "MULTILINESTRING",
        lambda: (_text("name"), _text("street_class"), _real("width_m"), _real("sidewalk_width_m")),
    ),
    "school": (
        "POINT",
        lambda: (
            _text("school_code", required=True),
            _text("name", required=True),
            _text("school_type", required=True),
            _text("address"),
        ),
    ),
    "building": ("MULTIPOLYGON", lambda: (_text("building_use"), _integer("floors"), _real("height_m"))),
    "address": (
        "POINT",
        lambda: (
            _text("address", required=True),
            _text("house_number"),
            _text("street_name"),
            _text("ward_code"),
        ),
    ),
    "zone": (
        "MULTIPOLYGON",
        lambda: (
            _text("zone_code", required=True),
            _text("land_use"),
            _real("max_site_coverage_ratio"),
            _integer("max_floors"),
            _real("max_height_m"),
            _real("max_plot_ratio"),
            _text("plan_name"),
            sa.Column("plan_approved_on", sa.Date, nullable=True),
        ),
    ),
    "road_reservation": (
        "MULTIPOLYGON",
        lambda: (_text("road_name"), _real("planned_width_m"), _text("decision")),
    ),
    "parcel": (
        "MULTIPOLYGON",
        lambda: (
            _text("ward_code", required=True),
            _text("map_sheet", required=True),
            _text("parcel_no", required=True),
            _real("registered_area_m2"),
            _text("land_use_code"),
            _text("national_parcel_id"),
            _text("address"),
        ),
    ),
}


def _create_layers(srid: int) -> None:
    for layer, (geometry_type, attributes) in _LAYER_COLUMNS.items():
        op.create_table(
            layer,
            sa.Column("id", sa.Integer, nullable=False),
            sa.Column("version_id", sa.Integer, nullable=False),
            sa.Column("feature_id", sa.Text, nullable=False),
            *attributes(),
            sa.Column("geometry", Geometry(geometry_type, srid=srid, nullable=False), nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{layer}"),
            sa.ForeignKeyConstraint(["version_id"], ["layer_version.id"], name=f"fk_{layer}_version_id_layer_version"),
            sa.UniqueConstraint("version_id", "feature_id", name=f"uq_{layer}_version_id_feature_id"),
            sqlite_autoincrement=True,
        )
    op.create_index("ix_parcel_version_id_map_sheet_parcel_no", "parcel", ["version_id", "map_sheet", "parcel_no"])
