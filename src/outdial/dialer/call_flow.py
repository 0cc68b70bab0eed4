"""The calls of one campaign: events in, commands out at once, ends handed to the journal.

A bridge never waits for a commit; the attempt was written before the call, its end follows through the journal.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from outdial.app.attempts import Finished, Talking
from outdial.dialer.agent_pool import AgentPool
from outdial.domain.agents import PHONE_LOST, AgentState, Work
from outdial.domain.calls import (
    Action,
    AgentFound,
    AgentHangsUp,
    AgentLost,
    Answered,
    Bridge,
    Bridged,
    Call,
    CallFact,
    CallState,
    Close,
    Failed,
    HangUp,
    HangupBy,
    HungUp,
    Judged,
    PlayMessageThenHangUp,
    SeekAgent,
    Silent,
    WaitedTooLong,
)
from outdial.domain.outcomes import Outcome
from outdial.domain.values import UserId
from outdial.ports.carrier import CallEvent, Carrier, CarrierUnreachable, NoSuchCall
from outdial.ports.clock import Clock
from outdial.ports.desk import NotInCall
from outdial.ports.dialing import NewAttempt, OpenAttempt

_RESULT_FOR_PACER = {
    Outcome.BUSY: "busy",
    Outcome.NO_ANSWER: "no_answer",
    Outcome.REJECTED: "no_answer",
    Outcome.INVALID_NUMBER: "invalid",
    Outcome.HANGUP_BEFORE_CONNECTION: "hangup",
}
"""Everything else was not launched as far as answer rates go: the network's or our doing, not the callee's."""

_OPEN: Final = frozenset({CallState.DIALING, CallState.DETECTING, CallState.WAITING, CallState.BRIDGING})
"""In any later state a call's fate is known."""

_LOOK_SECONDS: Final = 5.0
"""How often calls are looked over for one that has been silent for too long."""
_MARGIN: Final = 10.0
"""Seconds that an event may take to come, on top of what it tells of."""
_LONGEST: Final = {
    CallState.DETECTING: _MARGIN,
    CallState.WAITING: 60.0,
    CallState.BRIDGING: 5.0,
    CallState.BRIDGED: 60.0,
    CallState.RELEASING: 30.0,
}
"""Seconds after which the carrier is asked whether a call in this state still exists."""


log = structlog.get_logger(__name__)


@dataclass(slots=True)
class LiveCall:
    """A call that is not over, with the attempt it belongs to.

    `for_agent` marks a call that the pacer knows nothing of: made for its agent, or by an engine before this one.
    `heard_at` is when it became what it is, in the clock's seconds. `unsure`: the last command may not have come.
    `on_hold`: its callee waits with music. `one_by_one` keeps the agent's commands about the conversation in order.
    """

    attempt: int
    about: NewAttempt
    call: Call
    heard_at: float
    for_agent: bool = False
    unsure: bool = False
    on_hold: bool = False
    one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)
    abandon_timer: asyncio.TimerHandle | None = None


