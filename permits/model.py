"""What permits speak of: parcels, facts, limits, findings, and the four things that a check can answer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, NewType, cast

from permits.noted import NotedFact, NotedFigure
from spatial.text import NO_TEXT, Text

ParcelKey = NewType("ParcelKey", str)
"""``<old ward code>-<map sheet>-<parcel number>``, e.g. ``26797-10-16``."""


class Verdict(StrEnum):
    """The four answers; a person decides, and may decide otherwise with a reason."""

    COMPLIES = "COMPLIES"
    VIOLATES = "VIOLATES"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class ReasonCode(StrEnum):
    """Why a limit or finding carries no plain COMPLIES or VIOLATES."""

    NOTHING_PROPOSED = "NOTHING_PROPOSED"
    INFORMATION = "INFORMATION"
    MISSING_INPUT = "MISSING_INPUT"
    LAYER_NOT_LOADED = "LAYER_NOT_LOADED"
    WITHIN_TOLERANCE = "WITHIN_TOLERANCE"
    CONFLICT_OF_RULES = "CONFLICT_OF_RULES"
    DISCRETION_OF_AUTHORITY = "DISCRETION_OF_AUTHORITY"
    RULE_UNVERIFIED = "RULE_UNVERIFIED"
    BEYOND_TABLE = "BEYOND_TABLE"
    NOT_IN_FORCE = "NOT_IN_FORCE"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    DATA_INCONSISTENT = "DATA_INCONSISTENT"


REASON_TEXTS: dict[ReasonCode, Text] = {
    ReasonCode.NOTHING_PROPOSED: Text("Chưa có phương án để đối chiếu.", "Nothing is proposed yet."),
    ReasonCode.INFORMATION: Text("Thông tin, không phải giới hạn.", "Information, not a limit."),
    ReasonCode.MISSING_INPUT: Text("Thiếu thông tin.", "Something needed is not known."),
    ReasonCode.LAYER_NOT_LOADED: Text("Lớp dữ liệu hoặc đồ án chưa được nạp.", "A layer or plan is not loaded."),
    ReasonCode.WITHIN_TOLERANCE: Text("Chênh lệch nằm trong sai số đo.", "Within the error of measurement."),
    ReasonCode.CONFLICT_OF_RULES: Text("Hai quy định khác nhau, chưa rõ thứ bậc.", "Two rules differ; neither ranks."),
    ReasonCode.DISCRETION_OF_AUTHORITY: Text(
        "Cơ quan có thẩm quyền xem xét từng trường hợp.", "The authority decides case by case."
    ),
    ReasonCode.RULE_UNVERIFIED: Text("Quy định chưa được kiểm chứng.", "The rule has not been verified."),
    ReasonCode.BEYOND_TABLE: Text("Nằm ngoài bảng của quy định.", "Beyond the table of the rule."),
    ReasonCode.NOT_IN_FORCE: Text("Quy định không có hiệu lực vào ngày này.", "Not in force on this date."),
    ReasonCode.OUT_OF_SCOPE: Text("Ngoài phạm vi của quy định.", "Outside the scope of the rule."),
    ReasonCode.DATA_INCONSISTENT: Text("Số liệu mâu thuẫn nhau.", "The data contradict each other."),
}


class BuildingType(StrEnum):
    """Kinds of buildings that rules tell apart."""

    ROW_HOUSE = "row_house"
    DETACHED_HOUSE = "detached_house"
    APARTMENT = "apartment"
    COMMERCIAL = "commercial"
    PUBLIC_SERVICE = "public_service"
    FACTORY = "factory"


HOUSES = (BuildingType.ROW_HOUSE, BuildingType.DETACHED_HOUSE)


class AreaType(StrEnum):
    """Whether a plot lies in an area that is already built up."""

    EXISTING_URBAN = "existing_urban"
    NEW_DEVELOPMENT = "new_development"


class FormerProvince(StrEnum):
    """Which of the three provinces that became one city on 1 July 2025 a plot lay in."""

    HCMC = "hcmc"
    BINH_DUONG = "binh_duong"
    BA_RIA_VUNG_TAU = "ba_ria_vung_tau"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a plot and of what is proposed on it; None is *unknown*, never *no*.

    Parameters
    ----------
    plot_area_m2
        Area that agrees with the plan: what lies inside a road reservation is already taken off.
    depth_m
        From the road reservation line to the rear boundary.
    road_widths_m, width_on_larger_road_m
        Corner plot: planned widths of its roads, and how wide the plot meets the widest of them.
    zone_plan_known
        True: the zone plan was consulted, so that an absent ``zone_plan_max_…`` means that it sets none.
    plan_approval_date
        Day on which the plan that governs the plot was approved; it decides which edition of QCVN 01 applies.
    building_height_m
        Planned ground level to the highest point, stair head or ridge included (QCVN 01:2021/BXD, 1.4.25).
    average_height_m
        Of a group of blocks of several heights, where the coverage goes by their average (QCVN 01:2021/BXD, 2.6.3).
    taller_building_height_m
        Height of the taller one of two buildings whose distance is asked (QCVN 01:2021/BXD, 2.6.1.3).
    podium_height_m
        Height of the podium under a tower; absent: the building has none, since a proposal describes itself.
    """

    building_type: BuildingType | None = None
    area_type: AreaType | None = None
    plot_area_m2: float | None = None
    frontage_m: float | None = None
    depth_m: float | None = None
    road_width_m: float | None = None
    road_widths_m: tuple[float, ...] | None = None
    width_on_larger_road_m: float | None = None
    through_plot: bool | None = None
    rear_road_width_m: float | None = None
    sidewalk_width_m: float | None = None
    central_area: bool | None = None
    trade_axis: bool | None = None
    row_has_setback: bool | None = None
    detailed_plan_applies: bool | None = None
    detailed_plan_front_setback_m: float | None = None
    in_special_area: bool | None = None
    zone_plan_known: bool | None = None
    zone_plan_max_site_coverage_ratio: float | None = None
    zone_plan_max_floors: int | None = None
    zone_plan_max_height_m: float | None = None
    zone_plan_max_plot_ratio: float | None = None
    in_architecture_regulation_area: bool | None = None
    in_urban_development_area_general_plan: bool | None = None
    in_rural_residential_area_general_plan: bool | None = None
    in_commune_plan_built_area: bool | None = None
    in_functional_zone: bool | None = None
    plan_approval_date: date | None = None
    former_province: FormerProvince | None = None
    old_district_kind: str | None = None
    road_is_regional: bool | None = None
    plan_controls_by_plot_ratio: bool | None = None
    is_planned_landmark: bool | None = None
    public_service_kind: str | None = None
    public_service_land_is_short: bool | None = None
    row_between_two_roads: bool | None = None
    floors: int | None = None
    building_height_m: float | None = None
    height_at_building_line_m: float | None = None
    ground_floor_height_m: float | None = None
    footprint_m2: float | None = None
    gross_floor_area_m2: float | None = None
    front_setback_m: float | None = None
    rear_setback_m: float | None = None
    extra_floor_setback_m: float | None = None
    through_plot_setback_m: float | None = None
    basement_ramp_setback_m: float | None = None
    balcony_projection_m: float | None = None
    balcony_clearance_m: float | None = None
    basements: int | None = None
    average_height_m: float | None = None
    podium_height_m: float | None = None
    tower_footprint_m2: float | None = None
    tower_front_setback_m: float | None = None
    green_area_m2: float | None = None
    production_floors: int | None = None
    row_length_m: float | None = None
    taller_building_height_m: float | None = None
    spacing_long_sides_m: float | None = None
    spacing_gable_m: float | None = None
    spacing_rear_rows_m: float | None = None

    @property
    def known(self) -> dict[str, Any]:
        """What is known, by name."""
        return {name: value for name in _FACT_NAMES if (value := getattr(self, name)) is not None}


