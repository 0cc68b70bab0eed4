"""Filling a do-not-call list out of a CSV file: one number a row, with the last day it holds and a reason."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from outdial.app.imports import (
    AS_THE_API,
    CorruptedFile,
    ImportReport,
    Row,
    begin_reading,
    chunks,
    look_over,
    note,
    plain,
)
from outdial.domain.dnc import LONGEST_REASON, DncEntry, DncEntryId, DncListId
from outdial.domain.record_lists import ListStatus, UniqueBy, UploadId
from outdial.domain.records import RowKind, RowProblem, e164, read_number, row_error
from outdial.domain.values import AccountId, PhoneNumber
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.uploads import TextSource

CHUNK_ROWS: Final = 200
"""Rows that are stored in one transaction: calls to their numbers wait for it."""
_MEMBERS: Final = {
    "phone number": "phone_number",
    "phone": "phone_number",
    "number": "phone_number",
    "mobile": "phone_number",
    "expiration date": "expiration_date",
    "reason": "reason",
}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A number that is to be put on a list."""

    number: PhoneNumber
    expires_on: date | None
    reason: str | None


class Columns:
    """What stands in which column of a file; columns of other names are left alone.

    Raises:
        CorruptedFile: this is not the header of a do-not-call list.
    """

    def __init__(self, header: Sequence[str]) -> None:
        self.header = tuple(header)
        self._place: dict[str, int] = {}
        for place, text in enumerate(header):
            member = _MEMBERS.get(plain(text))
            if member is None:
                continue
            if member in self._place:
                raise CorruptedFile(f"the header has two columns for the {member.replace('_', ' ')}")
            self._place[member] = place
        if "phone_number" not in self._place:
            raise CorruptedFile("the header lacks Phone number")

    def judge(self, line: int, cells: Sequence[str]) -> NewEntry | RowProblem:
        """A row as an entry, or the first thing that is wrong with it."""

        def wrong(kind: RowKind, member: str, message: str) -> RowProblem:
            place = self._place[member]
            return RowProblem(line, kind, self.header[place].strip(), cells[place], row_error(kind, member), message)

        text = self._cell(cells, "phone_number")
        number = read_number(text) if text else RowKind.NO_PHONE
        if isinstance(number, RowKind):
            return wrong(number, "phone_number", "must be a phone number in international form, such as +12025550142")
        day = self._cell(cells, "expiration_date")
        expires_on = _day_in(day)
        if day and expires_on is None:
            return wrong(RowKind.BAD_EXPIRATION_DATE, "expiration_date", "must be a date such as 2027-06-30, or empty")
        reason = self._cell(cells, "reason")
        if len(reason) > LONGEST_REASON:
            return wrong(RowKind.REASON_TOO_LONG, "reason", f"must have at most {LONGEST_REASON} characters")
        return NewEntry(e164(number), expires_on, reason or None)

    def _cell(self, cells: Sequence[str], member: str) -> str:
        place = self._place.get(member)
        return "" if place is None else cells[place].strip()


def _day_in(text: str) -> date | None:
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    return None


async def import_entries(
    account: AccountId,
    list_id: UUID,
    source: TextSource,
    *,
    storage: Storage,
    clock: Clock,
    ids: Ids,
    upload_id: UploadId,
    chunk_rows: int = CHUNK_ROWS,
) -> ImportReport:
    """Fill a do-not-call list out of its CSV file, and settle the status of both.

    As `app.imports.import_rows`, but a number that the list has already is no duplicate: it takes over the date and
    reason of its last row, as when it is put on the list once more by hand.

    Raises:
        DncListNotFound, UploadNotFound: nothing was done.
        AlreadyRead: somebody else imports the same file.
    """
    dnc_list = DncListId(list_id)
    async with storage.unit_of_work(account) as uow:
        report = await _begin(uow, dnc_list, upload_id, clock)
    try:
        columns, report.rows_in_file = await look_over(source, Columns)
    except CorruptedFile as error:
        report.status, report.why_corrupted = ListStatus.CORRUPTED, str(error)
    else:
        report.header = columns.header
        width = len(columns.header)
        async for chunk in chunks(source, AS_THE_API, width, columns.judge, skip=report.rows, chunk_rows=chunk_rows):
            async with storage.unit_of_work(account) as uow:
                await _store(uow, dnc_list, upload_id, chunk, report, clock, ids)
        report.status = ListStatus.ACCEPTED if report.accepted else ListStatus.REJECTED
    async with storage.unit_of_work(account) as uow:
        await note(uow, upload_id, report, clock, after=report.rows)
        before = await uow.dnc.get(dnc_list, lock=True)
        await uow.dnc.save_status(before.after_import(report.status), clock.now())
        await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(dnc_list)})
    return report


async def _begin(uow: UnitOfWork, list_id: DncListId, upload_id: UploadId, clock: Clock) -> ImportReport:
    """Say that the file is being read; answers a report that is empty or, after a crash, as far as it had come."""
    upload = await begin_reading(uow, upload_id, clock)
    before = await uow.dnc.get(list_id, lock=True)
    await uow.dnc.save_status(replace(before, status=ListStatus.VALIDATION_STARTED), clock.now())
    await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(list_id)})
    return ImportReport(UniqueBy.PHONE_NUMBER) if upload.report is None else ImportReport.from_json(upload.report)


async def _store(
    uow: UnitOfWork,
    list_id: DncListId,
    upload_id: UploadId,
    chunk: Sequence[Row[NewEntry]],
    report: ImportReport,
    clock: Clock,
    ids: Ids,
) -> None:
    """Store one chunk: the numbers, the entries, the file and then the list are locked, as everywhere."""
    before, now = report.rows, clock.now()
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as the API shows it
    sound = [row.found for row in chunk if isinstance(row.found, NewEntry)]
    refused = [row.refused(row.found) for row in chunk if isinstance(row.found, RowProblem)]
    # Of several rows with one number the last one counts.
    entries = {
        one.number: DncEntry(
            DncEntryId(ids.new("dnc_entry")), list_id, one.number, one.expires_on, one.reason, now, now
        )
        for one in sound
    }
    await uow.dnc.hold_calls(entries)
    more = await uow.dnc.put_entries(list_id, list(entries.values()))
    report.rows += len(chunk)
    report.accepted += len(sound)
    for one in refused:
        report.refuse(one)
    await note(uow, upload_id, report, clock, after=before, refused=refused)
    await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(list_id)})
    await uow.dnc.changed(list_id, now, more=more)
