"""The dialing engine of one process: owns the pool by lease, runs a loop for every running campaign."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.campaign_loop import CampaignLoop, LoopSettings, Ownership
from outdial.dialer.sharing import Sharing
from outdial.domain.errors import Unavailable
from outdial.domain.pacing.base import Pacer
from outdial.ports.carrier import CallEvent, Carrier
from outdial.ports.clock import Clock, Ids
from outdial.ports.dialing import DialStore, RunningCampaign
from outdial.ports.trunks import TrunkWatch

log = structlog.get_logger(__name__)

POOL_LEASE: Final = "pool/default"

_AN_INSTANT: Final = 0.001
"""Seconds that are not worth waiting for; far smaller ones would not move a simulated clock at all."""

_TRUNKS_SECONDS: Final = 0.5
"""How often trunks are told of at most, however many hints come."""

_RENEW_SECONDS: Final = 1.0
"""How often the lease is renewed while an engine drains."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How the engine works. Seconds of dialing time unless it says otherwise.

    Attributes:
        poll_seconds: how often campaigns are looked at when nobody gives a hint.
        lease_seconds: how long ownership outlives its owner, in the database's own time.
        simulated_lease: time of the lease is the dial clock's: only for simulations, where one engine exists.
        drain_seconds: how long a stop waits for conversations before it ends them.
        fail_fast: a fault of ours ends the engine, as simulations want it; else it is logged, and the campaign is
            taken up again at the next look, beginning with recovery.
    """

    poll_seconds: float = 1.0
    lease_seconds: float = 8.0
    simulated_lease: bool = False
    drain_seconds: float = 30.0
    fail_fast: bool = False
    loop: LoopSettings = field(default_factory=LoopSettings)


async def _nobody_minds(owns: bool) -> None:
    """Agents without a desk come and go with the engine."""


class Engine:
    """Dials every running campaign it owns. `run` it as a task; `stop` it before the loop closes."""

    def __init__(
        self,
        *,
        holder: str,
        store: DialStore,
        carrier: Carrier,
        pool: AgentPool,
        clock: Clock,
        ids: Ids,
        new_pacer: Callable[[RunningCampaign], Pacer],
        settings: EngineSettings | None = None,
        trunks: TrunkWatch | None = None,
    ) -> None:
        self._holder = holder
        self._store, self.carrier, self.pool, self._clock, self._ids = store, carrier, pool, clock, ids
        self._new_pacer = new_pacer
        self._settings = settings or EngineSettings()
        self._trunks, self._trunks_at = trunks, float("-inf")
        self.loops: dict[int, CampaignLoop] = {}
        self._sharing = Sharing(pool, self.loops)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._commands: set[asyncio.Task[None]] = set()
        self._versions: dict[int, int] = {}
        self._hint = asyncio.Event()
        self._stopping = self._winding_down = False
        self._fence: int | None = None
        self._owned_until = float("-inf")
        self._taken_over = False
        self._failure: BaseException | None = None
        self.ownership_changed: Callable[[bool], Awaitable[None]] = _nobody_minds
        carrier.listen(self._hear)

    def hint(self) -> None:
        """Something changed in the database: look now instead of at the next poll."""
        self._hint.set()

    @property
    def owns(self) -> bool:
        """Whether this engine holds the lease and so may dial."""
        return self._fence is not None

    async def run(self) -> None:
        """Take the lease, dial, until `stop`; raises what a campaign's loop died of, if one did."""
        while not self._stopping:
            self._hint.clear()
            try:
                await self._keep_lease()
                if self._fence is not None:
                    await self._keep_trunks()
                    await self._supervise(self._fence)
            except Unavailable as exc:
                log.warning("engine_waits", why=exc.code)
            except Exception as exc:
                self._fault(exc)
            if self._failure is not None:
                raise self._failure
            if self._stopping:
                return
            try:
                async with asyncio.timeout(self._clock.real_seconds(self._settings.poll_seconds)):
                    await self._hint.wait()
            except TimeoutError:
                pass

    async def stop(self) -> None:
        """Launch nothing more, let conversations end within the drain time, write everything, give up the lease."""
        self._stopping = True
        self._hint.set()
        loops = list(self.loops.values())
        for loop in loops:
            loop.stop()
            await loop.flow.take_back(talking_too=False)
        await self._until_idle(self._settings.drain_seconds)
        for loop in loops:
            await loop.flow.take_back(talking_too=True)
        await self._until_idle(self._settings.drain_seconds)
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._fence is not None:
            try:
                await self._store.drop_lease(POOL_LEASE, self._holder)
            except Unavailable as exc:
                log.warning("lease_not_dropped", why=exc.code)
            self._fence = None

    def wind_down(self) -> None:
        """Launch nothing more; calls end as they will. The lease is kept until `stop`."""
        self._winding_down = True
        for loop in self.loops.values():
            loop.stop()

    def abort(self) -> None:
        """Let go of everything at once, as when the process dies: nothing is drained, nothing is written."""
        self._stopping = True
        self.carrier.listen(lambda event: None)
        for task in (*self._tasks.values(), *self._commands):
            task.cancel()

    # ------------------------------------------------------------------------------------------------------------

    async def _until_idle(self, seconds: float) -> None:
        """Wait for the loops to end, for so long at most; meanwhile what they still do remains ours."""
        end = self._clock.monotonic() + seconds
        while self._tasks and (left := end - self._clock.monotonic()) > _AN_INSTANT:
            pause = self._clock.real_seconds(min(left, _RENEW_SECONDS, self._settings.lease_seconds / 4))
            await asyncio.wait(list(self._tasks.values()), timeout=pause)
            try:
                await self._keep_lease()
            except Unavailable as exc:
                log.warning("engine_waits", why=exc.code)

    async def _keep_lease(self) -> None:
        simulated, seconds = self._settings.simulated_lease, self._settings.lease_seconds
        asked, now = self._clock.monotonic(), self._clock.now() if simulated else None
        fence = await self._store.take_lease(POOL_LEASE, self._holder, seconds=seconds, now=now)
        # A lease runs out in the database's own time, unless that is simulated; one that another engine has, has.
        lasts = seconds / (1.0 if simulated else self._clock.real_seconds(1.0))
        self._owned_until = asked if fence is None else asked + lasts
        if fence == self._fence:
            return
        log.info("lease", name=POOL_LEASE, fence=fence, owned=fence is not None)
        # The next fence is ours only if nobody else has had the lease since it ran out: the agents are still here.
        if fence is None or self._fence is None or fence > self._fence + 1:
            await self.ownership_changed(fence is not None)
        for loop in self.loops.values():
            if fence is None:
                loop.stop()  # and launches nothing more: claims carry the old fence and take nothing
            else:
                loop.renew(fence, go_on=not (self._stopping or self._winding_down))
        self._fence, self._taken_over = fence, fence is not None

    async def _keep_trunks(self) -> None:
        """Tell how the ways out are, and keep calls off those that are to get none: before the first call of all."""
        now = self._clock.monotonic()
        if self._trunks is None or now - self._trunks_at < _TRUNKS_SECONDS:
            return
        self._trunks_at = now
        ways = self.carrier.health()
        drained = await self._trunks.tell(ways)
        for way in ways:
            if way.name in drained and not way.draining:
                log.info("trunk_drained", trunk=way.name, calls=way.calls)
                self.carrier.drain(way.name)
            elif way.draining and way.name not in drained:
                log.info("trunk_resumed", trunk=way.name)
                self.carrier.resume(way.name)

    async def _supervise(self, fence: int) -> None:
        """Start, update and stop loops until they match the campaigns that are asked to run."""
        wanted = {running.key: running for running in await self._store.running_campaigns()}
        if self._stopping or self._winding_down:
            return  # it was asked for meanwhile: nothing is begun any more, and nothing goes on
        for key, running in wanted.items():
            version = running.campaign.version
            loop = self.loops.get(key)
            if loop is None:
                self._start(running, Ownership(POOL_LEASE, fence))
            elif version != self._versions[key]:
                loop.go_on(fence)
                loop.update(running)
            else:
                loop.look_for_records()
            self._versions[key] = version
        if self._taken_over:
            # What was paused while nobody dialed has calls and claims of its last owner left: to be ended, no more.
            for running in await self._store.left_behind():
                if running.key not in self.loops:
                    self._start(running, Ownership(POOL_LEASE, fence))
                    self._versions[running.key] = running.campaign.version
            self._taken_over = False
        for key, loop in self.loops.items():
            if key not in wanted:
                loop.stop()

    def _start(self, running: RunningCampaign, ownership: Ownership) -> None:
        loop = CampaignLoop(
            running,
            ownership,
            store=self._store,
            carrier=self.carrier,
            pool=self.pool,
            sharing=self._sharing,
            clock=self._clock,
            ids=self._ids,
            new_pacer=self._new_pacer,
            settings=self._settings.loop,
            spawn=self._spawn,
            owned=self._may_begin,
        )
        self.loops[running.key] = loop
        self._tasks[running.key] = asyncio.create_task(self._run_loop(loop), name=f"campaign {running.key}")

    async def _run_loop(self, loop: CampaignLoop) -> None:
        """A campaign's loop with its journal; when it ends, everything of it is written."""
        try:
            async with asyncio.TaskGroup() as group:
                journal = group.create_task(loop.journal.run(), name=f"journal {loop.key}")
                await loop.run()
                await loop.journal.drained()
                await loop.note_end()
                journal.cancel()
        except Exception as exc:
            self._fault(exc)
        finally:
            self.loops.pop(loop.key, None)
            self._tasks.pop(loop.key, None)
            if loop.wanted_again:
                self._hint.set()

    def _fault(self, exc: Exception) -> None:
        """Something happened that nobody thought of."""
        log.error("engine_fault", exc_info=exc)
        if self._settings.fail_fast:
            self._failure = self._failure or exc
            self._hint.set()

    def _may_begin(self) -> bool:
        """Whether the lease cannot have run out since it was last renewed, however long this process was halted."""
        return self._clock.monotonic() < self._owned_until

    def _hear(self, event: CallEvent) -> None:
        for loop in self.loops.values():
            if event.call_id in loop.flow.live:
                loop.hear(event)
                return

    def _spawn(self, command: Coroutine[Any, Any, None]) -> None:
        """Carry out a carrier's command at once, without waiting for it here."""
        task = asyncio.create_task(command)
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)
