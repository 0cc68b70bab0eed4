"""Who is free and what is in flight: the calls' and agents' state machines behind every pacer.

Each call moves one way only (ringing, analysis, waiting, gone) and is counted in exactly one place, so that a late,
repeated or missing event can shift a count for a while but never corrupt it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from outdial.domain.pacing.base import AgentId, CallId, PacerConfig

NOT_PLACED = frozenset({"not_launched", "congestion", "carrier_fault", "lost"})
"""Results that say nothing about the person called."""

GRACE_SECONDS = 5.0
"""How much later than its limit a call's next event may come before the call is written off."""
ANALYSIS_SECONDS = 10.0
"""The longest answering-machine analysis believed in."""
REMEMBER_SECONDS = 600.0
"""A written-off call that still turns out to be live is recognised for this long."""


class Phase(IntEnum):
    """Where a call is; only ever increases, except that a written-off call may come back as waiting."""

    RINGING = 0
    ANALYSIS = 1
    WAITING = 2
    WRITTEN_OFF = 3
    GONE = 4


@dataclass(slots=True, eq=False)
class Call:
    """One call as the pacer sees it; `tag` belongs to the listener."""

    id: CallId
    launched_at: float
    phase: Phase = Phase.RINGING
    answered_at: float | None = None
    live_at: float = 0.0
    tag: Any = None


class FloorListener:
    """What a pacer may want to learn from, told once per call or agent and never for duplicates."""

    def launched(self, call: Call) -> None:
        """A call was sent."""

    def withdrawn(self, call: Call) -> None:
        """A call was never placed, and is to be forgotten."""

    def ring_over(self, call: Call, now: float, *, answered: bool) -> None:
        """Ringing ended in an answer or any other result."""

    def ring_lost(self, call: Call) -> None:
        """A ringing call was written off; nobody knows what became of it."""

    def judged(self, call: Call, now: float, *, live: bool) -> None:
        """An answered call was found to be a waiting person, or not."""

    def settled(self, now: float, waited: float, *, connected: bool, by_caller: bool) -> None:
        """A live call was bridged or abandoned."""

    def talk_over(self, seconds: float) -> None:
        """A conversation ended."""

    def wrap_over(self, seconds: float) -> None:
        """A wrap-up ended."""


