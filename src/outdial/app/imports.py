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
from outdial.app.record_changes import change_records
from outdial.domain.errors import Conflict
from outdial.domain.known_records import Known, KnownRecords, is_same, updated
from outdial.domain.readings import ColumnUse, DuplicateRule, Reading
from outdial.domain.record_changes import DialedBy
from outdial.domain.record_lists import ListStatus, RecordList, UniqueBy, Upload, UploadId
from outdial.domain.records import (
    Draft,
    NewRecord,
    Record,
    RecordId,
    RowKind,
    RowProblem,
    duplicate,
    judge,
    keys_of,
    row_error,
)
from outdial.domain.values import AccountId, PhoneNumber, PhoneType, RecordListId
from outdial.ports.campaigns import Part
from outdial.ports.clock import Clock, Ids
from outdial.ports.records import RecordFilter, RecordKey, RecordsBusy
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.uploads import Reject, TextSource

F = TypeVar("F")
C = TypeVar("C")

CHUNK_ROWS: Final = 1_000
"""Rows that are stored in one transaction: long enough to be quick, short enough to disturb nobody who dials."""
_BUSY_SECONDS: Final = 0.05
"""How long the dialer is given to let a record go: it holds each for some milliseconds."""
_BREATH_ROWS: Final = 50
"""Rows after which other tasks of the loop get a turn."""
AS_THE_API: Final = Reading()
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


class ImportCanceled(Exception):
    """Somebody wants what was stored of the file taken back, and no more of it."""


# The file ------------------------------------------------------------------------------------------------------------


def plain(header: str) -> str:
    """The name of a column as it is compared: case, blanks, underscores and hyphens make no difference."""
    return re.sub(r"[\s_-]+", " ", header).strip().casefold()


REJECTS_COLUMNS: Final = ("row", "column", "value", "code", "message")
"""What a list of rejects has after the columns of the file: left out when a repaired one comes back."""

_USES: Final = {
    "first name": ColumnUse.FIRST_NAME,
    "last name": ColumnUse.LAST_NAME,
    "external id": ColumnUse.EXTERNAL_ID,
    "external provider": ColumnUse.EXTERNAL_PROVIDER,
    "timezone": ColumnUse.TIMEZONE,
    "priority": ColumnUse.PRIORITY,
    **{plain(kind.value): ColumnUse(kind.value) for kind in PhoneType},
}
_OTHER_MEMBERS: Final = (
    ColumnUse.EXTERNAL_ID,
    ColumnUse.EXTERNAL_PROVIDER,
    ColumnUse.TIMEZONE,
    ColumnUse.PRIORITY,
)


def without_reasons(header: Sequence[str]) -> Sequence[str]:
    """The columns of a file without those that a list of rejects has after them."""
    own = len(header) - len(REJECTS_COLUMNS)
    return header[:own] if own > 0 and tuple(header[own:]) == REJECTS_COLUMNS else header


def uses_by_name(header: Sequence[str]) -> tuple[ColumnUse, ...]:
    """What each column becomes when nobody says it: its name decides."""
    own = len(without_reasons(header))
    names = [plain(name) for name in header[:own]]
    if "phone" in names and "mobile" not in names:
        names[names.index("phone")] = "mobile"  # the form that lists had when a record had one number
    uses = [_USES.get(name, ColumnUse.EXTRA_DATA if name else ColumnUse.LEAVE_OUT) for name in names]
    return (*uses, *[ColumnUse.LEAVE_OUT] * (len(header) - own))


