"""The province of a parcel before July 2025, by the old ward code on its certificate; a code not found is unknown.

References
----------
Nghị quyết 202/2025/QH15: Bình Dương and Bà Rịa - Vũng Tàu joined Ho Chi Minh City on 1 July 2025.
"""

from collections.abc import Mapping
from functools import cache

from basemap.admin_unit_files import packaged_units
from basemap.admin_units import LAST_DAY_OF_OLD_UNITS, AdminUnits
from permits.model import FormerProvince
from spatial.errors import DataUnavailableError

_BY_NAME = {
    "Thành phố Hồ Chí Minh": FormerProvince.HCMC,
    "Tỉnh Bình Dương": FormerProvince.BINH_DUONG,
    "Tỉnh Bà Rịa - Vũng Tàu": FormerProvince.BA_RIA_VUNG_TAU,
}


def former_provinces(units: AdminUnits) -> dict[str, FormerProvince]:
    """Return the province of every ward that stood on the last day before the merger, by its code of that time.

    A parcel keeps the old code on its certificate; a ward of today may bear the same code for other land, and is not
    asked.
    """
    old = units.on(LAST_DAY_OF_OLD_UNITS)
    return {unit.code: _BY_NAME[unit.province] for unit in old if unit.province in _BY_NAME}


@cache
def packaged_former_provinces() -> Mapping[str, FormerProvince]:
    """Return the same from the installed table of wards; nothing, where it is not installed."""
    try:
        return former_provinces(packaged_units())
    except DataUnavailableError:
        return {}
