"""Screening all published parcels: cell by cell, in several processes, into one file.

A cell of the map holds some thousand parcels; its process reads only the ground around it, so that memory does not
grow with the city. A parcel belongs to the cell that holds its first corner. The order of cells, and with it the file,
does not depend on the number of processes.
"""

import gc
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely

from basemap import store
from basemap.feature_store import read_extent
from basemap.model import LayerName
from permits.layer_answers import STREET_SEARCH_M
from permits.model import Facts, Verdict
from permits.parcels import parcels_of
from permits.published_ground import published_ground
from permits.rulebook import Rulebook, rulebooks_named
from permits.screening import SCREENING_SCHEMA, Question, screen
from permits.screening_file import screening_writer
from spatial.db import Bounds, Database, open_database
from spatial.errors import DataUnavailableError
from spatial.text import Text

_PARCELS_IN_CELL_COUNT = 8_000
_BUILT_UP_RATIO = 0.4
"""Share of a city's box that is taken by parcels, roughly: it decides how large cells are, nothing else."""

_PARCELS_AT_ONCE_COUNT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be screened.

    Parameters
    ----------
    url, crs
        Of the store; each process opens it for itself.
    rulebook
        Name of a pack, a path, or ``all`` for every shipped pack that sets limits.
    as_of
        Day of the law.
    valid_on
        Day of the map and of the plans; None is today.
    """

    url: str
    crs: str
    rulebook: str
    as_of: date
    supposed: Facts = field(default_factory=Facts)
    valid_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """How many parcels were screened, and what came out."""

    parcel_count: int
    verdict_counts: Mapping[Verdict, int]


def screen_published(
    database: Database,
    order: Order,
    out: Path,
    *,
    process_count: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Screened:
    """Screen every published parcel and write one row each to ``out``, a GeoParquet file.

    Parameters
    ----------
    database
        The store of the order, open.
    on_progress
        Called with the number of parcels done, and of all.

    Raises
    ------
    DataUnavailableError
        No parcels are published, or hold on that day.
    """
    books = rulebooks_named(order.rulebook)
    with database.transaction() as session:
        version = store.version_as_of(session, LayerName.PARCEL, valid_on=order.valid_on)
        bounds = read_extent(session, LayerName.PARCEL, version.version_id)
        versions = published_ground(session, bounds=_NOWHERE, valid_on=order.valid_on).versions
    if bounds is None:
        raise DataUnavailableError(Text("Lớp thửa đất trống.", "The layer of parcels is empty."))
    about = _about(order, books, {LayerName.PARCEL: version.version_id, **versions})
    verdicts: Counter[str] = Counter()
    done = 0
    with screening_writer(out, crs=order.crs, bounds=bounds, about=about) as writer:
        for table in _tables(order, cells(bounds, feature_count=version.feature_count), process_count=process_count):
            if not table.num_rows:
                continue
            writer.write_table(table)
            verdicts.update(table["verdict"].to_pylist())
            done += table.num_rows
            if on_progress is not None:
                on_progress(done, version.feature_count)
    return Screened(parcel_count=done, verdict_counts={Verdict(name): count for name, count in verdicts.items()})


_NOWHERE: Bounds = (0.0, 0.0, 0.0, 0.0)


def _about(order: Order, books: Sequence[Rulebook], versions: Mapping[LayerName, int]) -> dict[str, object]:
    return {
        "as_of": order.as_of.isoformat(),
        "valid_on": None if order.valid_on is None else order.valid_on.isoformat(),
        "rulebooks": {book.name: book.sha256 for book in books},
        "layer_versions": {name.value: version for name, version in versions.items()},
        "supposed": order.supposed.known,
    }


def cells(bounds: Bounds, *, feature_count: int) -> list[Bounds]:
    """Return boxes that together cover ``bounds``, row by row, each with some thousand of ``feature_count`` parcels."""
    min_x, min_y, max_x, max_y = bounds
    wanted = max(1.0, feature_count / (_PARCELS_IN_CELL_COUNT * _BUILT_UP_RATIO))
    side_m = max(1.0, math.sqrt(max(max_x - min_x, 1.0) * max(max_y - min_y, 1.0) / wanted))
    xs, ys = _edges(min_x, max_x, side_m=side_m), _edges(min_y, max_y, side_m=side_m)
    return [(left, low, right, high) for low, high in pairwise(ys) for left, right in pairwise(xs)]


def _edges(minimum: float, maximum: float, *, side_m: float) -> list[float]:
    """Return the edges of a row of cells from ``minimum`` on; the last lies beyond ``maximum``, as floats round."""
    edges = [minimum]
    while edges[-1] <= maximum:
        edges.append(minimum + len(edges) * side_m)
    return edges


def _tables(order: Order, boxes: list[Bounds], *, process_count: int) -> Iterator[pa.Table]:
    if process_count <= 1:
        yield from (screen_cell(order, box) for box in boxes)
        return
    # Nothing here makes cycles: looking for them among a million small objects would take a third of the time.
    with ProcessPoolExecutor(process_count, mp_context=get_context("spawn"), initializer=gc.disable) as processes:
        yield from processes.map(screen_cell, [order] * len(boxes), boxes)


def screen_cell(order: Order, box: Bounds) -> pa.Table:
    """Return the rows of the parcels that belong to one cell."""
    session_of = _store(order.url, order.crs)
    with session_of.transaction() as session:
        frame = store.read_layer(session, LayerName.PARCEL, bounds=box, valid_on=order.valid_on)
        own = _belonging(frame, box)
        if own.empty:
            return SCREENING_SCHEMA.empty_table()
        min_x, min_y, max_x, max_y = own.total_bounds
        reach = STREET_SEARCH_M
        around = (min_x - reach, min_y - reach, max_x + reach, max_y + reach)
        ground = published_ground(session, bounds=around, valid_on=order.valid_on)
    parts = range(0, len(own), _PARCELS_AT_ONCE_COUNT)
    tables = [
        screen(parcels_of(own.iloc[start : start + _PARCELS_AT_ONCE_COUNT]), ground, _question(order))
        for start in parts
    ]
    return pa.concat_tables(tables).unify_dictionaries()


def _belonging(frame: gpd.GeoDataFrame, box: Bounds) -> gpd.GeoDataFrame:
    min_x, min_y, max_x, max_y = box
    corners, owner = shapely.get_coordinates(np.asarray(frame.geometry.array, dtype=object), return_index=True)
    x, y = corners[np.flatnonzero(np.diff(owner, prepend=-1))].T
    return frame[(x >= min_x) & (x < max_x) & (y >= min_y) & (y < max_y)]


@cache
def _store(url: str, crs: str) -> Database:
    return open_database(url, crs=crs)


@lru_cache(maxsize=4)
def _question(order: Order) -> Question:
    """Return the question of an order, one and the same for all cells, so that it remembers."""
    return Question(
        rulebooks=rulebooks_named(order.rulebook), as_of=order.as_of, supposed=order.supposed, on=order.valid_on
    )
