import numpy as np
import pytest
import shapely

from spatial.errors import InputError
from spatial.nearest import straight_line_pairs
from spatial.network import StreetNetwork, build_network, snap, street_distances
from spatial.one_way import AGAINST, ALONG, BOTH

HCMC = "EPSG:9210"
EAST_M, NORTH_M = 600_000.0, 1_190_000.0


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST_M + x, NORTH_M + y) for x, y in points])


def network_of(*lines: object, join_tolerance_m: float = 0.5) -> StreetNetwork:
    return build_network(np.array(lines, dtype=object), crs=HCMC, join_tolerance_m=join_tolerance_m)


def at(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float64).reshape(-1, 2) + np.array([EAST_M, NORTH_M])


def only_distance_m(network: StreetNetwork, origin: tuple[float, float], goal: tuple[float, float]) -> int:
    return int(street_distances(network, at(origin), at(goal)).distance_m.item())


def test_two_banks_100_m_apart_in_a_straight_line_are_more_than_1_km_apart_on_foot() -> None:
    """The river runs at x = 50; the one bridge crosses it at y = 600.

    From the home the way leads 600 m north, 100 m over the bridge, 600 m south: 1,300 m on foot.
    """
    west_bank, east_bank = line((0, 0), (0, 600)), line((100, 0), (100, 600))
    bridge = line((0, 600), (100, 600))
    network = network_of(west_bank, east_bank, bridge)
    home, school = (0, 0), (100, 0)
    assert straight_line_pairs(at(home), at(school), max_distance_m=1000).distance_m.tolist() == [100]
    assert only_distance_m(network, home, school) == 600 + 100 + 600


def test_without_the_bridge_nobody_crosses_and_the_home_is_named() -> None:
    network = network_of(line((0, 0), (0, 600)), line((100, 0), (100, 600)))
    distances = street_distances(network, at((0, 0), (100, 300)), at((100, 0)))
    assert distances.origin.tolist() == [1]
    assert distances.unreachable_origins.tolist() == distances.disconnected_origins.tolist() == [0]


def test_streets_are_cut_where_they_cross_in_the_middle_of_a_line() -> None:
    network = network_of(line((0, 0), (100, 0)), line((40, -30), (40, 30)))
    assert len(network.edge_lines) == 4
    assert sorted(network.edge_length_m) == [30, 30, 40, 60]
    assert only_distance_m(network, (0, 0), (40, 30)) == 70


def test_multi_part_lines_lines_with_height_and_a_street_given_twice_change_nothing() -> None:
    plain = network_of(line((0, 0), (100, 0)), line((40, -30), (40, 30)))
    lifted = shapely.force_3d(line((0, 0), (100, 0)), 7.0)
    again = network_of(shapely.MultiLineString([line((40, -30), (40, 30)), lifted]), lifted, None, shapely.LineString())
    assert again.edge_nodes.tolist() == plain.edge_nodes.tolist()
    assert shapely.to_wkb(again.edge_lines).tolist() == shapely.to_wkb(plain.edge_lines).tolist()


@pytest.mark.parametrize(
    ("gap_m", "joined"), [(0.4, True), (0.5, True), (0.6, False)], ids=["0.4 m", "just 0.5 m", "0.6 m"]
)
def test_an_end_that_stops_short_of_another_end_is_joined_within_the_tolerance(*, gap_m: float, joined: bool) -> None:
    network = network_of(line((0, 0), (50, 0)), line((50 + gap_m, 0), (100, 0)))
    assert (network.component_count == 1) is joined
    if joined:
        assert network.length_m == pytest.approx(100)


@pytest.mark.parametrize(("gap_m", "joined"), [(0.4, True), (0.6, False)])
def test_an_end_that_stops_short_of_the_middle_of_a_street_is_joined_within_the_tolerance(
    *, gap_m: float, joined: bool
) -> None:
    network = network_of(line((0, 0), (100, 30)), line((50, 15 + gap_m * 1.0440306508910551), (50, 80)))
    assert (network.component_count == 1) is joined
    if joined:
        assert only_distance_m(network, (50, 80), (0, 0)) == round(np.hypot(50, 15) + 65)


def test_an_end_that_overshoots_a_street_by_a_hair_still_meets_it() -> None:
    network = network_of(line((0, 0), (100, 0)), line((50, -0.0003), (50, 80)))
    assert network.component_count == 1
    assert min(network.edge_length_m) > 1


