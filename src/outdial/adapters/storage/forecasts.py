"""Pacing's memory of campaigns, and forecasts, in PostgreSQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from outdial.adapters.storage.database import Connection, Row
from outdial.adapters.storage.histories import histories_of
from outdial.domain import retry
from outdial.domain.campaigns import Campaign, DialingStrategy
from outdial.domain.dnc import today
from outdial.domain.forecasts import Forecast, ForecastId, ForecastNotFound, ForecastStatus, LeftRecord, Material
from outdial.domain.outcomes import Outcome
from outdial.domain.retry import Phone, Tally
from outdial.domain.values import AccountId, CampaignId, PhoneType

_COLUMNS: Final = "f.uuid, c.uuid as campaign, f.status, f.asked, f.result, f.created_at, f.until, f.done_at"
_LIVE: Final = frozenset({Outcome.CONNECTED, Outcome.ABANDONED, Outcome.AGENT_HANGUP_BEFORE_CONNECTION})

# Records that are not final: those in the campaign's work, and those of its lists that it has not taken in yet. Every
# n-th of them by a hash, so that no order of the list shows.
_LEFT: Final = """
select record_id, position, priority, uncounted, due, taken from (
  select i.record_id, i.position, i.priority, i.uncounted, case when i.state = 'W' then i.next_at end as due,
    true as taken
  from dial_item i where i.campaign_id = $1 and i.state in ('R', 'W', 'C')
  union all
  select r.id, null, r.priority, 0, null, false
  from campaign_record_list cl join record_list l on l.id = cl.list_id and l.status = 'ACCEPTED'
    join record r on r.list_id = cl.list_id and r.seq > cl.enrolled_seq
  where cl.campaign_id = $1
    and not exists (select from dial_item i where i.campaign_id = $1 and i.record_id = r.id)
) some_left
"""
_ON_DNC: Final = """
select distinct p.record_id, p.position
from record_phone p join dnc_entry e on e.e164 = p.e164
  join campaign_dnc_list cd on cd.list_id = e.list_id and cd.campaign_id = $1
