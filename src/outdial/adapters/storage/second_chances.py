"""Records that are out of dialing, read to be judged again, and put back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from outdial.adapters.storage.database import Connection, Database
from outdial.adapters.storage.histories import histories_of
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.second_chances import RULES, Back, KeptOut
from outdial.ports.second_chances import Moved, Which

# The states are written out: only then do partial indexes serve.
_KEPT_OUT: Final = {
    which: f"""
    select i.record_id, i.reason from dial_item i
    where i.campaign_id = $1 and i.record_id > $2 and i.state = '{which.value}' and i.attempt_id is null
      and ($4::text[] is null or i.reason = any($4)) and ($5::smallint[] is null or i.zone_id = any($5))
    order by i.record_id limit $3
    """  # noqa: S608 - put together from constants
    for which in Which
}
_MOVE: Final = """
update dial_item i set
  state = case when f.reason is not null then 'D' when f.next_at is not null then 'W' else 'R' end::"char",
  reason = case when f.reason is not null then f.reason when f.next_at is not null then $6 end,
  next_at = coalesce(f.next_at, i.next_at), position = coalesce(p.position, i.position),
  e164 = coalesce(p.e164, i.e164), phone_type = coalesce(p.phone_type, i.phone_type),
  zone_id = coalesce(p.zone_id, i.zone_id)
from unnest($3::bigint[], $4::smallint[], $5::timestamptz[], $7::text[]) as f(record_id, position, next_at, reason)
  left join record_phone p on p.record_id = f.record_id and p.position = f.position
where i.campaign_id = $1 and i.record_id = f.record_id and i.state = $2::text::"char" and i.attempt_id is null
"""


class SecondChanceRows:
    """Implements `outdial.ports.second_chances.SecondChanceWork`."""

    _database: Database

    async def judged_by(self, campaign: int) -> str | None:
        async with self._database.connection() as connection:
            mark: str | None = await connection.fetchval("select judged_by from campaign where id = $1", campaign)
        return mark

    async def judge_by(self, campaign: int, rules: str) -> None:
        async with self._database.connection() as connection:
            await connection.execute("update campaign set judged_by = $2 where id = $1", campaign, rules)

    async def lists_as_of(self, campaign: int) -> tuple[datetime | None, int]:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                """select max(l.updated_at) as at, coalesce(sum(l.entries_count), 0) + count(*) as size
                   from campaign_dnc cd join dnc_list l on l.id = cd.list_id where cd.campaign_id = $1""",
                campaign,
            )
        assert row is not None
        return row["at"], int(row["size"])

    async def kept_out(
        self, campaign: int, which: Which, days: Mapping[int, date], *, zones: Sequence[int], after: int, limit: int
    ) -> Sequence[KeptOut]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                _KEPT_OUT[which],
                campaign,
                after,
                limit,
                sorted(reason.value for reason in RULES) if which is Which.FINAL else None,
                list(zones) if which is Which.READY else None,
            )
            keys = [row["record_id"] for row in rows]
            histories = await histories_of(connection, campaign, keys)
            last = await _last_attempts(connection, campaign, keys)
            listed = await _listed(connection, campaign, keys, days)
        return [
            KeptOut(
                row["record_id"],
                None if row["reason"] is None else Reason(row["reason"]),
                history.phones,
                history.position,
                history.tally,
                last.get(row["record_id"]),
                frozenset(listed.get(row["record_id"], ())),
            )
            for row in rows
            if (history := histories.get(row["record_id"])) is not None
        ]

    async def move(self, campaign: int, which: Which, moved: Sequence[Moved]) -> int:
        goes_on = [one.to if isinstance(one.to, Back) else None for one in moved]
        async with self._database.connection() as connection:
            done: str = await connection.execute(
                _MOVE,
                campaign,
                which.value,
                [one.record for one in moved],
                [None if to is None else to.position for to in goes_on],
                [None if to is None else to.at for to in goes_on],
                Reason.WAITING_FOR_RETRY.value,
                [one.to.value if isinstance(one.to, Reason) else None for one in moved],
            )
        return int(done.rsplit(" ", 1)[-1])


async def _last_attempts(
    connection: Connection, campaign: int, records: Sequence[int]
) -> Mapping[int, tuple[Outcome, datetime]]:
    rows = await connection.fetch(
        """select distinct on (record_id) record_id, outcome, coalesce(ended_at, started_at) as ended_at from attempt
           where campaign_id = $1 and record_id = any($2) and outcome is not null order by record_id, id desc""",
        campaign,
        records,
    )
    return {row["record_id"]: (Outcome(row["outcome"]), row["ended_at"]) for row in rows}


async def _listed(
    connection: Connection, campaign: int, records: Sequence[int], days: Mapping[int, date]
) -> Mapping[int, Sequence[int]]:
    """The positions of the records' phones that are on a list of the campaign."""
    rows = await connection.fetch(
        """select p.record_id, array_agg(p.position order by p.position) as positions
           from record_phone p left join unnest($3::smallint[], $4::date[]) as z(zone_id, day) on z.zone_id = p.zone_id
           where p.record_id = any($2) and exists (
             select from campaign_dnc cd join dnc_entry e on e.list_id = cd.list_id and e.e164 = p.e164
             where cd.campaign_id = $1 and (e.expires_on is null or e.expires_on >= z.day))
           group by 1 order by 1""",
        campaign,
        records,
        list(days),
        list(days.values()),
    )
    return {row["record_id"]: row["positions"] for row in rows}
