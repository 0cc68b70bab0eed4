"""The dialer's work in PostgreSQL: claims by fenced lease, attempts written before the call, ends written once.

Every statement whose order matters says so, and every time is given by the caller (docs/adr/0006).
"""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from outdial.adapters.storage.callbacks import CallbackDialing
from outdial.adapters.storage.campaigns import COLUMNS as CAMPAIGN_COLUMNS
from outdial.adapters.storage.campaigns import campaign_from_row
from outdial.adapters.storage.database import Connection, Database, Row
from outdial.adapters.storage.histories import histories_of
from outdial.adapters.storage.second_chances import SecondChanceRows
from outdial.domain.calls import Call, CallState
from outdial.domain.campaigns import DialingMode
from outdial.domain.dispositions import Effect, Meaning
from outdial.domain.dnc import lock_key
from outdial.domain.machine_detection import Verdict
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.pacing.kept import Counted, Settled
from outdial.domain.retry import DialAgain, NoMore
from outdial.domain.values import AccountId, PhoneType, UserId, number_from_int, number_to_int
from outdial.ports.dialing import (
    Backlog,
    Claimed,
    Ended,
    GivenBack,
    History,
    NewAttempt,
    OpenAttempt,
    Placing,
    Refused,
    Results,
    RunningCampaign,
    Said,
)

ENROL_AT_ONCE: Final = 5_000
_CLOCKS_DIFFER: Final = timedelta(hours=1)
"""Who reads may be so far behind the clock of the engine that wrote: keys decide, the time only spares reading."""

_LEASE = """
insert into lease as l (name, holder, fence, until)
values ($1, $2, 1, coalesce($4, now()) + $3::interval)
on conflict (name) do update set
  holder = excluded.holder, until = excluded.until,
  fence = l.fence + (l.holder <> excluded.holder or l.until < coalesce($4, now()))::int
where l.holder = excluded.holder or l.until < coalesce($4, now())
returning fence
"""

_CAMPAIGNS = f"""
select c.id, c.account_id, c.pacer_state, a.timezone, {CAMPAIGN_COLUMNS},
  array(select u.uuid from campaign_user cu join app_user u on u.id = cu.user_id
        where cu.campaign_id = c.id order by u.id) as user_ids,
  array(select n.e164 from campaign_number cn join caller_number n on n.id = cn.number_id
        where cn.campaign_id = c.id order by n.id) as caller_ids
from campaign c join account a on a.id = c.account_id where {{}} order by c.priority desc, c.id
"""  # noqa: S608 - put together from a constant
_RUNNING = _CAMPAIGNS.format("c.status = 'RUNNING'")
_LEFT_BEHIND = _CAMPAIGNS.format(
    """c.status <> 'RUNNING' and (
         exists (select from attempt a where a.campaign_id = c.id and a.outcome is null)
         or exists (select from dial_item i where i.campaign_id = c.id and i.state = 'C'))"""
)

# The next records of one list that the campaign has not taken in yet. A record begins with the first type of
# the chain it has a phone for, among those that calling hours can reach; without a chain, with its first phone.
_ENROL = """
with fresh as (
  select r.id, r.seq, r.priority from record r
  where r.list_id = $2 and r.seq > $3 order by r.seq limit $6
), chosen as (
  select f.id, f.seq, f.priority, p.position, p.e164, p.phone_type, p.zone_id, p.zone_id = any($5) as unreachable
  from fresh f cross join lateral (
    select p.* from record_phone p
    where p.record_id = f.id and (cardinality($4::smallint[]) = 0 or p.phone_type = any($4))
    order by cardinality($4::smallint[]) = 0 and p.position > 0, p.zone_id = any($5),
      array_position($4, p.phone_type), p.position
    limit 1) p
), entered as (
  insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type, zone_id,
                         state, reason)
  select $1, id, $2, seq, priority, position, e164, phone_type, zone_id,
    case when unreachable then 'D' else 'R' end::"char", case when unreachable then $7 end
  from chosen order by seq
  on conflict (campaign_id, record_id) do nothing
)
select count(*) as taken, max(seq) as last_seq from fresh
"""

