"""Progressive dialing, and through it the bookkeeping of calls and agents that every pacer shares."""

from __future__ import annotations

import pytest

from outdial.domain.pacing.base import Pacer, PacerConfig
from outdial.domain.pacing.progressive import ProgressivePacer

PLENTY = 1000


def a_pacer(agents: int = 0, **settings: float) -> ProgressivePacer:
    """A pacer with `agents` named a0, a1... ready at time 0."""
    pacer = ProgressivePacer()
    pacer.start({"cap": 0.03, "ratio": 3.0, "tab": 2.0, "maxring": 25.0, "amd": True, "ring_mode": 0} | settings)
    for n in range(agents):
        pacer.event(0.0, "login", agent=f"a{n}")
    return pacer


def wanted(pacer: ProgressivePacer, now: float = 1.0) -> int:
    return pacer.decide(now, PLENTY)


class TestOneCallForEachReadyAgent:
    def test_is_a_reactive_pacer(self) -> None:
        assert isinstance(ProgressivePacer(), Pacer)
        assert ProgressivePacer.reactive

    def test_launches_one_call_per_ready_agent(self) -> None:
        assert wanted(a_pacer(agents=4)) == 4

    def test_never_asks_for_more_than_the_room(self) -> None:
        assert a_pacer(agents=4).decide(1.0, 3) == 3
        assert a_pacer(agents=4).decide(1.0, 0) == 0
        assert a_pacer(agents=4).decide(1.0, -2) == 0

    def test_calls_ringing_in_analysis_and_waiting_each_hold_one_agent(self) -> None:
        pacer = a_pacer(agents=4)
        for call in (1, 2, 3):
            pacer.event(1.0, "launched", call=call)
        assert wanted(pacer) == 1
        pacer.event(5.0, "answered", call=1)
        assert wanted(pacer, 5.0) == 1
        pacer.event(6.0, "verdict", call=1, live=True)
        pacer.event(6.0, "queued", call=1)
        assert wanted(pacer, 6.0) == 1

    @pytest.mark.parametrize("result", ["no_answer", "busy", "invalid", "hangup", "not_launched"])
    def test_a_call_that_ended_frees_its_agent_for_the_next(self, result: str) -> None:
        pacer = a_pacer(agents=1)
        pacer.event(1.0, "launched", call=1)
        assert wanted(pacer) == 0
        pacer.event(9.0, "ended", call=1, result=result)
        assert wanted(pacer, 9.0) == 1

    def test_a_machine_frees_its_agent(self) -> None:
        pacer = a_pacer(agents=1)
        pacer.event(1.0, "launched", call=1)
        pacer.event(9.0, "answered", call=1)
        pacer.event(11.0, "verdict", call=1, live=False)
        assert wanted(pacer, 11.0) == 1

    def test_an_agent_counts_again_after_talk_and_wrap_up(self) -> None:
        pacer = a_pacer(agents=1)
        pacer.event(1.0, "launched", call=1)
        pacer.event(9.0, "answered", call=1)
        pacer.event(10.0, "verdict", call=1, live=True)
        pacer.event(10.0, "connected", call=1, agent="a0", waited=0.0)
        assert wanted(pacer, 10.0) == 0
        pacer.event(70.0, "talk_end", agent="a0")
        assert wanted(pacer, 70.0) == 0
        pacer.event(85.0, "idle", agent="a0")
        assert wanted(pacer, 85.0) == 1


class TestAgentsComeAndGo:
    def test_agents_of_the_start_count_when_none_is_named(self) -> None:
        assert wanted(self.started_with(3)) == 3

    def test_agents_named_at_the_start_are_not_counted_twice(self) -> None:
        pacer = self.started_with(3)
        for agent in ("a", "b", "c"):
            pacer.event(0.0, "login", agent=agent)
            pacer.event(0.0, "idle", agent=agent)
        assert wanted(pacer) == 3

    def test_an_agent_of_the_start_is_known_by_name_from_the_first_call(self) -> None:
        pacer = self.started_with(2)
        assert wanted(pacer) == 2
        for call in (1, 2):
            pacer.event(1.0, "launched", call=call)
        pacer.event(5.0, "answered", call=1)
        pacer.event(6.0, "verdict", call=1, live=True)
        pacer.event(6.0, "connected", call=1, agent="a", waited=0.0)
        pacer.event(7.0, "ended", call=2, result="busy")
        assert wanted(pacer, 7.0) == 1
        pacer.event(40.0, "talk_end", agent="a")
        pacer.event(50.0, "idle", agent="a")
        assert wanted(pacer, 50.0) == 2

    def test_one_who_signs_out_no_longer_counts_until_signing_in(self) -> None:
        pacer = a_pacer(agents=2)
        pacer.event(1.0, "logout", agent="a0")
        assert wanted(pacer) == 1
        pacer.event(1.1, "idle", agent="a0")  # was on its way when the agent left
        assert wanted(pacer, 1.2) == 1
        pacer.event(60.0, "login", agent="a0")
        assert wanted(pacer, 60.0) == 2

    def test_one_who_signs_out_while_talking_does_not_come_back_after_the_call(self) -> None:
        pacer = a_pacer(agents=1)
        pacer.event(1.0, "launched", call=1)
        pacer.event(2.0, "answered", call=1)
        pacer.event(3.0, "verdict", call=1, live=True)
        pacer.event(3.0, "connected", call=1, agent="a0", waited=0.0)
        pacer.event(20.0, "logout", agent="a0")
        pacer.event(40.0, "talk_end", agent="a0")
        pacer.event(50.0, "idle", agent="a0")
        assert wanted(pacer, 50.0) == 0

    @staticmethod
    def started_with(agents: int) -> ProgressivePacer:
        pacer = ProgressivePacer()
        pacer.start(PacerConfig(agents=agents))
        return pacer


