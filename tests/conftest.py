"""One throw-away PostgreSQL a test process, and a migrated database of its own for each test that asks for one."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from outdial.adapters.postgres import ServerAddress, temporary_postgres
from outdial.adapters.storage.database import Database, open_database
from outdial.adapters.storage.migrate import upgrade
from outdial.adapters.storage.unit_of_work import SqlStorage

_TEMPLATE = "migrated"
_numbers = itertools.count(1)


class SetClock:
    """A wall clock that stands where the test put it."""

    def __init__(self, at: datetime) -> None:
        self._start = self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 6, 1, 9, 0, 0, 123456, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres() -> Iterator[ServerAddress]:
    """The server of this test process; tests that run side by side in other processes have their own."""
    with temporary_postgres() as server:
        yield server.address


@pytest.fixture(scope="session")
def migrated_template(postgres: ServerAddress) -> str:
    """The name of a database with this release's schema and no rows, to be copied and never connected to."""
    asyncio.run(_statement(postgres, f"create database {_TEMPLATE}"))
    asyncio.run(upgrade({**postgres.dsn_kwargs(), "database": _TEMPLATE}))
    return _TEMPLATE


@pytest.fixture
def fresh_database(postgres: ServerAddress, migrated_template: str) -> Iterator[dict[str, Any]]:
    """The arguments of `asyncpg.connect` for an empty database with this release's schema, gone after the test."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_statement(postgres, f"create database {name} template {migrated_template}"))
    yield {**postgres.dsn_kwargs(), "database": name}
    asyncio.run(_statement(postgres, f"drop database {name} with (force)"))


@pytest.fixture
async def database(fresh_database: dict[str, Any]) -> AsyncIterator[Database]:
    async with open_database(fresh_database, size=3) as opened:
        yield opened


@pytest.fixture
def storage(database: Database, clock: SetClock) -> SqlStorage:
    return SqlStorage(database, clock)


async def _statement(server: ServerAddress, sql: str) -> None:
    connection = await asyncpg.connect(**server.dsn_kwargs())  # type: ignore[arg-type]
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
