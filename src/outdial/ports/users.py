"""The people who take calls, as the use cases need them kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outdial.domain.errors import Conflict
from outdial.domain.values import UserId


@dataclass(frozen=True, slots=True)
class User:
    """An agent of an account."""

    id: UserId
    name: str
    email: str | None
    created_at: datetime


class EmailTaken(Conflict):
    """Another user of the account has this e-mail address; nothing was stored."""

    code = "email-taken"

    def __init__(self) -> None:
        super().__init__("another user of this account has this e-mail address")


class UserStore(Protocol):
    """Users of one account."""

    async def add(self, user: User) -> None:
        """Store a new user.

        Raises:
            EmailTaken: nothing was stored, and the unit of work goes on.
        """
        ...

    async def find(self, user_id: UserId) -> User | None: ...

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
