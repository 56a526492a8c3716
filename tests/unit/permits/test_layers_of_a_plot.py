"""What plans, special areas and coverage settle on a plot of 5 x 20 m; all figures follow from the drawing by hand."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from ground_plots import CRS, DEPTH_M, EVERYWHERE, WIDTH_M, Features, facts, layers, parcel

from basemap.model import LayerName
from basemap.special_areas import SpecialKind
from permits.answers import Cause, LayerSource, LayerStatus
from permits.facts import Ground, ParcelFacts, facts_of
from permits.ground import Layers

PLAN = {
    "plan_kind": "detailed_plan",
    "zone_code": "CT-1",
    "land_use": "ODT",
    "max_floors": 4,
    "min_front_setback_m": 2.0,
    "plan_approved_on": date(2024, 5, 1),
}
FRONT = shapely.box(-50, -50, 50, 5)
"""The front quarter of the plot and what lies before it."""


NOWHERE = shapely.box(0, 0, np.inf, 1)


def with_plan(**changes: object) -> Features:
    return {LayerName.DETAILED_PLAN: [(FRONT, {**PLAN, **changes})]}


def on(day: date, given: Layers) -> ParcelFacts:
    return facts_of(parcel(), Ground(given, crs=CRS), on=day)


# --- detailed plans


def test_a_detailed_plan_goes_before_the_zone_inside_its_polygon_alone() -> None:
    """The zone says 6 floors and 30 m, the plan 4 floors and no height: there the zone still speaks."""
    found = facts(layers(with_plan()))
    rear, front = found.parts
    assert (rear.plan, rear.share_ratio, rear.limits.max_floors) == (None, 0.75, 6)
    assert front.plan is not None
    assert (front.name, front.share_ratio, front.area_m2, front.compensated_area_m2) == ("ODT-1", 0.25, 25.0, 25.0)
    assert (front.limits.max_floors, front.limits.max_height_m) == (4, 30.0)
    assert front.limits.plan_approved_on == date(2024, 5, 1)
    assert found.facts.zone_plan_max_floors == 4
    assert (found.facts.detailed_plan_applies, found.facts.detailed_plan_front_setback_m) == (True, 2.0)


def test_a_plan_that_was_approved_later_does_not_hold_yet() -> None:
    found = on(date(2024, 4, 30), layers(with_plan()))
    assert (found.facts.detailed_plan_applies, found.facts.zone_plan_max_floors) == (False, 6)
    assert on(date(2024, 5, 1), layers(with_plan())).facts.zone_plan_max_floors == 4


def test_the_later_of_two_plans_wins_where_both_lie() -> None:
    later = {**PLAN, "plan_kind": "local_adjustment", "max_floors": 7, "plan_approved_on": date(2025, 1, 1)}
    both: Features = {LayerName.DETAILED_PLAN: [(FRONT, PLAN), (FRONT, later)]}
    found = facts(layers(both))
    assert [part.limits.max_floors for part in found.parts] == [6, 7]


def test_a_plan_without_a_day_decides_nothing_and_the_stricter_figure_counts() -> None:
    relaxed = facts(layers(with_plan(plan_approved_on=None, max_floors=9)))
    assert (relaxed.facts.zone_plan_max_floors, relaxed.facts.detailed_plan_applies) == (6, None)
    assert facts(layers(with_plan(plan_approved_on=None, max_floors=2))).facts.zone_plan_max_floors == 2


def test_a_local_adjustment_of_the_zone_plan_is_no_detailed_plan() -> None:
    assert facts(layers(with_plan(plan_kind="local_adjustment"))).facts.detailed_plan_applies is False


def test_while_detailed_plans_are_not_checked_the_caps_of_the_zone_are_unknown() -> None:
    found = facts({**layers(), LayerName.DETAILED_PLAN: None})
    assert (found.facts.zone_plan_max_floors, found.facts.detailed_plan_applies) == (None, None)
    assert [part.limits.max_floors for part in found.parts] == [6]


# --- special areas


def area(kind: SpecialKind, shape: shapely.Geometry = EVERYWHERE) -> Features:
    return {LayerName.SPECIAL_AREA: [(shape, {"kind": kind.value})]}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SpecialKind.CITY_CENTRE_930_HA, "in_special_area"),
        (SpecialKind.SOUTH, "in_special_area"),
        (SpecialKind.CENTRAL_DISTRICT, "central_area"),
        (SpecialKind.DISTRICT_CENTRE, "central_area"),
        (SpecialKind.ARCHITECTURE_REGULATION, "in_architecture_regulation_area"),
        (SpecialKind.URBAN_DEVELOPMENT, "in_urban_development_area_general_plan"),
        (SpecialKind.RURAL_RESIDENTIAL, "in_rural_residential_area_general_plan"),
        (SpecialKind.COMMUNE_BUILT_AREA, "in_commune_plan_built_area"),
        (SpecialKind.FUNCTIONAL_ZONE, "in_functional_zone"),
    ],
)
def test_a_fact_is_true_inside_false_where_all_was_drawn_and_unknown_at_the_edge(kind: SpecialKind, name: str) -> None:
    grazing = shapely.box(-50, -50, 0.9, 50)
    assert getattr(facts(layers(area(kind))).facts, name) is True
    assert getattr(facts(layers()).facts, name) is False
    assert getattr(facts(layers(area(kind, grazing))).facts, name) is None


def test_a_kind_of_which_nothing_is_loaded_nor_said_is_not_checked() -> None:
    without_coverage = {name: frame for name, frame in layers().items() if name is not LayerName.COVERAGE}
    found = facts(without_coverage)
    answer = found.special_areas[SpecialKind.THU_THIEM]
    assert (answer.status, answer.cause) == (LayerStatus.NOT_CHECKED, Cause.NOT_LOADED)
    assert found.facts.in_special_area is None


def test_a_kind_may_be_declared_by_itself() -> None:
    row = {"layer": "special_area", "kind": SpecialKind.FUNCTIONAL_ZONE.value}
    given = layers({LayerName.COVERAGE: [(EVERYWHERE, row)]})
    coverage = given[LayerName.COVERAGE]
    assert isinstance(coverage, gpd.GeoDataFrame)
    found = facts({**given, LayerName.COVERAGE: coverage.iloc[1:]})
    assert (found.facts.in_functional_zone, found.facts.central_area) == (False, None)


@pytest.mark.parametrize(("y", "expected"), [(-6.0, True), (-14.0, None), (-40.0, False)])
def test_a_plot_is_on_a_trade_axis_that_runs_along_the_street_in_front(y: float, *, expected: bool | None) -> None:
    axis: Features = {LayerName.TRADE_AXIS: [(shapely.LineString([(-100, y), (100, y)]), {"street_name": "A"})]}
    assert facts(layers(axis)).facts.trade_axis is expected


# --- corridors and lines


@pytest.mark.parametrize(
    ("y", "status"), [(10.0, "CONCERNED"), (20.3, "REVIEW"), (39.9, "REVIEW"), (40.2, "NOT_CONCERNED")]
)
def test_a_power_line_is_a_matter_for_a_person_within_20_m(y: float, status: str) -> None:
    line: Features = {LayerName.POWER_LINE: [(shapely.LineString([(-90, y), (90, y)]), {"voltage_kv": 110.0})]}
    answer = facts(layers(line)).layers[LayerName.POWER_LINE]
    assert answer.status == status
    assert answer.nearest_m == pytest.approx(max(0.0, y - DEPTH_M))


def test_each_square_metre_inside_two_corridors_is_counted_once() -> None:
    strips: Features = {LayerName.RIVER_CORRIDOR: [(shapely.box(-9, -9, 2, 99), {}), (shapely.box(-9, -9, 3, 99), {})]}
    assert facts(layers(strips)).layers[LayerName.RIVER_CORRIDOR].area_inside_m2 == pytest.approx(60.0)


# --- broken layers, coverage, versions


@pytest.mark.parametrize("fault", ["no_shape", "not_a_number", "no_kind", "lines_for_areas"])
def test_invalid_data_fail_the_layer_and_nothing_else(fault: str) -> None:
    frame = layers(area(SpecialKind.SOUTH))[LayerName.SPECIAL_AREA]
    assert isinstance(frame, gpd.GeoDataFrame)
    bad = {
        "no_shape": lambda: frame.set_geometry([None], crs=CRS),
        "not_a_number": lambda: frame.set_geometry([NOWHERE], crs=CRS),
        "no_kind": lambda: frame.drop(columns=["kind"]),
        "lines_for_areas": lambda: frame.set_geometry([shapely.LineString([(0, 0), (1, 1)])], crs=CRS),
    }[fault]()
    found = facts({**layers(), LayerName.SPECIAL_AREA: bad})
    answer = found.layers[LayerName.SPECIAL_AREA]
    assert (answer.status, answer.cause) == (LayerStatus.NOT_CHECKED, Cause.FAILED)
    assert answer.note.vi
    assert answer.note.en
    assert found.not_checked == (LayerName.SPECIAL_AREA,)


def test_a_layer_that_covers_part_of_the_plot_is_not_checked_but_tells_what_it_knows() -> None:
    half = {"layer": "river_corridor"}
    given = layers(
        {
            LayerName.COVERAGE: [(shapely.box(-500, -500, 500, 10), half)],
            LayerName.RIVER_CORRIDOR: [(shapely.box(-9, -9, 9, 4), {"name": "Rạch"})],
        }
    )
    answer = facts(given).layers[LayerName.RIVER_CORRIDOR]
    assert (answer.status, answer.cause) == (LayerStatus.NOT_CHECKED, Cause.OUT_OF_EXTENT)
    assert answer.area_inside_m2 == pytest.approx(4 * WIDTH_M)


def test_while_the_coverage_does_not_answer_no_layer_reads_as_clear() -> None:
    found = facts({**layers(), LayerName.COVERAGE: None})
    assert set(found.not_checked) == set(found.layers)


def test_the_answer_names_the_version_and_an_unknown_datum_widens_the_doubt() -> None:
    """0.8 m between EPSG:5194 and 6960: a corridor 0.9 m away is clear from a known datum alone."""
    given = layers({LayerName.RIVER_CORRIDOR: [(shapely.box(-9, -9, 9, -0.9), {})]})
    source = LayerSource(
        version_id=7, source_file="song.gpkg", source_sha256="0" * 64, valid_from=date(2025, 4, 14), datum_error_m=0.8
    )

    def status(source: LayerSource) -> LayerStatus:
        found = facts_of(parcel(), Ground(given, crs=CRS, sources={LayerName.RIVER_CORRIDOR: source}))
        assert found.sources == {LayerName.RIVER_CORRIDOR: source}
        return found.layers[LayerName.RIVER_CORRIDOR].status

    assert status(source) is LayerStatus.REVIEW
    assert status(replace(source, datum_error_m=0.0)) is LayerStatus.NOT_CONCERNED
    assert source.to_json()["valid_from"] == "2025-04-14"


@pytest.mark.parametrize(("registered_m2", "tolerance_m2"), [(100.0, 1.0), (None, None)])
def test_one_percent_bounds_the_tolerance_of_a_small_plot(
    registered_m2: float | None, tolerance_m2: float | None
) -> None:
    given = replace(parcel(), registered_area_m2=registered_m2)
    assert facts_of(given, Ground(layers(), crs=CRS)).area_tolerance_m2 == tolerance_m2


def test_twice_the_error_of_the_drawing_bounds_the_tolerance_of_a_large_plot() -> None:
    """100 x 100 m, corners to 0.10 m: 0.1 / (2 √2) · √(4 · (100² + 100²)) = 10 m², twice that is less than 1 %."""
    large = parcel(shape=shapely.box(0, 0, 100, 100), registered_area_m2=10_030.0)
    found = facts_of(large, Ground(layers(), crs=CRS))
    assert found.area_error_m2 == pytest.approx(10.0)
    assert (found.area_tolerance_m2, found.area_differs) == (pytest.approx(20.0), True)
