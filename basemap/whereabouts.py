"""Whether coordinates lie where they can lie, and if not, what the numbers look like.

The label of a file is believed until its numbers speak against it: metres under a longitude/latitude label, the
northing where the easting belongs (Vietnamese papers call the northing X), the wrong meridian, feet, millimetres
out of a drawing. A reading is recognised when it puts the file into the city; among several the one nearest to
the city's centre is named first.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatial.crs import (
    BA_RIA_VUNG_TAU,
    HCMC,
    WEB_MERCATOR,
    WGS84,
    Coordinates,
    is_geographic,
    known_crs,
    transformer,
)
from spatial.errors import InputError
from spatial.territory import VIETNAM, Territory
from spatial.text import Text

CITY_BOUNDS_DEGREES = (106.0, 8.5, 107.65, 11.6)
"""Ho Chi Minh City since 2025-07-01 with Bình Dương, Bà Rịa–Vũng Tàu and Côn Đảo, and some margin."""

CITY_CENTRE_DEGREES = (106.70, 10.776)

_WHOLE_FILE_WRONG_RATIO = 0.5
_RECOGNISED_RATIO = 0.9
_UTM_48N = "EPSG:32648"
_FOOT_M = 0.3048
_MILLIMETRE_M = 0.001

_WORDS = {
    WGS84: Text(f"kinh vĩ độ WGS84 ({WGS84})", f"longitude and latitude ({WGS84})"),
    HCMC: Text(f"VN-2000 105°45' ({HCMC}), mét", f"VN-2000 / TM-3 105-45 ({HCMC}) metres"),
    BA_RIA_VUNG_TAU: Text(
        f"VN-2000 107°45' ({BA_RIA_VUNG_TAU}), mét", f"VN-2000 / TM-3 107-45 ({BA_RIA_VUNG_TAU}) metres"
    ),
    _UTM_48N: Text(f"UTM múi 48N ({_UTM_48N}), mét", f"UTM zone 48N ({_UTM_48N}) metres"),
    WEB_MERCATOR: Text(f"Web Mercator ({WEB_MERCATOR}), mét", f"Web Mercator ({WEB_MERCATOR}) metres"),
}
_CANDIDATES = tuple(_WORDS)
_FIRST_WHEN_SWAPPED = {
    True: Text("vĩ độ đứng trước", "the latitude comes first"),
    False: Text("X là hướng bắc như trên giấy tờ địa chính", "X is the northing, as on cadastral papers"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to understand a file's numbers.

    Parameters
    ----------
    unit_m
        Length of one unit in metres: 1, or that of a foot or millimetre.
    """

    crs: str
    is_swapped: bool = False
    unit_m: float = 1.0

    def longitude_latitude(self, points: Coordinates) -> Coordinates:
        """Return ``points`` (n, 2) understood this way, as longitude and latitude in degrees; inf where impossible."""
        ordered = points[:, ::-1] if self.is_swapped else points
        return to_degrees(ordered * self.unit_m, crs=self.crs)

    def words(self) -> Text:
        """Return what the numbers are under this reading."""
        what = _WORDS.get(self.crs, Text(self.crs, self.crs))
        if self.is_swapped:
            first = _FIRST_WHEN_SWAPPED[is_geographic(self.crs)]
            what = Text(f"{what.vi}, hai trục đổi chỗ ({first.vi})", f"{what.en} with the axes swapped ({first.en})")
        if self.unit_m == _FOOT_M:
            what = Text(f"{what.vi}, tính bằng foot", f"{what.en}, counted in feet")
        if self.unit_m == _MILLIMETRE_M:
            what = Text(f"{what.vi}, tính bằng mi-li-mét", f"{what.en}, counted in millimetres")
        return what

    def advice(self) -> Text:
        """Return what to do if the numbers are this."""
        if self.unit_m != 1.0:
            return Text("Đổi sang mét rồi nhập lại.", "Convert to metres, then import again.")
        options = f"--crs {self.crs}" + (" --swap-axes" if self.is_swapped else "")
        return Text(f"Nếu đúng, ghi {options}.", f"Give {options} if so.")


def to_degrees(points: Coordinates, *, crs: str) -> Coordinates:
    """Return ``points`` (n, 2; x before y, in ``crs``) as longitude and latitude; inf where ``crs`` has no place."""
    return transformer(crs, WGS84)(points)


def outside_country(
    bounds: npt.NDArray[np.float64], *, crs: str, territory: Territory = VIETNAM
) -> npt.NDArray[np.bool_]:
    """Tell for each row of ``bounds`` (n, 4; minx, miny, maxx, maxy in ``crs``) whether it leaves the country.

    NaN (no geometry) is not outside.
    """
    known = ~np.isnan(bounds).any(axis=1)
    outside = np.zeros(len(bounds), dtype=np.bool_)
    for corners in (bounds[known, :2], bounds[known, 2:]):
        outside[known] |= ~territory.holds(to_degrees(corners, crs=crs))
    return outside


