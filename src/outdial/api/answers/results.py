"""What came of a campaign's calls, as `/v1` shows it."""

from typing import Annotated

from pydantic import Field

from outdial.api.describe import Count, Id, InstantShown, LinkShown, Shown
from outdial.domain.outcomes import Outcome

Rate = Annotated[float, Field(ge=0, le=1, examples=[0.25])]
Seconds = Annotated[float, Field(ge=0, examples=[84.5])]


class CountsShown(Shown):
    """Calls that are over. A rate of nothing is left out."""

    dials: Count
    answered: Annotated[Count, Field(description="By the network's word, machines included")]
    machine: Count
    live: Annotated[Count, Field(description="By a person: connected, abandoned, or left while they waited")]
    connected: Count
    abandoned: Count
    left_early: Count
    answer_rate: Annotated[Rate, Field(description="answered / dials")] | None = None
    live_answer_rate: Annotated[Rate, Field(description="live / dials")] | None = None
    connect_rate: Annotated[Rate, Field(description="connected / dials")] | None = None
    abandonment_rate: Annotated[Rate, Field(description="abandoned / (abandoned + connected)")] | None = None
    mean_talk_seconds: Annotated[Seconds, Field(description="Of connected calls: from the agent to the end")] | None = (
        None
    )
    mean_wait_seconds: (
        Annotated[Seconds, Field(description="Of connected calls: from the answer to the agent")] | None
    ) = None


class HourShown(CountsShown):
    hour: Annotated[InstantShown, Field(description="When it begins: a full hour of the asked time zone")]


class OutcomeCountShown(Shown):
    outcome: Outcome
    calls: Count


class SaidCountShown(Shown):
    """Without a name: connected calls of which nothing was said."""

    disposition_id: Id | None = None
    name: Annotated[str, Field(examples=["Sold"])] | None = None
    calls: Count


class ListCountsShown(CountsShown):
    record_list_id: Id
    name: str


class RecordCountsShown(Shown):
    """Distinct records: of the campaign, called in this time, connected in it."""

    total: Count
    tried: Count
    contacted: Count
    contact_rate: Annotated[Rate, Field(description="contacted / tried")] | None = None
    attempts_per_contact: Annotated[float, Field(ge=0, description="dials / contacted")] | None = None


class ResultsLinks(Shown):
    self_: LinkShown = Field(alias="self")
    campaign: LinkShown
    csv: LinkShown


class ResultsShown(Shown):
    """Of the calls that began at `from` or later and before `to`."""

    from_: InstantShown = Field(alias="from")
    to: InstantShown
    timezone: Annotated[str, Field(examples=["Europe/Lisbon"])]
    total: CountsShown
    records: RecordCountsShown
    hours: Annotated[list[HourShown], Field(description="Hours without calls are left out")]
    outcomes: list[OutcomeCountShown]
    dispositions: list[SaidCountShown]
    lists: list[ListCountsShown]
    links: ResultsLinks = Field(alias="_links")
