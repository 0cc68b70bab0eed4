"""A rule that becomes looser while a campaign runs: who was put out of dialing by it goes on."""

from typing import Any

from outdial import bootstrap
from outdial.app import dnc
from outdial.app.campaigns import Changes
from outdial.cli.preparation import Prepared
from outdial.domain.access import Principal
from outdial.domain.campaigns import CampaignStatus
from tests.dialer.conftest import BUSY, NO_ANSWER, Tell, World, answers, number, paused
from tests.dialer.test_stories import on_dnc
from tests.simulation.conftest import EVERY_DAY, a_campaign

ALL_OF_THE_US = "+18005550142"
"""A free number belongs to every zone of the country."""
NINE_TO_ELEVEN = [{"from": "09:00:00", "to": "11:00:00", "week_days": EVERY_DAY}]
ALL_WEEK = [{"from": "00:00:00", "to": "00:00:00", "week_days": EVERY_DAY}]


async def remove_entries(world: World) -> None:
    here, by = world.here, Principal(await world.here.account_id(), "test", frozenset())
    rows = await world.rows("select e.uuid, l.uuid as list from dnc_entry e join dnc_list l on l.id = e.list_id")
    for row in rows:
        await dnc.remove_entry(str(row["list"]), str(row["uuid"]), by=by, storage=here.storage, clock=here.clock)
    world.live.engine.hint()


def twice_listed(here: bootstrap.Installation, prepared: Prepared) -> Any:
    return on_dnc(here, prepared, 0, 1)


class TestCallingHours:
    def test_who_had_no_common_hours_is_dialed_when_they_are_longer(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            assert await world.reasons() == {"no_common_calling_hours": 1, "ready": 1}
            await world.set_strategy(calling_hours=ALL_WEEK)
            await world.run_for(15.0)
            assert len(await world.attempts()) == 2

        rows = [f"A,B,{ALL_OF_THE_US},,", f"A,B,{number(0)},,"]
        tell(story, [NO_ANSWER], rows=rows, agents=2, body=a_campaign(calling_hours=NINE_TO_ELEVEN))

    def test_who_is_ready_and_can_never_be_reached_any_more_is_final(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(10.0)
            assert await world.reasons() == {"in_call": 1, "ready": 1}
            await world.set_strategy(calling_hours=NINE_TO_ELEVEN)
            await world.run_for(15.0)
            assert await world.reasons() == {"in_call": 1, "no_common_calling_hours": 1}

        tell(story, [answers(talk=600.0)], rows=[f"A,B,{number(0)},,", f"A,B,{ALL_OF_THE_US},,"])

    def test_what_changes_while_nobody_dials_is_seen_at_the_next_start(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(30.0)
            await paused(world)
            await world.run_for(30.0)
            await world.set_strategy(calling_hours=ALL_WEEK)
            await world.change(Changes(status=CampaignStatus.RUNNING))
            await world.run_for(15.0)
            assert len(await world.attempts()) == 1

        tell(story, [], rows=[f"A,B,{ALL_OF_THE_US},,"], body=a_campaign(calling_hours=NINE_TO_ELEVEN))

    def test_longer_hours_open_within_seconds_and_no_record_is_touched(self, tell: Tell) -> None:
        async def rows(world: World) -> list[tuple[int, int, str]]:
            found = await world.rows(
                "select record_id, ctid::text as place, xmin::text as by from dial_item order by 1"
            )
            return [(row["record_id"], row["place"], row["by"]) for row in found]

        async def story(world: World) -> None:
            await world.run_for(60.0)
            before = await rows(world)
            assert await world.attempts() == []
            await world.set_strategy(calling_hours=ALL_WEEK)
            await world.run_for(15.0)
            assert [which for _, which, _ in await world.attempts()] == ["00"]
            assert (await rows(world))[1:] == before[1:]
            await world.set_strategy(calling_hours=NINE_TO_ELEVEN)
            await world.run_for(15.0)
            after = await rows(world)
            await world.run_for(600.0)
            assert len(await world.attempts()) == 1
            assert (await rows(world))[1:] == after[1:] == before[1:]

        tell(story, [NO_ANSWER] * 20, body=a_campaign(calling_hours=NINE_TO_ELEVEN))


class TestDoNotCallLists:
    def test_a_number_that_is_taken_off_its_list_is_called(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(100.0)
            assert await world.reasons() == {"connected": 1, "on_dnc_list": 2}
            await remove_entries(world)
            await world.run_for(15.0)
            assert [which for _, which, _ in await world.attempts()][1:] == ["00", "01"]

        tell(story, [BUSY, BUSY, answers(talk=10.0)], before=twice_listed)

    def test_a_number_whose_entry_has_ended_is_called_on_the_day_after(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.do("update dnc_entry set expires_on = '2026-05-31'")  # it is that day in Washington
            await world.run_for(60.0)
            assert await world.attempts() == []
            await world.run_for(4 * 3600.0)
            assert await world.attempts() == []  # a server polls; here nobody asks before the hint
            world.live.engine.hint()
            await world.run_for(15.0)
            assert len(await world.attempts()) == 1

        tell(story, [NO_ANSWER], before=lambda here, prepared: on_dnc(here, prepared, 0))

    def test_a_list_that_is_taken_from_the_campaign_frees_its_numbers(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(100.0)
            await world.do("delete from campaign_dnc_list")
            await world.do("update campaign set version = version + 1")
            world.live.engine.hint()
            await world.run_for(15.0)
            assert len(await world.attempts()) == 2

        tell(story, [NO_ANSWER, answers(talk=10.0)], before=lambda here, prepared: on_dnc(here, prepared, 0))


class TestLimits:
    def test_more_attempts_bring_back_who_had_used_up_theirs(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(3600.0)
            assert await world.reasons() == {"max_attempts": 1}
            await world.set_strategy(max_attempts=3)
            await world.run_for(15.0)
            assert len(await world.attempts()) == 3  # it was due long ago
            await world.run_for(3600.0)
            assert await world.reasons() == {"max_attempts": 1}

        tell(story, [BUSY], body=a_campaign(max_attempts=2))

    def test_fewer_end_a_record_at_its_turn_and_more_again_bring_it_back(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(60.0)
            await world.set_strategy(max_attempts=1)
            await world.run_for(3600.0)
            assert await world.reasons() == {"max_attempts": 1}
            assert len(await world.attempts()) == 1
            await world.set_strategy(max_attempts=2)
            await world.run_for(15.0)
            assert len(await world.attempts()) == 2

        tell(story, [BUSY])
