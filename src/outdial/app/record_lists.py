"""Record lists: made, looked at, and given their files by way of signed addresses."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from outdial.app.campaigns import uuid_of
from outdial.app.imports import Importer
from outdial.domain.access import Principal
from outdial.domain.errors import NotFound
from outdial.domain.record_lists import (
    UPLOAD_LIFETIME,
    AddressRefused,
    CampaignUsing,
    FileDiffers,
    FileFacts,
    ListFileTooLarge,
    ListStatus,
    NoFile,
    RecordList,
    RecordListNotFound,
    UniqueBy,
    Upload,
    UploadFileTooLarge,
    UploadId,
    UploadNotFound,
)
from outdial.domain.values import AccountId, RecordListId
from outdial.ports.clock import Clock, Ids
from outdial.ports.record_lists import ListFilter, UploadBytes
from outdial.ports.storage import Storage, UnitOfWork

CAMPAIGNS_SHOWN: Final = 50
"""Campaigns that are shown with a list; their number is always complete."""
_SECRET_BYTES: Final = 32
_HIGHEST_ACCOUNT: Final = 2**31 - 1
_TOKEN_BYTES: Final = 8 + 16 + 16 + _SECRET_BYTES


@dataclass(frozen=True, slots=True)
class Seen:
    """A list with the campaigns that use it: how many, and the first of them."""

    list: RecordList
    campaigns_total: int
    campaigns: Sequence[CampaignUsing]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A file that may be sent now. `token` is the secret part of its address and cannot be read again."""

    upload: Upload
    token: str


async def create(
    *,
    name: str,
    unique_by: UniqueBy = UniqueBy.PHONE_NUMBER,
    file: FileFacts | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
) -> tuple[RecordList, Awaited | None]:
    """Make a list: with facts of a file one that waits for it, without them an empty one that is ready for records.

    Raises:
        ListFileTooLarge: the file is larger than lists may be.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await add_list(uow, name=name, unique_by=unique_by, waits=file is not None, clock=clock, ids=ids)
        if file is None:
            return record_list, None
        awaited = _awaited(by.account, record_list.id, file, True, record_list.created_at, ids)
        if (file.byte_size or 0) > awaited.upload.largest:
            raise ListFileTooLarge
        await uow.record_lists.add_upload(awaited.upload, record_list.created_at)
    return record_list, awaited


async def add_list(
    uow: UnitOfWork, *, name: str, unique_by: UniqueBy, waits: bool, clock: Clock, ids: Ids
) -> RecordList:
    """Store a new list; one that `waits` becomes usable when a file has been imported into it."""
    now = to_milliseconds(clock.now())
    status = ListStatus.INCOMPLETE if waits else ListStatus.ACCEPTED
    record_list = RecordList(RecordListId(ids.new("record_list")), name, unique_by, status, 0, now, now)
    await uow.record_lists.add(record_list)
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
) -> Awaited:
    """Let a file be sent that adds records to a list.

    Raises:
        RecordListNotFound: no such list.
        UploadFileTooLarge: the file is larger than those may be.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found(uow, list_id)
        now = to_milliseconds(clock.now())
        awaited = _awaited(by.account, record_list.id, file, False, now, ids)
        if (file.byte_size or 0) > awaited.upload.largest:
            raise UploadFileTooLarge
        await uow.record_lists.add_upload(replace(awaited.upload, callback=callback), now)
    return awaited


async def get_upload(list_id: str, upload_id: str, *, by: Principal, storage: Storage) -> Upload:
    """Raises `RecordListNotFound`, `UploadNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found_upload(uow, await found(uow, list_id), upload_id)


async def receive(
    token: str,
    chunks: AsyncIterator[bytes],
    *,
    announced: int | None,
    storage: Storage,
    clock: Clock,
    files: UploadBytes,
) -> None:
    """Take the bytes of a file that is awaited under a signed address. The address is used up when they are stored.

    Raises:
        AddressRefused: the address is forged, out of date or used up.
        FileDiffers: size or MD5 are not those of the file that was announced; nothing is kept.
        ListFileTooLarge, UploadFileTooLarge: nothing is kept.
    """
    account, list_id, upload_id, secret_hash = _opened(token)
    async with storage.unit_of_work(account) as uow:
        upload = await _awaited_one(uow, list_id, upload_id, secret_hash, clock)
    facts = upload.facts
    if announced is not None:
        _check_size(upload, announced, whole=True)
    async with files.receive(upload.stored_as) as incoming:
        async for chunk in chunks:
            _check_size(upload, incoming.size + len(chunk), whole=False)
            await incoming.write(chunk)
        _check_size(upload, incoming.size, whole=True)
        if facts.checksum is not None and not _same_md5(facts.checksum, incoming.md5):
            raise FileDiffers(f"the MD5 of what came is {incoming.md5}, not the one that was announced")
        async with storage.unit_of_work(account) as uow:
            upload = await _awaited_one(uow, list_id, upload_id, secret_hash, clock, lock=True)
            await uow.record_lists.save_upload(replace(upload, stored_bytes=incoming.size), clock.now())
            await incoming.keep()


async def mark_list_uploaded(
    list_id: str,
    *,
    check: Callable[[RecordList], None] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    importer: Importer,
) -> RecordList:
    """The file that a list was made for is complete: read it; `check` looks at the list before, and may raise.

    Raises:
        RecordListNotFound: no such list.
        RecordListNotWaiting: it does not wait for a file.
        NoFile: no file has been sent.
        TooManyUploads: try again later.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found(uow, list_id, lock=True)
        if check is not None:
            check(record_list)
        record_list = record_list.uploaded()
        try:
            upload = await uow.record_lists.upload(record_list.id, None, lock=True)
        except UploadNotFound:
            raise NoFile(list_id) from None
        await _uploaded(uow, record_list, upload, clock, importer)
    importer.start(by.account, upload)
    return record_list


