"""How much more unevenly people answer than calls that know nothing of each other would.

A street without power, a match on television, a list sorted by employer: answers then come in bursts. Risk reckoned
from independent calls is too low for them, and the larger the team, the more so.
"""

from __future__ import annotations

from typing import Any

WINDOW_SECONDS = 10.0
MEMORY_WINDOWS = 400
PRIOR_WINDOWS = 10.0
ENOUGH_EXPECTED = 0.05
"""Windows in which fewer live calls were expected say nothing."""


class Dispersion:
    """The variance of live calls against that of independent ones, from what came and what was expected to come."""

    def __init__(self) -> None:
        self._squares = self._windows = PRIOR_WINDOWS
        self._live = 0
        self._began: float | None = None
        self._heard = self._rate = 0.0

    @property
    def factor(self) -> float:
        """By how much the variance of live calls to come is multiplied; at least 1."""
        return max(1.0, self._squares / self._windows)

    def found_live(self) -> None:
        """A call came live."""
        self._live += 1

    def begin(self, now: float, heard: float, rate: float) -> None:
        """Count anew from here.

        Args:
            heard: dials of which it is known by now whether they are live (`AnswerRate.heard`).
            rate: live calls per dial, as estimated without those to come: what is learned from them would flatter it.
        """
        self._began, self._heard, self._rate, self._live = now, heard, rate, 0

    def is_due(self, now: float) -> bool:
        """Whether a window is over."""
        return self._began is not None and now - self._began >= WINDOW_SECONDS

    def end(self, now: float, heard: float, rate: float) -> None:
        """A window is over: compare what came with what was expected, and begin the next one (see `begin`)."""
        expected = self._rate * (heard - self._heard)
        if expected > ENOUGH_EXPECTED:
            weight, kept = min(1.0, expected), 1 - 1 / MEMORY_WINDOWS
            self._squares = kept * self._squares + weight * (self._live - expected) ** 2 / expected
            self._windows = kept * self._windows + weight
        self.begin(now, heard, rate)

    def state(self) -> dict[str, Any]:
        """What was learned, as JSON values."""
        return {"squares": self._squares, "windows": self._windows}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what was learned, at half weight."""
        self._squares, self._windows = float(state["squares"]) / 2, float(state["windows"]) / 2
