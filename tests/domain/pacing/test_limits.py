"""The limits on new calls, and the bucket behind calls per second."""

from __future__ import annotations

import pytest

from outdial.domain.pacing.limits import CallRate, Limit, Room, room


class TestRoom:
    def test_ruling_27_the_ratio_counts_unanswered_calls_for_every_agent_signed_in(self) -> None:
        assert room(ratio=3.0, agents=10, unanswered=12) == Room(18, Limit.RATIO)

    def test_a_broken_ratio_is_rounded_down(self) -> None:
        assert room(ratio=1.5, agents=5, unanswered=0).calls == 7
        assert room(ratio=1.1, agents=10, unanswered=0).calls == 11

    @pytest.mark.parametrize(
        ("limits", "expected"),
        [
            ({"lines": 4}, Room(4, Limit.LINES)),
            ({"lines": 40, "rate": 2}, Room(2, Limit.RATE)),
            ({"lines": 4, "rate": 4, "leads": 3}, Room(3, Limit.LEADS)),
            ({"lines": 40, "rate": 50, "leads": 60}, Room(30, Limit.RATIO)),
            ({"leads": 0}, Room(0, Limit.LEADS)),
        ],
    )
    def test_the_least_limit_holds_and_is_told(self, limits: dict[str, int], expected: Room) -> None:
        assert room(ratio=3.0, agents=10, unanswered=0, **limits) == expected

    def test_is_never_negative(self) -> None:
        assert room(ratio=1.0, agents=2, unanswered=9) == Room(0, Limit.RATIO)
        assert room(ratio=3.0, agents=2, unanswered=0, lines=-1) == Room(0, Limit.LINES)


class TestCallRate:
    def test_a_second_gives_so_many_calls(self) -> None:
        rate = CallRate(5.0)
        rate.spend(rate.available(100.0))
        assert [rate.available(100.0), rate.available(100.5), rate.available(101.0)] == [0, 2, 5]

    def test_no_more_gather_than_those_of_a_second(self) -> None:
        rate = CallRate(5.0)
        assert rate.available(0.0) == 5
        assert rate.available(3600.0) == 5

    def test_a_slow_rate_still_lets_single_calls_through(self) -> None:
        rate = CallRate(0.25)
        sent = []
        for second in range(13):
            calls = rate.available(float(second))
            rate.spend(calls)
            sent.append(calls)
        assert sent == [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]

    def test_the_long_run_keeps_the_rate_however_often_one_asks(self) -> None:
        rate, sent = CallRate(3.3), 0
        for tick in range(1000):
            calls = rate.available(tick * 0.7)
            rate.spend(calls)
            sent += calls
        assert sent == pytest.approx(3.3 * 700, abs=4)

    def test_a_clock_that_steps_back_gives_nothing_away(self) -> None:
        rate = CallRate(5.0)
        rate.spend(rate.available(100.0))
        assert rate.available(90.0) == 0
        assert rate.available(100.2) == 1

    @pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan")])
    def test_no_rate_at_all_is_refused(self, wrong: float) -> None:
        with pytest.raises(ValueError, match="more than 0"):
            CallRate(wrong)
