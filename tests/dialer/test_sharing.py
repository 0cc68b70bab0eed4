"""Campaigns that have their agents in common: whose turn it is, what each may count on, and what it does not cost.

All that dials is real but the records: there are as many as a story says, and no database.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from outdial.adapters.clock import LoopClock
from outdial.adapters.telephony.simulated.carrier import SimulatedCarrier, World
from outdial.app.attempts import Finished, Talking
from outdial.dialer.agent_pool import AgentPool
from outdial.dialer.call_flow import CallFlow
from outdial.dialer.sharing import Sharing
from outdial.domain.activity import Doing
from outdial.domain.agents import AgentState
from outdial.domain.pacing.base import Pacer, PacerConfig
from outdial.domain.pacing.limits import room
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.domain.values import PhoneNumber, PhoneType, UserId
from outdial.ports.carrier import NewCall
from outdial.ports.dialing import Claimed, NewAttempt
from outdial.simulation.agents import SimulatedAgents
from outdial.simulation.shift import VIRTUAL_START
from outdial.simulation.virtual_time import run_in_virtual_time

MANY = 1_000_000
USERS = [UserId(UUID(int=n)) for n in range(1, 31)]
LINES = 200


class Campaign:
    """A campaign that dials as the engine's loop does, once a second."""

    def __init__(
        self,
        office: "Office",
        key: int,
        users: Sequence[UserId],
        *,
        priority: int = 5,
        cap: float = 0.03,
        pacer: Callable[[], Pacer] = PredictivePacer,
        person: float = 0.3,
        records: int = MANY,
    ) -> None:
        self.office, self.key, self.users, self.priority = office, key, users, priority
        self.records, self.paused = records, False
        self.pacer = pacer()
        self.config = PacerConfig(cap=cap)
        self.carrier = SimulatedCarrier(office.clock, seed=key, world=World(person=person))
        self.flow = CallFlow(
            key,
            carrier=self.carrier,
            pool=office.pool,
            clock=office.clock,
            abandon_seconds=self.config.tab,
            ring_seconds=self.config.maxring,
            tell_pacer=self._tell,
            journal=self._over,
            spawn=office.spawn,
        )
        self.carrier.listen(self.flow.hear)
        self.began = office.clock.monotonic()
        self.launched_at: list[float] = []
        self.connected = self.abandoned = 0
        self.pacer.start(self.config)
        office.campaigns[key] = self
        office.pool.attach(key, users, self, priority=priority, shares=self._ahead is not None)

    # What the pool and the others ask -------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return f"campaign {self.key}"

    @property
    def campaign_id(self) -> UUID:
        return UUID(int=self.key)

    @property
    def calls_due(self) -> int:
        return self.flow.unanswered + self.flow.waiting

    @property
    def unanswered(self) -> int:
        return self.flow.unanswered

    @property
    def ratio(self) -> float:
        return self.config.ratio

    @property
    def _ahead(self) -> PredictivePacer | None:
        return self.pacer if isinstance(self.pacer, PredictivePacer) else None

    def looks_ahead(self) -> tuple[PredictivePacer, float] | None:
        if self._ahead is None:
            return None
        self.pacer.event(self.now, "look")
        return self._ahead, self.now

    def room(self) -> int:
        if self.paused or not self.records:
            return 0
        return room(
            ratio=self.ratio,
            agents=self.office.pool.at_work(self.key),
            unanswered=self.office.sharing.unanswered(self.key),
            lines=self.office.lines,
        ).calls

    def agent_event(self, agent: UserId, kind: str, *, ago: float = 0.0) -> None:
        self._tell(kind, ago=ago, agent=agent)

    def agent_leaves(self, agent: UserId, at: datetime | None) -> None:
        left = None if at is None else self.now + (at - self.office.clock.now()).total_seconds()
        self._tell("roster", agent=agent, leaves_at=left)

    def agent_ready(self, agent: UserId) -> None:
        self.flow.agent_ready()

    def let_go(self, agent: UserId) -> None:
        self.flow.let_go(agent)

    # What it does -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        return self.office.clock.monotonic() - self.began

    @property
    def rate(self) -> float:
        return self.abandoned / max(1, self.abandoned + self.connected)

    async def turn(self) -> None:
        pool = self.office.pool
        if self.paused:
            pool.observed(self.key, Doing.PAUSING)
        elif not self.records:
            pool.observed(self.key, Doing.LAST_CALLS if self.flow.live else Doing.LIST_EXHAUSTED)
        elif not pool.at_work(self.key):
            pool.observed(self.key, Doing.NO_AGENTS_READY)
        else:
            pool.observed(self.key, Doing.DIALING)
            granted = self.office.sharing.granted(self.key, self.room(), self.office.lines)
            for _ in range(min(self.records, self.pacer.decide(self.now, granted))):
                await self._launch()

    async def _launch(self) -> None:
        n = len(self.launched_at)
        self.launched_at.append(self.office.clock.monotonic())
        self.records -= 1
        number = PhoneNumber(f"+120255501{n % 100:02}")
        claim = Claimed(n, 1, 5, 0, number, PhoneType.MOBILE, 1, 0, 1)
        about = NewAttempt(UUID(int=self.key << 64 | n), claim, None, self.office.clock.now())
        self.flow.launched(n, about, detect_machines=True)
        await self.carrier.originate(NewCall(about.id, number, None, self.config.maxring, True, f"{self.key}/{n}"))

    def _tell(self, kind: str, *, ago: float = 0.0, **info: Any) -> None:
        self.connected += kind == "connected" and "call" in info
        self.abandoned += kind == "abandoned"
        self.pacer.event(self.now - ago, kind, **info)

    def _over(self, entry: Finished | Talking) -> None:
        """Nobody writes it down."""


