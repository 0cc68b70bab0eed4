"""Access tokens, and the keys that sign them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from outdial.domain.access import Account, ApiClient, Principal, Scope


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair as it is stored: the private half in PEM, encrypted or not; the public half as a JWK."""

    kid: str
    private_key: bytes
    encrypted: bool
    public_jwk: dict[str, Any]
    created_at: datetime
    retired_at: datetime | None = None


class KeyRing(Protocol):
    """Where signing keys are kept."""

    async def keys(self) -> Sequence[SigningKey]:
        """All keys, the newest first; a retired one still verifies what it signed."""
        ...

    async def add_first_key(self, key: SigningKey) -> bool:
        """Store a key unless there is one already; says whether it was stored."""
        ...


class AccessStore(KeyRing, Protocol):
    """Accounts, their clients and the signing keys: what exists above all accounts."""

    async def add_account(self, name: str, now: datetime) -> Account:
        """Raises `AccountExists`."""
        ...

    async def account(self, name: str) -> Account:
        """Raises `AccountNotFound`."""
        ...

    async def accounts(self) -> Sequence[Account]: ...

    async def add_client(self, client: ApiClient) -> None: ...

    async def client(self, client_id: str) -> ApiClient | None: ...

    async def clients(self, account: Account) -> Sequence[ApiClient]:
        """The clients of an account, the oldest first."""
        ...


class Tokens(Protocol):
    """Signs access tokens and reads them back."""

    def new_key(self) -> SigningKey:
        """A fresh key pair, not stored yet."""
        ...

    async def issue(self, client: ApiClient, scopes: Sequence[Scope]) -> str:
        """A token that is good for `TOKEN_LIFETIME` from now."""
        ...

    async def verify(self, token: str) -> Principal | None:
        """Whom a token speaks for; `None` when it is forged, out of date or no token at all."""
        ...

    async def certificates(self) -> dict[str, Any]:
        """The public keys, as a JWK set."""
        ...
