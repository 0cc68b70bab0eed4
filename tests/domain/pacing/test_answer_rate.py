"""The answer rate while calls are pending."""

from __future__ import annotations

import pytest

from outdial.domain.pacing.answer_rate import HIGHEST, LOWEST, AnswerRate


def nobody_yet(age: float) -> float:
    return 0.0


def all_in(age: float) -> float:
    return 1.0


def evenly_within_twenty_seconds(age: float) -> float:
    return min(1.0, max(0.0, age / 20))


def test_starts_careful() -> None:
    assert AnswerRate().estimate(0.0, all_in) == pytest.approx(0.4)


def test_launches_too_young_to_be_answered_do_not_lower_it() -> None:
    rate = AnswerRate()
    for _ in range(50):
        rate.launched(0.0)
    assert rate.estimate(0.1, nobody_yet) == pytest.approx(0.4)


def test_fast_busies_neither_raise_nor_lower_it() -> None:
    """Of 100 launches 60 are busy within two seconds; whoever else is left has simply not answered yet."""
    patient, hasty = AnswerRate(), AnswerRate()
    for _ in range(100):
        patient.launched(0.0)
        cohort = hasty.launched(0.0)
    cohort.ringing -= 60
    assert hasty.estimate(4.0, evenly_within_twenty_seconds) == patient.estimate(4.0, evenly_within_twenty_seconds)


def test_is_the_same_early_and_late_when_answers_come_as_expected() -> None:
    rate = AnswerRate()
    for _ in range(400):
        cohort = rate.launched(0.0)
    for second in range(1, 21):
        rate.found_live(cohort)
        rate.found_live(cohort)
        # 400 calls with 40 people: a tenth, whenever one asks; the prior adds a little.
        assert rate.estimate(float(second), evenly_within_twenty_seconds) == pytest.approx(
            (3.2 + 2 * second) / (8 + 20 * second)
        )


def test_remembers_about_the_last_three_hundred_dials() -> None:
    rate = AnswerRate()
    for n in range(2000):
        cohort = rate.launched(float(n))
        if n >= 1000 and n % 2:
            rate.found_live(cohort)
    rate.mature(5000.0, 20.0)
    assert rate.estimate(5000.0, all_in) == pytest.approx(0.5, abs=0.02)
    assert rate.dials == pytest.approx(300, rel=0.01)


def test_a_verdict_after_maturity_still_counts() -> None:
    rate = AnswerRate()
    cohort = rate.launched(0.0)
    rate.mature(100.0, 20.0)
    before = rate.lives
    rate.found_live(cohort)
    assert rate.lives == before + 1


def test_calls_never_placed_leave_no_trace() -> None:
    rate = AnswerRate()
    for _ in range(50):
        rate.withdrawn(rate.launched(0.0))
    rate.mature(100.0, 20.0)
    assert rate.estimate(100.0, all_in) == pytest.approx(0.4)
    assert not rate.cohorts


def test_stays_within_its_bounds() -> None:
    rate = AnswerRate()
    rate.lives = 0.0
    assert rate.estimate(0.0, all_in) == LOWEST
    rate.lives = 100.0
    assert rate.estimate(0.0, all_in) == HIGHEST
