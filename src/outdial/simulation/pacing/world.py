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
from enum import Enum
from functools import lru_cache
from math import ceil, exp, inf, log, pi, sin, sqrt
from statistics import NormalDist
from typing import Any, Final, Protocol

from outdial.domain.pacing.base import Pacer
from outdial.domain.pacing.limits import CallRate, room
from outdial.domain.pacing.progressive import ProgressivePacer

_NORMAL: Final = NormalDist()
_MASK: Final = (1 << 64) - 1

# Streams of chance: one for each thing that is drawn for a lead.
_SETUP, _FATE, _RING, _MACHINE_AT_ONCE, _ANALYSIS, _MISJUDGED, _PATIENCE, _TALK, _WRAP, _PATTERN, _BREAK = range(11)

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


class Pattern(Enum):
    """How the share of people who answer changes over a shift."""

    STEADY = "steady"
    DOUBLES = "doubles"
    """Twice as many from half time on."""
    HALVES = "halves"
    SINE = "sine"
    """Half as many more and less, within two hours."""
    BLOCKS = "blocks"
    """Another share, x 0.5 to 1.5, every ten minutes."""
    BURSTS = "bursts"
    """Another share, x 0.4 to 1.6, every twenty seconds: calls that are answered come together."""


@dataclass(frozen=True, kw_only=True)
class World:
    """One shift's circumstances. Times in seconds; ring time counts from the launch.

    Attributes:
        agents: signed in from beginning to end, unless `breaks`.
        p: share of the leads who are people and answer. The others are `machines`, `unanswered` and `busy` by these
            shares of them, and invalid numbers for the rest.
        pattern: how p changes over the shift.
        breaks: agents sign in over the first 15 minutes, and pause for 8 to 16 minutes every 40 to 70.
        roster: the pacer is told beforehand when an agent's next pause is due.
        talk, talk_cv: conversation, lognormal; `wrap` follows it.
        hours, leads: the shift ends after so long; nothing is launched beyond so many leads.
        cap: largest allowed abandoned / (abandoned + connected), a fraction.
        ratio: unanswered calls allowed for each agent signed in.
        lines, calls_per_second: limits of the carrier's; None = none.
        timeout: an answered person is given up after so long; only if it is more than 2 s do people hang up before,
            after an exponential time of mean `patience`.
        amd: machines are told from people, with errors: `lost_people` and `passed_machines` are fractions.
        tick: between two decisions.
        memoryless: the world whose optimum is known (see `optimum`): calls end after an exponential `ring.mean`,
            live with chance p; agents are busy for an exponential `talk`; people wait for an exponential `timeout`.
    """

    agents: int = 10
    p: float = 0.25
    pattern: Pattern = Pattern.STEADY
    breaks: bool = False
    roster: bool = False
    talk: float = 90.0
    talk_cv: float = 1.0
    hours: float = 8.0
    seed: int = 1
    cap: float = 0.03
    ratio: float = 3.0
    lines: int | None = None
    calls_per_second: float | None = None
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
    memoryless: bool = False

    def __post_init__(self) -> None:
        if self.agents < 1 or self.hours <= 0 or self.talk <= 0:
            raise ValueError("a shift has at least one agent, and lasts, as do conversations, more than nothing")
        if not (0 < self.p <= 1 and 0 < self.cap < 1):
            raise ValueError("the answer rate and the abandonment cap are fractions between 0 and 1")
        if self.ratio < 1 or not 0.1 <= self.tick <= 2:
            raise ValueError("the ratio is at least 1, and decisions are 0.1 to 2 s apart")
        if self.maxring < SHORTEST_RINGING_SECONDS or self.timeout < 0:
            raise ValueError(f"calls ring at least {SHORTEST_RINGING_SECONDS:g} s, people wait at least 0 s")
        if self.lines is not None and self.lines < 1:
            raise ValueError("there is at least one line")

    @classmethod
    def of_the_optimum(cls, **changes: Any) -> World:
        """The memoryless world in which the benchmark compares with the exact optimum."""
        memoryless = {"memoryless": True, "talk": 105.0, "ring": LogNormal(15.0, 1.0), "maxring": 120.0}
        return cls(**{**memoryless, "amd": False, "ratio": 1000.0, "timeout": 2.0, "p": 0.25, **changes})

    def answer_rate(self, now: float) -> float:
        """The share of people who answer among the leads dialed at this moment."""
        match self.pattern:
            case Pattern.STEADY:
                return self.p
            case Pattern.DOUBLES | Pattern.HALVES:
                if now < self.hours * 1800:
                    return self.p
                return min(1.0, self.p * 2) if self.pattern is Pattern.DOUBLES else self.p / 2
            case Pattern.SINE:
                return min(1.0, self.p * (1 + 0.5 * sin(2 * pi * now / 7200)))
            case Pattern.BLOCKS:
                return min(1.0, self.p * (0.5 + keyed_uniform(self.seed, _PATTERN, int(now / 600))))
            case Pattern.BURSTS:
                return min(1.0, self.p * (0.4 + 1.2 * keyed_uniform(self.seed, _PATTERN, int(now / 20))))


