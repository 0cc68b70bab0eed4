"""People at their desks: what they do, what becomes of them when they are silent, and what is kept of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from outdial.adapters.storage.agents import SessionRows
from outdial.adapters.telephony.simulated.carrier import Fate
from outdial.dialer.desk import FrontDesk
from outdial.domain.agents import AgentCannot, AgentState, Link, WrapUpNotExtendable
from outdial.domain.dispositions import Effect
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.values import AccountId, CampaignId, UserId
from outdial.ports.bus import Message
from outdial.ports.carrier import CarrierUnreachable
from outdial.ports.desk import NewSession, NoEngine, NotInCall, PreviewOver, Seat, SessionNotFound
from tests.dialer.conftest import NO_ANSWER, Tell, World, answers, number
from tests.dialer.test_dispositions import made, record, say
from tests.dialer.test_previews import preview

MINUTE = timedelta(minutes=1)


@dataclass
class Person:
    """An agent with a screen that is alive unless it is unplugged."""

    world: World
    user: UserId
    account: AccountId
    session: UUID
    plugged: bool = True
    heard: list[tuple[str, str | None]] = field(default_factory=list)

    async def seat(self) -> Seat:
        return await self.world.here.desk.seat(self.account, self.session)

    async def state(self) -> AgentState:
        return (await self.seat()).agent.state

    async def preview_id(self) -> UUID:
        work = (await self.seat()).work
        assert work is not None
        assert work.preview is not None
        return work.preview

    def do(self, command: str, *more: Any, **named: Any) -> Awaitable[Seat]:
        """One of the desk's commands."""
        answer: Awaitable[Seat] = getattr(self.world.here.desk, command)(self.account, self.session, *more, **named)
        return answer


async def sit_down(
    world: World, user: int = 0, *, campaigns: Sequence[UUID] | None = None, ready: bool = True
) -> Person:
    account = await world.here.account_id()
    if world.clock.monotonic() == 0.0:
        await world.run_for(0.1)  # the engine takes its lease
    chosen = None if campaigns is None else tuple(CampaignId(one) for one in campaigns)
    new = NewSession(account, world.prepared.users[user], chosen, ready, MINUTE, MINUTE)
    seat, _ = await world.here.desk.sign_in(new)
    assert seat.session is not None
    person = Person(world, new.user, account, seat.session)

    def hear(message: Message) -> None:
        if message.payload["user_id"] == str(person.user):
            state, why = message.payload["state"], message.payload.get("why")
            person.heard.append((str(state), None if why is None else str(why)))

    world.here.bus.subscribe(("agent.changed",), hear)
    return person


async def live_on(world: World, seconds: float, *people: Person) -> None:
    """Let time pass, with a sign of life every two seconds from those who are plugged in."""
    end = world.clock.monotonic() + seconds
    while (left := end - world.clock.monotonic()) > 1e-6:
        for person in people:
            if person.plugged:
                await person.do("heard")
        await world.run_for(min(2.0, left))


def play(tell: Tell, story: Callable[[World], Awaitable[None]], fates: Sequence[Fate], **how: Any) -> None:
    tell(story, fates, desks=True, **how)


