"""A small call centre in virtual time that drives any pacer through its interface.

Every lead's fate and every conversation's length is drawn by key (seed, stream, lead) and never by turn, so that
two pacers meet the same people in the same order: what differs between their shifts is the pacing. The figures are
those of a typical outbound list: see `World`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from math import exp, inf, log, sqrt
from statistics import NormalDist
from typing import Any, Final

from outdial.domain.pacing.base import Pacer

_NORMAL: Final = NormalDist()
_MASK: Final = (1 << 64) - 1

# Streams of chance: one for each thing that is drawn for a lead.
_SETUP, _FATE, _RING, _MACHINE_AT_ONCE, _ANALYSIS, _MISJUDGED, _PATIENCE, _TALK, _WRAP = range(9)

MACHINE_TALK_SECONDS, MACHINE_WRAP_SECONDS = 8.0, 3.0
"""What an answering machine that was taken for a person costs an agent."""
SHORTEST_RINGING_SECONDS = 5.0
"""However slow the network, a call rings at least so long before its time is up."""


def keyed_uniform(seed: int, stream: int, index: int) -> float:
    """A number in (0, 1) that depends on nothing but the key (the mixing function of SplitMix64)."""
    z = (
        seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03 + index * 0x8CB92BA72F3D8DD7 + 0x632BE59BD9B4E019
    ) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z ^= z >> 31
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z ^= z >> 31
    return ((z >> 11) + 0.5) / (1 << 53)


@dataclass(frozen=True)
class LogNormal:
    """A duration in seconds by mean and coefficient of variation."""

    mean: float
    cv: float

    def at(self, u: float, below: float | None = None) -> float:
        """Its quantile at `u` (0..1), of the part below `below` seconds if given."""
        mu, sigma = _log_moments(self.mean, self.cv)
        if below is not None:
            u *= _NORMAL.cdf((log(below) - mu) / sigma)
        return exp(mu + sigma * _NORMAL.inv_cdf(u))


@lru_cache(maxsize=64)
def _log_moments(mean: float, cv: float) -> tuple[float, float]:
    variance = log(1 + cv * cv)
    return log(mean) - variance / 2, sqrt(variance)


@dataclass(frozen=True, kw_only=True)
class World:
    """One shift's circumstances. Times in seconds; ring time counts from the launch.

    Attributes:
        agents: signed in from beginning to end.
        p: share of the leads who are people and answer. The others are `machines`, `unanswered` and `busy` by these
            shares of them, and invalid numbers for the rest.
        talk, talk_cv: conversation, lognormal; `wrap` follows it.
        hours, leads: the shift ends after so long; nothing is launched beyond so many leads.
        cap: largest allowed abandoned / (abandoned + connected), a fraction.
        ratio: unanswered calls allowed for each agent signed in.
        timeout: an answered person is given up after so long; only if it is more than 2 s do people hang up before,
            after an exponential time of mean `patience`.
        amd: machines are told from people, with errors: `lost_people` and `passed_machines` are fractions.
        tick: between two decisions.
    """

    agents: int = 10
    p: float = 0.25
    talk: float = 90.0
    talk_cv: float = 1.0
    hours: float = 8.0
    seed: int = 1
    cap: float = 0.03
    ratio: float = 3.0
    timeout: float = 2.0
    maxring: float = 25.0
    amd: bool = True
    patience: float = 30.0
    tick: float = 1.0
    wrap: LogNormal = LogNormal(15.0, 0.8)
    setup: LogNormal = LogNormal(2.5, 0.5)
    ring: LogNormal = LogNormal(9.0, 0.6)
    machine_ring: LogNormal = LogNormal(15.0, 0.2)
    machines: float = 0.35
    unanswered: float = 0.45
    busy: float = 0.10
    lost_people: float = 0.04
    passed_machines: float = 0.06
    leads: int | None = None

    def __post_init__(self) -> None:
        if self.agents < 1 or self.hours <= 0 or self.talk <= 0:
            raise ValueError("a shift has at least one agent, and lasts, as do conversations, more than nothing")
        if not (0 < self.p <= 1 and 0 < self.cap < 1):
            raise ValueError("the answer rate and the abandonment cap are fractions between 0 and 1")
        if self.ratio < 1 or not 0.1 <= self.tick <= 2:
            raise ValueError("the ratio is at least 1, and decisions are 0.1 to 2 s apart")
        if self.maxring < 2 * SHORTEST_RINGING_SECONDS or self.timeout < 0:
            raise ValueError(f"calls ring at least {2 * SHORTEST_RINGING_SECONDS:g} s, people wait at least 0 s")


@dataclass
class Shift:
    """What came of it.

    Attributes:
        occupancy: share of the agents' time in talk and wrap-up.
        over_asked: launches a pacer asked for beyond the room it was given; they were not made.
        excess: abandoned calls beyond what the cap allows; negative where some of it is unused.
        decisions: the pacer's answers in their order.
    """

    occupancy: float = 0.0
    launched: int = 0
    connected: int = 0
    abandoned: int = 0
    over_asked: int = 0
    excess: float = 0.0
    idle_seconds_per_call: float = 0.0
    decisions: list[int] = field(default_factory=list)

    @property
    def abandonment(self) -> float:
        """Abandoned / (abandoned + connected), a fraction."""
        return self.abandoned / max(1, self.abandoned + self.connected)


class _Run:
    __slots__ = (
        "_tell",
        "busy_seconds",
        "end",
        "heap",
        "idle",
        "in_flight",
        "now",
        "out",
        "pacer",
        "queue",
        "ratio_room",
        "seed",
        "turn",
        "w",
    )

    def __init__(self, world: World, pacer: Pacer) -> None:
        self.w, self.pacer = world, pacer
        self._tell = pacer.event
        self.seed = world.seed
        self.now = 0.0
        self.end = world.hours * 3600
        # The turn keeps events of one instant in the order of their making, and handlers from being compared.
        self.heap: list[tuple[float, int, Callable[[int, Any], None], int, Any]] = []
        self.turn = 0
        self.idle: deque[int] = deque()
        self.queue: dict[int, float] = {}
        self.in_flight = 0
        self.ratio_room = int(world.ratio * world.agents)
        self.busy_seconds = 0.0
        self.out = Shift()

    def play(self) -> Shift:
        w, heap, pop = self.w, self.heap, heapq.heappop
        self.pacer.start(
            {
                "cap": w.cap,
                "ratio": w.ratio,
                "tab": w.timeout,
                "maxring": w.maxring,
                "amd": w.amd,
                "ring_mode": 0,
                "agents": w.agents,
            }
        )
        for agent in range(w.agents):
            self._tell(0.0, "login", agent=agent)
            self.idle.append(agent)
            self._tell(0.0, "idle", agent=agent)
        reactive, end, tick, ticks = self.pacer.reactive, self.end, w.tick, 0
        next_tick = 0.0
        while True:
            # Of one instant, what was under way comes before the decision.
            while heap and heap[0][0] <= next_tick and heap[0][0] <= end:
                self.now, _, act, who, what = pop(heap)
                act(who, what)
                if reactive:
                    self.launch()
            if next_tick > end:
                break
            self.now = next_tick
            self.launch()
            ticks += 1
            next_tick = ticks * tick
        out, shift_seconds = self.out, w.agents * end
        out.occupancy = self.busy_seconds / shift_seconds
        out.idle_seconds_per_call = (shift_seconds - self.busy_seconds) / max(1, out.connected)
        out.excess = out.abandoned - w.cap * (out.abandoned + out.connected)
        return out

    def at(self, when: float, act: Callable[[int, Any], None], who: int, what: Any = None) -> None:
        self.turn += 1
        heapq.heappush(self.heap, (when, self.turn, act, who, what))

    def launch(self) -> None:
        out, leads = self.out, self.w.leads
        room = max(0, self.ratio_room - self.in_flight)
        if leads is not None:
            room = min(room, leads - out.launched)
        n = self.pacer.decide(self.now, room)
        out.decisions.append(n)
        if n > room:
            out.over_asked += n - room
            n = room
        for _ in range(n):
            self.dial(out.launched)

    def dial(self, lead: int) -> None:
        w, seed, now = self.w, self.seed, self.now
        self.out.launched += 1
        self.in_flight += 1
        self._tell(now, "launched", call=lead)
        setup = min(w.setup.at(keyed_uniform(seed, _SETUP, lead)), w.maxring - SHORTEST_RINGING_SECONDS)
        u = keyed_uniform(seed, _FATE, lead)
        if u < w.p:
            ring = w.ring.at(keyed_uniform(seed, _RING, lead), below=w.maxring - setup)
            self.at(now + setup + ring, self.on_answer, lead, True)
            return
        u = (u - w.p) / (1 - w.p)
        if u < w.machines:
            if keyed_uniform(seed, _MACHINE_AT_ONCE, lead) < 0.25:
                ring = 0.5
            else:
                ring = min(w.maxring - setup, w.machine_ring.at(keyed_uniform(seed, _RING, lead)))
            self.at(now + setup + ring, self.on_answer, lead, False)
        elif u < w.machines + w.unanswered:
            self.at(now + w.maxring, self.on_end, lead, "no_answer")
        elif u < w.machines + w.unanswered + w.busy:
            self.at(now + setup + 1.0, self.on_end, lead, "busy")
        else:
            self.at(now + setup + 2.0, self.on_end, lead, "invalid")

    def on_end(self, lead: int, result: str) -> None:
        self.in_flight -= 1
        self._tell(self.now, "ended", call=lead, result=result)

    def on_answer(self, lead: int, person: bool) -> None:
        w = self.w
        self._tell(self.now, "answered", call=lead)
        if not w.amd:
            self.on_verdict(lead, True)
            return
        low, high, error = (0.8, 2.4, w.lost_people) if person else (1.5, 4.5, w.passed_machines)
        wrong = keyed_uniform(self.seed, _MISJUDGED, lead) < error
        seconds = low + (high - low) * keyed_uniform(self.seed, _ANALYSIS, lead)
        self.at(self.now + seconds, self.on_verdict, lead, person != wrong)

    def on_verdict(self, lead: int, live: bool) -> None:
        w, now = self.w, self.now
        self.in_flight -= 1
        self._tell(now, "verdict", call=lead, live=live)
        if not live:
            return
        if self.idle:
            self.bridge(lead, self.idle.popleft(), 0.0)
            return
        self.queue[lead] = now
        self._tell(now, "queued", call=lead)
        patience = -w.patience * log(keyed_uniform(self.seed, _PATIENCE, lead)) if w.timeout > 2.0 else inf
        self.at(now + min(patience, w.timeout), self.on_give_up, lead, patience < w.timeout)

    def on_give_up(self, lead: int, by_caller: bool) -> None:
        since = self.queue.pop(lead, None)
        if since is not None:
            self.out.abandoned += 1
            self._tell(self.now, "abandoned", call=lead, waited=self.now - since, by_caller=by_caller)

    def bridge(self, lead: int, agent: int, waited: float) -> None:
        w, now = self.w, self.now
        self.out.connected += 1
        self._tell(now, "connected", call=lead, agent=agent, waited=waited)
        # Whether a machine slipped through is a fact of the lead, as its conversation is.
        if keyed_uniform(self.seed, _FATE, lead) < w.p:
            talk = LogNormal(w.talk, w.talk_cv).at(keyed_uniform(self.seed, _TALK, lead))
            wrap = w.wrap.at(keyed_uniform(self.seed, _WRAP, lead))
        else:
            talk, wrap = MACHINE_TALK_SECONDS, MACHINE_WRAP_SECONDS
        self.busy_seconds += min(self.end, now + talk + wrap) - now
        self.at(now + talk, self.on_talk_end, agent, wrap)

    def on_talk_end(self, agent: int, wrap: float) -> None:
        self._tell(self.now, "talk_end", agent=agent)
        self.at(self.now + wrap, self.on_idle, agent)

    def on_idle(self, agent: int, what: Any) -> None:
        self._tell(self.now, "idle", agent=agent)
        if not self.queue:
            self.idle.append(agent)
            return
        lead = next(iter(self.queue))
        self.bridge(lead, agent, self.now - self.queue.pop(lead))


def play(world: World, pacer: Pacer) -> Shift:
    """One shift from a cold start: the pacer has learned nothing yet."""
    return _Run(world, pacer).play()
