"""Files on their way into lists: awaited under a signed address, received, announced, looked at afterwards."""

import base64
import binascii
import csv
import hashlib
import io
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from outdial.app.campaigns import uuid_of
from outdial.app.importer import Importer
from outdial.app.imports import rejects_header, rejects_rows
from outdial.domain.access import Principal
from outdial.domain.errors import NotFound
from outdial.domain.readings import Reading
from outdial.domain.record_lists import (
    UPLOAD_LIFETIME,
    AddressRefused,
    FileDiffers,
    FileFacts,
    ListFileTooLarge,
    ListKind,
    ListStatus,
    NoFile,
    Upload,
    UploadFileTooLarge,
    UploadId,
    UploadNotFound,
)
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.uploads import UploadBytes

_SECRET_BYTES: Final = 32
_HIGHEST_ACCOUNT: Final = 2**31 - 1
_TOKEN_BYTES: Final = 8 + 16 + 16 + _SECRET_BYTES
_REJECTS_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Awaited:
    """A file that may be sent now.

    Args:
        token: the secret part of its address on this server; it cannot be read again.
        address: where it is sent instead, if the store of the bytes takes files by itself.
    """

    upload: Upload
    token: str
    address: str | None


async def add_awaited(
    uow: UnitOfWork,
    into: ListKind,
    list_id: UUID,
    facts: FileFacts,
    *,
    first_file: bool,
    now: datetime,
    ids: Ids,
    files: UploadBytes,
    callback: Mapping[str, Any] | None = None,
) -> Awaited:
    """Store that a file may be sent.

    Raises:
        ListFileTooLarge, UploadFileTooLarge: it is larger than those may be.
    """
    upload_id = UploadId(ids.new("upload_request"))
    secret = secrets.token_bytes(_SECRET_BYTES)
    token = base64.urlsafe_b64encode(uow.account.to_bytes(8, "big") + list_id.bytes + upload_id.bytes + secret).decode()
    upload = Upload(
        upload_id,
        list_id,
        ListStatus.INCOMPLETE,
        facts,
        now + UPLOAD_LIFETIME,
        first_file,
        _hash_of(secret),
        callback=callback,
        into=into,
    )
    _check_size(upload, facts.byte_size or 0, whole=False)
    await uow.uploads.add(upload, now)
    address = files.address(upload.stored_as, size=facts.byte_size, lifetime=UPLOAD_LIFETIME)
    return Awaited(upload, token, address)


async def receive(
    token: str,
    chunks: AsyncIterator[bytes],
    *,
    announced: int | None,
    storage: Storage,
    clock: Clock,
    files: UploadBytes,
) -> tuple[AccountId, Upload]:
    """Take the bytes of a file that is awaited under a signed address. The address is used up when they are stored.

    Raises:
        AddressRefused: the address is forged, out of date or used up.
        FileDiffers: size or MD5 are not those of the file that was announced; nothing is kept.
        ListFileTooLarge, UploadFileTooLarge: nothing is kept.
    """
    account, list_id, upload_id, secret_hash = _opened(token)
    async with storage.unit_of_work(account) as uow:
        upload = await _awaited_one(uow, list_id, upload_id, secret_hash, clock)
    if announced is not None:
        _check_size(upload, announced, whole=True)
    async with files.receive(upload.stored_as) as incoming:
        async for chunk in chunks:
            _check_size(upload, incoming.size + len(chunk), whole=False)
            await incoming.write(chunk)
        _check_bytes(upload, incoming.size, incoming.md5)
        async with storage.unit_of_work(account) as uow:
            upload = await _awaited_one(uow, list_id, upload_id, secret_hash, clock, lock=True)
            upload = replace(upload, stored_bytes=incoming.size)
            await uow.uploads.save(upload, clock.now())
            await incoming.keep()
    return account, upload


async def looked_at(upload: Upload, files: UploadBytes) -> Upload:
    """The upload with what there is of its bytes, where they came without our help.

    Raises:
        NoFile: nothing is there.
        FileDiffers: size or MD5 are not those of the file that was announced; it is removed and may be sent again.
        ListFileTooLarge, UploadFileTooLarge: it is removed.
    """
    if upload.stored_bytes is not None or upload.status is not ListStatus.INCOMPLETE:
        return upload
    arrived = await files.arrived(upload.stored_as)
    if arrived is None:
        raise NoFile(upload.id)
    try:
        _check_bytes(upload, arrived.size, arrived.md5)
    except (FileDiffers, ListFileTooLarge, UploadFileTooLarge):
        await files.remove(upload.stored_as)
        raise
    return replace(upload, stored_bytes=arrived.size, stored_tag=arrived.tag)


