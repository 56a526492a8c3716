"""Where on a parcel a footprint may stand: the parcel less what is reserved, kept free or forbidden. Pure."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from permits.facts import ParcelFacts
from permits.ground import CORRIDOR_LAYERS
from permits.model import Limit, Limits
from permits.overlap import MILLIMETRE
from permits.setbacks_drawn import FRONT, REAR, strip_of
from spatial.geometry import Located

_HALVINGS_COUNT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOff:
    """A part of the parcel on which nothing may stand, or perhaps nothing.

    Parameters
    ----------
    source
        Name of the limit, or of the layer, that keeps it free.
    is_certain
        False where a person decides whether building is forbidden there.
    """

    source: str
    place: Located
    is_certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildable:
    """What is left of a parcel.

    Parameters
    ----------
    surely
        Largest connected part that nothing touches.
    perhaps
        The same with the parts on which a person decides.
    """

    surely: BaseGeometry
    perhaps: BaseGeometry
    taken_off: tuple[TakenOff, ...]


def buildable(found: ParcelFacts, figures: Limits, *, of_outline: Collection[str]) -> Buildable:
    """Return where a footprint may stand under these limits; of several separate parts the largest.

    Parameters
    ----------
    of_outline
        Names of the setbacks that hold for the outline, rather than for the ground floor alone.
    """
    strips = _strips(found, [figures.by_name[name] for name in (FRONT, REAR) if name in of_outline])
    taken_off = (*_reserved(found), *strips, *_corridors(found))
    parcel = shapely.make_valid(found.parcel.place.geometry)
    forbidden = [each.place.geometry for each in taken_off if each.is_certain]
    all_of_it = [each.place.geometry for each in taken_off]
    return Buildable(surely=without(parcel, all_of_it), perhaps=without(parcel, forbidden), taken_off=taken_off)


def _reserved(found: ParcelFacts) -> list[TakenOff]:
    name = LayerName.ROAD_RESERVATION
    return [
        TakenOff(source=name.value, place=each.geometry, is_certain=True)
        for each in found.layers[name].felt
        if each.area_m2 > 0
    ]


def _strips(found: ParcelFacts, setbacks: Iterable[Limit]) -> list[TakenOff]:
    """Return the strips in front and behind; one whose width is open counts with the width that is shown."""
    strips = []
    for limit in setbacks:
        strip = strip_of(limit, found)
        if strip is not None and strip.area > 0:
            place = Located(geometry=strip, crs=found.parcel.place.crs)
            strips.append(TakenOff(source=limit.name, place=place, is_certain=limit.is_determined))
    return strips


def _corridors(found: ParcelFacts) -> list[TakenOff]:
    return [
        TakenOff(source=name.value, place=each.geometry, is_certain=False)
        for name in CORRIDOR_LAYERS
        for each in found.layers[name].felt
        if name is not LayerName.AIRPORT_SURFACE and each.area_m2 > 0
    ]


def without(shape: BaseGeometry, parts: list[BaseGeometry]) -> BaseGeometry:
    """Return the largest connected part of a shape that is left when parts are taken off; empty if none is."""
    left = shapely.difference(shape, shapely.union_all(parts)) if parts else shape
    snapped = shapely.set_precision(left, MILLIMETRE)
    return _largest(shapely.set_precision(snapped, 0))  # later cuts are finer than the grid


def _largest(shape: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return max(parts, key=lambda part: part.area, default=shapely.Polygon())


def trimmed(shape: BaseGeometry, most_m2: float, *, found: ParcelFacts) -> BaseGeometry:
    """Return as much of a shape as ``most_m2`` allow: cut off behind, away from the road, or all round without one.

    Areas are compared in hundredths of a square metre, and the last one is given away.
    """
    most_m2 = math.floor(most_m2 * 100) / 100
    if shape.area <= most_m2:
        return shape
    front = shapely.union_all([side.edge for side in found.sides]) if found.sides else None
    reach_m = math.sqrt(shape.area)  # no circle inside is that wide
    if front is not None:
        reach_m = shapely.distance(shape, front) + shapely.length(shapely.boundary(shape))

    def cut(at_m: float) -> BaseGeometry:
        if front is None:
            return _largest(shapely.buffer(shape, at_m - reach_m))
        return _largest(shapely.intersection(shape, shapely.buffer(front, at_m, quad_segs=32)))

    low_m, high_m = 0.0, reach_m
    for _ in range(_HALVINGS_COUNT):
        middle_m = (low_m + high_m) / 2
        low_m, high_m = (middle_m, high_m) if cut(middle_m).area <= most_m2 else (low_m, middle_m)
    return cut(low_m)
