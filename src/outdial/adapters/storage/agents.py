"""Agents' sessions and their log in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from outdial.adapters.storage.database import Connection, Database, Row
from outdial.domain.agent_days import AgentDay
from outdial.domain.agents import Agent, AgentState
from outdial.domain.values import AccountId, CampaignId, RecordListId, UserId
from outdial.ports.agents import DEFAULT_SETTINGS, AgentEntry, AgentSettings, Contact, Session

# The log first, each line with its session; then every session as its last line says.
_WRITE = """
with lines as (
  select f.*, s.id as session_id, s.account_id, s.user_id
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::int[], $11::uuid[]) with ordinality
    as f(session, at, state, since, reason, leaving, leaving_reason, link, why, campaign_id, attempt, n)
  join agent_session s on s.uuid = f.session
), written as (
  insert into agent_event (session_id, account_id, user_id, at, state, reason, link, why, campaign_id, attempt)
  select session_id, account_id, user_id, at, state, reason, link, why, campaign_id, attempt from lines order by n
), latest as (
  select distinct on (session_id) * from lines order by session_id, n desc
)
update agent_session s set state = l.state, since = l.since, reason = l.reason, leaving = l.leaving,
  leaving_reason = l.leaving_reason, signed_out_at = case when l.state = $12 then l.at end,
  ended_reason = case when l.state = $12 then coalesce(l.why, l.reason) end
from latest l where s.id = l.session_id
"""


class SessionRows:
    """Implements `outdial.ports.agents.SessionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_sessions(self) -> Sequence[tuple[Session, Agent]]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                """select s.uuid, s.account_id, u.uuid as user_uuid, s.campaigns, s.wrap_up_seconds, s.signed_in_at,
                     s.ends_at, s.state, s.since, s.reason, s.leaving, s.leaving_reason
                   from agent_session s join app_user u on u.id = s.user_id
                   where s.signed_out_at is null order by s.id"""
            )
        return [
            (
                Session(
                    row["uuid"],
                    AccountId(row["account_id"]),
                    UserId(row["user_uuid"]),
                    None if row["campaigns"] is None else tuple(CampaignId(one) for one in row["campaigns"]),
                    timedelta(seconds=row["wrap_up_seconds"]),
                    row["signed_in_at"],
                    row["ends_at"],
                ),
                Agent(
                    UserId(row["user_uuid"]),
                    AgentState(row["state"]),
                    row["since"],
                    leaving=None if row["leaving"] is None else AgentState(row["leaving"]),
                    leaving_reason=row["leaving_reason"],
                    reason=row["reason"],
                ),
            )
            for row in rows
        ]

    async def begin(self, session: Session, agent: Agent) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                """insert into agent_session
                     (uuid, account_id, user_id, campaigns, wrap_up_seconds, state, since, reason, signed_in_at,
                      ends_at)
                   values ($1, $2, (select id from app_user where uuid = $3), $4, $5, $6, $7, $8, $9, $10)""",
                session.id,
                session.account,
                session.user,
                None if session.campaigns is None else list(session.campaigns),
                round(session.wrap_up.total_seconds()),
                agent.state.value,
                agent.since,
                agent.reason,
                session.signed_in_at,
                session.ends_at,
            )

    async def choose(self, session: UUID, campaigns: tuple[CampaignId, ...] | None) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "update agent_session set campaigns = $2 where uuid = $1",
                session,
                None if campaigns is None else list(campaigns),
            )

    async def plan(self, session: UUID, ends_at: datetime) -> None:
        async with self._database.connection() as connection:
            await connection.execute("update agent_session set ends_at = $2 where uuid = $1", session, ends_at)

    async def write(self, entries: Sequence[AgentEntry]) -> None:
        agents = [entry.agent for entry in entries]
        async with self._database.connection() as connection:
            await connection.execute(
                _WRITE,
                [entry.session for entry in entries],
                [entry.at for entry in entries],
                [agent.state.value for agent in agents],
                [agent.since for agent in agents],
                [agent.reason for agent in agents],
                [agent.leaving.value if agent.leaving else None for agent in agents],
                [agent.leaving_reason for agent in agents],
                [agent.link.value for agent in agents],
                [entry.why for entry in entries],
                [entry.campaign for entry in entries],
                [entry.attempt for entry in entries],
                AgentState.SIGNED_OUT.value,
            )


class AgentRows:
    """Implements `outdial.ports.agents.AgentStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def names(self, users: Collection[UserId]) -> Mapping[UserId, str]:
        rows = await self._connection.fetch(
            "select uuid, name from app_user where account_id = $1 and uuid = any($2::uuid[]) order by id",
            self._account,
            list(users),
        )
        return {UserId(row["uuid"]): row["name"] for row in rows}

    async def contact(self, record: int) -> Contact | None:
        row = await self._connection.fetchrow(
            """select r.uuid, l.uuid as list_uuid, r.first_name, r.last_name, r.timezone, r.extra_data, r.external_id,
                 r.external_url
               from record r join record_list l on l.id = r.list_id where l.account_id = $1 and r.id = $2""",
            self._account,
            record,
        )
        if row is None:
            return None
        return Contact(
            row["uuid"],
            RecordListId(row["list_uuid"]),
            row["first_name"],
            row["last_name"],
            row["timezone"],
            row["extra_data"],
            row["external_id"],
            row["external_url"],
        )

    async def settings(self) -> AgentSettings:
        row = await self._connection.fetchrow(
            "select wrap_up_seconds, extension_seconds, pause_reasons from agent_setting where account_id = $1",
            self._account,
        )
        if row is None:
            return DEFAULT_SETTINGS
        return AgentSettings(
            timedelta(seconds=row["wrap_up_seconds"]),
            timedelta(seconds=row["extension_seconds"]),
            tuple(row["pause_reasons"]),
        )

    async def save_settings(self, settings: AgentSettings) -> None:
        await self._connection.execute(
            """insert into agent_setting (account_id, wrap_up_seconds, extension_seconds, pause_reasons)
               values ($1, $2, $3, $4)
               on conflict (account_id) do update set wrap_up_seconds = excluded.wrap_up_seconds,
                 extension_seconds = excluded.extension_seconds, pause_reasons = excluded.pause_reasons""",
            self._account,
            round(settings.wrap_up.total_seconds()),
            round(settings.extension.total_seconds()),
            list(settings.pause_reasons),
        )

    async def days(self, begins: datetime, ends: datetime, now: datetime) -> Sequence[AgentDay]:
        rows = await self._connection.fetch(_SPANS, self._account, begins, ends, now)
        calls = await self._connection.fetch(
            """
            select a.user_id, count(*) as calls from campaign c join attempt a on a.campaign_id = c.id
              and a.started_at >= $2 and a.started_at < $3 and a.outcome = 'connected' and a.user_id is not null
            where c.account_id = $1 group by 1 order by 1
            """,
            self._account,
            begins,
            ends,
        )
        taken = {row["user_id"]: row["calls"] for row in calls}
        found: dict[int, list[Row]] = {}
        for row in rows:
            found.setdefault(row["id"], []).append(row)
        return [_day(spans, taken.get(key, 0)) for key, spans in found.items()]