_CLAIM = """
select c.ord, i.record_id, i.list_id, i.priority, i.position, i.e164, i.phone_type, i.zone_id, i.attempts, i.skips,
  (select count(*) from attempt a where a.campaign_id = $1 and a.record_id = i.record_id) + 1 as number
from claim_records($1, $2, $3, $4, $5, $6, $7, $8) c
join dial_item i on i.campaign_id = $1 and i.record_id = c.record
order by c.ord
"""

# The last look at the lists is a statement of its own after the one that waits for the locks: a statement sees what
# was committed when it began.
_HOLD = "select pg_advisory_lock_shared(key) from (select key from unnest($1::bigint[]) as k(key) order by key) ordered"
_LET_GO = "select pg_advisory_unlock_shared(key) from unnest($1::bigint[]) as k(key)"
_BLOCKED = """
select n.record_id from unnest($2::bigint[], $3::bigint[], $4::date[]) as n(record_id, e164, day)
where exists (select from campaign_dnc cd join dnc_entry e on e.list_id = cd.list_id and e.e164 = n.e164
              where cd.campaign_id = $1 and (e.expires_on is null or e.expires_on >= n.day))
order by n.record_id
"""

# The fence is checked in the transaction that writes, against an owner who woke up too late, and so is the claim.
_BEGIN = """
with owned as (
  select from lease where name = $14 and fence = $3 for share
), held as (
  select i.record_id from dial_item i
  where exists (select from owned) and i.campaign_id = $1 and i.record_id = any($5) and i.state = 'C'
    and i.fence = $3 and i.attempt_id is null
  order by i.record_id for update of i
), written as (
  insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id, caller_id,
                       mode, fence, started_at)
  select n.uuid, $1, n.record_id, n.list_id, n.number, n.priority, n.e164, n.phone_type, n.zone_id, n.caller_id,
    $2, $3, n.started_at
  from unnest($4::uuid[], $5::bigint[], $6::int[], $7::smallint[], $8::smallint[], $9::bigint[], $10::smallint[],
              $11::smallint[], $12::bigint[], $13::timestamptz[]) with ordinality
    as n(uuid, record_id, list_id, number, priority, e164, phone_type, zone_id, caller_id, started_at, ord)
    join held using (record_id)
  order by n.ord
  returning id, record_id
), blocked as (
  update dial_item i set attempt_id = w.id from written w where i.campaign_id = $1 and i.record_id = w.record_id
)
select id, record_id from written order by id
"""

_CONNECTED = """
update attempt a set ringing_at = f.ringing_at, answered_at = f.answered_at, verdict_at = f.verdict_at,
  verdict = f.verdict, bridged_at = f.bridged_at, user_id = (select u.id from app_user u where u.uuid = f.agent)
from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::timestamptz[],
            $7::uuid[])
  as f(attempt_id, ringing_at, answered_at, verdict_at, verdict, bridged_at, agent)
where a.id = f.attempt_id and a.outcome is null
"""

_OPEN = """
select a.id, a.uuid, a.record_id, a.list_id, a.number, a.priority, a.e164, a.phone_type, a.zone_id, a.caller_id,
  a.started_at, a.ringing_at, a.answered_at, a.verdict_at, a.verdict, a.bridged_at, u.uuid as agent, i.attempts,
  coalesce(p.position, i.position) as position
from attempt a
  join dial_item i on i.campaign_id = a.campaign_id and i.record_id = a.record_id
  left join lateral (
    select p.position from record_phone p where p.record_id = a.record_id and p.e164 = a.e164
      and p.phone_type = a.phone_type
    order by p.position = i.position desc, p.position limit 1) p on true
  left join app_user u on u.id = a.user_id
where a.campaign_id = $1 and a.fence <= $2 and a.outcome is null order by a.id
"""

