"""The look-up of a child's place."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from allocation import receipt
from allocation.snapshot import Happened, NearerSchool, PublishedResult, PublishedSchool
from api.schemas.words import TextOut
from api.validation_messages import FieldTextError
from spatial.errors import InputError


def _receipt_code(text: str) -> str:
    try:
        return receipt.normalise(text)
    except InputError as error:
        raise FieldTextError(error.message) from error


class LookUpIn(BaseModel):
    """The three things that only the family has together."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    applicant_no: Annotated[str, Field(min_length=1, max_length=64, description="personal ID of the child, 12 digits")]
    date_of_birth: Annotated[date, Field(description="YYYY-MM-DD")]
    receipt_code: Annotated[
        str,
        Field(
            min_length=1, max_length=64, description="from the receipt of the application", examples=["7K3M-9QXA-2B4C"]
        ),
        AfterValidator(_receipt_code),
    ]


class SchoolOut(BaseModel):
    """A school; ``lon``, ``lat`` in EPSG:4326."""

    school_code: str
    name: str
    address: str
    lon: float | None
    lat: float | None

    @classmethod
    def of(cls, school: PublishedSchool) -> Self:
        """Return the school as it is sent."""
        return cls(
            school_code=school.school_code,
            name=school.name,
            address=school.address,
            lon=school.lon,
            lat=school.lat,
        )


class NearerSchoolOut(BaseModel):
    """A school nearer than the one given, and why it was not that one."""

    school: SchoolOut
    distance_m: int
    reason: TextOut

    @classmethod
    def of(cls, nearer: NearerSchool) -> Self:
        """Return the school and the reason as they are sent."""
        return cls(school=SchoolOut.of(nearer.school), distance_m=nearer.distance_m, reason=TextOut.of(nearer.reason))


class HappenedOut(BaseModel):
    """What happened to the place since the former run; with ``has_left`` the application is no longer in the round."""

    change: Literal["declined", "lapsed", "withdrawn", "moved"]
    changed_on: date | None
    has_left: bool
    sentence: TextOut
    can_do: list[TextOut]

    @classmethod
    def of(cls, happened: Happened) -> Self:
        """Return the event as it is sent."""
        return cls.model_validate(
            {
                "change": happened.change,
                "changed_on": happened.changed_on,
                "has_left": happened.has_left,
                "sentence": TextOut.of(happened.sentence),
                "can_do": [TextOut.of(text) for text in happened.can_do],
            }
        )


class LookUpOut(BaseModel):
    """One family's answer; ``school`` is null when no place was found (yet), or the family left the round."""

    round_id: str
    round_title: TextOut
    level: str
    school: SchoolOut | None
    distance_m: int | None
    reasons: list[TextOut]
    nearer_schools: list[NearerSchoolOut]
    happened: HappenedOut | None

    @classmethod
    def of(cls, result: PublishedResult) -> Self:
        """Return the result as it is sent."""
        return cls(
            round_id=result.round_info.round_id,
            round_title=TextOut.of(result.round_info.title),
            level=result.level,
            school=None if result.school is None else SchoolOut.of(result.school),
            distance_m=result.distance_m,
            reasons=[TextOut.of(reason) for reason in result.reasons],
            nearer_schools=[NearerSchoolOut.of(nearer) for nearer in result.nearer],
            happened=None if result.happened is None else HappenedOut.of(result.happened),
        )
