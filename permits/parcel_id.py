"""Is a national parcel id plausible? It is worked out anew to be compared, never to take the stored one's place.

The id is a GeoHash of twelve characters of a point deep inside the parcel, taken from VN-2000 to WGS84. A cell is two
to four centimetres wide, so that another datum operation (0.8 m away), another point of the same parcel or another
precision changes the last characters. The stored id is the parcel's name; what is computed here is an opinion about it.

References
----------
Thông tư 19/2026/TT-BNNMT, Annex I (in force from 30 March 2026); the datum operation is EPSG:6960 (`spatial.crs`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import shapely

from spatial.crs import WGS84, transformer
from spatial.geometry import Located

_ALPHABET: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_LETTERS_COUNT: Final = 12
_BITS_PER_LETTER: Final = 5
_HALF_BITS: Final = _LETTERS_COUNT * _BITS_PER_LETTER // 2
_FULL_LON_DEGREES: Final = 360.0
_FULL_LAT_DEGREES: Final = 180.0
_INNER_POINT_TOLERANCE_M: Final = 0.01


class Agreement(StrEnum):
    """What comparing a stored id with the drawn parcel says."""

    AGREES = "agrees"
    INSIDE = "inside"
    DIFFERS = "differs"
    NOT_AN_ID = "not_an_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdCheck:
    """A stored id beside the drawn parcel.

    Parameters
    ----------
    agreement
        AGREES: the same twelve characters. INSIDE: another point of the same parcel. DIFFERS: a point outside it.
    distance_m
        From the point of the stored id to that of the drawing; None where the stored text is no id.
    """

    stored: str
    computed: str
    agreement: Agreement
    distance_m: float | None = None


def geohash(lon: float, lat: float) -> str:
    """Return the twelve-character GeoHash of a point in degrees of WGS84: bits of both in turn, longitude first."""
    columns = _cell(lon, _FULL_LON_DEGREES)
    rows = _cell(lat, _FULL_LAT_DEGREES)
    bits = 0
    for place in reversed(range(_HALF_BITS)):
        bits = bits << 2 | (columns >> place & 1) << 1 | (rows >> place & 1)
    shifts = range(_BITS_PER_LETTER * (_LETTERS_COUNT - 1), -1, -_BITS_PER_LETTER)
    return "".join(_ALPHABET[bits >> shift & (len(_ALPHABET) - 1)] for shift in shifts)


def _cell(degrees: float, full_degrees: float) -> int:
    """Return which of 2^30 equal parts of the circle, or half circle, holds an angle."""
    parts = 1 << _HALF_BITS
    return min(int((degrees + full_degrees / 2) / full_degrees * parts), parts - 1)


def centre_of(code: str) -> tuple[float, float] | None:
    """Return longitude and latitude of the middle of a twelve-character cell; None where ``code`` is no such id."""
    if len(code) != _LETTERS_COUNT or not set(code) <= set(_ALPHABET):
        return None
    bits = 0
    for letter in code:
        bits = bits << _BITS_PER_LETTER | _ALPHABET.index(letter)
    columns = rows = 0
    for place in reversed(range(_HALF_BITS)):
        columns = columns << 1 | (bits >> 2 * place + 1 & 1)
        rows = rows << 1 | (bits >> 2 * place & 1)
    parts = 1 << _HALF_BITS
    return (
        (columns + 0.5) / parts * _FULL_LON_DEGREES - _FULL_LON_DEGREES / 2,
        (rows + 0.5) / parts * _FULL_LAT_DEGREES - _FULL_LAT_DEGREES / 2,
    )


def national_id_at(x: float, y: float, *, crs: str) -> str:
    """Return the id of a point, easting and northing in ``crs``, for comparison only."""
    lon, lat = transformer(crs, WGS84)(np.array([[x, y]]))[0].tolist()
    return geohash(lon, lat)


def check_national_id(stored: str, place: Located) -> IdCheck:
    """Compare a stored id with the drawn parcel; the stored one stays what it is.

    Parameters
    ----------
    place
        Polygon of the parcel in a metric system, as the cadastre drew it.
    """
    deepest = shapely.get_point(shapely.maximum_inscribed_circle(place.geometry, tolerance=_INNER_POINT_TOLERANCE_M), 0)
    computed = national_id_at(deepest.x, deepest.y, crs=place.crs)
    code = stored.strip().lower()
    centre = centre_of(code)
    if centre is None:
        return IdCheck(stored=stored, computed=computed, agreement=Agreement.NOT_AN_ID)
    x, y = transformer(WGS84, place.crs)(np.array([centre]))[0].tolist()
    point = shapely.Point(x, y)
    if code == computed:
        agreement = Agreement.AGREES
    else:
        agreement = Agreement.INSIDE if shapely.contains(place.geometry, point) else Agreement.DIFFERS
    return IdCheck(
        stored=stored, computed=computed, agreement=agreement, distance_m=float(shapely.distance(point, deepest))
    )
