"""Published features as GeoJSON text, page by page, from either store.

On PostGIS the database writes the text: its definitions of VN-2000 carry EPSG:6960 (first migration), and a test holds
them to the pinned operation. From the embedded file shapely and pyproj do the same in bulk.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    ClauseElement,
    ColumnElement,
    Double,
    Executable,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.compiler import SQLCompiler

from basemap import cql
from basemap.feature_query import FeatureQuery, Period, crs_uris, is_y_first
from basemap.layer_versions import LAYER_TODAY
from basemap.model import LAYERS, LayerName
from basemap.tables import FEATURE_ROWS, LayerPublicationRow, LayerVersionRow
from basemap.timeline import day_in_vietnam
from spatial import gpkg
from spatial.crs import Coordinates, is_geographic, transformer
from spatial.db import Bounds, intersects_box, srid_of, storage_crs

EXACT_LIMIT_COUNT = 10_000
"""Up to here the number of features that match is counted; above, PostGIS estimates it."""

_Columns = ReadOnlyColumnCollection[str, ColumnElement[Any]]

_DEGREE_DIGITS, _METRE_DIGITS = 9, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The version of a layer that answers a question.

    Parameters
    ----------
    published_at
        Since when readers saw it, UTC.
    """

    version_id: int
    feature_count: int
    published_at: datetime
    source_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePage:
    """Some features, each as GeoJSON text, and whether more follow."""

    features: tuple[str, ...]
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCount:
    """How many features answer a question, and whether that was counted."""

    count: int
    is_exact: bool


