"""What plans allow on each part of a parcel: it is split by zone, and a detailed plan goes before its parent.

A local adjustment or a detailed plan holds inside its polygon from its day of approval on; the later one wins. Where
it is silent on a cap, the plan above it still speaks.

References
----------
QĐ 56/2021/QĐ-UBND, annex 18, 4.1 e, 4.2 d and 5: the zone plan caps floors, height and plot ratio.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import ZoneLimits
from permits.answers import Concern, LayerAnswer, LayerStatus
from permits.overlap import MILLIMETRE, Band, band_of
from spatial.geometry import Located

_NOTHING = shapely.Polygon()
_CAPS = ("max_site_coverage_ratio", "max_floors", "max_height_m", "max_plot_ratio")
_NO_LIMITS = ZoneLimits(
    max_site_coverage_ratio=None, max_floors=None, max_height_m=None, max_plot_ratio=None, plan_approved_on=None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePart:
    """One part of a parcel that lies in one zone, under at most one detailed plan; parts do not overlap.

    Parameters
    ----------
    plan
        Detailed plan or local adjustment that goes before the zone here.
    limits
        Caps that hold here, and the day on which the plan that sets them was approved: the basis date of a rule that
        goes by the plan.
    compensated_area_m2
        The share of the registered area; None where none is registered.
    """

    zone: Concern | None
    plan: Concern | None
    place: Located
    area_m2: float
    share_ratio: float
    compensated_area_m2: float | None
    limits: ZoneLimits

    @property
    def name(self) -> str:
        """Code of the zone; of the plan's cell where no zone lies below."""
        concern = self.zone or self.plan
        return "" if concern is None else concern.name

    @property
    def land_use(self) -> str | None:
        """Planned use of this part."""
        for concern in (self.plan, self.zone):
            use = concern.detail.get("land_use") if concern is not None else None
            if isinstance(use, str) and use:
                return use
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoning:
    """How plans divide a parcel.

    Parameters
    ----------
    is_covered
        Whether plans say something of the whole parcel, as far as drawings can tell; None: too close to tell, or
        not checked.
    caps
        Caps of every zone and plan that may hold somewhere on the parcel, doubtful edges included.
    """

    parts: tuple[ZonePart, ...]
    caps: tuple[ZoneLimits, ...]
    is_covered: bool | None

    def strictest(self, name: str) -> float | None:
        """Return the smallest of a cap if every zone states it; None: unknown."""
        found = [getattr(limits, name) for limits in self.caps]
        if not found or not self.is_covered or any(cap is None for cap in found):
            return None
        return float(min(found))

    @property
    def plan_approved_on(self) -> date | None:
        """Day on which the plan was approved, where it is one and the same day on the whole parcel."""
        days = {limits.plan_approved_on for limits in self.caps}
        return days.pop() if self.is_covered and len(days) == 1 else None

    @property
    def states_every_cap(self) -> bool:
        """Whether no cap is left empty anywhere on the parcel."""
        return all(self.strictest(name) is not None for name in _CAPS)


def zoning_of(
    place: Located,
    *,
    zones: LayerAnswer,
    plans: LayerAnswer,
    registered_area_m2: float | None,
    error_m: float,
    on: date | None = None,
) -> Zoning:
    """Split a parcel by the zones and detailed plans that it lies in.

    Parameters
    ----------
    place
        Of the parcel, valid, on a grid of a millimetre.
    registered_area_m2
        Area that the shares are counted in, beside the drawn one.
    error_m
        Combined error of parcel and zone: a part left over that is narrower does not count.
    on
        Day of the plans; None is today, with every plan that is loaded.
    """
    shape, felt_zones = place.geometry, zones.felt
    split = _Split(place, registered_area_m2=registered_area_m2)
    felt = [plan for plan in plans.felt if holds_on(plan, on)]
    sure = sorted((plan for plan in felt if is_sure(plan)), key=_day, reverse=True)
    caps = [zone_limits(plan) for plan in felt if not is_sure(plan)]
    free = shape
    for plan in sure:
        piece = _area_of(shapely.intersection(plan.geometry.geometry, free, grid_size=MILLIMETRE))
        free = _area_of(shapely.difference(free, piece, grid_size=MILLIMETRE))
        caps += split.add(piece, felt_zones, plan=plan)
    caps += split.add(free, felt_zones, plan=None)
    is_checked = LayerStatus.NOT_CHECKED not in (zones.status, plans.status)
    return Zoning(
        parts=tuple(sorted(split.parts, key=lambda part: -part.area_m2)),
        caps=tuple(caps),
        is_covered=_is_covered(split.left, error_m=error_m) if is_checked else None,
    )


