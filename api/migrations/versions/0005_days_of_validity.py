"""What readers of today see: of the published versions that hold on this day, the one published last.

Revision ID: 0005_days_of_validity
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

from collections.abc import Mapping

from alembic import op

revision = "0005_days_of_validity"
down_revision = "0004_ready_for_readers"
branch_labels = None
depends_on = None

_COLUMNS: Mapping[str, str] = {
    "ward": "ward_code, name",
    "street": "name, street_class, width_m, sidewalk_width_m",
    "school": "school_code, name, school_type, address",
    "building": "building_use, floors, height_m",
    "address": "address, house_number, street_name, ward_code",
    "zone": (
        "zone_code, land_use, max_site_coverage_ratio, max_floors, max_height_m, max_plot_ratio, plan_name, "
        "plan_approved_on"
    ),
    "road_reservation": "road_name, planned_width_m, decision",
    "parcel": "ward_code, map_sheet, parcel_no, registered_area_m2, land_use_code, national_parcel_id, address",
}

_LAST_PUBLISHED = (
    "SELECT version_id FROM layer_publication WHERE layer = '{layer}' AND NOT withdrawn ORDER BY id DESC LIMIT 1"
)
_OF_TODAY = "SELECT version_id FROM layer_today WHERE layer = '{layer}'"

# The day in Vietnam, which knows no summer time.
_DAY = {"sqlite": "date('now', '+7 hours')", "postgresql": "CAST(now() AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date)"}


def upgrade() -> None:
    """Add the view ``layer_today``, and let the view of each layer follow it."""
    day = _DAY[op.get_bind().dialect.name]
    op.execute(
        "CREATE VIEW layer_today AS "  # noqa: S608  no value of a user
        "SELECT layer, version_id, id AS publication_id, published_at FROM layer_publication WHERE id IN ("
        "SELECT max(act.id) FROM layer_publication AS act JOIN layer_version AS version ON version.id = act.version_id "
        f"WHERE NOT act.withdrawn AND (version.valid_from IS NULL OR version.valid_from <= {day}) "
        f"AND (version.valid_to IS NULL OR version.valid_to >= {day}) GROUP BY act.layer)"
    )
    _replace_views(_OF_TODAY)


def downgrade() -> None:
    """Let the view of each layer follow the last publication again, whatever the day."""
    _replace_views(_LAST_PUBLISHED)
    op.execute("DROP VIEW layer_today")


def _replace_views(version: str) -> None:
    for layer, columns in _COLUMNS.items():
        op.execute(f"DROP VIEW {layer}_published")
        op.execute(
            f"CREATE VIEW {layer}_published AS SELECT id, feature_id, {columns}, geometry FROM {layer} "  # noqa: S608  our own names
            f"WHERE version_id = ({version.format(layer=layer)})"
        )
