"""What an engine has in its hands at this moment, as those who show it ask for it: from memory, without any wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outdial.domain.activity import Activity
from outdial.domain.agents import AgentState
from outdial.domain.calls import CallState
from outdial.domain.outcomes import Outcome
from outdial.domain.values import AccountId, CampaignId
from outdial.ports.carrier import MediaLoad, WayOut

Point = tuple[int, int, int, int]
"""Calls in flight, of them ringing, agents ready, agents talking."""


@dataclass(frozen=True, slots=True)
class LiveCampaign:
    """A campaign that an engine dials.

    Attributes:
        calls: in flight, by state.
        agents: of those who work for it now.
        dialing_ratio: unanswered calls for each agent at work.
        occupancy: of the whole pool, since the engine began; 0..1.
        points: one a second of the wall clock, by the second of the dial clock; the newest 600.
        events: what it did and since when, the newest first.
        attempts, outcomes: since the engine took the campaign up; for screens and graphs, not for the books.
    """

    activity: Activity
    calls: Mapping[CallState, int]
    agents: Mapping[AgentState, int]
    dialing_ratio: float
    lines_free: int
    occupancy: float
    points: Mapping[int, Point]
    events: Sequence[tuple[datetime, str]]
    attempts: int
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class LiveEngine:
    """The engine of this process.

    Attributes:
        owns: it dials; else another one does, or will.
        lines_free: calls that the carrier would take now.
        silent_seconds: for how long the carrier was not known to be alive; None where it cannot tell.
        ways: the carrier's ways out.
        media: of the carrier's media engine; None where it has none of ours.
    """

    owns: bool
    lines_free: int
    silent_seconds: float | None
    ways: tuple[WayOut, ...] = ()
    media: MediaLoad | None = None


class LiveBoard(Protocol):
    def campaigns(self, account: AccountId) -> Mapping[CampaignId, LiveCampaign]:
        """Those of an account that are being dialed; nothing while no engine owns the dialing."""
        ...

    def everything(self) -> Mapping[CampaignId, LiveCampaign]:
        """The same of all accounts: for the one who runs the installation."""
        ...

    def engine(self) -> LiveEngine | None:
        """None where this process has none."""
        ...
