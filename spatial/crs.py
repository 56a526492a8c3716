"""The coordinate systems of the city, and the one datum operation between them.

VN-2000 meets WGS84 only through EPSG:6960. Left alone, PROJ chooses EPSG:5194 (an offshore survey of the
Mekong delta) south of latitude 11.0413 and EPSG:6960 north of it: a jump of 0.80 m inside the city.

References
----------
EPSG:6960, VN-2000 to WGS 84 (2); EPSG:9210, VN-2000 / TM-3 105-45; EPSG:5899, VN-2000 / TM-3 107-45.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.transformer import TransformerGroup

from spatial.errors import UnknownCrsError
from spatial.text import Text

WGS84 = "EPSG:4326"
WEB_MERCATOR = "EPSG:3857"
HCMC = "EPSG:9210"
BA_RIA_VUNG_TAU = "EPSG:5899"
VN2000 = "EPSG:4756"
"""Longitude and latitude on the VN-2000 datum."""

DATUM_OPERATION = "EPSG:6960"

VIETNAM_BOUNDS_DEGREES = (102.0, 7.0, 118.0, 23.5)
"""Longitude and latitude that contain the mainland, the shelf and the islands: a plausibility test only."""

_VN2000_GEOGRAPHIC = CRS.from_user_input(VN2000)
_DATUM_OPERATION_CODE = int(DATUM_OPERATION.removeprefix("EPSG:"))

Coordinates = npt.NDArray[np.float64]
"""Array of shape (n, 2): x (easting or longitude), y (northing or latitude)."""

Step = Callable[[Coordinates], Coordinates]


@lru_cache(maxsize=64)
def known_crs(name: str) -> CRS:
    """Return the coordinate reference system called ``name`` (``EPSG:n`` or WKT).

    Raises
    ------
    UnknownCrsError
        PROJ does not know the name.
    """
    try:
        return CRS.from_user_input(name)
    except Exception as error:
        raise UnknownCrsError(
            Text(f"Không biết hệ tọa độ {name!r}.", f"The coordinate system {name!r} is unknown."),
            hint=Text("Ghi dạng EPSG:9210.", "Write it like EPSG:9210."),
        ) from error


def is_geographic(name: str) -> bool:
    """Tell whether coordinates in ``name`` are degrees, in which nothing may be measured."""
    return bool(known_crs(name).is_geographic)


def is_vn2000(name: str) -> bool:
    """Tell whether ``name`` stands on the VN-2000 datum."""
    geodetic = known_crs(name).geodetic_crs
    return geodetic is not None and geodetic.equals(_VN2000_GEOGRAPHIC, ignore_axis_order=True)


@lru_cache(maxsize=64)
def transformer(source: str, target: str) -> Step:
    """Return the function that takes coordinates (n, 2) in ``source`` to ``target``, x before y.

    Where one side is VN-2000 and the other is not, the way leads over EPSG:6960 and no other operation.

    Raises
    ------
    UnknownCrsError
        A name is unknown, or PROJ lacks the pinned operation.
    """
    if known_crs(source) == known_crs(target):
        return lambda points: np.array(points, dtype=np.float64)
    if is_vn2000(source) == is_vn2000(target):
        return _apply(Transformer.from_crs(known_crs(source), known_crs(target), always_xy=True))
    wgs84 = known_crs(WGS84)
    if is_vn2000(source):
        return _chain(
            _between(known_crs(source), _VN2000_GEOGRAPHIC),
            _apply(_datum_operation()),
            _between(wgs84, known_crs(target)),
        )
    return _chain(
        _between(known_crs(source), wgs84),
        _apply(_datum_operation(), inverse=True),
        _between(_VN2000_GEOGRAPHIC, known_crs(target)),
    )


def _between(source: CRS, target: CRS) -> Step | None:
    """Return the step between two systems on one datum, None where there is nothing to do."""
    if source.equals(target, ignore_axis_order=True):
        return None
    return _apply(Transformer.from_crs(source, target, always_xy=True))


def _datum_operation() -> Transformer:
    group = TransformerGroup(_VN2000_GEOGRAPHIC, known_crs(WGS84), always_xy=True)
    for candidate in group.transformers:
        if _DATUM_OPERATION_CODE in _operation_codes(candidate):
            return candidate
    raise UnknownCrsError(
        Text(f"PROJ thiếu phép chuyển {DATUM_OPERATION}.", f"PROJ lacks the operation {DATUM_OPERATION}."),
        hint=Text("Cài lại pyproj.", "Reinstall pyproj."),
    )


def _operation_codes(candidate: Transformer) -> set[int]:
    described = candidate.to_json_dict()
    steps = described.get("steps", [described])
    return {int(step["id"]["code"]) for step in steps if "id" in step and str(step["id"]["code"]).isdigit()}


def _apply(step: Transformer, *, inverse: bool = False) -> Step:
    direction = "INVERSE" if inverse else "FORWARD"

    def run(points: Coordinates) -> Coordinates:
        x, y = step.transform(points[:, 0], points[:, 1], direction=direction)
        return np.column_stack([x, y]).astype(np.float64, copy=False)

    return run


def _chain(*steps: Step | None) -> Step:
    taken = [step for step in steps if step is not None]

    def run(points: Coordinates) -> Coordinates:
        for step in taken:
            points = step(points)
        return points

    return run