class Columns:
    """What stands in which column of a file; without `uses` the names of the columns say it.

    Raises:
        CorruptedFile: this is not the header of a record list.
    """

    def __init__(self, header: Sequence[str], uses: Sequence[ColumnUse] | None = None) -> None:
        self.header = tuple(header)
        uses = uses_by_name(header) if uses is None else uses
        if len(uses) != len(header):
            raise CorruptedFile(f"the file has {len(header)} columns, and it was said what {len(uses)} become")
        self._place: dict[str, int] = {}
        self._phones: list[tuple[PhoneType, int]] = []
        self._extra: list[tuple[str, int]] = []
        seen: Counter[str] = Counter()
        for place, (use, text) in enumerate(zip(uses, header, strict=True)):
            name = plain(text)
            seen[name] += 1
            if use.is_member:
                if use.value in self._place:
                    raise CorruptedFile(f"the header has the column {text.strip()!r} twice")
                self._place[use.value] = place
                if use.phone_type is not None:
                    self._phones.append((use.phone_type, place))
            elif use is ColumnUse.EXTRA_DATA:
                self._extra.append((text.strip() if seen[name] == 1 else f"{text.strip()} ({seen[name]})", place))
        names = {ColumnUse.FIRST_NAME: "First name", ColumnUse.LAST_NAME: "Last name"}
        lacking = [name for use, name in names.items() if use.value not in self._place]
        if not self._phones:
            lacking.append("Mobile, Home, Office or Extra 1 to 3")
        if lacking:
            raise CorruptedFile(f"the header lacks {' and '.join(lacking)}")
        self._place["phone_number"] = self._phones[0][1]
        self._first, self._last = self._place["first_name"], self._place["last_name"]
        self._others = [(use.value, self._place[use.value]) for use in _OTHER_MEMBERS if use.value in self._place]

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

    def judge(self, line: int, cells: Sequence[str], unique_by: UniqueBy, reading: Reading) -> NewRecord | RowProblem:
        """A row as a record, or the first thing that is wrong with it."""
        draft = self.draft(cells)
        if reading.timezone is not None and not draft.timezone.strip():
            draft.timezone = reading.timezone
        found = judge(draft, unique_by=unique_by, country=reading.country)
        return found if isinstance(found, NewRecord) else self.at(line, found[0])

    def at(self, line: int, found: RowProblem) -> RowProblem:
        """A problem of a row as the file shows it: its line, and the header in place of the member."""
        place = self._place.get(found.column)
        return replace(found, line=line, column=found.column if place is None else self.header[place].strip())


@dataclass(slots=True)
class _Watched:
    """Lines on their way to the CSV reader: refuses NUL, and knows whether the reader asked for more than there was."""

    lines: Iterator[str]
    ended: bool = False
    raw: list[str] = field(default_factory=list)
    """The lines of the row that was read last."""

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            if "\x00" in line:
                raise CorruptedFile("the file has NUL bytes: it is not text")
            self.raw.append(line)
            yield line
        self.ended = True


def rows(source: TextSource, reading: Reading = AS_THE_API) -> Iterator[tuple[int, list[str]]]:
    """Rows with the physical line each begins on, blank lines left out; the header is the first.

    Raises:
        CorruptedFile: this cannot be read as CSV in this encoding.
    """
    for line, cells, _ in raw_rows(source, reading):
        yield line, cells


def raw_rows(source: TextSource, reading: Reading) -> Iterator[tuple[int, list[str], list[str]]]:
    """As `rows`, each with its lines as they stand in the file, line ends included."""
    try:
        opened = source(reading.encoding)
    except FileNotFoundError as error:
        raise CorruptedFile("the file is no longer there") from error
    with opened as lines:
        watched = _Watched(lines)
        reader = csv.reader(iter(watched), delimiter=reading.separator)
        try:
            line = 1
            for cells in reader:
                if watched.ended:
                    raise CorruptedFile(f"a quote that opens in the row of line {line} is never closed")
                if len(cells) > 1 or (cells and cells[0].strip()):
                    yield line, cells, watched.raw
                line = reader.line_num + 1
                watched.raw = []
        except UnicodeError as error:
            raise CorruptedFile(f"the file is not encoded in {reading.encoding.value}") from error
        except csv.Error as error:
            raise CorruptedFile(f"line {reader.line_num} cannot be read: {error}") from error


