"""What the API answers about calls, about what agents said of them, and about why records are or are not dialed."""

from typing import Annotated

from pydantic import Field

from outdial.api.describe import Count, Id, InstantShown, LinkShown, PhoneShown, SelfLink, Shown
from outdial.domain.activity import Doing
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.dispositions import Effect
from outdial.domain.explain import Rule
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.values import PhoneType
from outdial.domain.verdicts import AnsweredBy

_RULES = [rule.value for rule in (*Rule, *Reason)]

RuleShown = Annotated[
    str, Field(examples=[Rule.IN_CALL.value], json_schema_extra={"enum": list(dict.fromkeys(_RULES))})
]
Sentence = Annotated[str, Field(examples=["a call to it is in progress"])]
Counter = Annotated[int, Field(ge=1, examples=[1])]
PhoneTypeShown = Annotated[
    str, Field(examples=["MOBILE"], json_schema_extra={"enum": [kind.value for kind in PhoneType]})
]


class ToCampaign(Shown):
    self_: LinkShown = Field(alias="self")
    campaign: LinkShown


# Attempts ------------------------------------------------------------------------------------------------------------


class SaidShown(Shown):
    """What the agent said of the call."""

    id: Id
    name: Annotated[str, Field(examples=["Sold"])]
    said_at: InstantShown
    note: str | None = None


class AttemptShown(Shown):
    """A call as it was written down; `outcome` is absent while it is in flight, `record_id` when that is deleted."""

    id: Id
    campaign_id: Id
    record_id: Id | None = None
    number: Annotated[Counter, Field(description="Counts the record's attempts in the campaign")]
    phone_number: PhoneShown
    phone_type: PhoneTypeShown
    caller_id: PhoneShown | None = None
    started_at: InstantShown
    ringing_at: InstantShown | None = None
    answered_at: InstantShown | None = None
    verdict_at: InstantShown | None = None
    verdict: Annotated[str, Field(description="Person or machine", examples=["human"])] | None = None
    connected_at: Annotated[InstantShown, Field(description="When callee and agent could talk")] | None = None
    ended_at: InstantShown | None = None
    user_id: Annotated[Id, Field(description="The agent")] | None = None
    outcome: Outcome | None = None
    counted: Annotated[bool, Field(description="Whether it counts against the record's attempts")] | None = None
    hangup_by: Annotated[str, Field(examples=["callee"])] | None = None
    left_early: Annotated[bool, Field(description="The callee left while waiting for an agent")] | None = None
    sip_status: Annotated[int, Field(examples=[486])] | None = None
    q850_cause: Annotated[int, Field(examples=[17])] | None = None
    cause: str | None = None
    disposition: SaidShown | None = None
    links: ToCampaign = Field(alias="_links")


# Dispositions --------------------------------------------------------------------------------------------------------


class DispositionShown(Shown):
    """A word of the account that agents choose from, and what it means for the record."""

    id: Id
    name: Annotated[str, Field(examples=["Sold"])]
    effect: Effect
    retry_after_in_secs: Annotated[int, Field(ge=1, examples=[3600])] | None = None
    do_not_call_list_id: Id | None = None
    default: Annotated[bool, Field(description="Stands for agents whose wrap-up time ran out")]
    answered_by: (
        Annotated[AnsweredBy, Field(description="Who it was, where the word says that: detection is measured by it")]
        | None
    ) = None
    created_at: InstantShown
    updated_at: InstantShown
    links: SelfLink = Field(alias="_links")


# Verdicts ------------------------------------------------------------------------------------------------------------


class EstimateShown(Shown):
    """A share as it was seen, and the bounds between which it lies with a confidence of 95 %."""

    seen: Annotated[float, Field(ge=0, le=1, examples=[0.012])]
    low: Annotated[float, Field(ge=0, le=1, examples=[0.004])]
    high: Annotated[float, Field(ge=0, le=1, examples=[0.034])]


class JudgedShown(Shown):
    machine: Count
    person: Count
    not_sure: Count


class SampleShown(Shown):
    """Calls judged machine that an agent got all the same (`detection.sample_rate`)."""

    calls: Count
    said: Annotated[Count, Field(description="Those whose agent chose a disposition that says who it was")]
    persons: Count


class PassedShown(Shown):
    """Calls that an agent got as those of people."""

    calls: Count
    said: Annotated[Count, Field(description="Those whose agent chose a disposition that says who it was")]
    machines: Count


class DelayShown(Shown):
    """Seconds from the answer to the verdict."""

    p50: float
    p95: float


class CampaignPartLinks(Shown):
    self_: LinkShown = Field(alias="self")
    campaign: LinkShown


class VerdictsShown(Shown):
    """What detection said, held against what agents say; what is not known yet is left out."""

    judged: JudgedShown
    sample: SampleShown
    passed: PassedShown
    false_positive_rate: (
        Annotated[EstimateShown, Field(description="Of the people who answered, those taken for machines")] | None
    ) = None
    false_discovery_rate: (
        Annotated[EstimateShown, Field(description="Of the verdicts machine, those that were people")] | None
    ) = None
    missed_rate: (
        Annotated[EstimateShown, Field(description="Of the machines that answered, those taken for people")] | None
    ) = None
    delay_seconds: DelayShown | None = None
    links: CampaignPartLinks = Field(alias="_links")


# Why -----------------------------------------------------------------------------------------------------------------


class DoingShown(Shown):
    """What the campaign is doing; `activity` is absent where nobody asked for it to run."""

    status: CampaignStatus
    activity: Doing | None = None
    reason: Annotated[str, Field(examples=["dialing"])]
    since: InstantShown | None = None
    until: InstantShown | None = None


class ReasonShown(Shown):
    reason: RuleShown
    description: Sentence
    records: Count
    next_at: Annotated[InstantShown, Field(description="When the first of them can be dialed")] | None = None


class ReasonsShown(Shown):
    """Each record of the campaign's lists is counted under one reason: the counts sum to `total`."""

    total: Count
    campaign: DoingShown
    reasons: list[ReasonShown]
    links: ToCampaign = Field(alias="_links")


class StandingShown(Shown):
    record_id: Id
    record_list_id: Id
    first_name: Annotated[str, Field(examples=["Ana"])]
    last_name: Annotated[str, Field(examples=["Costa"])]
    reason: RuleShown
    description: Sentence
    next_at: InstantShown | None = None
    priority: Annotated[int, Field(ge=1, le=11, examples=[5])]
    attempts: Count
    phone_number: PhoneShown | None = None
    phone_type: PhoneTypeShown | None = None


class LastAttemptShown(Shown):
    number: Counter
    phone_number: PhoneShown
    started_at: InstantShown
    ended_at: InstantShown | None = None
    outcome: Outcome | None = None


class RecordWhyShown(StandingShown):
    max_attempts: Counter | None = None
    timezones: Annotated[list[str], Field(examples=[["Europe/Lisbon"]])] | None = None
    last_attempt: LastAttemptShown | None = None
    campaign: DoingShown
    links: ToCampaign = Field(alias="_links")


class NextShown(StandingShown):
    place: Counter


class NextRecordsShown(Shown):
    """In the order in which they are dialed."""

    count: Count
    records: list[NextShown]
    links: ToCampaign = Field(alias="_links")
