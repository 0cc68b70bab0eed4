"""The exact optimum of the memoryless world, and those who know more than a pacer can."""

from __future__ import annotations

import pytest

from outdial.domain.pacing.predictive import PredictivePacer
from outdial.simulation.pacing.baselines import pacer_named
from outdial.simulation.pacing.optimum import Memoryless, optimum
from outdial.simulation.pacing.world import Shift, World, play

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("optimum")]


@pytest.mark.parametrize(
    ("agents", "cap", "occupancy"),
    [
        (1, 0.03, 0.6536),
        (2, 0.05, 0.7077),
        (5, 0.01, 0.7071),
        (5, 0.03, 0.7538),
        (5, 0.05, 0.7795),
    ],
)
def test_the_optimum_is_found(agents: int, cap: float, occupancy: float) -> None:
    """The values for five agents are also those of an independent solution by value iteration, to three places."""
    assert optimum(Memoryless(agents, cap)) == pytest.approx(occupancy, abs=5e-4)


def test_without_any_allowance_the_optimum_is_one_call_for_each_agent() -> None:
    """An agent waits for a call that is answered: 15 s a call, four calls; then 105 s of work."""
    assert optimum(Memoryless(1, 1e-6)) == pytest.approx(105 / (105 + 60), abs=1e-3)


def test_too_many_agents_are_refused() -> None:
    with pytest.raises(ValueError, match="12 agents"):
        optimum(Memoryless(25, 0.03))


def test_the_pacer_comes_near_the_optimum_and_not_above_it() -> None:
    shift = play(World.of_the_optimum(agents=5, hours=40.0), PredictivePacer())
    assert 0.965 < shift.occupancy / 0.7538 < 1.01
    assert shift.abandonment <= 0.0305


class TestKnowingTheFuture:
    @pytest.fixture(scope="class")
    @classmethod
    def shifts(cls) -> dict[str, Shift]:
        names = ("progressive", "predictive", "oracle-agents", "oracle-calls", "oracle-both")
        return {name: play(World(agents=10, hours=3.0, seed=2), pacer_named(name)) for name in names}

    def test_knowing_when_agents_are_free_is_worth_a_little(self, shifts: dict[str, Shift]) -> None:
        assert 0.005 < shifts["oracle-agents"].occupancy - shifts["predictive"].occupancy < 0.06

    def test_knowing_the_calls_is_worth_more(self, shifts: dict[str, Shift]) -> None:
        assert shifts["oracle-calls"].occupancy > shifts["oracle-agents"].occupancy + 0.01

    def test_knowing_both_leaves_nearly_nobody_idle_and_nobody_abandoned(self, shifts: dict[str, Shift]) -> None:
        assert shifts["oracle-both"].occupancy > 0.93
        assert shifts["oracle-both"].abandoned == 0

    def test_all_of_them_keep_the_cap(self, shifts: dict[str, Shift]) -> None:
        assert all(shift.excess <= 3.0 for shift in shifts.values())
