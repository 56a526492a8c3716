"""A reach that is remembered is the one that would be found anew, in whatever order plots come."""

from datetime import date
from itertools import product

import pytest

from permits.model import AreaType, BuildingType, Facts
from permits.reach import reach_of
from permits.rulebook import Rulebook, load_rulebook

AS_OF = date(2026, 11, 21)
PLOTS = [
    Facts(building_type=building, area_type=area)
    for building, area in product((None, *BuildingType), (None, *AreaType))
]


def left_to_others(facts: Facts) -> bool | None:
    """Whether a plot is one of a row house in a built-up area: by three-valued logic."""
    told = (facts.building_type, BuildingType.ROW_HOUSE), (facts.area_type, AreaType.EXISTING_URBAN)
    if any(fact is not None and fact is not wanted for fact, wanted in told):
        return False
    return None if None in (facts.building_type, facts.area_type) else True


@pytest.fixture
def pack() -> Rulebook:
    return load_rulebook("zone-plan").as_known_on(AS_OF)


@pytest.mark.parametrize("plots", [PLOTS, PLOTS[::-1], PLOTS * 2], ids=["forth", "back", "twice"])
def test_the_zone_plan_leaves_row_houses_of_built_up_areas_and_them_alone(pack: Rulebook, plots: list[Facts]) -> None:
    rule = next(rule for rule in pack.rules if rule.except_when)
    for facts in plots:
        expected = {True: False, False: True, None: None}[left_to_others(facts)]
        assert reach_of(rule, facts, rulebook=pack) is expected


def test_a_rule_without_conditions_reaches_every_plot() -> None:
    pack = load_rulebook("corridors")
    rule = pack.rule("river.corridor", as_of=AS_OF)
    assert all(reach_of(rule, facts, rulebook=pack) for facts in PLOTS)
