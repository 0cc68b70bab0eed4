"""Who is behind a request, and whether they may do what is asked: a client with its token, or a person with a login.

A person's browser shows a cookie, which it also sends for pages of others. So whatever changes something has to name
the login's `X-CSRF-Token` besides, and must not come from a page of another host.
"""

import hmac
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from outdial.api.idempotency import begin_once
from outdial.api.problems import Refused
from outdial.api.services import services_of
from outdial.app import logins
from outdial.app.audit import acts
from outdial.domain.access import CONSOLE, RIGHTS, Principal, Scope
from outdial.domain.audit import Actor
from outdial.domain.logins import LONGEST_LOGIN, Login, NeedsHttps
from outdial.domain.networks import is_here

COOKIE: Final = "outdial_session"
CSRF_HEADER: Final = "x-csrf-token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def principal_of(request: Request) -> Principal:
    """Raises `Refused` with 401 when nobody is named or what names them is not good."""
    who = await _of_token(request) if "authorization" in request.headers else await _of_login(request)
    if (limiter := request.app.state.limiter) is not None:
        limiter.admit(who.client_id if who.user is None else str(who.user))
    acts(Actor(who.client_id, user_id=who.user, request_id=request.scope.get("outdial.request_id")))
    return who


async def _of_token(request: HTTPConnection) -> Principal:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    who = None
    if kind.lower() == "bearer" and token:
        who = await services_of(request).tokens.verify(token.strip())
    if who is None:
        said = "the access token is not valid or out of date" if token else "an access token is needed"
        raise Refused("unauthorized", said, headers={"WWW-Authenticate": "Bearer"})
    return who


async def _of_login(request: Request) -> Principal:
    login = await login_of(request)
    if request.method not in _SAFE:
        check_same_site(request)
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), logins.csrf_token(word_of(request)).encode()):
            raise Refused("csrf-refused", "a request that changes something has to name the login's X-CSRF-Token")
    return principal_of_login(login)


def principal_of_login(login: Login) -> Principal:
    rights = RIGHTS[login.role]
    return Principal(login.account, CONSOLE, rights.scopes, login.user, rights.changes)


async def login_of(request: HTTPConnection) -> Login:
    """The login behind a request. Raises `Refused` with 401 when there is none or it is over."""
    word = word_of(request)
    services = services_of(request)
    login = await logins.current(word, logins=services.logins, clock=services.wall) if word else None
    if login is None:
        said = "this login is over: sign in again" if word else "an access token is needed"
        raise Refused("unauthorized", said, headers={"WWW-Authenticate": "Bearer"})
    return login


def word_of(request: HTTPConnection) -> str:
    """What the browser has of its login."""
    return request.cookies.get(COOKIE, "")


async def socket_principal(socket: HTTPConnection) -> Principal:
    """Who opens a WebSocket. Raises `Refused` as `principal_of` does."""
    if "authorization" in socket.headers:
        return await _of_token(socket)
    return principal_of_login(await login_of(socket))


def check_same_site(request: HTTPConnection) -> None:
    """Raises `Refused` for what a page of another host has sent. Programs that are no browsers name no page."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    hosts = {request.headers.get("host", "")}
    if (public := services_of(request).public_url) is not None:
        hosts.add(urlsplit(public).netloc)
    if urlsplit(origin).netloc not in hosts:
        raise Refused("csrf-refused", "this request comes from a page of another host")


def keep_login(request: Request, response: Response, word: str) -> None:
    """Give the browser its cookie. Raises `NeedsHttps` where it would not come back."""
    response.set_cookie(
        COOKIE,
        word,
        max_age=int(LONGEST_LOGIN.total_seconds()),
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )


def check_can_keep(request: Request) -> None:
    """Raises `NeedsHttps` where a browser would not keep our cookie."""
    is_secure(request)


def is_secure(request: Request) -> bool:
    """Whether a cookie is to come back over https alone. Raises `NeedsHttps` where it would not come back."""
    public = services_of(request).public_url
    if request.url.scheme == "https" or (public or "").startswith("https:"):
        return True
    if is_here(request.url.hostname or ""):
        return False
    raise NeedsHttps


def needs(*scopes: Scope, changes: bool = False) -> Any:
    """A route's demand: `who: Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]`. All scopes are needed.

    `changes`: not for those who may only look, though it changes nothing: what it shows is a secret.
    """

    async def check(request: Request) -> Principal:
        who = await principal_of(request)
        lacking = [scope.value for scope in scopes if scope not in who.scopes]
        return await _admitted(request, who, " ".join(lacking), changes)

    check.__demands__ = (frozenset(scopes),)  # type: ignore[attr-defined]  # the document of the API tells it
    return Depends(check)


def needs_one_of(*scopes: Scope) -> Any:
    """The same, where any one of the scopes will do; the first of them is named to those who have none."""

    async def check(request: Request) -> Principal:
        who = await principal_of(request)
        return await _admitted(request, who, "" if who.scopes & set(scopes) else scopes[0].value, changes=False)

    check.__demands__ = tuple(frozenset({scope}) for scope in scopes)  # type: ignore[attr-defined]
    return Depends(check)


async def _admitted(request: Request, who: Principal, lacking: str, changes: bool) -> Principal:
    """Who may go on. Raises `Refused` with 403."""
    if lacking:
        whose = "the access token lacks" if who.user is None else "your role lacks"
        raise Refused("scope-missing", f"{whose} the scope {lacking}")
    if not who.changes and (changes or request.method not in _SAFE):
        raise Refused("scope-missing", "your role may look at everything and change nothing")
    await begin_once(request, who)
    return who
