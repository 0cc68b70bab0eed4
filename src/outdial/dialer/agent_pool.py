"""The agents at work on this engine: who is ready since when, whom they work for, and how their time was spent."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final, Protocol
from uuid import UUID

from outdial.domain.activity import NOTHING_TO_DIAL, Doing, Elsewhere
from outdial.domain.agents import Agent, AgentLimits, AgentState, Link, Trouble, Work
from outdial.domain.campaigns import DEFAULT_PRIORITY
from outdial.domain.values import UserId
from outdial.ports.clock import Clock

AT_WORK: Final = frozenset(AgentState) - {AgentState.SIGNED_OUT, AgentState.PAUSED}
"""Signed in and not on pause: what the dialing ratio multiplies."""

_NEEDS_NOBODY: Final = NOTHING_TO_DIAL | {
    Doing.LAST_CALLS,
    Doing.CARRIER_DOWN,
    Doing.CARRIER_DRAINED,
    Doing.DATABASE_DOWN,
    Doing.NO_ENGINE,
    Doing.PAUSING,
}
"""While a campaign does one of these, agents it shares with others work for those."""


class CampaignOfAgents(Protocol):
    """A campaign that is told of its agents. The kinds are the pacer's: login, logout, idle, talk_end, connected."""

    @property
    def campaign_id(self) -> UUID: ...

    @property
    def name(self) -> str: ...

    @property
    def calls_due(self) -> int:
        """Calls on their way that will want an agent if somebody answers."""
        ...

    def agent_event(self, agent: UserId, kind: str, *, ago: float = 0.0) -> None:
        """It happened so many seconds ago. An agent may be `connected` in another campaign's call."""
        ...

    def agent_leaves(self, agent: UserId, at: datetime | None) -> None:
        """When the agent means to leave; `None`: nobody knows."""
        ...

    def agent_ready(self, agent: UserId) -> None:
        """The agent is free: take them now if somebody waits."""
        ...

    def let_go(self, agent: UserId) -> None:
        """The agent is lost to what the campaign has them do: a preview goes back, a call ends."""
        ...