class Floor:
    """Counts of one campaign's agents and calls, kept from events.

    Attributes:
        idle: ready agents and since when (seconds, as in the events).
        talk, wrap: busy agents and when that began.
        leaving: talking agents who will not come back for another call.
    """

    def __init__(self, config: PacerConfig, listener: FloorListener) -> None:
        self.idle: dict[AgentId, float] = {}
        self.talk: dict[AgentId, float] = {}
        self.wrap: dict[AgentId, float] = {}
        self.leaving: set[AgentId] = set()
        self.ringing = 0
        self.in_analysis = 0
        self._gone_agents: set[AgentId] = set()
        self._unnamed = 0
        self._agents_at_start: int | None = config.agents
        self._calls: dict[CallId, Call] = {}
        self._waiting: dict[CallId, Call] = {}
        self._unjudged: deque[Call] = deque()
        self._written_off: deque[Call] = deque()
        self._tell = listener
        self.settle_by(config)
        self._handlers: dict[str, Callable[[float, dict[str, Any]], None]] = {
            "launched": self._launched,
            "ended": self._ended,
            "answered": self._answered,
            "verdict": self._verdict,
            "queued": self._queued,
            "connected": self._connected,
            "abandoned": self._abandoned,
            "talk_end": self._talk_end,
            "idle": self._idle,
            "login": self._login,
            "logout": self._logout,
        }

    def settle_by(self, config: PacerConfig) -> None:
        """How long calls may ring and wait from now on."""
        self._unjudged_limit = config.maxring + GRACE_SECONDS + (ANALYSIS_SECONDS if config.amd else 0.0)
        self._waiting_limit = config.tab + GRACE_SECONDS

    @property
    def idle_count(self) -> int:
        """Agents who could take a call now."""
        return len(self.idle) + self._unnamed

    @property
    def in_flight(self) -> int:
        """Calls launched and neither live nor ended; those in analysis are among them."""
        return self.ringing + self.in_analysis

    @property
    def waiting(self) -> int:
        """Live calls without an agent."""
        return len(self._waiting)

    def event(self, now: float, kind: str, info: dict[str, Any]) -> None:
        """Apply one fact; what makes no sense in the present state is ignored."""
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(now, info)

    def tidy(self, now: float) -> None:
        """Before a decision: write off calls whose events never came, and settle who was there at the start."""
        if self._agents_at_start is not None:
            self._unnamed, self._agents_at_start = self._agents_at_start, None
        while self._unjudged and (
            self._unjudged[0].phase >= Phase.WAITING or now > self._unjudged[0].launched_at + self._unjudged_limit
        ):
            call = self._unjudged.popleft()
            if call.phase < Phase.WAITING:
                if call.phase is Phase.RINGING:
                    self._tell.ring_lost(call)
                self._leave_flight(call, Phase.WRITTEN_OFF)
                self._written_off.append(call)
        while self._waiting:
            call = next(iter(self._waiting.values()))
            if now <= call.live_at + self._waiting_limit:
                break
            del self._waiting[call.id]
            call.phase = Phase.WRITTEN_OFF
            self._written_off.append(call)
        while self._written_off and now > self._written_off[0].launched_at + REMEMBER_SECONDS:
            call = self._written_off.popleft()
            if call.phase is Phase.WRITTEN_OFF:
                self._forget(call)

    # ------------------------------------------------------------------ calls

    def _launched(self, now: float, info: dict[str, Any]) -> None:
        call_id = info.get("call")
        if call_id is None or call_id in self._calls:
            return
        call = Call(call_id, now)
        self._calls[call_id] = call
        self._unjudged.append(call)
        self.ringing += 1
        self._tell.launched(call)

    def _ended(self, now: float, info: dict[str, Any]) -> None:
        call = self._calls.get(info.get("call"))
        if call is None:
            return
        if call.phase is Phase.WAITING:
            self._settle(call, now, info, connected=False, by_caller=True)
            return
        if info.get("result") in NOT_PLACED and call.phase is Phase.RINGING:
            self._tell.withdrawn(call)
        elif call.phase is Phase.RINGING:
            self._tell.ring_over(call, now, answered=False)
        elif call.phase is Phase.ANALYSIS:
            self._tell.judged(call, now, live=False)
        self._forget(call)

    def _answered(self, now: float, info: dict[str, Any]) -> None:
        call = self._calls.get(info.get("call"))
        if call is not None and call.phase is Phase.RINGING:
            self._pick_up(call, now)

    def _verdict(self, now: float, info: dict[str, Any]) -> None:
        call = self._calls.get(info.get("call"))
        if call is None or call.phase is Phase.WAITING:
            return
        if info.get("live"):
            self._to_waiting(call, now)
            return
        if call.phase is Phase.RINGING:
            self._pick_up(call, now)
        if call.phase is Phase.ANALYSIS:
            self._tell.judged(call, now, live=False)
        self._forget(call)

    def _queued(self, now: float, info: dict[str, Any]) -> None:
        call = self._calls.get(info.get("call"))
        if call is not None:
            self._to_waiting(call, now)

    def _connected(self, now: float, info: dict[str, Any]) -> None:
        call = self._calls.get(info.get("call"))
        if call is not None:
            self._to_waiting(call, now)
            self._settle(call, now, info, connected=True, by_caller=False)
        agent = info.get("agent")
        # Of a call never heard of, only this much is believed: an agent thought ready is not.
        if agent is None or (call is None and agent not in self.idle):
            return
        self._meet(agent)
        self._finish_work(agent, now)
        self.idle.pop(agent, None)
        self.talk[agent] = now
        if agent in self._gone_agents:
            self._gone_agents.discard(agent)
            self.leaving.add(agent)

    def _abandoned(self, now: float, info: dict[str, Any]) -> None:
        call = self._calls.get(info.get("call"))
        if call is not None:
            self._to_waiting(call, now)
            self._settle(call, now, info, connected=False, by_caller=bool(info.get("by_caller")))

    def _pick_up(self, call: Call, now: float) -> None:
        self._tell.ring_over(call, now, answered=True)
        call.phase, call.answered_at = Phase.ANALYSIS, now
        self.ringing -= 1
        self.in_analysis += 1

    def _to_waiting(self, call: Call, now: float) -> None:
        if call.phase is Phase.WAITING:
            return
        if call.phase is Phase.RINGING:
            self._pick_up(call, now)
        if call.phase is Phase.ANALYSIS:
            self._tell.judged(call, now, live=True)
        self._leave_flight(call, Phase.WAITING)
        call.live_at = now
        self._waiting[call.id] = call

    def _settle(self, call: Call, now: float, info: dict[str, Any], *, connected: bool, by_caller: bool) -> None:
        waited = info.get("waited")
        seconds = max(0.0, now - call.live_at if waited is None else float(waited))
        self._forget(call)
        self._tell.settled(now, seconds, connected=connected, by_caller=by_caller)

    def _leave_flight(self, call: Call, phase: Phase) -> None:
        if call.phase is Phase.RINGING:
            self.ringing -= 1
        elif call.phase is Phase.ANALYSIS:
            self.in_analysis -= 1
        call.phase = phase

    def _forget(self, call: Call) -> None:
        self._leave_flight(call, Phase.GONE)
        self._waiting.pop(call.id, None)
        del self._calls[call.id]

    # ----------------------------------------------------------------- agents

    def _meet(self, agent: AgentId) -> None:
        """An agent's first own event: from now on counted by name instead of among those of the start."""
        self._agents_at_start = None if self._agents_at_start is None else 0
        known = agent in self.idle or agent in self.talk or agent in self.wrap or agent in self._gone_agents
        if not known and self._unnamed:
            self._unnamed -= 1

    def _login(self, now: float, info: dict[str, Any]) -> None:
        agent = info.get("agent")
        if agent is None:
            return
        self._meet(agent)
        self._gone_agents.discard(agent)
        self.leaving.discard(agent)
        if agent not in self.talk and agent not in self.wrap:
            self.idle.setdefault(agent, now)

    def _logout(self, now: float, info: dict[str, Any]) -> None:
        agent = info.get("agent")
        if agent is None:
            return
        self._meet(agent)
        if agent in self.talk:
            self.leaving.add(agent)
        else:
            self.idle.pop(agent, None)
            self.wrap.pop(agent, None)
            self._gone_agents.add(agent)

    def _talk_end(self, now: float, info: dict[str, Any]) -> None:
        agent = info.get("agent")
        began = self.talk.pop(agent, None)
        if agent is None or began is None:
            return
        self._tell.talk_over(max(0.0, now - began))
        if not self._left(agent):
            self.wrap[agent] = now

    def _idle(self, now: float, info: dict[str, Any]) -> None:
        agent = info.get("agent")
        # An agent who signed out comes back by `login`: an `idle` on its way at that moment must not revive them.
        if agent is None or agent in self._gone_agents:
            return
        self._meet(agent)
        self._finish_work(agent, now)
        if not self._left(agent):
            self.idle.setdefault(agent, now)

    def _finish_work(self, agent: AgentId, now: float) -> None:
        began = self.talk.pop(agent, None)
        if began is not None:
            self._tell.talk_over(max(0.0, now - began))
        wrap_began = self.wrap.pop(agent, now if began is not None else None)
        if wrap_began is not None:
            self._tell.wrap_over(max(0.0, now - wrap_began))

    def _left(self, agent: AgentId) -> bool:
        if agent not in self.leaving:
            return False
        self.leaving.discard(agent)
        self._gone_agents.add(agent)
        return True
