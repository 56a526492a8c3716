"""Extracts of OpenStreetMap, written byte by byte."""

import struct
from collections.abc import Iterable, Mapping

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
