"""How the register of parcel events is stored: every import whole, events with the parcels that ended and began."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from spatial.db import Base


class ParcelRegisterRow(Base):
    """One import of the register; readers see the last."""

    __tablename__ = "parcel_register"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    imported_at: Mapped[datetime]
    imported_by: Mapped[str]
    source_file: Mapped[str]
    source_sha256: Mapped[str]
    event_count: Mapped[int]
    quarantined_count: Mapped[int]


class ParcelEventRow(Base):
    """One division, merger or renumbering."""

    __tablename__ = "parcel_event"
    __table_args__ = (Index(None, "register_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    register_id: Mapped[int] = mapped_column(ForeignKey("parcel_register.id"))
    happened_on: Mapped[date]
    kind: Mapped[str]
    document: Mapped[str | None]


class ParcelEventPartRow(Base):
    """A parcel in an event: it ended (parent), or it began (child)."""

    __tablename__ = "parcel_event_part"
    __table_args__ = (
        Index(None, "event_id"),
        Index(None, "register_id", "parcel_key"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    register_id: Mapped[int] = mapped_column(ForeignKey("parcel_register.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("parcel_event.id"))
    is_child: Mapped[bool]
    parcel_key: Mapped[str]
    area_m2: Mapped[float | None]
