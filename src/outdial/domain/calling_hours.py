"""When a number may be called: weekly windows in the local time of the called party.

A number whose prefix spans several zones may be called only while the windows are open in all of them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from outdial.domain.campaigns import CallingWindow

Interval = tuple[datetime, datetime]
"""An opening and its end, aware, in UTC; the end is not part of it."""

LOOK_AHEAD: Final = timedelta(days=14)
"""How far an opening is looked for. Windows repeat weekly, so two weeks see every one of them in full."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a set of zones is open at an instant, and until when that stays so; `None` = no change in sight."""

    is_open: bool
    until: datetime | None


@dataclass(frozen=True)
class CallingHours:
    """The windows of one campaign, with answers remembered: ask the same object again.

    Windows follow the clock on the wall: `start` is included and `to` is not; `to` at or before `start` runs into
    the next day, and `00:00:00` to `00:00:00` is the whole day. No window at all means never.
    """

    windows: tuple[CallingWindow, ...]

    def opening(self, zones: tuple[str, ...], now: datetime) -> Opening:
        """Whether all `zones` are open at `now`, and until when."""
        intervals = self._intervals(zones, now)
        at = bisect_right(intervals, now, key=lambda interval: interval[0])
        if at and now < intervals[at - 1][1]:
            end = intervals[at - 1][1]
            return Opening(True, end if end - now < LOOK_AHEAD else None)
        return Opening(False, intervals[at][0] if at < len(intervals) else None)

    def ever_open(self, zones: tuple[str, ...], now: datetime) -> bool:
        """Whether the zones have any opening in common at or after `now`."""
        opening = self.opening(zones, now)
        return opening.is_open or opening.until is not None

    def _intervals(self, zones: tuple[str, ...], now: datetime) -> Sequence[Interval]:
        # A week's worth of answers serves the whole week: the first day is the same for seven days.
        first = now.astimezone(UTC).date()
        return _open_together(self.windows, zones, first - timedelta(days=first.toordinal() % 7))


@lru_cache(maxsize=4096)
def _open_together(windows: tuple[CallingWindow, ...], zones: tuple[str, ...], week: date) -> tuple[Interval, ...]:
    """Openings common to all zones, from the week's first day until `LOOK_AHEAD` past its last."""
    if not zones:
        return ()
    common: Sequence[Interval] = _open_in(windows, zones[0], week)
    for zone in zones[1:]:
        if not common:
            break
        common = _intersection(common, _open_in(windows, zone, week))
    return tuple(common)


@lru_cache(maxsize=8192)
def _open_in(windows: tuple[CallingWindow, ...], zone_name: str, week: date) -> tuple[Interval, ...]:
    zone = ZoneInfo(zone_name)
    found = []
    # Two days earlier and later: a zone may be a day off UTC, and a window may begin on the day before.
    for offset in range(-2, 7 + LOOK_AHEAD.days + 2):
        day = week + timedelta(days=offset)
        for window in windows:
            if any(week_day.number == day.weekday() for week_day in window.week_days):
                last_day = day + _DAY if window.to <= window.start else day
                opens, closes = _instant(day, window.start, zone), _instant(last_day, window.to, zone)
                if opens < closes:
                    found.append((opens, closes))
    return tuple(_merged(found))


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock on the wall shows `wall` or later on that day.

    Where clocks go back the earlier of two equal times counts; where they jump over `wall`, the instant of the jump.
    """
    local = datetime.combine(day, wall, zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # The time is skipped: the jump lies between the two readings of it. Half a second is finer than any zone's rules.
    before, after = local.replace(fold=1).astimezone(UTC), instant
    wall_time = local.replace(tzinfo=None)
    while after - before > timedelta(milliseconds=500):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) >= wall_time:
            after = middle
        else:
            before = middle
    return (after + timedelta(milliseconds=500)).replace(microsecond=0)


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
