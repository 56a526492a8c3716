"""Limits of many plots asked at once are the limits of each asked alone, under every pack and on every day."""

import math
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from permits.combined_limits import combined_limits
from permits.findings import Said
from permits.limit_checks import LimitChecks
from permits.limit_fields import LIMIT_FIELDS
from permits.limits import limits
from permits.limits_of_many import MEASURED_FACTS, LimitOutcome, LimitsOfMany
from permits.model import AreaType, BuildingType, Facts
from permits.rulebook import Rulebook, rulebooks_named
from permits.setbacks_drawn import DrawnSetbacks

DAYS = (date(2021, 6, 1), date(2022, 1, 15), date(2026, 11, 21), date(2027, 1, 1))
PACKS = rulebooks_named("all")
ALONE_AND_TOGETHER = [*((book,) for book in PACKS), PACKS]
REMEMBERING = [(books, day, LimitsOfMany(books, as_of=day)) for books in ALONE_AND_TOGETHER for day in DAYS]
"""One memory for all examples, so that later ones meet what earlier ones left."""


def unknown_or(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


ON_A_STEP = st.sampled_from((2.9, 3.0, 3.5, 4.0, 7.9, 8.0, 8.1, 9.0, 15.0, 16.0, 35.9, 36.0, 50.0, 100.0, 500.0, 500.1))
MEASURES = st.integers(1, 8_000).map(lambda tenths: tenths / 10) | ON_A_STEP
ROADS = st.sampled_from((3.4, 3.5, 6.0, 12.0, 16.0, 19.0, 22.0, 25.0)) | st.integers(20, 600).map(lambda n: n / 20)
RATIOS = st.integers(5, 20).map(lambda n: n / 20)
MEASURES_OF_PLOTS = (
    *("plot_area_m2", "frontage_m", "depth_m", "width_on_larger_road_m", "footprint_m2", "gross_floor_area_m2"),
    *("front_setback_m", "rear_setback_m", "building_height_m"),
)
TURNS = st.builds(
    lambda day, away: day + timedelta(days=away),
    st.sampled_from(sorted(day for book in PACKS for day in book.turning_days if day <= DAYS[0])),
    st.integers(-1, 1),
)
"""Days on which the law changes, the day before and the day after."""
FLAGS = ("central_area", "trade_axis", "through_plot", "zone_plan_known", "detailed_plan_applies", "in_special_area")
plots = st.fixed_dictionaries(
    {name: unknown_or(MEASURES) for name in MEASURES_OF_PLOTS}
    | {name: unknown_or(st.booleans()) for name in FLAGS}
    | {
        "building_type": unknown_or(st.sampled_from(BuildingType)),
        "area_type": unknown_or(st.sampled_from(AreaType)),
        "road_width_m": unknown_or(ROADS),
        "road_widths_m": st.none() | st.tuples(ROADS, ROADS) | st.tuples(ROADS, ROADS, ROADS),
        "sidewalk_width_m": unknown_or(ROADS),
        "zone_plan_max_floors": unknown_or(st.integers(2, 6)),
        "zone_plan_max_height_m": unknown_or(st.sampled_from((12.0, 20.0))),
        "zone_plan_max_site_coverage_ratio": unknown_or(RATIOS),
        "zone_plan_max_plot_ratio": unknown_or(RATIOS.map(lambda ratio: 5 * ratio)),
        "floors": unknown_or(st.integers(1, 9)),
        "plan_approval_date": unknown_or(TURNS | st.dates(date(1999, 1, 1), date(2021, 6, 1))),
    }
).map(lambda given_facts: Facts(**given_facts))
setbacks = st.builds(
    DrawnSetbacks,
    front_m=unknown_or(st.integers(0, 500).map(lambda n: n / 100)),
    rear_m=unknown_or(st.integers(0, 500).map(lambda n: n / 100)),
    is_front_exact=st.booleans(),
)


def asked_alone(
    facts: Facts, drawn: DrawnSetbacks, books: tuple[Rulebook, ...], day: date
) -> dict[str, tuple[LimitOutcome, float | None]]:
    """Return the same as `permits.check.check` has it, limit by limit."""
    if len(books) == 1:
        by_name = limits(facts, rulebook=books[0], as_of=day, of_map=True).by_name
    else:
        by_name = combined_limits(facts, rulebooks=books, as_of=day, of_map=True).by_name
    checks = LimitChecks(facts=facts, books={book.name: book for book in books}, as_of=day, drawn=drawn)
    found = {}
    for name, plain in by_name.items():
        limit = checks.by_drawing(plain)
        finding = checks.finding(limit)
        said = None if finding is None else Said.by(finding)
        found[name] = LimitOutcome(limit.binding or limit.rule, said), limit.value
    return found


def same(first: float | None, second: float) -> bool:
    return math.isnan(second) if first is None else math.isclose(first, second, rel_tol=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(plots, setbacks), min_size=1, max_size=12),
    st.sampled_from(range(len(REMEMBERING))),
)
def test_many_plots_at_once_get_what_each_gets_alone(asked: list[tuple[Facts, DrawnSetbacks]], number: int) -> None:
    books, day, limits_of_many = REMEMBERING[number]
    columns = limits_of_many.columns([facts for facts, _ in asked], [drawn for _, drawn in asked])
    assert list(columns) == list(LIMIT_FIELDS)
    for row, (facts, drawn) in enumerate(asked):
        alone = asked_alone(facts, drawn, books, day)
        for name, column in columns.items():
            outcome, figure = alone.get(name, (None, None))
            assert column.outcomes[column.which[row]] == outcome, name
            assert same(figure, column.figures[row]), (name, figure, column.figures[row])


def test_every_number_is_a_measured_fact_and_nothing_else_is() -> None:
    assert {"plot_area_m2", "road_widths_m", "floors", "zone_plan_max_plot_ratio", "front_m"} <= MEASURED_FACTS
    assert {"plan_approval_date", "building_type", "central_area", "is_front_exact"}.isdisjoint(MEASURED_FACTS)
