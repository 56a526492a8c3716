"""What the demonstration city promises to everything that is tried on it."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from basemap.demo_city import DemoCity, make_city, write_city
from basemap.demo_parcels import geohash, national_parcel_ids
from basemap.model import LAYERS, LayerName
from basemap.validate import validate_layer
from spatial.crs import HCMC
from spatial.errors import InputError
from spatial.network import StreetNetwork, build_network, street_distances

HOUSEHOLDS = 3_000
SLIVER_M2 = 1e-4
BEN_THANH_XY = np.array([[603_701.192, 1_191_178.748]])


@cache
def city(households: int = HOUSEHOLDS, seed: int = 11) -> DemoCity:
    return make_city(households=households, seed=seed)


def areas(layer: LayerName) -> np.ndarray:
    return np.asarray(city().layers[layer].geometry.array)


@cache
def network() -> StreetNetwork:
    return build_network(shapely.get_parts(areas(LayerName.STREET)), crs=HCMC)


def overlapping_m2(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Areas of overlap of all pairs of ``first`` and ``second`` whose boxes meet; of one array, each pair once."""
    left, right = shapely.STRtree(second).query(first)
    if first is second:
        left, right = left[left < right], right[left < right]
    return shapely.area(shapely.intersection(first[left], second[right]))


def component_count(streets: StreetNetwork, *, without: np.ndarray | None = None) -> int:
    edges = streets.edge_nodes if without is None else streets.edge_nodes[~without]
    count = len(streets.node_xy)
    joined = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return int(connected_components(joined, directed=False)[0])


# --- made from a seed


def test_the_same_seed_gives_the_same_frames() -> None:
    again = make_city(households=HOUSEHOLDS, seed=11)
    for name, frame in city().layers.items():
        assert frame.drop(columns="geometry").equals(again.layers[name].drop(columns="geometry")), name
        assert (shapely.to_wkb(frame.geometry.array) == shapely.to_wkb(again.layers[name].geometry.array)).all(), name
    assert city().homes.equals(again.homes)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    small = city(500, 2)
    first = write_city(small, tmp_path / "first")
    second = write_city(make_city(households=500, seed=2), tmp_path / "second")
    assert {name: path.read_bytes() for name, path in first.items()} == {
        name: path.read_bytes() for name, path in second.items()
    }


def test_another_seed_gives_another_city() -> None:
    assert not city(500, 2).homes[["x", "y"]].equals(city(500, 3).homes[["x", "y"]])


@pytest.mark.parametrize("households", [500, 777, 3_000, 12_000])
def test_exactly_as_many_households_live_there_as_were_asked_for(households: int) -> None:
    homes = city(households).homes
    assert len(homes) == households
    assert homes["home_id"].is_unique


def test_plots_and_schools_grow_with_the_households() -> None:
    small, large = city(), city(12_000)
    for layer in (LayerName.PARCEL, LayerName.BUILDING, LayerName.STREET, LayerName.SCHOOL):
        assert len(large.layers[layer]) > len(small.layers[layer]), layer
    ratio = len(large.layers[LayerName.BUILDING]) / len(small.layers[LayerName.BUILDING])
    assert 3.0 < ratio < 5.0


@pytest.mark.parametrize("households", [0, 499, 200_001])
def test_a_city_of_a_size_nobody_can_use_is_refused(households: int) -> None:
    with pytest.raises(InputError, match="households"):
        make_city(households=households, seed=1)


# --- fit for import


@pytest.mark.parametrize("layer", list(LayerName))
def test_every_layer_has_exactly_the_attributes_of_its_schema(layer: LayerName) -> None:
    frame = city().layers[layer]
    assert tuple(frame.columns) == (*LAYERS[layer].attribute_names, "geometry")
    assert frame.crs == HCMC
    assert set(frame.geometry.geom_type) == {LAYERS[layer].shape.value}
    assert frame.geometry.is_valid.all()


@pytest.mark.parametrize("layer", list(LayerName))
def test_nothing_in_a_written_layer_is_set_aside_at_import(layer: LayerName, tmp_path: Path) -> None:
    path = write_city(city(), tmp_path)[layer]
    validation = validate_layer(pyogrio.read_dataframe(path), layer, file=path.name)
    assert len(validation.accepted) == len(city().layers[layer])
    assert len(validation.quarantined) == 0
    assert [issue.code for issue in validation.issues if layer is not LayerName.PARCEL] == []


# --- the ground


