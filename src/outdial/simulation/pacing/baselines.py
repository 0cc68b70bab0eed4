"""What other dialers do, each from its published formula, behind the interface of our own pacers.

They are re-implementations to compare with, not the products: where a source leaves something open, the docstring
says how it is read here. Symbols in the formulas: I idle agents, W live calls that wait, L calls in flight (those in
analysis included), H mean talk and wrap-up, p live calls per launch, a the abandonment cap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from math import exp, expm1, inf, lgamma, log, log1p
from typing import Any, Final

from outdial.domain.pacing.answer_rate import AnswerRate
from outdial.domain.pacing.base import Pacer, PacerConfig, State
from outdial.domain.pacing.floor import Call, Floor, FloorListener
from outdial.domain.pacing.hazards import RingTable
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.domain.pacing.risk import most_within
from outdial.simulation.pacing.oracles import OraclePacer


class Watcher(FloorListener):
    """The plain counts and averages that these formulas are made of.

    Attributes:
        launched_calls, live, connected, abandoned: calls so far.
        talks: conversations that ended; `handling_seconds` is the time spent in them and in wrap-up.
        delay_seconds: from launch to the verdict, summed over `live` calls.
    """

    def __init__(self) -> None:
        self.launched_calls = self.live = self.connected = self.abandoned = self.talks = 0
        self.handling_seconds = self.delay_seconds = 0.0

    @property
    def handling(self) -> float:
        """H in seconds; endless before the first conversation ended."""
        return max(self.handling_seconds / self.talks, 1e-9) if self.talks else inf

    @property
    def delay(self) -> float:
        """Mean seconds from launch to a live verdict; 0 before the first."""
        return self.delay_seconds / max(1, self.live)

    @property
    def abandonment(self) -> float:
        """Abandoned / (abandoned + connected) so far, a fraction."""
        return self.abandoned / max(1, self.abandoned + self.connected)

    def launched(self, call: Call) -> None:
        """A call was sent."""
        self.launched_calls += 1

    def withdrawn(self, call: Call) -> None:
        """A call was never placed."""
        self.launched_calls -= 1

    def judged(self, call: Call, now: float, *, live: bool) -> None:
        """An answered call was found to be a person, or not."""
        if live:
            self.live += 1
            self.delay_seconds += now - call.launched_at

    def settled(self, now: float, waited: float, *, connected: bool, by_caller: bool) -> None:
        """A live call was bridged or abandoned."""
        if connected:
            self.connected += 1
        else:
            self.abandoned += 1

    def talk_over(self, seconds: float) -> None:
        """A conversation ended."""
        self.talks += 1
        self.handling_seconds += seconds

    def wrap_over(self, seconds: float) -> None:
        """A wrap-up ended."""
        self.handling_seconds += seconds


class _Baseline:
    """What the baselines share: a floor, counts, and a decision every `every` seconds (0: at each event)."""

    every: float = 1.0

    def __init__(self) -> None:
        self.reactive = self.every == 0
        self.start(PacerConfig())

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh with these settings."""
        self.config = PacerConfig.of(cfg)
        self.seen = self._watcher()
        self.floor = Floor(self.config, self.seen)
        self._due: float | None = None

    def event(self, now: float, kind: str, **info: Any) -> None:
        """Take note of one fact (see `Pacer`)."""
        self.floor.event(now, kind, info)

    def decide(self, now: float, room: int) -> int:
        """The formula's number within 0..room, and 0 between two moments at which the product would act."""
        self.floor.tidy(now)
        self._notice(now)
        if self._due is None:
            self._due = now
        if now < self._due:
            return 0
        # The pace is kept on average where decisions come on another grid than the product's.
        self._due = max(self._due + self.every, now)
        return max(0, min(room, self._wanted(now, room)))

    def state(self) -> State:
        """A baseline lives for one shift: nothing is kept."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing to take up."""

    def _watcher(self) -> Watcher:
        return Watcher()

    def _notice(self, now: float) -> None:
        """What is sampled at each decision, due or not."""

    def _wanted(self, now: float, room: int) -> int:
        raise NotImplementedError

    def _uncovered(self, agents: float) -> int:
        """Calls missing for so many agents: less those in flight and those waiting."""
        return int(agents) - self.floor.in_flight - self.floor.waiting


class RatioPacer(_Baseline):
    """So many calls per idle agent, at each event: floor(r I) - L - W (WombatDialer's boost factor)."""

    every = 0.0

    def __init__(self, ratio: float) -> None:
        if not 1 <= ratio <= 100:
            raise ValueError("a ratio is 1 to 100 calls per idle agent")
        self.ratio = ratio
        super().__init__()

    def _wanted(self, now: float, room: int) -> int:
        return self._uncovered(self.ratio * self.floor.idle_count)


