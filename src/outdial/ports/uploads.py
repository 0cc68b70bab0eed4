"""Files on their way into lists: what is known of them, and where their bytes are kept."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from outdial.domain.readings import Encoding
from outdial.domain.record_lists import ListKind, Upload, UploadId

TextSource = Callable[[Encoding], AbstractContextManager[Iterator[str]]]
"""Opens a file anew as lines that keep their line ends, a byte order mark left out.

Bytes that are not of this encoding raise `UnicodeError`; a file that is gone raises `FileNotFoundError`.
"""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row of a file that was not taken: its cells as they came, and why."""

    line: int
    cells: tuple[str, ...]
    column: str
    value: str
    code: str
    message: str


class UploadRequestStore(Protocol):
    """What is known of the files of one account."""

    async def add(self, new: Upload, at: datetime) -> None: ...

    async def get(self, upload_id: UploadId, *, of: UUID | None = None, lock: bool = False) -> Upload:
        """One file; with `of`, of that list; with `lock`, nobody else changes it until this unit of work ends.

        Raises:
            UploadNotFound: the account, or the list, has no such file.
        """
        ...

    async def first_of(self, list_id: UUID, *, lock: bool = False) -> Upload:
        """The file that a list was made for. Raises `UploadNotFound`."""
        ...

    async def of_list(self, into: ListKind, list_id: UUID, *, offset: int, limit: int) -> tuple[int, Sequence[Upload]]:
        """How many files a list has been or will be sent, and one page of them, the newest first."""
        ...

    async def save(self, upload: Upload, at: datetime) -> None:
        """Store what changes about a file: its status, its bytes, its rows and their report."""
        ...

    async def unfinished(self) -> Sequence[Upload]:
        """Files that are here and whose rows are not all stored, the oldest first."""
        ...

    async def unannounced(self, now: datetime) -> Sequence[Upload]:
        """Files that are here, but of which nobody said so before their address expired, the oldest first.

        Nobody else changes them until this unit of work ends; those that somebody changes just now are left out.
        """
        ...

    async def awaited(self, into: ListKind, now: datetime) -> Sequence[Upload]:
        """Files that may still be sent, or have been sent and not been announced, the oldest first."""
        ...

    async def wanted(self, names: Collection[str], now: datetime) -> set[str]:
        """Which of the names files are stored under are those of files that will still be read or sent."""
        ...

    async def add_rejects(self, upload_id: UploadId, rejects: Sequence[Reject]) -> None: ...

    async def rejects(self, upload_id: UploadId, *, after: int, limit: int) -> Sequence[Reject]:
        """Rows that were not taken, in the order of the file, of the lines after a number."""
        ...

    async def forget_rejects(self, before: datetime) -> int:
        """Remove the rejects of files that were done before an instant; answers how many rows."""
        ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """Bytes as a store has them: how many, their hexadecimal MD5, and which version of the file they are."""

    size: int
    md5: str
    tag: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is in a store, whole or begun."""

    name: str
    changed_at: datetime


class UploadBytes(Protocol):
    """Where the bytes of uploads are kept, outside the database. What is asked may raise `Unavailable`."""

    def address(self, name: str, *, size: int | None, lifetime: timedelta) -> str | None:
        """Where a client puts a file by itself, without our help; None: it sends it to us.

        With a `size` the address takes files of this size only.
        """
        ...

    def receive(self, name: str) -> AbstractAsyncContextManager["Incoming"]:
        """Begin a file; when the block ends without `keep`, nothing stays."""
        ...

    async def arrived(self, name: str) -> Arrived | None:
        """What is there under a name."""
        ...

    def text(self, name: str, tag: str | None) -> AbstractAsyncContextManager[TextSource]:
        """A file as the importer reads it; with a `tag` that version of it or none."""
        ...

    async def remove(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        ...

    async def kept(self) -> Sequence[Kept]:
        """All that is there."""
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
