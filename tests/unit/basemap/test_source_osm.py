"""Streets and buildings of an OSM extract that the test writes itself, byte by byte, as the format's page says."""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from basemap.intake import Intake, read_layer_file
from basemap.model import LAYERS, LayerName
from basemap.source_osm import CLASS_OF_HIGHWAY
from basemap.validate import Validation, validate_layer
from spatial.errors import InputError

Tags = Mapping[str, str]


def varint(value: int) -> bytes:
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*result, value])


def zigzag(value: int) -> bytes:
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def steps(values: Iterable[int]) -> bytes:
    """Packed signed differences."""
    result, last = b"", 0
    for value in values:
        result, last = result + zigzag(value - last), value
    return result


def blob(kind: str, content: bytes) -> bytes:
    body = field(1, content) + field(2, len(content))
    head = field(1, kind.encode()) + field(3, len(body))
    return struct.pack(">I", len(head)) + head + body


def osm_pbf(nodes: list[tuple[float, float]], ways: list[tuple[list[int], Tags]]) -> bytes:
    """An extract; nodes are longitude and latitude, numbered from 1, and ways name them by number.

    https://wiki.openstreetmap.org/wiki/PBF_Format: HeaderBlock, then a PrimitiveBlock of dense nodes and of ways.
    """
    words = ["", *sorted({word for _, tags in ways for pair in tags.items() for word in pair})]
    table = b"".join(field(1, word.encode()) for word in words)
    dense = (
        field(1, steps(range(1, len(nodes) + 1)))
        + field(8, steps(round(lat * 1e7) for _, lat in nodes))
        + field(9, steps(round(lon * 1e7) for lon, _ in nodes))
    )
    groups = field(2, field(2, dense))
    for number, (references, tags) in enumerate(ways, start=1):
        keys = b"".join(varint(words.index(key)) for key in tags)
        values = b"".join(varint(words.index(value)) for value in tags.values())
        way = field(1, number) + field(2, keys) + field(3, values) + field(8, steps(references))
        groups += field(2, field(3, way))
    header = field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")
    return blob("OSMHeader", header) + blob("OSMData", field(1, table) + groups)


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