def test_wards_tile_the_ground_without_gap_or_overlap() -> None:
    wards = areas(LayerName.WARD)
    assert shapely.coverage_is_valid(wards)
    united = shapely.union_all(wards)
    assert shapely.area(wards).sum() == pytest.approx(united.area, abs=0.01)
    assert shapely.get_num_interior_rings(shapely.get_parts(united)).tolist() == [0]


def test_ward_codes_have_five_digits_and_belong_to_no_real_ward() -> None:
    codes = city().layers[LayerName.WARD]["ward_code"]
    assert codes.str.fullmatch("9[0-9]{4}").all()
    assert codes.is_unique


def test_every_plot_and_home_lies_in_the_ward_that_it_names() -> None:
    wards = city().layers[LayerName.WARD].set_index("ward_code").geometry
    for ward_code, parcels in city().layers[LayerName.PARCEL].groupby("ward_code"):
        assert shapely.contains_properly(wards[ward_code], parcels.geometry.array).mean() > 0.99
    for ward_code, homes in city().homes.groupby("ward_code"):
        assert shapely.contains_xy(wards[ward_code], homes[["x", "y"]].to_numpy()).all()


def test_plots_do_not_overlap_each_other() -> None:
    plots = areas(LayerName.PARCEL)
    assert overlapping_m2(plots, plots).max() < SLIVER_M2


def test_plots_stand_clear_of_every_right_of_way() -> None:
    streets = city().layers[LayerName.STREET]
    carriageway = shapely.buffer(
        streets.geometry.array, (streets["width_m"] / 2).to_numpy(), cap_style="flat", join_style="mitre"
    )
    assert overlapping_m2(areas(LayerName.PARCEL), np.asarray(carriageway)).max() < SLIVER_M2


def test_houses_stand_on_narrow_deep_plots() -> None:
    parcels = city().layers[LayerName.PARCEL]
    houses = parcels[parcels["land_use_code"] == "ODT"].geometry.array
    ring = shapely.get_coordinates(houses).reshape(-1, 5, 2)
    side_m = np.hypot(*np.moveaxis(np.diff(ring, axis=1), -1, 0))
    across = np.sort((side_m[:, :2] + side_m[:, 2:]) / 2, axis=1)
    frontage_m, depth_m = across.T
    assert np.mean((frontage_m >= 3.2) & (frontage_m <= 8.0)) > 0.97
    assert np.mean((depth_m >= 9.0) & (depth_m <= 25.0)) > 0.95
    assert 30 < np.median(frontage_m * depth_m) < 120


def test_buildings_stand_on_plots_and_some_are_higher_than_any_rule_allows() -> None:
    buildings, plots = city().layers[LayerName.BUILDING], areas(LayerName.PARCEL)
    on, plot = shapely.STRtree(plots).query(areas(LayerName.BUILDING), predicate="intersects")
    shared = shapely.area(shapely.intersection(areas(LayerName.BUILDING)[on], plots[plot]))
    covered = np.bincount(on, weights=shared, minlength=len(buildings))
    assert covered == pytest.approx(shapely.area(areas(LayerName.BUILDING)), abs=1e-3)
    assert buildings["height_m"].between(3.0, 40.0).all()
    highest_storeys_of_row_houses = 6
    assert (buildings["floors"] > highest_storeys_of_row_houses).any()


# --- streets and the river


def test_streets_alleys_and_sidewalks_have_the_widths_of_a_vietnamese_town() -> None:
    streets = city(12_000).layers[LayerName.STREET]
    alleys = streets[streets["street_class"] == "alley"]
    through = streets[streets["street_class"].isin(["arterial", "street"])]
    assert len(alleys) > 100
    assert alleys["width_m"].between(1.8, 5.0).all()
    assert through["width_m"].between(6.0, 30.0).all()
    assert (streets["sidewalk_width_m"] * 2 < streets["width_m"]).all()


def test_all_streets_hang_together() -> None:
    assert component_count(network()) == 1


def test_exactly_two_bridges_join_the_banks() -> None:
    streets = city().layers[LayerName.STREET]
    bridges = streets.geometry.array[(streets["street_class"] == "bridge").to_numpy()]
    assert len(bridges) == 2
    middle = shapely.line_interpolate_point(network().edge_lines, 0.5, normalized=True)
    on_bridge = shapely.dwithin(middle, shapely.union_all(bridges), 0.5)
    assert component_count(network(), without=on_bridge) == 2
    one = shapely.dwithin(middle, bridges[0], 0.5)
    assert component_count(network(), without=one) == 1


