"""The campaign: what it is made of, when it is complete, and which changes of state it allows."""

import enum
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Self

from outdial.domain.errors import Conflict, NotFound, NotPossible
from outdial.domain.machine_detection import Detection
from outdial.domain.outcomes import Outcome
from outdial.domain.values import CampaignId, PhoneType

DEFAULT_PRIORITY: Final = 5
MESSAGE_NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,59}$"
"""What names of safety messages look like."""


class DialingMode(enum.Enum):
    PREDICTIVE = "PREDICTIVE"
    PREVIEW = "PREVIEW"


class Mode(enum.Enum):
    """How calls come about, as `/v1` names it. The compatible API knows no `PROGRESSIVE`: there it is `PREDICTIVE`
    with a dialing ratio of 1."""

    PREDICTIVE = "PREDICTIVE"
    PROGRESSIVE = "PROGRESSIVE"
    PREVIEW = "PREVIEW"


class CampaignStatus(enum.Enum):
    """What people asked for. What is really happening is the campaign's activity."""

    INCOMPLETE = "INCOMPLETE"
    READY = "READY"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"


class StatusAfterCall(enum.Enum):
    FINAL = "FINAL"
    RETRY = "RETRY"


class StrategyType(enum.Enum):
    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"


class SortingCriteria(enum.Enum):
    FIFO = "FIFO"
    LIFO = "LIFO"


