"""The risk of the next call: from the moments of agents coming free and of calls coming live."""

from __future__ import annotations

import math

import pytest

from outdial.domain.pacing.risk import (
    Forecast,
    Outlook,
    Supply,
    matched_binomial,
    most_within,
    no_agent_probability,
    waiting_offsets,
)


class TestChanceThatNoAgentIsLeft:
    @pytest.mark.parametrize(
        ("ahead", "mu_f", "v_f", "mu_b", "v_b", "expected"),
        [
            (1, 0.5, 0.45, 0.8, 0.7, 0.402761),
            (0, 2, 1.5, 0.5, 0.45, 0.236628),
            (3, 1.2, 1, 2.5, 2, 0.237819),
            (-1, 0.3, 0.28, 0.2, 0.18, 0.974358),
            (10, 8, 7, 15, 12, 0.28314),
            (5, 20, 15, 18, 14, 0.113712),
        ],
    )
    def test_reference_values(
        self, ahead: int, mu_f: float, v_f: float, mu_b: float, v_b: float, expected: float
    ) -> None:
        assert no_agent_probability(ahead, mu_f, v_f, mu_b, v_b) == pytest.approx(expected, abs=1e-6)

    def test_whole_binomials_are_convolved_exactly(self) -> None:
        # Three agents free with 0.5 each against four calls live with 0.25 each, one agent idle.
        exact = sum(
            math.comb(3, f) * 0.5**3 * math.comb(4, b) * 0.25**b * 0.75 ** (4 - b)
            for f in range(4)
            for b in range(5)
            if 1 + f - b <= 0
        )
        assert no_agent_probability(1, 1.5, 0.75, 1.0, 0.75) == pytest.approx(exact, abs=1e-12)

    def test_an_idle_agent_and_nothing_in_flight_is_no_risk(self) -> None:
        assert no_agent_probability(1, 0, 0, 0, 0) == 0

    def test_nobody_idle_and_nobody_coming_free_is_certain(self) -> None:
        assert no_agent_probability(0, 0, 0, 0, 0) == 1
        assert no_agent_probability(-3, 0, 0, 2, 1) == pytest.approx(1)

    def test_more_agents_than_calls_can_ever_take_is_no_risk(self) -> None:
        assert no_agent_probability(50, 0, 0, 2, 1) == 0


class TestMatchedBinomial:
    @pytest.mark.parametrize(
        ("mean", "variance"), [(0.4, 0.39), (3.0, 2.0), (12.0, 9.0), (2.5, 2.499999999), (15.0, 15.0)]
    )
    def test_has_the_moments_asked_for(self, mean: float, variance: float) -> None:
        pmf = matched_binomial(mean, variance)
        assert sum(pmf) == pytest.approx(1, abs=0.01)
        assert sum(i * p for i, p in enumerate(pmf)) == pytest.approx(mean, rel=0.01)
        second = sum(i * i * p for i, p in enumerate(pmf))
        assert second - mean**2 == pytest.approx(variance, rel=0.03)

    def test_is_found_where_its_first_term_is_too_small_for_a_float(self) -> None:
        pmf = matched_binomial(495.0, 4.95)  # 500 agents of whom 99 in 100 will be free
        assert sum(pmf) == pytest.approx(1, abs=1e-6)
        assert sum(i * p for i, p in enumerate(pmf)) == pytest.approx(495, abs=1e-3)

    def test_what_never_happens_is_surely_zero(self) -> None:
        assert matched_binomial(0, 0) == [1.0]


class TestHowLongAPersonMayWait:
    def test_a_short_timeout_is_one_moment(self) -> None:
        assert waiting_offsets(2.0, 1 / 30) == [(2.0, 1.0)]
        assert waiting_offsets(3.0, 1 / 30) == [(3.0, 1.0)]

    @pytest.mark.parametrize("timeout", [4.0, 8.0, 10.0, 30.0])
    def test_a_long_one_is_spread_over_the_moments_people_leave_at(self, timeout: float) -> None:
        offsets = waiting_offsets(timeout, 1 / 30)
        assert sum(weight for _, weight in offsets) == pytest.approx(1)
        assert [moment for moment, _ in offsets] == sorted(moment for moment, _ in offsets)
        assert offsets[-1] == pytest.approx((timeout, math.exp(-timeout / 30)))

    def test_the_edges_are_those_of_the_specification(self) -> None:
        assert [moment for moment, _ in waiting_offsets(10.0, 0.1)] == [0.5, 2.0, 5.5, 9.0, 10.0]


def a_forecast(ahead: int, *outlooks: Outlook) -> Forecast:
    return Forecast(ahead, len(outlooks), outlooks.__getitem__)


class TestHowManyCalls:
    OUTLOOK = Outlook([Supply(1.0, 1.5, 1.0)], mean=0.8, variance=0.6, each=0.2)

    def test_the_risk_rises_with_each_further_call(self) -> None:
        forecast = a_forecast(3, self.OUTLOOK)
        risks = [forecast.risk(n) for n in range(1, 40)]
        assert risks == sorted(risks)
        assert risks[0] < 0.05 < 0.9 < risks[-1]

    def test_the_risk_is_the_mean_over_answer_points_and_moments(self) -> None:
        early = Outlook([Supply(1.0, 0.5, 0.45)], mean=0.8, variance=0.7, each=0.1)
        late = Outlook([Supply(0.25, 0.5, 0.45), Supply(0.75, 0.5, 0.45)], mean=0.8, variance=0.7, each=0.3)
        assert a_forecast(1, early, late).risk(1) == pytest.approx(0.402761, abs=1e-6)

    def test_a_limit_is_judged_as_by_the_whole_risk(self) -> None:
        forecast = a_forecast(3, self.OUTLOOK, Outlook([Supply(1.0, 2.5, 1.0)], mean=1.8, variance=1.6, each=0.3))
        for n in range(1, 20):
            risk = forecast.risk(n)
            assert forecast.within(risk + 1e-9, n)
            assert not forecast.within(risk - 1e-9, n)

    def test_later_answer_points_are_not_looked_at_when_the_first_is_risk_enough(self) -> None:
        looked: list[int] = []

        def look(k: int) -> Outlook:
            looked.append(k)
            return Outlook([Supply(1.0, 0.0, 0.0)], mean=0.0, variance=0.0, each=0.2)

        assert not Forecast(0, 4, look).within(0.1, 1)
        assert looked == [0]

    @pytest.mark.parametrize("room", [0, 1, 2, 3, 7, 8, 9, 100])
    @pytest.mark.parametrize("best", [0, 1, 2, 3, 5, 8, 13])
    def test_the_search_finds_the_largest_number_that_fits(self, best: int, room: int) -> None:
        assert most_within(0, room, lambda n: n <= best) == min(best, room)

    def test_calls_already_known_to_be_safe_are_not_taken_back(self) -> None:
        assert most_within(3, 10, lambda n: False) == 3
