"""Report jobs, their files in pieces, and the log of calls, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.outcomes import Outcome
from outdial.domain.reports import LoggedCall, ReportFormat, ReportJob, ReportJobId, ReportJobNotFound, ReportStatus
from outdial.domain.values import AccountId, PhoneType, number_from_int

_COLUMNS: Final = "uuid, name, timezone, format, begins_at, ends_at, status, secret, created_at, tries, done_at"

# Of each campaign the next so many, by its own index, and of those the first: no page reads more than it must.
_CALLS: Final = """
select a.*, c.uuid as campaign_uuid, l.uuid as list_uuid, r.uuid as record_uuid, r.extra_data, u.uuid as agent_uuid,
  d.name as agent_disposition, k.assign_type as callback_mode,
  array(select t.name from team_user m join team t on t.id = m.team_id
        where m.user_id = a.user_id order by t.id) as teams
from campaign c cross join lateral (
  select a.* from attempt a
  where a.campaign_id = c.id and a.outcome is not null
    and a.started_at >= greatest($2::timestamptz, $4) and a.started_at < $3
    and ($4::timestamptz is null or (a.started_at, a.id) > ($4, $5))
  order by a.started_at, a.id limit $6
) a join record_list l on l.id = a.list_id left join record r on r.id = a.record_id
  left join app_user u on u.id = a.user_id left join disposition d on d.id = a.disposition_id
  left join callback k on k.id = a.callback_id
where c.account_id = $1 order by a.started_at, a.id limit $6
"""


class ReportRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def count_open(self) -> int:
        # Jobs of an account are begun one after the other: two that count at once would both find room.
        await self._connection.execute("select from account where id = $1 for no key update", self._account)
        found: int = await self._connection.fetchval(
            "select count(*) from report_job where account_id = $1 and status in ('created', 'processing')",
            self._account,
        )
        return found

    async def add(self, job: ReportJob) -> None:
        await self._connection.execute(
            """
            insert into report_job (account_id, uuid, name, timezone, format, begins_at, ends_at, status, secret,
              created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            self._account,
            job.id,
            job.name,
            job.timezone,
            job.format.value,
            job.begins,
            job.ends,
            job.status.value,
            job.secret,
            job.created_at,
        )

    async def get(self, job_id: ReportJobId) -> ReportJob:
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} from report_job where account_id = $1 and uuid = $2",  # noqa: S608
            self._account,
            job_id,
        )
        if row is None:
            raise ReportJobNotFound(job_id)
        return _job(row)

    async def page(self, *, offset: int, limit: int) -> tuple[int, list[ReportJob]]:
        total: int = await self._connection.fetchval(
            "select count(*) from report_job where account_id = $1", self._account
        )
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from report_job where account_id = $1 order by id desc offset $2 limit $3",  # noqa: S608
            self._account,
            offset,
            limit,
        )
        return total, [_job(row) for row in rows]

    async def claim(self, now: datetime, until: datetime) -> ReportJob | None:
        row = await self._connection.fetchrow(
            f"""
            update report_job set status = 'processing', tries = tries + 1, held_until = $3 where id = (
              select id from report_job
              where account_id = $1 and (status = 'created' or (status = 'processing' and held_until <= $2))
              order by id limit 1 for update skip locked)
            returning id, {_COLUMNS}
            """,  # noqa: S608
            self._account,
            now,
            until,
        )
        if row is None:
            return None
        await self._connection.execute("delete from report_piece where job_id = $1", row["id"])
        return _job(row)

    async def calls(self, job: ReportJob, *, after: tuple[datetime, int] | None, limit: int) -> Sequence[LoggedCall]:
        at, place = after or (None, 0)
        rows = await self._connection.fetch(_CALLS, self._account, job.begins, job.ends, at, place, limit)
        return [_call(row) for row in rows]

    async def put(self, job: ReportJob, place: int, data: bytes, until: datetime) -> bool:
        # The row of the job is held until the commit: whoever takes it over meanwhile removes this piece, too.
        held = await self._connection.fetchval(
            """
            update report_job set held_until = $4
            where account_id = $1 and uuid = $2 and status = 'processing' and tries = $3 returning id
            """,
            self._account,
            job.id,
            job.tries,
            until,
        )
        if held is None:
            return False
        if data:
            await self._connection.execute(
                "insert into report_piece (job_id, place, data) values ($1, $2, $3)", held, place, data
            )
        return True

    async def finish(self, job: ReportJob) -> None:
        await self._connection.execute(
            """
            update report_job set status = $4, done_at = $5, held_until = null
            where account_id = $1 and uuid = $2 and status = 'processing' and tries = $3
            """,
            self._account,
            job.id,
            job.tries,
            job.status.value,
            job.done_at,
        )

    async def piece(self, job_id: ReportJobId, place: int) -> bytes | None:
        data: bytes | None = await self._connection.fetchval(
            """
            select p.data from report_piece p join report_job j on j.id = p.job_id
            where j.account_id = $1 and j.uuid = $2 and p.place = $3
            """,
            self._account,
            job_id,
            place,
        )
        return data

    async def forget(self, done_before: datetime) -> int:
        rows = await self._connection.fetch(
            """
            update report_job set status = 'deleted'
            where account_id = $1 and status = 'done' and done_at <= $2 returning id
            """,
            self._account,
            done_before,
        )
        await self._connection.execute(
            "delete from report_piece where job_id = any($1::int[])", [row["id"] for row in rows]
        )
        return len(rows)


def _job(row: Row) -> ReportJob:
    return ReportJob(
        ReportJobId(row["uuid"]),
        row["name"],
        row["timezone"],
        ReportFormat(row["format"]),
        row["begins_at"],
        row["ends_at"],
        ReportStatus(row["status"]),
        row["secret"],
        row["created_at"],
        row["tries"],
        row["done_at"],
    )


def _call(row: Row) -> LoggedCall:
    return LoggedCall(
        place=row["id"],
        attempt=row["uuid"],
        campaign=row["campaign_uuid"],
        record=row["record_uuid"],
        record_list=row["list_uuid"],
        number=row["number"],
        e164=number_from_int(row["e164"]),
        phone_type=PhoneType.of_code(row["phone_type"]),
        caller_id=None if row["caller_id"] is None else number_from_int(row["caller_id"]),
        outcome=Outcome(row["outcome"]),
        started_at=row["started_at"],
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        bridged_at=row["bridged_at"],
        ended_at=row["ended_at"] or row["started_at"],
        agent=row["agent_uuid"],
        teams=tuple(row["teams"]),
        sip_status=row["sip_status"],
        cause=row["cause"],
        callback_mode=row["callback_mode"],
        agent_disposition=row["agent_disposition"],
        note=row["note"],
        extra_data=row["extra_data"],
    )
