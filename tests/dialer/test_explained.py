"""Why: at every moment each record has one reason, the counts sum to the list, and who is said to be next is next."""

import contextlib
import os
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from outdial import bootstrap
from outdial.app import callbacks, explain
from outdial.app.callbacks import Wanted
from outdial.app.campaigns import Changes
from outdial.app.explain import Reasons
from outdial.cli.preparation import Prepared
from outdial.domain.access import Principal
from outdial.domain.callbacks import CallbackExists, CallbackRefused
from outdial.domain.campaigns import CampaignStatus, Extensions
from outdial.domain.explain import Rule
from outdial.domain.outcomes import Reason
from tests.conftest import HOLIDAYS
from tests.dialer.conftest import (
    BUSY,
    CONGESTION,
    INVALID,
    MACHINE,
    NO_ANSWER,
    Tell,
    World,
    answers,
    extended,
    number,
    paused,
)
from tests.dialer.test_stories import add_hot_lead, on_dnc
from tests.simulation.conftest import EVERY_DAY, a_campaign

ALL_DAYS = {"week_days": EVERY_DAY}


async def by(world: World) -> Principal:
    return Principal(await world.here.account_id(), "test", frozenset())


async def reasons(world: World) -> Reasons:
    campaign, storage = str(world.prepared.campaign.id), world.here.storage
    return await explain.reasons(campaign, by=await by(world), storage=storage, clock=world.clock, holidays=HOLIDAYS)


async def counts(world: World) -> dict[str, int]:
    """How many records each rule binds now."""
    found = await reasons(world)
    assert found.total == sum(found.counts.values())
    named = dict[str, int]()
    for rule, size in found.counts.items():  # on a do-not-call list for now and for good have one name
        named[rule.value] = named.get(rule.value, 0) + size
    return named


async def every_record(world: World) -> dict[str, int]:
    """The same, asked record by record."""
    campaign, storage, tally = str(world.prepared.campaign.id), world.here.storage, dict[str, int]()
    for row in await world.rows("select uuid from record order by id"):
        found = await explain.record_why(
            campaign, str(row["uuid"]), by=await by(world), storage=storage, clock=world.clock, holidays=HOLIDAYS
        )
        tally[found.why.name] = tally.get(found.why.name, 0) + 1
    return tally


async def who_is_next(world: World, count: int = 20) -> list[tuple[str, str]]:
    campaign = str(world.prepared.campaign.id)
    found = await explain.next_records(
        campaign, count, by=await by(world), storage=world.here.storage, clock=world.clock, holidays=HOLIDAYS
    )
    return [(record.first_name, why.name) for record, why in found]


def test_the_counts_sum_to_the_list_and_agree_with_each_record_at_every_moment(tell: Tell) -> None:
    fates = [answers(), BUSY, NO_ANSWER, MACHINE, answers(talk=200.0), BUSY, NO_ANSWER, answers(), BUSY, MACHINE]

    async def story(world: World) -> None:
        seen = set[str]()
        for _ in range(60):
            await world.run_for(7.3)
            now = await counts(world)
            assert sum(now.values()) == len(fates)
            assert now == await every_record(world)
            seen |= set(now)
        assert {Rule.IN_CALL.value, Rule.WAITING_FOR_RETRY.value, Rule.READY.value} <= seen
        assert Reason.CONNECTED.value in seen

    tell(story, fates, agents=2)


