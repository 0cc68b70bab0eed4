"""How far a campaign is and what its engine is doing, for those who watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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


class ProgressStore(Protocol):
    async def of(self, campaign_id: CampaignId) -> Watched | None:
        """`None`: no such campaign in the account."""
        ...