@dataclass(frozen=True, slots=True)
class AgentTime:
    """Seconds of dialing time, summed over agents."""

    talking: float
    wrap_up: float
    waiting: float
    idle_outside: float

    @property
    def occupancy(self) -> float:
        """(talk + wrap-up) / (talk + wrap-up + wait); 0 before anything happened."""
        busy = self.talking + self.wrap_up
        return busy / (busy + self.waiting) if busy + self.waiting > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of an agent, for those who watch. `why` is set where nobody asked for it."""

    before: Agent
    after: Agent
    work: Work | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Sharer:
    """A campaign that has agents in common with another one.

    Attributes:
        common: share of its agents who are also the other one's, a fraction.
    """

    key: int
    priority: int
    shares: bool
    wants: bool
    common: float


@dataclass(slots=True)
class _Campaign:
    """A campaign that wants agents.

    `outside`: nobody is to blame that it dials nothing. `shares`: it counts on agents together with others.
    """

    key: int
    users: frozenset[UserId]
    listener: CampaignOfAgents
    priority: int
    shares: bool
    outside: bool = False
    wants: bool = True


class AgentPool:
    """Agents shared by the campaigns they are assigned to; the one who waits longest is served first.

    A ready agent counts for one campaign at a time: the campaign of the highest priority that has something to dial,
    and among equals one drawn anew each time the agent becomes ready. One that dials ahead shares the agent with the
    others that do, and they see to it together that they launch no more than their agents bear (`sharing`); all others
    have the agent to themselves, so that no two launch calls for the same one. An answered call may have any ready
    agent of its campaign but those who are kept for calls of a campaign that has them to itself.
    """

    def __init__(self, clock: Clock, *, seed: int = 0, limits: AgentLimits | None = None) -> None:
        self._clock, self._seed, self.limits = clock, seed, limits or AgentLimits()
        self._agents: dict[UserId, Agent] = {}
        self._ready: dict[UserId, None] = {}  # in the order in which they became ready
        self._outside: dict[UserId, None] = {}  # ready, and none of their campaigns has anything to dial
        self._chosen: dict[UserId, frozenset[UUID]] = {}
        self._wrap_up: dict[UserId, timedelta] = {}
        self._counts_for: dict[UserId, int] = {}
        self._counted_on: dict[UserId, frozenset[int]] = {}  # by the pacers of these campaigns
        # Who has ever said when they mean to leave; `None` when that is over.
        self._leaves_at: dict[UserId, datetime | None] = {}
        self._serving: dict[UserId, int] = {}
        self._work: dict[UserId, Work] = {}
        self._turns: dict[UserId, int] = {}
        self._draws = 0
        self._campaigns: dict[int, _Campaign] = {}
        self._watchers: list[Watcher] = []
        self._observers: list[Callable[[Changed], None]] = []
        self._seconds = dict.fromkeys((*AgentState, None), 0.0)
        self._states = dict.fromkeys(AgentState, 0)
        self._counted_until = clock.monotonic()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: datetime | None = None

    # Campaigns --------------------------------------------------------------------------------------------------

    def attach(
        self,
        campaign: int,
        users: Collection[UserId],
        listener: CampaignOfAgents,
        *,
        priority: int = DEFAULT_PRIORITY,
        shares: bool = False,
    ) -> None:
        """Tell a campaign of its agents from now on, beginning with those at work; or tell what changed about it.

        With `shares` it counts on its agents together with others, else it has those who count for it to itself.
        """
        self._count_time()
        known = self._campaigns.get(campaign)
        if known is None:
            self._campaigns[campaign] = _Campaign(campaign, frozenset(users), listener, priority, shares)
        else:
            known.users, known.listener, known.priority = frozenset(users), listener, priority
            known.shares = shares
        self._share_out()

    def share(self, campaign: int, shares: bool) -> None:
        """Whether the campaign counts on its agents together with others from now on."""
        known = self._campaigns.get(campaign)
        if known is not None and known.shares != shares:
            known.shares = shares
            self._share_out()

    def detach(self, campaign: int) -> None:
        self._count_time()
        if self._campaigns.pop(campaign, None) is not None:
            for agent, counted in list(self._counts_for.items()):
                if counted == campaign:
                    del self._counts_for[agent]
            for agent, counting in list(self._counted_on.items()):
                self._let_count_on(agent, counting - {campaign})
            self._share_out()

    def observed(self, campaign: int, doing: Doing) -> None:
        """What the campaign is doing now: whether it wants agents, and whether their waiting is nobody's fault."""
        known = self._campaigns.get(campaign)
        outside, wants = doing in NOTHING_TO_DIAL, doing not in _NEEDS_NOBODY
        if known is not None and (known.outside, known.wants) != (outside, wants):
            self._count_time()
            known.outside, known.wants = outside, wants
            self._share_out()

    def at_work(self, campaign: int) -> int:
        """How many agents the campaign counts on, be it together with others, or works with.

        They are signed in, there, and not on pause.
        """
        return sum(
            1
            for agent in self._here()
            if campaign in (self._counts_for.get(agent.id), self._serving.get(agent.id))
            or campaign in self._counted_on.get(agent.id, ())
        )

    def elsewhere(self, campaign: int) -> Elsewhere | None:
        """Where the agents of a campaign are that none is at work for; `None` if nobody is at work at all."""
        users = self._campaigns[campaign].users
        away = [agent.id for agent in self._here() if agent.id in users]
        if not away:
            return None
        found = Counter(map(self.works_for, away))
        names = [self._campaigns[key].listener.name for key, _ in found.most_common() if key in self._campaigns]
        return Elsewhere(len(away), tuple(names))

    def _here(self) -> Iterator[Agent]:
        """Everybody who is signed in, there, and not on pause."""
        for agent in self._agents.values():
            if agent.state in AT_WORK and (agent.link is Link.UP or agent.state is not AgentState.READY):
                yield agent

    def counted_on(self) -> Mapping[int, AbstractSet[UserId]]:
        """By campaign the agents its pacer counts on, be it together with others: free now or busy."""
        found: dict[int, set[UserId]] = {}
        for agent, campaigns in self._counted_on.items():
            for campaign in campaigns:
                found.setdefault(campaign, set()).add(agent)
        return found

    def sharers(self, campaign: int) -> Sequence["Sharer"]:
        """This campaign and all that have agents in common with it, in an order drawn anew each time."""
        own = self._campaigns[campaign]
        found = [own, *(one for one in self._campaigns.values() if one is not own and one.users & own.users)]
        if len(found) > 1:
            self._draws += 1
            found.sort(key=lambda one: one.key)
            Random(f"{self._seed}:turn:{campaign}:{self._draws}").shuffle(found)  # noqa: S311 - a coin, no secret
        return [
            Sharer(
                one.key,
                one.priority,
                one.shares,
                one.wants,
                1.0 if one is own else len(one.users & own.users) / len(one.users),
            )
            for one in found
        ]

    def free(self, campaign: int) -> int:
        """How many ready agents count for the campaign."""
        return sum(1 for agent in self._ready if self._agents[agent].free and self._counts_for.get(agent) == campaign)

    # Work -------------------------------------------------------------------------------------------------------

    def reserve(self, campaign: int, work: Work | None = None) -> UserId | None:
        """The campaign's agent who waits longest, now reserved; `None` when nobody is ready."""
        known = self._campaigns[campaign]
        mine = (one for one in self._ready if self._agents[one].free and self._serves(known, one))
        agent = next((one for one in mine if not self._kept_from(campaign, one)), None)
        if agent is not None:
            self._take(agent, campaign, AgentState.RESERVED, work)
            counted = self._counts_for.get(agent)
            if counted != campaign:
                self._count_for(agent, campaign)
        return agent

    def ready_for(self, campaign: int) -> list[UserId]:
        """The free agents who may serve the campaign, whomever they count for; the one who waits longest first."""
        known = self._campaigns.get(campaign)
        if known is None:
            return []
        return [one for one in self._ready if self._agents[one].free and self._serves(known, one)]

    def reserve_agent(
        self, campaign: int, agent: UserId, work: Work | None = None, *, until: datetime | None = None
    ) -> bool:
        """Reserve this very agent for a call of the campaign that is made for them; false if they are not free.

        The call is to be told of its agent (`CallFlow.launched`), and is answered or over at `until`; `not_connected`
        gives a reserved agent back.
        """
        known = self._campaigns.get(campaign)
        if known is None or agent not in self._ready or not self._agents[agent].free or not self._serves(known, agent):
            return False
        self._take(agent, campaign, AgentState.RESERVED, work, until=until)
        self._count_for(agent, None)
        return True

    def preview(self, campaign: int, work: Callable[[UserId], Work], *, until: datetime | None) -> UserId | None:
        """The agent who counts for the campaign and waits longest, now with a record on the screen."""
        agent = next(
            (one for one in self._ready if self._agents[one].free and self._counts_for.get(one) == campaign), None
        )
        if agent is not None:
            self._take(agent, campaign, AgentState.PREVIEWING, work(agent), until=until)
            self._count_for(agent, None)
        return agent

    def dialing(self, agent: UserId) -> None:
        """The preview's call is on its way."""
        self._become(agent, AgentState.DIALING)

    def working_on(self, agent: UserId, work: Work) -> None:
        """What the agent is busy with, from now on."""
        self._work[agent] = work
        here = self._agents[agent]
        self._tell(here, here, None)

    def found_talking(self, agent: UserId, work: Work) -> None:
        """The agent is in a call that an engine before this one began; whoever is not here is left alone."""
        here = self._agents.get(agent)
        if here is None or not here.may_be_found_talking:
            return
        self._count_for(agent, None)
        self._serving[agent], self._work[agent] = work.campaign, work
        self._put(here.found_talking(self._clock.now()), why="call_outlived_engine")

    def connected(self, agent: UserId) -> None:
        if agent in self._agents:  # else they went over to another engine
            self._become(agent, AgentState.TALKING)
            for campaign in self._counting_on(agent, but=self._serving.get(agent)):
                self._tell_campaign(campaign, agent, "connected")

    def not_connected(self, agent: UserId) -> None:
        """Nothing came of the call or the preview: the agent is free again."""
        self.ready(agent)

    def talk_over(self, agent: UserId, call_key: str) -> None:
        """The call is over: wrap-up begins."""
        limit = self._wrap_up.get(agent)
        self._become(agent, AgentState.WRAP_UP, until=None if limit is None else self._clock.now() + limit)
        serving = self._serving.get(agent)
        self._tell_campaign(serving, agent, "talk_end")
        for campaign in self._counting_on(agent, but=serving):
            self._tell_campaign(campaign, agent, "talk_end")
        for watcher in self._watchers:
            watcher.wrap_up_began(agent, call_key)

    def serving(self, agent: UserId) -> int | None:
        """The campaign that the agent has a preview or a call of, or wraps one up."""
        return self._serving.get(agent)

    def works_for(self, agent: UserId) -> int | None:
        """The campaign that the agent serves or, when ready, counts for."""
        return self._serving.get(agent, self._counts_for.get(agent))

    def work(self, agent: UserId) -> Work | None:
        """What the agent is busy with: kept until the wrap-up is over."""
        return self._work.get(agent)

    # Agents -----------------------------------------------------------------------------------------------------

    def watch(self, watcher: "Watcher") -> None:
        self._watchers.append(watcher)

    def observe(self, hear: Callable[[Changed], None]) -> None:
        """Be told of every change of an agent, at once."""
        self._observers.append(hear)

    def sign_in(self, agent: UserId) -> None:
        """Begin work as somebody who is always there, ready for calls of every campaign."""
        if agent not in self._agents:
            self._agents[agent] = Agent(agent, AgentState.SIGNED_OUT, self._clock.now())
            self._states[AgentState.SIGNED_OUT] += 1
        self.ready(agent)

    def seat(self, agent: Agent, *, campaigns: Collection[UUID] | None, wrap_up: timedelta) -> None:
        """Put somebody with a screen into the pool, in whatever state they are, for the campaigns they chose.

        `campaigns` is `None` for all they are assigned to; a wrap-up ends after `wrap_up`.
        """
        self._count_time()
        if (old := self._agents.get(agent.id)) is not None:
            self._states[old.state] -= 1
            self._ready.pop(agent.id, None)
            self._outside.pop(agent.id, None)
        self._agents[agent.id] = agent
        self._states[agent.state] += 1
        self._wrap_up[agent.id] = wrap_up
        self.choose(agent.id, campaigns)
        if agent.state is AgentState.READY:
            self._ready[agent.id] = None
            self._share_out()
        self._set_alarm(agent)

    def choose(self, agent: UserId, campaigns: Collection[UUID] | None) -> None:
        """Work for these campaigns only, from now on; `None` for all that the agent is assigned to."""
        if campaigns is None:
            self._chosen.pop(agent, None)
        else:
            self._chosen[agent] = frozenset(campaigns)
        self._share_out()

    def plan(self, agent: UserId, leaves_at: datetime | None) -> None:
        """When an agent means to leave: calls that would be answered later do not count on them.

        It is a plan: who stays longer is counted on again as soon as the time has passed.
        """
        if leaves_at is not None and leaves_at <= self._clock.now():
            leaves_at = None
        if self._leaves_at.get(agent) == leaves_at:
            return
        self._leaves_at[agent] = leaves_at
        for campaign in self._counting_on(agent, but=None):
            self._tell_plan(campaign, agent)
        if leaves_at is not None:
            seconds = self._clock.real_seconds((leaves_at - self._clock.now()).total_seconds())
            asyncio.get_running_loop().call_later(seconds, self._plan_over, agent, leaves_at)

    def _plan_over(self, agent: UserId, left_at: datetime) -> None:
        if self._leaves_at.get(agent) == left_at:
            self.plan(agent, None)

    def remove(self, agent: UserId) -> None:
        """Know somebody no more, whatever they are doing."""
        self._count_time()
        gone = self._agents.pop(agent, None)
        if gone is None:
            return
        self._states[gone.state] -= 1
        self._ready.pop(agent, None)
        self._outside.pop(agent, None)
        self._tell_all(agent, "logout")
        self._serving.pop(agent, None)
        self._counted_on.pop(agent, None)
        self._chosen.pop(agent, None)
        self._wrap_up.pop(agent, None)
        self._counts_for.pop(agent, None)
        self._work.pop(agent, None)
        self._turns.pop(agent, None)

    def agent(self, agent: UserId) -> Agent | None:
        return self._agents.get(agent)

    def agents(self) -> list[Agent]:
        """Everybody who is signed in."""
        return list(self._agents.values())

    def ready(self, agent: UserId, why: str | None = None) -> None:
        """Ready for the next call, after sign-in, pause, wrap-up, a preview or a failed bridge.

        Raises:
            AgentCannot: the agent is in a call.
        """
        before = self._agents[agent].state
        if before is AgentState.READY:
            return
        if before is AgentState.PREVIEWING:
            self._let_go(agent)
        self._after_work(agent, self._become(agent, AgentState.READY, why=why))

    def leave(self, agent: UserId, state: AgentState, reason: str | None = None) -> None:
        """Pause or sign out: at once when free, else as soon as the present call is wrapped up."""
        before = self._agents[agent].state
        campaign = self._serving.get(agent) if before is AgentState.PREVIEWING else None
        self._become(agent, state, reason=reason)
        if campaign is not None:
            self._serving.pop(agent, None)
            self._work.pop(agent, None)
            self._campaigns[campaign].listener.let_go(agent)
        if before is AgentState.READY or self._agents[agent].leaving is not None:
            self._tell_all(agent, "logout")
            if before is AgentState.READY:
                self._counts_for.pop(agent, None)
                self._counted_on.pop(agent, None)

    def pause_after(self, agent: UserId, reason: str | None) -> None:
        """Go on pause when the present call, or the next one, is wrapped up.

        Raises:
            AgentCannot: on pause already.
        """
        before = self._agents[agent]
        self._put(before.leaving_after(reason))
        if before.state is not AgentState.READY:
            self._tell_all(agent, "logout")

    def stay(self, agent: UserId) -> None:
        """No longer leave after the present call."""
        before = self._agents[agent]
        if before.leaving is not None:
            self._put(before.staying())
            if before.state is not AgentState.READY:
                self._tell_all(agent, "login")

    def extend_wrap_up(self, agent: UserId, by: timedelta) -> None:
        """Raises `WrapUpNotExtendable`."""
        self._put(self._agents[agent].with_longer_wrap_up(by))

    def heard(self, agent: UserId) -> None:
        """The agent's screen is there."""
        before = self._agents[agent]
        after = before.heard(self._clock.now())
        if after.link is before.link and after.leaving is before.leaving:
            self._agents[agent] = after  # nothing that anybody needs to be told
            return
        self._put(after, why="link_back")
        if after.free:
            self._share_out()
            self._offer(agent)

    def states(self) -> Mapping[AgentState, int]:
        """How many agents are in each state."""
        return dict(self._states)

    # What time does ---------------------------------------------------------------------------------------------

    def _set_alarm(self, agent: Agent) -> None:
        """Look after the agents again when the next trouble is due, if it comes before the one that is waited for."""
        coming = agent.next_trouble(self.limits)
        if coming is None or (self._alarm_at is not None and self._alarm_at <= coming[0]):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = coming[0]
        seconds = max(0.0, (coming[0] - self._clock.now()).total_seconds())
        self._alarm = asyncio.get_running_loop().call_later(self._clock.real_seconds(seconds), self._look_after)

    def _look_after(self) -> None:
        """Do to every agent what is due."""
        self._alarm = self._alarm_at = None
        now = self._clock.now()
        for key in list(self._agents):
            # What is done to one may change another; each is looked at as it is then.
            while (agent := self._agents.get(key)) is not None:
                coming = agent.next_trouble(self.limits)
                if coming is None or coming[0] > now:
                    break
                self._befall(agent, coming[1], now)
            if agent is not None:
                self._set_alarm(agent)

    def _befall(self, agent: Agent, trouble: Trouble, now: datetime) -> None:
        why = f"stuck_in_{agent.state.value}" if trouble is Trouble.STUCK else trouble.value
        if trouble is Trouble.STUCK and agent.state is not AgentState.PREVIEWING:
            self._tell(agent, agent, why)
            if self._let_go(agent.id):
                return  # the campaign knew what to do
            agent = self._agents[agent.id]
        if trouble is Trouble.WRAP_UP_OVER:
            self.ready(agent.id, why)
            return
        after = agent.after(trouble, now)
        was_free = agent.free
        campaign = self._serving.get(agent.id)
        previewed = agent.state is AgentState.PREVIEWING and after.state is not AgentState.PREVIEWING
        self._put(after, why=why)
        if previewed and campaign is not None:
            self._serving.pop(agent.id, None)
            self._work.pop(agent.id, None)
            self._campaigns[campaign].listener.let_go(agent.id)
        elif after.state is AgentState.READY and agent.state is not AgentState.READY:
            self._after_work(agent.id, AgentState.READY)
        elif was_free and not after.free:
            self._count_for(agent.id, None)
        elif after.leaving is not agent.leaving:
            self._tell_all(agent.id, "logout")

    def _let_go(self, agent: UserId) -> bool:
        """Ask the campaign to end what it has the agent do; whether that changed the agent's state."""
        before = self._agents[agent].state
        campaign = self._campaigns.get(self._serving.get(agent, -1))
        if campaign is not None:
            campaign.listener.let_go(agent)
        return self._agents[agent].state is not before

    # Time -------------------------------------------------------------------------------------------------------

    def time_spent(self) -> AgentTime:
        self._count_time()
        return AgentTime(
            talking=self._seconds[AgentState.TALKING],
            wrap_up=self._seconds[AgentState.WRAP_UP],
            waiting=self._seconds[AgentState.READY] + self._seconds[AgentState.RESERVED],
            idle_outside=self._seconds[None],
        )

    def _count_time(self) -> None:
        now = self._clock.monotonic()
        passed, self._counted_until = now - self._counted_until, now
        for state, count in self._states.items():
            self._seconds[state] += passed * (count - len(self._outside) if state is AgentState.READY else count)
        self._seconds[None] += passed * len(self._outside)

    # ------------------------------------------------------------------------------------------------------------

    def _become(
        self,
        agent: UserId,
        state: AgentState,
        *,
        reason: str | None = None,
        until: datetime | None = None,
        why: str | None = None,
    ) -> AgentState:
        changed = self._agents[agent].become(state, self._clock.now(), reason=reason, until=until)
        self._put(changed, why=why)
        return changed.state

    def _put(self, changed: Agent, *, why: str | None = None) -> None:
        """Keep an agent as they are now, in every book."""
        self._count_time()
        before = self._agents[changed.id]
        self._agents[changed.id] = changed
        if changed.state is not before.state:
            self._states[before.state] -= 1
            self._states[changed.state] += 1
            self._ready.pop(changed.id, None)
            self._outside.pop(changed.id, None)
            if changed.state is AgentState.READY:
                self._ready[changed.id] = None
                self._turns[changed.id] = self._turns.get(changed.id, 0) + 1
        self._set_alarm(changed)
        if changed != before:
            self._tell(before, changed, why)

    def _tell(self, before: Agent, after: Agent, why: str | None) -> None:
        for hear in self._observers:
            hear(Changed(before, after, self._work.get(after.id), why))

    def _take(
        self, agent: UserId, campaign: int, state: AgentState, work: Work | None, *, until: datetime | None = None
    ) -> None:
        self._serving[agent] = campaign
        if work is not None:
            self._work[agent] = work
        self._become(agent, state, until=until)

    def _after_work(self, agent: UserId, state: AgentState) -> None:
        """The agent has become ready, or has left as was asked for before."""
        self._serving.pop(agent, None)
        self._work.pop(agent, None)
        if state is not AgentState.READY:
            self._count_for(agent, None)
            return
        self._note_outside(agent)
        if not self._agents[agent].free:
            self._count_for(agent, None)
            return
        before = self._counted_on.get(agent, frozenset())
        self._count_for(agent, self._best(agent))
        for campaign in sorted(before & self._counted_on.get(agent, frozenset())):
            self._tell_campaign(campaign, agent, "idle")
        self._offer(agent)

    def _offer(self, agent: UserId) -> None:
        """Let who waits for an agent take this one, campaigns of higher priority first."""
        for campaign in self._in_order(agent):
            if self._agents[agent].free:
                campaign.listener.agent_ready(agent)

    def _serves(self, campaign: _Campaign, agent: UserId) -> bool:
        chosen = self._chosen.get(agent)
        return agent in campaign.users and (chosen is None or campaign.listener.campaign_id in chosen)

    def _in_order(self, agent: UserId) -> list[_Campaign]:
        """The agent's campaigns from the highest priority down; equals in an order drawn for this turn."""
        mine = [campaign for campaign in self._campaigns.values() if self._serves(campaign, agent)]
        if len(mine) > 1:
            mine.sort(key=lambda campaign: campaign.key)
            Random(f"{self._seed}:share:{agent}:{self._turns.get(agent, 0)}").shuffle(mine)  # noqa: S311 - a coin, no secret
            mine.sort(key=lambda campaign: -campaign.priority)
        return mine

    def _best(self, agent: UserId) -> int | None:
        mine = self._in_order(agent)
        return next((campaign.key for campaign in mine if campaign.wants), mine[0].key if mine else None)

    def _share_out(self) -> None:
        """Let every ready agent count for the campaign that should have them now; so will who is busy."""
        for agent in list(self._ready):
            self._note_outside(agent)
            if self._agents[agent].free:
                self._count_for(agent, self._best(agent))
        for agent in list(self._counts_for):
            here = self._agents[agent]
            if here.state is not AgentState.READY and here.leaving is None:
                self._let_count_on(agent, self._may_count_on(agent))

    def _count_for(self, agent: UserId, campaign: int | None) -> None:
        """Whom a free agent counts for; `None` for nobody, as when a call is made for this very agent."""
        if campaign is None:
            self._counts_for.pop(agent, None)
            self._let_count_on(agent, frozenset())
        else:
            self._counts_for[agent] = campaign
            alone = not self._campaigns[campaign].shares
            self._let_count_on(agent, frozenset({campaign}) if alone else self._sharing(agent))

    def _let_count_on(self, agent: UserId, campaigns: frozenset[int]) -> None:
        before = self._counted_on.get(agent, frozenset())
        if campaigns == before:
            return
        here = self._agents[agent]
        for campaign in sorted(before - campaigns):
            self._tell_campaign(campaign, agent, "logout")
        for campaign in sorted(campaigns - before):
            self._tell_campaign(campaign, agent, "login")
            if agent in self._leaves_at:
                self._tell_plan(campaign, agent)
            if here.state is AgentState.TALKING:
                ago = (self._clock.now() - here.since).total_seconds()
                self._tell_campaign(campaign, agent, "connected", ago=ago)
        if campaigns:
            self._counted_on[agent] = campaigns
        else:
            self._counted_on.pop(agent, None)

    def _sharing(self, agent: UserId) -> frozenset[int]:
        return frozenset(one.key for one in self._campaigns.values() if one.shares and self._serves(one, agent))

    def _may_count_on(self, agent: UserId) -> frozenset[int]:
        """Of a busy agent: the campaigns that they can be expected to come back to."""
        counted = self._campaigns.get(self._counts_for.get(agent, -1))
        alone = frozenset({counted.key}) if counted is not None and not counted.shares else frozenset()
        mine = [one for one in self._in_order(agent) if one.wants]
        # Of equals it is not known whose turn it will be: one that has its agents to itself may be.
        first = [one for one in mine if one.priority == mine[0].priority]
        if not all(one.shares for one in first):
            return alone
        if self._agents[agent].state is AgentState.WRAP_UP:
            # How long the call before was is not known to who has not seen it: they hear when the agent is free.
            return alone | (self._sharing(agent) & self._counted_on.get(agent, frozenset()))
        return alone | self._sharing(agent)

    def _kept_from(self, campaign: int, agent: UserId) -> bool:
        """Whether a campaign that has this agent to itself has a call on its way for each of those it has."""
        counted = self._counts_for.get(agent)
        known = self._campaigns.get(counted) if counted is not None and counted != campaign else None
        return known is not None and not known.shares and known.listener.calls_due >= self.free(known.key)

    def _counting_on(self, agent: UserId, *, but: int | None) -> Sequence[int]:
        return sorted(campaign for campaign in self._counted_on.get(agent, ()) if campaign != but)

    def _note_outside(self, agent: UserId) -> None:
        """Whether this ready agent waits for no fault of pacing: no campaign of theirs has anything to dial."""
        mine = [campaign for campaign in self._campaigns.values() if self._serves(campaign, agent)]
        if all(campaign.outside for campaign in mine):
            self._outside[agent] = None
        else:
            self._outside.pop(agent, None)

    def _tell_all(self, agent: UserId, kind: str) -> None:
        """Tell every campaign that counts on the agent."""
        for campaign in self._counting_on(agent, but=None):
            self._tell_campaign(campaign, agent, kind)

    def _tell_plan(self, campaign: int, agent: UserId) -> None:
        if (known := self._campaigns.get(campaign)) is not None:
            known.listener.agent_leaves(agent, self._leaves_at[agent])

    def _tell_campaign(self, campaign: int | None, agent: UserId, kind: str, *, ago: float = 0.0) -> None:
        known = self._campaigns.get(campaign) if campaign is not None else None
        if known is not None:
            known.listener.agent_event(agent, kind, ago=ago)


class Watcher(Protocol):
    """Whoever stands in for the agents' own screens: a desk, or simulated agents."""

    def wrap_up_began(self, agent: UserId, call_key: str) -> None: ...
