"""Several campaigns that share their agents: how many calls each of them may launch.

Agents who are or come free are the same for all of them, and so are the people who will want one; but each campaign
has its own answer rate, its own allowance and its own threshold. Whoever has the higher priority launches first, as
far as its own risk allows; what that leaves is for the next. Among equals calls are given out one at a time, each to
the campaign whose risk is farthest below what it may carry. Every call given out is counted in the risk of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from outdial.domain.pacing.hazards import ANSWER_POINTS
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.risk import Demand, Forecast, Outlook, Supply, most_within

_ROUNDING = 1e-9


@dataclass(slots=True)
class Member:
    """One campaign of a group.

    Attributes:
        now: this moment by the pacer's own clock; the pacer was told of it (its event `look`).
        room: calls it may launch now at most, by its own limits.
        priority: campaigns of a higher one come first.
        weight: how much it is preferred to others of its priority and the same slack; more than 0.
        owed: agents whom calls of campaigns outside the group will take.
    """

    pacer: PredictivePacer
    now: float
    room: int
    priority: int = 0
    weight: float = 1.0
    owed: int = 0


def share_out(
    members: Sequence[Member],
    common: Sequence[Sequence[float]] | None = None,
    *,
    together: int | None = None,
    inbound_per_second: float = 0.0,
) -> list[int]:
    """How many calls each member launches now, 0..its room.

    Args:
        common: for each member, for each member: the share of the second one's agents who are also the first one's,
            a fraction; by default all agents are everybody's.
        together: calls that all of them may launch; None = as many as each has room for.
        inbound_per_second: callers expected who will want one of the same agents, per second.
    """
    group = _Group(members, common, together, inbound_per_second)
    for priority in sorted({member.priority for member in members}, reverse=True):
        group.give_out([i for i, member in enumerate(members) if member.priority == priority and member.room > 0])
    return group.given


class _Group:
    """What was given out in this round so far, and what that leaves."""

    def __init__(
        self,
        members: Sequence[Member],
        common: Sequence[Sequence[float]] | None,
        together: int | None,
        inbound_per_second: float,
    ) -> None:
        self.members, self.inbound_per_second = members, inbound_per_second
        self._together = together
        self.common = common or [[1.0] * len(members) for _ in members]
        self.given = [0] * len(members)
        own = [member.pacer.threshold(member.now) for member in members]
        # More risk than a campaign may take nobody takes beside it who does not come before it: its own calls, those on
        # their way too, would bear that risk, and it could not launch any more.
        self.thresholds = [
            min(
                threshold
                for other, threshold in zip(members, own, strict=True)
                if other is member or (other.priority >= member.priority and _dials(other))
            )
            for member in members
        ]
        self.outlooks = [_Shared(self, own) if member.room > 0 else None for own, member in enumerate(members)]

    def give_out(self, equals: Sequence[int]) -> None:
        """Calls to campaigns of one priority, until none of them may have another."""
        if len(equals) == 1:
            self._give_all(equals[0])
            return
        while True:
            best, most = -1, (-1.0, 0.0)
            for i in equals:
                slack = self._slack(i)
                if slack is None:
                    continue
                # Among near equals whoever has the fewest calls on their way: else a hair's breadth would decide for
                # all of a round, or whose turn comes first within a second.
                calls = self.members[i].pacer.floor.in_flight + self.given[i]
                claim = (round(slack, 1), -calls / self.members[i].weight)
                if best < 0 or claim > most:
                    best, most = i, claim
            if best < 0:
                return
            self.given[best] += 1

    def _give_all(self, own: int) -> None:
        """As many calls as one campaign may have, without going through them one by one."""
        room, threshold = self._room(own), self.thresholds[own]
        safe = min(room, max(0, self._idle(own) - ceil(self._taken(own) - _ROUNDING)))
        if safe < room and threshold > 0:
            forecast = self._forecast(own)
            if not forecast.hopeless(threshold):
                safe = most_within(safe, room, lambda n: forecast.within(threshold, n))
        self.given[own] = safe

    def _slack(self, own: int) -> float | None:
        """How far the risk of one more call is below what it may be, weighted; None = it may not be launched."""
        member, threshold = self.members[own], self.thresholds[own]
        if self.given[own] >= self._room(own):
            return None
        if threshold > 0:
            risk = self._forecast(own).risk(1)
            if risk <= threshold:
                return member.weight * (threshold - risk) / threshold
        # A call for every idle agent who has none cannot be abandoned for want of an agent.
        return 0.0 if ceil(self._taken(own) - _ROUNDING) < self._idle(own) else None

    def _room(self, own: int) -> int:
        room = self.members[own].room
        if self._together is None:
            return room
        return min(room, max(0, self._together - sum(self.given) + self.given[own]))

    def _idle(self, own: int) -> int:
        outlook, member = self.outlooks[own], self.members[own]
        assert outlook is not None, "only who has room is given calls"
        return min(outlook.view.ahead) + member.pacer.floor.waiting

    def _taken(self, own: int) -> float:
        """Agents whom calls will take if every one of them is answered by a person."""
        taken = float(self.members[own].owed)
        for part, member, calls in zip(self.common[own], self.members, self.given, strict=True):
            taken += part * (member.pacer.floor.in_flight + member.pacer.floor.waiting + calls)
        return taken

    def _forecast(self, own: int) -> Forecast:
        outlook = self.outlooks[own]
        assert outlook is not None, "only who has room is given calls"
        return Forecast(outlook, len(ANSWER_POINTS), outlook.moments)


class _Shared:
    """One member's outlook: everybody's calls, those already given out in this round included."""

    def __init__(self, group: _Group, own: int) -> None:
        self._group, self._own = group, own
        members, common = group.members, group.common[own]
        me = members[own]
        self._pacer = me.pacer
        self.view: Outlook = me.pacer.outlook(me.now)
        self.moments = len(me.pacer.free_by[0])
        others = sum(
            part * member.pacer.floor.waiting for part, member in zip(common, members, strict=True) if member is not me
        )
        taken = ceil(others - _ROUNDING) + me.owed
        self.ahead = [ahead - taken for ahead in self.view.ahead]
        # Of each point: what is in flight already, and how likely a call given out now is live before it.
        self._flights: list[tuple[float, float]] = []
        self._each: list[list[float]] = []
        # Who comes free does not change with what is given out, and is asked for again with each call.
        self._supply: dict[tuple[int, int], Supply] = {}
        for point in range(len(ANSWER_POINTS)):
            by = me.pacer.ring.points[point] + me.pacer.analysis_seconds
            expected = [
                self.view.demand(point) if member is me else _part(member.pacer.live_by(member.now, by), part)
                for part, member in zip(common, members, strict=True)
            ]
            self._flights.append((sum(d.mean for d in expected), sum(d.variance for d in expected)))
            self._each.append([d.each for d in expected])

    def supply(self, point: int, moment: int) -> Supply:
        """See `Outlook`."""
        known = self._supply.get((point, moment))
        if known is None:
            known = self._supply[point, moment] = self.view.supply(point, moment)
        return known

    def demand(self, point: int) -> Demand:
        """See `Outlook`."""
        mean, variance = self._flights[point]
        for calls, each in zip(self._group.given, self._each[point], strict=True):
            mean += calls * each
            variance += calls * each * (1 - each)
        callers = self._group.inbound_per_second * (self._pacer.ring.points[point] + self._pacer.analysis_seconds)
        return Demand(mean + callers, variance + callers, self._each[point][self._own])


def _dials(member: Member) -> bool:
    return member.room > 0 or member.pacer.floor.in_flight + member.pacer.floor.waiting > 0


def _part(demand: Demand, part: float) -> Demand:
    """Of calls that may go to other agents as well: those that take one of these, each by this chance."""
    variance = part * part * demand.variance + part * (1 - part) * demand.mean
    return Demand(part * demand.mean, variance, part * demand.each)
