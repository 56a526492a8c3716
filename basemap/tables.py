"""How the layers are stored: one table for each, rows of all versions side by side.

The columns repeat `basemap.model.LAYERS` on purpose, so that a reader sees a table at a glance; a test
keeps the two equal.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from basemap.model import LayerName, Shape
from spatial.db import Base


class LayerVersionRow(Base):
    """One import of a layer."""

    __tablename__ = "layer_version"
    __table_args__ = (Index(None, "layer"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    layer: Mapped[str]
    imported_at: Mapped[datetime]
    imported_by: Mapped[str]
    source_file: Mapped[str]
    source_sha256: Mapped[str]
    source_crs: Mapped[str]
    feature_count: Mapped[int]
    quarantined_count: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    licence: Mapped[str | None]
    source: Mapped[str | None]


class LayerPublicationRow(Base):
    """One act of publishing; the last of a layer that was not withdrawn is the pointer that readers follow."""

    __tablename__ = "layer_publication"
    __table_args__ = (Index(None, "layer"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    layer: Mapped[str]
    version_id: Mapped[int] = mapped_column(ForeignKey("layer_version.id"))
    published_at: Mapped[datetime]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    withdrawn_at: Mapped[datetime | None]


class FeatureRow(Base):
    """What the features of all layers have in common."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-3)
    version_id: Mapped[int] = mapped_column(ForeignKey("layer_version.id"), sort_order=-2)
    feature_id: Mapped[str] = mapped_column(sort_order=-1)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[object, ...]:
        """Return what every layer's table has: one feature of a name in a version, ids never given twice."""
        return (UniqueConstraint("version_id", "feature_id"), {"sqlite_autoincrement": True})


def _geometry(shape: Shape) -> Mapped[WKBElement]:
    return mapped_column(Geometry(shape.value.upper(), nullable=False), nullable=False, sort_order=1)


class WardRow(FeatureRow):
    """A ward, commune or special zone."""

    __tablename__ = "ward"

    ward_code: Mapped[str]
    name: Mapped[str]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class StreetRow(FeatureRow):
    """A street or alley."""

    __tablename__ = "street"

    name: Mapped[str | None]
    street_class: Mapped[str | None]
    width_m: Mapped[float | None]
    sidewalk_width_m: Mapped[float | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.LINE)


class SchoolRow(FeatureRow):
    """A school."""

    __tablename__ = "school"

    school_code: Mapped[str]
    name: Mapped[str]
    school_type: Mapped[str]
    address: Mapped[str | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.POINT)