def test_only_bridges_cross_the_water() -> None:
    zones, streets = city().layers[LayerName.ZONE], city().layers[LayerName.STREET]
    river = zones.loc[zones["land_use"] == "SON"].geometry.iloc[0]
    assert set(streets.loc[streets.intersects(river), "street_class"]) == {"bridge"}
    assert not shapely.intersects(areas(LayerName.PARCEL), river).any()


@pytest.mark.parametrize("school_type", ["kindergarten", "primary", "lower_secondary"])
def test_every_home_reaches_every_school_on_foot(school_type: str) -> None:
    schools = city().layers[LayerName.SCHOOL]
    schools = schools[schools["school_type"] == school_type]
    school_xy = shapely.get_coordinates(schools.geometry.array)
    found = street_distances(network(), city().homes[["x", "y"]].to_numpy(), school_xy)
    assert len(found.unsnapped_origins) == len(found.unsnapped_destinations) == len(found.unreachable_origins) == 0
    assert len(found.distance_m) == HOUSEHOLDS * len(schools)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_across_the_river_straight_lines_lie(seed: int) -> None:
    there = city(1_000, seed)
    schools = there.layers[LayerName.SCHOOL].query("school_type == 'primary'")
    school_xy, home_xy = shapely.get_coordinates(schools.geometry.array), there.homes[["x", "y"]].to_numpy()
    streets = build_network(shapely.get_parts(there.layers[LayerName.STREET].geometry.array), crs=HCMC)
    found = street_distances(streets, home_xy, school_xy)
    straight_m = np.hypot(*(home_xy[found.origin] - school_xy[found.destination]).T)
    deceived = (straight_m < 400) & (found.distance_m > 1_000) & (found.distance_m >= 3 * straight_m)
    assert deceived.any()


# --- names, numbers, register


def test_names_of_streets_are_of_the_usual_kinds() -> None:
    streets = city().layers[LayerName.STREET]
    named = streets.groupby("street_class")["name"]
    assert named.get_group("alley").str.fullmatch(r"Hẻm \d+(/\d+)? .+").all()
    assert named.get_group("bridge").str.startswith("Cầu ").all()
    assert named.get_group("street").str.fullmatch(r"Đường số \d+").any()


def test_addresses_are_written_as_people_write_them_and_are_unique() -> None:
    addresses = city().layers[LayerName.ADDRESS]
    assert addresses["house_number"].str.fullmatch(r"(\d+/){0,2}\d+[A-Z]?").all()
    assert addresses["address"].is_unique
    ward_name = city().layers[LayerName.WARD].set_index("ward_code")["name"][addresses["ward_code"]].to_numpy()
    assert (addresses["address"] == addresses["house_number"] + " " + addresses["street_name"] + ", " + ward_name).all()
    assert addresses["house_number"].str.contains("/.*/").any()
    assert addresses["house_number"].str.contains("[A-Z]$").any()


def test_a_house_in_an_alley_bears_the_alleys_number() -> None:
    addresses = city().layers[LayerName.ADDRESS]
    inside = addresses[addresses["house_number"].str.contains("/")]
    alley = "Hẻm " + inside["house_number"].str.rsplit("/", n=1).str[0] + " " + inside["street_name"]
    assert set(alley) <= set(city().layers[LayerName.STREET]["name"])


def test_odd_numbers_stand_on_one_side_of_a_street_and_even_ones_on_the_other() -> None:
    addresses, streets = city().layers[LayerName.ADDRESS], city().layers[LayerName.STREET]
    local = streets[streets["name"].str.startswith("Đường số")]
    wards = city().layers[LayerName.WARD]
    checked = 0
    for name, line in zip(local["name"], local.geometry, strict=True):
        course = shapely.get_parts(line)[0]
        ward_code = wards[wards.contains(course.interpolate(0.5, normalized=True))]["ward_code"].iloc[0]
        fronts = (addresses["street_name"] == name) & (addresses["ward_code"] == ward_code)
        near = addresses[fronts & ~addresses["house_number"].str.contains("/")]
        along = shapely.line_locate_point(course, near.geometry.array)
        start, end = (
            shapely.get_coordinates(shapely.line_interpolate_point(course, np.maximum(along + shift, 0.0)))
            for shift in (-0.5, 0.5)
        )
        off = shapely.get_coordinates(near.geometry.array) - start
        way = end - start
        is_left = way[:, 0] * off[:, 1] - way[:, 1] * off[:, 0] > 0
        is_odd = np.array([int(re.sub(r"\D", "", number)) % 2 == 1 for number in near["house_number"]], dtype=bool)
        assert (is_left == is_odd).all(), name
        checked += len(near)
    assert checked > 500


