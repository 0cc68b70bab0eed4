"""What an agent does: sign in, be ready, look at previews, dial, hang up, wrap up, pause, sign out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.auth import needs_one_of
from outdial.api.bodies import read_json
from outdial.api.describe import Count, Id, InstantShown, LinkShown, PhoneShown, Shown, described
from outdial.api.hal import Link, hal, instant, link, without_absent
from outdial.api.problems import Refused
from outdial.api.services import services_of
from outdial.api.shapes import Instant, Shape, read_as
from outdial.app import agents
from outdial.app.agents import LONGEST_REASON
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal, Scope
from outdial.domain.agents import AgentCannot, AgentState, Work, WrapUpNotExtendable
from outdial.ports.agents import Contact
from outdial.ports.carrier import CarrierUnreachable
from outdial.ports.desk import (
    AgentIsSimulated,
    Desk,
    NoEngine,
    NoSkipLeft,
    NotInCall,
    PreviewNotDialed,
    PreviewOver,
    Seat,
    SessionNotFound,
)

router = APIRouter(tags=["Agents' sessions"])

Write = Annotated[Principal, needs_one_of(Scope.AGENTS_WRITE, Scope.DESK_USE)]
Read = Annotated[Principal, needs_one_of(Scope.AGENTS_READ, Scope.DESK_USE)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON)]


class SessionIn(Shape):
    """Who signs in. Without `campaigns` the agent works for all they are assigned to."""

    user_id: Annotated[str, StringConstraints(max_length=36), Field(json_schema_extra={"format": "uuid"})]
    campaigns: Annotated[list[Annotated[str, StringConstraints(max_length=36)]], Field(max_length=100)] | None = None
    ready: bool = True
    """False: sign in on pause."""
    ends_at: Instant | None = None
    """When the agent means to leave: calls that would be answered later do not count on them. Said again, it moves."""


class PauseIn(Shape):
    """`reason` is one of the account's, or `microphone_lost` from the screen of an agent whose browser is their phone.

    `after_call`: only when the present call, or the next one, is wrapped up.
    """

    reason: Reason | None = None
    after_call: bool = False


class DigitsIn(Shape):
    """Keys of a telephone, pressed one after the other."""

    digits: Annotated[str, StringConstraints(pattern=r"^[0-9A-D*#]{1,32}$")]


class ContactShown(Shown):
    """The record that the agent deals with."""

    id: Id
    record_list_id: Id
    first_name: Annotated[str, Field(examples=["Ana"])]
    last_name: Annotated[str, Field(examples=["Silva"])]
    timezone: Annotated[str, Field(examples=["Europe/Lisbon"])] | None = None
    external_id: str | None = None
    external_url: str | None = None
    extra_data: dict[str, Any]


class WorkShown(Shown):
    """What is on the screen or on the line; `attempt_id` from the call on, `preview_id` before it."""

    phone_number: PhoneShown
    phone_type: Annotated[str, Field(examples=["MOBILE"])]
    attempt: Annotated[int, Field(ge=1, examples=[1], description="Counts the record's attempts in the campaign")]
    attempt_id: Id | None = None
    preview_id: Id | None = None
    skips_left: Count | None = None
    record: ContactShown | None = None


StateShown = Annotated[str, Field(examples=["ready"], json_schema_extra={"enum": [one.value for one in AgentState]})]


class AgentShown(Shown):
    """An agent at work. `until` is when the state ends by itself, by the server's clock."""

    user_id: Id
    name: Annotated[str, Field(examples=["Ana"])]
    session_id: Id | None = None
    state: StateShown
    since: InstantShown
    until: InstantShown | None = None
    reason: Annotated[str, Field(description="Of a pause", examples=["lunch"])] | None = None
    leaving: StateShown | None = None
    leaving_reason: str | None = None
    link: Annotated[str, Field(examples=["up"], json_schema_extra={"enum": ["up", "lost", "gone"]})]
    signed_in_at: InstantShown
    ends_at: Annotated[InstantShown, Field(description="When the agent means to leave")] | None = None
    campaigns: list[Id] | None = None
    campaign_id: Annotated[Id, Field(description="Whom the agent works for now")] | None = None
    work: WorkShown | None = None
    on_hold: Annotated[bool, Field(description="While they talk: the callee waits with music")] | None = None


class SessionShown(AgentShown):
    """A session; its links name what can be done in the present state."""

    id: Id
    links: dict[str, LinkShown] = Field(alias="_links")


