"""Engines that die in the middle of everything, again and again: what a crash may cost, and what it must not."""

import asyncio
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from outdial import bootstrap
from outdial.adapters.clock import LoopClock, SeededIds
from outdial.adapters.storage.database import Database, open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.api.campaigns import new_campaign
from outdial.cli.preparation import prepare
from outdial.settings import Settings
from outdial.simulation.shift import VIRTUAL_START, Live, Shift, begin
from outdial.simulation.virtual_time import VirtualTimeLoop, database_gate, run_in_virtual_time
from tests.builders.lists import make_list
from tests.judge.attempt_log import judge, load
from tests.simulation.conftest import a_campaign

KILLS_AT_ONCE = 5
SEEDS = range(40 if os.environ.get("OUTDIAL_TEST_LONG") else 2)  # 200 or 10 kills


async def die(live: Live, database: Database) -> None:
    """The engine is gone from one instant to the next, with its agents, its calls and what it had yet to write."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    while loop.in_flight:  # a statement that was sent is carried out all the same
        await live.clock.sleep(0.001)
    live.engine.abort()
    await asyncio.gather(live.running, return_exceptions=True)
    async with database.connection() as connection:
        await connection.execute("update lease set until = '-infinity'")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_record_is_lost_called_twice_at_once_or_called_too_often(
    fresh_database: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    chance = Random(f"crash:{seed}")
    path = tmp_path / "list.csv"
    path.write_bytes(make_list(60, seed, bad=0, duplicates=0).csv_bytes)
    body = a_campaign(retry_period=1)  # or priorities hold all calls back for half an hour, and no crash hits one

    async def main() -> None:
        clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
        async with open_database(fresh_database, size=1, gate=database_gate) as database:
            here = bootstrap.assemble(
                Settings(),
                bootstrap.Server(fresh_database),
                database,
                clock=clock,
                ids=SeededIds(seed),
                uploads=tmp_path,
            )
            await here.access.add_account("default", clock.now())
            ready = await prepare(here, path, new_campaign(body), agents=5)
            store = DialRows(database)
            shift = Shift(users=ready.users, seed=seed, start=clock.now(), virtual=True)
            for kill in range(KILLS_AT_ONCE):
                live = begin(store, shift, clock, ids=here.ids, holder=f"engine {kill}")
                await clock.sleep(chance.uniform(0.5, 90.0))
                open_before = await _open_attempts(database)
                await die(live, database)
                live = begin(store, shift, clock, ids=here.ids, holder=f"engine after {kill}")
                await clock.sleep(0.5)
                still_open = dict(await _outcomes(database, open_before))
                assert all(outcome is not None for outcome in still_open.values())
                await live.engine.stop()
                await live.running
            live = begin(store, shift, clock, ids=here.ids, holder="the last engine")
            while live.loop is None:
                await clock.sleep(0.1)
            await live.loop.exhausted.wait()
            await live.engine.stop()
            await live.running
            async with database.connection() as connection:
                log = await load(connection, ready.campaign.id)
                lost = await connection.fetchval("select count(*) from attempt where outcome = 'lost'")
        assert judge(body, log.records, log.attempts, log.finals) == []
        assert lost > 0, "no crash hit a call: the test would show nothing"

    run_in_virtual_time(main())


async def _open_attempts(database: Database) -> list[int]:
    async with database.connection() as connection:
        rows = await connection.fetch("select id from attempt where outcome is null order by id")
    return [row["id"] for row in rows]


async def _outcomes(database: Database, attempts: list[int]) -> list[tuple[int, str | None]]:
    async with database.connection() as connection:
        rows = await connection.fetch("select id, outcome from attempt where id = any($1) order by id", attempts)
    return [(row["id"], row["outcome"]) for row in rows]
