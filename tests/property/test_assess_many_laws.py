"""What is remembered of one plot holds for every plot on the same steps, under every pack and on every day."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from permits.assess_many import MEASURED_FACTS, Assessors, limits_along_a_line
from permits.combined_limits import assess_together
from permits.limits import assess_alone
from permits.model import AreaType, BuildingType, Facts
from permits.rulebook import rulebooks_named

DAYS = (date(2021, 6, 1), date(2022, 1, 15), date(2026, 11, 21), date(2027, 1, 1))
PACKS = rulebooks_named("all")
REMEMBER = Assessors()
"""One memory for all examples, so that later ones meet what earlier ones left."""


def unknown_or(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


FIGURES = st.sampled_from((2.9, 3.0, 3.5, 4.0, 7.9, 8.0, 8.1, 9.0, 15.0, 16.0, 35.9, 36.0, 50.0, 100.0, 500.0, 500.1))
MEASURES = st.integers(1, 8_000).map(lambda tenths: tenths / 10) | FIGURES
ROADS = st.sampled_from((3.4, 3.5, 6.0, 12.0, 16.0, 19.0, 22.0, 25.0))
FLAGS = ("central_area", "trade_axis", "through_plot", "zone_plan_known", "detailed_plan_applies", "in_special_area")
facts_of_plots = st.fixed_dictionaries(
    {name: unknown_or(MEASURES) for name in sorted(MEASURED_FACTS)}
    | {name: unknown_or(st.booleans()) for name in FLAGS}
    | {
        "building_type": unknown_or(st.sampled_from(BuildingType)),
        "area_type": unknown_or(st.sampled_from(AreaType)),
        "road_width_m": unknown_or(ROADS),
        "road_widths_m": st.none() | st.tuples(ROADS, ROADS),
        "zone_plan_max_floors": unknown_or(st.integers(2, 6)),
        "zone_plan_max_height_m": unknown_or(st.sampled_from((12.0, 20.0))),
        "building_height_m": unknown_or(st.sampled_from((15.9, 16.0, 25.0, 47.0))),
        "plan_approval_date": unknown_or(st.sampled_from(DAYS[:3])),
    }
).map(lambda given_facts: Facts(**given_facts))


@given(facts_of_plots, st.sampled_from(DAYS))
def test_what_is_remembered_is_what_would_be_worked_out(facts: Facts, as_of: date) -> None:
    for book in PACKS:
        assert REMEMBER(facts, rulebooks=(book,), as_of=as_of) == assess_alone(facts, rulebooks=(book,), as_of=as_of)
    assert REMEMBER(facts, rulebooks=PACKS, as_of=as_of) == assess_together(facts, rulebooks=PACKS, as_of=as_of)


def test_limits_that_run_along_the_area_are_not_remembered() -> None:
    """Table 1 of Annex 18 and Table 2.8 of QCVN 01:2021 are straight lines between their entries."""
    for book in PACKS:
        if book.name in ("hcmc-row-houses", "qcvn-01-2021"):
            assert {"max_site_coverage_ratio", "max_footprint_m2"} <= limits_along_a_line(book)
            assert "max_roof_height_m" not in limits_along_a_line(book)


def test_two_plots_on_the_same_steps_share_one_answer() -> None:
    """Else nothing would be remembered: between 100 and 200 m² floors and heights are the same object."""
    book = next(book for book in PACKS if book.name == "hcmc-row-houses")
    plots = [
        Facts(
            building_type=BuildingType.ROW_HOUSE,
            area_type=AreaType.EXISTING_URBAN,
            plot_area_m2=area_m2,
            frontage_m=5.0,
            depth_m=21.0,
            road_width_m=12.0,
            zone_plan_known=True,
        )
        for area_m2 in (110.0, 120.0)
    ]
    first, second = (REMEMBER(plot, rulebooks=(book,), as_of=date(2026, 11, 21)) for plot in plots)
    assert first["max_floors"] is second["max_floors"]
    assert first["max_site_coverage_ratio"] != second["max_site_coverage_ratio"]
