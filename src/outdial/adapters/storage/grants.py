"""What people let programs do, in PostgreSQL."""

from datetime import datetime
from typing import Final
from uuid import UUID

from outdial.adapters.storage.database import Database, Row
from outdial.domain.access import Role, Scope
from outdial.domain.grants import Grant
from outdial.domain.values import UserId

_SCOPES: Final = {scope.value: scope for scope in Scope}


class GrantRows:
    """Implements `outdial.ports.grants.GrantStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, grant: Grant, code_hash: bytes, code_until: datetime, now: datetime) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                """
                insert into oauth_grant
                  (uuid, client_id, user_id, scopes, redirect_uri, challenge, created_at, expires_at)
                select $1, c.id, u.id, $4, $5, $6, $7, $8 from api_client c
                join app_user u on u.account_id = c.account_id and u.uuid = $3 where c.id = $2
                """,
                grant.id,
                grant.client_id,
                grant.user,
                [scope.value for scope in grant.scopes],
                grant.redirect_uri,
                grant.challenge,
                now,
                grant.expires_at,
            )
            await connection.execute(
                "insert into oauth_grant_word (word_hash, grant_uuid, is_code, expires_at) values ($1, $2, true, $3)",
                code_hash,
                grant.id,
                code_until,
            )
            await connection.execute("delete from oauth_grant where expires_at < $1", now)

    async def use(self, word_hash: bytes, *, code: bool, now: datetime) -> Grant | None:
        async with self._database.transaction() as connection:
            word = await connection.fetchrow(
                "select grant_uuid, expires_at, used_at from oauth_grant_word"
                " where word_hash = $1 and is_code = $2 for update",
                word_hash,
                code,
            )
            if word is None:
                return None
            if word["used_at"] is not None:
                await connection.execute("delete from oauth_grant where uuid = $1", word["grant_uuid"])
                return None
            await connection.execute("update oauth_grant_word set used_at = $2 where word_hash = $1", word_hash, now)
            if now >= word["expires_at"]:
                return None
            row = await connection.fetchrow(
                """
                select g.*, a.uuid as user_uuid, u.role from oauth_grant g join app_user a on a.id = g.user_id
                left join present_user u on u.id = g.user_id and u.disabled_at is null
                where g.uuid = $1
                """,
                word["grant_uuid"],
            )
        return None if row is None else _grant(row)

    async def go_on(self, grant: UUID, refresh_hash: bytes, until: datetime) -> None:
        async with self._database.transaction() as connection:
            await connection.execute("update oauth_grant set expires_at = $2 where uuid = $1", grant, until)
            await connection.execute(
                "insert into oauth_grant_word (word_hash, grant_uuid, is_code, expires_at) values ($1, $2, false, $3)",
                refresh_hash,
                grant,
                until,
            )


def _grant(row: Row) -> Grant:
    return Grant(
        id=row["uuid"],
        client_id=row["client_id"],
        user=UserId(row["user_uuid"]),
        role=None if row["role"] is None else Role(row["role"]),
        scopes=tuple(_SCOPES[word] for word in row["scopes"] if word in _SCOPES),
        redirect_uri=row["redirect_uri"],
        challenge=row["challenge"],
        expires_at=row["expires_at"],
    )
