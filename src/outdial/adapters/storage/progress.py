"""How far a campaign is, read from the dialer's own tables."""

from outdial.adapters.storage.database import Connection
from outdial.adapters.storage.dialing import results_of
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.values import AccountId, CampaignId
from outdial.ports.progress import Watched


class ProgressRows:
    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def of(self, campaign_id: CampaignId) -> Watched | None:
        row = await self._connection.fetchrow(
            """select id, status, activity, exists (select from lease where until > now()) as engine_alive
               from campaign where account_id = $1 and uuid = $2""",
            self._account,
            campaign_id,
        )
        if row is None:
            return None
        results = await results_of(self._connection, row["id"])
        return Watched(CampaignStatus(row["status"]), row["activity"], row["engine_alive"], results)
