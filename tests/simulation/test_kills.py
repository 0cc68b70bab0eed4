"""`kill -9` of the engine's process at random instants, at full speed, while the carrier's calls go on without it.

Real processes, real time, a real PostgreSQL. Judged by the carrier's own log and by what is in the database.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest

from outdial import bootstrap
from outdial.adapters.clock import RandomIds, WallClock
from outdial.adapters.storage.database import open_database
from outdial.adapters.telephony.simulated.carrier import World
from outdial.api.campaigns import new_campaign
from outdial.cli.preparation import prepare
from outdial.domain.values import UserId
from outdial.settings import Settings
from tests.builders.lists import make_list
from tests.judge.attempt_log import Rule, judge, load
from tests.judge.carrier_log import Row, StoredAttempt, judge_calls
from tests.simulation.conftest import a_campaign
from tests.simulation.processes import SPEED, Place, Process, Tail, dial_clock, start_carrier, start_engine

LONG = bool(os.environ.get("OUTDIAL_TEST_LONG"))
SEEDS = range(10 if LONG else 1)
KILLS = 20 if LONG else 10  # with each seed
AGENTS = 120
RECORDS = 3_000
ROWS_BETWEEN_KILLS = 500
PATIENCE = 120.0
"""Real seconds after which a run that does not go on is given up. Nothing else is asserted about real time."""

IN_A_HURRY = World(
    person=0.4,
    machine=0.15,
    busy=0.15,
    rejected=0.05,
    congestion=0.02,
    setup_seconds=0.4,
    ring_seconds=1.0,
    machine_ring_seconds=1.0,
    talk_seconds=4.0,
    patience_seconds=1e6,  # whoever answers waits for ever: nobody leaves before an engine is back
)
# Claims that an engine took with it come back, and a stalled database lets the order slip: not what is judged here.
ORDER = {Rule.LIST_ORDER, Rule.FRESH_FIRST, Rule.PRIORITY}


async def until(is_so: Callable[[], Awaitable[bool]], what: str, *needed: Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await is_so():
            assert all(process.running for process in needed), f"a process died while the test waited until {what}"
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_call_is_doubled_no_outcome_lost_and_nobody_left_in_silence(
    fresh_database: dict[str, Any], tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    asyncio.run(_play(fresh_database, tmp_path, seed, record_property))


async def _play(
    connect: dict[str, Any], folder: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    chance = Random(f"kills:{seed}")
    body = a_campaign(max_attempts=6, retry_period=1)
    users = await _prepared(connect, folder, body)
    place = Place(folder, connect, users, seed, IN_A_HURRY, WallClock().now())
    carrier, tail, clock = start_carrier(place), Tail(place.log), dial_clock(place)
    kills: list[Row] = []
    away: list[float] = []
    dialing, left = 0.0, 0

    async def listening() -> bool:
        return place.socket.exists() and place.log.exists()

    async def rows(kind: str | None, wanted: int) -> bool:
        nonlocal left
        left -= sum(kind in (None, row.what) for row in tail.new())
        return left <= wanted

    await until(listening, "the carrier listens", carrier)
    connection = await asyncpg.connect(**connect)
    for kill in range(KILLS):
        engine, began = start_engine(place, f"engine {kill}"), clock.now()
        left = 0
        list(tail.new())
        # One of five is killed in the middle of its recovery, the others a while after they have dialed again.
        if chance.random() < 0.2:
            left = chance.randrange(1, 4)
            await until(lambda: rows(None, 0), "something happens", engine, carrier)
        else:
            left = 1
            await until(lambda: rows("originate", 0), "it dials again", engine, carrier)
            dialed_at = tail.rows[-1].at
            away.append((dialed_at - began).total_seconds() / SPEED)
            left = chance.randrange(1, ROWS_BETWEEN_KILLS)
            await until(lambda: rows(None, 0), "it dials", engine, carrier)
            dialing += (tail.rows[-1].at - dialed_at).total_seconds() / SPEED
        engine.kill()
        kills.append(Row(clock.now(), "killed"))
        if chance.random() < 0.75:  # the others wait until the lease of the dead one has run out
            await connection.execute("update lease set until = '-infinity'")
    last = start_engine(place, "the last engine")
    left = 100
    await until(lambda: rows("originate", 0), "the last engine dials", last, carrier)
    assert last.stop() == 0
    list(tail.new())
    carrier.kill()

    stored = await connection.fetch("select uuid, record_id, number, outcome from attempt order by id")
    log = await load(connection, 1)
    claimed = await connection.fetchval("select count(*) from dial_item where state = 'C'")
    await connection.close()
    attempts = [StoredAttempt(str(a["uuid"]), f"{a['record_id']}/{a['number']}", a["outcome"]) for a in stored]
    seen = sorted([*tail.rows, *kills], key=lambda row: row.at)
    assert judge_calls(seen, attempts, crash_seconds=2 * SPEED) == []
    found = judge(body, log.records, log.attempts, log.finals, finished=False)
    assert [one for one in found if one.rule not in ORDER] == []
    assert claimed == 0
    # Else nothing was shown: conversations and people in the middle of every state outlived an engine.
    outlived = _outlived(seen)
    assert all(outlived.values()), outlived
    record_property("attempts", len(attempts))
    record_property("rows of the carrier a second", round(len(tail.rows) / max(dialing, 0.1)))
    record_property("attempts a second", round(len(attempts) / max(dialing, 0.1)))
    record_property("outlived", outlived)
    record_property("seconds until the first call", sorted(round(one, 2) for one in away))


async def _prepared(connect: dict[str, Any], folder: Path, body: dict[str, Any]) -> list[UserId]:
    path = folder / "list.csv"
    path.write_bytes(make_list(RECORDS, 1, bad=0, duplicates=0).csv_bytes)
    async with open_database(connect, size=2) as database:
        here = bootstrap.assemble(
            Settings(), bootstrap.Server(connect), database, clock=WallClock(), ids=RandomIds(), uploads=folder
        )
        await here.access.add_account("default", here.clock.now())
        ready = await prepare(here, path, new_campaign(body), agents=AGENTS)
    return list(ready.users)


def _outlived(rows: list[Row]) -> dict[str, int]:
    """How many calls were in which state when their engine was killed.

    Who is found to be a person is with an agent milliseconds later, and counted as answered until then: some runs kill
    no engine in just that instant.
    """
    counts = dict.fromkeys(("originate", "ringing", "answered", "bridged"), 0)
    now: dict[str, str] = {}
    for row in rows:
        if row.what == "killed":
            for state in now.values():
                counts[state] += 1
        elif row.what in counts:
            now[row.call] = row.what
        elif row.what in ("failed", "hung_up", "message", "hang_up"):
            now.pop(row.call, None)
    return counts


@pytest.fixture(autouse=True)
def _short_folder(tmp_path: Path) -> None:
    assert len(str(tmp_path / "carrier")) < 100, "a socket's path may not be longer"
