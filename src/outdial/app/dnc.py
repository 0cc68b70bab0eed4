"""Do-not-call lists: made, looked at, filled and asked; one transaction each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from outdial.app.campaigns import uuid_of
from outdial.app.record_lists import CAMPAIGNS_SHOWN, to_milliseconds
from outdial.domain.access import Principal
from outdial.domain.dnc import (
    DncEntry,
    DncEntryId,
    DncEntryNotFound,
    DncList,
    DncListId,
    DncListNotFound,
)
from outdial.domain.record_lists import CampaignUsing, ListStatus
from outdial.domain.values import PhoneNumber
from outdial.ports.clock import Clock, Ids
from outdial.ports.dnc import Order
from outdial.ports.record_lists import ListFilter
from outdial.ports.storage import Storage, UnitOfWork


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


async def create(*, name: str, by: Principal, storage: Storage, clock: Clock, ids: Ids) -> DncList:
    """Make an empty list, ready for entries."""
    async with storage.unit_of_work(by.account) as uow:
        now = to_milliseconds(clock.now())
        new = DncList(DncListId(ids.new("dnc_list")), name, ListStatus.ACCEPTED, 0, now, now)
        await uow.dnc.add(new)
        await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(new.id)})
    return new


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
    entry = await uow.dnc.put_entry(new)
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
        removed = await uow.dnc.remove_entries(dnc_list.id, set(ids.values()))
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
    return await uow.dnc.several(list_id, known.keys())


async def _entries_changed(uow: UnitOfWork, list_id: DncListId, clock: Clock, *, more: int = 0) -> None:
    await uow.outbox.add("dnc_list.changed", {"dnc_list_id": str(list_id)})
    await uow.dnc.changed(list_id, to_milliseconds(clock.now()), more=more)


async def _seen(uow: UnitOfWork, lists: Sequence[DncList]) -> list[Seen]:
    using = await uow.dnc.campaigns_using([one.id for one in lists], limit=CAMPAIGNS_SHOWN)
    return [Seen(one, *using[one.id]) for one in lists]
