"""The records of a campaign that are out of dialing, as the dialer looks at them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Protocol

from outdial.domain.outcomes import Reason
from outdial.domain.second_chances import Back, KeptOut


class Which(Enum):
    """Whom to look at: those refused because of a list or a limit, those that are final by the campaign's settings,
    or those that are ready and can never be reached."""

    SUPPRESSED = "X"
    FINAL = "D"
    READY = "R"


@dataclass(frozen=True, slots=True)
class Moved:
    """What becomes of a record: it goes on, or it is final for a reason."""

    record: int
    to: Back | Reason


class SecondChanceWork(Protocol):
    """A part of the dialer's own storage."""

    async def judged_by(self, campaign: int) -> str | None:
        """The mark of the rules by which the campaign's records were judged last."""
        ...

    async def judge_by(self, campaign: int, rules: str) -> None: ...

    async def lists_as_of(self, campaign: int) -> tuple[datetime | None, int]:
        """A mark of the do-not-call lists that bind the campaign: another mark, other entries."""
        ...

    async def kept_out(
        self, campaign: int, which: Which, days: Mapping[int, date], *, zones: Sequence[int], after: int, limit: int
    ) -> Sequence[KeptOut]:
        """The next records after `after`, by key; of the ready ones those in `zones`.

        `days` has for each zone set the earliest date it is in its zones.
        """
        ...

    async def move(self, campaign: int, which: Which, moved: Sequence[Moved]) -> int:
        """Let records go on, or be final, that are still as they were; how many."""
        ...