class Office:
    """People, and campaigns that want them."""

    def __init__(self, clock: LoopClock, seed: int) -> None:
        self.clock, self.pool = clock, AgentPool(clock, seed=seed)
        self.agents = SimulatedAgents(self.pool, clock, seed=seed)
        self.campaigns: dict[int, Campaign] = {}
        self.sharing = Sharing(self.pool, self.campaigns)
        self.tasks: set[asyncio.Task[None]] = set()
        self.served: Counter[int | None] = Counter()

    @property
    def lines(self) -> int:
        return max(0, LINES - sum(len(one.flow.live) for one in self.campaigns.values()))

    def spawn(self, command: Any) -> None:
        task = asyncio.ensure_future(command)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def work(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            for campaign in list(self.campaigns.values()):
                await campaign.turn()
            await self.clock.sleep(1.0)

    async def occupancy(self, seconds: float) -> float:
        """Talk and wrap-up over these seconds, as a share of the time of those at work."""
        before = self.pool.time_spent()
        await self.work(seconds)
        after = self.pool.time_spent()
        busy = after.talking + after.wrap_up - before.talking - before.wrap_up
        return busy / (busy + after.waiting - before.waiting + after.idle_outside - before.idle_outside)


Story = Callable[[Office], Awaitable[None]]


def play(story: Story, *, agents: int = 10, seed: int = 1, until: datetime | None = None) -> None:
    async def main() -> None:
        office = Office(LoopClock(asyncio.get_running_loop(), VIRTUAL_START), seed)
        office.agents.sign_in(USERS[:agents], until=until)
        await story(office)

    run_in_virtual_time(main())


def within_its_cap(*campaigns: Campaign) -> bool:
    """Whether none has abandoned more than its cap allows, give or take what one shift may."""
    return all(one.abandoned <= one.config.cap * (one.connected + one.abandoned) + 3 for one in campaigns)


class TestDialingAhead:
    def test_two_of_the_same_priority_share_alike_keep_their_caps_and_keep_the_agents_busy(self) -> None:
        async def story(office: Office) -> None:
            first, second = Campaign(office, 1, USERS[:10]), Campaign(office, 2, USERS[:10])
            await office.work(600)
            assert await office.occupancy(2400) > 0.72  # one call for each agent: 0.61
            assert within_its_cap(first, second)
            assert 0.5 < first.connected / second.connected < 2

        play(story)

    def test_unanswered_calls_of_all_together_are_no_more_than_the_ratio_allows_one_of_them(self) -> None:
        async def story(office: Office) -> None:
            both = [Campaign(office, key, USERS[:10], cap=0.3, person=0.05) for key in (1, 2)]
            most = 0
            for _ in range(600):
                await office.work(1.0)
                most = max(most, sum(one.unanswered for one in both))
            assert 20 < most <= 30

        play(story)

    def test_a_strict_cap_holds_beside_a_loose_one(self) -> None:
        async def story(office: Office) -> None:
            strict = Campaign(office, 1, USERS[:10], cap=0.01)
            loose = Campaign(office, 2, USERS[:10], cap=0.1)
            await office.work(2700)
            assert strict.abandoned <= 0.01 * strict.connected + 2
            assert strict.connected > 0.6 * loose.connected

        play(story)

    def test_the_higher_priority_is_served_first(self) -> None:
        async def story(office: Office) -> None:
            low, high = Campaign(office, 1, USERS[:10], priority=3), Campaign(office, 2, USERS[:10], priority=7)
            assert await office.occupancy(3600) > 0.72
            assert within_its_cap(low, high)
            assert high.connected > 9 * low.connected

        play(story)

    def test_of_three_the_lowest_has_what_the_others_leave(self) -> None:
        async def story(office: Office) -> None:
            low = Campaign(office, 1, USERS[:10], priority=1)
            middle = Campaign(office, 2, USERS[:10], priority=5, records=250)
            high = Campaign(office, 3, USERS[:10], priority=9, records=250)
            await office.work(5400)
            assert within_its_cap(low, middle, high)
            assert (middle.records, high.records) == (0, 0)
            assert high.launched_at[-1] < middle.launched_at[-1]
            assert low.connected > 100
            early = sum(at < high.launched_at[-1] for at in low.launched_at)
            assert early < 25

        play(story)

    def test_when_one_has_no_record_left_its_last_calls_keep_nobody_from_the_other(self) -> None:
        async def story(office: Office) -> None:
            high = Campaign(office, 1, USERS[:10], priority=9, records=150)
            low = Campaign(office, 2, USERS[:10], priority=3)
            while high.records:
                await office.work(1.0)
            assert high.flow.live
            before = len(low.launched_at)
            await office.work(40.0)
            assert high.flow.live
            assert len(low.launched_at) > before + 2
            assert await office.occupancy(3600) > 0.74
            assert within_its_cap(high, low)

        play(story)

    def test_a_paused_one_leaves_its_agents_at_once_and_its_people_have_theirs(self) -> None:
        async def story(office: Office) -> None:
            high = Campaign(office, 1, USERS[:10], priority=9)
            low = Campaign(office, 2, USERS[:10], priority=3)
            await office.work(3600)
            high.paused, abandoned, launched = True, high.abandoned, len(low.launched_at)
            await office.work(40.0)
            assert not high.unanswered
            assert high.abandoned <= abandoned + 1
            assert len(low.launched_at) > launched + 5
            assert await office.occupancy(1800) > 0.74
            assert within_its_cap(high, low)

        play(story)

    def test_with_few_agents_in_common_each_dials_by_its_own(self) -> None:
        async def story(office: Office) -> None:
            large, small = Campaign(office, 1, USERS[:10]), Campaign(office, 2, USERS[9:15])
            assert await office.occupancy(3600) > 0.72
            assert within_its_cap(large, small)
            assert large.connected > 1.5 * small.connected > 100

        play(story, agents=15)

    def test_the_same_seed_dials_the_same_calls(self) -> None:
        def dialed(seed: int) -> list[list[float]]:
            found: list[list[float]] = []

            async def story(office: Office) -> None:
                both = Campaign(office, 1, USERS[:5]), Campaign(office, 2, USERS[:5])
                await office.work(900)
                found.extend(one.launched_at for one in both)

            play(story, agents=5, seed=seed)
            return found

        assert dialed(1) == dialed(1) != dialed(2)


class TestOneCallForEachAgent:
    def test_when_one_has_no_record_left_its_last_calls_keep_nobody_from_the_other(self) -> None:
        async def story(office: Office) -> None:
            high = Campaign(office, 1, USERS[:10], priority=9, pacer=ProgressivePacer, records=100)
            low = Campaign(office, 2, USERS[:10], priority=3, pacer=ProgressivePacer)
            while high.records:
                await office.work(1.0)
            await office.work(30.0)
            assert high.flow.live
            assert len(low.launched_at) > 5
            await office.work(600)
            assert (high.abandoned, low.abandoned) == (0, 0)

        play(story)

    def test_nobody_is_abandoned_for_one_that_dials_ahead(self) -> None:
        async def story(office: Office) -> None:
            careful = Campaign(office, 1, USERS[:10], pacer=ProgressivePacer)
            ahead = Campaign(office, 2, USERS[:10])
            await office.work(3600)
            assert careful.abandoned == 0
            assert min(careful.connected, ahead.connected) > 60
            assert within_its_cap(ahead)

        play(story)

    def test_nobody_is_abandoned_when_another_has_nothing_to_dial_for_a_while(self) -> None:
        async def story(office: Office) -> None:
            both = [Campaign(office, key, USERS[:6], pacer=ProgressivePacer, priority=key) for key in (1, 2)]
            for minute in range(60):
                both[1].paused = minute % 3 == 2
                await office.work(60)
            assert [one.abandoned for one in both] == [0, 0]
            assert min(one.connected for one in both) > 20

        play(story)

    def test_a_campaign_that_may_take_no_risk_has_its_agents_to_itself_until_it_may(self) -> None:
        async def story(office: Office) -> None:
            high = Campaign(office, 1, USERS[:10], priority=9)
            low = Campaign(office, 2, USERS[:10], priority=3)
            await office.work(600)
            assert isinstance(high.pacer, PredictivePacer)
            for _ in range(12):
                high.pacer.budget.settled(high.now, abandoned=True)
            launched, abandoned = len(low.launched_at), high.abandoned
            await office.work(30)  # of calls that were on their way
            late = high.abandoned
            await office.work(900)
            assert high.pacer.threshold(high.now) == 0
            assert len(low.launched_at) <= launched + 1
            assert high.abandoned == late <= abandoned + 2

        play(story)


class TestPlansToLeave:
    END = VIRTUAL_START + timedelta(minutes=20)

    def launched_at_the_end(self, *, told: bool) -> tuple[int, int]:
        """Calls in the last six seconds of a shift that all agents end together, and in the minute before."""
        found: list[float] = []

        async def story(office: Office) -> None:
            campaign = Campaign(office, 1, USERS[:10])
            await office.work(1199.5)
            if not told:
                office.agents.sign_out(USERS[:10])
            await office.work(60.0)
            assert pool_is_empty(office)
            found.extend(1200 - at for at in campaign.launched_at)

        play(story, until=self.END if told else None)
        return sum(left <= 6 for left in found), sum(6 < left <= 66 for left in found)

    def test_nobody_is_called_whom_nobody_would_be_there_for(self) -> None:
        late, before = self.launched_at_the_end(told=True)
        assert late == 0 < before
        late, before = self.launched_at_the_end(told=False)
        assert min(late, before) > 0

    def test_who_stays_longer_is_counted_on_again(self) -> None:
        async def story(office: Office) -> None:
            campaign = Campaign(office, 1, USERS[:3])
            for user in USERS[:3]:
                office.pool.plan(user, VIRTUAL_START + timedelta(seconds=120))
            await office.work(900.0)
            assert sum(at > 120 for at in campaign.launched_at) > 20

        play(story, agents=3)


def pool_is_empty(office: Office) -> bool:
    return all(
        agent.state is AgentState.SIGNED_OUT or agent.leaving is AgentState.SIGNED_OUT for agent in office.pool.agents()
    )


@pytest.mark.parametrize("state", [AgentState.PAUSED, AgentState.SIGNED_OUT])
def test_who_leaves_is_counted_on_by_nobody(state: AgentState) -> None:
    async def story(office: Office) -> None:
        both = Campaign(office, 1, USERS[:4]), Campaign(office, 2, USERS[:4])
        await office.work(60)
        for user in USERS[:4]:
            office.pool.leave(user, state)
        await office.work(600)
        assert office.pool.counted_on() == {}
        for one in both:
            assert isinstance(one.pacer, PredictivePacer)
            floor = one.pacer.floor
            assert (floor.idle_count, len(floor.talk), len(floor.wrap)) == (0, 0, 0)

    play(story, agents=4)
