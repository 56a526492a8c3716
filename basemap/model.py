"""What the shared basemap consists of: its layers, their attributes and their versions.

A layer's rules are declared here once; intake, validation, tables, maps and documents read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from basemap.special_areas import SpecialKind
from spatial.text import Text

LayerVersionId = NewType("LayerVersionId", int)
FeatureId = NewType("FeatureId", str)


class LayerName(StrEnum):
    """The layers of the shared basemap."""

    WARD = "ward"
    STREET = "street"
    SCHOOL = "school"
    BUILDING = "building"
    ADDRESS = "address"
    ZONE = "zone"
    ROAD_RESERVATION = "road_reservation"
    PARCEL = "parcel"
    DETAILED_PLAN = "detailed_plan"
    SPECIAL_AREA = "special_area"
    TRADE_AXIS = "trade_axis"
    RIVER_CORRIDOR = "river_corridor"
    POWER_LINE = "power_line"
    POWER_CORRIDOR = "power_corridor"
    RAILWAY_CORRIDOR = "railway_corridor"
    AIRPORT_SURFACE = "airport_surface"
    HERITAGE_AREA = "heritage_area"
    PRESCRIPTION_AREA = "prescription_area"
    PRESCRIPTION_LINE = "prescription_line"
    PRESCRIPTION_POINT = "prescription_point"
    COVERAGE = "coverage"


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
    position_error_m
        Standard error with which the layer is drawn, metres, unless a version's source says better: it decides
        between *hit* and *review*, never between *hit* and *clear*.
    is_wall_to_wall
        Whether features stand side by side, so that merely touching one means nothing.
    reach_m
        Within this distance a feature may concern a parcel that it does not touch (a power line whose corridor is
        not drawn).
    """

    name: LayerName
    label: Text
    shape: Shape
    attributes: tuple[Attribute, ...]
    key: tuple[str, ...] = ()
    key_is_unique: bool = True
    key_is_reused: bool = False
    position_error_m: float = 0.1
    is_wall_to_wall: bool = False
    reach_m: float = 0.0

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


def _date(name: str, vi: str, en: str) -> Attribute:
    return Attribute(name=name, kind=Kind.DATE, label=Text(vi, en))


def _caps() -> tuple[Attribute, ...]:
    return (
        _real("max_site_coverage_ratio", "Mật độ tối đa", "Largest site coverage", bounds=(0, 1)),
        _integer("max_floors", "Tầng cao tối đa", "Most floors", bounds=(0, 120)),
        _real("max_height_m", "Chiều cao tối đa (m)", "Largest height (m)", bounds=(0, 600)),
        _real("max_plot_ratio", "Hệ số sử dụng đất", "Largest plot ratio", bounds=(0, 30)),
    )


def _paper() -> tuple[Attribute, ...]:
    """Return the instrument that drew a feature, and its day."""
    return (
        _text("decision", "Quyết định", "Decision"),
        _date("approved_on", "Ngày duyệt", "Approved on"),
    )


def _corridor(*attributes: Attribute) -> tuple[Attribute, ...]:
    width = _real("corridor_width_m", "Bề rộng hành lang (m)", "Corridor width (m)", bounds=(0, 1000))
    return (_text("name", "Tên", "Name"), *attributes, width, *_paper())


def _power() -> tuple[Attribute, ...]:
    return (
        _real("voltage_kv", "Điện áp (kV)", "Voltage (kV)", bounds=(0.2, 1200)),
        _text("conductor", "Loại dây", "Conductor", codes=CONDUCTORS),
    )


def _prescription(name: LayerName, shape: Shape, vi: str, en: str) -> LayerSchema:
    return LayerSchema(
        name=name,
        label=Text(f"Quy định của đồ án ({vi})", f"Plan prescriptions ({en})"),
        shape=shape,
        position_error_m=0.5,
        attributes=(
            _text("prescription_code", "Mã quy định", "Code"),
            _text("name", "Nội dung", "Content", required=True),
            _text("plan_name", "Đồ án", "Plan"),
            _text("document", "Văn bản", "Document"),
            _date("plan_approved_on", "Ngày duyệt", "Approved on"),
        ),
    )


