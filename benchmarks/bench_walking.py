"""How long the ways of a whole city take: 200,000 crossings, 150,000 homes, 500 schools, the 20 nearest of each.

Measuring may take 30 s of one processor, and everything together 2 GB. Cutting 295,000 street lines where they cross
comes on top, once for each street file.
"""

import resource
import sys
import time

import numpy as np
import shapely

from spatial.network import build_network, street_distances

CROSSINGS_A_SIDE_COUNT = 450
BLOCK_M, JITTER_M = 60.0, 20.0
STREETS_KEPT_RATIO = 0.73
HOME_COUNT, SCHOOL_COUNT, NEAREST_COUNT = 150_000, 500, 20
SEED = 1
ALLOWED_S, ALLOWED_KB = 30.0, 2_000_000
SOUTH_WEST = np.array([600_000.0, 1_190_000.0])


def street_lines(chance: np.random.Generator) -> np.ndarray:
    """Return the streets of a crooked grid in which every fourth block has lost a street."""
    grid = np.stack(np.meshgrid(np.arange(CROSSINGS_A_SIDE_COUNT), np.arange(CROSSINGS_A_SIDE_COUNT)), axis=-1)
    crossings = grid * BLOCK_M + chance.uniform(-JITTER_M, JITTER_M, grid.shape) + SOUTH_WEST
    across = np.stack([crossings[:, :-1], crossings[:, 1:]], axis=2).reshape(-1, 2, 2)
    along = np.stack([crossings[:-1], crossings[1:]], axis=2).reshape(-1, 2, 2)
    streets = np.concatenate([across, along])
    return np.asarray(shapely.linestrings(streets[chance.random(len(streets)) < STREETS_KEPT_RATIO]), dtype=object)


def main() -> int:
    """Measure, print, and return 1 when it took too long or too much memory."""
    chance = np.random.default_rng(SEED)
    lines = street_lines(chance)
    side_m = BLOCK_M * CROSSINGS_A_SIDE_COUNT
    homes, schools = (chance.uniform(0, side_m, (count, 2)) + SOUTH_WEST for count in (HOME_COUNT, SCHOOL_COUNT))
    begin_s = time.process_time()
    network = build_network(lines, crs="EPSG:9210")
    built_s = time.process_time()
    distances = street_distances(network, homes, schools, nearest_count=NEAREST_COUNT)
    measured_s = time.process_time() - built_s
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{len(lines)} lines -> {len(network.node_xy)} nodes, {len(network.edge_lines)} edges")
    print(f"network {built_s - begin_s:.1f} s; {len(distances.origin)} ways {measured_s:.1f} s; {peak_kb / 1e6:.2f} GB")
    return int(measured_s > ALLOWED_S or peak_kb > ALLOWED_KB)


if __name__ == "__main__":
    sys.exit(main())
