"""A geometry travels with its coordinate system: mixing two raises, measuring in degrees raises."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from spatial.crs import is_geographic, known_crs, transformer
from spatial.errors import InputError
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A shapely geometry and the coordinate system (``EPSG:n``) that its numbers are in, x before y."""

    geometry: BaseGeometry
    crs: str

    def to(self, crs: str) -> "Located":
        """Return the same place in ``crs``, over the pinned datum operation where datums differ."""
        return Located(geometry=reproject(self.geometry, source=self.crs, target=crs), crs=crs)

    @property
    def area_m2(self) -> float:
        """Area in square metres. Raises InputError in degrees."""
        self._must_be_metric()
        return float(self.geometry.area)

    @property
    def length_m(self) -> float:
        """Length or perimeter in metres. Raises InputError in degrees."""
        self._must_be_metric()
        return float(self.geometry.length)

    def distance_m(self, other: "Located") -> float:
        """Return the straight distance to ``other`` in metres.

        Raises
        ------
        InputError
            The two are in different coordinate systems, or in degrees.
        """
        self._must_be_metric()
        self._must_match(other)
        return float(self.geometry.distance(other.geometry))

    def intersection(self, other: "Located") -> "Located":
        """Return the common part. Raises InputError when the coordinate systems differ."""
        self._must_match(other)
        return Located(geometry=self.geometry.intersection(other.geometry), crs=self.crs)

    def _must_be_metric(self) -> None:
        if is_geographic(self.crs):
            raise InputError(
                Text(f"Không đo được trong hệ tọa độ độ {self.crs}.", f"Nothing can be measured in {self.crs}."),
                hint=Text("Chuyển sang VN-2000 (EPSG:9210) trước.", "Go to VN-2000 (EPSG:9210) first."),
            )

    def _must_match(self, other: "Located") -> None:
        if known_crs(self.crs) != known_crs(other.crs):
            raise InputError(
                Text(f"Hai hệ tọa độ khác nhau: {self.crs}, {other.crs}.", f"Two systems: {self.crs}, {other.crs}."),
                hint=Text("Chuyển về một hệ trước.", "Bring both into one first."),
            )


def reproject(geometry: BaseGeometry, *, source: str, target: str) -> BaseGeometry:
    """Return ``geometry`` taken from ``source`` to ``target`` over the pinned datum operation; Z is dropped."""
    return shapely.transform(shapely.force_2d(geometry), transformer(source, target))


def reproject_frame(frame: gpd.GeoDataFrame, target: str) -> gpd.GeoDataFrame:
    """Return a copy of ``frame`` in ``target``; use this, never ``GeoDataFrame.to_crs``.

    Raises
    ------
    InputError
        The frame carries no coordinate system.
    """
    if frame.crs is None:
        raise InputError(
            Text("Bảng không có hệ tọa độ.", "The frame has no coordinate system."),
            hint=Text("Ghi rõ bằng --crs EPSG:n.", "State it with --crs EPSG:n."),
        )
    moved = shapely.transform(shapely.force_2d(frame.geometry.array), transformer(frame.crs.to_wkt(), target))
    return gpd.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=moved, crs=target)


def whole_metres(distance_m: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return distances as integer metres, halves up: the one place where a distance that ranks people is rounded."""
    return np.floor(np.asarray(distance_m, dtype=np.float64) + 0.5).astype(np.int64)
