"""Administrative units of before and after July 2025 side by side, and what became of each.

A code alone names no unit: of the 168 codes of the city's units of 2025, 102 were an old ward's code too, and most of
those cover other land now. A unit is keyed by its code *and* the day from which it holds.

References
----------
Nghị quyết 202/2025/QH15 (provinces merged), Nghị quyết 1685/NQ-UBTVQH15 (wards of Ho Chi Minh City), in force from
1 July 2025.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import shapely

from basemap.address_text import clean, find_key, rank_key, shadow, without_kind
from spatial.errors import NotFoundError
from spatial.geometry import Located
from spatial.text import Text

REORGANISED_ON = date(2025, 7, 1)
"""First day of the units of 2025."""
LAST_DAY_OF_OLD_UNITS = REORGANISED_ON - timedelta(days=1)

_KINDS_OF_DISTRICT = ("thành phố", "thị xã", "quận", "huyện")
_KIND_WITHOUT_ACCENTS = re.compile(
    r"(?:phuong|xa|thi tran|dac khu|thanh pho|thi xa|quan|huyen|tp\.?|tt\.?)\s+|[pfq]\.?\s*(?=\d)|[pfqhx]\.\s*"
)


class UnitKey(NamedTuple):
    """What names a unit: its code, and the first day on which it held (None: before anybody's record)."""

    code: str
    valid_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminUnit:
    """A ward, commune, township or special zone, as it was from one day to another.

    Parameters
    ----------
    name
        With its kind: ``Phường Bến Thành``.
    district
        With its kind: ``Quận 1``; empty for units of 2025, which know no district.
    valid_from, valid_to
        First and last day; None where the table does not say, and for what holds still.
    """

    code: str
    name: str
    district: str
    province: str
    valid_from: date | None
    valid_to: date | None

    @property
    def key(self) -> UnitKey:
        """What names the unit."""
        return UnitKey(self.code, self.valid_from)

    def holds_on(self, day: date) -> bool:
        """Tell whether the unit existed on ``day``."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatch:
    """A unit that a name may mean; ``same_accents`` tells Tân Quý from Tân Quy."""

    unit: AdminUnit
    same_accents: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became of an old unit.

    Parameters
    ----------
    candidates
        Units of 2025 that took over some of its land; more than one where it was divided.
    answer
        The one that is meant; None where the old name alone cannot tell.
    reason
        Why there is an answer, or none.
    share_ratios
        Part of the old unit's area that lies in each candidate, by code; empty where its polygon is not known.
        A large part is no answer for who lives in the small one.
    """

    old: AdminUnit
    candidates: tuple[AdminUnit, ...]
    answer: AdminUnit | None
    reason: Text
    share_ratios: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_divided(self) -> bool:
        """Whether several units took over its land."""
        return len(self.candidates) > 1


class Succession(NamedTuple):
    """One row of the table: some land of the old unit went to the new one."""

    old: AdminUnit
    new: AdminUnit


@dataclass(frozen=True)
class AdminUnits:
    """The units of a province before and after July 2025.

    Parameters
    ----------
    successions
        The conversion table; a divided unit has several rows.
    """

    successions: tuple[Succession, ...]

    @cached_property
    def by_key(self) -> Mapping[UnitKey, AdminUnit]:
        """Every unit, old ones first, in the order of the table."""
        old = {row.old.key: row.old for row in self.successions}
        return old | {row.new.key: row.new for row in self.successions}

    @cached_property
    def _successors(self) -> Mapping[UnitKey, tuple[AdminUnit, ...]]:
        found: dict[UnitKey, dict[UnitKey, AdminUnit]] = {}
        for row in self.successions:
            found.setdefault(row.old.key, {})[row.new.key] = row.new
        return {key: tuple(units.values()) for key, units in found.items()}

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[AdminUnit, ...]]:
        found: dict[str, list[AdminUnit]] = {}
        for unit in self.by_key.values():
            found.setdefault(find_key(_bare(unit.name)), []).append(unit)
        return {name: tuple(units) for name, units in found.items()}

    def on(self, day: date) -> list[AdminUnit]:
        """Return the units that existed on ``day``."""
        return [unit for unit in self.by_key.values() if unit.holds_on(day)]

    def unit(self, code: str, *, on: date) -> AdminUnit:
        """Return the unit that had ``code`` on a day.

        Raises
        ------
        NotFoundError
            None had.
        """
        for unit in self.by_key.values():
            if unit.code == code and unit.holds_on(on):
                return unit
        raise NotFoundError(
            Text(f"Ngày {on} không có đơn vị nào mã {code}.", f"On {on} no unit had the code {code}."),
            hint=Text("Mã đổi nghĩa từ 2025-07-01.", "Codes changed their meaning on 2025-07-01."),
        )

    def find(self, name: str, *, on: date, district: str = "") -> list[NameMatch]:
        """Return the units that a name may mean on a day, those with the same accents first.

        Parameters
        ----------
        name
            With or without *Phường*, *Xã*, *Thị trấn*, *Đặc khu*, with or without accents.
        district
            With or without its kind; only units of that district then. Units of 2025 have none.
        """
        bare, districts = _readings(name), {find_key(reading) for reading in _readings(district)}
        named = {unit.key: unit for reading in bare for unit in self._by_name.get(find_key(reading), ())}
        spelled = {rank_key(reading) for reading in bare}
        matches = [
            NameMatch(unit=unit, same_accents=rank_key(_bare(unit.name)) in spelled)
            for unit in named.values()
            if unit.holds_on(on) and (not district.strip() or find_key(_bare(unit.district)) in districts)
        ]
        return sorted(matches, key=lambda match: not match.same_accents)

    def convert(
        self,
        old: UnitKey,
        *,
        at: Located | None = None,
        wards: gpd.GeoDataFrame | None = None,
        old_wards: gpd.GeoDataFrame | None = None,
    ) -> Conversion:
        """Return what became of an old unit; where it was divided only a point decides.

        Parameters
        ----------
        at
            A point in the old unit.
        wards
            Units of 2025: ``ward_code`` and ``geometry``, in any coordinate system that the frame names.
        old_wards
            Units of before, likewise, in the coordinate system of ``wards``. They tell how the old unit was divided,
            and whether the point lies in it; where it is not among them nothing is said of either.

        Raises
        ------
        NotFoundError
            The table has no such old unit.
        """
        candidates = self._successors.get(old)
        if candidates is None:
            raise NotFoundError(
                Text(f"Bảng chuyển đổi không có đơn vị {old.code}.", f"The table has no old unit {old.code}."),
                hint=Text("Tra theo tên và quận, huyện cũ.", "Look it up by its name and old district."),
            )
        undecided = Conversion(old=self.by_key[old], candidates=candidates, answer=None, reason=_DIVIDED)
        if wards is not None and old_wards is not None:
            undecided = replace(undecided, share_ratios=_share_ratios(undecided, wards, old_wards))
        if at is None or wards is None:
            whole = replace(undecided, answer=candidates[0], reason=_WHOLE)
            return undecided if undecided.is_divided else whole
        decided = _decided(undecided, _codes_at(at, wards))
        is_outside = bool(decided.share_ratios) and old.code not in _codes_at(at, old_wards)
        return replace(decided, reason=_OUTSIDE) if is_outside and decided.answer is not None else decided


