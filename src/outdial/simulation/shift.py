"""A campaign dialed from start to end by the real engine, with simulated agents over the simulated carrier."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import structlog

from outdial.adapters.clock import LoopClock, SeededIds
from outdial.adapters.holidays import PublicHolidays
from outdial.adapters.pacer_logs import PacerLogs
from outdial.adapters.telephony.simulated.carrier import SimulatedCarrier, World
from outdial.app.summary import summary
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.campaign_loop import CampaignLoop, LoopSettings
from outdial.dialer.engine import Engine, EngineSettings
from outdial.domain.campaigns import Mode
from outdial.domain.pacing.base import Pacer
from outdial.domain.pacing.limits import CallRate
from outdial.domain.pacing.recording import RECORDABLE, RecordingPacer
from outdial.domain.values import UserId
from outdial.ports.carrier import Carrier
from outdial.ports.clock import Clock, Ids
from outdial.ports.dialing import DialStore, RunningCampaign
from outdial.ports.trunks import TrunkWatch
from outdial.simulation.agents import SimulatedAgents

log = structlog.get_logger(__name__)

VIRTUAL_START: Final = datetime(2026, 6, 1, tzinfo=UTC)
LONGEST: Final = timedelta(days=90)
"""Dialing time after which a run that waits for the end of its list gives up."""

_LAST_CALLS_SECONDS: Final = 300.0
"""How long calls over a real carrier may go on after the last one was launched."""

_ONE_OWNER_FOR_EVER: Final = 10 * 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Shift:
    """How to dial.

    Attributes:
        start: the dialing clock's first instant.
        speed: seconds of dialing time per second of the loop's; on a virtual-time loop leave it at 1.
        virtual: the loop's time is virtual: nothing is polled, ownership never runs out.
        until: dialing time at which to stop; `None` = when every record is final.
        most_calls: stop after so many attempts were started.
        pacer: a name out of `PACERS`.
        pacer_logs: a folder for what pacers see and decide.
        calls_per_second: of all campaigns together; `None` = as many as the carrier takes.
        lease_seconds: dialing time for which the ownership holds without being renewed.
    """

    users: Sequence[UserId]
    seed: int
    start: datetime
    speed: float = 1.0
    virtual: bool = False
    until: datetime | None = None
    most_calls: int | None = None
    world: World | None = None
    pacer: str = "predictive"
    strict_priority: bool = True
    pacer_logs: Path | None = None
    calls_per_second: float | None = None
    lease_seconds: float = 8.0


@dataclass(frozen=True, slots=True)
class AtWork:
    """A shift that is going on: for tables and progress bars."""

    engine: Engine
    pool: AgentPool
    clock: Clock
    store: DialStore
    carrier: Carrier
    running: asyncio.Task[None]

    @property
    def loop(self) -> CampaignLoop | None:
        """The only campaign's loop, once it runs."""
        return next(iter(self.engine.loops.values()), None)


@dataclass(frozen=True, slots=True)
class Live(AtWork):
    """A shift over the simulated carrier."""

    carrier: SimulatedCarrier


Work = TypeVar("Work", bound=AtWork)

PACERS: Final = ("predictive", "progressive")


def pacer_of(running: RunningCampaign, predictive: str, logs: PacerLogs | None = None) -> Pacer:
    """The pacer of a campaign's mode; `predictive` names the one of predictive campaigns, out of `PACERS`.

    A preview is paced by its agents: what its pacer decides is not asked.
    """
    campaign = running.campaign
    name = predictive if campaign.mode is Mode.PREDICTIVE else "shadow" if campaign.extensions.shadow else "progressive"
    if logs is None or campaign.mode is Mode.PREVIEW:
        return RECORDABLE[name]()
    try:
        return RecordingPacer(name, logs.open(campaign.id))
    except OSError as error:
        log.warning("pacer_not_recorded", campaign_id=str(campaign.id), why=str(error))
        return RECORDABLE[name]()


@contextlib.asynccontextmanager
async def working(
    store: DialStore,
    shift: Shift,
    clock: Clock | None = None,
    *,
    ids: Ids | None = None,
    holder: str | None = None,
    trunks: TrunkWatch | None = None,
) -> AsyncIterator[Live]:
    """An engine at work as by `begin`; stopped, and everything written, at the end of the block."""
    live = begin(store, shift, clock, ids=ids, holder=holder, trunks=trunks)
    async with stopped_at_the_end(live):
        yield live


@contextlib.asynccontextmanager
async def stopped_at_the_end(live: AtWork) -> AsyncIterator[None]:
    """At the end of the block the engine is stopped, and everything written."""
    try:
        yield
    finally:
        await live.engine.stop()
        await live.running


