"""A record on an agent's screen before its call: countdown, dial, skip, expiry, hang-up, second by second."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from outdial import bootstrap
from outdial.adapters.telephony.simulated.carrier import Fate
from outdial.cli.preparation import Prepared
from outdial.domain.agents import AgentState, Work
from outdial.domain.values import UserId
from outdial.ports.desk import NoSkipLeft, PreviewNotDialed, PreviewOver
from tests.dialer.conftest import BUSY, NO_ANSWER, Tell, World, answers, number, paused
from tests.dialer.test_stories import on_dnc
from tests.simulation.conftest import a_campaign

Story = Callable[[World], Awaitable[None]]


def preview(
    kind: str = "AUTOMATIC", timeout: int | None = 20, skips: int = 2, **more: Any
) -> Callable[[bootstrap.Installation, Prepared], Awaitable[None]]:
    """Make the campaign a preview one before the engine looks at it."""

    async def change(here: bootstrap.Installation, prepared: Prepared) -> None:
        settings = {"strategy_type": kind, "preview_timeout": timeout, "max_skip_attempts": skips, **more}
        async with here.database.connection() as connection:
            await connection.execute(
                "update campaign set dialing_mode = 'PREVIEW', strategy = strategy || $1", settings
            )

    return change


def ana(world: World) -> UserId:
    return world.prepared.users[0]


def on_screen(world: World, agent: UserId | None = None) -> Work:
    work = world.live.pool.work(agent or ana(world))
    assert work is not None, "nothing is on the screen"
    return work


def preview_id(world: World) -> UUID:
    found = on_screen(world).preview
    assert found is not None, "no preview is open"
    return found


def state(world: World) -> AgentState:
    agent = world.live.pool.agent(ana(world))
    assert agent is not None
    return agent.state


async def dial(world: World) -> None:
    await world.loop.previews.dial(ana(world), preview_id(world))


def play(tell: Tell, story: Story, fates: Sequence[Fate], kind: str = "AUTOMATIC", **how: Any) -> None:
    settings = {name: how.pop(name) for name in ("timeout", "skips") if name in how}
    tell(story, fates, before=preview(kind, **settings), **how)


class TestAutomatic:
    def test_the_countdown_dials_at_zero_and_the_answered_call_goes_to_the_agent_at_once(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(19.0)
            assert state(world) is AgentState.PREVIEWING
            assert on_screen(world).phone == number(0)
            assert await world.attempts() == []
            await world.run_for(5.0)
            assert state(world) is AgentState.DIALING
            await world.run_for(2.0)
            assert state(world) is AgentState.TALKING
            await world.run_for(60.0)
            assert await world.attempts() == [(20, "00", "connected")]
            (row,) = await world.rows("select mode, answered_at, bridged_at from attempt")
            assert (row["mode"], row["bridged_at"]) == ("PREVIEW", row["answered_at"])

        play(tell, story, [answers(after=5.0)])

    def test_the_agent_may_dial_before_zero(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            await dial(world)
            await world.run_for(100.0)
            assert await world.attempts() == [(3, "00", "connected")]

        play(tell, story, [answers()])

    def test_after_a_call_that_nobody_answered_the_next_record_comes(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1.0)
            await dial(world)
            await world.run_for(4.0)
            assert on_screen(world).phone == number(1)

        play(tell, story, [BUSY, BUSY])

    def test_machines_are_not_looked_for(self, tell: Tell) -> None:
        machine = Fate(answers().outcome, 1.0, 4.0, 1.0, says_machine=True)

        async def story(world: World) -> None:
            await world.run_for(30.0)
            assert state(world) is AgentState.TALKING

        play(tell, story, [machine])


class TestManual:
    def test_it_waits_for_the_agent_for_as_long_as_it_takes(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1200.0)
            assert state(world) is AgentState.PREVIEWING
            await dial(world)
            await world.run_for(100.0)
            assert await world.attempts() == [(1200, "00", "connected")]

        play(tell, story, [answers()], "MANUAL", timeout=None)

    def test_a_preview_that_runs_out_counts_as_a_skip_and_its_agent_goes_on_pause(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(19.0)
            late = preview_id(world)
            await world.run_for(2.0)
            agent = world.live.pool.agent(ana(world))
            assert agent is not None
            assert (agent.state, agent.reason) == (AgentState.PAUSED, "preview_expired")
            (row,) = await world.rows("select state, skips from dial_item")
            assert (row["state"], row["skips"]) == (b"R", 1)
            with pytest.raises(PreviewOver):
                await world.loop.previews.dial(ana(world), late)
            with pytest.raises(PreviewOver):
                world.loop.previews.skip(ana(world), late)
            assert await world.attempts() == []

        play(tell, story, [answers()], "MANUAL")


class TestSkipping:
    def test_the_record_comes_again_after_the_others_and_the_last_skip_is_refused(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            seen = []
            for left in (2, 2, 1, 1):
                await world.run_for(1.5)
                seen.append(on_screen(world).phone)
                assert on_screen(world).skips_left == left
                world.loop.previews.skip(ana(world), preview_id(world))
            assert seen == [number(0), number(1)] * 2
            await world.run_for(1.5)
            assert on_screen(world).skips_left == 0
            with pytest.raises(NoSkipLeft):
                world.loop.previews.skip(ana(world), preview_id(world))
            assert state(world) is AgentState.PREVIEWING
            assert await world.attempts() == []

        play(tell, story, [answers(), answers()], "MANUAL", timeout=None)

    def test_with_no_skips_allowed_none_is(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1.0)
            with pytest.raises(NoSkipLeft):
                world.loop.previews.skip(ana(world), preview_id(world))

        play(tell, story, [answers()], skips=0)

    def test_a_late_skip_meets_no_other_record(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1.0)
            first = preview_id(world)
            world.loop.previews.skip(ana(world), first)
            await world.run_for(1.0)
            with pytest.raises(PreviewOver):
                world.loop.previews.skip(ana(world), first)
            assert on_screen(world).phone == number(1)

        play(tell, story, [answers(), answers()])


class TestHangingUp:
    def test_before_the_answer_it_is_the_agents_and_costs_an_attempt(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1.0)
            await dial(world)
            await world.run_for(3.0)
            assert world.loop.hang_up(ana(world))
            await world.run_for(1.0)
            assert await world.attempts() == [(1, "00", "agent_hangup_before_connection")]
            (row,) = await world.rows("select hangup_by, counted from attempt")
            assert (row["hangup_by"], row["counted"]) == ("agent", True)
            assert state(world) is AgentState.READY
            assert await world.live.carrier.calls() == ()

        play(tell, story, [NO_ANSWER])

    def test_during_the_conversation_it_ends_connected(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1.0)
            await dial(world)
            await world.run_for(10.0)
            assert world.loop.hang_up(ana(world))
            await world.run_for(1.0)
            assert state(world) is AgentState.WRAP_UP
            assert await world.attempts() == [(1, "00", "connected")]

        play(tell, story, [answers(talk=500.0)])


class TestTheLastWord:
    def test_a_number_that_was_listed_during_the_preview_is_not_called(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            await on_dnc(world.here, world.prepared, 0)
            with pytest.raises(PreviewNotDialed, match="on_dnc_list"):
                await dial(world)
            await world.run_for(5.0)
            assert await world.attempts() == []
            assert await world.reasons() == {"on_dnc_list": 1}
            assert state(world) is AgentState.READY

        play(tell, story, [answers()])

    def test_a_record_whose_zone_closes_during_the_preview_is_not_called(self, tell: Tell) -> None:
        # The virtual start is midnight UTC, 20:00 of Sunday in Washington.
        hours = [{"from": "09:00:00", "to": "20:00:10", "week_days": ["SUNDAY"]}]

        async def story(world: World) -> None:
            await world.run_for(5.0)
            assert state(world) is AgentState.PREVIEWING
            await world.run_for(60.0)
            assert await world.attempts() == []
            assert state(world) is AgentState.READY
            assert await world.reasons() == {"ready": 1}

        play(tell, story, [answers()], body=a_campaign(calling_hours=hours))

    def test_a_listed_number_is_not_even_shown(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(2.0)
            assert on_screen(world).phone == number(1)

        async def before(here: bootstrap.Installation, prepared: Prepared) -> None:
            await preview()(here, prepared)
            await on_dnc(here, prepared, 0)

        tell(story, [answers(), answers()], before=before)


class TestStopping:
    def test_pausing_the_campaign_takes_the_records_back(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            await paused(world)
            await world.run_for(60.0)
            assert await world.attempts() == []
            assert state(world) is AgentState.READY
            (row,) = await world.rows("select state, skips from dial_item")
            assert (row["state"], row["skips"]) == (b"R", 0)

        play(tell, story, [answers()])

    def test_an_agent_who_goes_on_pause_gives_the_record_to_the_next(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            one, two = world.prepared.users
            assert on_screen(world, one).phone == number(0)
            world.live.pool.leave(one, AgentState.PAUSED, "lunch")
            await world.run_for(15.5)  # the other agent's first record was dialed at zero, and was busy
            await world.run_for(5.0)
            assert on_screen(world, two).phone == number(0)

        play(tell, story, [answers(), BUSY], agents=2)
