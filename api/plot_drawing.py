"""A plan of a plot as an SVG drawing: parcel, what is kept free, envelope, proposal and the parts that break a rule."""

from collections.abc import Iterable
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from permits.check import Check
from permits.envelope import Envelope
from permits.findings import Finding
from permits.model import Verdict
from spatial.geometry import Located

_MARGIN_RATIO = 0.08
_HUNDREDTH_M2 = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One part of the plan; ``kind`` is its class, and the key of its name below ``plan`` in the locale."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan, in metres of the coordinate system of the parcel, the north above.

    Parameters
    ----------
    min_x_m, max_y_m
        Corner of the picture above left; the coordinates of ``shapes`` start there and run down.
    """

    min_x_m: float
    max_y_m: float
    width_m: float
    height_m: float
    shapes: tuple[Shape, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of what is drawn, each once."""
        return tuple(dict.fromkeys(shape.kind for shape in self.shapes))


def plan_of(envelope: Envelope, outcome: Check | None) -> Plan:
    """Return the plan of a parcel with its envelope, and with a proposal where one was checked."""
    parcel = envelope.found.parcel.place
    drawn: list[tuple[str, BaseGeometry]] = [("parcel", parcel.geometry)]
    drawn += [("free" if part.is_certain else "doubtful", part.place.geometry) for part in envelope.taken_off]
    if envelope.footprint is not None:
        drawn.append(("envelope", envelope.footprint.geometry))
    if outcome is not None and outcome.proposal.footprint is not None:
        drawn.append(("proposal", outcome.proposal.footprint.to(parcel.crs).geometry))
        drawn += [("broken", part) for part in _broken(outcome)]
    min_x, min_y, max_x, max_y = shapely.total_bounds([shape for _, shape in drawn]).tolist()
    margin_m = _MARGIN_RATIO * max(max_x - min_x, max_y - min_y)
    corner = (min_x - margin_m, max_y + margin_m)
    return Plan(
        min_x_m=round(corner[0], 2),
        max_y_m=round(corner[1], 2),
        width_m=round(max_x - min_x + 2 * margin_m, 2),
        height_m=round(max_y - min_y + 2 * margin_m, 2),
        shapes=tuple(Shape(kind=kind, path=_path(shape, corner)) for kind, shape in drawn if shape.area > 0),
    )


def broken_part(finding: Finding, outcome: Check) -> Located | None:
    """Return the part of a footprint that breaks a rule; None for what concerns the building as a whole."""
    whole = outcome.proposal.footprint
    if finding.verdict is not Verdict.VIOLATES or finding.place is None or whole is None:
        return None
    place, whole = (each.to(outcome.parcel.parcel.place.crs) for each in (finding.place, whole))
    return place if place.area_m2 < whole.area_m2 - _HUNDREDTH_M2 else None


def _broken(outcome: Check) -> Iterable[BaseGeometry]:
    for finding in outcome.findings:
        part = broken_part(finding, outcome)
        if part is not None:
            yield part.geometry


def _path(shape: BaseGeometry, corner: tuple[float, float]) -> str:
    rings = [
        ring for part in shapely.get_parts(shape) if part.geom_type == "Polygon" for ring in shapely.get_rings(part)
    ]
    return " ".join(f"M{_corners(ring, corner)}Z" for ring in rings)


def _corners(ring: BaseGeometry, corner: tuple[float, float]) -> str:
    points = shapely.get_coordinates(ring)[:-1].tolist()
    return "L".join(f"{x - corner[0]:.2f} {corner[1] - y:.2f}" for x, y in points)
