"""Phone agents in PostgreSQL."""

from collections.abc import Collection
from typing import Final

from outdial.adapters.storage.database import Connection, Database, Row
from outdial.domain.phone_agents import PhoneAgent, PhoneAgentId, PhoneAgentNotFound, PhoneMode, UserHasPhone
from outdial.domain.values import AccountId, UserId

_COLUMNS: Final = "a.uuid, u.uuid as user_uuid, a.address, a.mode, a.created_at"
_FROM: Final = "from phone_agent a join app_user u on u.id = a.user_id where a.account_id = $1"


class PhoneAgentRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, agent: PhoneAgent) -> None:
        stored = await self._connection.fetchval(
            """
            insert into phone_agent (uuid, account_id, user_id, address, mode, created_at)
            select $2, $1, u.id, $4, $5, $6 from present_user u where u.account_id = $1 and u.uuid = $3
            on conflict (user_id) do nothing returning id
            """,
            self._account,
            agent.id,
            agent.user,
            agent.address,
            agent.mode.value,
            agent.created_at,
        )
        if stored is None:
            raise UserHasPhone

    async def get(self, agent_id: PhoneAgentId, *, lock: bool = False) -> PhoneAgent:
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} {_FROM} and a.uuid = $2 {'for no key update of a' if lock else ''}",
            self._account,
            agent_id,
        )
        if row is None:
            raise PhoneAgentNotFound(agent_id)
        return _agent(row)

    async def save(self, agent: PhoneAgent) -> None:
        await self._connection.execute(
            "update phone_agent set address = $3, mode = $4 where account_id = $1 and uuid = $2",
            self._account,
            agent.id,
            agent.address,
            agent.mode.value,
        )

    async def remove(self, agent_id: PhoneAgentId) -> None:
        await self._connection.execute(
            "delete from phone_agent where account_id = $1 and uuid = $2", self._account, agent_id
        )

    async def page(self, *, user: UserId | None, offset: int, limit: int) -> tuple[int, list[PhoneAgent]]:
        source = f"{_FROM} and ($2::uuid is null or u.uuid = $2)"
        total: int = await self._connection.fetchval(f"select count(*) {source}", self._account, user)
        rows = await self._connection.fetch(
            f"select {_COLUMNS} {source} order by a.id offset $3 limit $4", self._account, user, offset, limit
        )
        return total, [_agent(row) for row in rows]


def _agent(row: Row) -> PhoneAgent:
    return PhoneAgent(
        PhoneAgentId(row["uuid"]), UserId(row["user_uuid"]), row["address"], PhoneMode(row["mode"]), row["created_at"]
    )


async def addresses_of(database: Database, users: Collection[UserId]) -> dict[UserId, tuple[str, PhoneMode]]:
    """The phones of those among these users who have one, of any account: for whoever calls them."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            """
            select u.uuid, a.address, a.mode from phone_agent a join app_user u on u.id = a.user_id
            where u.uuid = any($1::uuid[])
            """,
            list(users),
        )
    return {UserId(row["uuid"]): (row["address"], PhoneMode(row["mode"])) for row in rows}
