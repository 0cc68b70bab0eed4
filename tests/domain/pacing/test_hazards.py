"""Life tables: answers of ringing calls, and the time until agents are free."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from outdial.domain.pacing.hazards import (
    ANSWER_POINTS,
    ELAPSED,
    TALK_SECONDS,
    TALKING,
    WRAP_SECONDS,
    DurationTable,
    FreeBy,
    RingTable,
)


def elapsed_index(seconds: float) -> int:
    """Index in ELAPSED of the time nearest to this one."""
    return TALKING[int(seconds)]


def free_within(talk: DurationTable, wrap: DurationTable, seconds: float) -> tuple[list[float], list[float]]:
    """Chances of one talking and one wrapping up, for each time in ELAPSED."""
    free = FreeBy(talk.curve, wrap.curve, seconds)
    return free.chances[: len(ELAPSED)], free.chances[len(ELAPSED) :]


def hazard(table: DurationTable, second: int) -> float:
    """Chance to end within this second, for one who got so far."""
    return 1 - table.lasts(second + 1) / table.lasts(second)


def a_talk_table(durations: list[float], running: tuple[float, ...] = ()) -> DurationTable:
    table = DurationTable(TALK_SECONDS, 180.0)
    for seconds in durations:
        table.add(seconds)
    table.rebuild(running)
    return table


def a_wrap_table(durations: list[float]) -> DurationTable:
    table = DurationTable(WRAP_SECONDS, 45.0)
    for seconds in durations:
        table.add(seconds)
    table.rebuild(())
    return table


class TestRinging:
    def test_before_the_first_call_answers_are_expected_between_three_and_twenty_seconds(self) -> None:
        table = RingTable(25.0)
        assert table.arrived(3.0) == 0
        assert table.arrived(20.0) == 1
        assert table.points == sorted(table.points)
        assert 3 < table.points[0] < table.points[3] < 20

    @pytest.mark.parametrize("maxring", [6.0, 15.0, 25.0, 120.0])
    def test_answer_points_lie_within_the_ring_time(self, maxring: float) -> None:
        assert all(0 < point <= maxring for point in RingTable(maxring).points)

    def test_learns_when_people_answer(self) -> None:
        table = RingTable(25.0)
        for _ in range(1000):
            table.ring_over(8.2)
            table.answered_live(8.2)
        table.rebuild(())
        assert all(8.0 <= point <= 8.5 for point in table.points[:3])

    def test_within_is_the_inverse_of_arrived(self) -> None:
        table = RingTable(25.0)
        assert [table.arrived(table.within(share)) for share in ANSWER_POINTS] == pytest.approx(ANSWER_POINTS)

    def test_calls_still_ringing_count_as_not_yet_answered(self) -> None:
        table = RingTable(25.0)
        for _ in range(20):
            table.ring_over(4.2)
            table.answered_live(4.2)
        table.rebuild(())
        forgetful = table.arrived(5.0)
        table.rebuild([(10.0, 60)])
        assert table.arrived(5.0) < forgetful

    def test_a_call_of_full_age_is_answered_no_more(self) -> None:
        table = RingTable(25.0)
        for _ in range(500):
            table.ring_over(25.0)
        table.rebuild(())
        assert [table.reach[k][-1] for k in range(4)] == pytest.approx([0, 0, 0, 0], abs=1e-12)

    def test_a_young_call_reaches_a_point_with_the_share_that_answers_by_then(self) -> None:
        table = RingTable(25.0)
        assert [table.reach[k][0] for k in range(4)] == pytest.approx(ANSWER_POINTS)

    def test_competing_ends_raise_the_chance_of_those_who_still_ring(self) -> None:
        """Half of the calls are busy at 1 s; whoever rings on is twice as likely a person."""
        table = RingTable(25.0)
        for _ in range(1000):
            table.ring_over(1.2)
            table.ring_over(10.2)
            table.answered_live(10.2)
        table.rebuild(())
        late_point = table.reach[3]
        assert late_point[4] == pytest.approx(2 * late_point[0], rel=0.2)

    def test_old_calls_fade(self) -> None:
        table = RingTable(25.0)
        for _ in range(20_000):
            table.ring_over(5.0)
        assert sum(table.over) <= 4000


class TestDurations:
    def test_nobody_seen_yet_gives_a_constant_hazard(self) -> None:
        table = a_talk_table([])
        assert table.lasts(60.0) == pytest.approx((1 - 3 / 180) ** 60)

    def test_the_hazard_is_the_actuarial_one_shrunk_to_the_mean(self) -> None:
        table = a_talk_table([10.0] * 10 + [30.0] * 10)
        constant = 23 / (400 + 180)
        assert hazard(table, 0) == pytest.approx(6 * constant / 26)
        assert hazard(table, 10) == pytest.approx((10 + 6 * constant) / (20 - 5 + 6))
        assert hazard(table, 40) == pytest.approx(constant)

    def test_conversations_still_going_on_count_as_not_ended(self) -> None:
        """At the start only short conversations are over; taking them for all would dial far too much."""
        over_only = a_talk_table([12.0] * 8)
        with_running = a_talk_table([12.0] * 8, running=(80.0,) * 20)
        assert over_only.lasts(30.0) < 0.35
        assert with_running.lasts(30.0) > 0.6

    def test_survival_never_rises_and_never_reaches_nothing_at_once(self) -> None:
        table = a_talk_table([60.0] * 3000)
        survival = [table.lasts(second) for second in range(TALK_SECONDS)]
        assert all(a >= b >= 0 for a, b in pairwise(survival))
        assert table.lasts(200.0) > 0

    def test_very_long_ones_join_the_last_bin(self) -> None:
        table = a_talk_table([5000.0] * 10, running=(9000.0,))
        assert table.lasts(1400.0) > 0.5

    def test_old_ones_fade(self) -> None:
        table = a_talk_table([60.0] * 10_000)
        assert sum(table.ended) <= 3000
        assert table.seconds == pytest.approx(60 * sum(table.ended))

    def test_stored_counts_come_back_at_half_weight(self) -> None:
        table = a_talk_table([10.0] * 40 + [50.0] * 40)
        fresh = DurationTable(TALK_SECONDS, 180.0)
        fresh.restore(table.state())
        assert sum(fresh.ended) == 40
        assert fresh.seconds == table.seconds / 2
        assert fresh.lasts(30.0) == pytest.approx(table.lasts(30.0), abs=0.05)


class TestFreeWithin:
    @pytest.mark.parametrize("seconds", [0.4, 7.0, 12.3, 47.85])
    def test_the_tables_say_what_the_formula_does(self, seconds: float) -> None:
        """Ending in second x of the talk and wrapping up in what is left, summed as the formula is written."""
        talk, wrap = a_talk_table([20.0, 45.0, 90.0, 200.0] * 30, (15.0, 70.0)), a_wrap_table([4.0, 9.0, 30.0] * 30)
        talking, wrapping = free_within(talk, wrap, seconds)
        for i, e in enumerate(ELAPSED):
            by_hand = sum(
                (talk.lasts(e + x) - talk.lasts(e + x + 1)) / talk.lasts(e) * (1 - wrap.lasts(seconds - x))
                for x in range(math.ceil(seconds))
            )
            assert talking[i] == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
            e = min(e, WRAP_SECONDS)
            assert wrapping[i] == pytest.approx(1 - wrap.lasts(e + seconds) / wrap.lasts(e), abs=1e-12)

    def test_one_who_wraps_up_is_free_with_the_chance_of_the_life_table(self) -> None:
        wrap = a_wrap_table([])
        _, wrapping = free_within(a_talk_table([]), wrap, 10.0)
        assert wrapping == pytest.approx([1 - (1 - 3 / 45) ** 10] * len(ELAPSED))

    def test_one_who_talks_must_end_the_call_and_then_wrap_up(self) -> None:
        talk, wrap = a_talk_table([]), a_wrap_table([])
        talking, _ = free_within(talk, wrap, 12.0)
        h, g = 3 / 180, 3 / 45
        expected = sum((1 - h) ** x * h * (1 - (1 - g) ** (12 - x)) for x in range(12))
        assert talking == pytest.approx([expected] * len(ELAPSED), rel=1e-9)

    def test_without_wrap_up_the_end_of_the_talk_decides(self) -> None:
        talk = a_talk_table([])
        talking, _ = free_within(talk, a_wrap_table([0.0] * 2000), 12.0)
        assert talking[0] == pytest.approx(1 - talk.lasts(12.0), rel=0.1)

    def test_the_hazard_at_the_elapsed_time_counts(self) -> None:
        talk = a_talk_table([60.5] * 500)
        talking, _ = free_within(talk, a_wrap_table([0.0] * 500), 10.0)
        assert talking[elapsed_index(20.0)] < 0.05
        assert talking[elapsed_index(55.0)] > 0.8

    def test_rises_with_the_time_given(self) -> None:
        talk, wrap = a_talk_table([30.0, 60.0, 90.0] * 20), a_wrap_table([5.0, 15.0] * 20)
        chances = [free_within(talk, wrap, seconds)[0][10] for seconds in (0.5, 5.0, 5.5, 20.0, 60.0, 190.0, 400.0)]
        assert chances == sorted(chances)

    def test_elapsed_times_fall_on_the_nearest_tabulated_one(self) -> None:
        assert len(ELAPSED) <= 60
        assert [ELAPSED[elapsed_index(s)] for s in (-1.0, 0.0, 7.9, 19.0)] == [0, 0, 7, 19]
        assert all(math.isclose(ELAPSED[elapsed_index(s)], s, rel_tol=0.07) for s in (33.0, 100.0, 417.0, 1200.0))
        assert elapsed_index(1e9) == len(ELAPSED) - 1
