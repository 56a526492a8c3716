"""What the map says about a plot of 5 x 20 m: all figures here follow from the drawing by hand."""

from collections.abc import Mapping
from datetime import date

import geopandas as gpd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName
from permits.facts import CHECKED_LAYERS, Cause, Ground, LayerStatus, ParcelFacts, facts_of
from permits.frontage import is_opposite
from permits.model import Facts, ParcelKey
from permits.overlap import Band
from permits.parcels import Parcel
from spatial.errors import InputError
from spatial.geometry import Located

CRS = "EPSG:9210"
PLOT = shapely.box(600_000, 1_190_000, 600_005, 1_190_020)


def parcel(shape: BaseGeometry = PLOT, *, registered_area_m2: float | None = 100.0) -> Parcel:
    return Parcel(
        key=ParcelKey("26797-10-16"),
        ward_code="26797",
        map_sheet="10",
        parcel_no="16",
        place=Located(geometry=shape, crs=CRS),
        registered_area_m2=registered_area_m2,
        land_use_code="ODT",
    )


def frame(rows: list[Mapping[str, object]], columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    table = {name: [row.get(name) for row in rows] for name in columns}
    table["feature_id"] = [str(number) for number, _ in enumerate(rows, start=1)]
    return gpd.GeoDataFrame(table, geometry=[row["geometry"] for row in rows], crs=CRS)


def street(y: float, *, width_m: float = 12.0, x: float | None = None) -> Mapping[str, object]:
    """A street along y, or along x where x is given, 200 m long."""
    start, end = ((599_900, y), (600_100, y)) if x is None else ((x, 1_189_900), (x, 1_190_100))
    line = shapely.LineString([start, end])
    return {
        "name": "Đường số 7",
        "street_class": "street",
        "width_m": width_m,
        "sidewalk_width_m": 3.0,
        "geometry": line,
    }


def zone(shape: BaseGeometry, code: str = "ODT-1", **limits: object) -> Mapping[str, object]:
    return {"zone_code": code, "land_use": code[:3], "plan_approved_on": date(2013, 5, 1), "geometry": shape, **limits}


STREETS = ("name", "street_class", "width_m", "sidewalk_width_m")
ZONES = ("zone_code", "land_use", "max_site_coverage_ratio", "max_floors", "max_height_m", "max_plot_ratio")
FRONT = street(1_189_994.0)


def ground(
    *,
    streets: list[Mapping[str, object]] | None = None,
    zones: list[Mapping[str, object]] | None = None,
    reservations: list[Mapping[str, object]] | None = None,
) -> Ground:
    layers: dict[LayerName, gpd.GeoDataFrame | None] = {
        **{name: frame([], LAYERS[name].attribute_names) for name in CHECKED_LAYERS},
        LayerName.STREET: frame([FRONT] if streets is None else streets, STREETS),
        LayerName.ZONE: frame(zones or [], ZONES),
        LayerName.ROAD_RESERVATION: frame(reservations or [], ("road_name", "planned_width_m", "decision")),
        LayerName.BUILDING: frame([], ("building_use", "floors", "height_m")),
    }
    return Ground(layers, crs=CRS)


def reservation(shape: BaseGeometry, width_m: float = 16.0) -> Mapping[str, object]:
    return {"road_name": "Đường số 7", "planned_width_m": width_m, "decision": "1/QĐ", "geometry": shape}


def test_the_side_to_the_street_is_the_frontage_and_the_rest_is_depth() -> None:
    found = facts_of(parcel(), ground())
    assert found.frontage_m == pytest.approx(5.0)
    assert found.depth_m == pytest.approx(20.0)
    assert (found.facts.road_width_m, found.facts.sidewalk_width_m, found.facts.through_plot) == (12.0, 3.0, False)
    assert found.rear is not None
    assert found.rear.geometry.bounds == (600_000, 1_190_020, 600_005, 1_190_020)


@pytest.mark.parametrize("gap_m", [0.0, 2.9])
def test_a_strip_of_no_mans_land_before_the_plot_does_not_hide_the_street(gap_m: float) -> None:
    assert len(facts_of(parcel(), ground(streets=[street(1_189_994.0 - gap_m)])).sides) == 1


def test_a_street_behind_another_row_is_not_in_front() -> None:
    found = facts_of(parcel(), ground(streets=[street(1_189_980.0)]))
    assert (found.sides, found.frontage_m, found.facts.road_width_m) == ((), None, None)


def test_two_streets_at_right_angles_make_a_corner() -> None:
    found = facts_of(parcel(), ground(streets=[FRONT, street(0, x=599_997.0, width_m=5.0)]))
    assert found.facts.road_widths_m == (12.0, 5.0)
    assert found.facts.width_on_larger_road_m == pytest.approx(5.0)
    assert (found.facts.road_width_m, found.facts.through_plot) == (None, False)


def test_the_reservation_of_the_other_road_at_a_corner_widens_that_road_alone() -> None:
    """The strip of the wide road in front touches the side on the alley; the alley keeps its own 5 m."""
    alley = {**street(0, x=599_997.0, width_m=5.0), "name": "Hẻm 12"}
    strip = shapely.box(599_900, 1_189_980, 600_100, 1_190_001)
    found = facts_of(parcel(), ground(streets=[FRONT, alley], reservations=[reservation(strip, 30.0)]))
    assert found.is_corner_plot
    assert found.facts.road_widths_m == (30.0, 5.0)


def test_streets_in_front_and_behind_make_a_through_plot() -> None:
    found = facts_of(parcel(), ground(streets=[FRONT, street(1_190_022.5, width_m=5.0)]))
    assert is_opposite(*found.sides)
    assert (found.facts.through_plot, found.facts.road_width_m, found.facts.rear_road_width_m) == (True, 12.0, 5.0)


def test_a_reservation_takes_its_share_of_the_registered_area() -> None:
    """2 m of 20 m are reserved: a tenth of the 110 m² on paper, and of the 100 m² that are drawn."""
    strip = shapely.box(599_900, 1_189_986, 600_100, 1_190_002)
    found = facts_of(parcel(registered_area_m2=110.0), ground(reservations=[reservation(strip)]))
    assert (found.registered_area_m2, found.measured_area_m2) == (110.0, pytest.approx(100.0))
    assert found.reserved_area_m2 == pytest.approx(10.0)
    assert found.area_left_m2 == pytest.approx(99.0)
    assert found.facts.plot_area_m2 == pytest.approx(99.0)
    assert found.depth_m == pytest.approx(18.0)
    assert found.facts.road_width_m == 16.0
    (concern,) = found.reservations
    assert (concern.band, concern.name) == (Band.HIT, "Đường số 7")
    assert concern.geometry.geometry.area == pytest.approx(10.0)


@pytest.mark.parametrize(("gap_m", "status"), [(0.0001, "REVIEW"), (0.3, "REVIEW"), (0.4, "NOT_CONCERNED")])
def test_a_reservation_that_just_misses_the_plot_is_looked_at(gap_m: float, status: str) -> None:
    strip = shapely.box(599_900, 1_189_980, 600_100, 1_190_000 - gap_m)
    found = facts_of(parcel(), ground(reservations=[reservation(strip)]))
    assert found.layers[LayerName.ROAD_RESERVATION].status == status
    assert found.reserved_area_m2 == 0.0


@pytest.mark.parametrize(("registered_m2", "differs"), [(99.1, False), (101.1, True), (98.9, True), (None, False)])
def test_areas_that_differ_by_more_than_one_percent_are_flagged(registered_m2: float | None, *, differs: bool) -> None:
    assert facts_of(parcel(registered_area_m2=registered_m2), ground()).area_differs is differs


def test_a_plot_in_two_zones_has_both_shares_and_the_stricter_caps() -> None:
    front = zone(shapely.box(599_900, 1_189_900, 600_100, 1_190_005), "TMD-1", max_floors=9, max_height_m=34.9)
    back = zone(shapely.box(599_900, 1_190_005, 600_100, 1_190_100), "ODT-2", max_floors=4, max_height_m=None)
    found = facts_of(parcel(), ground(zones=[front, back]))
    assert [(one.name, one.share_ratio) for one in found.zones] == [("ODT-2", 0.75), ("TMD-1", 0.25)]
    assert found.facts.zone_plan_max_floors == 4
    assert found.facts.zone_plan_max_height_m is None
    assert found.facts.zone_plan_known is None


def test_a_plot_half_outside_the_plan_has_no_known_cap() -> None:
    half = zone(shapely.box(599_900, 1_189_900, 600_100, 1_190_010), max_floors=4)
    assert facts_of(parcel(), ground(zones=[half])).facts.zone_plan_max_floors is None


def test_a_zone_next_door_does_not_concern_the_plot() -> None:
    here = zone(shapely.box(599_900, 1_189_900, 600_005, 1_190_100), max_floors=4)
    beside = zone(shapely.box(600_005, 1_189_900, 600_100, 1_190_100), "CLN-3", max_floors=1)
    assert [one.name for one in facts_of(parcel(), ground(zones=[here, beside])).zones] == ["ODT-1"]


def test_layers_that_are_not_loaded_are_not_checked_and_decide_nothing() -> None:
    found: ParcelFacts = facts_of(parcel(), Ground({}, crs=CRS))
    assert {answer.status for answer in found.layers.values()} == {LayerStatus.NOT_CHECKED}
    assert set(found.not_checked) == set(found.layers)
    assert (found.reserved_area_m2, found.area_left_m2) == (None, None)
    assert found.facts == Facts()


def test_a_planned_width_is_unknown_while_reservations_are_not_loaded() -> None:
    only_streets = Ground({LayerName.STREET: frame([FRONT], STREETS)}, crs=CRS)
    assert facts_of(parcel(), only_streets).facts.road_width_m is None


def test_coordinate_systems_are_not_mixed() -> None:
    moved = frame([FRONT], STREETS).set_crs("EPSG:5899", allow_override=True)
    answer = facts_of(parcel(), Ground({LayerName.STREET: moved}, crs=CRS)).layers[LayerName.STREET]
    assert (answer.status, answer.cause) == (LayerStatus.NOT_CHECKED, Cause.FAILED)
    elsewhere = Parcel(
        key=ParcelKey("1-1-1"),
        ward_code="1",
        map_sheet="1",
        parcel_no="1",
        place=Located(geometry=PLOT, crs="EPSG:5899"),
    )
    with pytest.raises(InputError):
        facts_of(elsewhere, ground())
