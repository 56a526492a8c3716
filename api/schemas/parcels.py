"""Parcels: how they are asked for, and how they are sent."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.validation_messages import FieldTextError
from permits.answers import LayerAnswer
from permits.area_lookup import MOST_ON_A_PAGE_COUNT, USUAL_PAGE_COUNT, OverlapPage
from permits.check import Check
from permits.facts import Concern, ParcelFacts
from permits.lookup import Found
from permits.parcels import Parcel
from permits.zoning import ZonePart
from spatial.crs import WGS84
from spatial.geometry import Located
from spatial.text import Text

_Coordinate = Annotated[float | None, Field(default=None, allow_inf_nan=False)]
_Name = Annotated[str | None, Field(default=None, min_length=1, max_length=40)]

_ASK_FOR_SOMETHING = Text(
    "Cần số thửa, mã thửa, mã định danh, hoặc một điểm: lon và lat (WGS84), hay x và y (VN-2000, mét).",
    "Give a number, a key, a national id, or a point: lon and lat (WGS84), or x and y (VN-2000, metres).",
)
_ONE_WAY = Text(
    "Chỉ hỏi theo một cách: số tờ và thửa, mã thửa, mã định danh, hoặc một điểm.",
    "Ask in one way: by number, by key, by national id, or by a point.",
)


class ParcelQuery(BaseModel):
    """By ward, sheet and number, by key, by national id, or by a point whose numbers may come in either order."""

    model_config = ConfigDict(extra="forbid")

    ward: _Name
    map_sheet: _Name
    parcel_no: _Name
    key: _Name
    national_parcel_id: _Name
    lon: Annotated[float | None, Field(default=None, ge=-180, le=180)]
    lat: Annotated[float | None, Field(default=None, ge=-180, le=180)]
    x: _Coordinate
    y: _Coordinate
    crs: Annotated[str | None, Field(default=None, pattern="^EPSG:[0-9]{4,6}$", description="Of x and y.")]

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        by_number = any(value is not None for value in (self.ward, self.map_sheet, self.parcel_no))
        points = [pair for pair in ((self.lon, self.lat), (self.x, self.y)) if pair != (None, None)]
        names = [name for name in (self.key, self.national_parcel_id) if name is not None]
        if by_number + len(names) + bool(points) > 1:
            raise FieldTextError(_ONE_WAY)
        if names:
            return self
        if by_number and self.parcel_no is None:
            raise FieldTextError(_ASK_FOR_SOMETHING)
        if not by_number and (len(points) != 1 or None in points[0]):
            raise FieldTextError(_ASK_FOR_SOMETHING)
        return self

    @property
    def point(self) -> tuple[float, float] | None:
        """Two numbers as they were given; None when none were."""
        if self.lon is not None and self.lat is not None:
            return self.lon, self.lat
        return None if self.x is None or self.y is None else (self.x, self.y)

    @property
    def point_crs(self) -> str | None:
        """Coordinate system of the point; None: to be found out."""
        return WGS84 if self.lon is not None else self.crs


class AreaIn(BaseModel):
    """A polygon as GeoJSON (geometry, feature, or a collection of one), and which page of its parcels is wanted."""

    model_config = ConfigDict(extra="forbid")

    polygon: dict[str, Any]
    crs: Annotated[str | None, Field(default=None, pattern="^EPSG:[0-9]{4,6}$", description="Without it: found out.")]
    limit: Annotated[int, Field(default=USUAL_PAGE_COUNT, ge=1, le=MOST_ON_A_PAGE_COUNT)]
    offset: Annotated[int, Field(default=0, ge=0, le=10_000_000)]


class FeatureOut(BaseModel):
    """One parcel; the area is measured in the storage system, never taken from degrees."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any]
    properties: dict[str, Any]


class TextOut(BaseModel):
    """A sentence in both languages."""

    vi: str
    en: str

    @classmethod
    def of(cls, text: Text) -> Self:
        """Return the sentence as it is sent."""
        return cls(vi=text.vi, en=text.en)


class MissOut(BaseModel):
    """Why no parcel answers."""

    code: str
    message: TextOut
    hint: TextOut | None


