"""Answers that come in bursts: how much more live calls vary than independent ones."""

from __future__ import annotations

import json

import pytest

from outdial.domain.pacing.dispersion import MEMORY_WINDOWS, Dispersion
from outdial.domain.pacing.predictive import PredictivePacer

RATE = 0.25


def watched(lives: list[int], dials: float = 40.0) -> Dispersion:
    """Windows of ten seconds in which so many calls came live, of so many dials heard of at one in four."""
    dispersion = Dispersion()
    dispersion.begin(0.0, 0.0, RATE)
    for window, live in enumerate(lives, start=1):
        for _ in range(live):
            dispersion.found_live()
        assert not dispersion.is_due(10.0 * window - 0.1)
        assert dispersion.is_due(10.0 * window)
        dispersion.end(10.0 * window, dials * window, RATE)
    return dispersion


def test_nothing_seen_is_as_if_calls_were_independent() -> None:
    assert Dispersion().factor == 1.0
    assert not Dispersion().is_due(1e9)


def test_what_varies_as_chance_would_or_less_changes_nothing() -> None:
    assert watched([10] * 200).factor == 1.0
    # Ten are expected; 7 and 13 are off by the root of nine, and independent calls by that of ten.
    assert watched([7, 13] * 100).factor == 1.0


def test_bursts_are_learned() -> None:
    # Off by ten where independent calls are off by the root of ten: ten times the variance, less what the prior holds.
    assert 7.0 < watched([0, 20] * 100).factor < 10.0


def test_bursts_that_are_over_are_forgotten() -> None:
    assert watched([0, 20] * 50 + [10] * 3 * MEMORY_WINDOWS).factor == 1.0


def test_what_was_dialed_before_counts_not_after() -> None:
    """Each window is compared with the rate at its beginning, and begins anew where it is told to."""
    dispersion = Dispersion()
    dispersion.begin(0.0, 0.0, 0.5)
    dispersion.found_live()
    dispersion.begin(5.0, 100.0, RATE)
    assert not dispersion.is_due(14.9)
    for _ in range(10):
        dispersion.found_live()
    dispersion.end(15.0, 140.0, 0.9)
    assert dispersion.factor == 1.0


def test_a_window_in_which_nobody_was_expected_says_nothing() -> None:
    assert watched([1] * 100, dials=0.1).factor == 1.0


def test_it_is_stored_and_taken_up_at_half_weight() -> None:
    learned = watched([0, 20] * 100)
    restored = Dispersion()
    restored.restore(json.loads(json.dumps(learned.state())))
    assert restored.factor == pytest.approx(learned.factor)


def test_bursts_raise_the_risk_of_a_call_of_the_predictive_pacer() -> None:
    even, bursts = PredictivePacer(), PredictivePacer()
    for pacer in (even, bursts):
        pacer.start({"cap": 0.03, "tab": 2.0, "maxring": 25.0, "amd": True, "agents": 20})
        pacer.decide(0.0, 0)
        for call in range(30):
            pacer.event(0.0, "launched", call=call)
    bursts.dispersion = watched([0, 20] * 100)
    assert bursts.risk(1.0) > 1.5 * even.risk(1.0)
    assert bursts.decide(1.0, 100) < even.decide(1.0, 100)
    assert bursts.state()["dispersion"] != even.state()["dispersion"]
