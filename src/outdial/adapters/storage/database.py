"""The road to PostgreSQL: one pool, short transactions, and a gate that a virtual-time loop can count at.

Statements go through `asyncpg.Connection` methods only: prepared statement objects, cursors and LISTEN would go past
the gate (see docs/adr/0006).
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from outdial.domain.errors import Unavailable

if TYPE_CHECKING:  # the driver's classes are generic for type checkers only
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy
Row = asyncpg.Record
Gate = Callable[[], AbstractContextManager[None]]
"""Entered around everything that waits for the server."""


def _gated(gate: Gate) -> "type[asyncpg.Connection[asyncpg.Record]]":
    """A connection class whose every conversation with the server passes through the gate."""

    class GatedConnection(asyncpg.Connection):
        async def execute(self, *args: Any, **kwargs: Any) -> Any:
            with gate():
                return await super().execute(*args, **kwargs)

        async def executemany(self, *args: Any, **kwargs: Any) -> Any:
            with gate():
                return await super().executemany(*args, **kwargs)

        async def fetch(self, *args: Any, **kwargs: Any) -> Any:
            with gate():
                return await super().fetch(*args, **kwargs)

        async def fetchrow(self, *args: Any, **kwargs: Any) -> Any:
            with gate():
                return await super().fetchrow(*args, **kwargs)

        async def fetchval(self, *args: Any, **kwargs: Any) -> Any:
            with gate():
                return await super().fetchval(*args, **kwargs)

        async def copy_records_to_table(self, *args: Any, **kwargs: Any) -> Any:
            with gate():
                return await super().copy_records_to_table(*args, **kwargs)

        async def close(self, *args: Any, **kwargs: Any) -> Any:
            with gate():
                return await super().close(*args, **kwargs)

    return GatedConnection


async def _no_reset(_: Connection) -> None:
    """Nothing to undo: session state is never changed, and transactions end where they began."""


async def _speak_json(connection: Connection) -> None:
    """Let jsonb columns come and go as Python values."""
    await connection.set_type_codec(
        "jsonb", encoder=lambda value: json.dumps(value, ensure_ascii=False), decoder=json.loads, schema="pg_catalog"
    )


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer; nothing of the statement or transaction stays."""

    code = "database-unavailable"


@contextlib.contextmanager
def _worded() -> Iterator[None]:
    """Say in our own words that the server is away; what it refuses for other reasons passes through."""
    try:
        yield
    except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as exc:
        raise DatabaseUnavailable("the database does not answer") from exc
    except (asyncpg.InsufficientResourcesError, asyncpg.TransactionRollbackError) as exc:
        raise DatabaseUnavailable("the database could not do it now") from exc
    except asyncpg.InterfaceError as exc:
        # The driver's word for a connection that is gone, and also for arguments of ours that make no sense.
        if isinstance(exc, ValueError):
            raise
        raise DatabaseUnavailable("the connection to the database is gone") from exc


@contextlib.asynccontextmanager
async def _acquired(pool: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A connection of the pool; a server that cannot be reached is worded only here, where it is connected to."""
    try:
        connection = await pool.acquire()
    except OSError as exc:
        raise DatabaseUnavailable("the database cannot be reached") from exc
    try:
        yield connection
    finally:
        await pool.release(connection)


class Database:
    """A pool of connections; made by `open_database`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection without a transaction: for reading and for single statements."""
        with _worded():
            async with _acquired(self._pool) as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """All or nothing: commits when the block ends, undoes everything when it raises."""
        with _worded():
            async with _acquired(self._pool) as connection, connection.transaction():
                yield connection


@contextlib.asynccontextmanager
async def open_database(
    connect: Mapping[str, Any], *, size: int = 10, schema: str | None = None, gate: Gate = nullcontext
) -> AsyncIterator[Database]:
    """Open a pool of `size` connections with asyncpg's own connection arguments; closed at the end of the block.

    `schema` puts a schema of its own first on the search path (throw-away runs on a shared server).
    """
    settings = {"application_name": "outdial", "timezone": "UTC"}
    if schema is not None:
        settings["search_path"] = schema
    arguments = dict(connect)
    settings |= arguments.pop("server_settings", {})

    async def gated_connect(*args: Any, **kwargs: Any) -> Any:
        with gate():
            return await asyncpg.connect(*args, **kwargs)

    pool = await asyncpg.create_pool(
        **arguments,
        min_size=size,
        max_size=size,
        max_queries=2**62,
        max_inactive_connection_lifetime=0,
        max_cached_statement_lifetime=0,
        connection_class=_gated(gate),
        connect=gated_connect,
        init=_speak_json,
        reset=_no_reset,
        server_settings=settings,
    )
    try:
        yield Database(pool)
    finally:
        await pool.close()
