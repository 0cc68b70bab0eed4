"""Record lists and the files that fill them: their states, and what moves them on."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NewType, Self
from uuid import UUID

from outdial.domain.errors import Conflict, Invalid, NotFound
from outdial.domain.readings import Reading
from outdial.domain.values import CampaignId, RecordListId

UploadId = NewType("UploadId", UUID)

UPLOAD_LIFETIME: Final = timedelta(hours=1)
"""How long a signed address takes a file."""
LARGEST_FIRST_FILE: Final = 100_000_000
"""Bytes of the file a list is created with."""
LARGEST_LATER_FILE: Final = 20_000_000
"""Bytes of a file that is added to a list."""


class ListKind(enum.Enum):
    """What a file fills."""

    RECORDS = "record_list"
    DNC = "dnc_list"


class UniqueBy(enum.Enum):
    """What makes two records of a list the same."""

    PHONE_NUMBER = "PHONE_NUMBER"
    EXTERNAL = "EXTERNAL"
    NOTHING = "NOTHING"


class ListStatus(enum.Enum):
    """The life of a list, and of each file that is sent to it."""

    INCOMPLETE = "INCOMPLETE"
    UPLOADED = "UPLOADED"
    VALIDATION_STARTED = "VALIDATION_STARTED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    CORRUPTED = "CORRUPTED"


@dataclass(frozen=True, slots=True)
class RecordList:
    id: RecordListId
    name: str
    unique_by: UniqueBy
    status: ListStatus
    records_count: int
    created_at: datetime
    updated_at: datetime

    def uploaded(self) -> Self:
        """The list once its first file is said to be complete."""
        if self.status is not ListStatus.INCOMPLETE:
            raise RecordListNotWaiting(self.id, self.status)
        return replace(self, status=ListStatus.UPLOADED)

    def after_import(self, result: ListStatus, *, first_file: bool) -> Self:
        """The list once a file has been read: a later file can make a list usable, never unusable."""
        if first_file and self.status is not ListStatus.ACCEPTED:
            return replace(self, status=result)
        return replace(self, status=ListStatus.ACCEPTED) if result is ListStatus.ACCEPTED else self


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a client says about a file before sending it; what is given is checked against the bytes."""

    filename: str | None = None
    byte_size: int | None = None
    checksum: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way into a list.

    Args:
        list_id: of a record list, or with `into` of a do-not-call list.
        first_file: whether the list was made for this file, and takes its status.
        stored_as: the name of the file: the hash of the secret in its signed address. The address itself is stored only
            with the answer to a request that had an idempotency key, for a client that asks twice.
        stored_bytes: None until the bytes are here.
        stored_tag: which version of the bytes was looked at, where the store has versions.
        rows_total: None until the file has been read once.
        header: the first row of the file, when it has been read.
        report: what is known of its rows; complete when the status is final.
        reading: how it is read; None: as the compatible API reads it.
        cancel_asked_at: since when nobody wants it: what it has brought is taken back, and it ends as `REJECTED`.
    """

    id: UploadId
    list_id: UUID
    status: ListStatus
    facts: FileFacts
    expires_at: datetime
    first_file: bool
    stored_as: str
    stored_bytes: int | None = None
    stored_tag: str | None = None
    rows_done: int = 0
    rows_total: int | None = None
    header: tuple[str, ...] = ()
    report: Mapping[str, Any] | None = None
    callback: Mapping[str, Any] | None = None
    into: ListKind = ListKind.RECORDS
    reading: Reading | None = None
    cancel_asked_at: datetime | None = None

    def uploaded(self) -> Self:
        """The upload once its file is said to be complete."""
        if self.status is not ListStatus.INCOMPLETE:
            raise UploadNotWaiting(self.id, self.status)
        if self.stored_bytes is None:
            raise NoFile(self.id)
        return replace(self, status=ListStatus.UPLOADED)

    def canceled(self, at: datetime) -> Self:
        """The upload once somebody does not want it any more; one that is not being read ends at once."""
        if self.status in (ListStatus.ACCEPTED, ListStatus.REJECTED, ListStatus.CORRUPTED):
            raise UploadOver(self.id, self.status)
        ends = self.status is ListStatus.INCOMPLETE
        return replace(
            self,
            status=ListStatus.REJECTED if ends else self.status,
            cancel_asked_at=self.cancel_asked_at or at,
        )

    @property
    def record_list(self) -> RecordListId:
        """The record list that the file is for."""
        assert self.into is ListKind.RECORDS
        return RecordListId(self.list_id)

    @property
    def largest(self) -> int:
        """The most bytes this upload may have."""
        return LARGEST_FIRST_FILE if self.first_file else LARGEST_LATER_FILE


@dataclass(frozen=True, slots=True)
class CampaignUsing:
    """A campaign that dials a list."""

    id: CampaignId
    name: str


class RecordListNotFound(NotFound):
    code = "record-list-not-found"

    def __init__(self, list_id: object) -> None:
        super().__init__(f"there is no record list {list_id}")


class UploadNotFound(NotFound):
    code = "upload-request-not-found"

    def __init__(self, upload_id: object) -> None:
        super().__init__(f"there is no upload request {upload_id}")


class RecordListNotWaiting(Conflict):
    code = "record-list-not-waiting"

    def __init__(self, list_id: RecordListId, status: ListStatus) -> None:
        super().__init__(f"the record list is {status.value} and does not wait for a file")
        self.list_id, self.status = list_id, status


class UploadNotWaiting(Conflict):
    code = "upload-request-not-waiting"

    def __init__(self, upload_id: UploadId, status: ListStatus) -> None:
        super().__init__(f"the upload request is {status.value} and does not wait for a file")
        self.upload_id, self.status = upload_id, status


class UploadOver(Conflict):
    """What became of the file is settled: there is nothing left to cancel."""

    code = "upload-request-over"

    def __init__(self, upload_id: UploadId, status: ListStatus) -> None:
        super().__init__(f"the file has been read to its end and is {status.value}")
        self.upload_id, self.status = upload_id, status


class NoFile(Invalid):
    code = "no-file"

    def __init__(self, upload_id: object) -> None:
        super().__init__("no file has been sent to the signed address yet")
        self.upload_id = upload_id


class FileDiffers(Invalid):
    """The bytes that came are not the file that was announced; they are not kept."""

    code = "file-differs"


class ListFileTooLarge(Invalid):
    """The file that a list is made for is larger than lists may be."""

    code = "list-file-too-large"

    def __init__(self) -> None:
        super().__init__(f"the file of a new list has at most {LARGEST_FIRST_FILE} bytes")


class UploadFileTooLarge(Invalid):
    """The file that is added to a list is larger than those may be."""

    code = "upload-file-too-large"

    def __init__(self) -> None:
        super().__init__(f"a file that is added to a list has at most {LARGEST_LATER_FILE} bytes")


class AddressRefused(Invalid):
    """The signed address is forged, out of date or used up."""

    code = "upload-address-refused"


class TooManyUploads(Invalid):
    """So many files wait to be read that another one must come later."""

    code = "too-many-upload-requests"
