"""A trunk that people drain: what is on it goes on, nothing new comes to it, whatever becomes of the engine."""

from outdial.app import trunks
from outdial.domain.activity import Doing
from outdial.domain.trunks import Trunk
from tests.dialer.conftest import NO_ANSWER, Tell, World, answers


async def the_trunk(world: World) -> Trunk:
    [trunk] = await trunks.listed(await world.here.account_id(), storage=world.here.storage)
    return trunk


def test_its_calls_go_on_and_no_others_come_until_it_is_taken_back(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(30.0)
        await world.drain_trunk()
        await world.run_for(10.0)
        world.live.engine.hint()
        await world.run_for(1.0)
        told = await the_trunk(world)
        assert told.sentence(told.heard_at) == "draining, 1 call left"
        assert world.live.carrier.free_lines() == 0
        await world.run_for(200.0)
        assert [outcome for _, _, outcome in await world.attempts()] == ["connected"]
        assert world.loop.activity.doing is Doing.CARRIER_DRAINED
        world.live.engine.hint()
        await world.run_for(1.0)
        told = await the_trunk(world)
        assert told.sentence(told.heard_at) == "drained"
        await world.drain_trunk(False)
        await world.run_for(10.0)
        assert len(await world.attempts()) == 2

    tell(story, [answers(5.0, talk=60.0)] * 2)


def test_an_engine_that_begins_keeps_off_it_from_its_first_call_on(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(1.0)
        await world.drain_trunk()
        await world.run_for(60.0)
        before = await world.attempts()
        await world.live.engine.stop()
        async with world.second_engine() as other:
            await world.run_for(60.0)
            assert other.engine.owns
            assert other.carrier.health()[0].draining
        assert await world.attempts() == before

    tell(story, [NO_ANSWER] * 9)


def test_a_carrier_that_is_down_besides_is_down(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.run_for(1.0)
        await world.drain_trunk()
        world.live.carrier.trouble = "no sign of life"
        await world.run_for(120.0)
        assert world.loop.activity.doing is Doing.CARRIER_DOWN

    tell(story, [NO_ANSWER] * 9)
