"""When a number may be called: weekly windows in the local time of the called party, less holidays, with exceptions.

A number whose prefix spans several zones may be called only while the windows are open in all of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Protocol, Self
from zoneinfo import ZoneInfo

from outdial.domain.campaigns import CallingWindow, Campaign, DateException

Interval = tuple[datetime, datetime]
"""An opening and its end, which is not part of it: both aware in UTC, or both readings of one clock on the wall."""

_DAY: Final = timedelta(days=1)
_BLOCK_DAYS: Final = 14
"""Openings are worked out and remembered for so many days at a time."""
_BLOCKS: Final = 27
"""How many blocks of days an opening is looked for: a year, in which every season and every date comes by."""
_WEEKLY_BLOCKS: Final = 2
"""Weekly windows that do not close within this and the next block never do."""
_STEP: Final = timedelta(hours=6)
"""No zone changes its offset twice within it."""


class HolidayCalendar(Protocol):
    """Public holidays, and which country a time zone belongs to: facts, the same at every call."""

    def days_off(self, region: str, year: int) -> frozenset[date]:
        """The public holidays of a country or of a part of it (`US`, `DE-BY`) in a year."""
        ...

    def country_of(self, zone: str) -> str | None:
        """The country that a time zone lies in, by its two letters; None when it is none or several."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a set of zones is open at an instant, and until when that stays so; `None` = no change in sight."""

    is_open: bool
    until: datetime | None


@dataclass(frozen=True)
class CallingHours:
    """The windows of one campaign.

    They follow the clock on the wall: a zone is open while its clock shows a time inside a window. `start` is included
    and `to` is not; `to` at or before `start` runs into the next day, and `00:00:00` to `00:00:00` is the whole day. So
    a window within an hour that clocks skip does not open, and one within an hour that they show twice opens twice.
    No window at all means never.

    A window belongs to the day on which it begins. A day with an exception has the exception's windows alone, a
    holiday has none, and no window of the day before runs on into either. An exception goes before a holiday. The
    holidays of a region close the zones of its country, all of them, and those zones that belong to no one country:
    which part of a country a number is in cannot be told from its zone.
    """

    windows: tuple[CallingWindow, ...]
    exceptions: tuple[DateException, ...] = ()
    holidays: tuple[str, ...] = ()
    calendar: HolidayCalendar | None = None

    @classmethod
    def of(cls, campaign: Campaign, calendar: HolidayCalendar | None) -> Self:
        """Those of a campaign; one without a strategy is never open."""
        windows = campaign.strategy.calling_hours if campaign.strategy is not None else ()
        return cls(windows, campaign.extensions.exceptions, campaign.extensions.holidays, calendar)

    def __post_init__(self) -> None:
        if self.holidays and self.calendar is None:
            raise ValueError("holidays are asked for without a calendar that knows them")

    def opening(self, zones: tuple[str, ...], now: datetime) -> Opening:
        """Whether all `zones` are open at `now`, and until when."""
        if not zones or not (self.windows or self.exceptions):
            return Opening(False, None)
        block = now.astimezone(UTC).date().toordinal() // _BLOCK_DAYS
        days_differ = bool(self.exceptions or self.holidays)
        end = None
        for number in range(block, block + _BLOCKS):
            if end is not None and not days_differ and number >= block + _WEEKLY_BLOCKS:
                break
            for opens, closes in _open_together(self, zones, number):
                if closes <= now:
                    continue
                if end is None and opens > now:
                    return Opening(False, opens)
                if end is not None and opens > end:
                    return Opening(True, end)
                end = closes
            if end is not None and end < _begin_of(number + 1):
                return Opening(True, end)
        return Opening(end is not None, None)

    def ever_open(self, zones: tuple[str, ...], now: datetime) -> bool:
        """Whether the zones have any opening in common in the year after `now`, were it not for holidays."""
        weekly = CallingHours(self.windows)
        with_exceptions = CallingHours(self.windows, self.exceptions)
        for hours in (weekly, with_exceptions):
            opening = hours.opening(zones, now)
            if opening.is_open or opening.until is not None:
                return True
        return False

    def _windows_on(self, day: date, closed: frozenset[date]) -> Sequence[tuple[time, time]]:
        for exception in self.exceptions:
            if exception.on == day:
                return exception.windows
        if day in closed:
            return ()
        return [(window.start, window.to) for window in self.windows if day.weekday() in _numbers(window)]

    def _closed_days(self, zone: str, days: Sequence[date]) -> frozenset[date]:
        if self.calendar is None or not self.holidays:
            return frozenset()
        country = self.calendar.country_of(zone)
        closed: frozenset[date] = frozenset()
        for region in self.holidays:
            if country is None or country == region.partition("-")[0]:
                for year in sorted({day.year for day in days}):
                    closed |= self.calendar.days_off(region, year)
        return closed


