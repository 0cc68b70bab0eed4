"""Campaigns: made, looked at, changed, deleted; what is assigned to them; one transaction each."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from outdial.domain.access import Principal
from outdial.domain.campaigns import (
    DEFAULT_PRIORITY,
    Campaign,
    CampaignNotFound,
    CampaignStatus,
    DialingConfiguration,
    DialingMode,
    DialingStrategy,
    Extensions,
)
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.values import CampaignId, PhoneNumber
from outdial.ports.campaigns import Assignment, CampaignFilter, OrderBy, Part
from outdial.ports.clock import Clock, Ids
from outdial.ports.progress import Watched
from outdial.ports.storage import Storage, UnitOfWork

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Named:
    """A thing to assign, as a client names it: by id, or a caller id by its phone number. `field` is where it stood."""

    field: str
    id: str | None = None
    phone_number: str | None = None


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """What a campaign is made of; what is `None` comes from the campaign that is duplicated, or stays open."""

    name: str
    dialing_mode: DialingMode | None = None
    priority: int | None = None
    configuration: DialingConfiguration | None = None
    strategy: DialingStrategy | None = None
    caller_ids: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What a patch asks for; `None` = leave it. Only running and paused can be asked for."""

    name: str | None = None
    priority: int | None = None
    status: CampaignStatus | None = None


async def create(
    new: NewCampaign, *, source_id: str | None = None, by: Principal, storage: Storage, clock: Clock, ids: Ids
) -> Campaign:
    """Make a campaign, or with `source_id` a copy of one with what `new` says changed.

    Raises:
        CampaignNotFound: there is no campaign to copy.
        Invalid: a caller id is none of the account's; nothing was stored.
    """
    async with storage.unit_of_work(by.account) as uow:
        source = None if source_id is None else await found(uow, source_id)
        now = _to_milliseconds(clock.now())
        campaign = Campaign(
            id=CampaignId(ids.new("campaign")),
            name=new.name,
            created_at=now,
            updated_at=now,
            dialing_mode=new.dialing_mode or (source.dialing_mode if source else None),
            priority=new.priority or (source.priority if source else DEFAULT_PRIORITY),
            configuration=new.configuration or (source.configuration if source else None),
            strategy=new.strategy or (source.strategy if source else None),
            extensions=_extensions(new, source),
        )
        await uow.campaigns.add(campaign)
        if source is not None:
            await uow.campaigns.copy_assignments(source.id, campaign.id)
        if new.caller_ids:
            numbers = await _identified(uow, Part.NUMBERS, new.caller_ids)
            await uow.campaigns.assign(campaign.id, Part.NUMBERS, numbers)
        stored = await _of(uow, campaign.id)
        settled = stored.settled()
        if settled != stored:
            await uow.campaigns.save(settled)
        await uow.outbox.add("campaign.created", _event(settled))
    return settled


async def get(campaign_id: str, *, by: Principal, storage: Storage) -> Campaign:
    """Raises `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await found(uow, campaign_id)


async def listed(
    which: CampaignFilter,
    *,
    order_by: OrderBy,
    descending: bool,
    offset: int,
    limit: int,
    by: Principal,
    storage: Storage,
) -> tuple[int, Sequence[Campaign]]:
    """How many campaigns match, and one page of them."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.campaigns.page(which, order_by=order_by, descending=descending, offset=offset, limit=limit)


