"""Scheduled callbacks, as the API shows them."""

from typing import Annotated, Any

from pydantic import Field

from outdial.api.describe import Id, InstantShown, LinkShown, PhoneShown, SelfLink, Shown
from outdial.domain.callbacks import MOST_RESCHEDULES, AssignType, CallbackReason, CallbackStatus, FromCallType
from outdial.domain.campaigns import DialingMode


class AgentOfCallback(Shown):
    agent_id: Id


class RingGroupOfCallback(Shown):
    ring_group: Annotated[str, Field(examples=["retention"])]


class TeamOfCallback(Shown):
    team_id: str


class CallbackShown(Shown):
    """A promised call: `next_time_to_call` differs from what was scheduled when hours or a retry moved it."""

    callback_id: Id
    account_id: str
    interaction_id: Annotated[Id, Field(description="The call in which it was promised")] | None = None
    root_interaction_id: Id | None = None
    campaign_id: Id
    record_id: Id
    record_list_id: Id
    phone_number: PhoneShown
    caller_id: PhoneShown | None = None
    timezone: Annotated[str, Field(examples=["America/New_York"])] | None = None
    scheduled_time_to_call: InstantShown
    next_time_to_call: InstantShown
    processed_time: Annotated[InstantShown, Field(description="When it was dialed last")] | None = None
    assign_type: AssignType
    from_call_type: FromCallType
    dialing_model: DialingMode | None = None
    agents: list[AgentOfCallback]
    ring_groups: list[RingGroupOfCallback]
    teams: Annotated[list[TeamOfCallback], Field(description="Those that its ring groups name")]
    record_first_name: str
    record_last_name: str
    record_extra_data: dict[str, Any]
    status: CallbackStatus
    created_by: Annotated[str, Field(description="The agent or the API client")]
    created_at: InstantShown
    links: SelfLink = Field(alias="_links")


class CallbackDetails(CallbackShown):
    record_list_name: str
    time_to_call: InstantShown
    current_retry_attempts: Annotated[int, Field(ge=0, description="Calls since it was last scheduled")]
    current_rescheduled_attempts: Annotated[int, Field(ge=0)]
    max_rescheduled_attempts: Annotated[int, Field(examples=[MOST_RESCHEDULES])]


class CallbackLinks(Shown):
    self_: LinkShown = Field(alias="self")
    campaign: LinkShown
    record: LinkShown


class CallbackExplained(CallbackDetails):
    """A callback, and why it has its time or is over."""

    reason: CallbackReason | None = None
    dialed_at: Annotated[InstantShown, Field(description="When it was first dialed since it was scheduled")] | None = (
        None
    )
    zones: Annotated[list[str], Field(description="The calling hours must be open in all of them")]
    links: CallbackLinks = Field(alias="_links")  # type: ignore[assignment]
