"""Where people let programs act in their name: a page that asks them, and the way back with a code.

The cookie of a login does not come along when another site sends a browser here. So the page asks first, whoever it is,
and looks at the login when its own form is sent; that form of another site would come without the cookie, too.
"""

import html
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outdial.api.auth import check_same_site, login_of
from outdial.api.describe import FORM, Raw, Shown, described
from outdial.api.oauth import Unreadable, read_form
from outdial.api.openapi import SCOPES
from outdial.api.problems import Refused, oauth_problem
from outdial.api.services import services_of
from outdial.api.shapes import Query
from outdial.app import grants
from outdial.domain.access import Scope, UnknownScope
from outdial.domain.grants import RedirectRefused

router = APIRouter(tags=["OAuth"])

_ASKED: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_LONGEST: Final = 2083
_PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    # Without any referrer a browser would not say either that the form is of this page.
    "Referrer-Policy": "same-origin",
}
_STYLE: Final = (
    "body{font:1rem/1.5 sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}"
    "button{font:inherit;padding:.5rem 1.5rem}"
)
_PAGE: Final = Raw("text/html")

Text = Annotated[str, Field(max_length=_LONGEST)]


class AuthorizeQuery(Query):
    client_id: Text
    redirect_uri: Annotated[str, Field(max_length=_LONGEST, description="One of those that the client registered")]
    response_type: Literal["code"]
    scope: Text | None = None
    state: Annotated[str, Field(max_length=_LONGEST, description="Comes back unchanged")] | None = None
    code_challenge: Annotated[str, Field(max_length=128, description="RFC 7636")] | None = None
    code_challenge_method: Literal["S256"] | None = None


class AuthorizeForm(Shown):
    """What the page sends: what it was asked, and what the person says."""

    client_id: Text
    redirect_uri: Text
    response_type: Literal["code"]
    scope: Text | None = None
    state: Text | None = None
    code_challenge: Text | None = None
    code_challenge_method: Literal["S256"] | None = None
    decision: Literal["allow", "deny"]


class _Back(Exception):
    """The person goes back to the program with an error."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


_BACK: Final = "Back to the program, with `code` or `error`, and `state`"


@router.get("/oauth/authorize", summary="Ask a person whether a program may act in their name")
@described(_PAGE, query=AuthorizeQuery, also={302: None}, says={302: _BACK}, answer_types=("text/html",))
async def ask_for_consent(request: Request) -> Response:
    return await _answered(request, dict(request.query_params))


@router.post("/oauth/authorize", summary="What the person says")
@described(
    body=AuthorizeForm,
    body_types=[FORM],
    also={302: None, 401: _PAGE},
    says={302: _BACK, 401: "Nobody is signed in to the console in this browser"},
    answer_types=("text/html",),
    example={
        "client_id": "5c93957325451fcac4c31284e5eaa199",
        "redirect_uri": "https://crm.example/back",
        "response_type": "code",
        "decision": "allow",
    },
)
async def consent(request: Request) -> Response:
    try:
        form = await read_form(request)
        check_same_site(request)
    except Unreadable as error:
        return oauth_problem(400, "invalid_request", str(error))
    except Refused as error:
        return oauth_problem(400, "invalid_request", str(error))
    return await _answered(request, form, decision=form.get("decision", ""))


async def _answered(request: Request, asked: Mapping[str, str], decision: str | None = None) -> Response:
    """The page, or the way back. Whoever cannot be trusted with a person's browser does not get it."""
    services = services_of(request)
    if any(len(asked.get(name, "")) > _LONGEST for name in _ASKED):
        return oauth_problem(400, "invalid_request", f"a parameter has more than {_LONGEST} characters")
    redirect_uri = asked.get("redirect_uri", "")
    try:
        client = await grants.asking_client(asked.get("client_id", ""), redirect_uri, access=services.access)
    except RedirectRefused as error:
        return oauth_problem(400, "invalid_request", str(error))
    try:
        scopes = _checked(asked, grants.wanted(client, asked.get("scope", "")))
        if decision is None:
            return _page(client.name, scopes, asked)
        if decision != "allow":
            raise _Back("access_denied", "the person said no")
        try:
            login = await login_of(request)
        except Refused:
            return _not_signed_in()
        code = await grants.consent(
            login,
            client,
            scopes,
            redirect_uri,
            asked.get("code_challenge"),
            grants=services.grants,
            clock=services.wall,
            ids=services.ids,
        )
        if code is None:
            raise _Back("access_denied", "the person may do none of this")
        back = grants.back_to(redirect_uri, code=code, state=asked.get("state"))
    except UnknownScope as error:
        back = grants.back_to(
            redirect_uri, error="invalid_scope", error_description=str(error), state=asked.get("state")
        )
    except _Back as error:
        back = grants.back_to(redirect_uri, error=error.error, error_description=str(error), state=asked.get("state"))
    return Response(status_code=302, headers={"Location": back, "Cache-Control": "no-store"})


def _checked(asked: Mapping[str, str], scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """Raises `_Back`."""
    if asked.get("response_type") != "code":
        raise _Back("unsupported_response_type", "response_type must be code")
    if not scopes:
        raise _Back("invalid_scope", "the client was granted none of these scopes")
    if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
        raise _Back("invalid_request", "code_challenge_method must be S256")
    return scopes


def _page(client: str, scopes: tuple[Scope, ...], asked: Mapping[str, str]) -> Response:
    name = html.escape(client)
    items = "".join(f"<li>{html.escape(SCOPES[scope.value])}</li>" for scope in scopes)
    hidden = "".join(
        f'<input type="hidden" name="{one}" value="{html.escape(asked[one])}">' for one in _ASKED if one in asked
    )
    return _html(
        f"Let {name} act for you?",
        f"<p><strong>{name}</strong> asks to do this in your name, as far as you may do it yourself:</p>"
        f'<ul>{items}</ul><form method="post" action="authorize">{hidden}'
        '<button name="decision" value="allow">Allow</button> '
        '<button name="decision" value="deny">Deny</button></form>',
    )


def _not_signed_in() -> Response:
    return _html(
        "Sign in first",
        '<p>Nobody is signed in to Outdial in this browser. <a href="../console/" target="_blank">Sign in</a>, '
        "then come back to this page and load it again.</p>",
        401,
    )


def _html(title: str, content: str, status: int = 200) -> Response:
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{title}</h1>{content}</html>'
    )
    return HTMLResponse(page, status, _PAGE_HEADERS)
