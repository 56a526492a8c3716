"""Whether works need a permit, by which letter they are exempt, and whether a notice of commencement is owed.

References
----------
Construction Law 135/2025/QH15, Articles 43.2 and 43.3. The figures stand in the rule-pack ``procedures-exemption``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from permits.model import Citation, ReasonCode, exact
from permits.rulebook import Rule, Rulebook
from permits.works import Claim, Owner, Works, WorksClass, WorksKind
from spatial.text import NO_TEXT, Text

EXEMPTION_RULEBOOK: Final = "procedures-exemption"
_LETTER_OF: Mapping[Claim, str] = {
    Claim.STATE_SECRET: "a",
    Claim.EMERGENCY: "a",
    Claim.URGENT: "a",
    Claim.SPECIAL_INVESTMENT: "a",
    Claim.TEMPORARY_WORKS: "a",
    Claim.DEFENCE_LAND: "a",
    Claim.LISTED_PUBLIC_INVESTMENT: "b",
    Claim.LINEAR_TWO_PROVINCES: "c",
    Claim.LINEAR_OUTSIDE_URBAN: "c",
    Claim.OFFSHORE: "d",
    Claim.AIRPORT: "d",
    Claim.ADVERT_EXEMPT: "dd",
    Claim.PASSIVE_TELECOM: "dd",
    Claim.APPRAISED_PROJECT: "e",
}
_NO_NOTICE = frozenset({Claim.STATE_SECRET, Claim.EMERGENCY, Claim.URGENT, Claim.TEMPORARY_WORKS})
_NOTICE_ALONE = frozenset({"b", "c"})
_AREAS = (
    "in_functional_zone",
    "in_urban_development_area_general_plan",
    "in_rural_residential_area_general_plan",
    "in_commune_plan_built_area",
    "in_architecture_regulation_area",
)
_OLDER = Text(
    "Trước 01/01/2026 áp dụng luật cũ, chưa đọc được.", "Before 1 January 2026 the older law applied, not read."
)
_CLASS_IV = Text(
    "Câu chữ của điểm g để ngỏ điều kiện về quy mô đối với công trình cấp IV.",
    "The wording of point g leaves open whether its size limits apply to works of class IV.",
)
_REPAIR_CONDITIONS = Text(
    "Vẫn phải bảo đảm phòng cháy và chữa cháy, bảo vệ môi trường, kết nối hạ tầng kỹ thuật.",
    "Fire safety, environment and technical connections have to be kept.",
)


class Notice(StrEnum):
    """What an exempt owner owes before commencement (Article 43.3)."""

    NONE = "none"
    NOTICE = "notice"
    NOTICE_WITH_DOSSIER = "notice_with_dossier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Whether a permit is needed.

    Parameters
    ----------
    permit_required
        None while it is open, which is no exemption.
    letter
        Letter of Article 43.2 by which the works are exempt.
    notice
        None where a permit is needed, or where the owner is not known.
    """

    permit_required: bool | None
    citation: Citation
    reason: ReasonCode | None = None
    missing: tuple[str, ...] = ()
    letter: str | None = None
    notice: Notice | None = None
    notice_citation: Citation | None = None
    note: Text = NO_TEXT

    def to_json(self) -> dict[str, object]:
        """Return the answer for programs."""
        return {
            "permit_required": self.permit_required,
            "verdict": "NEEDS_REVIEW" if self.permit_required is None else None,
            "reason": None if self.reason is None else self.reason.value,
            "missing": list(self.missing),
            "letter": self.letter,
            "citation": str(self.citation),
            "commencement_notice": None if self.notice is None else self.notice.value,
            "notice_citation": None if self.notice_citation is None else str(self.notice_citation),
            "note": self.note._asdict(),
        }


