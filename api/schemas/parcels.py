"""Parcels: how they are asked for, and how they are sent."""

from typing import Annotated, Any, Literal, Self

import geopandas as gpd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.validation_messages import FieldTextError
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


def features_of(frame: gpd.GeoDataFrame) -> list[FeatureOut]:
    """Return the parcels of a frame in the storage system as they are sent."""
    crs = ":".join(frame.crs.to_authority())
    attributes = [name for name in frame.columns if name not in {"feature_id", "geometry"}]
    records = frame[attributes].astype(object).where(frame[attributes].notna(), None).to_dict("records")
    return [
        FeatureOut(
            id=key,
            geometry=dict(Located(geometry=geometry, crs=crs).to(WGS84).geometry.__geo_interface__),
            properties={**record, "measured_area_m2": round(geometry.area, 1)},
        )
        for key, geometry, record in zip(frame["feature_id"], frame.geometry, records, strict=True)
    ]
