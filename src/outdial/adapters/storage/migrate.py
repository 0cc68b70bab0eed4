"""Bring a database to the schema this release needs."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_SCRIPTS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config


@functools.cache
def newest_revision() -> str:
    """The revision this release's code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "a release without migrations"
    return head


async def upgrade(connect: Mapping[str, Any], *, schema: str | None = None) -> tuple[str | None, str]:
    """Run what is missing, in one transaction; answers the revisions before and after.

    With `schema`, everything is made inside that schema, which is created when it is not there.
    """
    arguments = dict(connect)
    if schema is not None:
        settings = dict(arguments.pop("server_settings", {}))
        arguments["server_settings"] = settings | {"search_path": schema}

    async def creator() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(**arguments)

    def run(connection: SqlConnection) -> str | None:
        before = MigrationContext.configure(connection, opts={"version_table": "schema_version"}).get_current_revision()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return before

    engine = create_async_engine("postgresql+asyncpg://", async_creator=creator, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if schema is not None:
                await connection.exec_driver_sql(f'create schema if not exists "{schema}"')
            before = await connection.run_sync(run)
        return before, newest_revision()
    finally:
        await engine.dispose()
