"""The pacers at work: shifts of two hours in a small call centre, everybody calling the same list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outdial.domain.pacing.base import Pacer
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.simulation.pacing.baselines import PACER_NAMES, pacer_named
from outdial.simulation.pacing.world import Pattern, Shift, World, keyed_uniform, line_bound, play

pytestmark = pytest.mark.slow

SMALL_EXCESS = 3.0
"""Abandoned calls above the cap that a short shift may end with."""


def excess(shift: Shift, cap: float) -> float:
    """Abandoned calls beyond what the cap allows."""
    return shift.abandoned - cap * (shift.abandoned + shift.connected)


@pytest.mark.parametrize(("agents", "occupancy_ratio"), [(10, 1.25), (25, 1.38)])
@pytest.mark.parametrize("seed", [1, 2])
def test_predictive_keeps_the_cap_and_agents_far_busier_than_progressive(
    agents: int, occupancy_ratio: float, seed: int
) -> None:
    world = World(agents=agents, p=0.25, talk=90.0, hours=2.0, cap=0.03, seed=seed)
    predictive, progressive = play(world, PredictivePacer()), play(world, ProgressivePacer())
    assert excess(predictive, world.cap) <= SMALL_EXCESS
    assert predictive.occupancy >= occupancy_ratio * progressive.occupancy
    assert predictive.over_asked == progressive.over_asked == 0
    assert progressive.abandoned == 0


def test_a_shift_uses_most_of_what_the_cap_allows() -> None:
    shift = play(World(agents=25, hours=2.0, seed=3), PredictivePacer())
    assert 0.6 * 0.03 < shift.abandonment <= 0.032


@pytest.mark.parametrize("agents", [1, 2])
def test_the_smallest_teams_gain_too(agents: int) -> None:
    gains = []
    for seed in (1, 2):
        world = World(agents=agents, p=0.1, talk=90.0, hours=1.5, seed=seed)
        predictive, progressive = play(world, PredictivePacer()), play(world, ProgressivePacer())
        assert excess(predictive, world.cap) <= SMALL_EXCESS
        gains.append(predictive.occupancy - progressive.occupancy)
    assert sum(gains) / len(gains) > 0.02


def test_impatient_people_do_not_break_the_cap_of_a_long_timeout() -> None:
    gains = []
    for seed in (1, 2):
        world = World(agents=10, hours=1.0, timeout=30.0, patience=30.0, seed=seed)
        shift = play(world, PredictivePacer())
        assert excess(shift, world.cap) <= SMALL_EXCESS
        gains.append(shift.occupancy - play(replace(world, timeout=2.0), PredictivePacer()).occupancy)
    assert sum(gains) > 0


def test_without_machine_detection_the_cap_holds_as_well() -> None:
    world = World(agents=10, hours=1.0, amd=False, seed=1)
    assert excess(play(world, PredictivePacer()), world.cap) <= SMALL_EXCESS


def test_the_list_is_dialed_to_its_last_record() -> None:
    world = World(agents=5, leads=120, hours=1.0, seed=1)
    shift = play(world, PredictivePacer())
    assert shift.launched == 120
    assert excess(shift, world.cap) <= 2


@pytest.mark.parametrize("name", [name.replace(":R", ":2") for name in PACER_NAMES])
def test_the_same_seed_gives_the_same_shift(name: str) -> None:
    world = World(agents=5, hours=0.5, seed=7)
    first, second = play(world, pacer_named(name)), play(world, pacer_named(name))
    assert first == second
    assert first.decisions != play(World(agents=5, hours=0.5, seed=8), pacer_named(name)).decisions
    assert first.over_asked == 0


class Diary:
    """Another pacer, with a note of how long each person's ringing and conversation took."""

    def __init__(self, pacer: Pacer) -> None:
        self.pacer, self.reactive = pacer, pacer.reactive
        self.start, self.decide, self.state, self.restore = pacer.start, pacer.decide, pacer.state, pacer.restore
        self.launched: dict[int, float] = {}
        self.rang: dict[int, float] = {}
        self.talked: dict[int, float] = {}
        self._talks: dict[int, tuple[int, float]] = {}

    def event(self, now: float, kind: str, **info: Any) -> None:
        if kind == "launched":
            self.launched[info["call"]] = now
        elif kind == "answered":
            self.rang[info["call"]] = now - self.launched[info["call"]]
        elif kind == "connected":
            self._talks[info["agent"]] = info["call"], now
        elif kind == "talk_end":
            call, began = self._talks[info["agent"]]
            self.talked[call] = now - began
        self.pacer.event(now, kind, **info)


def test_every_pacer_meets_the_same_people_with_the_same_things_to_say() -> None:
    world = World(agents=5, hours=0.5, seed=7)
    fast, slow = Diary(pacer_named("ratio:3")), Diary(pacer_named("progressive"))
    play(world, fast)
    play(world, slow)
    # Those still under way when the shift of one of them ended are left out.
    rang, talked = fast.rang.keys() & slow.rang.keys(), fast.talked.keys() & slow.talked.keys()
    assert len(rang) > 60
    assert len(talked) > 40
    assert max(fast.launched) > max(slow.launched)
    assert any(fast.launched[lead] != slow.launched[lead] for lead in rang)
    assert [fast.rang[lead] for lead in rang] == pytest.approx([slow.rang[lead] for lead in rang])
    assert [fast.talked[lead] for lead in talked] == pytest.approx([slow.talked[lead] for lead in talked])


def test_what_is_asked_for_beyond_the_room_is_counted_and_not_launched() -> None:
    class Greedy(ProgressivePacer):
        def decide(self, now: float, room: int) -> int:
            return room + 1

    shift = play(World(agents=2, ratio=2.0, hours=0.01, maxring=25.0, seed=1), Greedy())
    assert shift.over_asked == len(shift.decisions) > 0


