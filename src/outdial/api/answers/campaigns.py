"""A campaign and what is assigned to one, as the API shows them."""

from typing import Annotated, Any, Final

from pydantic import Field

from outdial.api.describe import Count, Id, InstantShown, LinkShown, PhoneShown, Shown
from outdial.domain.activity import Doing, NextLimit
from outdial.domain.campaigns import (
    CampaignStatus,
    DialingMode,
    SortingCriteria,
    StatusAfterCall,
    StrategyType,
    TimeUnit,
    WeekDay,
)
from outdial.domain.values import PhoneType

Attempts = Annotated[int, Field(ge=1, le=100, examples=[6])]
Period = Annotated[int, Field(ge=1, le=2592000, examples=[4])]
TimeShown = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$", examples=["09:00:00"])]


class TimeoutShown(Shown):
    amount: Annotated[int, Field(ge=2, le=30, examples=[2], description="Seconds")]


class ConfigurationShown(Shown):
    answering_machine_detection: bool | None = None
    amd_metadata: bool | None = None
    max_abandonment_rate: Annotated[int, Field(ge=1, le=100, examples=[3], description="Percent")] | None = None
    max_dialing_ratio: Annotated[int, Field(ge=1, le=3, examples=[2], description="Calls for each agent")] | None = None
    max_ring_time_in_secs: Annotated[int, Field(ge=6, le=120, examples=[25])]
    abandonment_timeout: TimeoutShown | None = None


class WindowShown(Shown):
    """In the time of the record's zones; from midnight to midnight is the whole day."""

    from_: TimeShown = Field(alias="from")
    to: TimeShown
    week_days: list[WeekDay]


class OutcomeShown(Shown):
    status_after_call: StatusAfterCall
    custom: bool
    max_attempts: Attempts | None = None
    retry_period: Period | None = None
    retry_period_time_unit: TimeUnit | None = None


class InvalidNumberShown(Shown):
    status_after_call: StatusAfterCall


class DispositionsShown(Shown):
    busy: OutcomeShown
    no_answer: OutcomeShown
    abandoned: OutcomeShown | None = None
    hangup_before_connection: OutcomeShown | None = None
    agent_hangup_before_connection: OutcomeShown | None = None
    answering_machine_detection: OutcomeShown | None = None
    invalid_number: InvalidNumberShown


class ChainItemShown(Shown):
    type: PhoneType
    max_attempts: Attempts
    retry_period: Period | None = None
    retry_time_unit: TimeUnit | None = None
    retry_period_time_unit: TimeUnit | None = None


class StrategyShown(Shown):
    max_skip_attempts: Annotated[int, Field(ge=0, le=20, examples=[2])] | None = None
    strategy_type: StrategyType | None = None
    preview_timeout: Annotated[int, Field(ge=6, le=300, examples=[30], description="Seconds")] | None = None
    max_attempts: Attempts
    retry_period: Period
    retry_time_unit: TimeUnit
    calling_hours: list[WindowShown]
    dispositions: DispositionsShown
    record_chain: list[ChainItemShown] | None = None
    lists_sorting_criteria: SortingCriteria | None = None
    ivr_enabled: bool | None = None


class CampaignLinks(Shown):
    self_: LinkShown = Field(alias="self")
    campaigns: LinkShown


class TeamLinks(Shown):
    self_: LinkShown = Field(alias="self")


class TeamOfShown(Shown):
    id: str = Field(examples=["5e1c8a34c1f04b0b9c7bb1f2f3a4d5e6"])
    name: str = Field(examples=["North"])
    links: TeamLinks = Field(alias="_links")


class CampaignShown(Shown):
    """A campaign; its larger members where they are asked for."""

    id: Id
    name: Annotated[str, Field(min_length=3, max_length=35, examples=["Renewals north"])]
    dialing_mode: DialingMode | None = None
    priority: Annotated[int, Field(ge=1, le=10, examples=[5])]
    run_once: bool
    action_required: Annotated[bool, Field(description="Something that it needs was taken away")]
    status: CampaignStatus
    dialing_mode_configuration: ConfigurationShown | None = None
    dialing_strategy: StrategyShown | None = None
    teams: list[TeamOfShown] | None = None
    created_at: InstantShown
    links: CampaignLinks = Field(alias="_links")


class AssignedShown(Shown):
    """Something that is assigned to a campaign, with a link to it and to the collection it belongs to."""

    id: Annotated[str, Field(min_length=1, max_length=36, examples=["8d4c1f0e-5f0b-4c8a-9f57-2f6f6f1f4f1d"])]
    phone_number: PhoneShown | None = None
    links: Annotated[dict[str, LinkShown], Field(alias="_links")]


A_STRATEGY: Final[dict[str, Any]] = {
    "max_attempts": 6,
    "retry_period": 4,
    "retry_time_unit": "HOURS",
    "calling_hours": [
        {"from": "09:00:00", "to": "18:30:00", "week_days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]},
        {"from": "10:00:00", "to": "13:00:00", "week_days": ["SATURDAY"]},
    ],
    "dispositions": {
        "busy": {
            "status_after_call": "RETRY",
            "custom": True,
            "max_attempts": 4,
            "retry_period": 20,
            "retry_period_time_unit": "MINUTES",
        },
        "no_answer": {"status_after_call": "RETRY", "custom": False},
        "answering_machine_detection": {"status_after_call": "RETRY", "custom": False},
        "invalid_number": {"status_after_call": "FINAL"},
    },
    "lists_sorting_criteria": "FIFO",
}
A_CAMPAIGN: Final[dict[str, Any]] = {
    "name": "Renewals north",
    "dialing_mode": "PREDICTIVE",
    "priority": 9,
    "dialing_mode_configuration": {
        "answering_machine_detection": True,
        "max_abandonment_rate": 3,
        "max_dialing_ratio": 2,
        "max_ring_time_in_secs": 25,
        "abandonment_timeout": {"amount": 2},
    },
    "dialing_strategy": A_STRATEGY,
}


class RecordsTold(Shown):
    total: Count
    final: Count
    reasons: Annotated[dict[str, int], Field(examples=[{"connected": 12, "attempts_exhausted": 3}])]


class ActivityLinks(Shown):
    self_: LinkShown = Field(alias="self")
    campaign: LinkShown


class ActivityShown(Shown):
    """What a campaign is doing; `activity` is absent where nobody asked for it to run."""

    status: CampaignStatus
    activity: Doing | None = None
    reason: Annotated[str, Field(examples=["dialing"])]
    since: InstantShown | None = None
    until: InstantShown | None = None
    limit: Annotated[NextLimit, Field(description="Why it does not dial more, while it dials")] | None = None
    attempts: Count
    outcomes: Annotated[dict[str, int], Field(examples=[{"connected": 12, "no_answer": 7}])]
    records: RecordsTold
    links: ActivityLinks = Field(alias="_links")
