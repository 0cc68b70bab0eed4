"""Signing in to the console: by password, by a link that works once, or at the company's own sign-in.

A login is a cookie that scripts cannot read. It stands in for an access token on every path of the API, with the
scopes of the person's role; what changes something needs the login's `X-CSRF-Token` besides.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.logins import LinkForShown, LoginOptionsShown, LoginShown, PasswordLinkShown
from outdial.api.answers.people import UserShown
from outdial.api.auth import (
    COOKIE,
    check_can_keep,
    check_same_site,
    keep_login,
    login_of,
    needs,
    principal_of,
    principal_of_login,
    word_of,
)
from outdial.api.bodies import read_json
from outdial.api.describe import described
from outdial.api.hal import hal, instant, link, nothing, url, without_absent
from outdial.api.services import services_of
from outdial.api.shapes import Shape, read_as
from outdial.api.users import shown as user_shown
from outdial.app import logins
from outdial.app.logins import NewLogin
from outdial.domain.access import DEFAULT_ACCOUNT, Principal, Role, Scope
from outdial.domain.logins import LastAdmin, LinkNotGood, LoginRefused, NeedsHttps
from outdial.ports.users import EmailTaken, UserNotFound

router = APIRouter(prefix="/v1", tags=["Logins"])

Admin = Annotated[Principal, needs(Scope.LOGINS_WRITE)]

ATTEMPTS_A_SECOND: Final = 1 / 30
ATTEMPTS_AT_ONCE: Final = 10
"""For each address that somebody wants to sign in with: then one every 30 s. A machine may try ten times as many."""
FROM_A_MACHINE: Final = 10

OPENID: Final = "/v1/login/openid"
"""Where the way to the company's own sign-in begins."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class LoginIn(Shape):
    """`account` is for installations that have more than one."""

    email: Text
    password: Text
    account: Text = DEFAULT_ACCOUNT


class PasswordIn(Shape):
    old_password: Text
    password: Text


class LinkIn(Shape):
    """`token` is what stands behind the `#` of the link."""

    token: Text


class LinkUseIn(Shape):
    """The first admin says name and e-mail address, too."""

    token: Text
    password: Text | None = None
    name: Text | None = None
    email: Text | None = None


class RoleIn(Shape):
    """What a user is in the console, and whether they may not sign in."""

    role: Annotated[str, Field(json_schema_extra={"enum": [role.value for role in Role]})]
    disabled: bool = False


A_LOGIN: Final = {"email": "ana@example.com", "password": "correct horse battery"}


@router.post("/login", summary="Sign in with a password: the answer sets the cookie of the login")
@described(
    LoginShown, body=LoginIn, example=A_LOGIN, refuses=(LoginRefused, NeedsHttps, "csrf-refused", "rate-limited")
)
async def log_in(request: Request) -> Response:
    services = services_of(request)
    check_same_site(request)
    check_can_keep(request)
    asked = read_as(LoginIn, await read_json(request))
    admit_machine(request)
    request.app.state.login_limits[1].admit(f"{asked.account} {asked.email.strip().lower()}")
    new = await logins.sign_in(
        asked.account,
        asked.email,
        asked.password,
        logins=services.logins,
        passwords=services.passwords,
        clock=services.wall,
    )
    return _signed_in(request, new)


@router.get("/login", summary="Who is signed in here, and what they may do")
@described(LoginShown, refuses=("unauthorized",))
async def whoami(request: Request) -> Response:
    login = await login_of(request)
    return _no_store(hal(request, _body(request, NewLogin(login, word_of(request)))))


@router.delete("/login", status_code=204, summary="Sign out")
@described(refuses=("unauthorized", "csrf-refused", "rate-limited"))
async def log_out(request: Request) -> Response:
    await login_of(request)
    await principal_of(request)
    await logins.sign_out(word_of(request), logins=services_of(request).logins)
    response = nothing()
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


@router.put("/login/password", summary="Change one's own password: every other login of yours is over")
@described(LoginShown, body=PasswordIn, refuses=("unauthorized", "csrf-refused", "rate-limited"))
async def change_password(request: Request) -> Response:
    services = services_of(request)
    login = await login_of(request)
    await principal_of(request)
    request.app.state.login_limits[1].admit(str(login.user))
    asked = read_as(PasswordIn, await read_json(request))
    new = await logins.change_password(
        login,
        asked.old_password,
        asked.password,
        logins=services.logins,
        passwords=services.passwords,
        clock=services.wall,
    )
    return _signed_in(request, new)


