"""Addresses: how they are asked for, and how they are sent."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from api.address_desk import Clerk
from api.schemas.words import TextOut
from basemap.address import LONGEST_ADDRESS_LETTERS
from basemap.geocode import USUAL_CANDIDATES_COUNT, Answer, Grade, NearestAddress
from basemap.geocode_batch import BatchReport, answer_json, place_json

MOST_ADDRESSES_COUNT = 1_000
_MOST_CANDIDATES_COUNT = 20
_FARTHEST_M = 1_000
_USUAL_LIMIT_M = 50

AddressText = Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS_LETTERS)]


class AddressIn(BaseModel):
    """One address, as somebody writes it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    q: Annotated[AddressText, Field(examples=["45/12 Nguyễn Trãi, phường Bến Dừa"])]
    limit: Annotated[
        int, Field(default=USUAL_CANDIDATES_COUNT, ge=0, le=_MOST_CANDIDATES_COUNT, description="most candidates sent")
    ]


class AddressesIn(BaseModel):
    """Many addresses at once."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    addresses: Annotated[
        list[Annotated[str, Field(max_length=LONGEST_ADDRESS_LETTERS)]],
        Field(min_length=1, max_length=MOST_ADDRESSES_COUNT),
    ]


class PointQuery(BaseModel):
    """A point in degrees of WGS84, and how far from it an address may lie."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    limit_m: Annotated[float, Field(default=_USUAL_LIMIT_M, gt=0, le=_FARTHEST_M, allow_inf_nan=False)]


class PlaceOut(BaseModel):
    """A place: ``lon``, ``lat`` in EPSG:4326, ``x``, ``y`` in metres of ``crs`` beside it."""

    address: str
    feature_id: Annotated[str, Field(description="id of the house in the address layer; empty for a street or alley")]
    ward_codes: list[str]
    lon: float
    lat: float
    x: float
    y: float


class CandidateOut(PlaceOut):
    """A place that the address may mean; the score orders candidates, it is no probability."""

    grade: Grade
    score: Annotated[int, Field(ge=0, le=100)]


class AnswerOut(BaseModel):
    """Where an address lies, and how far the answer can be trusted; without a place when the grade is ``none``."""

    grade: Grade
    reason: Annotated[str, Field(description="stable word for programs")]
    reason_text: TextOut
    parsed: Annotated[dict[str, str | bool], Field(description="the parts as they were read")]
    place: PlaceOut | None
    candidates: Annotated[list[CandidateOut], Field(description="best first")]

    @classmethod
    def of(cls, answer: Answer, *, crs: str) -> Self:
        """Return the answer as it is sent: what was typed is not said again."""
        return cls.model_validate(answer_json(answer, crs=crs))


class _FromLayers(BaseModel):
    """An answer with the system of its coordinates and the published versions that it comes from."""

    crs: str
    layer_versions: dict[str, int]


class AddressOut(AnswerOut, _FromLayers):
    """The answer to one address."""

    @classmethod
    def by(cls, clerk: Clerk, answer: Answer) -> Self:
        """Return the answer as it is sent."""
        return cls.model_validate(answer_json(answer, crs=clerk.geocoder.index.crs) | origin_of(clerk))


class NearestOut(_FromLayers):
    """The address nearest to a point; null when none is near enough."""

    place: PlaceOut | None
    distance_m: float | None

    @classmethod
    def by(cls, clerk: Clerk, nearest: NearestAddress | None) -> Self:
        """Return the answer as it is sent."""
        place = None if nearest is None else place_json(nearest.place, crs=clerk.geocoder.index.crs)
        distance_m = None if nearest is None else round(nearest.distance_m, 2)
        return cls.model_validate({"place": place, "distance_m": distance_m, **origin_of(clerk)})


class GradeShareOut(BaseModel):
    """How many addresses reached a grade."""

    count: int
    share_ratio: float


class BatchReportOut(BaseModel):
    """Which share of a batch reached which grade; every grade is named."""

    count: int
    grades: dict[Grade, GradeShareOut]
    text: TextOut

    @classmethod
    def of(cls, report: BatchReport) -> Self:
        """Return the report as it is sent."""
        return cls.model_validate({**report.to_json(), "text": report.sentence()._asdict()})


class AddressesOut(_FromLayers):
    """The answers to a batch, in the order in which the addresses came."""

    report: BatchReportOut
    answers: list[AnswerOut]


def origin_of(clerk: Clerk) -> dict[str, Any]:
    """Return where the answers of ``clerk`` come from."""
    versions = {layer.value: int(version) for layer, version in clerk.versions.items()}
    return {"crs": clerk.geocoder.index.crs, "layer_versions": versions}
