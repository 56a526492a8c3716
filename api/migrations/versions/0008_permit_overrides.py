"""Findings of a permit check that an officer overruled; the store refuses to change or delete one.

Revision ID: 0008_permit_overrides
"""

# ruff: noqa: INP001  Alembic loads steps by their path, not as a package

import sqlalchemy as sa
from alembic import op

from spatial.db import UtcInstant

revision = "0008_permit_overrides"
down_revision = "0007_parcel_history"
branch_labels = None
depends_on = None

_TABLE = "permit_override"
_SAID = ("parcel_key", "finding", "rule", "old_verdict")
_REFUSED = "permit_override is append-only"


def upgrade() -> None:
    """Create the table, and what keeps it as it is."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _SAID),
        sa.Column("old_reason", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("new_verdict", "reason", "decided_by")),
        sa.Column("decided_at", UtcInstant(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("proposal_sha256", "state")),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_TABLE}"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{_TABLE}_parcel_key", _TABLE, ["parcel_key"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {_TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {_TABLE}_stays BEFORE UPDATE OR DELETE ON {_TABLE} "
            f"FOR EACH ROW EXECUTE FUNCTION {_TABLE}_stays()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {_TABLE}_no_{act.lower()} BEFORE {act} ON {_TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )


def downgrade() -> None:
    """Drop the table."""
    op.drop_index(f"ix_{_TABLE}_parcel_key", _TABLE)
    op.drop_table(_TABLE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {_TABLE}_stays()")
