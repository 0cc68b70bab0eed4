"""The predictive pacer beside progressive dialing: it changes nothing, and says how well it foresaw."""

from __future__ import annotations

import json

import pytest

from outdial.domain.pacing.base import Pacer
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.progressive import ProgressivePacer
from outdial.domain.pacing.shadow import Calibration, Reliability, ShadowPacer
from outdial.simulation.pacing.world import Shift, World, play

pytestmark = pytest.mark.xdist_group("shadow")

WORLD = World(agents=8, p=0.3, talk=60.0, hours=2.0, seed=5)


@pytest.fixture(scope="module")
def watched() -> tuple[Shift, ShadowPacer]:
    pacer = ShadowPacer()
    return play(WORLD, pacer), pacer


def calibration_of(reliability: Reliability) -> tuple[float, float, int]:
    """Mean chance foreseen, share that came true, and how many there were."""
    count = sum(one.count for one in reliability.bins)
    return (
        sum(one.expected for one in reliability.bins) / count,
        sum(one.seen for one in reliability.bins) / count,
        count,
    )


def test_it_is_a_pacer_that_needs_no_arguments() -> None:
    assert isinstance(ShadowPacer(), Pacer)


def test_it_launches_what_the_progressive_pacer_launches(watched: tuple[Shift, ShadowPacer]) -> None:
    shift, pacer = watched
    assert shift.decisions == play(WORLD, ProgressivePacer()).decisions
    assert shift.abandoned == 0
    assert pacer.calibration.launched == shift.launched
    assert pacer.calibration.live == shift.connected


def test_it_would_have_launched_more(watched: tuple[Shift, ShadowPacer]) -> None:
    seen = watched[1].calibration
    assert seen.wanted > seen.launched
    assert any(wanted > calls and risk <= allowed for _, _, calls, wanted, risk, allowed in seen.last)


def test_what_it_expected_of_answers_came(watched: tuple[Shift, ShadowPacer]) -> None:
    seen = watched[1].calibration
    foreseen, came, calls = calibration_of(seen.answers)
    assert calls > 1000
    assert foreseen == pytest.approx(came, rel=0.15)
    assert sum(seen.quarters) == seen.live
    assert [quarter / seen.live for quarter in seen.quarters] == pytest.approx([0.25] * 4, abs=0.08)


def test_what_it_expected_of_agents_came(watched: tuple[Shift, ShadowPacer]) -> None:
    reliability = watched[1].calibration.agents
    foreseen, came, _ = calibration_of(reliability)
    assert foreseen == pytest.approx(came, abs=0.06)
    filled = [one for one in reliability.bins if one.count >= 100]
    assert len(filled) >= 2
    assert all(one.expected / one.count == pytest.approx(one.seen / one.count, abs=0.12) for one in filled)


def test_of_few_abandoned_calls_nothing_is_concluded(watched: tuple[Shift, ShadowPacer]) -> None:
    assert watched[1].calibration.ratio is None
    assert Calibration(risk=10.0, abandoned=8).ratio == pytest.approx(0.8)
    assert Calibration(risk=1.0, abandoned=20).ratio == pytest.approx(20.0)


def test_what_the_shadow_learned_is_what_predictive_dialing_begins_with(watched: tuple[Shift, ShadowPacer]) -> None:
    stored = json.loads(json.dumps(watched[1].state()))
    pacer = PredictivePacer()
    pacer.restore(stored)
    assert pacer.answer_rate(0.0) == pytest.approx(watched[1].shadow.answer_rate(7200.0), rel=0.05)
    again = ShadowPacer()
    again.restore(stored)
    assert again.state()["calibration"] == stored["calibration"]


def test_calls_that_were_never_placed_say_nothing() -> None:
    pacer = ShadowPacer()
    pacer.start({"agents": 2})
    for call, result in ((1, "not_launched"), (2, "congestion"), (3, "busy")):
        pacer.event(0.0, "launched", call=call)
        pacer.event(2.0, "ended", call=call, result=result)
    assert sum(one.count for one in pacer.calibration.answers.bins) == 1


def test_calls_of_which_nothing_more_is_heard_are_forgotten() -> None:
    pacer = ShadowPacer()
    pacer.start({"agents": 2})
    for call in range(5000):
        pacer.event(float(call), "launched", call=call)
    assert len(pacer._calls) <= 601
