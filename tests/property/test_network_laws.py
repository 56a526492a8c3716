"""Laws of walking distances, on small towns with a river, against a plain Dijkstra over an explicitly split graph."""

import heapq
import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.network import StreetDistances, build_network, street_distances

HCMC = "EPSG:9210"
BLOCK_M = 100
ORIGIN = np.array([600_000.0, 1_190_000.0])

Node = tuple[int, int]
Edge = tuple[Node, Node]


@dataclass(frozen=True)
class Town:
    """A grid of streets; the river runs between two columns of crossings and only the bridges lead over it."""

    edges: tuple[Edge, ...]
    places: tuple[tuple[int, int, int], ...]
    """Doors: number of the edge, metres along it, metres beside it."""


@st.composite
def towns(draw: st.DrawFn) -> Town:
    columns, rows = draw(st.integers(2, 5)), draw(st.integers(2, 4))
    river = draw(st.integers(0, columns - 2))
    bridges = draw(st.sets(st.integers(0, rows - 1), max_size=2))
    across = [((x, y), (x + 1, y)) for x in range(columns - 1) for y in range(rows) if x != river or y in bridges]
    along = [((x, y), (x, y + 1)) for x in range(columns) for y in range(rows - 1)]
    closed = draw(st.sets(st.integers(0, len(across) + len(along) - 1), max_size=4))
    edges = [edge for number, edge in enumerate(across + along) if number not in closed]
    if not edges:
        edges = across + along
    door = st.tuples(st.integers(0, len(edges) - 1), st.integers(25, 75), st.integers(0, 20))
    return Town(edges=tuple(edges), places=tuple(draw(st.lists(door, min_size=2, max_size=7))))


def metres(node: Node) -> np.ndarray:
    return ORIGIN + BLOCK_M * np.array(node, dtype=np.float64)


def streets(town: Town) -> np.ndarray:
    """One LineString for each straight run of edges, so that crossings still have to be found."""
    level = [shapely.LineString([metres(a), metres(b)]) for a, b in town.edges if a[1] == b[1]]
    upright = [shapely.LineString([metres(a), metres(b)]) for a, b in town.edges if a[0] == b[0]]
    merged = shapely.line_merge(shapely.MultiLineString(level))
    return np.array([*shapely.get_parts(merged), *upright], dtype=object)


def doors(town: Town) -> np.ndarray:
    found = []
    for number, along_m, beside_m in town.places:
        a, b = town.edges[number]
        direction = (np.array(b) - np.array(a)).astype(np.float64)
        found.append(metres(a) + along_m * direction + beside_m * direction[::-1] * np.array([-1.0, 1.0]))
    return np.array(found)


def oracle(town: Town, start: int) -> dict[int, int]:
    """Distances from one door to all others: doors cut their edges, then Dijkstra with a heap."""
    ways: dict[object, list[tuple[object, int]]] = {}

    def join(a: object, b: object, length_m: int) -> None:
        ways.setdefault(a, []).append((b, length_m))
        ways.setdefault(b, []).append((a, length_m))

    for number, (a, b) in enumerate(town.edges):
        on_edge = sorted((along, door) for door, (edge, along, _) in enumerate(town.places) if edge == number)
        stops = [(0, a), *((along, ("stop", door)) for along, door in on_edge), (BLOCK_M, b)]
        for (here_m, here), (there_m, there) in itertools.pairwise(stops):
            join(here, there, there_m - here_m)
    for door, (_, _, beside_m) in enumerate(town.places):
        join(("stop", door), ("door", door), beside_m)
    best: dict[object, int] = {}
    queue: list[tuple[int, str, object]] = [(0, "", ("door", start))]
    while queue:
        distance_m, _, place = heapq.heappop(queue)
        if place not in best:
            best[place] = distance_m
            for other, length_m in ways[place]:
                heapq.heappush(queue, (distance_m + length_m, repr(other), other))
    return {door: best[("door", door)] for door in range(len(town.places)) if ("door", door) in best}


def table(distances: StreetDistances) -> dict[tuple[int, int], int]:
    pairs = zip(distances.origin.tolist(), distances.destination.tolist(), distances.distance_m.tolist(), strict=True)
    return {(origin, destination): distance_m for origin, destination, distance_m in pairs}


def oracle_table(town: Town) -> dict[tuple[int, int], int]:
    """From a door to itself no step is taken on the map's lines, but the product measures out and in again."""
    expected = {}
    for start, (_, _, beside_m) in enumerate(town.places):
        found = oracle(town, start)
        expected |= {(start, door): length_m for door, length_m in found.items()}
        expected[start, start] = 2 * beside_m
    return expected


@given(town=towns())
@settings(max_examples=150, deadline=None)
def test_walking_distance_equals_a_plain_dijkstra_on_the_split_graph(town: Town) -> None:
    network = build_network(streets(town), crs=HCMC)
    assert table(street_distances(network, doors(town), doors(town))) == oracle_table(town)


@given(town=towns())
@settings(max_examples=60, deadline=None)
def test_everybody_without_a_way_is_named_and_nobody_else(town: Town) -> None:
    origins, goal = doors(town), doors(town)[:1]
    distances = street_distances(build_network(streets(town), crs=HCMC), origins, goal)
    reached = {start for start in range(len(town.places)) if start == 0 or 0 in oracle(town, start)}
    assert set(distances.origin.tolist()) == reached
    assert set(distances.unreachable_origins.tolist()) == set(range(len(town.places))) - reached
    assert distances.disconnected_origins.tolist() == distances.unreachable_origins.tolist()
    assert distances.unsnapped_origins.size == distances.unsnapped_destinations.size == 0


@given(town=towns(), shuffle=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_and_direction_of_streets_make_no_difference(town: Town, shuffle: object) -> None:
    given_lines = list(streets(town))
    shuffle.shuffle(given_lines)  # type: ignore[attr-defined]
    turned = [line.reverse() if shuffle.random() < 0.5 else line for line in given_lines]  # type: ignore[attr-defined]
    one = build_network(streets(town), crs=HCMC)
    other = build_network(np.array(turned, dtype=object), crs=HCMC)
    assert one.node_xy.tobytes() == other.node_xy.tobytes()
    assert one.edge_nodes.tobytes() == other.edge_nodes.tobytes()
    assert shapely.to_wkb(one.edge_lines).tolist() == shapely.to_wkb(other.edge_lines).tolist()


@given(town=towns())
@settings(max_examples=60, deadline=None)
def test_the_way_there_is_as_long_as_the_way_back_and_a_detour_is_never_shorter(town: Town) -> None:
    found = table(street_distances(build_network(streets(town), crs=HCMC), doors(town), doors(town)))
    for (a, b), length_m in found.items():
        assert found[b, a] == length_m
        for c in range(len(town.places)):
            if (b, c) in found:
                assert found[a, c] <= length_m + found[b, c]


@given(town=towns(), count=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_nearest_are_the_first_of_all_by_distance_then_number(town: Town, count: int) -> None:
    network = build_network(streets(town), crs=HCMC)
    everything = oracle_table(town)
    nearest = street_distances(network, doors(town), doors(town), nearest_count=count)
    for start in range(len(town.places)):
        ranked = sorted((length_m, door) for (origin, door), length_m in everything.items() if origin == start)
        chosen = nearest.origin == start
        got = zip(nearest.distance_m[chosen].tolist(), nearest.destination[chosen].tolist(), strict=True)
        assert list(got) == ranked[:count]
