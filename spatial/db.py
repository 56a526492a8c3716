"""One set of mapped classes, two stores: an embedded GeoPackage file, or PostgreSQL with PostGIS."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import ColumnElement, DateTime, Dialect, Double, Engine, MetaData, Text, create_engine, event, exc
from sqlalchemy import func as sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine, UserDefinedType

from spatial import gpkg_functions
from spatial.crs import HCMC, is_geographic, known_crs
from spatial.errors import ConflictError, DataUnavailableError, InputError
from spatial.gpkg import rtree_name
from spatial.quick_reads import QuickReads, options_of
from spatial.store_faults import check_embedded, check_postgresql, not_built, unavailable
from spatial.text import Text as Sentence

_BUSY_TIMEOUT_S = 30
_CONNECT_TIMEOUT_S = 10
_CACHE_BYTES = 67_108_864
_BEGIN = "diaban_begin"

WRITE_AT_ONCE = {_BEGIN: "BEGIN IMMEDIATE"}
"""Execution options of a connection that is going to write."""

Bounds = tuple[float, float, float, float]
"""min_x, min_y, max_x, max_y in the storage coordinate system."""


class _IsoInstant(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401  signature of SQLAlchemy
        return "DATETIME"


class UtcInstant(TypeDecorator[datetime]):
    """A moment in UTC, to the millisecond; the GeoPackage text form in the embedded file."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the store at hand."""
        return dialect.type_descriptor(_IsoInstant() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401  text or datetime
        """Refuse a moment without time zone, and cut to what both stores keep."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs its time zone"
            raise ValueError(message)
        moment = value.astimezone(UTC)
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return as_geopackage_text(moment) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:  # noqa: ANN401  text or datetime
        """Return the moment in UTC."""
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def as_geopackage_text(moment: datetime) -> str:
    """Return a moment in the form that GeoPackage prescribes: ``2026-11-22T01:44:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Base(DeclarativeBase):
    """Root of every mapped class; constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, float: Double, datetime: UtcInstant}  # noqa: RUF012  SQLAlchemy reads this name


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An open store.

    Parameters
    ----------
    crs
        Storage coordinate system, ``EPSG:n``, metric.
    quick_reads
        Single statements of readers; None in the embedded file, which needs no way past SQLAlchemy.
    """

    url: str
    crs: str
    engine: Engine
    quick_reads: QuickReads | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether this is the GeoPackage file rather than PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @property
    def srid(self) -> int:
        """EPSG code of the storage coordinate system."""
        return srid_of(self.crs)

    @contextmanager
    def transaction(self, *, writing: bool = False) -> Iterator[Session]:
        """Give a session; commit when the block ends, undo everything when it raises.

        Parameters
        ----------
        writing
            The block reads and then writes. In the embedded file it waits for its turn at once: begun as a
            reader it would fail when another program writes in between.

        Raises
        ------
        DataUnavailableError
            The store does not answer, is locked by another program, or was never built.
        ConflictError
            What was written contradicts what is there (a key given twice, a row that is gone).
        """
        if self.is_embedded and not Path(str(self.engine.url.database)).exists():
            raise not_built(self.engine.url)
        try:
            with Session(self.engine, info={"crs": self.crs}, expire_on_commit=False) as session, session.begin():
                if writing:
                    session.connection(execution_options=WRITE_AT_ONCE)
                yield session
        except exc.IntegrityError as error:
            # The first line names the rule; what follows on PostgreSQL would show stored values.
            rule = str(error.orig).partition("\n")[0]
            raise ConflictError(
                Sentence("Dữ liệu mâu thuẫn với dữ liệu đã lưu.", "This contradicts what is already stored."),
                hint=Sentence(f"Chi tiết: {rule}", f"Detail: {rule}"),
            ) from error
        except exc.DBAPIError as error:
            if (foreseen := unavailable(error, self.engine.url)) is None:
                raise
            raise foreseen from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self.quick_reads is not None:
            self.quick_reads.close()


def srid_of(crs: str) -> int:
    """Return the EPSG code in ``EPSG:n``."""
    return int(crs.rpartition(":")[2])


def storage_crs(session: Session) -> str:
    """Return the storage coordinate system of the store that a session of `Database.transaction` speaks to."""
    crs: str = session.info["crs"]
    return crs


def open_database(url: str, *, crs: str = HCMC) -> Database:
    """Open the store at ``url``, and check that it can be what it should be.

    One process works in one storage coordinate system: the mapped geometry columns get its number.

    Parameters
    ----------
    url
        ``sqlite:///….gpkg`` (made by ``diaban db upgrade`` when absent) or ``postgresql+psycopg://…``.
    crs
        Storage coordinate system, ``EPSG:n``, metric.

    Raises
    ------
    InputError
        The URL or the coordinate system cannot be used, or the file belongs to another program.
    DataUnavailableError
        The file is damaged, or the server, PostGIS or the driver is missing.
    """
    parsed = _parsed(url)
    if is_geographic(crs) or known_crs(crs).to_authority() is None:
        raise InputError(
            Sentence(f"Hệ tọa độ lưu trữ {crs} không tính bằng mét.", f"The storage system {crs} is not metric."),
            hint=Sentence("Dùng EPSG:9210.", "Use EPSG:9210."),
            subject="DIABAN_CRS",
        )
    crs = ":".join(known_crs(crs).to_authority())
    engine = _embedded_engine(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql_engine(parsed)
    try:
        (check_embedded if engine.dialect.name == "sqlite" else check_postgresql)(engine, srid=srid_of(crs))
    except BaseException:
        engine.dispose()
        raise
    number_geometry_columns(srid_of(crs))
    quick_reads = QuickReads(parsed) if engine.dialect.name == "postgresql" else None
    shown = parsed.render_as_string(hide_password=True)
    return Database(url=shown, crs=crs, engine=engine, quick_reads=quick_reads)


def number_geometry_columns(srid: int) -> None:
    """Give every geometry column that is mapped by now the number of the storage coordinate system."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, Geometry):
                column.type.srid = srid


def _parsed(url: str) -> URL:
    shown = url.rsplit("@", maxsplit=1)[-1]
    wanted = Sentence(
        "Dạng đúng: sqlite:////duong/dan/diaban.gpkg hoặc postgresql+psycopg://nguoi@may/csdl.",
        "Write sqlite:////path/to/diaban.gpkg or postgresql+psycopg://user@host/database.",
    )
    wrong = InputError(
        Sentence(f"Địa chỉ cơ sở dữ liệu không dùng được: {shown!r}.", f"Not a usable database URL: {shown!r}."),
        hint=wanted,
        subject="DIABAN_DATABASE_URL",
    )
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise wrong from error
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    is_file = parsed.drivername in {"sqlite", "sqlite+pysqlite"} and str(parsed.database or "").endswith(".gpkg")
    if not is_file and (parsed.drivername != "postgresql+psycopg" or not parsed.database):
        raise wrong
    return parsed


def _embedded_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy says BEGIN below, so that migrations too are all or nothing.
        connection.isolation_level = None
        # No write-ahead log: what is committed stands in the one file that QGIS and GDAL open, and GDAL, which has
        # an SQLite of its own, would remove the log under the hands of this process.
        for pragma in (
            "foreign_keys = ON",
            "journal_mode = DELETE",
            "trusted_schema = ON",
            f"cache_size = -{_CACHE_BYTES // 1024}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        gpkg_functions.register(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:  # noqa: ANN401  an event's argument
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def _postgresql_engine(url: URL) -> Engine:
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, "options": options_of(url)},
        )
    except ModuleNotFoundError as error:
        raise DataUnavailableError(
            Sentence("Thiếu trình điều khiển PostgreSQL (psycopg).", "The PostgreSQL driver (psycopg) is missing."),
            hint=Sentence("Cài: pip install 'diaban[postgis]'.", "Run: pip install 'diaban[postgis]'."),
        ) from error


class _BoxesMeet(FunctionElement[bool]):
    name = "boxes_meet"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_BoxesMeet":  # noqa: ANN401, ARG002  signature of SQLAlchemy
        # SQLite has no truth type: SQLAlchemy would append "= 1", and with it the index is not used.
        return self


def intersects_box(column: InstrumentedAttribute[Any] | ColumnElement[Any], bounds: Bounds) -> ColumnElement[bool]:
    """Return the condition that a geometry's box meets ``bounds``, answered by the spatial index.

    Both stores index boxes in single precision, rounded outwards: a feature up to 0.25 m outside may come
    along, none that meets the box is missed.

    Parameters
    ----------
    column
        Geometry column of a mapped class.
    bounds
        min_x, min_y, max_x, max_y in the storage coordinate system.
    """
    return _BoxesMeet(column, *(float(edge) for edge in bounds))


@compiles(_BoxesMeet, "sqlite")
def _boxes_meet_in_rtree(element: _BoxesMeet, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  SQLAlchemy's
    column, min_x, min_y, max_x, max_y = element.clauses
    table: Any = column.table
    primary_key = compiler.process(next(iter(table.primary_key)), **options)
    index = compiler.preparer.quote(rtree_name(getattr(table, "element", table).name, column.name))
    edges = [compiler.process(edge, **options) for edge in (max_x, min_x, max_y, min_y)]
    return (
        f"{primary_key} IN (SELECT id FROM {index} WHERE minx <= {edges[0]} AND maxx >= {edges[1]} "  # noqa: S608  names of our own tables, values bound
        f"AND miny <= {edges[2]} AND maxy >= {edges[3]})"
    )


@compiles(_BoxesMeet, "postgresql")
def _boxes_meet_in_gist(element: _BoxesMeet, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  SQLAlchemy's
    column, *edges = element.clauses
    srid: int = column.type.srid  # type: ignore[attr-defined]  # a Geometry column
    box = sql.ST_MakeEnvelope(*edges, max(srid, 0))
    return f"{compiler.process(column, **options)} && {compiler.process(box, **options)}"
