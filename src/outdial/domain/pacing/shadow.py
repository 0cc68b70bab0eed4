"""Progressive dialing with the predictive pacer beside it, which only watches: how well does it know this campaign?

Before a campaign is dialed ahead for the first time, it can be seen whether what the predictive pacer expects comes
true: answers, when they come, agents coming free, and abandoned calls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from outdial.domain.pacing.base import AgentId, CallId, PacerConfig, State
from outdial.domain.pacing.floor import NOT_PLACED
from outdial.domain.pacing.hazards import TALKING, WRAPPING, FreeBy
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.domain.pacing.risk import waiting_offsets

QUARTERS: Final = (0.25, 0.5, 0.75)
BINS: Final = 10
SAMPLE_SECONDS: Final = 5.0
"""How often it is noted who is expected to come free."""
REMEMBER_SECONDS: Final = 600.0
MOST_SETTLING: Final = 1000
"""Live calls that can wait for an agent at one time, and more."""
LAST_DECISIONS: Final = 50
FREE_POINT: Final = 1
"""The answer point whose moment is taken for whether agents come free."""
FEW_ABANDONED: Final = 5.0
"""With fewer abandoned calls expected and seen, their ratio says nothing."""


@dataclass(slots=True)
class Bin:
    """Forecasts of about the same chance: how many, the sum of their chances, and how many came true."""

    count: int = 0
    expected: float = 0.0
    seen: int = 0


class Reliability:
    """Forecasts of yes or no, by their chance in tenths."""

    def __init__(self) -> None:
        self.bins = [Bin() for _ in range(BINS)]

    def add(self, chance: float, *, came: bool) -> None:
        """One forecast whose end is known."""
        one = self.bins[min(BINS - 1, int(chance * BINS))]
        one.count += 1
        one.expected += chance
        one.seen += came

    def state(self) -> list[list[float]]:
        """As JSON values."""
        return [[one.count, one.expected, one.seen] for one in self.bins]

    def restore(self, state: list[list[float]]) -> None:
        """Take up what was stored."""
        self.bins = [Bin(int(count), float(expected), int(seen)) for count, expected, seen in state]


@dataclass(slots=True)
class _Awaited:
    """A call of which it is not known yet whether it is live: what was expected of it at its launch."""

    at: float
    chance: float
    quarters: tuple[float, ...]
    risk: float
    answered_at: float | None = None


@dataclass(slots=True)
class _Coming:
    """An agent who was busy: expected to be free by then with this chance."""

    by: float
    chance: float


@dataclass(slots=True)
class Calibration:
    """What the shadow expected and what came.

    Attributes:
        answers: chance that a launched call is a live one.
        quarters: live answers within each quarter of the expected time to answer: a quarter each, if it is known well.
        agents: chance that a busy agent is free by the time a call launched now would want one.
        risk: sum of the chances, at their launch, that the live calls would be abandoned.
        abandoned: live calls that were.
        live: live calls whose end is known.
        decisions, launched, wanted: of the live pacer and of the shadow beside it.
        last: the latest decisions: seconds, room, calls launched, calls the shadow would have launched, the risk of
            the next call, and the risk it would have allowed.
    """

    answers: Reliability = field(default_factory=Reliability)
    quarters: list[int] = field(default_factory=lambda: [0] * (len(QUARTERS) + 1))
    agents: Reliability = field(default_factory=Reliability)
    risk: float = 0.0
    abandoned: int = 0
    live: int = 0
    decisions: int = 0
    launched: int = 0
    wanted: int = 0
    last: deque[tuple[float, int, int, int, float, float]] = field(default_factory=lambda: deque(maxlen=LAST_DECISIONS))

    def state(self) -> State:
        """As JSON values."""
        return {
            "answers": self.answers.state(),
            "quarters": self.quarters,
            "agents": self.agents.state(),
            "risk": self.risk,
            "abandoned": self.abandoned,
            "live": self.live,
            "decisions": self.decisions,
            "launched": self.launched,
            "wanted": self.wanted,
            "last": [list(one) for one in self.last],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what was stored."""
        self.answers.restore(state["answers"])
        self.agents.restore(state["agents"])
        self.quarters = [int(n) for n in state["quarters"]]
        self.risk = float(state["risk"])
        self.abandoned, self.live = int(state["abandoned"]), int(state["live"])
        self.decisions, self.launched = int(state["decisions"]), int(state["launched"])
        self.wanted = int(state["wanted"])
        self.last = deque(((one[0], *map(int, one[1:4]), *one[4:]) for one in state["last"]), maxlen=LAST_DECISIONS)

    @property
    def ratio(self) -> float | None:
        """Abandoned calls seen / expected; None while both are few."""
        if self.risk < FEW_ABANDONED and self.abandoned < FEW_ABANDONED:
            return None
        return self.abandoned / max(self.risk, 1e-9)