class TestEventsAsRealLifeDeliversThem:
    def test_unknown_calls_agents_and_kinds_change_nothing(self) -> None:
        pacer = a_pacer(agents=2)
        for kind in ("ended", "answered", "verdict", "queued", "connected", "abandoned"):
            pacer.event(1.0, kind, call=99, agent="nobody", live=True, result="busy", waited=0.5, by_caller=False)
        pacer.event(1.0, "talk_end", agent="nobody")
        pacer.event(1.0, "no_such_kind", call=1)
        pacer.event(1.0, "launched")
        pacer.event(1.0, "idle")
        assert wanted(pacer) == 2

    def test_every_event_may_come_twice(self) -> None:
        pacer = a_pacer(agents=2)
        story: list[tuple[float, str, dict[str, object]]] = [
            (1.0, "launched", {"call": 1}),
            (5.0, "answered", {"call": 1}),
            (6.0, "verdict", {"call": 1, "live": True}),
            (6.0, "queued", {"call": 1}),
            (7.0, "connected", {"call": 1, "agent": "a0", "waited": 1.0}),
            (60.0, "talk_end", {"agent": "a0"}),
            (75.0, "idle", {"agent": "a0"}),
        ]
        counts = []
        for now, kind, info in story:
            for _ in range(2):
                pacer.event(now, kind, **info)
            counts.append(wanted(pacer, now))
        assert counts == [1, 1, 1, 1, 1, 1, 2]

    def test_a_lost_answer_or_verdict_is_made_up_by_the_next_event(self) -> None:
        pacer = a_pacer(agents=2)
        pacer.event(1.0, "launched", call=1)
        pacer.event(7.0, "connected", call=1, agent="a0", waited=0.0)
        assert wanted(pacer, 7.0) == 1

    def test_a_late_event_does_not_bring_a_finished_call_back(self) -> None:
        pacer = a_pacer(agents=1)
        pacer.event(1.0, "launched", call=1)
        pacer.event(5.0, "ended", call=1, result="hangup")
        pacer.event(4.0, "answered", call=1)
        pacer.event(4.5, "verdict", call=1, live=True)
        assert wanted(pacer, 5.0) == 1

    def test_a_call_never_heard_of_again_is_written_off_after_ring_time_and_grace(self) -> None:
        pacer = a_pacer(agents=1, amd=False, maxring=25.0)
        pacer.event(1.0, "launched", call=1)
        assert wanted(pacer, 31.0) == 0
        assert wanted(pacer, 31.1) == 1

    def test_analysis_gets_its_time_before_a_call_is_written_off(self) -> None:
        pacer = a_pacer(agents=1, amd=True, maxring=25.0)
        pacer.event(1.0, "launched", call=1)
        pacer.event(25.0, "answered", call=1)
        assert wanted(pacer, 35.0) == 0
        assert wanted(pacer, 45.0) == 1

    def test_a_written_off_call_that_turns_out_live_takes_an_agent_after_all(self) -> None:
        pacer = a_pacer(agents=1)
        pacer.event(1.0, "launched", call=1)
        assert wanted(pacer, 60.0) == 1
        pacer.event(61.0, "verdict", call=1, live=True)
        assert wanted(pacer, 61.0) == 0

    def test_a_waiting_call_whose_fate_got_lost_is_written_off(self) -> None:
        pacer = a_pacer(agents=1, tab=2.0)
        pacer.event(1.0, "launched", call=1)
        pacer.event(5.0, "verdict", call=1, live=True)
        assert wanted(pacer, 12.0) == 0
        assert wanted(pacer, 12.1) == 1


class TestSettings:
    def test_missing_keys_take_the_defaults_and_unknown_ones_are_ignored(self) -> None:
        assert PacerConfig.of({"cap": 0.01, "colour": "red"}) == PacerConfig(cap=0.01)

    @pytest.mark.parametrize("wrong", [{"cap": 3}, {"cap": -0.1}, {"ratio": 0.5}, {"maxring": 0}, {"tab": -1}])
    def test_impossible_settings_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match=r"at least|fraction"):
            PacerConfig.of(wrong)