async def change(
    campaign_id: str,
    changes: Sequence[Changes],
    *,
    check: Callable[[Campaign], None] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
) -> Campaign:
    """Apply all changes in their order, or none; `check` looks at the campaign before, and may raise.

    Raises:
        CampaignNotFound: no such campaign.
        CampaignNotStartable, CampaignNotPausable: its state forbids it.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = campaign = await found(uow, campaign_id, lock=True)
        if check is not None:
            check(before)
        for asked in changes:
            campaign = replace(
                campaign,
                name=campaign.name if asked.name is None else asked.name,
                priority=campaign.priority if asked.priority is None else asked.priority,
            )
            if asked.status is CampaignStatus.RUNNING:
                campaign = campaign.started()
            elif asked.status is CampaignStatus.PAUSED:
                campaign = campaign.paused()
        if campaign != before:
            campaign = await _save(uow, campaign, clock)
    return campaign


async def delete(
    campaign_id: str, *, check: Callable[[Campaign], None] | None = None, by: Principal, storage: Storage
) -> None:
    """Delete a campaign and what the dialer knows of it; `check` looks at it before, and may raise.

    Raises:
        CampaignNotFound: no such campaign.
        CampaignRunning: it must be paused first.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id, lock=True)
        if check is not None:
            check(campaign)
        campaign.check_deletable()
        await uow.campaigns.remove(campaign.id)
        await uow.outbox.add("campaign.deleted", _event(campaign))


async def assigned(
    campaign_id: str,
    part: Part,
    *,
    only: Collection[str] | None,
    offset: int,
    limit: int,
    by: Principal,
    storage: Storage,
) -> tuple[int, Sequence[Assignment]]:
    """How many are assigned, and one page of them; `only` keeps those with the given ids.

    Raises:
        CampaignNotFound: no such campaign.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        uuids = None if only is None else [uuid for uuid in map(uuid_of, only) if uuid is not None]
        return await uow.campaigns.assigned(campaign.id, part, only=uuids, offset=offset, limit=limit)


async def assign(
    campaign_id: str, part: Part, things: Sequence[Named], *, by: Principal, storage: Storage, clock: Clock
) -> None:
    """Assign things to a campaign; those that are assigned already stay so.

    Raises:
        CampaignNotFound: no such campaign.
        Invalid: some of the things do not exist in the account; none was assigned.
    """
    async with storage.unit_of_work(by.account) as uow:
        await found(uow, campaign_id)
        # Things before the campaign, in every transaction that holds both: who accepts a list does so too.
        uuids = await _identified(uow, part, things)
        campaign = await found(uow, campaign_id, lock=True)
        if await uow.campaigns.assign(campaign.id, part, uuids):
            await _parts_changed(uow, campaign.id, part, clock)


async def unassign(
    campaign_id: str, part: Part, things: Sequence[Named], *, by: Principal, storage: Storage, clock: Clock
) -> None:
    """Take things away from a campaign; those that were not assigned stay so.

    Raises:
        CampaignNotFound: no such campaign.
        Invalid: some of the things do not exist in the account; none was taken away.
    """
    async with storage.unit_of_work(by.account) as uow:
        await found(uow, campaign_id)
        # Things before the campaign, in every transaction that holds both: who accepts a list does so too.
        uuids = await _identified(uow, part, things)
        campaign = await found(uow, campaign_id, lock=True)
        if await uow.campaigns.unassign(campaign.id, part, uuids):
            await _parts_changed(uow, campaign.id, part, clock)


async def watched(campaign_id: str, *, by: Principal, storage: Storage) -> Watched:
    """What the campaign is doing and how far it is.

    Raises:
        CampaignNotFound: no such campaign.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        seen = await uow.progress.of(campaign.id)
    assert seen is not None, "it was there in the same transaction"
    return seen


async def resettle(uow: UnitOfWork, campaign_ids: Collection[CampaignId], clock: Clock) -> None:
    """Recompute status and `action_required` of campaigns after something that is assigned to them changed.

    To be called in the transaction of the change: a list that becomes ACCEPTED can make its campaigns ready.
    """
    # In one order everywhere: two transactions that settle the same campaigns then wait instead of deadlocking.
    for campaign_id in sorted(set(campaign_ids)):
        campaign = await uow.campaigns.get(campaign_id, lock=True)
        if campaign is not None and (settled := campaign.settled()) != campaign:
            await _save(uow, settled, clock)


