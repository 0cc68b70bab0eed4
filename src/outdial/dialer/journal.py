"""Ends of attempts on their way to the database: in order, in small batches, retried until they are written."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from outdial.app.attempts import Finished
from outdial.domain.errors import Unavailable
from outdial.ports.clock import Clock
from outdial.ports.dialing import Ended

BATCH_SECONDS: Final = 0.02
BATCH_MOST: Final = 100
_LONGEST_PAUSE: Final = 5.0

log = structlog.get_logger(__name__)

Writer = Callable[[Sequence[Finished]], Awaitable[Sequence[Ended]]]


class Journal:
    """Writes what has happened after it was acted upon. `add` never waits; `run` must be running."""

    def __init__(self, clock: Clock, write: Writer, written: Callable[[Sequence[Ended]], None]) -> None:
        self._clock, self._write, self._written = clock, write, written
        self._queue: deque[Finished] = deque()
        self._arrived = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def add(self, finished: Finished) -> None:
        self._queue.append(finished)
        self._empty.clear()
        self._arrived.set()

    def __len__(self) -> int:
        return len(self._queue)

    async def drained(self) -> None:
        """Wait until everything added so far is written."""
        await self._empty.wait()

    async def run(self) -> None:
        """Write for ever; cancel it after `drained`."""
        while True:
            await self._arrived.wait()
            await self._clock.sleep(BATCH_SECONDS)
            self._arrived.clear()
            while self._queue:
                batch = [self._queue[i] for i in range(min(BATCH_MOST, len(self._queue)))]
                self._written(await self._write_surely(batch))
                for _ in batch:
                    self._queue.popleft()
            self._empty.set()

    async def _write_surely(self, batch: Sequence[Finished]) -> Sequence[Ended]:
        pause = 0.1
        while True:
            try:
                return await self._write(batch)
            except Unavailable as exc:
                log.warning("journal_waits", attempts=len(self._queue), why=exc.code, retry_seconds=pause)
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
