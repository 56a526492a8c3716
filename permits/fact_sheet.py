"""Reading facts that a person or a program wrote: every slip gets one clear sentence, nothing is guessed.

The table `FACT_FIELDS` is the one list of facts; the command, the API and the pages read names, units and
labels from it.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from permits.model import AreaType, BuildingType, Facts, FormerProvince
from spatial.errors import InputError
from spatial.text import Text

MAX_HOUSE_HEIGHT_M = 60.0
_HOUSES = (BuildingType.ROW_HOUSE.value, BuildingType.DETACHED_HOUSE.value)
MAX_STOREY_HEIGHT_M = 15.0
_CENTIMETRES_PER_METRE = 100


class FactKind(StrEnum):
    """Kinds of facts."""

    CODE = "code"
    NUMBER = "number"
    NUMBERS = "numbers"
    COUNT = "count"
    YES_NO = "yes_no"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactField:
    """One fact: what it is called, what it may be, and whether it belongs to the plot or to the proposal.

    Parameters
    ----------
    minimum, maximum
        Bounds of what is plausible, in ``unit``; zero is excluded where ``minimum`` is None.
    """

    name: str
    kind: FactKind
    label: Text
    unit: str = ""
    codes: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float = math.inf
    is_proposal: bool = False


def _code(name: str, codes: Iterable[str], vi: str, en: str) -> FactField:
    return FactField(name=name, kind=FactKind.CODE, label=Text(vi, en), codes=tuple(str(code) for code in codes))


def _day(name: str, vi: str, en: str) -> FactField:
    return FactField(name=name, kind=FactKind.DAY, label=Text(vi, en))


def _length(name: str, vi: str, en: str, *, maximum: float, minimum: float | None = None) -> FactField:
    label = Text(vi, en)
    return FactField(name=name, kind=FactKind.NUMBER, label=label, unit="m", minimum=minimum, maximum=maximum)


def _area(name: str, vi: str, en: str) -> FactField:
    return FactField(name=name, kind=FactKind.NUMBER, label=Text(vi, en), unit="m2", maximum=1e6)


def _ratio(name: str, vi: str, en: str, *, maximum: float) -> FactField:
    return FactField(name=name, kind=FactKind.NUMBER, label=Text(vi, en), unit="ratio", minimum=0, maximum=maximum)


def _count(name: str, vi: str, en: str, *, minimum: int = 1, maximum: int = 120) -> FactField:
    label = Text(vi, en)
    return FactField(name=name, kind=FactKind.COUNT, label=label, unit="floors", minimum=minimum, maximum=maximum)


def _yes_no(name: str, vi: str, en: str) -> FactField:
    return FactField(name=name, kind=FactKind.YES_NO, label=Text(vi, en), unit="yes_no")


_PLOT_FIELDS = (
    _code("building_type", BuildingType, "Loại công trình", "Kind of building"),
    _code("area_type", AreaType, "Loại khu vực", "Kind of area"),
    _area("plot_area_m2", "Diện tích lô đất phù hợp quy hoạch", "Plot area in agreement with the plan"),
    _length("frontage_m", "Chiều rộng mặt tiền", "Frontage", maximum=1000),
    _length("depth_m", "Chiều sâu tính từ lộ giới", "Depth from the road line", maximum=2000),
    _length("road_width_m", "Lộ giới", "Planned road width", maximum=200),
    FactField(
        name="road_widths_m",
        kind=FactKind.NUMBERS,
        label=Text("Lộ giới các đường tại góc", "Planned widths at a corner"),
        unit="m",
        maximum=200,
    ),
    _length(
        "width_on_larger_road_m", "Chiều rộng quay ra đường lớn", "Width on the larger road", minimum=0, maximum=1000
    ),
    _yes_no("through_plot", "Lô có hai mặt đường trước, sau", "Plot between two roads"),
    _length("rear_road_width_m", "Lộ giới đường phía sau", "Planned width of the rear road", maximum=200),
    _length("sidewalk_width_m", "Chiều rộng vỉa hè", "Sidewalk width", minimum=0, maximum=50),
    _yes_no("central_area", "Quận trung tâm hoặc trung tâm cấp quận", "Central district or district centre"),
    _yes_no("trade_axis", "Trục thương mại - dịch vụ (Phụ lục 02)", "Trade and service axis (Annex 02)"),
    _yes_no("row_has_setback", "Dãy nhà có khoảng lùi hiện hữu", "The row already stands back"),
    _yes_no("detailed_plan_applies", "Có quy hoạch chi tiết", "A detailed plan applies"),
    _length(
        "detailed_plan_front_setback_m",
        "Khoảng lùi trước theo quy hoạch chi tiết",
        "Front setback of the detailed plan",
        minimum=0,
        maximum=100,
    ),
    _yes_no("in_special_area", "Khu vực có phụ lục riêng (12 đến 17)", "Area with an annex of its own (12 to 17)"),
    _yes_no("zone_plan_known", "Đã tra quy hoạch phân khu", "The zone plan was consulted"),
    _ratio("zone_plan_max_site_coverage_ratio", "Mật độ theo phân khu", "Coverage of the zone plan", maximum=1),
    _count("zone_plan_max_floors", "Số tầng theo phân khu", "Floors of the zone plan"),
    _length("zone_plan_max_height_m", "Chiều cao theo phân khu", "Height of the zone plan", maximum=600),
    _ratio("zone_plan_max_plot_ratio", "Hệ số sử dụng đất theo phân khu", "Plot ratio of the zone plan", maximum=30),
    _yes_no(
        "in_architecture_regulation_area",
        "Khu vực có quy chế quản lý kiến trúc",
        "Area with an architecture regulation",
    ),
    _yes_no(
        "in_urban_development_area_general_plan",
        "Khu vực phát triển đô thị trong quy hoạch chung",
        "Urban development area of a general plan",
    ),
    _yes_no(
        "in_rural_residential_area_general_plan",
        "Khu dân cư nông thôn trong quy hoạch chung",
        "Rural residential area of a general plan",
    ),
    _yes_no(
        "in_commune_plan_built_area",
        "Khu vực xây dựng trong quy hoạch chung xã",
        "Construction area of a commune plan",
    ),
    _yes_no("in_functional_zone", "Khu chức năng", "Functional area"),
    _day("plan_approval_date", "Ngày phê duyệt quy hoạch", "Day on which the plan was approved"),
    _code("former_province", FormerProvince, "Tỉnh, thành trước tháng 7/2025", "Province before July 2025"),
    _code(
        "old_district_kind",
        ("inner", "outer"),
        "Quận nội thành hay ngoại thành (quy định cũ)",
        "Old inner or outer district",
    ),
    _yes_no("road_is_regional", "Đường từ cấp khu vực trở lên", "Road of regional class or above"),
    _yes_no(
        "plan_controls_by_plot_ratio",
        "Quy hoạch quản lý theo hệ số sử dụng đất",
        "The plan sets a plot ratio instead of coverage and height",
    ),
    _yes_no(
        "is_planned_landmark",
        "Điểm nhấn đô thị theo quy hoạch cấp trên",
        "Landmark that a higher plan names",
    ),
    _code(
        "public_service_kind",
        ("education", "health", "culture", "sports", "market"),
        "Loại công trình dịch vụ - công cộng",
        "Kind of public service building",
    ),
    _yes_no(
        "public_service_land_is_short",
        "Khu hiện hữu không còn quỹ đất dịch vụ - công cộng",
        "No land is left for public services in the existing area",
    ),
    _yes_no(
        "row_between_two_roads",
        "Dãy nhà có hai mặt giáp đường từ cấp đường chính khu vực trở xuống",
        "Row between two roads of the main regional class or below",
    ),
)

_PROPOSAL_FIELDS = (
    _count("floors", "Số tầng", "Floors"),
    _length("building_height_m", "Chiều cao tại đỉnh mái", "Height at the ridge", maximum=500),
    _length("height_at_building_line_m", "Chiều cao tại chỉ giới xây dựng", "Height at the line", maximum=500),
    _length("ground_floor_height_m", "Chiều cao tầng 1 kể cả lửng", "Ground floor with mezzanine", maximum=30),
    _area("footprint_m2", "Diện tích chiếm đất", "Footprint"),
    _area("gross_floor_area_m2", "Tổng diện tích sàn", "Gross floor area"),
    _length("front_setback_m", "Khoảng lùi trước", "Front setback", minimum=0, maximum=1000),
    _length("rear_setback_m", "Khoảng lùi sau", "Rear setback", minimum=0, maximum=1000),
    _length("extra_floor_setback_m", "Khoảng lùi tầng cộng thêm", "Setback of the extra floor", minimum=0, maximum=100),
    _length(
        "through_plot_setback_m", "Khoảng lùi phía đường nhỏ", "Setback on the smaller road", minimum=0, maximum=100
    ),
    _length("basement_ramp_setback_m", "Ram dốc cách lộ giới", "Ramp from the road line", minimum=0, maximum=1000),
    _length("balcony_projection_m", "Độ vươn ban công", "Balcony projection", minimum=0, maximum=10),
    _length("balcony_clearance_m", "Độ cao dưới ban công", "Clearance under the balcony", minimum=0, maximum=50),
    _count("basements", "Số tầng hầm", "Basements", minimum=0, maximum=10),
    _length("average_height_m", "Chiều cao trung bình của tổ hợp", "Average height of a group of blocks", maximum=500),
    _length("podium_height_m", "Chiều cao phần đế", "Height of the podium", maximum=200),
    _area("tower_footprint_m2", "Diện tích chiếm đất của phần tháp", "Footprint of the tower"),
    _length(
        "tower_front_setback_m", "Khoảng lùi trước của phần tháp", "Front setback of the tower", minimum=0, maximum=1000
    ),
    FactField(
        name="green_area_m2",
        kind=FactKind.NUMBER,
        label=Text("Diện tích đất trồng cây xanh", "Planted area"),
        unit="m2",
        minimum=0,
        maximum=1e6,
    ),
    _count("production_floors", "Số sàn sản xuất", "Production floors"),
    _length("row_length_m", "Chiều dài dãy nhà liên kế", "Length of the row", maximum=2000),
    _length(
        "taller_building_height_m", "Chiều cao của công trình cao hơn", "Height of the taller building", maximum=500
    ),
    _length(
        "spacing_long_sides_m", "Khoảng cách giữa hai cạnh dài", "Distance between long sides", minimum=0, maximum=1000
    ),
    _length("spacing_gable_m", "Khoảng cách từ đầu hồi", "Distance from a gable end", minimum=0, maximum=1000),
    _length(
        "spacing_rear_rows_m", "Khoảng cách mặt sau hai dãy nhà", "Distance between rear sides", minimum=0, maximum=1000
    ),
)

_CODES: Mapping[str, type[str]] = {
    "building_type": BuildingType,
    "area_type": AreaType,
    "former_province": FormerProvince,
}

PROPOSAL_NAMES = tuple(field.name for field in _PROPOSAL_FIELDS)
FACT_FIELDS: Mapping[str, FactField] = {field.name: field for field in (*_PLOT_FIELDS, *_PROPOSAL_FIELDS)}
"""Every fact, those of the plot first."""


def read_facts(given: object, *, subject: str = "", only: tuple[str, ...] = ()) -> Facts:
    """Return the facts in ``given``, a mapping of names to values as JSON knows them.

    Parameters
    ----------
    subject
        File or request that is read, for the message.
    only
        Names that are allowed here; empty: all of them.

    Raises
    ------
    InputError
        A name is unknown or a value cannot be right; the message has one sentence for each slip.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            Text("Cần một đối tượng JSON với tên và giá trị.", "A JSON object of names and values is needed."),
            hint=Text('Ví dụ {"plot_area_m2": 100}.', 'For example {"plot_area_m2": 100}.'),
            subject=subject,
        )
    allowed = only or tuple(FACT_FIELDS)
    slips = [_unknown_name(str(name), allowed) for name in given if name not in allowed]
    known: dict[str, Any] = {name: value for name, value in given.items() if name in allowed and value is not None}
    slips += [slip for name, value in known.items() if (slip := _slip(FACT_FIELDS[name], value))]
    slips = slips or _contradictions(known)
    if slips:
        message = Text(" ".join(slip.vi for slip in slips), " ".join(slip.en for slip in slips))
        raise InputError(message, subject=subject)
    return Facts(**{name: _value(FACT_FIELDS[name], value) for name, value in known.items()})


