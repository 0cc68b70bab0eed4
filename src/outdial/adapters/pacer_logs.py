"""Logs of what pacers saw, one file for each time a campaign is taken up, none longer than it may be."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from outdial.ports.clock import Clock

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PacerLogs:
    """A folder of logs. A log that has reached `most_bytes` ends there: what it holds can be replayed all the same."""

    folder: Path
    clock: Clock
    most_bytes: int = MOST_BYTES

    def open(self, campaign: UUID) -> Callable[[str], None]:
        """Begin a log of a campaign; lines are to be given without their ends. The folder is made if it is missing.

        Raises:
            OSError: it cannot be written. Later failures end the log, never the dialing.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        began = self.clock.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        stem, number = f"{campaign}-{began}", 1
        while (path := self.folder / (f"{stem}.jsonl" if number == 1 else f"{stem}-{number}.jsonl")).exists():
            number += 1
        file = path.open("a", encoding="utf-8")
        left = self.most_bytes

        def write(line: str) -> None:
            nonlocal left
            if left < 0:
                return
            left -= len(line) + 1
            try:
                if left >= 0:
                    file.write(line + "\n")
                else:
                    log.warning("pacer_log_full", path=str(path), bytes=self.most_bytes)
                    file.close()
            except OSError as error:
                left = -1
                log.warning("pacer_log_ended", path=str(path), why=str(error))

        return write