def _numbers(window: CallingWindow) -> set[int]:
    return {day.number for day in window.week_days}


def _begin_of(block: int) -> datetime:
    return datetime.combine(date.fromordinal(block * _BLOCK_DAYS), time(0), UTC)


@lru_cache(maxsize=16384)
def _open_together(hours: CallingHours, zones: tuple[str, ...], block: int) -> tuple[Interval, ...]:
    """Openings common to all zones within a block of days, in UTC, in order and apart from each other."""
    common: Sequence[Interval] = _open_in(hours, zones[0], block)
    for zone in zones[1:]:
        if not common:
            break
        common = _intersection(common, _open_in(hours, zone, block))
    return tuple(common)


@lru_cache(maxsize=16384)
def _open_in(hours: CallingHours, zone: str, block: int) -> tuple[Interval, ...]:
    # Two days earlier and later: a zone may be a day off UTC, and a window may begin on the day before.
    first = date.fromordinal(block * _BLOCK_DAYS - 2)
    days = [first + timedelta(days=offset) for offset in range(_BLOCK_DAYS + 4)]
    on_the_wall = _merged(_on_the_wall(hours, days, hours._closed_days(zone, days)))
    found = []
    for begins, ends, offset in _offsets(ZoneInfo(zone), _begin_of(block), _begin_of(block + 1)):
        here = [((begins + offset).replace(tzinfo=None), (ends + offset).replace(tzinfo=None))]
        for opens, closes in _intersection(on_the_wall, here):
            found.append((opens.replace(tzinfo=UTC) - offset, closes.replace(tzinfo=UTC) - offset))
    return tuple(_merged(found))


def _on_the_wall(hours: CallingHours, days: Sequence[date], closed: frozenset[date]) -> Iterator[Interval]:
    """The openings of the days as a clock on the wall would show them."""
    special = closed.union(exception.on for exception in hours.exceptions)
    for day in days:
        for start, to in hours._windows_on(day, closed):
            opens = datetime.combine(day, start)
            if to > start:
                yield opens, datetime.combine(day, to)
            else:
                tomorrow = day + _DAY
                yield opens, datetime.combine(tomorrow, time(0) if tomorrow in special else to)


def _offsets(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The spans between two instants in which the zone keeps one offset from UTC, with that offset."""
    since, at, offset = begin, begin, _offset(zone, begin)
    while at < end:
        following = min(at + _STEP, end)
        if _offset(zone, following) != offset:
            before, after = at, following
            while after - before > timedelta(seconds=1):
                # Rules of zones are whole seconds.
                middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
                if _offset(zone, middle) == offset:
                    before = middle
                else:
                    after = middle
            yield since, after, offset
            since, offset = after, _offset(zone, after)
        at = following
    if since < end:
        yield since, end, offset


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None, "a zone always has an offset"
    return offset


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same openings, in order, with those that touch or overlap made one."""
    merged: list[Interval] = []
    for opens, closes in sorted(intervals):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def _intersection(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        opens, closes = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if opens < closes:
            common.append((opens, closes))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return common
