"""Predictive dialing by a budgeted hazard threshold.

A call is launched while the risk that it would be abandoned, if a person answers it, stays within a threshold. In a
world whose optimum can be computed exactly, that rule with one constant threshold reaches the optimum to a few
tenths of a point; so the work is in estimating the risk (`answer_rate`, `hazards`, `risk`) and in steering the
threshold by what is left of the abandonment allowance (`budget`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from operator import mul
from typing import Any

from outdial.domain.pacing.answer_rate import AnswerRate, Cohort
from outdial.domain.pacing.base import AgentId, PacerConfig, State
from outdial.domain.pacing.budget import Budget
from outdial.domain.pacing.dispersion import Dispersion
from outdial.domain.pacing.floor import Call, Floor, FloorListener
from outdial.domain.pacing.hazards import (
    ANSWER_POINTS,
    RING_BIN,
    TALK_PRIOR_SECONDS,
    TALK_SECONDS,
    TALKING,
    WRAP_PRIOR_SECONDS,
    WRAP_SECONDS,
    WRAPPING,
    DurationTable,
    FreeBy,
    RingTable,
)
from outdial.domain.pacing.risk import Demand, Forecast, Outlook, Supply, most_within, waiting_offsets

STATE_VERSION = 1
MATURE_SHARE = 0.97
"""A cohort is mature when this share of its live verdicts has come in."""
REBUILD_SECONDS, REBUILD_SECONDS_AT_FIRST, AT_FIRST_SECONDS = 30.0, 5.0, 120.0
REBUILD_PARTS: tuple[int | str, ...] = ("ring", "busy", *range(len(ANSWER_POINTS)))
HIGHEST_REACH = 0.98
STALE_SECONDS = 3.0
"""Silence of an event stream that was alive: who is free and what rings is then not known well enough."""
LOOSER_AFTER_CHANGE = 4.0
ANALYSIS_MEMORY = 1 / 50
PRIOR_ANALYSIS_LIVE, PRIOR_ANALYSIS_SECONDS = 0.6, 1.6
PRIOR_HANG_UPS, PRIOR_WAITING_SECONDS = 1.0, 30.0


class PredictivePacer(FloorListener):
    """Launches ahead of free agents, as far as the abandonment cap allows; learns everything as it goes.

    Args:
        reserve: how much of the allowance to keep back, in typical fluctuations of it; 2.0 ends about one shift in
            forty above the cap in the worst cells, 1.2 about one in six for 0.2 points of occupancy more.
    """

    reactive = False

    def __init__(self, reserve: float = 2.0) -> None:
        self.reserve = reserve
        self.start(PacerConfig())

    # ------------------------------------------------------------------ Pacer

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh with these settings, forgetting everything."""
        self.config = PacerConfig.of(cfg)
        self.floor = Floor(self.config, self)
        self.budget = Budget(self.config.cap, self.reserve, self.config.windows, self.config.zone)
        self.rate = AnswerRate()
        self.dispersion = Dispersion()
        self.ring = RingTable(self.config.maxring)
        self.talk = DurationTable(TALK_SECONDS, TALK_PRIOR_SECONDS)
        self.wrap = DurationTable(WRAP_SECONDS, WRAP_PRIOR_SECONDS)
        self.analysis_live = PRIOR_ANALYSIS_LIVE if self.config.amd else 1.0
        self.analysis_seconds = PRIOR_ANALYSIS_SECONDS if self.config.amd else 0.0
        self.hang_ups = PRIOR_HANG_UPS
        self.waiting_seconds = PRIOR_WAITING_SECONDS
        self._leads_left: int | None = None
        self._leaves: dict[AgentId, float] = {}
        self._heard_at: float | None = None
        self._utc_less_now: float | None = None
        self._began: float | None = None
        self._rebuilt = 0.0
        self._just_restored = False
        self._no_overdial_until: float | None = None
        # For each answer point, for each moment until which a person may wait: its weight, and who is free by then.
        self.free_by: list[list[tuple[float, FreeBy]]] = [[] for _ in ANSWER_POINTS]
        self._to_rebuild: list[int | str] = []
        self._mature_seconds = self.ring.within(MATURE_SHARE)

    def event(self, now: float, kind: str, **info: Any) -> None:
        """Take note of one fact (see `Pacer`).

        Some kinds more than other pacers know, all of them optional:

        ================  ===========  ===============================================================================
        kind              info         meaning
        ================  ===========  ===============================================================================
        ``leads``         left         records still to be dialed: the allowance is not overdrawn at the list's end
        ``list_changed``               other records, caller id or time zone: the answer rate is to be learned anew
        ``roster``        agent,       the agent will sign out or pause at that time (as `now`), or is not known to
                          leaves_at    (None): not counted on for calls that would be answered later
        ``heartbeat``                  the stream of events is alive; from the first one on, more than 3 s without any
                                       event stop dialing ahead
        ``clock``         utc          what `now` is in seconds since 1970, for the periods in `PacerConfig.windows`
        ``settings``      cfg          other settings from now on, as in `start`; nothing is forgotten
        ``look``                       somebody is about to ask what is expected at this moment (see `sharing`)
        ================  ===========  ===============================================================================
        """
        if self._heard_at is not None and now > self._heard_at:
            self._heard_at = now
        self._tell_time(now)
        if kind in _EXTRA:
            _EXTRA[kind](self, now, info)
            return
        self.floor.event(now, kind, info)

    def _leads(self, now: float, info: Mapping[str, Any]) -> None:
        left = info.get("left")
        self._leads_left = None if left is None else max(0, int(left))

    def _list_changed(self, now: float, info: Mapping[str, Any]) -> None:
        self.rate.loosen(LOOSER_AFTER_CHANGE)

    def _roster(self, now: float, info: Mapping[str, Any]) -> None:
        agent, leaves_at = info.get("agent"), info.get("leaves_at")
        self._leaves.pop(agent, None)
        if agent is not None and leaves_at is not None:
            self._leaves[agent] = float(leaves_at)

    def _heartbeat(self, now: float, info: Mapping[str, Any]) -> None:
        self._heard_at = now if self._heard_at is None else max(self._heard_at, now)

    def _clock(self, now: float, info: Mapping[str, Any]) -> None:
        utc = info.get("utc")
        if utc is not None:
            self._utc_less_now = float(utc) - now
            self._tell_time(now)

    def _settings(self, now: float, info: Mapping[str, Any]) -> None:
        before, after = self.config, PacerConfig.of(info["cfg"])
        self.config = after
        self.floor.settle_by(after)
        self.budget.settle_by(after.cap, after.windows, after.zone)
        if after.amd != before.amd:
            self.analysis_live = PRIOR_ANALYSIS_LIVE if after.amd else 1.0
            self.analysis_seconds = PRIOR_ANALYSIS_SECONDS if after.amd else 0.0
        if after.maxring != before.maxring:
            counts = self.ring.state()
            self.ring = RingTable(after.maxring)
            self.ring.restore(counts)
        if self._began is not None:
            for part in REBUILD_PARTS:
                self._rebuild(part, now)

    def _look(self, now: float, info: Mapping[str, Any]) -> None:
        self.prepare(now)

    def _tell_time(self, now: float) -> None:
        if self._utc_less_now is not None:
            self.budget.clock(now + self._utc_less_now)

    def decide(self, now: float, room: int) -> int:
        """How many calls to launch now, 0..room."""
        floor = self.floor
        self.prepare(now)
        if room <= 0:
            return 0
        # As many calls as there are agents without one cannot be abandoned for want of an agent.
        idle = floor.idle_count - (self.leaving_by(now, len(ANSWER_POINTS) - 1) if self._leaves else 0)
        safe = min(room, max(0, idle - floor.in_flight - floor.waiting))
        if safe == room or not (idle or floor.talk or floor.wrap):
            return safe
        threshold = self.threshold(now)
        if threshold <= 0:
            return safe
        forecast = self._forecast(now)
        if forecast.hopeless(threshold):
            return safe
        return most_within(safe, room, lambda n: forecast.within(threshold, n))

    def state(self) -> State:
        """What was learned and what was spent, as JSON values."""
        return {
            "version": STATE_VERSION,
            "budget": self.budget.state(),
            "answers": {"lives": self.rate.lives, "dials": self.rate.dials},
            "dispersion": self.dispersion.state(),
            "ring": self.ring.state(),
            "talk": self.talk.state(),
            "wrap": self.wrap.state(),
            "analysis": {"live": self.analysis_live, "seconds": self.analysis_seconds},
            "waiting": {"hang_ups": self.hang_ups, "seconds": self.waiting_seconds},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a stored `state` after `start`; an empty one changes nothing.

        The budget counts in full, the tables at half weight. For one ring time nothing is launched that could be
        abandoned, since calls of the former process may still be ringing.

        Raises:
            ValueError: the state is of another version; nothing was taken up.
        """
        if not state:
            return
        if state.get("version") != STATE_VERSION:
            raise ValueError(f"pacer state has version {state.get('version')!r}, not {STATE_VERSION}")
        self.budget.restore(state["budget"])
        self.rate.lives = state["answers"]["lives"] / 2
        self.rate.dials = state["answers"]["dials"] / 2
        if "dispersion" in state:
            self.dispersion.restore(state["dispersion"])
        self.ring.restore(state["ring"])
        self.talk.restore(state["talk"])
        self.wrap.restore(state["wrap"])
        if self.config.amd:
            self.analysis_live = float(state["analysis"]["live"])
            self.analysis_seconds = float(state["analysis"]["seconds"])
        self.hang_ups = state["waiting"]["hang_ups"] / 2
        self.waiting_seconds = state["waiting"]["seconds"] / 2
        self._just_restored = True
        self._began = None

    # ------------------------------------------------- what a decision rests on

    def answer_rate(self, now: float) -> float:
        """Estimated live calls per launch, a fraction."""
        return self.rate.estimate(now, self.ring.arrived, self.analysis_seconds)

    def threshold(self, now: float) -> float:
        """The risk a call may carry at present."""
        if self._stopped(now):
            return 0.0
        self._tell_time(now)
        lives_left = None if self._leads_left is None else self.answer_rate(now) * self._leads_left
        return self.budget.threshold(now, lives_left)

    def _stopped(self, now: float) -> bool:
        """Whether nothing may be dialed ahead at present, whatever the allowance."""
        if self._heard_at is not None and now - self._heard_at > STALE_SECONDS:
            return True
        return self._no_overdial_until is not None and now < self._no_overdial_until

    def leaving_by(self, now: float, point: int) -> int:
        """Idle agents who by the roster will be gone when a call launched now is answered at this point."""
        by = now + self.ring.points[point] + self.analysis_seconds
        return sum(agent in self._leaves and self._leaves[agent] <= by for agent in self.floor.idle)

    def risk(self, now: float, n: int = 1) -> float:
        """Chance that the n-th additional call would be abandoned if a person answers it."""
        self.prepare(now)
        return self._forecast(now).risk(n)

    def prepare(self, now: float) -> None:
        """Before anything is asked of this moment: write off lost calls, let cohorts mature, renew tables when due."""
        self.floor.tidy(now)
        self._refresh(now)

    def live_by(self, now: float, seconds: float) -> Demand:
        """Calls in flight that become live within so many seconds; and the chance of it for a call launched now.

        What `Outlook.demand` says of its answer points, for a moment that is not one of them: another campaign's.
        """
        rate, live = self.answer_rate(now), self.analysis_live
        mean = self.floor.in_analysis * live
        variance = mean * (1 - live)
        answered = seconds - self.analysis_seconds
        for cohort in self.rate.cohorts:
            if cohort.ringing > 0:
                r = min(HIGHEST_REACH, rate * self.ring.answers_within(now - cohort.at, answered))
                mean += cohort.ringing * r
                variance += cohort.ringing * r * (1 - r)
        return Demand(mean, variance * self.dispersion.factor, rate * self.ring.arrived(answered))

    def _forecast(self, now: float) -> Forecast:
        return Forecast(self.outlook(now), len(ANSWER_POINTS), len(self.free_by[0]))

    @property
    def knows_roster(self) -> bool:
        """Whether it was told of any agent when they will leave."""
        return bool(self._leaves)

    def outlook(self, now: float) -> Outlook:
        """What is expected of agents and calls at this moment."""
        return _Outlook(self, now)

    def coming_free(self, now: float, free_by: FreeBy) -> tuple[float, float]:
        """Mean and variance of the number of busy agents who are free by then."""
        return _coming_free(free_by, _busy_for(self.floor, now, self.floor.leaving))

    def who_leaves(self, now: float, point: int) -> Set[AgentId]:
        """Agents who will not take a call launched now and answered at this point: flagged, or gone by the roster."""
        if not self._leaves:
            return self.floor.leaving
        by = now + self.ring.points[point] + self.analysis_seconds + self.config.tab
        return self.floor.leaving | {agent for agent, at in self._leaves.items() if at <= by}

    def _refresh(self, now: float) -> None:
        """Let cohorts mature, and rebuild the tables when due, a part in each decision to keep every one short."""
        if self._began is None:
            self._began = self._rebuilt = now
            if self._just_restored:
                self._no_overdial_until = now + self.config.maxring
            self._to_rebuild = []
            for part in REBUILD_PARTS:
                self._rebuild(part, now)
        self.rate.mature(now, self._mature_seconds + self.analysis_seconds)
        at_first = now - self._began < AT_FIRST_SECONDS
        if not self._to_rebuild and now - self._rebuilt >= (REBUILD_SECONDS_AT_FIRST if at_first else REBUILD_SECONDS):
            self._rebuilt = now
            self._to_rebuild = list(reversed(REBUILD_PARTS))
        if self.dispersion.is_due(now):
            rate = self.answer_rate(now)
            self.dispersion.end(now, self.rate.heard, rate)
        if self._to_rebuild:
            self._rebuild(self._to_rebuild.pop(), now)

    def _rebuild(self, part: int | str, now: float) -> None:
        """Renew the ring curves, the curves of talk and wrap-up, or the chances to be free by an answer point."""
        if part == "ring":
            self.ring.rebuild((now - cohort.at, cohort.ringing) for cohort in self.rate.cohorts if cohort.ringing > 0)
            self._mature_seconds = self.ring.within(MATURE_SHARE)
            # By other curves another part of the dials has been heard of: what was expected begins anew.
            rate = self.answer_rate(now)
            self.dispersion.begin(now, self.rate.heard, rate)
        elif part == "busy":
            self.talk.rebuild([max(0.0, now - began) for began in self.floor.talk.values()])
            self.wrap.rebuild([max(0.0, now - began) for began in self.floor.wrap.values()])
        else:
            k = int(part)
            answered = self.ring.points[k] + self.analysis_seconds
            self.free_by[k] = [
                (weight, FreeBy(self.talk.curve, self.wrap.curve, answered + offset))
                for offset, weight in waiting_offsets(self.config.tab, self.hang_ups / self.waiting_seconds)
            ]

    # --------------------------------------------------------- FloorListener

    def launched(self, call: Call) -> None:
        """A call was sent."""
        call.tag = self.rate.launched(call.launched_at)

    def withdrawn(self, call: Call) -> None:
        """A call was never placed: it says nothing about answers."""
        self.rate.withdrawn(_cohort(call))

    def ring_over(self, call: Call, now: float, *, answered: bool) -> None:
        """Ringing ended in an answer or any other result."""
        _cohort(call).ringing -= 1
        self.ring.ring_over(now - call.launched_at)

    def ring_lost(self, call: Call) -> None:
        """A ringing call was written off: no longer expected, and no ring time learned."""
        _cohort(call).ringing -= 1

    def judged(self, call: Call, now: float, *, live: bool) -> None:
        """An answered call was found to be a waiting person, or not."""
        answered_at = now if call.answered_at is None else call.answered_at
        if self.config.amd:
            self.analysis_live += ANALYSIS_MEMORY * (live - self.analysis_live)
        if live:
            if self.config.amd:
                self.analysis_seconds += ANALYSIS_MEMORY * (max(0.0, now - answered_at) - self.analysis_seconds)
            self.rate.found_live(_cohort(call))
            self.dispersion.found_live()
            self.ring.answered_live(answered_at - call.launched_at)

    def settled(self, now: float, waited: float, *, connected: bool, by_caller: bool) -> None:
        """A live call was bridged or abandoned."""
        self.budget.settled(now, abandoned=not connected)
        self.waiting_seconds += waited
        self.hang_ups += by_caller

    def talk_over(self, seconds: float) -> None:
        """A conversation ended."""
        self.talk.add(seconds)

    def wrap_over(self, seconds: float) -> None:
        """A wrap-up ended."""
        self.wrap.add(seconds)


class _Outlook:
    """What a pacer expects at one moment, worked out as far as it is asked for."""

    __slots__ = ("_busy", "_pacer", "_ringing", "ahead", "answer_rate")

    def __init__(self, pacer: PredictivePacer, now: float) -> None:
        floor = pacer.floor
        self._pacer = pacer
        points = range(len(ANSWER_POINTS))
        ahead = floor.idle_count - floor.waiting
        if pacer.knows_roster:
            # Who is there differs from answer point to answer point.
            self.ahead = [ahead - pacer.leaving_by(now, k) for k in points]
            self._busy = [_busy_for(floor, now, pacer.who_leaves(now, k)) for k in points]
        else:
            self.ahead = [ahead] * len(points)
            self._busy = [_busy_for(floor, now, floor.leaving)] * len(points)
        self.answer_rate = pacer.answer_rate(now)
        last_age = len(pacer.ring.over)
        ringing = []
        for cohort in pacer.rate.cohorts:
            calls = cohort.ringing
            if calls > 0:
                age = int((now - cohort.at) / RING_BIN)
                ringing.append((age if 0 <= age <= last_age else max(0, min(age, last_age)), calls))
        self._ringing = ringing

    def supply(self, point: int, moment: int) -> Supply:
        """See `Outlook`."""
        weight, free_by = self._pacer.free_by[point][moment]
        return Supply(weight, *_coming_free(free_by, self._busy[point]))

    def demand(self, point: int) -> Demand:
        """See `Outlook`."""
        pacer, rate = self._pacer, self.answer_rate
        live = pacer.analysis_live
        mean = pacer.floor.in_analysis * live
        variance = mean * (1 - live)
        reach = pacer.ring.reach[point]
        for age, calls in self._ringing:
            r = rate * reach[age]
            if r > HIGHEST_REACH:
                r = HIGHEST_REACH
            some = calls * r
            mean += some
            variance += some * (1 - r)
        return Demand(mean, variance * pacer.dispersion.factor, rate * ANSWER_POINTS[point])


def _coming_free(free_by: FreeBy, busy: list[int]) -> tuple[float, float]:
    """Mean and variance of the number of agents who are free by then, of those that `_busy_for` found."""
    chances = free_by.chances
    free = [chances[i] for i in busy]
    mean = sum(free)
    return mean, mean - sum(map(mul, free, free))


def _busy_for(floor: Floor, now: float, leaving: Set[AgentId]) -> list[int]:
    """How long each agent has been talking or wrapping up, as indexes of `FreeBy.chances`.

    Those who will not come back are left out.
    """
    talking, wrapping = TALKING, WRAPPING
    if leaving:
        busy = [talking[int(now - began)] for agent, began in floor.talk.items() if agent not in leaving]
        return busy + [wrapping[int(now - began)] for agent, began in floor.wrap.items() if agent not in leaving]
    busy = [talking[int(now - began)] for began in floor.talk.values()]
    if floor.wrap:
        busy += [wrapping[int(now - began)] for began in floor.wrap.values()]
    return busy


_EXTRA: dict[str, Callable[[PredictivePacer, float, Mapping[str, Any]], None]] = {
    "leads": PredictivePacer._leads,
    "list_changed": PredictivePacer._list_changed,
    "roster": PredictivePacer._roster,
    "heartbeat": PredictivePacer._heartbeat,
    "clock": PredictivePacer._clock,
    "settings": PredictivePacer._settings,
    "look": PredictivePacer._look,
}


def _cohort(call: Call) -> Cohort:
    cohort: Cohort = call.tag
    return cohort
