"""What may be built on a plot: facts and a rule-pack in, figures with verdicts and citations out. Pure.

The strictest of all rules that apply is the limit, and ``binding`` names it. A fact that is not known never
makes an answer milder: reliefs wait until they are certain, and a verdict is given only if no unknown fact
could change it (`permits.rules.bounds`).
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from permits.model import BuildingType, Direction, Facts, Limit, Limits, ReasonCode, Verdict, exact, finite
from permits.rulebook import Rulebook
from permits.rules import plot
from permits.rules.bounds import OPEN, Bound, Combined, combine, judge, undetermined
from permits.rules.row_house import SPECS, Case, LimitSpec, Reach
from spatial.text import Text

LIMIT_NAMES = tuple(spec.name for spec in SPECS)
"""The limits in the order in which people read them."""

_HOUSES = (BuildingType.ROW_HOUSE, BuildingType.DETACHED_HOUSE)
_HIGHER_PLAN = Text(
    "Quy hoạch chi tiết hoặc khu vực đặc thù đứng trên Phụ lục 18, số liệu chưa được nạp.",
    "A detailed plan or a special area ranks above Annex 18 and its figures are not loaded.",
)
_LARGE = Text(
    "Lô trên 500 m²: cơ quan quản lý kiến trúc, quy hoạch xem xét cụ thể.",
    "Plot over 500 m²: the planning authority decides case by case.",
)


def limits(facts: Facts, *, rulebook: Rulebook, as_of: date) -> Limits:
    """Return every limit of the plot that ``facts`` describe, under ``rulebook`` on ``as_of``.

    Parameters
    ----------
    facts
        What is known and what is proposed.
    as_of
        The basis date: the day on which the dossier is lodged.

    References
    ----------
    QĐ 56/2021/QĐ-UBND of Ho Chi Minh City, Annex 18; Construction Law 135/2025/QH15, Article 43.
    """
    case = Case(facts, rulebook, as_of)
    return Limits(
        rulebook=rulebook.name,
        rulebook_sha256=rulebook.sha256,
        as_of=as_of,
        by_name={spec.name: _limit(spec, case) for spec in SPECS},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Whether the rules reach this plot at all; None while ``missing`` facts leave it open."""

    applies: bool | None
    missing: tuple[str, ...] = ()


def _limit(spec: LimitSpec, case: Case) -> Limit:
    rule = case.rule(spec.rule)
    scope = _scope(spec, case)
    if scope.applies is False:
        return _without_figure(spec, case, Verdict.NOT_APPLICABLE, ReasonCode.OUT_OF_SCOPE)
    if not case.rulebook.is_in_force(rule, as_of=case.as_of):
        return _without_figure(spec, case, Verdict.NEEDS_REVIEW, ReasonCode.NOT_IN_FORCE)
    bounds = _bounds(spec, case)
    if not bounds:
        return _without_figure(spec, case, Verdict.NOT_APPLICABLE, ReasonCode.OUT_OF_SCOPE)
    combined = _widened(combine(bounds, direction=spec.direction), spec, case, scope=scope)
    return _judged(spec, case, combined)


def _scope(spec: LimitSpec, case: Case) -> _Scope:
    building, area = case.facts.building_type, case.facts.area_type
    if spec.reach is Reach.PERMIT:
        return _Scope(applies=None if building is None else building in _HOUSES, missing=("building_type",))
    known = {"building_type": building, "area_type": area}
    is_outside = (building is not None and building not in case.rulebook.building_types) or (
        area is not None and area not in case.rulebook.area_types
    )
    if is_outside:
        return _Scope(applies=False)
    missing = tuple(name for name, value in known.items() if value is None)
    return _Scope(applies=None, missing=missing) if missing else _Scope(applies=True)


def _bounds(spec: LimitSpec, case: Case) -> list[Bound]:
    large = case.rule("row_house.large_plot")
    if spec.reach is Reach.FIGURE and plot.is_over(case.facts, large):
        return [undetermined(large.id, reason=ReasonCode.DISCRETION_OF_AUTHORITY, note=_LARGE)]
    return spec.bounds(case)


