"""Logins, and the passwords behind them, as the use cases need them kept: above all accounts, like API clients."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outdial.domain.access import Role
from outdial.domain.logins import Link, Login
from outdial.domain.values import AccountId, UserId


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is kept of a user who may sign in. A disabled one is not found."""

    account: AccountId
    user: UserId
    email: str | None
    password_hash: str | None


class PasswordHasher(Protocol):
    """Turns passwords into what may be stored; each call costs tens of milliseconds and much memory, on purpose."""

    async def hash(self, password: str) -> str: ...

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; without a stored one it takes as long, and is not."""
        ...

    def is_old(self, stored: str) -> bool:
        """Whether it was made with weaker parameters than are used now."""
        ...


class LoginStore(Protocol):
    """Each method is a transaction of its own."""

    async def credentials(self, account: str, email: str) -> Credentials | None:
        """Of a user by the account's name and their address."""
        ...

    async def credentials_of(self, account: AccountId, user: UserId) -> Credentials | None: ...

    async def set_password(self, account: AccountId, user: UserId, password_hash: str) -> None:
        """Store another one; links and logins of the user are over."""
        ...

    async def rehash(self, user: UserId, before: str, after: str) -> None:
        """The same password in another form, unless it was changed meanwhile."""
        ...

    async def begin(self, token_hash: bytes, account: AccountId, user: UserId, now: datetime) -> Login | None:
        """Store a login; None if the user is disabled or gone."""
        ...

    async def login(self, token_hash: bytes, now: datetime) -> Login | None:
        """A login that is not over, of a user who is still there and not disabled."""
        ...

    async def seen(self, token_hash: bytes, now: datetime) -> None: ...

    async def end(self, token_hash: bytes) -> None: ...

    async def add_link(self, link: Link) -> None:
        """Store a link; an older one for the same purpose is over."""
        ...

    async def link(self, token_hash: bytes, now: datetime) -> Link | None: ...

    async def use_link(self, token_hash: bytes, now: datetime) -> Link | None:
        """The link, which is used up by this."""
        ...

    async def user_of_subject(self, account: AccountId, subject: str) -> UserId | None:
        """Who is that at the company's own sign-in."""
        ...

    async def link_subject(self, account: AccountId, email: str, subject: str, *, issuer: str) -> UserId | None:
        """Note that the user of an address is that subject; None if there is none, or they are another one already.

        Who was linked at another issuer is linked anew: a subject begins with its issuer and a space.
        """
        ...

    async def has_admin(self, account: AccountId) -> bool:
        """Whether there is an admin who can sign in."""
        ...

    async def set_role(self, account: AccountId, user: UserId, role: Role, disabled_at: datetime | None) -> None:
        """Store what a user may do; logins of somebody disabled are over.

        Raises:
            LastAdmin: nothing was stored.
        """
        ...
