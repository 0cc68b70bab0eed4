"""There and back: a browser goes to the company's own sign-in, and comes back with a code.

What it has to bring along is kept by itself, in a cookie of ten minutes. That one is `SameSite=Lax`, as it has to come
along when the other site sends the browser back; it is of no use to anybody but this browser, and once.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final

import structlog
from fastapi import APIRouter
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from outdial.api.auth import check_can_keep, is_secure, keep_login
from outdial.api.describe import described
from outdial.api.hal import url
from outdial.api.logins import OPENID, admit_machine
from outdial.api.services import services_of
from outdial.api.shapes import Query, read_query
from outdial.app import openid
from outdial.app.openid import OpenId
from outdial.domain.errors import OutdialError
from outdial.domain.logins import NeedsHttps
from outdial.domain.openid import OpenIdAway, OpenIdFailed, OpenIdRefused
from outdial.ports.openid import Journey

router = APIRouter(tags=["Logins"])
log = structlog.get_logger(__name__)

JOURNEY_COOKIE: Final = "outdial_openid"
_JOURNEY_SECONDS: Final = 600
_CONSOLE: Final = "/console"
_TO_THE_CONSOLE: Final = "To the console: signed in, or with `error`, which says why not"

Given = Annotated[str, Field(max_length=4096)]


class LeaveQuery(Query):
    to: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_-]+)*/?$", max_length=200)] = Field(
        "/", description="The page of the console to come back to"
    )


class BackQuery(Query):
    """RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207."""

    state: Given | None = None
    code: Given | None = None
    error: Given | None = None
    iss: Given | None = None


@router.get(OPENID, summary="Go to the company's own sign-in, which has to be set up")
@described(
    query=LeaveQuery,
    also={303: None},
    says={303: "To that place"},
    refuses=(NeedsHttps, "unknown-path", "rate-limited"),
)
async def leave(request: Request) -> Response:
    provider = _openid(request).provider
    check_can_keep(request)
    admit_machine(request)
    query, journey = read_query(request, LeaveQuery), openid.leave()
    try:
        address = await provider.address(journey, back=_back(request))
    except OpenIdAway as error:
        return _not_signed_in(request, error)
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    packed = json.dumps([journey.state, journey.nonce, journey.verifier, query.to]).encode()
    response.set_cookie(
        JOURNEY_COOKIE,
        urlsafe_b64encode(packed).decode(),
        max_age=_JOURNEY_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(f"{OPENID}/callback", summary="Come back from there")
@described(
    query=BackQuery, also={303: None}, says={303: _TO_THE_CONSOLE}, refuses=(NeedsHttps, "unknown-path", "rate-limited")
)
async def come_back(request: Request) -> Response:
    services, other = services_of(request), _openid(request)
    check_can_keep(request)
    admit_machine(request)
    query = read_query(request, BackQuery)
    try:
        journey, to = _journey(request)
        if query.code is None or query.state is None:
            raise OpenIdFailed(f"the other place sends no code, but: {query.error or 'nothing'}")
        new = await openid.come_back(
            other,
            journey,
            state=query.state,
            issuer=query.iss,
            code=query.code,
            back=_back(request),
            storage=services.storage,
            access=services.access,
            logins=services.logins,
            clock=services.wall,
        )
    except (OpenIdFailed, OpenIdRefused, OpenIdAway) as error:
        return _not_signed_in(request, error)
    response = RedirectResponse(url(request, f"{_CONSOLE}{to}"), 303, {"Cache-Control": "no-store"})
    keep_login(request, response, new.word)
    return _arrived(response)


def _openid(request: Request) -> OpenId:
    found = services_of(request).openid
    if found is None:
        raise HTTPException(404)
    return found


def _back(request: Request) -> str:
    """The address that has to be registered at the other place."""
    return url(request, f"{OPENID}/callback")


def _journey(request: Request) -> tuple[Journey, str]:
    """What this browser left with. Raises `OpenIdFailed`."""
    try:
        state, nonce, verifier, to = json.loads(urlsafe_b64decode(request.cookies.get(JOURNEY_COOKIE, "")))
        return Journey(str(state), str(nonce), str(verifier)), LeaveQuery(to=to).to
    except (ValueError, TypeError, RecursionError) as error:
        raise OpenIdFailed("this browser did not leave from here, or too long ago") from error


def _not_signed_in(request: Request, error: OutdialError) -> Response:
    """A person looks at this: they get a page, and the log has what is not for them."""
    log.warning("openid_failed", code=error.code, why=str(error), request_id=request.scope.get("outdial.request_id"))
    return _arrived(
        RedirectResponse(url(request, f"{_CONSOLE}/?error={error.code}"), 303, {"Cache-Control": "no-store"})
    )


def _arrived(response: Response) -> Response:
    response.delete_cookie(JOURNEY_COOKIE, path="/", httponly=True, samesite="lax")
    return response
