"""Records, as the use cases need them kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from outdial.domain.outcomes import Reason
from outdial.domain.record_changes import DialedBy
from outdial.domain.record_lists import UniqueBy, UploadId
from outdial.domain.records import NewRecord, Record, RecordId
from outdial.domain.values import PhoneNumber, RecordListId


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are asked for; None asks for all. Bounds of times are included.

    `search` is text in which `*` stands for anything; it is looked for in the `search_in` members.
    """

    phone_number: PhoneNumber | None = None
    upload: UploadId | None = None
    search: str | None = None
    search_in: tuple[str, ...] = ()
    priorities: tuple[int, ...] | None = None
    timezones: tuple[str, ...] | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    nothing: bool = False


RecordKey = RecordId | PhoneNumber | tuple[str, str]
"""What records are found by: an id, one of their numbers, or the pair of an external provider and id."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """What becomes of a record, and of every campaign that dials it.

    Args:
        other_phones: whether numbers or their zones differ.
        new_place: whether it goes behind all other records.
        go_on: the place of the next phone for a campaign (by its key), or why nothing is left to dial; campaigns that
            are not in it keep their place.
    """

    id: RecordId
    new: NewRecord
    other_phones: bool
    new_place: bool
    go_on: Mapping[int, int | Reason]


class RecordsBusy(Exception):
    """The dialer writes about some of the records this very moment; nothing was done."""


class NameRecords(Protocol):
    def __call__(self, seq: int) -> UUID:
        """The public identity of the record that gets this place in the list."""
        ...


class RecordStore(Protocol):
    """Records of one account's lists."""

    async def taken(
        self, list_id: RecordListId, unique_by: UniqueBy, keys: Collection[tuple[str, ...]]
    ) -> set[tuple[str, ...]]:
        """Those of the keys (see `domain.records.keys_of`) that stored records of the list have."""
        ...

    async def add(
        self,
        list_id: RecordListId,
        records: Sequence[NewRecord],
        *,
        name: NameRecords,
        at: datetime,
        upload: UploadId | None = None,
    ) -> list[RecordId]:
        """Store records in the order given; the list's count and newest place follow.

        To be called in the list's turn (`RecordListStore.take_turn`).
        """
        ...

    async def get(self, list_id: RecordListId, record_id: RecordId) -> Record:
        """Raises:
        RecordNotFound: the list has no such record.
        """
        ...

    async def several(self, list_id: RecordListId, ids: Sequence[RecordId]) -> Mapping[RecordId, Record]: ...

    async def count(self, list_id: RecordListId, wanted: RecordFilter) -> int: ...

    async def page(
        self, list_id: RecordListId, wanted: RecordFilter, *, order: tuple[str, bool], offset: int, limit: int
    ) -> list[Record]:
        """Records in the order of one (column, descending) pair; equal ones in the order of the list."""
        ...

    async def matching(
        self, list_id: RecordListId, keys: Sequence[RecordKey]
    ) -> Mapping[RecordKey, Sequence[RecordId]]:
        """The records that each of the keys finds, which are all of one kind; a key that finds none is left out."""
        ...

    async def timezones(self, list_id: RecordListId, search: str | None) -> list[str]:
        """The time zones that records of the list name, each once, by name. `search` as in `RecordFilter`."""
        ...

    async def dialed_by(
        self, list_id: RecordListId, ids: Collection[RecordId], *, wait: bool = True
    ) -> Mapping[RecordId, Sequence[DialedBy]]:
        """The campaigns that have taken each record in; the dialer leaves it as it is until this unit of work ends.

        To be called while enrolment is held (`RecordListStore.hold_enrolment`). Who asks for many records does not
        `wait` for the dialer, which may wait for the same ones in another order.

        Raises:
            RecordsBusy: not everything could be had without waiting.
        """
        ...

    async def on_call(self, list_id: RecordListId, ids: Collection[RecordId]) -> set[RecordId]:
        """Those of the records of which an attempt is open, or about to begin, just now."""
        ...

    async def change(self, list_id: RecordListId, changes: Sequence[RecordChange], at: datetime) -> None:
        """Store changed records and let every campaign that dials them follow. New places are in the order given.

        To be called in the list's turn and after `dialed_by`.
        """
        ...

    async def remove(self, list_id: RecordListId, ids: Sequence[RecordId], at: datetime) -> set[RecordId]:
        """Delete records; the list's count follows. Answers those that are on a call, and that go when it is over.

        To be called in the list's turn while enrolment is held.
        """
        ...

    async def leaving(self) -> Mapping[RecordListId, Sequence[RecordId]]:
        """Records by list that wait to be deleted and are no longer on a call."""
        ...
