"""What came of a campaign's calls, as the use cases read it."""

from datetime import datetime
from typing import Protocol

from outdial.domain.results import CallResults
from outdial.domain.values import CampaignId


class ResultStore(Protocol):
    async def of(self, campaign_id: CampaignId, begins: datetime, ends: datetime, timezone: str) -> CallResults:
        """Of the calls that began at `begins` or later and before `ends`, and are over; hours are `timezone`'s."""
        ...
