"""What is said of several shifts together."""

from __future__ import annotations

import pytest

from outdial.simulation.pacing.comparison import Estimate, Result, compare, student_t
from outdial.simulation.pacing.world import Shift, World


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (2, 4.303), (4, 2.776), (10, 2.228), (30, 2.042)])
def test_students_t_has_the_values_of_the_printed_tables(freedom: int, quantile: float) -> None:
    assert student_t(freedom) == pytest.approx(quantile, abs=0.001)


def test_an_estimate_is_a_mean_and_half_its_interval() -> None:
    estimate = Estimate.of([1.0, 2.0, 3.0])
    assert estimate.mean == 2.0
    assert estimate.margin == pytest.approx(4.303 / 3**0.5, abs=0.001)
    assert Estimate.of([5.0]) == Estimate(5.0, None)


def test_a_shift_above_the_cap_is_one_with_an_excess_and_the_worst_is_told() -> None:
    result = Result("x", World(), [Shift(excess=-4.0), Shift(excess=0.5), Shift(excess=0.0), Shift(excess=2.5)])
    assert result.share_above_cap == 0.5
    assert result.largest_excess == 2.5
    assert Result("x", World(), [Shift(excess=-4.0)]).largest_excess == 0.0


def test_shifts_are_counted_as_they_are_played_and_all_pacers_get_the_same_seeds() -> None:
    played: list[tuple[int, int]] = []
    cells = [World(agents=n, hours=0.05, seed=3) for n in (1, 2)]
    results = list(
        compare(cells, ["progressive", "ratio:2"], 2, lambda world: played.append((world.agents, world.seed)))
    )
    assert [(result.world.agents, result.pacer) for result in results] == [
        (1, "progressive"),
        (1, "ratio:2"),
        (2, "progressive"),
        (2, "ratio:2"),
    ]
    assert played == [(1, 3), (1, 4)] * 2 + [(2, 3), (2, 4)] * 2


def test_unknown_pacers_are_refused_before_the_first_shift() -> None:
    with pytest.raises(ValueError, match="psychic"):
        next(compare([World(hours=0.05)], ["progressive", "psychic"], 1))
