"""Who may do what: accounts, the API clients that act for them, and the scopes they were granted."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from outdial.domain.errors import Conflict, Invalid, NotFound
from outdial.domain.values import AccountId

DEFAULT_ACCOUNT: Final = "default"
TOKEN_LIFETIME: Final = timedelta(seconds=599)


class Scope(enum.Enum):
    """What an access token allows; the values are the words of the OAuth `scope` parameter."""

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


@dataclass(frozen=True, slots=True)
class Principal:
    """The client behind a request, the account it acts for, and what its token allows."""

    account: AccountId
    client_id: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Account:
    id: AccountId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A program that may ask for tokens. Only the hash of its secret is ever stored."""

    id: str
    account: Account
    name: str
    secret_hash: bytes
    scopes: tuple[Scope, ...]
    created_at: datetime


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
    """The client is unknown or its secret is wrong; which of the two is not told."""

    code = "client-refused"

    def __init__(self) -> None:
        super().__init__("unknown client or wrong secret")


class AccountExists(Conflict):
    code = "account-exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is an account named {name!r} already")


class AccountNotFound(NotFound):
    code = "account-not-found"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account named {name!r}")
