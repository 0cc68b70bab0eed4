"""What a stored state has counted, and the calls that are counted afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from outdial.domain.pacing.base import PacerConfig, State
from outdial.domain.pacing.kept import Counted, Settled, caught_up
from outdial.domain.pacing.predictive import PredictivePacer

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
PERIODS = ("24h", "30d", "month")


def paced(config: PacerConfig, calls: list[Settled]) -> PredictivePacer:
    """A pacer that has counted these calls as they came."""
    pacer = PredictivePacer()
    pacer.start(config)
    for n, call in enumerate(calls):
        now = (call.at - NOON).total_seconds() + 1e7
        pacer.event(now, "clock", utc=call.at.timestamp())
        pacer.event(now, "launched", call=n)
        pacer.event(now, "abandoned" if call.abandoned else "connected", call=n, waited=2.0, agent=1)
    return pacer


def some_calls(count: int, since: datetime, apart: timedelta) -> list[Settled]:
    """Live calls, of which every seventh was abandoned."""
    return [Settled(since + n * apart, n % 7 == 6) for n in range(count)]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "Asia/Kathmandu"])
@pytest.mark.parametrize("apart", [timedelta(seconds=7), timedelta(minutes=50), timedelta(hours=19)])
def test_a_state_that_is_caught_up_is_the_one_that_had_counted_all_along(zone: str, apart: timedelta) -> None:
    config = PacerConfig(windows=PERIODS, timezone=zone)
    calls = some_calls(60, NOON, apart)
    kept: State = json.loads(json.dumps(paced(config, calls[:40]).state()))
    assert caught_up(kept, calls[40:], config)["budget"] == paced(config, calls).state()["budget"]


def test_calls_of_before_midnight_count_for_the_day_and_the_month_they_were_made_in() -> None:
    config = PacerConfig(windows=PERIODS, timezone="America/New_York")
    state = PredictivePacer().state()
    midnight = datetime(2026, 7, 1, 4, tzinfo=UTC)  # of the zone
    before = [Settled(midnight - timedelta(seconds=1), abandoned=True)] * 5
    after = [Settled(midnight, abandoned=False)] * 20
    pacer = PredictivePacer()
    pacer.start(PacerConfig(windows=("month",), timezone="America/New_York"))
    pacer.restore(caught_up(state, before + after, config))
    pacer.event(0.0, "clock", utc=(midnight + timedelta(hours=1)).timestamp())
    assert pacer.budget.balance == pytest.approx(20 * 0.03)  # the month began without an abandoned call
    pacer.event(0.0, "settings", cfg=PacerConfig(windows=("30d",), timezone="America/New_York"))
    assert pacer.budget.balance == pytest.approx(25 * 0.03 - 5)


def test_what_else_was_learned_stays() -> None:
    pacer = paced(PacerConfig(), some_calls(30, NOON, timedelta(seconds=5)))
    before = pacer.state()
    after = caught_up(before, some_calls(1, NOON + timedelta(hours=1), timedelta(0)), PacerConfig())
    assert {**after, "budget": None} == {**before, "budget": None}
    assert after["budget"]["live"] == 31


def test_what_a_state_has_counted_is_stored_with_it() -> None:
    counted = Counted(17, (12, 15), NOON)
    state = counted.beside({"version": 1})
    assert state["version"] == 1
    assert Counted.of(json.loads(json.dumps(state))) == counted


def test_a_state_of_a_release_that_did_not_say_it_says_nothing() -> None:
    assert Counted.of({"version": 1}) is None
