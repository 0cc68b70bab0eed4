"""Accounts, API clients and the tokens that clients ask for."""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from outdial.domain.access import (
    DEFAULT_ACCOUNT,
    SERVICE_TOKEN_PREFIX,
    TOKEN_LIFETIME,
    Account,
    AccountExists,
    ApiClient,
    ClientRefused,
    PublicKey,
    Scope,
    ScopeNotGranted,
    ServiceToken,
    check_assertion,
    hash_of,
    scopes_of,
)
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.grants import MOST_REDIRECTS, redirect_problem
from outdial.domain.zones import zone_name
from outdial.ports.clock import Clock
from outdial.ports.tokens import AccessStore, SigningKey, TokenFacts, Tokens

_ACCOUNT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NOBODY = hash_of("nobody's secret")
LONGEST_CLIENT_NAME = 100


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client with its secret, which is shown this once and stored nowhere."""

    client: ApiClient
    secret: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, what it allows and for how long."""

    token: str
    scopes: tuple[Scope, ...]
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What a client shows that authenticates with HTTP Basic."""

    client_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """What a client shows that authenticates with `private_key_jwt`; `audience` is our token endpoint."""

    jwt: str
    audience: str


Credentials = ClientSecret | ClientAssertion

KEYS_ARE_KEPT = TOKEN_LIFETIME + timedelta(hours=1)
"""How long a retired key stays stored: longer than any token it signed, and than any process goes on publishing it."""


async def ensure_installed(access: AccessStore, tokens: Tokens, clock: Clock) -> Account:
    """Make what migrations cannot: the first signing key; and the account `default`. Safe to repeat."""
    await access.add_first_key(tokens.new_key())
    try:
        return await access.add_account(DEFAULT_ACCOUNT, clock.now())
    except AccountExists:
        return await access.account(DEFAULT_ACCOUNT)


async def create_account(name: str, *, timezone: str = "UTC", access: AccessStore, clock: Clock) -> Account:
    """Make an account.

    Raises:
        Invalid: the name is not 1 to 63 lower-case letters, digits and inner hyphens, or there is no such time zone.
        AccountExists: there is one of this name.
    """
    if not _ACCOUNT_NAME.fullmatch(name):
        description = "must be 1 to 63 lower-case letters, digits and inner hyphens"
        raise Invalid(f"{name!r} cannot be an account's name", [FieldProblem("name", description)])
    return await access.add_account(name, clock.now(), _zone(timezone))


async def change_account(name: str, *, timezone: str, access: AccessStore) -> Account:
    """Give an account another time zone.

    Raises:
        Invalid: there is no such time zone.
        AccountNotFound: there is no such account.
    """
    return await access.put_timezone(name, _zone(timezone))


def _zone(timezone: str) -> str:
    known = zone_name(timezone)
    if known is None:
        raise Invalid(f"{timezone!r} is no time zone", [FieldProblem("timezone", "must be such as Europe/Lisbon")])
    return known


async def create_client(
    account: str,
    *,
    name: str,
    scopes: Sequence[Scope],
    redirect_uris: Sequence[str] = (),
    access: AccessStore,
    clock: Clock,
) -> NewClient:
    """Make a client that authenticates with a secret and may ask for tokens with the given scopes.

    With `redirect_uris` it may also ask people to act in their name; they are sent back to one of these.

    Raises:
        Invalid: an unfit name or address, or no scope at all.
        AccountNotFound: there is no account of that name.
    """
    secret = secrets.token_urlsafe(32)
    client = await new_client(account, name, scopes, hash_of(secret), access, clock, redirect_uris)
    await access.add_client(client)
    return NewClient(client, secret)


async def create_client_with_key(
    account: str, key: PublicKey, *, name: str, scopes: Sequence[Scope], access: AccessStore, clock: Clock
) -> ApiClient:
    """Make a client that authenticates by signing with its own key, and has no secret.

    Raises:
        As `create_client`.
    """
    client = await new_client(account, name, scopes, None, access, clock)
    await access.add_client(client, key)
    return client


async def new_client(
    account: str,
    name: str,
    scopes: Sequence[Scope],
    secret_hash: bytes | None,
    access: AccessStore,
    clock: Clock,
    redirect_uris: Sequence[str] = (),
) -> ApiClient:
    """A client that is not stored yet. Raises as `create_client`."""
    name = name.strip()
    problems = []
    if not 0 < len(name) <= LONGEST_CLIENT_NAME or not name.isprintable():
        problems.append(FieldProblem("name", f"must be 1 to {LONGEST_CLIENT_NAME} printable characters"))
    if not scopes:
        problems.append(FieldProblem("scopes", "must have at least one scope"))
    if len(redirect_uris) > MOST_REDIRECTS:
        problems.append(FieldProblem("redirect_uris", f"must be at most {MOST_REDIRECTS}"))
    problems += [
        FieldProblem(f"redirect_uris.{place}", problem)
        for place, uri in enumerate(redirect_uris)
        if (problem := redirect_problem(uri)) is not None
    ]
    if problems:
        raise Invalid("the client is not valid", problems)
    return ApiClient(
        id=secrets.token_hex(16),
        account=await access.account(account),
        name=name,
        secret_hash=secret_hash,
        scopes=tuple(dict.fromkeys(scopes)),
        created_at=clock.now(),
        redirect_uris=tuple(redirect_uris),
    )


async def authenticate(shown: Credentials, *, access: AccessStore, tokens: Tokens, clock: Clock) -> ApiClient:
    """The client that shows these credentials. An assertion is used up by it.

    Raises:
        ClientRefused: unknown or revoked client, wrong secret, wrong signature, or an assertion with wrong claims.
    """
    match shown:
        case ClientSecret(client_id, secret):
            return await _by_secret(client_id, secret, access)
        case ClientAssertion():
            return await _by_assertion(shown, access, tokens, clock)


async def _by_secret(client_id: str, secret: str, access: AccessStore) -> ApiClient:
    client = await _living_client(client_id, access)
    # The comparison is made for unknown clients too: the time it takes tells nothing.
    right = hmac.compare_digest(hash_of(secret), (client and client.secret_hash) or _NOBODY)
    if client is None or client.secret_hash is None or not right:
        raise ClientRefused
    return client


async def _by_assertion(shown: ClientAssertion, access: AccessStore, tokens: Tokens, clock: Clock) -> ApiClient:
    named = tokens.signed_by(shown.jwt)
    client = None if named is None else await _living_client(named[0], access)
    if named is None or client is None:
        raise ClientRefused
    key = next((key for key in await access.client_keys(client.id) if key.kid == named[1]), None)
    claims = None if key is None else tokens.claims_of(shown.jwt, key)
    if claims is None:
        raise ClientRefused
    now = clock.now()
    jti, until = check_assertion(claims, client_id=client.id, audience=shown.audience, now=now)
    if not await access.use_assertion(client.id, hash_of(jti), until, now):
        raise ClientRefused("the assertion was used before: each needs a jti of its own")
    return client


async def _living_client(client_id: str, access: AccessStore) -> ApiClient | None:
    # Neither can be stored, so neither is anybody's id.
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in client_id):
        return None
    client = await access.client(client_id)
    return client if client is not None and client.revoked_at is None else None


async def grant_token(client: ApiClient, scope: str, *, tokens: Tokens) -> Grant:
    """A token for a client; `scope` is a space-separated list, and empty asks for all that the client may do.

    Raises:
        UnknownScope, ScopeNotGranted: the client may not ask for that.
    """
    scopes = _granted(client, scope)
    return Grant(await tokens.issue(client, scopes), scopes, TOKEN_LIFETIME)


async def grant_service_token(
    client: ApiClient, scope: str, lifetime: timedelta, *, access: AccessStore, clock: Clock
) -> Grant:
    """A token that tells nothing by itself, lives long and can be revoked; `scope` as in `grant_token`.

    Raises:
        UnknownScope, ScopeNotGranted: the client may not ask for that.
    """
    scopes = _granted(client, scope)
    token, now = SERVICE_TOKEN_PREFIX + secrets.token_urlsafe(32), clock.now()
    await access.add_service_token(
        ServiceToken(secrets.token_hex(8), hash_of(token), client, scopes, now, now + lifetime)
    )
    return Grant(token, scopes, lifetime)


async def introspect(token: str, *, by: ApiClient, tokens: Tokens) -> TokenFacts | None:
    """What a token says; `None` when it is not good, or belongs to another account than who asks."""
    facts = await tokens.facts(token)
    return facts if facts is not None and facts.principal.account == by.account.id else None


async def rotate_signing_key(*, access: AccessStore, tokens: Tokens) -> SigningKey:
    """Make the key that will sign from now on; the others go on verifying what they signed until that expires."""
    key = tokens.new_key()
    await access.rotate_keys(key, key.created_at - KEYS_ARE_KEPT)
    return key


def _granted(client: ApiClient, scope: str) -> tuple[Scope, ...]:
    scopes = scopes_of(scope) or client.scopes
    refused = [one for one in scopes if one not in client.scopes]
    if refused:
        raise ScopeNotGranted(refused)
    return scopes
