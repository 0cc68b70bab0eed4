"""Databases that are thrown away: nothing of them stays, unless it was asked for."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from outdial import bootstrap
from outdial.adapters.postgres import ServerAddress
from outdial.settings import Settings
from tests.acceptance.outdial_process import fresh_home


async def use(settings: Settings, server: bootstrap.Server) -> str:
    """Open an installation and store something; answers the name of its first account."""
    async with bootstrap.open_installation(settings, server, size=1) as here:
        await bootstrap.simulated_staff(here, await here.account_id(), 2)
        return (await here.access.accounts())[0].name


async def schemas(address: ServerAddress) -> set[str]:
    connection = await asyncpg.connect(**address.dsn_kwargs())
    try:
        rows = await connection.fetch("select nspname from pg_namespace where nspname like 'outdial%' order by 1")
    finally:
        await connection.close()
    return {row["nspname"] for row in rows}


class TestOnAServerOfOnesOwn:
    @pytest.fixture
    def settings(self, postgres: ServerAddress, monkeypatch: pytest.MonkeyPatch) -> Settings:
        monkeypatch.setenv("OUTDIAL_DATABASE_URL", postgres.url)
        return Settings()

    def test_the_run_has_a_schema_that_is_gone_afterwards(self, settings: Settings, postgres: ServerAddress) -> None:
        before = asyncio.run(schemas(postgres))
        with bootstrap.throwaway_server(settings) as server:
            assert asyncio.run(use(settings, server)) == "default"
            assert asyncio.run(schemas(postgres)) == before | {server.schema}
        assert asyncio.run(schemas(postgres)) == before

    def test_two_runs_do_not_meet(self, settings: Settings) -> None:
        with bootstrap.throwaway_server(settings) as one, bootstrap.throwaway_server(settings) as other:
            for server in (one, other):
                assert asyncio.run(use(settings, server)) == "default"
            assert one.schema != other.schema

    def test_it_is_gone_after_a_failure_too(self, settings: Settings, postgres: ServerAddress) -> None:
        before = asyncio.run(schemas(postgres))
        with pytest.raises(KeyboardInterrupt), bootstrap.throwaway_server(settings) as server:
            asyncio.run(use(settings, server))
            raise KeyboardInterrupt
        assert asyncio.run(schemas(postgres)) == before

    def test_it_stays_when_it_is_to_be_kept(self, settings: Settings, postgres: ServerAddress, tmp_path: Path) -> None:
        with bootstrap.throwaway_server(settings, tmp_path) as server:
            asyncio.run(use(settings, server))
        assert server.schema in asyncio.run(schemas(postgres))


class TestOnTheEmbeddedDatabase:
    def test_what_is_kept_can_be_opened_as_a_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OUTDIAL_DATABASE_URL", raising=False)
        with fresh_home() as home:
            settings = Settings(home=home.folder)
            with bootstrap.throwaway_server(settings, home.folder) as server:
                asyncio.run(use(settings, server))
            assert home.processes() == []
            assert home.json("users", "list")["total"] == 2

    def test_a_folder_that_holds_a_database_is_not_touched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OUTDIAL_DATABASE_URL", raising=False)
        with fresh_home() as home:
            home.json("users", "create", "--name", "Ana")
            settings = Settings(home=home.folder)
            with (
                pytest.raises(bootstrap.DatabaseNotStarted, match="already holds a database"),
                bootstrap.throwaway_server(settings, home.folder),
            ):
                pass
            assert home.json("users", "list")["total"] == 1
