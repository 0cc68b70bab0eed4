"""Records, as the use cases need them kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

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
