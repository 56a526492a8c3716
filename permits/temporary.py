"""What a temporary permit allows: floors, basements and years, where a plan waits to be carried out.

References
----------
NĐ 217/2026/NĐ-CP, Article 52; QĐ 29/2025/QĐ-UBND (Ho Chi Minh City), Article 3. The figures stand in the rule-pack
``procedures-issuing``.
"""

from dataclasses import dataclass
from datetime import date

from permits.model import Citation, ReasonCode
from permits.rulebook import Rulebook
from permits.works import PlanLevel, Works
from spatial.calendar import month_later

_MONTHS_COUNT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryPermit:
    """Whether a temporary permit can be issued, and for what.

    Parameters
    ----------
    allowed
        None while it is open.
    floors_max, basements_max, years_max
        None where the text gives none, or nothing is allowed.
    """

    allowed: bool | None
    citations: tuple[Citation, ...]
    reason: ReasonCode | None = None
    missing: tuple[str, ...] = ()
    floors_max: int | None = None
    basements_max: int | None = None
    years_max: int | None = None

    def to_json(self) -> dict[str, object]:
        """Return the answer for programs."""
        return {
            "allowed": self.allowed,
            "verdict": "NEEDS_REVIEW" if self.allowed is None else None,
            "reason": None if self.reason is None else self.reason.value,
            "missing": list(self.missing),
            "max_floors": self.floors_max,
            "max_basements": self.basements_max,
            "max_years": self.years_max,
            "citations": [str(citation) for citation in self.citations],
        }


def temporary_permit(works: Works, *, rulebook: Rulebook, as_of: date) -> TemporaryPermit:
    """Return what a temporary permit would allow on ``as_of``; before 1 July 2026 it is open."""

    def cited(*rule_ids: str) -> tuple[Citation, ...]:
        return tuple(rulebook.citation(rulebook.rule(rule_id, as_of=as_of)) for rule_id in rule_ids)

    conditions = cited("temporary.conditions")
    if not rulebook.is_in_force(rulebook.rule("temporary.conditions", as_of=as_of), as_of=as_of):
        return TemporaryPermit(allowed=None, citations=conditions, reason=ReasonCode.NOT_IN_FORCE)
    if works.plan_implemented or works.land_recovery_decision:
        return TemporaryPermit(allowed=False, citations=conditions)
    is_barred = _is_barred_by_commune_plan(works, rulebook, as_of)
    if is_barred:
        return TemporaryPermit(allowed=False, citations=cited("temporary.commune_plan"))
    known = {
        "plan_level": works.plan_level,
        "plan_implemented": works.plan_implemented,
        "land_recovery_decision": works.land_recovery_decision,
        **({"has_commune_land_use_plan": None} if is_barred is None else {}),
    }
    missing = tuple(name for name, value in known.items() if value is None)
    if missing or works.plan_level is None:
        return TemporaryPermit(allowed=None, citations=conditions, reason=ReasonCode.MISSING_INPUT, missing=missing)
    return _allowed(works.plan_level, rulebook, as_of, citations=conditions)


def _allowed(level: PlanLevel, rulebook: Rulebook, as_of: date, *, citations: tuple[Citation, ...]) -> TemporaryPermit:
    size = rulebook.rule(f"temporary.{level.value}", as_of=as_of)
    years = rulebook.rule("temporary.years", as_of=as_of)
    basements = size.parameters.get("basements")
    return TemporaryPermit(
        allowed=True,
        citations=(*citations, rulebook.citation(size), rulebook.citation(years)),
        floors_max=int(size.parameter("floors")),
        basements_max=None if basements is None else int(basements),
        years_max=int(years.parameter("years")),
    )


def _is_barred_by_commune_plan(works: Works, rulebook: Rulebook, as_of: date) -> bool | None:
    """Tell whether a commune land-use plan bars new building (Article 52.4); after two idle years it no longer does."""
    has_plan = works.has_commune_land_use_plan
    if has_plan is None and works.commune_land_use_plan_on is not None:
        has_plan = True
    if works.is_repair or has_plan is False:
        return False
    if has_plan is None:
        return None
    if works.commune_land_use_plan_on is None or works.commune_land_use_plan_acted_on is not False:
        return True
    years = int(rulebook.rule("temporary.commune_plan", as_of=as_of).parameter("years"))
    return as_of <= month_later(works.commune_land_use_plan_on, months=years * _MONTHS_COUNT)
