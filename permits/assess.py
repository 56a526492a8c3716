"""What one rule-pack says about each limit of a plot, before anything proposed is held against it. Pure."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from permits.limit_fields import LIMIT_FIELDS, LimitField
from permits.model import AreaType, BuildingType, Facts, ReasonCode, Verdict
from permits.rule_schema import Rule
from permits.rulebook import Rulebook
from permits.rules import plot
from permits.rules.bounds import OPEN, Bound, Combined, combine, first_reason, undetermined
from permits.rules.generic import bounds_of, times_area
from permits.rules.row_house import HIGHER_PLANS, SPECS, Case, LimitSpec, Reach
from spatial.text import Text

PLAN_DATE = "plan_approval_date"
"""Fact, and basis date, of rules that go by the approval of the plan."""

_HOUSES = (BuildingType.ROW_HOUSE, BuildingType.DETACHED_HOUSE)
_HIGHER_PLAN = Text(
    "Quy hoạch chi tiết hoặc khu vực đặc thù đứng trên Phụ lục 18, số liệu chưa được nạp.",
    "A detailed plan or a special area ranks above Annex 18 and its figures are not loaded.",
)
_PERHAPS_A_HIGHER_PLAN = Text(
    "Chưa biết có quy hoạch chi tiết hoặc khu vực đặc thù đứng trên Phụ lục 18 hay không.",
    "It is not known whether a detailed plan or a special area ranks above Annex 18 here.",
)
_LARGE = Text(
    "Lô trên 500 m²: cơ quan quản lý kiến trúc, quy hoạch xem xét cụ thể.",
    "Plot over 500 m²: the planning authority decides case by case.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a pack says about one limit.

    Parameters
    ----------
    rule
        The rule that sets the limit, or would.
    combined
        The strictest of all its bounds. None: the pack has no figure here, and ``verdict`` and ``reason`` say why.
    as_of
        Basis date under which the rule was read.
    is_dated
        Whether that day is known. A rule may go by the approval of a plan whose day nobody stated: then this is what
        the latest edition says that may apply, and others may apply as well.
    names_pack
        Whether the limit shall say which pack it comes from, as one of several does.
    """

    field: LimitField
    rulebook: Rulebook
    rule: Rule
    as_of: date
    combined: Combined | None = None
    verdict: Verdict | None = None
    reason: ReasonCode | None = None
    is_dated: bool = True
    names_pack: bool = False

    @property
    def binding_rule(self) -> Rule:
        """The rule that gives the value, else the one that sets the limit."""
        binding = None if self.combined is None else self.combined.binding
        return self.rule if binding is None else self.rulebook.rule(binding, as_of=self.as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Whether the rules reach this plot at all; None while ``missing`` facts leave it open."""

    applies: bool | None
    missing: tuple[str, ...] = ()


def assess(
    facts: Facts, *, rulebook: Rulebook, as_of: date, only: Container[str] = LIMIT_FIELDS, of_map: bool = False
) -> dict[str, Assessment]:
    """Return what ``rulebook`` says about every limit that it knows.

    Parameters
    ----------
    of_map
        Whether the facts come from the map. Whether a higher plan applies is then unknown where its layer did not
        answer; of a plot that a person describes, a plan that is not mentioned does not apply.
    only
        Names of the limits that are asked.
    as_of
        The basis date. A rule that goes by the approval of the plan goes by ``plan_approval_date`` of the facts;
        where that is not stated, by the latest day up to this one on which it was in force.
    """
    if rulebook.binding == "row_house":
        case, scope = Case(facts, rulebook, as_of, of_map=of_map), _pack_scope(facts, rulebook)
        return {spec.name: _of_spec(spec, case, scope) for spec in SPECS if spec.name in only}
    return _of_data(facts, rulebook, as_of, only=only)


def basis_day(rule: Rule, rulebook: Rulebook, facts: Facts, *, as_of: date) -> date:
    """Return the day by which a rule goes; for a plan whose day is unknown the latest one on which the rule held."""
    if not goes_by_plan(rule, rulebook):
        return as_of
    return facts.plan_approval_date or _latest_day(rule, rulebook, as_of=as_of)


def goes_by_plan(rule: Rule, rulebook: Rulebook) -> bool:
    """Tell whether the approval of the plan decides which version of a rule applies, not the day of the dossier."""
    return rulebook.basis_date(rule) == PLAN_DATE


def _latest_day(rule: Rule, rulebook: Rulebook, *, as_of: date) -> date:
    """Return the latest day up to ``as_of`` on which rule and instrument were in force; ``as_of`` where none is."""
    ends = (rule.valid.to, rulebook.instrument_of(rule).effective_to)
    day = min([as_of, *(end - timedelta(days=1) for end in ends if end is not None)])
    return day if rulebook.is_in_force(rule, as_of=day) else as_of


def _of_data(facts: Facts, rulebook: Rulebook, as_of: date, *, only: Container[str]) -> dict[str, Assessment]:
    scope = _pack_scope(facts, rulebook)
    found: dict[str, Assessment] = {}
    for field in LIMIT_FIELDS.values():
        rules = rulebook.rules_of_limit.get(field.times_area_of or field.name)
        if rules and field.name in only:
            found[field.name] = _of_rules(rules, field, facts, rulebook=rulebook, as_of=as_of, scope=scope)
    return found


def _of_rules(
    rules: Sequence[Rule], field: LimitField, facts: Facts, *, rulebook: Rulebook, as_of: date, scope: _Scope
) -> Assessment:
    def day(rule: Rule) -> date:
        return basis_day(rule, rulebook, facts, as_of=as_of)

    bare = Assessment(field=field, rulebook=rulebook, rule=rules[0], as_of=day(rules[0]))
    if scope.applies is False:
        return replace(bare, verdict=Verdict.NOT_APPLICABLE, reason=ReasonCode.OUT_OF_SCOPE)
    in_force = [rule for rule in rules if rulebook.is_in_force(rule, as_of=day(rule))]
    if not in_force:
        return replace(bare, verdict=Verdict.NEEDS_REVIEW, reason=ReasonCode.NOT_IN_FORCE)
    bare = replace(bare, rule=in_force[0], as_of=day(in_force[0]))
    bounds = bounds_of(
        in_force,
        facts,
        direction=field.direction,
        is_verified=lambda rule: rulebook.is_verified(rule, as_of=day(rule)),
    )
    if field.times_area_of is not None:
        bounds = times_area(bounds, facts)
    if not bounds:
        return replace(bare, verdict=Verdict.NOT_APPLICABLE, reason=ReasonCode.OUT_OF_SCOPE)
    combined = combine(bounds, direction=field.direction)
    main = next((rule for rule in in_force if rule.id == (combined.binding or combined.mild_end)), in_force[0])
    if scope.applies is None:
        names = tuple(dict.fromkeys([*scope.missing, *combined.missing]))
        doubt = combined.reason or ReasonCode.MISSING_INPUT
        combined = replace(combined, low=-OPEN, high=OPEN, missing=names, reason=doubt)
    is_dated = facts.plan_approval_date is not None or not any(goes_by_plan(rule, rulebook) for rule in in_force)
    return replace(bare, rule=main, as_of=day(main), combined=combined, is_dated=is_dated)


def _pack_scope(facts: Facts, rulebook: Rulebook) -> _Scope:
    """Tell whether the pack is about this plot; a former province that is not stated does not keep it out."""
    scopes = {
        "building_type": (tuple(map(str, rulebook.building_types)), len(BuildingType)),
        "area_type": (tuple(map(str, rulebook.area_types)), len(AreaType)),
    }
    given = {name: getattr(facts, name) for name in scopes}
    if facts.former_province is not None and facts.former_province not in rulebook.former_provinces:
        return _Scope(applies=False)
    if any(given[name] is not None and given[name] not in allowed for name, (allowed, _) in scopes.items()):
        return _Scope(applies=False)
    missing = tuple(name for name, (allowed, most) in scopes.items() if given[name] is None and len(allowed) < most)
    return _Scope(applies=None, missing=missing) if missing else _Scope(applies=True)


def _of_spec(spec: LimitSpec, case: Case, pack_scope: _Scope) -> Assessment:
    rule = case.rule(spec.rule)
    bare = Assessment(field=LIMIT_FIELDS[spec.name], rulebook=case.rulebook, rule=rule, as_of=case.as_of)
    scope = _permit_scope(case) if spec.reach is Reach.PERMIT else pack_scope
    if scope.applies is False:
        return replace(bare, verdict=Verdict.NOT_APPLICABLE, reason=ReasonCode.OUT_OF_SCOPE)
    if not case.rulebook.is_in_force(rule, as_of=case.as_of):
        return replace(bare, verdict=Verdict.NEEDS_REVIEW, reason=ReasonCode.NOT_IN_FORCE)
    bounds = _spec_bounds(spec, case)
    if not bounds:
        return replace(bare, verdict=Verdict.NOT_APPLICABLE, reason=ReasonCode.OUT_OF_SCOPE)
    combined = _widened(combine(bounds, direction=bare.field.direction), spec, case, scope=scope)
    if spec.reach is Reach.FIGURE and case.unknown_plans:
        combined = _perhaps_below_a_plan(combined, case.unknown_plans)
    return replace(bare, combined=combined)


def _perhaps_below_a_plan(combined: Combined, unknown: tuple[str, ...]) -> Combined:
    """Open the interval while it is unknown whether a plan ranks above the rule."""
    doubt = ReasonCode.LAYER_NOT_LOADED
    reason = first_reason([doubt, *([combined.reason] if combined.reason else [])])
    return replace(
        combined,
        low=-OPEN,
        high=OPEN,
        missing=tuple(dict.fromkeys([*unknown, *combined.missing])),
        reason=reason,
        note=_PERHAPS_A_HIGHER_PLAN if reason is doubt else combined.note,
    )


def _permit_scope(case: Case) -> _Scope:
    building = case.facts.building_type
    return _Scope(applies=None if building is None else building in _HOUSES, missing=("building_type",))


def _spec_bounds(spec: LimitSpec, case: Case) -> list[Bound]:
    large = case.rule("row_house.large_plot")
    if spec.reach is Reach.FIGURE and plot.is_over(case.facts, large):
        return [undetermined(large.id, reason=ReasonCode.DISCRETION_OF_AUTHORITY, note=_LARGE)]
    return spec.bounds(case)


def _widened(combined: Combined, spec: LimitSpec, case: Case, *, scope: _Scope) -> Combined:
    """Open the interval where the rule itself is in doubt: its scope, its text, or a plan that ranks above it."""
    facts = case.facts
    missing: tuple[str, ...] = ()
    note = combined.note
    if spec.reach is Reach.FIGURE and any(getattr(facts, name) for name in HIGHER_PLANS):
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
