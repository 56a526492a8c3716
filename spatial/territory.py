"""Which ground a store answers for: a plausibility test of places, by the storage coordinate system.

A storage system that is used in Viet Nam answers for the country as a whole: nothing is let in that its own, wider area
of use would allow. Any other answers for the area for which EPSG made it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from spatial.crs import VIETNAM_BOUNDS_DEGREES, WGS84, Coordinates, known_crs, transformer
from spatial.errors import InputError
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """The ground that may hold a place.

    Parameters
    ----------
    bounds_degrees
        West, south, east, north in degrees of WGS84; west is greater than east where it crosses 180°.
    """

    name: Text
    bounds_degrees: tuple[float, float, float, float]

    @property
    def is_vietnam(self) -> bool:
        """Whether the checks that know the country and its city apply."""
        return self.bounds_degrees == VIETNAM_BOUNDS_DEGREES

    def holds(self, degrees: Coordinates) -> npt.NDArray[np.bool_]:
        """Tell of longitudes and latitudes of shape (n, 2) whether they may lie here."""
        west, south, east, north = self.bounds_degrees
        x, y = degrees[:, 0], degrees[:, 1]
        across = (x >= west) & (x <= east) if west <= east else (x >= west) | (x <= east)
        return np.asarray(across & (y >= south) & (y <= north), dtype=np.bool_)

    def may_hold(self, point: tuple[float, float], *, crs: str) -> bool:
        """Tell whether a point (x, y) in ``crs`` may lie here."""
        return bool(self.holds(transformer(crs, WGS84)(np.array([point], dtype=np.float64)))[0])


VIETNAM = Territory(name=Text("Việt Nam", "Vietnam"), bounds_degrees=VIETNAM_BOUNDS_DEGREES)
"""The country, as far as a test of plausibility needs it."""


@lru_cache(maxsize=16)
def territory_of(storage_crs: str) -> Territory:
    """Return the ground that a store in ``storage_crs`` answers for.

    Raises
    ------
    InputError
        EPSG does not say where the system is used.
    """
    area = known_crs(storage_crs).area_of_use
    if area is None:
        raise InputError(
            Text(f"Không biết {storage_crs} dùng cho vùng nào.", f"Where {storage_crs} is used is not known."),
            hint=Text("Đặt DIABAN_CRS là hệ tọa độ EPSG.", "Set DIABAN_CRS to a system of EPSG."),
            subject="DIABAN_CRS",
        )
    west, south, east, north = VIETNAM_BOUNDS_DEGREES
    meets_vietnam = area.west < east and area.east > west and area.south < north and area.north > south
    if meets_vietnam:
        return VIETNAM
    name = area.name.partition(" - ")[0].rstrip(".")
    return Territory(name=Text(name, name), bounds_degrees=area.bounds)
