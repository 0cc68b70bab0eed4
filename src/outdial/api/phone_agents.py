"""Phone agents under `/v1`: users who take calls on a phone, and where it rings."""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.people import DeskPhoneShown, PhoneAgentShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import AN_ID, described, pages_of
from outdial.api.hal import hal, instant, link, nothing, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Shape, any_case, read_as, read_query
from outdial.app import phone_agents
from outdial.domain.access import Principal, Scope
from outdial.domain.phone_agents import (
    LONGEST_ADDRESS,
    BrowserPhone,
    PhoneAgent,
    PhoneAgentNotFound,
    PhoneMode,
    UserHasPhone,
)

Read = Annotated[Principal, needs(Scope.USERS_READ)]
Write = Annotated[Principal, needs(Scope.USERS_WRITE)]
AtDesk = Annotated[Principal, needs(Scope.DESK_USE)]

router = APIRouter(prefix="/v1", tags=["Phone agents"])

Address = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ADDRESS)]
Mode = Annotated[PhoneMode, any_case(PhoneMode)]


class PhoneAgentIn(Shape):
    """A phone for a user: its number in E.164 or its SIP address, and how it is brought into calls."""

    user_id: Annotated[str, StringConstraints(min_length=1, max_length=36)]
    address: Address
    mode: Mode = PhoneMode.ON_DEMAND


class PhoneAgentChangeIn(Shape):
    """What is to change of a phone agent."""

    address: Address | None = None
    mode: Mode | None = None


class PhoneAgentsQuery(LongPageQuery):
    user_id: Annotated[str, StringConstraints(max_length=36)] | None = None


A_PHONE: Final = {
    "user_id": AN_ID,
    "address": "sip:ana@pbx.example.com",
    "mode": "NAILED_UP",
}


def shown(request: Request, agent: PhoneAgent) -> dict[str, Any]:
    return {
        "id": str(agent.id),
        "user_id": str(agent.user),
        "address": agent.address,
        "mode": agent.mode.value,
        "created_at": instant(agent.created_at),
        "_links": {
            "self": link(request, f"/v1/phone-agents/{agent.id}"),
            "phone_agents": link(request, "/v1/phone-agents"),
            "user": link(request, f"/v1/users/{agent.user}"),
        },
    }


@router.get("/phone-agents", summary="List phone agents")
@described(pages_of("phone_agents", PhoneAgentShown), query=PhoneAgentsQuery)
async def list_phone_agents(request: Request, who: Read) -> Response:
    query = read_query(request, PhoneAgentsQuery)
    total, found = await phone_agents.listed(
        user_id=query.user_id,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=services_of(request).storage,
    )
    items = [shown(request, agent) for agent in found]
    return hal(request, page_of(request, "phone_agents", items, total=total, query=query))


@router.post("/phone-agents", status_code=201, summary="Give a user a phone to take calls on")
@described(PhoneAgentShown, body=PhoneAgentIn, example=A_PHONE, makes="agent_id", refuses=(UserHasPhone,))
async def create_phone_agent(request: Request, who: Write) -> Response:
    services = services_of(request)
    new = read_as(PhoneAgentIn, await read_json(request))
    agent = await phone_agents.create(
        user_id=new.user_id,
        address=new.address,
        mode=new.mode,
        by=who,
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
    )
    body = shown(request, agent)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/phone-agents/{agent_id}", summary="One phone agent")
@described(PhoneAgentShown, refuses=(PhoneAgentNotFound,))
async def phone_agent_details(request: Request, agent_id: str, who: Read) -> Response:
    agent = await phone_agents.get(agent_id, by=who, storage=services_of(request).storage)
    return hal(request, shown(request, agent))


@router.patch("/phone-agents/{agent_id}", summary="Change a phone agent's address or mode")
@described(PhoneAgentShown, body=PhoneAgentChangeIn, refuses=(PhoneAgentNotFound,))
async def change_phone_agent(request: Request, agent_id: str, who: Write) -> Response:
    storage = services_of(request).storage
    await phone_agents.get(agent_id, by=who, storage=storage)
    asked = read_as(PhoneAgentChangeIn, await read_json(request))
    agent = await phone_agents.change(agent_id, address=asked.address, mode=asked.mode, by=who, storage=storage)
    return hal(request, shown(request, agent))


@router.delete("/phone-agents/{agent_id}", status_code=204, summary="Take a user's phone away")
@described(refuses=(PhoneAgentNotFound,))
async def remove_phone_agent(request: Request, agent_id: str, who: Write) -> Response:
    await phone_agents.remove(agent_id, by=who, storage=services_of(request).storage)
    return nothing()


def _in_browser(phone: BrowserPhone) -> dict[str, Any]:
    return {
        "address": phone.address,
        "user": phone.user,
        "password": phone.password,
        "servers": list(phone.servers),
        "ice_servers": [
            without_absent({"urls": list(one.urls), "username": one.username, "credential": one.credential})
            for one in phone.ice_servers
        ],
    }


@router.get("/desk/phone", tags=["Agents' sessions"], summary="The phone that the agent's own browser can be")
@described(DeskPhoneShown)
async def desk_phone(request: Request, who: AtDesk) -> Response:
    services = services_of(request)
    phone = await phone_agents.browser_phone(phones=services.browser_phones, by=who, storage=services.storage)
    links = {"self": link(request, "/v1/desk/phone")}
    shown_phone = None if phone is None else _in_browser(phone)
    # A password is in it: no cache keeps it.
    return hal(request, without_absent({"phone": shown_phone, "_links": links}), headers={"Cache-Control": "no-store"})
