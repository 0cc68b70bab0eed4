"""Days on which everything goes wrong, by seed: crashes, lost and doubled events, a bad database, clocks that jump.

Whatever happens, the promises of the dialer hold; two judges that share no code with it read what is left. A day that
breaks one is played again with `make sim SEED=…`.
"""

import asyncio
import os
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from outdial import bootstrap
from outdial.adapters.clock import LoopClock, SeededIds
from outdial.adapters.storage.database import Database, open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.adapters.telephony.simulated.carrier import SimulatedCarrier
from outdial.adapters.telephony.simulated.carrier import World as People
from outdial.api.campaigns import new_campaign
from outdial.app import campaigns, dnc
from outdial.app.campaigns import Changes, Named
from outdial.cli.preparation import Prepared, prepare
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.engine import Engine, EngineSettings
from outdial.domain.access import Principal
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.values import PhoneNumber, number_from_int
from outdial.ports.campaigns import Part
from outdial.settings import Settings
from outdial.simulation.agents import SimulatedAgents
from outdial.simulation.shift import VIRTUAL_START, pacer_of
from outdial.simulation.virtual_time import VirtualTimeLoop, database_gate, run_in_virtual_time
from tests.builders.lists import make_list
from tests.judge.attempt_log import LoggedAttempt, Rule, Violation, judge, load
from tests.judge.carrier_log import Broken, Row, StoredAttempt, judge_calls
from tests.simulation.conftest import a_campaign
from tests.simulation.faults import Faults, FaultyLine, FaultyStore, SetClock, World
from tests.simulation.network import LoggedCarrier

GIVEN = os.environ.get("OUTDIAL_TEST_SEED")
SEEDS = [int(GIVEN)] if GIVEN else range(200 if os.environ.get("OUTDIAL_TEST_LONG") else 20)

RECORDS, AGENTS = 30, 4
LEASE_SECONDS: Final = 20.0
TROUBLES: Final = 8
LONGEST_SILENCE: Final = 180.0
"""Seconds a person may wait when events are lost and engines die: the longest ring, a lease, and some looks."""
LONGEST_DAY: Final = timedelta(hours=6)

PATIENT = People(talk_seconds=40.0, patience_seconds=1e6, invalid=0.05, congestion=0.03)
BAD_ROADS = Faults(lost=0.03, doubled=0.1, late=0.1, unreached=0.03, failing=0.02, slow=0.1)
GOOD_ROADS = Faults(failing=0.03, slow=0.1)

# Claims that were given back and statements that took long let the order slip: it is judged where nothing goes wrong.
ORDER = {Rule.LIST_ORDER, Rule.FRESH_FIRST, Rule.PRIORITY}


