"""The layers that permits ask besides the zone plan: detailed plans, special areas, corridors, prescriptions, coverage.

Revision ID: 0006_ground_layers
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

from spatial.db import srid_of

revision = "0006_ground_layers"
down_revision = "0005_days_of_validity"
branch_labels = None
depends_on = None

_AREA = "MULTIPOLYGON"
_TYPES = {"text": sa.Text, "integer": sa.Integer, "real": sa.Double, "date": sa.Date}
# A kind that ends in ! is required.
_LAYERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "detailed_plan": (
        "MULTIPOLYGON",
        {
            "plan_kind": "text!",
            "zone_code": "text",
            "land_use": "text",
            "max_site_coverage_ratio": "real",
            "max_floors": "integer",
            "max_height_m": "real",
            "max_plot_ratio": "real",
            "min_front_setback_m": "real",
            "plan_name": "text",
            "document": "text",
            "plan_approved_on": "date",
        },
    ),
    "special_area": (
        "MULTIPOLYGON",
        {
            "kind": "text!",
            "name": "text",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "trade_axis": (
        "MULTILINESTRING",
        {
            "street_name": "text!",
            "from_street": "text",
            "to_street": "text",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "river_corridor": (
        "MULTIPOLYGON",
        {
            "name": "text",
            "corridor_width_m": "real",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "power_line": (
        "MULTILINESTRING",
        {
            "name": "text",
            "voltage_kv": "real",
            "conductor": "text",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "power_corridor": (
        "MULTIPOLYGON",
        {
            "name": "text",
            "voltage_kv": "real",
            "conductor": "text",
            "corridor_width_m": "real",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "railway_corridor": (
        "MULTIPOLYGON",
        {
            "name": "text",
            "corridor_width_m": "real",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "airport_surface": (
        "MULTIPOLYGON",
        {
            "airport_name": "text!",
            "surface": "text!",
            "lowest_elevation_m": "real",
            "highest_elevation_m": "real",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "heritage_area": (
        "MULTIPOLYGON",
        {
            "name": "text!",
            "protection_zone": "text",
            "decision": "text",
            "approved_on": "date",
        },
    ),
    "prescription_area": (
        "MULTIPOLYGON",
        {
            "prescription_code": "text",
            "name": "text!",
            "plan_name": "text",
            "document": "text",
            "plan_approved_on": "date",
        },
    ),
    "prescription_line": (
        "MULTILINESTRING",
        {
            "prescription_code": "text",
            "name": "text!",
            "plan_name": "text",
            "document": "text",
            "plan_approved_on": "date",
        },
    ),
    "prescription_point": (
        "POINT",
        {
            "prescription_code": "text",
            "name": "text!",
            "plan_name": "text",
            "document": "text",
            "plan_approved_on": "date",
        },
    ),
    "coverage": (
        "MULTIPOLYGON",
        {
            "layer": "text!",
            "kind": "text",
            "source": "text",
        },
    ),
}


def upgrade() -> None:
    """Add a table and a view of what is published for each layer; on PostGIS also what readers are given."""
    crs: str = op.get_context().config.attributes["crs"]  # type: ignore[union-attr]  # env.py always has one
    is_embedded = op.get_bind().dialect.name == "sqlite"
    for layer, (geometry_type, columns) in _LAYERS.items():
        _create_table(layer, geometry_type, columns, srid=srid_of(crs))
        op.execute(
            f"CREATE VIEW {layer}_published AS SELECT id, feature_id, {', '.join(columns)}, geometry FROM {layer} "  # noqa: S608  our own names
            f"WHERE version_id = (SELECT version_id FROM layer_today WHERE layer = '{layer}')"
        )
        if is_embedded:
            _register_view(layer, geometry_type, srid=srid_of(crs))
        else:
            _make_ready_for_readers(layer, geometry_type, columns)


def downgrade() -> None:
    """Remove the layers with all that they hold."""
    is_embedded = op.get_bind().dialect.name == "sqlite"
    for layer in _LAYERS:
        op.execute(f"DROP VIEW {layer}_published")
        if is_embedded:
            for table in ("gpkg_geometry_columns", "gpkg_contents"):
                op.execute(f"DELETE FROM {table} WHERE table_name = '{layer}_published'")  # noqa: S608  our own names
        op.drop_table(layer)
        if not is_embedded:
            op.execute(f"DROP FUNCTION {layer}_ready_for_readers()")
        for table in ("layer_publication", "layer_version"):
            op.execute(f"DELETE FROM {table} WHERE layer = '{layer}'")  # noqa: S608  our own names


def _create_table(layer: str, geometry_type: str, columns: Mapping[str, str], *, srid: int) -> None:
    attributes: list[sa.Column[Any]] = [
        sa.Column(name, _TYPES[kind.removesuffix("!")], nullable=not kind.endswith("!"))
        for name, kind in columns.items()
    ]
    op.create_table(
        layer,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("version_id", sa.Integer, nullable=False),
        sa.Column("feature_id", sa.Text, nullable=False),
        *attributes,
        sa.Column("geometry", Geometry(geometry_type, srid=srid, nullable=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{layer}"),
        sa.ForeignKeyConstraint(["version_id"], ["layer_version.id"], name=f"fk_{layer}_version_id_layer_version"),
        sa.UniqueConstraint("version_id", "feature_id", name=f"uq_{layer}_version_id_feature_id"),
        sqlite_autoincrement=True,
    )


def _register_view(layer: str, geometry_type: str, *, srid: int) -> None:
    view = f"{layer}_published"
    op.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "  # noqa: S608  our own names
        f"VALUES ('{view}', 'features', '{view}', 'What readers see of the layer {layer}', {srid})"
    )
    op.execute(f"INSERT INTO gpkg_geometry_columns VALUES ('{view}', 'geometry', '{geometry_type}', {srid}, 0, 0)")  # noqa: S608  our own names


def _make_ready_for_readers(layer: str, geometry_type: str, columns: Mapping[str, str]) -> None:
    """Give PostGIS the columns and the trigger of step 0004."""
    is_area = geometry_type == _AREA
    op.execute(
        f"ALTER TABLE {layer} ADD COLUMN geojson text NOT NULL, "
        f"ADD COLUMN mercator geometry({geometry_type}, 3857) NOT NULL"
    )
    if is_area:
        op.execute(f"ALTER TABLE {layer} ADD COLUMN clearance_m double precision")
    sound = (
        "NEW.mercator := ST_ForcePolygonCW(NEW.mercator); NEW.clearance_m := ST_MinimumClearance(NEW.mercator);"
        if is_area
        else ""
    )
    properties = ", ".join(f"'{name}', NEW.{name}" for name in columns)
    op.execute(
        f"""
        CREATE FUNCTION {layer}_ready_for_readers() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.mercator := ST_Transform(NEW.geometry, 3857);
            {sound}
            NEW.geojson := concat(
                '{{"type":"Feature","id":', to_json(NEW.feature_id),
                ',"geometry":', ST_AsGeoJSON(ST_Transform(ST_ForcePolygonCCW(NEW.geometry), 4326), 9, 0),
                ',"properties":', json_build_object({properties}), '}}'
            );
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER ready_for_readers BEFORE INSERT OR UPDATE ON {layer} "
        f"FOR EACH ROW EXECUTE FUNCTION {layer}_ready_for_readers()"
    )
