"""Do-not-call lists and their entries, as the use cases need them kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from outdial.domain.dnc import DncEntry, DncEntryId, DncList, DncListId
from outdial.domain.record_lists import CampaignUsing
from outdial.domain.values import PhoneNumber
from outdial.ports.record_lists import ListFilter

Order = Sequence[tuple[str, bool]]
"""Pairs of a column and whether it descends; what is equal comes in the order in which it was made."""


class DncStore(Protocol):
    """Do-not-call lists of one account."""

    async def add(self, new: DncList) -> None: ...

    async def get(self, list_id: DncListId, *, lock: bool = False) -> DncList:
        """One list; with `lock`, nobody else changes it until this unit of work ends. Raises `DncListNotFound`."""
        ...

    async def save_status(self, changed: DncList, at: datetime) -> None: ...

    async def save_reach(self, changed: DncList, at: datetime) -> None:
        """Store whether the list is account-wide."""
        ...

    async def of_number(self, number: PhoneNumber) -> list[tuple[DncList, DncEntry]]:
        """The entries of a number on all lists of the account, in force or not, in the order of the lists."""
        ...

    async def on_any_list(self, numbers: Collection[PhoneNumber], day: date) -> set[PhoneNumber]:
        """Those of the numbers that are on any list of the account in force on a day."""
        ...

    async def count(self, wanted: ListFilter) -> int: ...

    async def page(self, wanted: ListFilter, *, order: Order, offset: int, limit: int) -> list[DncList]: ...

    async def campaigns_using(
        self, lists: Sequence[DncListId], *, limit: int
    ) -> Mapping[DncListId, tuple[int, Sequence[CampaignUsing]]]:
        """For each list how many campaigns use it, and the first of them by age."""
        ...

    async def changed(self, list_id: DncListId, at: datetime, *, more: int = 0) -> None:
        """Note that entries changed at an instant and how many more there are; the last thing a unit of work does.

        The last, as it locks the list: numbers, entries and list are locked in this order everywhere.
        """
        ...

    async def hold_calls(self, numbers: Collection[PhoneNumber]) -> None:
        """Wait until no call to the numbers is being placed, and let none be until this unit of work has ended.

        To be asked before anything that puts numbers on a list or prolongs their stay; see `domain.dnc.lock_key`.
        """
        ...

    async def put_entry(self, new: DncEntry) -> DncEntry:
        """Store an entry; if the list has the number already, that entry takes over date and reason and is returned."""
        ...

    async def put_entries(self, list_id: DncListId, new: Sequence[DncEntry]) -> int:
        """As `put_entry` for entries of different numbers; answers how many the list had not."""
        ...

    async def entry(self, list_id: DncListId, entry_id: DncEntryId) -> DncEntry:
        """Raises `DncEntryNotFound`, also when there is no such list."""
        ...

    async def several(
        self, list_id: DncListId, entry_ids: Collection[DncEntryId], *, lock: bool = False
    ) -> dict[DncEntryId, DncEntry]:
        """Those entries of a list that exist; with `lock`, nobody else changes them until this unit of work ends."""
        ...

    async def count_entries(self, list_id: DncListId, number: PhoneNumber | None) -> int: ...

    async def page_of_entries(
        self, list_id: DncListId, number: PhoneNumber | None, *, order: Order, offset: int, limit: int
    ) -> list[DncEntry]:
        """Entries of a list, or with `number` the one of that number."""
        ...

    async def of_numbers(self, list_id: DncListId, numbers: Collection[PhoneNumber]) -> list[DncEntry]:
        """The entries of these numbers, in force or not, in the order in which they were made."""
        ...

    async def set_expirations(
        self, list_id: DncListId, expirations: Mapping[DncEntryId, date | None], at: datetime
    ) -> None: ...

    async def remove_entries(self, list_id: DncListId, entry_ids: Collection[DncEntryId]) -> set[DncEntryId]:
        """Delete entries; the answer names those that were there."""
        ...
