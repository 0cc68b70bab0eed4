"""Do-not-call lists: made, looked at, filled and asked; one transaction each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from outdial.app import audit
from outdial.app.campaigns import uuid_of
from outdial.app.importer import Importer
from outdial.app.record_lists import CAMPAIGNS_SHOWN, to_milliseconds
from outdial.app.uploads import Awaited, add_awaited, announced, looked_at
from outdial.domain.access import Principal
from outdial.domain.audit import Actor, Kind
from outdial.domain.dnc import (
    DncEntry,
    DncEntryId,
    DncEntryNotFound,
    DncList,
    DncListId,
    DncListNotFound,
    DncListNotWaiting,
)
from outdial.domain.record_lists import CampaignUsing, FileFacts, ListKind, ListStatus, Upload, UploadNotFound
from outdial.domain.values import AccountId, PhoneNumber, UserId
from outdial.domain.zones import zones_of
from outdial.ports.audit import ChangeFilter
from outdial.ports.clock import Clock, Ids
from outdial.ports.dnc import Order
from outdial.ports.record_lists import ListFilter
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.uploads import UploadBytes


@dataclass(frozen=True, slots=True)
class Seen:
    """A list with the campaigns that use it: how many, and the first of them."""

    list: DncList
    campaigns_total: int
    campaigns: Sequence[CampaignUsing]


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is asked about, and the time zone in which it would be called."""

    number: PhoneNumber
    zone: str


@dataclass(frozen=True, slots=True)
class OnList:
    """A number's entry on a list.

    Args:
        in_force: whether it forbids a call today, somewhere where the number may be.
        put_by: who gave it its date and reason last; None where a file did.
        name: of the user that this is, if there is one.
    """

    list: DncList
    entry: DncEntry
    in_force: bool
    put_by: Actor | None
    name: str | None


async def create(
    *,
    name: str,
    file: FileFacts | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
    files: UploadBytes,
) -> tuple[DncList, Awaited | None]:
    """Make a list: with facts of a file one that waits for it, without them an empty one that is ready for entries.

    Raises:
        ListFileTooLarge: the file is larger than lists may be.
    """
    async with storage.unit_of_work(by.account) as uow:
        now = to_milliseconds(clock.now())
        status = ListStatus.ACCEPTED if file is None else ListStatus.INCOMPLETE
        new = DncList(DncListId(ids.new("dnc_list")), name, status, 0, now, now)
        await uow.dnc.add(new)
        await audit.of_thing(uow, after=new)
        await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(new.id)})
        if file is None:
            return new, None
        awaited = await add_awaited(uow, ListKind.DNC, new.id, file, first_file=True, now=now, ids=ids, files=files)
    return new, awaited


async def begin_file(
    account: AccountId, upload: Upload, *, storage: Storage, clock: Clock, files: UploadBytes, importer: Importer
) -> None:
    """Let the file of a do-not-call list be read if it is here: nobody has to say so.

    Raises:
        As `looked_at` and `announced`.
    """
    seen = await looked_at(upload, files)
    async with storage.unit_of_work(account) as uow:
        upload = await announced(uow, seen, clock, importer)
        before = await uow.dnc.get(DncListId(upload.list_id), lock=True)
        await uow.dnc.save_status(replace(before, status=ListStatus.UPLOADED), clock.now())
        await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(upload.list_id)})
    importer.start(account, upload)


async def mark_uploaded(
    list_id: str, *, by: Principal, storage: Storage, clock: Clock, files: UploadBytes, importer: Importer
) -> None:
    """Somebody says that the file of a do-not-call list is complete; it is read, unless that has begun already.

    Raises:
        DncListNotFound: no such list.
        DncListNotWaiting: it was not made for a file.
        NoFile, FileDiffers, ListFileTooLarge, TooManyUploads: as everywhere.
    """
    async with storage.unit_of_work(by.account) as uow:
        dnc_list = await found(uow, list_id)
        try:
            upload = await uow.uploads.first_of(dnc_list.id)
        except UploadNotFound:
            raise DncListNotWaiting(dnc_list.id) from None
    if upload.status is ListStatus.INCOMPLETE:
        await begin_file(by.account, upload, storage=storage, clock=clock, files=files, importer=importer)


