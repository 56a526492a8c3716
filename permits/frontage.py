"""Which sides of a parcel face a street, and how wide they are: estimates from drawings, to be confirmed on site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

FACING_COSINE = 0.82
"""A side faces a street if the way there leaves it within 35 degrees of its normal."""

MAX_GAP_M = 3.0
"""A side farther than this from the edge of the street does not meet it."""

LEAST_SIDE_M = 1.0
_UNKNOWN_STREET_WIDTH_M = 4.0
_SAME_DIRECTION_COSINE = 0.9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A street as the layer knows it; widths in metres, None where it does not."""

    name: str | None
    street_class: str | None
    width_m: float | None
    sidewalk_width_m: float | None
    line: BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class FacingSide:
    """One side of a parcel that faces a street.

    Parameters
    ----------
    length_m
        Frontage on this street.
    gap_m
        From the side to the edge of the street as its width says.
    normal
        Unit vector outwards.
    edge
        The side itself, for the map.
    """

    street: Street
    length_m: float
    gap_m: float
    normal: tuple[float, float]
    edge: BaseGeometry


@dataclass(frozen=True, slots=True)
class Outline:
    """The sides of a parcel: middles and outward unit normals of shape (n, 2), lengths and edges of shape (n,)."""

    middle: Floats
    normal: Floats
    length_m: Floats
    edge: npt.NDArray[np.object_]


def facing_sides(sides: Outline, streets: Sequence[Street]) -> list[FacingSide]:
    """Return the sides of a parcel that face a street, the widest street first.

    Parameters
    ----------
    sides
        Of the parcel, in metres.
    streets
        Streets near it, in the same coordinate system.
    """
    if not streets:
        return []
    gaps = np.stack([_gap_m(sides, street) for street in streets])
    nearest = gaps.argmin(axis=0)
    gap = gaps.min(axis=0)
    found = []
    for number in np.unique(nearest[gap <= MAX_GAP_M]):
        for chosen in _by_direction(sides, np.flatnonzero((nearest == number) & (gap <= MAX_GAP_M))):
            length_m = float(sides.length_m[chosen].sum())
            if length_m >= LEAST_SIDE_M:
                found.append(_facing(sides, chosen, street=streets[number], gap_m=float(gap[chosen].min())))
    return sorted(found, key=lambda side: (-(side.street.width_m or 0.0), -side.length_m))


def is_opposite(first: FacingSide, second: FacingSide) -> bool:
    """Tell whether two sides look in opposite directions: a plot between two roads, not a corner."""
    return float(np.dot(first.normal, second.normal)) <= -FACING_COSINE


def rear_edge(sides: Outline, front: FacingSide) -> BaseGeometry | None:
    """Return the sides that look away from the street in front, None where no side does."""
    looks_away = sides.normal @ np.asarray(front.normal) <= -FACING_COSINE
    return _joined(sides.edge[looks_away]) if looks_away.any() else None


def street_of(record: Mapping[str, object], line: BaseGeometry) -> Street:
    """Return a record of the layer ``street`` as a street."""
    return Street(
        name=_text(record.get("name")),
        street_class=_text(record.get("street_class")),
        width_m=_number(record.get("width_m")),
        sidewalk_width_m=_number(record.get("sidewalk_width_m")),
        line=line,
    )


def facing_reach_m(streets: Sequence[Street]) -> float:
    """Return the distance beyond which no side can meet any of these streets, from its line."""
    widest_m = max((street.width_m or 0.0 for street in streets), default=0.0)
    return MAX_GAP_M + max(widest_m, _UNKNOWN_STREET_WIDTH_M) / 2


def outline_of(parcel: BaseGeometry) -> Outline:
    """Return the sides of a polygon, or of the largest part of a multi-polygon."""
    largest = parcel
    if parcel.geom_type != "Polygon":
        largest = max(shapely.get_parts(parcel), key=shapely.area)
    outside = shapely.get_exterior_ring(largest)
    ring = shapely.get_coordinates(outside)
    if not shapely.is_ccw(outside):
        ring = ring[::-1]
    step = np.diff(ring, axis=0)
    length_m = np.hypot(step[:, 0], step[:, 1])
    keep = length_m > 0
    start, step, length_m = ring[:-1][keep], step[keep], length_m[keep]
    normal = np.column_stack([step[:, 1], -step[:, 0]]) / length_m[:, None]
    edge = shapely.linestrings(np.stack([start, start + step], axis=1))
    return Outline(start + step / 2, normal, length_m, edge)


def _joined(edges: npt.NDArray[np.object_]) -> BaseGeometry:
    return edges[0] if len(edges) == 1 else shapely.union_all(edges)


def _gap_m(sides: Outline, street: Street) -> Floats:
    """Return the gap of each side to the street's edge; infinite for sides that do not face it."""
    middle = shapely.points(sides.middle)
    way = shapely.get_coordinates(shapely.shortest_line(middle, street.line)).reshape(-1, 2, 2)
    towards = way[:, 1] - way[:, 0]
    distance_m = np.hypot(towards[:, 0], towards[:, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.einsum("ij,ij->i", towards / distance_m[:, None], sides.normal)
    half_width_m = (street.width_m or _UNKNOWN_STREET_WIDTH_M) / 2
    gap = np.maximum(distance_m - half_width_m, 0.0)
    return np.where(np.nan_to_num(cosine, nan=-1.0) >= FACING_COSINE, gap, np.inf)


def _by_direction(sides: Outline, chosen: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    """Split sides that face one street (as in a bend) into those that look the same way."""
    groups: list[list[int]] = []
    longest_first = chosen[np.argsort(-sides.length_m[chosen], kind="stable")]
    for number in longest_first:
        for group in groups:
            if float(sides.normal[group[0]] @ sides.normal[number]) >= _SAME_DIRECTION_COSINE:
                group.append(int(number))
                break
        else:
            groups.append([int(number)])
    return [np.asarray(group, dtype=np.intp) for group in groups]


def _facing(sides: Outline, chosen: npt.NDArray[np.intp], *, street: Street, gap_m: float) -> FacingSide:
    weighted = (sides.normal[chosen] * sides.length_m[chosen][:, None]).sum(axis=0)
    unit = weighted / np.hypot(*weighted)
    return FacingSide(
        street=street,
        length_m=float(sides.length_m[chosen].sum()),
        gap_m=gap_m,
        normal=(float(unit[0]), float(unit[1])),
        edge=_joined(sides.edge[chosen]),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not np.isnan(value) else None
