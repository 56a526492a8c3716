"""Published admission rounds, and the accounts of those who work with the system.

Revision ID: 0002_admissions_accounts
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

from spatial.db import UtcInstant, srid_of

revision = "0002_admissions_accounts"
down_revision = "0001_basemap"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the tables."""
    crs: str = op.get_context().config.attributes["crs"]  # type: ignore[union-attr]  # env.py always has one
    _create_admission_round()
    _create_round_school(srid_of(crs))
    _create_user_account()


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("user_account")
    op.drop_table("round_school")
    op.drop_table("admission_round")


def _create_admission_round() -> None:
    op.create_table(
        "admission_round",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("round_id", sa.Text, nullable=False),
        sa.Column("title_vi", sa.Text, nullable=False),
        sa.Column("title_en", sa.Text, nullable=False),
        sa.Column("levels", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("problem_sha256", sa.Text, nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("published_at", UtcInstant, nullable=False),
        sa.Column("layer_versions", sa.Text, nullable=False),
        sa.Column("snapshot_name", sa.Text, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admission_round"),
        sa.UniqueConstraint("round_id", name="uq_admission_round_round_id"),
        sqlite_autoincrement=True,
    )


def _create_round_school(srid: int) -> None:
    op.create_table(
        "round_school",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("round_id", sa.Text, nullable=False),
        sa.Column("school_code", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("placed", sa.Integer, nullable=False),
        sa.Column("cut_off_tier", sa.Integer, nullable=True),
        sa.Column("cut_off_distance_m", sa.Integer, nullable=True),
        sa.Column("seat_price_m", sa.Integer, nullable=True),
        sa.Column("geometry", Geometry("POINT", srid=srid), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_round_school"),
        sa.ForeignKeyConstraint(
            ["round_id"], ["admission_round.round_id"], name="fk_round_school_round_id_admission_round"
        ),
        sa.UniqueConstraint("round_id", "school_code", "level", name="uq_round_school_round_id_school_code_level"),
        sqlite_autoincrement=True,
    )


def _create_user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("sign_in_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("username", name="uq_user_account_username"),
        sqlite_autoincrement=True,
    )
