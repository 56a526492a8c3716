"""Laws of the generated city that hold whatever its seed and size."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from allocation.demo_applicants import make_applicants, make_capacities
from allocation.personal_id import check
from basemap.demo_city import make_city
from basemap.model import LayerName
from basemap.validate import validate_layer
from spatial.crs import HCMC
from spatial.network import build_network

SLIVER_M2 = 1e-4

seeds = st.integers(min_value=0, max_value=2**32 - 1)
sizes = st.integers(min_value=500, max_value=6_000)


@settings(max_examples=12, deadline=None)
@given(seed=seeds, households=sizes)
def test_every_city_is_sound_ground(seed: int, households: int) -> None:
    city = make_city(households=households, seed=seed)
    layers = city.layers
    assert len(city.homes) == households
    wards, plots = (np.asarray(layers[name].geometry.array) for name in (LayerName.WARD, LayerName.PARCEL))
    assert shapely.coverage_is_valid(wards)
    left, right = shapely.STRtree(plots).query(plots)
    left, right = left[left < right], right[left < right]
    assert shapely.area(shapely.intersection(plots[left], plots[right])).max() < SLIVER_M2
    for name, frame in layers.items():
        assert len(validate_layer(frame, name, file=name.value).quarantined) == 0, name


@settings(max_examples=12, deadline=None)
@given(seed=seeds, households=sizes)
def test_every_city_hangs_together_by_two_bridges(seed: int, households: int) -> None:
    streets = make_city(households=households, seed=seed).layers[LayerName.STREET]
    assert (streets["street_class"] == "bridge").sum() == 2
    network = build_network(shapely.get_parts(streets.geometry.array), crs=HCMC)
    count, edges = len(network.node_xy), network.edge_nodes
    joined = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    assert connected_components(joined, directed=False)[0] == 1


@settings(max_examples=8, deadline=None)
@given(seed=seeds, city_seed=seeds, households=sizes)
def test_every_round_has_sound_numbers_and_nearly_enough_seats(seed: int, city_seed: int, households: int) -> None:
    city = make_city(households=households, seed=city_seed)
    applicants = make_applicants(city, seed=seed)
    assert applicants["applicant_no"].is_unique
    assert all(check(number) == [] for number in applicants["applicant_no"])
    demand = applicants["level"].value_counts().sort_index()
    total = make_capacities(city, applicants, seed=seed).groupby("level")["capacity"].sum().sort_index()
    assert (total >= demand).all()
    assert (total < 1.15 * demand).all()
