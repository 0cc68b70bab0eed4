"""Where records stand, read from the dialer's own tables."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.explain import Stage, Standing
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.values import AccountId, CampaignId, PhoneType, number_from_int
from outdial.ports.explain import LastAttempt, RecordStanding

_STAGES: Final = {
    "R": Stage.READY,
    "W": Stage.WAITING,
    "C": Stage.CLAIMED,
    "D": Stage.FINAL,
    "X": Stage.SUPPRESSED,
    "S": Stage.PARKED,
}

_OURS: Final = "(select id from campaign where account_id = $1 and uuid = $2)"

# Numbers on a list of the campaign that holds on the given day in the zones of the number.
_ON_DNC: Final = """exists (
  select from campaign_dnc cd join dnc_entry e on e.list_id = cd.list_id and e.e164 = i.e164
  where cd.campaign_id = i.campaign_id and (e.expires_on is null or e.expires_on >= z.day))"""

# One scan of the campaign's work: the numbers on its lists are brought together once and matched by hash. Records that
# no row of the work stands for are counted as a difference.
_GROUPS: Final = f"""
with ours as {_OURS},
z as (select * from unnest($3::smallint[], $4::date[]) as z(zone_id, day)),
held as materialized (
  select e.e164, case when bool_or(e.expires_on is null) then 'infinity'::date else max(e.expires_on) end as until
  from ours join campaign_dnc cd on cd.campaign_id = ours.id join dnc_entry e on e.list_id = cd.list_id
  group by e.e164
), items as (
  select i.list_id, i.state::text as state, i.reason, i.priority, i.zone_id, i.attempt_id is not null as in_call,
    i.state in ('R', 'W') and held.e164 is not null as on_dnc, i.state = 'W' and i.next_at > $5 as waits,
    case when i.state = 'W' and i.next_at > $5 then i.next_at end as due
  from ours join dial_item i on i.campaign_id = ours.id left join z on z.zone_id = i.zone_id
    left join held on held.e164 = i.e164 and held.until >= z.day
), alike as (
  select list_id, state, reason, priority, zone_id, in_call, on_dnc, min(due) as due, count(*) as size
  from items group by list_id, state, reason, priority, zone_id, in_call, on_dnc, waits
), lists as (
  select l.id, l.status = 'ACCEPTED' as accepted, (select count(*) from record r where r.list_id = l.id) as records,
    coalesce((select sum(size) from alike where alike.list_id = l.id), 0)::bigint as taken
  from ours join campaign_record_list cl on cl.campaign_id = ours.id join record_list l on l.id = cl.list_id
)
select state, reason, priority, zone_id, in_call, on_dnc, due, size, true as accepted from alike
union all
select null, null, 0, null, false, false, null, records - taken, accepted from lists where records > taken
order by state, reason, priority, zone_id, due
"""  # noqa: S608 - put together from constants

_RECORD: Final = f"""
select r.uuid as record, l.uuid as list, r.first_name, r.last_name, l.status = 'ACCEPTED' as accepted,
  i.state::text as state, i.reason, coalesce(i.priority, r.priority) as priority, i.zone_id,
  i.attempt_id is not null as in_call, i.next_at as due, coalesce(i.attempts, 0) as attempts, i.e164, i.phone_type,
  coalesce(i.state in ('R', 'W') and {_ON_DNC}, false) as on_dnc,
  a.number, a.started_at, a.ended_at, a.outcome, a.e164 as dialed
from {_OURS} ours join record r on r.uuid = $5 join record_list l on l.id = r.list_id
  left join dial_item i on i.campaign_id = ours.id and i.record_id = r.id
  left join unnest($3::smallint[], $4::date[]) as z(zone_id, day) on z.zone_id = i.zone_id
  left join lateral (select * from attempt a where a.campaign_id = ours.id and a.record_id = r.id
                     order by a.number desc limit 1) a on true
where i.record_id is not null
  or exists (select from campaign_record_list cl where cl.campaign_id = ours.id and cl.list_id = r.list_id)
"""  # noqa: S608 - put together from constants

_COLUMNS: Final = f"""r.uuid as record, l.uuid as list, r.first_name, r.last_name, true as accepted,
  i.state::text as state, i.reason, i.priority, i.zone_id, false as in_call, i.next_at as due, i.attempts, i.e164,
  i.phone_type, {_ON_DNC} as on_dnc, null::smallint as number"""

# The order of a claim, from the same indexes: of each priority and zone the first few, never the whole work.
_READY: Final = """
select {columns}
from (
  select c.* from {ours} ours cross join generate_series(11, 1, -1) as p(priority)
    cross join unnest($3::smallint[], $4::date[]) as z(zone_id, day)
    cross join lateral (
      (select i.campaign_id, i.record_id, z.day from dial_item i where i.campaign_id = ours.id
         and i.priority = p.priority and i.zone_id = z.zone_id and i.state = 'R' and i.next_at is null
       order by i.seq {direction} limit $5)
      union all
      (select i.campaign_id, i.record_id, z.day from dial_item i where i.campaign_id = ours.id
         and i.priority = p.priority and i.zone_id = z.zone_id and i.state = 'R' and i.next_at is not null
       order by i.next_at, i.seq limit $5)) c
) z join dial_item i on i.campaign_id = z.campaign_id and i.record_id = z.record_id
  join record r on r.id = i.record_id join record_list l on l.id = i.list_id