class VicidialMethod(Enum):
    """What VICIdial does to the dial level once too many calls were dropped today."""

    HARD_LIMIT = "hard-limit"
    AVERAGE = "average"
    TAPERED = "tapered"


class VicidialPacer(_Baseline):
    """VICIdial's adaptive dial level (`AST_VDadapt.pl`, `AST_VDauto_dial.pl`), intensity and idle target 0.

    Every 2.5 s: lines up to round(level (ready + in call)). Every 15 s: level (1 + d), where d is the mean over 15 s
    of ready agents less waiting calls, by mean agents signed in. Then, by counts that are renewed each minute: the
    level is halved after a minute with more than 20 calls, over half of them dropped; and after more than 50 calls
    today with a drop rate above the cap the method cuts it. Agents in wrap-up are on pause and do not count.

    Args:
        hours: length of the shift, for TAPERED: its latest time is the end of a shift that began at 9:00.
    """

    every = 2.5
    SAMPLE_SECONDS: Final = 1.0
    ADAPT_SECONDS: Final = 15.0
    STATISTICS_SECONDS: Final = 60.0
    BEGINS_AT_HOUR: Final = 9

    def __init__(self, method: VicidialMethod, hours: float = 8.0, max_level: float = 3.0) -> None:
        self.method, self.hours, self.max_level = method, hours, max_level
        super().__init__()

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh, at level 1."""
        super().start(cfg)
        self.level = 1.0
        self._began: float | None = None
        self._samples: list[tuple[int, int, int]] = []
        self._next_sample = self._next_adaptation = self._next_statistics = -inf
        self._before = self._today = (0, 0, 0)

    def _wanted(self, now: float, room: int) -> int:
        floor = self.floor
        talking = len(floor.talk)
        goal = int(self.level * (floor.idle_count + talking) + 0.5)
        return self._uncovered(goal) - talking

    def _notice(self, now: float) -> None:
        floor = self.floor
        if self._began is None:
            self._began = now
            self._next_sample = now
            self._next_adaptation = now + self.ADAPT_SECONDS
            self._next_statistics = now + self.STATISTICS_SECONDS
        if now >= self._next_sample:
            self._next_sample += self.SAMPLE_SECONDS
            signed_in = floor.idle_count + len(floor.talk) + len(floor.wrap)
            self._samples.append((floor.idle_count, floor.waiting, signed_in))
        if now >= self._next_statistics:
            self._next_statistics += self.STATISTICS_SECONDS
            seen = self.seen
            self._before, self._today = self._today, (seen.launched_calls, seen.connected, seen.abandoned)
        if now >= self._next_adaptation:
            self._next_adaptation += self.ADAPT_SECONDS
            self._adapt(now - self._began)

    def _adapt(self, elapsed: float) -> None:
        ready, waiting, signed_in = (sum(column) for column in zip(*self._samples, strict=True))
        self._samples.clear()
        level = self.level * (1 + (ready - waiting) / max(1, signed_in))
        level = min(self.max_level, max(1.0, level))
        calls, connected, drops = self._today
        last_calls, last_drops = calls - self._before[0], drops - self._before[2]
        if last_calls > 20 and last_drops > 0.5 * last_calls:
            level /= 2
        if calls > 50 and drops > self.config.cap * (drops + connected):
            level = self.cut(level, elapsed)
        self.level = max(1.0, level)

    def cut(self, level: float, elapsed: float) -> float:
        """The level after too many drops today, so many seconds into the shift."""
        if self.method is VicidialMethod.HARD_LIMIT:
            return 1.0
        if self.method is VicidialMethod.AVERAGE:
            return level / 2
        # Times of day are subtracted as the numbers they are written with, 1700 - 1630 = 70, as the original does.
        left = _hhmm(self.BEGINS_AT_HOUR, self.hours * 3600) - _hhmm(self.BEGINS_AT_HOUR, elapsed)
        return level * min(1.0, left / 1000) if left > 0 else 1.0


def _hhmm(hour: int, seconds: float) -> int:
    minutes = int(seconds // 60)
    return (hour + minutes // 60) * 100 + minutes % 60


class IssabelPacer(_Baseline):
    """Issabel's `Predictor.class.php`: idle agents and those about to end a call, by the answer ratio.

    Every 3 s: n = I + #{talking: 1 - exp(-(answer delay + elapsed) / H) >= 0.97} - W - L, agents who talk being
    counted only after 10 conversations; if n > 0, round(n / max(answer ratio, 0.2)) calls. The test asks how long the
    whole call lasts, not what is left of it, so that it seldom fires. Read here: the answer ratio is live calls per
    launch so far, and 1 until 10 conversations ended.
    """

    every = 3.0
    SERVICE: Final = 0.97
    LOWEST_ANSWER_RATIO: Final = 0.20
    ENOUGH_TALKS: Final = 10

    def _wanted(self, now: float, room: int) -> int:
        seen, floor = self.seen, self.floor
        if seen.talks < self.ENOUGH_TALKS:
            return self._uncovered(floor.idle_count)
        delay, handling = seen.delay, seen.handling
        ending = sum(1 - exp(-(delay + now - began) / handling) >= self.SERVICE for began in floor.talk.values())
        wanted = self._uncovered(floor.idle_count + ending)
        ratio = max(seen.live / max(1, seen.launched_calls), self.LOWEST_ANSWER_RATIO)
        return int(wanted / ratio + 0.5) if wanted > 0 else 0


class WebitelPacer(_Baseline):
    """Webitel's over-dial (`cc_wrap_over_dial`): launches per live call, scaled by the distance to the limit.

    Every 30 s over the last 60 minutes: over = launched / live; with c % abandoned and the limit m %, over = 1 from
    c >= m on, else over + over (m - c) 10 / 100. Each second floor(over I) - L - W calls (how its view is used is
    our reading); one per agent in the first 30 calls.
    """

    every = 1.0
    RENEW_SECONDS: Final = 30.0
    WINDOW_SECONDS: Final = 3600.0
    FIRST_CALLS: Final = 30

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh, with one call per agent."""
        super().start(cfg)
        self.over = 1.0
        self._next_renewal = -inf
        self._past: deque[tuple[float, int, int, int, int]] = deque()

    def _notice(self, now: float) -> None:
        if now < self._next_renewal:
            return
        self._next_renewal = now + self.RENEW_SECONDS
        seen = self.seen
        counts = (seen.launched_calls, seen.live, seen.connected, seen.abandoned)
        self._past.append((now, *counts))
        while self._past[0][0] < now - self.WINDOW_SECONDS:
            self._past.popleft()
        _, *before = self._past[0]
        launched, live, connected, abandoned = (n - past for n, past in zip(counts, before, strict=True))
        self.over = 1.0
        if seen.launched_calls > self.FIRST_CALLS:
            percent, limit = 100 * abandoned / max(1, abandoned + connected), 100 * self.config.cap
            if percent < limit:
                over = launched / max(1, live)
                self.over = max(1.0, over + over * (limit - percent) * 10 / 100)

    def _wanted(self, now: float, room: int) -> int:
        return self._uncovered(self.over * self.floor.idle_count)


