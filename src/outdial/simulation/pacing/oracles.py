"""Our pacer with knowledge nobody can have: what the same rule would do if it knew agents' or calls' future.

They measure how far uncertainty, and not the rule, keeps agents idle. They are strong references rather than strict
bounds: the rule itself is not the best one for somebody who knows.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import Any

from outdial.domain.pacing.base import PacerConfig
from outdial.domain.pacing.floor import Call
from outdial.domain.pacing.hazards import FreeBy
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.risk import Demand, Forecast, Outlook, Supply, waiting_offsets
from outdial.simulation.pacing.world import Future


class OraclePacer(PredictivePacer):
    """The predictive pacer, told when agents will be free, what becomes of calls, or both.

    Args:
        agents: it knows when every busy agent will be ready.
        calls: it knows of every lead, also of those not dialed yet, whether and when it will be live. Leads that will
            not be live are then launched as far as there is room.
    """

    def __init__(self, *, agents: bool = False, calls: bool = False) -> None:
        self.knows_agents, self.knows_calls = agents, calls
        self._future: Future | None = None
        self._coming: dict[Any, float] = {}
        super().__init__()

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh; what was `shown` is still known."""
        self._coming = {}
        super().start(cfg)

    def shown(self, future: Future) -> None:
        """Let it see the future."""
        self._future = future

    def launched(self, call: Call) -> None:
        """A call was sent: its fate is looked up."""
        super().launched(call)
        if self.knows_calls and self._future is not None and isinstance(call.id, int):
            fate = self._future.fate(call.id, call.launched_at)
            if fate.live:
                self._coming[call.id] = fate.known_at

    def judged(self, call: Call, now: float, *, live: bool) -> None:
        """A call came live, or not: it is no longer expected."""
        super().judged(call, now, live=live)
        self._coming.pop(call.id, None)

    def decide(self, now: float, room: int) -> int:
        """How many calls to launch now, 0..room."""
        if not self.knows_calls or self._future is None:
            return super().decide(now, room)
        self.prepare(now)
        threshold = self.threshold(now)
        coming = sorted(self._coming.values())
        n = 0
        while n < room:
            fate = self._future.fate(self._future.next_lead + n, now)
            if fate.live:
                # It takes an agent from those who answer later, too: all of them must be safe enough with it.
                insort(coming, fate.known_at)
                place = bisect_left(coming, fate.known_at)
                if any(self._risk_at(now, coming[i], i) > threshold for i in range(place, len(coming))):
                    break
            n += 1
        return n

    def _risk_at(self, now: float, at: float, earlier: int) -> float:
        """Chance that somebody who answers at this moment is abandoned, after so many others from now on."""
        scene = _Scene(self, now, at, earlier)
        return Forecast(scene, 1, len(scene.offsets)).risk(1)

    def outlook(self, now: float) -> Outlook:
        """What is expected, with what is known of agents put in."""
        outlook = super().outlook(now)
        return _AgentsKnown(self, outlook, now) if self.knows_agents else outlook

    def free_agents(self, by: float) -> int:
        """Busy agents who will be ready by this moment, and stay."""
        future, floor = self._future, self.floor
        busy = (agent for agent in (*floor.talk, *floor.wrap) if agent not in floor.leaving)
        return 0 if future is None else sum(isinstance(agent, int) and future.free_at(agent) <= by for agent in busy)


class _AgentsKnown:
    """An outlook in which the agents who will be free are counted instead of estimated."""

    def __init__(self, pacer: OraclePacer, known: Outlook, now: float) -> None:
        self._pacer, self._known, self._now = pacer, known, now
        self.ahead = known.ahead

    def supply(self, point: int, moment: int) -> Supply:
        """See `Outlook`."""
        pacer = self._pacer
        offset, weight = waiting_offsets(pacer.config.tab, pacer.hang_ups / pacer.waiting_seconds)[moment]
        by = self._now + pacer.ring.points[point] + pacer.analysis_seconds + offset
        return Supply(weight, pacer.free_agents(by), 0.0)

    def demand(self, point: int) -> Demand:
        """See `Outlook`."""
        return self._known.demand(point)


class _Scene:
    """What awaits one lead whose verdict is known to come at a certain moment, after so many earlier live ones."""

    def __init__(self, pacer: OraclePacer, now: float, at: float, earlier: int) -> None:
        self._pacer, self._now, self._at, self._earlier = pacer, now, at, earlier
        self.offsets = waiting_offsets(pacer.config.tab, pacer.hang_ups / pacer.waiting_seconds)
        self.ahead = [pacer.floor.idle_count - pacer.floor.waiting]

    def supply(self, point: int, moment: int) -> Supply:
        """See `Outlook`."""
        offset, weight = self.offsets[moment]
        pacer, by = self._pacer, self._at + offset
        if pacer.knows_agents:
            return Supply(weight, pacer.free_agents(by), 0.0)
        free_by = FreeBy(pacer.talk.curve, pacer.wrap.curve, by - self._now)
        return Supply(weight, *pacer.coming_free(self._now, free_by))

    def demand(self, point: int) -> Demand:
        """See `Outlook`."""
        return Demand(self._earlier, 0.0, 0.0)