def begin(
    store: DialStore,
    shift: Shift,
    clock: Clock | None = None,
    *,
    ids: Ids | None = None,
    holder: str | None = None,
    trunks: TrunkWatch | None = None,
) -> Live:
    """Set an engine to work, its agents signed in, on the running loop; whoever begins it must stop it.

    Without `clock` the shift's own begins to run now; without `ids` and `holder` they follow from the seed.
    """
    clock = clock or LoopClock(asyncio.get_running_loop(), shift.start, shift.speed)
    carrier = SimulatedCarrier(clock, seed=shift.seed, world=shift.world)
    work = employ(store, shift, carrier, clock, ids=ids, holder=holder, trunks=trunks)
    return Live(work.engine, work.pool, clock, store, carrier, work.running)


def employ(
    store: DialStore,
    shift: Shift,
    carrier: Carrier,
    clock: Clock,
    *,
    ids: Ids | None = None,
    holder: str | None = None,
    trunks: TrunkWatch | None = None,
) -> AtWork:
    """As `begin`, over any carrier."""
    pool = AgentPool(clock, seed=shift.seed)
    agents = SimulatedAgents(pool, clock, seed=shift.seed)
    settings = EngineSettings(
        poll_seconds=86_400.0 if shift.virtual else shift.speed,
        lease_seconds=_ONE_OWNER_FOR_EVER if shift.virtual else shift.lease_seconds,
        simulated_lease=shift.virtual,
        fail_fast=shift.virtual,
        drain_seconds=300.0 if shift.virtual else shift.speed,
        loop=LoopSettings(
            strict_priority=shift.strict_priority,
            holidays=PublicHolidays(),
            call_rate=None if shift.calls_per_second is None else CallRate(shift.calls_per_second),
        ),
    )
    logs = None if shift.pacer_logs is None else PacerLogs(shift.pacer_logs, clock)
    engine = Engine(
        holder=holder or f"simulation/{shift.seed}",
        store=store,
        carrier=carrier,
        pool=pool,
        clock=clock,
        ids=ids or SeededIds(shift.seed),
        new_pacer=lambda running: pacer_of(running, shift.pacer, logs),
        settings=settings,
        trunks=trunks,
    )
    agents.sign_in(shift.users)
    running = asyncio.create_task(engine.run(), name="engine")
    return AtWork(engine, pool, clock, store, carrier, running)


async def dial(
    store: DialStore, shift: Shift, *, started: Callable[[Live], None] = lambda live: None
) -> tuple[dict[str, object], bool]:
    """Dial the one running campaign until the shift is over; answers the summary, and whether it came to its end.

    The end is what was asked for: the hour, the number of calls, or every record final. `started` is told of the
    engine as soon as it works.
    """
    return await _to_the_end(store, shift, lambda: begin(store, shift), started)


async def dial_for_real(
    store: DialStore,
    shift: Shift,
    carrier: Carrier,
    clock: Clock,
    *,
    started: Callable[[AtWork], None] = lambda live: None,
) -> tuple[dict[str, object], bool]:
    """As `dial`, over a real carrier: calls in progress are not taken back at the end, but come to theirs."""
    return await _to_the_end(store, shift, lambda: employ(store, shift, carrier, clock), started, last_calls=True)


async def _to_the_end(
    store: DialStore,
    shift: Shift,
    begin_work: Callable[[], Work],
    started: Callable[[Work], None],
    *,
    last_calls: bool = False,
) -> tuple[dict[str, object], bool]:
    (running,) = await store.running_campaigns()
    reached = False
    live = begin_work()
    async with stopped_at_the_end(live):
        started(live)
        deadline = shift.until or shift.start + LONGEST
        loop = await _loop_of(live)
        ends: list[asyncio.Task[object]] = [asyncio.create_task(loop.exhausted.wait())]
        died: list[asyncio.Task[object]] = [live.running]
        if shift.most_calls is not None:
            ends.append(asyncio.create_task(_after_calls(live, loop, shift.most_calls)))
        timeout = live.clock.real_seconds((deadline - live.clock.now()).total_seconds())
        done, pending = await asyncio.wait(ends + died, timeout=max(0.0, timeout), return_when=asyncio.FIRST_COMPLETED)
        for task in pending - set(died):
            task.cancel()
        reached = bool(done) or shift.until is not None
        if last_calls:
            await _calls_over(live, loop)
        spent = live.pool.time_spent()
    results = await store.results(running.key)
    return summary(results, occupancy=spent.occupancy, idle_outside_seconds=spent.idle_outside), reached


async def _calls_over(live: AtWork, loop: CampaignLoop) -> None:
    """Launch nothing more, and let the calls that there are come to their end."""
    live.engine.wind_down()  # else the engine would take the campaign up again once its loop has ended
    until = live.clock.monotonic() + _LAST_CALLS_SECONDS
    while loop.flow.live and live.clock.monotonic() < until:
        await live.clock.sleep(0.1)


async def _loop_of(live: AtWork) -> CampaignLoop:
    while live.loop is None:
        if live.running.done():
            await live.running
        await live.clock.sleep(0.1)
    return live.loop


async def _after_calls(live: AtWork, loop: CampaignLoop, most: int) -> None:
    while loop.progress.attempts < most:
        await live.clock.sleep(1.0)