_END = """
with facts as (
  select * from unnest($2::bigint[], $3::bigint[], $4::text[], $5::boolean[], $6::timestamptz[], $7::timestamptz[],
    $8::timestamptz[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::uuid[], $13::text[], $14::boolean[],
    $15::smallint[], $16::smallint[], $17::text[], $18::int[], $19::text[], $20::text[], $21::timestamptz[],
    $22::smallint[])
  as f(attempt_id, record_id, outcome, counted, ringing_at, answered_at, verdict_at, verdict, bridged_at, ended_at,
       agent, hangup_by, left_early, sip_status, q850, cause, disposition, state, reason, next_at, position)
), ended as (
  update attempt a set outcome = f.outcome, counted = f.counted, ringing_at = f.ringing_at,
    answered_at = f.answered_at, verdict_at = f.verdict_at, verdict = f.verdict, bridged_at = f.bridged_at,
    ended_at = f.ended_at, user_id = (select u.id from app_user u where u.uuid = f.agent), hangup_by = f.hangup_by,
    left_early = f.left_early, sip_status = f.sip_status, q850 = f.q850, cause = f.cause
  from facts f where a.id = f.attempt_id and a.outcome is null and a.disposition_id is not distinct from f.disposition
  returning a.id
)
update dial_item i set state = f.state::"char", reason = f.reason, next_at = coalesce(f.next_at, i.next_at),
  attempts = i.attempts + f.counted::int, uncounted = case when f.counted then 0 else i.uncounted + 1 end,
  -- What an agent says counts for the record also in the call of a callback, where an outcome alone would not.
  later_state = case when f.disposition is null then i.later_state end,
  attempt_id = null, position = coalesce(f.position, i.position),
  e164 = coalesce(p.e164, i.e164), phone_type = coalesce(p.phone_type, i.phone_type),
  zone_id = coalesce(p.zone_id, i.zone_id)
from facts f join ended e on e.id = f.attempt_id
  left join record_phone p on p.record_id = f.record_id and p.position = f.position
where i.campaign_id = $1 and i.record_id = f.record_id
"""

# What a pacer is told of calls, read from what became of them (`CallFlow` tells it). A machine that was brought to an
# agent to be measured is no live call, and what was made for a certain agent is none of its.
_SETTLED = """
with unknown as (
  select * from attempt where id = any($3) and campaign_id = $1
  union all
  select * from attempt where campaign_id = $1 and started_at >= $4 and id > $2
)
select id, coalesce(bridged_at, ended_at) as at, bridged_at is null as abandoned,
  mode <> $5 and callback_id is null and verdict is distinct from $6
    and (bridged_at is not null or coalesce(outcome = any($7) or left_early, false)) as live
from unknown order by 2, 1
"""

_TOLD = """
insert into outbox (account_id, topic, payload, at)
select account_id, 'campaign.changed',
  jsonb_build_object('campaign_id', uuid, 'status', status, 'version', version), $2 from changed
"""
_RUN_OUT = f"""
with changed as (
  update campaign set action_required = true, version = version + 1,
    status = case when run_once then 'PAUSED' else status end
  where id = $1 and status = 'RUNNING' and (run_once or not action_required)
  returning account_id, uuid, status, version
) {_TOLD}
"""  # noqa: S608 - put together from a constant
_GOES_ON = f"""
with changed as (
  update campaign set action_required = false, version = version + 1
  where id = $1 and status = 'RUNNING' and action_required returning account_id, uuid, status, version
) {_TOLD}
"""  # noqa: S608 - put together from a constant


