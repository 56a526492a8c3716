"""What of a layer lies in a shape or near it, and how far away it is: measures for rules about the ground. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from permits.ground import Ground
from permits.overlap import Shapes, shapes_of

_WIDEST_UNKNOWN_STREET_M = 20.0
_WIDEST_STREET_M = 40.0
_NOTHING = shapely.Polygon()

Where = Mapping[str, tuple[str, ...]]
"""Values that an attribute may have for a feature to count, by the name of the attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Features of one layer; ``numbers`` are their places in it, of shape (n,) like ``shapes``."""

    numbers: npt.NDArray[np.intp]
    shapes: Shapes

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.numbers)

    @property
    def union(self) -> BaseGeometry:
        """All of them together; empty where there are none."""
        if self.count == 1 and isinstance(self.shapes[0], shapely.Polygon):
            return self.shapes[0]
        return shapely.union_all(self.shapes) if self.count else _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far a shape keeps from the nearest feature, metres.

    Parameters
    ----------
    least_m, most_m
        They differ where the width of a street is not known; None: nothing that counts is near.
    way
        The shortest line to it.
    """

    least_m: float | None = None
    most_m: float | None = None
    way: BaseGeometry | None = None

    @property
    def is_known(self) -> bool:
        """Whether the distance is one figure."""
        return self.least_m == self.most_m


def features_near(ground: Ground, layer: LayerName, shape: BaseGeometry, *, within_m: float, where: Where) -> Features:
    """Return the features of a loaded layer within that distance of a shape, those only that count."""
    _, numbers = ground.pairs(layer, shapes_of(shape), distance_m=within_m)
    counting = [number for number in numbers if counts(ground.record(layer, int(number)), where)]
    chosen = np.asarray(counting, dtype=np.intp)
    return Features(numbers=chosen, shapes=ground.shapes(layer)[chosen])


def gap_m(ground: Ground, layer: LayerName, shape: BaseGeometry, *, least_m: float, where: Where) -> Gap:
    """Return the distance from a shape to what counts of a layer, as far as ``least_m`` asks; of streets to their edge.

    A street without a width lies somewhere between its line and half of 20 m beside it.
    """
    is_street = layer is LayerName.STREET
    reach_m = least_m + ground.error_m(layer) + (_WIDEST_STREET_M / 2 if is_street else 0.0)
    near = features_near(ground, layer, shape, within_m=reach_m, where=where)
    if not near.count:
        return Gap()
    distance_m = shapely.distance(near.shapes, shape)
    narrow_m, wide_m = np.zeros(near.count), np.zeros(near.count)
    if is_street:
        widths = [ground.record(layer, int(number)).get("width_m") for number in near.numbers]
        known = np.array([float(width) if isinstance(width, int | float) else np.nan for width in widths])
        narrow_m = np.nan_to_num(known / 2, nan=0.0)
        wide_m = np.nan_to_num(known / 2, nan=_WIDEST_UNKNOWN_STREET_M / 2)
    most_m, lowest_m = np.maximum(distance_m - narrow_m, 0.0), np.maximum(distance_m - wide_m, 0.0)
    nearest = near.shapes[int(np.argmin(most_m))]
    return Gap(least_m=float(lowest_m.min()), most_m=float(most_m.min()), way=shapely.shortest_line(shape, nearest))


def areal(shape: BaseGeometry) -> BaseGeometry:
    """Return the areas of a shape without the lines and points where it merely touches."""
    if isinstance(shape, shapely.Polygon):
        return shape
    parts = shapely.get_parts(shape)
    areas = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - of an area
    return areas[0] if len(areas) == 1 else shapely.union_all(areas) if len(areas) else _NOTHING


def counts(record: Mapping[str, object], where: Where) -> bool:
    """Tell whether a feature with these attributes counts."""
    return all(record.get(column) in values for column, values in where.items())
