"""Campaigns: made, looked at, changed, deleted; what is assigned to them; one transaction each."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from outdial.app import audit
from outdial.domain.access import Principal
from outdial.domain.audit import Change, ChangeId, ChangeNotUndoable
from outdial.domain.campaign_document import Document, document_from
from outdial.domain.campaigns import (
    DEFAULT_PRIORITY,
    Campaign,
    CampaignNotFound,
    CampaignStatus,
    DialingConfiguration,
    DialingMode,
    DialingStrategy,
    Extensions,
    Mode,
)
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.presets import check_presets
from outdial.domain.values import CampaignId, PhoneNumber
from outdial.ports.audit import ChangeFilter
from outdial.ports.campaigns import Assignment, CampaignFilter, OrderBy, Part
from outdial.ports.clock import Clock, Ids
from outdial.ports.holidays import Holidays
from outdial.ports.progress import Watched
from outdial.ports.storage import Storage, UnitOfWork

DEFAULT_ABANDONMENT_RATE: Final = 3
"""Percent."""
DEFAULT_ABANDONMENT_TIMEOUT: Final = 2
"""Seconds."""
_NO_REGION: Final = "must be a country whose holidays are known, such as US, or a part of it, such as DE-BY"
MOST_ASSIGNED: Final = 1_000_000
"""More things than can be assigned to a campaign."""
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


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be changed of a campaign. What is `None` is not set; a part that is missing stays as it is."""

    name: str
    mode: Mode | None
    priority: int
    run_once: bool
    configuration: DialingConfiguration | None
    strategy: DialingStrategy | None
    extensions: Extensions
    parts: Mapping[Part, Sequence[Named]]

    def of(self, campaign: Campaign) -> Campaign:
        """The campaign with these settings, where its parts are not counted anew yet."""
        progressive = self.mode is Mode.PROGRESSIVE
        mode = None if self.mode is None or progressive else DialingMode(self.mode.value)
        return replace(
            campaign,
            name=self.name,
            dialing_mode=DialingMode.PREDICTIVE if progressive else mode,
            priority=self.priority,
            run_once=self.run_once,
            configuration=_one_call_each(self.configuration) if progressive else self.configuration,
            strategy=self.strategy,
            extensions=replace(self.extensions, progressive=progressive),
        )


def _one_call_each(configuration: DialingConfiguration | None) -> DialingConfiguration | None:
    """What the compatible API shows of progressive dialing: predictive dialing with a ratio of 1."""
    if configuration is None:
        return None
    return replace(
        configuration,
        max_dialing_ratio=1,
        max_abandonment_rate=configuration.max_abandonment_rate or DEFAULT_ABANDONMENT_RATE,
        abandonment_timeout=configuration.abandonment_timeout or DEFAULT_ABANDONMENT_TIMEOUT,
    )


