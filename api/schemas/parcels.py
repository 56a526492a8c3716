"""Parcels: how they are asked for, and how they are sent."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.validation_messages import FieldTextError
from permits.check import Check
from permits.facts import Concern, ParcelFacts
from permits.parcels import Parcel
from spatial.crs import WGS84
from spatial.geometry import Located
from spatial.text import Text

_Coordinate = Annotated[float | None, Field(default=None, allow_inf_nan=False)]
_Name = Annotated[str | None, Field(default=None, min_length=1, max_length=40)]

_ASK_FOR_SOMETHING = Text(
    "Cần số thửa, hoặc một điểm: lon và lat (WGS84), hay x và y (hệ tọa độ lưu trữ, mét).",
    "Give a parcel number, or a point: lon and lat (WGS84), or x and y (storage system, metres).",
)
_ONE_WAY = Text(
    "Hỏi theo số tờ, số thửa hoặc theo một điểm, không phải cả hai.", "Ask by number or by a point, not by both."
)


class ParcelQuery(BaseModel):
    """By ward, sheet and number, or by a point."""

    model_config = ConfigDict(extra="forbid")

    ward: _Name
    map_sheet: _Name
    parcel_no: _Name
    lon: Annotated[float | None, Field(default=None, ge=-180, le=180)]
    lat: Annotated[float | None, Field(default=None, ge=-90, le=90)]
    x: _Coordinate
    y: _Coordinate

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        by_number = any(value is not None for value in (self.ward, self.map_sheet, self.parcel_no))
        points = [pair for pair in ((self.lon, self.lat), (self.x, self.y)) if pair != (None, None)]
        if by_number and points:
            raise FieldTextError(_ONE_WAY)
        if by_number and self.parcel_no is None:
            raise FieldTextError(_ASK_FOR_SOMETHING)
        if not by_number and (len(points) != 1 or None in points[0]):
            raise FieldTextError(_ASK_FOR_SOMETHING)
        return self

    @property
    def point(self) -> tuple[float, float, bool] | None:
        """X before y, and whether they are degrees; None when asked by number."""
        if self.lon is not None and self.lat is not None:
            return self.lon, self.lat, True
        if self.x is not None and self.y is not None:
            return self.x, self.y, False
        return None


class FeatureOut(BaseModel):
    """One parcel; the area is measured in the storage system, never taken from degrees."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any]
    properties: dict[str, Any]


class ParcelsOut(BaseModel):
    """All candidates; ``crs`` is that of the geometries."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    crs: str = WGS84
    features: list[FeatureOut]
    is_complete: Annotated[bool, Field(description="false when there are more candidates than are sent")]


def features_of(parcels: Iterable[Parcel]) -> list[FeatureOut]:
    """Return parcels as they are sent."""
    return [_feature(parcel) for parcel in parcels]


class ConcernOut(BaseModel):
    """One feature of a layer that meets a parcel; the geometry is the common part."""

    feature_id: str
    name: str
    band: str
    area_m2: float
    share_ratio: float
    geometry: dict[str, Any]

    @classmethod
    def of(cls, concern: Concern) -> Self:
        """Return the concern as it is sent."""
        return cls(
            feature_id=concern.feature_id,
            name=concern.name,
            band=concern.band.value,
            area_m2=round(concern.area_m2, 2),
            share_ratio=round(concern.share_ratio, 4),
            geometry=_geojson(concern.geometry),
        )


class LayerOut(BaseModel):
    """What one layer says about a parcel."""

    status: Annotated[str, Field(description="CONCERNED, REVIEW, NOT_CONCERNED or NOT_CHECKED")]
    concerns: list[ConcernOut]


class ParcelOut(BaseModel):
    """One parcel: what the map says, and what may be built under the supposition that ``check.facts`` names."""

    parcel: FeatureOut
    crs: str = WGS84
    layers: dict[str, LayerOut]
    check: dict[str, Any]

    @classmethod
    def of(cls, found: ParcelFacts, checked: Check) -> Self:
        """Return the parcel as it is sent."""
        return cls(
            parcel=_feature(found.parcel),
            layers={
                name.value: LayerOut(
                    status=answer.status.value, concerns=[ConcernOut.of(concern) for concern in answer.concerns]
                )
                for name, answer in found.layers.items()
            },
            check=checked.to_json(),
        )


def _feature(parcel: Parcel) -> FeatureOut:
    names = ("ward_code", "map_sheet", "parcel_no", "registered_area_m2", "land_use_code", "address")
    properties = {name: getattr(parcel, name) for name in (*names, "national_parcel_id")}
    return FeatureOut(
        id=parcel.key,
        geometry=_geojson(parcel.place),
        properties={
            **properties,
            "land_use_purposes": parcel.land_use.to_json(),
            "measured_area_m2": round(parcel.place.area_m2, 1),
        },
    )


def _geojson(place: Located) -> dict[str, Any]:
    return dict(place.to(WGS84).geometry.__geo_interface__)