def test_of_two_ways_between_the_same_crossings_the_shorter_is_walked_and_both_have_doors() -> None:
    straight, detour = line((0, 0), (100, 0)), line((0, 0), (50, 120), (100, 0))
    network = network_of(straight, detour, line((-50, 0), (0, 0)), line((100, 0), (150, 0)))
    assert sorted(network.edge_length_m) == [50, 50, 100, 260]
    assert only_distance_m(network, (-50, 0), (150, 0)) == 200
    assert only_distance_m(network, (50, 120), (150, 0)) == 130 + 50


def test_on_one_street_the_way_leads_along_it_but_a_short_cut_around_the_block_is_taken() -> None:
    loop = line((0, 0), (0, 300), (10, 300), (10, 0))
    network = network_of(loop, line((0, 0), (10, 0)))
    assert only_distance_m(network, (0, 40), (0, 140)) == 100
    assert only_distance_m(network, (0, 10), (10, 10)) == 10 + 10 + 10


def test_a_street_that_is_a_ring_is_walked_the_shorter_way_round() -> None:
    network = network_of(line((0, 0), (100, 0), (100, 100), (0, 100), (0, 0)))
    assert only_distance_m(network, (10, 0), (0, 20)) == 30
    assert only_distance_m(network, (60, 0), (100, 50)) == 90


def test_access_at_both_ends_is_added_straight() -> None:
    network = network_of(line((0, 0), (500, 0)))
    assert only_distance_m(network, (100, 30), (300, -20)) == 30 + 200 + 20


def test_a_point_goes_to_the_nearest_street_and_not_to_the_nearest_crossing() -> None:
    """The crossing (500, 40) is nearest as a node, but the door opens on the street at y = 0."""
    network = network_of(line((0, 0), (1000, 0)), line((500, 40), (500, 900)))
    assert only_distance_m(network, (500, 15), (900, 0)) == 15 + 400


def test_halves_of_a_metre_are_rounded_up_once_and_only_in_the_sum() -> None:
    network = network_of(line((0, 0), (500, 0)))
    assert only_distance_m(network, (100, 0.25), (200, 0.25)) == 101
    assert only_distance_m(network, (100, 0.25), (200, 0.2)) == 100


@pytest.mark.parametrize(("away_m", "snapped"), [(50.0, True), (50.1, False)])
def test_the_snapping_limit_includes_its_own_value(*, away_m: float, snapped: bool) -> None:
    points = snap(network_of(line((0, 0), (500, 0))), at((100, away_m)), limit_m=50)
    assert points.is_snapped.tolist() == [snapped]


def test_homes_far_from_streets_or_without_coordinates_are_named_as_unsnapped() -> None:
    network = network_of(line((0, 0), (500, 0)))
    origins = np.concatenate([at((100, 0), (100, 301)), [[np.nan, NORTH_M]]])
    distances = street_distances(network, origins, at((200, 0), (200, -301)))
    assert distances.unsnapped_origins.tolist() == [1, 2]
    assert distances.unsnapped_destinations.tolist() == [1]
    assert distances.unreachable_origins.size == 0
    assert distances.origin.tolist() == [0]


def test_a_pair_farther_than_the_greatest_distance_is_unreachable_but_not_disconnected() -> None:
    network = network_of(line((0, 0), (500, 0)))
    distances = street_distances(network, at((0, 0), (1, 0)), at((301, 0)), max_distance_m=300)
    assert distances.origin.tolist() == [1]
    assert distances.unreachable_origins.tolist() == [0]
    assert distances.disconnected_origins.size == 0


def test_destinations_at_the_same_distance_keep_their_order() -> None:
    network = network_of(line((0, 0), (500, 0)))
    goals = at((150, 0), (50, 0), (150, 0), (120, 0))
    assert street_distances(network, at((100, 0)), goals, nearest_count=2).destination.tolist() == [3, 0]
    assert street_distances(network, at((100, 0)), goals).destination.tolist() == [3, 0, 1, 2]


def test_without_origins_or_destinations_there_are_no_pairs() -> None:
    network = network_of(line((0, 0), (500, 0)))
    nobody = np.empty((0, 2))
    assert street_distances(network, nobody, at((1, 0)), nearest_count=3).distance_m.size == 0
    alone = street_distances(network, at((1, 0)), nobody)
    assert alone.unreachable_origins.tolist() == [0]


def test_components_are_numbered_from_the_largest() -> None:
    network = network_of(line((0, 0), (10, 0)), line((0, 50), (90, 50)), line((40, 20), (40, 90)))
    assert network.component_count == 2
    assert network.largest_component_share_ratio == pytest.approx(160 / 170)


