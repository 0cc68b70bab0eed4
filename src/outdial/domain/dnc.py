"""Do-not-call lists: who must not be called, until which day, and how a call in preparation is held off."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, NewType, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from outdial.domain.errors import Conflict, Invalid, NotFound, NotPossible
from outdial.domain.record_lists import ListStatus
from outdial.domain.records import RowKind, e164, read_number
from outdial.domain.values import PhoneNumber, number_to_int

DncListId = NewType("DncListId", UUID)
DncEntryId = NewType("DncEntryId", UUID)

LONGEST_NUMBER: Final = 20
"""Characters of a phone number as it is sent, before it is brought into E.164."""

LONGEST_REASON: Final = 1000
"""Characters of what is noted with an entry."""

_LOCKED_NUMBERS: Final = 0x0DCC << 50
# 15 digits are less than 2 to the 50th: no two numbers share a key, and all keys lie in a range of their own.


@dataclass(frozen=True, slots=True)
class DncList:
    """Numbers that campaigns must not call: those the list is assigned to or, if it is account-wide, all of them."""

    id: DncListId
    name: str
    status: ListStatus
    entries_count: int
    created_at: datetime
    updated_at: datetime
    account_wide: bool = False

    def after_import(self, result: ListStatus) -> Self:
        """The list once the file that it was made for has been read; entries put in by hand made it usable before."""
        return replace(self, status=ListStatus.ACCEPTED if self.entries_count else result)


@dataclass(frozen=True, slots=True)
class DncEntry:
    """A number that must not be called.

    Args:
        expires_on: the last day on which the entry holds; None = it never ends.
    """

    id: DncEntryId
    list_id: DncListId
    number: PhoneNumber
    expires_on: date | None
    reason: str | None
    created_at: datetime
    updated_at: datetime

    def in_force(self, day: date) -> bool:
        """Whether the number must not be called on a day of the callee's calendar: the last day counts whole."""
        return self.expires_on is None or day <= self.expires_on

    def in_force_anywhere(self, zones: Iterable[str], now: datetime) -> bool:
        """Whether the entry holds in at least one of the time zones at an instant."""
        return any(self.in_force(today(zone, now)) for zone in zones)


def today(zone: str, now: datetime) -> date:
    """The day it is in a time zone of the zone database."""
    return now.astimezone(ZoneInfo(zone)).date()


def lock_key(number: PhoneNumber) -> int:
    """The key of the advisory lock on a number, as PostgreSQL takes it (63 bits).

    Whoever places a call holds it shared, from the last look at the lists until the carrier has accepted the call;
    whoever puts the number on a list holds it exclusively until that is committed. So no call is begun after the
    answer to an insert. The last look must be a statement of its own after the one that takes the lock: a statement
    sees what was committed when it began, not when it stopped waiting.
    """
    return _LOCKED_NUMBERS | number_to_int(number)


def number_in(text: str) -> PhoneNumber | None:
    """The number in a text, written as records' numbers are, so that the two can meet; None if there is none."""
    found = read_number(text)
    return None if isinstance(found, RowKind) else e164(found)


class DncListNotFound(NotFound):
    code = "dnc-list-not-found"

    def __init__(self, list_id: object) -> None:
        super().__init__(f"there is no do-not-call list {list_id}")


class DncEntryNotFound(NotFound):
    code = "dnc-entry-not-found"

    def __init__(self, entry_id: object) -> None:
        super().__init__(f"there is no entry {entry_id} in this do-not-call list")


class DncListNotWaiting(Conflict):
    """The list was not made for a file."""

    code = "dnc-list-not-waiting"

    def __init__(self, list_id: DncListId) -> None:
        super().__init__("the do-not-call list was not made for a file and does not wait for one")
        self.list_id = list_id


class DncPatchNotAvailable(NotPossible):
    """Of an entry only the expiration date can be replaced."""

    code = "dnc-patch-not-available"

    def __init__(self) -> None:
        super().__init__("only /expiration_date can be replaced")


class TooManyEntries(Invalid):
    code = "too-many-entries"