_WHOLE = Text("Toàn bộ đơn vị cũ thuộc một đơn vị mới.", "All of the old unit went to one new unit.")
_DIVIDED = Text(
    "Đơn vị cũ được chia cho nhiều đơn vị mới; cần tọa độ để biết thuộc đơn vị nào.",
    "The old unit was divided between several new ones; only a point can tell which.",
)
_AT_POINT = Text("Điểm đã cho nằm trong đơn vị này.", "The given point lies in this unit.")
_ELSEWHERE = Text(
    "Điểm đã cho không nằm trong đơn vị mới nào của đơn vị cũ này: tên hoặc tọa độ sai.",
    "The given point lies in none of the units that the old one went to: the name or the point is wrong.",
)
_OUTSIDE = Text(
    "Điểm đã cho nằm trong đơn vị này, nhưng ngoài ranh giới đã vẽ của đơn vị cũ: hãy kiểm tra tên.",
    "The given point lies in this unit, but outside the old unit as it was drawn: check the name.",
)
_ON_AN_EDGE = Text("Điểm đã cho nằm trên ranh giới.", "The given point lies on a boundary.")


def _decided(conversion: Conversion, codes: frozenset[str]) -> Conversion:
    there = [unit for unit in conversion.candidates if unit.code in codes]
    if len(there) == 1:
        return replace(conversion, answer=there[0], reason=_AT_POINT)
    return replace(conversion, reason=_ON_AN_EDGE if there else _ELSEWHERE)


def _share_ratios(conversion: Conversion, wards: gpd.GeoDataFrame, old_wards: gpd.GeoDataFrame) -> Mapping[str, float]:
    if wards.crs != old_wards.crs:
        message = "the old and the new units are in different coordinate systems"
        raise ValueError(message)
    drawn = old_wards.geometry[old_wards["ward_code"].astype(str) == conversion.old.code]
    if drawn.empty or not conversion.is_divided:
        return {}
    old = drawn.iloc[0]
    of_code = dict(zip(wards["ward_code"].astype(str), wards.geometry, strict=True))
    return {
        unit.code: float(shapely.area(shapely.intersection(old, of_code[unit.code])) / shapely.area(old))
        for unit in conversion.candidates
        if unit.code in of_code
    }


def _codes_at(at: Located, wards: gpd.GeoDataFrame | None) -> frozenset[str]:
    if wards is None:
        return frozenset()
    place = at.to(wards.crs.to_string()).geometry
    there = shapely.intersects(wards.geometry.array, place)
    return frozenset(wards.loc[there, "ward_code"].astype(str))


def _bare(name: str) -> str:
    """Return a name without its kind; an island district that stood for its wards has a district's kind."""
    bare = without_kind(name)
    for kind in _KINDS_OF_DISTRICT:
        if bare.casefold().startswith(f"{kind} "):
            bare = bare[len(kind) + 1 :].strip()
            break
    return bare.lstrip("0") if bare.isdigit() else bare


def _readings(name: str) -> tuple[str, ...]:
    """Return what a written name may be without its kind: *xa bang* is Xà Bang, or a commune Bang."""
    whole = clean(name)
    short = _KIND_WITHOUT_ACCENTS.match(shadow(whole))
    return (_bare(whole),) if short is None else (_bare(whole), _bare(whole[short.end() :]))


def old_unit(*, code: str, name: str, district: str, province: str) -> AdminUnit:
    """Return a unit that ended with June 2025; the table does not say since when it was."""
    valid_to = LAST_DAY_OF_OLD_UNITS
    return AdminUnit(code=code, name=name, district=district, province=province, valid_from=None, valid_to=valid_to)


def new_unit(*, code: str, name: str, province: str) -> AdminUnit:
    """Return a unit of 2025."""
    return AdminUnit(code=code, name=name, district="", province=province, valid_from=REORGANISED_ON, valid_to=None)


def units_of(successions: Iterable[Succession]) -> AdminUnits:
    """Return the register of a conversion table."""
    return AdminUnits(tuple(successions))
