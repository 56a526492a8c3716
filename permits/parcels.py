"""How a parcel is named and looked up: old ward, map sheet, number; every candidate, never the first.

Map sheets start at 1 in each *old* ward, so the key carries the ward code from before the merger. A number may
stand twice in a sheet (463 of 195,152 in one province's data): the key then has ``~2``, ``~3`` behind it, and
whoever asks for the bare number is shown all of them.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from basemap.land_use import LandUse, read_land_use
from permits.model import ParcelKey
from spatial.errors import ConflictError, InputError, NotFoundError
from spatial.geometry import Located
from spatial.text import Text

_KEY = re.compile(
    r"^\s*([0-9A-Za-z]{1,12})\s*-\s*([0-9A-Za-z]{1,12})\s*-\s*([0-9A-Za-z/]{1,12})\s*(?:~([1-9][0-9]*))?\s*$"
)
_PORTAL = re.compile(r"^\s*([0-9]{5})([0-9]{3})([0-9]{4})\s*$")
_SHEET_DIGITS, _NUMBER_DIGITS, _WARD_DIGITS = 3, 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelName:
    """The three parts of a parcel's name, without leading zeros in sheet and number.

    Parameters
    ----------
    copy
        Which of several parcels with this name, counted from 1. None: all of them are meant.
    """

    ward_code: str
    map_sheet: str
    parcel_no: str
    copy: int | None = None

    @property
    def key(self) -> ParcelKey:
        """``26797-10-16``, with ``~2`` behind it for the second of that name."""
        bare = f"{self.ward_code}-{self.map_sheet}-{self.parcel_no}"
        return ParcelKey(bare if self.copy in (None, 1) else f"{bare}~{self.copy}")

    @property
    def portal_code(self) -> str:
        """The twelve digits of the city's planning portal: ward (5), sheet (3), number (4).

        Raises
        ------
        InputError
            A part is no number, or is too long for its digits.
        """
        widths = (_WARD_DIGITS, _SHEET_DIGITS, _NUMBER_DIGITS)
        parts = (self.ward_code, self.map_sheet, self.parcel_no)
        if not all(part.isdigit() and len(part) <= width for part, width in zip(parts, widths, strict=True)):
            raise InputError(
                Text("Không viết được ở dạng 12 chữ số.", "This has no form of twelve digits."), subject=self.key
            )
        return "".join(part.zfill(width) for part, width in zip(parts, widths, strict=True))


def parse_parcel_key(text: str) -> ParcelName:
    """Read ``26797-10-16``, ``26797-010-0016~2`` or the portal's ``267970100016``.

    Raises
    ------
    InputError
        It is neither.
    """
    if portal := _PORTAL.match(text):
        ward_code, map_sheet, parcel_no = portal.groups()
        return parcel_name(ward_code, map_sheet, parcel_no)
    if found := _KEY.match(text):
        ward_code, map_sheet, parcel_no, copy = found.groups()
        return parcel_name(ward_code, map_sheet, parcel_no, copy=None if copy is None else int(copy))
    raise InputError(
        Text(f"Không hiểu mã thửa {text!r}.", f"{text!r} is no parcel key."),
        hint=Text("Viết phường-tờ-thửa, ví dụ 26797-10-16.", "Write ward-sheet-number, for example 26797-10-16."),
    )


def parcel_name(ward_code: str, map_sheet: str, parcel_no: str, *, copy: int | None = None) -> ParcelName:
    """Return the name with blanks and leading zeros taken off as the import does."""
    return ParcelName(
        ward_code=ward_code.strip(),
        map_sheet=without_leading_zeros(map_sheet),
        parcel_no=without_leading_zeros(parcel_no),
        copy=copy,
    )


def without_leading_zeros(part: str) -> str:
    """Return a sheet or parcel number as it is stored: ``"010"`` is ``"10"``."""
    return part.strip().lstrip("0") or "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One parcel of the cadastral map.

    Parameters
    ----------
    registered_area_m2
        Area on the certificate; never the same thing as the area that is drawn.
    land_use_code
        One or several purposes, as the register writes them; `land_use` is what is read out of it.
    national_parcel_id
        As given, never computed anew.
    """

    key: ParcelKey
    ward_code: str
    map_sheet: str
    parcel_no: str
    place: Located
    registered_area_m2: float | None = None
    land_use_code: str | None = None
    national_parcel_id: str | None = None
    address: str | None = None

    @property
    def land_use(self) -> LandUse:
        """The purposes of the parcel, and what of the text no program can read."""
        return read_land_use(self.land_use_code)


def parcels_of(frame: gpd.GeoDataFrame) -> list[Parcel]:
    """Return the parcels of a frame of the layer ``parcel``, in its coordinate system."""
    return parcels_of_records(frame.to_dict("records"), crs=":".join(frame.crs.to_authority()))


def parcels_of_records(records: Iterable[Mapping[str, Any]], *, crs: str) -> list[Parcel]:
    """Return the parcels of records of the layer ``parcel``, each with its ``geometry`` in ``crs``."""
    return [
        Parcel(
            key=ParcelKey(str(row["feature_id"])),
            ward_code=str(row["ward_code"]),
            map_sheet=str(row["map_sheet"]),
            parcel_no=str(row["parcel_no"]),
            place=Located(geometry=row["geometry"], crs=crs),
            registered_area_m2=_number(row.get("registered_area_m2")),
            land_use_code=_text(row.get("land_use_code")),
            national_parcel_id=_text(row.get("national_parcel_id")),
            address=_text(row.get("address")),
        )
        for row in records
    ]


def the_one(candidates: Sequence[Parcel], name: ParcelName) -> Parcel:
    """Return the one parcel that is meant.

    Raises
    ------
    NotFoundError
        There is none.
    ConflictError
        There are several: the message names them.
    """
    if name.copy is not None:
        candidates = [parcel for parcel in candidates if parcel.key == name.key]
    if not candidates:
        raise NotFoundError(
            Text("Không tìm thấy thửa đất này.", "There is no such parcel."),
            hint=Text("Dùng mã phường cũ, trước khi sáp nhập.", "Use the code of the old ward, before the merger."),
            subject=name.key,
        )
    if len(candidates) > 1:
        keys = ", ".join(explicit_key(parcel) for parcel in candidates)
        raise ConflictError(
            Text(f"Có {len(candidates)} thửa cùng số.", f"{len(candidates)} parcels have this number."),
            hint=Text(f"Chọn một: {keys}.", f"Name one: {keys}."),
            subject=name.key,
        )
    return candidates[0]


def explicit_key(parcel: Parcel) -> str:
    """Return a key that means this parcel alone, also where several share the number."""
    return parcel.key if "~" in parcel.key else f"{parcel.key}~1"


def keys_to_choose(parcels: Sequence[Parcel]) -> list[str]:
    """Return the keys of parcels as people choose from them: with its copy where several share the number."""
    shared = Counter(parcel.key.partition("~")[0] for parcel in parcels)
    return [explicit_key(one) if shared[one.key.partition("~")[0]] > 1 else str(one.key) for one in parcels]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else None


def _text(value: object) -> str | None:
    return None if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) else str(value)