async def look_over(
    source: TextSource, read_header: Callable[[Sequence[str]], C], reading: Reading = AS_THE_API
) -> tuple[C, int]:
    """Read the whole file once and store nothing: its columns and the number of its rows.

    Raises:
        CorruptedFile: so that a file that breaks off in its last line leaves no half of itself behind.
    """
    columns, count = None, -1
    for count, (_, cells) in enumerate(rows(source, reading)):
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
    """What became of a file. `rejected` and `by_kind` leave duplicates out; `rows` is the sum of all four.

    `updated` are rows that a record of the list had already, and has now; of such rows the others are `duplicates`.
    """

    unique_by: UniqueBy
    status: ListStatus = ListStatus.VALIDATION_STARTED
    rows: int = 0
    accepted: int = 0
    updated: int = 0
    rejected: int = 0
    duplicates: int = 0
    kinds: Counter[RowKind] = field(default_factory=Counter)
    on_do_not_call_lists: int = 0
    """Rows that were taken, with a number that is on a list of the account now: the dialer asks again each time."""
    lines: list[tuple[int, str]] = field(default_factory=list)
    """The line and kind of each row that is not accepted, in the order of the file."""
    header: tuple[str, ...] = ()
    rows_in_file: int | None = None
    """None until the file has been read once."""
    refused: list[Refused] = field(default_factory=list)
    why_corrupted: str | None = None
    canceled: bool = False

    @property
    def problems(self) -> list[RowProblem]:
        """One for each row that is not accepted, in the order of the file."""
        return [refused.problem for refused in self.refused]

    @property
    def by_kind(self) -> dict[str, int]:
        return {kind.value: self.kinds[kind] for kind in sorted(self.kinds, key=lambda kind: kind.rank)}

    @property
    def outcome(self) -> ListStatus:
        """The status of a file that was read to its end."""
        return ListStatus.ACCEPTED if self.accepted or self.updated else ListStatus.REJECTED

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
            "updated": self.updated,
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
            updated=stored.get("updated", 0),
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
        out.writerows(rejects_rows(report.header, (refused.as_reject() for refused in report.refused)))


def rejects_header(header: Sequence[str]) -> list[str]:
    """The first row of a list of rejects: the columns of the file, and those that say why."""
    return [*without_reasons(header), *REJECTS_COLUMNS]


