"""Campaigns that have agents in common: how many calls each may launch beside the others.

All campaigns of this engine are seen, and only one engine dials at a time: the one that holds the pool's lease.
"""

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Final, Protocol

from outdial.dialer.agent_pool import AgentPool, Sharer
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.sharing import Member, share_out

_ROUNDING: Final = 1e-9


class PacedCampaign(Protocol):
    """What is asked of a campaign whose agents work for others, too."""

    @property
    def calls_due(self) -> int: ...

    @property
    def unanswered(self) -> int: ...

    @property
    def ratio(self) -> float:
        """Unanswered calls allowed for each agent."""
        ...

    def looks_ahead(self) -> tuple[PredictivePacer, float] | None:
        """The pacer that may launch ahead of free agents, told of this moment, and the moment by its own clock."""
        ...

    def room(self) -> int:
        """Calls that it may launch now by its own limits; none while it has nothing to dial."""
        ...


class Sharing:
    """Sees to it that campaigns with agents in common launch together no more than those bear.

    Campaigns that dial ahead share their agents: of those who are free or come free each has what campaigns of a higher
    priority leave. One that may take no risk at present has its agents to itself until it may again, as every campaign
    has that dials one call for each agent; the others do not count on those.
    """

    def __init__(self, pool: AgentPool, campaigns: Mapping[int, PacedCampaign]) -> None:
        self._pool, self._campaigns = pool, campaigns

    def unanswered(self, campaign: int) -> int:
        """Calls that a campaign's dialing ratio counts: its own, and those of campaigns that do not come after it.

        A call of another campaign counts by the ratio of that one: where three may be on their way for each agent,
        each takes a third of what an agent bears.
        """
        own, counted = self._campaigns[campaign], 0.0
        sharers = self._pool.sharers(campaign)
        priority = next(one.priority for one in sharers if one.key == campaign)
        for one in sharers:
            if one.priority >= priority:
                other = self._campaigns[one.key]
                counted += one.common * other.unanswered * own.ratio / other.ratio
        return ceil(counted - _ROUNDING)

    def granted(self, campaign: int, room: int, together: int) -> int:
        """How many calls may be launched now of those that a campaign has room for.

        Args:
            together: calls that all campaigns may launch now, by the limits that they have in common.
        """
        sharers = self._pool.sharers(campaign)
        if len(sharers) == 1:
            return room
        ahead = {one.key: self._campaigns[one.key].looks_ahead() for one in sharers}
        own = ahead[campaign]
        shares = own is not None and own[0].threshold(own[1]) > 0
        self._pool.share(campaign, shares)
        others = [one for one in sharers if one.key != campaign]
        owed = ceil(sum(one.common * self._claimed(one, ahead[one.key]) for one in others) - _ROUNDING)
        if not shares:
            due = self._campaigns[campaign].calls_due
            return max(0, min(room, self._pool.free(campaign) - due - owed))
        counted_on = self._pool.counted_on()
        mine = counted_on.get(campaign, frozenset())
        priority = next(one.priority for one in sharers if one.key == campaign)
        keys, members = [], []
        for one in sharers:
            looks = ahead[one.key]
            if looks is None or not (one.shares or one.key == campaign):
                continue
            if not counted_on.get(one.key, frozenset()) & mine:
                continue
            calls = 0  # whoever comes after this campaign has what it leaves
            if one.key == campaign:
                calls = room
            elif one.wants and one.priority >= priority:
                calls = self._campaigns[one.key].room()
            keys.append(one.key)
            members.append(Member(*looks, calls, one.priority, owed=owed))
        if campaign not in keys:
            return 0
        common = [[len(counted_on[i] & counted_on[j]) / len(counted_on[j]) for j in keys] for i in keys]
        return share_out(members, common, together=together)[keys.index(campaign)]

    def _claimed(self, one: Sharer, ahead: tuple[PredictivePacer, float] | None) -> int:
        """Agents whom a campaign's calls on their way will take, of those that it does not have any more."""
        campaign, free = self._campaigns[one.key], self._pool.free(one.key)
        if ahead is None or not one.shares:
            return max(0, campaign.calls_due - free)
        if one.wants and self._pool.at_work(one.key):
            return 0  # it is paced by its agents
        pacer, now = ahead
        live = pacer.live_by(now, pacer.config.maxring + pacer.analysis_seconds)
        return max(0, ceil(live.mean + sqrt(live.variance)) + pacer.floor.waiting - free)
