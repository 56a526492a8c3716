"""Parcels that were divided, merged or renumbered: every import of the register whole; and parcels by national id.

Revision ID: 0007_parcel_history
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

import sqlalchemy as sa
from alembic import op

from spatial.db import UtcInstant

revision = "0007_parcel_history"
down_revision = "0006_ground_layers"
branch_labels = None
depends_on = None

_REGISTER, _EVENT, _PART = "parcel_register", "parcel_event", "parcel_event_part"
_BY_NATIONAL_ID = "ix_parcel_version_id_national_parcel_id"


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def upgrade() -> None:
    """Create the three tables and the index."""
    op.create_table(
        _REGISTER,
        _id(),
        sa.Column("imported_at", UtcInstant(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("imported_by", "source_file", "source_sha256")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("event_count", "quarantined_count")),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_REGISTER}"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        _EVENT,
        _id(),
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["register_id"], [f"{_REGISTER}.id"], name=f"fk_{_EVENT}_register_id_{_REGISTER}"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_EVENT}"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{_EVENT}_register_id", _EVENT, ["register_id"])
    op.create_table(
        _PART,
        _id(),
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("is_child", sa.Boolean(), nullable=False),
        sa.Column("parcel_key", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["register_id"], [f"{_REGISTER}.id"], name=f"fk_{_PART}_register_id_{_REGISTER}"),
        sa.ForeignKeyConstraint(["event_id"], [f"{_EVENT}.id"], name=f"fk_{_PART}_event_id_{_EVENT}"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_PART}"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{_PART}_event_id", _PART, ["event_id"])
    op.create_index(f"ix_{_PART}_register_id_parcel_key", _PART, ["register_id", "parcel_key"])
    op.create_index(_BY_NATIONAL_ID, "parcel", ["version_id", "national_parcel_id"])


def downgrade() -> None:
    """Remove the three tables and the index."""
    op.drop_index(_BY_NATIONAL_ID, "parcel")
    for table in (_PART, _EVENT, _REGISTER):
        op.drop_table(table)