class ShadowPacer:
    """Decides as the progressive pacer; the predictive one hears and is asked everything, and launches nothing."""

    reactive = True

    def __init__(self) -> None:
        self.live, self.shadow = ProgressivePacer(), PredictivePacer()
        self.calibration = Calibration()
        self._forget()

    def _forget(self) -> None:
        self._calls: dict[CallId, _Awaited] = {}
        self._settling: dict[CallId, float] = {}
        self._coming: dict[AgentId, _Coming] = {}
        self._sampled = float("-inf")

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh with these settings, forgetting everything."""
        self.live.start(cfg)
        self.shadow.start(cfg)
        self.calibration = Calibration()
        self._forget()

    def event(self, now: float, kind: str, **info: Any) -> None:
        """Take note of one fact (see `Pacer`)."""
        self._compare(now, kind, info)
        self.live.event(now, kind, **info)
        self.shadow.event(now, kind, **info)

    def decide(self, now: float, room: int) -> int:
        """What the progressive pacer launches."""
        calls = self.live.decide(now, room)
        wanted = self.shadow.decide(now, room)
        seen = self.calibration
        seen.decisions += 1
        seen.launched += calls
        seen.wanted += wanted
        if calls or wanted:
            risk, allowed = self.shadow.risk(now, max(1, wanted)), self.shadow.threshold(now)
            seen.last.append((round(now, 3), room, calls, wanted, round(risk, 6), round(allowed, 6)))
        if now >= self._sampled + SAMPLE_SECONDS:
            self._sampled = now
            self._sample(now)
        return calls

    def state(self) -> State:
        """What the shadow learned, to be dialed by one day, and how well it foresaw."""
        return {**self.shadow.state(), "calibration": self.calibration.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a stored state, of this pacer or of the predictive one."""
        self.shadow.restore(state)
        if "calibration" in state:
            self.calibration.restore(state["calibration"])

    # ------------------------------------------------------------------------------------------------------------

    def _compare(self, now: float, kind: str, info: Mapping[str, Any]) -> None:
        call_id = info.get("call")
        if kind in ("idle", "connected", "logout"):
            self._heard_of(now, kind, info.get("agent"))
        match kind:
            case "launched" if call_id is not None and call_id not in self._calls:
                self._expect(now, call_id)
            case "answered" if (call := self._calls.get(call_id)) is not None:
                call.answered_at = now
            case "verdict" if (call := self._calls.pop(call_id, None)) is not None:
                live = bool(info.get("live"))
                self.calibration.answers.add(call.chance, came=live)
                if live:
                    ringing = (now if call.answered_at is None else call.answered_at) - call.at
                    self.calibration.quarters[sum(ringing > limit for limit in call.quarters)] += 1
                    self._settling[call_id] = call.risk
                    if len(self._settling) > MOST_SETTLING:
                        del self._settling[next(iter(self._settling))]
            case "ended" if (call := self._calls.pop(call_id, None)) is not None:
                if info.get("result") not in NOT_PLACED:
                    self.calibration.answers.add(call.chance, came=False)
            case "connected" | "abandoned":
                risk = self._settling.pop(call_id, None)
                if risk is not None:
                    self.calibration.live += 1
                    self.calibration.risk += risk
                    self.calibration.abandoned += kind == "abandoned"

    def _expect(self, now: float, call_id: CallId) -> None:
        shadow = self.shadow
        quarters = tuple(shadow.ring.within(share) for share in QUARTERS)
        # Calls launched at one moment are seen by the pacer one after the other: each is the next one.
        self._calls[call_id] = _Awaited(now, shadow.answer_rate(now), quarters, shadow.risk(now))
        while self._calls and now - next(iter(self._calls.values())).at > REMEMBER_SECONDS:
            del self._calls[next(iter(self._calls))]  # nobody will tell what became of it

    def _sample(self, now: float) -> None:
        """Note who is expected to come free by when, and settle what was expected of those who did not."""
        floor = self.shadow.floor
        for agent in [agent for agent, one in self._coming.items() if one.by <= now]:
            self.calibration.agents.add(self._coming.pop(agent).chance, came=False)
        wait, free_by = self._soon()
        for busy, places in ((floor.talk, TALKING), (floor.wrap, WRAPPING)):
            for agent, since in busy.items():
                if agent not in floor.leaving and agent not in self._coming:
                    self._coming[agent] = _Coming(now + wait, free_by.chances[places[int(now - since)]])

    def _soon(self) -> tuple[float, FreeBy]:
        """Seconds until a call launched now would want an agent at the latest, and the chances to be free by then."""
        shadow, config = self.shadow, self.shadow.config
        _, free_by = shadow.free_by[FREE_POINT][0]
        offset, _ = waiting_offsets(config.tab, shadow.hang_ups / shadow.waiting_seconds)[0]
        return shadow.ring.points[FREE_POINT] + shadow.analysis_seconds + offset, free_by

    def _heard_of(self, now: float, kind: str, agent: AgentId) -> None:
        """An agent of whom something was expected came free, in time or not, or left."""
        one = self._coming.pop(agent, None)
        if one is not None and kind != "logout":
            self.calibration.agents.add(one.chance, came=now <= one.by)