class ParcelsOut(BaseModel):
    """All candidates; ``crs`` is that of the geometries."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    crs: str = WGS84
    features: list[FeatureOut]
    is_complete: Annotated[bool, Field(description="false when there are more candidates than are sent")]
    notes: Annotated[list[TextOut], Field(default_factory=list, description="how the question was read")]
    miss: Annotated[MissOut | None, Field(default=None, description="why there is none")]
    suggestions: Annotated[
        list[FeatureOut], Field(default_factory=list, description="parcels that may have been meant; no answer")
    ]

    @classmethod
    def of(cls, found: Found, *, most_count: int) -> Self:
        """Return what was found as it is sent."""
        shown, miss = found.parcels[:most_count], found.miss
        return cls(
            features=features_of(shown),
            is_complete=len(shown) == len(found.parcels),
            notes=[TextOut.of(note) for note in found.notes],
            miss=None
            if miss is None
            else MissOut(
                code=miss.code, message=TextOut.of(miss.message), hint=TextOut.of(miss.hint) if miss.hint else None
            ),
            suggestions=features_of(found.suggestions),
        )


class ParcelsWithinOut(BaseModel):
    """One page of the parcels that a polygon meets; ``overlap_m2`` and ``share_ratio`` are properties of each."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    crs: str = WGS84
    features: list[FeatureOut]
    total_count: int
    next_offset: int | None
    area_m2: float
    note: TextOut

    @classmethod
    def of(cls, page: OverlapPage) -> Self:
        """Return the page as it is sent."""
        features = features_of(one.parcel for one in page.overlaps)
        for feature, one in zip(features, page.overlaps, strict=True):
            feature.properties |= {
                "overlap_m2": round(one.overlap_m2, 2),
                "share_ratio": round(one.share_ratio, 4),
            }
        end = page.offset_count + len(features)
        return cls(
            features=features,
            total_count=page.total_count,
            next_offset=end if end < page.total_count else None,
            area_m2=round(page.area_m2, 2),
            note=TextOut.of(page.note),
        )


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
    cause: Annotated[str | None, Field(description="of NOT_CHECKED: NOT_LOADED, FAILED or OUT_OF_EXTENT")]
    note: dict[str, str] | None
    area_inside_m2: float
    nearest_m: Annotated[float | None, Field(description="to the nearest feature within 60 m")]
    version: Annotated[dict[str, Any] | None, Field(description="version of the layer that answered")]
    concerns: list[ConcernOut]

    @classmethod
    def of(cls, answer: LayerAnswer) -> Self:
        """Return the answer as it is sent."""
        plain = answer.to_json()
        names = ("status", "cause", "note", "area_inside_m2", "nearest_m", "version")
        return cls.model_validate(
            {name: plain[name] for name in names} | {"concerns": [ConcernOut.of(each) for each in answer.concerns]}
        )


class PartOut(BaseModel):
    """One part of a parcel by zone and detailed plan; parts do not overlap."""

    zone: str
    plan: str | None
    land_use: str | None
    area_m2: float
    share_ratio: float
    compensated_area_m2: Annotated[float | None, Field(description="share of the registered area")]
    limits: dict[str, Any]
    geometry: dict[str, Any]

    @classmethod
    def of(cls, part: ZonePart) -> Self:
        """Return the part as it is sent."""
        return cls(
            zone=part.name,
            plan=None if part.plan is None else str(part.plan.detail.get("plan_name") or part.plan.name),
            land_use=part.land_use,
            area_m2=round(part.area_m2, 2),
            share_ratio=round(part.share_ratio, 4),
            compensated_area_m2=part.compensated_area_m2,
            limits=asdict(part.limits),
            geometry=_geojson(part.place),
        )


class ParcelOut(BaseModel):
    """One parcel: what the map says, and what may be built under the supposition that ``check.facts`` names."""

    parcel: FeatureOut
    crs: str = WGS84
    layers: dict[str, LayerOut]
    special_areas: dict[str, LayerOut]
    parts: list[PartOut]
    check: dict[str, Any]

    @classmethod
    def of(cls, found: ParcelFacts, checked: Check) -> Self:
        """Return the parcel as it is sent."""
        return cls(
            parcel=_feature(found.parcel),
            layers={name.value: LayerOut.of(answer) for name, answer in found.layers.items()},
            special_areas={kind.value: LayerOut.of(answer) for kind, answer in found.special_areas.items()},
            parts=[PartOut.of(part) for part in found.parts],
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