where not {on_dnc}
order by i.priority desc, i.next_at is not null, i.next_at, i.seq {direction}
limit $5
"""

_WAITING: Final = f"""
select {_COLUMNS}
from (select i.campaign_id, i.record_id, i.zone_id from {_OURS} ours join dial_item i on i.campaign_id = ours.id
      where i.state = 'W' order by i.next_at, i.seq limit $5) w
  join dial_item i on i.campaign_id = w.campaign_id and i.record_id = w.record_id
  join record r on r.id = i.record_id join record_list l on l.id = i.list_id
  left join unnest($3::smallint[], $4::date[]) as z(zone_id, day) on z.zone_id = i.zone_id
order by i.next_at, i.seq
"""  # noqa: S608 - put together from constants


class ExplainRows:
    """Implements `outdial.ports.explain.ExplainStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def zones(self) -> Mapping[int, tuple[str, ...]]:
        rows = await self._connection.fetch("select id, names from zone order by id")
        return {row["id"]: tuple(row["names"]) for row in rows}

    async def earliest_waiting(self, campaign_id: CampaignId, now: datetime) -> Sequence[tuple[int, int, datetime]]:
        rows = await self._connection.fetch(
            f"""select i.priority, i.zone_id, min(i.next_at) as due from {_OURS} ours
                join dial_item i on i.campaign_id = ours.id and i.state = 'W' and i.next_at > $3
                group by 1, 2 order by 1, 2""",  # noqa: S608 - put together from constants
            self._account,
            campaign_id,
            now,
        )
        return [(row["priority"], row["zone_id"], row["due"]) for row in rows]

    async def groups(
        self, campaign_id: CampaignId, days: Mapping[int, date], now: datetime
    ) -> Sequence[tuple[Standing, int]]:
        rows = await self._connection.fetch(_GROUPS, self._account, campaign_id, list(days), list(days.values()), now)
        return [(_standing(row), row["size"]) for row in rows]

    async def record(self, campaign_id: CampaignId, record: UUID, days: Mapping[int, date]) -> RecordStanding | None:
        row = await self._connection.fetchrow(
            _RECORD, self._account, campaign_id, list(days), list(days.values()), record
        )
        return None if row is None else _record(row)

    async def ready(
        self, campaign_id: CampaignId, days: Mapping[int, date], *, newest_first: bool, limit: int
    ) -> Sequence[RecordStanding]:
        direction = "desc" if newest_first else "asc"
        rows = await self._connection.fetch(
            _READY.format(columns=_COLUMNS, ours=_OURS, on_dnc=_ON_DNC, direction=direction),
            self._account,
            campaign_id,
            list(days),
            list(days.values()),
            limit,
        )
        return [_record(row) for row in rows]

    async def waiting(
        self, campaign_id: CampaignId, days: Mapping[int, date], *, limit: int
    ) -> Sequence[RecordStanding]:
        rows = await self._connection.fetch(
            _WAITING, self._account, campaign_id, list(days), list(days.values()), limit
        )
        return [_record(row) for row in rows]


def _standing(row: Row) -> Standing:
    return Standing(
        stage=Stage.NOT_TAKEN_IN if row["state"] is None else _STAGES[row["state"]],
        priority=row["priority"],
        zone=row["zone_id"],
        reason=None if row["reason"] is None else Reason(row["reason"]),
        in_call=row["in_call"],
        on_dnc=row["on_dnc"],
        due=row["due"],
        list_accepted=row["accepted"],
    )


def _record(row: Row) -> RecordStanding:
    return RecordStanding(
        record=row["record"],
        record_list=row["list"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        standing=_standing(row),
        attempts=row["attempts"],
        phone=None if row["e164"] is None else number_from_int(row["e164"]),
        phone_type=None if row["phone_type"] is None else PhoneType.of_code(row["phone_type"]),
        last=None
        if row["number"] is None
        else LastAttempt(
            row["number"],
            row["started_at"],
            row["ended_at"],
            None if row["outcome"] is None else Outcome(row["outcome"]),
            number_from_int(row["dialed"]),
        ),
    )