@pytest.mark.parametrize("seed", range(40 if os.environ.get("OUTDIAL_TEST_LONG") else 3))
def test_so_it_is_in_campaigns_drawn_by_chance(tell: Tell, seed: int) -> None:
    """Any outcomes, priorities, phones, hours, limits, do-not-call entries, callbacks and changes, at any moment."""
    chance = Random(f"explained:{seed}")
    size = chance.randint(8, 30)
    kinds = [BUSY, NO_ANSWER, INVALID, CONGESTION, MACHINE]
    fates = [chance.choice([*kinds, answers(talk=chance.uniform(5, 300))]) for _ in range(2 * size)]
    rows = []
    for n in range(size):
        home = number(size + n) if chance.random() < 0.4 else ""
        mobile = "+18005550142" if chance.random() < 0.1 and home else number(n)
        rows.append(f"A{n},B,{mobile},{home},{chance.choice(['', 1, 5, 5, 9, 10])}")
    body = a_campaign(
        max_attempts=chance.randint(1, 4),
        retry_period=chance.choice([1, 10, 600]),
        calling_hours=[{"from": "19:58:00", "to": f"2{chance.randint(0, 3)}:1{chance.randint(0, 9)}:00"} | ALL_DAYS],
        record_chain=[
            {"type": kind, "max_attempts": chance.randint(1, 3)}
            for kind in ("MOBILE", "HOME", "OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3")
        ],
    )

    async def before(here: bootstrap.Installation, prepared: Prepared) -> None:
        await extended(Extensions(strict_priority=chance.random() < 0.5))(here, prepared)
        await on_dnc(here, prepared, *chance.sample(range(2 * size), size // 3))

    async def story(world: World) -> None:
        for turn in range(25):
            match chance.randrange(12):
                case 0:
                    await paused(world)
                case 1:
                    await world.change(Changes(status=CampaignStatus.RUNNING))
                case 2:
                    await add_hot_lead(world, number(60 + turn))
                case 3:
                    await world.set_strategy(max_attempts=chance.randint(1, 5))
                case 4:
                    await world.do("delete from dnc_entry where id = (select min(id) from dnc_entry)")
                case 5:
                    await promised_to_anybody(world, chance)
            await world.run_for(chance.uniform(0.1, 90.0))
            (whole,) = await world.rows("select count(*) as size from record")
            now = await counts(world)
            assert sum(now.values()) == whole["size"]
            assert now == await every_record(world)

    tell(story, fates, rows=rows, agents=chance.randint(1, 6), body=body, before=before)


async def promised_to_anybody(world: World, chance: Random) -> None:
    """A callback for some record in the next minutes, unless it has one, is listed, or hours are closed then."""
    records = await world.rows("select uuid from record order by id")
    wanted = Wanted(world.clock.now() + timedelta(seconds=chance.uniform(1, 300)))
    with contextlib.suppress(CallbackExists, CallbackRefused):
        await callbacks.create(
            str(world.prepared.campaign.id),
            str(chance.choice(records)["uuid"]),
            wanted,
            by=await by(world),
            storage=world.here.storage,
            clock=world.clock,
            ids=world.here.ids,
            holidays=HOLIDAYS,
        )
    world.live.engine.hint()


def test_a_paused_campaign_is_why_its_ready_records_are_not_dialed(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(1.0)
        await paused(world)
        await world.run_for(300.0)
        assert (await counts(world))[Rule.CAMPAIGN_NOT_RUNNING.value] == 4

    tell(story, [answers()] * 5)


def test_a_number_on_a_list_is_named_before_its_turn_comes(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(2.0)
        assert await counts(world) == {Rule.IN_CALL.value: 1, Rule.READY.value: 2, Rule.ON_DNC_LIST.value: 1}
        assert [name for name, _ in await who_is_next(world)] == ["A1", "A2"]

    tell(story, [answers(talk=900.0)] * 4, before=lambda here, prepared: on_dnc(here, prepared, 3))


def test_closed_hours_name_the_opening(tell: Tell) -> None:
    def nine_to_five() -> dict[str, object]:
        body = a_campaign()
        body["dialing_strategy"]["calling_hours"] = [{"from": "09:00:00", "to": "17:00:00", "week_days": ["TUESDAY"]}]
        return body

    async def story(world: World) -> None:
        await world.run_for(10.0)
        found = await reasons(world)
        assert {rule.value: size for rule, size in found.counts.items()} == {Rule.OUTSIDE_CALLING_HOURS.value: 2}
        opens = found.next_at[Rule.OUTSIDE_CALLING_HOURS]
        await world.run_for((opens - world.clock.now() - timedelta(seconds=1)).total_seconds())
        assert len(await world.rows("select from attempt")) == 0
        await world.run_for(3.0)
        assert len(await world.rows("select from attempt")) == 1

    tell(story, [answers()] * 2, body=nine_to_five())


def test_a_holiday_closes_the_hours_of_those_who_ask_as_it_closes_those_of_the_dialer(tell: Tell) -> None:
    async def story(world: World) -> None:
        fourth_of_july = datetime(2026, 7, 4, 16, tzinfo=UTC)
        await world.run_for((fourth_of_july - world.clock.now()).total_seconds())
        assert await counts(world) == {Rule.OUTSIDE_CALLING_HOURS.value: 1}
        assert [rule for _, rule in await who_is_next(world)] == [Rule.OUTSIDE_CALLING_HOURS.value]

    hours = [{"from": "09:00:00", "to": "17:00:00", "week_days": ["SATURDAY"]}]
    body = a_campaign(calling_hours=hours, retry_period=1, retry_time_unit="HOURS", max_attempts=99)
    tell(story, [BUSY], body=body, before=extended(Extensions(holidays=("US",))))


def test_in_relaxed_order_nobody_is_said_to_be_held_back(tell: Tell) -> None:
    """A record of priority 9 was busy and waits; the agent talks to one of priority 3, and two more have 3."""

    async def story(world: World) -> None:
        await world.run_for(30.0)
        assert await counts(world) == {"waiting_for_retry": 1, "in_call": 1, "ready": 1}
        assert [rule for _, rule in await who_is_next(world)] == ["ready", "waiting_for_retry"]

    rows = [f"A{n},B,{number(n)},,{priority}" for n, priority in enumerate([9, 3, 3])]
    tell(story, [BUSY, answers(talk=900.0), answers()], rows=rows, before=extended(Extensions(strict_priority=False)))


def test_who_is_said_to_be_next_is_dialed_next(tell: Tell) -> None:
    rows = [f"A{n},B,{number(n)},,{priority}" for n, priority in enumerate([3, 5, 7, 5, 10])]

    async def story(world: World) -> None:
        await world.run_for(1.0)
        await paused(world)
        told = [name for name, _ in await who_is_next(world)]
        assert told == ["A2", "A1", "A3", "A0"]
        dialed = await world.rows(
            "select r.first_name from attempt a join record r on r.id = a.record_id order by a.id"
        )
        assert [row["first_name"] for row in dialed] == ["A4"]

    tell(story, [answers()] * 5, rows=rows)


def test_who_waits_comes_after_those_who_are_ready_at_their_time(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(8.0)
        rules = [rule for _, rule in await who_is_next(world)]
        assert rules == sorted(rules, key=lambda rule: rule == Rule.WAITING_FOR_RETRY.value)
        assert Rule.WAITING_FOR_RETRY.value in rules

    tell(story, [BUSY, BUSY, answers(talk=600.0), answers(), answers()])
