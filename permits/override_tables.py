"""How overrides are stored: added, never changed."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from spatial.db import Base


class PermitOverrideRow(Base):
    """One decision of an officer about one finding; the store refuses to change or delete it."""

    __tablename__ = "permit_override"
    __table_args__ = (Index(None, "parcel_key"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_key: Mapped[str]
    finding: Mapped[str]
    rule: Mapped[str]
    old_verdict: Mapped[str]
    old_reason: Mapped[str | None]
    new_verdict: Mapped[str]
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    as_of: Mapped[date]
    proposal_sha256: Mapped[str]
    state: Mapped[str]
