"""Scheduled callbacks: promised, looked at, changed, canceled; one transaction each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from outdial.app import campaigns
from outdial.app.campaigns import uuid_of
from outdial.app.record_lists import to_milliseconds
from outdial.domain.access import Principal
from outdial.domain.callbacks import (
    Assignment,
    AssignType,
    Callback,
    CallbackId,
    CallbackNotFound,
    CallbackRefused,
    FromCallType,
    NotOnACall,
    assignment,
    check_time,
)
from outdial.domain.calling_hours import CallingHours, HolidayCalendar
from outdial.domain.campaigns import Campaign
from outdial.domain.dnc import today
from outdial.domain.errors import FieldProblem
from outdial.domain.outcomes import Outcome
from outdial.domain.records import RecordId
from outdial.domain.values import AccountId, PhoneNumber, UserId
from outdial.domain.zones import ZoneNames, zones_of
from outdial.ports.callbacks import CallbackFilter, RecordToCall, SeenCallback
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None = leave it as it is, or for a new callback the default of it.

    `agents` are ids as they came from outside. For a new callback `time_to_call` must be given.
    """

    time_to_call: datetime | None = None
    phone_number: PhoneNumber | None = None
    timezone: str | None = None
    assign_type: AssignType | None = None
    agents: tuple[str, ...] | None = None
    ring_groups: tuple[str, ...] | None = None


async def create(
    campaign_id: str,
    record_id: str,
    wanted: Wanted,
    *,
    owner: str | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    ids: Ids,
    holidays: HolidayCalendar,
) -> SeenCallback:
    """Promise a call to a record of a campaign; `owner` is the agent whom "myself" means.

    Raises:
        CampaignNotFound: no such campaign.
        CallbackRefused: the time, the number or the assignee does not fit.
        CallbackExists: the record has an active callback in this campaign.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await campaigns.found(uow, campaign_id)
        uuid = uuid_of(record_id)
        record = None if uuid is None else await uow.callbacks.record(campaign.id, RecordId(uuid))
        if record is None:
            raise CallbackRefused([FieldProblem("record_id", "there is no such record in the campaign")])
        agent = None if owner is None else (await _agents(uow, [owner], "owner"))[0]
        return await _promise(
            uow,
            campaign,
            record,
            wanted,
            owner=agent,
            created_by=owner or by.client_id,
            clock=clock,
            ids=ids,
            holidays=holidays,
        )


async def schedule(
    attempt: UUID,
    wanted: Wanted,
    *,
    agent: UserId,
    account: AccountId,
    storage: Storage,
    clock: Clock,
    ids: Ids,
    holidays: HolidayCalendar,
) -> SeenCallback:
    """Promise a call to the person an agent speaks to, or has just spoken to, in `attempt`.

    In the call of a callback it is that callback that gets a new time. Whoever asks must have seen that the agent is
    connected: of a call that goes on only the engine knows.

    Raises:
        NotOnACall: the attempt did not connect a person to this agent.
        CallbackRefused: the time, the number or the assignee does not fit.
        CallbackExists: the record has an active callback in this campaign.
        TooManyReschedules: the time of this callback was changed too often.
    """
    async with storage.unit_of_work(account) as uow:
        call = await uow.callbacks.attempt(attempt)
        if call is None or (call.outcome is not None and (call.outcome, call.agent) != (Outcome.CONNECTED, agent)):
            raise NotOnACall(attempt)
        campaign = await campaigns.found(uow, str(call.campaign))
        record = await uow.callbacks.record(call.campaign, call.record)
        if record is None:
            raise NotOnACall(attempt)
        wanted = replace(
            wanted,
            phone_number=wanted.phone_number or call.phone_number,
            assign_type=wanted.assign_type or (None if call.callback else AssignType.MYSELF_IF_AVAILABLE),
        )
        if call.callback is None:
            return await _promise(
                uow,
                campaign,
                record,
                wanted,
                owner=agent,
                created_by=str(agent),
                interaction=attempt,
                clock=clock,
                ids=ids,
                holidays=holidays,
            )
        before = await uow.callbacks.get(call.callback, lock=True)
        return await _change(uow, campaign, record, before, wanted, clock=clock, holidays=holidays, interaction=attempt)


async def get(callback_id: str, *, by: Principal, storage: Storage) -> SeenCallback:
    """Raises `CallbackNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.callbacks.seen(_id(callback_id))


async def listed(
    which: CallbackFilter, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[SeenCallback]]:
    """How many callbacks match, and one page of them by the time at which they are dialed next."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.callbacks.page(which, offset=offset, limit=limit)


async def change(
    callback_id: str, wanted: Wanted, *, by: Principal, storage: Storage, clock: Clock, holidays: HolidayCalendar
) -> SeenCallback:
    """Give an active callback another time, number, time zone or assignee.

    Raises:
        CallbackNotFound: no such callback.
        CallbackOver: it is not to be dialed any more.
        CallbackRefused: something of it does not fit; nothing was changed.
        TooManyReschedules: its time was changed too often.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = await uow.callbacks.get(_id(callback_id), lock=True)
        before.check_active()
        campaign = await campaigns.found(uow, str(before.campaign_id))
        record = await uow.callbacks.record(before.campaign_id, before.record_id)
        if record is None:
            raise CallbackNotFound(callback_id)
        return await _change(uow, campaign, record, before, wanted, clock=clock, holidays=holidays)


async def cancel(callback_id: str, *, by: Principal, storage: Storage, clock: Clock) -> None:
    """See that a callback is not dialed any more; a call of it that goes on goes on. Raises `CallbackNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        before = await uow.callbacks.get(_id(callback_id), lock=True)
        after = before.canceled()
        if after != before:
            seen = await uow.callbacks.seen(before.id)
            await uow.callbacks.save(after, seen.zones, clock.now())
            await _tell(uow, "callback.canceled", after)


