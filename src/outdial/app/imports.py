"""Filling a record list out of a CSV file: read, judge each row, store in chunks, report."""

import csv
import re
from asyncio import sleep
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from outdial.app import campaigns, webhooks
from outdial.domain.errors import Conflict
from outdial.domain.record_lists import ListStatus, RecordList, UniqueBy, Upload, UploadId
from outdial.domain.records import (
    Draft,
    NewRecord,
    RecordId,
    RowKind,
    RowProblem,
    duplicate,
    judge,
    keys_of,
    row_error,
)
from outdial.domain.values import AccountId, PhoneType, RecordListId
from outdial.ports.campaigns import Part
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.uploads import Reject, TextSource

F = TypeVar("F")
C = TypeVar("C")

CHUNK_ROWS: Final = 1_000
"""Rows that are stored in one transaction: long enough to be quick, short enough to disturb nobody who dials."""
_BREATH_ROWS: Final = 50
"""Rows after which other tasks of the loop get a turn."""
_REPORTED_LINES: Final = 1_000
"""Problems that are stored with an upload request; the counts are always complete."""

Progress = Callable[[int, int], None]
"""Told the rows done and the rows of the file, after each chunk."""


class AlreadyRead(Conflict):
    """Another server reads this upload's file, or has read it; it goes on there."""

    code = "upload-already-read"

    def __init__(self, upload_id: UploadId) -> None:
        super().__init__(f"the file of upload request {upload_id} is read elsewhere")


class CorruptedFile(Exception):
    """The file as a whole cannot be read as what it should be; nothing of it is stored."""


# The file ------------------------------------------------------------------------------------------------------------


def plain(header: str) -> str:
    """The name of a column as it is compared: case, blanks, underscores and hyphens make no difference."""
    return re.sub(r"[\s_-]+", " ", header).strip().casefold()


_MEMBERS: Final = {
    "first name": "first_name",
    "last name": "last_name",
    "external id": "external_id",
    "external provider": "external_provider",
    "timezone": "timezone",
    "priority": "priority",
}
_PHONES: Final = {plain(kind.value): kind for kind in PhoneType}


class Columns:
    """What stands in which column of a file.

    Raises:
        CorruptedFile: this is not the header of a record list.
    """

    def __init__(self, header: Sequence[str]) -> None:
        self.header = tuple(header)
        self._place: dict[str, int] = {}
        self._phones: list[tuple[PhoneType, int]] = []
        self._extra: list[tuple[str, int]] = []
        names = [plain(name) for name in header]
        if "phone" in names and "mobile" not in names:
            names[names.index("phone")] = "mobile"  # the form that lists had when a record had one number
        seen: Counter[str] = Counter()
        for place, (name, text) in enumerate(zip(names, header, strict=True)):
            seen[name] += 1
            if name in _MEMBERS or name in _PHONES:
                if seen[name] > 1:
                    raise CorruptedFile(f"the header has the column {text.strip()!r} twice")
                if name in _PHONES:
                    self._phones.append((_PHONES[name], place))
                    self._place[_PHONES[name].value] = place
                else:
                    self._place[_MEMBERS[name]] = place
            elif name:
                self._extra.append((text.strip() if seen[name] == 1 else f"{text.strip()} ({seen[name]})", place))
        lacking = [name for name in ("First name", "Last name") if _MEMBERS[plain(name)] not in self._place]
        if not self._phones:
            lacking.append("Mobile, Home, Office or Extra 1 to 3")
        if lacking:
            raise CorruptedFile(f"the header lacks {' and '.join(lacking)}")
        self._place["phone_number"] = self._phones[0][1]
        self._first, self._last = self._place["first_name"], self._place["last_name"]
        self._others = [(member, self._place[member]) for member in _MEMBERS.values() if member in self._place][2:]

    def draft(self, cells: Sequence[str]) -> Draft:
        """A row of as many cells as the header has. Blank extra columns are left out."""
        draft = Draft(
            cells[self._first],
            cells[self._last],
            [(kind, cells[place]) for kind, place in self._phones],
            extra_data={name: cells[place] for name, place in self._extra if cells[place].strip()},
        )
        for member, place in self._others:
            setattr(draft, member, cells[place])
        return draft

    def at(self, line: int, found: RowProblem) -> RowProblem:
        """A problem of a row as the file shows it: its line, and the header in place of the member."""
        place = self._place.get(found.column)
        return replace(found, line=line, column=found.column if place is None else self.header[place].strip())


@dataclass(slots=True)
class _Watched:
    """Lines on their way to the CSV reader: refuses NUL, and knows whether the reader asked for more than there was."""

    lines: Iterator[str]
    ended: bool = False

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            if "\x00" in line:
                raise CorruptedFile("the file has NUL bytes: it is not text")
            yield line
        self.ended = True


