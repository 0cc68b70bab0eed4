"""Records of a list: added by hand, looked at, changed, deleted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from outdial.app.campaigns import uuid_of
from outdial.app.imports import add_records, list_changed
from outdial.app.record_changes import change_records, other_numbers
from outdial.app.record_lists import found as found_list
from outdial.domain.access import Principal
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.record_changes import RecordChangeNotAllowed, RecordOnCall
from outdial.domain.record_lists import ListStatus, RecordList, UniqueBy, UploadId, UploadNotFound
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
from outdial.domain.values import HOT_LEAD, AccountId, RecordListId
from outdial.ports.clock import Clock, Ids
from outdial.ports.records import RecordFilter, RecordKey
from outdial.ports.storage import Storage, UnitOfWork


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
    fields = _fields(sent, result)
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
                await uow.uploads.get(UploadId(upload), of=record_list.id)
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


def _fields(sent: Sent, problems: Sequence[RowProblem]) -> list[FieldProblem]:
    return [FieldProblem(sent.places.get(found.column, found.column), found.message) for found in problems]


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


async def timezones(
    list_id: str, search: str | None, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[str]]:
    """How many time zones the records of a list name, and a page of them by name. Raises `RecordListNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        found = await uow.records.timezones((await found_list(uow, list_id)).id, search)
    return len(found), found[offset : offset + limit]


# Changing ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExtraChange:
    """One change of a record's extra data: of one member, or of all of it where `key` is None.

    To add leaves other members as they are; to replace all of it does not, and to replace one needs it to be there.
    """

    adds: bool
    key: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Changes:
    """What a patch asks for: the `members` of `sent`, then the changes of the extra data in their order.

    `forbidden` is what records do not let anybody change.
    """

    sent: Sent
    members: frozenset[str] = frozenset()
    extra: Sequence[ExtraChange] = ()
    forbidden: Sequence[FieldProblem] = ()


async def change(
    list_id: str,
    record_id: str,
    changes: Changes,
    *,
    check: Callable[[Record], None] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
) -> Record:
    """Change a record; campaigns that dial it follow at once. One without attempts goes behind all others.

    `check` looks at it before, and may raise.

    Raises:
        RecordListNotFound, RecordNotFound: no such list, or no such record in it.
        RecordRefused: the record would not be one that can be stored.
        RecordChangeNotAllowed: nothing was changed.
        RecordOnCall: its numbers cannot be changed now.
    """
    result = await _change(list_id, record_id, changes, check, by=by, storage=storage, clock=clock)
    if isinstance(result, Record):
        return result
    raise RecordRefused("Invalid input", _fields(changes.sent, result))


async def change_many(
    list_id: str,
    several: Sequence[tuple[str, Changes]],
    *,
    by: Principal,
    storage: Storage,
    clock: Clock,
) -> list[Record | list[str]]:
    """Change those records that can be changed, each by itself: what was stored, or the API's words for what is wrong.

    Raises `RecordListNotFound`.
    """
    results: list[Record | list[str]] = []
    for record_id, changes in several:
        # A transaction for each: one that held many of the dialer's rows could lock up with the dialer.
        try:
            result = await _change(list_id, record_id, changes, None, by=by, storage=storage, clock=clock)
        except (RecordNotFound, RecordChangeNotAllowed, RecordOnCall):
            results.append(["OTHER"])
        else:
            results.append(result if isinstance(result, Record) else [found.code for found in result])
    return results


async def _change(
    list_id: str,
    record_id: str,
    changes: Changes,
    check: Callable[[Record], None] | None,
    *,
    by: Principal,
    storage: Storage,
    clock: Clock,
) -> Record | list[RowProblem]:
    async with storage.unit_of_work(by.account) as uow:
        record_list = await _held(uow, list_id)
        uuid = uuid_of(record_id)
        if uuid is None:
            raise RecordNotFound(record_id)
        before = await uow.records.get(record_list.id, RecordId(uuid))
        if check is not None:
            check(before)
        draft, impossible = _changed(before, changes)
        # Its own numbers are no duplicates of itself. The external reference cannot change.
        own = {(number,) for _, number in before.phones}
        keys = set(keys_of_draft(draft, record_list.unique_by)) - own
        taken: set[tuple[str, ...]] = set()
        if record_list.unique_by is UniqueBy.PHONE_NUMBER:
            taken = await uow.records.taken(record_list.id, record_list.unique_by, sorted(keys))
        judged = _judged(replace(changes.sent, draft=draft), record_list.unique_by, taken, before.priority)
        if not isinstance(judged, NewRecord):
            return judged
        if changes.forbidden or impossible:
            raise RecordChangeNotAllowed([*changes.forbidden, *impossible])
        dialed_by = await uow.records.dialed_by(record_list.id, [before.id])
        campaigns = dialed_by.get(before.id, ())
        if other_numbers(before, judged) and any(one.on_call for one in campaigns):
            # The call that is going on would end on a phone that the record no longer has.
            raise RecordOnCall
        await change_records(uow, record_list.id, [(before, judged)], dialed_by, clock)
        return await uow.records.get(record_list.id, before.id)


def _changed(before: Record, changes: Changes) -> tuple[Draft, list[FieldProblem]]:
    """The record as it would be, still to be judged, and those changes that have nothing to work on."""
    extra, impossible = dict(before.extra_data), []
    for one in changes.extra:
        if one.key is None:
            extra = {**extra, **one.value} if one.adds else dict(one.value)
        elif one.adds or one.key in extra:
            extra[one.key] = one.value
        else:
            impossible.append(FieldProblem(f"extra_data.{one.key}", "is not there and cannot be replaced"))
    sent, members = changes.sent.draft, changes.members
    return (
        Draft(
            first_name=sent.first_name if "first_name" in members else before.first_name,
            last_name=sent.last_name if "last_name" in members else before.last_name,
            phones=sent.phones if "phone_numbers" in members else before.phones,
            timezone=sent.timezone if "timezone" in members else before.timezone or "",
            # A hot lead's own priority cannot be sent: it is what the record keeps when none is.
            priority=sent.priority if "priority" in members else "",
            external_provider=before.external_provider or "",
            external_id=before.external_id or "",
            external_url=before.external_url or "",
            sync_external_id=before.sync_external_id,
            extra_data=extra,
        ),
        impossible,
    )


async def _held(uow: UnitOfWork, list_id: str) -> RecordList:
    """A list of which nobody else adds, changes, deletes or enrols records until the unit of work ends."""
    record_list = await found_list(uow, list_id)
    await uow.record_lists.take_turn(record_list.id)
    record_list = await uow.record_lists.get(record_list.id, lock=True)
    await uow.record_lists.hold_enrolment(record_list.id)
    return record_list


# Deleting ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of records that were to be deleted.

    Args:
        gone: how many are deleted.
        on_call: how many will be when their call is over.
        unknown: places of the keys that found no record.
    """

    gone: int
    on_call: int
    unknown: tuple[int, ...]


async def delete(
    list_id: str,
    keys: Sequence[RecordKey | None],
    *,
    check: Callable[[Record], None] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
) -> Deleted:
    """Delete the records that the keys find; None finds nothing. Those on a call follow when it is over.

    `check` looks at each of them before, and may raise: then none is deleted.

    Raises `RecordListNotFound`.
    """
    async with storage.unit_of_work(by.account) as uow:
        record_list = await _held(uow, list_id)
        found = await uow.records.matching(record_list.id, [key for key in keys if key is not None])
        unknown = tuple(place for place, key in enumerate(keys) if key is None or key not in found)
        wanted = list(dict.fromkeys(record for several in found.values() for record in several))
        if check is not None:
            for one in wanted:
                check(await uow.records.get(record_list.id, one))
        on_call = await remove(uow, record_list.id, wanted, clock)
    return Deleted(len(wanted) - on_call, on_call, unknown)


async def remove(uow: UnitOfWork, list_id: RecordListId, records: Sequence[RecordId], clock: Clock) -> int:
    """Delete records of a list that is held; answers how many of them are on a call and go later."""
    if not records:
        return 0
    on_call = await uow.records.remove(list_id, records, clock.now())
    await uow.outbox.add("records.removed", {"record_list_id": str(list_id)})
    return len(on_call)


async def remove_released(account: AccountId, *, storage: Storage, clock: Clock) -> int:
    """Delete the records that were to be deleted during a call that is over now; answers how many."""
    async with storage.unit_of_work(account) as uow:
        left = await uow.records.leaving()
    removed = 0
    for list_id, records in left.items():
        async with storage.unit_of_work(account) as uow:
            await _held(uow, str(list_id))
            removed += len(records) - await remove(uow, list_id, records, clock)
    return removed
