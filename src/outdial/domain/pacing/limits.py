"""How many calls may be launched at all, whatever a pacer would like: the least of several limits, and which it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Limit(StrEnum):
    """What holds the number of new calls down."""

    RATIO = "ratio"
    LINES = "lines"
    RATE = "calls_per_second"
    LEADS = "leads"


@dataclass(frozen=True, slots=True)
class Room:
    """So many calls at most, because of that limit."""

    calls: int
    limited_by: Limit


def room(
    *,
    ratio: float,
    agents: int,
    unanswered: int,
    lines: int | None = None,
    rate: int | None = None,
    leads: int | None = None,
) -> Room:
    """The least of the limits in force; never negative. Of equal ones the first named here is told.

    Args:
        ratio: unanswered calls allowed per agent, at least 1.
        agents: signed in and not on pause; those who talk or wrap up are among them.
        unanswered: launched, and neither live nor ended; those in analysis are among them.
        lines: free lines; None = no such limit, here as below.
        rate: calls that may be sent this instant (`CallRate.available`).
        leads: records left to be dialed.
    """
    # Rounded down only after a millionth, so that 1.1 x 10 agents are 11 calls also in binary.
    found = Room(max(0, int(ratio * agents + 1e-6) - unanswered), Limit.RATIO)
    for limit, calls in ((Limit.LINES, lines), (Limit.RATE, rate), (Limit.LEADS, leads)):
        if calls is not None and calls < found.calls:
            found = Room(max(0, calls), limit)
    return found


class CallRate:
    """A bucket of permits to launch: they flow in at a steady rate, and some may gather while nothing is launched.

    Args:
        per_second: calls a second in the long run, more than 0.
        burst: permits that may gather; by default those of one second, and at least one.

    Raises:
        ValueError: the rate is not above 0.
    """

    def __init__(self, per_second: float, burst: float | None = None) -> None:
        if not per_second > 0:
            raise ValueError(f"calls per second are more than 0, not {per_second!r}")
        self.per_second = per_second
        self.burst = max(1.0, per_second if burst is None else burst)
        self._permits = self.burst
        self._at: float | None = None

    def available(self, now: float) -> int:
        """Calls that may be launched at this moment; `now` in seconds of a clock that does not go back."""
        if self._at is not None and now > self._at:
            self._permits = min(self.burst, self._permits + (now - self._at) * self.per_second)
        self._at = now if self._at is None else max(self._at, now)
        return max(0, int(self._permits + 1e-9))

    def spend(self, calls: int) -> None:
        """So many were sent; a call that the carrier refused was sent as well."""
        self._permits -= calls
