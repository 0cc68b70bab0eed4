"""Phone agents, as the use cases need them kept."""

from typing import Protocol

from outdial.domain.phone_agents import PhoneAgent, PhoneAgentId
from outdial.domain.values import UserId


class PhoneAgentStore(Protocol):
    """Phone agents of one account."""

    async def add(self, agent: PhoneAgent) -> None:
        """Store a new phone agent.

        Raises:
            UserHasPhone: nothing was stored, and the unit of work goes on.
        """
        ...

    async def get(self, agent_id: PhoneAgentId, *, lock: bool = False) -> PhoneAgent:
        """One phone agent; with `lock`, nobody else changes it until this unit of work ends.

        Raises:
            PhoneAgentNotFound: the account has no such phone agent.
        """
        ...

    async def save(self, agent: PhoneAgent) -> None:
        """Store another address and mode."""
        ...

    async def remove(self, agent_id: PhoneAgentId) -> None: ...

    async def page(self, *, user: UserId | None, offset: int, limit: int) -> tuple[int, list[PhoneAgent]]:
        """How many there are, or are of a user, and one page of them in the order in which they were made."""
        ...
