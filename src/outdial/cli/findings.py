"""What a look of the doctor found."""

import enum
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

CLOCK_TOLERANCE: Final = timedelta(seconds=2)
"""How far the clocks of machines that work together may be apart."""


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


def look_at_passwords(check: str, file: Path) -> Finding:
    """Whether others can read the passwords in a file that describes a back end."""
    if file.stat().st_mode & 0o077:
        return Finding(check, Level.WARN, "others of this machine can read its passwords", f"chmod 600 {file}")
    return Finding(check, Level.OK, f"{file} can be used")
