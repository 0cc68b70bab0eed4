"""The allowance over several periods at once: the law's, the carrier's and one's own may all be in force.

Counts are kept in buckets, five minutes of UTC for the last day and calendar days of the account's time zone for the
longer periods, so that a campaign's whole history is a few hundred numbers. The tightest period is the one that counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

BUCKET_SECONDS, DAY_SECONDS = 300, 86_400
SOON_SECONDS = 1800
"""What leaves a period within this time is not counted on any more, as far as it is a surplus."""
DAYS_KEPT = 31
_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
BUSY_HOUR_LIVES, BUSY_HOUR_FACTOR = 200, 1.5
"""In an hour with so many live calls no more than this multiple of the cap, whatever was saved before."""


class Window(StrEnum):
    """A period over which abandoned / live is to stay within the cap."""

    DAY = "24h"
    THIRTY_DAYS = "30d"
    MONTH = "month"
    """The calendar month, in the account's time zone."""


class Windows:
    """Live and abandoned calls by bucket, and what is left of the allowance in the tightest period.

    Args:
        kinds: the periods in force; none means that nothing is limited here.
        cap: allowed abandoned / live, a fraction.
        zone: whose calendar days and months count.
    """

    def __init__(self, kinds: Iterable[Window | str], cap: float, zone: tzinfo = UTC) -> None:
        self.kinds = tuple(dict.fromkeys(Window(kind) for kind in kinds))
        self.cap = cap
        self._zone = zone
        # By the bucket's number since 1970: [live, abandoned].
        self._short: dict[int, list[int]] = {}
        self._days: dict[int, list[int]] = {}

    def count(self, utc: float, *, abandoned: bool) -> None:
        """Count a live call whose fate is known at this time, in seconds since 1970."""
        for buckets, number in ((self._short, int(utc // BUCKET_SECONDS)), (self._days, self._day(utc))):
            bucket = buckets.setdefault(number, [0, 0])
            bucket[0] += 1
            bucket[1] += abandoned

    def tightest(self, utc: float) -> tuple[float, int]:
        """Abandoned calls still allowed, and live calls, of the period with the least allowance left.

        Both what counts now and what will count in half an hour is looked at: a surplus about to roll off is not
        spent, and an overdraft about to roll off is not forgotten before it has.
        """
        self._forget(utc)
        found = [self._sums(kind, utc, at) for kind in self.kinds for at in (utc, utc + SOON_SECONDS)]
        return min((self.cap * live - abandoned, live) for live, abandoned in found)

    def hour_is_full(self, utc: float) -> bool:
        """Whether one more abandoned call would make this a bad hour."""
        if not self.kinds:
            return False
        last = int(utc // BUCKET_SECONDS)
        recent = [self._short[n] for n in range(last - 11, last + 1) if n in self._short]
        live, abandoned = (sum(bucket[i] for bucket in recent) for i in (0, 1))
        return live >= BUSY_HOUR_LIVES and abandoned + 1 > BUSY_HOUR_FACTOR * self.cap * live

    def _sums(self, kind: Window, utc: float, at: float) -> tuple[int, int]:
        """Live and abandoned so far (until `utc`), of the period that ends at `at`."""
        if kind is Window.DAY:
            buckets, first = self._short, int((at - DAY_SECONDS) // BUCKET_SECONDS)
        elif kind is Window.THIRTY_DAYS:
            buckets, first = self._days, self._day(at) - 30
        else:
            buckets, first = self._days, self._day(at) - datetime.fromtimestamp(at, self._zone).day + 1
        counted = [bucket for n, bucket in buckets.items() if n >= first]
        return sum(bucket[0] for bucket in counted), sum(bucket[1] for bucket in counted)

    def _forget(self, utc: float) -> None:
        for buckets, oldest in (
            (self._short, int(utc // BUCKET_SECONDS) - DAY_SECONDS // BUCKET_SECONDS),
            (self._days, self._day(utc) - DAYS_KEPT),
        ):
            for n in [n for n in buckets if n < oldest]:
                del buckets[n]

    def _day(self, utc: float) -> int:
        """The calendar day, as a number since 1970."""
        return datetime.fromtimestamp(utc, self._zone).toordinal() - _FIRST_DAY

    def state(self) -> dict[str, Any]:
        """The buckets, as JSON values."""
        return {
            "short": [[n, *bucket] for n, bucket in sorted(self._short.items())],
            "days": [[n, *bucket] for n, bucket in sorted(self._days.items())],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up stored buckets in full."""
        self._short = {int(n): [int(live), int(abandoned)] for n, live, abandoned in state["short"]}
        self._days = {int(n): [int(live), int(abandoned)] for n, live, abandoned in state["days"]}