def test_without_machine_detection_agents_get_the_machines_too() -> None:
    told, untold = (play(World(agents=5, p=0.1, hours=1.0, amd=amd), ProgressivePacer()) for amd in (True, False))
    assert untold.connected > 1.5 * told.connected


@pytest.mark.parametrize(
    "wrong",
    [{"agents": 0}, {"hours": 0.0}, {"talk": 0.0}, {"p": 0.0}, {"p": 1.1}, {"cap": 1.0}, {"ratio": 0.5}, {"tick": 3.0}],
)
def test_impossible_worlds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        World(**wrong)


def test_chance_is_keyed_and_even() -> None:
    draws = [keyed_uniform(1, 2, n) for n in range(4000)]
    assert draws[17] == keyed_uniform(1, 2, 17)
    assert draws[17] not in {keyed_uniform(2, 2, 17), keyed_uniform(1, 3, 17)}
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.02)
    assert sum(d < 0.1 for d in draws) / len(draws) == pytest.approx(0.1, abs=0.02)


class TestChangingCampaigns:
    @pytest.mark.parametrize("pattern", [Pattern.DOUBLES, Pattern.HALVES, Pattern.SINE, Pattern.BLOCKS])
    def test_the_cap_is_kept_while_the_answer_rate_changes(self, pattern: Pattern) -> None:
        world = World(agents=10, pattern=pattern, hours=3.0, seed=2)
        shift = play(world, PredictivePacer())
        assert shift.excess <= SMALL_EXCESS
        assert shift.occupancy > play(world, ProgressivePacer()).occupancy + 0.1

    def test_the_answer_rate_follows_the_pattern(self) -> None:
        assert [World(p=0.2, pattern=Pattern.DOUBLES, hours=2.0).answer_rate(t) for t in (0.0, 3599.0, 3600.0)] == [
            0.2,
            0.2,
            0.4,
        ]
        assert World(p=0.2, pattern=Pattern.HALVES, hours=2.0).answer_rate(3600.0) == 0.1
        assert World(p=0.2, pattern=Pattern.SINE).answer_rate(1800.0) == pytest.approx(0.3)
        blocks = {World(p=0.2, pattern=Pattern.BLOCKS).answer_rate(600.0 * n) for n in range(48)}
        assert len(blocks) == 48
        assert 0.1 <= min(blocks) < 0.13 < 0.27 < max(blocks) <= 0.3

    def test_agents_come_and_go(self) -> None:
        world = World(agents=10, breaks=True, hours=3.0, seed=2)
        shift = play(world, PredictivePacer())
        present = [period.present for period in shift.course]
        assert present[0] < 0.5 * 10 * 300  # they sign in over a quarter of an hour
        assert 0.7 < sum(present) / (10 * 3 * 3600) < 0.9  # and pause for 12 of 67 minutes
        assert shift.excess <= SMALL_EXCESS
        assert shift.over_asked == 0


class TestLimits:
    def test_no_more_lines_are_taken_than_there_are(self) -> None:
        watched = Lines(pacer_named("ratio:3"))
        shift = play(World(agents=10, lines=12, hours=0.5), watched)
        assert watched.most == 12
        assert shift.limited > 0
        assert shift.connected > 0

    def test_calls_per_second_are_kept(self) -> None:
        world = World(agents=40, p=0.1, calls_per_second=2.0, hours=0.5)
        watched = Diary(PredictivePacer())
        shift = play(world, watched)
        launches = sorted(watched.launched.values())
        assert all(later - earlier >= 0.9 for earlier, later in zip(launches, launches[4:], strict=False))
        assert shift.launched <= 2.0 * 1800 + 2
        assert shift.occupancy < play(replace(world, calls_per_second=None), PredictivePacer()).occupancy - 0.1

    def test_the_list_ends(self) -> None:
        shift = play(World(agents=10, leads=200, hours=1.0), PredictivePacer())
        assert shift.launched == 200

    def test_the_line_bound_is_met_where_the_ratio_binds(self) -> None:
        world = World(agents=50, p=0.1, talk=30.0, hours=1.0)
        assert 0.93 < play(world, PredictivePacer()).occupancy / line_bound(world) < 1.02
        assert line_bound(World(p=0.25, talk=90.0)) > 1


class Lines(Diary):
    """Counts calls that take a line: from the launch to the end of the conversation."""

    def __init__(self, pacer: Pacer) -> None:
        super().__init__(pacer)
        self.taken: set[Any] = set()
        self.of_agent: dict[Any, Any] = {}
        self.most = 0

    def event(self, now: float, kind: str, **info: Any) -> None:
        super().event(now, kind, **info)
        if kind == "launched":
            self.taken.add(info["call"])
        elif kind in ("ended", "abandoned") or (kind == "verdict" and not info["live"]):
            self.taken.discard(info["call"])
        elif kind == "connected":
            self.of_agent[info["agent"]] = info["call"]
        elif kind == "talk_end":
            self.taken.discard(self.of_agent[info["agent"]])
        self.most = max(self.most, len(self.taken))


def test_the_course_of_a_shift_adds_up_to_the_whole() -> None:
    shift = play(World(agents=5, hours=1.1), PredictivePacer())
    assert len(shift.course) == 14
    assert sum(period.connected for period in shift.course) == shift.connected
    assert sum(period.abandoned for period in shift.course) == shift.abandoned
    busy, present = sum(period.busy for period in shift.course), sum(period.present for period in shift.course)
    assert present == pytest.approx(5 * 1.1 * 3600)
    assert busy / present == pytest.approx(shift.occupancy)
