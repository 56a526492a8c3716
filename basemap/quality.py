"""The quality of a layer: which rules each layer is held to, declared in one place, and carrying them out.

`LAYERS` says what one feature must be; what features must be to one another and to the wards stands here. A finding
never sets a feature aside: it is a question to the office that drew the map.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from basemap.model import LayerName
from basemap.quality_areas import duplicates, gaps, overlaps, slivers
from basemap.quality_datum import shifted_by_the_datum
from basemap.quality_findings import (
    ALONE,
    Finding,
    Ground,
    NotCheckedError,
    QualityReport,
    RuleOutcome,
    Surroundings,
    TimeIsUpError,
)
from basemap.quality_lines import islands, near_misses
from basemap.quality_places import numbers_of_another_system, outside_every_ward
from basemap.quality_registers import registered_against_measured, repeated_numbers, without_number
from spatial.crs import is_geographic
from spatial.errors import InputError
from spatial.text import NO_TEXT, Text

TIME_LIMIT_S = 120.0
"""A check of one layer stops after this; what it could not look at is called *not checked*."""

MOST_FINDINGS_COUNT = 1_000
"""Of each rule a report lists so many findings, the largest first, and counts all."""

STREETS_JOINED_WITHIN_M = 0.5
"""The network joins street ends this close by itself, as `spatial.network.build_network` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule that features of a layer are held to.

    Parameters
    ----------
    measures_area
        Whether the areas of its findings may be added up.
    """

    code: str
    label: Text
    find: Callable[[Ground, str], Iterator[Finding]]
    measures_area: bool = False


_DUPLICATES = Rule(
    code="geometry_duplicate",
    label=Text("Hình học trùng hệt", "Duplicate geometry"),
    find=lambda ground, _: duplicates(ground),
)
_OTHER_SYSTEM = Rule(
    code="crs_suspected",
    label=Text("Tọa độ của hệ khác dưới nhãn VN-2000", "Numbers of another system under a VN-2000 label"),
    find=lambda ground, source_crs: numbers_of_another_system(ground, source_crs=source_crs),
)
_DATUM = Rule(
    code="datum_suspected",
    label=Text("Thiếu phép chuyển hệ quy chiếu (226 m)", "Missing datum (226 m)"),
    find=lambda ground, source_crs: shifted_by_the_datum(ground, source_crs=source_crs),
)
_OUTSIDE_WARDS = Rule(
    code="outside_every_ward",
    label=Text("Nằm ngoài mọi phường", "Outside every ward"),
    find=lambda ground, _: outside_every_ward(ground),
)


def _overlaps(smallest_m2: float) -> Rule:
    return Rule(
        code="overlap",
        label=Text("Chồng lấn", "Overlaps"),
        find=lambda ground, _: overlaps(ground, smallest_m2=smallest_m2),
        measures_area=True,
    )


def _gaps(narrower_than_m: float, *, smallest_m2: float, covers_all: bool) -> Rule:
    return Rule(
        code="gap",
        label=Text("Khe hở", "Gaps"),
        find=lambda ground, _: gaps(
            ground, narrower_than_m=narrower_than_m, smallest_m2=smallest_m2, covers_all=covers_all
        ),
        measures_area=True,
    )


def _slivers(narrower_than_m: float) -> Rule:
    return Rule(
        code="sliver",
        label=Text("Mảnh quá hẹp", "Slivers"),
        find=lambda ground, _: slivers(ground, narrower_than_m=narrower_than_m),
        measures_area=True,
    )


_DRAWN_BY_THEMSELVES = (
    LayerName.SPECIAL_AREA,
    LayerName.TRADE_AXIS,
    LayerName.RIVER_CORRIDOR,
    LayerName.POWER_LINE,
    LayerName.POWER_CORRIDOR,
    LayerName.RAILWAY_CORRIDOR,
    LayerName.AIRPORT_SURFACE,
    LayerName.HERITAGE_AREA,
    LayerName.PRESCRIPTION_AREA,
    LayerName.PRESCRIPTION_LINE,
    LayerName.PRESCRIPTION_POINT,
    LayerName.COVERAGE,
)
"""Layers whose features may overlap one another and leave gaps."""

QUALITY_RULES: Mapping[LayerName, tuple[Rule, ...]] = MappingProxyType(
    {
        LayerName.WARD: (
            _DUPLICATES,
            _overlaps(0.001),
            _gaps(0.5, smallest_m2=0.001, covers_all=True),
            _slivers(1.0),
            _DATUM,
        ),
        LayerName.STREET: (
            _DUPLICATES,
            Rule(
                code="street_nearly_touches",
                label=Text("Đầu đường gần chạm mà không nối", "Streets that nearly touch"),
                find=lambda ground, _: near_misses(
                    ground, joined_within_m=STREETS_JOINED_WITHIN_M, nearly_within_m=3.0
                ),
            ),
            Rule(
                code="street_island",
                label=Text("Cụm đường bị tách rời", "Streets cut off from the network"),
                find=lambda ground, _: islands(ground, joined_within_m=STREETS_JOINED_WITHIN_M),
            ),
            _OTHER_SYSTEM,
            _DATUM,
        ),
        LayerName.SCHOOL: (_DUPLICATES, _OUTSIDE_WARDS, _OTHER_SYSTEM, _DATUM),
        LayerName.BUILDING: (_DUPLICATES, _slivers(0.2), _OTHER_SYSTEM, _DATUM),
        LayerName.ADDRESS: (_OUTSIDE_WARDS, _OTHER_SYSTEM, _DATUM),
        LayerName.ZONE: (_DUPLICATES, _overlaps(0.5), _slivers(0.2), _OTHER_SYSTEM, _DATUM),
        LayerName.ROAD_RESERVATION: (_DUPLICATES, _OTHER_SYSTEM, _DATUM),
        LayerName.DETAILED_PLAN: (_DUPLICATES, _slivers(0.2), _OTHER_SYSTEM, _DATUM),
        **dict.fromkeys(_DRAWN_BY_THEMSELVES, (_DUPLICATES, _OTHER_SYSTEM, _DATUM)),
        LayerName.PARCEL: (
            _DUPLICATES,
            _overlaps(0.01),
            _gaps(0.3, smallest_m2=0.01, covers_all=False),
            _slivers(0.2),
            Rule(
                code="parcel_without_number",
                label=Text("Thửa không có số", "Parcels without a number"),
                find=lambda ground, _: without_number(ground),
            ),
            Rule(
                code="repeated_key",
                label=Text("Trùng số tờ, số thửa", "Same sheet and number"),
                find=lambda ground, _: repeated_numbers(ground),
            ),
            Rule(
                code="area_disagrees",
                label=Text("Diện tích trên giấy khác diện tích đo", "Registered against measured area"),
                find=lambda ground, _: registered_against_measured(ground, tolerance_ratio=0.03, tolerance_m2=1.0),
            ),
            _OTHER_SYSTEM,
            _DATUM,
        ),
    }
)
"""The rules of every layer; widths and areas under which nothing is said are the house's own choice, not law."""

