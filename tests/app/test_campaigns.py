"""What is kept of a campaign, and what use cases promise beyond what the API shows."""

import dataclasses
from datetime import datetime, time, timedelta
from uuid import UUID

import pytest

from outdial.adapters.clock import RandomIds
from outdial.adapters.storage.campaigns import configuration_to_json, strategy_to_json
from outdial.adapters.storage.clients import AccessRows
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.app import campaigns, numbers, users
from outdial.app.access import create_account
from outdial.app.campaigns import Changes, Named, NewCampaign
from outdial.domain.access import Principal
from outdial.domain.campaigns import (
    CallingWindow,
    Campaign,
    CampaignNotFound,
    CampaignStatus,
    ChainItem,
    DialingConfiguration,
    DialingMode,
    DialingStrategy,
    OutcomeRule,
    SortingCriteria,
    StatusAfterCall,
    StrategyType,
    TimeUnit,
    WeekDay,
)
from outdial.domain.outcomes import Outcome
from outdial.domain.values import AccountId, CampaignId, PhoneType
from outdial.ports.campaigns import Part
from tests.conftest import SetClock

CONFIGURATION = DialingConfiguration(
    max_ring_time_in_secs=25,
    answering_machine_detection=False,
    amd_metadata=True,
    max_abandonment_rate=3,
    max_dialing_ratio=2,
    abandonment_timeout=4,
)
STRATEGY = DialingStrategy(
    max_attempts=6,
    retry_period=4,
    retry_unit=TimeUnit.HOURS,
    calling_hours=(
        CallingWindow(time(9), time(18, 30, 15), (WeekDay.MONDAY, WeekDay.FRIDAY)),
        CallingWindow(time(0), time(0), (WeekDay.SUNDAY,)),
    ),
    dispositions={
        Outcome.NO_ANSWER: OutcomeRule(StatusAfterCall.FINAL),
        Outcome.BUSY: OutcomeRule(StatusAfterCall.RETRY, True, 4, 20, TimeUnit.MINUTES),
        Outcome.MACHINE: OutcomeRule(StatusAfterCall.RETRY, True),
        Outcome.INVALID_NUMBER: OutcomeRule(StatusAfterCall.RETRY),
    },
    max_skip_attempts=2,
    strategy_type=StrategyType.MANUAL,
    preview_timeout=60,
    record_chain=(
        ChainItem(PhoneType.HOME, 3, 2, TimeUnit.DAYS),
        ChainItem(PhoneType.EXTRA_1, 1),
    ),
    lists_sorting_criteria=SortingCriteria.LIFO,
    ivr_enabled=True,
)


@pytest.fixture
async def account(database: Database, clock: SetClock) -> AccountId:
    return (await create_account("acme", access=AccessRows(database), clock=clock)).id


@pytest.fixture
def who(account: AccountId) -> Principal:
    return Principal(account, "test", frozenset())


def a_campaign_of_everything(at: datetime) -> Campaign:
    """Every member away from its default, but for what is assigned."""
    return Campaign(
        id=CampaignId(UUID("5b0c4f1e-7d1a-4c58-9a42-0f6a3f6c2d11")),
        name="Überfällig",
        created_at=at,
        updated_at=at + timedelta(hours=1),
        dialing_mode=DialingMode.PREVIEW,
        priority=9,
        run_once=True,
        action_required=True,
        status=CampaignStatus.PAUSED,
        configuration=CONFIGURATION,
        strategy=STRATEGY,
        version=7,
    )


async def test_every_member_is_kept(storage: SqlStorage, account: AccountId, clock: SetClock) -> None:
    campaign = a_campaign_of_everything(clock.now())
    usual = Campaign(campaign.id, "Plain", campaign.created_at, campaign.created_at)
    for part in (campaign, CONFIGURATION, STRATEGY):
        for member in dataclasses.fields(part):
            if member.default is not dataclasses.MISSING:
                assert getattr(part, member.name) != member.default, f"{member.name} would not be missed"
    async with storage.unit_of_work(account) as uow:
        await uow.campaigns.add(campaign)
        assert await uow.campaigns.get(campaign.id) == campaign
        # Changed as far away as it goes and back again: no column is left out of the update.
        for version, other in ((8, usual), (9, campaign)):
            await uow.campaigns.save(other)
            expected = dataclasses.replace(other, version=version)
            assert await uow.campaigns.get(campaign.id, lock=True) == expected


