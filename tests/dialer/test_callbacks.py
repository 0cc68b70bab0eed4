"""Callbacks at work: dialed when they are due and their agent is free, in hours, never against a do-not-call list."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from outdial import bootstrap
from outdial.adapters.storage.campaigns import strategy_to_json
from outdial.app import callbacks, dnc
from outdial.app.callbacks import Wanted
from outdial.cli.preparation import Prepared
from outdial.domain.access import Principal
from outdial.domain.agents import AgentState
from outdial.domain.callbacks import AssignType, Callback
from outdial.domain.dispositions import Effect
from outdial.domain.errors import Unavailable
from outdial.domain.values import PhoneNumber, UserId
from outdial.ports.callbacks import CallbackFilter
from outdial.ports.dialing import DialStore
from tests.conftest import HOLIDAYS
from tests.dialer.conftest import (
    BUSY,
    CONGESTION,
    INVALID,
    NO_ANSWER,
    Tell,
    World,
    answers,
    number,
    paused,
)
from tests.dialer.test_dispositions import made, say
from tests.simulation.conftest import a_campaign

Before = Callable[[bootstrap.Installation, Prepared], Awaitable[None]]


async def principal(here: bootstrap.Installation) -> Principal:
    return Principal(await here.account_id(), "test", frozenset())


async def record_of(here: bootstrap.Installation, which: int = 0) -> str:
    async with here.database.connection() as connection:
        uuid = await connection.fetchval(
            "select r.uuid from record r join record_phone p on p.record_id = r.id where p.e164 = $1",
            int(number(which)[1:]),
        )
    return str(uuid)


async def promise(
    here: bootstrap.Installation,
    prepared: Prepared,
    after: float,
    *,
    which: int = 0,
    agents: tuple[UserId, ...] = (),
    owner: UserId | None = None,
    kind: AssignType | None = None,
    phone: PhoneNumber | None = None,
    groups: tuple[str, ...] | None = None,
) -> Callback:
    """A callback to the record of number(which), so many seconds from now."""
    wanted = Wanted(
        here.clock.now() + timedelta(seconds=after),
        phone,
        assign_type=kind or (AssignType.SPECIFIC_AGENT if agents else None),
        agents=tuple(map(str, agents)) or None,
        ring_groups=groups,
    )
    seen = await callbacks.create(
        str(prepared.campaign.id),
        await record_of(here, which),
        wanted,
        owner=None if owner is None else str(owner),
        by=await principal(here),
        storage=here.storage,
        clock=here.clock,
        ids=here.ids,
        holidays=HOLIDAYS,
    )
    return seen.callback


def promised(after: float, **members: Any) -> Before:
    """Before the story begins: as `promise`; agents by their place."""

    async def make(here: bootstrap.Installation, prepared: Prepared) -> None:
        chosen = {key: members[key] for key in members if key not in ("agent", "owner")}
        if "agent" in members:
            chosen["agents"] = (prepared.users[members["agent"]],)
        if "owner" in members:
            chosen["owner"] = prepared.users[members["owner"]]
        await promise(here, prepared, after, **chosen)

    return make


async def listed(world: World, which: int = 0) -> None:
    """Put number(which) on a do-not-call list of the campaign."""
    here, by = world.here, await principal(world.here)
    (row,) = await world.rows(
        """insert into dnc_list (uuid, account_id, name, status, created_at, updated_at)
           values (gen_random_uuid(), $1, 'Opt-outs', 'ACCEPTED', $2, $2) returning uuid""",
        by.account,
        world.clock.now(),
    )
    await world.do("insert into campaign_dnc_list select c.id, d.id from campaign c, dnc_list d")
    await dnc.put_entry(
        str(row["uuid"]),
        number=number(which),
        expires_on=None,
        reason=None,
        by=by,
        storage=here.storage,
        clock=here.clock,
        ids=here.ids,
    )


async def the_callback(world: World) -> Callback:
    _, found = await callbacks.listed(
        CallbackFilter(), offset=0, limit=10, by=await principal(world.here), storage=world.here.storage
    )
    assert len(found) == 1
    return found[0].callback


async def standing(world: World) -> tuple[str, str | None, int]:
    callback = await the_callback(world)
    return callback.status.value, callback.reason and callback.reason.value, callback.attempts


async def who_talked(world: World) -> list[int]:
    """The agents of the attempts in order, by their place."""
    rows = await world.rows("select u.uuid from attempt a join app_user u on u.id = a.user_id order by a.id")
    return [list(world.prepared.users).index(row["uuid"]) for row in rows]


class TestWhenItIsDue:
    def test_it_is_dialed_within_five_seconds_and_bridged(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(599.0)
            assert await world.attempts() == []
            await world.run_for(6.0)
            ((start, which, _),) = await world.attempts()
            assert which == "00"
            assert 600 <= start <= 605
            await world.run_for(200.0)
            assert await standing(world) == ("SUCCESS", "connected", 1)
            assert await world.reasons() == {"connected": 1}

        tell(story, [answers()], before=promised(600))

    def test_ordinary_dialing_leaves_its_record_alone_before(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1000.0)
            assert [which for _, which, _ in await world.attempts()] == ["01"]
            assert await world.reasons() == {"callback_pending": 1, "connected": 1}

        tell(story, [answers(), answers()], before=promised(3600))

    def test_it_goes_before_what_is_only_wanted(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            assert (await world.attempts())[0][1] == "03"

        tell(story, [answers()] * 4, before=promised(0, which=3))

    def test_its_agent_is_there_before_the_person_is(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            assert world.live.pool.states()[AgentState.RESERVED] == 1
            await world.run_for(4.0)
            (row,) = await world.rows("select answered_at is not null as answered from attempt")
            assert world.live.pool.states()[AgentState.TALKING] == 1
            await world.run_for(300.0)
            (row,) = await world.rows("select answered_at, bridged_at from attempt")
            assert row["answered_at"] == row["bridged_at"]

        tell(story, [answers(after=5.0)], before=promised(0))

    def test_a_phone_that_rings_long_frees_the_agent_only_when_it_stops(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(20.0)
            assert world.live.pool.states()[AgentState.RESERVED] == 1
            await world.run_for(30.0)
            assert world.live.pool.states()[AgentState.READY] == 1
            assert [outcome for _, _, outcome in await world.attempts()] == ["no_answer"]

        tell(story, [NO_ANSWER], before=promised(0))

    def test_the_number_that_was_promised_is_called(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            assert [which for _, which, _ in await world.attempts()] == ["77"]

        tell(story, [answers()], before=promised(0, phone=number(77)))

    def test_a_campaign_that_only_has_callbacks_left_goes_on(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(4000.0)
            assert not world.loop.exhausted.is_set()
            assert world.loop.activity.doing.value == "waiting_for_retry"
            await world.run_for(4000.0)
            assert world.loop.exhausted.is_set()

        tell(story, [answers(), answers()], before=promised(7200))

    def test_one_promised_while_the_campaign_runs_is_kept(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(300.0)
            assert await world.reasons() == {"connected": 1}
            await promise(world.here, world.prepared, 60.0)
            world.live.engine.hint()
            await world.run_for(70.0)
            starts = [start for start, _, _ in await world.attempts()]
            assert 360 <= starts[1] <= 365

        tell(story, [answers()])

    def test_a_paused_campaign_calls_nobody_back_until_it_runs(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await paused(world)
            await world.run_for(600.0)
            assert await world.attempts() == []
            assert (await standing(world))[0] == "UNATTEMPTED"

        tell(story, [answers()], before=promised(60))

    def test_what_became_of_the_last_call_is_said_although_the_campaign_pauses(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            await paused(world)
            await world.run_for(300.0)
            assert await standing(world) == ("SUCCESS", "connected", 1)

        tell(story, [answers()], before=promised(0))


class TestItsAgent:
    def test_the_agent_it_is_for_takes_it(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(200.0)
            assert await who_talked(world) == [1]

        tell(story, [answers()], agents=2, before=promised(0, agent=1))

    def test_it_waits_while_that_agent_talks_and_comes_right_after(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            assert [which for _, which, _ in await world.attempts()] == ["01"]
            await world.run_for(55.0)  # the callback is due in the middle of the conversation
            assert len(await world.attempts()) == 1
            await world.run_for(300.0)
            attempts = await world.attempts()
            assert [which for _, which, _ in attempts] == ["01", "00"]
            (row,) = await world.rows("select ended_at from attempt where number = 1 and e164::text like '%01'")
            assert attempts[1][0] > (row["ended_at"] - world.shift.start).total_seconds()
            assert await who_talked(world) == [0, 0]

        tell(story, [answers(), answers(talk=100.0)], before=promised(30, agent=0))

    def test_one_for_an_agent_who_is_away_is_taken_by_nobody_else(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            world.live.pool.leave(world.prepared.users[1], AgentState.PAUSED)
            await world.run_for(3600.0)
            assert await world.attempts() == []
            world.live.pool.ready(world.prepared.users[1])
            await world.run_for(5.0)
            ((start, _, _),) = await world.attempts()
            assert 3600 <= start <= 3605

        tell(story, [answers()], agents=2, before=promised(60, agent=1))

    def test_one_that_prefers_its_owner_goes_to_them(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(200.0)
            assert await who_talked(world) == [1]

        before = promised(0, owner=1, kind=AssignType.MYSELF_IF_AVAILABLE)
        tell(story, [answers()], agents=2, before=before)

    def test_and_after_a_minute_to_anybody(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            world.live.pool.leave(world.prepared.users[1], AgentState.PAUSED)
            await world.run_for(100.0)
            assert await world.attempts() == []
            await world.run_for(100.0)
            ((start, _, _),) = await world.attempts()
            assert 120 <= start <= 125
            assert await who_talked(world) == [0]

        before = promised(60, owner=1, kind=AssignType.MYSELF_IF_AVAILABLE)
        tell(story, [answers(talk=20.0)], agents=2, before=before)

    def test_anybody_means_the_agent_who_waits_longest(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            first = world.prepared.users[0]
            world.live.pool.leave(first, AgentState.PAUSED)
            world.live.pool.ready(first)
            await world.run_for(200.0)
            assert await who_talked(world) == [1]

        tell(story, [answers()], agents=2, before=promised(10))

    def test_a_ring_group_is_the_team_of_its_name_and_one_that_no_team_has_binds_nobody(self, tell: Tell) -> None:
        async def before(here: bootstrap.Installation, prepared: Prepared) -> None:
            async with here.database.connection() as connection:
                await connection.execute(
                    """with t as (insert into team (uuid, account_id, name, created_at)
                         select gen_random_uuid(), id, 'Renewals', $2 from account returning id)
                       insert into team_user select t.id, u.id from t, app_user u where u.uuid = $1""",
                    prepared.users[1],
                    here.clock.now(),
                )
            kind = AssignType.SPECIFIC_RING_GROUP
            await promise(here, prepared, 10.0, kind=kind, groups=("Renewals",))
            await promise(here, prepared, 700.0, which=1, kind=kind, groups=("Nobody's",))

        async def story(world: World) -> None:
            member = world.prepared.users[1]
            world.live.pool.leave(member, AgentState.PAUSED)
            await world.run_for(500.0)
            assert await world.attempts() == []
            world.live.pool.ready(member)
            await world.run_for(150.0)
            assert await who_talked(world) == [1]
            world.live.pool.leave(member, AgentState.PAUSED)
            await world.run_for(300.0)
            assert await who_talked(world) == [1, 0]

        tell(story, [answers(talk=20.0)] * 2, agents=2, before=before)

    def test_two_for_one_agent_come_one_after_the_other(self, tell: Tell) -> None:
        async def both(here: bootstrap.Installation, prepared: Prepared) -> None:
            await promise(here, prepared, 10.0, which=0, agents=(prepared.users[0],))
            await promise(here, prepared, 10.0, which=1, agents=(prepared.users[0],))

        async def story(world: World) -> None:
            await world.run_for(20.0)
            assert [which for _, which, _ in await world.attempts()] == ["00"]
            await world.run_for(400.0)
            assert [(which, outcome) for _, which, outcome in await world.attempts()] == [
                ("00", "connected"),
                ("01", "connected"),
            ]

        tell(story, [answers(), answers()], before=both)


class TestWhatForbidsIt:
    def test_a_number_listed_later_is_never_called_and_the_callback_is_dropped(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            await listed(world)
            await world.run_for(600.0)
            assert await world.attempts() == []
            assert await standing(world) == ("CANCELED", "on_dnc_list", 0)

        tell(story, [answers()], before=promised(300))

    def test_and_that_is_seen_before_it_is_due(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            await listed(world)
            world.live.engine.hint()
            await world.run_for(5.0)
            assert await standing(world) == ("CANCELED", "on_dnc_list", 0)

        tell(story, [answers()], before=promised(3600))

    def test_a_canceled_one_is_not_called_and_its_record_goes_on(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            callback = await the_callback(world)
            by = await principal(world.here)
            await callbacks.cancel(str(callback.id), by=by, storage=world.here.storage, clock=world.clock)
            world.live.engine.hint()
            await world.run_for(5.0)
            assert [which for _, which, _ in await world.attempts()] == ["00"]  # by ordinary dialing, at once
            (row,) = await world.rows("select callback_id from attempt")
            assert row["callback_id"] is None

        tell(story, [answers()], before=promised(3600))

    def test_hours_that_change_move_it_to_the_next_opening(self, tell: Tell) -> None:
        """The campaign's hours become afternoons while a callback for the morning is waiting."""

        async def story(world: World) -> None:
            await world.run_for(30.0)
            strategy = world.prepared.campaign.strategy
            assert strategy is not None
            (window,) = strategy.calling_hours
            later = (world.clock.now() + timedelta(hours=2)).replace(second=0, microsecond=0)
            local = later.astimezone(ZoneInfo("America/New_York"))
            changed = replace(strategy, calling_hours=(replace(window, start=local.time()),))
            await world.do("update campaign set strategy = $1, version = version + 1", strategy_to_json(changed))
            world.live.engine.hint()
            await world.run_for(3600.0)
            assert await world.attempts() == []
            callback = await the_callback(world)
            assert (callback.due_at, callback.reason and callback.reason.value) == (later, "outside_calling_hours")
            assert callback.scheduled_at < callback.due_at
            await world.run_for(3700.0)
            ((start, _, _),) = await world.attempts()
            due = (later - world.shift.start).total_seconds()
            assert due <= start <= due + 5

        tell(story, [answers()], before=promised(300))


