"""The people who take calls, as the use cases need them kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outdial.domain.access import Role
from outdial.domain.errors import Conflict, NotFound
from outdial.domain.values import UserId


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of an account. `role` is what they are in the console, `disabled_at` since when they cannot sign in."""

    id: UserId
    name: str
    email: str | None
    created_at: datetime
    role: Role = Role.AGENT
    disabled_at: datetime | None = None
    has_password: bool = False


class EmailTaken(Conflict):
    """Another user of the account has this e-mail address; nothing was stored."""

    code = "email-taken"

    def __init__(self) -> None:
        super().__init__("another user of this account has this e-mail address")


class UserNotFound(NotFound):
    code = "user-not-found"

    def __init__(self, user_id: object) -> None:
        super().__init__("there is no user with this id")
        self.user_id = user_id


class UserStore(Protocol):
    """Users of one account. Those who were removed do not exist here, though attempts go on naming them."""

    async def add(self, user: User) -> None:
        """Store a new user.

        Raises:
            EmailTaken: nothing was stored, and the unit of work goes on.
        """
        ...

    async def find(self, user_id: UserId, *, lock: bool = False) -> User | None:
        """The user; with `lock`, nobody else changes or assigns them until the unit of work ends."""
        ...

    async def save(self, user: User) -> None:
        """Store a new name and address.

        Raises:
            EmailTaken: nothing was stored, and the unit of work goes on.
        """
        ...

    async def has_other_admin(self, user_id: UserId) -> bool:
        """Whether there is another admin who can sign in."""
        ...

    async def remove(self, user_id: UserId, at: datetime) -> None:
        """Let a user exist no longer who is assigned to no campaign; teams, phone and address are given up."""
        ...

    async def known(self, ids: Collection[UserId]) -> frozenset[UserId]:
        """Those of the ids that are users of this account."""
        ...

    async def by_email(self, emails: Collection[str]) -> dict[str, User]:
        """Users of this account that have one of the addresses."""
        ...

    async def count(self) -> int: ...

    async def page(self, *, offset: int, limit: int) -> list[User]:
        """Users in the order in which they were made."""
        ...