async def _promise(
    uow: UnitOfWork,
    campaign: Campaign,
    record: RecordToCall,
    wanted: Wanted,
    *,
    owner: UserId | None,
    created_by: str,
    interaction: UUID | None = None,
    clock: Clock,
    ids: Ids,
    holidays: HolidayCalendar,
) -> SeenCallback:
    now = to_milliseconds(clock.now())
    if wanted.time_to_call is None:
        raise CallbackRefused([FieldProblem("time_to_call", "is required")])
    at = to_milliseconds(wanted.time_to_call)
    number = wanted.phone_number or record.phones[0]
    assigned = await _assigned(uow, wanted, Assignment(), owner)
    timezone = wanted.timezone or record.timezone
    zones = await _checked(uow, campaign, holidays, number, timezone, at, now, new_time=True)
    new = Callback(
        id=CallbackId(ids.new("callback")),
        campaign_id=campaign.id,
        record_id=record.id,
        phone_number=number,
        timezone=wanted.timezone,
        assignment=assigned,
        from_call_type=FromCallType.PROACTIVE_OUTBOUND,
        scheduled_at=at,
        due_at=at,
        since=now,
        created_at=now,
        created_by=created_by,
        owner=owner,
        interaction=interaction,
    )
    await uow.callbacks.add(new, zones)
    await _tell(uow, "callback.scheduled", new)
    return await uow.callbacks.seen(new.id)


async def _change(
    uow: UnitOfWork,
    campaign: Campaign,
    record: RecordToCall,
    before: Callback,
    wanted: Wanted,
    *,
    clock: Clock,
    holidays: HolidayCalendar,
    interaction: UUID | None = None,
) -> SeenCallback:
    now = to_milliseconds(clock.now())
    after = replace(
        before,
        phone_number=wanted.phone_number or before.phone_number,
        timezone=wanted.timezone or before.timezone,
        assignment=await _assigned(uow, wanted, before.assignment, before.owner),
        interaction=interaction or before.interaction,
    )
    if wanted.time_to_call is not None:
        after = after.rescheduled(to_milliseconds(wanted.time_to_call), now)
    elif interaction is not None:
        raise CallbackRefused([FieldProblem("time_to_call", "is required")])
    zones = await _checked(
        uow,
        campaign,
        holidays,
        after.phone_number,
        after.timezone or record.timezone,
        after.due_at,
        now,
        new_time=wanted.time_to_call is not None,
    )
    await uow.callbacks.save(after, zones, now, anew=interaction is not None)
    await _tell(uow, "callback.changed", after)
    return await uow.callbacks.seen(after.id)


async def _assigned(uow: UnitOfWork, wanted: Wanted, before: Assignment, owner: UserId | None) -> Assignment:
    """Who is to take it; assignees of before stay as long as their type does."""
    kind = wanted.assign_type or before.type
    given = await _agents(uow, wanted.agents or (), "agents")
    if wanted.assign_type is None and wanted.agents is None and wanted.ring_groups is None:
        return before
    agents: Sequence[UserId] = given
    if wanted.agents is None and kind is before.type is AssignType.SPECIFIC_AGENT:
        agents = before.agents
    groups: Sequence[str] = wanted.ring_groups or ()
    if wanted.ring_groups is None and kind is before.type:
        groups = before.ring_groups
    return assignment(kind, owner=owner, agents=agents, ring_groups=groups)


async def _agents(uow: UnitOfWork, ids: Sequence[str], member: str) -> list[UserId]:
    """Users of the account. Raises `CallbackRefused` with those that are not."""
    uuids = [uuid_of(one) for one in ids]
    known = await uow.users.known([UserId(uuid) for uuid in uuids if uuid is not None])
    problems = [
        FieldProblem(member if member == "owner" else f"{member}.{place}", "there is no user with this id")
        for place, uuid in enumerate(uuids)
        if uuid is None or uuid not in known
    ]
    if problems:
        raise CallbackRefused(problems)
    return [UserId(uuid) for uuid in uuids if uuid is not None]


async def _checked(
    uow: UnitOfWork,
    campaign: Campaign,
    holidays: HolidayCalendar,
    number: PhoneNumber,
    timezone: str | None,
    at: datetime,
    now: datetime,
    *,
    new_time: bool,
) -> ZoneNames:
    """The zones that bind a call to the number. Raises `CallbackRefused` when it cannot be promised for `at`."""
    zones = zones_of(number, timezone)
    if not zones:
        raise CallbackRefused([FieldProblem("timezone", "is required: the number tells no time zone")])
    problems = []
    if campaign.strategy is None:
        problems.append(FieldProblem("campaign_id", "the campaign has no calling hours yet"))
    elif new_time:
        problems += check_time(at, zones=zones, hours=CallingHours.of(campaign, holidays), now=now)
    if not problems and await uow.callbacks.on_dnc(campaign.id, number, min(today(zone, at) for zone in zones)):
        problems.append(FieldProblem("phone_number", "is on a do-not-call list of the campaign"))
    if problems:
        raise CallbackRefused(problems)
    return zones


def _id(text: str) -> CallbackId:
    uuid = uuid_of(text)
    if uuid is None:
        raise CallbackNotFound(text)
    return CallbackId(uuid)


async def _tell(uow: UnitOfWork, topic: str, callback: Callback) -> None:
    await uow.outbox.add(
        topic,
        {
            "callback_id": str(callback.id),
            "campaign_id": str(callback.campaign_id),
            "status": callback.status.value,
            **({"reason": callback.reason.value} if callback.reason else {}),
        },
    )