def zone_limits(zone: Concern) -> ZoneLimits:
    """Return the caps that a zone or a detailed plan sets; None where its cell is empty."""
    floors = _number(zone.detail.get("max_floors"))
    return ZoneLimits(
        max_site_coverage_ratio=_number(zone.detail.get("max_site_coverage_ratio")),
        max_floors=None if floors is None else int(floors),
        max_height_m=_number(zone.detail.get("max_height_m")),
        max_plot_ratio=_number(zone.detail.get("max_plot_ratio")),
        plan_approved_on=approved_on(zone),
    )


def approved_on(concern: Concern) -> date | None:
    """Return the day on which the plan of a zone was approved, None where it is not known."""
    day = concern.detail.get("plan_approved_on")
    if day is pd.NaT or not isinstance(day, date):
        return None
    return day.date() if isinstance(day, datetime) else day


def holds_on(plan: Concern, on: date | None) -> bool:
    """Tell whether nothing that is known of a plan keeps it from holding on a day."""
    day = approved_on(plan)
    return on is None or day is None or day <= on


def is_sure(plan: Concern) -> bool:
    """Tell whether a plan goes before its parent for certain: a clear hit, with a day of approval."""
    return plan.band is Band.HIT and approved_on(plan) is not None


class _Split:
    """Takes a parcel apart, each square metre once."""

    def __init__(self, place: Located, *, registered_area_m2: float | None) -> None:
        self._place, self._registered_m2 = place, registered_area_m2
        self._area_m2 = float(place.geometry.area)
        self.parts: list[ZonePart] = []
        self.left = place.geometry
        """What no zone takes of the piece that was added last."""

    def add(self, piece: BaseGeometry, zones: Sequence[Concern], *, plan: Concern | None) -> Iterator[ZoneLimits]:
        """Split one piece by zone, and return the caps that hold somewhere on it."""
        caps: list[ZoneLimits] = []
        self.left = piece
        for zone in zones:
            own = self._common(piece, zone)
            if own.area == 0:
                continue
            limits = _merged(plan, zone)
            caps.append(limits)
            first = own if self.left is piece else _area_of(shapely.intersection(own, self.left, grid_size=MILLIMETRE))
            is_all = own is piece
            self.left = _NOTHING if is_all else _area_of(shapely.difference(self.left, own, grid_size=MILLIMETRE))
            self._keep(first, zone=zone, plan=plan, limits=limits)
        if plan is not None and self.left.area > 0:
            limits = zone_limits(plan)
            caps.append(limits)
            self._keep(self.left, zone=None, plan=plan, limits=limits)
        return iter(caps)

    def _common(self, piece: BaseGeometry, zone: Concern) -> BaseGeometry:
        """Return the part of a piece inside a zone; of the whole parcel it is known already."""
        known = zone.geometry.geometry
        if piece is self._place.geometry:
            return known if known is piece else _area_of(known)
        return _area_of(shapely.intersection(piece, known, grid_size=MILLIMETRE))

    def _keep(self, part: BaseGeometry, *, zone: Concern | None, plan: Concern | None, limits: ZoneLimits) -> None:
        area_m2 = float(part.area)
        if area_m2 == 0:
            return
        share = area_m2 / self._area_m2
        self.parts.append(
            ZonePart(
                zone=zone,
                plan=plan,
                place=Located(geometry=part, crs=self._place.crs),
                area_m2=area_m2,
                share_ratio=share,
                compensated_area_m2=None if self._registered_m2 is None else round(self._registered_m2 * share, 2),
                limits=limits,
            )
        )


def _merged(plan: Concern | None, zone: Concern) -> ZoneLimits:
    """Return the caps of the plan, and those of the zone where the plan is silent."""
    below = zone_limits(zone)
    if plan is None:
        return below
    above = zone_limits(plan)
    values: Mapping[str, float | int | None] = {
        name: getattr(below, name) if getattr(above, name) is None else getattr(above, name) for name in _CAPS
    }
    return ZoneLimits(**values, plan_approved_on=above.plan_approved_on)  # type: ignore[arg-type]  # names and kinds are those of the class


def _day(plan: Concern) -> date:
    return approved_on(plan) or date.min


def _is_covered(rest: BaseGeometry, *, error_m: float) -> bool | None:
    if rest.area == 0:
        return True
    band = band_of(rest, distance_m=0.0, error_m=error_m, least_area_m2=1.0, may_touch=False)
    return {Band.HIT: False, Band.REVIEW: None}.get(band, True)


def _area_of(geometry: BaseGeometry) -> BaseGeometry:
    """Return the areas of a mixed result; lines and points that an intersection leaves have none."""
    if geometry.geom_type != "GeometryCollection":
        return geometry if geometry.area > 0 else shapely.Polygon()
    return shapely.union_all([part for part in shapely.get_parts(geometry) if part.area > 0])


def _number(value: object) -> float | None:
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    return None if value is None or pd.isna(value) else float(str(value))
