"""Teams in PostgreSQL: the row, its members, and the tables of what belongs to teams."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from outdial.adapters.storage.database import Connection, Row
from outdial.adapters.storage.users import COLUMNS, user_from_row
from outdial.domain.teams import Team, TeamId, TeamNameTaken, TeamNotFound
from outdial.domain.values import AccountId, RecordListId, UserId
from outdial.ports.teams import Owned
from outdial.ports.users import User

_THINGS: Final[Mapping[Owned, tuple[str, str]]] = {
    Owned.RECORD_LISTS: ("record_list", "record_list_team"),
    Owned.DNC_LISTS: ("dnc_list", "dnc_list_team"),
    Owned.CAMPAIGNS: ("campaign", "campaign_team"),
}
"""The table of the things, and the one that says to which teams they belong."""


_MEMBER: Final = ", ".join(f"u.{column}" for column in COLUMNS.split(", "))


class TeamRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, team: Team) -> None:
        # A constraint that fires would end the caller's transaction; this way the answer is only "no row".
        stored = await self._connection.fetchval(
            """
            insert into team (uuid, account_id, name, created_at) values ($1, $2, $3, $4)
            on conflict (account_id, name) do nothing returning id
            """,
            team.id,
            self._account,
            team.name,
            team.created_at,
        )
        if stored is None:
            raise TeamNameTaken

    async def get(self, team_id: TeamId, *, lock: bool = False) -> Team:
        row = await self._connection.fetchrow(
            "select uuid, name, created_at from team where account_id = $1 and uuid = $2"  # noqa: S608
            f" {'for update' if lock else ''}",
            self._account,
            team_id,
        )
        if row is None:
            raise TeamNotFound(team_id)
        return _team(row)

    async def save(self, team: Team) -> None:
        try:
            # A savepoint: the name's constraint must not end the caller's transaction.
            async with self._connection.transaction():
                await self._connection.execute(
                    "update team set name = $3 where account_id = $1 and uuid = $2", self._account, team.id, team.name
                )
        except asyncpg.UniqueViolationError:
            raise TeamNameTaken from None

    async def remove(self, team_id: TeamId) -> None:
        await self._connection.execute("delete from team where account_id = $1 and uuid = $2", self._account, team_id)

    async def known(self, ids: Collection[TeamId]) -> frozenset[TeamId]:
        rows = await self._connection.fetch(
            "select uuid from team where account_id = $1 and uuid = any($2::uuid[]) order by id for share",
            self._account,
            list(ids),
        )
        return frozenset(TeamId(row["uuid"]) for row in rows)

    async def count(self) -> int:
        found: int = await self._connection.fetchval("select count(*) from team where account_id = $1", self._account)
        return found

    async def page(self, *, offset: int, limit: int) -> list[Team]:
        rows = await self._connection.fetch(
            "select uuid, name, created_at from team where account_id = $1 order by id offset $2 limit $3",
            self._account,
            offset,
            limit,
        )
        return [_team(row) for row in rows]

    async def members(self, team_id: TeamId, *, offset: int, limit: int) -> tuple[int, list[User]]:
        source = (
            "from present_user u join team_user m on m.user_id = u.id join team t on t.id = m.team_id"
            " where t.account_id = $1 and t.uuid = $2"
        )
        total: int = await self._connection.fetchval(f"select count(*) {source}", self._account, team_id)
        rows = await self._connection.fetch(
            f"select {_MEMBER} {source} order by u.id offset $3 limit $4",
            self._account,
            team_id,
            offset,
            limit,
        )
        return total, [user_from_row(row) for row in rows]

    async def join(self, team_id: TeamId, users: Collection[UserId]) -> None:
        await self._connection.execute(
            """
            insert into team_user (team_id, user_id)
            select t.id, u.id from team t, present_user u
            where t.account_id = $1 and t.uuid = $2 and u.account_id = $1 and u.uuid = any($3::uuid[]) order by u.id
            on conflict do nothing
            """,
            self._account,
            team_id,
            list(users),
        )

    async def leave(self, team_id: TeamId, users: Collection[UserId]) -> None:
        await self._connection.execute(
            """
            delete from team_user m using team t, app_user u
            where t.account_id = $1 and t.uuid = $2 and m.team_id = t.id
              and u.account_id = $1 and u.uuid = any($3::uuid[]) and m.user_id = u.id
            """,
            self._account,
            team_id,
            list(users),
        )

    async def owns(self, team_id: TeamId) -> bool:
        ties = " or ".join(f"exists (select from {table} o where o.team_id = t.id)" for _, table in _THINGS.values())
        found: bool = await self._connection.fetchval(
            f"select {ties} from team t where t.account_id = $1 and t.uuid = $2",  # noqa: S608
            self._account,
            team_id,
        )
        return found

    async def of(self, kind: Owned, ids: Collection[UUID]) -> Mapping[UUID, Sequence[Team]]:
        things, ties = _THINGS[kind]
        rows = await self._connection.fetch(
            f"""
            select p.uuid as thing, t.uuid, t.name, t.created_at
            from {things} p join {ties} o on o.owner_id = p.id join team t on t.id = o.team_id
            where p.account_id = $1 and p.uuid = any($2::uuid[]) order by t.id, p.id
            """,  # noqa: S608
            self._account,
            list(ids),
        )
        found: dict[UUID, list[Team]] = {one: [] for one in ids}
        for row in rows:
            found[row["thing"]].append(_team(row))
        return found

    async def page_of(self, kind: Owned, thing: UUID, *, offset: int, limit: int) -> tuple[int, list[Team]]:
        things, ties = _THINGS[kind]
        source = (
            f"from {things} p join {ties} o on o.owner_id = p.id join team t on t.id = o.team_id"
            " where p.account_id = $1 and p.uuid = $2"
        )
        total: int = await self._connection.fetchval(f"select count(*) {source}", self._account, thing)
        rows = await self._connection.fetch(
            f"select t.uuid, t.name, t.created_at {source} order by t.id offset $3 limit $4",
            self._account,
            thing,
            offset,
            limit,
        )
        return total, [_team(row) for row in rows]

    async def give(self, kind: Owned, thing: UUID, teams: Collection[TeamId]) -> None:
        things, ties = _THINGS[kind]
        await self._connection.execute(
            f"""
            insert into {ties} (owner_id, team_id)
            select p.id, t.id from {things} p, team t
            where p.account_id = $1 and p.uuid = $2 and t.account_id = $1 and t.uuid = any($3::uuid[]) order by t.id
            on conflict do nothing
            """,  # noqa: S608
            self._account,
            thing,
            list(teams),
        )

    async def take(self, kind: Owned, thing: UUID, teams: Collection[TeamId]) -> None:
        things, ties = _THINGS[kind]
        await self._connection.execute(
            f"""
            delete from {ties} o using {things} p, team t
            where p.account_id = $1 and p.uuid = $2 and o.owner_id = p.id
              and t.account_id = $1 and t.uuid = any($3::uuid[]) and o.team_id = t.id
            """,  # noqa: S608
            self._account,
            thing,
            list(teams),
        )

    async def of_campaigns_using(self, list_id: RecordListId) -> Sequence[tuple[str, frozenset[TeamId]]]:
        rows = await self._connection.fetch(
            """
            select c.name, array(select t.uuid from campaign_team o join team t on t.id = o.team_id
                                 where o.owner_id = c.id) as teams
            from record_list l join campaign_record_list u on u.list_id = l.id join campaign c on c.id = u.campaign_id
            where l.account_id = $1 and l.uuid = $2 order by c.id
            """,
            self._account,
            list_id,
        )
        return [(row["name"], frozenset(TeamId(uuid) for uuid in row["teams"])) for row in rows]


def _team(row: Row) -> Team:
    return Team(TeamId(row["uuid"]), row["name"], row["created_at"])
