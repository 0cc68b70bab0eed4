"""Why records are or are not dialed: counts over a whole campaign, one record in full, and who is next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from outdial.app.campaigns import found, uuid_of
from outdial.domain import explain
from outdial.domain.access import Principal
from outdial.domain.calling_hours import CallingHours, HolidayCalendar
from outdial.domain.campaigns import Campaign
from outdial.domain.dnc import today
from outdial.domain.explain import Rule, Surroundings, Why
from outdial.domain.outcomes import Reason
from outdial.domain.records import RecordNotFound
from outdial.ports.clock import Clock
from outdial.ports.explain import RecordStanding
from outdial.ports.progress import Watched
from outdial.ports.storage import Storage, UnitOfWork

MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Reasons:
    """How many records each rule binds; the counts sum to `total`."""

    total: int
    counts: Mapping[Rule | Reason, int]
    next_at: Mapping[Rule | Reason, datetime]
    """When the first of those that wait for an instant can be dialed."""
    watched: Watched


@dataclass(frozen=True, slots=True)
class RecordWhy:
    campaign: Campaign
    record: RecordStanding
    why: Why
    watched: Watched
    zones: tuple[str, ...]


async def reasons(
    campaign_id: str, *, by: Principal, storage: Storage, clock: Clock, holidays: HolidayCalendar
) -> Reasons:
    """Every record of the campaign's lists under exactly one rule.

    Raises:
        CampaignNotFound: no such campaign.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        around, days, _ = await _look_around(uow, campaign, holidays, clock.now())
        groups = await uow.explain.groups(campaign.id, days, around.now)
        watched = await uow.progress.of(campaign.id)
    assert watched is not None, "it was there in the same transaction"
    counts: Counter[Rule | Reason] = Counter()
    next_at: dict[Rule | Reason, datetime] = {}
    for standing, size in groups:
        answer = explain.why(standing, around)
        counts[answer.rule] += size
        if answer.at is not None:
            next_at[answer.rule] = min(next_at.get(answer.rule, answer.at), answer.at)
    return Reasons(sum(counts.values()), counts, next_at, watched)


async def record_why(
    campaign_id: str, record_id: str, *, by: Principal, storage: Storage, clock: Clock, holidays: HolidayCalendar
) -> RecordWhy:
    """Why one record is or is not dialed now.

    Raises:
        CampaignNotFound: no such campaign.
        RecordNotFound: no list of the campaign has such a record.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        uuid = uuid_of(record_id)
        around, days, zones = await _look_around(uow, campaign, holidays, clock.now())
        record = None if uuid is None else await uow.explain.record(campaign.id, uuid, days)
        watched = await uow.progress.of(campaign.id)
    if record is None:
        raise RecordNotFound(record_id)
    assert watched is not None, "it was there in the same transaction"
    names = zones.get(record.standing.zone, ()) if record.standing.zone is not None else ()
    return RecordWhy(campaign, record, explain.why(record.standing, around), watched, names)


async def next_records(
    campaign_id: str, count: int, *, by: Principal, storage: Storage, clock: Clock, holidays: HolidayCalendar
) -> Sequence[tuple[RecordStanding, Why]]:
    """Who is dialed next: the ready ones in their order, then those that wait by the time they can be dialed.

    An order that holds as things stand: a hot lead, a change or a retry that falls due comes in between.

    Raises:
        CampaignNotFound: no such campaign.
    """
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        around, days, _ = await _look_around(uow, campaign, holidays, clock.now())
        newest_first = campaign.strategy is not None and campaign.strategy.newest_first
        open_days = {zone: day for zone, day in days.items() if around.openings[zone].is_open}
        shut_days = {zone: day for zone, day in days.items() if zone not in open_days}
        ready = await uow.explain.ready(campaign.id, open_days, newest_first=newest_first, limit=count)
        later = [
            *await uow.explain.ready(campaign.id, shut_days, newest_first=newest_first, limit=count),
            *await uow.explain.waiting(campaign.id, days, limit=count),
        ]
    first = [(record, explain.why(record.standing, around)) for record in ready]
    then = [(record, explain.why(record.standing, around)) for record in later]
    held = [pair for pair in first if pair[1].rule is Rule.HIGHER_PRIORITY_WAITS]
    going = [pair for pair in first if pair[1].rule is not Rule.HIGHER_PRIORITY_WAITS]
    dated = [pair for pair in then if pair[1].at is not None and not pair[0].standing.on_dnc]
    dated.sort(key=lambda pair: pair[1].at or around.now)  # a stable sort: among equals the claiming order stays
    return [*going, *dated, *held][:count]


async def _look_around(
    uow: UnitOfWork, campaign: Campaign, holidays: HolidayCalendar, now: datetime
) -> tuple[Surroundings, dict[int, date], Mapping[int, tuple[str, ...]]]:
    """What binds all records alike, and the zones with the day that do-not-call entries are compared with."""
    zones = await uow.explain.zones()
    hours = CallingHours.of(campaign, holidays)
    openings = {key: hours.opening(names, now) for key, names in zones.items()}
    floor = 1
    if campaign.extensions.strict_priority:
        floor = explain.floor_priority(await uow.explain.earliest_waiting(campaign.id, now), openings)
    days = {key: min((today(name, now) for name in names), default=now.date()) for key, names in zones.items()}
    return Surroundings(campaign.status, openings, floor, now), days, zones
