"""What the engine tells the pacer besides calls and agents, what it keeps of it, and what holds it back."""

import itertools
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outdial import bootstrap
from outdial.adapters.telephony.simulated.carrier import SimulatedCarrier
from outdial.api.campaigns import new_campaign
from outdial.app import campaigns
from outdial.cli.preparation import Prepared, prepare
from outdial.dialer.campaign_loop import KEEP_SECONDS
from outdial.domain.access import Principal
from outdial.domain.activity import Doing, NextLimit
from outdial.domain.agents import AgentState
from outdial.domain.campaigns import Campaign
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.recording import replay
from outdial.domain.pacing.shadow import ShadowPacer
from tests.dialer.conftest import HEADER, NO_ANSWER, Tell, World, answers, number
from tests.simulation.conftest import a_campaign


async def resettled(world: World, change: Any) -> None:
    """The campaign with `change(campaign)` as its settings, taken up by the engine."""
    by = Principal(await world.here.account_id(), "test", frozenset())
    async with world.here.storage.unit_of_work(by.account) as uow:
        campaign = await campaigns.found(uow, str(world.prepared.campaign.id), lock=True)
        await uow.campaigns.save(change(campaign))
    world.live.engine.hint()
    await world.run_for(0.5)


def with_configuration(**changes: Any) -> Any:
    def change(campaign: Campaign) -> Campaign:
        assert campaign.configuration is not None
        return replace(campaign, configuration=replace(campaign.configuration, **changes))

    return change


def predictive(world: World) -> PredictivePacer:
    pacer = world.loop.pacer
    assert isinstance(pacer, PredictivePacer)
    return pacer


