"""What a stored state of a pacer has counted, so that after a crash the live calls since then are counted as well.

A state is stored every half a minute, the attempts are written all the time: what the pacer had counted in between is
read from those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from outdial.domain.pacing.base import PacerConfig, State
from outdial.domain.pacing.budget import Budget

_MEMBER: Final = "counted"


@dataclass(frozen=True, slots=True)
class Counted:
    """The attempts whose fate a stored state may know: those that it does not know are still to be counted.

    They are told by their keys, which only grow, and not by times: clocks are set, and more than one thing happens in
    an instant.

    Attributes:
        through: the newest attempt begun by then; the state knows nothing of later ones.
        awaited: those up to it of which it was still open whether they would be live, and abandoned.
        at: when the state was stored.
    """

    through: int
    awaited: tuple[int, ...]
    at: datetime

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Counted | None:
        """What is said in a stored state; `None` in one of a release that did not say it."""
        said = state.get(_MEMBER)
        if said is None:
            return None
        return cls(int(said["through"]), tuple(map(int, said["awaited"])), datetime.fromisoformat(said["at"]))

    def beside(self, state: State) -> State:
        """The state together with this, to be stored."""
        counted = {"through": self.through, "awaited": list(self.awaited), "at": self.at.isoformat()}
        return {**state, _MEMBER: counted}


@dataclass(frozen=True, slots=True)
class Settled:
    """A live call whose fate is known since that time: an agent took it, or it was abandoned."""

    at: datetime
    abandoned: bool


def caught_up(state: Mapping[str, Any], settled: Iterable[Settled], config: PacerConfig) -> State:
    """A stored state of a pacer that dials ahead, as it would be had these calls been counted in it.

    Args:
        settled: calls that the state does not know of, the earliest first.
        config: by which the pacer dials; the calls count in the periods of its time zone.
    """
    budget = Budget(config.cap, 0.0, config.windows, config.zone)
    budget.restore(state["budget"])
    for call in settled:
        budget.clock(call.at.timestamp())
        budget.settled(0.0, abandoned=call.abandoned)
    return {**state, "budget": budget.state()}
