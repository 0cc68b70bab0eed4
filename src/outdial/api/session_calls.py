"""What an agent promises in the call they are in, or have just had: a callback."""

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.callbacks import CallbackExplained
from outdial.api.bodies import read_json
from outdial.api.callbacks import PromiseIn, shown_with_reason
from outdial.api.describe import described
from outdial.api.hal import hal
from outdial.api.services import services_of
from outdial.api.sessions import Write, session_at
from outdial.api.shapes import read_as
from outdial.app import callbacks
from outdial.domain.agents import AgentState
from outdial.domain.callbacks import CallbackExists, CallbackRefused, NotOnACall, TooManyReschedules
from outdial.ports.desk import NoEngine, NotInCall, Seat, SessionNotFound

router = APIRouter(tags=["Agents' sessions"])


def _call_of(seat: Seat) -> UUID:
    """The attempt that an agent is connected in or wraps up. Raises `NotInCall`."""
    talked = seat.agent.state in (AgentState.TALKING, AgentState.WRAP_UP)
    if not talked or seat.work is None or seat.work.attempt is None:
        raise NotInCall
    return seat.work.attempt


@router.post(
    "/v1/sessions/{session_id}/callback", status_code=201, summary="Promise a callback to the person in this call"
)
@described(
    CallbackExplained,
    body=PromiseIn,
    example={"time_to_call": "2026-02-05T16:30:00Z", "assign_type": "MYSELF_IF_AVAILABLE"},
    refuses=(
        NoEngine,
        SessionNotFound,
        NotInCall,
        NotOnACall,
        CallbackRefused,
        CallbackExists,
        TooManyReschedules,
    ),
)
async def promise_callback(request: Request, session_id: str, who: Write) -> Response:
    services = services_of(request)
    desk, session = await session_at(request, session_id, who)
    await desk.seat(who.account, session)
    promise = read_as(PromiseIn, await read_json(request))
    seat = await desk.seat(who.account, session)  # as it is when the body has come
    seen = await callbacks.schedule(
        _call_of(seat),
        promise.wanted(),
        agent=seat.agent.id,
        account=who.account,
        storage=services.storage,
        clock=services.clock,
        ids=services.ids,
        holidays=services.holidays,
    )
    body = shown_with_reason(request, seen, who)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})
