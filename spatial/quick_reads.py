"""One statement, one row, one round trip: reading from PostgreSQL past SQLAlchemy, a thousand times a second.

A session costs three round trips and more time of the processor than PostGIS needs for a page of ten features. Here
each statement stands for itself, is prepared once on a connection, and a connection is not tried before it is used:
one that the server has dropped is noticed by its failure, and the statement asked again on a fresh one.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc
from sqlalchemy.engine import URL

from spatial.store_faults import unavailable

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

MOST_CONNECTIONS_COUNT = 8
_LONGEST_WAIT_S = 10.0
_CONNECT_TIMEOUT_S = 10


class QuickReads:
    """The connections of one store for single statements; opened when first asked, and again after `close`."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._pool: ConnectionPool[Any] | None = None

    def row(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the first row that a reading statement gives, None when it gives none.

        Parameters
        ----------
        statement
            SQL with ``%(name)s`` for each value. It may be executed twice.

        Raises
        ------
        DataUnavailableError
            The store does not answer, or was never built.
        """
        import psycopg  # noqa: PLC0415  the embedded store does without the driver

        try:
            try:
                return self._row(statement, values)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self._connections().check()
                return self._row(statement, values)
        except psycopg.Error as error:
            told = exc.DBAPIError.instance(statement, None, error, psycopg.Error, dialect=_dialect())
            if not isinstance(told, exc.DBAPIError) or (foreseen := unavailable(told, self._url)) is None:
                raise
            raise foreseen from error

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def _row(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        with self._connections().connection() as connection:
            found: tuple[Any, ...] | None = connection.execute(statement, values).fetchone()
        return found

    def _connections(self) -> "ConnectionPool[Any]":
        with self._lock:
            if self._pool is None:
                from psycopg_pool import ConnectionPool  # noqa: PLC0415  as above

                self._pool = ConnectionPool(
                    self._url.set(drivername="postgresql").render_as_string(hide_password=False),
                    min_size=0,
                    max_size=MOST_CONNECTIONS_COUNT,
                    timeout=_LONGEST_WAIT_S,
                    kwargs={
                        "autocommit": True,
                        "prepare_threshold": 0,
                        "connect_timeout": _CONNECT_TIMEOUT_S,
                        "options": options_of(self._url),
                    },
                    open=True,
                )
            return self._pool


def options_of(url: URL) -> str:
    """Return the options of every connection: those of the address, and no compiling of statements that take 1 ms."""
    given = url.query.get("options", ())
    return " ".join([given] if isinstance(given, str) else [*given]) + " -c jit=off"


def _dialect() -> Any:  # noqa: ANN401  SQLAlchemy's
    from sqlalchemy.dialects.postgresql import psycopg  # noqa: PLC0415  as above

    return psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