async def announced(
    uow: UnitOfWork, seen: Upload, clock: Clock, importer: Importer, reading: Reading | None = None
) -> Upload:
    """Store that a file is complete, and how it is read; `seen` is what `looked_at` says of it.

    To be read once that is committed.

    Raises:
        UploadNotWaiting, NoFile: it is not awaited, or was not sent.
        TooManyUploads: try again later.
    """
    upload = await uow.uploads.get(seen.id, lock=True)
    if upload.stored_bytes is None:
        upload = replace(upload, stored_bytes=seen.stored_bytes, stored_tag=seen.stored_tag)
    upload = replace(upload.uploaded(), reading=reading)
    importer.check_room()
    await uow.uploads.save(upload, clock.now())
    return upload


async def cancel(upload: Upload, *, by: Principal, storage: Storage, clock: Clock, files: UploadBytes) -> Upload:
    """Take a file back that fills a record list: what it has brought by now is removed by whoever reads it.

    One that is not being read is removed at once.

    Raises:
        UploadOver: it has been read to its end; its records are those of the list.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = await uow.record_lists.get(upload.record_list, lock=True)
        canceled = (await uow.uploads.get(upload.id, lock=True)).canceled(clock.now())
        await uow.uploads.save(canceled, clock.now())
        if canceled.status is ListStatus.REJECTED and canceled.first_file:
            await uow.record_lists.save_status(before.after_import(canceled.status, first_file=True), clock.now())
            await uow.outbox.add("record_list.changed", {"record_list_id": str(before.id)})
    if canceled.status is ListStatus.REJECTED:
        await files.remove(canceled.stored_as)
    return canceled


# What is known of files ---------------------------------------------------------------------------------------------


async def get(upload_id: str, *, by: Principal, storage: Storage) -> Upload:
    """Raises `UploadNotFound`."""
    uuid = uuid_of(upload_id)
    if uuid is None:
        raise UploadNotFound(upload_id)
    async with storage.unit_of_work(by.account) as uow:
        return await uow.uploads.get(UploadId(uuid))


async def of_list(
    into: ListKind, list_id: UUID, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[Upload]]:
    """How many files a list has been or will be sent, and one page of them, the newest first."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.uploads.of_list(into, list_id, offset=offset, limit=limit)


async def rejects(upload: Upload, *, by: Principal, storage: Storage) -> AsyncIterator[str]:
    """The rows of a file that were not taken, as a CSV file in pieces: the columns of the file, then why."""
    yield _csv([rejects_header(upload.header)])
    after = 0
    while True:
        async with storage.unit_of_work(by.account) as uow:
            found = await uow.uploads.rejects(upload.id, after=after, limit=_REJECTS_AT_ONCE)
        if not found:
            return
        after = found[-1].line
        yield _csv(rejects_rows(upload.header, found))


def _csv(rows: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


# Signed addresses ---------------------------------------------------------------------------------------------------


def _hash_of(secret: bytes) -> str:
    # 256 bits of chance need no salt and no slow hash: nobody can try them out.
    return hashlib.sha256(secret).hexdigest()


def _opened(token: str) -> tuple[AccountId, UUID, UploadId, str]:
    """What a token speaks of, and the hash of its secret. Raises `AddressRefused`."""
    parts = b""
    with suppress(ValueError, binascii.Error):
        parts = base64.b64decode(token, altchars=b"-_", validate=True)
    if len(parts) != _TOKEN_BYTES:
        raise _refused()
    account = int.from_bytes(parts[:8], "big")
    if account > _HIGHEST_ACCOUNT:
        raise _refused()
    return AccountId(account), UUID(bytes=parts[8:24]), UploadId(UUID(bytes=parts[24:40])), _hash_of(parts[40:])


def _refused() -> AddressRefused:
    return AddressRefused("this address takes no file: it is wrong, out of date or used up")


async def _awaited_one(
    uow: UnitOfWork, list_id: UUID, upload_id: UploadId, secret_hash: str, clock: Clock, *, lock: bool = False
) -> Upload:
    try:
        upload = await uow.uploads.get(upload_id, of=list_id, lock=lock)
    except NotFound:
        raise _refused() from None
    waits = upload.status is ListStatus.INCOMPLETE and upload.stored_bytes is None
    if not secrets.compare_digest(upload.stored_as, secret_hash) or clock.now() >= upload.expires_at or not waits:
        raise _refused()
    return upload


def _check_bytes(upload: Upload, size: int, md5: str) -> None:
    _check_size(upload, size, whole=True)
    if upload.facts.checksum is not None and not _same_md5(upload.facts.checksum, md5):
        raise FileDiffers(f"the MD5 of what came is {md5}, not the one that was announced")


def _check_size(upload: Upload, size: int, *, whole: bool) -> None:
    if size > upload.largest:
        raise ListFileTooLarge if upload.first_file else UploadFileTooLarge
    expected = upload.facts.byte_size
    if expected is not None and (size > expected or (whole and size != expected)):
        raise FileDiffers(f"the file was announced with {expected} bytes, and {size} came")


def _same_md5(expected: str, md5: str) -> bool:
    """Whether a checksum, in hexadecimal or (as in `Content-MD5`) in base64, is this hexadecimal one."""
    return expected.lower() == md5 or expected == base64.b64encode(bytes.fromhex(md5)).decode()