def exemption(works: Works, *, rulebook: Rulebook, as_of: date) -> Exemption:
    """Return whether works need a permit on ``as_of``.

    Grounds of letters a to e count where they are claimed; houses and repairs are judged by their facts.
    """
    older = rulebook.rule("exempt.older_law", as_of=as_of)
    if older.valid.covers(as_of):
        return Exemption(
            permit_required=None, citation=rulebook.citation(older), reason=ReasonCode.NOT_IN_FORCE, note=_OLDER
        )
    if works.claims:
        return _exempt(works, _LETTER_OF[works.claims[0]], rulebook, as_of)
    if works.kind is None:
        rule = rulebook.rule("exempt.g", as_of=as_of)
        return _open(rulebook.citation(rule), ("kind",))
    if works.is_repair:
        return _repair(works, rulebook, as_of)
    if works.kind is WorksKind.HOUSE:
        return _house(works, rulebook, as_of)
    return _other(works, rulebook, as_of)


def _other(works: Works, rulebook: Rulebook, as_of: date) -> Exemption:
    citation = rulebook.citation(rulebook.rule("exempt.g", as_of=as_of))
    if not works.works_classes:
        return _open(citation, ("works_classes",))
    if set(works.works_classes) == {WorksClass.IV}:
        return Exemption(
            permit_required=None, citation=citation, reason=ReasonCode.DISCRETION_OF_AUTHORITY, note=_CLASS_IV
        )
    return Exemption(permit_required=True, citation=citation)


def _house(works: Works, rulebook: Rulebook, as_of: date) -> Exemption:
    """Judge point g: one condition that fails settles it; exempt only when all are known to hold."""
    rule = rulebook.rule("exempt.g", as_of=as_of)
    fails: dict[str, bool | None] = {
        "floors": _reaches(works.floors, rule, "under_floors"),
        "gross_floor_area_m2": _reaches(works.gross_floor_area_m2, rule, "under_gross_floor_area_m2"),
    }
    fails |= {name: getattr(works, name) for name in _AREAS}
    if any(fails.values()):
        return Exemption(permit_required=True, citation=rulebook.citation(rule))
    missing = tuple(name for name, failed in fails.items() if failed is None)
    return _open(rulebook.citation(rule), missing) if missing else _exempt(works, "g", rulebook, as_of)


def _reaches(value: float | None, rule: Rule, limit: str) -> bool | None:
    return None if value is None else exact(value) >= rule.parameter(limit)


def _repair(works: Works, rulebook: Rulebook, as_of: date) -> Exemption:
    fails = {"changes_use": works.changes_use, "affects_structure": works.affects_structure}
    if works.kind is WorksKind.REPAIR_OUTSIDE:
        fails["on_controlled_street"] = works.on_controlled_street
    citation = rulebook.citation(rulebook.rule("exempt.h", as_of=as_of))
    if any(fails.values()):
        return Exemption(permit_required=True, citation=citation)
    missing = tuple(name for name, failed in fails.items() if failed is None)
    return _open(citation, missing) if missing else _exempt(works, "h", rulebook, as_of, note=_REPAIR_CONDITIONS)


def _open(citation: Citation, missing: tuple[str, ...]) -> Exemption:
    return Exemption(permit_required=None, citation=citation, reason=ReasonCode.MISSING_INPUT, missing=missing)


def _exempt(works: Works, letter: str, rulebook: Rulebook, as_of: date, *, note: Text = NO_TEXT) -> Exemption:
    notice = _notice(works, letter)
    asked = {"is_house": works.concerns_house, "owner": works.owner} if notice is None else {}
    return Exemption(
        permit_required=False,
        citation=rulebook.citation(rulebook.rule(f"exempt.{letter}", as_of=as_of)),
        letter="đ" if letter == "dd" else letter,
        notice=notice,
        missing=tuple(name for name, value in asked.items() if value is None),
        notice_citation=rulebook.citation(rulebook.rule("commencement.notice", as_of=as_of)),
        note=note,
    )


def _notice(works: Works, letter: str) -> Notice | None:
    """Return what is owed; open while it may be the house of a household, which owes nothing."""
    if letter == "a" and _NO_NOTICE.intersection(works.claims):
        return Notice.NONE
    if works.concerns_house is not False and works.owner is not Owner.ORGANISATION:
        return Notice.NONE if works.concerns_house and works.owner is Owner.HOUSEHOLD else None
    return Notice.NOTICE if letter in _NOTICE_ALONE else Notice.NOTICE_WITH_DOSSIER
