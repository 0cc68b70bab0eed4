"""What is known of uploaded files, and the rows of them that were not taken, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.readings import Reading
from outdial.domain.record_lists import FileFacts, ListKind, ListStatus, Upload, UploadId, UploadNotFound
from outdial.domain.values import AccountId
from outdial.ports.uploads import Reject

_COLUMNS: Final = """
u.uuid, coalesce(l.uuid, d.uuid) as list_uuid, u.dnc_list_id is not null as of_dnc_list, u.status, u.filename,
u.byte_size, u.checksum, u.content_type, u.expires_at, u.first_file, u.stored_as, u.stored_bytes, u.stored_tag,
u.rows_done, u.rows_total, u.header, u.report, u.callback, u.reading, u.cancel_asked_at
"""
_FROM: Final = """
from upload_request u left join record_list l on l.id = u.list_id left join dnc_list d on d.id = u.dnc_list_id
where coalesce(l.account_id, d.account_id) = $1
"""
_UPLOADS: Final = f"select {_COLUMNS} {_FROM}"
_ONE: Final = """
from upload_request u left join record_list l on l.id = u.list_id left join dnc_list d on d.id = u.dnc_list_id
where coalesce(l.account_id, d.account_id) = $1 and u.uuid = $2
"""
_LIST: Final = {ListKind.RECORDS: "l.uuid", ListKind.DNC: "d.uuid"}


class UploadRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, new: Upload, at: datetime) -> None:
        own, other = ("list_id", "record_list") if new.into is ListKind.RECORDS else ("dnc_list_id", "dnc_list")
        await self._connection.execute(
            f"""
            insert into upload_request (uuid, {own}, status, filename, byte_size, checksum, content_type, expires_at,
              first_file, stored_as, callback, created_at, updated_at)
            select $3, id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13 from {other}
            where account_id = $1 and uuid = $2
            """,  # noqa: S608
            self._account,
            new.list_id,
            new.id,
            new.status.value,
            new.facts.filename,
            new.facts.byte_size,
            new.facts.checksum,
            new.facts.content_type,
            new.expires_at,
            new.first_file,
            new.stored_as,
            None if new.callback is None else dict(new.callback),
            at,
        )

    async def get(self, upload_id: UploadId, *, of: UUID | None = None, lock: bool = False) -> Upload:
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} {_ONE} and ($3::uuid is null or coalesce(l.uuid, d.uuid) = $3) {_for_update(lock)}",
            self._account,
            upload_id,
            of,
        )
        if row is None:
            raise UploadNotFound(upload_id)
        return _upload(row)

    async def first_of(self, list_id: UUID, *, lock: bool = False) -> Upload:
        row = await self._connection.fetchrow(
            f"{_UPLOADS} and (l.uuid = $2 or d.uuid = $2) and u.first_file {_for_update(lock)}", self._account, list_id
        )
        if row is None:
            raise UploadNotFound(list_id)
        return _upload(row)

    async def of_list(self, into: ListKind, list_id: UUID, *, offset: int, limit: int) -> tuple[int, list[Upload]]:
        which = f"and {_LIST[into]} = $2"
        total: int = await self._connection.fetchval(
            f"select count(*) {_FROM} {which}",
            self._account,
            list_id,
        )
        rows = await self._connection.fetch(
            f"{_UPLOADS} {which} order by u.id desc offset $3 limit $4", self._account, list_id, offset, limit
        )
        return total, [_upload(row) for row in rows]

    async def save(self, upload: Upload, at: datetime) -> None:
        await self._connection.execute(
            f"""
            update upload_request set status = $3, stored_bytes = $4, stored_tag = $5, rows_done = $6, rows_total = $7,
              header = $8, report = $9, reading = $10, cancel_asked_at = $11, updated_at = $12
            where id = (select u.id {_ONE})
            """,  # noqa: S608
            self._account,
            upload.id,
            upload.status.value,
            upload.stored_bytes,
            upload.stored_tag,
            upload.rows_done,
            upload.rows_total,
            list(upload.header) or None,
            None if upload.report is None else dict(upload.report),
            None if upload.reading is None else upload.reading.as_json(),
            upload.cancel_asked_at,
            at,
        )

    async def unfinished(self) -> list[Upload]:
        rows = await self._connection.fetch(
            f"{_UPLOADS} and u.status in ('UPLOADED', 'VALIDATION_STARTED') order by u.id", self._account
        )
        return [_upload(row) for row in rows]

    async def unannounced(self, now: datetime) -> list[Upload]:
        rows = await self._connection.fetch(
            f"{_UPLOADS} and u.status = 'INCOMPLETE' and u.stored_bytes is not null"
            " and u.expires_at <= $2 order by u.id for no key update of u skip locked",
            self._account,
            now,
        )
        return [_upload(row) for row in rows]

    async def awaited(self, into: ListKind, now: datetime) -> list[Upload]:
        rows = await self._connection.fetch(
            f"{_UPLOADS} and {_LIST[into]} is not null and u.status = 'INCOMPLETE' and u.expires_at > $2 order by u.id",
            self._account,
            now,
        )
        return [_upload(row) for row in rows]

    async def wanted(self, names: Collection[str], now: datetime) -> set[str]:
        rows = await self._connection.fetch(
            f"select u.stored_as {_FROM} and u.stored_as = any($2::text[])"
            " and (u.status in ('UPLOADED', 'VALIDATION_STARTED') or (u.status = 'INCOMPLETE' and u.expires_at > $3))",
            self._account,
            list(names),
            now,
        )
        return {row["stored_as"] for row in rows}

    async def add_rejects(self, upload_id: UploadId, rejects: Sequence[Reject]) -> None:
        if not rejects:
            return
        # As JSON: arrays of arrays must be rectangular in PostgreSQL, and rows of a file need not be.
        rows = [[one.line, one.cells, one.column, one.value, one.code, one.message] for one in rejects]
        await self._connection.execute(
            f"""
            insert into upload_reject (upload_request_id, line, cells, at_column, value, code, message)
            select (select u.id {_ONE}), (r->>0)::int, array(select jsonb_array_elements_text(r->1)), r->>2, r->>3,
              r->>4, r->>5
            from jsonb_array_elements($3::jsonb) r
            """,  # noqa: S608
            self._account,
            upload_id,
            rows,
        )

    async def rejects(self, upload_id: UploadId, *, after: int, limit: int) -> list[Reject]:
        rows = await self._connection.fetch(
            f"""
            select line, cells, at_column, value, code, message from upload_reject
            where upload_request_id = (select u.id {_ONE}) and line > $3 order by line limit $4
            """,  # noqa: S608
            self._account,
            upload_id,
            after,
            limit,
        )
        return [
            Reject(row["line"], tuple(row["cells"]), row["at_column"], row["value"], row["code"], row["message"])
            for row in rows
        ]

    async def forget_rejects(self, before: datetime) -> int:
        done = await self._connection.execute(
            f"""
            delete from upload_reject where upload_request_id in
              (select u.id {_FROM} and u.status in ('ACCEPTED', 'REJECTED', 'CORRUPTED') and u.updated_at < $2)
            """,  # noqa: S608
            self._account,
            before,
        )
        return int(done.rpartition(" ")[2])


def _for_update(lock: bool) -> str:
    return "for no key update of u" if lock else ""


def _upload(row: Row) -> Upload:
    return Upload(
        id=UploadId(row["uuid"]),
        list_id=row["list_uuid"],
        status=ListStatus(row["status"]),
        facts=FileFacts(row["filename"], row["byte_size"], row["checksum"], row["content_type"]),
        expires_at=row["expires_at"],
        first_file=row["first_file"],
        stored_as=row["stored_as"],
        stored_bytes=row["stored_bytes"],
        stored_tag=row["stored_tag"],
        rows_done=row["rows_done"],
        rows_total=row["rows_total"],
        header=tuple(row["header"] or ()),
        report=row["report"],
        callback=row["callback"],
        into=ListKind.DNC if row["of_dnc_list"] else ListKind.RECORDS,
        reading=None if row["reading"] is None else Reading.from_json(row["reading"]),
        cancel_asked_at=row["cancel_asked_at"],
    )