class DialRows(CallbackDialing, SecondChanceRows):
    """Implements `outdial.ports.dialing.DialStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_lease(self, name: str, holder: str, *, seconds: float, now: datetime | None) -> int | None:
        async with self._database.connection() as connection:
            fence: int | None = await connection.fetchval(_LEASE, name, holder, timedelta(seconds=seconds), now)
        return fence

    async def drop_lease(self, name: str, holder: str) -> None:
        # The row stays, with its fence: who comes next must get a higher one.
        async with self._database.connection() as connection:
            await connection.execute(
                "update lease set until = '-infinity' where name = $1 and holder = $2", name, holder
            )

    async def running_campaigns(self) -> Sequence[RunningCampaign]:
        async with self._database.connection() as connection:
            return [_campaign(row) for row in await connection.fetch(_RUNNING)]

    async def left_behind(self) -> Sequence[RunningCampaign]:
        async with self._database.connection() as connection:
            return [_campaign(row) for row in await connection.fetch(_LEFT_BEHIND)]

    async def zones(self) -> Mapping[int, tuple[str, ...]]:
        async with self._database.connection() as connection:
            rows = await connection.fetch("select id, names from zone order by id")
        return {row["id"]: tuple(row["names"]) for row in rows}

    async def zones_of(self, campaign: int, *, fresh: bool) -> frozenset[int]:
        phones = "record_phone p on p.list_id = c.list_id"
        if fresh:
            phones = """record_list l on l.id = c.list_id and l.status = 'ACCEPTED' and l.last_seq > c.enrolled_seq
                join record r on r.list_id = c.list_id and r.seq > c.enrolled_seq
                join record_phone p on p.record_id = r.id"""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                f"""select distinct p.zone_id from campaign_record_list c join {phones}
                    where c.campaign_id = $1 order by 1""",  # noqa: S608 - put together from constants
                campaign,
            )
        return frozenset(row["zone_id"] for row in rows)

    async def enrol(self, campaign: RunningCampaign, unreachable: frozenset[int]) -> int:
        strategy = campaign.campaign.strategy
        chain = [item.type.code for item in strategy.record_chain] if strategy is not None else []
        taken = 0
        async with self._database.transaction() as connection:
            behind = await connection.fetch(
                """select cl.list_id, cl.enrolled_seq from campaign_record_list cl
                   join record_list l on l.id = cl.list_id
                   where cl.campaign_id = $1 and l.status = 'ACCEPTED' and l.last_seq > cl.enrolled_seq
                   order by cl.list_id for update of cl""",
                campaign.key,
            )
            for row in behind:
                found = await connection.fetchrow(
                    _ENROL,
                    campaign.key,
                    row["list_id"],
                    row["enrolled_seq"],
                    chain,
                    sorted(unreachable),
                    ENROL_AT_ONCE,
                    Reason.NO_COMMON_CALLING_HOURS.value,
                )
                assert found is not None
                taken += found["taken"]
                # A list whose newest records were deleted has nothing left up to its last seq: it is caught up.
                caught_up = """update campaign_record_list cl set enrolled_seq = coalesce($3, l.last_seq)
                               from record_list l
                               where cl.campaign_id = $1 and cl.list_id = $2 and l.id = cl.list_id"""
                await connection.execute(caught_up, campaign.key, row["list_id"], found["last_seq"])
        return taken

    async def promote(self, campaign: int, now: datetime) -> int:
        async with self._database.connection() as connection:
            done: str = await connection.execute(
                "update dial_item set state = 'R', reason = null "
                "where campaign_id = $1 and state = 'W' and next_at <= $2",
                campaign,
                now,
            )
        return _count(done)

    async def claim(
        self,
        campaign: RunningCampaign,
        *,
        lease: str,
        fence: int,
        open_zones: Mapping[int, datetime],
        wanted: int,
        strict: bool,
    ) -> Sequence[Claimed]:
        strategy = campaign.campaign.strategy
        zones = sorted(open_zones)
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                _CLAIM,
                campaign.key,
                zones,
                [open_zones[zone] for zone in zones],
                wanted,
                strategy is not None and strategy.newest_first,
                strict,
                lease,
                fence,
            )
        return [
            Claimed(
                row["record_id"],
                row["list_id"],
                row["priority"],
                row["position"],
                number_from_int(row["e164"]),
                PhoneType.of_code(row["phone_type"]),
                row["zone_id"],
                row["attempts"],
                row["number"],
                row["skips"],
            )
            for row in rows
        ]

    async def refuse(self, campaign: int, refusals: Sequence[Refused]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                """update dial_item i set reason = f.reason,
                     state = case when f.suppressed then 'X' else 'R' end::"char",
                     position = coalesce(p.position, i.position), e164 = coalesce(p.e164, i.e164),
                     phone_type = coalesce(p.phone_type, i.phone_type), zone_id = coalesce(p.zone_id, i.zone_id)
                   from unnest($2::bigint[], $3::text[], $4::boolean[], $5::smallint[])
                     as f(record_id, reason, suppressed, position)
                     left join record_phone p on p.record_id = f.record_id and p.position = f.position
                   where i.campaign_id = $1 and i.record_id = f.record_id and i.attempt_id is null""",
                campaign,
                [refused.record for refused in refusals],
                [refused.reason.value if refused.suppressed else None for refused in refusals],
                [refused.suppressed for refused in refusals],
                [refused.position for refused in refusals],
            )

    async def holds(self, campaign: int, record: int, lease: str, fence: int) -> bool:
        async with self._database.connection() as connection:
            held: bool = await connection.fetchval(
                """select exists (
                     select from dial_item i join lease l on l.name = $3 and l.fence = i.fence
                     where i.campaign_id = $1 and i.record_id = $2 and i.state = 'C' and i.attempt_id is null
                       and i.fence = $4)""",
                campaign,
                record,
                lease,
                fence,
            )
        return held

    async def give_back(self, campaign: int, records: Sequence[GivenBack]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                """update dial_item i set state = 'R', reason = null, next_at = coalesce(f.skipped_at, i.next_at),
                     skips = i.skips + (f.skipped_at is not null)::int
                   from unnest($2::bigint[], $3::timestamptz[]) as f(record_id, skipped_at)
                   where i.campaign_id = $1 and i.record_id = f.record_id and i.state = 'C' and i.attempt_id is null""",
                campaign,
                [back.record for back in records],
                [back.skipped_at for back in records],
            )

    @contextlib.asynccontextmanager
    async def placing(
        self, campaign: RunningCampaign, claims: Sequence[Claimed], days: Sequence[date]
    ) -> AsyncIterator[Placing]:
        # Locks of the session, not of a transaction: the attempts must be committed before their calls are sent.
        keys = [lock_key(claim.phone) for claim in claims]
        async with self._database.connection() as connection:
            await connection.execute(_HOLD, keys)
            try:
                blocked = await connection.fetch(
                    _BLOCKED,
                    campaign.key,
                    [claim.record for claim in claims],
                    [number_to_int(claim.phone) for claim in claims],
                    days,
                )
                yield _SqlPlacing(connection, campaign, frozenset(row["record_id"] for row in blocked))
            finally:
                await _let_go(connection, keys)

    async def histories(self, campaign: int, records: Sequence[int]) -> Mapping[int, History]:
        async with self._database.connection() as connection:
            return await histories_of(connection, campaign, records)

    async def said(self, attempts: Sequence[int]) -> Mapping[int, Said]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                """select a.id, d.id as disposition, d.effect, d.retry_seconds
                   from attempt a join disposition d on d.id = a.disposition_id
                   where a.id = any($1::bigint[]) order by a.id""",
                attempts,
            )
        return {row["id"]: Said(row["disposition"], meaning_from(row["effect"], row["retry_seconds"])) for row in rows}

    async def connected(self, calls: Sequence[tuple[int, Call]]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                _CONNECTED,
                [attempt for attempt, _ in calls],
                [call.ringing_at for _, call in calls],
                [call.answered_at for _, call in calls],
                [call.verdict_at for _, call in calls],
                [call.verdict for _, call in calls],
                [call.bridged_at for _, call in calls],
                [call.agent for _, call in calls],
            )

    async def end(self, campaign: int, ended: Sequence[Ended]) -> frozenset[int]:
        steps = [step_columns(one.step) for one in ended]
        calls = [one.call for one in ended]
        async with self._database.connection() as connection:
            done: str = await connection.execute(
                _END,
                campaign,
                [one.attempt for one in ended],
                [one.record for one in ended],
                [one.outcome.value for one in ended],
                [one.outcome.counted for one in ended],
                [call.ringing_at for call in calls],
                [call.answered_at for call in calls],
                [call.verdict_at for call in calls],
                [call.verdict for call in calls],
                [call.bridged_at for call in calls],
                [call.ended_at for call in calls],
                [call.agent for call in calls],
                [call.hangup_by.value if call.hangup_by else None for call in calls],
                [call.left_early for call in calls],
                [call.sip_status for call in calls],
                [call.q850 for call in calls],
                [call.cause for call in calls],
                [one.disposition for one in ended],
                *zip(*steps, strict=True),
            )
            if _count(done) == len(ended):
                return frozenset()
            open_still = await connection.fetch(
                "select id from attempt where id = any($1::bigint[]) and outcome is null order by id",
                [one.attempt for one in ended],
            )
        return frozenset(row["id"] for row in open_still)

    async def open_attempts(self, campaign: int, fence: int) -> Sequence[OpenAttempt]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(_OPEN, campaign, fence)
        return [OpenAttempt(row["id"], _begun(row), _call_so_far(row)) for row in rows]

    async def release_claims(self, campaign: int, lease: str, fence: int, *, keep: Sequence[int] = ()) -> int:
        async with self._database.connection() as connection:
            done: str = await connection.execute(
                """with owned as (select from lease where name = $3 and fence = $4 for share)
                   update dial_item set state = 'R'
                   where campaign_id = $1 and state = 'C' and attempt_id is null and record_id <> all($2::bigint[])
                     and exists (select from owned)""",
                campaign,
                keep,
                lease,
                fence,
            )
        return _count(done)

    async def records_left(self, campaign: int, most: int) -> int | None:
        async with self._database.connection() as connection:
            left: int = await connection.fetchval(
                """select count(*) from (select from dial_item where campaign_id = $1 and state in ('R', 'W')
                   limit $2) few""",
                campaign,
                most + 1,
            )
        return None if left > most else left

    async def backlog(self, campaign: int) -> Backlog:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                """select exists (select from dial_item where campaign_id = $1 and state = 'R' and next_at is null)
                       or exists (select from dial_item where campaign_id = $1 and state = 'R' and next_at is not null)
                     as ready,
                     exists (select from dial_item where campaign_id = $1 and state = 'C') as claimed,
                     exists (select from dial_item where campaign_id = $1 and state = 'S') as parked,
                     (select min(next_at) from dial_item where campaign_id = $1 and state = 'W') as next_due""",
                campaign,
            )
        assert row is not None
        return Backlog(row["ready"], row["claimed"], row["next_due"], row["parked"])

    async def note(
        self, campaign: int, activity: Mapping[str, object], pacer_state: Mapping[str, object] | None
    ) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                """update campaign set activity = $2, pacer_state = coalesce(pacer_state || $3::jsonb, $3, pacer_state)
                   where id = $1""",
                campaign,
                dict(activity),
                dict(pacer_state) if pacer_state is not None else None,
            )

    async def settled_since(self, campaign: int, counted: Counted) -> tuple[Sequence[Settled], int]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                _SETTLED,
                campaign,
                counted.through,
                counted.awaited,
                counted.at - _CLOCKS_DIFFER,
                DialingMode.PREVIEW.value,
                Verdict.MACHINE.value,
                [Outcome.ABANDONED.value, Outcome.AGENT_HANGUP_BEFORE_CONNECTION.value],
            )
        newest = max((row["id"] for row in rows), default=counted.through)
        settled = [Settled(row["at"], row["abandoned"]) for row in rows if row["live"]]
        return settled, max(newest, counted.through)

    async def tell(self, campaign: int, topic: str, facts: Mapping[str, object], now: datetime) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                """insert into outbox (account_id, topic, payload, at)
                   select account_id, $2, jsonb_build_object('campaign_id', uuid) || $3, $4 from campaign
                   where id = $1""",
                campaign,
                topic,
                dict(facts),
                now,
            )

    async def run_out(self, campaign: int, now: datetime) -> None:
        async with self._database.connection() as connection:
            await connection.execute(_RUN_OUT, campaign, now)

    async def goes_on(self, campaign: int, now: datetime) -> None:
        async with self._database.connection() as connection:
            await connection.execute(_GOES_ON, campaign, now)

    async def results(self, campaign: int) -> Results:
        async with self._database.connection() as connection:
            return await results_of(connection, campaign)


async def results_of(connection: Connection, campaign: int) -> Results:
    """What became of a campaign's calls and records; `in_flight` counts attempts without an outcome."""
    outcomes = await connection.fetch(
        """select coalesce(outcome, 'in_flight') as outcome, count(*) as times,
             count(*) filter (where left_early) as left_early
           from attempt where campaign_id = $1 group by 1 order by 1""",
        campaign,
    )
    records = await connection.fetch(
        """select state in ('D', 'X') as final, count(*) as times,
             case state when 'R' then $2 when 'C' then $3 else reason end as reason
           from dial_item where campaign_id = $1 group by 1, 3 order by 3""",
        campaign,
        Reason.READY.value,
        Reason.IN_CALL.value,
    )
    return Results(
        sum(row["times"] for row in outcomes),
        {row["outcome"]: row["times"] for row in outcomes},
        sum(row["left_early"] for row in outcomes),
        sum(row["times"] for row in records),
        sum(row["times"] for row in records if row["final"]),
        {row["reason"]: row["times"] for row in records},
    )


