"""Which old ward somebody means by a code or a name, and what to say of a code from after the merger. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from basemap.admin_units import AdminUnits
from spatial.text import without_accents

LAST_OLD_DAY = date(2025, 6, 30)
_FIRST_NEW_DAY = LAST_OLD_DAY + timedelta(days=1)
_CODE_DIGITS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WardWords:
    """What is known of wards where a parcel is looked for.

    Parameters
    ----------
    codes
        Ward codes that the published parcels carry.
    name_of
        Published wards, code to name; they may be those of today.
    units
        Wards of both times; None where the table is not installed.
    """

    codes: frozenset[str]
    name_of: Mapping[str, str] = field(default_factory=dict)
    units: AdminUnits | None = None

    def codes_meant(self, text: str) -> tuple[str, ...]:
        """Return the ward codes of parcels that a code or a name may mean; empty where it means none."""
        words = text.strip()
        if words in self.codes:
            return (words,)
        if words.isdigit():
            padded = words.zfill(_CODE_DIGITS)
            return (padded,) if padded in self.codes else ()
        by_name = {code for code, name in self.name_of.items() if _bare(name) == _bare(words)}
        if self.units is not None:
            by_name |= {match.unit.code for match in self.units.find(words, on=LAST_OLD_DAY)}
        return tuple(sorted(by_name & self.codes))

    def new_name(self, code: str) -> str | None:
        """Return the name of the ward of today that has ``code``; None where none has."""
        if self.units is not None:
            for unit in self.units.on(_FIRST_NEW_DAY):
                if unit.code == code and unit.valid_from is not None:
                    return unit.name
        return None if code in self.codes else self.name_of.get(code)

    def old_codes_within(self, code: str) -> tuple[str, ...]:
        """Return the old wards of which the ward of today with ``code`` took land, those that parcels carry."""
        rows = self.units.successions if self.units is not None else ()
        return tuple(sorted({row.old.code for row in rows if row.new.code == code} & self.codes))

    def label(self, code: str) -> str:
        """Return the name of the old ward with its code, or the code alone."""
        old = [unit for unit in self.units.on(LAST_OLD_DAY) if unit.code == code] if self.units is not None else []
        name = f"{old[0].name}, {old[0].district}".strip(", ") if old else self.name_of.get(code, "")
        return f"{name} ({code})" if name else code


def _bare(name: str) -> str:
    words = without_accents(name).split()
    kinds = (["phuong"], ["xa"], ["thi", "tran"], ["dac", "khu"])
    for kind in kinds:
        if words[: len(kind)] == kind and len(words) > len(kind):
            return " ".join(words[len(kind) :])
    return " ".join(words)
