"""Agents as their supervisors see them: who is at work and since when, doing what; pause and sign-out from outside."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.auth import needs, needs_one_of
from outdial.api.bodies import read_json
from outdial.api.describe import Count, Id, InstantShown, SelfLink, Shown, described
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.problems import Refused
from outdial.api.services import services_of
from outdial.api.sessions import AgentShown, agent_body
from outdial.api.shapes import Query, Shape, read_as, read_query
from outdial.app import agents
from outdial.app.agents import LONGEST_REASON, LONGEST_WRAP_UP, MOST_REASONS, SHORTEST_WRAP_UP
from outdial.domain.access import Principal, Scope
from outdial.domain.agent_days import AgentDay
from outdial.domain.agents import AgentState
from outdial.domain.campaigns import CampaignNotFound, CampaignStatus, Mode
from outdial.ports.agents import AgentSettings
from outdial.ports.desk import AgentNotFound, NoEngine

router = APIRouter(tags=["Agents"])

Read = Annotated[Principal, needs(Scope.AGENTS_READ)]
Write = Annotated[Principal, needs(Scope.AGENTS_WRITE)]
AtDesk = Annotated[Principal, needs(Scope.DESK_USE)]
ReadOrAtDesk = Annotated[Principal, needs_one_of(Scope.AGENTS_READ, Scope.DESK_USE)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON)]
Seconds = Annotated[int, Field(ge=SHORTEST_WRAP_UP, le=LONGEST_WRAP_UP)]
Reasons = Annotated[list[Reason], Field(max_length=MOST_REASONS)]


class AgentsQuery(Query):
    campaign_id: Annotated[str, Field(description="Only those who work for this campaign now")] | None = None


class ForcedPauseIn(Shape):
    reason: Reason | None = None


class SettingsIn(Shape):
    """How long a wrap-up may last, by how much it can be extended once, and what agents may go on pause for."""

    wrap_up_seconds: Seconds
    extension_seconds: Seconds
    pause_reasons: Reasons


class StatesShown(Shown):
    """How many agents are in each state."""

    ready: Count
    previewing: Count
    dialing: Count
    reserved: Count
    talking: Count
    wrap_up: Count
    paused: Count


class AgentsShown(Shown):
    """Everybody at work at this instant."""

    total: Count
    states: StatesShown
    agents: list[AgentShown]
    links: SelfLink = Field(alias="_links")


class SettingsShown(Shown):
    """What holds for sessions that begin from now on."""

    wrap_up_seconds: Annotated[int, Field(examples=[60])]
    extension_seconds: Annotated[int, Field(examples=[60])]
    pause_reasons: Annotated[list[str], Field(examples=[["lunch"]])]
    links: SelfLink = Field(alias="_links")


class DayQuery(Query):
    timezone: Annotated[str, StringConstraints(min_length=1, max_length=64), Field(examples=["Europe/Lisbon"])] = "UTC"


Spent = Annotated[float, Field(ge=0, examples=[412.5])]
Share = Annotated[float, Field(ge=0, le=1, examples=[0.81])]


class StateSecondsShown(Shown):
    """Seconds in each state."""

    ready: Spent
    previewing: Spent
    dialing: Spent
    reserved: Spent
    talking: Spent
    wrap_up: Spent
    paused: Spent


class PauseShown(Shown):
    reason: Annotated[str, Field(examples=["lunch"])] | None = None
    seconds: Spent


class AgentDayShown(Shown):
    user_id: Id
    name: Annotated[str, Field(examples=["Ana"])]
    first_at: InstantShown
    last_at: InstantShown
    signed_in_seconds: Spent
    seconds: StateSecondsShown
    pauses: list[PauseShown]
    calls: Annotated[Count, Field(description="Connected calls that began on the day")]
    occupancy: Annotated[Share, Field(description="(talk + wrap-up) / (talk + wrap-up + waiting)")] | None = None
    utilisation: Annotated[Share, Field(description="All but pauses / signed in")] | None = None


class DayShown(Shown):
    """What agents did from `from` up to `to`, by name."""

    day: Annotated[str, Field(examples=["2026-06-01"], json_schema_extra={"format": "date"})]
    timezone: Annotated[str, Field(examples=["Europe/Lisbon"])]
    from_: InstantShown = Field(alias="from")
    to: InstantShown
    agents: list[AgentDayShown]
    links: SelfLink = Field(alias="_links")


class DeskCampaignShown(Shown):
    id: Id
    name: Annotated[str, Field(examples=["Spring renewals"])]
    status: CampaignStatus
    mode: Mode | None = None


class DeskCampaignsShown(Shown):
    """The campaigns that one may sign in for."""

    campaigns: list[DeskCampaignShown]
    links: SelfLink = Field(alias="_links")


@router.get("/v1/desk/campaigns", summary="The campaigns that the signed-in user may work for")
@described(DeskCampaignsShown)
async def desk_campaigns(request: Request, who: AtDesk) -> Response:
    found = await agents.assigned_campaigns(by=who, storage=services_of(request).storage)
    items = [
        without_absent(
            {
                "id": str(one.id),
                "name": one.name,
                "status": one.status.value,
                "mode": None if one.mode is None else one.mode.value,
            }
        )
        for one in found
    ]
    return hal(request, {"campaigns": items, "_links": {"self": link(request, "/v1/desk/campaigns")}})


@router.get("/v1/agent-days/{day}", summary="What agents did on a day: time by state, pauses, calls")
@described(DayShown, query=DayQuery, refuses=("unknown-path",))
async def agent_day(request: Request, day: str, who: Read) -> Response:
    services = services_of(request)
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        asked = date.min
    # Centuries away a time zone leads out of the calendar, and nobody was at work.
    if not 1970 <= asked.year <= 2900:
        raise Refused("unknown-path", "a day is written like 2026-06-01")
    timezone = read_query(request, DayQuery).timezone
    begins, ends, found = await agents.days(asked, timezone, by=who, storage=services.storage, clock=services.clock)
    body = {
        "day": asked.isoformat(),
        "timezone": timezone,
        "from": instant(begins),
        "to": instant(ends),
        "agents": [_day(one) for one in found],
        "_links": {"self": link(request, f"/v1/agent-days/{asked.isoformat()}")},
    }
    return hal(request, body)


def _day(one: AgentDay) -> dict[str, Any]:
    states = [state for state in AgentState if state is not AgentState.SIGNED_OUT]
    return without_absent(
        {
            "user_id": str(one.user),
            "name": one.name,
            "first_at": instant(one.first_at),
            "last_at": instant(one.last_at),
            "signed_in_seconds": round(one.signed_in_seconds, 1),
            "seconds": {state.value: round(one.seconds.get(state, 0.0), 1) for state in states},
            "pauses": [
                without_absent({"reason": reason or None, "seconds": round(seconds, 1)})
                for reason, seconds in one.pauses.items()
            ],
            "calls": one.calls,
            "occupancy": None if one.occupancy is None else round(one.occupancy, 4),
            "utilisation": None if one.utilisation is None else round(one.utilisation, 4),
        }
    )


@router.get("/v1/agents", summary="Who is at work, in which state since when, for whom and with what")
@described(AgentsShown, query=AgentsQuery, refuses=(NoEngine, CampaignNotFound))
async def list_agents(request: Request, who: Read) -> Response:
    services = services_of(request)
    query = read_query(request, AgentsQuery)
    found = await agents.listed(campaign_id=query.campaign_id, by=who, storage=services.storage, desk=services.desk)
    states: dict[AgentState, int] = {state: 0 for state in AgentState if state is not AgentState.SIGNED_OUT}
    here = [one for one in found if one.seat.agent.state in states]
    for one in here:
        states[one.seat.agent.state] += 1
    body = {
        "total": len(here),
        "states": {state.value: count for state, count in states.items()},
        "agents": [agent_body(one) for one in here],
        "_links": {"self": link(request, "/v1/agents")},
    }
    return hal(request, body)


@router.get("/v1/agents/{user_id}", summary="One agent at work, with the record on their screen")
@described(AgentShown, refuses=(NoEngine, AgentNotFound))
async def agent_details(request: Request, user_id: str, who: Read) -> Response:
    services = services_of(request)
    seat = await agents.seat_of(user_id, by=who, desk=services.desk)
    return hal(request, agent_body(await agents.shown(seat, by=who, storage=services.storage)))


@router.post("/v1/agents/{user_id}/pause", summary="Send an agent on pause: at once, or after the present call")
@described(AgentShown, body=ForcedPauseIn, refuses=(NoEngine, AgentNotFound))
async def force_pause(request: Request, user_id: str, who: Write) -> Response:
    services = services_of(request)
    await agents.seat_of(user_id, by=who, desk=services.desk)
    asked = read_as(ForcedPauseIn, await read_json(request))
    one = await agents.pause(user_id, asked.reason, by=who, storage=services.storage, desk=services.desk)
    return hal(request, agent_body(one))


@router.post("/v1/agents/{user_id}/sign-out", summary="End an agent's session: at once, or after the present call")
@described(AgentShown, refuses=(NoEngine, AgentNotFound))
async def force_sign_out(request: Request, user_id: str, who: Write) -> Response:
    services = services_of(request)
    one = await agents.sign_out(user_id, by=who, storage=services.storage, desk=services.desk)
    return hal(request, agent_body(one))


@router.get("/v1/agent-settings", summary="Wrap-up times and reasons for a pause")
@described(SettingsShown)
async def agent_settings(request: Request, who: ReadOrAtDesk) -> Response:
    return _settings(request, await agents.settings(by=who, storage=services_of(request).storage))


@router.put("/v1/agent-settings", summary="Change wrap-up times and reasons for a pause")
@described(SettingsShown, body=SettingsIn)
async def change_agent_settings(request: Request, who: Write) -> Response:
    asked = read_as(SettingsIn, await read_json(request))
    changed = await agents.change_settings(
        wrap_up_seconds=asked.wrap_up_seconds,
        extension_seconds=asked.extension_seconds,
        pause_reasons=asked.pause_reasons,
        by=who,
        storage=services_of(request).storage,
    )
    return _settings(request, changed)


def _settings(request: Request, settings: AgentSettings) -> Response:
    body: dict[str, Any] = {
        "wrap_up_seconds": round(settings.wrap_up.total_seconds()),
        "extension_seconds": round(settings.extension.total_seconds()),
        "pause_reasons": list(settings.pause_reasons),
        "_links": {"self": link(request, "/v1/agent-settings")},
    }
    return hal(request, body)