CONDUCTORS = ("bare", "covered", "underground")
PLAN_KINDS = ("detailed_plan", "local_adjustment")
AIRPORT_SURFACES = (
    "horizontal",
    "conical",
    "approach",
    "take_off",
    "transitional",
    "instrument_approach",
    "area_2a",
    "planning_space",
)
HERITAGE_ZONES = ("1", "2")
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
        position_error_m=0.3,
        is_wall_to_wall=True,
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
        position_error_m=0.5,
        is_wall_to_wall=True,
        attributes=(
            _text("zone_code", "Ký hiệu ô", "Zone code", required=True),
            _text("land_use", "Chức năng", "Land use"),
            *_caps(),
            _text("plan_name", "Đồ án", "Plan"),
            _date("plan_approved_on", "Ngày duyệt", "Approved on"),
        ),
    ),
    LayerSchema(
        name=LayerName.ROAD_RESERVATION,
        label=Text("Lộ giới", "Road reservations"),
        shape=Shape.AREA,
        position_error_m=0.3,
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
    LayerSchema(
        name=LayerName.DETAILED_PLAN,
        label=Text("Quy hoạch chi tiết, điều chỉnh cục bộ", "Detailed plans and local adjustments"),
        shape=Shape.AREA,
        position_error_m=0.3,
        is_wall_to_wall=True,
        attributes=(
            _text("plan_kind", "Loại đồ án", "Kind of plan", required=True, codes=PLAN_KINDS),
            _text("zone_code", "Ký hiệu ô", "Zone code"),
            _text("land_use", "Chức năng", "Land use"),
            *_caps(),
            _real("min_front_setback_m", "Khoảng lùi trước (m)", "Front setback (m)", bounds=(0, 100)),
            _text("plan_name", "Đồ án", "Plan"),
            _text("document", "Văn bản", "Document"),
            _date("plan_approved_on", "Ngày duyệt", "Approved on"),
        ),
    ),
    LayerSchema(
        name=LayerName.SPECIAL_AREA,
        label=Text("Khu vực đặc thù", "Special areas"),
        shape=Shape.AREA,
        position_error_m=1.0,
        attributes=(
            _text("kind", "Loại khu vực", "Kind of area", required=True, codes=tuple(SpecialKind)),
            _text("name", "Tên", "Name"),
            *_paper(),
        ),
    ),
    LayerSchema(
        name=LayerName.TRADE_AXIS,
        label=Text("Trục thương mại, dịch vụ", "Trade and service axes"),
        shape=Shape.LINE,
        position_error_m=0.5,
        attributes=(
            _text("street_name", "Tên đường", "Street name", required=True),
            _text("from_street", "Từ đường", "From street"),
            _text("to_street", "Đến đường", "To street"),
            *_paper(),
        ),
    ),
    LayerSchema(
        name=LayerName.RIVER_CORRIDOR,
        label=Text("Hành lang bảo vệ sông, kênh, rạch", "River protection corridors"),
        shape=Shape.AREA,
        position_error_m=0.5,
        attributes=_corridor(),
    ),
    LayerSchema(
        name=LayerName.POWER_LINE,
        label=Text("Đường dây tải điện", "Power lines"),
        shape=Shape.LINE,
        position_error_m=0.5,
        reach_m=20.0,
        attributes=(_text("name", "Tên", "Name"), *_power(), *_paper()),
    ),
    LayerSchema(
        name=LayerName.POWER_CORRIDOR,
        label=Text("Hành lang an toàn lưới điện", "Power line corridors"),
        shape=Shape.AREA,
        position_error_m=0.5,
        attributes=_corridor(*_power()),
    ),
    LayerSchema(
        name=LayerName.RAILWAY_CORRIDOR,
        label=Text("Hành lang an toàn đường sắt", "Railway corridors"),
        shape=Shape.AREA,
        position_error_m=0.3,
        attributes=_corridor(),
    ),
    LayerSchema(
        name=LayerName.AIRPORT_SURFACE,
        label=Text("Bề mặt giới hạn chướng ngại vật sân bay", "Airport obstacle surfaces"),
        shape=Shape.AREA,
        position_error_m=3.0,
        attributes=(
            _text("airport_name", "Sân bay", "Airport", required=True),
            _text("surface", "Loại bề mặt", "Kind of surface", required=True, codes=AIRPORT_SURFACES),
            _real("lowest_elevation_m", "Cao độ thấp nhất (m)", "Lowest elevation (m)", bounds=(-10, 3000)),
            _real("highest_elevation_m", "Cao độ cao nhất (m)", "Highest elevation (m)", bounds=(-10, 3000)),
            *_paper(),
        ),
    ),
    LayerSchema(
        name=LayerName.HERITAGE_AREA,
        label=Text("Khu vực bảo vệ di tích", "Heritage protection areas"),
        shape=Shape.AREA,
        position_error_m=0.5,
        attributes=(
            _text("name", "Di tích", "Heritage", required=True),
            _text("protection_zone", "Khu vực bảo vệ", "Protection zone", codes=HERITAGE_ZONES),
            *_paper(),
        ),
    ),
    _prescription(LayerName.PRESCRIPTION_AREA, Shape.AREA, "vùng", "areas"),
    _prescription(LayerName.PRESCRIPTION_LINE, Shape.LINE, "tuyến", "lines"),
    _prescription(LayerName.PRESCRIPTION_POINT, Shape.POINT, "điểm", "points"),
    LayerSchema(
        name=LayerName.COVERAGE,
        label=Text("Phạm vi của các lớp dữ liệu", "Coverage of the layers"),
        shape=Shape.AREA,
        attributes=(
            _text("layer", "Lớp", "Layer", required=True, codes=tuple(LayerName)),
            _text("kind", "Loại khu vực", "Kind of area", codes=tuple(SpecialKind)),
            _text("source", "Nguồn", "Source"),
        ),
    ),
)

LAYERS: Mapping[LayerName, LayerSchema] = MappingProxyType({schema.name: schema for schema in _SCHEMAS})
"""The declared schema of every layer."""
