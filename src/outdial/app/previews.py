"""A file of records before it is imported: how it probably is to be read, and what would become of its rows."""

from asyncio import sleep
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Protocol

from outdial.app.imports import (
    CHUNK_ROWS,
    Columns,
    CorruptedFile,
    ImportReport,
    chunks,
    keys_in,
    look_over,
    match_up,
    on_dnc_lists,
    plain,
    raw_rows,
    records_with,
    sort_out,
    uses_by_name,
    without_reasons,
)
from outdial.app.uploads import looked_at
from outdial.domain.access import Principal
from outdial.domain.known_records import KnownRecords, check_duplicate_rule
from outdial.domain.readings import SEPARATORS, ColumnUse, DuplicateRule, Encoding, Reading
from outdial.domain.record_lists import ListKind, ListStatus, UniqueBy, Upload, UploadNotWaiting
from outdial.domain.records import NewRecord, Record, RecordId, RowProblem
from outdial.ports.clock import Clock
from outdial.ports.storage import Storage
from outdial.ports.uploads import TextSource, UploadBytes

SAMPLE_ROWS: Final = 100
_BREATH_LINES: Final = 1_000
_EARLIER_FILES: Final = 20
"""Files of a list among which one with the same columns is looked for."""

_OTHER_NAMES: Final[Mapping[str, ColumnUse]] = {
    "firstname": ColumnUse.FIRST_NAME,
    "forename": ColumnUse.FIRST_NAME,
    "given name": ColumnUse.FIRST_NAME,
    "nome": ColumnUse.FIRST_NAME,
    "lastname": ColumnUse.LAST_NAME,
    "surname": ColumnUse.LAST_NAME,
    "family name": ColumnUse.LAST_NAME,
    "apelido": ColumnUse.LAST_NAME,
    "phone": ColumnUse.MOBILE,
    "phone number": ColumnUse.MOBILE,
    "mobile phone": ColumnUse.MOBILE,
    "cell": ColumnUse.MOBILE,
    "telefone": ColumnUse.MOBILE,
    "telemóvel": ColumnUse.MOBILE,
    "home phone": ColumnUse.HOME,
    "office phone": ColumnUse.OFFICE,
    "work phone": ColumnUse.OFFICE,
    "time zone": ColumnUse.TIMEZONE,
    "tz": ColumnUse.TIMEZONE,
}


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row as it stands in the file, beside what it is taken apart into."""

    line: int
    raw: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file, and how it probably is to be read; `why_corrupted` where it cannot be read so."""

    reading: Reading
    header: tuple[str, ...] = ()
    rows: tuple[SampleRow, ...] = ()
    why_corrupted: str | None = None


async def sample(
    upload: Upload,
    *,
    encoding: Encoding | None = None,
    separator: str | None = None,
    by: Principal,
    storage: Storage,
    files: UploadBytes,
) -> Sample:
    """The first rows of a file that waits to be imported, read as the client says or as it probably is meant.

    A file with the columns of one that the list got earlier is read as that one was.

    Raises:
        UploadNotWaiting: it is being read, or has been.
        NoFile: it was not sent. FileDiffers, UploadFileTooLarge: as `looked_at`.
    """
    seen = await waiting(upload, files)
    async with files.text(seen.stored_as, seen.stored_tag) as source:
        reading = Reading(await _encoding_of(source) if encoding is None else encoding)
        found = _beginning(source, replace(reading, separator=separator or _separator_of(source, reading)))
    async with storage.unit_of_work(by.account) as uow:
        _, earlier = await uow.uploads.of_list(ListKind.RECORDS, upload.list_id, offset=0, limit=_EARLIER_FILES)
    return replace(found, reading=_as_before(found, earlier))


async def waiting(upload: Upload, files: UploadBytes) -> Upload:
    """An upload whose file is here and not being read. Raises as `sample`."""
    if upload.status is not ListStatus.INCOMPLETE:
        raise UploadNotWaiting(upload.id, upload.status)
    seen = await looked_at(upload, files)
    seen.uploaded()
    return seen


async def _encoding_of(source: TextSource) -> Encoding:
    """The first encoding in which all of a file can be read; any file can be in the last."""
    for encoding in (Encoding.UTF_8, Encoding.UTF_16):
        with suppress(UnicodeError, FileNotFoundError), source(encoding) as lines:
            for count, _ in enumerate(lines):
                if count % _BREATH_LINES == 0:
                    await sleep(0)
            return encoding
    return Encoding.WINDOWS_1252


def _separator_of(source: TextSource, reading: Reading) -> str:
    """The sign between the columns that makes most sense of the header."""

    def sense(separator: str) -> tuple[int, int]:
        header = _beginning(source, replace(reading, separator=separator), most=0).header
        return sum(use.is_member for use in _guessed(header)), len(header)

    return max(SEPARATORS, key=sense)


def _beginning(source: TextSource, reading: Reading, most: int = SAMPLE_ROWS) -> Sample:
    """The header and at most so many rows."""
    header: tuple[str, ...] = ()
    found: list[SampleRow] = []
    try:
        for line, cells, raw in islice(raw_rows(source, reading), 1 + most):
            if header:
                found.append(SampleRow(line, "".join(raw).rstrip("\r\n"), tuple(cells)))
            else:
                header = tuple(cells)
    except CorruptedFile as error:
        return Sample(reading, header, tuple(found), str(error))
    guess = replace(reading, columns=_guessed(header))
    return Sample(guess, header, tuple(found), None if header else "the file is empty")