async def unassign_everywhere(uow: UnitOfWork, part: Part, part_id: UUID, clock: Clock) -> None:
    """Take a thing that is about to go away from every campaign it is assigned to, in the transaction of its removal.

    The caller holds the thing, so that nobody assigns it meanwhile.
    """
    # In one order everywhere, as in `resettle`.
    for campaign_id in sorted(await uow.campaigns.using(part, part_id)):
        if await uow.campaigns.get(campaign_id, lock=True) is not None:
            await uow.campaigns.unassign(campaign_id, part, [part_id])
            await _parts_changed(uow, campaign_id, part, clock)


async def found(uow: UnitOfWork, campaign_id: str, *, lock: bool = False) -> Campaign:
    """The campaign of an id as it came from outside. Raises `CampaignNotFound`."""
    uuid = uuid_of(campaign_id)
    if uuid is None:
        raise CampaignNotFound(campaign_id)
    return await _of(uow, CampaignId(uuid), lock=lock)


def uuid_of(text: str) -> UUID | None:
    """The UUID in a text; `None` if it is something else, which then names nothing of ours."""
    return UUID(text) if _UUID.fullmatch(text) else None


async def _of(uow: UnitOfWork, campaign_id: CampaignId, *, lock: bool = False) -> Campaign:
    campaign = await uow.campaigns.get(campaign_id, lock=lock)
    if campaign is None:
        raise CampaignNotFound(campaign_id)
    return campaign


async def _save(uow: UnitOfWork, campaign: Campaign, clock: Clock) -> Campaign:
    campaign = replace(campaign, updated_at=_to_milliseconds(clock.now()))
    await uow.campaigns.save(campaign)
    await uow.outbox.add("campaign.changed", _event(campaign))
    return replace(campaign, version=campaign.version + 1)


async def _parts_changed(uow: UnitOfWork, campaign_id: CampaignId, part: Part, clock: Clock) -> None:
    campaign = await _of(uow, campaign_id)
    settled = campaign.settled()
    if settled != campaign:
        await _save(uow, settled, clock)
    else:
        await uow.outbox.add("campaign.changed", {**_event(campaign), "part": part.value})


async def _identified(uow: UnitOfWork, part: Part, things: Sequence[Named]) -> list[UUID]:
    """The UUIDs of things that must exist in the account. Raises `Invalid` with all that do not."""
    phones = [PhoneNumber(thing.phone_number) for thing in things if thing.id is None and thing.phone_number]
    by_phone = await uow.numbers.by_phone(phones) if phones else {}
    known = await uow.campaigns.known(part, [uuid for thing in things if (uuid := uuid_of(thing.id or "")) is not None])
    uuids, problems = [], []
    noun = part.value.removesuffix("s").replace("_", " ")
    for thing in things:
        if thing.id is not None:
            uuid = uuid_of(thing.id)
            if uuid is None or uuid not in known:
                problems.append(FieldProblem(f"{thing.field}.id", f"there is no {noun} with this id"))
                continue
            uuids.append(uuid)
        else:
            number = by_phone.get(PhoneNumber(thing.phone_number or ""))
            if number is None:
                problems.append(FieldProblem(f"{thing.field}.phone_number", "is not a number of this account"))
                continue
            uuids.append(UUID(str(number.id)))
    if problems:
        raise Invalid("Invalid input", problems)
    return uuids


def _to_milliseconds(at: datetime) -> datetime:
    """An instant as the API shows it, so that what a client read can be used as an inclusive bound."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _event(campaign: Campaign) -> dict[str, object]:
    return {"campaign_id": str(campaign.id), "status": campaign.status.value, "version": campaign.version}
def _extensions(new: NewCampaign, source: Campaign | None) -> Extensions:
    """Those of the campaign that is duplicated, as far as what was given beside leaves them their meaning."""
    if source is None:
        return Extensions()
    own = new.dialing_mode is not None or new.configuration is not None
    return replace(source.extensions, progressive=source.extensions.progressive and not own)