def _unknown_name(name: str, allowed: tuple[str, ...]) -> Text:
    near = difflib.get_close_matches(name, allowed, n=3, cutoff=0.6)
    if not near:
        return Text(f"Không có thông tin tên {name!r}.", f"There is no fact {name!r}.")
    names = ", ".join(near)
    return Text(f"Không có thông tin tên {name!r}; gần giống: {names}.", f"There is no fact {name!r}; near: {names}.")


def _slip(field: FactField, value: object) -> Text | None:
    if field.kind is FactKind.YES_NO:
        return (
            None if isinstance(value, bool) else _say(field, value, "cần true, false hoặc null", "true, false or null")
        )
    if field.kind is FactKind.CODE:
        codes = ", ".join(field.codes)
        return None if value in field.codes else _say(field, value, f"cần một trong {codes}", f"one of {codes}")
    if field.kind is FactKind.DAY:
        example = ("cần ngày dạng 2026-11-21", "a day like 2026-11-21")
        return None if _day_of(value) else _say(field, value, *example)
    if field.kind is FactKind.NUMBERS:
        if not isinstance(value, list | tuple) or not value:
            return _say(field, value, "cần danh sách số", "a list of numbers")
        return next((slip for part in value if (slip := _number_slip(field, part))), None)
    return _number_slip(field, value)