# A state lasts until the next one of its session, the last of a session that is open until now.
_SPANS = """
select id, uuid, name, state, coalesce(reason, '') as reason, min(from_at) as first_at, max(to_at) as last_at,
  sum(extract(epoch from to_at - from_at))::float8 as seconds
from (
  select u.id, u.uuid, u.name, e.state, e.reason, greatest(e.at, $2) as from_at,
    least(coalesce(lead(e.at) over (partition by e.session_id order by e.id), $4), $3) as to_at
  from agent_session s join agent_event e on e.session_id = s.id join app_user u on u.id = s.user_id
  where s.account_id = $1 and s.signed_in_at < $3 and (s.signed_out_at is null or s.signed_out_at > $2)
) as spans
where state <> 'signed_out' and to_at > from_at
group by id, uuid, name, state, reason order by name, id, state, reason
"""


def _day(spans: Sequence[Row], calls: int) -> AgentDay:
    """Out of the spans of one agent, of which there is one at least."""
    seconds: dict[AgentState, float] = {}
    pauses: dict[str, float] = {}
    for row in spans:
        state = AgentState(row["state"])
        seconds[state] = seconds.get(state, 0.0) + row["seconds"]
        if state is AgentState.PAUSED:
            pauses[row["reason"]] = row["seconds"]
    return AgentDay(
        UserId(spans[0]["uuid"]),
        spans[0]["name"],
        min(row["first_at"] for row in spans),
        max(row["last_at"] for row in spans),
        seconds,
        pauses,
        calls,
    )
