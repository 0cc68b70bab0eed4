"""Agents at work: they sign in and say what they do; supervisors see them all and may send them on pause or home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from outdial.app import campaigns
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal
from outdial.domain.agent_days import AgentDay
from outdial.domain.agents import MICROPHONE_LOST
from outdial.domain.campaigns import Campaign
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.values import CampaignId, UserId
from outdial.domain.zones import zone_name
from outdial.ports.agents import AgentSettings, Contact
from outdial.ports.campaigns import CampaignFilter, OrderBy, Part
from outdial.ports.clock import Clock
from outdial.ports.desk import AgentNotFound, Desk, NewSession, NoEngine, Seat
from outdial.ports.storage import Storage

SHORTEST_WRAP_UP: Final = 5
LONGEST_WRAP_UP: Final = 3600
"""Seconds."""
MOST_REASONS: Final = 50
LONGEST_REASON: Final = 60
MOST_CAMPAIGNS: Final = 100
"""That are offered to an agent who signs in."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An agent at work with what a screen shows beside the state: the name, and the record of the present work."""

    seat: Seat
    name: str
    contact: Contact | None = None


def working(desk: Desk | None) -> Desk:
    """The desk of the engine. Raises `NoEngine`."""
    if desk is None:
        raise NoEngine
    return desk


async def sign_in(
    user_id: str,
    *,
    campaign_ids: Sequence[str] | None,
    ready: bool,
    ends_at: datetime | None = None,
    by: Principal,
    storage: Storage,
    clock: Clock,
    desk: Desk | None,
) -> tuple[Shown, bool]:
    """Begin a session, or go on with the one the user has; answers whether it began now.

    Raises:
        Invalid: there is no such user or campaign in the account, or `ends_at` is past.
        NoEngine: nobody to work for.
    """
    at = working(desk)
    async with storage.unit_of_work(by.account) as uow:
        problems, chosen = [], []
        user = uuid_of(user_id)
        if user is None or not await uow.users.known([UserId(user)]):
            problems.append(FieldProblem("user_id", "there is no user with this id"))
        for n, campaign_id in enumerate(campaign_ids or ()):
            uuid = uuid_of(campaign_id)
            if uuid is None or await uow.campaigns.get(CampaignId(uuid)) is None:
                problems.append(FieldProblem(f"campaigns.{n}", "there is no campaign with this id"))
            else:
                chosen.append(CampaignId(uuid))
        if ends_at is not None and ends_at <= clock.now():
            problems.append(FieldProblem("ends_at", "is past"))
        if problems or user is None:
            raise Invalid("Invalid input", problems)
        settings = await uow.agents.settings()
    new = NewSession(
        by.account,
        UserId(user),
        None if campaign_ids is None else tuple(dict.fromkeys(chosen)),
        ready,
        settings.wrap_up,
        settings.extension,
        ends_at,
    )
    seat, began = await at.sign_in(new)
    return await shown(seat, by=by, storage=storage), began


async def shown(seat: Seat, *, by: Principal, storage: Storage) -> Shown:
    """A seat with the name and the record that belong to it."""
    async with storage.unit_of_work(by.account) as uow:
        names = await uow.agents.names([seat.agent.id])
        contact = await uow.agents.contact(seat.work.record) if seat.work is not None else None
    return Shown(seat, names.get(seat.agent.id, ""), contact)


async def listed(*, campaign_id: str | None, by: Principal, storage: Storage, desk: Desk | None) -> Sequence[Shown]:
    """Everybody at work, or at work for one campaign.

    Raises:
        CampaignNotFound: no such campaign.
    """
    at = working(desk)
    async with storage.unit_of_work(by.account) as uow:
        only = None if campaign_id is None else (await campaigns.found(uow, campaign_id)).id
        seats = [seat for seat in await at.seats(by.account) if only is None or seat.campaign == only]
        names: Mapping[UserId, str] = await uow.agents.names([seat.agent.id for seat in seats])
    return [Shown(seat, names.get(seat.agent.id, "")) for seat in seats]


