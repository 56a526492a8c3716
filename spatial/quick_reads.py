"""One statement, one row, one round trip: reading from PostgreSQL on the event loop, a thousand times a second.

A session costs three round trips, a thread a change of place, and both more time of the processor than PostGIS needs
for a page of ten features. Here each statement stands for itself, is prepared once on a connection, and waits without
a thread. A connection is not tried before it is used: one that the server has dropped is noticed by its failure, and
the statement asked again on a fresh one.

References
----------
PostgreSQL 15, libpq: 34.4, asynchronous command processing; psycopg 3, ``psycopg.pq``.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import exc
from sqlalchemy.engine import URL

from spatial.store_faults import unavailable

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

MOST_CONNECTIONS_COUNT = 8
MOST_PREPARED_COUNT = 200
"""Kinds of statements that a connection keeps ready; with more it is replaced, so that none grows for ever."""

_LONGEST_WAIT_S = 10.0
_CONNECT_TIMEOUT_S = 10
_BINARY = 1

Row = tuple[bytes | None, ...]
"""Values in PostgreSQL's binary form: text is UTF-8, bytes are as they are, whole numbers as `as_number` reads them."""


def as_number(value: bytes | None) -> int:
    """Return a whole number of any width, 0 for nothing."""
    return int.from_bytes(value or b"", "big", signed=True)


class QuickReads:
    """The connections of one store for single statements; opened when first asked, and again after `close`."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._free: deque[_Line] = deque()
        # A server has one event loop; a test may have many, and what waits belongs to one of them.
        self._places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def row(self, statement: str, values: tuple[object, ...]) -> Row | None:
        """Return the first row that a reading statement gives, None when it gives none.

        Parameters
        ----------
        statement
            SQL with ``$1``, ``$2``… for the values. It may be executed twice.

        Raises
        ------
        DataUnavailableError
            The store does not answer, or was never built.
        """
        import psycopg  # noqa: PLC0415  the embedded store does without the driver

        given = [None if value is None else str(value).encode() for value in values]
        try:
            async with self._place():
                try:
                    return await self._row(statement, given)
                except (psycopg.OperationalError, psycopg.InterfaceError):
                    self.close()
                    return await self._row(statement, given)
        except (psycopg.Error, TimeoutError) as error:
            fault = error if isinstance(error, psycopg.Error) else psycopg.OperationalError("too many are waiting")
            told = exc.DBAPIError.instance(statement, None, fault, psycopg.Error, dialect=_dialect())
            if not isinstance(told, exc.DBAPIError) or (foreseen := unavailable(told, self._url)) is None:
                raise
            raise foreseen from error

    def close(self) -> None:
        """Close all connections that nobody uses at the moment."""
        while self._free:
            self._free.pop().close()

    def _place(self) -> "_Place":
        loop = asyncio.get_running_loop()
        if loop not in self._places:
            self._places[loop] = asyncio.Semaphore(MOST_CONNECTIONS_COUNT)
        return _Place(self._places[loop])

    async def _row(self, statement: str, values: list[bytes | None]) -> Row | None:
        line = self._free.pop() if self._free else _Line(await asyncio.to_thread(_connect, self._url))
        try:
            row = await line.row(statement.encode(), values)
        except BaseException:
            # Half an answer may stand on it, when the reader went away.
            line.close()
            raise
        if line.is_full:
            line.close()
        else:
            self._free.append(line)
        return row


class _Place:
    """One of the few who ask at once; waits for it, but not for ever."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places

    async def __aenter__(self) -> None:
        async with asyncio.timeout(_LONGEST_WAIT_S if self._places.locked() else None):
            await self._places.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._places.release()


class _Line:
    """One connection, and what it keeps prepared."""

    def __init__(self, connection: "Connection[Any]") -> None:
        self._connection, self._wire = connection, connection.pgconn
        self._names: dict[bytes, bytes] = {}

    @property
    def is_full(self) -> bool:
        return len(self._names) >= MOST_PREPARED_COUNT

    def close(self) -> None:
        self._connection.close()

    async def row(self, statement: bytes, values: list[bytes | None]) -> Row | None:
        name = self._names.get(statement)
        if name is None:
            name = b"q%d" % len(self._names)
            self._wire.send_prepare(name, statement)
            await self._answer()
            self._names[statement] = name
        self._wire.send_query_prepared(name, values, result_format=_BINARY)
        found = await self._answer()
        return tuple(found.get_value(0, column) for column in range(found.nfields)) if found.ntuples else None

    async def _answer(self) -> "PGresult":
        """Return what the server says to what was sent. Raises psycopg.Error."""
        from psycopg import OperationalError, errors, pq  # noqa: PLC0415  as above

        wire, loop = self._wire, asyncio.get_running_loop()
        while wire.flush():  # noqa: ASYNC110  what is asked is short: the socket takes it at once
            await asyncio.sleep(0)
        heard: asyncio.Future[None] = loop.create_future()

        def hear() -> None:
            try:
                wire.consume_input()
                is_whole = not wire.is_busy()
            except OperationalError as error:
                if not heard.done():
                    heard.set_exception(error)
                return
            if is_whole and not heard.done():
                heard.set_result(None)

        socket = wire.socket
        loop.add_reader(socket, hear)
        try:
            await heard
        finally:
            loop.remove_reader(socket)
        answer = wire.get_result()
        if answer is None or wire.get_result() is not None:
            raise OperationalError
        if answer.status not in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
            raise errors.error_from_result(answer)
        return answer


def _connect(url: URL) -> "Connection[Any]":
    import psycopg  # noqa: PLC0415  as above

    return psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False),
        autocommit=True,
        connect_timeout=_CONNECT_TIMEOUT_S,
        client_encoding="utf8",
        options=options_of(url),
    )


def options_of(url: URL) -> str:
    """Return the options of every connection: those of the address, and no compiling of statements that take 1 ms."""
    given = url.query.get("options", ())
    return " ".join([given] if isinstance(given, str) else [*given]) + " -c jit=off"


def _dialect() -> Any:  # noqa: ANN401  SQLAlchemy's
    from sqlalchemy.dialects.postgresql import psycopg  # noqa: PLC0415  as above

    return psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