async def mark_upload_uploaded(
    list_id: str, upload_id: str, *, by: Principal, storage: Storage, clock: Clock, importer: Importer
) -> Upload:
    """The file of an upload request is complete: read it.

    Raises:
        RecordListNotFound, UploadNotFound: no such list, or no such upload request of it.
        UploadNotWaiting: it does not wait for a file.
        NoFile: no file has been sent.
        TooManyUploads: try again later.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found(uow, list_id, lock=True)
        upload = await _found_upload(uow, record_list, upload_id, lock=True)
        upload.uploaded()
        changed = record_list.uploaded() if upload.first_file else None
        await _uploaded(uow, changed, upload, clock, importer)
    importer.start(by.account, upload)
    return upload.uploaded()


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


async def _found_upload(uow: UnitOfWork, record_list: RecordList, upload_id: str, *, lock: bool = False) -> Upload:
    uuid = uuid_of(upload_id)
    if uuid is None:
        raise UploadNotFound(upload_id)
    return await uow.record_lists.upload(record_list.id, UploadId(uuid), lock=lock)


async def _uploaded(
    uow: UnitOfWork, record_list: RecordList | None, upload: Upload, clock: Clock, importer: Importer
) -> None:
    """Store that a file is complete, and that the list is if it was made for this file."""
    importer.check_room()
    now = clock.now()
    await uow.record_lists.save_upload(upload.uploaded(), now)
    if record_list is not None:
        await uow.record_lists.save_status(record_list, now)
        await uow.outbox.add("record_list.changed", {"record_list_id": str(record_list.id)})


def _awaited(
    account: AccountId, list_id: RecordListId, facts: FileFacts, first_file: bool, now: datetime, ids: Ids
) -> Awaited:
    upload_id = UploadId(ids.new("upload_request"))
    secret = secrets.token_bytes(_SECRET_BYTES)
    token = base64.urlsafe_b64encode(account.to_bytes(8, "big") + list_id.bytes + upload_id.bytes + secret).decode()
    expires_at, name = now + UPLOAD_LIFETIME, _hash_of(secret)
    return Awaited(Upload(upload_id, list_id, ListStatus.INCOMPLETE, facts, expires_at, first_file, name), token)


def _hash_of(secret: bytes) -> str:
    # 256 bits of chance need no salt and no slow hash: nobody can try them out.
    return hashlib.sha256(secret).hexdigest()


def _opened(token: str) -> tuple[AccountId, RecordListId, UploadId, str]:
    """What a token speaks of, and the hash of its secret. Raises `AddressRefused`."""
    parts = b""
    with suppress(ValueError, binascii.Error):
        parts = base64.b64decode(token, altchars=b"-_", validate=True)
    if len(parts) != _TOKEN_BYTES:
        raise _refused()
    account = int.from_bytes(parts[:8], "big")
    if account > _HIGHEST_ACCOUNT:
        raise _refused()
    list_id, upload_id = UUID(bytes=parts[8:24]), UUID(bytes=parts[24:40])
    return AccountId(account), RecordListId(list_id), UploadId(upload_id), _hash_of(parts[40:])


def _refused() -> AddressRefused:
    return AddressRefused("this address takes no file: it is wrong, out of date or used up")


async def _awaited_one(
    uow: UnitOfWork, list_id: RecordListId, upload_id: UploadId, secret_hash: str, clock: Clock, *, lock: bool = False
) -> Upload:
    try:
        upload = await uow.record_lists.upload(list_id, upload_id, lock=lock)
    except NotFound:
        raise _refused() from None
    waits = upload.status is ListStatus.INCOMPLETE and upload.stored_bytes is None
    if not secrets.compare_digest(upload.stored_as, secret_hash) or clock.now() >= upload.expires_at or not waits:
        raise _refused()
    return upload


def _check_size(upload: Upload, size: int, *, whole: bool) -> None:
    if size > upload.largest:
        raise ListFileTooLarge if upload.first_file else UploadFileTooLarge
    announced = upload.facts.byte_size
    if announced is not None and (size > announced or (whole and size != announced)):
        raise FileDiffers(f"the file was announced with {announced} bytes, and {size} came")


def _same_md5(announced: str, md5: str) -> bool:
    """Whether a checksum, in hexadecimal or (as in `Content-MD5`) in base64, is this hexadecimal one."""
    return announced.lower() == md5 or announced == base64.b64encode(bytes.fromhex(md5)).decode()
