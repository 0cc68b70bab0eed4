"""Who may do what: accounts, the API clients that act for them, and the scopes they were granted."""

import enum
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeGuard

from outdial.domain.errors import Conflict, Invalid, NotFound, NotPossible
from outdial.domain.values import AccountId, UserId

DEFAULT_ACCOUNT: Final = "default"
CONSOLE: Final = "console"
"""The client that people use."""
ISSUER: Final = "outdial"
TOKEN_LIFETIME: Final = timedelta(seconds=599)
SERVICE_TOKEN_PREFIX: Final = "tdst_"  # noqa: S105
SHORTEST_SERVICE_TOKEN: Final = timedelta(seconds=86_400)
LONGEST_SERVICE_TOKEN: Final = timedelta(seconds=31_556_952)
LONGEST_ASSERTION: Final = timedelta(seconds=300)
CLOCKS_DIFFER: Final = timedelta(seconds=30)
"""How far ahead of ours a client's clock may be when it says when it signed."""


class Scope(enum.Enum):
    """What an access token allows; the values are the words of the OAuth `scope` parameter.

    The first are those of the compatible API. Each home under `/v1` has a pair of its own, one to look and one to
    change: users (and their phones), teams, numbers. What belongs to a campaign goes by the campaign's scopes, also
    under `/v1`. A client keeps the scopes it was made with: new ones are not given to it by an upgrade.
    """

    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    RECORD_LISTS_MANAGE = "record-lists:manage"
    RECORD_LISTS_WRITE = "record-lists:write"
    DNC_LISTS_MANAGE = "do-not-call-lists:manage"
    DNC_LISTS_READ = "do-not-call-lists:read"
    CALLBACKS_READ = "schedule-callbacks:read"
    CALLBACKS_WRITE = "schedule-callbacks:write"
    INTEGRATION_RECORDS_READ = "dialer-integrations-records:read"
    RECORD_LIST_AUTOMATIONS_WRITE = "po-record-list-automations:write"
    REPORTS_READ = "data-reports:read"
    REPORTS_WRITE = "data-reports:write"
    ROLE_PERMISSIONS_SKIP = "role-permissions:skip"
    """May be asked for and is never demanded: there are no user roles to skip."""
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    TEAMS_READ = "teams:read"
    TEAMS_WRITE = "teams:write"
    NUMBERS_READ = "numbers:read"
    NUMBERS_WRITE = "numbers:write"
    AGENTS_READ = "agents:read"
    AGENTS_WRITE = "agents:write"
    EVENTS_READ = "events:read"
    AUDIT_READ = "audit:read"
    LOGINS_WRITE = "logins:write"
    """Say who may sign in to the console and as what. Apart from `users:write`, which would otherwise make admins."""
    CLIENTS_MANAGE = "clients:manage"
    """Say which programs may use the API, and see which do. Nobody gives a program more than they have."""
    TRUNKS_READ = "trunks:read"
    """See how the installation's trunks are; the account that operates it has them, and no other."""
    TRUNKS_WRITE = "trunks:write"
    DESK_USE = "desk:use"
    """Work at one's own desk. For people who are signed in: nothing is a client's own."""


class Role(enum.Enum):
    """What somebody is in the console; the values are part of the API."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    VIEWER = "viewer"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role allows; without `changes` nothing but looking, whatever the scopes say."""

    scopes: frozenset[Scope]
    changes: bool = True


_EVERYTHING: Final = frozenset(Scope) - {Scope.ROLE_PERMISSIONS_SKIP}
_FOR_ADMINS: Final = frozenset({Scope.USERS_WRITE, Scope.LOGINS_WRITE, Scope.CLIENTS_MANAGE, Scope.TRUNKS_WRITE})

RIGHTS: Final[Mapping[Role, Rights]] = {
    Role.ADMIN: Rights(_EVERYTHING),
    Role.SUPERVISOR: Rights(_EVERYTHING - _FOR_ADMINS),
    # The compatible API has no scope for looking at lists alone.
    Role.VIEWER: Rights(
        frozenset(scope for scope in _EVERYTHING - _FOR_ADMINS if scope.value.endswith((":read", ":manage"))),
        changes=False,
    ),
    Role.AGENT: Rights(frozenset({Scope.DESK_USE})),
}
"""The one place that says what a role may do."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is behind a request, the account they act for, and what they may do.

    `user` is the person who is signed in, for whom `client_id` is `CONSOLE`; None for a client with a token.
    `changes` is False for those who may only look.
    """

    account: AccountId
    client_id: str
    scopes: frozenset[Scope]
    user: UserId | None = None
    changes: bool = True

    def check_gives(self, scopes: Iterable[Scope]) -> None:
        """Raises `BeyondYours` for scopes that they do not have."""
        beyond = [scope for scope in scopes if scope not in self.scopes and scope is not Scope.ROLE_PERMISSIONS_SKIP]
        if beyond:
            raise BeyondYours(beyond)

    @property
    def at_own_desk(self) -> bool:
        """Whether they see nothing but their own desk, with its calls and records."""
        return Scope.AGENTS_READ not in self.scopes and Scope.AGENTS_WRITE not in self.scopes


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant. `timezone` says whose days and months its campaigns' abandonment is counted over."""

    id: AccountId
    name: str
    created_at: datetime
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A program that may ask for tokens. Only the hash of its secret is ever stored; without one, it signs."""

    id: str
    account: Account
    name: str
    secret_hash: bytes | None
    scopes: tuple[Scope, ...]
    created_at: datetime
    revoked_at: datetime | None = None
    redirect_uris: tuple[str, ...] = ()
    """Where people may be sent back to who let it act in their name."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a client's key as a JWK; `kid` is its thumbprint, so the same key has the same name."""

    kid: str
    jwk: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A long-lived token that is looked up, not read; only its hash is stored, and `id` names it to people."""

    id: str
    token_hash: bytes
    client: ApiClient
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and self.client.revoked_at is None and now < self.expires_at


def hash_of(secret: str) -> bytes:
    """What is stored of a secret: enough for 256 random bits; there is nothing to guess, so nothing to slow down."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def scopes_of(words: str) -> tuple[Scope, ...]:
    """The scopes of a space-separated list, each once, in the order given.

    Raises:
        UnknownScope: at least one of the words is no scope.
    """
    known = {scope.value: scope for scope in Scope}
    asked = list(dict.fromkeys(words.split()))
    unknown = [word for word in asked if word not in known]
    if unknown:
        raise UnknownScope(unknown)
    return tuple(known[word] for word in asked)


