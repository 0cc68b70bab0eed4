"""Record lists and their files, as the use cases need them kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outdial.domain.record_lists import CampaignUsing, ListStatus, RecordList, Upload, UploadId
from outdial.domain.values import CampaignId, RecordListId


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which lists are asked for; None asks for all. Bounds of times are included."""

    name: str | None = None
    status: ListStatus | None = None
    campaigns: tuple[CampaignId, ...] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    nothing: bool = False


class RecordListStore(Protocol):
    """Record lists of one account."""

    async def add(self, new: RecordList) -> None: ...

    async def get(self, list_id: RecordListId, *, lock: bool = False) -> RecordList:
        """One list; with `lock`, nobody else changes it until this unit of work ends.

        Raises:
            RecordListNotFound: the account has no such list.
        """
        ...

    async def save_status(self, changed: RecordList, at: datetime) -> None: ...

    async def take_turn(self, list_id: RecordListId) -> None:
        """Wait until no other unit of work adds records to the list: what is added commits in the order of `seq`."""
        ...

    async def hold_enrolment(self, list_id: RecordListId) -> None:
        """Keep campaigns from taking records of the list in until this unit of work ends."""
        ...

    async def count(self, wanted: ListFilter) -> int: ...

    async def page(
        self, wanted: ListFilter, *, order: Sequence[tuple[str, bool]], offset: int, limit: int
    ) -> list[RecordList]:
        """Lists in an order of (column, descending) pairs; equal ones in the order in which they were made."""
        ...

    async def campaigns_using(
        self, lists: Sequence[RecordListId], *, limit: int
    ) -> Mapping[RecordListId, tuple[int, Sequence[CampaignUsing]]]:
        """For each list how many campaigns use it, and the first of them by age."""
        ...

    async def unannounced_uploads(self, now: datetime) -> Sequence[Upload]:
        """Files that are here, but of which nobody said so before their address expired, the oldest first.

        Nobody else changes them until this unit of work ends; those that somebody changes just now are left out.
        """
        ...

    async def unfinished_uploads(self) -> Sequence[Upload]:
        """Files that are here and whose rows are not all stored, the oldest first."""
        ...

    async def add_upload(self, new: Upload, at: datetime) -> None: ...

    async def upload(self, list_id: RecordListId, upload_id: UploadId | None, *, lock: bool = False) -> Upload:
        """A file of a list; without an id the one the list was made for.

        Raises:
            UploadNotFound: the list has no such file.
        """
        ...

    async def save_upload(self, upload: Upload, at: datetime) -> None:
        """Store what changes about a file: its status, its bytes, its rows and their report."""
        ...


class UploadBytes(Protocol):
    """Where the bytes of uploads are kept, outside the database."""

    def receive(self, name: str) -> AbstractAsyncContextManager["Incoming"]:
        """Begin a file; when the block ends without `keep`, nothing stays."""
        ...

    def text(self, name: str) -> Callable[[], AbstractContextManager[Iterator[str]]]:
        """A file as the importer reads it: lines with their line ends, a byte order mark left out."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        ...


class Incoming(Protocol):
    """A file that is being received."""

    @property
    def size(self) -> int: ...

    @property
    def md5(self) -> str:
        """The hexadecimal MD5 of what has come so far: a checksum of the wire, not a safeguard."""
        ...

    async def write(self, data: bytes) -> None: ...

    async def keep(self) -> None:
        """Make the file stay under its name, whole and on disk."""
        ...