where p.record_id = any($2) and (e.expires_on is null or e.expires_on >= $3)
"""


class ForecastRows:
    """Implements `outdial.ports.forecasts.ForecastStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def learned(self, campaign_id: CampaignId) -> Mapping[str, Any]:
        state: Mapping[str, Any] | None = await self._connection.fetchval(
            "select pacer_state from campaign where account_id = $1 and uuid = $2", self._account, campaign_id
        )
        return state or {}

    async def material(self, campaign: Campaign, now: datetime, most: int) -> Material:
        assert campaign.strategy is not None, "whoever asks has looked"
        key: int = await self._connection.fetchval(
            "select id from campaign where account_id = $1 and uuid = $2", self._account, campaign.id
        )
        left: int = await self._connection.fetchval(f"select count(*) from ({_LEFT}) l", key)  # noqa: S608
        every = max(1, -(-left // most))
        rows = await self._connection.fetch(
            f"{_LEFT} where (hashint8(record_id) & 2147483647) % $2 = 0 order by record_id", key, every
        )
        zones = {
            row["id"]: tuple(row["names"])
            for row in await self._connection.fetch("select id, names from zone order by id")
        }
        first, again = await self._outcomes(key)
        return Material(
            campaign=campaign,
            now=now,
            left=left,
            sampled=len(rows),
            records=await self._records(key, campaign.strategy, rows, now),
            learned=await self.learned(campaign.id),
            first=first,
            again=again,
            zones=zones,
        )

    async def _outcomes(self, key: int) -> tuple[Mapping[Outcome, int], Mapping[Outcome, int]]:
        rows = await self._connection.fetch(
            """select number = 1 as first, outcome, left_early, count(*) as times from attempt
               where campaign_id = $1 and outcome is not null group by 1, 2, 3 order by 1, 2, 3""",
            key,
        )
        first: dict[Outcome, int] = defaultdict(int)
        again: dict[Outcome, int] = defaultdict(int)
        for row in rows:
            outcome = Outcome(row["outcome"])
            live = outcome in _LIVE or row["left_early"]
            (first if row["first"] else again)[Outcome.CONNECTED if live else outcome] += row["times"]
        return dict(first), dict(again)

    async def _records(
        self, key: int, strategy: DialingStrategy, rows: Sequence[Row], now: datetime
    ) -> Sequence[LeftRecord]:
        ids = [row["record_id"] for row in rows]
        histories = await histories_of(self._connection, key, ids)
        phones: dict[int, list[Phone]] = defaultdict(list)
        for row in await self._connection.fetch(
            """select record_id, position, phone_type, zone_id from record_phone
               where record_id = any($1) order by record_id, position""",
            ids,
        ):
            phones[row["record_id"]].append(
                Phone(row["position"], PhoneType.of_code(row["phone_type"]), zone=row["zone_id"])
            )
        blocked = {
            (row["record_id"], row["position"])
            for row in await self._connection.fetch(_ON_DNC, key, ids, today("UTC", now))
        }
        records = []
        for row in rows:
            record = row["record_id"]
            history = histories.get(record)
            tally = history.tally if history is not None else Tally()
            allowed = tuple(phone for phone in phones[record] if (record, phone.position) not in blocked)
            position = _position(strategy, allowed, phones[record], row["position"], tally)
            if position is not None:
                records.append(LeftRecord(allowed, position, tally, row["priority"], row["due"]))
        return records

    async def count_open(self, now: datetime) -> int:
        await self._connection.execute("select from account where id = $1 for no key update", self._account)
        count: int = await self._connection.fetchval(
            """select count(*) from forecast f join campaign c on c.id = f.campaign_id
               where c.account_id = $1 and f.status = 'RUNNING' and f.until > $2""",
            self._account,
            now,
        )
        return count

    async def add(self, forecast: Forecast) -> None:
        await self._connection.execute(
            """insert into forecast (uuid, campaign_id, status, asked, created_at, until)
               select $3, id, $4, $5, $6, $7 from campaign where account_id = $1 and uuid = $2""",
            self._account,
            forecast.campaign_id,
            forecast.id,
            forecast.status.value,
            dict(forecast.asked),
            forecast.created_at,
            forecast.until,
        )

    async def get(self, campaign_id: CampaignId, forecast_id: ForecastId) -> Forecast:
        row = await self._connection.fetchrow(
            f"""select {_COLUMNS} from forecast f join campaign c on c.id = f.campaign_id
                where c.account_id = $1 and c.uuid = $2 and f.uuid = $3""",  # noqa: S608
            self._account,
            campaign_id,
            forecast_id,
        )
        if row is None:
            raise ForecastNotFound(forecast_id)
        return _forecast(row)

    async def page(self, campaign_id: CampaignId, *, offset: int, limit: int) -> tuple[int, Sequence[Forecast]]:
        source = "from forecast f join campaign c on c.id = f.campaign_id where c.account_id = $1 and c.uuid = $2"
        total: int = await self._connection.fetchval(f"select count(*) {source}", self._account, campaign_id)
        rows = await self._connection.fetch(
            f"select {_COLUMNS} {source} order by f.id desc offset $3 limit $4",
            self._account,
            campaign_id,
            offset,
            limit,
        )
        return total, [_forecast(row) for row in rows]

    async def finish(self, forecast: Forecast) -> None:
        await self._connection.execute(
            """update forecast set status = $3, result = $4, done_at = $5
               where uuid = $2 and campaign_id in (select id from campaign where account_id = $1)""",
            self._account,
            forecast.id,
            forecast.status.value,
            None if forecast.result is None else dict(forecast.result),
            forecast.done_at,
        )


def _position(
    strategy: DialingStrategy, allowed: Sequence[Phone], phones: Sequence[Phone], position: int | None, tally: Tally
) -> int | None:
    """The phone that is next of those that may be dialed; None if there is none."""
    if position is None:
        order = retry.dialing_order(strategy, allowed)
        return order[0].position if order else None
    if any(phone.position == position for phone in allowed):
        return position
    following = retry.next_phone(strategy, phones, position, tally)
    while following is not None and following not in allowed:
        following = retry.next_phone(strategy, phones, following.position, tally)
    return None if following is None else following.position


def _forecast(row: Row) -> Forecast:
    return Forecast(
        ForecastId(row["uuid"]),
        CampaignId(row["campaign"]),
        ForecastStatus(row["status"]),
        row["asked"],
        row["created_at"],
        row["until"],
        row["result"],
        row["done_at"],
    )
