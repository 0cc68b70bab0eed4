"""Campaigns that share agents: one pool, several allowances."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any

import pytest

from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.sharing import Member, share_out

OF_AGENTS = ("talk_end", "idle", "login", "logout")
"""Kinds of events that every campaign of a group is told; the others belong to one campaign's call."""
SETTINGS: dict[str, Any] = {"cap": 0.03, "ratio": 3.0, "tab": 2.0, "maxring": 25.0, "amd": True, "agents": 0}


class Group:
    """Campaigns with the same agents, a0, a1...; half of the calls are answered, after 8 s."""

    def __init__(self, campaigns: int, agents: int) -> None:
        self.pacers = [PredictivePacer() for _ in range(campaigns)]
        self.agents = [f"a{n}" for n in range(agents)]
        self.now, self.calls = 0.0, count()
        for pacer in self.pacers:
            pacer.start(SETTINGS)
        for agent in self.agents:
            self.tell(0, "login", agent=agent)

    def tell(self, campaign: int, kind: str, **info: Any) -> None:
        """One fact: of an agent to all, of a call to its campaign; a bridge to both, since it takes an agent."""
        for index, pacer in enumerate(self.pacers):
            if index == campaign or kind in OF_AGENTS:
                pacer.event(self.now, kind, **info)
            elif kind == "connected":
                pacer.event(self.now, kind, agent=info["agent"])

    def launch(self, campaign: int, calls: int = 1) -> list[int]:
        made = [next(self.calls) for _ in range(calls)]
        for call in made:
            self.tell(campaign, "launched", call=call)
        return made

    def answer(self, campaign: int, call: int) -> None:
        self.tell(campaign, "answered", call=call)
        self.now += 1.6
        self.tell(campaign, "verdict", call=call, live=True)

    def practise(self, rounds: int = 100) -> None:
        """Every campaign learns: two calls, one busy, one talked to for a minute."""
        for _ in range(rounds):
            for campaign in range(len(self.pacers)):
                busy, live = self.launch(campaign, 2)
                self.now += 3
                self.tell(campaign, "ended", call=busy, result="busy")
                self.now += 5
                self.answer(campaign, live)
                self.tell(campaign, "connected", call=live, agent="a0", waited=0.0)
                self.now += 60
                self.tell(campaign, "talk_end", agent="a0")
                self.now += 4
                self.tell(campaign, "idle", agent="a0")
                self.now += 10
                self.share()

    def abandon(self, campaign: int, calls: int) -> None:
        for call in self.launch(campaign, calls):
            self.tell(campaign, "verdict", call=call, live=True)
            self.tell(campaign, "abandoned", call=call, waited=2.0, by_caller=False)
        self.now += 40

    def settle(self) -> None:
        """Let the tables be renewed, a part in each look."""
        for _ in range(10):
            self.share()

    def share(self, room: int = 500, weights: tuple[float, ...] = (1.0, 1.0, 1.0), inbound: float = 0.0) -> list[int]:
        members = [
            Member(pacer, self.now, room, weight=weight) for pacer, weight in zip(self.pacers, weights, strict=False)
        ]
        return self.share_out(members, inbound_per_second=inbound)

    def share_out(self, members: list[Member], *args: Any, **options: Any) -> list[int]:
        for member in members:
            member.pacer.event(self.now, "look")
        return share_out(members, *args, **options)


def a_group(campaigns: int, agents: int = 20) -> Group:
    group = Group(campaigns, agents)
    group.practise()
    return group


def test_one_campaign_alone_decides_as_without_a_group() -> None:
    group = a_group(1)
    group.settle()
    assert group.share() == [group.pacers[0].decide(group.now, 500)]
    group.launch(0, 9)
    group.now += 4
    group.settle()
    assert group.share() == [group.pacers[0].decide(group.now, 500)]


def test_two_campaigns_together_launch_about_what_one_would() -> None:
    alone, pair = a_group(1), a_group(2)
    (whole,) = alone.share()
    assert whole > 20
    assert abs(sum(pair.share()) - whole) <= 2


def test_calls_of_one_campaign_in_flight_leave_less_to_the_other() -> None:
    pair = a_group(2)
    wanted = sum(pair.share())
    pair.launch(0, wanted)
    assert pair.share() == [0, 0]
    assert pair.pacers[1].decide(pair.now, 500) > 20  # what it would do if it had the agents to itself


def test_equals_share_alike() -> None:
    """But for what each learned by itself."""
    pair = a_group(2)
    pair.settle()
    first, second = pair.share()
    assert abs(first - second) <= 2
    assert min(first, second) > 10


def test_the_weight_prefers() -> None:
    pair = a_group(2)
    first, second = pair.share(weights=(5.0, 1.0))
    assert first > 2 * second


def test_the_room_of_each_is_kept_and_the_rest_goes_to_the_others() -> None:
    pair = a_group(2)
    together = sum(pair.share())
    first, second = pair.share_out([Member(pair.pacers[0], pair.now, 3), Member(pair.pacers[1], pair.now, 500)])
    assert first == 3
    assert abs(second - (together - 3)) <= 1


def test_whoever_has_the_higher_priority_launches_as_if_alone_and_leaves_the_rest() -> None:
    pair = a_group(2)
    pair.settle()
    alone = pair.pacers[1].decide(pair.now, 500)
    members = [Member(pacer, pair.now, 500, priority) for pacer, priority in zip(pair.pacers, (3, 7), strict=True)]
    first, second = pair.share_out(members)
    assert second == alone
    assert first <= 2
    members[1].room = 8
    first, second = pair.share_out(members)
    assert second == 8
    assert first > 10


