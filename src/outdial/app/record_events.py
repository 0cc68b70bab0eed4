"""Records as outside systems see them, and what those say has happened to them; one transaction each."""

from collections.abc import Sequence

from outdial.app.campaigns import found as found_campaign
from outdial.app.campaigns import uuid_of
from outdial.app.record_lists import found as found_list
from outdial.domain.access import Principal
from outdial.domain.record_events import (
    CallbackDisposition,
    CallDisposition,
    Contact,
    RecordEvent,
    RecordEventId,
    RecordEventKind,
)
from outdial.domain.records import Record, RecordId, RecordNotFound
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork


async def contact(campaign_id: str, record_id: str, *, by: Principal, storage: Storage) -> Contact:
    """The record that a campaign calls.

    Raises:
        CampaignNotFound: no such campaign.
        RecordNotFound: none of the campaign's lists has such a record.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found_campaign(uow, campaign_id)
        uuid = uuid_of(record_id)
        found = None if uuid is None else await uow.record_events.contact(campaign.id, RecordId(uuid))
    if found is None:
        raise RecordNotFound(record_id)
    return found


async def check_record(list_id: str, record_id: str, *, by: Principal, storage: Storage) -> None:
    """Raises `RecordListNotFound`, `RecordNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        await _found(uow, list_id, record_id)


async def add(
    list_id: str,
    record_id: str,
    kind: RecordEventKind,
    *,
    disposition: CallDisposition | CallbackDisposition | None = None,
    final_attempt: bool | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
) -> RecordEvent:
    """Keep what has happened to a record, and tell it on.

    Raises:
        RecordListNotFound, RecordNotFound: nothing was stored.
    """
    async with storage.unit_of_work(by.account) as uow:
        record = await _found(uow, list_id, record_id)
        event_id = RecordEventId(ids.new("record_event"))
        event = RecordEvent(event_id, record.id, kind, disposition, final_attempt, by.client_id, clock.now())
        await uow.record_events.add(record.list_id, event)
        told: dict[str, object] = {"record_list_id": str(record.list_id), "record_id": str(record.id)}
        told |= {"kind": kind.value, "disposition": None if disposition is None else disposition.value}
        await uow.outbox.add("record_event.added", told)
    return event


async def listed(
    list_id: str, record_id: str, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[RecordEvent]]:
    """How many events a record has, and one page of them, the oldest first.

    Raises:
        RecordListNotFound, RecordNotFound: no such record.
    """
    async with storage.unit_of_work(by.account) as uow:
        record = await _found(uow, list_id, record_id)
        return await uow.record_events.page(record.list_id, record.id, offset=offset, limit=limit)


async def _found(uow: UnitOfWork, list_id: str, record_id: str) -> Record:
    record_list = await found_list(uow, list_id)
    uuid = uuid_of(record_id)
    if uuid is None:
        raise RecordNotFound(record_id)
    return await uow.records.get(record_list.id, RecordId(uuid))
