"""Several campaigns that share their agents: who may launch the next call.

Agents who are or come free are the same for all of them, and so are the people who will want one; but each campaign
has its own answer rate, its own allowance and its own threshold. Calls are given out one at a time, each to the
campaign whose risk is farthest below what it may carry, and every call given out is counted in the risk of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outdial.domain.pacing.hazards import ANSWER_POINTS
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.risk import Demand, Forecast, Outlook, Supply

OF_AGENTS = frozenset({"talk_end", "idle", "login", "logout", "roster", "heartbeat", "clock"})
"""Kinds of events that every campaign of a group is told; the others belong to one campaign's call."""


@dataclass(slots=True)
class Member:
    """One campaign of a group.

    Attributes:
        room: calls it may launch now at most, by its own limits.
        weight: how much it is preferred to others of the same slack; more than 0.
    """

    pacer: PredictivePacer
    room: int
    weight: float = 1.0


def tell(pacers: Sequence[PredictivePacer], owner: PredictivePacer, now: float, kind: str, **info: Any) -> None:
    """Pass on one fact: of an agent to all, of a call to its campaign; a bridge to both, since it takes an agent.

    An abandoned call is thereby booked to the campaign that placed it, and to no other.
    """
    for pacer in pacers:
        if pacer is owner or kind in OF_AGENTS:
            pacer.event(now, kind, **info)
        elif kind == "connected":
            pacer.event(now, kind, agent=info.get("agent"))


def share_out(members: Sequence[Member], now: float, *, inbound_per_second: float = 0.0) -> list[int]:
    """How many calls each member launches now, 0..its room.

    Args:
        inbound_per_second: callers expected who will want one of the same agents, per second.
    """
    for member in members:
        member.pacer.prepare(now)
    given = [0] * len(members)
    waiting = sum(member.pacer.floor.waiting for member in members)
    in_flight = sum(member.pacer.floor.in_flight for member in members)
    thresholds = [member.pacer.threshold(now) for member in members]
    outlooks = [_Shared(members, given, index, now, waiting, inbound_per_second) for index in range(len(members))]
    while True:
        best, most = -1, (-1.0, 0.0)
        for index, member in enumerate(members):
            if given[index] >= member.room:
                continue
            # A call for every idle agent who has none cannot be abandoned for want of an agent.
            safe = in_flight + sum(given) + waiting < outlooks[index].idle
            threshold = thresholds[index]
            risk = 1.0
            if threshold > 0:
                risk = Forecast(outlooks[index], len(ANSWER_POINTS), outlooks[index].moments).risk(1)
            if risk <= threshold:
                slack = member.weight * (threshold - risk) / threshold
            elif safe:
                slack = 0.0
            else:
                continue
            # Among near equals whoever got least so far: else a hair's breadth would decide for all calls of a round.
            claim = (round(slack, 1), -given[index] / member.weight)
            if best < 0 or claim > most:
                best, most = index, claim
        if best < 0:
            return given
        given[best] += 1


class _Shared:
    """One member's outlook: everybody's calls, those already given out in this round included."""

    def __init__(
        self, members: Sequence[Member], given: list[int], own: int, now: float, waiting: int, inbound: float
    ) -> None:
        self._members, self._given, self._own, self._now, self._inbound = members, given, own, now, inbound
        pacer = members[own].pacer
        self._view: Outlook = pacer.outlook(now)
        self.moments = len(pacer.free_by[0])
        others = waiting - pacer.floor.waiting
        self.ahead = [ahead - others for ahead in self._view.ahead]
        self.idle = min(ahead + pacer.floor.waiting for ahead in self._view.ahead)
        # Of each point: what is in flight already, and how likely a call given out now is live before it.
        self._flights: list[tuple[float, float]] = []
        self._each: list[list[float]] = []
        # Who comes free does not change with what is given out, and is asked for again with each call.
        self._supply: dict[tuple[int, int], Supply] = {}
        for point in range(len(ANSWER_POINTS)):
            by = pacer.ring.points[point] + pacer.analysis_seconds
            expected = [
                self._view.demand(point) if i == own else member.pacer.live_by(now, by)
                for i, member in enumerate(members)
            ]
            self._flights.append((sum(d.mean for d in expected), sum(d.variance for d in expected)))
            self._each.append([d.each for d in expected])

    def supply(self, point: int, moment: int) -> Supply:
        """See `Outlook`."""
        known = self._supply.get((point, moment))
        if known is None:
            known = self._supply[point, moment] = self._view.supply(point, moment)
        return known

    def demand(self, point: int) -> Demand:
        """See `Outlook`."""
        mean, variance = self._flights[point]
        for calls, each in zip(self._given, self._each[point], strict=True):
            mean += calls * each
            variance += calls * each * (1 - each)
        pacer = self._members[self._own].pacer
        callers = self._inbound * (pacer.ring.points[point] + pacer.analysis_seconds)
        return Demand(mean + callers, variance + callers, self._each[point][self._own])