def agent_body(one: agents.Shown) -> dict[str, Any]:
    """An agent as shown among others and in their own session."""
    seat, agent = one.seat, one.seat.agent
    return without_absent(
        {
            "user_id": str(agent.id),
            "name": one.name,
            "session_id": str(seat.session) if seat.session is not None else None,
            "state": agent.state.value,
            "since": instant(agent.since),
            "until": instant(agent.until) if agent.until is not None else None,
            "reason": agent.reason,
            "leaving": agent.leaving.value if agent.leaving is not None else None,
            "leaving_reason": agent.leaving_reason,
            "link": agent.link.value,
            "signed_in_at": instant(seat.signed_in_at),
            "ends_at": instant(seat.ends_at) if seat.ends_at is not None else None,
            "campaigns": None if seat.campaigns is None else [str(campaign) for campaign in seat.campaigns],
            "campaign_id": str(seat.campaign) if seat.campaign is not None else None,
            "work": _work(seat.work, one.contact) if seat.work is not None else None,
            "on_hold": seat.on_hold if agent.state is AgentState.TALKING else None,
        }
    )


def _work(work: Work, contact: Contact | None) -> dict[str, Any]:
    return without_absent(
        {
            "phone_number": work.phone,
            "phone_type": work.phone_type.value,
            "attempt": work.number,
            "attempt_id": str(work.attempt) if work.attempt is not None else None,
            "preview_id": str(work.preview) if work.preview is not None else None,
            "skips_left": work.skips_left if work.preview is not None else None,
            "record": None
            if contact is None
            else without_absent(
                {
                    "id": str(contact.record),
                    "record_list_id": str(contact.record_list),
                    "first_name": contact.first_name,
                    "last_name": contact.last_name,
                    "timezone": contact.timezone,
                    "external_id": contact.external_id,
                    "external_url": contact.external_url,
                    "extra_data": dict(contact.extra_data),
                }
            ),
        }
    )


def _links(request: Request, seat: Seat) -> dict[str, Link]:
    return {name: link(request, path) for name, path in links_of(seat).items()}


def links_of(seat: Seat) -> dict[str, str]:
    """The commands that the present state allows, with their paths."""
    agent, work = seat.agent, seat.work
    commands = ["heartbeat", "pause"]
    if agent.state in (AgentState.PAUSED, AgentState.PREVIEWING, AgentState.WRAP_UP) or agent.leaving is not None:
        commands.append("ready")
    if agent.state in (AgentState.DIALING, AgentState.RESERVED, AgentState.TALKING):
        commands.append("hang-up")
    if agent.state is AgentState.TALKING:
        commands += ["unhold" if seat.on_hold else "hold", "digits"]
    if agent.state is AgentState.WRAP_UP:
        commands.append("wrap-up/done")
        if agent.until is not None and not agent.extended:
            commands.append("wrap-up/extend")
    if agent.state is AgentState.PREVIEWING and work is not None and work.preview is not None:
        commands.append(f"previews/{work.preview}/dial")
        if work.skips_left:
            commands.append(f"previews/{work.preview}/skip")
    here = f"/v1/sessions/{seat.session}"
    about_the_call = {}
    if agent.state in (AgentState.TALKING, AgentState.WRAP_UP) and work is not None and work.attempt is not None:
        commands.append("callback")
        about_the_call["disposition"] = f"/v1/attempts/{work.attempt}/disposition"
    names = {command: command.split("/")[-1] if "previews" in command else command for command in commands}
    return {
        "self": here,
        **{names[command].replace("/", "-"): f"{here}/{command}" for command in commands},
        **about_the_call,
    }


async def _answer(request: Request, who: Principal, seat: Seat) -> Response:
    one = await agents.shown(seat, by=who, storage=services_of(request).storage)
    return _session(request, one)


def _session(request: Request, one: agents.Shown, status: int = 200) -> Response:
    links = _links(request, one.seat)
    headers = {"Location": links["self"]["href"]} if status == 201 else None
    return hal(request, {"id": str(one.seat.session), **agent_body(one), "_links": links}, status, headers)


async def session_at(request: Request, session_id: str, who: Principal) -> tuple[Desk, UUID]:
    """The desk, and the session that a path names: for an agent only their own."""
    desk, session = agents.working(services_of(request).desk), uuid_of(session_id)
    if session is None:
        raise SessionNotFound
    if who.at_own_desk and (await desk.seat(who.account, session)).agent.id != who.user:
        raise SessionNotFound
    return desk, session


def _preview(preview_id: str) -> UUID:
    preview = uuid_of(preview_id)
    if preview is None:
        raise PreviewOver
    return preview