class TestTheEndOfAShift:
    def test_is_kept_with_the_session_and_told_to_the_pacer_and_said_again_it_moves(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(0.1)
            account, user = await world.here.account_id(), world.prepared.users[0]
            end = world.clock.now() + timedelta(minutes=10)
            new = NewSession(account, user, None, True, MINUTE, MINUTE, end)
            seat, _ = await world.here.desk.sign_in(new)
            assert seat.ends_at == end
            pacer = world.loop.pacer
            assert isinstance(pacer, PredictivePacer)
            now = world.loop.looks_ahead()
            assert now is not None
            assert pacer._leaves[user] - now[1] == pytest.approx(600.0)
            later = end + timedelta(minutes=5)
            seat, began = await world.here.desk.sign_in(replace(new, ends_at=later))
            assert (seat.ends_at, began) == (later, False)
            assert pacer._leaves[user] - now[1] == pytest.approx(900.0)
            (row,) = await world.rows("select ends_at from agent_session")
            assert row["ends_at"] == later

        play(tell, story, [NO_ANSWER], pacer="predictive")


class TestADay:
    def test_from_sign_in_to_sign_out(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 7.0, ana)
            assert await ana.state() is AgentState.TALKING
            work = (await ana.seat()).work
            assert work is not None
            assert work.phone == number(0)
            (row,) = await world.rows("select uuid from attempt")
            assert work.attempt == row["uuid"]
            await live_on(world, 60.0, ana)
            assert await ana.state() is AgentState.WRAP_UP
            after = (await ana.seat()).work
            assert after == work  # the note and the disposition are about it
            await ana.do("wrap_up_done")
            assert await ana.state() is AgentState.READY
            assert (await ana.seat()).work is None
            await ana.do("sign_out", None)
            await world.run_for(1.0)
            with pytest.raises(SessionNotFound):
                await ana.seat()
            assert [state for state, _ in ana.heard if state != "ready"] == [
                "reserved",
                "talking",
                "wrap_up",
                "signed_out",
            ]
            rows = await world.rows("select state, attempt from agent_event order by id")
            states = [row["state"] for row in rows]
            assert [state for n, state in enumerate(states) if state != states[n - 1]] == [
                "ready",
                "reserved",
                "talking",
                "wrap_up",
                "ready",
                "signed_out",
            ]
            (session,) = await world.rows("select state, signed_out_at from agent_session")
            assert session["signed_out_at"] is not None

        play(tell, story, [answers(5.0)])

    def test_who_signs_in_again_goes_on_with_the_same_session(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world, ready=False)
            again = await sit_down(world)
            assert again.session == ana.session
            assert await ana.state() is AgentState.PAUSED

        play(tell, story, [NO_ANSWER])

    def test_on_pause_nobody_gets_a_call(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world, ready=False)
            await live_on(world, 30.0, ana)
            assert await world.attempts() == []
            await ana.do("ready")
            await live_on(world, 2.0, ana)
            assert len(await world.attempts()) == 1

        play(tell, story, [NO_ANSWER])

    def test_who_chose_other_campaigns_gets_nothing_of_this_one(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world, campaigns=[UUID(int=7)])
            await live_on(world, 10.0, ana)
            assert await world.attempts() == []
            await sit_down(world, campaigns=[world.prepared.campaign.id])
            await live_on(world, 10.0, ana)
            assert len(await world.attempts()) == 1

        play(tell, story, [NO_ANSWER])

    def test_without_an_engine_nobody_can_sign_in(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.live.engine.stop()
            with pytest.raises(NoEngine):
                await sit_down(world)

        play(tell, story, [NO_ANSWER])


class TestPauseAfterThisCall:
    def test_it_holds_until_the_wrap_up_is_over(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            await ana.do("pause", "lunch", after_call=True)
            assert await ana.state() is AgentState.TALKING
            await live_on(world, 60.0, ana)
            await ana.do("wrap_up_done")
            agent = (await ana.seat()).agent
            assert (agent.state, agent.reason, agent.leaving) == (AgentState.PAUSED, "lunch", None)

        play(tell, story, [answers(5.0), NO_ANSWER])

    def test_it_may_be_asked_for_before_the_call(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await ana.do("pause", "lunch", after_call=True)
            await live_on(world, 200.0, ana)
            assert await ana.state() is AgentState.PAUSED
            assert [outcome for _, _, outcome in await world.attempts()] == ["connected"]

        play(tell, story, [answers(5.0)])

    def test_it_may_be_taken_back(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            await ana.do("pause", None, after_call=True)
            await ana.do("ready")
            await live_on(world, 60.0, ana)
            await ana.do("wrap_up_done")
            assert await ana.state() is AgentState.READY

        play(tell, story, [answers(5.0)])

    def test_who_is_in_a_call_cannot_just_be_ready(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            with pytest.raises(AgentCannot):
                await ana.do("ready")

        play(tell, story, [answers(5.0)])


class TestWrapUp:
    def test_it_ends_at_its_limit_and_may_be_extended_once(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 20.0, ana)
            assert await ana.state() is AgentState.WRAP_UP
            until = (await ana.seat()).agent.until
            assert until is not None
            assert (await ana.do("extend_wrap_up")).agent.until == until + MINUTE
            with pytest.raises(WrapUpNotExtendable):
                await ana.do("extend_wrap_up")
            await live_on(world, 100.0, ana)
            assert await ana.state() is AgentState.WRAP_UP
            await live_on(world, 30.0, ana)
            assert await ana.state() is AgentState.READY
            assert ("ready", "wrap_up_over") in ana.heard

        play(tell, story, [answers(5.0, talk=10.0)])

    def test_one_that_runs_out_ends_in_the_accounts_default_disposition(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await made(world, Effect.RETRY, timedelta(minutes=5), is_default=True)
            ana = await sit_down(world)
            await live_on(world, 20.0, ana)
            assert await ana.state() is AgentState.WRAP_UP
            assert await record(world) == ("D", "connected")
            await live_on(world, 70.0, ana)
            assert await record(world) == ("W", "waiting_for_retry")
            (row,) = await world.rows("select d.name from attempt a join disposition d on d.id = a.disposition_id")
            assert row["name"] == "Retry"

        play(tell, story, [answers(5.0, talk=10.0)])

    def test_what_the_agent_said_stands_when_it_runs_out(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await made(world, Effect.RETRY, timedelta(minutes=5), is_default=True)
            final = await made(world, Effect.FINAL)
            ana = await sit_down(world)
            await live_on(world, 20.0, ana)
            await say(world, final)
            await live_on(world, 100.0, ana)
            assert await ana.state() is AgentState.READY
            assert await record(world) == ("D", "final_disposition")

        play(tell, story, [answers(5.0, talk=10.0)])


class TestACallOnHold:
    def test_waits_until_it_is_taken_back_and_every_change_is_told(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            before = await ana.seat()
            assert before.work is not None
            told = len(ana.heard)
            for command, on_hold, changes in (("hold", True, 1), ("hold", True, 1), ("unhold", False, 2)):
                assert (await ana.do(command)).on_hold is on_hold
                assert (world.live.carrier.held == {before.work.attempt}) is on_hold
                assert ana.heard[told:] == [("talking", None)] * changes
            assert (await ana.seat()).work == before.work
            await ana.do("send_digits", "12#")
            assert world.live.carrier.pressed == [(before.work.attempt, "12#")]

        play(tell, story, [answers(5.0, talk=500.0)])

    def test_stays_so_when_the_screen_was_away_and_the_same_person_signs_in_again(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            await ana.do("hold")
            ana.plugged = False
            await live_on(world, 8.0, ana)
            assert (await (await sit_down(world)).seat()).on_hold

        play(tell, story, [answers(5.0, talk=500.0)])

    def test_is_only_a_conversation(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 3.0, ana)  # it rings at the callee's
            for command in (("hold",), ("unhold",), ("send_digits", "1")):
                with pytest.raises(NotInCall):
                    await ana.do(*command)
            await live_on(world, 20.0, ana)
            assert await ana.state() is AgentState.WRAP_UP
            for command in (("hold",), ("unhold",), ("send_digits", "1")):
                with pytest.raises(NotInCall):
                    await ana.do(*command)

        play(tell, story, [answers(5.0, talk=10.0)])

    def test_is_not_said_to_be_where_the_carrier_does_not_answer(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            world.live.carrier.break_down()
            with pytest.raises(CarrierUnreachable):
                await ana.do("hold")
            assert not (await ana.seat()).on_hold

        play(tell, story, [answers(5.0, talk=500.0)])


class TestHangingUp:
    def test_the_agent_ends_the_call(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            await ana.do("hang_up")
            await live_on(world, 1.0, ana)
            assert await ana.state() is AgentState.WRAP_UP
            (row,) = await world.rows("select outcome, hangup_by from attempt")
            assert (row["outcome"], row["hangup_by"]) == ("connected", "agent")

        play(tell, story, [answers(5.0, talk=500.0)])

    def test_who_hangs_up_a_callee_on_hold_wraps_up_with_nobody_on_hold(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            await ana.do("hold")
            await ana.do("hang_up")
            await live_on(world, 1.0, ana)
            seat = await ana.seat()
            assert (seat.agent.state, seat.on_hold) == (AgentState.WRAP_UP, False)
            assert world.live.carrier.held == set()

        play(tell, story, [answers(5.0, talk=500.0)])

    def test_without_a_call_there_is_nothing_to_end(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world, ready=False)
            with pytest.raises(NotInCall):
                await ana.do("hang_up")

        play(tell, story, [NO_ANSWER])


class TestTheLink:
    def test_after_six_seconds_of_silence_no_call_is_made_for_the_agent(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world, ready=False)
            await ana.do("ready")
            ana.plugged = False
            await live_on(world, 5.9, ana)
            assert len(await world.attempts()) == 1
            await live_on(world, 8.0, ana)
            assert (await ana.seat()).agent.link is Link.LOST
            assert len(await world.attempts()) == 1  # the second record waits
            ana.plugged = True
            await live_on(world, 3.0, ana)
            assert (await ana.seat()).agent.link is Link.UP
            assert len(await world.attempts()) == 2

        play(tell, story, [NO_ANSWER, NO_ANSWER], body=_short_ring())

    def test_beyond_the_grace_time_the_agent_is_on_pause_and_the_event_says_why(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            ana.plugged = False
            await live_on(world, 31.0, ana)
            agent = (await ana.seat()).agent
            assert (agent.state, agent.reason, agent.link) == (AgentState.PAUSED, "link_lost", Link.GONE)
            assert ("paused", "link_gone") in ana.heard
            await ana.do("ready")
            assert await ana.state() is AgentState.READY

        play(tell, story, [NO_ANSWER])

    def test_a_conversation_goes_on_without_the_screen_and_the_agent_leaves_after_it(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            ana.plugged = False
            await live_on(world, 60.0, ana)
            assert await ana.state() is AgentState.TALKING
            await live_on(world, 200.0, ana)
            agent = (await ana.seat()).agent
            assert (agent.state, agent.reason) == (AgentState.PAUSED, "link_lost")

        play(tell, story, [answers(5.0, talk=100.0)])

    def test_back_during_the_conversation_the_agent_stays(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 10.0, ana)
            ana.plugged = False
            await live_on(world, 60.0, ana)
            ana.plugged = True
            await live_on(world, 60.0, ana)
            await ana.do("wrap_up_done")
            assert await ana.state() is AgentState.READY

        play(tell, story, [answers(5.0, talk=100.0)])

    def test_a_preview_goes_back_when_its_agent_does_not_come_back(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            await live_on(world, 2.0, ana)
            shown = await ana.preview_id()
            ana.plugged = False
            await live_on(world, 35.0, ana)
            assert await ana.state() is AgentState.PAUSED
            (row,) = await world.rows("select state, skips from dial_item")
            assert (row["state"], row["skips"]) == (b"R", 0)
            with pytest.raises(PreviewOver):
                await ana.do("dial", shown)

        play(tell, story, [answers()], before=preview("MANUAL", timeout=None))

    def test_who_stays_away_is_signed_out(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            ana = await sit_down(world)
            ana.plugged = False
            await live_on(world, 16 * 60.0, ana)
            with pytest.raises(SessionNotFound):
                await ana.seat()
            (row,) = await world.rows("select ended_reason from agent_session")
            assert row["ended_reason"] == "away"

        play(tell, story, [NO_ANSWER])


class TestARestart:
    def test_the_next_owner_finds_who_was_there_and_who_still_talks_and_waits_for_their_screens(
        self, tell: Tell
    ) -> None:
        async def story(world: World) -> None:
            ana, ben = await sit_down(world), await sit_down(world, 1, ready=False)
            await live_on(world, 10.0, ana, ben)
            assert await ana.state() is AgentState.TALKING
            await world.do("update lease set fence = fence + 2")  # as if another one had dialed meanwhile
            world.live.engine.hint()
            await world.run_for(1.0)
            seats = {seat.agent.id: seat.agent for seat in await world.here.desk.seats(ana.account)}
            assert (seats[ana.user].state, seats[ana.user].link) == (AgentState.TALKING, Link.LOST)
            assert seats[ben.user].state is AgentState.PAUSED
            await ana.do("heard")
            assert (await ana.seat()).agent.link is Link.UP
            await live_on(world, 60.0, ana, ben)
            assert await ana.state() is AgentState.WRAP_UP
            assert await world.attempts() == [(0, "00", "connected")]

        play(tell, story, [answers(5.0)], agents=2)


def _short_ring() -> dict[str, Any]:
    from tests.simulation.conftest import a_campaign

    body = a_campaign()
    body["dialing_mode_configuration"]["max_ring_time_in_secs"] = 6
    return body


def test_what_becomes_of_agents_after_the_end_of_service_is_no_fault(tell: Tell) -> None:
    async def story(world: World) -> None:
        ana = await sit_down(world)
        here, engine = world.here, world.live.engine
        own = engine.ownership_changed
        async with FrontDesk(SessionRows(here.database), here.storage, here.bus, here.clock, here.ids).open() as closed:
            closed.serve(engine)
            closed.adopt(ana.account, [ana.user])
        engine.ownership_changed = own
        await ana.do("pause", "lunch", after_call=False)  # both desks hear of it
        assert await ana.state() is AgentState.PAUSED

    play(tell, story, [NO_ANSWER])