async def get(list_id: str, *, by: Principal, storage: Storage) -> Seen:
    """Raises `DncListNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return (await _seen(uow, [await found(uow, list_id)]))[0]


async def listed(
    wanted: ListFilter, *, order: Order, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[Seen]]:
    """How many lists match, and one page of them."""
    async with storage.unit_of_work(by.account) as uow:
        page = await uow.dnc.page(wanted, order=order, offset=offset, limit=limit)
        return await uow.dnc.count(wanted), await _seen(uow, page)


async def set_reach(list_id: str, *, account_wide: bool, by: Principal, storage: Storage, clock: Clock) -> DncList:
    """Let a list bind every campaign of the account, those to come included, or only those it is assigned to.

    Raises `DncListNotFound`.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = await uow.dnc.get((await found(uow, list_id)).id, lock=True)
        if before.account_wide is not account_wide:
            after = replace(before, account_wide=account_wide)
            await uow.dnc.save_reach(after, to_milliseconds(clock.now()))
            await audit.of_thing(uow, before=before, after=after)
            await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(before.id)})
        return await uow.dnc.get(before.id)


async def request_upload(
    list_id: str, *, file: FileFacts, by: Principal, storage: Storage, clock: Clock, ids: Ids, files: UploadBytes
) -> Awaited:
    """Let a file be sent that adds numbers to a list.

    Raises:
        DncListNotFound: no such list.
        UploadFileTooLarge: the file is larger than those may be.
    """
    async with storage.unit_of_work(by.account) as uow:
        dnc_list = await found(uow, list_id)
        now = to_milliseconds(clock.now())
        return await add_awaited(uow, ListKind.DNC, dnc_list.id, file, first_file=False, now=now, ids=ids, files=files)


async def look_up(number: PhoneNumber, *, by: Principal, storage: Storage, clock: Clock) -> tuple[int, list[OnList]]:
    """How many lists the account has, and what those say that have the number."""
    zones = zones_of(number, None) or ("UTC",)
    answers = []
    async with storage.unit_of_work(by.account) as uow:
        for dnc_list, entry in await uow.dnc.of_number(number):
            which = ChangeFilter(kind=Kind.DNC_ENTRY, thing=entry.id)
            _, changes = await uow.audit.page(which, offset=0, limit=1)
            actor = changes[0].actor if changes else None
            user = None if actor is None or actor.user_id is None else await uow.users.find(UserId(actor.user_id))
            in_force = entry.in_force_anywhere(zones, clock.now())
            answers.append(OnList(dnc_list, entry, in_force, actor, None if user is None else user.name))
        return await uow.dnc.count(ListFilter()), answers


async def put_entry(
    list_id: str,
    *,
    number: PhoneNumber,
    expires_on: date | None,
    reason: str | None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
) -> DncEntry:
    """Put a number on a list; one that is there already gets this date and this reason.

    When this returns, no call to the number is begun any more by campaigns that use the list.

    Raises:
        DncListNotFound: no such list.
    """
    async with storage.unit_of_work(by.account) as uow:
        dnc_list = await found(uow, list_id)
        await uow.dnc.hold_calls([number])
        return await enter(uow, dnc_list.id, number, expires_on, reason, clock=clock, ids=ids)


async def enter(
    uow: UnitOfWork,
    list_id: DncListId,
    number: PhoneNumber,
    expires_on: date | None,
    reason: str | None,
    *,
    clock: Clock,
    ids: Ids,
) -> DncEntry:
    """Put a number on a list in the caller's transaction, which must hold the number's calls already."""
    now = to_milliseconds(clock.now())
    new = DncEntry(DncEntryId(ids.new("dnc_entry")), list_id, number, expires_on, reason, now, now)
    before = next(iter(await uow.dnc.of_numbers(list_id, [number])), None)
    entry = await uow.dnc.put_entry(new)
    await audit.of_thing(uow, before=before, after=entry)
    await _entries_changed(uow, list_id, clock, more=int(entry.id == new.id))
    return entry


async def entries(
    list_id: str, *, number: PhoneNumber | None, order: Order, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[DncEntry]]:
    """How many entries a list has, or has of a number, and one page of them. Raises `DncListNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        dnc_list = await found(uow, list_id)
        page = await uow.dnc.page_of_entries(dnc_list.id, number, order=order, offset=offset, limit=limit)
        return await uow.dnc.count_entries(dnc_list.id, number), page


async def get_entry(list_id: str, entry_id: str, *, by: Principal, storage: Storage) -> DncEntry:
    """Raises `DncEntryNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found_entry(uow, list_id, entry_id)


async def set_expiration(
    list_id: str, entry_id: str, expires_on: date, *, by: Principal, storage: Storage, clock: Clock
) -> DncEntry:
    """Let an entry end with a day. Raises `DncEntryNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        entry = await _found_entry(uow, list_id, entry_id)
        changed = await _set_expirations(uow, entry.list_id, {entry.id: expires_on}, clock)
        if entry.id not in changed:
            raise DncEntryNotFound(entry_id)
    return changed[entry.id]


