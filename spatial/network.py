"""Distances on the streets: the way from a door to a school, not the straight line over the river.

A distance has three parts: straight from the point to the nearest place on a street, along the streets, and
straight again to the other point. Who walks goes in both directions; who rides obeys one-way streets, on the way
from the door to the school.

Lengths are kept as multiples of 2**-20 m (about a micrometre). Sums of such numbers are exact in floating point,
so a distance is the same in whatever order its parts are added, and rounding it to whole metres cannot flip.

Two streets that cross on the map are taken to meet: a bridge over a street needs its own handling in the data.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from spatial.crs import is_geographic
from spatial.errors import InputError
from spatial.geometry import whole_metres
from spatial.nearest import NearestPairs
from spatial.noding import Lines, end_points, in_metres, planar_lines
from spatial.one_way import AGAINST, ALONG, directions
from spatial.text import Text

_STEPS_PER_METRE = 2.0**20
_CHUNK_BYTES = 128 << 20

Reals = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreetNetwork:
    """Streets as a planar graph.

    Parameters
    ----------
    node_xy
        Shape (n, 2), metres in ``crs``, sorted by x, then y.
    edge_nodes
        Shape (m, 2): numbers of the nodes where each edge starts and ends. Two edges may join the same nodes.
    edge_length_m
        Shape (m,), metres.
    edge_lines
        Shape (m,), shapely LineStrings that run from the first node to the second.
    edge_direction
        Shape (m,): `spatial.one_way.BOTH`, or `ALONG` and `AGAINST` where the edge may be used only from its first
        node to its second, or only back.
    node_component
        Shape (n,): number of the connected part that each node belongs to, whatever the direction of its edges; 0 is
        the part with most nodes.
    crs
        Metric coordinate system, ``EPSG:n``.
    """

    node_xy: Reals
    edge_nodes: Integers
    edge_length_m: Reals
    edge_lines: Lines
    edge_direction: Integers
    node_component: Integers
    crs: str

    @property
    def component_count(self) -> int:
        """Number of parts between which no street leads."""
        return int(self.node_component.max(initial=-1)) + 1

    @property
    def length_m(self) -> float:
        """Length of all streets in metres."""
        return float(self.edge_length_m.sum())

    @property
    def largest_component_share_ratio(self) -> float:
        """Share of the length of all streets that lies in the largest part, 0 to 1."""
        inside = self.node_component[self.edge_nodes[:, 0]] == 0
        return float(self.edge_length_m[inside].sum() / self.length_m)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SnappedPoints:
    """Points on the nearest edge of a network.

    Parameters
    ----------
    edge
        Number of the edge; -1 where no edge lies within the limit.
    offset_m
        Way along the edge from its first node, metres.
    access_m
        Straight way from the point to the edge, metres.
    """

    edge: Integers
    offset_m: Reals
    access_m: Reals

    @property
    def is_snapped(self) -> npt.NDArray[np.bool_]:
        """Whether a street lies within the limit of each point."""
        return self.edge >= 0

    def subset(self, chosen: Integers) -> "SnappedPoints":
        """Return the points with the numbers ``chosen``."""
        return SnappedPoints(edge=self.edge[chosen], offset_m=self.offset_m[chosen], access_m=self.access_m[chosen])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreetDistances:
    """The pairs within reach, and by number everybody who is in none.

    Parameters
    ----------
    origin, destination, distance_m
        Shape (k,): int32, int32, int64 whole metres; sorted by origin, distance, destination.
    unsnapped_origins, unsnapped_destinations
        No street within the snapping limit, or no coordinates.
    unreachable_origins
        On a street, but no destination within the greatest distance.
    disconnected_origins
        Those of `unreachable_origins` from whose part of the streets no way of any length leads to a destination.
    """

    origin: npt.NDArray[np.int32]
    destination: npt.NDArray[np.int32]
    distance_m: Integers
    unsnapped_origins: Integers
    unsnapped_destinations: Integers
    unreachable_origins: Integers
    disconnected_origins: Integers


def build_network(
    lines: Lines, *, crs: str, join_tolerance_m: float = 0.5, direction: Integers | None = None
) -> StreetNetwork:
    """Return the graph of streets, cut where they cross and joined where they nearly touch.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in ``crs``; the order makes no difference.
    crs
        Metric coordinate system, ``EPSG:n``.
    join_tolerance_m
        A street that ends this close to another is joined to it.
    direction
        Shape of ``lines``: `spatial.one_way.BOTH`, `ALONG` or `AGAINST`; None: everybody goes both ways.

    Raises
    ------
    InputError
        ``crs`` is in degrees, a geometry is no line, or there is no street at all.
    """
    if is_geographic(crs):
        raise InputError(
            Text(f"Không đo đường đi được trong hệ tọa độ độ {crs}.", f"No way can be measured in degrees ({crs})."),
            hint=Text("Chuyển mạng đường sang VN-2000 (EPSG:9210).", "Bring the streets into VN-2000 (EPSG:9210)."),
        )
    pieces = planar_lines(lines, join_tolerance_m=join_tolerance_m)
    if len(pieces) == 0:
        raise InputError(
            Text("Mạng đường không có đoạn đường nào.", "There is no street in the network."),
            hint=Text("Kiểm tra tệp đường.", "Check the file of streets."),
        )
    places, node_of_end = np.unique(end_points(pieces).reshape(-1, 2), axis=0, return_inverse=True)
    edge_nodes = node_of_end.reshape(-1, 2).astype(np.int64)
    order = np.lexsort((edge_nodes[:, 1], edge_nodes[:, 0]))
    edge_nodes, pieces = edge_nodes[order], pieces[order]
    return StreetNetwork(
        node_xy=in_metres(places),
        edge_nodes=edge_nodes,
        edge_length_m=_exact(shapely.length(pieces)),
        edge_lines=pieces,
        edge_direction=np.zeros(len(pieces), dtype=np.int64)
        if direction is None
        else directions(pieces, lines, direction),
        node_component=_components(edge_nodes, node_count=len(places)),
        crs=crs,
    )


def snap(network: StreetNetwork, points_xy: Reals, *, limit_m: float) -> SnappedPoints:
    """Return where points meet the nearest edge (not node) of ``network``.

    Parameters
    ----------
    points_xy
        Shape (n, 2), metres in the network's coordinate system; NaN where a point is unknown.
    limit_m
        A point farther than this from every street is not snapped.
    """
    points_xy = np.asarray(points_xy, dtype=np.float64).reshape(-1, 2)
    edge = np.full(len(points_xy), -1, dtype=np.int64)
    offset_m, access_m = np.zeros(len(points_xy)), np.zeros(len(points_xy))
    known = np.flatnonzero(np.isfinite(points_xy).all(axis=1))
    points = shapely.points(points_xy[known])
    (point, candidate), away_m = shapely.STRtree(network.edge_lines).query_nearest(
        points, max_distance=limit_m + 1.0, return_distance=True
    )
    near = away_m <= limit_m
    point, candidate, away_m = point[near], candidate[near], away_m[near]
    # Of two edges at the same distance the one with the smaller number, whatever order the index gives them in.
    order = np.lexsort((candidate, point))
    point, first = np.unique(point[order], return_index=True)
    candidate, away_m = candidate[order][first], away_m[order][first]
    edge[known[point]] = candidate
    access_m[known[point]] = _exact(away_m)
    along_m = _exact(shapely.line_locate_point(network.edge_lines[candidate], points[point]))
    offset_m[known[point]] = np.minimum(along_m, network.edge_length_m[candidate])
    return SnappedPoints(edge=edge, offset_m=offset_m, access_m=access_m)


def street_distances(
    network: StreetNetwork,
    origins_xy: Reals,
    destinations_xy: Reals,
    *,
    snap_limit_m: float = 300.0,
    max_distance_m: int = 15_000,
    nearest_count: int | None = None,
) -> StreetDistances:
    """Return the distance along the streets from every origin to the destinations within reach.

    Parameters
    ----------
    origins_xy, destinations_xy
        Shapes (n, 2) and (m, 2), metres in the network's coordinate system; NaN where a point is unknown.
    snap_limit_m
        Greatest straight distance from a point to the nearest street.
    max_distance_m
        Greatest distance of a pair, whole metres, inclusive.
    nearest_count
        Keep so many destinations an origin, nearest first; at equal whole metres the smaller number first.

    Notes
    -----
    One Dijkstra run a destination, in bundles that bound the memory; an edge's whole length is never walked when
    both points lie on it.
    """
    origins = snap(network, origins_xy, limit_m=snap_limit_m)
    destinations = snap(network, destinations_xy, limit_m=snap_limit_m)
    on_street = np.flatnonzero(origins.is_snapped)
    reachable = np.flatnonzero(destinations.is_snapped)
    nearest = NearestPairs(origin_count=len(on_street), nearest_count=nearest_count, max_distance_m=max_distance_m)
    start, goal = origins.subset(on_street), destinations.subset(reachable)
    for bundle, distance_m in _distance_bundles(network, start, goal, max_distance_m=max_distance_m):
        nearest.add(reachable[bundle], whole_metres(np.where(np.isfinite(distance_m), distance_m, -1.0)))
    pairs = nearest.pairs()
    without = np.setdiff1d(np.arange(len(on_street)), pairs.origin)
    component = network.node_component[network.edge_nodes[:, 0]]
    is_apart = ~np.isin(component[start.edge[without]], component[goal.edge])
    return StreetDistances(
        origin=on_street[pairs.origin].astype(np.int32),
        destination=pairs.destination,
        distance_m=pairs.distance_m,
        unsnapped_origins=np.flatnonzero(~origins.is_snapped),
        unsnapped_destinations=np.flatnonzero(~destinations.is_snapped),
        unreachable_origins=on_street[without],
        disconnected_origins=on_street[without[is_apart]],
    )


def _distance_bundles(
    network: StreetNetwork, origins: SnappedPoints, destinations: SnappedPoints, *, max_distance_m: int
) -> Iterator[tuple[Integers, Reals]]:
    """Yield numbers of destinations and their distances to all origins, metres, shape (bundle, n), inf: none."""
    graph = _graph(network, destinations)
    node_count = len(network.node_xy)
    row_bytes = 8 * (graph.shape[0] + 4 * len(origins.edge))
    bundle_size = max(1, _CHUNK_BYTES // row_bytes)
    first, second = network.edge_nodes[origins.edge].T
    direction = network.edge_direction[origins.edge]
    before_m = np.where(direction == ALONG, np.inf, origins.offset_m + origins.access_m)
    after_m = network.edge_length_m[origins.edge] - origins.offset_m + origins.access_m
    after_m = np.where(direction == AGAINST, np.inf, after_m)
    for begin in range(0, len(destinations.edge), bundle_size):
        bundle = np.arange(begin, min(begin + bundle_size, len(destinations.edge)))
        to_node_m = dijkstra(graph, indices=node_count + bundle, limit=max_distance_m + 1.0)
        distance_m = to_node_m[:, first] + before_m
        np.minimum(distance_m, to_node_m[:, second] + after_m, out=distance_m)
        _shorten_on_same_edge(distance_m, origins, destinations.subset(bundle), network.edge_direction)
        yield bundle, distance_m


def _shorten_on_same_edge(
    distance_m: Reals, origins: SnappedPoints, bundle: SnappedPoints, edge_direction: Integers
) -> None:
    by_edge = np.argsort(origins.edge, kind="stable")
    edges = origins.edge[by_edge]
    begins, ends = np.searchsorted(edges, bundle.edge, "left"), np.searchsorted(edges, bundle.edge, "right")
    for row, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        same = by_edge[begin:end]
        ahead_m = bundle.offset_m[row] - origins.offset_m[same]
        is_open = ahead_m * edge_direction[bundle.edge[row]] >= 0
        direct_m = np.where(is_open, np.abs(ahead_m) + origins.access_m[same] + bundle.access_m[row], np.inf)
        distance_m[row, same] = np.minimum(distance_m[row, same], direct_m)


def _graph(network: StreetNetwork, destinations: SnappedPoints) -> csr_array:
    """Return the streets backwards, from destinations to homes, with one node more a destination that none leads to."""
    node_count = len(network.node_xy)
    tails, heads, length_m = _shortest_arcs(network)
    virtual = node_count + np.arange(len(destinations.edge))
    first, second = network.edge_nodes[destinations.edge].T
    direction = network.edge_direction[destinations.edge]
    start_m = destinations.access_m + destinations.offset_m
    end_m = destinations.access_m + network.edge_length_m[destinations.edge] - destinations.offset_m
    # A destination is reached from the first node of its edge unless the edge only leads back, and the other way round.
    start_m, end_m = np.where(direction == AGAINST, np.inf, start_m), np.where(direction == ALONG, np.inf, end_m)
    is_loop = first == second
    start_m = np.where(is_loop, np.minimum(start_m, end_m), start_m)
    from_first, from_second = np.isfinite(start_m), np.isfinite(end_m) & ~is_loop
    sources = np.concatenate([heads, virtual[from_first], virtual[from_second]])
    targets = np.concatenate([tails, first[from_first], second[from_second]])
    lengths_m = np.concatenate([length_m, start_m[from_first], end_m[from_second]])
    size = node_count + len(destinations.edge)
    return coo_array((lengths_m, (sources, targets)), shape=(size, size)).tocsr()


def _shortest_arcs(network: StreetNetwork) -> tuple[Integers, Integers, Reals]:
    """Return each way from a node to a neighbour once: a sparse matrix would add the lengths of parallel edges."""
    first, second = network.edge_nodes.T
    along, back = network.edge_direction != AGAINST, network.edge_direction != ALONG
    tails, heads = np.concatenate([first[along], second[back]]), np.concatenate([second[along], first[back]])
    length_m = np.concatenate([network.edge_length_m[along], network.edge_length_m[back]])
    between = np.flatnonzero(tails != heads)
    order = between[np.lexsort((length_m[between], heads[between], tails[between]))]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (np.diff(tails[order]) != 0) | (np.diff(heads[order]) != 0)
    kept = order[is_first]
    return tails[kept], heads[kept], length_m[kept]


def _components(edge_nodes: Integers, *, node_count: int) -> Integers:
    joined = coo_array((np.ones(len(edge_nodes)), edge_nodes.T), shape=(node_count, node_count))
    count, label = connected_components(joined, directed=False)
    largest_first = np.argsort(-np.bincount(label, minlength=count), kind="stable")
    rank: Integers = np.empty(count, dtype=np.int64)
    rank[largest_first] = np.arange(count)
    return rank[np.asarray(label, dtype=np.int64)]


def _exact(length_m: Reals) -> Reals:
    return np.round(length_m * _STEPS_PER_METRE) / _STEPS_PER_METRE
