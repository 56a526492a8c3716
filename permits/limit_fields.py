"""The one list of limits: what each is called, in which unit, and which fact of a proposal is held against it."""

from collections.abc import Mapping
from dataclasses import dataclass

from permits.model import Direction
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitField:
    """One limit that a rule-pack may set.

    Parameters
    ----------
    proposal
        Fact of the proposal that is compared with the limit.
    proposal_per_plot_area
        The fact is an area, and the limit a share of the plot.
    times_area_of
        Name of the limit that this one is, multiplied by the area of the plot.
    """

    name: str
    unit: str
    direction: Direction
    label: Text
    proposal: str | None = None
    proposal_per_plot_area: bool = False
    times_area_of: str | None = None


def _limit(  # noqa: PLR0913 - one line of a table
    name: str,
    unit: str,
    direction: Direction,
    vi: str,
    en: str,
    *,
    proposal: str | None = None,
    per_area: bool = False,
    times_area_of: str | None = None,
) -> LimitField:
    return LimitField(
        name=name,
        unit=unit,
        direction=direction,
        label=Text(vi, en),
        proposal=proposal,
        proposal_per_plot_area=per_area,
        times_area_of=times_area_of,
    )


_MAX, _MIN, _INFORMATION = Direction.MAX, Direction.MIN, Direction.INFORMATION

_DENSITY = (
    _limit(
        "max_site_coverage_ratio",
        "ratio",
        _MAX,
        "Mật độ xây dựng",
        "Site coverage",
        proposal="footprint_m2",
        per_area=True,
    ),
    _limit(
        "max_footprint_m2",
        "m2",
        _MAX,
        "Diện tích chiếm đất",
        "Footprint",
        proposal="footprint_m2",
        times_area_of="max_site_coverage_ratio",
    ),
    _limit(
        "max_tower_site_coverage_ratio",
        "ratio",
        _MAX,
        "Mật độ xây dựng của phần tháp",
        "Site coverage of the tower",
        proposal="tower_footprint_m2",
        per_area=True,
    ),
    _limit(
        "max_plot_ratio",
        "ratio",
        _MAX,
        "Hệ số sử dụng đất",
        "Plot ratio",
        proposal="gross_floor_area_m2",
        per_area=True,
    ),
    _limit(
        "max_gross_floor_area_m2",
        "m2",
        _MAX,
        "Tổng diện tích sàn",
        "Gross floor area",
        proposal="gross_floor_area_m2",
        times_area_of="max_plot_ratio",
    ),
    _limit(
        "min_green_ratio",
        "ratio",
        _MIN,
        "Tỷ lệ đất trồng cây xanh",
        "Share of planted land",
        proposal="green_area_m2",
        per_area=True,
    ),
)

_HEIGHT = (
    _limit("max_floors", "floors", _MAX, "Số tầng", "Floors", proposal="floors"),
    _limit("max_basements", "floors", _MAX, "Số tầng hầm", "Basements", proposal="basements"),
    _limit(
        "max_roof_height_m", "m", _MAX, "Chiều cao tại đỉnh mái", "Height at the ridge", proposal="building_height_m"
    ),
    _limit(
        "max_height_at_building_line_m",
        "m",
        _MAX,
        "Chiều cao tại chỉ giới xây dựng",
        "Height at the building line",
        proposal="height_at_building_line_m",
    ),
    _limit(
        "max_ground_floor_height_m",
        "m",
        _MAX,
        "Chiều cao tầng 1 kể cả lửng",
        "Ground floor with mezzanine",
        proposal="ground_floor_height_m",
    ),
    _limit(
        "standard_height_at_building_line_m",
        "m",
        _INFORMATION,
        "Cao độ chuẩn tại chỉ giới xây dựng",
        "Standard height at the building line",
    ),
)

_DISTANCE = (
    _limit("min_front_setback_m", "m", _MIN, "Khoảng lùi trước", "Front setback", proposal="front_setback_m"),
    _limit(
        "min_tower_front_setback_m",
        "m",
        _MIN,
        "Khoảng lùi trước của phần tháp",
        "Front setback of the tower",
        proposal="tower_front_setback_m",
    ),
    _limit("min_rear_setback_m", "m", _MIN, "Khoảng lùi sau", "Rear setback", proposal="rear_setback_m"),
    _limit(
        "extra_floor_setback_m",
        "m",
        _MIN,
        "Khoảng lùi của tầng cộng thêm",
        "Setback of the extra floor",
        proposal="extra_floor_setback_m",
    ),
    _limit(
        "through_plot_setback_m",
        "m",
        _MIN,
        "Khoảng lùi phía đường nhỏ",
        "Setback on the smaller road",
        proposal="through_plot_setback_m",
    ),
    _limit(
        "min_basement_ramp_setback_m",
        "m",
        _MIN,
        "Ram dốc tầng hầm cách lộ giới",
        "Basement ramp from the road line",
        proposal="basement_ramp_setback_m",
    ),
    _limit(
        "max_balcony_projection_m",
        "m",
        _MAX,
        "Độ vươn ban công",
        "Balcony projection",
        proposal="balcony_projection_m",
    ),
    _limit(
        "min_balcony_clearance_m",
        "m",
        _MIN,
        "Độ cao dưới ban công",
        "Clearance under the balcony",
        proposal="balcony_clearance_m",
    ),
    _limit(
        "min_spacing_long_sides_m",
        "m",
        _MIN,
        "Khoảng cách giữa hai cạnh dài",
        "Distance between long sides",
        proposal="spacing_long_sides_m",
    ),
    _limit(
        "min_spacing_gable_m",
        "m",
        _MIN,
        "Khoảng cách từ đầu hồi",
        "Distance from a gable end",
        proposal="spacing_gable_m",
    ),
    _limit(
        "min_spacing_rear_rows_m",
        "m",
        _MIN,
        "Khoảng cách giữa mặt sau hai dãy nhà liền kề",
        "Distance between the rear sides of two rows",
        proposal="spacing_rear_rows_m",
    ),
)

_PLOT = (
    _limit("min_frontage_m", "m", _MIN, "Chiều rộng mặt tiền", "Frontage", proposal="frontage_m"),
    _limit("max_row_length_m", "m", _MAX, "Chiều dài dãy nhà liên kế", "Length of a row", proposal="row_length_m"),
    _limit("governing_road_width_m", "m", _INFORMATION, "Lộ giới áp dụng", "Planned road width that governs"),
    _limit("plot_is_standard", "yes_no", _INFORMATION, "Lô đất đủ chuẩn", "Standard plot"),
    _limit("permit_required", "yes_no", _INFORMATION, "Phải xin giấy phép xây dựng", "A permit is needed"),
)

LIMIT_FIELDS: Mapping[str, LimitField] = {field.name: field for field in (*_DENSITY, *_HEIGHT, *_DISTANCE, *_PLOT)}
"""Every limit, in the order in which people read them."""