def check_assertion(claims: Mapping[str, Any], *, client_id: str, audience: str, now: datetime) -> tuple[str, datetime]:
    """The `jti` of an assertion whose signature is good, and until when it must not come again.

    Args:
        claims: as the client signed them: any JSON.
        audience: the absolute address of the token endpoint.

    Raises:
        ClientRefused: saying which claim is wrong; whoever signed it may know.

    Source:
        RFC 7523 section 3, with `jti` demanded and a limit to `exp`.
    """
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise ClientRefused("iss and sub of the assertion must be the client's id")
    meant_for = claims.get("aud")
    if audience not in (meant_for if isinstance(meant_for, list) else [meant_for]):
        raise ClientRefused(f"aud of the assertion must be {audience}")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise ClientRefused("the assertion needs a jti")
    seconds, expires = now.timestamp(), claims.get("exp")
    if not _is_number(expires) or not seconds < expires <= seconds + LONGEST_ASSERTION.total_seconds():
        limit = int(LONGEST_ASSERTION.total_seconds())
        raise ClientRefused(f"exp of the assertion must be in the future, by {limit} seconds at most")
    for name in ("iat", "nbf"):
        since = claims.get(name, 0)
        if not _is_number(since) or not since <= seconds + CLOCKS_DIFFER.total_seconds():
            raise ClientRefused(f"{name} of the assertion must not be in the future")
    return jti, now + timedelta(seconds=expires - seconds)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def service_token_lifetime(seconds: str) -> timedelta:
    """The `expires_in` of a request for a service token; left empty, the shortest.

    Raises:
        InvalidLifetime: no whole number of seconds, or outside the limits.
    """
    if not seconds:
        return SHORTEST_SERVICE_TOKEN
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 10):
        raise InvalidLifetime
    lifetime = timedelta(seconds=int(seconds))
    if not SHORTEST_SERVICE_TOKEN <= lifetime <= LONGEST_SERVICE_TOKEN:
        raise InvalidLifetime
    return lifetime


class InvalidLifetime(Invalid):
    """A service token was asked for a time that none may have."""

    code = "invalid-lifetime"

    def __init__(self) -> None:
        limits = f"{SHORTEST_SERVICE_TOKEN.total_seconds():.0f} to {LONGEST_SERVICE_TOKEN.total_seconds():.0f}"
        super().__init__(f"expires_in must be {limits} seconds")


class InvalidPublicKey(Invalid):
    """What was given as a client's public key is none that Outdial can use."""

    code = "invalid-public-key"


class UnknownScope(Invalid):
    code = "unknown-scope"

    def __init__(self, words: list[str]) -> None:
        super().__init__(f"no such scope: {' '.join(words)}; scopes are {' '.join(scope.value for scope in Scope)}")


class ScopeNotGranted(Invalid):
    """A token was asked for more than its client may do."""

    code = "scope-not-granted"

    def __init__(self, scopes: list[Scope]) -> None:
        super().__init__(f"the client was not granted {' '.join(scope.value for scope in scopes)}")


class ClientRefused(Invalid):
    """The client is unknown or revoked, or its secret or signature is wrong; which of them is not told."""

    code = "client-refused"

    def __init__(self, why: str = "unknown client, or wrong secret or signature") -> None:
        super().__init__(why)


class ClientNotFound(NotFound):
    code = "client-not-found"

    def __init__(self, client_id: str) -> None:
        super().__init__(f"there is no client {client_id!r}")


class ClientRevoked(NotPossible):
    """What was revoked stays so: another client has to be made."""

    code = "client-revoked"

    def __init__(self, client_id: str) -> None:
        super().__init__(f"the client {client_id!r} was revoked: make another one")


class ClientSigns(NotPossible):
    """It shows who it is with its own key, and needs no secret."""

    code = "client-signs"

    def __init__(self, client_id: str) -> None:
        super().__init__(f"the client {client_id!r} signs with its own key and has no secret")


class BeyondYours(NotPossible):
    """Nobody gives a program more than they may do themselves, or takes over one that may do more."""

    code = "beyond-yours"

    def __init__(self, scopes: Sequence[Scope]) -> None:
        super().__init__(f"you may not do this yourself: {' '.join(scope.value for scope in scopes)}")


class ClientKeyExists(Conflict):
    code = "client-key-exists"

    def __init__(self, kid: str) -> None:
        super().__init__(f"the client has the key {kid} already")


class ClientKeyNotFound(NotFound):
    code = "client-key-not-found"

    def __init__(self, kid: str) -> None:
        super().__init__(f"the client has no key {kid!r}")


class ServiceTokenNotFound(NotFound):
    code = "service-token-not-found"

    def __init__(self, token_id: str) -> None:
        super().__init__(f"there is no service token {token_id!r}")


class AccountExists(Conflict):
    code = "account-exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is an account named {name!r} already")


class AccountNotFound(NotFound):
    code = "account-not-found"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account named {name!r}")