class CallFlow:
    """Drives the calls of one campaign through `domain.calls`."""

    def __init__(
        self,
        campaign: int,
        *,
        carrier: Carrier,
        pool: AgentPool,
        clock: Clock,
        abandon_seconds: float,
        ring_seconds: float,
        tell_pacer: Callable[..., None],
        journal: Callable[[Finished | Talking], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._campaign = campaign
        self._carrier, self._pool, self._clock = carrier, pool, clock
        self.abandon_seconds, self.ring_seconds = abandon_seconds, ring_seconds
        self._tell_pacer, self._journal, self._spawn = tell_pacer, journal, spawn
        self.live: dict[UUID, LiveCall] = {}
        self._waiting: dict[UUID, None] = {}  # answered calls without an agent, the first come first
        self._looking: asyncio.TimerHandle | None = None
        self.unanswered = 0

    @property
    def waiting(self) -> int:
        """People who have answered and have no agent yet."""
        return len(self._waiting)

    @property
    def awaited(self) -> tuple[int, ...]:
        """The attempts of which the pacer knows and waits to be told whether they are live, and abandoned."""
        return tuple(live.attempt for live in self.live.values() if not live.for_agent and live.call.state in _OPEN)

    def launched(
        self,
        attempt: int,
        about: NewAttempt,
        *,
        detect_machines: bool,
        sampled: bool = False,
        agent: UserId | None = None,
    ) -> None:
        """A call is about to be sent to the carrier; with `agent`, who is reserved or previewed it, it is theirs."""
        call = Call(detect_machines and agent is None, about.started_at, agent=agent, sampled=sampled)
        live = self._add(LiveCall(attempt, about, call, self._clock.monotonic(), agent is not None))
        self.unanswered += call.unanswered
        if agent is not None:
            self._pool.working_on(agent, self._work_of(live))
        else:
            self._tell_pacer("launched", call=about.id)

    def adopt(self, attempt: OpenAttempt) -> None:
        """Take over an attempt of an engine that is gone, before the carrier is asked whether there still is a call."""
        call = attempt.call
        if call.state is not CallState.BRIDGED:
            # What became of it meanwhile is not known, and whoever launched it has lost count of it.
            call = replace(call, state=CallState.RELEASING, outcome=Outcome.LOST)
        self._add(LiveCall(attempt.key, attempt.about, call, self._clock.monotonic(), for_agent=True))

    def forget(self, calls: Sequence[UUID]) -> None:
        """Nothing could be learned of adopted calls: as if they had not been adopted."""
        for call_id in calls:
            self.live.pop(call_id, None)

    def exists(self, call_id: UUID) -> None:
        """The carrier still has an adopted call: it goes on with its agent, or ends with the message."""
        live = self.live.get(call_id)
        if live is not None and live.call.state is CallState.BRIDGED and live.call.agent is not None:
            self._pool.found_talking(live.call.agent, self._work_of(live))
        elif live is not None:
            self._spawn(self._play_message(call_id))

    def seat_again(self) -> None:
        """The agents were seated anew: those who are in a call are still in it."""
        for live in self.live.values():
            if live.call.state is CallState.BRIDGED and live.call.agent is not None:
                self._pool.found_talking(live.call.agent, self._work_of(live))

    def gone(self, call_id: UUID, outcome: Outcome = Outcome.LOST) -> None:
        """The carrier has no such call: its end was not heard, or it never began."""
        live = self.live.get(call_id)
        if live is None:
            return
        cause = "the end of the call was not heard"
        if live.call.state in (CallState.DIALING, CallState.RELEASING):
            self._step(call_id, Failed(outcome, cause=cause), self._clock.now())
        else:
            self._step(call_id, HungUp(HangupBy.NETWORK, cause=cause), self._clock.now())

    def unsure(self, call_id: UUID) -> None:
        """The carrier did not answer to a command about the call: it may have been carried out, or not have come."""
        if call_id in self.live:
            self.live[call_id].unsure = True

    def hear(self, event: CallEvent) -> None:
        """Take note of what happened to one of the calls; events about others are ignored."""
        live = self.live.get(event.call_id)
        if live is None:
            return
        live.unsure = False
        asked = live.call.agent if live.call.state is CallState.BRIDGING else None
        self._step(event.call_id, event.fact, event.at)
        if asked is not None and isinstance(event.fact, AgentLost):
            # Their phone cannot be reached: nobody else is to be bridged to it before they have seen to that.
            self._pool.leave(asked, AgentState.PAUSED, PHONE_LOST)
            self._pool.not_connected(asked)

    def agent_ready(self) -> None:
        """An agent is free: the call that waits longest gets one."""
        if self._waiting:
            self._seek_agent(next(iter(self._waiting)), self._clock.now())

    def agent_hangs_up(self, agent: UserId) -> bool:
        """The agent wants the call to end; false if there is none of theirs."""
        call_id = self._call_of(agent)
        if call_id is not None:
            self._step(call_id, AgentHangsUp(), self._clock.now())
        return call_id is not None

    async def hold(self, agent: UserId, *, on: bool) -> None:
        """Let the agent's callee wait with music, or no longer.

        Raises:
            NotInCall: there is no conversation.
            CarrierUnreachable: it may have been done.
        """
        live = self._conversation_of(agent)
        async with live.one_by_one:
            try:
                await (self._carrier.hold if on else self._carrier.unhold)(live.about.id)
            except NoSuchCall as exc:
                raise NotInCall from exc
            if live.on_hold is not on and live is self.live.get(live.about.id):  # else it is over meanwhile
                live.on_hold = on
                self._pool.working_on(agent, self._work_of(live))

    async def send_digits(self, agent: UserId, digits: str) -> None:
        """Press keys for the callee's side; raises as `hold` does."""
        live = self._conversation_of(agent)
        async with live.one_by_one:
            try:
                await self._carrier.send_digits(live.about.id, digits)
            except NoSuchCall as exc:
                raise NotInCall from exc

    def let_go(self, agent: UserId) -> None:
        """The agent was lost to the call: whoever waits for them hears the message, every other call ends."""
        call_id = self._call_of(agent)
        if call_id is None:
            return
        if self.live[call_id].call.state is CallState.BRIDGING:
            self._step(call_id, AgentLost(), self._clock.now())
        else:
            self._spawn(self._hang_up(call_id))
            self._step(call_id, HungUp(HangupBy.US, cause="nothing was heard of this call any more"), self._clock.now())

    async def take_back(self, *, talking_too: bool) -> None:
        """End what is not connected yet, and with `talking_too` every call: for a stop."""
        for call_id, live in list(self.live.items()):
            match live.call.state:
                case CallState.DIALING | CallState.DETECTING:
                    await self._play_message(call_id)  # it may have been answered just now
                case CallState.WAITING:
                    self._step(call_id, WaitedTooLong(), self._clock.now())
                case CallState.BRIDGED if talking_too:
                    await self._hang_up(call_id)

    # ------------------------------------------------------------------------------------------------------------

    def _step(self, call_id: UUID, fact: CallFact, at: datetime) -> None:
        live = self.live[call_id]
        before = live.call
        live.call, actions = before.step(fact, at)
        if live.call is before and not actions:
            return
        live.heard_at = self._clock.monotonic()
        self.unanswered += live.call.unanswered - before.unanswered
        self._report(call_id, fact, before, live, at)
        for action in actions:
            self._act(call_id, live, action, at)

    def _act(self, call_id: UUID, live: LiveCall, action: Action, at: datetime) -> None:
        match action:
            case SeekAgent():
                self._waiting[call_id] = None
                self._seek_agent(call_id, at)
                if call_id in self._waiting:
                    self._tell_pacer("queued", call=call_id)
                    live.abandon_timer = asyncio.get_running_loop().call_later(
                        self._clock.real_seconds(self.abandon_seconds), self._give_up, call_id
                    )
            case Bridge():
                self._spawn(self._bridge(call_id, action.agent))
            case HangUp():
                self._spawn(self._hang_up(call_id))
            case PlayMessageThenHangUp():
                self._spawn(self._play_message(call_id))
            case Close():
                self._close(call_id, live)

    def _seek_agent(self, call_id: UUID, at: datetime) -> None:
        agent = self._pool.reserve(self._campaign, self._work_of(self.live[call_id]))
        if agent is not None:
            self._stop_waiting(call_id)
            self._step(call_id, AgentFound(agent), at)

    def _stop_waiting(self, call_id: UUID) -> None:
        self._waiting.pop(call_id, None)
        timer = self.live[call_id].abandon_timer
        if timer is not None:
            timer.cancel()

    def _give_up(self, call_id: UUID) -> None:
        if call_id in self._waiting:
            self._step(call_id, WaitedTooLong(), self._clock.now())

    async def _bridge(self, call_id: UUID, agent: UserId) -> None:
        try:
            with self._repeated("bridge", call_id):
                await self._carrier.bridge(call_id, agent)
        except NoSuchCall:
            if call_id in self.live:  # its last event was lost on the way
                self._step(call_id, HungUp(HangupBy.NETWORK), self._clock.now())

    async def _hang_up(self, call_id: UUID) -> None:
        with self._repeated("hang_up", call_id):
            await self._carrier.hang_up(call_id)

    async def _play_message(self, call_id: UUID) -> None:
        with self._repeated("play_then_hang_up", call_id):
            await self._carrier.play_then_hang_up(call_id)

    def _close(self, call_id: UUID, live: LiveCall) -> None:
        self._stop_waiting(call_id)
        del self.live[call_id]
        if not self.live and self._looking is not None:
            self._looking.cancel()
            self._looking = None
        agent, call = live.call.agent, live.call
        claimed = live.about.claimed
        work = self._pool.work(agent) if agent is not None else None
        if agent is not None and work is not None and work.attempt == call_id:  # else they were freed before
            if call.bridged_at is not None:
                self._pool.talk_over(agent, f"{claimed.record}/{claimed.number}")
            else:
                self._pool.not_connected(agent)
        self._journal(Finished(live.attempt, claimed.record, claimed.position, call))

    def _add(self, live: LiveCall) -> LiveCall:
        self.live[live.about.id] = live
        if self._looking is None:
            self._look_later()
        return live

    @contextlib.contextmanager
    def _repeated(self, command: str, call_id: UUID) -> Iterator[None]:
        """A command that perhaps did not reach the carrier is given again at the next look."""
        try:
            yield
        except CarrierUnreachable as exc:
            log.warning("command_not_sent", command=command, attempt_id=str(call_id), why=exc.code)
            self.unsure(call_id)

    # What was not heard -----------------------------------------------------------------------------------------

    def _look_later(self) -> None:
        seconds = self._clock.real_seconds(_LOOK_SECONDS)
        self._looking = asyncio.get_running_loop().call_later(seconds, self._look_over)

    def _look_over(self) -> None:
        """Events may be lost. Of a call that has been what it is for too long, the carrier is asked."""
        self._look_later()
        now = self._clock.monotonic()
        silent = [call_id for call_id, live in self.live.items() if now - live.heard_at >= self._longest(live)]
        if silent:
            self._spawn(self._ask_about(silent))

    def _longest(self, live: LiveCall) -> float:
        if live.unsure:
            return 0.0
        return _LONGEST.get(live.call.state, self.ring_seconds + _MARGIN)

    async def _ask_about(self, silent: Sequence[UUID]) -> None:
        heard = {call_id: self.live[call_id].heard_at for call_id in silent if call_id in self.live}
        try:
            alive = frozenset(await self._carrier.calls())
        except CarrierUnreachable:
            return  # as long as nobody knows, somebody may be in the call: it is asked about again at the next look
        now = self._clock.monotonic()
        for call_id, heard_at in heard.items():
            live = self.live.get(call_id)
            if live is None or live.heard_at != heard_at:
                continue  # it was heard of meanwhile
            if call_id not in alive:
                self.gone(call_id, Outcome.CARRIER_FAULT if live.unsure else Outcome.LOST)
            else:
                live.unsure = False
                if live.call.state is CallState.DIALING and now - heard_at < self._longest(live):
                    continue  # it got there, and rings
                live.heard_at = now
                self._step(call_id, Silent(), self._clock.now())

    def _call_of(self, agent: UserId) -> UUID | None:
        return next((call_id for call_id, live in self.live.items() if live.call.agent == agent), None)

    def _conversation_of(self, agent: UserId) -> LiveCall:
        call_id = self._call_of(agent)
        if call_id is None or self.live[call_id].call.state is not CallState.BRIDGED:
            raise NotInCall
        return self.live[call_id]

    def _work_of(self, live: LiveCall) -> Work:
        claimed = live.about.claimed
        return Work(
            self._campaign,
            claimed.record,
            claimed.phone,
            claimed.phone_type,
            claimed.number,
            attempt=live.about.id,
            on_hold=live.on_hold,
        )

    def _report(self, call_id: UUID, fact: CallFact, before: Call, live: LiveCall, at: datetime) -> None:
        """Tell the pool, the journal, and the pacer in its own words, what a step meant."""
        after = live.call
        if isinstance(fact, Bridged):
            self._journal(Talking(live.attempt, after))
        if live.for_agent:
            if isinstance(fact, Bridged) and after.agent is not None:
                self._pool.connected(after.agent)
            return
        waited = (at - after.verdict_at).total_seconds() if after.verdict_at is not None else 0.0
        match fact:
            case Answered():
                self._tell_pacer("answered", call=call_id)
                if not after.detect_machines:
                    self._tell_pacer("verdict", call=call_id, live=True)
            case Judged(machine):
                # A sampled machine gets an agent all the same; for pacing it is no live call, whatever becomes of it.
                self._tell_pacer("verdict", call=call_id, live=not machine)
            case Bridged() if after.agent is not None:
                self._pool.connected(after.agent)
                self._tell_pacer("connected", call=call_id, agent=after.agent, waited=waited)
            case Silent() if before.state is CallState.DETECTING:
                self._tell_pacer("verdict", call=call_id, live=True)
            case Silent() if before.state is CallState.DIALING:
                self._tell_pacer("ended", call=call_id, result="not_launched")
            case WaitedTooLong():
                self._stop_waiting(call_id)
                self._tell_pacer("abandoned", call=call_id, waited=waited, by_caller=False)
            case AgentLost() | AgentHangsUp() if before.state is CallState.BRIDGING:
                self._tell_pacer("abandoned", call=call_id, waited=waited, by_caller=False)
            case HungUp() if before.state in (CallState.WAITING, CallState.BRIDGING):
                self._tell_pacer("abandoned", call=call_id, waited=waited, by_caller=True)
            case Failed() | HungUp() if before.state in (CallState.DIALING, CallState.DETECTING):
                result = _RESULT_FOR_PACER.get(after.outcome or Outcome.LOST, "not_launched")
                self._tell_pacer("ended", call=call_id, result=result)
