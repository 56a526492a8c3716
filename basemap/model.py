"""What the shared basemap consists of: its layers, their attributes and their versions.

A layer's rules are declared here once; intake, validation, tables, maps and documents read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from spatial.text import Text

LayerVersionId = NewType("LayerVersionId", int)
FeatureId = NewType("FeatureId", str)


class LayerName(StrEnum):
    """The eight layers of the shared basemap."""

    WARD = "ward"
    STREET = "street"
    SCHOOL = "school"
    BUILDING = "building"
    ADDRESS = "address"
    ZONE = "zone"
    ROAD_RESERVATION = "road_reservation"
    PARCEL = "parcel"


class Kind(StrEnum):
    """Kinds of attribute values."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"


class Shape(StrEnum):
    """Kinds of geometry; multi-part variants are stored throughout."""

    POINT = "Point"
    LINE = "MultiLineString"
    AREA = "MultiPolygon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a layer.

    Parameters
    ----------
    name
        Column name; a quantity ends in its unit (``width_m``).
    kind
        Kind of value.
    required
        A feature without it is set aside.
    codes
        The only values allowed, if there is a code list.
    minimum, maximum
        Inclusive bounds of plausible numbers, in the unit of the name.
    """

    name: str
    kind: Kind
    label: Text
    required: bool = False
    codes: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSchema:
    """The declared shape of one layer.

    Parameters
    ----------
    key
        Attributes that name a feature; their values joined by ``-`` are its ``feature_id``. Empty: numbered.
    key_is_unique
        Whether two features with one key are an error, or both kept (a parcel number given twice in a sheet).
    key_is_reused
        Whether a key may name another feature at another time (a ward code of before and after July 2025).
    """

    name: LayerName
    label: Text
    shape: Shape
    attributes: tuple[Attribute, ...]
    key: tuple[str, ...] = ()
    key_is_unique: bool = True
    key_is_reused: bool = False

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Names of the attributes in declared order."""
        return tuple(attribute.name for attribute in self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVersion:
    """One import of a layer: who, when, from which file, and whether readers see it.

    Parameters
    ----------
    imported_at, published_at
        UTC. ``published_at`` is None until the version is published for the first time.
    is_current
        Readers of today see it.
    is_published
        It answers for some day, today or another: a layer has several such versions when they hold on other days.
    source_crs
        Coordinate system of the file, ``EPSG:n`` or its name.
    source_sha256
        Hash of the file's bytes.
    valid_from, valid_to
        First and last day on which the content holds, as its source says; None where it says nothing.
    licence, source
        Under which terms, and from whom; None where nobody said.
    """

    version_id: LayerVersionId
    layer: LayerName
    imported_at: datetime
    imported_by: str
    source_file: str
    source_sha256: str
    source_crs: str
    feature_count: int
    quarantined_count: int
    published_at: datetime | None
    is_current: bool
    valid_from: date | None = None
    valid_to: date | None = None
    licence: str | None = None
    source: str | None = None
    is_published: bool = False

    def holds_on(self, day: date) -> bool:
        """Tell whether nothing that its source says keeps it from holding on ``day``."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLimits:
    """Caps that a zone plan sets; None where it is silent or unknown."""

    max_site_coverage_ratio: float | None
    max_floors: int | None
    max_height_m: float | None
    max_plot_ratio: float | None
    plan_approved_on: date | None


def _text(name: str, vi: str, en: str, *, required: bool = False, codes: tuple[str, ...] = ()) -> Attribute:
    return Attribute(name=name, kind=Kind.TEXT, label=Text(vi, en), required=required, codes=codes)


def _real(name: str, vi: str, en: str, *, bounds: tuple[float, float]) -> Attribute:
    return Attribute(name=name, kind=Kind.REAL, label=Text(vi, en), minimum=bounds[0], maximum=bounds[1])


def _integer(name: str, vi: str, en: str, *, bounds: tuple[int, int]) -> Attribute:
    return Attribute(name=name, kind=Kind.INTEGER, label=Text(vi, en), minimum=bounds[0], maximum=bounds[1])


STREET_CLASSES = ("arterial", "street", "alley", "bridge", "path", "motorway")
SCHOOL_TYPES = ("kindergarten", "primary", "lower_secondary")

_SCHEMAS = (
    LayerSchema(
        name=LayerName.WARD,
        label=Text("Phường, xã, đặc khu", "Wards"),
        shape=Shape.AREA,
        key=("ward_code",),
        key_is_reused=True,
        attributes=(
            _text("ward_code", "Mã đơn vị", "Ward code", required=True),
            _text("name", "Tên", "Name", required=True),
        ),
    ),
    LayerSchema(
        name=LayerName.STREET,
        label=Text("Đường, hẻm", "Streets and alleys"),
        shape=Shape.LINE,
        attributes=(
            _text("name", "Tên đường", "Street name"),
            _text("street_class", "Loại đường", "Street class", codes=STREET_CLASSES),
            _real("width_m", "Lộ giới hiện hữu (m)", "Width (m)", bounds=(0.5, 200)),
            _real("sidewalk_width_m", "Vỉa hè (m)", "Sidewalk width (m)", bounds=(0, 30)),
        ),
    ),
    LayerSchema(
        name=LayerName.SCHOOL,
        label=Text("Trường học", "Schools"),
        shape=Shape.POINT,
        key=("school_code",),
        attributes=(
            _text("school_code", "Mã trường", "School code", required=True),
            _text("name", "Tên trường", "School name", required=True),
            _text("school_type", "Cấp học", "School type", required=True, codes=SCHOOL_TYPES),
            _text("address", "Địa chỉ", "Address"),
        ),
    ),
    LayerSchema(
        name=LayerName.BUILDING,
        label=Text("Công trình", "Buildings"),
        shape=Shape.AREA,
        attributes=(
            _text("building_use", "Công năng", "Use"),
            _integer("floors", "Số tầng", "Floors", bounds=(0, 120)),
            _real("height_m", "Chiều cao (m)", "Height (m)", bounds=(0, 600)),
        ),
    ),
    LayerSchema(
        name=LayerName.ADDRESS,
        label=Text("Địa chỉ", "Addresses"),
        shape=Shape.POINT,
        attributes=(
            _text("address", "Địa chỉ", "Address", required=True),
            _text("house_number", "Số nhà", "House number"),
            _text("street_name", "Tên đường", "Street name"),
            _text("ward_code", "Mã đơn vị", "Ward code"),
        ),
    ),
    LayerSchema(
        name=LayerName.ZONE,
        label=Text("Quy hoạch phân khu", "Zoning plan"),
        shape=Shape.AREA,
        attributes=(
            _text("zone_code", "Ký hiệu ô", "Zone code", required=True),
            _text("land_use", "Chức năng", "Land use"),
            _real("max_site_coverage_ratio", "Mật độ tối đa", "Largest site coverage", bounds=(0, 1)),
            _integer("max_floors", "Tầng cao tối đa", "Most floors", bounds=(0, 120)),
            _real("max_height_m", "Chiều cao tối đa (m)", "Largest height (m)", bounds=(0, 600)),
            _real("max_plot_ratio", "Hệ số sử dụng đất", "Largest plot ratio", bounds=(0, 30)),
            _text("plan_name", "Đồ án", "Plan"),
            Attribute(name="plan_approved_on", kind=Kind.DATE, label=Text("Ngày duyệt", "Approved on")),
        ),
    ),
    LayerSchema(
        name=LayerName.ROAD_RESERVATION,
        label=Text("Lộ giới", "Road reservations"),
        shape=Shape.AREA,
        attributes=(
            _text("road_name", "Tên đường", "Road name"),
            _real("planned_width_m", "Lộ giới quy hoạch (m)", "Planned width (m)", bounds=(0.5, 200)),
            _text("decision", "Quyết định", "Decision"),
        ),
    ),
    LayerSchema(
        name=LayerName.PARCEL,
        label=Text("Thửa đất", "Parcels"),
        shape=Shape.AREA,
        key=("ward_code", "map_sheet", "parcel_no"),
        key_is_unique=False,
        attributes=(
            _text("ward_code", "Mã phường (cũ)", "Ward code (old)", required=True),
            _text("map_sheet", "Số tờ", "Map sheet", required=True),
            _text("parcel_no", "Số thửa", "Parcel number", required=True),
            _real("registered_area_m2", "Diện tích trên giấy (m²)", "Registered area (m²)", bounds=(0.1, 1e8)),
            _text("land_use_code", "Loại đất", "Land-use code"),
            _text("national_parcel_id", "Mã định danh thửa", "National parcel id"),
            _text("address", "Địa chỉ", "Address"),
        ),
    ),
)

LAYERS: Mapping[LayerName, LayerSchema] = MappingProxyType({schema.name: schema for schema in _SCHEMAS})
"""The declared schema of every layer."""
