"""Calling hours against a table that was reckoned without them, and against a look at the clock minute by minute."""

import csv
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.make_calling_hours_golden import COUNTRIES, HOLIDAYS, TABLE, Rules, is_open

from outdial.adapters.holidays import PublicHolidays
from outdial.domain.calling_hours import CallingHours, Opening
from outdial.domain.campaigns import CallingWindow, DateException, WeekDay

WEEK = tuple(WeekDay)
ROWS = list(csv.DictReader(TABLE.open(encoding="utf-8")))


class TypedCalendar:
    """The holidays and countries that the table was made with."""

    def days_off(self, region: str, year: int) -> frozenset[date]:
        return frozenset(day for text in HOLIDAYS[region] if (day := date.fromisoformat(text)).year == year)

    def country_of(self, zone: str) -> str | None:
        return COUNTRIES[zone]


CALENDAR = TypedCalendar()


def hours_of(windows: str, exceptions: str, holidays: str) -> CallingHours:
    """The product's hours out of the table's way to write them."""
    weekly = []
    for text in filter(None, windows.split("; ")):
        days, hours = text.split(" ")
        first, _, last = days.partition("-")
        begin, end = (
            next(n for n, day in enumerate(WEEK) if day.value.lower().startswith(name))
            for name in (first, last or first)
        )
        weekly.append(CallingWindow(*_span(hours), WEEK[begin : end + 1]))
    dates: dict[date, tuple[tuple[time, time], ...]] = {}
    for text in filter(None, exceptions.split("; ")):
        on, own = text.split(" ")
        before = dates.get(date.fromisoformat(on), ())
        dates[date.fromisoformat(on)] = before if own == "closed" else (*before, _span(own))
    return CallingHours(
        tuple(weekly),
        tuple(DateException(on, own) for on, own in dates.items()),
        tuple(filter(None, holidays.split("+"))),
        CALENDAR,
    )


def _span(text: str) -> tuple[time, time]:
    start, to = map(time.fromisoformat, text.split("-"))
    return start, to


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def test_the_table_has_at_least_500_cases() -> None:
    assert len(ROWS) >= 500


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['about']} {row['now']}")
def test_it_agrees_with_the_table(row: Mapping[str, str]) -> None:
    hours = hours_of(row["windows"], row["exceptions"], row["holidays"])
    now = _instant(row["now"])
    assert now is not None
    expected = Opening(row["open"] == "open", _instant(row["until"]))
    assert hours.opening(tuple(row["zones"].split()), now) == expected


_quarters = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
_spans = st.tuples(_quarters, _quarters).map("-".join)
_weeks = st.tuples(st.sampled_from(["mon-sun", "mon-fri", "sat-sun", "sun", "tue-thu"]), _spans).map(" ".join)
_CHANGES = [datetime(2026, *of, tzinfo=UTC) for of in ((3, 8, 12), (3, 29, 0), (10, 25, 0), (12, 25, 3))]


@given(
    windows=st.lists(_weeks, max_size=3).map("; ".join),
    exceptions=st.lists(
        st.tuples(st.sampled_from(["2026-03-08", "2026-03-30", "2026-12-24"]), _spans | st.just("closed")).map(
            " ".join
        ),
        max_size=2,
    ).map("; ".join),
    holidays=st.sampled_from(["", "US", "US+DE", "DE-BY"]),
    zones=st.lists(st.sampled_from(sorted(COUNTRIES)), min_size=1, max_size=3, unique=True).map(tuple),
    near=st.sampled_from(_CHANGES),
    minutes=st.integers(-3 * 24 * 60, 3 * 24 * 60),
)
def test_it_agrees_with_a_look_at_every_minute(
    windows: str, exceptions: str, holidays: str, zones: tuple[str, ...], near: datetime, minutes: int
) -> None:
    now = near + timedelta(minutes=minutes)
    rules = Rules(windows, exceptions, holidays)
    opening = hours_of(windows, exceptions, holidays).opening(zones, now)
    assert opening.is_open is is_open(rules, zones, now)
    last = min(opening.until or now + timedelta(hours=12), now + timedelta(hours=12))
    while (now := now + timedelta(minutes=1)) < last:
        assert is_open(rules, zones, now) is opening.is_open
    if opening.until is not None:
        assert is_open(rules, zones, opening.until) is not opening.is_open


class TestEverOpen:
    """Ruling 5: what counts is whether the weekly windows have anything in common; it is never a matter of one day."""

    NOON = datetime(2026, 1, 13, 12, tzinfo=UTC)

    def test_months_of_closed_dates_do_not_put_a_zone_out_of_reach(self) -> None:
        dates = "; ".join(f"2026-{month:02}-{day:02} closed" for month in range(1, 13) for day in range(1, 29))
        assert hours_of("mon-fri 09:00-20:00", dates, "").ever_open(("Europe/Lisbon",), self.NOON)

    def test_a_single_date_can_bring_a_zone_within_reach(self) -> None:
        assert hours_of("", "2026-03-08 10:00-12:00", "").ever_open(("Europe/Lisbon",), self.NOON)
        assert not hours_of("", "2025-03-08 10:00-12:00", "").ever_open(("Europe/Lisbon",), self.NOON)

    def test_zones_that_meet_in_one_season_only_are_within_reach(self) -> None:
        zones = ("Africa/Casablanca", "Europe/Lisbon")
        # Morocco keeps the time of Lisbon's summer all year, but for Ramadan.
        hours = hours_of("mon-sun 09:00-10:00", "", "")
        assert not hours.opening(zones, self.NOON).is_open
        assert hours.ever_open(zones, self.NOON)


def test_holidays_without_a_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="calendar"):
        CallingHours((), holidays=("US",))


class TestPublicHolidays:
    LIBRARY = PublicHolidays()

    def test_a_part_has_the_holidays_of_its_country_and_its_own(self) -> None:
        assert date(2026, 10, 3) in self.LIBRARY.days_off("DE", 2026)
        assert date(2026, 1, 6) not in self.LIBRARY.days_off("DE", 2026)
        assert self.LIBRARY.days_off("DE-BY", 2026) >= {date(2026, 1, 6), date(2026, 10, 3)}

    def test_the_typed_holidays_of_the_table_are_real(self) -> None:
        for region, days in HOLIDAYS.items():
            known = self.LIBRARY.days_off(region, 2026) | self.LIBRARY.days_off(region, 2027)
            assert known >= set(map(date.fromisoformat, days)), region

    def test_the_typed_countries_of_the_table_are_real(self) -> None:
        assert {zone: self.LIBRARY.country_of(zone) for zone in COUNTRIES} == dict(COUNTRIES)

    @pytest.mark.parametrize(("zone", "country"), [("Asia/Calcutta", "IN"), ("US/Eastern", "US"), ("Iceland", None)])
    def test_another_name_of_a_zone_has_its_country_unless_several_share_it(
        self, zone: str, country: str | None
    ) -> None:
        assert self.LIBRARY.country_of(zone) == country

    @pytest.mark.parametrize(
        ("region", "known"),
        [("US", True), ("DE-BY", True), ("DE-XX", False), ("us", False), ("US-", False), ("", False)],
    )
    def test_which_regions_are_known(self, region: str, known: bool) -> None:
        assert self.LIBRARY.knows(region) is known
