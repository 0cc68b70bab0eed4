"""Scheduled callbacks in PostgreSQL: one account's for the use cases, one campaign's for the dialer."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from outdial.adapters.storage.database import Connection, Database, Row
from outdial.domain.callbacks import (
    Assignment,
    AssignType,
    Callback,
    CallbackExists,
    CallbackId,
    CallbackNotFound,
    CallbackReason,
    CallbackStatus,
    FromCallType,
)
from outdial.domain.campaigns import DialingMode
from outdial.domain.outcomes import Outcome
from outdial.domain.records import RecordId
from outdial.domain.retry import Phone
from outdial.domain.values import (
    AccountId,
    CampaignId,
    PhoneNumber,
    PhoneType,
    RecordListId,
    UserId,
    number_from_int,
    number_to_int,
)
from outdial.domain.zones import ZoneNames
from outdial.ports.callbacks import (
    AttemptOfCallback,
    CallbackFilter,
    ParkedRecord,
    RecordToCall,
    SeenCallback,
    TriedCallback,
    WaitingCallback,
)

_COLUMNS: Final = """
k.uuid, k.e164, k.timezone, k.assign_type, k.agents, k.ring_groups, k.owner, k.from_call_type, k.interaction,
k.scheduled_at, k.due_at, k.since, k.created_at, k.created_by, k.status, k.reason, k.attempts, k.reschedules,
k.dialed_at, k.processed_at, c.uuid as campaign, r.uuid as record
"""
_FROM: Final = "from callback k join campaign c on c.id = k.campaign_id join record r on r.id = k.record_id"
_ACTIVE: Final = "k.status in ('UNATTEMPTED', 'TO_BE_RETRIED')"
_SEEN: Final = f"""
select {_COLUMNS}, c.dialing_mode, l.uuid as list, l.name as list_name, r.first_name, r.last_name, r.extra_data,
  z.names as zones,
  coalesce((select a.caller_id from attempt a where a.callback_id = k.id order by a.id desc limit 1),
    (select n.e164 from campaign_number cn join caller_number n on n.id = cn.number_id
     where cn.campaign_id = c.id order by n.id limit 1)) as caller_id,
  array(select t.uuid from team t where t.account_id = k.account_id and t.name = any(k.ring_groups) order by t.id)
    as teams
{_FROM} join record_list l on l.id = r.list_id join zone z on z.id = k.zone_id
"""  # noqa: S608 - put together from constants

_INSERT: Final = """
insert into callback (uuid, account_id, campaign_id, record_id, e164, timezone, zone_id, assign_type, agents,
  ring_groups, owner, from_call_type, interaction, scheduled_at, due_at, since, created_at, created_by, status, reason,
  attempts, reschedules, dialed_at, processed_at)
select $2, $1, c.id, r.id, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24
from campaign c join record_list l on l.account_id = c.account_id join record r on r.list_id = l.id
where c.account_id = $1 and c.uuid = $3 and r.uuid = $4
on conflict (campaign_id, record_id) where status in ('UNATTEMPTED', 'TO_BE_RETRIED') do nothing
returning id
"""

# The record may not be in the campaign's work yet, or no longer: a callback outlives the assignment of its list.
_PARK: Final = """
insert into dial_item as i (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type, zone_id, state,
                            callback_id)
select k.campaign_id, r.id, r.list_id, r.seq, r.priority, p.position, p.e164, p.phone_type, p.zone_id, 'R', k.id
from callback k join record r on r.id = k.record_id
  join lateral (select * from record_phone where record_id = r.id order by position limit 1) p on true
where k.id = $1
on conflict (campaign_id, record_id) do update set callback_id = excluded.callback_id
"""
# An item that is in the callback's own call (claimed while parked) is released when that call is over.
_RELEASE: Final = """
update dial_item i set callback_id = null, later_state = null, later_reason = null,
  state = case when i.state <> 'S' then i.state when i.later_state in ('R', 'W') and i.next_at > $2 then 'W'
          when i.later_state in ('R', 'W') then 'R' else coalesce(i.later_state, 'R') end,
  reason = case when i.state <> 'S' then i.reason
           when i.later_state in ('R', 'W') and i.next_at > $2 then coalesce(i.later_reason, 'waiting_for_retry')
           when i.later_state = 'R' or i.later_state = 'W' then null else i.later_reason end
