"""A campaign's digital twin: its real list, rules and hours, dialed ahead of time by the pacer that dials it.

What people and agents do is drawn from what the campaign's pacer learned and from how its attempts ended; where it
has not learned enough, from assumptions that are told. Each run of the twin draws these chances anew, as uncertain as
they are, so that the spread of the runs is the uncertainty of the forecast.

A long list is dialed as a part of it, drawn evenly, by a calendar that runs as many times faster: hours and retries
then meet the part as they would the whole.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import inf, log, sqrt
from random import Random
from typing import Any, Final

from outdial.adapters.holidays import PublicHolidays
from outdial.domain import retry
from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import DialingConfiguration, DialingStrategy, Mode
from outdial.domain.forecasts import Assumptions, LeftRecord, Material, Question
from outdial.domain.outcomes import Outcome
from outdial.domain.pacing.base import Pacer, PacerConfig
from outdial.domain.pacing.hazards import RING_BIN
from outdial.domain.pacing.limits import room
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.domain.retry import NoMore, Phone

RUNS: Final = 40
RUNS_TO_SEARCH: Final = 10
SURE: Final = 0.9
MOST_AGENTS: Final = 500
FEW_CALLS: Final = 50
LONGEST: Final = timedelta(days=90)
"""Of calendar time; a list that takes longer is not foreseen to end."""
TICK_SECONDS: Final = 2.0
PRIOR_CALLS: Final = 8.0
"""As many attempts as the assumed mix of outcomes counts for."""
PRIOR_TALKS: Final = 10.0
DRIFT: Final = 0.1
"""Parts of a list and hours of a day differ: by so much the answer rate may be another one than was seen (log sd)."""
SHORT_END_SECONDS: Final = 3.5
"""Until the network says that a number is busy, invalid or not reached."""
MACHINE_ANALYSIS_SECONDS: Final = 2.5
TALK_CV, WRAP_CV = 1.0, 0.8
RING_SECONDS, RING_CV = 11.5, 0.5
MACHINE_RING_SECONDS: Final = 14.0
EARLIEST_MACHINE: Final = int(4.0 / RING_BIN)
DEFAULT_CAP, DEFAULT_RATIO, DEFAULT_TAB = 0.03, 1.0, 2.0

LIVE: Final = Outcome.CONNECTED
"""Stands for every person who answered, whatever became of them."""
_OTHERS: Final = {
    Outcome.MACHINE: 0.35,
    Outcome.NO_ANSWER: 0.45,
    Outcome.BUSY: 0.10,
    Outcome.INVALID_NUMBER: 0.10,
}
"""Of the calls that nobody answers: an ordinary list."""
_DRAWN: Final = (
    LIVE,
    Outcome.MACHINE,
    Outcome.NO_ANSWER,
    Outcome.BUSY,
    Outcome.REJECTED,
    Outcome.INVALID_NUMBER,
    Outcome.HANGUP_BEFORE_CONNECTION,
    Outcome.CONGESTION,
    Outcome.CARRIER_FAULT,
    Outcome.LOST,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way of dialing the campaign on."""

    agents: int
    cap: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What came of one run. `finish` None: not within `LONGEST`. Counts are those of the whole list."""

    finish: datetime | None
    attempts: float
    connected: float
    abandoned: float
    occupancy: float
    agent_hours: float

    @property
    def abandonment(self) -> float:
        """Abandoned / (abandoned + connected), a fraction."""
        live = self.abandoned + self.connected
        return self.abandoned / live if live else 0.0


class Durations:
    """Times to be drawn: from what was counted by bins, and from a log-normal where that is little.

    Args:
        counts: by bin of `width` seconds.
        pull: how many counts the log-normal stands for.
    """

    def __init__(
        self, counts: Sequence[float], width: float, *, mean: float, cv: float, pull: float, chance: Random
    ) -> None:
        self._width = width
        bins = [(place, count) for place, count in enumerate(counts) if count > 0]
        self._bins = [place for place, _ in bins]
        # Weights as uncertain as the counts are few: the Bayesian bootstrap.
        weights = [chance.gammavariate(count, 1.0) for _, count in bins]
        self._sums = list(accumulate(weights))
        seen = sum(count for _, count in bins)
        self._share = seen / (seen + pull) if seen else 0.0
        variance = log(1 + cv * cv)
        self._mu, self._sigma = log(mean) - variance / 2, sqrt(variance)

    def draw(self, chance: Random) -> float:
        """Seconds."""
        if self._sums and chance.random() < self._share:
            place = min(bisect_right(self._sums, chance.random() * self._sums[-1]), len(self._bins) - 1)
            return (self._bins[place] + chance.random()) * self._width
        return chance.lognormvariate(self._mu, self._sigma)


class Chances:
    """What people and agents do in one run: drawn once from what is known of them."""

    def __init__(self, material: Material, assumed: Assumptions, *, amd: bool, maxring: float, chance: Random) -> None:
        learned = material.learned
        mix = _assumed_mix(material, assumed, amd=amd)
        self.first = _shares(material.first, mix, chance)
        # Whoever is called again has a number that exists: the first attempts tell that, the later ones the rest.
        again = _mean_shares(material.first, mix)
        again[Outcome.INVALID_NUMBER] *= 0.1
        self.again = _shares(material.again, again, chance)
        ring = learned.get("ring", {})
        live = [float(n) for n in ring.get("live", ())]
        over = [float(n) for n in ring.get("over", ())]
        # What the table began with is not seen: it is taken out as far as it can be.
        live = [max(0.0, n - 0.06) for n in live]
        last = int(maxring / RING_BIN)
        ended = [max(0.0, end - answer) for end, answer in zip(over, live, strict=True)]
        # Ends too early for a machine, and those of calls that rang to their limit, are others'.
        machines = [count if EARLIEST_MACHINE <= b < last - 1 else 0.0 for b, count in enumerate(ended)]
        self.answer = Durations(live, RING_BIN, mean=RING_SECONDS, cv=RING_CV, pull=PRIOR_TALKS, chance=chance)
        self.machine = Durations(machines, RING_BIN, mean=MACHINE_RING_SECONDS, cv=0.3, pull=PRIOR_TALKS, chance=chance)
        self.talk = Durations(
            learned.get("talk", {}).get("ended", ()),
            1.0,
            mean=assumed.talk_seconds,
            cv=TALK_CV,
            pull=PRIOR_TALKS,
            chance=chance,
        )
        self.wrap = Durations(
            learned.get("wrap", {}).get("ended", ()),
            1.0,
            mean=assumed.wrap_seconds,
            cv=WRAP_CV,
            pull=PRIOR_TALKS,
            chance=chance,
        )
        analysis = learned.get("analysis", {}).get("seconds", 1.6) if amd else 0.0
        self.analysis_seconds = float(analysis)
        waiting = learned.get("waiting", {"hang_ups": 1.0, "seconds": 30.0})
        self.hang_up_rate = waiting["hang_ups"] / max(1e-6, waiting["seconds"])


def _assumed_mix(material: Material, assumed: Assumptions, *, amd: bool) -> dict[Outcome, float]:
    """Shares of outcomes that are assumed; they sum to 1."""
    answers = material.learned.get("answers")
    rate = assumed.answer_rate
    if answers and not material.calls:
        rate = answers["lives"] / answers["dials"]  # of the same campaign, before its attempts were deleted
    mix = dict.fromkeys(_DRAWN, 0.0) | {LIVE: rate}
    for outcome, share in _OTHERS.items():
        mix[outcome] += (1 - rate) * share
    if not amd:
        mix[LIVE] += mix[Outcome.MACHINE]
        mix[Outcome.MACHINE] = 0.0
    return mix


def _mean_shares(seen: Mapping[Outcome, int], mix: Mapping[Outcome, float]) -> dict[Outcome, float]:
    total = sum(seen.values()) + PRIOR_CALLS
    return {outcome: (seen.get(outcome, 0) + PRIOR_CALLS * mix[outcome]) / total for outcome in _DRAWN}


def _shares(seen: Mapping[Outcome, int], mix: Mapping[Outcome, float], chance: Random) -> list[float]:
    """Sums of shares of `_DRAWN` in their order, drawn from what is likely after what was seen (Dirichlet)."""
    weights = []
    for outcome in _DRAWN:
        alpha = seen.get(outcome, 0) + PRIOR_CALLS * mix[outcome]
        weights.append(chance.gammavariate(alpha, 1.0) if alpha > 0 else 0.0)
    weights[_DRAWN.index(LIVE)] *= chance.lognormvariate(0.0, DRIFT)
    return list(accumulate(weights))


@dataclass(slots=True, eq=False)
class _Record:
    """A record in the twin, with where it stands."""

    about: LeftRecord
    tally: retry.Tally
    phone: Phone


class _Twin:
    """One run."""

    def __init__(self, plan: _Plan, scenario: Scenario, seed: int) -> None:
        self._plan, self._scenario = plan, scenario
        self._chance = Random(seed)
        material, configuration = plan.material, plan.configuration
        self._amd = bool(configuration.answering_machine_detection)
        self._maxring = float(configuration.max_ring_time_in_secs)
        self._tab = float(configuration.abandonment_timeout or DEFAULT_TAB)
        self._chances = Chances(material, plan.assumed, amd=self._amd, maxring=self._maxring, chance=self._chance)
        self._heap: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._turn = 0
        self._now = 0.0
        self._idle: deque[int] = deque(range(scenario.agents))
        self._queue: dict[int, _Record] = {}
        self._in_flight = self._talking = 0
        self._calls = 0
        self._open: dict[int, float] = {}
        self._ready: dict[int, dict[int, deque[_Record]]] = defaultdict(lambda: defaultdict(deque))
        self._waits: dict[tuple[int, int], list[float]] = defaultdict(list)
        self._left = 0
        self._busy_seconds = self._idle_seconds = 0.0
        self._since = 0.0
        self.connected = self.abandoned = 0
        self._pacer = self._new_pacer()

    def _new_pacer(self) -> Pacer:
        predictive = self._plan.campaign.mode is Mode.PREDICTIVE
        pacer: Pacer = PredictivePacer() if predictive else ProgressivePacer()
        pacer.start(
            PacerConfig(
                cap=self._scenario.cap, ratio=self._scenario.ratio, tab=self._tab, maxring=self._maxring, amd=self._amd
            )
        )
        if self._plan.material.learned:
            pacer.restore(self._plan.material.learned)
        return pacer

    def play(self) -> Foreseen:
        plan, tell = self._plan, self._pacer.event
        for agent in self._idle:
            tell(0.0, "login", agent=agent)
        self._look_at_zones(None)
        for record in plan.records:
            self._left += 1
            self._wait(_Record(record, record.tally, plan.phone_of(record)), record.due_at)
        end, next_tick = plan.seconds(plan.material.now + LONGEST), 0.0
        while self._left and self._now <= end:
            # Nothing to decide: on to what happens next.
            quiet = not self._dialable()
            if quiet and not self._heap:
                return self._told(None)
            while self._heap and (quiet or self._heap[0][0] <= next_tick):
                self._pass_time(self._heap[0][0])
                _, _, act, what = heapq.heappop(self._heap)
                act(what)
                if self._pacer.reactive:
                    self._launch()
                quiet = quiet and not self._dialable()
                if not self._left or self._now > end:
                    break
            if not self._left or quiet:
                continue
            next_tick = max(next_tick, self._now)
            self._pass_time(next_tick)
            self._launch()
            next_tick += TICK_SECONDS
        return self._told(None if self._left else plan.calendar(self._now))

    def _told(self, finish: datetime | None) -> Foreseen:
        weight = self._plan.weight
        present = self._busy_seconds + self._idle_seconds
        return Foreseen(
            finish,
            self._calls * weight,
            self.connected * weight,
            self.abandoned * weight,
            self._busy_seconds / present if present else 0.0,
            present * weight / 3600,
        )

    def _pass_time(self, now: float) -> None:
        """Agents who wait while there is something to do for them wait for the pacing."""
        if now > self._now:
            if self._in_flight or self._queue or self._talking or self._dialable():
                self._idle_seconds += len(self._idle) * (now - self._now)
            self._now = now

    def _at(self, seconds: float, act: Callable[[Any], None], what: Any) -> None:
        self._turn += 1
        heapq.heappush(self._heap, (self._now + seconds, self._turn, act, what))

    # Records ----------------------------------------------------------------------------------------------------

    def _look_at_zones(self, what: None) -> None:
        """Which zone sets are open, and until when; again when that changes."""
        plan, change = self._plan, inf
        now = plan.calendar(self._now)
        self._open.clear()
        for zone in plan.zone_keys:
            opening = plan.hours.opening(plan.material.zones[zone], now)
            until = inf if opening.until is None else plan.seconds(opening.until)
            if opening.is_open:
                self._open[zone] = until
            change = min(change, until)
        if change < inf:
            self._at(max(1e-6, change - self._now), self._look_at_zones, None)

    def _wait(self, record: _Record, due: datetime | None) -> None:
        seconds = 0.0 if due is None else self._plan.seconds(due)
        if seconds <= self._now:
            self._make_ready(record)
            return
        key = (record.about.priority, record.phone.zone)
        heapq.heappush(self._waits[key], seconds)
        self._at(seconds - self._now, self._due, record)

    def _due(self, record: _Record) -> None:
        heapq.heappop(self._waits[record.about.priority, record.phone.zone])
        self._make_ready(record)

    def _make_ready(self, record: _Record) -> None:
        self._ready[record.about.priority][record.phone.zone].append(record)

    def _best(self) -> deque[_Record] | None:
        """The queue of the record that is next, if one may be dialed now."""
        for priority in self._plan.priorities:
            queues = self._ready.get(priority)
            if queues:
                for zone in self._open:
                    if queue := queues.get(zone):
                        return queue
            if self._plan.strict and any(
                held[0] < closes for zone, closes in self._open.items() if (held := self._waits.get((priority, zone)))
            ):
                return None  # whoever waits for a retry holds lower priorities back
        return None

    def _dialable(self) -> bool:
        return self._best() is not None

    # Calls ------------------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        if not self._dialable():
            return
        limit = room(ratio=self._scenario.ratio, agents=self._scenario.agents, unanswered=self._in_flight)
        for _ in range(self._pacer.decide(self._now, limit.calls)):
            queue = self._best()
            if queue is None:
                return
            self._dial(queue.popleft())

    def _dial(self, record: _Record) -> None:
        call, chance, chances = self._calls, self._chance, self._chances
        self._calls += 1
        self._in_flight += 1
        self._pacer.event(self._now, "launched", call=call)
        sums = chances.first if record.tally.counted == 0 else chances.again
        outcome = _DRAWN[min(bisect_right(sums, chance.random() * sums[-1]), len(_DRAWN) - 1)]
        if outcome is LIVE or outcome is Outcome.MACHINE:
            ringing = (chances.answer if outcome is LIVE else chances.machine).draw(chance)
            if ringing < self._maxring:
                self._at(ringing, self._answered, (call, record, outcome))
                return
            outcome = Outcome.NO_ANSWER
        seconds = self._maxring if outcome is Outcome.NO_ANSWER else SHORT_END_SECONDS * (0.5 + chance.random())
        self._at(seconds, self._ended, (call, record, outcome))

    def _ended(self, what: tuple[int, _Record, Outcome]) -> None:
        call, record, outcome = what
        self._in_flight -= 1
        result = "no_answer" if outcome.counted else "not_launched"
        self._pacer.event(self._now, "ended", call=call, result=result)
        self._over(record, outcome)

    def _answered(self, what: tuple[int, _Record, Outcome]) -> None:
        self._pacer.event(self._now, "answered", call=what[0])
        mean = self._chances.analysis_seconds if what[2] is LIVE else MACHINE_ANALYSIS_SECONDS
        self._at(mean * (0.5 + self._chance.random()) if self._amd else 0.0, self._judged, what)

    def _judged(self, what: tuple[int, _Record, Outcome]) -> None:
        call, record, outcome = what
        self._in_flight -= 1
        live = outcome is LIVE
        self._pacer.event(self._now, "verdict", call=call, live=live)
        if not live:
            self._over(record, outcome)
        elif self._idle:
            self._bridge(call, record, self._idle.popleft(), 0.0)
        else:
            self._queue[call] = record
            self._pacer.event(self._now, "queued", call=call)
            patience = self._chance.expovariate(self._chances.hang_up_rate) if self._chances.hang_up_rate > 0 else inf
            self._at(min(patience, self._tab), self._gave_up, (call, self._now, patience < self._tab))

    def _gave_up(self, what: tuple[int, float, bool]) -> None:
        call, since, by_caller = what
        record = self._queue.pop(call, None)
        if record is None:
            return
        self._pacer.event(self._now, "abandoned", call=call, waited=self._now - since, by_caller=by_caller)
        self.abandoned += not by_caller
        self._over(record, Outcome.HANGUP_BEFORE_CONNECTION if by_caller else Outcome.ABANDONED)

    def _bridge(self, call: int, record: _Record, agent: int, waited: float) -> None:
        self._pacer.event(self._now, "connected", call=call, agent=agent, waited=waited)
        self.connected += 1
        self._talking += 1
        self._at(self._chances.talk.draw(self._chance), self._talk_over, (agent, record, self._now))

    def _talk_over(self, what: tuple[int, _Record, float]) -> None:
        agent, record, since = what
        self._talking -= 1
        self._pacer.event(self._now, "talk_end", agent=agent)
        wrap = self._chances.wrap.draw(self._chance)
        self._busy_seconds += self._now - since + wrap
        self._at(wrap, self._free, agent)
        self._over(record, Outcome.CONNECTED)

    def _free(self, agent: int) -> None:
        self._pacer.event(self._now, "idle", agent=agent)
        if self._queue:
            call = next(iter(self._queue))
            self._bridge(call, self._queue.pop(call), agent, 0.0)
        else:
            self._idle.append(agent)

    def _over(self, record: _Record, outcome: Outcome) -> None:
        """An attempt ended: what follows by the campaign's own rules."""
        plan, phone = self._plan, record.phone
        record.tally = record.tally.plus(outcome, phone)
        step = retry.next_step(
            plan.strategy,
            record.about.phones,
            phone.position,
            outcome,
            record.tally,
            plan.calendar(self._now),
            unreachable=plan.unreachable,
        )
        if isinstance(step, NoMore):
            self._left -= 1
            return
        record.phone = next(one for one in record.about.phones if one.position == step.position)
        self._wait(record, step.at)


