"""PostGIS writes once, when a feature is stored, what readers are given: its GeoJSON in CRS84, its shape in Mercator.

Of an area also its clearance: by how many metres of Mercator a corner may move before the shape could be crooked. A
tile rounds corners to its grid, and asks the clearance alone whether the shape stays sound. Outer rings run clockwise,
so that they turn as a tile asks once north is down.

The embedded file has none of the columns. Triggers fill them rather than generated columns: a restore would compute
those anew before the pinned datum operation is back in ``spatial_ref_sys``.

Revision ID: 0004_ready_for_readers
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

from alembic import op

revision = "0004_ready_for_readers"
down_revision = "0003_layer_history"
branch_labels = None
depends_on = None

_AREA = "MULTIPOLYGON"
_LAYERS = {
    "ward": (_AREA, ("ward_code", "name")),
    "street": ("MULTILINESTRING", ("name", "street_class", "width_m", "sidewalk_width_m")),
    "school": ("POINT", ("school_code", "name", "school_type", "address")),
    "building": (_AREA, ("building_use", "floors", "height_m")),
    "address": ("POINT", ("address", "house_number", "street_name", "ward_code")),
    "zone": (
        _AREA,
        (
            "zone_code",
            "land_use",
            "max_site_coverage_ratio",
            "max_floors",
            "max_height_m",
            "max_plot_ratio",
            "plan_name",
            "plan_approved_on",
        ),
    ),
    "road_reservation": (_AREA, ("road_name", "planned_width_m", "decision")),
    "parcel": (
        _AREA,
        (
            "ward_code",
            "map_sheet",
            "parcel_no",
            "registered_area_m2",
            "land_use_code",
            "national_parcel_id",
            "address",
        ),
    ),
}


def upgrade() -> None:
    """Add both columns and the trigger that fills them, and fill them for what is stored."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for layer, (geometry_type, columns) in _LAYERS.items():
        op.execute(f"ALTER TABLE {layer} ADD COLUMN geojson text, ADD COLUMN mercator geometry({geometry_type}, 3857)")
        if geometry_type == _AREA:
            op.execute(f"ALTER TABLE {layer} ADD COLUMN clearance_m double precision")
        _create_trigger(layer, columns, is_area=geometry_type == _AREA)
        op.execute(f"UPDATE {layer} SET feature_id = feature_id")  # noqa: S608  our own names
        op.execute(f"ALTER TABLE {layer} ALTER COLUMN geojson SET NOT NULL, ALTER COLUMN mercator SET NOT NULL")


def downgrade() -> None:
    """Remove the triggers and the columns."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for layer, (geometry_type, _) in _LAYERS.items():
        op.execute(f"DROP TRIGGER ready_for_readers ON {layer}")
        op.execute(f"DROP FUNCTION {layer}_ready_for_readers()")
        op.execute(f"ALTER TABLE {layer} DROP COLUMN geojson, DROP COLUMN mercator")
        if geometry_type == _AREA:
            op.execute(f"ALTER TABLE {layer} DROP COLUMN clearance_m")


def _create_trigger(layer: str, columns: tuple[str, ...], *, is_area: bool) -> None:
    more = (
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
            {more}
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