def test_of_a_campaign_with_agents_of_its_own_only_a_part_of_the_calls_takes_those_in_common() -> None:
    pair = a_group(2)
    pair.settle()
    alone = pair.share_out([Member(pair.pacers[0], pair.now, 500)])[0]
    pair.launch(1, 60)
    members = [Member(pair.pacers[0], pair.now, 500), Member(pair.pacers[1], pair.now, 0)]
    together = [pair.share_out(members, [[1.0, part], [part, 1.0]])[0] for part in (0.0, 0.3, 1.0)]
    assert together[0] == alone
    assert together[0] > together[1] > together[2] == 0


def test_agents_whom_other_calls_will_take_are_not_counted_on() -> None:
    group = a_group(1)
    member = Member(group.pacers[0], group.now, 500)
    (free,) = group.share_out([member])
    member.owed = 15
    (left,) = group.share_out([member])
    assert 5 <= left < free / 2


def test_beside_an_overdrawn_campaign_only_whoever_comes_before_it_takes_a_risk() -> None:
    pair = a_group(2)
    pair.abandon(0, 12)
    assert pair.pacers[0].threshold(pair.now) == 0
    assert pair.pacers[1].threshold(pair.now) > 0
    assert pair.pacers[1].budget.abandoned == 0  # an abandoned call is booked to the campaign that placed it
    assert sum(pair.share()) == 20  # of the same priority: one call for each ready agent
    before, after = (
        [Member(p, pair.now, 500, n) for p, n in zip(pair.pacers, order, strict=True)] for order in ((1, 2), (2, 1))
    )
    assert pair.share_out(before)[1] > 20
    assert pair.share_out(after) == [20, 0]
    after[0].room = 0  # nothing to dial, and no call on its way
    assert pair.share_out(after)[1] > 20


def test_a_bridged_agent_is_busy_for_every_campaign() -> None:
    pair = a_group(2, agents=3)
    for agent in ("a0", "a1", "a2"):
        (call,) = pair.launch(0)
        pair.answer(0, call)
        pair.tell(0, "connected", call=call, agent=agent, waited=0.0)
    assert [pacer.floor.idle_count for pacer in pair.pacers] == [0, 0]
    assert pair.share() == [0, 0]


def test_people_waiting_for_one_campaign_have_a_claim_on_the_agents_of_all() -> None:
    pair = a_group(2, agents=6)
    before = sum(pair.share())
    for call in pair.launch(0, 5):
        pair.tell(0, "verdict", call=call, live=True)
        pair.tell(0, "queued", call=call)
    assert sum(pair.share()) < before / 2


def test_expected_callers_leave_less_to_dial() -> None:
    pair = a_group(2)
    assert sum(pair.share(inbound=1.0)) < sum(pair.share())


def test_without_agents_nobody_launches() -> None:
    pair = a_group(2, agents=2)
    for agent in pair.agents:
        pair.tell(0, "logout", agent=agent)
    assert pair.share() == [0, 0]


@pytest.mark.slow
def test_both_keep_their_caps_through_an_hour_with_the_same_agents() -> None:
    """Ten agents, two lists of different answer rates; every person waits 2 s, conversations last 60 s on average."""
    group = Group(2, 10)
    chance = Random(7)
    rates = (0.15, 0.4)
    due: list[tuple[float, int, str, int, Any]] = []
    waiting: list[tuple[float, int, int]] = []
    idle, turn = list(group.agents), count()

    def later(seconds: float, kind: str, campaign: int, what: Any) -> None:
        due.append((group.now + seconds, next(turn), kind, campaign, what))

    def serve() -> None:
        while idle and waiting:
            _, campaign, call = waiting.pop(0)
            agent = idle.pop(0)
            group.tell(campaign, "connected", call=call, agent=agent, waited=0.0)
            later(chance.expovariate(1 / 60), "free", campaign, agent)

    for second in range(3 * 3600):
        for at, _, kind, campaign, what in sorted(entry for entry in due if entry[0] <= second):
            group.now = at
            if kind == "free":
                group.tell(campaign, "talk_end", agent=what)
                group.tell(campaign, "idle", agent=what)
                idle.append(what)
            elif kind == "busy":
                group.tell(campaign, "ended", call=what, result="busy")
            else:
                group.tell(campaign, "answered", call=what)
                group.tell(campaign, "verdict", call=what, live=True)
                group.tell(campaign, "queued", call=what)
                waiting.append((at, campaign, what))
            serve()
        due[:] = [entry for entry in due if entry[0] > second]
        group.now = float(second)
        for entry in [entry for entry in waiting if entry[0] <= second - 2]:
            waiting.remove(entry)
            group.tell(entry[1], "abandoned", call=entry[2], waited=2.0, by_caller=False)
        for campaign, calls in enumerate(group.share(room=15)):
            for call in group.launch(campaign, calls):
                person = chance.random() < rates[campaign]
                later(chance.uniform(4, 20), "person" if person else "busy", campaign, call)
    for pacer in group.pacers:
        assert pacer.budget.live > 100
        assert pacer.budget.abandoned <= 0.03 * pacer.budget.live + 3
    assert sum(pacer.budget.abandoned for pacer in group.pacers) > 3
