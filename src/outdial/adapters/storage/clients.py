"""Accounts, API clients and signing keys in PostgreSQL: what exists above all accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from outdial.adapters.storage.database import Database, Row
from outdial.domain.access import Account, AccountExists, AccountNotFound, ApiClient, Scope
from outdial.domain.values import AccountId
from outdial.ports.tokens import SigningKey

_SCOPES: Final = {scope.value: scope for scope in Scope}


class AccessRows:
    """Each method is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_account(self, name: str, now: datetime) -> Account:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                """
                insert into account (name, created_at) values ($1, $2)
                on conflict (name) do nothing returning id, name, created_at
                """,
                name,
                now,
            )
        if row is None:
            raise AccountExists(name)
        return _account(row)

    async def account(self, name: str) -> Account:
        async with self._database.connection() as connection:
            row = await connection.fetchrow("select id, name, created_at from account where name = $1", name)
        if row is None:
            raise AccountNotFound(name)
        return _account(row)

    async def accounts(self) -> Sequence[Account]:
        async with self._database.connection() as connection:
            rows = await connection.fetch("select id, name, created_at from account order by id")
        return [_account(row) for row in rows]

    async def add_client(self, client: ApiClient) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                """
                insert into api_client (id, account_id, name, secret_hash, scopes, created_at)
                values ($1, $2, $3, $4, $5, $6)
                """,
                client.id,
                client.account.id,
                client.name,
                client.secret_hash,
                [scope.value for scope in client.scopes],
                client.created_at,
            )

    async def client(self, client_id: str) -> ApiClient | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_CLIENT} where c.id = $1", client_id)
        return None if row is None else _client(row)

    async def clients(self, account: Account) -> Sequence[ApiClient]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(f"{_CLIENT} where c.account_id = $1 order by c.created_at, c.id", account.id)
        return [_client(row) for row in rows]

    async def keys(self) -> Sequence[SigningKey]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                """
                select kid, private_key, encrypted, public_jwk, created_at, retired_at from signing_key
                order by created_at desc, kid
                """
            )
        return [SigningKey(**dict(row)) for row in rows]

    async def add_first_key(self, key: SigningKey) -> bool:
        async with self._database.transaction() as connection:
            # Two servers that start together must not sign with different first keys.
            await connection.execute("lock table signing_key in share row exclusive mode")
            stored = await connection.fetchval(
                """
                insert into signing_key (kid, private_key, encrypted, public_jwk, created_at)
                select $1, $2, $3, $4, $5 where not exists (select from signing_key)
                returning kid
                """,
                key.kid,
                key.private_key,
                key.encrypted,
                key.public_jwk,
                key.created_at,
            )
        return stored is not None


_CLIENT: Final = """
select c.id, c.name, c.secret_hash, c.scopes, c.created_at,
       a.id as account_id, a.name as account_name, a.created_at as account_created_at
from api_client c join account a on a.id = c.account_id
"""


def _account(row: Row) -> Account:
    return Account(AccountId(row["id"]), row["name"], row["created_at"])


def _client(row: Row) -> ApiClient:
    account = Account(AccountId(row["account_id"]), row["account_name"], row["account_created_at"])
    # A scope that this release no longer has grants nothing.
    scopes = tuple(_SCOPES[word] for word in row["scopes"] if word in _SCOPES)
    return ApiClient(row["id"], account, row["name"], row["secret_hash"], scopes, row["created_at"])
