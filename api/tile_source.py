"""Where the tiles of a server come from: archives, pictures on disk, or the store in a queue of its own."""

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request

from api.background import Backgrounds, Ground, ground_of, is_inside
from api.dependencies import DatabaseDoor
from api.ogc_access import Readers
from api.settings import Settings
from api.tile_versions import CurrentVersions
from basemap.live_tiles import draw_vector_tile
from basemap.model import LayerName, LayerVersionId
from basemap.tile_archive import ArchiveFolder
from basemap.tile_grid import Box, Tile

DRAWN_AT_ONCE_COUNT = 4
MOST_WAITING_COUNT = 256
MOST_BYTES_IN_MEMORY = 64_000_000
# What an entry costs beside its tile: without it, empty tiles of the whole world would fill the memory.
_BYTES_OF_AN_ENTRY = 500
_GZIP_LEVEL = 1
_VERSION_LETTERS = 12

_Drawn = TypeVar("_Drawn")


class Busy(Exception):  # noqa: N818 - no error of anybody's: come again in a second
    """More tiles wait to be drawn than can be drawn soon."""


class TileSource:
    """All tiles of one installation; kept in ``app.state.tiles``.

    Parameters
    ----------
    access
        Readers of every layer: a background is for everybody, so it shows only what everybody may read.
    """

    def __init__(self, settings: Settings, door: DatabaseDoor, *, access: Mapping[LayerName, Readers]) -> None:
        self._door, self._access = door, access
        self.archives = ArchiveFolder(settings.tiles_dir)
        self.versions = CurrentVersions(door, self.archives)
        self.backgrounds = Backgrounds(settings.data_dir / "background")
        self._drawn: OrderedDict[tuple[LayerName, LayerVersionId, Tile, bool], bytes] = OrderedDict()
        self._drawn_bytes, self.most_bytes = 0, MOST_BYTES_IN_MEMORY
        self._limiter = CapacityLimiter(DRAWN_AT_ONCE_COUNT)
        self.waiting_count = 0
        self._measuring: asyncio.Task[Box | None] | None = None

    async def draw_vector_tile(
        self, layer: LayerName, version_id: LayerVersionId, *, tile: Tile, is_zipped: bool
    ) -> bytes | None:
        """Return a tile that the store draws or has drawn, gzipped or plain; None when this kind of store cannot.

        Raises
        ------
        Busy
            Too many are waiting.
        DataUnavailableError
            The store is away, or the tile has more features than are drawn while somebody waits.
        """
        key = (layer, version_id, tile, is_zipped)
        if (kept := self._drawn.get(key)) is not None:
            self._drawn.move_to_end(key)
            return kept
        async with self._turn():
            database = await self._door.find()
            if database.quick_reads is None:
                return None
            drawn = await draw_vector_tile(database.quick_reads, layer, version_id, tile=tile, stored=database.crs)
            if is_zipped and drawn:
                drawn = await _in_thread(partial(gzip.compress, drawn, compresslevel=_GZIP_LEVEL, mtime=0))
        self._keep(key, drawn)
        return drawn

    def _keep(self, key: tuple[LayerName, LayerVersionId, Tile, bool], drawn: bytes) -> None:
        if key in self._drawn:
            return
        self._drawn[key] = drawn
        self._drawn_bytes += len(drawn) + _BYTES_OF_AN_ENTRY
        while self._drawn_bytes > self.most_bytes:
            self._drawn_bytes -= len(self._drawn.popitem(last=False)[1]) + _BYTES_OF_AN_ENTRY

    @property
    def kept_count(self) -> int:
        """How many drawn tiles are in memory."""
        return len(self._drawn)

    async def ground(self) -> Ground:
        """Return the state of the ground that backgrounds show."""
        versions = await self.versions.all()
        return ground_of({layer: each for layer, each in versions.items() if self._access[layer] is Readers.PUBLIC})

    @staticmethod
    def ground_version(ground: Ground) -> str:
        """Return a short name of a state of the ground, for addresses and caches."""
        return hashlib.sha256(repr(ground).encode()).hexdigest()[:_VERSION_LETTERS]

    async def has_background(self, ground: Ground, tile: Tile) -> bool:
        """Tell whether there is a picture for a tile; nothing is drawn for the rest of the world."""
        known = self.backgrounds.known_bounds(ground)
        bounds = known[0] if known else await self._measured(ground)
        return bounds is not None and is_inside(tile, bounds)

    async def background(self, ground: Ground, tile: Tile) -> bytes:
        """Return a picture, drawn now or before.

        Raises
        ------
        Busy
            Too many are waiting.
        """
        found = self.backgrounds.find(ground, tile)
        if found is not None:
            return found
        return await self.in_turn(lambda: self.backgrounds.draw(self._door.open(), ground, tile=tile))

    async def _measured(self, ground: Ground) -> Box | None:
        """Measure the city once for all who wait for it."""
        if self._measuring is None or self._measuring.done():
            self._measuring = asyncio.create_task(
                self.in_turn(lambda: self.backgrounds.measure(self._door.open(), ground))
            )
        return await asyncio.shield(self._measuring)

    async def in_turn(self, draw: Callable[[], _Drawn]) -> _Drawn:
        """Return what ``draw`` returns, from a thread of the few that draw.

        Raises
        ------
        Busy
            Too many are waiting.
        """
        async with self._turn():
            return await _in_thread(draw)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self.waiting_count >= MOST_WAITING_COUNT:
            raise Busy
        self.waiting_count += 1
        try:
            async with self._limiter:
                yield
        finally:
            self.waiting_count -= 1


async def _in_thread(work: Callable[[], _Drawn]) -> _Drawn:
    """Do what a turn is for; a limiter of its own, since whoever has a turn has waited enough."""
    return await to_thread.run_sync(work, limiter=CapacityLimiter(1))


def tiles_of(request: Request) -> TileSource:
    """Return the tiles of the server that was asked."""
    source: TileSource = request.app.state.tiles
    return source
