"""One parcel and proposal on five days, under all packs: each finding stands in the law of its day, none in a later."""

from datetime import date

import pytest
import shapely
from plots import ZONE, Layers, X, Y, checked, layer, layers, plot, proposed

from basemap.model import LAYERS, LayerName
from permits.check import Check
from permits.findings import Finding
from permits.model import ReasonCode, Verdict
from permits.rule_schema import Instrument
from permits.rulebook import load_rulebook

DAYS = (date(2021, 6, 1), date(2025, 12, 31), date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1))
PLANS = (None, date(2020, 1, 1), date(2021, 7, 5), date(2027, 1, 1))
KINDS = ("row_house", "detached_house", "apartment", "commercial")
BEHIND = shapely.box(X - 50, Y + 16, X + 50, Y + 60)
RESTRICTING = (
    LayerName.RIVER_CORRIDOR,
    LayerName.POWER_CORRIDOR,
    LayerName.RAILWAY_CORRIDOR,
    LayerName.HERITAGE_AREA,
    LayerName.AIRPORT_SURFACE,
)


def surrounded(plan: date | None) -> Layers:
    """Return layers that all have something to say: reservation, corridors, a line, a plan of the given day."""
    around = shapely.box(X - 100, Y - 100, X + 100, Y + 100)
    drawn = layers(reserved_m=2)
    for name in RESTRICTING:
        drawn[name] = layer(dict.fromkeys(LAYERS[name].attribute_names), BEHIND)
    line = {**dict.fromkeys(LAYERS[LayerName.POWER_LINE].attribute_names), "voltage_kv": 110.0, "conductor": "bare"}
    drawn[LayerName.POWER_LINE] = layer(line, shapely.LineString([(X - 50, Y + 30), (X + 50, Y + 30)]))
    drawn[LayerName.ZONE] = layer({**ZONE, "max_plot_ratio": 6.0, "plan_approved_on": plan}, around)
    return drawn


CASES = [(day, plan) for day in DAYS for plan in PLANS if plan is None or plan <= day]


def instrument_of(finding: Finding) -> Instrument:
    """Return the instrument that a finding cites, by its number in the pack."""
    known = load_rulebook(finding.rulebook).instruments.values()
    return next(each for each in known if finding.citation.startswith(each.number))


def answered(day: date, plan: date | None, kind: str) -> Check:
    found = plot(surrounded(plan))
    assert found.facts.plan_approval_date == plan
    return checked(found, proposed(building_type=kind, gross_floor_area_m2=360, green_area_m2=10), as_of=day)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("day", "plan"), CASES)
def test_no_finding_cites_a_law_that_came_later(day: date, plan: date | None, kind: str) -> None:
    for finding in answered(day, plan, kind).findings:
        assert instrument_of(finding).effective_from <= day, f"{finding.rule} cites {finding.citation}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("day", "plan"), CASES)
def test_what_is_decided_stands_in_a_law_in_force_on_its_basis_day(day: date, plan: date | None, kind: str) -> None:
    """The national standard goes by the plan's day, all else by that of the dossier.

    While the plan's day is unknown an edition that has ended may be named: it may govern.
    """
    outcome = answered(day, plan, kind)
    for finding in outcome.findings:
        instrument = instrument_of(finding)
        basis = day if instrument.basis_date == "dossier_date" else outcome.facts.plan_approval_date
        if basis is None:
            assert instrument.effective_from <= day
        elif not instrument.period.covers(basis):
            told = (finding.verdict, finding.reason)
            assert told == (Verdict.NEEDS_REVIEW, ReasonCode.NOT_IN_FORCE), f"{finding.rule} cites {finding.citation}"


LAND = {DAYS[0]: "50/2014", DAYS[1]: "50/2014", DAYS[2]: "135/2025", DAYS[3]: "135/2025", DAYS[4]: "135/2025"}
RIVER = {DAYS[0]: "22/2017", DAYS[1]: "56/2025", DAYS[2]: "56/2025", DAYS[3]: "56/2025", DAYS[4]: "56/2025"}
POWER = {DAYS[0]: "14/2014", DAYS[1]: "62/2025", DAYS[2]: "62/2025", DAYS[3]: "62/2025", DAYS[4]: "62/2025"}
AIRPORT = {DAYS[0]: "32/2016", DAYS[1]: "32/2016", DAYS[2]: "32/2016", DAYS[3]: "222/2026", DAYS[4]: "222/2026"}
COVERAGE = {DAYS[0]: "135/2007", DAYS[1]: "56/2021", DAYS[2]: "56/2021", DAYS[3]: "56/2021", DAYS[4]: "56/2021"}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(
    ("rule", "by_day"),
    [
        ("house.land_use", LAND),
        ("river.corridor", RIVER),
        ("power.half_width", POWER),
        ("airport.surface", AIRPORT),
        ("max_site_coverage_ratio", COVERAGE),
    ],
)
def test_each_question_is_answered_by_the_law_of_that_day(rule: str, by_day: dict[date, str], day: date) -> None:
    """Days from the laws themselves: 1/1/2026, 14/4/2025, 4/3/2025, 1/7/2026; Annex 18 from early 2022."""
    found = answered(day, None, "row_house")
    finding = next(each for each in found.findings if rule in (each.rule, each.name))
    assert by_day[day] in finding.citation