def _rows(source: TextSource) -> Iterator[tuple[int, list[str]]]:
    """Rows with the physical line each begins on, blank lines left out; the header is the first.

    Raises:
        CorruptedFile: this cannot be read as CSV in UTF-8.
    """
    try:
        opened = source()
    except FileNotFoundError as error:
        raise CorruptedFile("the file is no longer there") from error
    with opened as lines:
        watched = _Watched(lines)
        reader = csv.reader(iter(watched))
        try:
            line = 1
            for cells in reader:
                if watched.ended:
                    raise CorruptedFile(f"a quote that opens in the row of line {line} is never closed")
                if len(cells) > 1 or (cells and cells[0].strip()):
                    yield line, cells
                line = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise CorruptedFile("the file is not encoded in UTF-8") from error
        except csv.Error as error:
            raise CorruptedFile(f"line {reader.line_num} cannot be read: {error}") from error


async def look_over(source: TextSource, read_header: Callable[[Sequence[str]], C]) -> tuple[C, int]:
    """Read the whole file once and store nothing: its columns and the number of its rows.

    Raises:
        CorruptedFile: so that a file that breaks off in its last line leaves no half of itself behind.
    """
    columns, count = None, -1
    for count, (_, cells) in enumerate(_rows(source)):
        if columns is None:
            columns = read_header(cells)
        if count % (_BREATH_ROWS * 20) == 0:
            await sleep(0)
    if columns is None:
        raise CorruptedFile("the file is empty")
    return columns, count


# The report ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not stored: why, and its cells as they came."""

    problem: RowProblem
    cells: tuple[str, ...]

    def as_reject(self) -> Reject:
        why = self.problem
        return Reject(why.line, self.cells, why.column, why.value, why.code, why.message)


