"""A screening as GeoParquet: written table by table as it comes, read by any GIS, compared with an earlier one.

References
----------
GeoParquet 1.1.0: the file's metadata ``geo`` names the geometry column, its encoding and its coordinate system.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from permits.screening import SCREENING_SCHEMA
from spatial.db import Bounds
from spatial.errors import InputError, NotFoundError
from spatial.files import whole_file
from spatial.text import Text

ABOUT_KEY = b"diaban_screening"
"""Metadata: as JSON, the day, the rule-packs with their hashes, the layer versions, and what was supposed."""


@contextmanager
def screening_writer(
    path: Path, *, crs: str, bounds: Bounds, about: Mapping[str, object]
) -> Iterator[pq.ParquetWriter]:
    """Give a writer of tables by `SCREENING_SCHEMA`; the file appears only when the block succeeds.

    Parameters
    ----------
    bounds
        min_x, min_y, max_x, max_y of all parcels, in ``crs``.
    about
        What is needed to work the screening out again; JSON values.
    """
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": [],
                "crs": CRS.from_user_input(crs).to_json_dict(),
                "bbox": list(bounds),
            }
        },
    }
    metadata = {b"geo": json.dumps(geo), ABOUT_KEY: json.dumps(about, ensure_ascii=False, sort_keys=True)}
    with (
        whole_file(path) as temporary,
        pq.ParquetWriter(temporary, SCREENING_SCHEMA.with_metadata(metadata), compression="zstd") as writer,
    ):
        yield writer


def read_screening(path: Path) -> tuple[pa.Table, Mapping[str, Any]]:
    """Return the rows of a screening without their geometry, and what it says about itself.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        It is no screening.
    """
    if not path.is_file():
        raise NotFoundError(Text("Không có tệp này.", "There is no such file."), subject=str(path))
    try:
        table = pq.read_table(path, columns=[name for name in SCREENING_SCHEMA.names if name != "geometry"])
        about = json.loads((pq.read_schema(path).metadata or {})[ABOUT_KEY])
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise InputError(
            Text("Tệp này không phải kết quả sàng lọc.", "This file is no screening."),
            hint=Text("Tạo bằng diaban permits screen.", "Make one with diaban permits screen."),
            subject=path.name,
        ) from error
    return table, about
