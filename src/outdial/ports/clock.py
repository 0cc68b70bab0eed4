"""Time and identity as the rules need them: real, scaled or simulated."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """The clock that dialing goes by; it may run faster than the wall's, and never backwards."""

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds of this clock since some fixed instant: for ages and timers."""
        ...

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait for so many seconds of this clock."""
        ...

    def real_seconds(self, seconds: float) -> float:
        """How long so many seconds of this clock take on the event loop: for its timers and time-outs."""
        ...


class Ids(Protocol):
    """Where the public identity of new things comes from."""

    def new(self, kind: str, *key: object) -> UUID:
        """A fresh UUID; with a key, a seeded source answers the same UUID for the same key."""
        ...
