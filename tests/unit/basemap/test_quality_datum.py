"""The missing datum: layers of a demonstration city, right and moved by 226 m, against what is published of it."""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pytest
import shapely

from basemap.demo_city import make_city
from basemap.model import LayerName
from basemap.quality import QUALITY_RULES
from basemap.quality_datum import datum_vector_m, shifted_by_the_datum
from basemap.quality_findings import Ground, NotCheckedError, Published, Surroundings
from spatial.crs import HCMC, WGS84
from spatial.db import Bounds

City = dict[LayerName, gpd.GeoDataFrame]
HERE = (603_701.192, 1_191_178.748)
WITH_OTHERS_ALONE = (LayerName.BUILDING, LayerName.ADDRESS, LayerName.PARCEL)
KEYED_OR_MANY = (*WITH_OTHERS_ALONE, LayerName.WARD, LayerName.SCHOOL, LayerName.STREET, LayerName.ZONE)
SIGNS = pytest.mark.parametrize("sign", [1, -1])


@pytest.fixture(scope="module")
def city() -> City:
    layers = make_city(households=2_000, seed=7).layers
    return {
        layer: frame.assign(feature_id=[str(at) for at in range(len(frame))]) if "feature_id" not in frame else frame
        for layer, frame in layers.items()
    }


def published(city: City, layers: Collection[LayerName] = tuple(LayerName)) -> Published:
    def read(layer: LayerName, bounds: Bounds) -> gpd.GeoDataFrame | None:
        return (
            city[layer].cx[bounds[0] : bounds[2], bounds[1] : bounds[3]] if layer in layers and layer in city else None
        )

    return read


def outcome(
    frame: gpd.GeoDataFrame, layer: LayerName, around: Published | None, *, source_crs: str = HCMC
) -> list[str] | str:
    """Return the codes of the findings, or why nothing could be said."""
    ground = Ground(layer=layer, frame=frame, file="f.gpkg", around=Surroundings(published=around))
    try:
        return [each.issue.code for each in shifted_by_the_datum(ground, source_crs=source_crs)]
    except NotCheckedError as error:
        return error.why.en


def moved(frame: gpd.GeoDataFrame, sign: int) -> gpd.GeoDataFrame:
    """The layer as it comes when the datum was forgotten (1) or used where it should not be (-1)."""
    x, y = -sign * datum_vector_m(HERE, crs=HCMC)
    return frame.set_geometry(frame.geometry.translate(x, y))


def others(layer: LayerName) -> set[LayerName]:
    return set(LayerName) - {layer}


def test_the_vector_is_what_a_point_moves_by_when_the_datum_is_forgotten() -> None:
    """About 196 m west-east and 113 m south-north, as measured at 106.70, 10.77."""
    x, y = datum_vector_m(HERE, crs=HCMC)
    assert abs(x) == pytest.approx(196, abs=1.5)
    assert abs(y) == pytest.approx(113, abs=1.5)
    assert np.hypot(x, y) == pytest.approx(226, abs=1)
    assert datum_vector_m(HERE, crs="EPSG:32648") == pytest.approx((x, y), abs=3)


def test_every_layer_is_held_to_the_rule() -> None:
    assert all(any(rule.code == "datum_suspected" for rule in rules) for rules in QUALITY_RULES.values())


@pytest.mark.parametrize("layer", [*KEYED_OR_MANY, LayerName.ROAD_RESERVATION])
def test_no_layer_of_the_city_is_suspected_as_it_stands(city: City, layer: LayerName) -> None:
    for around in (published(city), published(city, others(layer))):
        assert outcome(city[layer], layer, around) in ([], "the layers published here cannot tell the places apart",
                                                       "nothing is published to compare with")  # fmt: skip


@SIGNS
@pytest.mark.parametrize("layer", KEYED_OR_MANY)
def test_a_copy_226_m_off_is_found_against_the_version_before(city: City, layer: LayerName, sign: int) -> None:
    assert outcome(moved(city[layer], sign), layer, published(city, {layer})) == ["datum_suspected"]


