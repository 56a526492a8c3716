"""Rounds as the public sees them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from allocation.public_figures import AdmissionRound, RoundSchool
from api.schemas.words import TextOut


class RoundOut(BaseModel):
    """One published round; a figure that points at fewer than five children is null."""

    round_id: str
    title: TextOut
    levels: list[str]
    policy: str
    seed: str
    problem_sha256: str
    verified: bool
    published_at: datetime
    layer_versions: dict[str, int]
    summary: dict[str, Any]

    @classmethod
    def of(cls, shown: AdmissionRound) -> Self:
        """Return the public view of a round as it is sent."""
        return cls(
            round_id=shown.round_id,
            title=TextOut.of(shown.title),
            levels=list(shown.levels),
            policy=shown.policy,
            seed=shown.seed,
            problem_sha256=shown.problem_sha256,
            verified=shown.verified,
            published_at=shown.published_at,
            layer_versions=dict(shown.layer_versions),
            summary={name: value for name, value in shown.summary.items() if name != "cut_offs"},
        )


class RoundsOut(BaseModel):
    """All published rounds, newest first."""

    rounds: list[RoundOut]


class RoundSchoolOut(BaseModel):
    """What a round did with the seats of one level in one school."""

    school_code: str
    level: str
    name: str
    capacity: int
    placed: int | None
    cut_off_tier: int | None
    cut_off_distance_m: int | None
    seat_price_m: int | None
    lon: Annotated[float | None, Field(description="EPSG:4326")]
    lat: Annotated[float | None, Field(description="EPSG:4326")]

    @classmethod
    def of(cls, school: RoundSchool, *, lon: float | None, lat: float | None) -> Self:
        """Return the public view of a school as it is sent."""
        return cls(
            school_code=school.school_code,
            level=school.level,
            name=school.name,
            capacity=school.capacity,
            placed=school.placed,
            cut_off_tier=school.cut_off_tier,
            cut_off_distance_m=school.cut_off_distance_m,
            seat_price_m=school.seat_price_m,
            lon=lon,
            lat=lat,
        )


class CutOffOut(BaseModel):
    """The last one admitted to one tier of the seats of a school in one stage; null where so few were admitted."""

    school_code: str
    level: str
    seat_group: str
    stage: int
    tier: int
    admitted: int | None
    last_distance_m: int | None
    last_lottery_place: Annotated[int | None, Field(description="where the lottery decided; 1 draws first")]


class RoundDetailOut(RoundOut):
    """A round with its schools, by level and code, and their cut-offs."""

    schools: list[RoundSchoolOut] = []
    cut_offs: list[CutOffOut] = []