def _widened(combined: Combined, spec: LimitSpec, case: Case, *, scope: _Scope) -> Combined:
    """Open the interval where the rule itself is in doubt: its scope, its text, or a plan that ranks above it."""
    facts = case.facts
    missing: tuple[str, ...] = ()
    note = combined.note
    if spec.reach is Reach.FIGURE and (facts.detailed_plan_applies or facts.in_special_area):
        doubt, note = ReasonCode.LAYER_NOT_LOADED, _HIGHER_PLAN
    elif not case.rulebook.is_verified(case.rule(spec.rule), as_of=case.as_of):
        doubt = ReasonCode.RULE_UNVERIFIED
    elif spec.reach is Reach.FIGURE and facts.plot_area_m2 is None:
        # A plot over 500 m² is decided by the authority, whatever the tables say.
        doubt, missing = combined.reason or ReasonCode.MISSING_INPUT, (*scope.missing, "plot_area_m2")
    elif scope.applies is None:
        doubt, missing = combined.reason or ReasonCode.MISSING_INPUT, scope.missing
    else:
        return combined
    names = tuple(dict.fromkeys([*missing, *combined.missing]))
    return replace(combined, low=-OPEN, high=OPEN, missing=names, reason=doubt, note=note)


def _judged(spec: LimitSpec, case: Case, combined: Combined) -> Limit:
    proposed = _proposed(spec, case.facts)
    verdict, reason = _verdict(spec, combined, proposed)
    binding = case.rule(combined.binding or spec.rule)
    margin = None
    if proposed is not None and combined.value is not None:
        margin = combined.value - proposed if spec.direction is Direction.MAX else proposed - combined.value
    return Limit(
        name=spec.name,
        value=_shown(spec, combined.value),
        unit=spec.unit,
        direction=spec.direction,
        verdict=verdict,
        reason=reason,
        rule=spec.rule,
        citation=case.rulebook.citation(binding),
        binding=combined.binding,
        severity=binding.severity,
        lowest=finite(combined.low),
        highest=finite(combined.high),
        missing=combined.missing,
        proposed=None if proposed is None else float(proposed),
        margin=None if margin is None else float(margin),
        note=combined.note,
    )


def _verdict(
    spec: LimitSpec, combined: Combined, proposed: Fraction | None
) -> tuple[Verdict | None, ReasonCode | None]:
    in_doubt = (Verdict.NEEDS_REVIEW, combined.reason or ReasonCode.MISSING_INPUT)
    if proposed is None:
        if not combined.is_determined:
            return in_doubt
        is_information = spec.direction is Direction.INFORMATION
        return None, ReasonCode.INFORMATION if is_information else ReasonCode.NOTHING_PROPOSED
    verdict = judge(proposed, combined, direction=spec.direction)
    return in_doubt if verdict is Verdict.NEEDS_REVIEW else (verdict, None)


def _proposed(spec: LimitSpec, facts: Facts) -> Fraction | None:
    given = None if spec.proposal is None else getattr(facts, spec.proposal)
    if given is None:
        return None
    if not spec.proposal_per_plot_area:
        return exact(given)
    return None if facts.plot_area_m2 is None else exact(given) / exact(facts.plot_area_m2)


def _shown(spec: LimitSpec, value: Fraction | None) -> float | int | bool | None:
    if value is None:
        return None
    if spec.unit == "yes_no":
        return bool(value)
    return int(value) if spec.unit == "floors" else float(value)


def _without_figure(spec: LimitSpec, case: Case, verdict: Verdict, reason: ReasonCode) -> Limit:
    rule = case.rule(spec.rule)
    proposed = _proposed(spec, case.facts)
    return Limit(
        name=spec.name,
        value=None,
        unit=spec.unit,
        direction=spec.direction,
        verdict=verdict,
        reason=reason,
        rule=spec.rule,
        citation=case.rulebook.citation(rule),
        binding=None,
        severity=rule.severity,
        proposed=None if proposed is None else float(proposed),
    )
