"""Accounts, API clients and signing keys in PostgreSQL: what exists above all accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from outdial.adapters.storage.database import Connection, Database, Row
from outdial.domain.access import (
    Account,
    AccountExists,
    AccountNotFound,
    ApiClient,
    ClientKeyExists,
    ClientKeyNotFound,
    ClientNotFound,
    PublicKey,
    Scope,
    ServiceToken,
    ServiceTokenNotFound,
)
from outdial.domain.logins import IDLE, LONGEST_LOGIN
from outdial.domain.values import AccountId
from outdial.ports.tokens import Revocations, SigningKey

_SCOPES: Final = {scope.value: scope for scope in Scope}


class AccessRows:
    """Each method is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_account(self, name: str, now: datetime, timezone: str = "UTC") -> Account:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                """
                insert into account (name, created_at, timezone) values ($1, $2, $3)
                on conflict (name) do nothing returning id, name, created_at, timezone
                """,
                name,
                now,
                timezone,
            )
        if row is None:
            raise AccountExists(name)
        return _account(row)

    async def account(self, name: str) -> Account:
        async with self._database.connection() as connection:
            row = await connection.fetchrow("select id, name, created_at, timezone from account where name = $1", name)
        if row is None:
            raise AccountNotFound(name)
        return _account(row)

    async def put_timezone(self, name: str, timezone: str) -> Account:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                "update account set timezone = $2 where name = $1 returning id, name, created_at, timezone",
                name,
                timezone,
            )
        if row is None:
            raise AccountNotFound(name)
        return _account(row)

    async def accounts(self) -> Sequence[Account]:
        async with self._database.connection() as connection:
            rows = await connection.fetch("select id, name, created_at, timezone from account order by id")
        return [_account(row) for row in rows]

    async def add_client(self, client: ApiClient, key: PublicKey | None = None) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                """
                insert into api_client (id, account_id, name, secret_hash, scopes, created_at, redirect_uris)
                values ($1, $2, $3, $4, $5, $6, $7)
                """,
                client.id,
                client.account.id,
                client.name,
                client.secret_hash,
                [scope.value for scope in client.scopes],
                client.created_at,
                list(client.redirect_uris),
            )
            if key is not None:
                await _add_key(connection, client.id, key, client.created_at)

    async def client(self, client_id: str) -> ApiClient | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_CLIENT} where c.id = $1", client_id)
        return None if row is None else _client(row)

    async def clients(self, account: Account) -> Sequence[ApiClient]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(f"{_CLIENT} where c.account_id = $1 order by c.created_at, c.id", account.id)
        return [_client(row) for row in rows]

    async def account_of(self, account: AccountId) -> Account:
        async with self._database.connection() as connection:
            row = await connection.fetchrow("select id, name, created_at, timezone from account where id = $1", account)
        assert row is not None, "accounts are never deleted"
        return _account(row)

    async def set_client_secret(self, client_id: str, secret_hash: bytes) -> None:
        async with self._database.transaction() as connection:
            found = await connection.fetchval(
                "update api_client set secret_hash = $2 where id = $1 returning id", client_id, secret_hash
            )
        if found is None:
            raise ClientNotFound(client_id)

    async def revoke_client(self, client_id: str, now: datetime) -> None:
        async with self._database.transaction() as connection:
            found = await connection.fetchval(
                "update api_client set revoked_at = coalesce(revoked_at, $2) where id = $1 returning id", client_id, now
            )
        if found is None:
            raise ClientNotFound(client_id)

    async def client_keys(self, client_id: str) -> Sequence[PublicKey]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "select kid, public_jwk from client_key where client_id = $1 order by created_at, kid", client_id
            )
        return [PublicKey(row["kid"], row["public_jwk"]) for row in rows]

    async def add_client_key(self, client_id: str, key: PublicKey, now: datetime) -> None:
        async with self._database.transaction() as connection:
            if await connection.fetchval("select id from api_client where id = $1", client_id) is None:
                raise ClientNotFound(client_id)
            await _add_key(connection, client_id, key, now)

    async def remove_client_key(self, client_id: str, kid: str) -> None:
        async with self._database.transaction() as connection:
            gone = await connection.fetchval(
                "delete from client_key where client_id = $1 and kid = $2 returning kid", client_id, kid
            )
        if gone is None:
            raise ClientKeyNotFound(kid)

    async def use_assertion(self, client_id: str, jti_hash: bytes, until: datetime, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            await connection.execute(
                "delete from used_assertion where client_id = $1 and expires_at <= $2", client_id, now
            )
            first = await connection.fetchval(
                """
                insert into used_assertion (client_id, jti_hash, expires_at) values ($1, $2, $3)
                on conflict do nothing returning true
                """,
                client_id,
                jti_hash,
                until,
            )
        return first is not None

    async def add_service_token(self, token: ServiceToken) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                """
                insert into service_token (id, token_hash, client_id, scopes, created_at, expires_at)
                values ($1, $2, $3, $4, $5, $6)
                """,
                token.id,
                token.token_hash,
                token.client.id,
                [scope.value for scope in token.scopes],
                token.created_at,
                token.expires_at,
            )

    async def service_token(self, token_hash: bytes) -> ServiceToken | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_SERVICE_TOKEN} where t.token_hash = $1", token_hash)
        return None if row is None else _service_token(row)

    async def service_tokens(self, client_id: str) -> Sequence[ServiceToken]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                f"{_SERVICE_TOKEN} where t.client_id = $1 order by t.created_at, t.id", client_id
            )
        return [_service_token(row) for row in rows]

    async def forget_expired(self, before: datetime) -> int:
        async with self._database.transaction() as connection:
            gone = [
                await connection.execute("delete from service_token where expires_at < $1", before),
                await connection.execute("delete from used_assertion where expires_at < $1", before),
                await connection.execute("delete from login_link where expires_at < $1", before),
                await connection.execute(
                    "delete from login where seen_at < $1 or began_at < $2", before - IDLE, before - LONGEST_LOGIN
                ),
            ]
        return sum(int(done.rpartition(" ")[2]) for done in gone)

    async def revoke_service_token(self, token_id: str, now: datetime) -> None:
        async with self._database.transaction() as connection:
            found = await connection.fetchval(
                "update service_token set revoked_at = coalesce(revoked_at, $2) where id = $1 returning id",
                token_id,
                now,
            )
        if found is None:
            raise ServiceTokenNotFound(token_id)

    async def revocations(self) -> Revocations:
        async with self._database.connection() as connection:
            clients = await connection.fetch("select id from api_client where revoked_at is not null")
            tokens = await connection.fetch("select token_hash from service_token where revoked_at is not null")
        return Revocations(frozenset(row["id"] for row in clients), frozenset(row["token_hash"] for row in tokens))

    async def keys(self) -> Sequence[SigningKey]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                """
                select kid, private_key, encrypted, public_jwk, created_at, retired_at from signing_key
                order by created_at desc, retired_at desc nulls first, kid
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

    async def rotate_keys(self, key: SigningKey, forget_before: datetime) -> None:
        async with self._database.transaction() as connection:
            # Rotations one after the other: no two keys are left that both are not retired.
            await connection.execute("lock table signing_key in share row exclusive mode")
            await connection.execute("delete from signing_key where retired_at < $1", forget_before)
            await connection.execute("update signing_key set retired_at = $1 where retired_at is null", key.created_at)
            await connection.execute(
                """
                insert into signing_key (kid, private_key, encrypted, public_jwk, created_at)
                values ($1, $2, $3, $4, $5)
                """,
                key.kid,
                key.private_key,
                key.encrypted,
                key.public_jwk,
                key.created_at,
            )


_CLIENT_COLUMNS: Final = """
       c.id, c.name, c.secret_hash, c.scopes, c.created_at, c.revoked_at, c.redirect_uris,
       a.id as account_id, a.name as account_name, a.created_at as account_created_at
