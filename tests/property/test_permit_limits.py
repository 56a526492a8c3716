"""Laws that the limits of row houses obey, whatever the plot."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from permits.fact_sheet import read_facts
from permits.limits import LIMIT_NAMES, limits
from permits.model import Limits, Verdict
from permits.rulebook import load_rulebook

TODAY = date(2026, 11, 21)
SCOPE = {"building_type": "row_house", "area_type": "existing_urban"}


def decimals(least: float, most: float) -> st.SearchStrategy[float]:
    return st.integers(round(least * 10), round(most * 10)).map(lambda tenths: tenths / 10)


def yes_no() -> st.SearchStrategy[bool]:
    return st.booleans()


PLOT = {
    "plot_area_m2": decimals(5, 700),
    "frontage_m": decimals(2, 12),
    "depth_m": decimals(2, 30),
    "road_width_m": decimals(1, 40),
    "sidewalk_width_m": decimals(0, 8),
    "central_area": yes_no(),
    "trade_axis": yes_no(),
    "row_has_setback": yes_no(),
    "through_plot": st.just(value=False),
    "zone_plan_known": st.just(value=True),
}
PLAN = {
    "zone_plan_max_floors": st.integers(1, 12),
    "zone_plan_max_height_m": decimals(5, 60),
    "zone_plan_max_plot_ratio": decimals(0.5, 8),
    "zone_plan_max_site_coverage_ratio": decimals(0.2, 1),
}
PROPOSAL = {
    "floors": st.integers(1, 9),
    "building_height_m": decimals(3, 15),
    "height_at_building_line_m": decimals(3, 15),
    "ground_floor_height_m": decimals(2, 9),
    "footprint_m2": decimals(5, 400),
    "gross_floor_area_m2": decimals(10, 2000),
    "front_setback_m": decimals(0, 5),
    "rear_setback_m": decimals(0, 5),
    "balcony_projection_m": decimals(0, 2),
    "extra_floor_setback_m": decimals(0, 5),
}

sheets = st.fixed_dictionaries({**PLOT, **PROPOSAL}, optional=PLAN)


def answer(**sheet: Any) -> Limits:  # noqa: ANN401 - what JSON may hold
    return limits(read_facts({**SCOPE, **sheet}), rulebook=load_rulebook(), as_of=TODAY)


def forgetful(sheet: dict[str, object], data: st.DataObject) -> dict[str, object]:
    """Forget some facts; who forgets a cap of the zone plan cannot claim to have consulted it."""
    forgotten = data.draw(st.sets(st.sampled_from(sorted(set(sheet))), min_size=1))
    if forgotten & set(PLAN):
        forgotten |= {"zone_plan_known"}
    return {name: value for name, value in sheet.items() if name not in forgotten}


@settings(deadline=None, max_examples=60)
@given(st.lists(decimals(1, 500), min_size=2, max_size=2).map(sorted))
def test_a_larger_plot_never_gets_a_higher_coverage_nor_a_smaller_footprint(areas: list[float]) -> None:
    smaller, larger = (answer(plot_area_m2=area) for area in areas)
    assert smaller["max_site_coverage_ratio"].value >= larger["max_site_coverage_ratio"].value  # type: ignore[operator]
    assert smaller["max_footprint_m2"].value <= larger["max_footprint_m2"].value  # type: ignore[operator]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(decimals(0.5, 60), min_size=2, max_size=2).map(sorted),
    st.fixed_dictionaries({"frontage_m": decimals(2, 12), "central_area": yes_no(), "trade_axis": yes_no()}),
)
def test_a_wider_road_never_takes_a_floor_away(widths: list[float], place: dict[str, object]) -> None:
    narrow, wide = (answer(plot_area_m2=100, road_width_m=width, **place) for width in widths)
    assert narrow["max_floors"].value <= wide["max_floors"].value  # type: ignore[operator]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(decimals(4, 15), min_size=2, max_size=2).map(sorted),
    st.fixed_dictionaries({"road_width_m": decimals(0.5, 60), "central_area": yes_no(), "trade_axis": yes_no()}),
)
def test_from_4_m_on_more_frontage_never_takes_a_floor_away(widths: list[float], place: dict[str, object]) -> None:
    narrow, wide = (answer(plot_area_m2=100, frontage_m=width, **place) for width in widths)
    assert narrow["max_floors"].value <= wide["max_floors"].value  # type: ignore[operator]


@settings(deadline=None, max_examples=60)
@given(sheets, st.data())
def test_forgetting_facts_never_turns_a_violation_or_a_doubt_into_compliance(
    sheet: dict[str, object], data: st.DataObject
) -> None:
    kept = forgetful(sheet, data)
    full, partial = answer(**sheet), answer(**kept)
    for name in LIMIT_NAMES:
        before, after = full[name].verdict, partial[name].verdict
        if after is Verdict.COMPLIES:
            assert before is Verdict.COMPLIES, f"{name} knowing {sorted(kept)}"
        if after is Verdict.VIOLATES:
            assert before is Verdict.VIOLATES, f"{name} knowing {sorted(kept)}"


@settings(deadline=None, max_examples=60)
@given(sheets, st.data())
def test_what_was_open_held_the_answer_that_the_full_facts_give(sheet: dict[str, object], data: st.DataObject) -> None:
    """The interval of an answer with unknown facts contains the figure that comes out once they are known."""
    sheet = {name: value for name, value in sheet.items() if name not in PROPOSAL}
    kept = forgetful(sheet, data)
    full, partial = answer(**sheet), answer(**kept)
    for name in LIMIT_NAMES:
        figure, found = full[name], partial[name]
        if figure.value is None or figure.lowest != figure.highest or found.verdict is Verdict.NOT_APPLICABLE:
            continue
        assert found.lowest is None or found.lowest <= figure.value, f"{name} knowing {sorted(kept)}"
        assert found.highest is None or found.highest >= figure.value, f"{name} knowing {sorted(kept)}"


@settings(deadline=None, max_examples=60)
@given(sheets, st.fixed_dictionaries(PLAN))
def test_a_zone_plan_never_turns_a_violation_into_compliance(sheet: dict[str, object], plan: dict[str, object]) -> None:
    bare = answer(**{name: value for name, value in sheet.items() if name not in PLAN})
    planned = answer(**{**sheet, **plan})
    for name in LIMIT_NAMES:
        if bare[name].verdict is Verdict.VIOLATES:
            assert planned[name].verdict is not Verdict.COMPLIES, name
