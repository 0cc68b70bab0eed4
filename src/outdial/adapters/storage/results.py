"""What came of a campaign's calls, counted by PostgreSQL."""

from datetime import datetime
from typing import Any, Final

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.outcomes import Outcome
from outdial.domain.results import CallResults, Counts, HourCounts, ListCounts, Said
from outdial.domain.values import AccountId, CampaignId

_COUNTS: Final = """count(*) as dials, count(a.answered_at) as answered,
  count(*) filter (where a.outcome = 'machine') as machine,
  count(*) filter (where a.outcome in ('connected', 'abandoned') or a.left_early) as live,
  count(*) filter (where a.outcome = 'connected') as connected,
  count(*) filter (where a.outcome = 'abandoned') as abandoned,
  count(*) filter (where a.left_early) as left_early,
  coalesce(sum(extract(epoch from a.ended_at - a.bridged_at))
    filter (where a.outcome = 'connected'), 0)::float8 as talk_seconds,
  coalesce(sum(extract(epoch from a.bridged_at - a.answered_at))
    filter (where a.outcome = 'connected'), 0)::float8 as wait_seconds"""
_FROM: Final = """from campaign c join attempt a on a.campaign_id = c.id and a.started_at >= $3 and a.started_at < $4
  and a.outcome is not null"""
_WHERE: Final = "where c.account_id = $1 and c.uuid = $2"


class ResultRows:
    """Implements `outdial.ports.results.ResultStore`; statements are put together from constants of this module."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def of(self, campaign_id: CampaignId, begins: datetime, ends: datetime, timezone: str) -> CallResults:
        span = (campaign_id, begins, ends)
        total = await self._connection.fetchrow(
            f"""
            select {_COUNTS}, count(distinct a.record_id) as tried,
              count(distinct a.record_id) filter (where a.outcome = 'connected') as contacted,
              (select count(*) from dial_item i join campaign c on c.id = i.campaign_id {_WHERE}) as records
            {_FROM} {_WHERE}
            """,  # noqa: S608
            self._account,
            *span,
        )
        assert total is not None
        hours = await self._rows(
            f"select date_trunc('hour', a.started_at, $5) as hour, {_COUNTS} {_FROM} {_WHERE} group by 1 order by 1",
            *span,
            timezone,
        )
        outcomes = await self._rows(
            f"select a.outcome, count(*) as calls {_FROM} {_WHERE} group by 1 order by 2 desc, 1",
            *span,
        )
        said = await self._rows(
            f"""
            select d.uuid, d.name, count(*) as calls {_FROM} left join disposition d on d.id = a.disposition_id
            {_WHERE} and (a.outcome = 'connected' or a.disposition_id is not null)
            group by d.id, d.uuid, d.name order by calls desc, d.name
            """,
            *span,
        )
        lists = await self._rows(
            f"""
            select l.uuid, l.name, {_COUNTS} {_FROM} join record_list l on l.id = a.list_id {_WHERE}
            group by l.id, l.uuid, l.name order by l.id
            """,
            *span,
        )
        return CallResults(
            campaign=campaign_id,
            begins=begins,
            ends=ends,
            timezone=timezone,
            total=_counts(total),
            records=total["records"],
            tried=total["tried"],
            contacted=total["contacted"],
            hours=[HourCounts(row["hour"], _counts(row)) for row in hours],
            outcomes=[(Outcome(row["outcome"]), row["calls"]) for row in outcomes],
            dispositions=[Said(row["uuid"], row["name"], row["calls"]) for row in said],
            lists=[ListCounts(row["uuid"], row["name"], _counts(row)) for row in lists],
        )

    async def _rows(self, sql: str, *values: Any) -> list[Row]:
        return await self._connection.fetch(sql, self._account, *values)


def _counts(row: Row) -> Counts:
    return Counts(
        dials=row["dials"],
        answered=row["answered"],
        machine=row["machine"],
        live=row["live"],
        connected=row["connected"],
        abandoned=row["abandoned"],
        left_early=row["left_early"],
        talk_seconds=row["talk_seconds"],
        wait_seconds=row["wait_seconds"],
    )