_NO_TIME = Text("hết thời gian", "the time was up")
_FAILED = Text("hình học quá phức tạp", "the geometry is too intricate")


def check_quality(
    frame: gpd.GeoDataFrame,
    layer: LayerName,
    *,
    file: str,
    source_crs: str | None = None,
    around: Surroundings = ALONE,
    time_limit_s: float = TIME_LIMIT_S,
) -> QualityReport:
    """Hold ``frame`` to the rules of ``layer``.

    Parameters
    ----------
    frame
        ``feature_id``, attributes and geometry in a metric system. Where ``source_crs`` is given, its index counts
        the features of the file from 0, and `OF_THE_STORE` marks features that these are held against.
    file
        Name that the issues carry.
    source_crs
        Coordinate system that the file claims; None for features of the store.
    around
        What is published, in the same system as ``frame``.

    Raises
    ------
    InputError
        The frame is in degrees, in which nothing can be measured.
    """
    storage = frame.crs.to_wkt()
    if is_geographic(storage):
        raise InputError(
            Text("Không đo được trong hệ tọa độ độ.", "Nothing can be measured in degrees."),
            hint=Text("Chuyển sang VN-2000 (EPSG:9210) trước.", "Go to VN-2000 (EPSG:9210) first."),
            subject=file,
        )
    ground = Ground(
        layer=layer,
        frame=frame,
        file=file,
        first_row_count=None if source_crs is None else 2,
        around=around,
        ends_at_s=time.monotonic() + time_limit_s,
    )
    results = [_carry_out(rule, ground, source_crs=source_crs or storage) for rule in QUALITY_RULES[layer]]
    return QualityReport(
        layer=layer,
        crs=frame.crs.to_string(),
        outline=ground.outline(),
        features=frame,
        feature_count=int(ground.is_new.sum()),
        outcomes=tuple(outcome for outcome, _ in results),
        findings=tuple(finding for _, found in results for finding in found),
    )


def _carry_out(rule: Rule, ground: Ground, *, source_crs: str) -> tuple[RuleOutcome, list[Finding]]:
    found: list[Finding] = []
    why = NO_TEXT
    try:
        ground.must_have_time()
        # One by one, so that what was found before the time was up still stands.
        findings = rule.find(ground, source_crs)
        found.extend(replace(finding, rule=rule.code) for finding in findings if finding.is_about_new)
    except TimeIsUpError:
        why = _NO_TIME
    except NotCheckedError as error:
        why = error.why
    except shapely.errors.GEOSException:
        why = _FAILED
    outcome = RuleOutcome(
        code=rule.code,
        label=rule.label,
        found_count=len(found),
        area_m2=float(np.sum([finding.area_m2 or 0.0 for finding in found])) if rule.measures_area else None,
        why_not_checked=why,
    )
    return outcome, sorted(found, key=lambda finding: -(finding.area_m2 or 0.0))[:MOST_FINDINGS_COUNT]
