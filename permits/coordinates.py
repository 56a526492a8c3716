"""Two numbers that somebody wrote down as a place: every way in which they may be meant. Pure.

Vietnamese papers call the northing X and the easting Y, screens do it the other way, and phones give degrees with the
latitude first. Degrees tell their order by their size; metres often do, and where they do not, nobody guesses.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WGS84, is_geographic, transformer
from spatial.errors import InputError
from spatial.territory import territory_of
from spatial.text import Text

_LARGEST_DEGREES = 180.0
_LARGEST_METRES = 1e8
_METRIC_OF_THE_CITY = (HCMC, BA_RIA_VUNG_TAU)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to understand two numbers.

    Parameters
    ----------
    x, y
        In the storage coordinate system.
    crs
        In which the numbers are taken to be.
    is_swapped
        The first number is taken for y (northing, latitude).
    """

    x: float
    y: float
    crs: str
    is_swapped: bool

    @property
    def sentence(self) -> Text:
        """How the numbers were understood."""
        if is_geographic(self.crs):
            vi, en = (
                ("vĩ độ trước, kinh độ sau", "latitude first")
                if self.is_swapped
                else (
                    "kinh độ trước, vĩ độ sau",
                    "longitude first",
                )
            )
        else:
            vi, en = (
                ("bắc (X) trước, đông (Y) sau", "northing first")
                if self.is_swapped
                else (
                    "đông trước, bắc sau",
                    "easting first",
                )
            )
        return Text(f"Đọc là {vi}, hệ {self.crs}.", f"Read as {en}, {self.crs}.")


def readings_of(numbers: tuple[float, float], *, crs: str | None, storage_crs: str) -> tuple[Reading, ...]:
    """Return every way to understand two numbers that leads where the store answers, the usual order first.

    Parameters
    ----------
    numbers
        In the order in which they were written.
    crs
        Of the numbers; None: degrees are WGS84, metres any of the city's systems.

    Raises
    ------
    InputError
        The numbers are no coordinates, or lead nowhere in Viet Nam (in a store of another country: nowhere there).
    """
    if not all(math.isfinite(number) and abs(number) < _LARGEST_METRES for number in numbers):
        raise InputError(
            Text("Hai số này không phải tọa độ.", "These two numbers are no coordinates."),
            hint=_EXAMPLES,
            code="coordinates_unread",
        )
    territory, are_degrees = territory_of(storage_crs), max(map(abs, numbers)) <= _LARGEST_DEGREES
    in_metres = (storage_crs, *_METRIC_OF_THE_CITY) if territory.is_vietnam else (storage_crs,)
    systems = (crs,) if crs else (WGS84,) if are_degrees else tuple(dict.fromkeys(in_metres))
    found = []
    for system in systems:
        if is_geographic(system) and not are_degrees:
            raise InputError(
                Text(
                    f"{system} tính bằng độ, hai số này thì không.", f"{system} is in degrees, these numbers are not."
                ),
                hint=_EXAMPLES,
                code="coordinates_unread",
            )
        for is_swapped, (x, y) in ((False, numbers), (True, numbers[::-1])):
            if territory.may_hold((x, y), crs=system):
                east, north = transformer(system, storage_crs)(np.array([[x, y]]))[0].tolist()
                found.append(Reading(x=east, y=north, crs=system, is_swapped=is_swapped))
    if not found:
        raise InputError(
            Text(f"Điểm này nằm ngoài {territory.name.vi}, đọc thứ tự nào cũng vậy.",
                 f"The point lies outside {territory.name.en}, whichever number comes first."),
            hint=_EXAMPLES,
            code="outside_country",
        )  # fmt: skip
    return tuple(found)


def the_reading(readings: tuple[Reading, ...], *, is_in_city: Callable[[Reading], bool]) -> tuple[Reading, bool]:
    """Return the one reading that lies in the city, or else the most usual one; and whether it lies in the city.

    Raises
    ------
    InputError
        Several lie in the city: whoever asks has to say which is meant.
    """
    inside = [reading for reading in readings if is_in_city(reading)]
    if len(inside) > 1:
        ways = Text(*(" / ".join(reading.sentence[at] for reading in inside) for at in (0, 1)))
        raise InputError(
            Text(
                f"Hai số này hiểu được nhiều cách: {ways.vi}", f"These numbers may be meant in several ways: {ways.en}"
            ),
            hint=Text(
                "Ghi rõ hệ tọa độ, và số nào là hướng đông.", "Say the coordinate system, and which is the easting."
            ),
            code="coordinates_ambiguous",
        )
    return (inside[0], True) if inside else (readings[0], False)


_EXAMPLES = Text(
    "Ví dụ kinh độ 106.700, vĩ độ 10.776; hoặc VN-2000: đông 603701, bắc 1191178.",
    "For example longitude 106.700, latitude 10.776; or VN-2000: easting 603701, northing 1191178.",
)