from callback k
where k.id = $1 and k.attempt_id is null and i.campaign_id = k.campaign_id and i.record_id = k.record_id
  and i.callback_id = k.id and (i.state = 'S' or i.later_state is null)
"""
_CHANGE: Final = """
update callback k set e164 = $3, timezone = $4, zone_id = $5, assign_type = $6, agents = $7, ring_groups = $8,
  interaction = $9, scheduled_at = $10, due_at = $11, since = $12, status = $13, reason = $14, attempts = $15,
  reschedules = $16, dialed_at = $17, processed_at = $18, attempt_id = case when $19 then null else k.attempt_id end
where k.account_id = $1 and k.uuid = $2
  and not ($13 in ('UNATTEMPTED', 'TO_BE_RETRIED')
    and exists (select from callback o where o.campaign_id = k.campaign_id and o.record_id = k.record_id
                and o.id <> k.id and o.status in ('UNATTEMPTED', 'TO_BE_RETRIED')))
returning id
"""

# The phone of a record that has the callback's number; a number of its own counts as the record's first.
_PHONE: Final = """
left join lateral (select p.position, p.phone_type, p.zone_id from record_phone p
  where p.record_id = k.record_id and p.e164 = k.e164 order by p.position limit 1) own on true
join lateral (select p.position, p.phone_type from record_phone p
  where p.record_id = k.record_id order by p.position limit 1) first on true
