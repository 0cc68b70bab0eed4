"""The abandonment allowance and the risk threshold that follows from it."""

from __future__ import annotations

import math

import pytest

from outdial.domain.pacing.budget import Budget


def a_budget(live: int = 0, abandoned: int = 0, *, cap: float = 0.03, reserve: float = 2.0) -> Budget:
    """A budget with these counts, all of them long ago."""
    budget = Budget(cap, reserve)
    budget.restore({"live": live, "abandoned": abandoned, "integral": 0.0})
    return budget


class TestTarget:
    def test_is_the_cap_less_the_reserve_and_never_less_than_three_quarters_of_it(self) -> None:
        assert a_budget().target(0.0) == pytest.approx(0.75 * 0.03)
        assert a_budget(live=100).target(0.0) == pytest.approx(0.75 * 0.03)
        wanted = 2.0 * math.sqrt(3.0) / 1.4
        assert a_budget(live=1000).target(0.0) == pytest.approx(0.03 - wanted / 1000)
        assert a_budget(cap=0.0).target(0.0) == 0.0


class TestThreshold:
    def test_starts_at_three_fifths_of_the_cap(self) -> None:
        assert a_budget().threshold(0.0) == pytest.approx(0.6 * 0.03)

    def test_follows_the_formula(self) -> None:
        budget = a_budget(live=400, abandoned=10, reserve=1.2)
        unit, balance = 3.0, 2.0
        wanted = 1.2 * math.sqrt(unit) / 1.4
        expected = 0.6 * 0.03 * (1 + (balance - wanted) / unit) ** 1.4
        assert budget.threshold(1e6) == pytest.approx(expected)

    def test_a_larger_reserve_is_more_careful(self) -> None:
        careful, bold = (a_budget(live=400, abandoned=10, reserve=r) for r in (2.0, 1.2))
        assert careful.threshold(1e6) < bold.threshold(1e6)

    def test_falls_with_every_abandoned_call_and_rises_with_every_connected_one(self) -> None:
        by_abandoned = [a_budget(live=1000, abandoned=n).threshold(1e6) for n in range(20, 34)]
        assert by_abandoned == sorted(by_abandoned, reverse=True)
        assert a_budget(live=1100, abandoned=30).threshold(1e6) > a_budget(live=1000, abandoned=30).threshold(1e6)

    def test_the_gain_is_soft_for_a_fast_campaign(self) -> None:
        """With a live call each second an allowance of 54 lies ahead: one abandoned call changes little."""
        budget = a_budget()
        for second in range(3000):
            budget.settled(float(second), abandoned=second % 40 == 0)
        before = budget.threshold(3000.0)
        budget.settled(3000.0, abandoned=True)
        assert 0.93 < budget.threshold(3000.0) / before < 1

    def test_never_exceeds_its_highest_value(self) -> None:
        assert a_budget(live=10**6, cap=0.5).threshold(1e6) <= 0.6

    def test_a_cap_of_nothing_allows_nothing(self) -> None:
        assert a_budget(live=1000, cap=0.0).threshold(1e6) == 0


class TestOverdraft:
    def test_stops_when_overdrawn_by_two_typical_fluctuations(self) -> None:
        limit = 2 * math.sqrt(3.0) / 1.4  # in abandoned calls, for a slow campaign
        assert a_budget(live=1000, abandoned=30 + math.floor(limit)).threshold(1e6) > 0
        assert a_budget(live=1000, abandoned=30 + math.ceil(limit)).threshold(1e6) == 0

    def test_recovers_by_connected_calls_alone(self) -> None:
        budget = a_budget(live=1000, abandoned=34)
        assert budget.threshold(1e6) == 0
        for n in range(100):
            budget.settled(1e6 + 60.0 * n, abandoned=False)
        assert budget.threshold(1e6 + 6000.0) > 0

    def test_the_first_abandoned_call_does_not_stop_the_campaign(self) -> None:
        budget = a_budget()
        budget.settled(10.0, abandoned=True)
        assert 0 < budget.threshold(10.0) < 0.6 * 0.03


class TestIntegral:
    def test_rises_while_the_allowance_is_not_used_and_falls_when_it_is_overused(self) -> None:
        unused, overused = a_budget(), a_budget()
        for n in range(200):
            unused.settled(float(n), abandoned=False)
            overused.settled(float(n), abandoned=n % 10 == 0)
        assert unused.integral == pytest.approx(0.03 * 0.03 * 200)
        assert overused.integral == pytest.approx(0.03 * (0.03 * 200 - 20))

    def test_is_bounded(self) -> None:
        budget = a_budget()
        for n in range(100_000):
            budget.settled(float(n), abandoned=False)
        assert budget.integral == 1.2
        for n in range(1000):
            budget.settled(1e5 + n, abandoned=True)
        assert budget.integral == -1.5


class TestEndOfTheList:
    def test_no_risk_is_taken_when_nothing_can_be_earned_back(self) -> None:
        budget = a_budget(live=100, abandoned=3)
        assert budget.threshold(1e6, lives_left=20.0) == 0
        assert budget.threshold(1e6, lives_left=None) > 0

    def test_what_was_saved_may_still_be_spent(self) -> None:
        assert a_budget(live=200, abandoned=3).threshold(1e6, lives_left=20.0) > 0

    def test_only_the_lives_left_are_counted_on(self) -> None:
        budget = a_budget()
        for second in range(3000):
            budget.settled(float(second), abandoned=second % 31 == 0)  # seven abandoned calls too many
        assert budget.threshold(3000.0, lives_left=200.0) < budget.threshold(3000.0)


def test_the_live_rate_is_that_of_the_last_minutes() -> None:
    budget = a_budget()
    for n in range(2000):
        budget.settled(n * 2.0, abandoned=False)
    assert budget.live_rate(4000.0) == pytest.approx(0.5, rel=0.02)
    assert budget.live_rate(4300.0) == pytest.approx(0.5 / math.e, rel=0.02)