def _guessed(header: Sequence[str]) -> tuple[ColumnUse, ...]:
    """What each column probably becomes: each member at most once, the first column that fits."""
    taken: set[ColumnUse] = set()
    uses = []
    for name, use in zip(header, uses_by_name(header), strict=True):
        probable = _OTHER_NAMES.get(plain(name), use) if use is ColumnUse.EXTRA_DATA else use
        if probable.is_member and probable in taken:
            probable = ColumnUse.EXTRA_DATA
        taken.add(probable)
        uses.append(probable)
    return tuple(uses)


def _as_before(found: Sample, earlier: Sequence[Upload]) -> Reading:
    own = tuple(without_reasons(found.header))
    for one in earlier:
        if one.reading is not None and one.reading.columns is not None and tuple(without_reasons(one.header)) == own:
            rest = [ColumnUse.LEAVE_OUT] * (len(found.header) - len(own))
            columns = (*one.reading.columns[: len(own)], *rest)
            return replace(
                one.reading, encoding=found.reading.encoding, separator=found.reading.separator, columns=columns
            )
    return found.reading


async def check(
    upload: Upload, reading: Reading, *, by: Principal, storage: Storage, clock: Clock, files: UploadBytes
) -> ImportReport:
    """What an import of the file would report now; nothing is stored. Raises as `sample`."""
    seen = await waiting(upload, files)
    async with storage.unit_of_work(by.account) as uow:
        unique_by = (await uow.record_lists.get(upload.record_list)).unique_by

    class Stored:
        async def taken(self, keys: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]]:
            async with storage.unit_of_work(by.account) as uow:
                return await uow.records.taken(upload.record_list, unique_by, keys)

        async def having(self, keys: Sequence[tuple[str, ...]]) -> tuple[Collection[Record], Collection[RecordId]]:
            async with storage.unit_of_work(by.account) as uow:
                found = await records_with(uow, upload.record_list, unique_by, keys)
                return found.values(), await uow.records.on_call(upload.record_list, found)

        async def blocked(self, records: Sequence[NewRecord]) -> int:
            async with storage.unit_of_work(by.account) as uow:
                return await on_dnc_lists(uow, records, clock)

    async with files.text(seen.stored_as, seen.stored_tag) as source:
        return await check_rows(source, reading, unique_by, Stored())


class StoredRecords(Protocol):
    """The records of the list that a file is checked for."""

    async def taken(self, keys: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Those of the keys that the list has already."""
        ...

    async def having(self, keys: Sequence[tuple[str, ...]]) -> tuple[Collection[Record], Collection[RecordId]]:
        """The records that have any of the keys, and those of them that are on a call."""
        ...

    async def blocked(self, records: Sequence[NewRecord]) -> int:
        """How many of these records are on do-not-call lists."""
        ...


class NoRecords:
    """Those of a list that is not there yet, whose file is checked by itself."""

    async def taken(self, _: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]]:
        return set()

    async def having(self, _: Sequence[tuple[str, ...]]) -> tuple[Collection[Record], Collection[RecordId]]:
        return (), ()

    async def blocked(self, _: Sequence[NewRecord]) -> int:
        return 0


async def check_rows(source: TextSource, reading: Reading, unique_by: UniqueBy, stored: StoredRecords) -> ImportReport:
    """The report that an import would give.

    Raises:
        Invalid: rows are to update records that nothing tells apart.
    """
    check_duplicate_rule(reading, unique_by)
    report = ImportReport(unique_by)
    try:
        columns, report.rows_in_file = await look_over(source, lambda header: Columns(header, reading.columns), reading)
    except CorruptedFile as error:
        report.status, report.why_corrupted = ListStatus.CORRUPTED, str(error)
        return report
    report.header = columns.header
    # The keys of the whole file: two of its rows may be the same, and none of them is stored.
    seen: set[tuple[str, ...]] = set()
    known = KnownRecords(unique_by)

    def judged(line: int, cells: list[str]) -> NewRecord | RowProblem:
        return columns.judge(line, cells, unique_by, reading)

    async for chunk in chunks(source, reading, len(columns.header), judged, skip=0, chunk_rows=CHUNK_ROWS):
        keys = keys_in(chunk, unique_by)
        if reading.duplicates is DuplicateRule.UPDATE:
            known.learn(*await stored.having(keys))
            matched, refused = match_up(chunk, columns, known)
            taken = [record for rows in matched.values() for _, record in rows]
            made = sum(one.stored is None and one.rows == len(rows) for one, rows in matched.items())
        else:
            seen |= await stored.taken(keys)
            taken, refused = sort_out(chunk, columns, unique_by, seen)
            made = len(taken)
        report.rows += len(chunk)
        report.accepted += made
        report.updated += len(taken) - made
        report.on_do_not_call_lists += await stored.blocked(taken)
        for one in refused:
            report.refuse(one)
    report.status = report.outcome
    return report
