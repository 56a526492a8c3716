"""Pictures on disk: drawn once for each state of what they show, never more than a set size."""

import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from basemap import store
from basemap.model import LayerName, LayerVersionId
from basemap.tile_drawing import DRAWN_LAYERS, ZOOMS, draw_background, ingredients_at
from basemap.tile_grid import Box, Tile, tiles_over
from basemap.tile_queries import read_for_background
from spatial.crs import WGS84
from spatial.db import Database
from spatial.files import whole_file
from spatial.geometry import reproject_frame

MOST_BYTES_KEPT = 200_000_000
_KEPT_AFTER_CLEARING_RATIO = 0.75

Ground = tuple[tuple[LayerName, LayerVersionId], ...]
"""The published versions of the layers that a background shows, in drawing order."""


Paint = Callable[[Database, Ground, Tile], bytes]
"""Draws the PNG of one tile."""


def ground_of(versions: Mapping[LayerName, LayerVersionId]) -> Ground:
    """Return the state of the ground; empty when none of its layers is published."""
    return tuple((layer, versions[layer]) for layer in DRAWN_LAYERS if layer in versions)


def paint_ground(database: Database, ground: Ground, tile: Tile) -> bytes:
    """Draw the background of a tile."""
    versions = dict(ground)
    with database.transaction() as session:
        drawn = [
            (each, read_for_background(session, each.layer, versions[each.layer], tile=tile, chosen=each.chosen))
            for each in ingredients_at(tile.zoom)
            if each.layer in versions
        ]
    return draw_background(tile, drawn)


class Backgrounds:
    """The backgrounds of an installation; shared by all threads of a server.

    Parameters
    ----------
    paint
        What draws a tile that is not there yet.
    most_bytes
        Beyond this the tiles that were drawn first are removed; they are drawn again when asked for.
    """

    def __init__(self, directory: Path, *, paint: Paint = paint_ground, most_bytes: int = MOST_BYTES_KEPT) -> None:
        self._directory, self._paint, self.most_bytes = directory, paint, most_bytes
        self._lock, self._measuring = threading.Lock(), threading.Lock()
        self._kept_bytes: int | None = None
        self._bounds: tuple[Ground, Box | None] | None = None

    def find(self, ground: Ground, tile: Tile) -> bytes | None:
        """Return a tile that was drawn before."""
        try:
            return self._path(ground, tile).read_bytes()
        except FileNotFoundError:
            return None

    def known_bounds(self, ground: Ground) -> tuple[Box | None] | None:
        """Return the bounds inside which there is a background, in a tuple; None while they are not known."""
        return None if self._bounds is None or self._bounds[0] != ground else (self._bounds[1],)

    def measure(self, database: Database, ground: Ground) -> Box | None:
        """Return west, south, east, north of the lowest layer that is published, and remember them."""
        with self._measuring:
            if (known := self.known_bounds(ground)) is None:
                known = (_bounds_of(database, ground),)
                self._bounds = (ground, *known)
        return known[0]

    def draw(self, database: Database, ground: Ground, *, tile: Tile) -> bytes:
        """Draw a tile and keep it, unless another thread was faster."""
        found = self.find(ground, tile)
        if found is not None:
            return found
        picture = self._paint(database, ground, tile)
        self._keep(self._path(ground, tile), picture)
        return picture

    def _path(self, ground: Ground, tile: Tile) -> Path:
        return self._folder(ground) / str(tile.zoom) / str(tile.column) / f"{tile.row}.png"

    def _folder(self, ground: Ground) -> Path:
        return self._directory / "-".join(f"{layer.value}{version_id}" for layer, version_id in ground)

    def _keep(self, path: Path, picture: bytes) -> None:
        folder = path.parents[2]
        with self._lock:
            if self._kept_bytes is None or not folder.exists():
                self._forget_other_grounds(folder)
                self._kept_bytes = sum(each.stat().st_size for each in folder.rglob("*.png"))
            with whole_file(path) as temporary:
                temporary.write_bytes(picture)
            self._kept_bytes += len(picture)
            if self._kept_bytes > self.most_bytes:
                self._kept_bytes = _clear(folder, down_to_bytes=round(self.most_bytes * _KEPT_AFTER_CLEARING_RATIO))

    def _forget_other_grounds(self, folder: Path) -> None:
        if self._directory.exists():
            for other in self._directory.iterdir():
                if other != folder:
                    shutil.rmtree(other, ignore_errors=True)


def _bounds_of(database: Database, ground: Ground) -> Box | None:
    if not ground:
        return None
    layer, version_id = ground[0]
    with database.transaction() as session:
        frame = store.read_layer(session, layer, version_id=version_id)
    if frame.empty:
        return None
    west, south, east, north = reproject_frame(frame, WGS84).total_bounds.tolist()
    return (west, south, east, north)


def is_inside(tile: Tile, bounds: Box) -> bool:
    """Tell whether there is a background for a tile: a zoom that is drawn, and some part of it in ``bounds``."""
    if tile.zoom not in ZOOMS:
        return False
    columns, rows = tiles_over(bounds, tile.zoom)
    return tile.column in columns and tile.row in rows


def _clear(folder: Path, *, down_to_bytes: int) -> int:
    """Remove the oldest tiles and return the bytes that are left."""
    files = [(each.stat().st_mtime_ns, each.stat().st_size, each) for each in folder.rglob("*.png")]
    left = sum(size for _, size, _ in files)
    for _, size, path in sorted(files, key=lambda each: each[0]):
        if left <= down_to_bytes:
            break
        path.unlink(missing_ok=True)
        left -= size
    return left
