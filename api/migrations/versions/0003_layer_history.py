"""What a version of a layer says of its validity and origin; when publications were withdrawn; what readers see.

Revision ID: 0003_layer_history
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

import sqlalchemy as sa
from alembic import op

from spatial.db import UtcInstant, srid_of

revision = "0003_layer_history"
down_revision = "0002_admissions_accounts"
branch_labels = None
depends_on = None

_ORIGIN = {"valid_from": sa.Date, "valid_to": sa.Date, "licence": sa.Text, "source": sa.Text}

_LAYERS = {
    "ward": ("MULTIPOLYGON", "ward_code, name"),
    "street": ("MULTILINESTRING", "name, street_class, width_m, sidewalk_width_m"),
    "school": ("POINT", "school_code, name, school_type, address"),
    "building": ("MULTIPOLYGON", "building_use, floors, height_m"),
    "address": ("POINT", "address, house_number, street_name, ward_code"),
    "zone": (
        "MULTIPOLYGON",
        (
            "zone_code, land_use, max_site_coverage_ratio, max_floors, max_height_m, max_plot_ratio, plan_name, "
            "plan_approved_on"
        ),
    ),
    "road_reservation": ("MULTIPOLYGON", "road_name, planned_width_m, decision"),
    "parcel": (
        "MULTIPOLYGON",
        "ward_code, map_sheet, parcel_no, registered_area_m2, land_use_code, national_parcel_id, address",
    ),
}


def upgrade() -> None:
    """Add the columns, and one view a layer of what is published."""
    for name, kind in _ORIGIN.items():
        op.add_column("layer_version", sa.Column(name, kind, nullable=True))
    # Of publications withdrawn before this step the moment stays unknown: nobody wrote it down.
    op.add_column("layer_publication", sa.Column("withdrawn_at", UtcInstant, nullable=True))
    crs: str = op.get_context().config.attributes["crs"]  # type: ignore[union-attr]  # env.py always has one
    for layer, (geometry_type, columns) in _LAYERS.items():
        _create_view(layer, columns)
        if op.get_bind().dialect.name == "sqlite":
            _register_view(layer, geometry_type, srid=srid_of(crs))


def downgrade() -> None:
    """Remove the views and the columns."""
    for layer in _LAYERS:
        op.execute(f"DROP VIEW {layer}_published")
        if op.get_bind().dialect.name == "sqlite":
            for table in ("gpkg_geometry_columns", "gpkg_contents"):
                op.execute(f"DELETE FROM {table} WHERE table_name = '{layer}_published'")  # noqa: S608  our own names
    op.drop_column("layer_publication", "withdrawn_at")
    for name in _ORIGIN:
        op.drop_column("layer_version", name)


def _create_view(layer: str, columns: str) -> None:
    op.execute(
        f"CREATE VIEW {layer}_published AS SELECT id, feature_id, {columns}, geometry FROM {layer} "  # noqa: S608  our own names
        f"WHERE version_id = (SELECT version_id FROM layer_publication WHERE layer = '{layer}' "
        "AND NOT withdrawn ORDER BY id DESC LIMIT 1)"
    )


def _register_view(layer: str, geometry_type: str, *, srid: int) -> None:
    view = f"{layer}_published"
    op.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "  # noqa: S608  our own names
        f"VALUES ('{view}', 'features', '{view}', 'What readers see of the layer {layer}', {srid})"
    )
    op.execute(f"INSERT INTO gpkg_geometry_columns VALUES ('{view}', 'geometry', '{geometry_type}', {srid}, 0, 0)")  # noqa: S608  our own names
