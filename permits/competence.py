"""Who issues a permit; where two texts differ and neither ranks, both are told and a person decides.

References
----------
NĐ 217/2026/NĐ-CP, Articles 53 and 76.22; QĐ 29/2025/QĐ-UBND (Ho Chi Minh City), Article 2. The rules stand in the
rule-pack ``procedures-issuing``.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from permits.model import Citation, ReasonCode
from permits.rulebook import Rulebook
from permits.works import Owner, Works, WorksClass
from spatial.text import Text

ISSUING_RULEBOOK: Final = "procedures-issuing"
_HIGHEST_FIRST = tuple(WorksClass)


class Authority(StrEnum):
    """Who may issue."""

    COMMUNE = "commune"
    ZONE_BOARD = "zone_board"
    DEPARTMENT = "department"


AUTHORITY_NAMES: dict[Authority, Text] = {
    Authority.COMMUNE: Text("UBND cấp xã", "People's Committee of the commune"),
    Authority.ZONE_BOARD: Text("Ban quản lý khu", "Board of the zone"),
    Authority.DEPARTMENT: Text("Sở Xây dựng", "Department of Construction"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Who issues by one text."""

    authority: Authority
    citation: Citation

    def to_json(self) -> dict[str, object]:
        """Return the reading for programs."""
        name = AUTHORITY_NAMES[self.authority]
        return {"authority": self.authority.value, "name": name._asdict(), "citation": str(self.citation)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """Who issues a permit.

    Parameters
    ----------
    reading
        None where it is open.
    readings
        Both texts where they differ.
    commune
        The commune with the larger share of the site, where it lies in several.
    unless_known
        Facts that are taken as not so, and would change the answer if they were.
    """

    reading: Reading | None = None
    readings: tuple[Reading, ...] = ()
    governing_class: WorksClass | None = None
    commune: str | None = None
    reason: ReasonCode | None = None
    missing: tuple[str, ...] = ()
    unless_known: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the answer for programs."""
        return {
            "authority": None if self.reading is None else self.reading.to_json(),
            "verdict": "NEEDS_REVIEW" if self.reading is None else None,
            "reason": None if self.reason is None else self.reason.value,
            "conflict": [reading.to_json() for reading in self.readings],
            "governing_class": None if self.governing_class is None else self.governing_class.value,
            "commune": self.commune,
            "missing": list(self.missing),
            "unless_known": list(self.unless_known),
        }


def competence(works: Works, *, rulebook: Rulebook, as_of: date) -> Competence:
    """Return who issues the permit of works on ``as_of``; before 1 July 2026 it is open."""
    commune_rule = rulebook.rule("competence.commune", as_of=as_of)
    if not rulebook.is_in_force(commune_rule, as_of=as_of):
        return Competence(reason=ReasonCode.NOT_IN_FORCE)
    read = _Reader(rulebook=rulebook, as_of=as_of)
    if works.issued_by_district:
        return Competence(reading=read(Authority.COMMUNE, "competence.former_district"))
    if works.in_managed_zone:
        return Competence(reading=read(Authority.ZONE_BOARD, "competence.zone_board"))
    governing = min(works.works_classes, key=_HIGHEST_FIRST.index, default=None)
    if governing is None:
        return Competence(reason=ReasonCode.MISSING_INPUT, missing=("works_classes",))
    unless = ("in_managed_zone",) if works.in_managed_zone is None else ()
    if governing.value in commune_rule.codes:
        return _of_commune(read(Authority.COMMUNE, commune_rule.id), works, governing, unless)
    return _of_higher_class(read, works, governing, unless)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads who issues by a rule."""

    rulebook: Rulebook
    as_of: date

    def __call__(self, authority: Authority, rule_id: str) -> Reading:
        rule = self.rulebook.rule(rule_id, as_of=self.as_of)
        return Reading(authority=authority, citation=self.rulebook.citation(rule))


def _of_higher_class(read: _Reader, works: Works, governing: WorksClass, unless: tuple[str, ...]) -> Competence:
    """Return the department; for a household's house the decree and the city's decision differ."""
    is_of_household = _both(works.concerns_house, None if works.owner is None else works.owner is Owner.HOUSEHOLD)
    if is_of_household is None:
        asked = {"is_house": works.concerns_house, "owner": works.owner}
        missing = tuple(name for name, value in asked.items() if value is None)
        return Competence(reason=ReasonCode.MISSING_INPUT, missing=missing, governing_class=governing)
    if is_of_household:
        both = (
            read(Authority.COMMUNE, "competence.commune"),
            read(Authority.DEPARTMENT, "competence.city_house"),
        )
        return Competence(readings=both, reason=ReasonCode.CONFLICT_OF_RULES, governing_class=governing)
    rule_id = "competence.highest_class" if len(works.works_classes) > 1 else "competence.department"
    return Competence(reading=read(Authority.DEPARTMENT, rule_id), governing_class=governing, unless_known=unless)


def _both(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - two answers that may be unknown
    """Tell whether both hold; one that does not settles it."""
    if one is False or other is False:
        return False
    return True if one and other else None


def _of_commune(reading: Reading, works: Works, governing: WorksClass, unless: tuple[str, ...]) -> Competence:
    """Return the commune, and which of several: the one with the larger share; equal shares decide nothing."""
    shares = works.commune_shares_m2 or {}
    largest = [name for name, area_m2 in shares.items() if area_m2 == max(shares.values())]
    if len(largest) > 1:
        return Competence(reason=ReasonCode.DISCRETION_OF_AUTHORITY, governing_class=governing)
    commune = largest[0] if largest else None
    return Competence(reading=reading, governing_class=governing, commune=commune, unless_known=unless)