def rejects_rows(header: Sequence[str], rejects: Iterable[Reject]) -> Iterator[list[str | int]]:
    """The rows of a list of rejects for a file with this header.

    A row with too few cells is filled up; one with too many keeps the rest in the last column of the file. The reasons
    that an earlier list of rejects gave are left out.
    """
    width, own = len(header), len(without_reasons(header))
    for one in rejects:
        cells: list[str | int] = [*one.cells]
        if len(cells) > width:
            cells[width - 1 :] = [",".join(one.cells[width - 1 :])]
        cells += [""] * (width - len(cells))
        yield [*cells[:own], one.line, one.column, one.value, one.code, one.message]


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
    One that somebody cancels takes back what it stored, and its list is as if the file had been refused.

    Raises:
        RecordListNotFound, UploadNotFound: nothing was done.
        AlreadyRead: somebody else imports the same upload request; what is stored is theirs, or as if it were.
    """
    list_id = RecordListId(list_id)
    async with storage.unit_of_work(account) as uow:
        report, upload = await _begin(uow, list_id, upload_id, clock)
    reading = AS_THE_API if upload is None or upload.reading is None else upload.reading
    try:
        if upload is not None and upload.cancel_asked_at is not None:
            raise ImportCanceled
        try:
            columns, total = await look_over(source, lambda header: Columns(header, reading.columns), reading)
        except CorruptedFile as error:
            report.status, report.why_corrupted = ListStatus.CORRUPTED, str(error)
        else:
            report.header, report.rows_in_file = columns.header, total

            def judged(line: int, cells: list[str]) -> NewRecord | RowProblem:
                return columns.judge(line, cells, report.unique_by, reading)

            into = _Into(list_id, upload_id, columns, report.unique_by, reading)
            done = report.rows
            async for chunk in chunks(source, reading, len(columns.header), judged, skip=done, chunk_rows=chunk_rows):
                while not await _stored(account, into, chunk, report, storage=storage, clock=clock, ids=ids):
                    await clock.sleep(_BUSY_SECONDS)
                if progress is not None:
                    progress(report.rows, total)
            report.status = report.outcome
        async with storage.unit_of_work(account) as uow:
            await _settle(uow, list_id, upload_id, report, clock, ids)
    except ImportCanceled:
        assert upload_id is not None, "only what was asked for as an upload request can be cancelled"
        await _withdraw(account, list_id, upload_id, chunk_rows=chunk_rows, storage=storage, clock=clock)
        async with storage.unit_of_work(account) as uow:
            report = _canceled(await uow.uploads.get(upload_id), report.unique_by)
            await _settle(uow, list_id, upload_id, report, clock, ids)
    return report


async def _withdraw(
    account: AccountId, list_id: RecordListId, upload_id: UploadId, *, chunk_rows: int, storage: Storage, clock: Clock
) -> None:
    """Delete the records that a file has brought; those on a call go when it is over.

    What it has updated of others stays: what it was before is known to nobody.
    """
    on_call: set[RecordId] = set()
    while True:
        async with storage.unit_of_work(account) as uow:
            await uow.record_lists.take_turn(list_id)
            await uow.record_lists.get(list_id, lock=True)
            await uow.record_lists.hold_enrolment(list_id)
            # The newest first: those on a call have a place before all others, and are not met again until the end.
            found = await uow.records.page(
                list_id, RecordFilter(upload=upload_id), order=("seq", True), offset=0, limit=chunk_rows
            )
            left = [record.id for record in found if record.id not in on_call]
            if not left:
                return
            on_call |= await uow.records.remove(list_id, left, clock.now())
            await uow.outbox.add("records.removed", {"record_list_id": str(list_id)})


def _canceled(upload: Upload, unique_by: UniqueBy) -> ImportReport:
    """The report of an import that is taken back: none of its rows is a record."""
    report = ImportReport(unique_by) if upload.report is None else ImportReport.from_json(upload.report)
    report.status, report.accepted, report.on_do_not_call_lists = ListStatus.REJECTED, 0, 0
    report.header, report.rows_in_file, report.canceled = upload.header, upload.rows_total, True
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
    reading: Reading,
    width: int,
    judged: Callable[[int, list[str]], F | RowProblem],
    *,
    skip: int,
    chunk_rows: int,
) -> AsyncIterator[list[Row[F]]]:
    """Chunks of rows after the first `skip`, each row judged by itself; `width` is the number of columns."""
    chunk: list[Row[F]] = []
    for number, (line, cells) in enumerate(islice(rows(source, reading), 1 + skip, None), 1):
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


@dataclass(frozen=True, slots=True)
class _Into:
    """Where the rows of a file go, and how they are to be understood."""

    list_id: RecordListId
    upload_id: UploadId | None
    columns: Columns
    unique_by: UniqueBy
    reading: Reading


@dataclass(frozen=True, slots=True)
class _Taken:
    """What became of a chunk: its rows that are records now, how many of them updated one, and the others."""

    rows: Sequence[NewRecord]
    updated: int
    refused: Sequence[Refused]


async def _stored(
    account: AccountId,
    into: _Into,
    chunk: Sequence[Row[NewRecord]],
    report: ImportReport,
    *,
    storage: Storage,
    clock: Clock,
    ids: Ids,
) -> bool:
    """Store a chunk in one transaction and report it. False: nothing was done, as the dialer holds one of its records.

    Raises as `note`.
    """
    try:
        async with storage.unit_of_work(account) as uow:
            updates = into.reading.duplicates is DuplicateRule.UPDATE
            taken = await (_add_or_update if updates else _add)(uow, into, chunk, clock, ids)
            report.on_do_not_call_lists += await on_dnc_lists(uow, taken.rows, clock)
            before = report.rows
            report.rows += len(chunk)
            report.accepted += len(taken.rows) - taken.updated
            report.updated += taken.updated
            for one in taken.refused:
                report.refuse(one)
            if into.upload_id is not None:
                await note(uow, into.upload_id, report, clock, after=before, refused=taken.refused)
    except RecordsBusy:
        return False
    return True


async def _add(uow: UnitOfWork, into: _Into, chunk: Sequence[Row[NewRecord]], clock: Clock, ids: Ids) -> _Taken:
    """Store the rows of a chunk that are sound and new."""
    await uow.record_lists.take_turn(into.list_id)
    taken = await uow.records.taken(into.list_id, into.unique_by, keys_in(chunk, into.unique_by))
    fresh, refused = sort_out(chunk, into.columns, into.unique_by, taken)
    await add_records(uow, into.list_id, fresh, clock=clock, ids=ids, upload_id=into.upload_id)
    return _Taken(fresh, 0, refused)


async def _add_or_update(
    uow: UnitOfWork, into: _Into, chunk: Sequence[Row[NewRecord]], clock: Clock, ids: Ids
) -> _Taken:
    """Store the rows of a chunk that are sound, those of records that the list has as what these are from now on.

    Raises `RecordsBusy`.
    """
    await uow.record_lists.take_turn(into.list_id)
    await uow.record_lists.get(into.list_id, lock=True)
    stored = await records_with(uow, into.list_id, into.unique_by, keys_in(chunk, into.unique_by))
    dialed_by: Mapping[RecordId, Sequence[DialedBy]] = {}
    if stored:
        await uow.record_lists.hold_enrolment(into.list_id)
        dialed_by = await uow.records.dialed_by(into.list_id, stored, wait=False)
    known = KnownRecords(into.unique_by)
    known.learn(stored.values(), [record for record, those in dialed_by.items() if any(one.on_call for one in those)])
    matched, refused = match_up(chunk, into.columns, known)
    fresh: list[NewRecord] = []
    changed: list[tuple[Record, NewRecord]] = []
    taken: list[NewRecord] = []
    for one, rows in matched.items():
        # A record that is new begins as its first row, one of the list as it stands there.
        before = rows[0][1] if one.stored is None else stored[one.stored]
        given = [(into.columns.draft(row.cells), new) for row, new in rows[one.stored is None :]]
        after: NewRecord | list[RowProblem] = rows[0][1]
        if given:
            draft = updated(before, given, timezone=into.reading.timezone)
            after = judge(draft, unique_by=into.unique_by, default_priority=before.priority)
        if isinstance(after, list):
            # Sound when it was stored, and no longer: a number's zones are not what they were.
            refused += [row.refused(into.columns.at(row.line, after[0])) for row, _ in rows]
            continue
        taken += [new for _, new in rows]
        if isinstance(before, NewRecord):
            fresh.append(after)
        elif not is_same(before, after):
            changed.append((before, after))
    await change_records(uow, into.list_id, changed, dialed_by, clock)
    await add_records(uow, into.list_id, fresh, clock=clock, ids=ids, upload_id=into.upload_id)
    refused.sort(key=lambda one: one.problem.line)
    return _Taken(taken, len(taken) - len(fresh), refused)


async def records_with(
    uow: UnitOfWork, list_id: RecordListId, unique_by: UniqueBy, keys: Sequence[tuple[str, ...]]
) -> Mapping[RecordId, Record]:
    """The records of a list that have any of the keys."""
    wanted: list[RecordKey] = [PhoneNumber(key[0]) for key in keys]
    if unique_by is UniqueBy.EXTERNAL:
        wanted = [(provider, external_id) for provider, external_id in keys]
    found = await uow.records.matching(list_id, wanted)
    ids = list({record: None for several in found.values() for record in several})
    return await uow.records.several(list_id, ids) if ids else {}


def match_up(
    chunk: Sequence[Row[NewRecord]], columns: Columns, known: KnownRecords
) -> tuple[dict[Known, list[tuple[Row[NewRecord], NewRecord]]], list[Refused]]:
    """The sound rows of a chunk by the record that they make or update, as read and as judged, and the others."""
    matched: dict[Known, list[tuple[Row[NewRecord], NewRecord]]] = {}
    refused: list[Refused] = []
    for row in chunk:
        found = row.found
        if isinstance(found, NewRecord):
            one = known.match(found)
            if not isinstance(one, RowProblem):
                matched.setdefault(one, []).append((row, found))
                continue
            found = columns.at(row.line, one)
        refused.append(row.refused(found))
    return matched, refused


def keys_in(chunk: Sequence[Row[NewRecord]], unique_by: UniqueBy) -> list[tuple[str, ...]]:
    """The keys of the rows of a chunk that are sound."""
    return [key for row in chunk if isinstance(row.found, NewRecord) for key in keys_of(row.found, unique_by)]


def sort_out(
    chunk: Sequence[Row[NewRecord]], columns: Columns, unique_by: UniqueBy, taken: set[tuple[str, ...]]
) -> tuple[list[NewRecord], list[Refused]]:
    """The rows of a chunk that are sound and new, whose keys are taken from then on, and the others."""
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
    return fresh, refused


async def on_dnc_lists(uow: UnitOfWork, records: Sequence[NewRecord], clock: Clock) -> int:
    """How many of the records have a number that is on a do-not-call list of the account today."""
    numbers = [phone.number for record in records for phone in record.phones]
    listed = await uow.dnc.on_any_list(numbers, clock.now().date())
    return sum(any(phone.number in listed for phone in record.phones) for record in records)


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


async def _begin(
    uow: UnitOfWork, list_id: RecordListId, upload_id: UploadId | None, clock: Clock
) -> tuple[ImportReport, Upload | None]:
    """Say that the file is being read; answers a report that is empty or, after a crash, as far as it had come."""
    record_list = await uow.record_lists.get(list_id, lock=True)
    report = ImportReport(record_list.unique_by)
    first_file, upload = True, None
    if upload_id is not None:
        upload = await begin_reading(uow, upload_id, clock)
        if upload.report is not None:
            report = ImportReport.from_json(upload.report)
        first_file = upload.first_file
    if first_file and record_list.status is not ListStatus.ACCEPTED:
        await uow.record_lists.save_status(replace(record_list, status=ListStatus.VALIDATION_STARTED), clock.now())
        await uow.outbox.add("record_list.changed", {"record_list_id": str(list_id)})
    return report, upload


async def begin_reading(uow: UnitOfWork, upload_id: UploadId, clock: Clock) -> Upload:
    """Say that a file is being read. Raises `AlreadyRead`."""
    upload = await uow.uploads.get(upload_id, lock=True)
    if upload.status not in (ListStatus.UPLOADED, ListStatus.VALIDATION_STARTED):
        raise AlreadyRead(upload_id)
    upload = replace(upload, status=ListStatus.VALIDATION_STARTED)
    await uow.uploads.save(upload, clock.now())
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
        ImportCanceled: nobody wants it any more.
    """
    upload = await uow.uploads.get(upload_id, lock=True)
    if upload.status is not ListStatus.VALIDATION_STARTED or upload.rows_done != after:
        raise AlreadyRead(upload_id)
    if upload.cancel_asked_at is not None and not report.canceled:
        raise ImportCanceled
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