class TestWhatItIsTold:
    def test_the_account_s_time_zone_and_periods_and_the_records_left(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.do("update account set timezone = 'Pacific/Auckland'")
            await resettled(
                world,
                lambda one: replace(one, extensions=replace(one.extensions, abandonment_periods=("24h", "month"))),
            )
            await world.run_for(20.0)
            pacer = predictive(world)
            assert pacer.config.windows == ("24h", "month")
            assert pacer.config.timezone == "Pacific/Auckland"
            assert pacer._leads_left == 2  # besides the one in a call
            assert pacer.budget._utc == pytest.approx(world.clock.now().timestamp(), abs=2.0)

        tell(story, [NO_ANSWER, NO_ANSWER, NO_ANSWER], pacer="predictive")

    def test_a_lower_rate_while_it_dials_holds_at_once(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1.0)
            assert predictive(world).budget.cap == 0.03
            await resettled(world, with_configuration(max_abandonment_rate=1.5, abandonment_timeout=5))
            assert predictive(world).budget.cap == 0.015
            assert world.loop.flow.abandon_seconds == 5
            assert predictive(world).floor.in_flight > 0  # what was known of calls and agents still is

        tell(story, [NO_ANSWER, NO_ANSWER], pacer="predictive")

    def test_while_the_carrier_s_events_have_stopped_nothing_is_dialed_ahead(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            carrier = world.live.carrier
            assert isinstance(carrier, SimulatedCarrier)
            await world.run_for(2.0)
            assert predictive(world).threshold(world.loop._mono()) > 0
            carrier.fall_silent()
            await world.run_for(8.0)  # the one agent has a call by now
            assert predictive(world).threshold(world.loop._mono()) == 0
            assert world.loop.activity.doing is Doing.CARRIER_SILENT
            assert "nothing was heard from the carrier" in world.loop.activity.sentence()
            carrier.speak()
            await world.run_for(2.0)
            assert predictive(world).threshold(world.loop._mono()) > 0

        tell(story, [NO_ANSWER] * 90, pacer="predictive")


class TestLimits:
    def test_calls_a_second_hold_and_are_told(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(1.5)
            assert world.loop.activity.doing is Doing.LIMITED_BY_CALL_RATE
            await world.run_for(11.0)
            begun = [second for second, _, _ in await world.attempts()]
            assert len(begun) == 6
            assert all(later - earlier == 2 for earlier, later in itertools.pairwise(begun))

        tell(story, [NO_ANSWER] * 6, agents=6, calls_per_second=0.5)

    @pytest.mark.parametrize(("ratio", "calls"), [(1.0, 1), (1.1, 1), (2.0, 2), (2.5, 2)])
    def test_a_decimal_ratio_counts_unanswered_calls_for_each_agent_signed_in(
        self, tell: Tell, ratio: float, calls: int
    ) -> None:
        async def story(world: World) -> None:
            await resettled(world, with_configuration(max_dialing_ratio=ratio, max_abandonment_rate=100))
            await world.run_for(24.0)
            assert max(len(world.loop.flow.live), len(await world.attempts())) <= 6
            assert world.loop._paced_by.ratio == ratio
            assert world.loop.flow.unanswered <= calls

        tell(story, [NO_ANSWER] * 6, pacer="predictive")


async def limits_named(world: World, seconds: int) -> dict[NextLimit, str]:
    """What was said to keep it from dialing more while calls were on their way, with the first sentence of each."""
    named: dict[NextLimit, str] = {}
    for _ in range(4 * seconds):
        await world.run_for(0.25)
        pace = world.loop.activity.pace
        if pace is not None:
            named.setdefault(pace.limit, pace.sentence())
    return named


class TestWhatIsNamedWhileItDials:
    def test_the_agents_where_there_is_one_call_for_each(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            named = await limits_named(world, 10)
            assert named == {NextLimit.AGENTS: "dialing at 1.00, limited by the agents ready"}

        tell(story, [NO_ANSWER] * 9, agents=2)

    def test_the_abandonment_target_where_it_dials_ahead(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            named = await limits_named(world, 20)
            sentence = named[NextLimit.ABANDONMENT]
            assert re.fullmatch(
                r"dialing at \d\.\d\d, limited by the abandonment target 2\.[2-9] % of cap 3 %", sentence
            )

        tell(story, [NO_ANSWER] * 90, agents=6, pacer="predictive")

    def test_the_ratio(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await resettled(world, with_configuration(max_dialing_ratio=1, max_abandonment_rate=100))
            named = await limits_named(world, 30)
            assert named[NextLimit.RATIO] == "dialing at 1.00, limited by the dialing ratio"

        tell(story, [NO_ANSWER] * 60, agents=4, pacer="predictive")

    def test_the_lines(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            carrier = world.live.carrier
            assert isinstance(carrier, SimulatedCarrier)
            carrier.most_lines = 2
            named = await limits_named(world, 30)
            assert named == {NextLimit.LINES: "dialing at 0.50, limited by the free lines of the carrier"}

        tell(story, [NO_ANSWER] * 9, agents=4)

    def test_the_calls_a_second(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            assert set(await limits_named(world, 5)) == {NextLimit.CALLS_PER_SECOND}

        tell(story, [NO_ANSWER] * 9, agents=4, calls_per_second=0.5)

    def test_the_records(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            named = await limits_named(world, 5)
            assert named == {NextLimit.RECORDS: "dialing at 0.33, limited by the records ready"}

        tell(story, [NO_ANSWER] * 3, agents=9)


class TestAgentsInCommon:
    @staticmethod
    def beside(
        folder: Path, records: int, **members: Any
    ) -> Callable[[bootstrap.Installation, Prepared], Awaitable[None]]:
        """A second campaign with the same agents; its numbers begin with the fiftieth."""

        async def before(here: bootstrap.Installation, first: Prepared) -> None:
            path = folder / "beside.csv"
            lines = [f"B{n},B,{number(50 + n)},," for n in range(records)]
            path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
            second = await prepare(here, path, new_campaign({**a_campaign(), **members}), agents=len(first.users))
            assert set(second.users) == set(first.users)

        return before

    @pytest.mark.parametrize("pacer", ["predictive", "progressive"])
    def test_the_higher_priority_is_dialed_first_and_then_the_other(
        self, tell: Tell, tmp_path: Path, pacer: str
    ) -> None:
        async def story(world: World) -> None:
            await world.run_for(900.0)
            campaigns_of = await world.rows("select campaign_id from attempt order by id")
            order = [row["campaign_id"] for row in campaigns_of]
            assert len(order) == 12
            assert order[:4].count(2) >= 3
            assert order[-6:] == [1] * 6

        fates = [answers(talk=30.0)] * 8
        tell(story, fates, agents=2, pacer=pacer, before=self.beside(tmp_path, 4, priority=9))

    def test_one_without_agents_says_which_campaign_has_them(self, tell: Tell, tmp_path: Path) -> None:
        async def story(world: World) -> None:
            def said() -> tuple[str, str]:
                activity = world.live.engine.loops[1].activity
                return activity.doing.value, activity.sentence()

            await world.run_for(20.0)
            with_them = 'its 2 agents at work are all with campaign "the other"'
            assert said() == ("agents_elsewhere", with_them)
            ((noted,),) = await world.rows("select activity from campaign where id = 1")
            assert (noted["activity"], noted["reason"]) == ("agents_elsewhere", with_them)
            ana, ben = world.prepared.users
            world.live.pool.leave(ana, AgentState.SIGNED_OUT)
            await world.run_for(120.0)
            assert said() == ("agents_elsewhere", 'its one agent at work is with campaign "the other"')
            world.live.pool.leave(ben, AgentState.SIGNED_OUT)
            await world.run_for(120.0)
            assert said() == ("no_agents_ready", "no agent is signed in and off pause")
            world.live.pool.sign_in(ana)
            await world.run_for(1200.0)
            assert said() == ("list_exhausted", "every record is final")  # the other's list came to its end before

        other = self.beside(tmp_path, 9, priority=9, name="the other")
        tell(story, [answers(talk=30.0)] * 3, agents=2, pacer="progressive", before=other)

    def test_a_recorded_pacer_that_shared_its_agents_is_replayed_to_the_same_decisions(
        self, tell: Tell, tmp_path: Path
    ) -> None:
        logs = tmp_path / "logs"

        async def story(world: World) -> None:
            await world.run_for(600.0)

        fates = [answers(talk=20.0), NO_ANSWER, answers(talk=40.0)] * 6
        tell(story, fates, agents=3, pacer="predictive", before=self.beside(tmp_path, 12), pacer_logs=logs)
        found = [replay(path.read_text("utf-8").splitlines(keepends=True)) for path in sorted(logs.iterdir())]
        assert len(found) == 2
        assert all(one.identical for one in found)
        assert min(one.launched for one in found) > 5


class TestWhatIsKept:
    def test_what_was_learned_and_spent_is_stored_while_it_dials(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(KEEP_SECONDS + 20.0)
            ((state,),) = await world.rows("select pacer_state from campaign")
            assert state["budget"]["live"] >= 1

        tell(story, [answers(talk=5.0)] * 30, pacer="predictive")

    def test_dialing_progressively_for_a_while_forgets_nothing(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await world.run_for(40.0)
            live = predictive(world).budget.live
            assert live >= 1
            await resettled(world, lambda one: replace(one, extensions=replace(one.extensions, progressive=True)))
            await world.run_for(40.0)
            assert not isinstance(world.loop.pacer, PredictivePacer)
            await resettled(world, lambda one: replace(one, extensions=replace(one.extensions, progressive=False)))
            assert predictive(world).budget.live >= live

        tell(story, [answers(talk=5.0)] * 30, pacer="predictive")


class TestShadow:
    def test_a_progressive_campaign_is_watched_and_its_calibration_stored(self, tell: Tell) -> None:
        async def story(world: World) -> None:
            await resettled(
                world, lambda one: replace(one, extensions=replace(one.extensions, progressive=True, shadow=True))
            )
            await world.run_for(3 * KEEP_SECONDS)
            assert isinstance(world.loop.pacer, ShadowPacer)
            ((state,),) = await world.rows("select pacer_state from campaign")
            assert state["calibration"]["live"] >= 2
            assert state["budget"]["live"] >= state["calibration"]["live"]
            await resettled(
                world, lambda one: replace(one, extensions=replace(one.extensions, progressive=False, shadow=False))
            )
            await world.run_for(2 * KEEP_SECONDS)
            assert predictive(world).budget.live >= 2
            ((state,),) = await world.rows("select pacer_state from campaign")
            assert state["calibration"]["live"] >= 2  # it can still be looked at

        tell(story, [answers(talk=5.0)] * 60, pacer="predictive")