@router.get("/login/options", summary="How one can sign in here")
@described(LoginOptionsShown)
async def login_options(request: Request) -> Response:
    services = services_of(request)
    account = await services.access.account(DEFAULT_ACCOUNT)
    first_run = not await services.logins.has_admin(account.id)
    openid = services.openid
    elsewhere = None if openid is None else {"name": openid.provider.name, "href": url(request, OPENID)}
    return hal(request, without_absent({"password": True, "first_run": first_run, "openid": elsewhere}))


@router.post("/login/link/peek", summary="What a link does, and for whom; it is not used up")
@described(LinkForShown, body=LinkIn, refuses=(LinkNotGood,))
async def peek_at_link(request: Request) -> Response:
    services = services_of(request)
    asked = read_as(LinkIn, await read_json(request))
    meant = await logins.link_for(asked.token, storage=services.storage, logins=services.logins, clock=services.wall)
    user = meant.user
    does = "sign-in" if meant.link.signs_in else "first-admin" if user is None else "password"
    body = {"does": does, "name": user and user.name, "email": user and user.email}
    return _no_store(hal(request, without_absent(body)))


@router.post("/login/link", summary="Use a link: set the password it is for, and sign in")
@described(LoginShown, body=LinkUseIn, refuses=(LinkNotGood, LoginRefused, EmailTaken, NeedsHttps, "csrf-refused"))
async def use_link(request: Request) -> Response:
    services = services_of(request)
    check_same_site(request)
    check_can_keep(request)
    asked = read_as(LinkUseIn, await read_json(request))
    new = await logins.use_link(
        asked.token,
        asked.password,
        name=asked.name,
        email=asked.email,
        storage=services.storage,
        logins=services.logins,
        passwords=services.passwords,
        clock=services.wall,
        ids=services.ids,
    )
    return _signed_in(request, new)


@router.put("/users/{user_id}/role", summary="Say what a user may do in the console, and whether they may sign in")
@described(UserShown, body=RoleIn, example={"role": "supervisor"}, refuses=(UserNotFound, LastAdmin))
async def set_role(request: Request, user_id: str, who: Admin) -> Response:
    services = services_of(request)
    await logins.known(user_id, by=who, storage=services.storage)
    asked = read_as(RoleIn, await read_json(request))
    user = await logins.set_role(
        user_id,
        asked.role,
        asked.disabled,
        by=who,
        storage=services.storage,
        logins=services.logins,
        clock=services.wall,
    )
    return hal(request, user_shown(request, user))


@router.post(
    "/users/{user_id}/password-link", status_code=201, summary="Make a link by which a user sets a new password, once"
)
@described(PasswordLinkShown, refuses=(UserNotFound,))
async def password_link(request: Request, user_id: str, who: Admin) -> Response:
    services = services_of(request)
    made = await logins.make_link(
        who.account, user_id, storage=services.storage, logins=services.logins, clock=services.wall
    )
    body = {"href": url(request, welcome(made.word)), "expires_at": instant(made.expires_at)}
    return _no_store(hal(request, body, 201))


def admit_machine(request: Request) -> None:
    """Raises `Refused` with 429 where too many ask from one machine."""
    request.app.state.login_limits[0].admit(request.client.host if request.client is not None else "")


def welcome(word: str) -> str:
    """The page of a link; what stands behind the `#` is in no server's log."""
    return f"/console/welcome#{word}"


def _signed_in(request: Request, new: NewLogin) -> Response:
    response = hal(request, _body(request, new))
    keep_login(request, response, new.word)
    return _no_store(response)


def _body(request: Request, new: NewLogin) -> dict[str, Any]:
    login, who = new.login, principal_of_login(new.login)
    user = {"id": str(login.user), "name": login.name, "email": login.email, "role": login.role.value}
    return {
        "user": without_absent(user),
        "account": login.account_name,
        "scopes": sorted(scope.value for scope in who.scopes),
        "read_only": not who.changes,
        "csrf_token": logins.csrf_token(new.word),
        "expires_at": instant(login.expires_at),
        "_links": {"self": link(request, "/v1/login"), "password": link(request, "/v1/login/password")},
    }


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
