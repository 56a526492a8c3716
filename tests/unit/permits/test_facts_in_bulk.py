"""Many parcels asked at once: the same answers as one by one, and areas that an independent overlay gives too."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from basemap.demo_city import make_city
from basemap.model import LayerName
from permits.answers import LayerAnswer
from permits.facts import Ground, ParcelFacts, facts_in_bulk, facts_of
from permits.overlap import Band
from permits.parcels import Parcel, parcels_of

CRS = "EPSG:9210"


@pytest.fixture(scope="module")
def layers() -> dict[LayerName, gpd.GeoDataFrame]:
    city = make_city(households=600, seed=7)
    return {
        name: frame.assign(feature_id=[str(number) for number in range(len(frame))])
        for name, frame in city.layers.items()
    }


@pytest.fixture(scope="module")
def parcels(layers: dict[LayerName, gpd.GeoDataFrame]) -> list[Parcel]:
    return parcels_of(layers[LayerName.PARCEL])


@pytest.fixture(scope="module")
def found(layers: dict[LayerName, gpd.GeoDataFrame], parcels: list[Parcel]) -> list[ParcelFacts]:
    return facts_in_bulk(parcels, Ground(layers, crs=CRS))


def said(answer: LayerAnswer) -> tuple[object, ...]:
    """What an answer says and where, but for how far the nearest feature is."""
    places = [(each.feature_id, each.band, each.geometry.geometry.wkt) for each in answer.concerns]
    return {**answer.to_json(), "nearest_m": None}, places


def test_every_parcel_is_told_what_it_is_told_alone(
    layers: dict[LayerName, gpd.GeoDataFrame], parcels: list[Parcel], found: list[ParcelFacts]
) -> None:
    ground = Ground(layers, crs=CRS)
    for number in range(0, len(parcels), 7):
        alone, together = facts_of(parcels[number], ground), found[number]
        assert together.facts == alone.facts
        for name, answer in {**alone.layers, **alone.special_areas}.items():
            assert said({**together.layers, **together.special_areas}[name]) == said(answer)
        assert together.zoning.caps == alone.zoning.caps
        assert together.zoning.is_covered == alone.zoning.is_covered
        assert (together.area_left_m2, together.rear, together.sides) == (alone.area_left_m2, alone.rear, alone.sides)


@pytest.mark.parametrize("layer", [LayerName.ZONE, LayerName.ROAD_RESERVATION, LayerName.BUILDING])
def test_common_areas_are_those_of_an_independent_overlay(
    layers: dict[LayerName, gpd.GeoDataFrame], found: list[ParcelFacts], layer: LayerName
) -> None:
    own = layers[LayerName.PARCEL][["feature_id", "geometry"]].rename(columns={"feature_id": "parcel"})
    other = layers[layer][["feature_id", "geometry"]]
    overlaid = gpd.overlay(own, other, how="intersection", keep_geom_type=True)
    expected = overlaid.assign(area_m2=overlaid.area).groupby("parcel")["area_m2"].sum()
    for facts in found:
        areas_m2 = [concern.area_m2 for concern in facts.layers[layer].concerns]
        assert sum(areas_m2) == pytest.approx(expected.get(facts.parcel.key, 0.0), abs=0.1)


def test_no_parcel_at_all_is_no_fault(layers: dict[LayerName, gpd.GeoDataFrame]) -> None:
    assert facts_in_bulk([], Ground(layers, crs=CRS)) == []


def test_the_city_has_hits_and_parcels_in_two_zones(found: list[ParcelFacts]) -> None:
    """Else the tests above would compare nothing."""
    reserved = [facts for facts in found if any(each.band is Band.HIT for each in facts.reservations)]
    assert len(reserved) > 10
    assert np.mean([len(facts.zones) > 1 for facts in found]) > 0.01


def with_spike(shape: shapely.Polygon, length_m: float = 3.0) -> shapely.Polygon:
    """Return an outline that runs out along a line and back: the same area, and not valid."""
    (x, y), *others = shape.exterior.coords[:-1]
    return shapely.Polygon([(x, y), (x - length_m, y - length_m), (x, y), *others])


@pytest.mark.parametrize("spiked", [LayerName.PARCEL, LayerName.ZONE, LayerName.BUILDING])
def test_an_outline_with_a_spike_counts_with_its_area_alone(
    layers: dict[LayerName, gpd.GeoDataFrame], found: list[ParcelFacts], spiked: LayerName
) -> None:
    """Mended, it would be an area and a line together, which no overlay takes."""
    parts = (shape.geoms[0] if shape.geom_type == "MultiPolygon" else shape for shape in layers[spiked].geometry)
    frame = layers[spiked].set_geometry(list(map(with_spike, parts)), crs=CRS)
    assert not frame.is_valid.any()
    asked = parcels_of(frame if spiked is LayerName.PARCEL else layers[LayerName.PARCEL])[:200]
    for told, plain in zip(facts_in_bulk(asked, Ground(layers | {spiked: frame}, crs=CRS)), found, strict=False):
        for name in (LayerName.ZONE, LayerName.BUILDING):
            assert told.layers[name].area_inside_m2 == pytest.approx(plain.layers[name].area_inside_m2, abs=0.1)
