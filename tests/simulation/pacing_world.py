"""A small call centre in virtual time that drives any pacer through its interface.

Every lead's fate and every conversation's length is drawn by key (seed, stream, index) and never by turn, so that
two pacers meet the same people in the same order. The figures are those of a typical outbound list: see `World`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

from outdial.domain.pacing.base import Pacer

NORMAL = NormalDist()
_MASK = (1 << 64) - 1
UNLIMITED = 1_000_000


def keyed_uniform(seed: int, stream: int, index: int) -> float:
    """A number in (0, 1) that depends on nothing but the key (the mixing function of SplitMix64)."""
    z = (
        seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03 + index * 0x8CB92BA72F3D8DD7 + 0x632BE59BD9B4E019
    ) & _MASK
    for _ in range(2):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        z ^= z >> 31
    return ((z >> 11) + 0.5) / (1 << 53)


@dataclass(frozen=True)
class LogNormal:
    """By mean and coefficient of variation; `at(u)` is its quantile, of the part below `below` if given."""

    mean: float
    cv: float

    def at(self, u: float, below: float | None = None) -> float:
        sigma = sqrt(log(1 + self.cv**2))
        mu = log(self.mean) - sigma**2 / 2
        if below is not None:
            u *= NORMAL.cdf((log(below) - mu) / sigma)
        return exp(mu + sigma * NORMAL.inv_cdf(u))


@dataclass(frozen=True)
class World:
    """Times in seconds; `p` is the share of leads who are people and answer; ring time counts from the launch."""

    agents: int = 10
    p: float = 0.25
    talk: float = 90.0
    hours: float = 2.0
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
    lost_people: float = 0.04
    passed_machines: float = 0.06
    leads: int | None = None


@dataclass
class Shift:
    """What came of it."""

    occupancy: float = 0.0
    launched: int = 0
    connected: int = 0
    abandoned: int = 0
    over_asked: int = 0
    idle_seconds_per_call: float = 0.0
    log: list[int] = field(default_factory=list)

    @property
    def abandonment(self) -> float:
        return self.abandoned / max(1, self.abandoned + self.connected)


class _Run:
    def __init__(self, world: World, pacer: Pacer) -> None:
        self.w, self.pacer = world, pacer
        self.now = 0.0
        self.end = world.hours * 3600
        self.heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.turn = 0
        self.idle: deque[int] = deque()
        self.queue: dict[int, float] = {}
        self.in_flight = 0
        self.busy_seconds = 0.0
        self.out = Shift()

    def play(self) -> Shift:
        w = self.w
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
            self.tell("login", agent=agent)
            self.idle.append(agent)
            self.tell("idle", agent=agent)
        self.at(0.0, self.on_tick)
        while self.heap and self.heap[0][0] <= self.end:
            self.now, _, act, args = heapq.heappop(self.heap)
            act(*args)
            if self.pacer.reactive and act != self.on_tick:
                self.launch()
        self.out.occupancy = self.busy_seconds / (w.agents * self.end)
        idle_seconds = w.agents * self.end - self.busy_seconds
        self.out.idle_seconds_per_call = idle_seconds / max(1, self.out.connected)
        return self.out

    def at(self, when: float, act: Callable[..., None], *args: Any) -> None:
        self.turn += 1
        heapq.heappush(self.heap, (when, self.turn, act, args))

    def tell(self, kind: str, **info: Any) -> None:
        self.pacer.event(self.now, kind, **info)

    def draw(self, stream: int, lead: int) -> float:
        return keyed_uniform(self.w.seed, stream, lead)

    def on_tick(self) -> None:
        self.launch()
        self.at(self.now + self.w.tick, self.on_tick)

    def launch(self) -> None:
        room = int(self.w.ratio * self.w.agents) - self.in_flight
        if self.w.leads is not None:
            room = min(room, self.w.leads - self.out.launched)
        n = self.pacer.decide(self.now, room)
        self.out.log.append(n)
        self.out.over_asked += max(0, n - max(0, room))
        for _ in range(n):
            self.dial(self.out.launched)

    def dial(self, lead: int) -> None:
        w = self.w
        self.out.launched += 1
        self.in_flight += 1
        self.tell("launched", call=lead)
        setup = min(w.setup.at(self.draw(0, lead)), w.maxring - 5)
        begin = self.now + setup
        u = self.draw(1, lead)
        if u < w.p:
            self.at(begin + w.ring.at(self.draw(2, lead), below=w.maxring - setup), self.on_answer, lead, True)
            return
        u = (u - w.p) / (1 - w.p)
        if u < 0.35:
            ring = 0.5 if self.draw(3, lead) < 0.25 else min(w.maxring - setup, w.machine_ring.at(self.draw(2, lead)))
            self.at(begin + ring, self.on_answer, lead, False)
        elif u < 0.80:
            self.at(self.now + w.maxring, self.on_end, lead, "no_answer")
        elif u < 0.90:
            self.at(begin + 1.0, self.on_end, lead, "busy")
        else:
            self.at(begin + 2.0, self.on_end, lead, "invalid")

    def on_end(self, lead: int, result: str) -> None:
        self.in_flight -= 1
        self.tell("ended", call=lead, result=result)

    def on_answer(self, lead: int, person: bool) -> None:
        w = self.w
        self.tell("answered", call=lead)
        if not w.amd:
            self.on_verdict(lead, person, True)
            return
        low, high = (0.8, 2.4) if person else (1.5, 4.5)
        wrong = self.draw(5, lead) < (w.lost_people if person else w.passed_machines)
        self.at(self.now + low + (high - low) * self.draw(4, lead), self.on_verdict, lead, person, person != wrong)

    def on_verdict(self, lead: int, person: bool, live: bool) -> None:
        w = self.w
        self.in_flight -= 1
        self.tell("verdict", call=lead, live=live)
        if not live:
            return
        if self.idle:
            self.bridge(lead, self.idle.popleft(), person, 0.0)
            return
        self.queue[lead] = self.now
        self.tell("queued", call=lead)
        patience = -w.patience * log(self.draw(6, lead)) if w.timeout > 2.0 else UNLIMITED
        by_caller = patience < w.timeout
        self.at(self.now + min(patience, w.timeout), self.on_give_up, lead, by_caller)

    def on_give_up(self, lead: int, by_caller: bool) -> None:
        since = self.queue.pop(lead, None)
        if since is not None:
            self.out.abandoned += 1
            self.tell("abandoned", call=lead, waited=self.now - since, by_caller=by_caller)

    def bridge(self, lead: int, agent: int, person: bool, waited: float) -> None:
        self.out.connected += 1
        self.tell("connected", call=lead, agent=agent, waited=waited)
        talk = LogNormal(self.w.talk, 1.0).at(self.draw(7, lead)) if person else 8.0
        wrap = self.w.wrap.at(self.draw(8, lead)) if person else 3.0
        self.busy_seconds += min(self.end, self.now + talk + wrap) - self.now
        self.at(self.now + talk, self.on_talk_end, agent, wrap)

    def on_talk_end(self, agent: int, wrap: float) -> None:
        self.tell("talk_end", agent=agent)
        self.at(self.now + wrap, self.on_idle, agent)

    def on_idle(self, agent: int) -> None:
        self.tell("idle", agent=agent)
        if not self.queue:
            self.idle.append(agent)
            return
        lead = next(iter(self.queue))
        since = self.queue.pop(lead)
        # Whether a machine slipped through is a fact of the lead, not of the queue.
        self.bridge(lead, agent, self.draw(1, lead) < self.w.p, self.now - since)


def play(world: World, pacer: Pacer) -> Shift:
    """One shift from a cold start."""
    return _Run(world, pacer).play()