PERIOD_SECONDS = 300.0
"""A shift's course is told in periods of this length."""


@dataclass(slots=True)
class Period:
    """What happened in five minutes: agents' seconds, and live calls by when their fate was known."""

    busy: float = 0.0
    present: float = 0.0
    connected: int = 0
    abandoned: int = 0


@dataclass
class Shift:
    """What came of it.

    Attributes:
        occupancy: share of the agents' time in talk and wrap-up.
        over_asked: launches a pacer asked for beyond the room it was given; they were not made.
        limited: decisions in which some limit other than the pacer left no room.
        excess: abandoned calls beyond what the cap allows; negative where some of it is unused.
        worst_hour: largest abandonment of any clock hour with at least 20 live calls, a fraction.
        course: the shift by `PERIOD_SECONDS`.
        decisions: the pacer's answers in their order.
    """

    occupancy: float = 0.0
    launched: int = 0
    connected: int = 0
    abandoned: int = 0
    over_asked: int = 0
    limited: int = 0
    excess: float = 0.0
    idle_seconds_per_call: float = 0.0
    worst_hour: float = 0.0
    course: list[Period] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)

    @property
    def abandonment(self) -> float:
        """Abandoned / (abandoned + connected), a fraction."""
        return self.abandoned / max(1, self.abandoned + self.connected)


@dataclass(slots=True, frozen=True)
class Fate:
    """What will become of a call: whether it will be live, and when that is known."""

    live: bool
    known_at: float


class Future(Protocol):
    """What nobody can know; shown to pacers with an attribute `shown`, to measure what knowing it would be worth."""

    def free_at(self, agent: int) -> float:
        """When an agent who is busy now will be ready."""

    def fate(self, lead: int, now: float) -> Fate:
        """What becomes of a lead dialed now."""

    @property
    def next_lead(self) -> int:
        """The lead dialed next."""


_PERSON, _MACHINE = "person", "machine"


