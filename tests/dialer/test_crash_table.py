"""What a crash may cost, row by row of the architecture's table, in virtual time: the calls outlive the engine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from outdial.app.attempts import Finished, finish
from outdial.app.campaigns import Changes
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.campaign_loop import CampaignLoop
from outdial.dialer.engine import Engine, EngineSettings
from outdial.domain.activity import Doing
from outdial.domain.agents import AgentState
from outdial.domain.calls import CallState
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.errors import Unavailable
from outdial.domain.outcomes import Outcome
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.ports.dialing import Claimed, DialStore, NewAttempt, OpenAttempt, Placing, RunningCampaign
from outdial.simulation.agents import SimulatedAgents
from outdial.simulation.shift import pacer_of
from outdial.simulation.virtual_time import VirtualTimeLoop, database_gate
from tests.dialer.conftest import BUSY, NO_ANSWER, Tell, World, answers, paused

LEASE, POLL = 20.0, 1.0


async def dies(world: World, *, lease_is_void: bool = True) -> None:
    """The engine is gone between two statements; the carrier's calls are not."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    while loop.in_flight:
        await world.clock.sleep(0.001)
    world.live.engine.abort()
    world.live.engine.hint()  # else its task would wait for the next look
    await asyncio.gather(world.live.running, return_exceptions=True)
    until = "'-infinity'" if lease_is_void else f"'{world.clock.now() + timedelta(seconds=LEASE)}'"
    await world.do(f"update lease set until = {until}")


@contextlib.asynccontextmanager
async def next_engine(world: World, pacer: str = "progressive") -> AsyncIterator[Engine]:
    """Another one takes over, on the same carrier, with the same agents."""
    pool = AgentPool(world.clock, seed=1)
    engine = Engine(
        holder="next",
        store=world.store,
        carrier=world.live.carrier,
        pool=pool,
        clock=world.clock,
        ids=world.here.ids,
        new_pacer=lambda running: pacer_of(running, pacer),
        settings=EngineSettings(poll_seconds=POLL, lease_seconds=LEASE, simulated_lease=True, fail_fast=True),
    )
    SimulatedAgents(pool, world.clock, seed=1).sign_in(world.prepared.users)
    running = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        await engine.stop()
        await running


def predictive(loop: CampaignLoop) -> PredictivePacer:
    assert isinstance(loop.pacer, PredictivePacer)
    return loop.pacer


def messages(world: World) -> list[UUID]:
    """The calls in which the message is asked for from now on."""
    heard: list[UUID] = []
    play = world.live.carrier.play_then_hang_up

    async def watched(call_id: UUID) -> None:
        heard.append(call_id)
        await play(call_id)

    world.live.carrier.play_then_hang_up = watched  # type: ignore[method-assign]
    return heard


class Halting:
    """The real store, in which the first batch of calls comes no further than a certain point."""

    def __init__(self, real: DialStore, *, begun: bool) -> None:
        self._real, self._begun, self._halts = real, begun, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @contextlib.asynccontextmanager
    async def placing(
        self, campaign: RunningCampaign, claims: Sequence[Claimed], days: Sequence[date]
    ) -> AsyncIterator[Placing]:
        halts, self._halts = self._halts, False
        if halts and not self._begun:
            await asyncio.Event().wait()
        async with self._real.placing(campaign, claims, days) as placing:
            yield _HaltsAfterBegin(placing) if halts else placing


class _HaltsAfterBegin:
    def __init__(self, real: Placing) -> None:
        self._real, self.on_dnc = real, real.on_dnc

    async def begin(self, lease: str, fence: int, attempts: Sequence[NewAttempt]) -> Sequence[int | None]:
        await self._real.begin(lease, fence, attempts)
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")


