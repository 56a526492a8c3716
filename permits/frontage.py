"""Which sides of parcels face a street, and how wide they are: estimates from drawings, to be confirmed on site."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from permits.outlines import Numbers, Outlines
from permits.overlap import Floats, Shapes, shapes_of

FACING_COSINE = 0.82
"""A side faces a street if the way there leaves it within 35 degrees of its normal."""

MAX_GAP_M = 3.0
"""A side farther than this from the edge of the street does not meet it."""

LEAST_SIDE_M = 1.0
_UNKNOWN_STREET_WIDTH_M = 4.0
_SAME_DIRECTION_COSINE = 0.9


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """Sides that meet a street, each with the nearest one, by parcel, then by street; all of shape (n,)."""

    parcel: Numbers
    street: Numbers
    side: Numbers
    gap_m: Floats


def facing_sides(
    sides: Outlines, streets: Sequence[Street], *, near: tuple[Numbers, Numbers]
) -> dict[int, tuple[FacingSide, ...]]:
    """Return the sides that face a street, the widest street first, by the number of the parcel.

    Parameters
    ----------
    sides
        Of the parcels, in metres.
    streets
        In the same coordinate system.
    near
        Numbers of parcels, and of the streets near them.
    """
    met = _met(sides, streets, near=near)
    found: dict[int, list[FacingSide]] = {}
    for parcel, side in _facing(sides, streets, met):
        if side.length_m >= LEAST_SIDE_M:
            found.setdefault(parcel, []).append(side)
    return {parcel: tuple(sorted(own, key=_widest_first)) for parcel, own in found.items()}


def is_opposite(first: FacingSide, second: FacingSide) -> bool:
    """Tell whether two sides look in opposite directions: a plot between two roads, not a corner."""
    return float(np.dot(first.normal, second.normal)) <= -FACING_COSINE


def is_through(sides: Sequence[FacingSide]) -> bool:
    """Tell whether these are the sides of a plot that lies between two roads, one in front and one behind."""
    return len(sides) == 2 and is_opposite(*sides)  # noqa: PLR2004 - front and back


def rear_edges(sides: Outlines, fronts: Mapping[int, FacingSide]) -> dict[int, BaseGeometry]:
    """Return the sides that look away from the street in front, by the number of the parcel, where any does."""
    chosen = np.flatnonzero(np.isin(sides.parcel, list(fronts)))
    forward = np.asarray([fronts[parcel].normal for parcel in sides.parcel[chosen].tolist()]).reshape(-1, 2)
    away = chosen[np.einsum("ij,ij->i", sides.normal[chosen], forward) <= -FACING_COSINE]
    edges: dict[int, list[BaseGeometry]] = {}
    for parcel, edge in zip(sides.parcel[away].tolist(), sides.edge[away], strict=True):
        edges.setdefault(parcel, []).append(edge)
    return {parcel: _joined(own) for parcel, own in edges.items()}


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


def _widest_first(side: FacingSide) -> tuple[float, float]:
    return -(side.street.width_m or 0.0), -side.length_m


def _met(sides: Outlines, streets: Sequence[Street], *, near: tuple[Numbers, Numbers]) -> _Met:
    """Look from every side to every street near its parcel, and keep the nearest that it meets."""
    parcel, street = near
    begin, end = (np.searchsorted(sides.parcel, parcel, side=edge) for edge in ("left", "right"))
    pair = np.repeat(np.arange(len(parcel)), end - begin)
    side = np.concatenate([np.zeros(0, dtype=np.intp), *map(np.arange, begin, end)])
    gap_m = _gaps_m(sides, side, [streets[number] for number in street.tolist()], pair)
    order = np.lexsort((street[pair], gap_m, side))
    is_nearest = np.diff(side[order], prepend=-1) > 0
    nearest = order[is_nearest & (gap_m[order] <= MAX_GAP_M)]
    side, street, gap_m = side[nearest], street[pair[nearest]], gap_m[nearest]
    order = np.lexsort((street, sides.parcel[side]))
    return _Met(parcel=sides.parcel[side[order]], street=street[order], side=side[order], gap_m=gap_m[order])


def _gaps_m(sides: Outlines, side: Numbers, streets: Sequence[Street], street: Numbers) -> Floats:
    """Return the gap of each side to the edge of its street; infinite for sides that do not face it."""
    line = shapes_of(*(each.line for each in streets))[street]
    half_width_m = np.asarray([(each.width_m or _UNKNOWN_STREET_WIDTH_M) / 2 for each in streets], dtype=float)[street]
    way = shapely.get_coordinates(shapely.shortest_line(shapely.points(sides.middle[side]), line)).reshape(-1, 2, 2)
    towards = way[:, 1] - way[:, 0]
    distance_m = np.hypot(towards[:, 0], towards[:, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.einsum("ij,ij->i", towards / distance_m[:, None], sides.normal[side])
    gap_m = np.maximum(distance_m - half_width_m, 0.0)
    return np.where(np.nan_to_num(cosine, nan=-1.0) >= FACING_COSINE, gap_m, np.inf)


def _facing(sides: Outlines, streets: Sequence[Street], met: _Met) -> Iterator[tuple[int, FacingSide]]:
    """Join what faces one street in one direction; yield each with the number of its parcel."""
    groups = _groups(sides, met)
    if not groups:
        return
    row = np.concatenate(groups)
    group = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
    first = np.flatnonzero(np.diff(group, prepend=-1))
    side, length_m = met.side[row], sides.length_m[met.side[row]]
    x, y = (np.bincount(group, weights=sides.normal[side, axis] * length_m) for axis in (0, 1))
    unit = np.column_stack([x, y]) / np.hypot(x, y)[:, None]
    rows = zip(
        met.parcel[row[first]].tolist(),
        met.street[row[first]].tolist(),
        np.bincount(group, weights=length_m).tolist(),
        np.minimum.reduceat(met.gap_m[row], first).tolist(),
        unit.tolist(),
        groups,
        strict=True,
    )
    for parcel, street, own_length_m, gap_m, normal, own in rows:
        yield (
            parcel,
            FacingSide(
                street=streets[street],
                length_m=own_length_m,
                gap_m=gap_m,
                normal=tuple(normal),
                edge=_joined(sides.edge[met.side[own]]),
            ),
        )


def _groups(sides: Outlines, met: _Met) -> list[list[int]]:
    """Return rows of ``met`` that belong together: of one parcel, at one street, looking the same way."""
    runs: dict[tuple[int, int], list[int]] = {}
    for row, where in enumerate(zip(met.parcel.tolist(), met.street.tolist(), strict=True)):
        runs.setdefault(where, []).append(row)
    normal, length_m = sides.normal[met.side], sides.length_m[met.side].tolist()
    return [
        group for run in runs.values() for group in _by_direction(normal, sorted(run, key=lambda row: -length_m[row]))
    ]


def _by_direction(normal: Floats, longest_first: Sequence[int]) -> list[list[int]]:
    """Split sides that face one street (as in a bend) into those that look the same way as the longest of them."""
    groups: list[list[int]] = []
    for row in longest_first:
        for group in groups:
            if float(normal[group[0]] @ normal[row]) >= _SAME_DIRECTION_COSINE:
                group.append(row)
                break
        else:
            groups.append([row])
    return groups


def _joined(edges: Sequence[BaseGeometry] | Shapes) -> BaseGeometry:
    return edges[0] if len(edges) == 1 else shapely.union_all(edges)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not np.isnan(value) else None