class _Run:
    __slots__ = (
        "_tell",
        "busy_until",
        "call_rate",
        "end",
        "heap",
        "idle",
        "in_flight",
        "leaving",
        "now",
        "out",
        "pacer",
        "present",
        "queue",
        "seed",
        "talking",
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
        self.queue: dict[int, tuple[float, bool]] = {}
        self.talking = 0
        self.in_flight = 0
        self.busy_until: dict[int, float] = {}
        self.present: dict[int, float] = {}
        self.leaving: dict[int, tuple[int, float]] = {}
        rate = world.calls_per_second
        self.call_rate = None if rate is None else CallRate(rate)
        self.out = Shift(course=[Period() for _ in range(ceil(self.end / PERIOD_SECONDS))])

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
                "agents": 0 if w.breaks else w.agents,
            }
        )
        shown = getattr(self.pacer, "shown", None)
        if shown is not None:
            shown(self)
        for agent in range(w.agents):
            if w.breaks:
                self.at(900.0 * keyed_uniform(self.seed, _BREAK, agent), self.on_sign_in, agent, 0)
            else:
                self.on_sign_in(agent, 0)
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
        for since in self.present.values():
            self.spread("present", since, end)
        return self.told()

    def told(self) -> Shift:
        """The sums of what the periods hold."""
        out = self.out
        busy, present = (sum(getattr(period, name) for period in out.course) for name in ("busy", "present"))
        out.occupancy = busy / present if present else 0.0
        out.idle_seconds_per_call = (present - busy) / max(1, out.connected)
        out.excess = out.abandoned - self.w.cap * (out.abandoned + out.connected)
        hour = round(3600 / PERIOD_SECONDS)
        for first in range(0, len(out.course), hour):
            periods = out.course[first : first + hour]
            abandoned, connected = sum(p.abandoned for p in periods), sum(p.connected for p in periods)
            if abandoned + connected >= 20:
                out.worst_hour = max(out.worst_hour, abandoned / (abandoned + connected))
        return out

    def at(self, when: float, act: Callable[[int, Any], None], who: int, what: Any = None) -> None:
        self.turn += 1
        heapq.heappush(self.heap, (when, self.turn, act, who, what))

    def spread(self, name: str, since: float, until: float) -> None:
        """Add agents' seconds to the periods they fall in."""
        course = self.out.course
        until = min(until, self.end)
        while since < until:
            index = min(int(since / PERIOD_SECONDS), len(course) - 1)
            stop = until if index == len(course) - 1 else min(until, (index + 1) * PERIOD_SECONDS)
            setattr(course[index], name, getattr(course[index], name) + stop - since)
            since = stop

    def period(self) -> Period:
        return self.out.course[min(int(self.now / PERIOD_SECONDS), len(self.out.course) - 1)]

    # ---------------------------------------------------------------- Future

    @property
    def next_lead(self) -> int:
        return self.out.launched

    def free_at(self, agent: int) -> float:
        return self.busy_until.get(agent, self.now)

    def fate(self, lead: int, now: float) -> Fate:
        result, at = self.drawn(lead, now)
        if result not in (_PERSON, _MACHINE):
            return Fate(False, at)
        live, analysis = self.judged(lead, result == _PERSON)
        return Fate(live, at + analysis)

    # ----------------------------------------------------------------- calls

    def launch(self) -> None:
        out, w = self.out, self.w
        agents = len(self.present)
        # A plain count first: this is asked tens of thousands of times an hour.
        free = max(0, int(w.ratio * agents) - self.in_flight)
        if w.lines is not None or self.call_rate is not None or w.leads is not None:
            free = room(
                ratio=w.ratio,
                agents=agents,
                unanswered=self.in_flight,
                lines=None if w.lines is None else w.lines - self.in_flight - len(self.queue) - self.talking,
                rate=None if self.call_rate is None else self.call_rate.available(self.now),
                leads=None if w.leads is None else w.leads - out.launched,
            ).calls
        out.limited += free == 0
        n = self.pacer.decide(self.now, free)
        out.decisions.append(n)
        if n > free:
            out.over_asked += n - free
            n = free
        if self.call_rate is not None:
            self.call_rate.spend(n)
        for _ in range(n):
            self.dial(out.launched)

    def drawn(self, lead: int, now: float) -> tuple[str, float]:
        """Who or what is at the other end of a lead dialed now, and when that ends the ringing."""
        w, seed = self.w, self.seed
        p = w.p if w.pattern is Pattern.STEADY else w.answer_rate(now)
        u = keyed_uniform(seed, _FATE, lead)
        if w.memoryless:
            return _PERSON if u < p else "no_answer", now - w.ring.mean * log(keyed_uniform(seed, _RING, lead))
        setup = min(w.setup.at(keyed_uniform(seed, _SETUP, lead)), w.maxring - min(5.0, w.maxring / 2))
        connected = now + setup
        if u < p:
            return _PERSON, connected + w.ring.at(keyed_uniform(seed, _RING, lead), below=w.maxring - setup)
        u = (u - p) / (1 - p)
        if u < w.machines:
            if keyed_uniform(seed, _MACHINE_AT_ONCE, lead) < 0.25:
                return _MACHINE, connected + 0.5
            return _MACHINE, connected + min(w.maxring - setup, w.machine_ring.at(keyed_uniform(seed, _RING, lead)))
        if u < w.machines + w.unanswered:
            return "no_answer", now + w.maxring
        return ("busy", connected + 1.0) if u < w.machines + w.unanswered + w.busy else ("invalid", connected + 2.0)

    def judged(self, lead: int, person: bool) -> tuple[bool, float]:
        """Whether an answered call counts as live, and how long finding that out takes."""
        w = self.w
        if not w.amd:
            return True, 0.0
        low, high, error = (0.8, 2.4, w.lost_people) if person else (1.5, 4.5, w.passed_machines)
        wrong = keyed_uniform(self.seed, _MISJUDGED, lead) < error
        return person != wrong, low + (high - low) * keyed_uniform(self.seed, _ANALYSIS, lead)

    def dial(self, lead: int) -> None:
        self.out.launched += 1
        self.in_flight += 1
        self._tell(self.now, "launched", call=lead)
        result, at = self.drawn(lead, self.now)
        if result in (_PERSON, _MACHINE):
            self.at(at, self.on_answer, lead, result == _PERSON)
        else:
            self.at(at, self.on_end, lead, result)

    def on_end(self, lead: int, result: str) -> None:
        self.in_flight -= 1
        self._tell(self.now, "ended", call=lead, result=result)

    def on_answer(self, lead: int, person: bool) -> None:
        self._tell(self.now, "answered", call=lead)
        live, seconds = self.judged(lead, person)
        if seconds > 0:
            self.at(self.now + seconds, self.on_verdict, lead, (live, person))
        else:
            self.on_verdict(lead, (live, person))

    def on_verdict(self, lead: int, verdict: tuple[bool, bool]) -> None:
        w, now = self.w, self.now
        live, person = verdict
        self.in_flight -= 1
        self._tell(now, "verdict", call=lead, live=live)
        if not live:
            return
        if self.idle:
            self.bridge(lead, person, self.idle.popleft(), 0.0)
            return
        self.queue[lead] = (now, person)
        self._tell(now, "queued", call=lead)
        if w.memoryless:
            self.at(now - w.timeout * log(keyed_uniform(self.seed, _PATIENCE, lead)), self.on_give_up, lead, False)
            return
        patience = -w.patience * log(keyed_uniform(self.seed, _PATIENCE, lead)) if w.timeout > 2.0 else inf
        self.at(now + min(patience, w.timeout), self.on_give_up, lead, patience < w.timeout)

    def on_give_up(self, lead: int, by_caller: bool) -> None:
        waiting = self.queue.pop(lead, None)
        if waiting is not None:
            self.out.abandoned += 1
            self.period().abandoned += 1
            self._tell(self.now, "abandoned", call=lead, waited=self.now - waiting[0], by_caller=by_caller)

    def bridge(self, lead: int, person: bool, agent: int, waited: float) -> None:
        w, now, seed = self.w, self.now, self.seed
        self.out.connected += 1
        self.period().connected += 1
        self.talking += 1
        self._tell(now, "connected", call=lead, agent=agent, waited=waited)
        if w.memoryless:
            talk, wrap = -w.talk * log(keyed_uniform(seed, _TALK, lead)), 0.0
        elif person:
            talk = LogNormal(w.talk, w.talk_cv).at(keyed_uniform(seed, _TALK, lead))
            wrap = w.wrap.at(keyed_uniform(seed, _WRAP, lead))
        else:
            talk, wrap = MACHINE_TALK_SECONDS, MACHINE_WRAP_SECONDS
        self.busy_until[agent] = now + talk + wrap
        self.spread("busy", now, now + talk + wrap)
        self.at(now + talk, self.on_talk_end, agent, wrap)

    # ---------------------------------------------------------------- agents

    def on_talk_end(self, agent: int, wrap: float) -> None:
        self.talking -= 1
        self._tell(self.now, "talk_end", agent=agent)
        self.at(self.now + wrap, self.on_idle, agent)

    def on_idle(self, agent: int, what: Any) -> None:
        self.busy_until.pop(agent, None)
        if agent in self.leaving:
            self.leave(agent)
            return
        self._tell(self.now, "idle", agent=agent)
        if not self.queue:
            self.idle.append(agent)
            return
        lead = next(iter(self.queue))
        since, person = self.queue.pop(lead)
        self.bridge(lead, person, agent, self.now - since)

    def on_sign_in(self, agent: int, turn: int) -> None:
        """An agent begins, or comes back from a pause: the `turn`-th one is ahead of them."""
        self.present[agent] = self.now
        self._tell(self.now, "login", agent=agent)
        if self.w.breaks:
            due = self.now + 60 * (40 + 30 * self.break_draw(agent, turn, 0))
            if self.w.roster:
                self._tell(self.now, "roster", agent=agent, leaves_at=due)
            self.at(due, self.on_break_due, agent, turn)
        self.on_idle(agent, None)

    def on_break_due(self, agent: int, turn: int) -> None:
        self._tell(self.now, "logout", agent=agent)
        minutes = 8 + 8 * self.break_draw(agent, turn, 1)
        self.leaving[agent] = turn, 60 * minutes
        if agent not in self.busy_until:
            self.idle.remove(agent)
            self.leave(agent)

    def leave(self, agent: int) -> None:
        turn, seconds = self.leaving.pop(agent)
        self.spread("present", self.present.pop(agent), self.now)
        self.at(self.now + seconds, self.on_sign_in, agent, turn + 1)

    def break_draw(self, agent: int, turn: int, which: int) -> float:
        return keyed_uniform(self.seed, _BREAK, self.w.agents * (1 + 2 * turn + which) + agent)


def play(world: World, pacer: Pacer) -> Shift:
    """One shift from a cold start: the pacer has learned nothing yet."""
    return _Run(world, pacer).play()


def line_bound(world: World) -> float:
    """The occupancy that the ratio cap allows at most, however cleverly one dials; above 1 where it does not bind.

    So many lines per agent, each taken for a mean time by every call, bring so many live calls a second and no more.
    """
    run = _Run(world, ProgressivePacer())
    leads, line_seconds = 10_000, 0.0
    for lead in range(leads):
        result, seconds = run.drawn(lead, 0.0)
        line_seconds += seconds
        if result in (_PERSON, _MACHINE):
            line_seconds += run.judged(lead, result == _PERSON)[1]
    # Live calls are rare: drawn as well, they would be off by some hundredths.
    people, machines = world.p, (1 - world.p) * world.machines
    if world.amd:
        people, machines = people * (1 - world.lost_people), machines * world.passed_machines
    busy = people * (world.talk + world.wrap.mean) + machines * (MACHINE_TALK_SECONDS + MACHINE_WRAP_SECONDS)
    return world.ratio * busy * leads / line_seconds