def test_streets_in_degrees_are_refused() -> None:
    with pytest.raises(InputError, match="degrees"):
        build_network(np.array([shapely.LineString([(106.7, 10.7), (106.8, 10.7)])]), crs="EPSG:4326")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "no street"),
        ([shapely.LineString([(0, 0), (0.0001, 0)])], "no street"),
        ([shapely.Point(0, 0)], "Point, not a line"),
        ([shapely.LineString([(0, 0), (np.inf, 0)])], "not a number"),
    ],
    ids=["nothing", "shorter than the grid", "a point", "infinite"],
)
def test_what_is_no_street_network_is_refused_with_its_reason(lines: list[object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        build_network(np.array(lines, dtype=object), crs=HCMC)


def test_fewer_than_one_nearest_is_refused() -> None:
    with pytest.raises(InputError, match="1 or more"):
        street_distances(network_of(line((0, 0), (9, 0))), at((0, 0)), at((1, 0)), nearest_count=0)


def test_straight_lines_leave_out_pairs_beyond_the_limit_and_points_without_coordinates() -> None:
    origins = np.concatenate([at((0, 0), (0, 400)), [[np.nan, np.nan]]])
    pairs = straight_line_pairs(origins, at((30, 40), (0, 100)), max_distance_m=300, nearest_count=1)
    assert (pairs.origin.tolist(), pairs.destination.tolist(), pairs.distance_m.tolist()) == ([0, 1], [0, 1], [50, 300])


def ridden(*lines: object, direction: tuple[int, ...]) -> StreetNetwork:
    return build_network(np.array(lines, dtype=object), crs=HCMC, direction=np.array(direction))


def test_who_rides_goes_round_the_block_where_the_short_way_is_one_way_against_him() -> None:
    """A block of 100 m by 50 m: its southern side may be ridden eastwards only.

    From the south-west corner to the south-east corner it is 100 m; back it is 50 + 100 + 50 = 200 m.
    """
    south, rest = line((0, 0), (100, 0)), line((100, 0), (100, 50), (0, 50), (0, 0))
    west, east = (0, 0), (100, 0)
    for streets, direction in (((south, rest), (ALONG, BOTH)), ((south.reverse(), rest), (AGAINST, BOTH))):
        network = ridden(*streets, direction=direction)
        assert (only_distance_m(network, west, east), only_distance_m(network, east, west)) == (100, 200)


def test_a_door_behind_the_school_on_a_one_way_street_is_not_beside_it() -> None:
    """Doors at 20 m and 60 m of a one-way street of 100 m, block of 100 m by 50 m.

    From the first to the second it is 40 m; from the second to the first on to the corner, 40 m, round the block,
    50 + 100 + 50 m, and 20 m: 260 m.
    """
    network = ridden(line((0, 0), (100, 0)), line((100, 0), (100, 50), (0, 50), (0, 0)), direction=(ALONG, BOTH))
    assert only_distance_m(network, (20, 0), (60, 0)) == 40
    assert only_distance_m(network, (60, 0), (20, 0)) == 40 + 200 + 20


def test_a_roundabout_is_ridden_round_and_a_crossing_street_keeps_its_own_direction() -> None:
    """A square roundabout with sides of 100 m, drawn and ridden anticlockwise; two arms of 50 m on opposite corners.

    From the arm at (0, 0) to that at (100, 0) it is 50 + 100 + 50 m; back 50 + 300 + 50 m.
    """
    ring = line((0, 0), (100, 0), (100, 100), (0, 100), (0, 0))
    network = ridden(ring, line((-50, 0), (0, 0)), line((100, 0), (150, 0)), direction=(ALONG, BOTH, BOTH))
    assert only_distance_m(network, (-50, 0), (150, 0)) == 200
    assert only_distance_m(network, (150, 0), (-50, 0)) == 400


def test_a_dead_end_that_only_leads_in_lets_nobody_out() -> None:
    network = ridden(line((0, 0), (100, 0)), line((100, 0), (100, 80)), direction=(BOTH, ALONG))
    found = street_distances(network, at((100, 80), (0, 0)), at((0, 0)))
    assert found.origin.tolist() == [1]
    assert found.unreachable_origins.tolist() == [0]
    assert only_distance_m(network, (0, 0), (100, 80)) == 180


def test_a_street_given_both_ways_and_one_way_is_ridden_both_ways() -> None:
    street = line((0, 0), (100, 0))
    network = ridden(street, street, direction=(ALONG, BOTH))
    assert only_distance_m(network, (100, 0), (0, 0)) == 100