class TestTheEngineDies:
    def test_after_the_claim_and_before_the_attempt_it_costs_the_lease(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            (row,) = await world.rows("select state::text, attempt_id from dial_item")
            assert (row["state"], row["attempt_id"]) == ("C", None)
            await dies(world, lease_is_void=False)
            async with next_engine(world):
                await world.run_for(LEASE - 1.0)
                assert await world.attempts() == []
                await world.run_for(1.0 + 5.0)
                assert [which for _, which, _ in await world.attempts()] == ["00"]

        tell(story, [NO_ANSWER], store=lambda real: Halting(real, begun=False))

    def test_after_the_attempt_and_before_the_call_it_costs_one_attempt_that_is_not_counted(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            assert await world.live.carrier.calls() == ()
            await dies(world)
            async with next_engine(world):
                await world.run_for(5.0)
                assert [outcome for _, _, outcome in await world.attempts()] == ["lost"]
                await world.run_for(60.0)
                assert [outcome for _, _, outcome in await world.attempts()] == ["lost", "busy"]
                (item,) = await world.rows("select attempts from dial_item")
                assert item["attempts"] == 1

        tell(story, [BUSY], store=lambda real: Halting(real, begun=True))

    def test_while_it_rings_the_call_is_taken_back_and_never_made_twice_at_once(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            (ringing,) = await world.live.carrier.calls()
            await dies(world)
            async with next_engine(world):
                await world.run_for(5.0)
                assert await world.live.carrier.calls() == ()
                assert [outcome for _, _, outcome in await world.attempts()] == ["lost"]
                await world.run_for(35.0)
                (again,) = await world.live.carrier.calls()
                assert again != ringing

        tell(story, [NO_ANSWER])

    def test_whoever_has_answered_hears_the_message(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(6.0)
            (waiting,) = await world.live.carrier.calls()
            await dies(world)
            heard = messages(world)
            async with next_engine(world):
                await world.run_for(2.0)
                assert heard == [waiting]
                assert await world.attempts() == [(0, "00", None)]  # it blocks its record until the call is over
                await world.run_for(8.0)
                assert await world.attempts() == [(0, "00", "lost")]

        tell(story, [answers(5.0, verdict=3.0)])

    def test_a_conversation_goes_on_with_its_agent_and_ends_connected(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            await dies(world)
            heard = messages(world)
            async with next_engine(world) as engine:
                await world.run_for(20.0)
                assert engine.pool.states()[AgentState.TALKING] == 1
                await world.run_for(40.0)
                assert engine.pool.states()[AgentState.TALKING] == 0
                assert await world.attempts() == [(0, "00", "connected")]
                (row,) = await world.rows(
                    "select ended_at - bridged_at as talked, user_id is null as alone from attempt"
                )
                assert (row["talked"], row["alone"]) == (timedelta(seconds=60), False)
            assert heard == []

        tell(story, [answers(5.0, talk=60.0)])

    def test_a_conversation_that_ended_meanwhile_was_one_and_nobody_is_called_again(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            await dies(world)
            await world.run_for(60.0)
            async with next_engine(world):
                await world.run_for(600.0)
                assert await world.attempts() == [(0, "00", "connected")]

        tell(story, [answers(5.0, talk=20.0)])

    def test_what_it_left_of_a_paused_campaign_is_ended_too(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            await paused(world)
            await dies(world)
            async with next_engine(world):
                await world.run_for(5.0)
                assert await world.live.carrier.calls() == ()
                assert await world.attempts() == [(0, "00", "lost")]

        tell(story, [NO_ANSWER])


class TestWhatWasSpentOfTheAllowance:
    """The pacer's counts are stored now and then; those of the time since then are in the attempts."""

    @staticmethod
    async def written(world: World) -> tuple[int, int]:
        """Live calls, and abandoned ones, as the attempts have it."""
        ((live, abandoned),) = await world.rows(
            """select count(*) filter (where bridged_at is not null or outcome = 'abandoned' or left_early),
                 count(*) filter (where outcome = 'abandoned' or left_early) from attempt"""
        )
        return live, abandoned

    @staticmethod
    def counted(engine: Engine) -> tuple[int, int]:
        (loop,) = engine.loops.values()
        budget = predictive(loop).budget
        # All of it was today: every period counts the same as the whole.
        for buckets in budget.windows.state().values():
            assert [sum(bucket[i] for bucket in buckets) for i in (1, 2)] == [budget.live, budget.abandoned]
        return budget.live, budget.abandoned

    @staticmethod
    async def nobody_is_there(world: World, seconds: float) -> None:
        """As soon as calls are on their way, every agent pauses: who answers is given up, or leaves before."""
        while not world.loop.unanswered:
            await world.run_for(0.25)
        for user in world.prepared.users:
            world.live.pool.leave(user, AgentState.PAUSED)
        await world.run_for(seconds)
        for user in world.prepared.users:
            agent = world.live.pool.agent(user)
            if agent is not None and agent.state is AgentState.PAUSED:
                world.live.pool.ready(user)

    @staticmethod
    async def just_kept(world: World) -> Mapping[str, Any]:
        """Wait until the pacer's state is stored; answers it."""
        ((before,),) = await world.rows("select pacer_state from campaign")
        while True:
            await world.run_for(0.25)
            ((kept,),) = await world.rows("select pacer_state from campaign")
            if kept != before:
                return dict(kept)

    FATES = (answers(talk=7.0), answers(3.0, talk=15.0), answers(4.0, talk=9.0, patience=1.0)) * 30

    @pytest.mark.parametrize("seconds", [0.3, 2.5, 6.0, 20.0, 24.0, 28.0])
    def test_is_known_to_the_next_engine_to_the_last_call_written(self, tell: Tell, seconds: float) -> None:
        async def story(world: World) -> None:
            await world.run_for(25.0)
            await self.nobody_is_there(world, 9.0)
            kept = await self.just_kept(world)
            crash_at = world.clock.monotonic() + seconds
            if seconds > 10.0:
                await self.nobody_is_there(world, 9.0)
            await world.run_for(crash_at - world.clock.monotonic())
            await dies(world)
            async with next_engine(world, "predictive") as engine:
                await world.run_for(0.5)
                assert self.counted(engine) == await self.written(world)
                assert self.counted(engine)[1] > 0
                if seconds > 10.0:
                    assert self.counted(engine)[1] > kept["budget"]["abandoned"]
                    assert self.counted(engine)[0] > kept["budget"]["live"] + 1

        tell(story, self.FATES, agents=4, pacer="predictive")

    def test_crash_after_crash_is_counted_once(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(45.0)
            await dies(world)
            for seconds in (4.0, 12.0, 33.0, 1.0, 20.0):
                async with next_engine(world, "predictive") as engine:
                    await world.run_for(0.5)
                    assert self.counted(engine) == await self.written(world)
                    await world.run_for(seconds)
                    engine.abort()
                await world.do("update lease set until = '-infinity'")
            async with next_engine(world, "predictive") as engine:
                await world.run_for(0.5)
                assert self.counted(engine) == await self.written(world)
                assert self.counted(engine)[0] > 10

        tell(story, self.FATES, agents=4, pacer="predictive")

    def test_what_another_engine_spent_while_it_had_the_lease_is_counted_too(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(20.0)
            before = predictive(world.loop).budget.live
            # As if another had dialed: its attempts are in the database, this engine knows nothing of them.
            await world.do(
                """insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type,
                     zone_id, mode, fence, started_at, answered_at, verdict_at, bridged_at, ended_at, outcome, counted,
                     left_early)
                   select gen_random_uuid(), campaign_id, record_id, list_id, 9, priority, e164, phone_type, zone_id,
                     mode, fence + 1, now, now, now, case when g > 3 then now end, now,
                     case when g > 3 then 'connected' else 'abandoned' end, true, false
                   from (select * from attempt order by id limit 1) a, (select $1::timestamptz as now) n,
                     generate_series(1, 10) g""",
                world.clock.now(),
            )
            await world.do("update lease set holder = 'a thief', fence = fence + 1, until = '-infinity'")
            world.live.engine.hint()
            await world.run_for(0.5)
            assert world.live.engine.owns
            assert predictive(world.loop).budget.live >= before + 10
            assert (predictive(world.loop).budget.live, predictive(world.loop).budget.abandoned) == (
                await self.written(world)
            )

        tell(story, self.FATES, agents=4, pacer="predictive")

    def test_who_dials_now_says_what_the_campaign_does(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(20.0)
            await world.do(
                "update lease set holder = 'another', fence = fence + 1, until = $1",
                world.clock.now() + timedelta(seconds=30),
            )
            said = {"activity": "dialing", "said_by": "another"}
            await world.do("update campaign set activity = $1", said)
            world.live.engine.hint()
            await world.run_for(25.0)
            assert not world.live.engine.owns
            ((now,),) = await world.rows("select activity from campaign")
            assert now == said

        tell(story, self.FATES, agents=4, pacer="predictive")


class Away:
    """The real store, in front of a database that can go away; with `late` the next attempts are written, and no answer
    comes back."""

    def __init__(self, real: DialStore) -> None:
        self._real = real
        self.away = self.late = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)

        async def asked(*arguments: Any, **named: Any) -> Any:
            if self.away:
                raise Unavailable("the database does not answer")
            return await real(*arguments, **named)

        return asked

    @contextlib.asynccontextmanager
    async def placing(self, *arguments: Any) -> AsyncIterator[Placing]:
        if self.away:
            raise Unavailable("the database does not answer")
        late, self.late = self.late, False
        async with self._real.placing(*arguments) as placing:
            yield _LosesTheAnswer(placing) if late else placing


class _LosesTheAnswer:
    def __init__(self, real: Placing) -> None:
        self._real, self.on_dnc = real, real.on_dnc

    async def begin(self, lease: str, fence: int, attempts: Sequence[NewAttempt]) -> Sequence[int | None]:
        await self._real.begin(lease, fence, attempts)
        raise Unavailable("the answer did not come back")


class TestTheDatabaseIsAway:
    def test_calls_in_progress_go_on_no_new_one_begins_and_the_journal_catches_up(self, tell: Tell) -> None:
        doors: list[Away] = []

        def door(real: DialStore) -> DialStore:
            doors.append(Away(real))
            return doors[0]

        async def story(world: World) -> None:
            await world.run_for(3.0)
            before = len(await world.attempts())
            doors[0].away = True
            await world.run_for(30.0)
            assert world.live.pool.states()[AgentState.TALKING] == 1  # it was answered meanwhile
            assert len(await world.live.carrier.calls()) == 1
            assert len(await world.attempts()) == before
            await world.run_for(60.0)
            assert await world.live.carrier.calls() == ()
            assert "connected" not in {outcome for _, _, outcome in await world.attempts()}
            doors[0].away = False
            await world.run_for(6.0)
            assert [outcome for _, _, outcome in await world.attempts()][:2] == ["connected", "busy"]
            assert len(await world.attempts()) > before

        tell(story, [answers(5.0, talk=40.0), BUSY, NO_ANSWER, NO_ANSWER], agents=2, store=door)

    def test_an_attempt_whose_answer_was_lost_is_ended_without_any_restart(self, tell: Tell) -> None:
        doors: list[Away] = []

        def door(real: DialStore) -> DialStore:
            doors.append(Away(real))
            doors[0].late = True
            return doors[0]

        async def story(world: World) -> None:
            await world.run_for(5.0)
            assert [outcome for _, _, outcome in await world.attempts()] == ["lost"]
            await world.run_for(60.0)
            assert [outcome for _, _, outcome in await world.attempts()] == ["lost", "busy"]

        tell(story, [BUSY], store=door)

    def test_a_call_that_ends_while_the_open_attempts_are_read_ends_once(self, tell: Tell) -> None:
        doors: list[Away] = []

        def door(real: DialStore) -> DialStore:
            doors.append(Away(real))
            return doors[0]

        async def story(world: World) -> None:
            await world.run_for(3.0)
            doors[0].away = True
            world.loop.look_for_records()
            await world.run_for(1.0)
            doors[0].away = False
            read, asked = doors[0]._real.open_attempts, asyncio.Event()

            async def slowly(campaign: int, fence: int) -> Sequence[OpenAttempt]:
                found = await read(campaign, fence)
                assert len(found) == 1
                asked.set()
                await world.run_for(30.0)
                return found

            doors[0]._real.open_attempts = slowly  # type: ignore[method-assign]
            await asked.wait()
            await world.run_for(40.0)
            assert await world.attempts() == [(0, "00", "no_answer")]
            assert world.loop.progress.outcomes == {Outcome.NO_ANSWER: 1}

        tell(story, [NO_ANSWER], store=door)

    def test_of_two_ends_of_an_attempt_the_first_is_counted_and_the_other_is_not(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            await dies(world)
            (running,) = await world.store.running_campaigns()
            (left,) = await world.store.open_attempts(running.key, 1)
            call = replace(left.call, state=CallState.ENDED, ended_at=world.clock.now())
            ends = [
                Finished(left.key, left.about.claimed.record, 0, replace(call, outcome=outcome))
                for outcome in (Outcome.NO_ANSWER, Outcome.LOST)
            ]
            (ended,) = await finish(world.store, running, ends)
            assert ended.outcome is Outcome.NO_ANSWER
            assert await world.attempts() == [(0, "00", "no_answer")]
            (item,) = await world.rows("select attempts, uncounted from dial_item")
            assert (item["attempts"], item["uncounted"]) == (1, 0)

        tell(story, [NO_ANSWER])


class TestTheCarrierIsAway:
    def test_a_call_of_which_nobody_knows_is_not_given_up_however_long_it_takes(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            carrier = world.live.carrier
            await world.run_for(3.0)
            hear, carrier._hear = (
                carrier._hear,
                lambda event: None,
            )  # the road is cut: it is answered, nobody hears of it
            carrier.break_down()
            await world.run_for(120.0)
            assert await world.attempts() == [(0, "00", None)]
            carrier._hear = hear
            carrier.mend()
            heard = messages(world)
            await world.run_for(20.0)
            assert len(heard) == 1
            assert await world.attempts() == [(0, "00", "lost")]

        tell(story, [answers(5.0, patience=1e6)])


class TestAStopInTheMiddle:
    def test_a_look_that_had_begun_before_it_sets_nothing_going_again(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(8.0)
            assert world.live.pool.states()[AgentState.TALKING] == 1
            await world.do("update campaign set version = version + 1")
            read = world.store.running_campaigns

            async def slowly() -> Sequence[RunningCampaign]:
                campaigns = await read()
                await world.run_for(3.0)
                return campaigns

            world.store.running_campaigns = slowly  # type: ignore[method-assign]
            world.live.engine.hint()
            await world.run_for(1.0)
            before = len(await world.attempts())
            await world.live.engine.stop()
            assert len(await world.attempts()) == before
            assert world.clock.monotonic() < 60.0  # it ends with the last conversation, not with the drain time

        tell(story, [answers(2.0, talk=20.0), *[NO_ANSWER] * 5], agents=2)

    def test_an_engine_that_winds_down_lets_calls_end_and_takes_nothing_up_again(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            world.live.engine.wind_down()
            begun = len(await world.attempts())
            await world.run_for(60.0)
            assert world.live.loop is None
            world.live.engine.hint()  # as at its next look
            await world.run_for(60.0)
            attempts = await world.attempts()
            assert len(attempts) == begun
            assert {outcome for _, _, outcome in attempts} == {"no_answer"}
            assert world.live.engine.owns

        tell(story, [NO_ANSWER] * 8)

    def test_a_campaign_that_is_resumed_in_its_last_moments_is_dialed_on(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            note, ending = world.store.note, asyncio.Event()

            async def slowly(campaign: int, activity: Mapping[str, object], pacer_state: Any) -> None:
                await note(campaign, activity, pacer_state)
                if activity["activity"] == Doing.NO_ENGINE.value:
                    ending.set()
                    await world.run_for(3.0)

            world.store.note = slowly  # type: ignore[method-assign]
            await paused(world)
            await ending.wait()
            before = len(await world.attempts())
            await world.change(Changes(status=CampaignStatus.RUNNING))
            await world.run_for(10.0)
            assert len(await world.attempts()) > before

        tell(story, [BUSY] * 5)


class TestAnApiNodeDies:
    def test_in_the_middle_of_a_request_it_costs_nothing(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            with database_gate():
                node = await asyncpg.connect(**world.here.server.connect)
                await node.execute("begin")
                await node.execute("update campaign set status = 'PAUSED', version = version + 1")
                node.terminate()  # the server sees the socket close, as when the process is killed
            await world.run_for(60.0)
            assert [outcome for _, _, outcome in await world.attempts()] == ["busy"] * 5
            (row,) = await world.rows("select status from campaign")
            assert row["status"] == "RUNNING"

        tell(story, [BUSY] * 5)


class TestTheBusIsAway:
    @pytest.mark.parametrize("status", ["PAUSED"])
    def test_a_change_is_seen_at_the_next_look(self, tell: Tell, status: str) -> None:
        async def story(world: World) -> None:
            await dies(world)
            async with next_engine(world) as engine:
                await world.run_for(5.0)
                assert len(engine.loops) == 1
                await world.do(f"update campaign set status = '{status}', version = version + 1")  # and no hint
                await world.run_for(POLL + 0.5)
                begun = len(await world.attempts())
                await world.run_for(60.0)
                assert len(await world.attempts()) == begun
                assert engine.loops == {}

        tell(story, [NO_ANSWER] * 8)