class TestWhatFollows:
    def test_it_is_tried_again_after_the_campaigns_period_until_its_limit(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(100.0)
            assert await standing(world) == ("TO_BE_RETRIED", "waiting_for_retry", 1)
            assert await world.reasons() == {"callback_pending": 1}
            await world.run_for(4 * 3600.0)
            starts = [start for start, _, _ in await world.attempts()]
            assert starts == [0, 1802, 3604, 5406]  # 30 minutes after each end, four attempts in all
            assert await standing(world) == ("EXHAUSTED", "max_attempts", 4)
            assert await world.reasons() == {"max_attempts": 1}

        tell(story, [BUSY], before=promised(0))

    def test_what_was_called_before_uses_up_nothing_of_it(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(300.0)
            await promise(world.here, world.prepared, 10.0)
            world.live.engine.hint()
            await world.run_for(300.0)
            assert [outcome for _, _, outcome in await world.attempts()] == ["connected", "connected"]
            assert await world.reasons() == {"connected": 1}

        tell(story, [answers()], body=a_campaign(max_attempts=1))

    def test_a_bad_number_ends_it(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(100.0)
            assert await standing(world) == ("INVALID_NUMBER", "invalid_number", 1)

        tell(story, [INVALID], before=promised(0))

    def test_congestion_counts_as_no_attempt_and_is_tried_again_soon(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(25.0)
            assert await standing(world) == ("UNATTEMPTED", "carrier_back_off", 0)
            await world.run_for(20.0)
            assert len(await world.attempts()) == 2

        tell(story, [CONGESTION], before=promised(0))

    def test_an_agent_who_promises_again_in_its_call_keeps_it_alive(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)  # they are talking
            (row,) = await world.rows("select uuid from attempt")
            await callbacks.schedule(
                row["uuid"],
                Wanted(world.clock.now() + timedelta(hours=1)),
                agent=world.prepared.users[0],
                account=await world.here.account_id(),
                storage=world.here.storage,
                clock=world.clock,
                ids=world.here.ids,
                holidays=HOLIDAYS,
            )
            world.live.engine.hint()
            await world.run_for(600.0)
            assert await standing(world) == ("UNATTEMPTED", "rescheduled", 0)
            assert await world.reasons() == {"callback_pending": 1}
            await world.run_for(3600.0)
            assert [outcome for _, _, outcome in await world.attempts()] == ["connected", "connected"]
            assert await standing(world) == ("SUCCESS", "connected", 1)

        tell(story, [answers()], before=promised(0))

    def test_what_its_agent_says_of_the_call_holds_for_the_record(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(300.0)
            assert await world.reasons() == {"connected": 1}
            await promise(world.here, world.prepared, 10.0)
            world.live.engine.hint()
            await world.run_for(30.0)  # they are talking again
            await say(world, await made(world, Effect.RETRY, timedelta(minutes=20)), attempt=2)
            await world.run_for(300.0)
            assert await standing(world) == ("SUCCESS", "connected", 1)
            assert await world.reasons() == {"waiting_for_retry": 1}
            await world.run_for(1200.0)
            assert len(await world.attempts()) == 3

        tell(story, [answers()])

    def test_whoever_looks_afterwards_sees_how_late_it_was(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(300.0)
            callback = await the_callback(world)
            assert callback.dialed_at is not None
            assert timedelta(0) <= callback.dialed_at - callback.scheduled_at <= timedelta(seconds=5)
            assert callback.processed_at == callback.dialed_at

        tell(story, [answers()], before=promised(60))

    def test_what_became_of_it_is_told(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(300.0)
            rows = await world.rows("select payload from outbox where topic = 'callback.changed' order by id")
            assert [(row["payload"]["status"], row["payload"]["reason"]) for row in rows] == [("SUCCESS", "connected")]

        tell(story, [answers()], before=promised(60))


class TestCrashes:
    def test_the_database_that_goes_away_at_the_claim_costs_nothing_but_time(self, tell: Tell) -> None:
        class Failing:
            def __init__(self, real: DialStore) -> None:
                self._real, self.left = real, 2

            def __getattr__(self, name: str) -> Any:
                return getattr(self._real, name)

            def placing(self, *arguments: Any) -> Any:
                if self.left:
                    self.left -= 1
                    raise Unavailable("gone")
                return self._real.placing(*arguments)

        async def story(world: World) -> None:
            await world.run_for(300.0)
            assert [outcome for _, _, outcome in await world.attempts()] == ["connected"]
            assert await standing(world) == ("SUCCESS", "connected", 1)

        tell(story, [answers()], before=promised(0), store=Failing)

    def test_an_engine_that_dies_in_its_call_leaves_it_to_be_tried_again(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(4.0)
            assert len(await world.attempts()) == 1
            world.live.engine.abort()
            await world.do("update lease set until = '-infinity'")
            async with world.second_engine() as other:
                other.carrier.script[number(0)] = answers()
                await world.run_for(20.0)
                assert [outcome for _, _, outcome in await world.attempts()] == ["lost"]
                assert await standing(world) == ("UNATTEMPTED", "carrier_back_off", 0)
                await world.run_for(200.0)
                assert [outcome for _, _, outcome in await world.attempts()] == ["lost", "connected"]
            assert await standing(world) == ("SUCCESS", "connected", 1)

        tell(story, [answers()], before=promised(0))