@router.post("/v1/sessions", status_code=201, summary="Sign in, or go on with the session there is")
@described(
    SessionShown,
    also={200: SessionShown},
    says={200: "The user is signed in already: this is the session."},
    body=SessionIn,
    makes="session_id",
    refuses=(NoEngine, AgentIsSimulated),
)
async def sign_in(request: Request, who: Write) -> Response:
    services = services_of(request)
    asked = read_as(SessionIn, await read_json(request))
    if who.at_own_desk and asked.user_id.lower() != str(who.user):
        raise Refused("scope-missing", "your role lets you sign in at your own desk alone")
    one, began = await agents.sign_in(
        asked.user_id,
        campaign_ids=asked.campaigns,
        ready=asked.ready,
        ends_at=asked.ends_at,
        by=who,
        storage=services.storage,
        clock=services.clock,
        desk=services.desk,
    )
    return _session(request, one, 201 if began else 200)


@router.get("/v1/sessions/{session_id}", summary="An agent's session: the state, and what is on the screen")
@described(SessionShown, refuses=(NoEngine, SessionNotFound))
async def session_details(request: Request, session_id: str, who: Read) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.seat(who.account, session))


@router.delete("/v1/sessions/{session_id}", summary="Sign out: at once, or when the present call is wrapped up")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, AgentCannot))
async def sign_out(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.sign_out(who.account, session, None))


@router.post("/v1/sessions/{session_id}/heartbeat", summary="The agent's screen is there: to be sent every 2 seconds")
@described(SessionShown, refuses=(NoEngine, SessionNotFound))
async def heartbeat(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.heard(who.account, session))


@router.post("/v1/sessions/{session_id}/ready", summary="Be free for the next call, or no longer leave after this one")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, AgentCannot))
async def be_ready(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.ready(who.account, session))


@router.post("/v1/sessions/{session_id}/pause", summary="Go on pause: at once when free, else after the present call")
@described(SessionShown, body=PauseIn, refuses=(NoEngine, SessionNotFound, AgentCannot))
async def pause(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    await desk.seat(who.account, session)
    asked = read_as(PauseIn, await read_json(request))
    await agents.check_reason(asked.reason, by=who, storage=services_of(request).storage)
    seat = await desk.pause(who.account, session, asked.reason, after_call=asked.after_call)
    return await _answer(request, who, seat)


@router.post("/v1/sessions/{session_id}/previews/{preview_id}/dial", summary="Call the record on the screen now")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, PreviewOver, PreviewNotDialed))
async def dial_preview(request: Request, session_id: str, preview_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    await desk.seat(who.account, session)
    return await _answer(request, who, await desk.dial(who.account, session, _preview(preview_id)))


@router.post("/v1/sessions/{session_id}/previews/{preview_id}/skip", summary="Send the record on the screen back")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, PreviewOver, NoSkipLeft))
async def skip_preview(request: Request, session_id: str, preview_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    await desk.seat(who.account, session)
    return await _answer(request, who, await desk.skip(who.account, session, _preview(preview_id)))


@router.post("/v1/sessions/{session_id}/hang-up", summary="End the call, or take it back before somebody answers")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, NotInCall))
async def hang_up(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.hang_up(who.account, session))


@router.post("/v1/sessions/{session_id}/hold", summary="Let the person in the call wait with music")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, NotInCall, CarrierUnreachable))
async def hold(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.hold(who.account, session))


@router.post("/v1/sessions/{session_id}/unhold", summary="Take the person back who waits with music")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, NotInCall, CarrierUnreachable))
async def unhold(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.unhold(who.account, session))


@router.post("/v1/sessions/{session_id}/digits", summary="Press keys of a telephone in the call (DTMF)")
@described(
    SessionShown,
    body=DigitsIn,
    example={"digits": "12#"},
    refuses=(NoEngine, SessionNotFound, NotInCall, CarrierUnreachable),
)
async def send_digits(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    await desk.seat(who.account, session)
    asked = read_as(DigitsIn, await read_json(request))
    return await _answer(request, who, await desk.send_digits(who.account, session, asked.digits))


@router.post("/v1/sessions/{session_id}/wrap-up/done", summary="The call is wrapped up")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, AgentCannot))
async def wrap_up_done(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.wrap_up_done(who.account, session))


@router.post("/v1/sessions/{session_id}/wrap-up/extend", summary="More time for this wrap-up, once")
@described(SessionShown, refuses=(NoEngine, SessionNotFound, WrapUpNotExtendable))
async def extend_wrap_up(request: Request, session_id: str, who: Write) -> Response:
    desk, session = await session_at(request, session_id, who)
    return await _answer(request, who, await desk.extend_wrap_up(who.account, session))
