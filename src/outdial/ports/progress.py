"""How far a campaign is and what its engine is doing, for those who watch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from outdial.domain.abandonment import Abandonment, LiveCall
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.values import CampaignId
from outdial.ports.dialing import Results


@dataclass(frozen=True, slots=True)
class Watched:
    """A campaign as it stands: what was asked for, what an engine observes, what came of it so far.

    `observed` is the engine's last note; `engine_alive` tells whether any engine owns the dialing at present.
    """

    status: CampaignStatus
    observed: Mapping[str, object] | None
    engine_alive: bool
    results: Results


@dataclass(frozen=True, slots=True)
class ListProgress:
    """How far a campaign is with one of its lists."""

    record_list: UUID
    name: str
    records: int
    final: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A campaign among others: how much of it is done, and how many people were given up."""

    records: int
    final: int
    abandonment: Abandonment


class ProgressStore(Protocol):
    async def observed(self) -> tuple[bool, Mapping[CampaignId, Mapping[str, object]]]:
        """Whether any engine owns the dialing, and the last note of each campaign of the account that has one."""
        ...

    async def lists(self, campaign_id: CampaignId) -> Sequence[ListProgress]:
        """By the age of the list."""
        ...

    async def overview(self, since: datetime) -> Mapping[CampaignId, Overview]:
        """Every campaign of the account; abandonment of calls that began `since` or later."""
        ...

    async def abandonment(self, campaign_id: CampaignId, since: datetime) -> Abandonment:
        """Of calls that began `since` or later."""
        ...

    async def live_calls(self, campaign_id: CampaignId, since: datetime, limit: int) -> Sequence[LiveCall]:
        """Those that `abandonment` counts: at most so many, those that began last."""
        ...

    async def of(self, campaign_id: CampaignId) -> Watched | None:
        """`None`: no such campaign in the account."""
        ...
