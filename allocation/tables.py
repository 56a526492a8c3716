"""How rounds are stored: what was published and from what, never who applied."""

from datetime import datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from spatial.db import Base


class AdmissionRoundRow(Base):
    """A published round; ``levels``, ``layer_versions`` and ``summary`` are JSON."""

    __tablename__ = "admission_round"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[str] = mapped_column(unique=True)
    title_vi: Mapped[str]
    title_en: Mapped[str]
    levels: Mapped[str]
    policy: Mapped[str]
    seed: Mapped[str]
    problem_sha256: Mapped[str]
    verified: Mapped[bool]
    published_at: Mapped[datetime]
    layer_versions: Mapped[str]
    snapshot_name: Mapped[str]
    content_sha256: Mapped[str]
    summary: Mapped[str]


class RoundSchoolRow(Base):
    """What a round did with the seats of one level in one school."""

    __tablename__ = "round_school"
    __table_args__ = (UniqueConstraint("round_id", "school_code", "level"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[str] = mapped_column(ForeignKey("admission_round.round_id"))
    school_code: Mapped[str]
    level: Mapped[str]
    name: Mapped[str]
    capacity: Mapped[int]
    placed: Mapped[int]
    cut_off_tier: Mapped[int | None]
    cut_off_distance_m: Mapped[int | None]
    seat_price_m: Mapped[int | None]
    geometry: Mapped[WKBElement | None] = mapped_column(Geometry("POINT"), nullable=True)
