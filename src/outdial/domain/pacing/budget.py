"""How much risk a call may carry, so that the abandonment allowance is used and not overdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo
from math import exp, sqrt
from typing import Any

from outdial.domain.pacing.windows import BUCKET_SECONDS, Window, Windows

LOOK_AHEAD_SECONDS = 1800.0
LIVE_RATE_SECONDS = 300.0
INTEGRAL_GAIN, INTEGRAL_LOW, INTEGRAL_HIGH = 0.03, -1.5, 1.2
HIGHEST_THRESHOLD = 0.6
HIGHEST_BEND, BEND_POWER = 1.6, 1.4


class Budget:
    """Counts live calls and abandoned ones, and turns what is left of the allowance into a risk threshold.

    The threshold is nearly constant, as the optimal one is: a slow integral removes the risk model's bias, and the
    distance to a small reserve bends it so that an overdraft heals itself whatever the model's error.

    Attributes:
        cap: allowed abandoned / live, a fraction.
        windows: the same by time of day, where several periods have to keep the cap.
        abandoned, live: so far; live calls are counted when their fate is known.
        integral: the slow correction, as a logarithm.
    """

    def __init__(self, cap: float, reserve: float, windows: Iterable[Window | str] = (), zone: tzinfo = UTC) -> None:
        self.cap = cap
        self.reserve = reserve
        self.abandoned = 0
        self.live = 0
        self.integral = 0.0
        self.windows = Windows(windows, cap, zone)
        self._utc: float | None = None
        self._tightest: tuple[float, int] | None = None
        self._hour_is_full = False
        self._steady: float | None = None
        self._rate = 0.0
        self._rate_at = 0.0

    def settle_by(self, cap: float, windows: Iterable[Window | str], zone: tzinfo) -> None:
        """Other rules from now on; what was counted under the old ones counts under these."""
        kept = self.windows.state()
        self.cap, self.windows = cap, Windows(windows, cap, zone)
        self.windows.restore(kept)
        self._steady = self._tightest = None
        self._hour_is_full = False

    @property
    def balance(self) -> float:
        """Abandoned calls still allowed as of now; negative when overdrawn."""
        return self._standing()[0]

    def _standing(self) -> tuple[float, int]:
        """Allowance left and live calls, of the tightest period in force."""
        if self._utc is None or not self.windows.kinds:
            return self.cap * self.live - self.abandoned, self.live
        if self._tightest is None:
            self._tightest = self.windows.tightest(self._utc)
            self._hour_is_full = self.windows.hour_is_full(self._utc)
        return self._tightest

    def clock(self, utc: float) -> None:
        """What time it is, in seconds since 1970; without it only the campaign as a whole counts."""
        if self._utc is None or int(utc // BUCKET_SECONDS) != int(self._utc // BUCKET_SECONDS):
            self._steady = self._tightest = None
        self._utc = utc

    def settled(self, now: float, *, abandoned: bool) -> None:
        """Count a live call's fate."""
        self._steady = self._tightest = None
        if self._utc is not None:
            self.windows.count(self._utc, abandoned=abandoned)
        self.live += 1
        self.abandoned += abandoned
        step = INTEGRAL_GAIN * (self.cap - abandoned)
        self.integral = min(INTEGRAL_HIGH, max(INTEGRAL_LOW, self.integral + step))
        self._rate = self.live_rate(now) + 1 / LIVE_RATE_SECONDS
        self._rate_at = max(self._rate_at, now)

    def live_rate(self, now: float) -> float:
        """Live calls per second, averaged over about the last five minutes."""
        return self._rate * exp(-max(0.0, now - self._rate_at) / LIVE_RATE_SECONDS)

    def threshold(self, now: float, lives_left: float | None = None) -> float:
        """The largest risk a call may carry; 0 = launch nothing that could be abandoned.

        Args:
            now: seconds.
            lives_left: live calls still to be expected of the list, if it is known to run out.
        """
        if lives_left is None and self._steady is not None:
            return self._steady
        if self.cap <= 0:
            return 0.0
        coming = LOOK_AHEAD_SECONDS * self.live_rate(now)
        if lives_left is not None:
            coming = min(coming, lives_left)
            if lives_left < 1 / self.cap and self.balance < 1:
                return 0.0  # nothing can be earned back before the list ends
        least = 3 / self.cap
        if lives_left is None and coming <= least:
            # The rate of live calls only falls until the next one's fate is known: so does not the answer.
            self._steady = self._bent(self.cap * least)
            return self._steady
        return self._bent(self.cap * max(coming, least))

    def target(self, now: float) -> float:
        """The share of abandoned calls that is steered for: the cap less the reserve, a fraction."""
        if self.cap <= 0:
            return 0.0
        live = max(1, self._standing()[1])
        unit = max(self.cap * LOOK_AHEAD_SECONDS * self.live_rate(now), 3.0)
        return self.cap - self._reserve(unit, live) / live

    def _reserve(self, unit: float, live: int) -> float:
        return min(self.reserve * (sqrt(unit) / 1.4), 0.25 * self.cap * live)

    def _bent(self, unit: float) -> float:
        balance, live = self._standing()
        if self._hour_is_full:
            return 0.0
        spread = sqrt(unit) / 1.4
        if balance < -max(1.0, 2 * spread):
            return 0.0
        bend = min(HIGHEST_BEND, max(0.1, 1 + (balance - self._reserve(unit, live)) / unit))
        threshold: float = 0.6 * self.cap * exp(self.integral) * bend**BEND_POWER
        return min(HIGHEST_THRESHOLD, threshold)

    def state(self) -> dict[str, Any]:
        """The counts, as JSON values."""
        counts = {"abandoned": self.abandoned, "live": self.live, "integral": self.integral}
        return {**counts, "windows": self.windows.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up stored counts in full: the allowance belongs to the campaign, not to the process."""
        self.abandoned, self.live = int(state["abandoned"]), int(state["live"])
        self.integral = min(INTEGRAL_HIGH, max(INTEGRAL_LOW, float(state["integral"])))
        if "windows" in state:
            self.windows.restore(state["windows"])
        self._steady = self._tightest = None