class WeekDay(enum.Enum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"

    @property
    def number(self) -> int:
        """0 is Monday, as in `date.weekday`."""
        return _WEEK_DAYS.index(self)


_WEEK_DAYS: Final = tuple(WeekDay)


class TimeUnit(enum.Enum):
    SECONDS = "SECONDS"
    MINUTES = "MINUTES"
    HOURS = "HOURS"
    DAYS = "DAYS"

    @property
    def length(self) -> timedelta:
        return _UNIT_LENGTH[self]


_UNIT_LENGTH: Final = {
    TimeUnit.SECONDS: timedelta(seconds=1),
    TimeUnit.MINUTES: timedelta(minutes=1),
    TimeUnit.HOURS: timedelta(hours=1),
    TimeUnit.DAYS: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class CallingWindow:
    """Local times of the called party on the given days; `to` at or before `start` runs into the next day."""

    start: time
    to: time
    week_days: tuple[WeekDay, ...]


@dataclass(frozen=True, slots=True)
class DateException:
    """Other hours on one date of the called party's calendar, in place of its week day's and of a holiday's.

    `windows` are pairs of start and end, as in `CallingWindow`; none = closed all day.
    """

    on: date
    windows: tuple[tuple[time, time], ...] = ()


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a campaign can have beyond the compatible API.

    Attributes:
        progressive: one call for each agent who is ready; the dialing mode is `PREDICTIVE` then.
        strict_priority: a record that waits for its retry holds lower priorities back; else they are dialed meanwhile.
        holidays: regions on whose public holidays their time zones are closed: `US`, `DE-BY`.
        exceptions: dates with other hours, each once, in order.
        presets: rule sets that the settings keep to, by id.
        abandonment_periods: periods over each of which abandonment has to stay within the campaign's rate, as
            `domain.pacing.windows` names them; none = the campaign as a whole.
        shadow: the predictive pacer watches a progressive campaign and says what it would do.
        detection: how people are told from machines, where `answering_machine_detection` asks for it.
        safety_message: what somebody hears for whom no agent comes in time, by its name at the carrier; `None` is the
            carrier's usual one.
    """

    progressive: bool = False
    strict_priority: bool = True
    holidays: tuple[str, ...] = ()
    exceptions: tuple[DateException, ...] = ()
    presets: tuple[str, ...] = ()
    abandonment_periods: tuple[str, ...] = ()
    shadow: bool = False
    detection: Detection = field(default_factory=Detection)
    safety_message: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """What happens to a record after one of the system outcomes.

    `custom` means that this outcome has limits of its own; a missing member falls back to the campaign's.
    """

    status_after_call: StatusAfterCall
    custom: bool = False
    max_attempts: int | None = None
    retry_period: int | None = None
    retry_unit: TimeUnit | None = None


@dataclass(frozen=True, slots=True)
class ChainItem:
    """Rules for one phone type; the order of the chain is the order in which types are tried."""

    type: PhoneType
    max_attempts: int
    retry_period: int | None = None
    retry_unit: TimeUnit | None = None


@dataclass(frozen=True, slots=True)
class DialingConfiguration:
    """How calls are launched. Rates are percents, times are seconds, as the API gives them.

    The compatible API shows rate and ratio as the whole numbers next to them.
    """

    max_ring_time_in_secs: int
    answering_machine_detection: bool | None = None
    amd_metadata: bool | None = None
    max_abandonment_rate: float | None = None
    max_dialing_ratio: float | None = None
    abandonment_timeout: int | None = None


@dataclass(frozen=True, slots=True)
class DialingStrategy:
    """Which record is called when, how often, and what an outcome means for it.

    `dispositions` is keyed by the outcome that it governs; `Outcome.REJECTED` follows `NO_ANSWER`.
    """

    max_attempts: int
    retry_period: int
    retry_unit: TimeUnit
    calling_hours: tuple[CallingWindow, ...]
    dispositions: dict[Outcome, OutcomeRule]
    max_skip_attempts: int | None = None
    strategy_type: StrategyType | None = None
    preview_timeout: int | None = None
    record_chain: tuple[ChainItem, ...] = ()
    lists_sorting_criteria: SortingCriteria | None = None
    ivr_enabled: bool | None = None

    @property
    def newest_first(self) -> bool:
        return self.lists_sorting_criteria is SortingCriteria.LIFO


@dataclass(frozen=True, slots=True)
class Assigned:
    """How much of what a campaign needs is assigned to it."""

    accepted_lists: int = 0
    users: int = 0
    numbers: int = 0


@dataclass(frozen=True, slots=True)
class Campaign:
    id: CampaignId
    name: str
    created_at: datetime
    updated_at: datetime
    dialing_mode: DialingMode | None = None
    priority: int = DEFAULT_PRIORITY
    run_once: bool = False
    action_required: bool = False
    status: CampaignStatus = CampaignStatus.INCOMPLETE
    configuration: DialingConfiguration | None = None
    strategy: DialingStrategy | None = None
    version: int = 1
    assigned: Assigned = field(default_factory=Assigned)
    extensions: Extensions = field(default_factory=Extensions)

    @property
    def mode(self) -> Mode | None:
        if self.dialing_mode is None:
            return None
        return Mode.PROGRESSIVE if self.extensions.progressive else Mode(self.dialing_mode.value)

    def missing(self) -> tuple[str, ...]:
        """What still lacks before the campaign can run, by the API's member names; empty = complete."""
        lacks = []
        if self.dialing_mode is None:
            lacks.append("dialing_mode")
        configuration, strategy = self.configuration, self.strategy
        if configuration is None:
            lacks.append("dialing_mode_configuration")
        elif self.mode is Mode.PREDICTIVE:
            for name, value in (
                ("max_abandonment_rate", configuration.max_abandonment_rate),
                ("max_dialing_ratio", configuration.max_dialing_ratio),
                ("abandonment_timeout.amount", configuration.abandonment_timeout),
            ):
                if value is None:
                    lacks.append(f"dialing_mode_configuration.{name}")
        if strategy is None:
            lacks.append("dialing_strategy")
        elif self.dialing_mode is DialingMode.PREVIEW:
            if strategy.strategy_type is None:
                lacks.append("dialing_strategy.strategy_type")
            if strategy.max_skip_attempts is None:
                lacks.append("dialing_strategy.max_skip_attempts")
            if strategy.strategy_type is StrategyType.AUTOMATIC and strategy.preview_timeout is None:
                lacks.append("dialing_strategy.preview_timeout")
        if not self.assigned.accepted_lists:
            lacks.append("record_lists")
        if not self.assigned.numbers:
            lacks.append("numbers")
        if not self.assigned.users:
            lacks.append("users")
        return tuple(lacks)

    def settled(self) -> Self:
        """The campaign with the status that its parts allow: to be called after every change of a part.

        A campaign that runs or pauses is never stopped by losing a part: `action_required` says so instead
        while it runs; a paused one becomes incomplete.
        """
        complete = not self.missing()
        match self.status:
            case CampaignStatus.INCOMPLETE if complete:
                return replace(self, status=CampaignStatus.READY, action_required=False)
            case CampaignStatus.READY | CampaignStatus.PAUSED if not complete:
                return replace(
                    self,
                    status=CampaignStatus.INCOMPLETE,
                    action_required=self.action_required or self.status is CampaignStatus.PAUSED,
                )
            case CampaignStatus.RUNNING if not complete:
                return replace(self, action_required=True)
        return replace(self, action_required=False) if complete and self.action_required else self

    def started(self) -> Self:
        """The campaign as asked to run; the same one if it runs already."""
        if self.status is CampaignStatus.RUNNING:
            return self
        if self.status is CampaignStatus.INCOMPLETE:
            raise CampaignNotStartable(self.id, self.missing())
        return replace(self, status=CampaignStatus.RUNNING, action_required=False)

    def paused(self) -> Self:
        """The campaign as asked to stop launching calls; calls in progress finish."""
        if self.status is CampaignStatus.PAUSED:
            return self
        if self.status is not CampaignStatus.RUNNING:
            raise CampaignNotPausable(self.id, self.status)
        return replace(self, status=CampaignStatus.PAUSED)

    def check_deletable(self) -> None:
        if self.status is CampaignStatus.RUNNING:
            raise CampaignRunning(self.id)


class CampaignNotFound(NotFound):
    code = "campaign-not-found"

    def __init__(self, campaign_id: object) -> None:
        super().__init__("there is no campaign with this id")
        self.campaign_id = campaign_id


class CampaignNotStartable(NotPossible):
    code = "campaign-not-startable"

    def __init__(self, campaign_id: CampaignId, missing: tuple[str, ...]) -> None:
        super().__init__(f"the campaign cannot start: it lacks {', '.join(missing)}")
        self.campaign_id, self.missing = campaign_id, missing


class CampaignNotPausable(NotPossible):
    code = "campaign-not-pausable"

    def __init__(self, campaign_id: CampaignId, status: CampaignStatus) -> None:
        super().__init__(f"the campaign is {status.value} and only a RUNNING one can be paused")
        self.campaign_id, self.status = campaign_id, status


class CampaignRunning(Conflict):
    code = "campaign-running"

    def __init__(self, campaign_id: CampaignId) -> None:
        super().__init__("the campaign is RUNNING: pause it before deleting it")
        self.campaign_id = campaign_id