def test_map_sheets_restart_in_each_ward_and_numbers_in_each_sheet() -> None:
    parcels = city().layers[LayerName.PARCEL]
    sheets = parcels.astype({"map_sheet": int, "parcel_no": int}).groupby("ward_code")["map_sheet"].unique()
    for ward_code, found in sheets.items():
        assert sorted(found) == list(range(1, len(found) + 1)), ward_code
    first = parcels[parcels["parcel_no"] == "1"].groupby(["ward_code", "map_sheet"]).size()
    assert len(first) == sum(len(found) for found in sheets)


def test_a_few_parcels_share_their_number() -> None:
    parcels = city().layers[LayerName.PARCEL]
    twice = parcels.duplicated(["ward_code", "map_sheet", "parcel_no"], keep=False).sum()
    assert 4 <= twice <= 0.01 * len(parcels)


def test_registered_areas_are_near_the_measured_ones_but_for_a_few() -> None:
    parcels = city().layers[LayerName.PARCEL]
    off = np.abs(parcels["registered_area_m2"] / parcels.geometry.area - 1)
    assert off.median() < 0.005
    assert 0.005 < (off > 0.04).mean() < 0.04


def test_most_plots_are_housing_and_some_houses_stand_on_garden_land() -> None:
    parcels = city().layers[LayerName.PARCEL]
    assert parcels["land_use_code"].value_counts().idxmax() == "ODT"
    assert {"CLN", "TMD", "DGD"} <= set(parcels["land_use_code"])
    gardens = parcels[(parcels["land_use_code"] == "CLN") & parcels["address"].notna()]
    assert len(shapely.STRtree(areas(LayerName.BUILDING)).query(gardens.geometry.array, predicate="contains")[0]) > 0


def test_geohashes_agree_with_the_published_examples() -> None:
    assert geohash(np.array([-5.6]), np.array([42.6]))[0].startswith("ezs42")
    assert geohash(np.array([10.40744]), np.array([57.64911]))[0].startswith("u4pruydqqvj")


def test_national_identifiers_lie_where_their_parcels_do() -> None:
    around_ben_thanh = geohash(np.array([106.70]), np.array([10.77]))[0][:9]
    assert national_parcel_ids(BEN_THANH_XY)[0].startswith(around_ben_thanh)
    assert city().layers[LayerName.PARCEL]["national_parcel_id"].is_unique


# --- plans


def test_road_reservations_bite_into_plots_beside_arterials() -> None:
    reservations = city().layers[LayerName.ROAD_RESERVATION]
    lost_m2 = overlapping_m2(areas(LayerName.PARCEL), np.asarray(reservations.geometry.array))
    assert (lost_m2 > 1.0).sum() > 50
    assert reservations["decision"].str.contains("MINH-HOA").all()
    present = city().layers[LayerName.STREET].groupby("name")["width_m"].max()
    assert (reservations["planned_width_m"].to_numpy() > present[reservations["road_name"]].to_numpy()).all()


def test_zones_do_not_overlap_and_cut_across_plots() -> None:
    zones = areas(LayerName.ZONE)
    assert overlapping_m2(zones, zones).max() < 0.01
    plot, zone = shapely.STRtree(zones).query(areas(LayerName.PARCEL), predicate="intersects")
    shared = shapely.area(shapely.intersection(areas(LayerName.PARCEL)[plot], zones[zone]))
    straddling = np.bincount(plot[shared > 1.0], minlength=len(areas(LayerName.PARCEL))) > 1
    assert 0.01 < straddling.mean() < 0.6


def test_some_zones_set_numbers_and_some_are_silent() -> None:
    zones = city().layers[LayerName.ZONE]
    housing = zones[zones["land_use"] == "ODT"]
    assert housing["max_floors"].notna().any()
    assert housing["max_floors"].isna().any()
    assert zones["zone_code"].is_unique


# --- schools


def test_schools_have_codes_names_and_a_gate_beside_a_street() -> None:
    schools = city().layers[LayerName.SCHOOL]
    assert schools["school_code"].is_unique
    assert schools["name"].is_unique
    assert set(schools["school_type"]) == {"kindergarten", "primary", "lower_secondary"}
    ways = shapely.union_all(areas(LayerName.STREET))
    assert shapely.distance(schools.geometry.array, ways).max() < 20
