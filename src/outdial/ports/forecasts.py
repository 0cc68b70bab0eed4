"""What pacing learned of a campaign, and what is foreseen of it, as the use cases need them kept."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from outdial.domain.campaigns import Campaign
from outdial.domain.forecasts import Forecast, ForecastId, Material, Question
from outdial.domain.values import CampaignId

Foresee = Callable[[Material, Question], Awaitable[Mapping[str, Any]]]
"""Answers a question, without keeping anybody else waiting."""


class ForecastStore(Protocol):
    """Of the campaigns of one account."""

    async def learned(self, campaign_id: CampaignId) -> Mapping[str, Any]:
        """What the campaign's pacer has stored; empty when it never dialed."""
        ...

    async def material(self, campaign: Campaign, now: datetime, most: int) -> Material:
        """What a forecast is made from, with about `most` of the records that are left."""
        ...

    async def count_open(self, now: datetime) -> int:
        """How many forecasts are worked on; nobody else begins one until this unit of work ends."""
        ...

    async def add(self, forecast: Forecast) -> None: ...

    async def get(self, campaign_id: CampaignId, forecast_id: ForecastId) -> Forecast:
        """Raises `ForecastNotFound`."""
        ...

    async def page(self, campaign_id: CampaignId, *, offset: int, limit: int) -> tuple[int, Sequence[Forecast]]:
        """How many forecasts the campaign has, and one page of them, the newest first."""
        ...

    async def finish(self, forecast: Forecast) -> None:
        """Store status and result."""
        ...
