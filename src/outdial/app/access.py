"""Accounts, API clients and the tokens that clients ask for."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from outdial.domain.access import (
    DEFAULT_ACCOUNT,
    Account,
    AccountExists,
    ApiClient,
    ClientRefused,
    Scope,
    ScopeNotGranted,
    scopes_of,
)
from outdial.domain.errors import FieldProblem, Invalid
from outdial.ports.clock import Clock
from outdial.ports.tokens import AccessStore, Tokens

_ACCOUNT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NOBODY = hashlib.sha256(b"nobody's secret").digest()
LONGEST_CLIENT_NAME = 100


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client with its secret, which is shown this once and stored nowhere."""

    client: ApiClient
    secret: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token and what it allows."""

    token: str
    scopes: tuple[Scope, ...]


async def ensure_installed(access: AccessStore, tokens: Tokens, clock: Clock) -> Account:
    """Make what migrations cannot: the first signing key; and the account `default`. Safe to repeat."""
    await access.add_first_key(tokens.new_key())
    try:
        return await access.add_account(DEFAULT_ACCOUNT, clock.now())
    except AccountExists:
        return await access.account(DEFAULT_ACCOUNT)


async def create_account(name: str, *, access: AccessStore, clock: Clock) -> Account:
    """Make an account.

    Raises:
        Invalid: the name is not 1 to 63 lower-case letters, digits and inner hyphens.
        AccountExists: there is one of this name.
    """
    if not _ACCOUNT_NAME.fullmatch(name):
        description = "must be 1 to 63 lower-case letters, digits and inner hyphens"
        raise Invalid(f"{name!r} cannot be an account's name", [FieldProblem("name", description)])
    return await access.add_account(name, clock.now())


async def create_client(
    account: str, *, name: str, scopes: Sequence[Scope], access: AccessStore, clock: Clock
) -> NewClient:
    """Make a client that may ask for tokens with the given scopes.

    Raises:
        Invalid: an unfit name, or no scope at all.
        AccountNotFound: there is no account of that name.
    """
    name = name.strip()
    problems = []
    if not 0 < len(name) <= LONGEST_CLIENT_NAME or not name.isprintable():
        problems.append(FieldProblem("name", f"must be 1 to {LONGEST_CLIENT_NAME} printable characters"))
    if not scopes:
        problems.append(FieldProblem("scopes", "must have at least one scope"))
    if problems:
        raise Invalid("the client is not valid", problems)
    secret = secrets.token_urlsafe(32)
    client = ApiClient(
        id=secrets.token_hex(16),
        account=await access.account(account),
        name=name,
        secret_hash=_hash(secret),
        scopes=tuple(dict.fromkeys(scopes)),
        created_at=clock.now(),
    )
    await access.add_client(client)
    return NewClient(client, secret)


async def grant_token(client_id: str, secret: str, scope: str, *, access: AccessStore, tokens: Tokens) -> Grant:
    """A token for a client; `scope` is a space-separated list, and empty asks for all that the client may do.

    Raises:
        ClientRefused: unknown client or wrong secret.
        UnknownScope, ScopeNotGranted: the client may not ask for that.
    """
    client = None if "\0" in client_id else await access.client(client_id)
    # The comparison is made for unknown clients too: the time it takes tells nothing.
    right = hmac.compare_digest(_hash(secret), client.secret_hash if client else _NOBODY)
    if client is None or not right:
        raise ClientRefused
    scopes = scopes_of(scope) or client.scopes
    refused = [one for one in scopes if one not in client.scopes]
    if refused:
        raise ScopeNotGranted(refused)
    return Grant(await tokens.issue(client, scopes), scopes)


def _hash(secret: str) -> bytes:
    """Enough for a secret of 256 random bits: there is nothing to guess, so nothing to slow down."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
