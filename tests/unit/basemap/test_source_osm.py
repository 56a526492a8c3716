"""Streets and buildings of an OSM extract that the test writes itself, byte by byte, as the format's page says."""

from pathlib import Path

import pytest
from osm_extracts import Tags, osm_pbf

from basemap.intake import Intake, read_layer_file
from basemap.model import LAYERS, LayerName
from basemap.source_osm import CLASS_OF_HIGHWAY
from basemap.validate import Validation, validate_layer
from spatial.errors import InputError

CORNERS = [(106.700, 10.770), (106.701, 10.770), (106.701, 10.771), (106.700, 10.771)]


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "saigon.osm.pbf"
    ways: list[tuple[list[int], Tags]] = [
        ([1, 2], {"highway": "residential", "name": "Đường số 7"}),
        ([2, 3], {"highway": "primary", "bridge": "yes"}),
        ([3, 4], {"highway": "proposed"}),
        ([1, 3], {"waterway": "river"}),
        ([1, 2, 3, 4, 1], {"building": "school", "building:levels": "3", "height": "12.5"}),
        ([1, 2, 3, 1], {"landuse": "grass"}),
    ]
    path.write_bytes(osm_pbf(CORNERS, ways))
    return path


def read(path: Path, layer: LayerName) -> tuple[Intake, Validation]:
    intake = read_layer_file(path, layer)
    return intake, validate_layer(intake.frame, layer, file=intake.file)


def test_ways_with_a_known_highway_are_streets_in_our_classes(extract: Path) -> None:
    intake, result = read(extract, LayerName.STREET)
    assert intake.source_crs == "EPSG:4326"
    assert result.accepted["street_class"].tolist() == ["street", "bridge"]
    assert result.accepted["name"].tolist()[0] == "Đường số 7"
    line = result.accepted.geometry.iloc[0].geoms[0]
    assert [tuple(round(number, 7) for number in point) for point in line.coords] == CORNERS[:2]


def test_buildings_come_with_use_storeys_and_height(extract: Path) -> None:
    _, result = read(extract, LayerName.BUILDING)
    assert len(result.accepted) == 1
    building = result.accepted.iloc[0]
    assert (building["building_use"], building["floors"], building["height_m"]) == ("school", 3, 12.5)


def test_every_class_is_one_of_our_code_list() -> None:
    codes = next(one.codes for one in LAYERS[LayerName.STREET].attributes if one.name == "street_class")
    assert set(CLASS_OF_HIGHWAY.values()) <= set(codes)


def test_no_other_layer_is_taken_from_an_extract(extract: Path) -> None:
    with pytest.raises(InputError, match="Only streets and buildings"):
        read_layer_file(extract, LayerName.PARCEL)


def test_an_extract_that_was_cut_is_refused(extract: Path) -> None:
    extract.write_bytes(extract.read_bytes()[:-30])
    with pytest.raises(InputError):
        read_layer_file(extract, LayerName.STREET)
