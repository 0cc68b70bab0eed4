"""Predictive dialing from its events to its decisions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.domain.pacing.base import Pacer, PacerConfig
from outdial.domain.pacing.predictive import PredictivePacer

PLENTY = 10_000
SETTINGS: dict[str, Any] = {"cap": 0.03, "ratio": 3.0, "tab": 2.0, "maxring": 25.0, "amd": True, "ring_mode": 0}


def a_pacer(agents: int = 0, **changes: Any) -> PredictivePacer:
    """A pacer that knows nothing, with `agents` named a0, a1... ready at time 0."""
    pacer = PredictivePacer()
    pacer.start(SETTINGS | changes | {"agents": agents})
    for n in range(agents):
        pacer.event(0.0, "login", agent=f"a{n}")
    return pacer


class Story:
    """Tells a pacer what happens, with call numbers and clock taken care of."""

    def __init__(self, pacer: PredictivePacer, now: float = 0.0) -> None:
        self.pacer, self.now, self.calls = pacer, now, 0

    def launch(self, n: int = 1) -> list[int]:
        calls = list(range(self.calls, self.calls + n))
        self.calls += n
        for call in calls:
            self.pacer.event(self.now, "launched", call=call)
        return calls

    def connect(self, call: int, agent: str) -> None:
        """Answered now, found live 1.6 s later and bridged at once."""
        self.pacer.event(self.now, "answered", call=call)
        self.now += 1.6
        self.pacer.event(self.now, "verdict", call=call, live=True)
        self.pacer.event(self.now, "connected", call=call, agent=agent, waited=0.0)

    def finish(self, agent: str, wrap: float = 4.0) -> None:
        self.pacer.event(self.now, "talk_end", agent=agent)
        self.pacer.event(self.now + wrap, "idle", agent=agent)

    def one_round(self, agent: str) -> None:
        """Two calls: one busy, one answered after 8 s and talked to for a minute."""
        busy, live = self.launch(2)
        self.now += 3
        self.pacer.event(self.now, "ended", call=busy, result="busy")
        self.now += 5
        self.connect(live, agent)
        self.now += 60
        self.finish(agent)
        self.now += 10
        self.pacer.decide(self.now, 0)


def an_experienced_pacer(agents: int, rounds: int = 100, **changes: Any) -> Story:
    """Half of the calls are answered at 8 s, talks last a minute, wrap-ups 4 s; every agent is ready."""
    story = Story(a_pacer(agents, **changes))
    for _ in range(rounds):
        story.one_round("a0")
    return story


class TestFromACleanStart:
    def test_needs_no_arguments_and_wants_regular_decisions(self) -> None:
        pacer = PredictivePacer()
        assert isinstance(pacer, Pacer)
        assert not pacer.reactive
        assert pacer.reserve == 2.0

    def test_launches_nothing_without_agents(self) -> None:
        assert a_pacer(agents=0).decide(1.0, PLENTY) == 0

    @pytest.mark.parametrize("agents", [1, 2, 5, 25])
    def test_gives_every_ready_agent_a_call_from_the_first_moment(self, agents: int) -> None:
        assert a_pacer(agents).decide(0.0, PLENTY) >= agents

    def test_counts_the_agents_of_the_start_when_none_is_named(self) -> None:
        pacer = PredictivePacer()
        pacer.start(SETTINGS | {"agents": 7})
        assert pacer.decide(0.0, PLENTY) == a_pacer(agents=7).decide(0.0, PLENTY) >= 7

    def test_never_asks_for_more_than_the_room(self) -> None:
        assert [a_pacer(50).decide(0.0, room) for room in (-5, 0, 1, 7, 49)] == [0, 0, 1, 7, 49]

    def test_two_pacers_that_saw_the_same_decide_the_same(self) -> None:
        first, second = an_experienced_pacer(8), an_experienced_pacer(8)
        assert first.pacer.decide(first.now, PLENTY) == second.pacer.decide(second.now, PLENTY)
        assert first.pacer.state() == second.pacer.state()


class TestDialingAhead:
    def test_dials_more_than_one_call_for_each_ready_agent_once_it_knows_the_answer_rate(self) -> None:
        story = an_experienced_pacer(agents=20)
        assert 20 < story.pacer.decide(story.now, PLENTY) < 40

    def test_every_call_launched_is_within_the_threshold_and_the_next_is_not(self) -> None:
        story = an_experienced_pacer(agents=20)
        pacer, now = story.pacer, story.now
        n = pacer.decide(now, PLENTY)
        threshold = pacer.threshold(now)
        assert pacer.risk(now, n) <= threshold < pacer.risk(now, n + 1)

    def test_calls_in_flight_leave_less_to_launch(self) -> None:
        story = an_experienced_pacer(agents=20)
        wanted = story.pacer.decide(story.now, PLENTY)
        story.launch(wanted)
        assert story.pacer.decide(story.now, PLENTY) == 0

    def test_dials_for_agents_who_are_about_to_be_free(self) -> None:
        fresh, late = (an_experienced_pacer(agents=12) for _ in range(2))
        for story, elapsed in ((fresh, 5.0), (late, 57.0)):
            calls = story.launch(12)
            story.now += 8
            for n, call in enumerate(calls):
                story.pacer.event(story.now, "connected", call=call, agent=f"a{n}", waited=0.0)
            story.now += elapsed
        assert fresh.pacer.decide(fresh.now, PLENTY) == 0
        assert late.pacer.decide(late.now, PLENTY) > 0

    def test_an_agent_who_leaves_after_the_call_is_not_counted_on(self) -> None:
        staying, leaving = (an_experienced_pacer(agents=12) for _ in range(2))
        risks = []
        for story, logout in ((staying, False), (leaving, True)):
            calls = story.launch(12)
            story.now += 8
            for n, call in enumerate(calls):
                story.pacer.event(story.now, "connected", call=call, agent=f"a{n}", waited=0.0)
                if logout:
                    story.pacer.event(story.now, "logout", agent=f"a{n}")
            story.now += 57
            risks.append(story.pacer.risk(story.now))
        assert risks[0] < 0.1
        assert risks[1] == 1
        assert leaving.pacer.decide(leaving.now, PLENTY) == 0

    def test_people_waiting_have_a_claim_on_the_ready_agents(self) -> None:
        story = an_experienced_pacer(agents=6)
        before = story.pacer.risk(story.now, 8)
        for call in story.launch(3):
            story.pacer.event(story.now, "verdict", call=call, live=True)
            story.pacer.event(story.now, "queued", call=call)
        assert story.pacer.risk(story.now, 8) > before + 0.1

    def test_a_lower_cap_dials_less_far_ahead(self) -> None:
        wanted = []
        for cap in (0.005, 0.03, 0.10):
            story = an_experienced_pacer(agents=20, cap=cap)
            wanted.append(story.pacer.decide(story.now, PLENTY))
        assert wanted[0] < wanted[1] < wanted[2]

    def test_a_longer_timeout_lowers_the_risk_but_not_as_if_people_never_hung_up(self) -> None:
        risks = []
        for tab in (2.0, 10.0, 30.0):
            story = an_experienced_pacer(agents=4, tab=tab)
            for n, call in enumerate(story.launch(4)):
                story.pacer.event(story.now, "connected", call=call, agent=f"a{n}", waited=0.0)
            story.now += 40
            risks.append(story.pacer.risk(story.now, 2))
        assert risks[0] > risks[1] > risks[2] > 0.05


class TestAnswerRate:
    def test_fast_busies_do_not_raise_it(self) -> None:
        """Thirty busies come within seconds of a hundred launches; what rings on must not pass for the rest."""
        story = an_experienced_pacer(agents=50, rounds=50)
        story.now += 60
        calls = story.launch(100)
        story.now += 3
        before = story.pacer.answer_rate(story.now)
        for call in calls[:30]:
            story.pacer.event(story.now, "ended", call=call, result="busy")
        assert story.pacer.answer_rate(story.now) <= before

    @pytest.mark.parametrize("result", ["not_launched", "congestion"])
    def test_calls_never_placed_leave_it_alone_and_ring_no_longer(self, result: str) -> None:
        story = an_experienced_pacer(agents=5)
        before = story.pacer.answer_rate(story.now), story.pacer.decide(story.now, PLENTY)
        for call in story.launch(40):
            story.pacer.event(story.now, "ended", call=call, result=result)
        assert (story.pacer.answer_rate(story.now), story.pacer.decide(story.now, PLENTY)) == before

    def test_busies_lower_it_in_the_end(self) -> None:
        story = an_experienced_pacer(agents=5)
        before = story.pacer.answer_rate(story.now)
        for call in story.launch(200):
            story.pacer.event(story.now + 2, "ended", call=call, result="busy")
        story.pacer.decide(story.now + 60, 0)
        assert story.pacer.answer_rate(story.now + 60) < 0.7 * before

    def test_machines_are_not_live_calls(self) -> None:
        story = an_experienced_pacer(agents=5)
        before = story.pacer.answer_rate(story.now)
        for call in story.launch(200):
            story.pacer.event(story.now + 8, "answered", call=call)
            story.pacer.event(story.now + 10, "verdict", call=call, live=False)
        story.pacer.decide(story.now + 60, 0)
        assert story.pacer.answer_rate(story.now + 60) < 0.7 * before

    def test_without_analysis_every_answered_call_is_live_at_once(self) -> None:
        pacer = a_pacer(agents=3, amd=False)
        assert (pacer.analysis_live, pacer.analysis_seconds) == (1.0, 0.0)
        story = Story(pacer)
        for call in story.launch(20):
            pacer.event(8.0, "answered", call=call)
            pacer.event(8.0, "verdict", call=call, live=True)
        assert (pacer.analysis_live, pacer.analysis_seconds) == (1.0, 0.0)
        assert pacer.answer_rate(60.0) > 0.8


class TestTheAllowance:
    @staticmethod
    def abandon(story: Story, n: int) -> None:
        for call in story.launch(n):
            story.pacer.event(story.now, "verdict", call=call, live=True)
            story.pacer.event(story.now + 2, "abandoned", call=call, waited=2.0, by_caller=False)
        story.now += 40

    def test_when_overdrawn_it_dials_one_call_for_each_ready_agent(self) -> None:
        story = an_experienced_pacer(agents=20)
        assert story.pacer.decide(story.now, PLENTY) > 20
        self.abandon(story, 12)
        assert story.pacer.decide(story.now, PLENTY) == 20

    def test_callers_who_hang_up_while_waiting_count_as_abandoned(self) -> None:
        story = an_experienced_pacer(agents=20)
        (call,) = story.launch()
        story.pacer.event(story.now, "verdict", call=call, live=True)
        story.pacer.event(story.now + 1, "abandoned", call=call, waited=1.0, by_caller=True)
        assert story.pacer.budget.abandoned == 1
        assert story.pacer.hang_ups == 2.0

    def test_a_repeated_event_counts_once(self) -> None:
        story = an_experienced_pacer(agents=2, rounds=1)
        for _ in range(3):
            story.pacer.event(story.now, "abandoned", call=1, waited=2.0, by_caller=False)
        assert (story.pacer.budget.live, story.pacer.budget.abandoned) == (1, 0)

    def test_a_cap_of_nothing_is_progressive(self) -> None:
        story = an_experienced_pacer(agents=20, cap=0.0)
        assert story.pacer.decide(story.now, PLENTY) == 20

    def test_at_the_end_of_the_list_no_risk_is_taken_that_cannot_be_earned_back(self) -> None:
        story = an_experienced_pacer(agents=20, rounds=30)
        story.pacer.event(story.now, "leads", left=1000)
        assert story.pacer.decide(story.now, PLENTY) > 20
        story.pacer.event(story.now, "leads", left=25)
        assert story.pacer.decide(story.now, 25) == 20


class TestEventsThatNeverCome:
    def test_calls_not_heard_of_again_stop_holding_agents(self) -> None:
        story = an_experienced_pacer(agents=10)
        story.launch(60)
        assert story.pacer.decide(story.now + 5.0, PLENTY) == 0
        story.pacer.decide(story.now + 39.0, 0)
        assert story.pacer.floor.in_flight == 60
        assert story.pacer.decide(story.now + 41.0, PLENTY) >= 10
        assert story.pacer.floor.in_flight == 0

    def test_a_lost_end_of_talk_is_made_up_by_the_next_call(self) -> None:
        story = an_experienced_pacer(agents=1, rounds=2)
        for _ in range(2):
            (call,) = story.launch()
            story.now += 8
            story.connect(call, "a0")
            story.now += 70
        assert story.pacer.talk.state()["seconds"] == pytest.approx(60 * 2 + 70 + 8 + 1.6)


class TestStoredState:
    def test_survives_json_and_keeps_the_allowance_in_full(self) -> None:
        story = an_experienced_pacer(agents=5)
        TestTheAllowance.abandon(story, 2)
        stored = json.loads(json.dumps(story.pacer.state()))
        again = a_pacer(agents=5)
        again.restore(stored)
        assert again.state()["budget"] == story.pacer.state()["budget"]
        assert again.budget.abandoned == 2

    def test_what_was_learned_comes_back(self) -> None:
        story = an_experienced_pacer(agents=5)
        again = a_pacer(agents=5)
        again.restore(story.pacer.state())
        assert again.answer_rate(0.0) == pytest.approx(story.pacer.answer_rate(story.now), rel=0.05)
        assert again.ring.points == pytest.approx(story.pacer.ring.points, abs=0.5)

    def test_for_one_ring_time_after_a_restart_nothing_is_dialed_ahead(self) -> None:
        story = an_experienced_pacer(agents=20)
        again = a_pacer(agents=20)
        again.restore(story.pacer.state())
        assert again.decide(1000.0, PLENTY) == 20
        assert again.decide(1024.9, PLENTY) == 20
        assert again.decide(1025.0, PLENTY) > 20

    def test_a_changed_ring_time_keeps_the_counts(self) -> None:
        story = an_experienced_pacer(agents=5)
        again = a_pacer(agents=5, maxring=6.0)
        again.restore(story.pacer.state())
        assert sum(again.ring.over) == pytest.approx(sum(story.pacer.ring.over) / 2)
        assert again.decide(0.0, PLENTY) == 5

    def test_nothing_stored_changes_nothing(self) -> None:
        pacer = a_pacer(agents=20)
        pacer.restore({})
        assert pacer.state() == a_pacer(agents=20).state()

    def test_another_version_is_refused(self) -> None:
        with pytest.raises(ValueError, match="version 99"):
            a_pacer().restore({"version": 99})


class TestTheRoster:
    def busy(self, leaves_after: float | None) -> Story:
        """Twelve agents 57 s into a conversation that lasts a minute; all leave so long after now by the roster."""
        story = an_experienced_pacer(agents=12)
        calls = story.launch(12)
        story.now += 8
        for n, call in enumerate(calls):
            story.pacer.event(story.now, "connected", call=call, agent=f"a{n}", waited=0.0)
        story.now += 57
        if leaves_after is not None:
            for n in range(12):
                story.pacer.event(story.now, "roster", agent=f"a{n}", leaves_at=story.now + leaves_after)
        return story

    def test_agents_who_leave_soon_are_not_counted_on(self) -> None:
        stay, leave = self.busy(None), self.busy(5.0)
        assert stay.pacer.decide(stay.now, PLENTY) > 0
        assert leave.pacer.risk(leave.now) == 1
        assert leave.pacer.decide(leave.now, PLENTY) == 0

    def test_agents_who_leave_later_than_any_answer_are(self) -> None:
        stay, later = self.busy(None), self.busy(600.0)
        assert later.pacer.risk(later.now) == stay.pacer.risk(stay.now)
        assert later.pacer.decide(later.now, PLENTY) == stay.pacer.decide(stay.now, PLENTY)

    def test_ready_agents_at_the_end_of_a_shift_get_no_calls_they_could_not_take(self) -> None:
        story = an_experienced_pacer(agents=20)
        for n in range(20):
            story.pacer.event(story.now, "roster", agent=f"a{n}", leaves_at=story.now + 2.0)
        assert story.pacer.decide(story.now, PLENTY) == 0

    def test_half_of_the_agents_leaving_halves_the_calls(self) -> None:
        story = an_experienced_pacer(agents=20)
        everybody = story.pacer.decide(story.now, PLENTY)
        for n in range(10):
            story.pacer.event(story.now, "roster", agent=f"a{n}", leaves_at=story.now + 2.0)
        assert 10 <= story.pacer.decide(story.now, PLENTY) < 0.6 * everybody

    def test_a_roster_taken_back_is_forgotten(self) -> None:
        story = self.busy(5.0)
        for n in range(12):
            story.pacer.event(story.now, "roster", agent=f"a{n}", leaves_at=None)
        assert not story.pacer.knows_roster
        assert story.pacer.decide(story.now, PLENTY) > 0


class TestTheEventStream:
    def test_three_seconds_of_silence_stop_dialing_ahead_once_it_was_heard(self) -> None:
        story = an_experienced_pacer(agents=20)
        story.pacer.event(story.now, "heartbeat")
        assert story.pacer.decide(story.now + 3.0, PLENTY) > 20
        assert story.pacer.decide(story.now + 3.1, PLENTY) == 20

    def test_any_event_is_a_sign_of_life(self) -> None:
        story = an_experienced_pacer(agents=20)
        story.pacer.event(story.now, "heartbeat")
        story.pacer.event(story.now + 2.0, "login", agent="a0")
        assert story.pacer.decide(story.now + 4.9, PLENTY) > 20

    def test_it_goes_on_as_soon_as_the_stream_is_back(self) -> None:
        story = an_experienced_pacer(agents=20)
        story.pacer.event(story.now, "heartbeat")
        assert story.pacer.decide(story.now + 60.0, PLENTY) == 20
        story.pacer.event(story.now + 61.0, "heartbeat")
        assert story.pacer.decide(story.now + 61.0, PLENTY) > 20

    def test_a_stream_without_heartbeats_is_never_taken_for_dead(self) -> None:
        story = an_experienced_pacer(agents=20)
        assert story.pacer.decide(story.now + 600.0, PLENTY) > 20


class TestADriftingList:
    def learned_after(self, dials: int, *, told: bool) -> float:
        """From one in two answering to nobody; the answer rate after so many calls."""
        story = an_experienced_pacer(agents=5)
        if told:
            story.pacer.event(story.now, "list_changed")
        for call in story.launch(dials):
            story.pacer.event(story.now + 2, "ended", call=call, result="busy")
        story.pacer.decide(story.now + 60, 0)
        return story.pacer.answer_rate(story.now + 60)

    def test_is_followed_by_itself(self) -> None:
        assert self.learned_after(600, told=False) < 0.1

    def test_is_learned_sooner_when_the_change_is_told(self) -> None:
        assert self.learned_after(50, told=True) < 0.7 * self.learned_after(50, told=False)


class TestSeveralPeriods:
    def test_an_overdrawn_day_stops_a_campaign_whose_month_is_good(self) -> None:
        story = an_experienced_pacer(agents=20, windows=("24h", "30d"))
        pacer = story.pacer
        utc = 1_780_000_000.0
        pacer.event(story.now, "clock", utc=utc)
        for _ in range(200):
            story.one_round("a0")
        story.now += 25 * 3600
        assert pacer.decide(story.now, PLENTY) > 20
        TestTheAllowance.abandon(story, 4)
        assert pacer.budget.cap * pacer.budget.live - pacer.budget.abandoned > 1
        assert pacer.decide(story.now, PLENTY) == 20

    def test_the_counts_of_a_day_survive_a_restart(self) -> None:
        story = an_experienced_pacer(agents=5, windows=("24h",))
        story.pacer.event(story.now, "clock", utc=1_780_000_000.0)
        TestTheAllowance.abandon(story, 4)
        again = a_pacer(agents=5, windows=("24h",))
        again.restore(json.loads(json.dumps(story.pacer.state())))
        again.event(7.0, "clock", utc=1_780_000_600.0)
        assert again.budget.balance == pytest.approx(story.pacer.budget.balance)


class TestVerySmallTeams:
    @pytest.mark.parametrize("agents", [1, 2])
    def test_dial_ahead_where_few_answer(self, agents: int) -> None:
        pacer = a_pacer(agents=agents, cap=0.05)
        story = Story(pacer)
        for _ in range(200):
            busy = story.launch(9)
            for call in busy:
                pacer.event(story.now + 3, "ended", call=call, result="busy")
            (live,) = story.launch()
            story.now += 8
            story.connect(live, "a0")
            story.now += 60
            story.finish("a0")
            story.now += 40
            pacer.decide(story.now, 0)
        assert agents < pacer.decide(story.now, PLENTY) < 8 * agents


class TestAStoredPacerDecidesOn:
    def test_alike_from_memory_and_from_json(self) -> None:
        """Restored twice from one state, once by way of its text: the same decisions through an hour of dialing."""
        story = an_experienced_pacer(agents=10)
        state = story.pacer.state()
        decisions = []
        for stored in (state, json.loads(json.dumps(state))):
            pacer = a_pacer(agents=4)
            pacer.restore(stored)
            going = Story(pacer, now=50.0)
            taken = []
            for _ in range(40):
                going.one_round("a0")
                taken.append(pacer.decide(going.now, PLENTY))
            decisions.append(taken)
        assert decisions[0] == decisions[1]
        assert len(set(decisions[0])) > 1


KINDS = ["launched", "ended", "answered", "verdict", "queued", "connected", "abandoned"]
KINDS += ["talk_end", "idle", "login", "logout", "decide"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 12),
            st.integers(0, 4),
            st.booleans(),
            st.floats(-3.0, 20.0),
            st.sampled_from(["busy", "no_answer", "hangup", "not_launched"]),
        ),
        max_size=150,
    ),
    st.booleans(),
)
def test_events_in_any_order_never_break_the_counts_or_the_bounds(
    events: list[tuple[str, int, int, bool, float, str]], amd: bool
) -> None:
    pacer = PredictivePacer()
    pacer.start(PacerConfig(amd=amd, tab=10.0, agents=2))
    now = 100.0
    for kind, call, agent, yes, step, result in events:
        now += step  # sometimes backwards
        if kind == "decide":
            assert 0 <= pacer.decide(now, call) <= call
        pacer.event(now, kind, call=call, agent=agent, live=yes, result=result, waited=abs(step), by_caller=yes)
        floor = pacer.floor
        assert min(floor.ringing, floor.in_analysis, floor.waiting, floor.idle_count) >= 0
        assert floor.ringing == sum(cohort.ringing for cohort in pacer.rate.cohorts)
        assert not floor.idle.keys() & (floor.talk.keys() | floor.wrap.keys())
        assert not floor.talk.keys() & floor.wrap.keys()
    assert 0 <= pacer.decide(now, 30) <= 30
    assert pacer.budget.abandoned <= pacer.budget.live
    json.dumps(pacer.state())


class TestOtherSettingsWhileDialing:
    def told(self, story: Story, **changes: Any) -> None:
        story.pacer.event(story.now, "settings", cfg=SETTINGS | changes)

    def test_a_lower_cap_holds_at_once_and_for_what_was_abandoned_before(self) -> None:
        story = an_experienced_pacer(agents=20)
        TestTheAllowance.abandon(story, 4)
        assert story.pacer.threshold(story.now) > 0
        self.told(story, cap=0.001)
        assert story.pacer.budget.balance == pytest.approx(0.001 * story.pacer.budget.live - 4)
        assert story.pacer.decide(story.now, PLENTY) == 20

    def test_nobody_is_forgotten(self) -> None:
        story = an_experienced_pacer(agents=20)
        story.launch(7)
        before = story.pacer.state()
        self.told(story, tab=10.0)
        assert story.pacer.floor.idle_count == 20
        assert story.pacer.floor.in_flight == 7
        assert story.pacer.state() == before

    def test_a_longer_timeout_lowers_the_risk_of_the_next_decision(self) -> None:
        story = an_experienced_pacer(agents=4)
        for n, call in enumerate(story.launch(4)):
            story.pacer.event(story.now, "connected", call=call, agent=f"a{n}", waited=0.0)
        story.now += 40
        before = story.pacer.risk(story.now, 2)
        self.told(story, tab=10.0)
        assert story.pacer.risk(story.now, 2) < before

    def test_detection_switched_off_counts_every_answer_as_live(self) -> None:
        story = an_experienced_pacer(agents=4)
        self.told(story, amd=False)
        assert (story.pacer.analysis_live, story.pacer.analysis_seconds) == (1.0, 0.0)

    def test_another_ring_time_keeps_what_is_ringing(self) -> None:
        story = an_experienced_pacer(agents=20)
        story.launch(30)
        self.told(story, maxring=60.0)
        story.pacer.decide(story.now + 50.0, 0)
        assert story.pacer.floor.in_flight == 30
        story.pacer.decide(story.now + 76.0, 0)
        assert story.pacer.floor.in_flight == 0

    def test_a_period_that_is_added_counts_what_came_before(self) -> None:
        story = an_experienced_pacer(agents=20)
        story.pacer.event(story.now, "clock", utc=1_780_000_000.0)
        TestTheAllowance.abandon(story, 4)
        story.now += 2 * 86_400
        self.told(story, windows=("24h",))
        assert story.pacer.budget.balance == 0.0
        self.told(story, windows=("24h", "30d"))
        assert story.pacer.budget.balance == pytest.approx(0.03 * 4 - 4)
