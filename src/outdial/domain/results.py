"""What came of a campaign's calls, counted: by hour, by outcome, by what agents said, by list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from outdial.domain.outcomes import Outcome
from outdial.domain.values import CampaignId

LONGEST_SPAN: Final = timedelta(days=31)
"""Of the calls that are counted at once."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Calls that are over.

    Attributes:
        answered: by the network's word, machines included.
        live: answered by a person: connected, abandoned, or left while they waited for an agent.
        talk_seconds, wait_seconds: of all that were connected: from the agent on to the end, and from the answer
            to the agent.
    """

    dials: int = 0
    answered: int = 0
    machine: int = 0
    live: int = 0
    connected: int = 0
    abandoned: int = 0
    left_early: int = 0
    talk_seconds: float = 0.0
    wait_seconds: float = 0.0

    @property
    def answer_rate(self) -> float | None:
        """Answered by the network / dials."""
        return _share(self.answered, self.dials)

    @property
    def live_answer_rate(self) -> float | None:
        """Answered by a person / dials: what pacing needs."""
        return _share(self.live, self.dials)

    @property
    def connect_rate(self) -> float | None:
        """Connected to an agent / dials."""
        return _share(self.connected, self.dials)

    @property
    def abandonment_rate(self) -> float | None:
        """Abandoned / (abandoned + connected)."""
        return _share(self.abandoned, self.abandoned + self.connected)

    @property
    def mean_talk_seconds(self) -> float | None:
        return _share(self.talk_seconds, self.connected)

    @property
    def mean_wait_seconds(self) -> float | None:
        return _share(self.wait_seconds, self.connected)


def _share(part: float, whole: int) -> float | None:
    """A fraction; None where there is nothing to take it of."""
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class HourCounts:
    """Calls that began in the hour from `begins` on, which is a full hour of the asked time zone."""

    begins: datetime
    counts: Counts


@dataclass(frozen=True, slots=True)
class Said:
    """How often agents said so; `disposition` None: of connected calls, nothing was said."""

    disposition: UUID | None
    name: str | None
    calls: int


@dataclass(frozen=True, slots=True)
class ListCounts:
    record_list: UUID
    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class CallResults:
    """Of the calls that began at `begins` or later and before `ends`.

    Attributes:
        records, tried, contacted: distinct records of the campaign; those called in this time; those connected in it.
    """

    campaign: CampaignId
    begins: datetime
    ends: datetime
    timezone: str
    total: Counts
    records: int
    tried: int
    contacted: int
    hours: Sequence[HourCounts]
    outcomes: Sequence[tuple[Outcome, int]]
    dispositions: Sequence[Said]
    lists: Sequence[ListCounts]

    @property
    def contact_rate(self) -> float | None:
        """Distinct records connected / distinct records tried."""
        return _share(self.contacted, self.tried)

    @property
    def attempts_per_contact(self) -> float | None:
        return _share(self.total.dials, self.contacted)
