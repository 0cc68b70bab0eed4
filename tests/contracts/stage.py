"""What the contract tests of the carrier port need of a back end: somebody to call, and a way to wait for what happens.

A back end joins by a `Network`: see `simulated.py` for the smallest one, and `conftest.py` for the list of them.
"""

import asyncio
import enum
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from uuid import UUID

from outdial.domain.calls import CallFact, Failed, HungUp
from outdial.domain.values import PhoneNumber, UserId
from outdial.ports.carrier import CallEvent, Carrier, NewCall
from outdial.ports.clock import Clock, Ids

PATIENCE: Final = 20.0
"""Seconds that anything may take, on a machine that is busy with other tests; virtual where time is."""

RING_SECONDS: Final = 6.0
"""How long calls of these tests ring. Nobody who answers lets it ring for so long."""

Fact = TypeVar("Fact")


class Callee(enum.Enum):
    """Who is called."""

    PERSON = "person"
    """Answers after ringing, and stays for at least five seconds."""
    BRIEF_PERSON = "brief_person"
    """Answers after ringing, and hangs up within five seconds, bridged or not."""
    BUSY = "busy"
    NOBODY = "nobody"
    """It rings for ever."""
    UNKNOWN_NUMBER = "unknown_number"
    REJECTS = "rejects"
    CONGESTED = "congested"


class NotHeard(AssertionError):
    """What a test waited for did not happen; the message tells what did."""


@dataclass
class Stage:
    """One story's view of a carrier: it places calls, and knows all that was told of them."""

    carrier: Carrier
    clock: Clock
    ids: Ids
    number: Callable[[Callee], PhoneNumber]
    caller_id: PhoneNumber
    agent: UserId
    """Somebody who can be bridged to, and stays until the callee goes."""

    def __post_init__(self) -> None:
        self.events: list[CallEvent] = []
        self._news = asyncio.Event()
        self.carrier.listen(self._hear)

    def _hear(self, event: CallEvent) -> None:
        self.events.append(event)
        self._news.set()

    def new_call(self, callee: Callee, *, ring_seconds: float = RING_SECONDS, detect_machines: bool = False) -> NewCall:
        call_id = self.ids.new("call")
        return NewCall(call_id, self.number(callee), self.caller_id, ring_seconds, detect_machines, str(call_id))

    async def call(self, callee: Callee, **how: float) -> UUID:
        """Place a call; its id."""
        new = self.new_call(callee, **how)  # type: ignore[arg-type]
        await self.carrier.originate(new)
        return new.id

    def facts(self, call_id: UUID) -> list[CallFact]:
        """All that was told of a call so far."""
        return [event.fact for event in self.events if event.call_id == call_id]

    async def heard(self, call_id: UUID, kind: type[Fact]) -> Fact:
        """Wait until a fact of this kind was told of the call."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    for fact in self.facts(call_id):
                        if isinstance(fact, kind):
                            return fact
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise NotHeard(f"no {kind.__name__}: only {self.facts(call_id)} and {Counter(self.events)}") from None

    async def ended(self, call_id: UUID) -> Failed | HungUp:
        """Wait for the end of a call, and let the carrier have a moment for things it must not say afterwards."""
        end = await self.heard(call_id, Failed | HungUp)  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        return end


class Network(Protocol):
    """A back end with its far side, which has everybody of `Callee`."""

    def play(self, story: "Story", *, lines: int = 20) -> None:
        """Run a story with a fresh carrier of so many lines on a loop of its own; nothing is left running after it."""
        ...


Story = Callable[[Stage], Awaitable[None]]
