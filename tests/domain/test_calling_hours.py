"""When a number may be called, in the local time of the called party."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from outdial.domain.calling_hours import CallingHours, Opening
from outdial.domain.campaigns import CallingWindow, WeekDay

WORKDAYS = (WeekDay.MONDAY, WeekDay.TUESDAY, WeekDay.WEDNESDAY, WeekDay.THURSDAY, WeekDay.FRIDAY)
EVERY_DAY = tuple(WeekDay)
NINE_TO_EIGHT = CallingHours((CallingWindow(time(9), time(20), WORKDAYS),))
NEW_YORK, BERLIN, SYDNEY = ("America/New_York",), ("Europe/Berlin",), ("Australia/Sydney",)


def at(zone: str, *when: int) -> datetime:
    """A local time as an instant."""
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[misc,arg-type]


class TestWindows:
    def test_the_start_is_included_and_the_end_is_not(self) -> None:
        nine = at("Europe/Berlin", 2026, 3, 2, 9)
        eight = at("Europe/Berlin", 2026, 3, 2, 20)
        second = timedelta(seconds=1)
        assert not NINE_TO_EIGHT.opening(BERLIN, nine - second).is_open
        assert NINE_TO_EIGHT.opening(BERLIN, nine) == Opening(True, eight)
        assert NINE_TO_EIGHT.opening(BERLIN, eight - second).is_open
        assert not NINE_TO_EIGHT.opening(BERLIN, eight).is_open

    def test_it_is_the_called_partys_clock_that_counts(self) -> None:
        now = at("Europe/Berlin", 2026, 3, 2, 9)
        assert not NINE_TO_EIGHT.opening(NEW_YORK, now).is_open
        assert NINE_TO_EIGHT.opening(NEW_YORK, now).until == at("America/New_York", 2026, 3, 2, 9)

    def test_a_closed_week_end_opens_on_monday(self) -> None:
        friday_evening = at("Europe/Berlin", 2026, 3, 6, 20)
        assert NINE_TO_EIGHT.opening(BERLIN, friday_evening) == Opening(False, at("Europe/Berlin", 2026, 3, 9, 9))

    def test_an_end_at_or_before_the_start_runs_into_the_next_day(self) -> None:
        late = CallingHours((CallingWindow(time(22), time(2), (WeekDay.SATURDAY,)),))
        assert late.opening(BERLIN, at("Europe/Berlin", 2026, 3, 8, 1, 59)).is_open
        assert not late.opening(BERLIN, at("Europe/Berlin", 2026, 3, 8, 2)).is_open
        assert not late.opening(BERLIN, at("Europe/Berlin", 2026, 3, 7, 1)).is_open

    def test_midnight_to_midnight_is_the_whole_day_and_days_join(self) -> None:
        always = CallingHours((CallingWindow(time(0), time(0), EVERY_DAY),))
        assert always.opening(SYDNEY, at("Australia/Sydney", 2026, 3, 7, 23, 59)) == Opening(True, None)

    def test_windows_of_one_day_do_not_swallow_the_gap_between_them(self) -> None:
        siesta = CallingHours((CallingWindow(time(9), time(13), WORKDAYS), CallingWindow(time(14), time(20), WORKDAYS)))
        assert siesta.opening(BERLIN, at("Europe/Berlin", 2026, 3, 2, 13)) == Opening(
            False, at("Europe/Berlin", 2026, 3, 2, 14)
        )

    def test_no_window_at_all_means_never(self) -> None:
        assert CallingHours(()).opening(BERLIN, at("Europe/Berlin", 2026, 3, 2, 12)) == Opening(False, None)
        assert not CallingHours(()).ever_open(BERLIN, at("Europe/Berlin", 2026, 3, 2, 12))


class TestSeveralZones:
    def test_all_of_them_must_be_open(self) -> None:
        both = (*NEW_YORK, "America/Los_Angeles")
        opens = at("America/Los_Angeles", 2026, 3, 2, 9)
        assert not NINE_TO_EIGHT.opening(both, opens - timedelta(seconds=1)).is_open
        assert NINE_TO_EIGHT.opening(both, opens) == Opening(True, at("America/New_York", 2026, 3, 2, 20))

    def test_zones_without_a_common_hour_are_never_open(self) -> None:
        mornings = CallingHours((CallingWindow(time(9), time(12), WORKDAYS),))
        assert not mornings.ever_open(BERLIN + SYDNEY, at("Europe/Berlin", 2026, 3, 2, 9))

    def test_no_zone_at_all_is_never_open(self) -> None:
        assert not NINE_TO_EIGHT.ever_open((), at("Europe/Berlin", 2026, 3, 2, 12))


class TestClockChanges:
    def test_a_day_of_23_hours_opens_by_the_wall_clock(self) -> None:
        sundays = CallingHours((CallingWindow(time(9), time(20), (WeekDay.SUNDAY,)),))
        spring = sundays.opening(BERLIN, at("Europe/Berlin", 2026, 3, 29, 0, 30))
        assert spring.until == datetime(2026, 3, 29, 7, tzinfo=UTC)

    def test_a_start_that_is_skipped_opens_at_the_jump(self) -> None:
        early = CallingHours((CallingWindow(time(2, 30), time(6), (WeekDay.SUNDAY,)),))
        jump = datetime(2026, 3, 29, 1, tzinfo=UTC)
        assert early.opening(BERLIN, jump - timedelta(minutes=1)) == Opening(False, jump)

    def test_an_end_that_is_skipped_closes_at_the_jump(self) -> None:
        night = CallingHours((CallingWindow(time(0), time(2, 30), (WeekDay.SUNDAY,)),))
        jump = datetime(2026, 3, 29, 1, tzinfo=UTC)
        assert night.opening(BERLIN, jump - timedelta(minutes=1)) == Opening(True, jump)

    def test_an_end_that_comes_twice_closes_the_first_time(self) -> None:
        night = CallingHours((CallingWindow(time(0), time(2, 30), (WeekDay.SUNDAY,)),))
        first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert night.opening(BERLIN, first - timedelta(minutes=1)) == Opening(True, first)


@given(
    hours_since_2025=st.floats(0, 3 * 365 * 24),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]),
    start=st.times(),
    to=st.times(),
    days=st.sets(st.sampled_from(EVERY_DAY)),
)
def test_it_agrees_with_a_look_at_the_wall_clock(
    hours_since_2025: float, zone: str, start: time, to: time, days: set[WeekDay]
) -> None:
    """Away from clock changes, open means: the wall clock stands inside a window of today or of yesterday."""
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours_since_2025)
    start, to = start.replace(microsecond=0), to.replace(microsecond=0)
    local = now.astimezone(ZoneInfo(zone))
    assume(len({(now + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() for h in range(-49, 50)}) == 1)
    wall, today, yesterday = local.time(), local.weekday(), (local.weekday() - 1) % 7
    numbers = {day.number for day in days}
    if start < to:
        expected = today in numbers and start <= wall < to
    else:
        expected = (today in numbers and wall >= start) or (yesterday in numbers and wall < to)
    hours = CallingHours((CallingWindow(start, to, tuple(sorted(days, key=lambda day: day.number))),))
    assert hours.opening((zone,), now).is_open == expected


@pytest.mark.parametrize("step", range(0, 14 * 24, 5))
def test_the_end_of_an_opening_is_where_it_changes(step: int) -> None:
    now = datetime(2026, 3, 25, tzinfo=UTC) + timedelta(hours=step)
    opening = NINE_TO_EIGHT.opening(BERLIN, now)
    assert opening.until is not None
    assert NINE_TO_EIGHT.opening(BERLIN, opening.until).is_open is not opening.is_open
    assert NINE_TO_EIGHT.opening(BERLIN, opening.until - timedelta(seconds=1)).is_open is opening.is_open