@dataclass
class Day:
    """One campaign, from the import to its last outcome, and what went wrong meanwhile."""

    seed: int
    faults: Faults
    here: bootstrap.Installation
    database: Database
    ready: Prepared
    clock: LoopClock
    world: World
    rows: list[Row]
    told: list[str] = field(default_factory=list)
    sums: list[str] = field(default_factory=list)
    engines: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(f"day:{self.seed}")
        self.store = DialRows(self.database)

    def start_engine(self) -> None:
        """A fresh engine, with a clock of its own; the dead one's lease has to run out first."""
        self.engines += 1
        name = f"engine {self.engines}"
        self.dial_clock = SetClock(asyncio.get_running_loop(), self.clock.now())
        self.line = FaultyLine(self.world, name)
        pool = AgentPool(self.dial_clock, seed=self.seed)
        self.engine = Engine(
            holder=name,
            store=FaultyStore(self.store, self.world, name),
            carrier=self.line,
            pool=pool,
            clock=self.dial_clock,
            ids=SeededIds(self.seed),
            new_pacer=lambda running: pacer_of(running, "predictive"),
            settings=EngineSettings(
                poll_seconds=5.0, lease_seconds=LEASE_SECONDS, simulated_lease=True, fail_fast=True, drain_seconds=300.0
            ),
        )
        SimulatedAgents(pool, self.dial_clock, seed=self.seed).sign_in(self.ready.users)
        self.running = asyncio.create_task(self.engine.run(), name=name)

    async def kill_engine(self) -> None:
        """Gone from one instant to the next; a statement that was sent is carried out all the same."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        while loop.in_flight:
            await self.clock.sleep(0.001)
        self.line.die()
        self.engine.abort()
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        self.rows.append(Row(self.clock.now(), "killed"))

    async def trouble(self) -> None:
        """One thing that goes wrong."""
        chance, world = self.chance, self.world
        kinds = [self._crash, self._crash, self._thief, self._database_away, self._opt_out, self._pause]
        kinds += [self._carrier_away] if self.faults.lost else []
        kinds += [self._clock_is_set] * 2 if clocks_are_set(self.seed) else []
        await self.clock.sleep(chance.uniform(1.0, 60.0))
        kind = chance.choice(kinds)
        self.told.append(f"{(self.clock.now() - VIRTUAL_START).total_seconds():8.1f} {kind.__name__.strip('_')}")
        await kind()
        world.database_away = world.carrier_away = False
        await self._add_up()

    async def _crash(self) -> None:
        await self.kill_engine()
        await self.clock.sleep(self.chance.choice([0.0, 1.0, 30.0]))
        self.start_engine()

    async def _thief(self) -> None:
        """Another engine takes the lease, and goes again; this one does not notice at once."""
        until = self.clock.now() + timedelta(seconds=self.chance.uniform(0.0, 30.0))
        async with self.database.connection() as connection:
            await connection.execute("update lease set holder = 'a thief', fence = fence + 1, until = $1", until)

    async def _clock_is_set(self) -> None:
        self.dial_clock.put(timedelta(seconds=self.chance.choice([-900.0, -5.0, 3.0, 1200.0])))

    async def _database_away(self) -> None:
        self.world.database_away = True
        await self.clock.sleep(self.chance.uniform(1.0, 40.0))

    async def _carrier_away(self) -> None:
        self.world.carrier_away = True
        await self.clock.sleep(self.chance.uniform(1.0, 40.0))

    async def _opt_out(self) -> None:
        """Somebody asks not to be called, and is told that it is so."""
        here, by = self.here, await self.principal()
        async with self.database.connection() as connection:
            rows = await connection.fetch("select distinct e164 from record_phone order by 1")
        number: PhoneNumber = number_from_int(self.chance.choice(rows)["e164"])
        await dnc.put_entry(
            str(self.opt_outs),
            number=number,
            expires_on=None,
            reason=None,
            by=by,
            storage=here.storage,
            clock=self.clock,
            ids=here.ids,
        )
        self.rows.append(Row(self.clock.now(), "listed", facts={"number": str(number)}))

    async def _pause(self) -> None:
        """The campaign is paused, the engine dies at times meanwhile, and it goes on."""
        await self._ask_for(CampaignStatus.PAUSED)
        await self.clock.sleep(self.chance.uniform(0.0, 20.0))
        if self.chance.random() < 0.5:
            await self._crash()
            await self.clock.sleep(60.0)
        await self._ask_for(CampaignStatus.RUNNING)

    async def _ask_for(self, status: CampaignStatus) -> None:
        by, campaign_id = await self.principal(), str(self.ready.campaign.id)
        await campaigns.change(
            campaign_id, [Changes(status=status)], by=by, storage=self.here.storage, clock=self.clock
        )
        self.engine.hint()

    async def _add_up(self) -> None:
        """Every record has exactly one reason, at any time."""
        results = await self.store.results(1)
        reasons = dict(results.reasons)
        # They come to the campaign all at once; before that there is nothing to explain here.
        if None in reasons or sum(reasons.values()) not in (0, RECORDS):
            self.sums.append(f"{reasons} does not explain {RECORDS} records")

    async def principal(self) -> Principal:
        return Principal(await self.here.account_id(), "test", frozenset())

    async def prepare_opt_outs(self) -> None:
        here, by = self.here, await self.principal()
        made, _ = await dnc.create(
            name="Opt-outs", by=by, storage=here.storage, clock=self.clock, ids=here.ids, files=here.uploads
        )
        self.opt_outs = made.id
        await campaigns.assign(
            str(self.ready.campaign.id),
            Part.DNC_LISTS,
            [Named("0", id=str(made.id))],
            by=by,
            storage=here.storage,
            clock=self.clock,
        )

    async def play(self) -> None:
        """Troubles first; then nothing more goes wrong, and the list is dialed to its end."""
        await self.prepare_opt_outs()
        self.start_engine()
        for _ in range(TROUBLES):
            await self.trouble()
            if self.running.done():
                await self.running
        self.world.end()
        self.dial_clock.put_right()  # else what the carrier stamps stays minutes ahead, and so do the retries
        end = self.clock.now() + LONGEST_DAY
        while not (await self.store.backlog(1)).exhausted and self.clock.now() < end and not self.running.done():
            await self.clock.sleep(30.0)
        await self.engine.stop()
        await self.running


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was found to be wrong with a day."""

    calls: list[Broken]
    records: list[Violation]
    sums: list[str]

    def __bool__(self) -> bool:
        return bool(self.calls or self.records or self.sums)


