"""How many requests somebody may send: a bucket for each. For the whole API, off unless `OUTDIAL_RATE_LIMIT` is set."""

import math
from typing import Final

from outdial.api.problems import Refused
from outdial.domain.errors import FieldProblem
from outdial.ports.clock import Clock

_MOST_CLIENTS: Final = 10_000


class RateLimiter:
    """Lets each of many send `rate` requests a second, and after a rest `burst` of them at once.

    It counts in the memory of this process: servers side by side each allow as much.
    """

    def __init__(self, rate: float, burst: int | None, clock: Clock) -> None:
        self._rate, self._burst, self._clock = rate, burst or max(1, math.ceil(rate)), clock
        self._clients: dict[str, tuple[float, float]] = {}
        """What is left of each client's burst, and at which second of the clock that was so."""

    def admit(self, who: str) -> None:
        """Count a request of somebody. Raises `Refused` with 429, which is not counted."""
        now = self._clock.monotonic()
        left = self._left(who, now)
        if left < 1:
            wait = str(max(1, math.ceil((1 - left) / self._rate)))
            raise Refused(
                "rate-limited",
                "too many requests",
                fields=[FieldProblem("retry-after", wait)],
                headers={"Retry-After": wait},
            )
        if len(self._clients) >= _MOST_CLIENTS:
            # Who has rested long enough for a whole burst is as good as new.
            self._clients = {one: kept for one, kept in self._clients.items() if self._left(one, now) < self._burst}
        self._clients[who] = left - 1, now

    def _left(self, client: str, now: float) -> float:
        left, at = self._clients.get(client, (float(self._burst), now))
        return min(self._burst, left + (now - at) * self._rate)
