"""What it would cost everybody to have one child in another school: exact, by shortest chains of moves.

The child takes a seat; somebody there moves on, and so forth, until a seat is free, a child is left without one, or
the seat that the child gave up is reached. With the seat prices of the optimum no step of such a chain costs less
than nothing, and the cheapest chain between any two schools tells what every single wish would cost.

References
----------
Ahuja, Magnanti, Orlin, Network Flows (1993), section 9.2: residual networks and reduced costs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

_NO_WAY = 2**60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placement:
    """One level of one stage, placed optimally; pools are numbered from 0, and the number after the last is no seat.

    Parameters
    ----------
    own, own_m
        For each applicant the pool and the metres to it; without a seat ``unplaced_m``.
    unplaced_m
        For each applicant what having no seat counts.
    is_open
        Which applicants the stage could place or move.
    free
        Free seats of each pool.
    price_m
        Seat price of each pool.
    pair_applicant, pair_pool, pair_m
        The admissible pairs.
    """

    own: Integers
    own_m: Integers
    is_open: npt.NDArray[np.bool_]
    free: Integers
    price_m: Integers
    unplaced_m: Integers
    pair_applicant: Integers
    pair_pool: Integers
    pair_m: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MoveCosts:
    """The cheapest chains of moves of one placement."""

    chain_m: Integers
    price_m: Integers

    def extra_m(self, *, own: int, own_m: int, pool: int, distance_m: int) -> int:
        """Return by how many metres the sum grows with an applicant of ``own``, at ``own_m``, in ``pool`` instead."""
        of_the_wish = distance_m + self.price_m[pool] - own_m - self.price_m[own]
        return int(of_the_wish + self.chain_m[pool, own])


def move_costs(placed: Placement) -> MoveCosts:
    """Return what chains of moves cost between all pools (Floyd and Warshall, in whole metres)."""
    outside = len(placed.free)
    price_m = np.append(placed.price_m, 0)
    chain_m = np.full((outside + 1, outside + 1), _NO_WAY, dtype=np.int64)
    own = placed.own[placed.pair_applicant]
    step_m = placed.pair_m + price_m[placed.pair_pool] - placed.own_m[placed.pair_applicant] - price_m[own]
    np.minimum.at(chain_m, (own, placed.pair_pool), step_m)
    leaving_m = placed.unplaced_m - placed.own_m - price_m[placed.own]
    np.minimum.at(chain_m[:, outside], placed.own[placed.is_open], leaving_m[placed.is_open])
    chain_m[:outside, outside][placed.free > 0] = 0
    chain_m[outside, :outside] = np.minimum(chain_m[outside, :outside], price_m[:outside])
    np.fill_diagonal(chain_m, 0)
    for middle in range(outside + 1):
        np.minimum(chain_m, chain_m[:, middle, np.newaxis] + chain_m[middle], out=chain_m)
    return MoveCosts(chain_m=chain_m, price_m=price_m)