@dataclass(slots=True)
class ImportReport:
    """What became of a file. `rejected` and `by_kind` leave duplicates out; `rows` is the sum of all three."""

    unique_by: UniqueBy
    status: ListStatus = ListStatus.VALIDATION_STARTED
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    kinds: Counter[RowKind] = field(default_factory=Counter)
    on_do_not_call_lists: int = 0
    """Accepted rows with a number that is on a list of the account now: the dialer asks again before each call."""
    lines: list[tuple[int, str]] = field(default_factory=list)
    """The line and kind of each row that is not accepted, in the order of the file."""
    header: tuple[str, ...] = ()
    rows_in_file: int | None = None
    """None until the file has been read once."""
    refused: list[Refused] = field(default_factory=list)
    why_corrupted: str | None = None

    @property
    def problems(self) -> list[RowProblem]:
        """One for each row that is not accepted, in the order of the file."""
        return [refused.problem for refused in self.refused]

    @property
    def by_kind(self) -> dict[str, int]:
        return {kind.value: self.kinds[kind] for kind in sorted(self.kinds, key=lambda kind: kind.rank)}

    def refuse(self, refused: Refused) -> None:
        kind = refused.problem.kind
        self.refused.append(refused)
        self.lines.append((refused.problem.line, kind.value))
        if kind.is_duplicate:
            self.duplicates += 1
        else:
            self.rejected += 1
            self.kinds[kind] += 1

    def as_json(self, *, most_lines: int | None = None) -> dict[str, Any]:
        """The report as it is printed and stored; `lines` are cut after `most_lines`, counts never."""
        corrupted = {} if self.why_corrupted is None else {"corrupted": self.why_corrupted}
        return {
            "status": self.status.value,
            **corrupted,
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "duplicates": self.duplicates,
            "unique_identifier_type": self.unique_by.value,
            "by_kind": self.by_kind,
            "on_do_not_call_lists": self.on_do_not_call_lists,
            "lines": [list(line) for line in self.lines[:most_lines]],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ImportReport":
        """The report of an import that broke off: its counts and lines, but not the cells of its rows."""
        return cls(
            UniqueBy(stored["unique_identifier_type"]),
            rows=stored["rows"],
            accepted=stored["accepted"],
            rejected=stored["rejected"],
            duplicates=stored["duplicates"],
            kinds=Counter({RowKind(kind): count for kind, count in stored["by_kind"].items()}),
            on_do_not_call_lists=stored.get("on_do_not_call_lists", 0),
            lines=[(line, kind) for line, kind in stored["lines"]],
        )


def write_rejects(path: Path, report: ImportReport) -> None:
    """Write the rows that were not stored: the columns of the file, then what is wrong with each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(rejects_header(report.header))
        out.writerows(rejects_rows(len(report.header), (refused.as_reject() for refused in report.refused)))


def rejects_header(header: Sequence[str]) -> list[str]:
    """The first row of a list of rejects: the columns of the file, and those that say why."""
    return [*header, "row", "column", "value", "code", "message"]


def rejects_rows(width: int, rejects: Iterable[Reject]) -> Iterator[list[str | int]]:
    """The rows of a list of rejects for a file of so many columns.

    A row with too few cells is filled up; one with too many keeps the rest in the last column of the file.
    """
    for one in rejects:
        cells: list[str | int] = [*one.cells]
        if len(cells) > width:
            cells[width - 1 :] = [",".join(one.cells[width - 1 :])]
        cells += [""] * (width - len(cells))
        yield [*cells, one.line, one.column, one.value, one.code, one.message]


# The import ----------------------------------------------------------------------------------------------------------


async def import_rows(
    account: AccountId,
    list_id: UUID,
    source: TextSource,
    *,
    storage: Storage,
    clock: Clock,
    ids: Ids,
    upload_id: UploadId | None = None,
    progress: Progress | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> ImportReport:
    """Fill a list out of a CSV file and settle the status of the list, and of the upload request if there is one.

    Runs on the loop alone (no thread, no executor) and lets other tasks in between rows. A corrupted file stores
    nothing: the whole file is read once before the first row is stored. Each chunk is one transaction. An import of an
    upload request that broke off goes on after the rows that are stored; its report then lacks the cells of those.

    Raises:
        RecordListNotFound, UploadNotFound: nothing was done.
        AlreadyRead: somebody else imports the same upload request; what is stored is theirs, or as if it were.
    """
    list_id = RecordListId(list_id)
    async with storage.unit_of_work(account) as uow:
        report = await _begin(uow, list_id, upload_id, clock)
    try:
        columns, total = await look_over(source, Columns)
    except CorruptedFile as error:
        report.status, report.why_corrupted = ListStatus.CORRUPTED, str(error)
    else:
        report.header, report.rows_in_file = columns.header, total

        def judged(line: int, cells: list[str]) -> NewRecord | RowProblem:
            found = judge(columns.draft(cells), unique_by=report.unique_by)
            return found if isinstance(found, NewRecord) else columns.at(line, found[0])

        async for chunk in chunks(source, len(columns.header), judged, skip=report.rows, chunk_rows=chunk_rows):
            async with storage.unit_of_work(account) as uow:
                before = report.rows
                fresh, refused = await _store(uow, list_id, chunk, columns, report, clock, ids, upload_id)
                report.rows += len(chunk)
                report.accepted += fresh
                for one in refused:
                    report.refuse(one)
                if upload_id is not None:
                    await note(uow, upload_id, report, clock, after=before, refused=refused)
            if progress is not None:
                progress(report.rows, total)
        report.status = ListStatus.ACCEPTED if report.accepted else ListStatus.REJECTED
    async with storage.unit_of_work(account) as uow:
        await _settle(uow, list_id, upload_id, report, clock, ids)
    return report


@dataclass(slots=True)
class Row(Generic[F]):
    """A row of a file with what was found in it."""

    line: int
    cells: list[str]
    found: F | RowProblem

    def refused(self, why: RowProblem) -> Refused:
        return Refused(why, tuple(self.cells))


async def chunks(
    source: TextSource,
    width: int,
    judged: Callable[[int, list[str]], F | RowProblem],
    *,
    skip: int,
    chunk_rows: int,
) -> AsyncIterator[list[Row[F]]]:
    """Chunks of rows after the first `skip`, each row judged by itself; `width` is the number of columns."""
    chunk: list[Row[F]] = []
    for number, (line, cells) in enumerate(islice(_rows(source), 1 + skip, None), 1):
        found = judged(line, cells) if len(cells) == width else _ragged(line, cells, width)
        chunk.append(Row(line, cells, found))
        if len(chunk) == chunk_rows:
            yield chunk
            chunk = []
        elif number % _BREATH_ROWS == 0:
            await sleep(0)
    if chunk:
        yield chunk


def _ragged(line: int, cells: list[str], width: int) -> RowProblem:
    message = f"the row has {len(cells)} columns and the header {width}"
    kind = RowKind.WRONG_COLUMN_COUNT
    return RowProblem(line, kind, "", str(len(cells)), row_error(kind, ""), message)


async def _store(
    uow: UnitOfWork,
    list_id: RecordListId,
    chunk: Sequence[Row[NewRecord]],
    columns: Columns,
    report: ImportReport,
    clock: Clock,
    ids: Ids,
    upload_id: UploadId | None,
) -> tuple[int, list[Refused]]:
    """Store the rows of a chunk that are sound and new; answers how many they are, and the others."""
    unique_by = report.unique_by
    await uow.record_lists.take_turn(list_id)
    wanted = [key for row in chunk if isinstance(row.found, NewRecord) for key in keys_of(row.found, unique_by)]
    taken = await uow.records.taken(list_id, unique_by, wanted)
    fresh: list[NewRecord] = []
    refused: list[Refused] = []
    for row in chunk:
        found = row.found
        if isinstance(found, NewRecord):
            again = duplicate(found, unique_by, taken)
            if again is None:
                taken.update(keys_of(found, unique_by))
                fresh.append(found)
                continue
            found = columns.at(row.line, again)
        refused.append(row.refused(found))
    await add_records(uow, list_id, fresh, clock=clock, ids=ids, upload_id=upload_id)
    numbers = [phone.number for record in fresh for phone in record.phones]
    listed = await uow.dnc.on_any_list(numbers, clock.now().date())
    report.on_do_not_call_lists += sum(any(phone.number in listed for phone in record.phones) for record in fresh)
    return len(fresh), refused


async def add_records(
    uow: UnitOfWork,
    list_id: RecordListId,
    records: Sequence[NewRecord],
    *,
    clock: Clock,
    ids: Ids,
    upload_id: UploadId | None = None,
) -> list[RecordId]:
    """Store judged records in the list's turn and say so; answers their ids in the same order."""
    if not records:
        return []

    def name(seq: int) -> UUID:
        return ids.new("record", list_id, seq)

    stored = await uow.records.add(list_id, records, name=name, at=clock.now(), upload=upload_id)
    await uow.outbox.add("records.added", {"record_list_id": str(list_id)})
    return stored


async def _begin(uow: UnitOfWork, list_id: RecordListId, upload_id: UploadId | None, clock: Clock) -> ImportReport:
    """Say that the file is being read; answers a report that is empty or, after a crash, as far as it had come."""
    record_list = await uow.record_lists.get(list_id, lock=True)
    report = ImportReport(record_list.unique_by)
    first_file = True
    if upload_id is not None:
        upload = await begin_reading(uow, upload_id, clock)
        if upload.report is not None:
            report = ImportReport.from_json(upload.report)
        first_file = upload.first_file
    if first_file and record_list.status is not ListStatus.ACCEPTED:
        await uow.record_lists.save_status(replace(record_list, status=ListStatus.VALIDATION_STARTED), clock.now())
        await uow.outbox.add("record_list.changed", {"record_list_id": str(list_id)})
    return report


async def begin_reading(uow: UnitOfWork, upload_id: UploadId, clock: Clock) -> Upload:
    """Say that a file is being read. Raises `AlreadyRead`."""
    upload = await uow.uploads.get(upload_id, lock=True)
    if upload.status not in (ListStatus.UPLOADED, ListStatus.VALIDATION_STARTED):
        raise AlreadyRead(upload_id)
    await uow.uploads.save(replace(upload, status=ListStatus.VALIDATION_STARTED), clock.now())
    return upload


async def note(
    uow: UnitOfWork,
    upload_id: UploadId,
    report: ImportReport,
    clock: Clock,
    *,
    after: int,
    refused: Sequence[Refused] = (),
) -> Upload:
    """Store how far the file has been read; `after` is the count of rows that must be stored so far.

    Raises:
        AlreadyRead: it is another count, so that somebody else is at work: two would store every row twice.
    """
    upload = await uow.uploads.get(upload_id, lock=True)
    if upload.status is not ListStatus.VALIDATION_STARTED or upload.rows_done != after:
        raise AlreadyRead(upload_id)
    changed = replace(
        upload,
        status=report.status,
        rows_done=report.rows,
        rows_total=report.rows_in_file,
        header=report.header,
        report=report.as_json(most_lines=_REPORTED_LINES),
    )
    await uow.uploads.add_rejects(upload_id, [one.as_reject() for one in refused])
    await uow.uploads.save(changed, clock.now())
    return changed


async def _settle(
    uow: UnitOfWork,
    list_id: RecordListId,
    upload_id: UploadId | None,
    report: ImportReport,
    clock: Clock,
    ids: Ids,
) -> None:
    before = await uow.record_lists.get(list_id, lock=True)
    upload = None if upload_id is None else await note(uow, upload_id, report, clock, after=report.rows)
    after = before.after_import(report.status, first_file=upload is None or upload.first_file)
    await list_changed(uow, before, after, clock)
    if upload is not None:
        await webhooks.announce(uow, upload, clock=clock, ids=ids)


async def list_changed(uow: UnitOfWork, before: RecordList, after: RecordList, clock: Clock) -> None:
    """Store a list's status and tell whom it concerns: its campaigns may have something to dial now."""
    await uow.record_lists.save_status(after, clock.now())
    await uow.outbox.add("record_list.changed", {"record_list_id": str(after.id)})
    if after.status is ListStatus.ACCEPTED and before.status is not ListStatus.ACCEPTED:
        await campaigns.resettle(uow, await uow.campaigns.using(Part.RECORD_LISTS, after.id), clock)
