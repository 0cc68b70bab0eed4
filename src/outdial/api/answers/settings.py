"""A campaign's settings, presets and the audit, as `/v1` shows them."""

from typing import Annotated, Any, Final

from pydantic import Field

from outdial.api.answers.campaigns import ConfigurationShown, StrategyShown, TimeShown
from outdial.api.describe import Count, DayShown, Id, InstantShown, LinkShown, SelfLink, Shown
from outdial.domain.audit import Action, Kind
from outdial.domain.campaigns import CampaignStatus, Mode, WeekDay
from outdial.domain.machine_detection import Profile
from outdial.domain.pacing.windows import Window

Region = Annotated[str, Field(examples=["DE-BY"], description="ISO 3166: a country, or a part of it")]


class DecimalConfigurationShown(ConfigurationShown):
    max_abandonment_rate: Annotated[float, Field(gt=0, le=100, examples=[2.5])] | None = None  # type: ignore[assignment]
    max_dialing_ratio: Annotated[float, Field(ge=1, le=3, examples=[1.5])] | None = None  # type: ignore[assignment]


class SpanShown(Shown):
    from_: TimeShown = Field(alias="from")
    to: TimeShown


class ExceptionShown(Shown):
    """Other hours on one date of the called party's calendar; without windows it is closed."""

    date: DayShown
    windows: list[SpanShown]


class AssignedThing(Shown):
    id: Id


class DetectionShown(Shown):
    """How people are told from machines. What is left out is as the profile has it, or the carrier without one."""

    profile: Profile | None = None
    initial_silence_in_ms: Annotated[int, Field(description="Silent for so long, nobody can tell")] | None = None
    longest_greeting_in_ms: (
        Annotated[int, Field(description="Who speaks for longer is a machine; short pauses are part of a greeting")]
        | None
    ) = None
    pause_in_ms: Annotated[int, Field(description="Silence that ends a greeting: then it was a person")] | None = None
    longer_greeting_in_ms: (
        Annotated[int, Field(description="A greeting of more than this ends with `short_pause_in_ms` already")] | None
    ) = None
    short_pause_in_ms: int | None = None
    shortest_word_in_ms: Annotated[int, Field(description="Shorter sound is no word")] | None = None
    limit_in_ms: Annotated[int, Field(description="After so long without a verdict, nobody can tell")] | None = None
    sample_rate: (
        Annotated[
            float,
            Field(
                gt=0,
                le=100,
                examples=[1.0],
                description="Percent of the calls judged machine that are brought to an agent all the same, so that "
                "the verdicts can be held against what agents say",
            ),
        ]
        | None
    ) = None


class SettingsLinks(Shown):
    self_: LinkShown = Field(alias="self")
    campaign: LinkShown
    activity: LinkShown
    audit: LinkShown


class SettingsShown(Shown):
    """Everything of a campaign; the members from `id` to `updated_at` cannot be sent."""

    id: Id
    status: CampaignStatus
    action_required: bool
    missing: Annotated[list[str], Field(description="What it lacks before it can run")]
    version: Count
    created_at: InstantShown
    updated_at: InstantShown
    name: str
    mode: Mode | None = None
    priority: Annotated[int, Field(ge=1, le=10)]
    run_once: bool
    dialing_mode_configuration: DecimalConfigurationShown | None = None
    dialing_strategy: StrategyShown | None = None
    strict_priority: bool
    holidays: list[Region]
    exceptions: list[ExceptionShown]
    presets: list[str]
    abandonment_periods: Annotated[
        list[Window],
        Field(description="Over each of them abandonment has to stay within the rate; a month is the account's own"),
    ]
    shadow: Annotated[
        bool, Field(description="The predictive pacer watches a progressive campaign: see its calibration")
    ]
    detection: DetectionShown | None = None
    safety_message: (
        Annotated[
            str,
            Field(
                examples=["north"],
                description="What somebody hears for whom no agent comes in time, by its name in the carrier's file; "
                "absent: the usual one",
            ),
        ]
        | None
    ) = None
    record_lists: list[AssignedThing]
    do_not_call_lists: list[AssignedThing]
    users: list[AssignedThing]
    numbers: list[AssignedThing]
    links: SettingsLinks = Field(alias="_links")


class WeeklySpanShown(SpanShown):
    week_days: list[WeekDay]


class HourTemplateShown(Shown):
    """Hours that a campaign can begin with. They are copied into it: a later change does not touch it."""

    id: Id
    name: str
    calling_hours: list[WeeklySpanShown]
    exceptions: list[ExceptionShown]
    holidays: list[Region]
    created_at: InstantShown
    updated_at: InstantShown
    links: SelfLink = Field(alias="_links")


class FrequencyShown(Shown):
    attempts: int
    hours: int


class PresetShown(Shown):
    """A rule set: what a campaign that names it may not be set to, and what else is asked of whoever calls."""

    id: str
    name: str
    version: DayShown
    source: str
    since: DayShown | None = None
    calling_hours: list[WeeklySpanShown] | None = None
    holidays: Region | None = None
    frequency: FrequencyShown | None = None
    shortest_ring_time_in_secs: int | None = None
    highest_abandonment_rate: float | None = None
    longest_abandonment_timeout: int | None = None
    duties: list[str]


class PresetList(Shown):
    presets: list[PresetShown]


class PresetsShown(Shown):
    total: Count
    count: Count
    embedded: PresetList = Field(alias="_embedded")
    links: SelfLink = Field(alias="_links")


class ChangeShown(Shown):
    """One change; `before` and `after` have the members that changed, by dotted name."""

    id: Id
    at: InstantShown
    client_id: str | None = None
    user_id: Id | None = None
    request_id: str | None = None
    kind: Kind
    thing_id: Id
    action: Action
    fields: list[str]
    before: dict[str, Any]
    after: dict[str, Any]
    campaign_id: Id | None = None
    undoes: Id | None = None
    links: SelfLink = Field(alias="_links")


SETTINGS: Final = {
    "name": "Renewals north",
    "mode": "PROGRESSIVE",
    "dialing_mode_configuration": {"max_ring_time_in_secs": 25},
    "holidays": ["US"],
    "exceptions": [{"date": "2026-12-24", "windows": [{"from": "09:00:00", "to": "12:00:00"}]}],
}

HOUR_TEMPLATE: Final = {
    "name": "Office hours",
    "calling_hours": [
        {"from": "09:00:00", "to": "18:00:00", "week_days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]}
    ],
    "holidays": ["US"],
    "exceptions": [{"date": "2026-12-24", "windows": [{"from": "09:00:00", "to": "12:00:00"}]}],
}
