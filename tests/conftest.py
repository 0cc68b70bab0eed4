"""One throw-away PostgreSQL a test process, and an emptied database for each test that asks for one."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from outdial.adapters.holidays import PublicHolidays
from outdial.adapters.postgres import ServerAddress, temporary_postgres
from outdial.adapters.storage.database import Database, open_database
from outdial.adapters.storage.migrate import upgrade
from outdial.adapters.storage.unit_of_work import SqlStorage

# To show every local variable of every frame, as it does where rich is installed, takes seconds for one fault of ours.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

_numbers = itertools.count(1)
_BROWSER = Path(__file__).parent / "browser"

# How long an example takes is the machine's affair: no test asserts time, and hypothesis would by itself.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the browser together where processes share the tests: they have one Chromium and one demo.

    They wait more than they work, and go first: the others fill the time beside them and the time after them.
    """
    of_the_browser = [item for item in items if item.path.is_relative_to(_BROWSER)]
    for item in of_the_browser:
        item.add_marker(pytest.mark.xdist_group("browser"))
    items[:] = of_the_browser + [item for item in items if not item.path.is_relative_to(_BROWSER)]


HOLIDAYS = PublicHolidays()


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
def migrated_database(postgres: ServerAddress) -> dict[str, Any]:
    """The arguments of `asyncpg.connect` for the database that `fresh_database` empties before each test."""
    arguments = postgres.dsn_kwargs()
    asyncio.run(upgrade(arguments))
    return arguments


@pytest.fixture
def fresh_database(migrated_database: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `asyncpg.connect` for a database with this release's schema, no rows, and keys from 1 on."""
    asyncio.run(_script(migrated_database, _EMPTY))
    return migrated_database


@pytest.fixture
def empty_database(postgres: ServerAddress) -> Iterator[dict[str, Any]]:
    """The arguments of `asyncpg.connect` for a database without any table: for tests of the schema itself (slow)."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_script(postgres.dsn_kwargs(), f"create database {name}"))
    yield {**postgres.dsn_kwargs(), "database": name}
    asyncio.run(_script(postgres.dsn_kwargs(), f"drop database {name} with (force)"))


@pytest.fixture
async def database(fresh_database: dict[str, Any]) -> AsyncIterator[Database]:
    async with open_database(fresh_database, size=3) as opened:
        yield opened


@pytest.fixture
def storage(database: Database, clock: SetClock) -> SqlStorage:
    return SqlStorage(database, clock)


# Deleting what a few tests wrote takes 3 ms, TRUNCATE 250 and a new database 700: both make files for every table.
_EMPTY = """
do $$
declare
  one text;
begin
  perform pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';
  set local session_replication_role = replica;
  for one in select format('%I', tablename) from pg_tables
             where schemaname = 'public' and tablename <> 'schema_version' loop
    execute 'delete from ' || one;
  end loop;
  perform setval(format('%I', sequencename), start_value, false) from pg_sequences where schemaname = 'public';
end $$
"""


async def _script(arguments: dict[str, Any], sql: str) -> None:
    connection = await asyncpg.connect(**arguments)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