@SIGNS
@pytest.mark.parametrize("layer", WITH_OTHERS_ALONE)
def test_a_copy_226_m_off_is_found_against_other_layers_alone(city: City, layer: LayerName, sign: int) -> None:
    assert outcome(moved(city[layer], sign), layer, published(city, others(layer))) == ["datum_suspected"]


@pytest.mark.parametrize("layer", WITH_OTHERS_ALONE)
def test_noise_of_two_metres_changes_nothing(city: City, layer: LayerName) -> None:
    rng = np.random.default_rng(5)
    frame = city[layer]
    shaken = frame.set_geometry(
        [shapely.transform(each, lambda points: points + rng.normal(0, 2, 2)) for each in frame.geometry], crs=frame.crs
    )
    for sign in (1, -1):
        assert outcome(moved(shaken, sign), layer, published(city)) == ["datum_suspected"]
    assert outcome(shaken, layer, published(city)) == []


@pytest.mark.parametrize("layer", WITH_OTHERS_ALONE)
def test_a_file_of_which_only_half_lies_where_something_is_published_is_judged_by_that_half(
    city: City, layer: LayerName
) -> None:
    west, south, east, north = city[LayerName.PARCEL].total_bounds
    half = {each: frame.cx[west : (west + east) / 2, south:north] for each, frame in city.items()}
    for around in (published(half), published(half, others(layer))):
        assert outcome(city[layer], layer, around) != ["datum_suspected"]
    found = outcome(moved(city[layer], 1), layer, published(half))
    assert found == ["datum_suspected"] or (layer is LayerName.BUILDING and "cannot tell" in found)


def test_a_file_beside_everything_that_is_published_is_not_checked(city: City) -> None:
    away = city[LayerName.PARCEL].set_geometry(city[LayerName.PARCEL].geometry.translate(0, 20_000))
    away = away.assign(feature_id=[f"new {name}" for name in away["feature_id"]])
    assert outcome(away, LayerName.PARCEL, published(city)) == "the layers published here cannot tell the places apart"


def test_without_a_published_layer_or_a_store_nothing_is_checked_and_that_is_said(city: City) -> None:
    parcels = city[LayerName.PARCEL]
    assert outcome(parcels, LayerName.PARCEL, published(city, ())) == "nothing is published to compare with"
    assert outcome(parcels, LayerName.PARCEL, None) == "nothing is published to compare with"


def test_a_layer_moved_by_any_other_way_as_long_is_not_taken_for_a_missing_datum(city: City) -> None:
    x, y = datum_vector_m(HERE, crs=HCMC)
    for shift in ((y, x), (-y, x), (0.0, 226.0), (x / 2, y / 2)):
        parcels = city[LayerName.PARCEL]
        strayed = parcels.set_geometry(parcels.geometry.translate(*shift))
        assert outcome(strayed, LayerName.PARCEL, published(city)) != ["datum_suspected"]


def test_when_the_version_before_is_the_one_that_lies_off_the_other_layers_speak_for_the_file(city: City) -> None:
    """Then the finding only asks: an import that mends what is published must not be refused."""
    wrong = city | {LayerName.PARCEL: moved(city[LayerName.PARCEL], 1)}
    assert outcome(city[LayerName.PARCEL], LayerName.PARCEL, published(wrong)) == ["datum_ambiguous"]


@pytest.mark.parametrize(
    ("sign", "label", "advice"),
    [
        (-1, WGS84, "--crs EPSG:4756"),
        (1, "EPSG:4756", "--crs EPSG:4326"),
        (-1, "EPSG:32648", "--crs EPSG:3405"),
        (1, HCMC, "EPSG:6960"),
    ],
)
def test_the_finding_says_what_to_do_by_the_label_of_the_file(city: City, sign: int, label: str, advice: str) -> None:
    frame = moved(city[LayerName.PARCEL], sign)
    around = Surroundings(published=published(city))
    ground = Ground(layer=LayerName.PARCEL, frame=frame, file="f.gpkg", around=around)
    (finding,) = shifted_by_the_datum(ground, source_crs=label)
    assert advice in finding.issue.hint.vi
    assert advice in finding.issue.hint.en
    assert "226 m" in finding.issue.message.vi
    assert "226 m" in finding.issue.message.en
