"""Users of an account in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import asyncpg

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.access import Role
from outdial.domain.values import AccountId, UserId
from outdial.ports.users import EmailTaken, User

COLUMNS: Final = "uuid, name, email, created_at, role, disabled_at, has_password"
"""Of the view `present_user`."""


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

    async def find(self, user_id: UserId, *, lock: bool = False) -> User | None:
        row = await self._connection.fetchrow(
            f"select {COLUMNS} from present_user where account_id = $1 and uuid = $2"  # noqa: S608
            f" {'for no key update' if lock else ''}",
            self._account,
            user_id,
        )
        return None if row is None else user_from_row(row)

    async def save(self, user: User) -> None:
        try:
            # A savepoint: the address's constraint must not end the caller's transaction.
            async with self._connection.transaction():
                await self._connection.execute(
                    "update app_user set name = $3, email = $4 where account_id = $1 and uuid = $2",
                    self._account,
                    user.id,
                    user.name,
                    user.email,
                )
        except asyncpg.UniqueViolationError:
            raise EmailTaken from None

    async def has_other_admin(self, user_id: UserId) -> bool:
        found: bool = await self._connection.fetchval(
            """
            select exists (select from present_user where account_id = $1 and uuid <> $2 and role = 'admin'
              and disabled_at is null and has_password)
            """,
            self._account,
            user_id,
        )
        return found

    async def remove(self, user_id: UserId, at: datetime) -> None:
        for table in ("team_user", "phone_agent", "login", "login_link"):
            await self._connection.execute(
                f"delete from {table} t using app_user u"  # noqa: S608
                " where u.account_id = $1 and u.uuid = $2 and t.user_id = u.id",
                self._account,
                user_id,
            )
        # The address and the identity are free for somebody else.
        await self._connection.execute(
            """
            update app_user set removed_at = $3, email = null, openid_subject = null
            where account_id = $1 and uuid = $2
            """,
            self._account,
            user_id,
            at,
        )

    async def known(self, ids: Collection[UserId]) -> frozenset[UserId]:
        rows = await self._connection.fetch(
            "select uuid from present_user where account_id = $1 and uuid = any($2::uuid[])", self._account, list(ids)
        )
        return frozenset(UserId(row["uuid"]) for row in rows)

    async def by_email(self, emails: Collection[str]) -> dict[str, User]:
        rows = await self._connection.fetch(
            f"""
            select {COLUMNS} from present_user
            where account_id = $1 and email = any($2::text[]) order by id
            """,  # noqa: S608
            self._account,
            list(emails),
        )
        return {row["email"]: user_from_row(row) for row in rows}

    async def count(self) -> int:
        found: int = await self._connection.fetchval(
            "select count(*) from present_user where account_id = $1", self._account
        )
        return found

    async def page(self, *, offset: int, limit: int) -> list[User]:
        rows = await self._connection.fetch(
            f"""
            select {COLUMNS} from present_user
            where account_id = $1 order by id offset $2 limit $3
            """,  # noqa: S608
            self._account,
            offset,
            limit,
        )
        return [user_from_row(row) for row in rows]


def user_from_row(row: Row) -> User:
    """The user of a row that has `COLUMNS`."""
    return User(
        UserId(row["uuid"]),
        row["name"],
        row["email"],
        row["created_at"],
        Role(row["role"]),
        row["disabled_at"],
        row["has_password"],
    )