def read_lightly(session: Session) -> None:
    """Let PostgreSQL answer each statement for itself: versions never change, and a page saves two round trips.

    To be called before anything else is asked of the session.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def find_edition(session: Session, layer: LayerName, period: Period | None = None) -> Edition | None:
    """Return what readers of today see of a layer, or what they saw at the end of ``period``; None if that is nothing.

    Withdrawn publications are as if they had never been.
    """
    statement = _editions().where(LayerPublicationRow.layer == layer.value)
    if period is None or period.end is None:
        statement = statement.join(LAYER_TODAY, LAYER_TODAY.c.publication_id == LayerPublicationRow.id)
    else:
        day = day_in_vietnam(period.end)
        began = or_(LayerVersionRow.valid_from.is_(None), LayerVersionRow.valid_from <= day)
        lasts = or_(LayerVersionRow.valid_to.is_(None), LayerVersionRow.valid_to >= day)
        statement = statement.where(LayerPublicationRow.published_at <= period.end, began, lasts)
    found = session.execute(statement.limit(1)).mappings().one_or_none()
    return None if found is None else Edition(**found)


def first_published_at(session: Session, layer: LayerName) -> datetime | None:
    """Return when readers first saw the layer."""
    return session.scalar(
        select(func.min(LayerPublicationRow.published_at)).where(
            LayerPublicationRow.layer == layer.value, LayerPublicationRow.withdrawn.is_(False)
        )
    )


def read_page(session: Session, layer: LayerName, edition: Edition, *, query: FeatureQuery) -> FeaturePage:
    """Return the features of one page, in the order in which they were stored."""
    if query.area is not None and query.area.is_empty:
        return FeaturePage(features=(), has_more=False)
    if query.filter is None and session.get_bind().dialect.name == "postgresql":
        return _read_page_at_once(session, layer, edition, query)
    rows = _rows_in_place(session, layer, edition, query)
    statement = rows.columns.where(*_conditions(session, layer, query, rows.source)).order_by(rows.source.id)
    statement = statement.limit(query.limit_count + 1).offset(query.offset_count)
    features = rows.as_text(session.execute(statement).all())
    return FeaturePage(features=tuple(features[: query.limit_count]), has_more=len(features) > query.limit_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    words: str
    constants: Mapping[str, Any]


def _read_page_at_once(session: Session, layer: LayerName, edition: Edition, query: FeatureQuery) -> FeaturePage:
    rows = _at_once(session, layer, edition, query, limit_count=query.limit_count + 1)
    features = tuple(row[0] for row in rows[: query.limit_count])
    return FeaturePage(features=features, has_more=len(rows) > query.limit_count)


def _at_once(
    session: Session,
    layer: LayerName,
    edition: Edition,
    query: FeatureQuery,
    *,
    limit_count: int,
    is_count: bool = False,
) -> Sequence[Any]:
    given: dict[str, Any] = {f"equal_{name}": value for name, value in query.equals}
    given |= {"version": edition.version_id, "limit": limit_count, "offset": 0 if is_count else query.offset_count}
    if query.area is not None:
        given |= dict(zip(("x1", "y1", "x2", "y2"), query.area.bounds, strict=True))
        given["area"] = shapely.to_wkt(query.area, rounding_precision=6)
    names = tuple(name for name, _ in query.equals)
    has_area = query.area is not None
    asked = _page_sql(layer, query.crs, storage_crs(session), names, has_area=has_area, is_count=is_count)
    return session.connection().exec_driver_sql(asked.words, {**asked.constants, **given}).all()


@lru_cache(maxsize=1024)
def _page_sql(
    layer: LayerName, crs: str, stored: str, names: tuple[str, ...], *, has_area: bool, is_count: bool
) -> _Words:
    """Return the statement of a page, written once: composing it anew takes longer than PostGIS takes to answer."""
    table = _table(layer)
    srid: ColumnElement[Any] = literal_column(str(srid_of(stored)))
    of_version = table.c.version_id == bindparam("version")
    near = select(table)
    if has_area:
        box = sql.ST_MakeEnvelope(*(bindparam(edge, type_=Double) for edge in ("x1", "y1", "x2", "y2")), srid)
        near = near.where(table.c.geometry.bool_op("&&")(box), table.c.version_id + 0 == bindparam("version"))
    if not is_count:
        near = near.order_by(table.c.id)
    source = near.offset(0).subquery().c if has_area else table.c
    statement = select(source.id) if is_count else _told_by_postgis(source, layer, crs, stored).columns
    if not has_area:
        statement = statement.where(of_version)
    if has_area:
        area = sql.ST_GeomFromText(bindparam("area", type_=Text), srid, type_=LargeBinary)
        statement = statement.where(sql.ST_Intersects(source.geometry, area, type_=Boolean))
    statement = statement.where(*(source[name] == bindparam(f"equal_{name}") for name in names))
    if not is_count:
        statement = statement.order_by(source.id)
    statement = statement.limit(bindparam("limit", type_=Integer)).offset(bindparam("offset", type_=BigInteger))
    compiled = statement.compile(dialect=psycopg.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    words = f"SELECT count(*) FROM ({compiled}) AS matching" if is_count else str(compiled)  # noqa: S608  values bound
    return _Words(words=words, constants=constants)


def read_one(session: Session, layer: LayerName, edition: Edition, *, feature_id: str, crs: str) -> str | None:
    """Return one feature as GeoJSON text, None when the version has no such feature."""
    columns = _table(layer).c
    rows = _feature_rows(layer, session, crs)
    statement = rows.columns.where(columns.version_id == edition.version_id, columns.feature_id == feature_id)
    found = rows.as_text(session.execute(statement).all())
    return found[0] if found else None


def check_filter(session: Session, layer: LayerName, query: FeatureQuery) -> None:
    """Refuse a filter that the layer cannot answer, whether or not any version is asked. Raises BadQueryError."""
    _conditions(session, layer, query, _table(layer).c)


def count_matches(session: Session, layer: LayerName, edition: Edition, *, query: FeatureQuery) -> MatchCount:
    """Return how many features match, whatever the page."""
    if query.is_whole_layer:
        return MatchCount(count=edition.feature_count, is_exact=True)
    if query.area is not None and query.area.is_empty:
        return MatchCount(count=0, is_exact=True)
    if session.get_bind().dialect.name == "sqlite":
        return MatchCount(count=_count(session, _matching(session, layer, edition, query)), is_exact=True)
    most = EXACT_LIMIT_COUNT + 1
    if query.filter is None:
        counted = _at_once(session, layer, edition, query, limit_count=most, is_count=True)[0][0]
    else:
        counted = _count(session, _matching(session, layer, edition, query).limit(most))
    if counted <= EXACT_LIMIT_COUNT:
        return MatchCount(count=counted, is_exact=True)
    return MatchCount(count=max(counted, _estimated(session, layer, edition, query)), is_exact=False)


def _matching(session: Session, layer: LayerName, edition: Edition, query: FeatureQuery) -> Select[Any]:
    matching: Select[Any] = select(literal_column("1"))
    if query.area is None or session.get_bind().dialect.name == "sqlite":
        asked = _conditions(session, layer, query, _table(layer).c)
        return matching.select_from(_table(layer)).where(*_place(layer, edition, query), *asked)
    near = _near(layer, edition, query).offset(0).subquery()
    return matching.select_from(near).where(*_conditions(session, layer, query, near.c))


def read_extent(session: Session, layer: LayerName, edition: Edition) -> Bounds | None:
    """Return the box of a version in the storage coordinate system, None when it is empty."""
    table = _table(layer)
    where = table.c.version_id == edition.version_id
    edges: tuple[ColumnElement[Any], ...]
    if session.get_bind().dialect.name == "sqlite":
        shape = table.c.geometry
        edges = (sql.min(sql.ST_MinX(shape)), sql.min(sql.ST_MinY(shape)), sql.max(sql.ST_MaxX(shape)))
        edges = (*edges, sql.max(sql.ST_MaxY(shape)))
    else:
        whole = sql.ST_Extent(table.c.geometry, type_=LargeBinary)
        edges = tuple(getattr(sql, name)(whole) for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax"))
    x1, y1, x2, y2 = session.execute(select(*edges).where(where)).one()
    return None if x1 is None else (x1, y1, x2, y2)


def _editions() -> Select[Any]:
    columns: Any = select(
        LayerPublicationRow.version_id,
        LayerPublicationRow.published_at,
        LayerVersionRow.feature_count,
        LayerVersionRow.source_file,
    )
    statement: Select[Any] = (
        columns.join(LayerVersionRow, LayerVersionRow.id == LayerPublicationRow.version_id)
        .where(LayerPublicationRow.withdrawn.is_(False))
        .order_by(LayerPublicationRow.id.desc())
    )
    return statement


def _table(layer: LayerName) -> Table:
    table = FEATURE_ROWS[layer].__table__
    if not isinstance(table, Table):
        message = f"{layer} is mapped to no table"
        raise TypeError(message)
    return table


def _place(layer: LayerName, edition: Edition, query: FeatureQuery) -> list[ColumnElement[bool]]:
    """Return what the indexes answer: the version, and the box around the area."""
    table = _table(layer)
    if query.area is None:
        return [table.c.version_id == edition.version_id]
    # The sum keeps the planner from walking through the whole version by its index: the spatial one is narrower.
    return [intersects_box(table.c.geometry, query.area.bounds), table.c.version_id + 0 == edition.version_id]


def _near(layer: LayerName, edition: Edition, query: FeatureQuery) -> Select[Any]:
    """Return what the spatial index finds; made a subquery with an offset, PostGIS does not mix it with the rest."""
    return select(_table(layer)).where(*_place(layer, edition, query))


def _conditions(
    session: Session, layer: LayerName, query: FeatureQuery, source: _Columns, *, by_boxes: bool = False
) -> list[ColumnElement[bool]]:
    """Return what is asked of each feature in place."""
    is_embedded = session.get_bind().dialect.name == "sqlite"
    stored = storage_crs(session)

    def meets(area: BaseGeometry) -> ColumnElement[bool]:
        if by_boxes:
            return intersects_box(source.geometry, area.bounds)
        shape = sql.ST_GeomFromText(shapely.to_wkt(area, rounding_precision=6), srid_of(stored), type_=LargeBinary)
        met = sql.ST_Intersects(source.geometry, shape, type_=Boolean)
        return and_(intersects_box(_table(layer).c.geometry, area.bounds), met == 1) if is_embedded else met

    conditions = [source[name] == value for name, value in query.equals]
    if query.area is not None:
        conditions.append(meets(query.area))
    if query.filter is not None:
        columns = {name: source[name] for name in LAYERS[layer].attribute_names}
        ground = cql.Ground(layer=layer, columns=columns, meets=meets, storage_crs=stored, is_embedded=is_embedded)
        conditions.append(cql.condition(query.filter, ground))
    return conditions


def _count(session: Session, matching: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(matching.subquery())) or 0


def _estimated(session: Session, layer: LayerName, edition: Edition, query: FeatureQuery) -> int:
    """Return how many rows the planner expects; by the boxes alone, for which it keeps statistics."""
    table = _table(layer)
    conditions = _conditions(session, layer, query, table.c, by_boxes=True)
    of_version = table.c.version_id == edition.version_id
    plan = session.scalar(_Explained(select(literal_column("1")).select_from(table).where(of_version, *conditions)))
    return int(plan[0]["Plan"]["Plan Rows"])


class _Explained(Executable, ClauseElement):
    """``EXPLAIN`` of a statement, with its values bound as always."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained, "postgresql")
