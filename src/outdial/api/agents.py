"""Agents as their supervisors see them: who is at work and since when, doing what; pause and sign-out from outside."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.auth import needs, needs_one_of
from outdial.api.bodies import read_json
from outdial.api.describe import Count, SelfLink, Shown, described
from outdial.api.hal import hal, link
from outdial.api.services import services_of
from outdial.api.sessions import AgentShown, agent_body
from outdial.api.shapes import Query, Shape, read_as, read_query
from outdial.app import agents
from outdial.app.agents import LONGEST_REASON, LONGEST_WRAP_UP, MOST_REASONS, SHORTEST_WRAP_UP
from outdial.domain.access import Principal, Scope
from outdial.domain.agents import AgentState
from outdial.domain.campaigns import CampaignNotFound
from outdial.ports.agents import AgentSettings
from outdial.ports.desk import AgentNotFound, NoEngine

router = APIRouter(tags=["Agents"])

Read = Annotated[Principal, needs(Scope.AGENTS_READ)]
Write = Annotated[Principal, needs(Scope.AGENTS_WRITE)]
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