class _UnbiasedWatcher(Watcher):
    """Learns p as our own pacer does: from launches, not from the calls that happened to end first."""

    RENEW_SECONDS: Final = 30.0
    MATURE_SHARE: Final = 0.97

    def __init__(self, config: PacerConfig) -> None:
        super().__init__()
        self.rate = AnswerRate()
        self.ring = RingTable(config.maxring)
        self.analysis_seconds = 1.6 if config.amd else 0.0
        self._amd = config.amd
        self._rebuilt = -inf

    def answer_rate(self, now: float) -> float:
        """Live calls per launch, a fraction."""
        if now - self._rebuilt >= self.RENEW_SECONDS:
            self._rebuilt = now
            self.ring.rebuild((now - cohort.at, cohort.ringing) for cohort in self.rate.cohorts if cohort.ringing > 0)
        delay = self.analysis_seconds
        self.rate.mature(now, self.ring.within(self.MATURE_SHARE) + delay)
        return self.rate.estimate(now, self.ring.arrived, delay)

    def launched(self, call: Call) -> None:
        """A call was sent."""
        super().launched(call)
        call.tag = self.rate.launched(call.launched_at)

    def withdrawn(self, call: Call) -> None:
        """A call was never placed."""
        super().withdrawn(call)
        self.rate.withdrawn(call.tag)

    def ring_over(self, call: Call, now: float, *, answered: bool) -> None:
        """Ringing ended."""
        call.tag.ringing -= 1
        self.ring.ring_over(now - call.launched_at)

    def ring_lost(self, call: Call) -> None:
        """A ringing call was written off."""
        call.tag.ringing -= 1

    def judged(self, call: Call, now: float, *, live: bool) -> None:
        """An answered call was found to be a person, or not."""
        super().judged(call, now, live=live)
        if live:
            answered_at = now if call.answered_at is None else call.answered_at
            if self._amd:
                self.analysis_seconds += (now - answered_at - self.analysis_seconds) / 50
            self.rate.found_live(call.tag)
            self.ring.answered_live(answered_at - call.launched_at)


