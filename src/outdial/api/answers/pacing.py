"""What pacing foresees of a campaign, as `/v1` shows it."""

from typing import Annotated

from pydantic import Field

from outdial.api.answers.campaigns import WindowShown
from outdial.api.describe import Count, Id, InstantShown, LinkShown, Shown
from outdial.domain.forecasts import ForecastStatus

Share = Annotated[float, Field(ge=0, le=1, examples=[0.25])]


class AbandonedShown(Shown):
    expected: Annotated[
        float, Field(ge=0, description="Sum of the chances, at their launch, that the live calls would be abandoned")
    ]
    seen: Count
    ratio: (
        Annotated[
            float, Field(ge=0, description="Seen / expected, good between 0.5 and 2; left out while both are below 5")
        ]
        | None
    ) = None


class TenthShown(Shown):
    """Forecasts of about the same chance: how many, their mean chance, and the share that came true."""

    from_: Share = Field(alias="from")
    to: Share
    count: Count
    expected: Share
    seen: Share


class DecisionsShown(Shown):
    total: Count
    launched: Annotated[Count, Field(description="Calls that were launched")]
    wanted: Annotated[
        Count,
        Field(description="Calls that the predictive pacer would have launched, each time from where things stood"),
    ]


class DecisionShown(Shown):
    """`risk` is that of the last call it wanted, `allowed` what one may carry; `second` since the dialer took it up."""

    second: float
    room: Count
    launched: Count
    wanted: Count
    risk: Share
    allowed: Share


class CalibrationLinks(Shown):
    self_: LinkShown = Field(alias="self")
    campaign: LinkShown


class CalibrationShown(Shown):
    """What the predictive pacer expected of a campaign that it watched, and what came."""

    live_calls: Count
    abandoned: AbandonedShown
    answers: Annotated[list[TenthShown], Field(description="Whether a launched call is a person's, by tenths")]
    answer_times: Annotated[
        list[Share], Field(description="Live answers in each quarter of the expected time to answer: 0.25 is perfect")
    ]
    agents_free: Annotated[
        list[TenthShown], Field(description="Whether a busy agent is free when a call would want one, by tenths")
    ]
    decisions: DecisionsShown
    last: list[DecisionShown]
    links: CalibrationLinks = Field(alias="_links")


class AssumedShown(Shown):
    answer_rate: Share | None = None
    talk_seconds: float | None = None
    wrap_seconds: float | None = None


class AskedShown(Shown):
    """As it was sent."""

    agents: list[Annotated[int, Field(ge=1, le=500)]] | None = None
    max_abandonment_rate: float | None = None
    max_dialing_ratio: float | None = None
    calling_hours: list[WindowShown] | None = None
    finish_by: InstantShown | None = None
    assume: AssumedShown | None = None


class SpreadShown(Shown):
    """What is likely, and the bounds between which nine of ten outcomes lie."""

    low: Annotated[float, Field(ge=0, examples=[812])]
    likely: Annotated[float, Field(ge=0, examples=[870])]
    high: Annotated[float, Field(ge=0, examples=[931])]


class TimesShown(Shown):
    """As `SpreadShown`; what lies beyond 90 days is left out."""

    low: InstantShown | None = None
    likely: InstantShown | None = None
    high: InstantShown | None = None


class ScenarioShown(Shown):
    agents: Annotated[int, Field(ge=1)]
    max_abandonment_rate: Annotated[float, Field(gt=0, le=100, description="Percent")]
    max_dialing_ratio: Annotated[float, Field(ge=1, le=3)]
    finishes_at: TimesShown
    attempts: SpreadShown
    connected: SpreadShown
    abandonment_rate: Annotated[SpreadShown, Field(description="Abandoned / (abandoned + connected), a fraction")]
    occupancy: Annotated[SpreadShown, Field(description="A fraction")]
    agent_hours: SpreadShown


class NeededShown(Shown):
    """The smallest teams that are done by then; left out where none of those that were tried is."""

    finish_by: InstantShown
    likely: Annotated[int, Field(ge=1, description="Done in time as likely as not")] | None = None
    sure: Annotated[int, Field(ge=1, description="Done in time in nine of ten cases")] | None = None
    most_tried: Annotated[int, Field(ge=1)]


class ForeseenShown(Shown):
    as_of: InstantShown
    records: Annotated[Count, Field(description="Records that are not final")]
    records_played: Count
    calls_seen: Annotated[Count, Field(description="Attempts of this campaign that the forecast learned from")]
    assumptions: list[str]
    scenarios: list[ScenarioShown]
    agents_needed: NeededShown


class ForecastShown(Shown):
    """How a campaign will go on from where it stood when it was asked for."""

    id: Id
    status: ForecastStatus
    created_at: InstantShown
    done_at: InstantShown | None = None
    asked: AskedShown
    result: ForeseenShown | None = None
    links: CalibrationLinks = Field(alias="_links")
