"""What a look of the doctor found."""

import enum
from dataclasses import dataclass


class Level(enum.Enum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found; `remedy` is there unless all is well."""

    check: str
    level: Level
    found: str
    remedy: str | None = None