class BinomialPacer(_Baseline):
    """The textbook's: as many calls as keep the expected abandonment of the next moments within the cap.

    v = I - W + (talking + wrapping) (1 - exp(-(mean answer delay + timeout) / H)) agents are taken to be free when
    the answers come; launched is the largest n with E[(B - v)+] / E[B] <= a, where B ~ Binomial(L + n, p).

    Args:
        feedback: after 20 live calls a is replaced by a clip(a / measured abandonment, 0.1, 4).
    """

    every = 1.0
    FEEDBACK_AFTER: Final = 20
    LEAST, MOST = 0.1, 4.0

    def __init__(self, *, feedback: bool = False) -> None:
        self.feedback = feedback
        super().__init__()

    def _watcher(self) -> Watcher:
        self._unbiased = _UnbiasedWatcher(self.config)
        return self._unbiased

    def limit(self) -> float:
        """The expected abandonment allowed at present, a fraction."""
        cap, seen = self.config.cap, self.seen
        if not self.feedback or seen.abandoned + seen.connected < self.FEEDBACK_AFTER:
            return cap
        factor = cap / seen.abandonment if seen.abandoned else self.MOST
        return cap * min(self.MOST, max(self.LEAST, factor))

    def available(self) -> float:
        """v: agents expected to be free when calls launched now are answered."""
        seen, floor = self.seen, self.floor
        busy = len(floor.talk) + len(floor.wrap)
        return floor.idle_count - floor.waiting + busy * -expm1(-(seen.delay + self.config.tab) / seen.handling)

    def _wanted(self, now: float, room: int) -> int:
        p, v, limit, in_flight = self._unbiased.answer_rate(now), self.available(), self.limit(), self.floor.in_flight
        return most_within(0, max(0, room), lambda n: expected_abandonment(in_flight + n, p, v) <= limit)


def expected_abandonment(calls: int, p: float, available: float) -> float:
    """E[(B - v)+] / E[B] for B ~ Binomial(calls, p): the share of live calls that find none of `available` agents."""
    if available >= calls:
        return 0.0
    mean = calls * p
    if available < 0:
        return 1 - available / mean
    # E[(B - v)+] = E[B] - v + E[(v - B)+]: the lower tail is the shorter sum. It starts at its largest probability,
    # by logarithm, since that of no answer at all may be too small for a float.
    k = int(available)
    q = exp(lgamma(calls + 1) - lgamma(k + 1) - lgamma(calls - k + 1) + k * log(p) + (calls - k) * log1p(-p))
    tail = 0.0
    while k >= 0 and q > 0:
        tail += (available - k) * q
        q *= k * (1 - p) / ((calls - k + 1) * p)
        k -= 1
    return max(0.0, mean - available + tail) / mean


_PLAIN: Final[Mapping[str, Callable[[float], Pacer]]] = {
    "predictive": lambda hours: PredictivePacer(),
    "progressive": lambda hours: ProgressivePacer(),
    "vicidial-hard-limit": lambda hours: VicidialPacer(VicidialMethod.HARD_LIMIT, hours),
    "vicidial-average": lambda hours: VicidialPacer(VicidialMethod.AVERAGE, hours),
    "vicidial-tapered": lambda hours: VicidialPacer(VicidialMethod.TAPERED, hours),
    "issabel": lambda hours: IssabelPacer(),
    "webitel": lambda hours: WebitelPacer(),
    "binomial": lambda hours: BinomialPacer(),
    "binomial-feedback": lambda hours: BinomialPacer(feedback=True),
    "oracle-agents": lambda hours: OraclePacer(agents=True),
    "oracle-calls": lambda hours: OraclePacer(calls=True),
    "oracle-both": lambda hours: OraclePacer(agents=True, calls=True),
}
PACER_NAMES: Final = (*_PLAIN, "ratio:R")
"""What `pacer_named` knows; R is calls per idle agent, such as 2 or 1.5."""


def pacer_named(name: str, hours: float = 8.0) -> Pacer:
    """A new pacer by its name.

    Args:
        hours: length of the shift it is for; one method of VICIdial wants to know.

    Raises:
        ValueError: there is none of that name.
    """
    if name in _PLAIN:
        return _PLAIN[name](hours)
    kind, _, ratio = name.partition(":")
    if kind == "ratio":
        try:
            return RatioPacer(float(ratio))
        except ValueError:
            pass
    raise ValueError(f"no pacer is called {name!r}: there are {', '.join(PACER_NAMES)}")