@dataclass(frozen=True, slots=True)
class _SqlPlacing:
    """Implements `outdial.ports.dialing.Placing` on the connection that holds the numbers."""

    connection: Connection
    campaign: RunningCampaign
    on_dnc: frozenset[int]

    async def begin(self, lease: str, fence: int, attempts: Sequence[NewAttempt]) -> Sequence[int | None]:
        mode = self.campaign.campaign.dialing_mode
        claims = [attempt.claimed for attempt in attempts]
        rows = await self.connection.fetch(
            _BEGIN,
            self.campaign.key,
            mode.value if mode is not None else "",
            fence,
            [attempt.id for attempt in attempts],
            [claim.record for claim in claims],
            [claim.list_key for claim in claims],
            [claim.number for claim in claims],
            [claim.priority for claim in claims],
            [number_to_int(claim.phone) for claim in claims],
            [claim.phone_type.code for claim in claims],
            [claim.zone for claim in claims],
            [number_to_int(attempt.caller_id) if attempt.caller_id else None for attempt in attempts],
            [attempt.started_at for attempt in attempts],
            lease,
        )
        keys = {row["record_id"]: row["id"] for row in rows}
        return [keys.get(claim.record) for claim in claims]


async def _let_go(connection: Connection, keys: Sequence[int]) -> None:
    """Release the numbers; a connection that cannot do so is given up, and its locks with it."""
    if connection.is_closed():
        return
    try:
        await connection.execute(_LET_GO, keys)
    except BaseException:
        connection.terminate()
        raise