async def set_expirations(
    list_id: str, expirations: Mapping[str, date], *, by: Principal, storage: Storage, clock: Clock
) -> dict[str, DncEntry]:
    """Let each entry end with a day of its own; the answer has those that exist, by the id as it was given.

    Raises:
        DncListNotFound: no such list.
    """
    async with storage.unit_of_work(by.account) as uow:
        dnc_list = await found(uow, list_id)
        ids = {given: DncEntryId(uuid) for given in expirations if (uuid := uuid_of(given)) is not None}
        wanted = {entry_id: expirations[given] for given, entry_id in ids.items()}
        changed = await _set_expirations(uow, dnc_list.id, wanted, clock)
    return {given: changed[entry_id] for given, entry_id in ids.items() if entry_id in changed}


async def remove_entry(list_id: str, entry_id: str, *, by: Principal, storage: Storage, clock: Clock) -> None:
    """Take a number off a list. Raises `DncEntryNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        entry = await _found_entry(uow, list_id, entry_id)
        if not await uow.dnc.remove_entries(entry.list_id, [entry.id]):
            raise DncEntryNotFound(entry_id)
        await audit.of_thing(uow, before=entry)
        await _entries_changed(uow, entry.list_id, clock, more=-1)


async def remove_entries(
    list_id: str, entry_ids: Collection[str], *, by: Principal, storage: Storage, clock: Clock
) -> set[str]:
    """Take numbers off a list; the answer names, by the id as it was given, those that were on it.

    Raises:
        DncListNotFound: no such list.
    """
    async with storage.unit_of_work(by.account) as uow:
        dnc_list = await found(uow, list_id)
        ids = {given: DncEntryId(uuid) for given in entry_ids if (uuid := uuid_of(given)) is not None}
        known = await uow.dnc.several(dnc_list.id, ids.values())
        removed = await uow.dnc.remove_entries(dnc_list.id, set(ids.values()))
        for entry_id in sorted(removed & known.keys()):
            await audit.of_thing(uow, before=known[entry_id])
        if removed:
            await _entries_changed(uow, dnc_list.id, clock, more=-len(removed))
    return {given for given, entry_id in ids.items() if entry_id in removed}


async def blocked(
    list_id: str, asked: Sequence[Number], *, by: Principal, storage: Storage, clock: Clock
) -> Sequence[DncEntry]:
    """The entries that forbid a call to one of the numbers today, each in its own zone.

    Raises:
        DncListNotFound: no such list.
    """
    async with storage.unit_of_work(by.account) as uow:
        dnc_list = await found(uow, list_id)
        zones: dict[PhoneNumber, set[str]] = {}
        for one in asked:
            zones.setdefault(one.number, set()).add(one.zone)
        of_numbers = await uow.dnc.of_numbers(dnc_list.id, zones.keys())
    now = clock.now()
    return [entry for entry in of_numbers if entry.in_force_anywhere(zones[entry.number], now)]


async def found(uow: UnitOfWork, list_id: str) -> DncList:
    """The list of an id as it came from outside. Raises `DncListNotFound`."""
    uuid = uuid_of(list_id)
    if uuid is None:
        raise DncListNotFound(list_id)
    return await uow.dnc.get(DncListId(uuid))


async def _found_entry(uow: UnitOfWork, list_id: str, entry_id: str) -> DncEntry:
    of_list, of_entry = uuid_of(list_id), uuid_of(entry_id)
    if of_list is None or of_entry is None:
        raise DncEntryNotFound(entry_id)
    return await uow.dnc.entry(DncListId(of_list), DncEntryId(of_entry))


async def _set_expirations(
    uow: UnitOfWork, list_id: DncListId, expirations: Mapping[DncEntryId, date], clock: Clock
) -> dict[DncEntryId, DncEntry]:
    known = await uow.dnc.several(list_id, expirations.keys())
    # An entry whose time was over may come into force again: for a call that is as good as a new entry.
    await uow.dnc.hold_calls([entry.number for entry in known.values()])
    known = await uow.dnc.several(list_id, known.keys(), lock=True)
    if known:
        now = to_milliseconds(clock.now())
        await uow.dnc.set_expirations(list_id, {entry_id: expirations[entry_id] for entry_id in known}, now)
        await _entries_changed(uow, list_id, clock)
    changed = await uow.dnc.several(list_id, known.keys())
    for entry_id, entry in changed.items():
        await audit.of_thing(uow, before=known[entry_id], after=entry)
    return changed


async def _entries_changed(uow: UnitOfWork, list_id: DncListId, clock: Clock, *, more: int = 0) -> None:
    await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(list_id)})
    await uow.dnc.changed(list_id, to_milliseconds(clock.now()), more=more)


async def _seen(uow: UnitOfWork, lists: Sequence[DncList]) -> list[Seen]:
    using = await uow.dnc.campaigns_using([one.id for one in lists], limit=CAMPAIGNS_SHOWN)
    return [Seen(one, *using[one.id]) for one in lists]
