"""Attempts of an account, read as they were written, and changed by what agents say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from outdial.adapters.storage.campaigns import strategy_from_json
from outdial.adapters.storage.database import Connection, Row
from outdial.adapters.storage.dialing import step_columns
from outdial.adapters.storage.histories import histories_of
from outdial.domain.dispositions import DispositionId
from outdial.domain.outcomes import Outcome
from outdial.domain.retry import DialAgain, NoMore
from outdial.domain.values import AccountId, CampaignId, PhoneType, UserId, number_from_int
from outdial.domain.verdicts import Verdicts
from outdial.ports.attempts import Attempt, AttemptFilter, Disposable

_COLUMNS: Final = """a.uuid, c.uuid as campaign, r.uuid as record, a.number, a.e164, a.phone_type, a.caller_id,
  a.started_at, a.ringing_at, a.answered_at, a.verdict_at, a.verdict, a.bridged_at, a.ended_at, u.uuid as user_id,
  a.outcome, a.counted, a.hangup_by, a.left_early, a.sip_status, a.q850, a.cause, d.uuid as disposition,
  d.name as disposition_name, a.disposed_at, a.note"""
_FROM: Final = """from attempt a join campaign c on c.id = a.campaign_id left join record r on r.id = a.record_id
  left join app_user u on u.id = a.user_id left join disposition d on d.id = a.disposition_id
  where c.account_id = $1"""
_MATCHING: Final = """and c.uuid = $2 and ($3::uuid is null or r.uuid = $3) and ($4::uuid is null or u.uuid = $4)
  and ($5::text is null or a.outcome = $5)"""


# Of calls without detection there is no verdict. A call judged machine has met an agent when it was one of the sample.
_VERDICTS: Final = """
select count(*) filter (where verdict = 'machine') as machine,
  count(*) filter (where verdict = 'human') as person,
  count(*) filter (where verdict not in ('machine', 'human')) as not_sure,
  count(*) filter (where verdict = 'machine' and met) as sampled,
  count(*) filter (where verdict = 'machine' and met and answered_by is not null) as sampled_said,
  count(*) filter (where verdict = 'machine' and met and answered_by = 'PERSON') as sampled_persons,
  count(*) filter (where verdict <> 'machine' and met) as passed,
  count(*) filter (where verdict <> 'machine' and met and answered_by is not null) as passed_said,
  count(*) filter (where verdict <> 'machine' and met and answered_by = 'MACHINE') as passed_machines,
  percentile_cont(0.5) within group (order by delay) as delay_p50,
  percentile_cont(0.95) within group (order by delay) as delay_p95
from (
  select a.verdict, a.bridged_at is not null as met, d.answered_by,
    extract(epoch from a.verdict_at - a.answered_at)::float8 as delay
  from attempt a join campaign c on c.id = a.campaign_id left join disposition d on d.id = a.disposition_id
  where c.account_id = $1 and c.uuid = $2 and a.verdict is not null
    and ($3::timestamptz is null or a.started_at >= $3) and ($4::timestamptz is null or a.started_at < $4)
) judged
"""


class AttemptRows:
    """Implements `outdial.ports.attempts.AttemptStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def page(
        self, campaign: CampaignId, which: AttemptFilter, *, offset: int, limit: int
    ) -> tuple[int, Sequence[Attempt]]:
        wanted = (which.record, which.user, None if which.outcome is None else which.outcome.value)
        total: int = await self._connection.fetchval(
            f"select count(*) {_FROM} {_MATCHING}", self._account, campaign, *wanted
        )
        rows = await self._connection.fetch(
            f"select {_COLUMNS} {_FROM} {_MATCHING} order by a.started_at desc, a.id desc offset $6 limit $7",
            self._account,
            campaign,
            *wanted,
            offset,
            limit,
        )
        return total, [_attempt(row) for row in rows]

    async def get(self, attempt_id: UUID) -> Attempt | None:
        row = await self._connection.fetchrow(f"select {_COLUMNS} {_FROM} and a.uuid = $2", self._account, attempt_id)
        return None if row is None else _attempt(row)

    async def verdicts(self, campaign: CampaignId, since: datetime | None, until: datetime | None) -> Verdicts:
        row = await self._connection.fetchrow(_VERDICTS, self._account, campaign, since, until)
        assert row is not None, "a count is a row, of nothing too"
        return Verdicts(**row)

    async def hold(self, attempt_id: UUID) -> Disposable | None:
        row = await self._connection.fetchrow(
            f"select {_COLUMNS}, a.campaign_id, a.record_id, c.strategy {_FROM} and a.uuid = $2 for update of a",
            self._account,
            attempt_id,
        )
        if row is None:
            return None
        # A record that has gone on since is past what an earlier call says of it.
        still = await self._connection.fetchrow(
            """select i.record_id from dial_item i where i.campaign_id = $1 and i.record_id = $2 and i.state <> 'C'
                 and i.attempt_id is null
                 and not exists (select from attempt later where later.campaign_id = $1 and later.record_id = $2
                                   and later.number > $3)
               for update of i""",
            row["campaign_id"],
            row["record_id"],
            row["number"],
        )
        history = None
        if still is not None:
            found = await histories_of(self._connection, row["campaign_id"], [row["record_id"]])
            history = found.get(row["record_id"])
        return Disposable(_attempt(row), strategy_from_json(row["strategy"]), history)

    async def say(self, attempt_id: UUID, disposition: DispositionId, note: str | None, now: datetime) -> None:
        await self._connection.execute(
            """update attempt a set disposition_id = d.id, note = $4, disposed_at = $5
               from disposition d, campaign c
               where d.account_id = $1 and d.uuid = $3 and c.account_id = $1 and c.id = a.campaign_id
                 and a.uuid = $2""",
            self._account,
            attempt_id,
            disposition,
            note,
            now,
        )

    async def set_step(self, attempt_id: UUID, step: DialAgain | NoMore) -> None:
        state, reason, next_at, _ = step_columns(step)
        await self._connection.execute(
            """update dial_item i set state = $3::text::"char", reason = $4, next_at = coalesce($5, i.next_at)
               from attempt a join campaign c on c.id = a.campaign_id
               where c.account_id = $1 and a.uuid = $2 and i.campaign_id = a.campaign_id
                 and i.record_id = a.record_id""",
            self._account,
            attempt_id,
            state,
            reason,
            next_at,
        )


def _attempt(row: Row) -> Attempt:
    return Attempt(
        id=row["uuid"],
        campaign=CampaignId(row["campaign"]),
        record=row["record"],
        number=row["number"],
        phone=number_from_int(row["e164"]),
        phone_type=PhoneType.of_code(row["phone_type"]),
        caller_id=None if row["caller_id"] is None else number_from_int(row["caller_id"]),
        started_at=row["started_at"],
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        verdict_at=row["verdict_at"],
        verdict=row["verdict"],
        bridged_at=row["bridged_at"],
        ended_at=row["ended_at"],
        user=None if row["user_id"] is None else UserId(row["user_id"]),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        counted=row["counted"],
        hangup_by=row["hangup_by"],
        left_early=row["left_early"],
        sip_status=row["sip_status"],
        q850=row["q850"],
        cause=row["cause"],
        disposition=None if row["disposition"] is None else DispositionId(row["disposition"]),
        disposition_name=row["disposition_name"],
        disposed_at=row["disposed_at"],
        note=row["note"],
    )