class BuildingRow(FeatureRow):
    """A building."""

    __tablename__ = "building"

    building_use: Mapped[str | None]
    floors: Mapped[int | None]
    height_m: Mapped[float | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class AddressRow(FeatureRow):
    """An address point."""

    __tablename__ = "address"

    address: Mapped[str]
    house_number: Mapped[str | None]
    street_name: Mapped[str | None]
    ward_code: Mapped[str | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.POINT)


class ZoneRow(FeatureRow):
    """A plot of the zoning plan with its caps."""

    __tablename__ = "zone"

    zone_code: Mapped[str]
    land_use: Mapped[str | None]
    max_site_coverage_ratio: Mapped[float | None]
    max_floors: Mapped[int | None]
    max_height_m: Mapped[float | None]
    max_plot_ratio: Mapped[float | None]
    plan_name: Mapped[str | None]
    plan_approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class RoadReservationRow(FeatureRow):
    """Land kept for a road."""

    __tablename__ = "road_reservation"

    road_name: Mapped[str | None]
    planned_width_m: Mapped[float | None]
    decision: Mapped[str | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class ParcelRow(FeatureRow):
    """A parcel of the cadastre."""

    __tablename__ = "parcel"

    ward_code: Mapped[str]
    map_sheet: Mapped[str]
    parcel_no: Mapped[str]
    registered_area_m2: Mapped[float | None]
    land_use_code: Mapped[str | None]
    national_parcel_id: Mapped[str | None]
    address: Mapped[str | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class DetailedPlanRow(FeatureRow):
    """A cell of a detailed plan, or of a local adjustment of a plan."""

    __tablename__ = "detailed_plan"

    plan_kind: Mapped[str]
    zone_code: Mapped[str | None]
    land_use: Mapped[str | None]
    max_site_coverage_ratio: Mapped[float | None]
    max_floors: Mapped[int | None]
    max_height_m: Mapped[float | None]
    max_plot_ratio: Mapped[float | None]
    min_front_setback_m: Mapped[float | None]
    plan_name: Mapped[str | None]
    document: Mapped[str | None]
    plan_approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class SpecialAreaRow(FeatureRow):
    """An area that a rule speaks of by name."""

    __tablename__ = "special_area"

    kind: Mapped[str]
    name: Mapped[str | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class TradeAxisRow(FeatureRow):
    """A stretch of a street that is a trade and service axis."""

    __tablename__ = "trade_axis"

    street_name: Mapped[str]
    from_street: Mapped[str | None]
    to_street: Mapped[str | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.LINE)


class RiverCorridorRow(FeatureRow):
    """Land kept free along a river, canal or ditch."""

    __tablename__ = "river_corridor"

    name: Mapped[str | None]
    corridor_width_m: Mapped[float | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class PowerLineRow(FeatureRow):
    """The centre line of a power line."""

    __tablename__ = "power_line"

    name: Mapped[str | None]
    voltage_kv: Mapped[float | None]
    conductor: Mapped[str | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.LINE)


class PowerCorridorRow(FeatureRow):
    """The safety corridor of a power line, as drawn by its authority."""

    __tablename__ = "power_corridor"

    name: Mapped[str | None]
    voltage_kv: Mapped[float | None]
    conductor: Mapped[str | None]
    corridor_width_m: Mapped[float | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class RailwayCorridorRow(FeatureRow):
    """The safety corridor of a railway."""

    __tablename__ = "railway_corridor"

    name: Mapped[str | None]
    corridor_width_m: Mapped[float | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class AirportSurfaceRow(FeatureRow):
    """An obstacle surface around an airport, or an agreed planning space."""

    __tablename__ = "airport_surface"

    airport_name: Mapped[str]
    surface: Mapped[str]
    lowest_elevation_m: Mapped[float | None]
    highest_elevation_m: Mapped[float | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class HeritageAreaRow(FeatureRow):
    """A protection area of a heritage site."""

    __tablename__ = "heritage_area"

    name: Mapped[str]
    protection_zone: Mapped[str | None]
    decision: Mapped[str | None]
    approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class PrescriptionAreaRow(FeatureRow):
    """What a plan prescribes for an area."""

    __tablename__ = "prescription_area"

    prescription_code: Mapped[str | None]
    name: Mapped[str]
    plan_name: Mapped[str | None]
    document: Mapped[str | None]
    plan_approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


class PrescriptionLineRow(FeatureRow):
    """What a plan prescribes along a line."""

    __tablename__ = "prescription_line"

    prescription_code: Mapped[str | None]
    name: Mapped[str]
    plan_name: Mapped[str | None]
    document: Mapped[str | None]
    plan_approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.LINE)


class PrescriptionPointRow(FeatureRow):
    """What a plan prescribes at a point."""

    __tablename__ = "prescription_point"

    prescription_code: Mapped[str | None]
    name: Mapped[str]
    plan_name: Mapped[str | None]
    document: Mapped[str | None]
    plan_approved_on: Mapped[date | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.POINT)


class CoverageRow(FeatureRow):
    """Ground for which a layer was drawn: outside it the layer does not answer."""

    __tablename__ = "coverage"

    layer: Mapped[str]
    kind: Mapped[str | None]
    source: Mapped[str | None]
    geometry: Mapped[WKBElement] = _geometry(Shape.AREA)


Index(None, ParcelRow.version_id, ParcelRow.map_sheet, ParcelRow.parcel_no)
Index(None, ParcelRow.version_id, ParcelRow.national_parcel_id)

FEATURE_ROWS: Mapping[LayerName, type[FeatureRow]] = MappingProxyType(
    {
        LayerName.WARD: WardRow,
        LayerName.STREET: StreetRow,
        LayerName.SCHOOL: SchoolRow,
        LayerName.BUILDING: BuildingRow,
        LayerName.ADDRESS: AddressRow,
        LayerName.ZONE: ZoneRow,
        LayerName.ROAD_RESERVATION: RoadReservationRow,
        LayerName.PARCEL: ParcelRow,
        LayerName.DETAILED_PLAN: DetailedPlanRow,
        LayerName.SPECIAL_AREA: SpecialAreaRow,
        LayerName.TRADE_AXIS: TradeAxisRow,
        LayerName.RIVER_CORRIDOR: RiverCorridorRow,
        LayerName.POWER_LINE: PowerLineRow,
        LayerName.POWER_CORRIDOR: PowerCorridorRow,
        LayerName.RAILWAY_CORRIDOR: RailwayCorridorRow,
        LayerName.AIRPORT_SURFACE: AirportSurfaceRow,
        LayerName.HERITAGE_AREA: HeritageAreaRow,
        LayerName.PRESCRIPTION_AREA: PrescriptionAreaRow,
        LayerName.PRESCRIPTION_LINE: PrescriptionLineRow,
        LayerName.PRESCRIPTION_POINT: PrescriptionPointRow,
        LayerName.COVERAGE: CoverageRow,
    }
)
"""The mapped class of every layer."""
