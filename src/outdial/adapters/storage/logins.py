"""Logins, their links and passwords in PostgreSQL."""

from datetime import datetime
from typing import Final

from outdial.adapters.storage.database import Database, Row
from outdial.domain.access import Role
from outdial.domain.logins import IDLE, LONGEST_LOGIN, LastAdmin, Link, Login
from outdial.domain.values import AccountId, UserId
from outdial.ports.logins import Credentials

_LOGIN: Final = """
    select l.began_at, l.seen_at, a.id as account_id, a.name as account_name, u.uuid, u.name, u.email, u.role
    from login l join present_user u on u.id = l.user_id join account a on a.id = u.account_id
    where l.token_hash = $1 and u.disabled_at is null
    """
_PASSWORD: Final = """
    select u.account_id, u.uuid, u.email, u.password_hash from app_user u join account a on a.id = u.account_id
    where u.removed_at is null and u.disabled_at is null and
    """  # noqa: S105  no password but the query for one


class LoginRows:
    """Implements `outdial.ports.logins.LoginStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def credentials(self, account: str, email: str) -> Credentials | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_PASSWORD} a.name = $1 and u.email = $2", account, email)
        return None if row is None else _credentials(row)

    async def credentials_of(self, account: AccountId, user: UserId) -> Credentials | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_PASSWORD} a.id = $1 and u.uuid = $2", account, user)
        return None if row is None else _credentials(row)

    async def set_password(self, account: AccountId, user: UserId, password_hash: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                "update app_user set password_hash = $3 where account_id = $1 and uuid = $2",
                account,
                user,
                password_hash,
            )
            for table in ("login", "login_link"):
                await connection.execute(
                    f"delete from {table} l using app_user u"  # noqa: S608
                    " where u.id = l.user_id and u.account_id = $1 and u.uuid = $2",
                    account,
                    user,
                )

    async def rehash(self, user: UserId, before: str, after: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                "update app_user set password_hash = $3 where uuid = $1 and password_hash = $2", user, before, after
            )

    async def begin(self, token_hash: bytes, account: AccountId, user: UserId, now: datetime) -> Login | None:
        async with self._database.transaction() as connection:
            await connection.execute(
                """
                insert into login (token_hash, user_id, began_at, seen_at)
                select $1, id, $4, $4 from present_user
                where account_id = $2 and uuid = $3 and disabled_at is null
                """,
                token_hash,
                account,
                user,
                now,
            )
            row = await connection.fetchrow(_LOGIN, token_hash)
        return None if row is None else _login(row)

    async def login(self, token_hash: bytes, now: datetime) -> Login | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                f"{_LOGIN} and l.seen_at > $2 and l.began_at > $3", token_hash, now - IDLE, now - LONGEST_LOGIN
            )
        return None if row is None else _login(row)

    async def seen(self, token_hash: bytes, now: datetime) -> None:
        async with self._database.transaction() as connection:
            await connection.execute("update login set seen_at = $2 where token_hash = $1", token_hash, now)

    async def end(self, token_hash: bytes) -> None:
        async with self._database.transaction() as connection:
            await connection.execute("delete from login where token_hash = $1", token_hash)

    async def add_link(self, link: Link) -> None:
        async with self._database.transaction() as connection:
            key = await connection.fetchval(
                "select id from present_user where account_id = $1 and uuid = $2", link.account, link.user
            )
            await connection.execute(
                "delete from login_link where account_id = $1 and user_id is not distinct from $2", link.account, key
            )
            await connection.execute(
                """
                insert into login_link (token_hash, account_id, user_id, expires_at, signs_in)
                values ($1, $2, $3, $4, $5)
                """,
                link.token_hash,
                link.account,
                key,
                link.expires_at,
                link.signs_in,
            )

    async def link(self, token_hash: bytes, now: datetime) -> Link | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                """
                select l.token_hash, l.account_id, u.uuid, l.expires_at, l.signs_in
                from login_link l left join app_user u on u.id = l.user_id
                where l.token_hash = $1 and l.expires_at > $2
                """,
                token_hash,
                now,
            )
        return None if row is None else _link(row)

    async def use_link(self, token_hash: bytes, now: datetime) -> Link | None:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                """
                with gone as (delete from login_link where token_hash = $1 and expires_at > $2 returning *)
                select l.token_hash, l.account_id, u.uuid, l.expires_at, l.signs_in
                from gone l left join app_user u on u.id = l.user_id
                """,
                token_hash,
                now,
            )
        return None if row is None else _link(row)

    async def user_of_subject(self, account: AccountId, subject: str) -> UserId | None:
        async with self._database.connection() as connection:
            uuid = await connection.fetchval(
                "select uuid from app_user where account_id = $1 and openid_subject = $2 and removed_at is null",
                account,
                subject,
            )
        return None if uuid is None else UserId(uuid)

    async def link_subject(self, account: AccountId, email: str, subject: str, *, issuer: str) -> UserId | None:
        async with self._database.transaction() as connection:
            uuid = await connection.fetchval(
                """
                update app_user set openid_subject = $3
                where account_id = $1 and email = $2 and removed_at is null
                  and (openid_subject is null or not starts_with(openid_subject, $4 || ' '))
                returning uuid
                """,
                account,
                email,
                subject,
                issuer,
            )
        return None if uuid is None else UserId(uuid)

    async def has_admin(self, account: AccountId) -> bool:
        async with self._database.connection() as connection:
            found: bool = await connection.fetchval(f"select exists ({_ADMINS})", account)
        return found

    async def set_role(self, account: AccountId, user: UserId, role: Role, disabled_at: datetime | None) -> None:
        async with self._database.transaction() as connection:
            # One change at a time: two admins must not take each other's place away.
            await connection.execute("select from account where id = $1 for update", account)
            had_admin = await connection.fetchval(f"select exists ({_ADMINS})", account)
            key = await connection.fetchval(
                "update app_user set role = $3, disabled_at = $4 where account_id = $1 and uuid = $2 returning id",
                account,
                user,
                role.value,
                disabled_at,
            )
            if had_admin and not await connection.fetchval(f"select exists ({_ADMINS})", account):
                raise LastAdmin
            if disabled_at is not None:
                await connection.execute("delete from login where user_id = $1", key)


_ADMINS: Final = """
    select from app_user where account_id = $1 and role = 'admin' and removed_at is null and disabled_at is null
    and password_hash is not null
    """


def _credentials(row: Row) -> Credentials:
    return Credentials(AccountId(row["account_id"]), UserId(row["uuid"]), row["email"], row["password_hash"])


def _login(row: Row) -> Login:
    return Login(
        AccountId(row["account_id"]),
        row["account_name"],
        UserId(row["uuid"]),
        row["name"],
        row["email"],
        Role(row["role"]),
        row["began_at"],
        row["seen_at"],
    )


def _link(row: Row) -> Link:
    user = None if row["uuid"] is None else UserId(row["uuid"])
    return Link(row["token_hash"], AccountId(row["account_id"]), user, row["expires_at"], row["signs_in"])
