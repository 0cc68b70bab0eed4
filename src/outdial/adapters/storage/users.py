"""Users of an account in PostgreSQL."""

from collections.abc import Collection

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.values import AccountId, UserId
from outdial.ports.users import EmailTaken, User


class UserRows:
    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, user: User) -> None:
        # A constraint that fires would end the caller's transaction; this way the answer is only "no row".
        stored = await self._connection.fetchval(
            """
            insert into app_user (uuid, account_id, name, email, created_at) values ($1, $2, $3, $4, $5)
            on conflict (account_id, email) do nothing
            returning id
            """,
            user.id,
            self._account,
            user.name,
            user.email,
            user.created_at,
        )
        if stored is None:
            raise EmailTaken

    async def find(self, user_id: UserId) -> User | None:
        row = await self._connection.fetchrow(
            "select uuid, name, email, created_at from app_user where account_id = $1 and uuid = $2",
            self._account,
            user_id,
        )
        return None if row is None else _user(row)

    async def known(self, ids: Collection[UserId]) -> frozenset[UserId]:
        rows = await self._connection.fetch(
            "select uuid from app_user where account_id = $1 and uuid = any($2::uuid[])", self._account, list(ids)
        )
        return frozenset(UserId(row["uuid"]) for row in rows)

    async def by_email(self, emails: Collection[str]) -> dict[str, User]:
        rows = await self._connection.fetch(
            """
            select uuid, name, email, created_at from app_user
            where account_id = $1 and email = any($2::text[]) order by id
            """,
            self._account,
            list(emails),
        )
        return {row["email"]: _user(row) for row in rows}

    async def count(self) -> int:
        found: int = await self._connection.fetchval(
            "select count(*) from app_user where account_id = $1", self._account
        )
        return found

    async def page(self, *, offset: int, limit: int) -> list[User]:
        rows = await self._connection.fetch(
            """
            select uuid, name, email, created_at from app_user
            where account_id = $1 order by id offset $2 limit $3
            """,
            self._account,
            offset,
            limit,
        )
        return [_user(row) for row in rows]


def _user(row: Row) -> User:
    return User(UserId(row["uuid"]), row["name"], row["email"], row["created_at"])