"""
_CLIENT: Final = f"select {_CLIENT_COLUMNS} from api_client c join account a on a.id = c.account_id"  # noqa: S608 - constants alone
_SERVICE_TOKEN: Final = f"""
select {_CLIENT_COLUMNS}, t.id as token_id, t.token_hash, t.scopes as token_scopes,
       t.created_at as token_created_at, t.expires_at, t.revoked_at as token_revoked_at
from service_token t join api_client c on c.id = t.client_id join account a on a.id = c.account_id
"""  # noqa: S608 - constants alone


async def _add_key(connection: Connection, client_id: str, key: PublicKey, now: datetime) -> None:
    added = await connection.fetchval(
        """
        insert into client_key (client_id, kid, public_jwk, created_at) values ($1, $2, $3, $4)
        on conflict do nothing returning kid
        """,
        client_id,
        key.kid,
        dict(key.jwk),
        now,
    )
    if added is None:
        raise ClientKeyExists(key.kid)


def _account(row: Row) -> Account:
    return Account(AccountId(row["id"]), row["name"], row["created_at"], row["timezone"])


def _client(row: Row) -> ApiClient:
    account = Account(AccountId(row["account_id"]), row["account_name"], row["account_created_at"])
    scopes = _scopes(row["scopes"])
    return ApiClient(
        row["id"],
        account,
        row["name"],
        row["secret_hash"],
        scopes,
        row["created_at"],
        row["revoked_at"],
        tuple(row["redirect_uris"]),
    )


def _service_token(row: Row) -> ServiceToken:
    return ServiceToken(
        id=row["token_id"],
        token_hash=row["token_hash"],
        client=_client(row),
        scopes=_scopes(row["token_scopes"]),
        created_at=row["token_created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["token_revoked_at"],
    )


def _scopes(words: Sequence[str]) -> tuple[Scope, ...]:
    """A scope that this release no longer has grants nothing."""
    return tuple(_SCOPES[word] for word in words if word in _SCOPES)
