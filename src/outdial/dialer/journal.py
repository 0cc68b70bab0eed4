"""What has happened on its way to the database: in order, in small batches, retried until it is written."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

import structlog

from outdial.domain.errors import Unavailable
from outdial.ports.clock import Clock

Entry = TypeVar("Entry")
Written = TypeVar("Written")

BATCH_SECONDS: Final = 0.02
BATCH_MOST: Final = 100
_LONGEST_PAUSE: Final = 5.0

log = structlog.get_logger(__name__)


class Journal(Generic[Entry, Written]):
    """Writes what has happened after it was acted upon. `add` never waits; `run` must be running.

    `write` is given entries and may be repeated with them; what it answers is told to `written`.
    """

    def __init__(
        self,
        clock: Clock,
        write: Callable[[Sequence[Entry]], Awaitable[Sequence[Written]]],
        written: Callable[[Sequence[Written]], None],
    ) -> None:
        self._clock, self._write, self._written = clock, write, written
        self._queue: deque[Entry] = deque()
        self._arrived = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def add(self, entry: Entry) -> None:
        self._queue.append(entry)
        self._empty.clear()
        self._arrived.set()

    def __len__(self) -> int:
        return len(self._queue)

    def __iter__(self) -> Iterator[Entry]:
        """What is not written yet, in order."""
        return iter(self._queue)

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

    async def _write_surely(self, batch: Sequence[Entry]) -> Sequence[Written]:
        pause = 0.1
        while True:
            try:
                return await self._write(batch)
            except Unavailable as exc:
                log.warning("journal_waits", entries=len(self._queue), why=exc.code, retry_seconds=pause)
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
