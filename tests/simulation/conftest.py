"""Whole campaigns in virtual time: the real engine, the real database, simulated people."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from outdial import bootstrap
from outdial.adapters.clock import LoopClock, SeededIds
from outdial.adapters.storage.database import open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.api.campaigns import new_campaign
from outdial.app.imports import ImportReport
from outdial.cli.preparation import Prepared, prepare
from outdial.settings import Settings
from outdial.simulation.shift import VIRTUAL_START, Live, Shift, dial
from outdial.simulation.virtual_time import database_gate, run_in_virtual_time
from tests.judge.attempt_log import Log, load

EVERY_DAY = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


def a_campaign(**strategy: Any) -> dict[str, Any]:
    """The body of a predictive campaign that is open all week, with what a test says changed in its strategy."""
    return {
        "name": "Simulated",
        "dialing_mode": "PREDICTIVE",
        "dialing_mode_configuration": {
            "answering_machine_detection": True,
            "max_abandonment_rate": 3,
            "max_dialing_ratio": 3,
            "max_ring_time_in_secs": 25,
            "abandonment_timeout": {"amount": 2},
        },
        "dialing_strategy": {
            "max_attempts": 4,
            "retry_period": 30,
            "retry_time_unit": "MINUTES",
            "calling_hours": [{"from": "00:00:00", "to": "00:00:00", "week_days": EVERY_DAY}],
            "dispositions": {
                "busy": {"status_after_call": "RETRY", "custom": False},
                "no_answer": {"status_after_call": "RETRY", "custom": False},
                "invalid_number": {"status_after_call": "FINAL"},
            },
            **strategy,
        },
    }


@dataclass
class Ran:
    """What a simulated campaign left behind."""

    summary: dict[str, Any]
    reached: bool
    report: ImportReport
    body: dict[str, Any]
    log: Log
    connect: dict[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        return json.dumps(self.summary)


Simulate = Callable[..., Ran]


@pytest.fixture
def simulate(fresh_database: dict[str, Any], tmp_path: Path) -> Simulate:
    """Import a list, dial it to the end in virtual time, and read what is in the database afterwards."""

    def play(
        csv_bytes: bytes,
        body: dict[str, Any],
        *,
        agents: int = 8,
        seed: int = 1,
        started: Callable[[Live], None] = lambda live: None,
        prepared: Callable[[Prepared], None] = lambda done: None,
        **shift: Any,
    ) -> Ran:
        path = tmp_path / "list.csv"
        path.write_bytes(csv_bytes)
        server = bootstrap.Server(fresh_database)

        async def main() -> Ran:
            import asyncio

            clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
            async with open_database(fresh_database, size=1, gate=database_gate) as database:
                here = bootstrap.assemble(
                    Settings(), server, database, clock=clock, ids=SeededIds(seed), uploads=tmp_path
                )
                await here.access.add_account("default", clock.now())
                ready = await prepare(here, path, new_campaign(body), agents=agents)
                prepared(ready)
                plan = Shift(users=ready.users, seed=seed, start=VIRTUAL_START, virtual=True, **shift)
                summary, reached = await dial(DialRows(database), plan, started=started)
                async with database.connection() as connection:
                    log = await load(connection, ready.campaign.id)
            return Ran(summary, reached, ready.report, body, log, fresh_database)

        return run_in_virtual_time(main())

    return play


async def rows_of(connect: dict[str, Any], query: str, *arguments: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(**connect)
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()
