"""What pacing foresees of a campaign, as `/v1` shows it."""

from typing import Annotated

from pydantic import Field

from outdial.api.describe import Count, LinkShown, Shown

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
