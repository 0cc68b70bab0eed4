"""Everything that can go wrong around an engine, by seed: on the road to the carrier, in the database, with the clock.

Chance is drawn by key or in the order of virtual time, so that a seed replays its day.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from outdial.adapters.clock import LoopClock
from outdial.adapters.storage.database import DatabaseUnavailable
from outdial.domain.values import UserId
from outdial.ports.carrier import CallEvent, CarrierUnreachable, NewCall, WayOut
from outdial.ports.dialing import Claimed, DialStore, NewAttempt, Placing, RunningCampaign
from tests.simulation.network import LoggedCarrier


@dataclass(frozen=True, slots=True)
class Faults:
    """How much goes wrong: shares of events, commands and statements; seconds of dialing time.

    Attributes:
        lost, doubled, late: of the carrier's events. A late one comes after later ones.
        unreached: of commands; half of them are carried out all the same.
        failing: of statements; half of them are carried out all the same.
        slow: of statements, each for `slowest` seconds at most.
    """

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    latest: float = 8.0
    unreached: float = 0.0
    failing: float = 0.0
    slow: float = 0.0
    slowest: float = 3.0


class World:
    """What engines share: the network, and what goes wrong with it now. `end` puts an end to every fault."""

    def __init__(self, network: LoggedCarrier, clock: LoopClock, faults: Faults, seed: int) -> None:
        self.network, self.clock, self.faults, self.seed = network, clock, faults, seed
        self.database_away = self.carrier_away = False
        self.ends: list[FaultyLine] = []
        network.listen(self._tell)

    def end(self) -> None:
        self.faults = Faults()
        self.database_away = self.carrier_away = False

    def _tell(self, event: CallEvent) -> None:
        for line in self.ends:
            line.tell(event)


class FaultyLine:
    """Implements `outdial.ports.carrier.Carrier` for one engine, over a bad road to the network."""

    def __init__(self, world: World, name: str) -> None:
        self._world, self._name = world, name
        self._hear: Callable[[CallEvent], None] = lambda event: None
        self._chance = Random(f"{world.seed}:road:{name}")
        self.cut = False
        world.ends.append(self)

    def die(self) -> None:
        """The engine is gone: what its timers still do reaches nobody."""
        self.cut = True
        self._world.ends.remove(self)

    def listen(self, hear: Callable[[CallEvent], None]) -> None:
        self._hear = hear

    def free_lines(self) -> int:
        return self._world.network.free_lines()

    def health(self) -> Sequence[WayOut]:
        return self._world.network.health()

    def drain(self, name: str | None = None) -> None:
        self._world.network.drain(name)

    def resume(self, name: str | None = None) -> None:
        self._world.network.resume(name)

    async def originate(self, call: NewCall) -> None:
        await self._command(lambda: self._world.network.originate(call))

    async def bridge(self, call_id: UUID, agent: UserId) -> None:
        await self._command(lambda: self._world.network.bridge(call_id, agent))

    async def hang_up(self, call_id: UUID) -> None:
        await self._command(lambda: self._world.network.hang_up(call_id))

    async def play_then_hang_up(self, call_id: UUID) -> None:
        await self._command(lambda: self._world.network.play_then_hang_up(call_id))

    async def hold(self, call_id: UUID) -> None:
        await self._command(lambda: self._world.network.hold(call_id))

    async def unhold(self, call_id: UUID) -> None:
        await self._command(lambda: self._world.network.unhold(call_id))

    async def send_digits(self, call_id: UUID, digits: str) -> None:
        await self._command(lambda: self._world.network.send_digits(call_id, digits))

    async def calls(self) -> tuple[UUID, ...]:
        found: list[UUID] = []

        async def ask() -> None:
            found.extend(await self._world.network.calls())

        await self._command(ask)
        return tuple(found)

    async def _command(self, carry_out: Callable[[], Awaitable[None]]) -> None:
        if self.cut:
            return
        fails = self._world.carrier_away or self._chance.random() < self._world.faults.unreached
        if not fails or self._chance.random() < 0.5:
            await carry_out()
        if fails:
            raise CarrierUnreachable("the road to the carrier is bad")

    def tell(self, event: CallEvent) -> None:
        """Let an event of the network come to the engine, late, twice, or not at all."""
        faults = self._world.faults
        chance = Random(f"{self._world.seed}:{self._name}:{event.call_id}:{type(event.fact).__name__}")
        if chance.random() < faults.lost or self._world.carrier_away:
            return
        for _ in range(2 if chance.random() < faults.doubled else 1):
            if chance.random() < faults.late:
                asyncio.get_running_loop().call_later(chance.uniform(0.0, faults.latest), self._arrive, event)
            else:
                self._arrive(event)

    def _arrive(self, event: CallEvent) -> None:
        if not self.cut:
            self._hear(event)


class FaultyStore:
    """Implements `outdial.ports.dialing.DialStore`: the real one, slow, at times away, and answers may be lost."""

    def __init__(self, real: DialStore, world: World, name: str) -> None:
        self._real, self._world = real, world
        self._chance = Random(f"{world.seed}:store:{name}")

    def __getattr__(self, name: str) -> Any:
        statement = getattr(self._real, name)

        async def carried_out(*arguments: Any, **named: Any) -> Any:
            async with self._road():
                return await statement(*arguments, **named)

        return carried_out

    async def take_lease(self, name: str, holder: str, *, seconds: float, now: datetime | None) -> int | None:
        async with self._road():  # a lease goes by the database's clock, which nobody sets
            return await self._real.take_lease(name, holder, seconds=seconds, now=self._world.clock.now())

    @contextlib.asynccontextmanager
    async def placing(
        self, campaign: RunningCampaign, claims: Sequence[Claimed], days: Sequence[date]
    ) -> AsyncIterator[Placing]:
        async with self._road():
            pass
        async with self._road(), self._real.placing(campaign, claims, days) as placing:
            yield _FaultyPlacing(placing, self._road)

    @contextlib.asynccontextmanager
    async def _road(self) -> AsyncIterator[None]:
        faults, chance = self._world.faults, self._chance
        if chance.random() < faults.slow:
            await self._world.clock.sleep(chance.uniform(0.0, faults.slowest))
        fails = self._world.database_away or chance.random() < faults.failing
        if fails and chance.random() < 0.5:
            raise DatabaseUnavailable("the statement did not get there")
        yield
        if fails:
            raise DatabaseUnavailable("the answer did not get back")


@dataclass(frozen=True, slots=True)
class _FaultyPlacing:
    """Implements `outdial.ports.dialing.Placing`."""

    real: Placing
    road: Callable[[], contextlib.AbstractAsyncContextManager[None]]

    @property
    def on_dnc(self) -> frozenset[int]:
        return self.real.on_dnc

    async def begin(self, lease: str, fence: int, attempts: Sequence[NewAttempt]) -> Sequence[int | None]:
        async with self.road():
            return await self.real.begin(lease, fence, attempts)


class SetClock(LoopClock):
    """A machine's clock that somebody sets while it runs, forwards and back."""

    _set = timedelta(0)

    def put(self, by: timedelta) -> None:
        self._set += by

    def put_right(self) -> None:
        self._set = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self._set
