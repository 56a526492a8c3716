"""How far a drawn footprint stays from the front and from the rear, and which part of it stands in the strip. Pure."""

from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from permits.answers import LayerStatus
from permits.facts import ParcelFacts
from permits.model import Limit, ReasonCode, Verdict
from spatial.geometry import Located
from spatial.text import Text

FRONT, REAR = "min_front_setback_m", "min_rear_setback_m"
_DRAWN_DISTANCE_ERROR_M = 0.14  # two corners of 0.10 m each
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


def drawn_setback_m(name: str, found: ParcelFacts, footprint: Located | None) -> float | None:
    """Return the distance of a footprint from the front or the rear, metres; None where nobody can tell."""
    edge = None if footprint is None else edge_of(name, found)
    if footprint is None or edge is None:
        return None
    return round(float(shapely.distance(footprint.geometry, edge.line)), 2)


def judged_by_drawing(limit: Limit, found: ParcelFacts, footprint: Located | None) -> Limit:
    """Return a setback as the drawing shows it; a shortfall within the error of drawing is a doubt.

    A limit that is not settled, and one that the drawing says nothing about, come back as they are.
    """
    measured_m, demand_m = drawn_setback_m(limit.name, found, footprint), limit.value
    if measured_m is None or not demand_m or limit.lowest is None or limit.lowest != limit.highest:
        return limit
    edge, margin_m = edge_of(limit.name, found), round(measured_m - float(demand_m), 2)
    measured = replace(limit, proposed=measured_m, margin=margin_m, verdict=Verdict.COMPLIES, reason=None)
    if margin_m >= 0:
        return measured
    if margin_m >= -_DRAWN_DISTANCE_ERROR_M:
        return replace(measured, verdict=Verdict.NEEDS_REVIEW, reason=ReasonCode.WITHIN_TOLERANCE)
    if edge is not None and not edge.is_exact:
        doubt = ReasonCode.MISSING_INPUT
        return replace(measured, verdict=Verdict.NEEDS_REVIEW, reason=doubt, note=_FROM_THE_EDGE)
    return replace(measured, verdict=Verdict.VIOLATES)


def strip_of(limit: Limit, found: ParcelFacts) -> BaseGeometry | None:
    """Return the part of the parcel that a setback keeps free, in the system of the parcel."""
    edge = edge_of(limit.name, found)
    if edge is None or not limit.value:
        return None
    return shapely.intersection(found.parcel.place.geometry, shapely.buffer(edge.line, float(limit.value)))


def part_in_strip(limit: Limit, found: ParcelFacts, footprint: Located) -> Located:
    """Return the part of a footprint inside the strip that a setback keeps free; all of it where nobody can tell."""
    edge = edge_of(limit.name, found)
    if edge is None or not limit.value:
        return footprint
    part = shapely.intersection(footprint.geometry, shapely.buffer(edge.line, float(limit.value)))
    return Located(geometry=part, crs=footprint.crs) if part.area > 0 else footprint