def check_whereabouts(
    frame: gpd.GeoDataFrame, *, crs: str, is_asserted: bool, file: str, territory: Territory = VIETNAM
) -> None:
    """Refuse a file whose coordinates lie outside the country, or where another reading puts it into the city.

    Parameters
    ----------
    frame
        Features with x before y in ``crs``.
    is_asserted
        A person named ``crs``: then only the country is checked.
    territory
        What the store answers for; numbers are recognised in Viet Nam only.

    Raises
    ------
    InputError
        With what the numbers look like, and which option to give.
    """
    bounds = np.array(frame.geometry.bounds, dtype=np.float64)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    inside_share = 1 - outside_country(bounds, crs=crs, territory=territory).mean()
    if inside_share >= _WHOLE_FILE_WRONG_RATIO:
        if is_asserted or not territory.is_vietnam or _share_in_city(Reading(crs=crs), centres) > 0:
            return
        readings = recognise(centres, crs=crs)
        if not readings:
            return
    else:
        readings = recognise(centres, crs=crs) if territory.is_vietnam else []
    raise _refusal(bounds, readings, crs=crs, file=file, country=territory.name)


def recognise(centres: Coordinates, *, crs: str) -> list[Reading]:
    """Return the readings that put ``centres`` (n, 2) into the city, the one nearest to its centre first.

    The label's own system with swapped axes comes before any other system.
    """
    own = Reading(crs=crs, is_swapped=True)
    if _share_in_city(own, centres) >= _RECOGNISED_RATIO:
        return [own]
    plain = [Reading(crs=name) for name in _CANDIDATES]
    swapped = [Reading(crs=name, is_swapped=True) for name in _CANDIDATES]
    scaled = [Reading(crs=name, unit_m=unit_m) for name in (HCMC, _UTM_48N) for unit_m in (_FOOT_M, _MILLIMETRE_M)]
    for group in (plain, swapped, scaled):
        fitting = [reading for reading in group if _share_in_city(reading, centres) >= _RECOGNISED_RATIO]
        fitting = [reading for reading in fitting if reading != Reading(crs=crs)]
        if fitting:
            return sorted(fitting, key=lambda reading: _degrees_from_centre(reading, centres))
    return []


def _inside(points: Coordinates, bounds: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    west, south, east, north = bounds
    x, y = points[:, 0], points[:, 1]
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north), dtype=np.bool_)


def _share_in_city(reading: Reading, centres: Coordinates) -> float:
    return float(_inside(reading.longitude_latitude(centres), CITY_BOUNDS_DEGREES).mean())


def _degrees_from_centre(reading: Reading, centres: Coordinates) -> float:
    middle = np.median(reading.longitude_latitude(centres), axis=0)
    return float(np.hypot(*(middle - np.array(CITY_CENTRE_DEGREES))))


def _refusal(
    bounds: npt.NDArray[np.float64], readings: list[Reading], *, crs: str, file: str, country: Text
) -> InputError:
    numbers = _numbers(bounds, digits=4 if np.abs(bounds).max() <= 360 else 0)  # noqa: PLR2004 - a full circle
    label = known_crs(crs).name
    if not readings:
        return InputError(
            Text(
                f"Tọa độ ({numbers}, {label}) nằm ngoài {country.vi}.",
                f"The file ({numbers}, {label}) lies outside {country.en}.",
            ),
            hint=Text(
                "Kiểm tra tệp; nếu nhãn sai, ghi --crs EPSG:n.",
                "Check the file; if its label is wrong, give --crs EPSG:n.",
            ),
            subject=file,
            code="outside_country",
        )
    contradiction = _contradiction(bounds, crs=crs)
    words, advice = readings[0].words(), readings[0].advice()
    others = [reading.words() for reading in readings[1:]]
    also = Text(
        "".join(f" Cũng có thể là {other.vi}." for other in others),
        "".join(f" It could also be {other.en}." for other in others),
    )
    return InputError(
        Text(
            f"Tọa độ ({numbers}) {contradiction.vi} như nhãn {label}; các số giống {words.vi}.",
            f"The coordinates ({numbers}) {contradiction.en}, although the label is {label}; "
            f"the numbers look like {words.en}.",
        ),
        hint=Text(advice.vi + also.vi, advice.en + also.en),
        subject=file,
        code="crs_contradicted",
    )


def _numbers(bounds: npt.NDArray[np.float64], *, digits: int) -> str:
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return ", ".join(f"{axis} {low[i]:.{digits}f}–{high[i]:.{digits}f}" for i, axis in enumerate("xy"))


def _contradiction(bounds: npt.NDArray[np.float64], *, crs: str) -> Text:
    if is_geographic(crs) and np.abs(bounds).max() > 180:  # noqa: PLR2004 - half a circle
        return Text("không phải độ", "are not degrees")
    return Text("không rơi vào thành phố", "do not fall into the city")
