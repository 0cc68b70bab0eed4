"""The allowance over several periods at once: the law's, the carrier's and one's own may all be in force.

Counts are kept in buckets of UTC time, five minutes wide for the last day and a day wide for the longer periods, so
that a campaign's whole history is a few hundred numbers. The tightest period is the one that counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

BUCKET_SECONDS, DAY_SECONDS = 300, 86_400
SOON_SECONDS = 1800
"""What leaves a period within this time is not counted on any more, as far as it is a surplus."""
DAYS_KEPT = 31
BUSY_HOUR_LIVES, BUSY_HOUR_FACTOR = 200, 1.5
"""In an hour with so many live calls no more than this multiple of the cap, whatever was saved before."""


class Window(StrEnum):
    """A period over which abandoned / live is to stay within the cap."""

    DAY = "24h"
    THIRTY_DAYS = "30d"
    MONTH = "month"
    """The calendar month, in UTC."""


class Windows:
    """Live and abandoned calls by bucket, and what is left of the allowance in the tightest period.

    Args:
        kinds: the periods in force; none means that nothing is limited here.
        cap: allowed abandoned / live, a fraction.
    """

    def __init__(self, kinds: Iterable[Window | str], cap: float) -> None:
        self.kinds = tuple(dict.fromkeys(Window(kind) for kind in kinds))
        self.cap = cap
        # By the bucket's number since 1970: [live, abandoned].
        self._short: dict[int, list[int]] = {}
        self._days: dict[int, list[int]] = {}

    def count(self, utc: float, *, abandoned: bool) -> None:
        """Count a live call whose fate is known at this time, in seconds since 1970."""
        for buckets, seconds in ((self._short, BUCKET_SECONDS), (self._days, DAY_SECONDS)):
            bucket = buckets.setdefault(int(utc // seconds), [0, 0])
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
            buckets, first = self._days, int((at - 30 * DAY_SECONDS) // DAY_SECONDS)
        else:
            buckets, first = self._days, _first_of_month(at)
        counted = [bucket for n, bucket in buckets.items() if n >= first]
        return sum(bucket[0] for bucket in counted), sum(bucket[1] for bucket in counted)

    def _forget(self, utc: float) -> None:
        for buckets, seconds, kept in (
            (self._short, BUCKET_SECONDS, DAY_SECONDS // BUCKET_SECONDS),
            (self._days, DAY_SECONDS, DAYS_KEPT),
        ):
            oldest = int(utc // seconds) - kept
            for n in [n for n in buckets if n < oldest]:
                del buckets[n]

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


def _first_of_month(utc: float) -> int:
    """The month's first day, as a number since 1970."""
    first = datetime.fromtimestamp(utc, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int(first.timestamp() // DAY_SECONDS)
