"""Who counts for which campaign, who is given a call, and whose fault it is that an agent waits."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from outdial.adapters.clock import LoopClock
from outdial.dialer.agent_pool import AgentPool, Changed
from outdial.domain.activity import Doing, Elsewhere
from outdial.domain.agents import Agent, AgentState, Work
from outdial.domain.values import PhoneNumber, PhoneType, UserId
from outdial.simulation.shift import VIRTUAL_START
from outdial.simulation.virtual_time import run_in_virtual_time

ANA, BEN, EVE = (UserId(UUID(int=n)) for n in (1, 2, 3))
EVERYBODY = (ANA, BEN, EVE)


@dataclass
class Campaign:
    """A campaign that only listens."""

    key: int
    told: list[tuple[str, UserId]] = field(default_factory=list)
    offered: list[UserId] = field(default_factory=list)
    lost: list[UserId] = field(default_factory=list)
    calls_due: int = 0
    ago: float = 0.0

    @property
    def name(self) -> str:
        return f"campaign {self.key}"

    @property
    def campaign_id(self) -> UUID:
        return UUID(int=self.key)

    def agent_event(self, agent: UserId, kind: str, *, ago: float = 0.0) -> None:
        self.told.append((kind, agent))
        self.ago = ago

    def agent_leaves(self, agent: UserId, at: datetime | None) -> None:
        self.told.append(("leaves" if at is not None else "stays", agent))

    def agent_ready(self, agent: UserId) -> None:
        self.offered.append(agent)

    def let_go(self, agent: UserId) -> None:
        self.lost.append(agent)

    def count(self) -> int:
        """Agents that a pacer which heard all this believes to be free."""
        here: set[UserId] = set()
        for kind, agent in self.told:
            (here.add if kind in ("login", "idle") else here.discard)(agent)
        return len(here)


Story = Callable[[AgentPool, LoopClock], Awaitable[None]]


def play(story: Story, seed: int = 1) -> None:
    async def main() -> None:
        clock = LoopClock(asyncio.get_running_loop(), VIRTUAL_START)
        await story(AgentPool(clock, seed=seed), clock)

    run_in_virtual_time(main())


class TestSharing:
    def test_agents_count_for_the_campaign_of_the_highest_priority_whenever_it_came(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            low, high = Campaign(1), Campaign(2)
            for agent in EVERYBODY:
                pool.sign_in(agent)
            pool.attach(1, EVERYBODY, low, priority=3)
            assert (pool.at_work(1), low.count()) == (3, 3)
            pool.attach(2, EVERYBODY, high, priority=7)
            assert (pool.at_work(1), pool.at_work(2)) == (0, 3)
            assert (low.count(), high.count()) == (0, 3)

        play(story)

    def test_while_that_one_has_nothing_to_dial_the_next_has_them(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            low, high = Campaign(1), Campaign(2)
            pool.attach(1, EVERYBODY, low, priority=3)
            pool.attach(2, EVERYBODY, high, priority=7)
            for agent in EVERYBODY:
                pool.sign_in(agent)
            pool.observed(2, Doing.WAITING_FOR_RETRY)
            assert (low.count(), high.count()) == (3, 0)
            pool.observed(2, Doing.DIALING)
            assert (low.count(), high.count()) == (0, 3)
            pool.detach(2)
            assert low.count() == 3

        play(story)

    def test_who_has_no_agent_hears_where_they_are(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            pool.attach(1, EVERYBODY, Campaign(1), priority=3)
            assert pool.elsewhere(1) is None
            pool.attach(2, [ANA, BEN], Campaign(2), priority=7)
            pool.attach(3, [EVE], Campaign(3), priority=9)
            for agent in EVERYBODY:
                pool.sign_in(agent)
            assert pool.elsewhere(1) == Elsewhere(3, ("campaign 2", "campaign 3"))
            pool.reserve(2)
            assert pool.elsewhere(1) == Elsewhere(3, ("campaign 2", "campaign 3"))  # a call is elsewhere, too
            pool.leave(EVE, AgentState.PAUSED)
            assert pool.elsewhere(1) == Elsewhere(2, ("campaign 2",))
            pool.choose(BEN, frozenset())
            pool.leave(ANA, AgentState.SIGNED_OUT)
            pool.not_connected(ANA)
            assert pool.elsewhere(1) == Elsewhere(1, ())  # whoever chose other campaigns may be with none of them

        play(story)

    def test_between_equals_chance_decides_anew_each_time_and_the_seed_repeats_it(self) -> None:
        def drawn(seed: int) -> list[int | None]:
            found: list[int | None] = []

            async def story(pool: AgentPool, clock: LoopClock) -> None:
                pool.attach(1, EVERYBODY, Campaign(1))
                pool.attach(2, EVERYBODY, Campaign(2))
                pool.sign_in(ANA)
                for _ in range(60):
                    found.append(pool.works_for(ANA))
                    pool.leave(ANA, AgentState.PAUSED)
                    pool.ready(ANA)

            play(story, seed)
            return found

        assert drawn(1) == drawn(1) != drawn(2)
        assert min(Counter(drawn(1)).values()) > 15

    def test_who_is_free_is_offered_to_campaigns_by_priority(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            order: list[int] = []

            class Waiting(Campaign):
                def agent_ready(self, agent: UserId) -> None:
                    order.append(self.key)
                    assert pool.reserve(self.key) == agent

            pool.attach(1, EVERYBODY, Waiting(1), priority=3)
            pool.attach(2, EVERYBODY, Waiting(2), priority=7)
            pool.sign_in(ANA)
            assert order == [2]
            assert pool.serving(ANA) == 2

        play(story)

    def test_an_answered_call_may_have_an_agent_who_counts_for_another_campaign(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            low, high = Campaign(1), Campaign(2)
            pool.attach(1, EVERYBODY, low, priority=3)
            pool.attach(2, EVERYBODY, high, priority=7)
            pool.sign_in(ANA)
            assert pool.reserve(1) == ANA
            assert (low.count(), high.count()) == (1, 0)
            pool.not_connected(ANA)
            assert (low.count(), high.count()) == (0, 1)

        play(story)

    def test_a_particular_agent_is_reserved_only_when_free(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            campaign = Campaign(1)
            pool.attach(1, (ANA, BEN), campaign)
            for agent in EVERYBODY:
                pool.sign_in(agent)
            assert pool.reserve_agent(1, BEN)
            assert not pool.reserve_agent(1, BEN)
            assert not pool.reserve_agent(1, EVE), "not assigned"
            assert campaign.count() == 1, "a pacer must not count on who waits for a call of their own"
            pool.not_connected(BEN)
            assert campaign.count() == 2

        play(story)

    def test_a_campaign_whose_agents_change_goes_on_with_the_others(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            campaign = Campaign(1)
            pool.attach(1, (ANA,), campaign)
            for agent in EVERYBODY:
                pool.sign_in(agent)
            pool.attach(1, (BEN, EVE), campaign)
            assert campaign.told == [("login", ANA), ("logout", ANA), ("login", BEN), ("login", EVE)]

        play(story)


class TestLeaving:
    def test_campaigns_hear_when_an_agent_means_to_leave_whenever_they_count_on_them(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            first, second = Campaign(1), Campaign(2)
            pool.attach(1, EVERYBODY, first)
            pool.plan(ANA, clock.now() + timedelta(minutes=5))
            pool.sign_in(ANA)
            pool.sign_in(BEN)
            assert first.told == [("login", ANA), ("leaves", ANA), ("login", BEN)]
            pool.attach(2, (ANA,), second, priority=9)
            assert second.told == [("login", ANA), ("leaves", ANA)]
            await clock.sleep(301.0)
            assert second.told[2:] == [("stays", ANA)]

        play(story)

    def test_a_plan_that_was_changed_holds_and_the_old_one_ends_nothing(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            campaign = Campaign(1)
            pool.attach(1, EVERYBODY, campaign)
            pool.sign_in(ANA)
            pool.plan(ANA, clock.now() + timedelta(minutes=5))
            pool.plan(ANA, clock.now() + timedelta(minutes=9))
            await clock.sleep(400.0)
            assert campaign.told[1:] == [("leaves", ANA), ("leaves", ANA)]
            await clock.sleep(200.0)
            assert campaign.told[3:] == [("stays", ANA)]
            pool.leave(ANA, AgentState.PAUSED)
            pool.ready(ANA)
            assert campaign.told[4:] == [("logout", ANA), ("login", ANA), ("stays", ANA)]

        play(story)


class TestSharingAhead:
    def test_campaigns_that_dial_ahead_count_on_the_same_agents_free_or_busy(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            low, high = Campaign(1), Campaign(2)
            for agent in EVERYBODY:
                pool.sign_in(agent)
            pool.attach(1, EVERYBODY, low, priority=3, shares=True)
            pool.attach(2, EVERYBODY, high, priority=7, shares=True)
            assert (low.count(), high.count()) == (3, 3)
            assert (pool.free(1), pool.free(2)) == (0, 3)
            assert pool.reserve(2) == ANA
            pool.connected(ANA)
            assert low.told[-1] == ("connected", ANA)  # high hears it with its call
            assert pool.counted_on() == {1: set(EVERYBODY), 2: set(EVERYBODY)}
            pool.talk_over(ANA, "1/1")
            pool.ready(ANA)
            assert low.told[-2:] == high.told[-2:] == [("talk_end", ANA), ("idle", ANA)]

        play(story)

    def test_one_that_comes_later_hears_how_long_an_agent_has_been_talking(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            first, second = Campaign(1), Campaign(2)
            pool.sign_in(ANA)
            pool.attach(1, EVERYBODY, first, shares=True)
            assert pool.reserve(1) == ANA
            pool.connected(ANA)
            await clock.sleep(40.0)
            pool.attach(2, EVERYBODY, second, shares=True)
            assert second.told == [("login", ANA), ("connected", ANA)]
            assert second.ago == 40.0

        play(story)

    def test_those_of_a_higher_priority_that_has_them_to_itself_are_counted_on_by_nobody_else(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            ahead, alone = Campaign(1), Campaign(2)
            for agent in EVERYBODY:
                pool.sign_in(agent)
            pool.attach(1, EVERYBODY, ahead, priority=3, shares=True)
            assert pool.reserve(1) == ANA
            pool.connected(ANA)
            pool.attach(2, EVERYBODY, alone, priority=7)
            assert (ahead.count(), alone.count()) == (0, 2)
            assert pool.at_work(1) == 1  # the one in its call
            pool.observed(2, Doing.LAST_CALLS)
            assert (ahead.count(), alone.count()) == (2, 0)
            assert pool.counted_on()[1] == set(EVERYBODY)
            assert ahead.told[-2:] == [("login", ANA), ("connected", ANA)]

        play(story)

    def test_an_agent_for_whom_a_sure_call_is_on_its_way_is_given_to_no_other(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            ahead, alone = Campaign(1), Campaign(2)
            pool.sign_in(ANA)
            pool.sign_in(BEN)
            pool.attach(1, EVERYBODY, ahead, priority=3, shares=True)
            pool.attach(2, EVERYBODY, alone, priority=7)
            alone.calls_due = 1
            assert pool.reserve(1) == ANA  # one of the two can be spared
            assert pool.reserve(1) is None
            assert pool.reserve(2) == BEN

        play(story)


class TestTime:
    def test_waiting_is_nobodys_fault_only_while_no_campaign_of_the_agent_has_anything_to_dial(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            pool.attach(1, (ANA, BEN), Campaign(1))
            pool.attach(2, (BEN,), Campaign(2))
            pool.sign_in(ANA)
            pool.sign_in(BEN)
            pool.observed(1, Doing.OUTSIDE_CALLING_HOURS)
            await clock.sleep(100.0)  # Ana has nothing to do, Ben has the second campaign
            spent = pool.time_spent()
            assert (spent.idle_outside, spent.waiting) == (100.0, 100.0)
            pool.observed(2, Doing.LIST_EXHAUSTED)
            pool.observed(1, Doing.LIMITED_BY_LINES)  # the last word is not the pool's: Ben serves this one, too
            await clock.sleep(10.0)
            spent = pool.time_spent()
            assert (spent.idle_outside, spent.waiting) == (100.0, 120.0)

        play(story)


class TestStuck:
    def test_who_lasts_too_long_in_a_state_is_found_and_freed_and_the_event_says_why(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            heard: list[Changed] = []
            pool.observe(heard.append)
            campaign = Campaign(1)
            pool.attach(1, EVERYBODY, campaign)
            pool.sign_in(ANA)
            assert pool.reserve(1) == ANA
            await clock.sleep(9.0)
            assert pool.states()[AgentState.RESERVED] == 1
            await clock.sleep(2.0)
            assert pool.states()[AgentState.READY] == 1
            assert campaign.lost == [ANA]
            assert heard[-1].why == "stuck_in_reserved"
            assert pool.reserve(1) == ANA
            pool.connected(ANA)
            await clock.sleep(5 * 3600.0)
            assert {change.why for change in heard} >= {"stuck_in_talking", "stuck_in_wrap_up"}
            assert pool.states()[AgentState.READY] == 1

        play(story)

    def test_who_lasts_too_long_at_a_record_or_in_its_call_is_freed_too(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            heard: list[Changed] = []
            pool.observe(heard.append)
            campaign = Campaign(1)
            pool.attach(1, EVERYBODY, campaign)
            pool.sign_in(ANA)
            work = Work(1, 1, PhoneNumber("+12025550101"), PhoneType.MOBILE, 1)
            assert pool.preview(1, lambda _: work, until=clock.now() + timedelta(seconds=20)) == ANA
            await clock.sleep(29.0)
            assert pool.states()[AgentState.PREVIEWING] == 1
            await clock.sleep(2.0)  # its own end, and a margin
            assert (pool.states()[AgentState.PAUSED], campaign.lost) == (1, [ANA])
            assert (heard[-1].why, heard[-1].after.reason) == ("stuck_in_previewing", "stuck")
            pool.ready(ANA)
            assert pool.preview(1, lambda _: work, until=None) == ANA
            pool.dialing(ANA)
            await clock.sleep(181.0)
            assert pool.states()[AgentState.READY] == 1
            assert (heard[-1].why, campaign.lost) == ("stuck_in_dialing", [ANA, ANA])

        play(story)

    def test_a_silent_screen_gets_no_call_and_a_machine_needs_none(self) -> None:
        async def story(pool: AgentPool, clock: LoopClock) -> None:
            pool.attach(1, EVERYBODY, Campaign(1))
            pool.seat(
                Agent(ANA, AgentState.READY, clock.now(), seen_at=clock.now()),
                campaigns=None,
                wrap_up=timedelta(minutes=1),
            )
            pool.sign_in(BEN)
            await clock.sleep(7.0)
            assert (pool.free(1), pool.at_work(1)) == (1, 1)
            assert pool.reserve(1) == BEN
            assert pool.reserve(1) is None
            pool.heard(ANA)
            assert pool.reserve(1) == ANA

        play(story)
