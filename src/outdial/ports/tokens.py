"""Access tokens, and the keys that sign them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from outdial.domain.access import Account, ApiClient, Principal, PublicKey, Scope, ServiceToken
from outdial.domain.values import AccountId


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair as it is stored: the private half in PEM, encrypted or not; the public half as a JWK."""

    kid: str
    private_key: bytes
    encrypted: bool
    public_jwk: dict[str, Any]
    created_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revocations:
    """What was withdrawn before its time: ids of clients, and hashes of service tokens."""

    clients: frozenset[str]
    service_tokens: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a good token says. `key` and `signature` are those of a JWT; a service token has neither."""

    principal: Principal
    audience: str
    issued_at: datetime
    expires_at: datetime
    key: str | None = None
    signature: str | None = None


class KeyRing(Protocol):
    """Where signing keys are kept, and what else decides whether a token is good."""

    async def keys(self) -> Sequence[SigningKey]:
        """All keys, the newest first; a retired one still verifies what it signed."""
        ...

    async def revocations(self) -> Revocations: ...

    async def service_token(self, token_hash: bytes) -> ServiceToken | None:
        """Whatever its state."""
        ...

    async def add_first_key(self, key: SigningKey) -> bool:
        """Store a key unless there is one already; says whether it was stored."""
        ...


class AccessStore(KeyRing, Protocol):
    """Accounts, their clients and the signing keys: what exists above all accounts."""

    async def rotate_keys(self, key: SigningKey, forget_before: datetime) -> None:
        """Store a key, retire all others as of its making, and drop those that were retired before the given time."""
        ...

    async def add_account(self, name: str, now: datetime, timezone: str = "UTC") -> Account:
        """Raises `AccountExists`."""
        ...

    async def put_timezone(self, name: str, timezone: str) -> Account:
        """The account with another time zone. Raises `AccountNotFound`."""
        ...

    async def account(self, name: str) -> Account:
        """Raises `AccountNotFound`."""
        ...

    async def accounts(self) -> Sequence[Account]: ...

    async def add_client(self, client: ApiClient, key: PublicKey | None = None) -> None:
        """Store a client, together with its first key if it has one."""
        ...

    async def client(self, client_id: str) -> ApiClient | None: ...

    async def clients(self, account: Account) -> Sequence[ApiClient]:
        """The clients of an account, the oldest first."""
        ...

    async def account_of(self, account: AccountId) -> Account:
        """The account that a principal acts for."""
        ...

    async def set_client_secret(self, client_id: str, secret_hash: bytes) -> None:
        """Store the hash of another secret; the one before is good no more. Raises `ClientNotFound`."""
        ...

    async def revoke_client(self, client_id: str, now: datetime) -> None:
        """Does nothing to a client that is revoked already. Raises `ClientNotFound`."""
        ...

    async def client_keys(self, client_id: str) -> Sequence[PublicKey]:
        """The oldest first."""
        ...

    async def add_client_key(self, client_id: str, key: PublicKey, now: datetime) -> None:
        """Raises `ClientNotFound`, `ClientKeyExists`."""
        ...

    async def remove_client_key(self, client_id: str, kid: str) -> None:
        """Raises `ClientKeyNotFound`."""
        ...

    async def use_assertion(self, client_id: str, jti_hash: bytes, until: datetime, now: datetime) -> bool:
        """Whether this is the first time; what ran out before `now` is forgotten."""
        ...

    async def add_service_token(self, token: ServiceToken) -> None: ...

    async def service_tokens(self, client_id: str) -> Sequence[ServiceToken]:
        """The oldest first, in whatever state."""
        ...

    async def forget_expired(self, before: datetime) -> int:
        """Remove the service tokens, and what else was good for a time, that ran out before an instant; how many."""
        ...

    async def revoke_service_token(self, token_id: str, now: datetime) -> None:
        """Does nothing to a token that is revoked already. Raises `ServiceTokenNotFound`."""
        ...


class Tokens(Protocol):
    """Signs access tokens and reads them back."""

    def new_key(self) -> SigningKey:
        """A fresh key pair, not stored yet."""
        ...

    async def issue(self, client: ApiClient, scopes: Sequence[Scope], *, person: Principal | None = None) -> str:
        """A token that is good for `TOKEN_LIFETIME` from now; with a `person`, for the client in their name."""
        ...

    async def verify(self, token: str) -> Principal | None:
        """Whom a token speaks for; `None` when it is forged, revoked, out of date or no token at all.

        What another process revokes is noticed within ten seconds.
        """
        ...

    async def facts(self, token: str) -> TokenFacts | None:
        """What a token says, when `verify` would accept it."""
        ...

    def signed_by(self, assertion: str) -> tuple[str, str] | None:
        """Which client and which key an assertion names, neither of them proven; `None` when it is none."""
        ...

    def claims_of(self, assertion: str, key: PublicKey) -> Mapping[str, Any] | None:
        """The claims of an assertion; `None` when that key did not sign it."""
        ...

    def read_public_key(self, data: bytes) -> PublicKey:
        """A client's public key out of a file, PEM or JWK. Raises `InvalidPublicKey`."""
        ...

    async def certificates(self) -> dict[str, Any]:
        """The public keys, as a JWK set."""
        ...
