"""A telephone network made of keyed chance: the same seed, number and attempt always meet the same fate.

Nothing is drawn in turn, so that one call more or less changes no other call. Times follow what is common in
practice: a few seconds of set-up, ringing around nine seconds before people answer, conversations of a minute or
two with a long tail.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from outdial.domain.calls import (
    AgentLost,
    Answered,
    Bridged,
    CallFact,
    Failed,
    HangupBy,
    HungUp,
    Judged,
    Ringing,
)
from outdial.domain.machine_detection import Verdict
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber, UserId
from outdial.ports.carrier import CallEvent, CarrierUnreachable, NewCall, NoFreeLine, NoSuchCall, WayOut
from outdial.ports.clock import Clock

MESSAGE_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class World:
    """What the called side is like. Shares are of calls and sum to at most 1: the rest does not answer.

    Times are means in seconds. `invalid` is a property of the number: an invalid one stays so.
    """

    person: float = 0.30
    machine: float = 0.22
    busy: float = 0.07
    rejected: float = 0.02
    congestion: float = 0.01
    invalid: float = 0.03
    setup_seconds: float = 2.5
    ring_seconds: float = 9.0
    machine_ring_seconds: float = 15.0
    talk_seconds: float = 90.0
    patience_seconds: float = 30.0
    machine_missed: float = 0.06
    person_lost: float = 0.04


@dataclass(frozen=True, slots=True)
class Fate:
    """How one call goes when nobody interferes. Seconds count from the launch, `talk_seconds` from the bridge.

    Attributes:
        outcome: `CONNECTED` when a person answers, `MACHINE` when a machine does, else how it fails.
        after: when it is answered or fails.
        verdict_after: seconds from the answer until detection has an opinion; `says_machine` is that opinion.
        patience_seconds: how long a person waits for a voice.
    """

    outcome: Outcome
    ringing_after: float = 2.0
    after: float = 8.0
    verdict_after: float = 1.2
    says_machine: bool = False
    patience_seconds: float = 30.0
    talk_seconds: float = 60.0


_SIP = {
    Outcome.BUSY: (486, 17, "User busy"),
    Outcome.NO_ANSWER: (487, 19, "No answer"),
    Outcome.REJECTED: (603, 21, "Call rejected"),
    Outcome.INVALID_NUMBER: (404, 1, "Unallocated number"),
    Outcome.CONGESTION: (503, 34, "No circuit available"),
}


@dataclass(slots=True)
class _Line:
    """A call on the network."""

    call: NewCall
    fate: Fate
    answered: bool = False
    bridged: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class SimulatedCarrier:
    """Implements `outdial.ports.carrier.Carrier` without a network.

    `script` names numbers whose fate is decided beforehand: tests tell what will happen, the rest is chance.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int,
        world: World | None = None,
        lines: int = 1_000,
        script: Mapping[PhoneNumber, Fate] | None = None,
    ) -> None:
        self._clock, self._seed = clock, seed
        self.most_lines = lines
        """Calls that it carries at a time."""
        self._world = world or World()
        self.script: dict[PhoneNumber, Fate] = dict(script or {})
        self.messages: dict[str, float] = {}
        """Safety messages that campaigns may ask for, with the seconds that each lasts."""
        self._lines: dict[UUID, _Line] = {}
        self.phones_down: set[UserId] = set()
        """Agents who cannot be bridged to."""
        self.held: set[UUID] = set()
        """Calls whose callee waits with music."""
        self.pressed: list[tuple[UUID, str]] = []
        """The keys that were pressed in calls, in order."""
        self._hear: Callable[[CallEvent], None] = lambda event: None
        self._broken = self._draining = False
        self.trouble: str | None = None
        """Why it is known to take no calls now; `break_down` is noticed only when one is tried."""
        self._silent_since: float | None = None

    def listen(self, hear: Callable[[CallEvent], None]) -> None:
        self._hear = hear

    def free_lines(self) -> int:
        down = self._draining or self.trouble is not None
        return 0 if down else max(0, self.most_lines - len(self._lines))

    def health(self) -> tuple[WayOut, ...]:
        calls, most = len(self._lines), self.most_lines
        return (WayOut("simulated", self.trouble, self._draining, calls, self.free_lines(), most),)

    def drain(self, name: str | None = None) -> None:
        if name in (None, "simulated"):
            self._draining = True

    def resume(self, name: str | None = None) -> None:
        if name in (None, "simulated"):
            self._draining = False

    def break_down(self) -> None:
        """Every new call is refused from now on, until `mend`."""
        self._broken = True

    def mend(self) -> None:
        self._broken = False

    def fall_silent(self) -> None:
        """Events go on, but nobody can know it; until `speak`."""
        self._silent_since = self._clock.monotonic()

    def speak(self) -> None:
        self._silent_since = None

    def silent_seconds(self) -> float:
        return 0.0 if self._silent_since is None else self._clock.monotonic() - self._silent_since

    async def originate(self, call: NewCall) -> None:
        if self._broken:
            raise CarrierUnreachable("the simulated carrier is broken")
        if call.id in self._lines:
            return
        if not self.free_lines():
            raise NoFreeLine(self.trouble or f"all {self.most_lines} lines are in use")
        fate = self.script.get(call.number) or self._fate(call)
        line = self._lines[call.id] = _Line(call, fate)
        if fate.outcome not in (Outcome.BUSY, Outcome.INVALID_NUMBER, Outcome.CONGESTION):
            self._later(line, fate.ringing_after, Ringing())
        if fate.after >= call.ring_seconds and fate.outcome not in (Outcome.INVALID_NUMBER, Outcome.CONGESTION):
            self._end_later(line, call.ring_seconds, _failed(Outcome.NO_ANSWER))
        elif fate.outcome in (Outcome.CONNECTED, Outcome.MACHINE):
            self._at(line, fate.after, lambda: self._answer(line))
        else:
            self._end_later(line, fate.after, _failed(fate.outcome))

    async def bridge(self, call_id: UUID, agent: UserId) -> None:
        line = self._lines.get(call_id)
        if line is None:
            raise NoSuchCall("the callee has gone")
        if agent in self.phones_down:
            self._tell(line, AgentLost())
            return
        self._stop_timers(line)
        line.bridged = True
        self._tell(line, Bridged())
        by = HangupBy.CALLEE if line.fate.talk_seconds % 2 < 1 else HangupBy.AGENT
        self._end_later(line, line.fate.talk_seconds, HungUp(by, 200, 16, "Normal clearing"))

    async def hang_up(self, call_id: UUID) -> None:
        line = self._lines.get(call_id)
        if line is not None:
            self._end(line, HungUp(HangupBy.US, None, 16, "Normal clearing"))

    async def play_then_hang_up(self, call_id: UUID) -> None:
        line = self._lines.get(call_id)
        if line is None:
            return
        if not line.answered:  # there is nobody to hear it
            self._end(line, HungUp(HangupBy.US, None, 16, "Normal clearing"))
            return
        self._stop_timers(line)
        seconds = self.messages.get(line.call.message or "", MESSAGE_SECONDS)
        self._end_later(line, seconds, HungUp(HangupBy.US, 200, 16, "Normal clearing"))

    async def hold(self, call_id: UUID) -> None:
        self._conversation(call_id)
        self.held.add(call_id)

    async def unhold(self, call_id: UUID) -> None:
        self._conversation(call_id)
        self.held.discard(call_id)

    async def send_digits(self, call_id: UUID, digits: str) -> None:
        self._conversation(call_id)
        self.pressed.append((call_id, digits))

    async def calls(self) -> tuple[UUID, ...]:
        if self._broken:
            raise CarrierUnreachable("the simulated carrier is broken")
        return tuple(self._lines)

    # ------------------------------------------------------------------------------------------------------------

    def _conversation(self, call_id: UUID) -> None:
        if self._broken:
            raise CarrierUnreachable("the simulated carrier is broken")
        line = self._lines.get(call_id)
        if line is None or not line.bridged:
            raise NoSuchCall("there is no conversation in this call")

    def _answer(self, line: _Line) -> None:
        line.answered = True
        self._tell(line, Answered())
        fate = line.fate
        wait = fate.patience_seconds
        if line.call.detect_machines:
            judged, after = Judged(fate.says_machine, "machine" if fate.says_machine else "human"), fate.verdict_after
            rules = line.call.rules
            if rules is not None and after > rules.limit / 1000:
                judged, after = Judged(False, Verdict.NOT_SURE.value), rules.limit / 1000
            self._later(line, after, judged)
            wait += after
        self._end_later(line, wait, HungUp(HangupBy.CALLEE, 200, 16, "Normal clearing"))

    def _tell(self, line: _Line, fact: CallFact) -> None:
        self._hear(CallEvent(line.call.id, self._clock.now(), fact))

    def _at(self, line: _Line, seconds: float, act: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        line.timers.append(loop.call_later(self._clock.real_seconds(seconds), act))

    def _later(self, line: _Line, seconds: float, fact: CallFact) -> None:
        self._at(line, seconds, lambda: self._tell(line, fact))

    def _end_later(self, line: _Line, seconds: float, fact: Failed | HungUp) -> None:
        self._at(line, seconds, lambda: self._end(line, fact))

    def _end(self, line: _Line, fact: Failed | HungUp) -> None:
        self._stop_timers(line)
        self.held.discard(line.call.id)
        if self._lines.pop(line.call.id, None) is not None:
            self._tell(line, fact)

    def _stop_timers(self, line: _Line) -> None:
        for timer in line.timers:
            timer.cancel()
        line.timers.clear()

    def _fate(self, call: NewCall) -> Fate:
        """Drawn from the seed, the number and the attempt: never from what was drawn before."""
        world = self._world
        if Random(f"{self._seed}:number:{call.number}").random() < world.invalid:
            return Fate(Outcome.INVALID_NUMBER, after=_about(Random(f"{self._seed}:{call.key}"), world.setup_seconds))
        chance = Random(f"{self._seed}:{call.key}")
        outcome = self._drawn(chance.random())
        setup = _about(chance, world.setup_seconds, 0.5)
        verdict_after = chance.uniform(0.8, 2.4)
        patience = chance.expovariate(1 / world.patience_seconds)
        talk = max(1.0, _about(chance, world.talk_seconds, 1.0))
        opinion = chance.random()
        match outcome:
            case Outcome.CONNECTED:
                ring = setup + _about(chance, world.ring_seconds, 0.6)
                return Fate(outcome, setup, ring, verdict_after, opinion < world.person_lost, patience, talk)
            case Outcome.MACHINE:
                ring = setup + (0.0 if chance.random() < 0.25 else _about(chance, world.machine_ring_seconds, 0.2))
                # A machine waits for ever; an agent who gets one hangs up after some seconds.
                missed = opinion < world.machine_missed
                return Fate(outcome, setup, ring, verdict_after + 0.8, not missed, 60.0, chance.uniform(6, 16))
            case Outcome.REJECTED:
                return Fate(outcome, setup, setup + chance.uniform(1, 8))
            case Outcome.NO_ANSWER:
                return Fate(outcome, setup, math.inf)
            case _:
                return Fate(outcome, setup, setup + 1.0)

    def _drawn(self, draw: float) -> Outcome:
        """The outcome whose share of 0..1 the draw falls into."""
        world = self._world
        shares = (
            (Outcome.CONNECTED, world.person),
            (Outcome.MACHINE, world.machine),
            (Outcome.BUSY, world.busy),
            (Outcome.REJECTED, world.rejected),
            (Outcome.CONGESTION, world.congestion),
        )
        for outcome, share in shares:
            if draw < share:
                return outcome
            draw -= share
        return Outcome.NO_ANSWER


def _failed(outcome: Outcome) -> Failed:
    return Failed(outcome, *_SIP.get(outcome, (None, None, None)))


def _about(chance: Random, mean: float, variation: float = 0.5) -> float:
    """A log-normal time with this mean and coefficient of variation."""
    sigma = math.sqrt(math.log1p(variation**2))
    return chance.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)
