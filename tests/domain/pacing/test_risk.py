"""The risk of the next call: from the moments of agents coming free and of calls coming live."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.domain.pacing.risk import (
    NORMAL_ABOVE,
    Demand,
    Forecast,
    Supply,
    at_least,
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

    @pytest.mark.parametrize(("mean", "variance"), [(0.4, 0.39), (3.0, 2.0), (2.5, 2.4), (12.0, 1.0)])
    def test_its_upper_tail_is_bounded_from_below(self, mean: float, variance: float) -> None:
        pmf = matched_binomial(mean, variance)
        assert variance <= NORMAL_ABOVE
        for count in range(-1, 9):
            assert at_least(count, mean, variance) <= sum(pmf[max(0, count) :]) + 1e-9
        assert at_least(1, mean, variance) == pytest.approx(1 - pmf[0])

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


class Scene:
    """An outlook given by its numbers: for each answer point, the agents coming free and the calls ahead."""

    def __init__(self, ahead: int, *points: tuple[list[Supply], Demand]) -> None:
        self.ahead, self.points = [ahead] * len(points), points
        self.looked: list[int] = []

    def supply(self, point: int, moment: int) -> Supply:
        return self.points[point][0][moment]

    def demand(self, point: int) -> Demand:
        self.looked.append(point)
        return self.points[point][1]

    def forecast(self) -> Forecast:
        return Forecast(self, len(self.points), len(self.points[0][0]))


class TestHowManyCalls:
    FEW = [Supply(1.0, 1.5, 1.0)], Demand(mean=0.8, variance=0.6, each=0.2)
    MORE = [Supply(1.0, 2.5, 1.0)], Demand(mean=1.8, variance=1.6, each=0.3)

    def test_the_risk_rises_with_each_further_call(self) -> None:
        forecast = Scene(3, self.FEW).forecast()
        risks = [forecast.risk(n) for n in range(1, 40)]
        assert risks == sorted(risks)
        assert risks[0] < 0.05 < 0.9 < risks[-1]

    def test_the_risk_is_the_mean_over_answer_points_and_moments(self) -> None:
        early = [Supply(0.25, 0.5, 0.45), Supply(0.75, 0.5, 0.45)], Demand(mean=0.8, variance=0.7, each=0.1)
        late = [Supply(0.25, 0.5, 0.45), Supply(0.75, 0.5, 0.45)], Demand(mean=0.8, variance=0.7, each=0.3)
        assert Scene(1, early, late).forecast().risk(1) == pytest.approx(0.402761, abs=1e-6)

    def test_a_limit_is_judged_as_by_the_whole_risk(self) -> None:
        forecast = Scene(3, self.FEW, self.MORE).forecast()
        for n in range(1, 20):
            risk = forecast.risk(n)
            assert forecast.within(risk + 1e-9, n)
            assert not forecast.within(risk - 1e-9, n)

    def test_other_answer_points_are_not_looked_at_when_one_is_risk_enough(self) -> None:
        scene = Scene(0, *[([Supply(1.0, 0.0, 0.0)], Demand(0.0, 0.0, 0.2))] * 4)
        assert not scene.forecast().within(0.1, 1)
        assert len(scene.looked) == 1

    @given(
        ahead=st.integers(-2, 8),
        points=st.lists(
            st.tuples(st.floats(0, 12), st.floats(0.02, 1), st.floats(0, 12), st.floats(0.02, 1)),
            min_size=1,
            max_size=4,
        ),
        limit=st.floats(0.001, 0.6),
    )
    def test_what_the_quick_bound_gives_up_the_whole_risk_gives_up_too(
        self, ahead: int, points: list[tuple[float, float, float, float]], limit: float
    ) -> None:
        """Each point: mean agents free, variance over mean, mean calls, variance over mean."""
        looks = [([Supply(1.0, f, f * s)], Demand(b, b * r, 0.2)) for f, s, b, r in points]
        if Scene(ahead, *looks).forecast().hopeless(limit):
            assert Scene(ahead, *looks).forecast().risk(1) > limit

    def test_the_quick_bound_is_not_idle(self) -> None:
        """One agent to spare, and a call in flight that takes them half of the time."""
        scene = Scene(1, ([Supply(1.0, 0.1, 0.09)], Demand(0.5, 0.25, 0.2)))
        assert scene.forecast().hopeless(0.4)
        assert not scene.forecast().hopeless(0.5)

    @pytest.mark.parametrize("room", [0, 1, 2, 3, 7, 8, 9, 100])
    @pytest.mark.parametrize("best", [0, 1, 2, 3, 5, 8, 13])
    def test_the_search_finds_the_largest_number_that_fits(self, best: int, room: int) -> None:
        assert most_within(0, room, lambda n: n <= best) == min(best, room)

    def test_calls_already_known_to_be_safe_are_not_taken_back(self) -> None:
        assert most_within(3, 10, lambda n: False) == 3