class _Plan:
    """A campaign as one question sees it: what all runs have in common."""

    def __init__(self, material: Material, question: Question) -> None:
        campaign = material.campaign
        assert campaign.strategy is not None
        assert campaign.configuration is not None
        strategy = campaign.strategy
        if question.hours is not None:
            strategy = replace(strategy, calling_hours=question.hours)
            campaign = replace(campaign, strategy=strategy)
        self.material, self.campaign = material, campaign
        self.strategy: DialingStrategy = strategy
        assert campaign.configuration is not None
        self.configuration: DialingConfiguration = campaign.configuration
        self.assumed = question.assumed
        self.hours = CallingHours.of(campaign, PublicHolidays())
        self.strict = campaign.extensions.strict_priority
        self.weight = material.weight
        zones = sorted({phone.zone for record in material.records for phone in record.phones})
        self.unreachable = frozenset(
            zone for zone in zones if not self.hours.ever_open(material.zones[zone], material.now)
        )
        self.zone_keys = [zone for zone in zones if zone not in self.unreachable]
        self.records = [
            replace(record, position=phone.position)
            for record in material.records
            if (phone := self._first_phone(record)) is not None
        ]
        self.priorities = sorted({record.priority for record in self.records}, reverse=True)

    def _first_phone(self, record: LeftRecord) -> Phone | None:
        """The phone that is next, or the first after it that calling hours ever reach."""
        here = self.phone_of(record)
        if here.zone not in self.unreachable:
            return here
        return retry.next_phone(
            self.strategy, record.phones, record.position, record.tally, unreachable=self.unreachable
        )

    def phone_of(self, record: LeftRecord) -> Phone:
        return next(phone for phone in record.phones if phone.position == record.position)

    def calendar(self, seconds: float) -> datetime:
        """What the calendar shows after so many seconds of the run."""
        return self.material.now + timedelta(seconds=seconds * self.weight)

    def seconds(self, at: datetime) -> float:
        """The inverse."""
        return (at - self.material.now).total_seconds() / self.weight


