"""The calls of one campaign: events in, commands out at once, ends handed to the journal.

A bridge never waits for a commit; the attempt was written before the call, its end follows through the journal.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from outdial.app.attempts import Finished
from outdial.dialer.agent_pool import AgentPool
from outdial.domain.agents import Work
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
    WaitedTooLong,
)
from outdial.domain.outcomes import Outcome
from outdial.domain.values import UserId
from outdial.ports.carrier import CallEvent, Carrier, NoSuchCall
from outdial.ports.clock import Clock
from outdial.ports.dialing import NewAttempt

_RESULT_FOR_PACER = {
    Outcome.BUSY: "busy",
    Outcome.NO_ANSWER: "no_answer",
    Outcome.REJECTED: "no_answer",
    Outcome.INVALID_NUMBER: "invalid",
    Outcome.HANGUP_BEFORE_CONNECTION: "hangup",
}
"""Everything else was not launched as far as answer rates go: the network's or our doing, not the callee's."""


@dataclass(slots=True)
class LiveCall:
    """A call that is not over, with the attempt it belongs to.

    `for_agent` marks a call that was made for its agent: the pacer knows nothing of it.
    """

    attempt: int
    about: NewAttempt
    call: Call
    for_agent: bool = False
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
        tell_pacer: Callable[..., None],
        finished: Callable[[Finished], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._campaign = campaign
        self._carrier, self._pool, self._clock = carrier, pool, clock
        self.abandon_seconds = abandon_seconds
        self._tell_pacer, self._finished, self._spawn = tell_pacer, finished, spawn
        self.live: dict[UUID, LiveCall] = {}
        self._waiting: dict[UUID, None] = {}  # answered calls without an agent, the first come first
        self.unanswered = 0

    def launched(self, attempt: int, about: NewAttempt, *, detect_machines: bool, agent: UserId | None = None) -> None:
        """A call is about to be sent to the carrier; with `agent`, who is reserved or previewed it, it is theirs."""
        call = Call(detect_machines and agent is None, about.started_at, agent=agent)
        live = self.live[about.id] = LiveCall(attempt, about, call, agent is not None)
        self.unanswered += call.unanswered
        if agent is not None:
            self._pool.working_on(agent, self._work_of(live))
        else:
            self._tell_pacer("launched", call=about.id)

    def hear(self, event: CallEvent) -> None:
        """Take note of what happened to one of the calls; events about others are ignored."""
        if event.call_id in self.live:
            self._step(event.call_id, event.fact, event.at)

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
                    await self._carrier.hang_up(call_id)
                case CallState.WAITING:
                    self._step(call_id, WaitedTooLong(), self._clock.now())
                case CallState.BRIDGED if talking_too:
                    await self._carrier.hang_up(call_id)

    # ------------------------------------------------------------------------------------------------------------

    def _step(self, call_id: UUID, fact: CallFact, at: datetime) -> None:
        live = self.live[call_id]
        before = live.call
        live.call, actions = before.step(fact, at)
        if live.call is before:
            return
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
            await self._carrier.bridge(call_id, agent)
        except NoSuchCall:
            if call_id in self.live:  # its last event was lost on the way
                self._step(call_id, HungUp(HangupBy.NETWORK), self._clock.now())

    async def _hang_up(self, call_id: UUID) -> None:
        await self._carrier.hang_up(call_id)

    async def _play_message(self, call_id: UUID) -> None:
        await self._carrier.play_then_hang_up(call_id)

    def _close(self, call_id: UUID, live: LiveCall) -> None:
        self._stop_waiting(call_id)
        del self.live[call_id]
        agent, call = live.call.agent, live.call
        claimed = live.about.claimed
        work = self._pool.work(agent) if agent is not None else None
        if agent is not None and work is not None and work.attempt == call_id:  # else they were freed before
            if call.bridged_at is not None:
                self._pool.talk_over(agent, f"{claimed.record}/{claimed.number}")
            else:
                self._pool.not_connected(agent)
        self._finished(Finished(live.attempt, claimed.record, claimed.position, call))

    def _call_of(self, agent: UserId) -> UUID | None:
        return next((call_id for call_id, live in self.live.items() if live.call.agent == agent), None)

    def _work_of(self, live: LiveCall) -> Work:
        claimed = live.about.claimed
        return Work(
            self._campaign, claimed.record, claimed.phone, claimed.phone_type, claimed.number, attempt=live.about.id
        )

    def _report(self, call_id: UUID, fact: CallFact, before: Call, live: LiveCall, at: datetime) -> None:
        """Tell the pool, and the pacer in its own words, what a step meant."""
        after = live.call
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
                self._tell_pacer("verdict", call=call_id, live=not machine)
            case Bridged() if after.agent is not None:
                self._pool.connected(after.agent)
                self._tell_pacer("connected", call=call_id, agent=after.agent, waited=waited)
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
