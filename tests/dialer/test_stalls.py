"""Nothing was dialed for ten seconds: an event says what stands in the way, once, and another that it is over."""

from typing import Any

import pytest

from outdial.domain.activity import Doing
from outdial.domain.agents import AgentState
from outdial.domain.campaigns import Extensions
from tests.dialer.conftest import BUSY, NO_ANSWER, Tell, World, answers, extended, number
from tests.dialer.test_previews import preview
from tests.simulation.conftest import EVERY_DAY, a_campaign


async def told(world: World) -> list[tuple[int, str, str | None]]:
    """Seconds, topic and named constraint of the events about dialing."""
    rows = await world.rows(
        "select at, topic, payload from outbox where topic in ('campaign.not_dialing', 'campaign.dialing') order by id"
    )
    assert {row["payload"]["campaign_id"] for row in rows} <= {str(world.prepared.campaign.id)}
    return [
        (round((row["at"] - world.shift.start).total_seconds()), row["topic"], row["payload"].get("activity"))
        for row in rows
    ]


def test_nobody_at_work(tell: Tell) -> None:
    async def story(world: World) -> None:
        (agent,) = world.prepared.users
        world.live.pool.leave(agent, AgentState.PAUSED)
        await world.run_for(300.0)
        assert await told(world) == [(10, "campaign.not_dialing", "no_agents_ready")]
        world.live.pool.ready(agent)
        await world.run_for(5.0)
        assert (await told(world))[1:] == [(300, "campaign.dialing", None)]

    tell(story, [NO_ANSWER])


def test_every_agent_in_a_call(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(60.0)
        assert await told(world) == [(10, "campaign.not_dialing", "agents_busy")]

    tell(story, [answers(talk=600.0)] * 2, before=extended(Extensions(progressive=True)))


def test_records_on_every_screen(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(60.0)
        assert await told(world) == [(10, "campaign.not_dialing", "agents_busy")]

    tell(story, [answers()] * 2, before=preview("MANUAL", timeout=None))


def test_retries_that_are_not_due_and_then_the_last_call_and_the_end_of_the_list(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(1700.0)
        assert await told(world) == [(10, "campaign.not_dialing", "waiting_for_retry")]
        (row,) = await world.rows("select payload from outbox where topic = 'campaign.not_dialing'")
        assert row["payload"]["until"].startswith("2026-06-01T00:30:0")
        assert row["payload"]["reason"] == "every record left waits for its next attempt until Mon 00:30 UTC"
        world.live.carrier.script[number(0)] = NO_ANSWER
        await world.run_for(400.0)
        topics = [(topic, why) for _, topic, why in await told(world)][1:]
        assert topics == [
            ("campaign.dialing", None),
            ("campaign.not_dialing", "last_calls"),
            ("campaign.not_dialing", "list_exhausted"),
        ]

    tell(story, [BUSY], body=a_campaign(max_attempts=2), agents=2)


def test_closed_hours(tell: Tell) -> None:
    hours = [{"from": "09:00:00", "to": "11:00:00", "week_days": EVERY_DAY}]

    async def story(world: World) -> None:
        await world.run_for(3600.0)
        assert await told(world) == [(10, "campaign.not_dialing", "outside_calling_hours")]

    tell(story, [answers()], body=a_campaign(calling_hours=hours))


def test_a_carrier_that_takes_no_call(tell: Tell) -> None:
    async def story(world: World) -> None:
        world.live.carrier.break_down()
        await world.run_for(60.0)
        assert await told(world) == [(10, "campaign.not_dialing", "carrier_down")]
        world.live.carrier.mend()
        await world.run_for(60.0)
        assert (await told(world))[1][1] == "campaign.dialing"

    tell(story, [NO_ANSWER] * 99)


@pytest.mark.parametrize("before", [None, preview()], ids=["predictive", "preview"])
def test_ways_out_that_are_all_down_cost_no_record_an_attempt(tell: Tell, before: Any) -> None:
    async def story(world: World) -> None:
        world.live.carrier.trouble = "no sign of life"
        await world.run_for(60.0)
        assert world.loop.activity.doing is Doing.CARRIER_DOWN
        assert await told(world) == [(10, "campaign.not_dialing", "carrier_down")]
        assert await world.attempts() == []
        world.live.carrier.trouble = None
        await world.run_for(2.0)
        assert world.loop.activity.doing is not Doing.CARRIER_DOWN

    tell(story, [NO_ANSWER] * 9, before=before)


def test_while_calls_are_made_nothing_is_told(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(60.0)
        assert len(await world.attempts()) > 20
        assert await told(world) == []

    tell(story, [BUSY] * 60)