def _scenarios(plan: _Plan, question: Question) -> list[Scenario]:
    configuration = plan.configuration
    cap = (configuration.max_abandonment_rate or 100 * DEFAULT_CAP) / 100 if question.cap is None else question.cap
    ratio = question.ratio or configuration.max_dialing_ratio or DEFAULT_RATIO
    return [Scenario(agents, cap, ratio) for agents in question.agents]


def foresee(material: Material, question: Question, *, runs: int = RUNS, seed: int = 1) -> dict[str, Any]:
    """The answer to a question, as the API shows it."""
    plan = _Plan(material, question)
    scenarios = _scenarios(plan, question)
    return {
        "as_of": instant(material.now),
        "records": material.left,
        "records_played": len(plan.records),
        "calls_seen": material.calls,
        "assumptions": _assumptions(plan),
        "scenarios": [_scenario(one, [_Twin(plan, one, seed + n).play() for n in range(runs)]) for one in scenarios],
        "agents_needed": _agents_needed(plan, scenarios[0], question.finish_by, seed),
    }


def runs_of(material: Material, question: Question, *, runs: int, seed: int = 1) -> list[Foreseen]:
    """The single runs of a question's first scenario."""
    plan = _Plan(material, question)
    scenario = _scenarios(plan, question)[0]
    return [_Twin(plan, scenario, seed + n).play() for n in range(runs)]


