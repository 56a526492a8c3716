"""Streets that should meet: ends that stop just short of another street, and islands that no way leads to."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from basemap.quality_findings import Finding, Ground
from spatial.network import StreetNetwork, build_network
from spatial.text import Text

_ON_LINE_M = 0.002


def near_misses(ground: Ground, *, joined_within_m: float, nearly_within_m: float) -> Iterator[Finding]:
    """Find dead ends farther than the network joins by itself, yet close to a street that they do not reach.

    Parameters
    ----------
    joined_within_m
        The network joins an end that is this close to a street.
    nearly_within_m
        An end farther than that, and at most so far from a street, was probably meant to reach it.
    """
    ground.must_have_time()
    network = build_network(ground.geometries, crs=ground.frame.crs.to_wkt(), join_tolerance_m=joined_within_m)
    ground.must_have_time()
    end, piece, edge = _ends_and_strangers(network, nearly_within_m=nearly_within_m)
    reach = shapely.shortest_line(shapely.points(network.node_xy[end]), network.edge_lines[piece])
    order = np.lexsort((shapely.length(reach), end))
    _, first = np.unique(end[order], return_index=True)
    chosen = order[first]
    # Two ends that face each other are one place.
    _, once = np.unique(shapely.to_wkb(shapely.normalize(reach[chosen])), return_index=True)
    chosen = chosen[np.sort(once)]
    own = _streets_of(ground, network.edge_lines[edge[chosen]])
    others = _streets_of(ground, network.edge_lines[piece[chosen]])
    for line, street, other in zip(reach[chosen], own, others, strict=True):
        distance_m = float(line.length)
        yield ground.finding(
            "street_nearly_touches",
            [street, other],
            geometry=line,
            distance_m=distance_m,
            message=Text(
                f"Đường {ground.ids[street]} dừng cách đường {ground.ids[other]} {distance_m:.2f} m, không nối.",
                f"Street {ground.ids[street]} stops {distance_m:.2f} m short of street {ground.ids[other]}.",
            ),
            hint=Text("Kéo đầu đường tới chỗ giao nếu ngoài thực địa có nối.", "Draw it up to the crossing if it is."),
        )


def _ends_and_strangers(
    network: StreetNetwork, *, nearly_within_m: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return dead ends (node), pieces near each that share no node with its street, and the end's own piece."""
    degree = np.bincount(network.edge_nodes.ravel(), minlength=len(network.node_xy))
    ends = np.flatnonzero(degree == 1)
    edge_of_node = np.zeros(len(network.node_xy), dtype=np.intp)
    edge_of_node[network.edge_nodes.ravel()] = np.repeat(np.arange(len(network.edge_nodes)), 2)
    number, piece = shapely.STRtree(network.edge_lines).query(
        shapely.points(network.node_xy[ends]), predicate="dwithin", distance=nearly_within_m
    )
    end = ends[number]
    own = edge_of_node[end]
    shared = (network.edge_nodes[own][:, :, None] == network.edge_nodes[piece][:, None, :]).any(axis=(1, 2))
    return end[~shared], piece[~shared], own[~shared]


def islands(ground: Ground, *, joined_within_m: float) -> Iterator[Finding]:
    """Find groups of streets from which no way leads to the group with most crossings."""
    ground.must_have_time()
    network = build_network(ground.geometries, crs=ground.frame.crs.to_wkt(), join_tolerance_m=joined_within_m)
    component = network.node_component[network.edge_nodes[:, 0]]
    street = np.array(_streets_of(ground, network.edge_lines), dtype=np.intp)
    order = np.argsort(component, kind="stable")
    starts = np.searchsorted(component[order], np.arange(1, network.component_count + 1))
    for begin, end in pairwise(starts):
        pieces = order[begin:end]
        length_m = float(network.edge_length_m[pieces].sum())
        yield ground.finding(
            "street_island",
            [int(position) for position in np.unique(street[pieces])],
            geometry=shapely.multilinestrings(network.edge_lines[pieces]),
            distance_m=length_m,
            message=Text(
                f"Cụm đường dài {length_m:.0f} m không nối với mạng đường chính.",
                f"Streets of {length_m:.0f} m in all are not connected to the main network.",
            ),
            hint=Text("Kiểm tra cầu, đường nối còn thiếu.", "Look for a missing bridge or link."),
        )


def _streets_of(ground: Ground, pieces: npt.NDArray[np.object_]) -> list[int]:
    """Return for each piece of the network the street that it was cut from (the nearest to its middle)."""
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    piece, street = ground.tree.query_nearest(middles, all_matches=False)
    found = np.zeros(len(pieces), dtype=np.intp)
    found[piece] = street
    return [int(position) for position in found]