def faults_of(seed: int) -> Faults:
    """Every other day the carrier's events all arrive, so that every outcome must be known."""
    return BAD_ROADS if seed % 2 else GOOD_ROADS


def clocks_are_set(seed: int) -> bool:
    """On half of the days, of both kinds, somebody sets the machine's clock."""
    return seed % 4 < 2


def _in_order(attempts: list[LoggedAttempt]) -> list[LoggedAttempt]:
    """Attempts in the order of their numbers: clocks that were set back say nothing of it."""
    hours = [VIRTUAL_START + timedelta(hours=attempt.number) for attempt in attempts]
    return [
        replace(attempt, at=at, ended=at + timedelta(minutes=1) if attempt.ended is not None else None)
        for attempt, at in zip(attempts, hours, strict=True)
    ]


def play_day(connect: dict[str, Any], folder: Path, seed: int, faults: Faults) -> tuple[Verdict, Day]:
    path = folder / "list.csv"
    path.write_bytes(make_list(RECORDS, seed, bad=0, duplicates=0).csv_bytes)
    body = a_campaign(max_attempts=3, retry_period=2)

    async def main() -> tuple[Verdict, Day]:
        clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
        rows: list[Row] = []
        async with open_database(connect, size=1, gate=database_gate) as database:
            here = bootstrap.assemble(
                Settings(), bootstrap.Server(connect), database, clock=clock, ids=SeededIds(seed), uploads=folder
            )
            await here.access.add_account("default", clock.now())
            ready = await prepare(here, path, new_campaign(body), agents=AGENTS)
            people = SimulatedCarrier(clock, seed=seed, world=PATIENT)
            world = World(LoggedCarrier(people, clock, rows.append), clock, faults, seed)
            day = Day(seed, faults, here, database, ready, clock, world, rows)
            await day.play()
            async with database.connection() as connection:
                log = await load(connection, 1)
                stored = await connection.fetch("select uuid, record_id, number, outcome from attempt order by id")
        attempts = [StoredAttempt(str(a["uuid"]), f"{a['record_id']}/{a['number']}", a["outcome"]) for a in stored]
        calls = judge_calls(
            rows, attempts, silence_seconds=LONGEST_SILENCE, unheard=bool(faults.lost), crash_seconds=30.0
        )
        told = _in_order(log.attempts) if clocks_are_set(seed) else log.attempts
        unjudged = ORDER | ({Rule.WAIT} if clocks_are_set(seed) else set())
        found = judge(body, log.records, told, log.finals)
        return Verdict(calls, [one for one in found if one.rule not in unjudged], day.sums), day

    return run_in_virtual_time(main())


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed {seed}")
def test_whatever_goes_wrong_the_promises_hold(fresh_database: dict[str, Any], tmp_path: Path, seed: int) -> None:
    print(f"to play this day again: make sim SEED={seed}")
    verdict, day = play_day(fresh_database, tmp_path, seed, faults_of(seed))
    print(*day.told, sep="\n")
    assert not verdict, verdict
