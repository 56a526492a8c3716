"""What the roads in front of a parcel settle for the rules: their planned widths, a corner, a plot between two."""

from collections.abc import Sequence
from typing import Any

import shapely

from permits.answers import Concern, LayerAnswer, LayerStatus
from permits.frontage import FacingSide, is_through
from permits.overlap import MILLIMETRE


def planned_widths_m(sides: Sequence[FacingSide], reservations: LayerAnswer) -> tuple[float | None, ...]:
    """Return the planned width of the road at each side; None while reservations are not checked."""
    return tuple([_planned_width_m(side, reservations) for side in sides])


def road_facts(sides: Sequence[FacingSide], widths_m: Sequence[float | None]) -> dict[str, Any]:
    """Return the facts of `permits.model.Facts` that the roads in front settle.

    Parameters
    ----------
    widths_m
        Planned widths of the roads at ``sides``; None: not known.
    """
    if not sides:
        return {}
    if len(sides) == 1:
        return {
            "frontage_m": sides[0].length_m,
            "road_width_m": widths_m[0],
            "through_plot": False,
            "sidewalk_width_m": sides[0].street.sidewalk_width_m,
        }
    if is_through(sides):
        return {
            "frontage_m": sides[0].length_m,
            "road_width_m": widths_m[0],
            "through_plot": True,
            "rear_road_width_m": widths_m[1],
        }
    return {"frontage_m": sides[0].length_m, "through_plot": False, **_corner_facts(sides, widths_m)}


def _corner_facts(sides: Sequence[FacingSide], widths_m: Sequence[float | None]) -> dict[str, Any]:
    known_m = [width_m for width_m in widths_m if width_m is not None]
    if len(known_m) < len(sides):
        return {}
    return {
        "road_widths_m": tuple(known_m),
        "width_on_larger_road_m": sides[widths_m.index(max(known_m))].length_m,
    }


def _planned_width_m(side: FacingSide, reservations: LayerAnswer) -> float | None:
    """Return the planned width of the road at a side; unknown while reservations are not checked.

    At a corner the reservation of the other road reaches this side too: one that bears the road's name goes first, and
    one of another name counts only where it runs along the side.
    """
    if reservations.status is LayerStatus.NOT_CHECKED:
        return None
    reach_m = side.gap_m + MILLIMETRE
    near = [each for each in reservations.concerns if each.geometry.geometry.distance(side.edge) <= reach_m]
    own = [each for each in near if each.name and each.name == side.street.name]
    widths = [_width_m(each) for each in (own or [each for each in near if _may_be_of(each, side)])]
    return max((width for width in widths if width), default=side.street.width_m)


def _may_be_of(reservation: Concern, side: FacingSide) -> bool:
    if not reservation.name or not side.street.name:
        return True
    beside = shapely.buffer(reservation.geometry.geometry, side.gap_m + MILLIMETRE)
    return bool(shapely.intersection(side.edge, beside).length >= side.length_m / 2)


def _width_m(reservation: Concern) -> float | None:
    width = reservation.detail.get("planned_width_m")
    return float(width) if isinstance(width, int | float) and width > 0 else None
