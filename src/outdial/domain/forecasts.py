"""What is foreseen of a campaign: the question, the material it is answered from, and the answer."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NewType
from uuid import UUID

from outdial.domain.campaigns import CallingWindow, Campaign
from outdial.domain.errors import NotFound, NotPossible, Unavailable
from outdial.domain.outcomes import Outcome
from outdial.domain.retry import Phone, Tally
from outdial.domain.values import CampaignId

ForecastId = NewType("ForecastId", UUID)

MOST_OPEN: Final = 3
"""Forecasts of an account that may be worked on at a time."""
LONGEST_WORK: Final = timedelta(minutes=15)
MOST_SCENARIOS: Final = 12
DEFAULT_FINISH: Final = timedelta(hours=24)


class ForecastStatus(enum.Enum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is taken for true while the campaign has not shown it: a fraction, and means in seconds."""

    answer_rate: float = 0.25
    talk_seconds: float = 90.0
    wrap_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Question:
    """What if.

    Attributes:
        agents: team sizes, each a scenario.
        cap, ratio, hours: instead of the campaign's own; `None` = its own. `cap` is a fraction.
        finish_by: how many agents are needed to be done by then?
    """

    agents: tuple[int, ...]
    finish_by: datetime
    cap: float | None = None
    ratio: float | None = None
    hours: tuple[CallingWindow, ...] | None = None
    assumed: Assumptions = Assumptions()


@dataclass(frozen=True, slots=True)
class LeftRecord:
    """A record that is not final: where it stands in the campaign. `due_at` None = it may be dialed at once."""

    phones: tuple[Phone, ...]
    position: int
    tally: Tally
    priority: int
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """All that a forecast is made from.

    Attributes:
        left: records that are not final; `sampled` of them were drawn evenly, all or some.
        records: those of the drawn ones that may be dialed.
        learned: what the campaign's pacer has stored.
        first, again: how first and later attempts of a record ended so far; `live` people are counted apart.
        zones: names by the key that phones have.
    """

    campaign: Campaign
    now: datetime
    left: int
    sampled: int
    records: Sequence[LeftRecord]
    learned: Mapping[str, Any]
    first: Mapping[Outcome, int]
    again: Mapping[Outcome, int]
    zones: Mapping[int, tuple[str, ...]]

    @property
    def weight(self) -> float:
        """How many records each drawn one stands for."""
        return self.left / self.sampled if self.sampled else 1.0

    @property
    def calls(self) -> int:
        """Attempts that were seen."""
        return sum(self.first.values()) + sum(self.again.values())


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast that was asked for; `asked` and `result` are as the API shows them."""

    id: ForecastId
    campaign_id: CampaignId
    status: ForecastStatus
    asked: Mapping[str, Any]
    created_at: datetime
    until: datetime
    result: Mapping[str, Any] | None = None
    done_at: datetime | None = None

    def as_of(self, now: datetime) -> ForecastStatus:
        """Its status; one that nobody works on any more has failed."""
        dead = self.status is ForecastStatus.RUNNING and now >= self.until
        return ForecastStatus.FAILED if dead else self.status


class ForecastNotFound(NotFound):
    code = "forecast-not-found"

    def __init__(self, forecast_id: object) -> None:
        super().__init__("the campaign has no forecast with this id")
        self.forecast_id = forecast_id


class TooManyForecasts(Unavailable):
    code = "too-many-forecasts"

    def __init__(self) -> None:
        super().__init__(f"{MOST_OPEN} forecasts are being worked on: ask again when one is done")


class CampaignNotForecastable(NotPossible):
    code = "campaign-not-forecastable"

    def __init__(self, lacks: Sequence[str]) -> None:
        super().__init__(f"nothing can be foreseen of the campaign: it lacks {', '.join(lacks)}")
