"""Which version of each layer readers see, known without asking the store for every tile."""

import asyncio
import time
from collections.abc import Mapping

from anyio import CapacityLimiter, to_thread

from api.dependencies import DatabaseDoor
from basemap import store
from basemap.model import LayerName, LayerVersionId
from basemap.tile_archive import ArchiveFolder
from spatial.errors import DiabanError

FRESH_FOR_S = 2.0
FORGOTTEN_AFTER_S = 60.0
_LONGEST_WAIT_S = 1.0

Versions = Mapping[LayerName, LayerVersionId]


class CurrentVersions:
    """The published versions, at most about two seconds old while tiles are asked for.

    A request never waits for the store but for the first after a long silence, and that one a second at most. While
    the store does not answer, what was known last goes on; if nothing was, the newest archives are served.
    """

    def __init__(
        self,
        door: DatabaseDoor,
        archives: ArchiveFolder,
        *,
        fresh_for_s: float = FRESH_FOR_S,
        forgotten_after_s: float = FORGOTTEN_AFTER_S,
    ) -> None:
        self._door, self._archives = door, archives
        self.fresh_for_s, self.forgotten_after_s = fresh_for_s, forgotten_after_s
        self._known: Versions | None = None
        self._read_at_s = -float("inf")
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_known(self) -> bool:
        """Whether the store has ever said which versions are published."""
        return self._known is not None

    async def all(self) -> Versions:
        """Return the version of every layer that is published."""
        age_s = time.monotonic() - self._read_at_s
        if age_s >= self.fresh_for_s:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read())
            if age_s >= self.forgotten_after_s:
                await asyncio.wait([self._reading], timeout=_LONGEST_WAIT_S)
        if self._known is None:
            return self._of_archives()
        return self._known

    async def _read(self) -> None:
        try:
            self._known = await to_thread.run_sync(self._ask, limiter=CapacityLimiter(1))
        except DiabanError:
            # The store is away: what was known goes on being served, and the next request but a few asks again.
            pass
        finally:
            self._read_at_s = time.monotonic()

    def _ask(self) -> Versions:
        with self._door.open().transaction() as session:
            return {each.layer: each.version_id for each in store.list_versions(session) if each.is_current}

    def _of_archives(self) -> Versions:
        newest = {layer: self._archives.newest(layer) for layer in LayerName}
        return {layer: version_id for layer, version_id in newest.items() if version_id is not None}
