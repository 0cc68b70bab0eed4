"""Record lists: made, looked at, and given their files by way of signed addresses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from outdial.app import audit
from outdial.app.campaigns import uuid_of
from outdial.app.importer import Importer
from outdial.app.uploads import Awaited, add_awaited, announced, looked_at
from outdial.domain.access import Principal
from outdial.domain.known_records import check_duplicate_rule
from outdial.domain.readings import Reading
from outdial.domain.record_lists import (
    CampaignUsing,
    FileFacts,
    ListKind,
    ListStatus,
    NoFile,
    RecordList,
    RecordListNotFound,
    UniqueBy,
    Upload,
    UploadId,
    UploadNotFound,
)
from outdial.domain.values import RecordListId
from outdial.ports.clock import Clock, Ids
from outdial.ports.record_lists import ListFilter
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.uploads import UploadBytes

CAMPAIGNS_SHOWN: Final = 50
"""Campaigns that are shown with a list; their number is always complete."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A list with the campaigns that use it: how many, and the first of them."""

    list: RecordList
    campaigns_total: int
    campaigns: Sequence[CampaignUsing]


async def create(
    *,
    name: str,
    unique_by: UniqueBy = UniqueBy.PHONE_NUMBER,
    file: FileFacts | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
    files: UploadBytes,
) -> tuple[RecordList, Awaited | None]:
    """Make a list: with facts of a file one that waits for it, without them an empty one that is ready for records.

    Raises:
        ListFileTooLarge: the file is larger than lists may be.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await add_list(uow, name=name, unique_by=unique_by, waits=file is not None, clock=clock, ids=ids)
        if file is None:
            return record_list, None
        awaited = await add_awaited(
            uow,
            ListKind.RECORDS,
            record_list.id,
            file,
            first_file=True,
            now=record_list.created_at,
            ids=ids,
            files=files,
        )
    return record_list, awaited


async def add_list(
    uow: UnitOfWork, *, name: str, unique_by: UniqueBy, waits: bool, clock: Clock, ids: Ids
) -> RecordList:
    """Store a new list; one that `waits` becomes usable when a file has been imported into it."""
    now = to_milliseconds(clock.now())
    status = ListStatus.INCOMPLETE if waits else ListStatus.ACCEPTED
    record_list = RecordList(RecordListId(ids.new("record_list")), name, unique_by, status, 0, now, now)
    await uow.record_lists.add(record_list)
    await audit.of_thing(uow, after=record_list)
    await uow.outbox.add("record_list.changed", {"record_list_id": str(record_list.id)})
    return record_list


async def get(list_id: str, *, by: Principal, storage: Storage) -> Seen:
    """Raises `RecordListNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return (await _seen(uow, [await found(uow, list_id)]))[0]


async def listed(
    wanted: ListFilter, *, order: Sequence[tuple[str, bool]], offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[Seen]]:
    """How many lists match, and one page of them; `order` are pairs of column and whether it descends."""
    async with storage.unit_of_work(by.account) as uow:
        page = await uow.record_lists.page(wanted, order=order, offset=offset, limit=limit)
        return await uow.record_lists.count(wanted), await _seen(uow, page)


async def request_upload(
    list_id: str,
    *,
    file: FileFacts,
    callback: Mapping[str, Any] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
    files: UploadBytes,
) -> Awaited:
    """Let a file be sent that adds records to a list.

    Raises:
        RecordListNotFound: no such list.
        UploadFileTooLarge: the file is larger than those may be.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found(uow, list_id)
        return await add_awaited(
            uow,
            ListKind.RECORDS,
            record_list.id,
            file,
            first_file=False,
            now=to_milliseconds(clock.now()),
            ids=ids,
            files=files,
            callback=callback,
        )


async def get_upload(list_id: str, upload_id: str, *, by: Principal, storage: Storage) -> Upload:
    """Raises `RecordListNotFound`, `UploadNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found_upload(uow, await found(uow, list_id), upload_id)


async def mark_list_uploaded(
    list_id: str,
    *,
    check: Callable[[RecordList], None] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    files: UploadBytes,
    importer: Importer,
) -> RecordList:
    """The file that a list was made for is complete: read it; `check` looks at the list before, and may raise.

    Raises:
        RecordListNotFound: no such list.
        RecordListNotWaiting: it does not wait for a file.
        NoFile: no file has been sent.
        FileDiffers, ListFileTooLarge: it was sent to the store of the bytes, and is not the one that was announced.
        TooManyUploads: try again later.
    """

    def checked(record_list: RecordList) -> RecordList:
        if check is not None:
            check(record_list)
        return record_list.uploaded()

    async with storage.unit_of_work(by.account) as uow:
        record_list = checked(await found(uow, list_id))
        try:
            upload = await uow.uploads.first_of(record_list.id)
        except UploadNotFound:
            raise NoFile(list_id) from None
    seen = await looked_at(upload, files)
    async with storage.unit_of_work(by.account) as uow:
        record_list = checked(await found(uow, list_id, lock=True))
        upload = await announced(uow, seen, clock, importer)
        await _save(uow, record_list, clock)
    importer.start(by.account, upload)
    return record_list


async def mark_upload_uploaded(
    list_id: str,
    upload_id: str,
    *,
    reading: Reading | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    files: UploadBytes,
    importer: Importer,
) -> Upload:
    """The file of an upload request is complete: read it, as the compatible API does where no `reading` is given.

    Raises:
        RecordListNotFound, UploadNotFound: no such list, or no such upload request of it.
        Invalid: rows are to update records that nothing tells apart.
        UploadNotWaiting: it does not wait for a file.
        NoFile: no file has been sent.
        FileDiffers, UploadFileTooLarge: it was sent to the store of the bytes, and is not the one that was announced.
        TooManyUploads: try again later.
    """
    seen = await looked_at(await get_upload(list_id, upload_id, by=by, storage=storage), files)
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found(uow, list_id, lock=True)
        if reading is not None:
            check_duplicate_rule(reading, record_list.unique_by)
        upload = await announced(uow, seen, clock, importer, reading)
        if upload.first_file:
            await _save(uow, record_list.uploaded(), clock)
    importer.start(by.account, upload)
    return upload


async def found(uow: UnitOfWork, list_id: str, *, lock: bool = False) -> RecordList:
    """The list of an id as it came from outside. Raises `RecordListNotFound`."""
    uuid = uuid_of(list_id)
    if uuid is None:
        raise RecordListNotFound(list_id)
    return await uow.record_lists.get(RecordListId(uuid), lock=lock)


def to_milliseconds(at: datetime) -> datetime:
    """An instant as the API shows it, so that what a client read can be used as an inclusive bound."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


async def _seen(uow: UnitOfWork, lists: Sequence[RecordList]) -> list[Seen]:
    using = await uow.record_lists.campaigns_using([one.id for one in lists], limit=CAMPAIGNS_SHOWN)
    return [Seen(one, *using[one.id]) for one in lists]


async def _found_upload(uow: UnitOfWork, record_list: RecordList, upload_id: str) -> Upload:
    uuid = uuid_of(upload_id)
    if uuid is None:
        raise UploadNotFound(upload_id)
    return await uow.uploads.get(UploadId(uuid), of=record_list.id)


async def _save(uow: UnitOfWork, record_list: RecordList, clock: Clock) -> None:
    await uow.record_lists.save_status(record_list, clock.now())
    await uow.outbox.add("record_list.changed", {"record_list_id": str(record_list.id)})
