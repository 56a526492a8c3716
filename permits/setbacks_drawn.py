"""How far a drawn footprint stays from the front and from the rear, and which part of it stands in the strip. Pure."""

from dataclasses import dataclass, replace
from fractions import Fraction

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from permits.answers import LayerStatus
from permits.facts import ParcelFacts
from permits.model import Facts, Limit, ReasonCode, Verdict, exact, plain
from spatial.geometry import Located
from spatial.text import Text

FRONT, REAR = "min_front_setback_m", "min_rear_setback_m"
_DRAWN_DISTANCE_ERROR_M = Fraction(14, 100)  # two corners of 0.10 m each
_QUAD_SEGS_COUNT = 32  # a rounded corner is less than a centimetre short
_FROM_THE_EDGE = Text(
    "Chỉ giới đường đỏ không cắt thửa đất; đo từ cạnh trước của thửa.",
    "No road reservation cuts the parcel; measured from its front edge.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Line that a setback is measured from.

    Parameters
    ----------
    is_exact
        False where the true line may lie farther out, so that a shortfall is only a suspicion.
    """

    line: BaseGeometry
    is_exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSetbacks:
    """How far a drawn footprint stays from the front and from the rear, metres; None where nobody can tell.

    Parameters
    ----------
    is_front_exact
        False where the true line of the road may lie farther out, so that a shortfall is only a suspicion.
    """

    front_m: float | None = None
    rear_m: float | None = None
    is_front_exact: bool = False


NOTHING_DRAWN = DrawnSetbacks()


def edge_of(name: str, found: ParcelFacts) -> Edge | None:
    """Return the rear edge, or the line of the road in front; None where the drawing does not tell which it is."""
    if name == REAR:
        return None if found.rear is None else Edge(line=found.rear.geometry)
    answer = found.layers[LayerName.ROAD_RESERVATION]
    if name != FRONT or len(found.sides) != 1 or answer.status is LayerStatus.NOT_CHECKED:
        return None
    reserved = [concern.geometry.geometry for concern in answer.felt if concern.area_m2 > 0]
    edge = found.sides[0].edge
    return (
        Edge(line=shapely.union_all([edge, *reserved]), is_exact=True) if reserved else Edge(line=edge, is_exact=False)
    )


def drawn_setbacks(found: ParcelFacts, footprint: Located | None, *, stated: Facts) -> DrawnSetbacks:
    """Return how far a footprint stays from front and rear, where the proposal does not state it."""
    if footprint is None:
        return NOTHING_DRAWN
    front = edge_of(FRONT, found) if stated.front_setback_m is None else None
    rear = edge_of(REAR, found) if stated.rear_setback_m is None else None
    return DrawnSetbacks(
        front_m=_distance_m(front, footprint),
        rear_m=_distance_m(rear, footprint),
        is_front_exact=front is not None and front.is_exact,
    )


def _distance_m(edge: Edge | None, footprint: Located) -> float | None:
    return None if edge is None else round(float(shapely.distance(footprint.geometry, edge.line)), 2)


def judged_by_drawing(limit: Limit, drawn: DrawnSetbacks) -> Limit:
    """Return a setback as the drawing shows it; a shortfall within the error of drawing is a doubt.

    A limit that is not settled, and one that the drawing says nothing about, come back as they are.
    """
    measured_m, demand_m = drawn.front_m if limit.name == FRONT else drawn.rear_m, limit.value
    if measured_m is None or not demand_m or not limit.is_determined:
        return limit
    margin_m = exact(measured_m) - exact(demand_m)
    measured = replace(limit, proposed=measured_m, margin=plain(margin_m), verdict=Verdict.COMPLIES, reason=None)
    if margin_m >= 0:
        return measured
    if margin_m >= -_DRAWN_DISTANCE_ERROR_M:
        return replace(measured, verdict=Verdict.NEEDS_REVIEW, reason=ReasonCode.WITHIN_TOLERANCE)
    if limit.name == FRONT and not drawn.is_front_exact:
        doubt = ReasonCode.MISSING_INPUT
        return replace(measured, verdict=Verdict.NEEDS_REVIEW, reason=doubt, note=_FROM_THE_EDGE)
    return replace(measured, verdict=Verdict.VIOLATES)


def kept_free(limit: Limit, found: ParcelFacts) -> BaseGeometry | None:
    """Return all ground nearer to the edge than a setback asks, also off the parcel; None where nobody can tell."""
    edge = edge_of(limit.name, found)
    if edge is None or not limit.value:
        return None
    return shapely.buffer(edge.line, float(limit.value), quad_segs=_QUAD_SEGS_COUNT)


def strip_of(limit: Limit, found: ParcelFacts) -> BaseGeometry | None:
    """Return the part of the parcel that a setback keeps free, in the system of the parcel."""
    ground = kept_free(limit, found)
    return None if ground is None else shapely.intersection(found.parcel.place.geometry, ground)


def part_in_strip(limit: Limit, found: ParcelFacts, footprint: Located) -> Located:
    """Return the part of a footprint on the ground that a setback keeps free; all of it where nobody can tell."""
    ground = kept_free(limit, found)
    if ground is None:
        return footprint
    part = shapely.intersection(footprint.geometry, ground)
    return Located(geometry=part, crs=footprint.crs) if part.area > 0 else footprint