async def test_a_name_alone_is_kept_as_that(storage: SqlStorage, account: AccountId, clock: SetClock) -> None:
    plain = Campaign(CampaignId(UUID(int=1)), "Plain", clock.now(), clock.now())
    async with storage.unit_of_work(account) as uow:
        await uow.campaigns.add(plain)
        assert await uow.campaigns.get(plain.id) == plain


def test_every_member_of_the_larger_parts_is_written_down() -> None:
    configuration, strategy = configuration_to_json(CONFIGURATION), strategy_to_json(STRATEGY)
    assert configuration is not None
    assert strategy is not None
    assert set(configuration) == {member.name for member in dataclasses.fields(DialingConfiguration)}
    assert set(strategy) == {member.name for member in dataclasses.fields(DialingStrategy)}


async def test_a_unit_of_work_reaches_its_own_account_only(
    storage: SqlStorage, database: Database, account: AccountId, clock: SetClock
) -> None:
    other = await create_account("other", access=AccessRows(database), clock=clock)
    campaign = a_campaign_of_everything(clock.now())
    async with storage.unit_of_work(account) as uow:
        await uow.campaigns.add(campaign)
    user = await users.create(account, name="Ana", email=None, storage=storage, clock=clock, ids=RandomIds())
    async with storage.unit_of_work(other.id) as uow:
        assert await uow.campaigns.get(campaign.id, lock=True) is None
        assert await uow.campaigns.known(Part.USERS, [user.id]) == frozenset()
        assert await uow.campaigns.assign(campaign.id, Part.USERS, [user.id]) == 0
        await uow.campaigns.save(dataclasses.replace(campaign, name="Stolen"))
        await uow.campaigns.remove(campaign.id)
    async with storage.unit_of_work(account) as uow:
        assert await uow.campaigns.get(campaign.id) == campaign


async def test_nothing_stays_of_what_was_refused_half_way(storage: SqlStorage, who: Principal, clock: SetClock) -> None:
    ids = RandomIds()
    made = await campaigns.create(NewCampaign("Spring"), by=who, storage=storage, clock=clock, ids=ids)
    renamed = [Changes(name="Summer"), Changes(status=CampaignStatus.PAUSED)]
    with pytest.raises(Exception, match="only a RUNNING one"):
        await campaigns.change(str(made.id), renamed, by=who, storage=storage, clock=clock)
    assert (await campaigns.get(str(made.id), by=who, storage=storage)).name == "Spring"


async def test_a_change_moves_version_and_time_and_an_unchanged_campaign_neither(
    storage: SqlStorage, who: Principal, clock: SetClock
) -> None:
    made = await campaigns.create(NewCampaign("Spring"), by=who, storage=storage, clock=clock, ids=RandomIds())
    clock.advance(5)
    for name, expected in (("Spring", made.version), ("Summer", made.version + 1)):
        changed = await campaigns.change(str(made.id), [Changes(name=name)], by=who, storage=storage, clock=clock)
        assert changed == await campaigns.get(str(made.id), by=who, storage=storage)
        assert changed.version == expected
    assert changed.updated_at - made.updated_at == timedelta(seconds=5)


async def test_a_caller_id_given_twice_is_assigned_once(storage: SqlStorage, who: Principal, clock: SetClock) -> None:
    number = await numbers.add(who.account, phone_number="+12025550142", storage=storage, clock=clock, ids=RandomIds())
    twice = (Named("0", str(number.id)), Named("1", phone_number="+12025550142"))
    new = NewCampaign("Spring", caller_ids=twice)
    made = await campaigns.create(new, by=who, storage=storage, clock=clock, ids=RandomIds())
    assert made.assigned.numbers == 1


@pytest.mark.parametrize(
    "text", ["", "x", "{5b0c4f1e-7d1a-4c58-9a42-0f6a3f6c2d11}", "5b0c4f1e7d1a4c589a420f6a3f6c2d11", "\0"]
)
async def test_ids_are_uuids_in_their_usual_form(storage: SqlStorage, who: Principal, text: str) -> None:
    assert campaigns.uuid_of(text) is None
    with pytest.raises(CampaignNotFound):
        await campaigns.get(text, by=who, storage=storage)