def _campaign(row: Row) -> RunningCampaign:
    return RunningCampaign(
        row["id"],
        AccountId(row["account_id"]),
        campaign_from_row(row),
        tuple(UserId(user) for user in row["user_ids"]),
        tuple(number_from_int(number) for number in row["caller_ids"]),
        row["pacer_state"],
        row["timezone"],
    )


def _begun(row: Row) -> NewAttempt:
    claimed = Claimed(
        row["record_id"],
        row["list_id"],
        row["priority"],
        row["position"],
        number_from_int(row["e164"]),
        PhoneType.of_code(row["phone_type"]),
        row["zone_id"],
        row["attempts"],
        row["number"],
    )
    caller_id = None if row["caller_id"] is None else number_from_int(row["caller_id"])
    return NewAttempt(row["uuid"], claimed, caller_id, row["started_at"])


def _call_so_far(row: Row) -> Call:
    return Call(
        row["verdict"] is not None,
        row["started_at"],
        CallState.DIALING if row["bridged_at"] is None else CallState.BRIDGED,
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        verdict_at=row["verdict_at"],
        verdict=row["verdict"],
        bridged_at=row["bridged_at"],
        agent=None if row["agent"] is None else UserId(row["agent"]),
    )


def step_columns(step: DialAgain | NoMore) -> tuple[str, str | None, datetime | None, int | None]:
    """state, reason, next_at and position of a record after an attempt."""
    match step:
        case DialAgain(position, at, reason):
            return "W", reason.value, at, position
        case no_more:
            return "D", no_more.reason.value, None, None


def meaning_from(effect: str, retry_seconds: int | None) -> Meaning:
    """What a stored disposition means for a record."""
    return Meaning(Effect(effect), None if retry_seconds is None else timedelta(seconds=retry_seconds))


def _count(command_tag: str) -> int:
    return int(command_tag.rsplit(" ", 1)[-1])
