"""What happens to calls, agents and records, second by second."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from outdial import bootstrap
from outdial.app import campaigns, dispositions, dnc, record_lists, records
from outdial.app.campaigns import Changes, Named
from outdial.app.records import Sent
from outdial.cli.preparation import Prepared
from outdial.domain.access import Principal
from outdial.domain.activity import Doing
from outdial.domain.agents import AgentState
from outdial.domain.campaigns import CampaignStatus, Extensions
from outdial.domain.errors import Unavailable
from outdial.domain.machine_detection import Detection
from outdial.domain.records import Draft
from outdial.domain.values import PhoneType
from outdial.ports.campaigns import Part
from outdial.ports.dialing import DialStore, Ended
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
from tests.simulation.conftest import a_campaign


async def on_dnc(here: bootstrap.Installation, prepared: Prepared, *numbers: int) -> None:
    """Put numbers on a DNC list of the campaign."""
    async with here.database.connection() as connection:
        await connection.execute(
            """insert into dnc_list (uuid, account_id, name, status, created_at, updated_at)
               values (gen_random_uuid(), (select id from account), 'Opt-outs', 'ACCEPTED', now(), now());
               insert into campaign_dnc_list select c.id, d.id from campaign c, dnc_list d;"""
        )
        await connection.executemany(
            """insert into dnc_entry (uuid, list_id, e164, created_at, updated_at)
               values (gen_random_uuid(), (select id from dnc_list), $1, now(), now())""",
            [(int(number(n)[1:]),) for n in numbers],
        )


async def add_hot_lead(world: World, phone: str) -> None:
    """A record without a priority, sent alone; and a hint to the engine as it gets it from the events."""
    here, by = world.here, Principal(await world.here.account_id(), "test", frozenset())
    (row,) = await world.rows("select uuid from record_list")
    sent = Sent(Draft("Zoe", "Berg", [(PhoneType.MOBILE, phone)]))
    await records.add(str(row["uuid"]), sent, by=by, storage=here.storage, clock=here.clock, ids=here.ids)
    world.live.engine.hint()


class TestWhatACampaignTellsTheCarrier:
    def test_its_rules_and_its_message_hold_for_the_calls_after_they_were_set(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            (ana,) = world.prepared.users
            world.live.carrier.messages["brief"] = 1.0
            rules = {"profile": "private", "initial_silence_in_ms": 1000, "limit_in_ms": 1500}
            for _ in range(2):
                await world.run_for(3.0)
                world.live.pool.leave(ana, AgentState.PAUSED)  # nobody is there for the one who answers now
                await world.run_for(20.0)
                await world.set(lambda _: {"detection": rules, "safety_message": "brief"})
                world.live.pool.ready(ana)
            rows = await world.rows(
                "select verdict, outcome, ended_at - verdict_at as waited from attempt where ended_at is not null "
                "order by id"
            )
            told = [(row["verdict"], row["outcome"], row["waited"].total_seconds()) for row in rows]
            assert told == [("human", "abandoned", 2.0 + 4.0), ("not_sure", "abandoned", 2.0 + 1.0)]

        tell(story, [answers(verdict=2.0), answers(verdict=2.0), NO_ANSWER])


class TestTheSampleOfMachines:
    def test_an_agent_gets_what_was_judged_a_machine_and_says_who_it_was(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            assert world.live.pool.states()[AgentState.TALKING] == 1
            await world.run_for(120.0)
            rows = await world.rows(
                "select outcome, verdict, bridged_at - verdict_at as waited from attempt order by id"
            )
            assert [(row["outcome"], row["verdict"]) for row in rows] == [("connected", "machine")]
            assert rows[0]["waited"].total_seconds() == 0.0
            campaign, by = str(world.prepared.campaign.id), Principal(await world.here.account_id(), "t", frozenset())
            found = await dispositions.verdicts(campaign, since=None, until=None, by=by, storage=world.here.storage)
            assert (found.machine, found.sampled, found.sampled_said) == (1, 1, 0)

        tell(story, [MACHINE], before=extended(Extensions(detection=Detection(sampled=1.0))))

    def test_for_pacing_it_was_no_live_call(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            (ana,) = world.prepared.users
            await world.run_for(3.0)
            world.live.pool.leave(ana, AgentState.PAUSED)  # nobody is there for it
            await world.run_for(30.0)
            (row,) = await world.rows("select outcome, ended_at - verdict_at as waited from attempt")
            assert (row["outcome"], row["waited"].total_seconds()) == ("machine", 2.0 + 4.0)
            spent = world.loop.pacer.state()["budget"]
            assert (spent["live"], spent["abandoned"]) == (0, 0)

        tell(
            story,
            [MACHINE, NO_ANSWER],
            before=extended(Extensions(detection=Detection(sampled=1.0))),
            pacer="predictive",
        )


class TestAnAnsweredCall:
    def test_it_is_bridged_at_the_verdict_and_ends_connected(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.5)
            assert world.live.pool.states()[AgentState.READY] == 1
            await world.run_for(1.0)
            assert world.live.pool.states()[AgentState.TALKING] == 1
            await world.run_for(60.0)
            assert world.live.pool.states()[AgentState.WRAP_UP] == 1
            assert await world.attempts() == [(0, "00", "connected")]
            (row,) = await world.rows(
                "select bridged_at - answered_at as waited, u.uuid, hangup_by from attempt "
                "join app_user u on u.id = user_id"
            )
            assert row["waited"].total_seconds() == 1.0
            assert row["uuid"] == world.prepared.users[0]
            assert await world.reasons() == {"connected": 1}

        tell(story, [answers(after=5.0)])

    def test_the_agent_who_waits_longest_takes_it(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(200.0)
            rows = await world.rows("select u.uuid from attempt join app_user u on u.id = user_id order by attempt.id")
            ana, ben = world.prepared.users
            assert [row["uuid"] for row in rows] == [ana, ben]

        tell(story, [answers(5.0, talk=20.0), answers(20.0, talk=10.0)], agents=2)

    def test_without_a_free_agent_it_is_given_up_at_the_abandonment_timeout(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            # Two calls are in the air for two agents; one of them goes on pause before anybody answers.
            await world.run_for(3.0)
            world.live.pool.leave(world.prepared.users[1], AgentState.PAUSED)
            await world.run_for(60.0)
            outcomes = {which: outcome for _, which, outcome in await world.attempts()}
            assert outcomes == {"00": "connected", "01": "abandoned"}
            (row,) = await world.rows("select ended_at - verdict_at as waited from attempt where outcome = 'abandoned'")
            assert row["waited"].total_seconds() == 2.0 + 4.0  # the timeout, and the message that is played then

        tell(story, [answers(5.0, talk=30.0), answers(5.5)], agents=2)

    def test_who_hangs_up_while_waiting_left_early(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            world.live.pool.leave(world.prepared.users[1], AgentState.PAUSED)
            await world.run_for(60.0)
            (row,) = await world.rows("select outcome, left_early from attempt where e164::text like '%01'")
            assert (row["outcome"], row["left_early"]) == ("hangup_before_connection", True)

        tell(story, [answers(5.0, talk=30.0), answers(5.5, patience=1.0)], agents=2)

    def test_an_agent_who_becomes_free_in_time_takes_who_waits(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            world.live.pool.leave(world.prepared.users[1], AgentState.PAUSED)
            await world.run_for(4.5)  # the second person waits since second 6.5
            assert world.live.pool.states()[AgentState.TALKING] == 1
            world.live.pool.ready(world.prepared.users[1])
            await world.run_for(100.0)
            assert {outcome for _, _, outcome in await world.attempts()} == {"connected"}

        tell(story, [answers(5.0, talk=30.0), answers(5.5)], agents=2)

    def test_a_machine_disturbs_nobody(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            assert await world.attempts() == [(0, "00", "machine")]
            assert world.live.pool.states()[AgentState.READY] == 1

        tell(story, [MACHINE])


class TestWhatFollows:
    def test_each_attempt_waits_for_the_campaigns_period(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(4 * 3600.0)
            starts = [start for start, _, _ in await world.attempts()]
            assert starts == [0, 1802, 3604, 5406]  # 30 minutes after each end, four attempts in all
            assert await world.reasons() == {"max_attempts": 1}

        tell(story, [BUSY])

    def test_congestion_uses_up_no_attempt_and_backs_off(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(400.0)
            rows = await world.rows("select number, counted from attempt order by id")
            assert [(row["number"], row["counted"]) for row in rows] == [(1, False), (2, False), (3, False), (4, False)]
            (item,) = await world.rows("select attempts, uncounted, reason from dial_item")
            assert (item["attempts"], item["uncounted"], item["reason"]) == (0, 4, "carrier_back_off")

        tell(story, [CONGESTION])

    def test_an_invalid_number_goes_on_with_the_next_type_at_once(self, tell: Tell) -> None:
        chain = [{"type": "MOBILE", "max_attempts": 3}, {"type": "HOME", "max_attempts": 2}]
        chain += [{"type": kind, "max_attempts": 1} for kind in ("OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3")]

        async def story(world: World) -> None:
            await world.run_for(100.0)
            attempts = await world.attempts()
            assert [(which, outcome) for _, which, outcome in attempts] == [
                ("00", "invalid_number"),
                ("01", "connected"),
            ]
            assert attempts[1][0] <= 4

        rows = [f"A,B,{number(0)},{number(1)},"]
        tell(story, [INVALID, answers()], rows=rows, body=a_campaign(record_chain=chain))

    def test_calls_go_first_to_the_highest_priority_and_then_first_in_first_out(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(200.0)
            assert [which for _, which, _ in await world.attempts()][:4] == ["02", "00", "03", "01"]

        rows = [f"A{n},B,{number(n)},,{priority}" for n, priority in enumerate((7, 3, 9, 7))]
        tell(story, [INVALID] * 4, rows=rows)

    @pytest.mark.parametrize(("criteria", "expected"), [("FIFO", "00010203"), ("LIFO", "03020100")])
    def test_several_lists_are_one_queue_by_the_order_in_which_their_records_came(
        self, tell: Tell, criteria: str, expected: str
    ) -> None:
        async def a_second_list(here: bootstrap.Installation, prepared: Prepared) -> None:
            by = Principal(await here.account_id(), "test", frozenset())
            how: dict[str, Any] = {"by": by, "storage": here.storage, "clock": here.clock}
            new, _ = await record_lists.create(name="Later", ids=here.ids, files=here.uploads, **how)
            sent = [Sent(Draft("Zoe", "Berg", [(PhoneType.MOBILE, number(n))])) for n in (2, 3)]
            await records.add_many(str(new.id), sent, ids=here.ids, **how)
            async with here.database.connection() as connection:
                await connection.execute("update record_list set status = 'ACCEPTED'")
            named = [Named("0", id=str(new.id))]
            await campaigns.assign(str(prepared.campaign.id), Part.RECORD_LISTS, named, **how)

        async def story(world: World) -> None:
            await world.run_for(60.0)
            assert "".join(which for _, which, _ in await world.attempts()) == expected

        rows = [f"A{n},B,{number(n)},," for n in (0, 1)]
        body = a_campaign(lists_sorting_criteria=criteria)
        tell(story, [INVALID] * 4, rows=rows, body=body, before=a_second_list)

    @pytest.mark.parametrize("pacer", ["progressive", "predictive"])
    def test_a_hot_lead_that_comes_while_an_agent_is_free_is_dialed_within_a_second(
        self, tell: Tell, pacer: str
    ) -> None:
        async def story(world: World) -> None:
            await world.run_for(100.0)  # every record waits for its retry
            await add_hot_lead(world, number(9))
            came = world.clock.monotonic()
            await world.run_for(1.0)
            start, which, _ = (await world.attempts())[-1]
            assert which == "09"
            assert start <= came + 1.0

        tell(story, [BUSY] * 9, pacer=pacer)

    def test_a_hot_lead_that_comes_while_every_agent_talks_is_the_next_call(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            await add_hot_lead(world, number(9))
            await world.run_for(100.0)
            assert [which for _, which, _ in await world.attempts()][:2] == ["00", "09"]

        tell(story, [answers(talk=30.0)] * 9)

    def test_records_that_come_while_it_dials_are_taken_in_with_their_zones(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            await add_hot_lead(world, "+493023125045")
            await world.run_for(5.0)
            assert (await world.attempts())[-1][1] == "45"

        tell(story, [BUSY])


class TestDoNotCall:
    def test_a_listed_number_is_never_called_and_its_record_is_suppressed(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(100.0)
            assert [which for _, which, _ in await world.attempts()] == ["01"]
            assert await world.reasons() == {"connected": 1, "on_dnc_list": 1}

        tell(story, [answers(), answers()], before=lambda here, ready: on_dnc(here, ready, 0))

    def test_a_list_of_the_whole_account_binds_a_campaign_that_it_is_not_assigned_to(self, tell: Tell) -> None:
        async def account_wide(here: bootstrap.Installation, prepared: Prepared) -> None:
            await on_dnc(here, prepared, 0)
            async with here.database.connection() as connection:
                await connection.execute("delete from campaign_dnc_list")
                uuid = await connection.fetchval("select uuid from dnc_list")
            by = Principal(await here.account_id(), "test", frozenset())
            await dnc.set_reach(str(uuid), account_wide=True, by=by, storage=here.storage, clock=here.clock)

        async def story(world: World) -> None:
            await world.run_for(100.0)
            assert [which for _, which, _ in await world.attempts()] == ["01"]
            assert await world.reasons() == {"connected": 1, "on_dnc_list": 1}

        tell(story, [answers(), answers()], before=account_wide)

    def test_while_the_lists_cannot_be_read_nobody_is_called(self, tell: Tell) -> None:
        class Blind:
            """The real store, whose do-not-call lists cannot be looked at for the first minute."""

            def __init__(self, real: DialStore) -> None:
                self._real, self.asked = real, 0

            def __getattr__(self, name: str) -> Any:
                return getattr(self._real, name)

            def placing(self, *arguments: Any) -> Any:
                self.asked += 1
                if self.asked <= 30:
                    raise Unavailable("the lists cannot be read")
                return self._real.placing(*arguments)

        async def story(world: World) -> None:
            await world.run_for(25.0)
            assert await world.attempts() == []
            assert await world.live.carrier.calls() == ()
            assert world.loop.activity.doing is Doing.DATABASE_DOWN
            await world.run_for(120.0)
            assert {outcome for _, _, outcome in await world.attempts()} == {"busy"}
            assert await world.reasons() == {"waiting_for_retry": 2}

        tell(story, [BUSY, BUSY], store=Blind)

    def test_a_record_with_another_number_goes_on_with_that(self, tell: Tell) -> None:
        chain = [{"type": kind, "max_attempts": 2} for kind in ("MOBILE", "HOME", "OFFICE")]
        chain += [{"type": kind, "max_attempts": 1} for kind in ("EXTRA_1", "EXTRA_2", "EXTRA_3")]

        async def story(world: World) -> None:
            await world.run_for(100.0)
            assert [which for _, which, _ in await world.attempts()] == ["01"]

        rows = [f"A,B,{number(0)},{number(1)},"]
        body = a_campaign(record_chain=chain)
        tell(story, [answers()] * 2, rows=rows, body=body, before=lambda here, ready: on_dnc(here, ready, 0))

    def test_a_number_that_is_listed_while_it_waits_is_not_called_again(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            await on_dnc(world.here, world.prepared, 0)
            await world.run_for(3 * 3600.0)
            assert await world.attempts() == [(0, "00", "busy")]

        tell(story, [BUSY])


class TestTheReasonLine:
    def test_nobody_signed_in(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            for user in world.prepared.users:
                world.live.pool.leave(user, AgentState.PAUSED)
            await world.run_for(60.0)
            assert world.loop.activity.doing is Doing.NO_AGENTS_READY
            assert await world.attempts() == []

        tell(story, [BUSY, BUSY])

    def test_every_record_waits_for_its_retry_until_a_known_time(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            activity = world.loop.activity
            assert activity.doing is Doing.WAITING_FOR_RETRY
            assert activity.until is not None
            assert 1800 <= (activity.until - world.shift.start).total_seconds() <= 1803

        tell(story, [BUSY])

    def test_outside_calling_hours_until_the_next_opening(self, tell: Tell) -> None:
        # The virtual start is midnight UTC, 20:00 of the day before in Washington.
        hours = [{"from": "09:00:00", "to": "17:00:00", "week_days": ["MONDAY"]}]

        async def story(world: World) -> None:
            await world.run_for(60.0)
            activity = world.loop.activity
            assert activity.doing is Doing.OUTSIDE_CALLING_HOURS
            assert activity.until is not None
            assert activity.until.isoformat() == "2026-06-01T13:00:00+00:00"
            await world.run_for(13 * 3600.0)
            assert len(await world.attempts()) == 1

        tell(story, [answers()], body=a_campaign(calling_hours=hours))

    def test_an_exhausted_list_asks_for_a_person(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(600.0)
            assert world.loop.activity.doing is Doing.LIST_EXHAUSTED
            assert world.loop.exhausted.is_set()
            (row,) = await world.rows("select action_required, status, activity from campaign")
            assert (row["action_required"], row["status"]) == (True, "RUNNING")
            assert row["activity"]["activity"] == "list_exhausted"

        tell(story, [answers()])

    def test_a_campaign_that_runs_once_pauses_at_the_end_of_its_list(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(600.0)
            (row,) = await world.rows("select status from campaign")
            assert row["status"] == "PAUSED"

        async def once(here: bootstrap.Installation, prepared: Prepared) -> None:
            async with here.database.connection() as connection:
                await connection.execute("update campaign set run_once = true")

        tell(story, [answers()], before=once)

    def test_it_pauses_at_every_end_of_its_list_and_dials_what_came_since_when_it_is_started_again(
        self, tell: Tell
    ) -> None:
        async def standing(world: World) -> tuple[str, bool]:
            (row,) = await world.rows("select status, action_required from campaign")
            return row["status"], row["action_required"]

        async def story(world: World) -> None:
            await world.run_for(600.0)
            await add_hot_lead(world, number(1))
            await world.run_for(600.0)
            assert [which for _, which, _ in await world.attempts()] == ["00"]
            await world.change(Changes(status=CampaignStatus.RUNNING))
            assert await standing(world) == ("RUNNING", False)
            await world.run_for(600.0)
            assert [which for _, which, _ in await world.attempts()] == ["00", "01"]
            assert await standing(world) == ("PAUSED", True)

        async def once(here: bootstrap.Installation, prepared: Prepared) -> None:
            async with here.database.connection() as connection:
                await connection.execute("update campaign set run_once = true")

        tell(story, [answers(), answers()], rows=[f"A,B,{number(0)},,"], before=once)

    def test_a_list_that_gets_new_records_asks_for_nobody_any_more(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            told = len(await world.rows("select from outbox where topic = 'campaign.changed'"))
            await world.run_for(600.0)
            await add_hot_lead(world, number(1))
            await world.run_for(30.0)
            (row,) = await world.rows("select action_required from campaign")
            assert not row["action_required"]
            await world.run_for(600.0)
            (row,) = await world.rows("select action_required from campaign")
            assert row["action_required"]
            rows = await world.rows("select payload from outbox where topic = 'campaign.changed' order by id")
            assert len(rows) == told + 3

        tell(story, [answers(), answers()], rows=[f"A,B,{number(0)},,"])

    def test_at_any_time_every_record_has_exactly_one_reason(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            for _ in range(40):
                await world.run_for(7.3)
                assert sum((await world.reasons()).values()) == 12
                assert None not in await world.reasons()

        tell(story, [answers(talk=20), BUSY, NO_ANSWER, INVALID, CONGESTION, MACHINE] * 2, agents=2)


class TestPausing:
    def test_no_call_starts_after_it_and_those_in_progress_finish(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            before = await world.attempts()
            await paused(world)
            await world.run_for(200.0)
            after = await world.attempts()
            assert [start for start, _, _ in after] == [start for start, _, _ in before]
            assert "connected" in {outcome for _, _, outcome in after}
            assert world.live.loop is None

        tell(story, [answers(talk=60.0), *[NO_ANSWER] * 8], agents=2)

    def test_it_dials_on_when_started_again(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(5.0)
            await paused(world)
            await world.run_for(100.0)
            before = len(await world.attempts())
            await world.change(Changes(status=CampaignStatus.RUNNING))
            await world.run_for(100.0)
            assert len(await world.attempts()) > before

        tell(story, [NO_ANSWER] * 10)

    def test_it_dials_on_at_once_though_a_conversation_from_before_still_lasts(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            await paused(world)
            await world.run_for(1.0)
            await world.change(Changes(status=CampaignStatus.RUNNING))
            before = len(await world.attempts())
            await world.run_for(60.0)
            assert world.live.pool.states()[AgentState.TALKING] == 1
            assert len(await world.attempts()) > before

        tell(story, [answers(talk=3000.0), *[NO_ANSWER] * 8], agents=2)


class TestOwnership:
    def test_a_second_engine_dials_nothing_while_the_first_owns_the_lease(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            async with world.second_engine() as other:
                await world.run_for(60.0)
                assert not other.engine.owns
                assert other.loop is None
            assert len(await world.attempts()) >= 2

        tell(story, [NO_ANSWER] * 10)

    def test_who_lost_the_lease_takes_no_record(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3.0)
            await world.do("update lease set holder = 'somebody else', fence = fence + 1")
            before = len(await world.attempts())
            await world.run_for(300.0)
            assert len(await world.attempts()) == before

        tell(story, [NO_ANSWER] * 10)

    def test_while_it_drains_the_engine_keeps_its_lease(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(20.0)
            assert world.live.pool.states()[AgentState.TALKING] == 1
            await world.do("update lease set until = $1", world.clock.now() + timedelta(seconds=50))
            stopping = asyncio.create_task(world.live.engine.stop())
            await world.run_for(100.0)
            async with world.second_engine() as other:
                await world.run_for(10.0)
                assert not other.engine.owns
            await stopping
            assert await world.attempts() == [(0, "00", "connected")]

        tell(story, [answers(talk=200.0)])


class TestFaults:
    def test_while_the_carrier_is_broken_it_says_so_and_dials_on_afterwards(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            world.live.carrier.break_down()
            await world.run_for(4.0)
            assert world.loop.activity.doing is Doing.CARRIER_DOWN
            world.live.carrier.mend()
            await world.run_for(300.0)
            outcomes = [outcome for _, _, outcome in await world.attempts()]
            assert outcomes[0] == "carrier_fault"
            assert "busy" in outcomes
            assert (await world.rows("select max(attempts) as most from dial_item"))[0]["most"] == 1

        tell(story, [BUSY, BUSY])

    def test_a_fault_of_ours_ends_a_simulation(self, tell: Tell) -> None:
        class Broken:
            """A store with a bug."""

            def __init__(self, real: DialStore) -> None:
                self._real = real

            def __getattr__(self, name: str) -> Any:
                return getattr(self._real, name)

            async def end(self, campaign: int, ended: list[Ended]) -> frozenset[int]:
                raise ZeroDivisionError

        async def story(world: World) -> None:
            await world.run_for(60.0)
            assert world.live.running.done()

        with pytest.raises(ExceptionGroup) as caught:
            tell(story, [BUSY], store=Broken)
        assert caught.group_contains(ZeroDivisionError)

    def test_an_outcome_is_written_as_soon_as_the_database_answers_again(self, tell: Tell) -> None:
        class Flaky:
            """The real store, whose first five ends do not reach the database."""

            def __init__(self, real: DialStore) -> None:
                self._real, self._refusals = real, 5

            def __getattr__(self, name: str) -> Any:
                return getattr(self._real, name)

            async def end(self, campaign: int, ended: list[Ended]) -> frozenset[int]:
                if self._refusals:
                    self._refusals -= 1
                    raise Unavailable("the database does not answer")
                return await self._real.end(campaign, ended)

        async def story(world: World) -> None:
            await world.run_for(60.0)
            assert await world.attempts() == [(0, "00", "busy")]

        tell(story, [BUSY], store=Flaky)


def test_an_agent_whose_phone_cannot_be_reached_is_on_pause_and_the_callee_is_not_left_in_silence(tell: Tell) -> None:
    async def story(world: World) -> None:
        [agent] = world.live.pool.agents()
        world.live.carrier.phones_down.add(agent.id)
        await world.run_for(30)
        lost = world.live.pool.agent(agent.id)
        assert lost is not None
        assert (lost.state, lost.reason) == (AgentState.PAUSED, "phone_lost")
        assert [outcome for _, _, outcome in await world.attempts()] == ["abandoned"]

    tell(story, [answers(2.0), answers(2.0)])