def _scenario(scenario: Scenario, runs: Sequence[Foreseen]) -> dict[str, Any]:
    return {
        "agents": scenario.agents,
        "max_abandonment_rate": round(100 * scenario.cap, 4),
        "max_dialing_ratio": scenario.ratio,
        "finishes_at": _times([run.finish for run in runs]),
        "attempts": _spread([run.attempts for run in runs], 0),
        "connected": _spread([run.connected for run in runs], 0),
        "abandonment_rate": _spread([run.abandonment for run in runs], 6),
        "occupancy": _spread([run.occupancy for run in runs], 4),
        "agent_hours": _spread([run.agent_hours for run in runs], 2),
    }


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower bound, middle and upper bound: with forty values nine tenths of all lie between the bounds."""
    ordered = sorted(values)
    outside = len(ordered) // 40 if len(ordered) >= 40 else 0
    return ordered[outside], ordered[len(ordered) // 2], ordered[-1 - outside]


def _spread(values: Sequence[float], places: int) -> dict[str, float]:
    return dict(zip(("low", "likely", "high"), (round(one, places) for one in interval(values)), strict=True))


def _times(finishes: Sequence[datetime | None]) -> dict[str, str]:
    """As `_spread`; a bound beyond the longest time that is looked at is left out."""
    stamps = interval([inf if finish is None else finish.timestamp() for finish in finishes])
    return {
        name: instant(datetime.fromtimestamp(stamp, UTC))
        for name, stamp in zip(("low", "likely", "high"), stamps, strict=True)
        if stamp < inf
    }


def _agents_needed(plan: _Plan, scenario: Scenario, finish_by: datetime, seed: int) -> dict[str, Any]:
    """The smallest teams that are done in time in half of the runs, and in nine of ten."""
    most = min(MOST_AGENTS, max(1, len(plan.records)))
    shares: dict[int, float] = {}

    def in_time(agents: int) -> float:
        if agents not in shares:
            team = replace(scenario, agents=agents)
            runs = [_Twin(plan, team, seed + n).play() for n in range(RUNS_TO_SEARCH)]
            shares[agents] = sum(run.finish is not None and run.finish <= finish_by for run in runs) / len(runs)
        return shares[agents]

    def least(share: float) -> int | None:
        low, high = 0, min(most, scenario.agents)
        while in_time(high) < share:
            if high == most:
                return None
            low, high = high, min(most, 2 * high)
        while high - low > max(1, high // 25):
            middle = (low + high) // 2
            low, high = (low, middle) if in_time(middle) >= share else (middle, high)
        return high

    found = {"finish_by": instant(finish_by), "likely": least(0.5), "sure": least(SURE), "most_tried": max(shares)}
    return {name: value for name, value in found.items() if value is not None}


def _assumptions(plan: _Plan) -> list[str]:
    """What is taken for granted, as sentences."""
    material, assumed = plan.material, plan.assumed
    learned = material.learned
    told = ["agents are there whenever calling hours are open, and take no pauses", "callbacks are not played"]
    if material.calls < FEW_CALLS:
        told.append(
            f"few attempts were seen ({material.calls}): "
            f"a person is assumed to answer {assumed.answer_rate:.0%} of calls"
        )
    if sum(learned.get("talk", {}).get("ended", ())) < PRIOR_TALKS:
        told.append(
            f"few conversations were seen: they are assumed to last {assumed.talk_seconds:g} s, "
            f"wrap-ups {assumed.wrap_seconds:g} s"
        )
    if material.sampled < material.left:
        told.append(f"{material.sampled} of the {material.left} records are played, drawn evenly")
    if len(plan.records) < len(material.records):
        told.append("records whose numbers no calling hours ever reach are left out")
    if plan.campaign.mode is Mode.PREVIEW:
        told.append("previews are played as progressive dialing: how long agents read is not known")
    return told


def instant(at: datetime) -> str:
    """As the API writes instants."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
