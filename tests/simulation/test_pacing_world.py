"""The pacers at work: shifts of two hours in a small call centre, everybody calling the same list."""

from __future__ import annotations

import pytest

from outdial.domain.pacing.base import Pacer
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.simulation.pacing.world import Shift, World, keyed_uniform, play

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
    world = World(agents=10, hours=1.0, timeout=30.0, patience=30.0, seed=1)
    shift = play(world, PredictivePacer())
    assert excess(shift, world.cap) <= SMALL_EXCESS
    assert shift.occupancy > play(World(agents=10, hours=1.0, seed=1), PredictivePacer()).occupancy


def test_without_machine_detection_the_cap_holds_as_well() -> None:
    world = World(agents=10, hours=1.0, amd=False, seed=1)
    assert excess(play(world, PredictivePacer()), world.cap) <= SMALL_EXCESS


def test_the_list_is_dialed_to_its_last_record() -> None:
    world = World(agents=5, leads=120, hours=1.0, seed=1)
    shift = play(world, PredictivePacer())
    assert shift.launched == 120
    assert excess(shift, world.cap) <= 2


@pytest.mark.parametrize("pacer", [PredictivePacer, ProgressivePacer])
def test_the_same_seed_gives_the_same_shift(pacer: type[Pacer]) -> None:
    world = World(agents=5, hours=0.5, seed=7)
    first, second = play(world, pacer()), play(world, pacer())
    assert first == second
    assert first.decisions != play(World(agents=5, hours=0.5, seed=8), pacer()).decisions


def test_chance_is_keyed_and_even() -> None:
    draws = [keyed_uniform(1, 2, n) for n in range(4000)]
    assert draws[17] == keyed_uniform(1, 2, 17)
    assert draws[17] not in {keyed_uniform(2, 2, 17), keyed_uniform(1, 3, 17)}
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.02)
    assert sum(d < 0.1 for d in draws) / len(draws) == pytest.approx(0.1, abs=0.02)