_FACT_NAMES = tuple(each.name for each in fields(Facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where in which instrument a rule stands.

    Parameters
    ----------
    instrument
        Number of the instrument as it is quoted, e.g. ``"QĐ 56/2021/QĐ-UBND"``.
    clause
        Annex, section and table.
    """

    instrument: str
    clause: str

    def __str__(self) -> str:
        return f"{self.instrument}, {self.clause}"


class Direction(StrEnum):
    """Whether a limit caps (max), demands (min), or merely informs."""

    MAX = "max"
    MIN = "min"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One figure that the rules set for a plot, and what the proposal makes of it.

    Parameters
    ----------
    value
        In ``unit``; with unknown facts the figure that is known, reliefs not granted. None: not determined.
    lowest, highest
        The true limit lies between the two, whatever the unknown facts turn out to be. None: open on that side.
    verdict
        None while nothing is proposed.
    rule, binding
        Rule that sets this limit, and the rule that binds among all that apply.
    missing
        Names of the facts that could still change the answer.
    proposed, margin
        What is proposed, in ``unit``, and how far it stays from the limit (negative: how far beyond it).
    rulebook
        Pack that binds, where several were asked.
    """

    name: str
    value: float | int | bool | None
    unit: str
    direction: Direction
    verdict: Verdict | None
    reason: ReasonCode | None
    rule: str
    citation: Citation
    binding: str | None
    severity: str = "blocking"
    lowest: float | None = None
    highest: float | None = None
    missing: tuple[str, ...] = ()
    proposed: float | None = None
    margin: float | None = None
    note: Text = NO_TEXT
    rulebook: str = ""

    @property
    def is_determined(self) -> bool:
        """Whether the limit is one figure, whatever the unknown facts turn out to be."""
        return self.lowest is not None and self.lowest == self.highest

    def to_json(self) -> dict[str, object]:
        """Return the limit as it stands in the JSON of the command and of the API."""
        return {
            **({"rulebook": self.rulebook} if self.rulebook else {}),
            "value": self.value,
            "unit": self.unit,
            "verdict": None if self.verdict is None else self.verdict.value,
            "reason": None if self.reason is None else self.reason.value,
            "rule": self.rule,
            "citation": str(self.citation),
            "binding": self.binding,
            "direction": self.direction.value,
            "lowest": self.lowest,
            "highest": self.highest,
            "missing": list(self.missing),
            "proposed": self.proposed,
            "margin": self.margin,
            "note": {"vi": self.note.vi, "en": self.note.en},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All limits of one plot under one rule-pack, or under all that apply, on one date.

    Parameters
    ----------
    rulebooks
        Name and hash of each pack, where several were asked.
    """

    rulebook: str
    rulebook_sha256: str
    as_of: date
    by_name: dict[str, Limit] = field(default_factory=dict)
    rulebooks: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Limit:
        return self.by_name[name]

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of all facts that could still change an answer, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for limit in self.by_name.values() for name in limit.missing))

    def to_json(self) -> dict[str, object]:
        """Return the public JSON; the limits stand under ``limits``."""
        return {
            "rulebook": self.rulebook,
            "rulebook_sha256": self.rulebook_sha256,
            **({"rulebooks": dict(self.rulebooks)} if self.rulebooks else {}),
            "as_of": self.as_of.isoformat(),
            "limits": {name: limit.to_json() for name, limit in self.by_name.items()},
            "missing": list(self.missing),
        }


def exact(number: float) -> Fraction:
    """Return the decimal that a person wrote, exactly: 0.1 is one tenth, so that boundaries are met exactly."""
    if isinstance(number, NotedFact):
        return number.figure
    return number if isinstance(number, NotedFigure) else _exact(number)


@lru_cache(maxsize=65_536)
def _exact(number: float) -> Fraction:
    return Fraction(str(number))


def plain(figure: Fraction | float) -> float:
    """Return an exact figure as people and programs read it; one that notes goes on noting."""
    return cast("float", figure) if isinstance(figure, NotedFigure) else float(figure)


def whole(figure: Fraction) -> int:
    """Return an exact figure without its decimals; one that notes goes on noting."""
    return cast("int", figure) if isinstance(figure, NotedFigure) else int(figure)


def finite(number: Fraction | float) -> float | None:
    """Return ``number`` as a float, or None where it stands for an open end."""
    return None if isinstance(number, float) and math.isinf(number) else plain(number)
