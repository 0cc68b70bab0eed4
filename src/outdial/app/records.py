"""Records of a list: added by hand, and looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from outdial.app.campaigns import uuid_of
from outdial.app.imports import add_records, list_changed
from outdial.app.record_lists import found as found_list
from outdial.domain.access import Principal
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.record_lists import ListStatus, UniqueBy, UploadId, UploadNotFound
from outdial.domain.records import (
    DEFAULT_PRIORITY,
    Draft,
    NewRecord,
    Record,
    RecordId,
    RecordNotFound,
    RowKind,
    RowProblem,
    duplicates_of,
    in_order,
    judge,
    keys_of,
    keys_of_draft,
)
from outdial.domain.values import HOT_LEAD
from outdial.ports.clock import Clock, Ids
from outdial.ports.records import RecordFilter
from outdial.ports.storage import Storage


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as a client sent it: what could be read, what could not, and where each phone type stood."""

    draft: Draft
    problems: Sequence[RowProblem] = ()
    places: Mapping[str, str] = field(default_factory=dict)


class RecordRefused(Invalid):
    """A record that cannot be stored, for reasons that its members give."""

    code = "record-refused"


class NoPhoneNumber(RecordRefused):
    code = "no-phone-number"


class NoTimezone(RecordRefused):
    """Neither the record nor its numbers tell in which time zone to call."""

    code = "no-timezone"


class UnknownUpload(Invalid):
    """Records are said to belong to an upload request that the list does not have."""

    code = "unknown-upload-request"

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            f"this list has no upload request {upload_id}", [FieldProblem("upload_request_id", "does not exist")]
        )


async def add(list_id: str, sent: Sent, *, by: Principal, storage: Storage, clock: Clock, ids: Ids) -> Record:
    """Add one record; without a priority it is a hot lead.

    Raises:
        RecordListNotFound: no such list.
        RecordRefused: it cannot be stored, or the list has it already.
    """
    (result,) = await add_many(list_id, [sent], default_priority=HOT_LEAD, by=by, storage=storage, clock=clock, ids=ids)
    if isinstance(result, Record):
        return result
    kinds = {found.kind for found in result}
    fields = [FieldProblem(sent.places.get(found.column, found.column), found.message) for found in result]
    if kinds == {RowKind.NO_PHONE}:
        raise NoPhoneNumber("Invalid input", fields)
    if kinds <= {RowKind.BAD_TIMEZONE, RowKind.TIMEZONE_UNMATCHED}:
        raise NoTimezone("Invalid input", fields)
    raise RecordRefused("Invalid input", fields)


async def add_many(
    list_id: str,
    several: Sequence[Sent],
    *,
    default_priority: int = DEFAULT_PRIORITY,
    upload_id: str | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
) -> list[Record | list[RowProblem]]:
    """Add those records that can be added; for each, in the order sent, what was stored or all that is wrong with it.

    Raises:
        RecordListNotFound: no such list.
        UnknownUpload: the list has no such upload request; nothing was stored.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found_list(uow, list_id)
        upload = None
        if upload_id is not None:
            upload = uuid_of(upload_id)
            if upload is None:
                raise UnknownUpload(upload_id)
            try:
                await uow.record_lists.upload(record_list.id, UploadId(upload))
            except UploadNotFound:
                raise UnknownUpload(upload_id) from None
        # The turn before the row, as an import's chunk does: the other way round the two could wait for each other.
        await uow.record_lists.take_turn(record_list.id)
        record_list = await uow.record_lists.get(record_list.id, lock=True)
        unique_by = record_list.unique_by
        keys = [keys_of_draft(sent.draft, unique_by) for sent in several]
        taken = await uow.records.taken(record_list.id, unique_by, [key for each in keys for key in each])
        fresh: list[NewRecord] = []
        refused: list[list[RowProblem] | None] = []
        for sent in several:
            judged = _judged(sent, unique_by, taken, default_priority)
            if isinstance(judged, NewRecord):
                taken.update(keys_of(judged, unique_by))
                fresh.append(judged)
                refused.append(None)
            else:
                refused.append(judged)
        stored = await add_records(
            uow,
            record_list.id,
            fresh,
            clock=clock,
            ids=ids,
            upload_id=None if upload is None else UploadId(upload),
        )
        if fresh and record_list.status in (ListStatus.REJECTED, ListStatus.CORRUPTED):
            # Its file brought nothing, but now it has a record that can be dialed.
            await list_changed(uow, record_list, replace(record_list, status=ListStatus.ACCEPTED), clock)
        known = await uow.records.several(record_list.id, stored)
    records = iter(stored)
    return [known[next(records)] if problems is None else problems for problems in refused]


def _judged(
    sent: Sent, unique_by: UniqueBy, taken: set[tuple[str, ...]], default_priority: int
) -> NewRecord | list[RowProblem]:
    judged = judge(sent.draft, unique_by=unique_by, default_priority=default_priority)
    again = duplicates_of(sent.draft, unique_by, taken)
    if isinstance(judged, NewRecord) and not sent.problems and not again:
        return judged
    unread = {found.column for found in sent.problems}
    # What could not be read looks as if it were missing: said once.
    unread |= {"phone_number"} if any(name.startswith("phone_number") for name in unread) else set()
    sound = [] if isinstance(judged, NewRecord) else [found for found in judged if found.column not in unread]
    return in_order([*sent.problems, *sound, *again])


async def get(list_id: str, record_id: str, *, by: Principal, storage: Storage) -> Record:
    """Raises `RecordListNotFound`, `RecordNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found_list(uow, list_id)
        uuid = uuid_of(record_id)
        if uuid is None:
            raise RecordNotFound(record_id)
        return await uow.records.get(record_list.id, RecordId(uuid))


async def listed(
    list_id: str,
    wanted: RecordFilter,
    *,
    order: tuple[str, bool],
    offset: int,
    limit: int,
    by: Principal,
    storage: Storage,
) -> tuple[int, Sequence[Record]]:
    """How many records of a list match, and one page of them. Raises `RecordListNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        record_list = await found_list(uow, list_id)
        page = await uow.records.page(record_list.id, wanted, order=order, offset=offset, limit=limit)
        return await uow.records.count(record_list.id, wanted), page
