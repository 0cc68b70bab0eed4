"""The simulated carrier as a network of its own: it outlives the engines that dial through it, and keeps a log."""

from collections.abc import Callable, Sequence
from uuid import UUID

from outdial.adapters.telephony.simulated.carrier import SimulatedCarrier
from outdial.domain.calls import Answered, Bridged, CallFact, Failed, HungUp, Judged, Ringing
from outdial.domain.values import UserId
from outdial.ports.carrier import CallEvent, NewCall, WayOut
from outdial.ports.clock import Clock
from tests.judge.carrier_log import Row


class LoggedCarrier:
    """Implements `outdial.ports.carrier.Carrier`: what is asked of a simulated carrier and what it tells is logged."""

    def __init__(self, real: SimulatedCarrier, clock: Clock, log: Callable[[Row], None]) -> None:
        self._real, self._clock, self._log = real, clock, log
        self._hear: Callable[[CallEvent], None] = lambda event: None
        real.listen(self._tell)

    def listen(self, hear: Callable[[CallEvent], None]) -> None:
        self._hear = hear

    def free_lines(self) -> int:
        return self._real.free_lines()

    def health(self) -> Sequence[WayOut]:
        return self._real.health()

    def drain(self, name: str | None = None) -> None:
        self._real.drain(name)

    def resume(self, name: str | None = None) -> None:
        self._real.resume(name)

    async def originate(self, call: NewCall) -> None:
        known = call.id in await self._real.calls()
        await self._real.originate(call)
        if not known:
            self._note("originate", call.id, number=str(call.number), key=call.key)

    async def bridge(self, call_id: UUID, agent: UserId) -> None:
        await self._real.bridge(call_id, agent)

    async def hang_up(self, call_id: UUID) -> None:
        if call_id in await self._real.calls():
            self._note("hang_up", call_id)
        await self._real.hang_up(call_id)

    async def play_then_hang_up(self, call_id: UUID) -> None:
        if call_id in await self._real.calls():
            self._note("message", call_id)
        await self._real.play_then_hang_up(call_id)

    async def hold(self, call_id: UUID) -> None:
        await self._real.hold(call_id)

    async def unhold(self, call_id: UUID) -> None:
        await self._real.unhold(call_id)

    async def send_digits(self, call_id: UUID, digits: str) -> None:
        await self._real.send_digits(call_id, digits)

    async def calls(self) -> tuple[UUID, ...]:
        return await self._real.calls()

    def _tell(self, event: CallEvent) -> None:
        what, facts = _row_of(event.fact)
        self._note(what, event.call_id, **facts)
        self._hear(event)

    def _note(self, what: str, call: UUID, **facts: object) -> None:
        self._log(Row(self._clock.now(), what, str(call), facts))


def _row_of(fact: CallFact) -> tuple[str, dict[str, object]]:
    match fact:
        case Ringing():
            return "ringing", {}
        case Answered():
            return "answered", {}
        case Judged(machine):
            return "judged", {"machine": machine}
        case Bridged():
            return "bridged", {}
        case Failed(outcome):
            return "failed", {"outcome": outcome.value}
        case HungUp(by):
            return "hung_up", {"by": by.value}
        case _:
            raise AssertionError(f"a carrier does not tell of {fact}")