def _day_of(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _number_slip(field: FactField, value: object) -> Text | None:
    unit = {"m2": "m²", "ratio": "", "floors": ""}.get(field.unit, field.unit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _say(field, value, "cần một con số", "a number")
    if not math.isfinite(value):
        return _say(field, value, "cần một con số", "a number")
    if field.kind is FactKind.COUNT and value != int(value):
        return _say(field, value, "cần một số nguyên", "a whole number")
    if value < 0 or (field.minimum is None and value == 0) or (field.minimum is not None and value < field.minimum):
        least = "lớn hơn 0" if field.minimum is None else f"từ {field.minimum:g}"
        at_least = "more than 0" if field.minimum is None else f"{field.minimum:g} or more"
        return _say(field, value, f"phải {least}", at_least)
    if value > field.maximum:
        centimetres = field.unit == "m" and value / _CENTIMETRES_PER_METRE <= field.maximum
        maybe = (" Có phải đã ghi xăng-ti-mét?", " Is it in centimetres?") if centimetres else ("", "")
        most = f"{field.maximum:g} {unit}".strip()
        return _say(field, value, f"tối đa {most}.{maybe[0]}", f"at most {most}.{maybe[1]}")
    return None


def _say(field: FactField, value: object, vi: str, en: str) -> Text:
    return Text(f"{field.name} = {value!r}: {_ended(vi)}", f"{field.name} = {value!r}: should be {_ended(en)}")


def _ended(phrase: str) -> str:
    return phrase if phrase.endswith(("?", ".")) else f"{phrase}."


def _contradictions(known: Mapping[str, object]) -> list[Text]:
    slips = []
    if "road_width_m" in known and "road_widths_m" in known:
        slips.append(Text("Chỉ ghi road_width_m hoặc road_widths_m.", "Give road_width_m or road_widths_m, not both."))
    slips += _height_contradictions(known)
    floors, building = known.get("floors"), known.get("building_type")
    for name in ("building_height_m", "height_at_building_line_m"):
        height = known.get(name)
        if not isinstance(height, int | float):
            continue
        is_tall_house = building in _HOUSES and height > MAX_HOUSE_HEIGHT_M
        is_tall_storey = isinstance(floors, int | float) and height > MAX_STOREY_HEIGHT_M * floors
        if is_tall_house or is_tall_storey:
            slips.append(
                _say(
                    FACT_FIELDS[name], height, "quá cao. Có phải đã ghi xăng-ti-mét?", "far less. Is it in centimetres?"
                )
            )
    return slips


def _height_contradictions(known: Mapping[str, object]) -> list[Text]:
    """Return what cannot be: a podium as high as the whole, an average above the highest block."""
    whole = known.get("building_height_m")
    if not isinstance(whole, int | float):
        return []
    slips = []
    podium, average = known.get("podium_height_m"), known.get("average_height_m")
    if isinstance(podium, int | float) and podium >= whole:
        slips.append(
            Text(
                f"podium_height_m = {podium}: phải thấp hơn building_height_m = {whole}.",
                f"podium_height_m = {podium}: should be below building_height_m = {whole}.",
            )
        )
    if isinstance(average, int | float) and average > whole:
        slips.append(
            Text(
                f"average_height_m = {average}: không thể vượt building_height_m = {whole} của khối cao nhất.",
                f"average_height_m = {average}: cannot exceed building_height_m = {whole}, that of the highest block.",
            )
        )
    return slips


def _value(field: FactField, value: Any) -> Any:  # noqa: ANN401 - its kind was checked by _slip
    if field.kind is FactKind.CODE:
        return _CODES.get(field.name, str)(value)
    if field.kind is FactKind.DAY:
        return _day_of(value)
    if field.kind is FactKind.NUMBERS:
        return tuple(float(part) for part in value)
    return int(value) if field.kind is FactKind.COUNT else value
