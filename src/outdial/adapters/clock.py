"""The only reader of the machine's clock and the only source of random identity."""

import asyncio
import itertools
import time
import uuid
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from uuid import UUID


class WallClock:
    """The machine's own time: tokens, signed addresses, leases."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)

    def real_seconds(self, seconds: float) -> float:
        return seconds


class LoopClock:
    """Time as the running event loop tells it, from a chosen start and at a chosen speed.

    On a virtual-time loop this is virtual time; on an ordinary loop with `speed` 10 a day of dialing takes
    2.4 hours. It starts to run when it is made.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, start: datetime, speed: float = 1.0) -> None:
        self._loop, self._start, self._speed = loop, start, speed
        self._began = loop.time()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (self._loop.time() - self._began) * self._speed

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(self.real_seconds(seconds))

    def real_seconds(self, seconds: float) -> float:
        return seconds / self._speed


class RandomIds:
    """Identity that nobody can guess."""

    def new(self, kind: str, *key: object) -> UUID:
        return uuid.uuid4()


class SeededIds:
    """Identity by name: the same seed and key give the same UUID, so that a simulated day repeats itself.

    Without a key, things of a kind are numbered in the order in which they are made.
    """

    _SPACE = UUID("b0f6ad5c-6b7e-5d0a-9f0e-0f2f4dbd3d10")

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers: dict[str, itertools.count[int]] = {}

    def new(self, kind: str, *key: object) -> UUID:
        if not key:
            key = (next(self._numbers.setdefault(kind, itertools.count(1))),)
        return uuid.uuid5(self._SPACE, f"{self._seed}/{kind}/{'/'.join(map(str, key))}")
