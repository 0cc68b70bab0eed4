"""The allowance over a day, thirty days and the calendar month at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from outdial.domain.pacing.budget import Budget
from outdial.domain.pacing.windows import Window, Windows

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()


def windows(*kinds: str, cap: float = 0.03) -> Windows:
    return Windows(kinds, cap)


def count(seen: Windows, utc: float, live: int, abandoned: int = 0) -> None:
    """So many live calls at this time, of which so many were abandoned."""
    for n in range(live):
        seen.count(utc, abandoned=n < abandoned)


class TestADay:
    def test_counts_the_last_24_hours(self) -> None:
        seen = windows("24h")
        count(seen, NOON - 23 * HOUR, 100, 1)
        count(seen, NOON - 26 * HOUR, 100, 50)
        assert seen.tightest(NOON) == pytest.approx((2.0, 100))

    def test_a_surplus_about_to_roll_off_is_not_spent(self) -> None:
        seen = windows("24h")
        count(seen, NOON - 23.7 * HOUR, 1000)
        count(seen, NOON - 1 * HOUR, 100, 3)
        assert seen.tightest(NOON) == pytest.approx((0.0, 100))

    def test_an_overdraft_about_to_roll_off_still_counts(self) -> None:
        seen = windows("24h")
        count(seen, NOON - 23.7 * HOUR, 100, 10)
        assert seen.tightest(NOON)[0] == pytest.approx(3.0 - 10)
        assert seen.tightest(NOON + HOUR)[0] == 0


class TestLongerPeriods:
    def test_thirty_days(self) -> None:
        seen = windows("30d")
        count(seen, NOON - 29 * DAY, 100, 1)
        count(seen, NOON - 32 * DAY, 100, 90)
        assert seen.tightest(NOON)[0] == pytest.approx(2.0)

    def test_the_calendar_month_begins_anew(self) -> None:
        seen = windows("month")
        last_of_may = datetime(2026, 5, 31, 20, tzinfo=UTC).timestamp()
        count(seen, last_of_may, 100, 10)
        assert seen.tightest(last_of_may)[0] == pytest.approx(-7.0)
        assert seen.tightest(datetime(2026, 6, 1, 0, 0, 1, tzinfo=UTC).timestamp())[0] == 0

    def test_the_month_is_the_account_s_own(self) -> None:
        """In Auckland June begins at noon of 31 May, in Los Angeles at seven in the morning of 1 June."""
        abandoned_at = datetime(2026, 5, 31, 11, tzinfo=UTC).timestamp()
        for zone, new_month in (("Pacific/Auckland", (31, 12)), ("America/Los_Angeles", (1, 7))):
            seen = Windows(["month"], 0.03, ZoneInfo(zone))
            count(seen, abandoned_at, 100, 10)
            day, hour = new_month
            begins = datetime(2026, 5 if day == 31 else 6, day, hour, tzinfo=UTC).timestamp()
            assert seen.tightest(begins - 1)[0] == pytest.approx(-7.0)
            assert seen.tightest(begins)[0] == 0

    def test_in_the_last_half_hour_of_a_month_its_surplus_is_not_spent(self) -> None:
        seen = windows("month")
        late = datetime(2026, 5, 31, 23, 45, tzinfo=UTC).timestamp()
        count(seen, late - DAY, 1000)
        assert seen.tightest(late - HOUR)[0] == pytest.approx(30.0)
        assert seen.tightest(late)[0] == 0

    def test_the_tightest_of_several_counts(self) -> None:
        seen = windows("24h", "30d", "month")
        count(seen, NOON - 10 * DAY, 1000, 10)
        count(seen, NOON - HOUR, 100, 4)
        assert seen.tightest(NOON) == pytest.approx((-1.0, 100))
        count(seen, NOON, 400)
        assert seen.tightest(NOON)[0] == pytest.approx(11.0)


class TestABusyHour:
    def test_a_good_month_does_not_buy_a_bad_hour(self) -> None:
        seen = windows("30d")
        count(seen, NOON - 5 * DAY, 10_000)
        count(seen, NOON - 20 * MINUTE, 200, 8)
        assert not seen.hour_is_full(NOON)
        count(seen, NOON - 10 * MINUTE, 1, 1)
        assert seen.hour_is_full(NOON)
        assert not seen.hour_is_full(NOON + HOUR)

    def test_an_hour_of_few_calls_is_let_be(self) -> None:
        seen = windows("30d")
        count(seen, NOON, 199, 30)
        assert not seen.hour_is_full(NOON)


def test_stored_counts_come_back_in_full() -> None:
    seen = windows("24h", "month")
    count(seen, NOON - HOUR, 50, 2)
    again = windows("24h", "month")
    again.restore(json.loads(json.dumps(seen.state())))
    assert again.state() == seen.state()
    assert again.tightest(NOON) == seen.tightest(NOON)


def test_what_no_period_can_still_ask_for_is_forgotten() -> None:
    seen = windows("24h", "30d", "month")
    for day in range(100):
        count(seen, NOON + day * DAY, 3)
        seen.tightest(NOON + day * DAY)
    state = seen.state()
    assert len(state["days"]) <= 33
    assert len(state["short"]) <= 3


def test_unknown_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        windows("fortnight")


class TestTheThreshold:
    def test_stops_by_the_tightest_period_and_not_by_the_whole(self) -> None:
        budget = Budget(0.03, 2.0, [Window.DAY])
        budget.clock(NOON - 3 * DAY)
        for second in range(1000):
            budget.settled(float(second), abandoned=False)
        budget.clock(NOON)
        assert budget.threshold(3 * DAY) > 0
        for n in range(10):
            budget.settled(3 * DAY + n, abandoned=n < 6)
        assert budget.cap * budget.live - budget.abandoned > 20  # of the campaign as a whole
        assert budget.threshold(3 * DAY + 10) == 0
        budget.clock(NOON + 25 * HOUR)
        assert budget.threshold(4 * DAY + HOUR) > 0

    def test_a_full_hour_stops_whatever_was_saved(self) -> None:
        budget = Budget(0.03, 2.0, [Window.THIRTY_DAYS])
        budget.clock(NOON - 5 * DAY)
        for second in range(20_000):
            budget.settled(float(second), abandoned=False)
        budget.clock(NOON)
        for n in range(250):
            budget.settled(5 * DAY + n, abandoned=n < 12)
        assert budget.balance > 100
        assert budget.threshold(5 * DAY + 250) == 0
        budget.clock(NOON + 1.1 * HOUR)
        assert budget.threshold(5 * DAY + 4000) > 0

    def test_without_a_clock_the_campaign_as_a_whole_counts(self) -> None:
        budget = Budget(0.03, 2.0, [Window.DAY])
        for n in range(100):
            budget.settled(float(n), abandoned=n < 3)
        assert budget.balance == pytest.approx(0.0)