def _explained(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  SQLAlchemy's
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.statement, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FeatureRows:
    """From which columns features are selected, and how the rows become GeoJSON text."""

    source: _Columns
    columns: Select[Any]
    as_text: Callable[[Any], list[str]]


def _rows_in_place(session: Session, layer: LayerName, edition: Edition, query: FeatureQuery) -> _FeatureRows:
    is_embedded = session.get_bind().dialect.name == "sqlite"
    place = _place(layer, edition, query)
    if is_embedded or query.area is None:
        rows = _feature_rows(layer, session, query.crs)
        return replace(rows, columns=rows.columns.where(*place))
    # Sorted first and looked at closely after, PostGIS does so with one page of features instead of with all.
    near = _near(layer, edition, query).order_by(_table(layer).c.id).offset(0).subquery()
    return _told_by_postgis(near.c, layer, query.crs, storage_crs(session))


def _feature_rows(layer: LayerName, session: Session, crs: str) -> _FeatureRows:
    is_embedded = session.get_bind().dialect.name == "sqlite"
    return (_rows_for_shapely if is_embedded else _rows_of_postgis)(layer, crs, storage_crs(session))


@lru_cache(maxsize=128)
def _rows_of_postgis(layer: LayerName, crs: str, stored: str) -> _FeatureRows:
    return _told_by_postgis(_table(layer).c, layer, crs, stored)


def _told_by_postgis(source: _Columns, layer: LayerName, crs: str, stored: str) -> _FeatureRows:
    code = crs_uris(stored)[crs]
    shape: ColumnElement[Any] = sql.ST_ForcePolygonCCW(source.geometry, type_=LargeBinary)
    if code != stored:
        shape = sql.ST_Transform(shape, srid_of(code), type_=LargeBinary)
    if is_y_first(crs):
        shape = sql.ST_FlipCoordinates(shape, type_=LargeBinary)
    digits = _DEGREE_DIGITS if is_geographic(code) else _METRE_DIGITS
    values: list[ColumnElement[Any]] = []
    for name in LAYERS[layer].attribute_names:
        values += [literal_column(f"'{name}'"), source[name]]
    whole = func.concat(
        literal_column("""'{"type":"Feature","id":'"""),
        func.to_json(source.feature_id),
        literal_column("""',"geometry":'"""),
        sql.ST_AsGeoJSON(shape, literal_column(str(digits)), literal_column("0")),
        literal_column("""',"properties":'"""),
        func.json_build_object(*values),
        literal_column("'}'"),
    )
    return _FeatureRows(source=source, columns=select(whole), as_text=lambda rows: [row[0] for row in rows])


@lru_cache(maxsize=128)
def _rows_for_shapely(layer: LayerName, crs: str, stored: str) -> _FeatureRows:
    table, code = _table(layer), crs_uris(stored)[crs]
    names = LAYERS[layer].attribute_names
    columns = select(table.c.feature_id, *(table.c[name] for name in names), type_coerce(table.c.geometry, LargeBinary))
    place = _placing(stored, code, is_swapped=is_y_first(crs))

    def as_text(rows: Any) -> list[str]:  # noqa: ANN401  rows of SQLAlchemy
        if not rows:
            return []
        shapes = shapely.transform(shapely.orient_polygons(gpkg.decode([row[-1] for row in rows])), place)
        return [
            _feature_text(row[0], dict(zip(names, row[1:-1], strict=True)), geometry)
            for row, geometry in zip(rows, shapely.to_geojson(shapes), strict=True)
        ]

    return _FeatureRows(source=table.c, columns=columns, as_text=as_text)


def _placing(source: str, target: str, *, is_swapped: bool) -> Callable[[Coordinates], Coordinates]:
    move = transformer(source, target)
    digits = _DEGREE_DIGITS if is_geographic(target) else _METRE_DIGITS

    def place(points: Coordinates) -> Coordinates:
        moved = np.round(move(points), digits)
        return moved[:, ::-1] if is_swapped else moved

    return place


def _feature_text(feature_id: str, properties: Mapping[str, Any], geometry: str) -> str:
    told = json.dumps(properties, ensure_ascii=False, separators=(",", ":"), default=_plain)
    name = json.dumps(feature_id, ensure_ascii=False)
    return f'{{"type":"Feature","id":{name},"geometry":{geometry},"properties":{told}}}'


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
