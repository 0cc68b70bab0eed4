"""What pacing learned of a campaign, and what is foreseen of it, as the use cases need them kept."""

from collections.abc import Mapping
from typing import Any, Protocol

from outdial.domain.values import CampaignId


class ForecastStore(Protocol):
    """Of the campaigns of one account."""

    async def learned(self, campaign_id: CampaignId) -> Mapping[str, Any]:
        """What the campaign's pacer has stored; empty when it never dialed."""
        ...
