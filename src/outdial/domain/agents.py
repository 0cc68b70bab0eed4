"""The states of an agent, and which may follow which."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from outdial.domain.errors import NotPossible
from outdial.domain.values import UserId


class AgentState(enum.Enum):
    SIGNED_OUT = "signed_out"
    READY = "ready"
    RESERVED = "reserved"
    """A call is being bridged to the agent."""
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


_MAY_FOLLOW: Final = {
    AgentState.SIGNED_OUT: {AgentState.READY, AgentState.PAUSED},
    AgentState.READY: {AgentState.RESERVED, AgentState.PAUSED, AgentState.SIGNED_OUT},
    AgentState.RESERVED: {AgentState.TALKING, AgentState.READY},
    AgentState.TALKING: {AgentState.WRAP_UP},
    AgentState.WRAP_UP: {AgentState.READY},
    AgentState.PAUSED: {AgentState.READY, AgentState.SIGNED_OUT},
}


class AgentCannot(NotPossible):
    code: ClassVar[str] = "agent-state"

    def __init__(self, agent: UserId, state: AgentState, wanted: AgentState) -> None:
        super().__init__(f"agent {agent} is {state.value} and cannot become {wanted.value}")


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent at work. `leaving` is what follows the present call or wrap-up instead of `ready`."""

    id: UserId
    state: AgentState
    since: datetime
    leaving: AgentState | None = None

    def become(self, state: AgentState, now: datetime) -> "Agent":
        """The agent in the new state; asked to leave while busy, it is remembered until the work is over.

        Raises:
            AgentCannot: the present state does not allow it.
        """
        if state is self.state:
            return self
        busy = self.state in (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
        if busy and state in (AgentState.PAUSED, AgentState.SIGNED_OUT):
            return replace(self, leaving=state)
        if state not in _MAY_FOLLOW[self.state]:
            raise AgentCannot(self.id, self.state, state)
        if state is AgentState.READY and self.leaving is not None:
            return Agent(self.id, self.leaving, now)
        return Agent(self.id, state, now, self.leaving)
