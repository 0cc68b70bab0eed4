"""How an installation is: what answers, what is missing, and whether calls can be placed."""

import asyncio
import enum
from dataclasses import dataclass
from typing import Final

from outdial.domain.errors import Unavailable
from outdial.ports.clock import Clock
from outdial.ports.health import DatabaseState, HealthStore
from outdial.ports.live import LiveBoard, LiveEngine

PATIENCE_SECONDS: Final = 3.0
"""Of real time: a database that takes longer for a short question is as good as away."""
KEPT_SECONDS: Final = 1.0
"""Whoever asks more often gets the same answer: the question is open to everybody, and must cost little."""
SILENT_SECONDS: Final = 6.0
"""A carrier that was not heard for so long is not counted on."""


class Condition(enum.Enum):
    """Of a part, or of the whole; the values are part of the API."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Health:
    """What was found at one look; `state` is None while the database does not answer, `engine` while none is here."""

    state: DatabaseState | None
    engine: LiveEngine | None

    @property
    def database(self) -> Condition:
        return Condition.DOWN if self.state is None else Condition.OK

    @property
    def migrations(self) -> Condition:
        """Whether the schema is the one that this release needs."""
        right = self.state is not None and self.state.schema == self.state.schema_needed
        return Condition.OK if right else Condition.DOWN

    @property
    def dialer(self) -> Condition:
        """Whether some engine dials, in this process or in another one."""
        return Condition.OK if self.state is not None and self.state.dialed else Condition.DOWN

    @property
    def carrier(self) -> Condition | None:
        """Of the engine that dials here; None where it dials elsewhere, or nowhere."""
        if self.engine is None or not self.engine.owns:
            return None
        silent, ways = self.engine.silent_seconds, self.engine.ways
        if (silent is not None and silent > SILENT_SECONDS) or (ways and all(way.down for way in ways)):
            return Condition.DOWN
        return Condition.OK

    @property
    def whole(self) -> Condition:
        """Down: requests cannot be answered. Degraded: they are, and no calls are placed."""
        if Condition.DOWN in (self.database, self.migrations):
            return Condition.DOWN
        return Condition.DEGRADED if Condition.DOWN in (self.dialer, self.carrier) else Condition.OK


class HealthWatch:
    """Looks when it is asked to, and not again within a second."""

    def __init__(self, store: HealthStore, board: LiveBoard | None, clock: Clock) -> None:
        self._store, self._board, self._clock = store, board, clock
        self._state: DatabaseState | None = None
        self._looked_at: float | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> Health:
        async with self._looking:
            now = self._clock.monotonic()
            if self._looked_at is None or now - self._looked_at >= KEPT_SECONDS:
                self._state = await self._ask()
                self._looked_at = self._clock.monotonic()
        return Health(self._state, None if self._board is None else self._board.engine())

    async def _ask(self) -> DatabaseState | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._store.look()
        except (Unavailable, TimeoutError):
            return None
