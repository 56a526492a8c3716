"""Ward names of before July 2025 in addresses: the conversion table says which wards of today they may mean."""

import re
from collections.abc import Iterable

from basemap.address_text import find_key, has_accents
from basemap.admin_units import LAST_DAY_OF_OLD_UNITS, AdminUnit, AdminUnits
from basemap.ward_names import AdministrativeUnits, Certainty, WardsMeant

_KIND_OF_DISTRICT = re.compile(r"^(?:quận|huyện|thị xã|thành phố)\s+0*", re.IGNORECASE)


class WardsOfBothTimes:
    """Today's names and the earlier ones: a district makes an earlier name sure, a name of both times is in doubt.

    Parameters
    ----------
    current
        Who knows the wards of the layer.
    units
        The conversion table.
    """

    def __init__(self, current: AdministrativeUnits, units: AdminUnits) -> None:
        self._current = current
        self._units = units
        self._of_district: dict[str, set[str]] = {}
        for old in units.on(LAST_DAY_OF_OLD_UNITS):
            district = find_key(_KIND_OF_DISTRICT.sub("", old.district))
            self._of_district.setdefault(district, set()).update(self._successors([old]))

    def wards_meant(
        self, *, ward: str, district: str, is_former: bool, kind: str = "", province: str = ""
    ) -> WardsMeant:
        """Return the wards of today that the names may mean; a divided ward means all that it went to."""
        if province:
            return self._meant_in_province(ward, district, kind=kind, province=province)
        today = self._current.wards_meant(ward=ward, district="", is_former=False)
        of_district = frozenset(self._of_district.get(find_key(district), ()))
        if not ward:
            return WardsMeant(codes=of_district, certainty=_sure_if(of_district)) if district else today
        return self._meant_by_name(ward, district, is_former=is_former, kind=kind)

    def _meant_by_name(self, ward: str, district: str, *, is_former: bool, kind: str) -> WardsMeant:
        today = self._current.wards_meant(ward=ward, district="", is_former=False)
        of_district = frozenset(self._of_district.get(find_key(district), ()))
        former = self._former(ward, district, kind=kind)
        codes = self._successors(former)
        if codes and (district or is_former):
            return WardsMeant(codes=codes, certainty=_sure_if(district or len(former) == 1))
        if district:
            # Today's ward with its district of before, as many go on writing; any other pair is two places.
            return _today_within(today, of_district)
        if is_former:
            return WardsMeant(codes=today.codes, certainty=Certainty.UNVERIFIED)
        if not codes or codes <= today.codes:
            return today
        return WardsMeant(codes=codes | today.codes, certainty=_sure_if(len(former) == 1 and not today.codes))

    def _meant_in_province(self, ward: str, district: str, *, kind: str, province: str) -> WardsMeant:
        """Return what the names mean in a province of before July 2025, which says more than the district."""
        there = [unit for unit in self._units.on(LAST_DAY_OF_OLD_UNITS) if _is_in(unit, province)]
        if district:
            there = [unit for unit in there if _district_key(unit) == find_key(_KIND_OF_DISTRICT.sub("", district))]
        codes = self._successors(there)
        if not ward:
            return WardsMeant(codes=codes, certainty=_sure_if(codes))
        former = [unit for unit in self._former(ward, district, kind=kind) if _is_in(unit, province)]
        if former:
            return WardsMeant(codes=self._successors(former), certainty=_sure_if(len(former) == 1))
        today = self._current.wards_meant(ward=ward, district="", is_former=False)
        return _today_within(today, codes)

    def _former(self, ward: str, district: str, *, kind: str) -> list[AdminUnit]:
        found = self._units.find(ward, on=LAST_DAY_OF_OLD_UNITS, district=district)
        units = [match.unit for match in found if match.same_accents or not has_accents(ward)]
        return [unit for unit in units if not kind or unit.name.lower().startswith(kind)]

    def _successors(self, former: Iterable[AdminUnit]) -> frozenset[str]:
        return frozenset(new.code for old in former for new in self._units.convert(old.key).candidates)


def _today_within(today: WardsMeant, codes: frozenset[str]) -> WardsMeant:
    both = today.codes & codes if today.certainty is Certainty.SURE else frozenset()
    return WardsMeant(codes=both, certainty=_sure_if(both))


def _is_in(unit: AdminUnit, province: str) -> bool:
    return find_key(unit.province).endswith(find_key(province))


def _district_key(unit: AdminUnit) -> str:
    return find_key(_KIND_OF_DISTRICT.sub("", unit.district))


def _sure_if(reason: object) -> Certainty:
    return Certainty.SURE if reason else Certainty.UNVERIFIED
