"""The agents at work on this engine: who is ready since when, and how their time was spent."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from outdial.domain.agents import Agent, AgentState
from outdial.domain.values import UserId
from outdial.ports.clock import Clock

AT_WORK: Final = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})
"""Signed in and not on pause: what the dialing ratio multiplies."""


class CampaignOfAgents(Protocol):
    """A campaign that is told of its agents. The kinds are the pacer's: login, logout, idle, talk_end."""

    def agent_event(self, agent: UserId, kind: str) -> None: ...

    def agent_ready(self, agent: UserId) -> None:
        """The agent is free: take them now if somebody waits."""
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


class AgentPool:
    """Agents shared by the campaigns they are assigned to; the one who waits longest is served first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._agents: dict[UserId, Agent] = {}
        self._ready: dict[UserId, None] = {}  # in the order in which they became ready
        self._serving: dict[UserId, int] = {}
        self._campaigns: dict[int, tuple[CampaignOfAgents, frozenset[UserId]]] = {}
        self._watchers: list[Watcher] = []
        self._seconds = dict.fromkeys((*AgentState, None), 0.0)
        self._states = dict.fromkeys(AgentState, 0)
        self._counted_until = clock.monotonic()
        self._nothing_to_dial = False

    # Campaigns --------------------------------------------------------------------------------------------------

    def attach(self, campaign: int, users: Collection[UserId], listener: CampaignOfAgents) -> None:
        """Tell a campaign of its agents from now on, beginning with those at work. Attach by priority."""
        self._campaigns[campaign] = (listener, frozenset(users))
        for agent in self._agents.values():
            if agent.id in self._campaigns[campaign][1] and agent.state is AgentState.READY:
                listener.agent_event(agent.id, "login")

    def detach(self, campaign: int) -> None:
        self._campaigns.pop(campaign, None)

    def at_work(self, campaign: int) -> int:
        """How many of the campaign's agents are signed in and not on pause."""
        users = self._campaigns[campaign][1]
        return sum(1 for agent in self._agents.values() if agent.state in AT_WORK and agent.id in users)

    def reserve(self, campaign: int) -> UserId | None:
        """The campaign's agent who waits longest, now reserved; `None` when nobody is ready."""
        users = self._campaigns[campaign][1]
        agent = next((agent for agent in self._ready if agent in users), None)
        if agent is not None:
            self._become(agent, AgentState.RESERVED)
            self._serving[agent] = campaign
            self._tell_others(campaign, agent, "logout")
        return agent

    def connected(self, agent: UserId) -> None:
        self._become(agent, AgentState.TALKING)

    def not_connected(self, agent: UserId) -> None:
        """The bridge came to nothing: the agent is free again."""
        self.ready(agent)

    def talk_over(self, agent: UserId, call_key: str) -> None:
        """The call is over: wrap-up begins."""
        self._become(agent, AgentState.WRAP_UP)
        self._campaigns_of(agent, "talk_end", only=self._serving.get(agent))
        for watcher in self._watchers:
            watcher.wrap_up_began(agent, call_key)

    # Agents -----------------------------------------------------------------------------------------------------

    def watch(self, watcher: "Watcher") -> None:
        self._watchers.append(watcher)

    def sign_in(self, agent: UserId) -> None:
        """Begin work, ready for calls."""
        if agent not in self._agents:
            self._agents[agent] = Agent(agent, AgentState.SIGNED_OUT, self._clock.now())
            self._states[AgentState.SIGNED_OUT] += 1
        self.ready(agent)

    def ready(self, agent: UserId) -> None:
        """Ready for the next call, after sign-in, pause, wrap-up or a failed bridge.

        Raises:
            AgentCannot: the agent is in a call.
        """
        before = self._agents[agent].state
        if before is AgentState.READY:
            return
        after = self._become(agent, AgentState.READY)
        served = self._serving.pop(agent, None)
        if after is not AgentState.READY:  # asked to leave while busy
            self._campaigns_of(agent, "logout", only=served)
            return
        for key, (listener, users) in list(self._campaigns.items()):
            if agent in users:
                listener.agent_event(agent, "idle" if key == served else "login")
        for listener, users in list(self._campaigns.values()):
            if agent in users and self._agents[agent].state is AgentState.READY:
                listener.agent_ready(agent)

    def leave(self, agent: UserId, state: AgentState) -> None:
        """Pause or sign out: at once when free, else as soon as the present call is wrapped up."""
        was_ready = self._agents[agent].state is AgentState.READY
        self._become(agent, state)
        if was_ready or self._agents[agent].leaving is not None:
            self._campaigns_of(agent, "logout")

    def states(self) -> Mapping[AgentState, int]:
        """How many agents are in each state."""
        return dict(self._states)

    # Time -------------------------------------------------------------------------------------------------------

    def nothing_to_dial(self, nothing: bool) -> None:
        """Whether waiting is, from now on, nobody's fault: outside hours, or every record waits or is final."""
        if nothing is not self._nothing_to_dial:
            self._count_time()
            self._nothing_to_dial = nothing

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
            outside = self._nothing_to_dial and state is AgentState.READY
            self._seconds[None if outside else state] += passed * count

    def _become(self, agent: UserId, state: AgentState) -> AgentState:
        self._count_time()
        before = self._agents[agent]
        changed = before.become(state, self._clock.now())
        self._agents[agent] = changed
        self._states[before.state] -= 1
        self._states[changed.state] += 1
        self._ready.pop(agent, None)
        if changed.state is AgentState.READY:
            self._ready[agent] = None
        return changed.state

    def _campaigns_of(self, agent: UserId, kind: str, only: int | None = None) -> None:
        for key, (listener, users) in list(self._campaigns.items()):
            if agent in users and (only is None or key == only):
                listener.agent_event(agent, kind)

    def _tell_others(self, campaign: int, agent: UserId, kind: str) -> None:
        others: Iterable[int] = [key for key in self._campaigns if key != campaign]
        for key in others:
            self._campaigns_of(agent, kind, only=key)


class Watcher(Protocol):
    """Whoever stands in for the agents' own screens: a desk, or simulated agents."""

    def wrap_up_began(self, agent: UserId, call_key: str) -> None: ...
