"""Pacing's memory of campaigns, and forecasts, in PostgreSQL."""

from collections.abc import Mapping
from typing import Any

from outdial.adapters.storage.database import Connection
from outdial.domain.values import AccountId, CampaignId


class ForecastRows:
    """Implements `outdial.ports.forecasts.ForecastStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def learned(self, campaign_id: CampaignId) -> Mapping[str, Any]:
        state: Mapping[str, Any] | None = await self._connection.fetchval(
            "select pacer_state from campaign where account_id = $1 and uuid = $2", self._account, campaign_id
        )
        return state or {}
