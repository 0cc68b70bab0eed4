"""What people let programs do, as it is kept: above all accounts, like the programs themselves."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from outdial.domain.grants import Grant


class GrantStore(Protocol):
    """Each method is a transaction of its own."""

    async def begin(self, grant: Grant, code_hash: bytes, code_until: datetime, now: datetime) -> None: ...

    async def use(self, word_hash: bytes, *, code: bool, now: datetime) -> Grant | None:
        """The grant of a code, or of a refresh token, which is used up by this; None where that is not good.

        A word that comes a second time ends its grant: one of the two who have it has stolen it.
        """
        ...

    async def go_on(self, grant: UUID, refresh_hash: bytes, until: datetime) -> None:
        """Give a grant its next refresh token."""
        ...
