"""The GeoPackage file: geometry blobs, the tables that the standard asks for, spatial indexes.

No SpatiaLite is needed: shapely answers the SQL functions, and the file stays one that QGIS, GDAL and
pyogrio open and may write to.

References
----------
OGC 12-128r19, GeoPackage Encoding Standard 1.4: clause 2.1.3 (blob), 1.1.2 and 2.1 (tables), F.3 (R*Tree).
"""

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from spatial.crs import WGS84, known_crs

APPLICATION_ID = 0x47504B47
"""``GPKG`` in ASCII, in the header of the SQLite file (requirement 2)."""

USER_VERSION_CODE = 10400

_MAGIC = b"GP"
_WITH_ENVELOPE_BITS = 0b0000_0011
_EMPTY_WITHOUT_ENVELOPE_BITS = 0b0001_0001
_EMPTY_BITS = 0b0001_0000
_HEADER_BYTES = 8
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_HEADER_DTYPE = np.dtype([("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"), ("box", "<f8", 4)])
_WKT1_DEFINITION = "WKT1_GDAL"

Geometries = npt.NDArray[np.object_]
"""Array of shapely geometries; None is a missing one."""


class NotAGeoPackageBlobError(ValueError):
    """Bytes that do not begin as a GeoPackage geometry."""


def encode(geometries: Geometries, *, srs_id: int) -> list[bytes | None]:
    """Return geometries as GeoPackage blobs with envelope; a missing geometry is None.

    Parameters
    ----------
    srs_id
        Number of the coordinate system in ``gpkg_spatial_ref_sys``, equal to its EPSG code.
    """
    wkb = shapely.to_wkb(geometries, byte_order=1)
    bounds = shapely.bounds(geometries)
    headers = np.zeros(len(geometries), dtype=_HEADER_DTYPE)
    headers["magic"] = _MAGIC
    headers["flags"] = _WITH_ENVELOPE_BITS
    headers["srs_id"] = srs_id
    headers["box"] = bounds[:, [0, 2, 1, 3]]
    raw, size = headers.tobytes(), _HEADER_DTYPE.itemsize
    blobs: list[bytes | None] = [
        None if body is None else raw[start : start + size] + body
        for body, start in zip(wkb, range(0, len(raw), size), strict=True)
    ]
    for index in np.flatnonzero(shapely.is_empty(geometries)):
        blobs[index] = struct.pack("<2sBBi", _MAGIC, 0, _EMPTY_WITHOUT_ENVELOPE_BITS, srs_id) + wkb[index]
    return blobs


def decode(blobs: Sequence[bytes | None]) -> Geometries:
    """Return the geometries of GeoPackage blobs.

    Raises
    ------
    NotAGeoPackageBlobError
        A blob does not begin as the standard says.
    """
    bodies = np.array([None if blob is None else blob[_body_offset(blob) :] for blob in blobs], dtype=object)
    return np.asarray(shapely.from_wkb(bodies), dtype=object)


def encode_one(geometry: BaseGeometry, *, srs_id: int) -> bytes:
    """Return one geometry as a GeoPackage blob."""
    holder = np.empty(1, dtype=object)
    holder[0] = geometry
    blob = encode(holder, srs_id=srs_id)[0]
    return blob if blob is not None else b""


def decode_one(blob: bytes) -> BaseGeometry:
    """Return the geometry of one GeoPackage blob."""
    return shapely.from_wkb(blob[_body_offset(blob) :])


def srs_id_of(blob: bytes) -> int:
    """Return the number of the coordinate system that a blob names."""
    _body_offset(blob)
    number: int = struct.unpack_from(f"{_byte_order(blob)}i", blob, 4)[0]
    return number


def is_empty(blob: bytes) -> bool:
    """Tell whether a blob holds an empty geometry."""
    if blob[3] & _EMPTY_BITS:
        return True
    return _body_offset(blob) == _HEADER_BYTES and decode_one(blob).is_empty


def envelope(blob: bytes) -> tuple[float, float, float, float]:
    """Return minx, maxx, miny, maxy of a blob, from its header when the header has them."""
    offset = _body_offset(blob)
    if offset > _HEADER_BYTES:
        box: tuple[float, float, float, float] = struct.unpack_from(f"{_byte_order(blob)}4d", blob, _HEADER_BYTES)
        return box
    min_x, min_y, max_x, max_y = shapely.from_wkb(blob[offset:]).bounds
    return min_x, max_x, min_y, max_y


def _byte_order(blob: bytes) -> str:
    return "<" if blob[3] & 1 else ">"


def _body_offset(blob: bytes) -> int:
    kind = (blob[3] >> 1) & 0b111 if len(blob) > _HEADER_BYTES else len(_ENVELOPE_BYTES)
    if blob[:2] != _MAGIC or kind >= len(_ENVELOPE_BYTES):
        message = f"not a GeoPackage geometry: {blob[:4]!r}"
        raise NotAGeoPackageBlobError(message)
    return _HEADER_BYTES + _ENVELOPE_BYTES[kind]


