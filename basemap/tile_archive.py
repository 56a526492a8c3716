"""Vector tiles of one published version of a layer in one file (PMTiles 3), read through a memory map.

The file is written once and never changed: who has it open goes on reading it after it was replaced or removed.

References
----------
PMTiles specification 3, https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import mmap
import re
import struct
import threading
import zlib
from functools import lru_cache
from pathlib import Path

from pmtiles.tile import (
    Compression,
    Entry,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from basemap.model import LayerName, LayerVersionId
from basemap.tile_grid import Box, Tile
from spatial.errors import DataUnavailableError
from spatial.text import Text

_HEADER_BYTES = 127
_DEEPEST_DIRECTORY = 4
_DIRECTORIES_KEPT = 32
_E7 = 1e7
_NAME = re.compile(r"([a-z_]+)-([1-9][0-9]*)\.pmtiles")
_DAMAGED = (
    MagicNumberNotFound,
    SpecVersionUnsupported,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    ValueError,
    struct.error,
    zlib.error,
)


def archive_path(directory: Path, layer: LayerName, version_id: LayerVersionId) -> Path:
    """Return where the tiles of a version of a layer stand."""
    return directory / f"{layer.value}-{version_id}.pmtiles"


def find_archives(directory: Path, layer: LayerName) -> dict[LayerVersionId, Path]:
    """Return the archives of a layer by version, in the order of versions."""
    found = {
        LayerVersionId(int(match[2])): path
        for path in directory.glob(f"{layer.value}-*.pmtiles")
        if (match := _NAME.fullmatch(path.name)) and match[1] == layer.value
    }
    return dict(sorted(found.items()))


class TileArchive:
    """One archive.

    Raises
    ------
    DataUnavailableError
        The file is missing, damaged, or holds something other than gzipped vector tiles.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            with path.open("rb") as stream:
                self._bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            self._header = deserialize_header(self._bytes[:_HEADER_BYTES])
            self._check()
        except _DAMAGED as error:
            raise self._damaged() from error
        # The library reads the directories anew for every tile; kept, a tile is found in microseconds.
        self._directory = lru_cache(maxsize=_DIRECTORIES_KEPT)(self._read_directory)

    @property
    def zooms(self) -> range:
        """The zoom levels of the archive."""
        return range(self._header["min_zoom"], self._header["max_zoom"] + 1)

    @property
    def bounds_degrees(self) -> Box:
        """West, south, east, north of everything in the archive."""
        header = self._header
        west, south = header["min_lon_e7"] / _E7, header["min_lat_e7"] / _E7
        return (west, south, header["max_lon_e7"] / _E7, header["max_lat_e7"] / _E7)

    def tile(self, tile: Tile) -> bytes | None:
        """Return a vector tile as it is stored, gzipped; None where nothing lies.

        Raises
        ------
        DataUnavailableError
            The archive is damaged at this place.
        """
        try:
            return self._find(zxy_to_tileid(tile.zoom, tile.column, tile.row))
        except _DAMAGED as error:
            raise self._damaged() from error

    def _find(self, tile_id: int) -> bytes | None:
        offset, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(_DEEPEST_DIRECTORY):
            entry = find_tile(self._directory(offset, length), tile_id)
            if entry is None:
                return None
            if entry.run_length > 0:
                return self._slice(self._header["tile_data_offset"] + entry.offset, entry.length)
            offset, length = self._header["leaf_directory_offset"] + entry.offset, entry.length
        return None

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        return deserialize_directory(self._slice(offset, length))

    def _slice(self, offset: int, length: int) -> bytes:
        if offset + length > len(self._bytes):
            raise EOFError
        return self._bytes[offset : offset + length]

    def _check(self) -> None:
        header = self._header
        if (header["tile_type"], header["tile_compression"]) != (TileType.MVT, Compression.GZIP):
            raise ValueError
        self._slice(header["tile_data_offset"], header["tile_data_length"])

    def _damaged(self) -> DataUnavailableError:
        return DataUnavailableError(
            Text("Tệp ô bản đồ không đọc được.", "The map tiles cannot be read."),
            hint=Text("Dựng lại: diaban basemap tiles.", "Make them again: diaban basemap tiles."),
            subject=self._name,
        )


class ArchiveFolder:
    """The archives of an installation, each opened once; shared by all threads of a server."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._open: dict[LayerName, tuple[LayerVersionId, TileArchive]] = {}

    def get(self, layer: LayerName, version_id: LayerVersionId) -> TileArchive | None:
        """Return the tiles of a version; None when none were made.

        Raises
        ------
        DataUnavailableError
            They are damaged.
        """
        kept = self._open.get(layer)
        if kept is not None and kept[0] == version_id:
            return kept[1]
        path = archive_path(self._directory, layer, version_id)
        with self._lock:
            if not path.exists():
                return None
            archive = TileArchive(path)
            self._open[layer] = (version_id, archive)
        return archive

    def newest(self, layer: LayerName) -> LayerVersionId | None:
        """Return the newest version that has an archive: what is served while the store does not answer."""
        return max(find_archives(self._directory, layer), default=None)
