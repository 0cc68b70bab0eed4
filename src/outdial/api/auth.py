"""The bearer token of a request: whom it speaks for, and whether it allows what is asked."""

from typing import Any

from fastapi import Depends
from starlette.requests import Request

from outdial.api.idempotency import begin_once
from outdial.api.problems import Refused
from outdial.api.services import services_of
from outdial.app.audit import acts
from outdial.domain.access import Principal, Scope
from outdial.domain.audit import Actor


async def principal_of(request: Request) -> Principal:
    """Raises `Refused` with 401 when there is no token or it is not good."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    who = None
    if kind.lower() == "bearer" and token:
        who = await services_of(request).tokens.verify(token.strip())
    if who is None:
        said = "the access token is not valid or out of date" if token else "an access token is needed"
        raise Refused("unauthorized", said, headers={"WWW-Authenticate": "Bearer"})
    if (limiter := request.app.state.limiter) is not None:
        limiter.admit(who)
    acts(Actor(who.client_id, request_id=request.scope.get("outdial.request_id")))
    return who


def needs(*scopes: Scope) -> Any:
    """A route's demand: `who: Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]`. All scopes are needed."""

    async def check(request: Request) -> Principal:
        who = await principal_of(request)
        lacking = [scope.value for scope in scopes if scope not in who.scopes]
        if lacking:
            raise Refused("scope-missing", f"the access token lacks the scope {' '.join(lacking)}")
        await begin_once(request, who)
        return who

    check.__demands__ = (frozenset(scopes),)  # type: ignore[attr-defined]  # the document of the API tells it
    return Depends(check)


def needs_one_of(*scopes: Scope) -> Any:
    """The same, where any one of the scopes will do; the first of them is named to those who have none."""

    async def check(request: Request) -> Principal:
        who = await principal_of(request)
        if not who.scopes & set(scopes):
            raise Refused("scope-missing", f"the access token lacks the scope {scopes[0].value}")
        await begin_once(request, who)
        return who

    check.__demands__ = tuple(frozenset({scope}) for scope in scopes)  # type: ignore[attr-defined]
    return Depends(check)
