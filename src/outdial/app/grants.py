"""People let programs act in their name: a code for consent, tokens for a code, new tokens for old ones."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from outdial.domain.access import RIGHTS, ApiClient, Principal, Role, Scope, hash_of, scopes_of
from outdial.domain.grants import (
    CODE_LIFETIME,
    REFRESH_LIFETIME,
    Grant,
    GrantRefused,
    RedirectRefused,
    RefreshTokenMissing,
    answers,
)
from outdial.domain.logins import Login
from outdial.ports.clock import Clock, Ids
from outdial.ports.grants import GrantStore
from outdial.ports.tokens import AccessStore, Tokens

_WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class PersonsTokens:
    """What a program gets to act for a person: `grant` is the `sid` of both tokens."""

    grant: str
    access_token: str
    refresh_token: str
    scopes: tuple[Scope, ...]


async def asking_client(client_id: str, redirect_uri: str, *, access: AccessStore) -> ApiClient:
    """The program that asks a person, if it may have them sent to that address. Raises `RedirectRefused`."""
    storable = "\0" not in client_id and client_id.isascii()
    client = await access.client(client_id) if storable else None
    if client is None or client.revoked_at is not None:
        raise RedirectRefused("there is no such client")
    if redirect_uri not in client.redirect_uris:
        raise RedirectRefused("redirect_uri is none of those that the client registered")
    return client


def wanted(client: ApiClient, words: str) -> tuple[Scope, ...]:
    """The scopes that are asked for. Raises `UnknownScope`; what the client does not have is left out."""
    return tuple(scope for scope in scopes_of(words) or client.scopes if scope in client.scopes)


def allowed(scopes: tuple[Scope, ...], role: Role | None) -> tuple[Scope, ...]:
    """Those of the scopes that a person may do themselves: nobody can lend more than they have."""
    return () if role is None else tuple(scope for scope in scopes if scope in RIGHTS[role].scopes)


def back_to(redirect_uri: str, **said: str | None) -> str:
    """The address to send a person's browser back to."""
    query = urlencode({name: value for name, value in said.items() if value is not None})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"


async def consent(
    login: Login,
    client: ApiClient,
    scopes: tuple[Scope, ...],
    redirect_uri: str,
    challenge: str | None,
    *,
    grants: GrantStore,
    clock: Clock,
    ids: Ids,
) -> str | None:
    """The code for a person's consent; None where nothing is left that they could allow."""
    lent = allowed(scopes, login.role)
    if login.account != client.account.id or not lent:
        return None
    code, now = secrets.token_urlsafe(_WORD_BYTES), clock.now()
    grant = Grant(
        ids.new("grant"), client.id, login.user, login.role, lent, redirect_uri, challenge, now + REFRESH_LIFETIME
    )
    await grants.begin(grant, hash_of(code), now + CODE_LIFETIME, now)
    return code


async def exchange(
    client: ApiClient,
    code: str,
    redirect_uri: str | None,
    verifier: str | None,
    *,
    grants: GrantStore,
    tokens: Tokens,
    clock: Clock,
) -> PersonsTokens:
    """The tokens for a code. Raises `GrantRefused`; the code is used up all the same."""
    grant = await grants.use(hash_of(code), code=True, now=clock.now())
    if grant is None or grant.client_id != client.id:
        raise GrantRefused("the code is wrong, used or out of date")
    if redirect_uri != grant.redirect_uri:
        raise GrantRefused("redirect_uri is not the one that the code was made for")
    if not answers(grant.challenge, verifier):
        raise GrantRefused("code_verifier does not fit the code_challenge")
    return await _tokens(grant, client, grant.scopes, grants=grants, tokens=tokens, clock=clock)


async def refresh(
    client: ApiClient, refresh_token: str, scope: str, *, grants: GrantStore, tokens: Tokens, clock: Clock
) -> PersonsTokens:
    """New tokens for a refresh token, which ends with this; `scope` may ask for less than was granted.

    Raises:
        RefreshTokenMissing, GrantRefused: nothing was granted.
        UnknownScope: nothing was granted, and the token is used up.
    """
    if not refresh_token:
        raise RefreshTokenMissing("refresh_token is missing")
    asked = scopes_of(scope)
    grant = await grants.use(hash_of(refresh_token), code=False, now=clock.now())
    if grant is None or grant.client_id != client.id:
        raise GrantRefused("the refresh token is wrong, used or out of date")
    if not set(asked) <= set(grant.scopes):
        raise GrantRefused("scope may not ask for more than was granted")
    return await _tokens(grant, client, asked or grant.scopes, grants=grants, tokens=tokens, clock=clock)


async def _tokens(
    grant: Grant,
    client: ApiClient,
    scopes: tuple[Scope, ...],
    *,
    grants: GrantStore,
    tokens: Tokens,
    clock: Clock,
) -> PersonsTokens:
    # What the person, or the program, may do can have become less since.
    left = allowed(tuple(scope for scope in scopes if scope in client.scopes), grant.role)
    if not left or grant.role is None:
        raise GrantRefused("the person may no longer do what they allowed")
    refresh_token = secrets.token_urlsafe(_WORD_BYTES)
    await grants.go_on(grant.id, hash_of(refresh_token), clock.now() + REFRESH_LIFETIME)
    who = Principal(client.account.id, client.id, frozenset(left), grant.user, RIGHTS[grant.role].changes)
    access_token = await tokens.issue(client, left, person=who)
    return PersonsTokens(str(grant.id), access_token, refresh_token, left)