METADATA_STATEMENTS = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {USER_VERSION_CODE}",
    """CREATE TABLE gpkg_spatial_ref_sys (
        srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
        organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)""",
    """CREATE TABLE gpkg_contents (
        table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (
        table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
        srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
        CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE gpkg_extensions (
        table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
        CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))""",
)
"""What makes a SQLite file a GeoPackage, in order."""


def spatial_ref_sys_rows(crs: str) -> list[dict[str, object]]:
    """Return the rows of ``gpkg_spatial_ref_sys``: the three that are mandatory, and the storage system."""
    undefined = {"organization": "NONE", "definition": "undefined", "description": None}
    rows: list[dict[str, object]] = [
        {"srs_name": "Undefined Cartesian SRS", "srs_id": -1, "organization_coordsys_id": -1, **undefined},
        {"srs_name": "Undefined geographic SRS", "srs_id": 0, "organization_coordsys_id": 0, **undefined},
    ]
    for name in dict.fromkeys((WGS84, crs)):
        number = int(name.rpartition(":")[2])
        rows.append(
            {
                "srs_name": known_crs(name).name,
                "srs_id": number,
                "organization": "EPSG",
                "organization_coordsys_id": number,
                "definition": known_crs(name).to_wkt(_WKT1_DEFINITION),
                "description": None,
            }
        )
    return rows


def rtree_name(table: str, column: str) -> str:
    """Return the name of the spatial index of a geometry column."""
    return f"rtree_{table}_{column}"


def rtree_statements(table: str, column: str, primary_key: str) -> list[str]:
    """Return the statements that make, fill, keep in step and register the R*Tree of a geometry column."""
    index = f'"{rtree_name(table, column)}"'
    fill = (
        f'INSERT INTO {index} SELECT "{primary_key}", ST_MinX("{column}"), ST_MaxX("{column}"), '  # noqa: S608  names of our own tables
        f'ST_MinY("{column}"), ST_MaxY("{column}") FROM "{table}" '
        f'WHERE "{column}" NOT NULL AND NOT ST_IsEmpty("{column}")'
    )
    register = (
        f"INSERT INTO gpkg_extensions VALUES ('{table}', '{column}', 'gpkg_rtree_index', "  # noqa: S608  as above
        "'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')"
    )
    create = f"CREATE VIRTUAL TABLE {index} USING rtree(id, minx, maxx, miny, maxy)"
    return [create, fill, *rtree_triggers(table, column, primary_key).values(), register]


def rtree_triggers(table: str, column: str, primary_key: str) -> dict[str, str]:
    """Return the triggers that keep the R*Tree in step, by name, as clause F.3 prescribes them."""
    index, old, new = f'"{rtree_name(table, column)}"', f'OLD."{column}"', f'NEW."{column}"'
    old_id, new_id = f'OLD."{primary_key}"', f'NEW."{primary_key}"'
    has_new, no_new = f"({new} NOTNULL AND NOT ST_IsEmpty({new}))", f"({new} ISNULL OR ST_IsEmpty({new}))"
    had_old, no_old = f"({old} NOTNULL AND NOT ST_IsEmpty({old}))", f"({old} ISNULL OR ST_IsEmpty({old}))"
    same, other, of_column = f"{old_id} = {new_id}", f"{old_id} != {new_id}", f'UPDATE OF "{column}"'
    box = f"ST_MinX({new}), ST_MaxX({new}), ST_MinY({new}), ST_MaxY({new})"
    edges = f"minx = ST_MinX({new}), maxx = ST_MaxX({new}), miny = ST_MinY({new}), maxy = ST_MaxY({new})"
    put = f"INSERT OR REPLACE INTO {index} VALUES ({new_id}, {box});"  # noqa: S608  names of our own tables
    remove = f"DELETE FROM {index} WHERE id = {old_id};"  # noqa: S608  as above
    remove_both = f"DELETE FROM {index} WHERE id IN ({old_id}, {new_id});"  # noqa: S608  as above
    move = f"UPDATE {index} SET {edges} WHERE id = {new_id};"  # noqa: S608  as above
    rules = (
        ("insert", "INSERT", has_new, put),
        ("update2", of_column, f"{same} AND {no_new}", remove),
        ("update4", "UPDATE", f"{other} AND {no_new}", remove_both),
        ("update5", "UPDATE", f"{other} AND {has_new}", f"{remove} {put}"),
        ("update6", of_column, f"{same} AND {has_new} AND {had_old}", move),
        ("update7", of_column, f"{same} AND {has_new} AND {no_old}", put.replace(" OR REPLACE", "")),
        ("delete", "DELETE", f"{old} NOT NULL", remove),
    )
    names = [f"{rtree_name(table, column)}_{name}" for name, *_ in rules]
    return {
        name: f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" WHEN {when} BEGIN {action} END'
        for name, (_, event, when, action) in zip(names, rules, strict=True)
    }