"""
_ZONE: Final = "case when k.timezone is null then coalesce(own.zone_id, k.zone_id) else k.zone_id end"
_WAITING: Final = f"""
select k.id as key, {_COLUMNS}, z.id as zone, z.names as zones,
  array(select u.uuid from team t join team_user tu on tu.team_id = t.id join app_user u on u.id = tu.user_id
        where t.account_id = k.account_id and t.name = any(k.ring_groups) order by u.id) as members
{_FROM} {_PHONE} join zone z on z.id = {_ZONE}
"""  # noqa: S608 - put together from constants


class CallbackRows:
    """Implements `outdial.ports.callbacks.CallbackStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, callback: Callback, zones: ZoneNames) -> None:
        assigned = callback.assignment
        key = await self._connection.fetchval(
            _INSERT,
            self._account,
            callback.id,
            callback.campaign_id,
            callback.record_id,
            number_to_int(callback.phone_number),
            callback.timezone,
            await self._zone(zones),
            assigned.type.value,
            list(assigned.agents),
            list(assigned.ring_groups),
            callback.owner,
            callback.from_call_type.value,
            callback.interaction,
            callback.scheduled_at,
            callback.due_at,
            callback.since,
            callback.created_at,
            callback.created_by,
            callback.status.value,
            callback.reason.value if callback.reason else None,
            callback.attempts,
            callback.reschedules,
            callback.dialed_at,
            callback.processed_at,
        )
        if key is None:
            raise CallbackExists
        await self._connection.execute(_PARK, key)

    async def get(self, callback_id: CallbackId, *, lock: bool = False) -> Callback:
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} {_FROM} where k.account_id = $1 and k.uuid = $2"
            f" {'for no key update of k' if lock else ''}",
            self._account,
            callback_id,
        )
        if row is None:
            raise CallbackNotFound(callback_id)
        return _callback(row)

    async def seen(self, callback_id: CallbackId) -> SeenCallback:
        row = await self._connection.fetchrow(
            f"{_SEEN} where k.account_id = $1 and k.uuid = $2", self._account, callback_id
        )
        if row is None:
            raise CallbackNotFound(callback_id)
        return _seen(row)

    async def save(self, callback: Callback, zones: ZoneNames, now: datetime, *, anew: bool = False) -> None:
        assigned = callback.assignment
        key = await self._connection.fetchval(
            _CHANGE,
            self._account,
            callback.id,
            number_to_int(callback.phone_number),
            callback.timezone,
            await self._zone(zones),
            assigned.type.value,
            list(assigned.agents),
            list(assigned.ring_groups),
            callback.interaction,
            callback.scheduled_at,
            callback.due_at,
            callback.since,
            callback.status.value,
            callback.reason.value if callback.reason else None,
            callback.attempts,
            callback.reschedules,
            callback.dialed_at,
            callback.processed_at,
            anew,
        )
        if key is None:
            raise CallbackExists
        if callback.status.active:
            await self._connection.execute(_PARK, key)
        else:
            await self._connection.execute(_RELEASE, key, now)

    async def page(self, which: CallbackFilter, *, offset: int, limit: int) -> tuple[int, Sequence[SeenCallback]]:
        if which.nothing:
            return 0, []
        conditions: list[str] = ["k.account_id = $1"]
        values: list[Any] = [self._account]

        def must(condition: str, value: object) -> None:
            if value is not None:
                values.append(value)
                conditions.append(condition.replace("?", f"${len(values)}"))

        must("k.scheduled_at = ?", which.scheduled_at)
        must("k.e164 = ?", None if which.phone_number is None else number_to_int(which.phone_number))
        must("c.uuid = ?", which.campaign)
        must("r.uuid = ?", which.record)
        must("k.status = ?", None if which.status is None else which.status.value)
        must(f"{_ACTIVE} and k.due_at <= ?", which.due_until)
        must("k.due_at >= ?", which.due_from)
        must("k.due_at <= ?", which.due_to)
        must("k.agents && ?::uuid[]", _list(which.agents))
        must("k.ring_groups && ?::text[]", _list(which.ring_groups))
        must(
            "exists (select from team t where t.account_id = k.account_id and t.name = any(k.ring_groups)"
            " and t.uuid = any(?::uuid[]))",
            _list(which.teams),
        )
        kinds = which.from_call_types
        must("k.from_call_type = any(?::text[])", None if kinds is None else [kind.value for kind in kinds])
        where = " and ".join(conditions)
        total: int = await self._connection.fetchval(f"select count(*) {_FROM} where {where}", *values)
        rows = await self._connection.fetch(
            f"{_SEEN} where {where} order by k.due_at, k.id offset ${len(values) + 1} limit ${len(values) + 2}",
            *values,
            offset,
            limit,
        )
        return total, [_seen(row) for row in rows]

    async def record(self, campaign_id: CampaignId, record_id: RecordId) -> RecordToCall | None:
        row = await self._connection.fetchrow(
            """
            select r.timezone, array(select p.e164 from record_phone p where p.record_id = r.id order by p.position)
              as phones
            from record r join record_list l on l.id = r.list_id join campaign c on c.account_id = l.account_id
            where l.account_id = $1 and c.uuid = $2 and r.uuid = $3 and r.remove_asked_at is null
              and (exists (select from campaign_record_list cl where cl.campaign_id = c.id and cl.list_id = r.list_id)
                or exists (select from dial_item i where i.campaign_id = c.id and i.record_id = r.id))
            for no key update of r
            """,
            self._account,
            campaign_id,
            record_id,
        )
        if row is None:
            return None
        return RecordToCall(record_id, row["timezone"], tuple(number_from_int(digits) for digits in row["phones"]))

    async def attempt(self, attempt: UUID) -> AttemptOfCallback | None:
        row = await self._connection.fetchrow(
            """
            select c.uuid as campaign, r.uuid as record, a.e164, a.outcome, u.uuid as agent, k.uuid as callback
            from attempt a join campaign c on c.id = a.campaign_id join record r on r.id = a.record_id
              left join app_user u on u.id = a.user_id left join callback k on k.id = a.callback_id
            where c.account_id = $1 and a.uuid = $2
            """,
            self._account,
            attempt,
        )
        if row is None:
            return None
        return AttemptOfCallback(
            CampaignId(row["campaign"]),
            RecordId(row["record"]),
            number_from_int(row["e164"]),
            None if row["outcome"] is None else Outcome(row["outcome"]),
            None if row["agent"] is None else UserId(row["agent"]),
            None if row["callback"] is None else CallbackId(row["callback"]),
        )

    async def on_dnc(self, campaign_id: CampaignId, number: PhoneNumber, day: date) -> bool:
        found: bool = await self._connection.fetchval(
            """
            select exists (
              select from campaign c join campaign_dnc cd on cd.campaign_id = c.id
                join dnc_entry e on e.list_id = cd.list_id
              where c.account_id = $1 and c.uuid = $2 and e.e164 = $3
                and (e.expires_on is null or e.expires_on >= $4))
            """,
            self._account,
            campaign_id,
            number_to_int(number),
            day,
        )
        return found

    async def _zone(self, zones: ZoneNames) -> int:
        """The key of a set of zones, stored first if it is new."""
        for _ in range(2):
            key: int | None = await self._connection.fetchval("select id from zone where names = $1", list(zones))
            if key is not None:
                return key
            # Only what is missing: a conflict would use a key up as well, and they are small numbers.
            await self._connection.execute("insert into zone (names) values ($1) on conflict do nothing", list(zones))
        key = await self._connection.fetchval("select id from zone where names = $1", list(zones))
        assert key is not None, "it was stored just now"
        return key


class CallbackDialing:
    """Implements `outdial.ports.callbacks.CallbackWork`: a part of the dialer's own storage."""

    _database: Database

    async def coming_callbacks(self, campaign: int, now: datetime) -> tuple[int, datetime | None]:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                f"""select count(*) as active, min(k.due_at) filter (where k.due_at > $2) as next
                    from callback k where k.campaign_id = $1 and {_ACTIVE}""",  # noqa: S608
                campaign,
                now,
            )
        assert row is not None
        return row["active"], row["next"]

    async def due_callbacks(self, campaign: int, now: datetime, *, limit: int) -> Sequence[WaitingCallback]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                f"""{_WAITING} join dial_item i on i.campaign_id = k.campaign_id and i.record_id = k.record_id
                    where k.campaign_id = $1 and {_ACTIVE} and k.due_at <= $2 and k.attempt_id is null
                      and i.state = 'S' and r.remove_asked_at is null
                    order by k.due_at, k.id limit $3""",
                campaign,
                now,
                limit,
            )
        return [_waiting(row) for row in rows]

    async def listed_callbacks(self, campaign: int) -> Sequence[WaitingCallback]:
        # Nowhere is the date later than the day after that in UTC.
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                f"""{_WAITING} where k.campaign_id = $1 and {_ACTIVE} and k.attempt_id is null and exists (
                      select from campaign_dnc cd join dnc_entry e on e.list_id = cd.list_id and e.e164 = k.e164
                      where cd.campaign_id = $1
                        and (e.expires_on is null or e.expires_on >= (k.due_at at time zone 'UTC')::date + 1))
                    order by k.due_at, k.id""",
                campaign,
            )
        return [_waiting(row) for row in rows]

    async def claim_callback(
        self, campaign: int, callback: int, *, due_at: datetime, lease: str, fence: int
    ) -> ParkedRecord | None:
        async with self._database.transaction() as connection:
            # Whoever lost the lease takes nothing, and a callback that is being changed is waited for.
            owner = await connection.fetchval(
                "select 1 from lease where name = $1 and fence = $2 for share", lease, fence
            )
            held = await connection.fetchval(
                f"""select 1 from callback k where k.id = $1 and k.due_at = $2 and {_ACTIVE} and k.attempt_id is null
                    for no key update""",  # noqa: S608
                callback,
                due_at,
            )
            if owner is None or held is None:
                return None
            row = await connection.fetchrow(
                f"""update dial_item i set state = 'C', fence = $3, reason = null from (
                      select k.*, coalesce(own.position, first.position) as position,
                        coalesce(own.phone_type, first.phone_type) as phone_type, {_ZONE} as dialed_zone
                      from callback k {_PHONE} where k.id = $2) k
                    where i.campaign_id = $1 and i.record_id = k.record_id and i.state = 'S' and i.attempt_id is null
                    returning i.record_id, i.list_id, i.priority, k.position, k.phone_type, k.dialed_zone, i.attempts,
                      (select count(*) from attempt a where a.campaign_id = $1 and a.record_id = i.record_id) + 1
                        as number""",  # noqa: S608
                campaign,
                callback,
                fence,
            )
        if row is None:
            return None
        return ParkedRecord(
            row["record_id"],
            row["list_id"],
            row["priority"],
            Phone(row["position"], PhoneType.of_code(row["phone_type"]), row["dialed_zone"]),
            row["attempts"],
            row["number"],
        )

    async def begin_callback(self, callback: int, after: Callback) -> None:
        async with self._database.transaction() as connection:
            attempt: int | None = await connection.fetchval(
                """
                update callback k set dialed_at = $2, processed_at = $3, attempt_id = (
                  select a.id from attempt a where a.campaign_id = k.campaign_id and a.record_id = k.record_id
                  order by a.id desc limit 1)
                where k.id = $1 returning attempt_id
                """,
                callback,
                after.dialed_at,
                after.processed_at,
            )
            await connection.execute("update attempt set callback_id = $2 where id = $1", attempt, callback)

    async def give_back_callback(self, campaign: int, callback: int, now: datetime) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                "update dial_item set state = 'R' where campaign_id = $1 and callback_id = $2 and state = 'C'"
                " and attempt_id is null",
                campaign,
                callback,
            )
            await connection.execute(f"{_RELEASE} and not ({_ACTIVE})", callback, now)

    async def release_parked(self, campaign: int, now: datetime) -> None:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                f"""select k.id from dial_item i join callback k on k.id = i.callback_id
                    where i.campaign_id = $1 and i.state = 'S' and not ({_ACTIVE}) order by k.id""",  # noqa: S608
                campaign,
            )
            for row in rows:
                await connection.execute(_RELEASE, row["id"], now)

    async def tried_callbacks(self, campaign: int) -> Sequence[TriedCallback]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                f"""select k.id as key, {_COLUMNS}, coalesce(own.position, first.position) as position,
                      coalesce(own.phone_type, first.phone_type) as phone_type, {_ZONE} as zone,
                      coalesce(a.ended_at, a.started_at) as ended_at,
                      array(select t.outcome from attempt t where t.callback_id = k.id and t.started_at >= k.since
                            and t.outcome is not null order by t.id) as outcomes
                    {_FROM} {_PHONE} join attempt a on a.id = k.attempt_id
                    where k.campaign_id = $1 and a.outcome is not null order by k.id""",  # noqa: S608
                campaign,
            )
        return [
            TriedCallback(
                row["key"],
                _callback(row),
                Phone(row["position"], PhoneType.of_code(row["phone_type"]), row["zone"]),
                tuple(Outcome(outcome) for outcome in row["outcomes"]),
                row["ended_at"],
            )
            for row in rows
        ]

    async def decide_callback(self, callback: int, before: Callback, after: Callback, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                """
                update callback k set due_at = $5, status = $6, reason = $7, attempts = $8, attempt_id = null
                from campaign c
                where k.id = $1 and c.id = k.campaign_id and k.status = $2 and k.due_at = $3 and k.since = $4
                returning k.account_id, c.uuid as campaign
                """,
                callback,
                before.status.value,
                before.due_at,
                before.since,
                after.due_at,
                after.status.value,
                after.reason.value if after.reason else None,
                after.attempts,
            )
            if row is None:
                return False
            if not after.status.active:
                await connection.execute(_RELEASE, callback, now)
            await connection.execute(
                "insert into outbox (account_id, topic, payload, at) values ($1, 'callback.changed', $2, $3)",
                row["account_id"],
                {
                    "callback_id": str(after.id),
                    "campaign_id": str(row["campaign"]),
                    "status": after.status.value,
                    **({"reason": after.reason.value} if after.reason else {}),
                },
                now,
            )
        return True


def _list(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


def _callback(row: Row) -> Callback:
    return Callback(
        id=CallbackId(row["uuid"]),
        campaign_id=CampaignId(row["campaign"]),
        record_id=RecordId(row["record"]),
        phone_number=number_from_int(row["e164"]),
        timezone=row["timezone"],
        assignment=Assignment(
            AssignType(row["assign_type"]),
            tuple(UserId(agent) for agent in row["agents"]),
            tuple(row["ring_groups"]),
        ),
        from_call_type=FromCallType(row["from_call_type"]),
        scheduled_at=row["scheduled_at"],
        due_at=row["due_at"],
        since=row["since"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        owner=None if row["owner"] is None else UserId(row["owner"]),
        interaction=row["interaction"],
        status=CallbackStatus(row["status"]),
        reason=None if row["reason"] is None else CallbackReason(row["reason"]),
        attempts=row["attempts"],
        reschedules=row["reschedules"],
        dialed_at=row["dialed_at"],
        processed_at=row["processed_at"],
    )


def _seen(row: Row) -> SeenCallback:
    return SeenCallback(
        _callback(row),
        RecordListId(row["list"]),
        row["list_name"],
        row["first_name"],
        row["last_name"],
        row["extra_data"],
        None if row["caller_id"] is None else number_from_int(row["caller_id"]),
        None if row["dialing_mode"] is None else DialingMode(row["dialing_mode"]),
        tuple(row["teams"]),
        tuple(row["zones"]),
    )


def _waiting(row: Row) -> WaitingCallback:
    members = tuple(UserId(member) for member in row["members"])
    return WaitingCallback(row["key"], _callback(row), row["zone"], tuple(row["zones"]), members)