async def seat_of(user_id: str, *, by: Principal, desk: Desk | None) -> Seat:
    """The seat of a user. Raises `AgentNotFound` when they are not signed in."""
    uuid = uuid_of(user_id)
    for seat in await working(desk).seats(by.account):
        if seat.agent.id == uuid:
            return seat
    raise AgentNotFound


async def pause(user_id: str, reason: str | None, *, by: Principal, storage: Storage, desk: Desk | None) -> Shown:
    """Send an agent on pause: at once, or after the present call.

    Raises:
        AgentNotFound: not signed in, or played by the machine.
    """
    seat = await seat_of(user_id, by=by, desk=desk)
    if seat.session is None:
        raise AgentNotFound
    after = await working(desk).pause(by.account, seat.session, reason or "supervisor", after_call=False)
    return await shown(after, by=by, storage=storage)


async def sign_out(user_id: str, *, by: Principal, storage: Storage, desk: Desk | None) -> Shown:
    """End an agent's session: at once, or after the present call.

    Raises:
        AgentNotFound: not signed in, or played by the machine.
    """
    seat = await seat_of(user_id, by=by, desk=desk)
    if seat.session is None:
        raise AgentNotFound
    after = await working(desk).sign_out(by.account, seat.session, "supervisor")
    return await shown(after, by=by, storage=storage)


async def check_reason(reason: str | None, *, by: Principal, storage: Storage) -> None:
    """Raises `Invalid` if the account has no such reason for a pause, and it is none that a screen gives by itself."""
    async with storage.unit_of_work(by.account) as uow:
        known = (await uow.agents.settings()).pause_reasons
    if reason is not None and reason not in (*known, MICROPHONE_LOST):
        raise Invalid("Invalid input", [FieldProblem("reason", f"must be one of {', '.join(known)}")])


async def settings(*, by: Principal, storage: Storage) -> AgentSettings:
    async with storage.unit_of_work(by.account) as uow:
        return await uow.agents.settings()


async def change_settings(
    *,
    wrap_up_seconds: int,
    extension_seconds: int,
    pause_reasons: Sequence[str],
    by: Principal,
    storage: Storage,
) -> AgentSettings:
    """What holds for sessions that begin from now on."""
    new = AgentSettings(
        timedelta(seconds=wrap_up_seconds), timedelta(seconds=extension_seconds), tuple(dict.fromkeys(pause_reasons))
    )
    async with storage.unit_of_work(by.account) as uow:
        await uow.agents.save_settings(new)
        await uow.outbox.add("agent_settings.changed", {"wrap_up_seconds": wrap_up_seconds})
    return new


async def assigned_campaigns(*, by: Principal, storage: Storage) -> Sequence[Campaign]:
    """The campaigns that the user who asks may work for, by name; an API client is no user and has none."""
    if by.user is None:
        return ()
    which = CampaignFilter(using=((Part.USERS, by.user),))
    async with storage.unit_of_work(by.account) as uow:
        _, found = await uow.campaigns.page(
            which, order_by=OrderBy.NAME, descending=False, offset=0, limit=MOST_CAMPAIGNS
        )
    return found


async def days(
    day: date, timezone: str, *, by: Principal, storage: Storage, clock: Clock
) -> tuple[datetime, datetime, Sequence[AgentDay]]:
    """When a day begins and ends in a time zone, and what agents did on it.

    Raises:
        Invalid: there is no such time zone.
    """
    known = zone_name(timezone)
    if known is None:
        raise Invalid("Invalid query", [FieldProblem("timezone", "must be an IANA time zone")])
    zone = ZoneInfo(known)
    begins, ends = (datetime.combine(one, time.min, zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    async with storage.unit_of_work(by.account) as uow:
        return begins, ends, await uow.agents.days(begins, ends, clock.now())
