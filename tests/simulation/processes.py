"""A carrier and an engine as processes of their own, so that either can be killed and the other does not notice."""

import asyncio
import dataclasses
import json
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from outdial.adapters.clock import LoopClock, RandomIds, WallClock
from outdial.adapters.holidays import PublicHolidays
from outdial.adapters.storage.database import open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.adapters.telephony.simulated.carrier import SimulatedCarrier, World
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.campaign_loop import LoopSettings
from outdial.dialer.engine import Engine, EngineSettings
from outdial.domain.values import UserId
from outdial.simulation.agents import SimulatedAgents
from outdial.simulation.shift import pacer_of
from tests.judge.carrier_log import Row
from tests.simulation.network import LoggedCarrier
from tests.simulation.remote_carrier import connected_to, serve

SPEED: Final = 4.0
"""Seconds of dialing time in a second: conversations of seconds fit between two kills."""
LEASE_SECONDS: Final = 1.0
CONNECTIONS: Final = 4

# A process of this kind has imported everything already: its forks start in milliseconds and are killed one by one.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


@dataclass(frozen=True, slots=True)
class Place:
    """Where the processes of a run find each other, and what they are to do."""

    folder: Path
    connect: dict[str, Any]
    users: Sequence[UserId]
    seed: int
    world: World
    began: datetime

    @property
    def socket(self) -> Path:
        return self.folder / "carrier"

    @property
    def log(self) -> Path:
        return self.folder / "carrier.log"


def dial_clock(place: Place) -> LoopClock:
    """The dialing time that all processes of a run share."""
    passed = WallClock().now() - place.began
    return LoopClock(asyncio.get_running_loop(), place.began + SPEED * passed, SPEED)


class Process:
    """A started process; it does not outlive the test's."""

    def __init__(self, target: Any, *arguments: object) -> None:
        self._process = _processes.Process(target=target, args=arguments, daemon=True)
        self._process.start()

    def kill(self) -> None:
        """`kill -9`, and wait until it is gone."""
        self._process.kill()
        self._process.join()

    def stop(self) -> int:
        """Ask it to stop; answers its exit code."""
        self._process.terminate()
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode

    @property
    def running(self) -> bool:
        return self._process.is_alive()


def start_carrier(place: Place) -> Process:
    return Process(_carrier, place)


def start_engine(place: Place, name: str) -> Process:
    return Process(_engine, place, name)


def _carrier(place: Place) -> None:
    async def main() -> None:
        clock = dial_clock(place)
        with place.log.open("a", buffering=1) as log:
            carrier = SimulatedCarrier(clock, seed=place.seed, world=place.world)
            server = await serve(
                LoggedCarrier(carrier, clock, lambda row: print(_line(row), file=log, flush=True)), place.socket
            )
            await server.serve_forever()

    asyncio.run(main())


def _engine(place: Place, name: str) -> None:
    async def main() -> None:
        clock, asked_to_stop = dial_clock(place), asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_stop.set)
        async with open_database(place.connect, size=CONNECTIONS) as database, connected_to(place.socket) as carrier:
            pool = AgentPool(clock, seed=place.seed)
            engine = Engine(
                holder=name,
                store=DialRows(database),
                carrier=carrier,
                pool=pool,
                clock=clock,
                ids=RandomIds(),
                new_pacer=lambda running: pacer_of(running, "progressive"),
                settings=EngineSettings(
                    poll_seconds=0.1 * SPEED,
                    lease_seconds=LEASE_SECONDS,
                    loop=LoopSettings(decide_seconds=0.1 * SPEED, strict_priority=False, holidays=PublicHolidays()),
                ),
            )
            SimulatedAgents(pool, clock, seed=place.seed, wrap_seconds=2.0).sign_in(place.users)
            running = asyncio.create_task(engine.run())
            await asked_to_stop.wait()
            await engine.stop()
            await running

    asyncio.run(main())


def _line(row: Row) -> str:
    return json.dumps({**dataclasses.asdict(row), "at": row.at.isoformat()})


class Tail:
    """The carrier's log as it grows."""

    def __init__(self, log: Path) -> None:
        self._path, self._read, self._rest = log, 0, ""
        self.rows: list[Row] = []

    def new(self) -> Iterator[Row]:
        """The rows that were written since this was last asked."""
        with self._path.open() as log:
            log.seek(self._read)
            text = self._rest + log.read()
            self._read = log.tell()
        *lines, self._rest = text.split("\n")
        for line in lines:
            parts = json.loads(line)
            row = Row(datetime.fromisoformat(parts["at"]), parts["what"], parts["call"], parts["facts"])
            self.rows.append(row)
            yield row
