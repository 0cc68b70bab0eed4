"""The numbers an account may call from, as the use cases need them kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol
from uuid import UUID

from outdial.domain.errors import Conflict, NotFound
from outdial.domain.values import PhoneNumber

NumberId = NewType("NumberId", UUID)


@dataclass(frozen=True, slots=True)
class CallerNumber:
    """A caller id: a number that the account owns and shows to the people it calls."""

    id: NumberId
    phone_number: PhoneNumber
    created_at: datetime


class NumberTaken(Conflict):
    """The account has this number already; nothing was stored."""

    code = "number-taken"

    def __init__(self, number: PhoneNumber) -> None:
        super().__init__(f"this account has the number {number} already")
        self.number = number


class NumberNotFound(NotFound):
    code = "number-not-found"

    def __init__(self, number_id: object) -> None:
        super().__init__("there is no number with this id")
        self.number_id = number_id


class NumberStore(Protocol):
    """Caller ids of one account."""

    async def add(self, number: CallerNumber) -> None:
        """Store a new caller id.

        Raises:
            NumberTaken: nothing was stored, and the unit of work goes on.
        """
        ...

    async def find(self, number_id: NumberId, *, lock: bool = False) -> CallerNumber | None:
        """The caller id; with `lock`, nobody else assigns it until the unit of work ends."""
        ...

    async def remove(self, number_id: NumberId) -> None:
        """Delete a caller id that is assigned to no campaign."""
        ...

    async def known(self, ids: Collection[NumberId]) -> frozenset[NumberId]:
        """Those of the ids that are caller ids of this account."""
        ...

    async def by_phone(self, numbers: Collection[PhoneNumber]) -> dict[PhoneNumber, CallerNumber]:
        """Those of the phone numbers that are caller ids of this account."""
        ...

    async def count(self) -> int: ...

    async def page(self, *, offset: int, limit: int) -> list[CallerNumber]:
        """Caller ids in the order in which they were added."""
        ...
