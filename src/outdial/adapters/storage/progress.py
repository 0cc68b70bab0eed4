"""How far a campaign is, read from the dialer's own tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from outdial.adapters.storage.database import Connection
from outdial.adapters.storage.dialing import results_of
from outdial.domain.abandonment import Abandonment, LiveCall
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.values import AccountId, CampaignId
from outdial.ports.progress import ListProgress, Overview, Watched


class ProgressRows:
    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def observed(self) -> tuple[bool, Mapping[CampaignId, Mapping[str, object]]]:
        alive = await self._connection.fetchval("select exists (select from lease where until > now())")
        rows = await self._connection.fetch(
            "select uuid, activity from campaign where account_id = $1 and activity is not null", self._account
        )
        return alive, {CampaignId(row["uuid"]): row["activity"] for row in rows}

    async def lists(self, campaign_id: CampaignId) -> Sequence[ListProgress]:
        rows = await self._connection.fetch(
            """
            select l.uuid, l.name, count(i.record_id) as records,
              count(i.record_id) filter (where i.state in ('D', 'X')) as final
            from campaign c join campaign_record_list t on t.campaign_id = c.id join record_list l on l.id = t.list_id
              left join dial_item i on i.campaign_id = c.id and i.list_id = l.id
            where c.account_id = $1 and c.uuid = $2 group by l.id, l.uuid, l.name order by l.id
            """,
            self._account,
            campaign_id,
        )
        return [ListProgress(row["uuid"], row["name"], row["records"], row["final"]) for row in rows]

    async def overview(self, since: datetime) -> Mapping[CampaignId, Overview]:
        rows = await self._connection.fetch(
            """
            select c.uuid, i.records, i.final, a.abandoned, a.connected
            from campaign c cross join lateral (
              select count(*) as records, count(*) filter (where state in ('D', 'X')) as final
              from dial_item where campaign_id = c.id
            ) i cross join lateral (
              select count(*) filter (where outcome = 'abandoned') as abandoned,
                count(*) filter (where outcome = 'connected') as connected
              from attempt where campaign_id = c.id and started_at >= $2
            ) a where c.account_id = $1
            """,
            self._account,
            since,
        )
        return {
            CampaignId(row["uuid"]): Overview(
                row["records"], row["final"], Abandonment(row["abandoned"], row["connected"])
            )
            for row in rows
        }

    async def live_calls(self, campaign_id: CampaignId, since: datetime, limit: int) -> Sequence[LiveCall]:
        rows = await self._connection.fetch(
            """
            select coalesce(a.ended_at, a.started_at) as ended_at, a.outcome = 'abandoned' as abandoned
            from campaign c join attempt a on a.campaign_id = c.id and a.started_at >= $3
            where c.account_id = $1 and c.uuid = $2 and a.outcome in ('abandoned', 'connected')
            order by a.started_at desc, a.id desc limit $4
            """,
            self._account,
            campaign_id,
            since,
            limit,
        )
        return [LiveCall(row["ended_at"], row["abandoned"]) for row in rows]

    async def abandonment(self, campaign_id: CampaignId, since: datetime) -> Abandonment:
        row = await self._connection.fetchrow(
            """
            select count(*) filter (where a.outcome = 'abandoned') as abandoned,
              count(*) filter (where a.outcome = 'connected') as connected
            from campaign c join attempt a on a.campaign_id = c.id and a.started_at >= $3
            where c.account_id = $1 and c.uuid = $2
            """,
            self._account,
            campaign_id,
            since,
        )
        assert row is not None
        return Abandonment(row["abandoned"], row["connected"])

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
