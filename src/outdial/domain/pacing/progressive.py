"""Progressive dialing: one call for each ready agent, none ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outdial.domain.pacing.base import PacerConfig, State
from outdial.domain.pacing.floor import Floor, FloorListener


class ProgressivePacer:
    """Launches as many calls as there are ready agents without one; nobody is abandoned for want of an agent."""

    reactive = True

    def __init__(self) -> None:
        self.start(PacerConfig())

    def start(self, cfg: PacerConfig | Mapping[str, Any]) -> None:
        """Begin afresh; `cap` has no meaning here."""
        self._floor = Floor(PacerConfig.of(cfg), FloorListener())

    def event(self, now: float, kind: str, **info: Any) -> None:
        """Take note of one fact (see `Pacer`)."""
        self._floor.event(now, kind, info)

    def decide(self, now: float, room: int) -> int:
        """Ready agents less calls in flight less answered people who wait, within 0..room."""
        floor = self._floor
        floor.tidy(now)
        return max(0, min(room, floor.idle_count - floor.in_flight - floor.waiting))

    def state(self) -> State:
        """Nothing is learned, so nothing is kept."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing to take up."""
