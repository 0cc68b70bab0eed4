"""People who answered and were given up for want of an agent: how many of them, against the cap, and since when."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

ENOUGH: Final = 100
"""Calls that people answered, below which a share says little."""
NEAR: Final = 0.8
"""From this part of the cap on a campaign is near it."""
_STEADY: Final = 0.95
"""A border counts as left when the rate is below this part of it: one call must not tell the same news twice."""


class Standing(enum.IntEnum):
    """How a rate stands to its cap; more is worse."""

    WITHIN = 0
    NEAR = 1
    OVER = 2


@dataclass(frozen=True, slots=True)
class Abandonment:
    """Calls that people answered: those given up for want of an agent, and those connected."""

    abandoned: int
    connected: int

    @property
    def live(self) -> int:
        return self.abandoned + self.connected

    @property
    def enough(self) -> bool:
        """Whether the rate says anything."""
        return self.live >= ENOUGH

    @property
    def rate(self) -> float:
        """Abandoned / (abandoned + connected), a fraction; 0 of nothing."""
        return self.abandoned / self.live if self.live else 0.0


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that a person answered, and when it ended."""

    ended_at: datetime
    abandoned: bool


def history(now: Abandonment, latest: Sequence[LiveCall]) -> list[tuple[datetime, Abandonment]]:
    """How it stood when each of the latest calls had ended, the oldest first; only where it says anything.

    Args:
        latest: calls that `now` counts, in any order.
    """
    stood, found = now, []
    for call in sorted(latest, key=lambda call: call.ended_at, reverse=True):
        if not stood.enough:
            break
        found.append((call.ended_at, stood))
        stood = Abandonment(stood.abandoned - call.abandoned, stood.connected - (not call.abandoned))
    found.reverse()
    return found


def crossings(past: Sequence[tuple[datetime, Abandonment]], cap: float) -> list[tuple[datetime, Standing, float]]:
    """When it came near the cap, over it, or back, with the rate of then. How it stood at the beginning is no news.

    Args:
        past: as `history` gives it.
        cap: a fraction.
    """
    borders = {Standing.NEAR: NEAR * cap, Standing.OVER: cap}
    found: list[tuple[datetime, Standing, float]] = []
    standing: Standing | None = None
    for at, stood in past:
        reached = max((one for one, border in borders.items() if stood.rate >= border), default=Standing.WITHIN)
        kept = max((one for one, border in borders.items() if stood.rate >= _STEADY * border), default=Standing.WITHIN)
        after = reached if standing is None else max(reached, min(standing, kept))
        if standing is not None and after is not standing:
            found.append((at, after, stood.rate))
        standing = after
    return found