async def create(
    new: NewCampaign, *, source_id: str | None = None, by: Principal, storage: Storage, clock: Clock, ids: Ids
) -> Campaign:
    """Make a campaign, or with `source_id` a copy of one with what `new` says changed.

    Raises:
        CampaignNotFound: there is no campaign to copy.
        Invalid: a caller id is none of the account's, or a preset of the copied campaign forbids what is to be
            changed; nothing was stored.
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
        check_presets(campaign)
        async with audit.of_campaign(uow, campaign.id):
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
    async with storage.glance(by.account) as uow:
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
    async with storage.glance(by.account) as uow:
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
            async with audit.of_campaign(uow, campaign.id):
                campaign = await _save(uow, campaign, clock)
    return campaign


async def change_settings(
    campaign_id: str,
    settings: Settings,
    *,
    check: Callable[[Campaign], None] | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    holidays: Holidays,
) -> tuple[Campaign, Document]:
    """Give a campaign other settings, all of them at once; one that runs goes on by them within seconds.

    `check` looks at the campaign before, and may raise.

    Raises:
        CampaignNotFound: no such campaign.
        Invalid: a thing to assign is none of the account's, a preset forbids a setting, or the campaign runs and
            would lack something that it needs; nothing was changed.
    """
    async with storage.unit_of_work(by.account) as uow:
        await found(uow, campaign_id)
        parts = await _identified_parts(uow, settings.parts)
        campaign = await found(uow, campaign_id, lock=True)
        if check is not None:
            check(campaign)
        return await _put(uow, campaign, settings, parts, clock, holidays)


async def undo(
    change_id: str,
    read: Callable[[Mapping[str, Any]], Settings],
    *,
    by: Principal,
    storage: Storage,
    clock: Clock,
    holidays: Holidays,
) -> Change:
    """Take a change of a campaign's settings back, in a new change; `read` understands a campaign's document.

    Raises:
        ChangeNotFound, CampaignNotFound: no such change, or its campaign is gone.
        ChangeNotUndoable: it was no change of a campaign's settings.
        ChangedSince: what it changed was changed again.
        CampaignNotStartable, CampaignNotPausable: its state forbids it.
        Invalid: the settings would no longer be allowed.
    """
    async with storage.unit_of_work(by.account) as uow:
        change = await audit.found(uow, uuid_of(change_id))
        if change.campaign_id is None:
            raise ChangeNotUndoable(change)
        # Things before the campaign, as everywhere: what is to be assigned is known from the change alone.
        for part in Part:
            ids = [uuid for one in change.before.get(part.value, ()) if (uuid := uuid_of(one["id"])) is not None]
            await uow.campaigns.known(part, ids)
        campaign = await _of(uow, change.campaign_id, lock=True)
        now = await audit.document(uow, campaign.id) or {}
        back = document_from(change.before_it(now, sorted(await uow.audit.touched_since(change))))
        settings = read(back)
        parts = await _identified_parts(uow, settings.parts)
        if back["running"] != now["running"]:
            campaign = campaign.started() if back["running"] else campaign.paused()
        await _put(uow, campaign, settings, parts, clock, holidays, undoes=change.id)
        _, (newest, *_) = await uow.audit.page(ChangeFilter(campaign=campaign.id), offset=0, limit=1)
        return newest


async def settings_of(campaign_id: str, *, by: Principal, storage: Storage) -> tuple[Campaign, Document]:
    """A campaign, and all that can be changed of it. Raises `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        return campaign, await audit.document(uow, campaign.id) or {}


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
        async with audit.of_campaign(uow, campaign.id):
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
        async with audit.of_campaign(uow, campaign.id):
            if await uow.campaigns.assign(campaign.id, part, uuids):
                await _parts_changed(uow, campaign.id, clock)


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
        async with audit.of_campaign(uow, campaign.id):
            if await uow.campaigns.unassign(campaign.id, part, uuids):
                await _parts_changed(uow, campaign.id, clock)


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
            async with audit.of_campaign(uow, campaign_id):
                await uow.campaigns.unassign(campaign_id, part, [part_id])
                await _parts_changed(uow, campaign_id, clock)


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


async def _put(
    uow: UnitOfWork,
    before: Campaign,
    settings: Settings,
    parts: Mapping[Part, Sequence[UUID]],
    clock: Clock,
    holidays: Holidays,
    *,
    undoes: ChangeId | None = None,
) -> tuple[Campaign, Document]:
    """Store settings of a campaign that is locked, with those things assigned; answers it as it is then."""
    changed = settings.of(before)
    _check_running(changed)
    check_regions(changed.extensions.holidays, holidays)
    check_presets(changed)
    async with audit.of_campaign(uow, before.id, undoes=undoes):
        touched = False
        for part, ids in parts.items():
            _, things = await uow.campaigns.assigned(before.id, part, only=None, offset=0, limit=MOST_ASSIGNED)
            present = {thing.id for thing in things}
            touched |= bool(await uow.campaigns.unassign(before.id, part, present - set(ids)))
            touched |= bool(await uow.campaigns.assign(before.id, part, set(ids) - present))
        stored = await _of(uow, before.id)
        settled = replace(changed, assigned=stored.assigned).settled()
        if touched or settled != stored:
            settled = await _save(uow, settled, clock)
    return settled, await audit.document(uow, before.id) or {}


def check_regions(regions: Sequence[str], holidays: Holidays) -> None:
    """Raises `Invalid` for regions whose holidays are not known."""
    unknown = [
        FieldProblem(f"holidays.{place}", _NO_REGION) for place, one in enumerate(regions) if not holidays.knows(one)
    ]
    if unknown:
        raise Invalid("Invalid input", unknown)


def _check_running(campaign: Campaign) -> None:
    """A running campaign may lose what is assigned to it, and ask for it; without its settings it cannot go on."""
    if campaign.status is CampaignStatus.RUNNING:
        lacks = [name for name in campaign.missing() if name not in {part.value for part in Part}]
        if lacks:
            problems = [FieldProblem(name, "is required while the campaign is RUNNING") for name in lacks]
            raise Invalid("Invalid input", problems)


async def _identified_parts(uow: UnitOfWork, parts: Mapping[Part, Sequence[Named]]) -> dict[Part, list[UUID]]:
    """The UUIDs of all things to be assigned. Raises `Invalid` with those of the first kind that do not exist."""
    return {part: await _identified(uow, part, parts[part]) for part in Part if part in parts}


async def _save(uow: UnitOfWork, campaign: Campaign, clock: Clock) -> Campaign:
    campaign = replace(campaign, updated_at=_to_milliseconds(clock.now()))
    await uow.campaigns.save(campaign)
    await uow.outbox.add("campaign.changed", _event(campaign))
    return replace(campaign, version=campaign.version + 1)


async def _parts_changed(uow: UnitOfWork, campaign_id: CampaignId, clock: Clock) -> None:
    # A new version in any case: a running engine goes by it.
    await _save(uow, (await _of(uow, campaign_id)).settled(), clock)


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


def _extensions(new: NewCampaign, source: Campaign | None) -> Extensions:
    """Those of the campaign that is duplicated, as far as what was given beside leaves them their meaning."""
    if source is None:
        return Extensions()
    own = new.dialing_mode is not None or new.configuration is not None
    progressive = source.extensions.progressive and not own
    return replace(source.extensions, progressive=progressive, shadow=source.extensions.shadow and progressive)


def _to_milliseconds(at: datetime) -> datetime:
    """An instant as the API shows it, so that what a client read can be used as an inclusive bound."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _event(campaign: Campaign) -> dict[str, object]:
    return {"campaign_id": str(campaign.id), "status": campaign.status.value, "version": campaign.version}
