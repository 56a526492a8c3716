"""What would comply on a parcel: the largest footprint, floors, height and floor area, and which rule binds each. Pure.

Unknown facts leave an interval: the envelope is drawn by what is known, and says what would narrow it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from permits.buildable import Buildable, TakenOff, buildable, trimmed
from permits.check import Check
from permits.facts import ParcelFacts
from permits.findings import Finding, geojson
from permits.model import Facts, Limit, Limits, ReasonCode, Verdict
from permits.proposal import Proposal
from spatial.geometry import Located

Judge = Callable[[ParcelFacts, Proposal], Check]
"""Checks a proposal on a parcel under the packs and on the day that are asked."""

GEOMETRY, RATIO = "geometry", "ratio"
FOOTPRINT, FLOORS, ROOF, FLOOR_AREA = (
    "max_footprint_m2",
    "max_floors",
    "max_roof_height_m",
    "max_gross_floor_area_m2",
)
_ENOUGH_M2 = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most of one figure that complies.

    Parameters
    ----------
    value
        Figure that the envelope is drawn with. None: not known.
    lowest, highest
        The true figure lies between the two; None is open.
    rule, citation
        What binds; empty where the shape of the ground does.
    missing
        Facts that would narrow the interval.
    """

    name: str
    unit: str
    value: float | None
    lowest: float | None
    highest: float | None
    rule: str = ""
    citation: str = ""
    missing: tuple[str, ...] = ()
    reason: ReasonCode | None = None

    @property
    def is_certain(self) -> bool:
        """Whether the figure is one, and not an interval."""
        return None not in (self.value, self.lowest) and self.lowest == self.highest

    def to_json(self) -> dict[str, object]:
        """Return the figure for programs."""
        return {
            "value": self.value,
            "unit": self.unit,
            "lowest": self.lowest,
            "highest": self.highest,
            "is_certain": self.is_certain,
            "rule": self.rule or None,
            "citation": self.citation or None,
            "missing": list(self.missing),
            "reason": None if self.reason is None else self.reason.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What may be built on a parcel.

    Parameters
    ----------
    footprint
        Largest outline; None where nothing may stand.
    binds
        ``geometry`` or ``ratio``: which of the two limits the footprint.
    ceilings
        Footprint, floors, height at the ridge, gross floor area.
    taken_off
        Parts of the parcel that are kept free.
    forbidden_by
        Why nothing may be built at all.
    check
        The envelope itself, checked as a proposal.
    """

    found: ParcelFacts
    footprint: Located | None
    binds: str
    ceilings: dict[str, Ceiling]
    taken_off: tuple[TakenOff, ...]
    forbidden_by: tuple[Finding, ...]
    check: Check

    @property
    def missing(self) -> tuple[str, ...]:
        """Facts that would narrow any of the figures, each once."""
        return tuple(dict.fromkeys(name for each in self.ceilings.values() for name in each.missing))

    def to_json(self) -> dict[str, object]:
        """Return the envelope for programs: figures, and the footprint as a GeoJSON feature in WGS84."""
        outline = None if self.footprint is None else geojson(self.footprint)
        return {
            "type": "Feature",
            "geometry": outline,
            "properties": {
                "parcel": self.found.parcel.key,
                "as_of": self.check.limits.as_of.isoformat(),
                "footprint_binds": self.binds,
                "verdict": self.check.verdict.value,
                **{name: ceiling.to_json() for name, ceiling in self.ceilings.items()},
                "missing": list(self.missing),
                "taken_off": [_taken_json(each) for each in self.taken_off],
                "forbidden_by": [each.sentence._asdict() for each in self.forbidden_by],
                "for_review": [each.sentence._asdict() for each in for_review(self.check)],
            },
        }


def _taken_json(part: TakenOff) -> dict[str, object]:
    return {
        "source": part.source,
        "area_m2": round(part.place.area_m2, 2),
        "is_certain": part.is_certain,
        "geometry": geojson(part.place),
    }


def for_review(outcome: Check) -> list[Finding]:
    """Return what a person has to look at."""
    return [each for each in outcome.findings if each.verdict is Verdict.NEEDS_REVIEW and each.blocking]


def envelope_of(found: ParcelFacts, supposed: Facts, *, judge: Judge) -> Envelope:
    """Return what would comply on a parcel for a building of the kind that ``supposed`` describes.

    Coverage may depend on the height, so that the limits are asked again for the height that they allow.
    """
    bare = judge(found, Proposal(facts=supposed))
    forbidden = tuple(each for each in bare.findings if each.verdict is Verdict.VIOLATES and each.proposed is None)
    high = replace(supposed, **_tallest(bare.limits, supposed))
    asked = judge(found, Proposal(facts=high))
    ground = buildable(found, asked.limits, of_outline=asked.of_outline)
    binds, ceiling = _footprint_ceiling(ground, asked.limits.by_name.get(FOOTPRINT))
    if forbidden or ceiling.value is None or ceiling.value < _ENOUGH_M2:
        nothing = {FOOTPRINT: replace(ceiling, value=0.0), **({} if forbidden else _ceilings(asked.limits))}
        return _envelope(found, None, binds, nothing, ground, forbidden=forbidden, check=bare)
    shape = ground.surely if binds == GEOMETRY else trimmed(ground.surely, ceiling.value, found=found)
    footprint = Located(geometry=shape, crs=found.parcel.place.crs)
    ceilings = {FOOTPRINT: replace(ceiling, value=round(shape.area, 2)), **_ceilings(asked.limits)}
    ceilings[FLOOR_AREA] = _floor_area(ceilings, asked.limits.by_name.get(FLOOR_AREA))
    final = judge(found, Proposal(facts=_with_floor_area(high, ceilings[FLOOR_AREA]), footprint=footprint))
    return _envelope(found, footprint, binds, ceilings, ground, forbidden=(), check=final)


def _envelope(  # noqa: PLR0913 - the parts of an envelope
    found: ParcelFacts,
    footprint: Located | None,
    binds: str,
    ceilings: dict[str, Ceiling],
    ground: Buildable,
    *,
    forbidden: tuple[Finding, ...],
    check: Check,
) -> Envelope:
    return Envelope(
        found=found,
        footprint=footprint,
        binds=binds,
        ceilings=ceilings,
        taken_off=ground.taken_off,
        forbidden_by=forbidden,
        check=check,
    )


def drawn_figure(limit: Limit) -> float | None:
    """Return the figure that is shown of a cap, reliefs not granted, else its highest."""
    return limit.highest if limit.value is None else float(limit.value)


def _tallest(figures: Limits, supposed: Facts) -> dict[str, Any]:
    tallest: dict[str, Any] = {}
    for name, fact in ((FLOORS, "floors"), (ROOF, "building_height_m")):
        limit = figures.by_name.get(name)
        most = None if limit is None else drawn_figure(limit)
        if most is not None and getattr(supposed, fact) is None:
            tallest[fact] = int(most) if fact == "floors" else most
    return tallest


def _ceiling(limit: Limit) -> Ceiling:
    return Ceiling(
        name=limit.name,
        unit=limit.unit,
        value=drawn_figure(limit),
        lowest=limit.lowest,
        highest=limit.highest,
        rule=limit.binding or limit.rule,
        citation=str(limit.citation),
        missing=limit.missing,
        reason=None if limit.is_determined else limit.reason,
    )


def _ceilings(figures: Limits) -> dict[str, Ceiling]:
    named = [figures.by_name.get(name) for name in (FLOORS, ROOF)]
    applicable = [limit for limit in named if limit is not None and limit.verdict is not Verdict.NOT_APPLICABLE]
    return {limit.name: _ceiling(limit) for limit in applicable}


def _footprint_ceiling(ground: Buildable, limit: Limit | None) -> tuple[str, Ceiling]:
    """Return which of ground and ratio limits the footprint, and by how much."""
    surely_m2, perhaps_m2 = float(ground.surely.area), float(ground.perhaps.area)
    by_ground = Ceiling(name=FOOTPRINT, unit="m2", value=surely_m2, lowest=surely_m2, highest=perhaps_m2)
    if limit is None or limit.verdict is Verdict.NOT_APPLICABLE:
        return GEOMETRY, by_ground
    by_ratio = _ceiling(limit)
    most_m2 = by_ratio.value if by_ratio.value is not None else math.inf
    lowest_m2 = min(surely_m2, by_ratio.lowest) if by_ratio.lowest is not None else 0.0
    highest_m2 = min(perhaps_m2, by_ratio.highest) if by_ratio.highest is not None else perhaps_m2
    bounds = {"lowest": round(lowest_m2, 2), "highest": round(highest_m2, 2)}
    if surely_m2 <= most_m2:
        return GEOMETRY, replace(by_ground, missing=by_ratio.missing, reason=by_ratio.reason, **bounds)  # type: ignore[arg-type]  # two figures
    return RATIO, replace(by_ratio, **bounds)  # type: ignore[arg-type]  # two figures


def _floor_area(ceilings: dict[str, Ceiling], limit: Limit | None) -> Ceiling:
    """Return footprint times floors, or the cap of the plot ratio where that is less."""
    footprint, floors = ceilings[FOOTPRINT], ceilings.get(FLOORS)
    figures = [None, None, None] if floors is None else [_times(footprint, floors, key) for key in _BOUNDS]
    stacked = Ceiling(
        name=FLOOR_AREA,
        unit="m2",
        value=figures[0],
        lowest=figures[1],
        highest=figures[2],
        rule="" if floors is None else floors.rule,
        citation="" if floors is None else floors.citation,
        missing=tuple(dict.fromkeys([*footprint.missing, *(() if floors is None else floors.missing)])),
    )
    if limit is None or limit.verdict is Verdict.NOT_APPLICABLE:
        return stacked
    capped = _ceiling(limit)
    if stacked.value is None or (capped.value is not None and capped.value < stacked.value):
        return capped
    lowest = None if capped.lowest is None or stacked.lowest is None else min(capped.lowest, stacked.lowest)
    missing = () if lowest == stacked.lowest else capped.missing
    return replace(stacked, lowest=lowest, missing=tuple(dict.fromkeys([*stacked.missing, *missing])))


_BOUNDS = ("value", "lowest", "highest")


def _times(footprint: Ceiling, floors: Ceiling, bound: str) -> float | None:
    area, count = getattr(footprint, bound), getattr(floors, bound)
    return None if area is None or count is None else round(area * count, 2)


def _with_floor_area(facts: Facts, ceiling: Ceiling) -> Facts:
    return facts if ceiling.value is None else replace(facts, gross_floor_area_m2=ceiling.value)
