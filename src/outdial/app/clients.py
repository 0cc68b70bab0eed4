"""API clients of an account as its admins see to them: made, given secrets and keys, revoked; all of it audited.

What an admin gives never exceeds what they have: else one could make a program that does what one may not.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from outdial.app import access as programs
from outdial.app import audit
from outdial.domain.access import (
    ApiClient,
    ClientKeyNotFound,
    ClientNotFound,
    ClientRevoked,
    ClientSigns,
    Principal,
    PublicKey,
    Scope,
    hash_of,
)
from outdial.domain.audit import Kind
from outdial.ports.clock import Clock
from outdial.ports.storage import Storage
from outdial.ports.tokens import AccessStore


@dataclass(frozen=True, slots=True)
class ClientWithKeys:
    client: ApiClient
    keys: Sequence[PublicKey]


async def listed(*, by: Principal, access: AccessStore) -> list[ClientWithKeys]:
    """All clients of the account, the newest first, the revoked ones too."""
    account = await access.account_of(by.account)
    return [ClientWithKeys(one, await access.client_keys(one.id)) for one in reversed(await access.clients(account))]


async def get(client_id: str, *, by: Principal, access: AccessStore) -> ClientWithKeys:
    """Raises `ClientNotFound`."""
    storable = client_id.isascii() and client_id.isprintable()
    client = await access.client(client_id) if storable else None
    if client is None or client.account.id != by.account:
        raise ClientNotFound(client_id)
    return ClientWithKeys(client, await access.client_keys(client.id))


async def create(
    name: str,
    scopes: Sequence[Scope],
    redirect_uris: Sequence[str],
    key: PublicKey | None,
    *,
    by: Principal,
    access: AccessStore,
    storage: Storage,
    clock: Clock,
) -> ClientWithKeys:
    """Make a client. Without a key it is given a secret by `new_secret`, and can do nothing before.

    Raises:
        Invalid: an unfit name or address, or no scope at all.
        BeyondYours: scopes that whoever asks does not have.
    """
    account = await access.account_of(by.account)
    client = await programs.new_client(account.name, name, scopes, None, access, clock, redirect_uris)
    by.check_gives(scopes)
    await access.add_client(client, key)
    async with storage.unit_of_work(by.account) as uow:
        await audit.of_thing(uow, after=client)
    return ClientWithKeys(client, () if key is None else (key,))


async def new_secret(client_id: str, *, by: Principal, access: AccessStore, storage: Storage) -> programs.NewClient:
    """Another secret for a client, shown this once; the one before is good no more, tokens of it run out by themselves.

    Raises:
        ClientNotFound: no such client.
        ClientRevoked, ClientSigns, BeyondYours: nothing was changed.
    """
    found = await _living(client_id, by=by, access=access)
    if found.keys:
        raise ClientSigns(client_id)
    secret = secrets.token_urlsafe(32)
    await access.set_client_secret(client_id, hash_of(secret))
    await _noted(found.client, {"secret": "another"}, by=by, storage=storage)
    return programs.NewClient(found.client, secret)


async def add_key(
    client_id: str, key: PublicKey, *, by: Principal, access: AccessStore, storage: Storage, clock: Clock
) -> None:
    """Let a client sign with one more key.

    Raises:
        ClientNotFound: no such client.
        ClientKeyExists, ClientRevoked, BeyondYours: nothing was changed.
    """
    found = await _living(client_id, by=by, access=access)
    await access.add_client_key(client_id, key, clock.now())
    await _noted(found.client, {"key": key.kid}, by=by, storage=storage)


async def remove_key(client_id: str, key_id: str, *, by: Principal, access: AccessStore, storage: Storage) -> None:
    """Refuse what a client signs with one of its keys from now on.

    Raises:
        ClientNotFound, ClientKeyNotFound: nothing was changed.
    """
    found = await get(client_id, by=by, access=access)
    if key_id not in {key.kid for key in found.keys}:
        raise ClientKeyNotFound(key_id)
    await access.remove_client_key(client_id, key_id)
    await _noted(found.client, {}, was={"key": key_id}, by=by, storage=storage)


async def revoke(client_id: str, *, by: Principal, access: AccessStore, storage: Storage, clock: Clock) -> None:
    """Give a client no more tokens and refuse those it has, within ten seconds. Raises `ClientNotFound`."""
    client = (await get(client_id, by=by, access=access)).client
    if client.revoked_at is not None:
        return
    now = clock.now()
    await access.revoke_client(client_id, now)
    async with storage.unit_of_work(by.account) as uow:
        await audit.of_thing(uow, before=client, after=replace(client, revoked_at=now))


async def _living(client_id: str, *, by: Principal, access: AccessStore) -> ClientWithKeys:
    """A client that may be given ways to show who it is."""
    found = await get(client_id, by=by, access=access)
    if found.client.revoked_at is not None:
        raise ClientRevoked(client_id)
    by.check_gives(found.client.scopes)
    return found


async def _noted(
    client: ApiClient, now: dict[str, str], *, was: dict[str, str] | None = None, by: Principal, storage: Storage
) -> None:
    """Write down that a client shows who it is in another way; never how."""
    async with storage.unit_of_work(by.account) as uow:
        await audit.note(uow, Kind.API_CLIENT, UUID(client.id), before=was or {}, after=now)
