"""What agents did on a day: how long they were in which state, and how many calls they had."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outdial.domain.agents import AgentState
from outdial.domain.values import UserId

AT_WORK: Final = (AgentState.TALKING, AgentState.WRAP_UP)
WAITING: Final = (AgentState.READY, AgentState.PREVIEWING, AgentState.DIALING, AgentState.RESERVED)


@dataclass(frozen=True, slots=True)
class AgentDay:
    """One agent's day.

    Attributes:
        first_at, last_at: when they were first and last signed in on it.
        seconds: by state.
        pauses: of the paused seconds, by reason; without one under the empty text.
        calls: connected calls that began on the day.
    """

    user: UserId
    name: str
    first_at: datetime
    last_at: datetime
    seconds: Mapping[AgentState, float]
    pauses: Mapping[str, float]
    calls: int

    def _sum(self, *states: AgentState) -> float:
        return sum(self.seconds.get(state, 0.0) for state in states)

    @property
    def signed_in_seconds(self) -> float:
        return sum(self.seconds.values())

    @property
    def occupancy(self) -> float | None:
        """(Talk + wrap-up) / (talk + wrap-up + waiting): breaks are left out."""
        busy, waiting = self._sum(*AT_WORK), self._sum(*WAITING)
        return busy / (busy + waiting) if busy + waiting else None

    @property
    def utilisation(self) -> float | None:
        """(Talk + wrap-up + waiting) / signed in: shows breaks."""
        whole = self.signed_in_seconds
        return self._sum(*AT_WORK, *WAITING) / whole if whole else None
