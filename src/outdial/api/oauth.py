"""The OAuth 2 token endpoint for programs, and the keys by which others can check the tokens."""

import base64
import binascii
import json
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.bodies import read_bytes
from outdial.api.media import media_type
from outdial.api.problems import oauth_problem
from outdial.api.services import services_of
from outdial.app import access
from outdial.domain.access import TOKEN_LIFETIME, ClientRefused, ScopeNotGranted, UnknownScope

router = APIRouter(tags=["OAuth"])

_LARGEST_FORM: Final = 64 * 1024
_FORM: Final = "application/x-www-form-urlencoded"


@router.post(
    "/oauth/token",
    summary="Exchange a client's id and secret for an access token",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                _FORM: {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {
                            "grant_type": {"type": "string", "enum": ["client_credentials"]},
                            "scope": {
                                "type": "string",
                                "description": "Space-separated; left out: all that was granted",
                            },
                        },
                    }
                }
            },
        }
    },
)
async def token(request: Request) -> Response:
    """Client authentication is HTTP Basic; errors have the shape of RFC 6749 section 5.2."""
    if media_type(request.headers.get("content-type", "")) != _FORM:
        return oauth_problem(400, "invalid_request", f"the body must be {_FORM}")
    try:
        text = (await read_bytes(request, _LARGEST_FORM)).decode()
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        return oauth_problem(400, "invalid_request", "the body is not a form in UTF-8")
    form = dict(fields)
    if len(form) < len(fields):
        return oauth_problem(400, "invalid_request", "a field is given twice")
    grant_type = form.get("grant_type", "")
    if not grant_type:
        return oauth_problem(400, "invalid_request", "grant_type is missing")
    if grant_type != "client_credentials":
        return oauth_problem(400, "unsupported_grant_type", "the only grant_type here is client_credentials")
    if form.get("token_type"):
        return oauth_problem(400, "invalid_request", "service tokens are not offered: leave token_type out")
    credentials = _basic(request.headers.get("authorization", ""))
    if credentials is None:
        return _client_refused("the client must authenticate with HTTP Basic: its id and its secret")
    services = services_of(request)
    try:
        grant = await access.grant_token(
            *credentials, form.get("scope", ""), access=services.access, tokens=services.tokens
        )
    except ClientRefused as error:
        return _client_refused(str(error))
    except (UnknownScope, ScopeNotGranted) as error:
        return oauth_problem(400, "invalid_scope", str(error))
    body = {
        "access_token": grant.token,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "scope": " ".join(scope.value for scope in grant.scopes),
    }
    return _json(body, {"Cache-Control": "no-store"})


@router.get("/oauth/2023-10/certs", summary="Public keys of the access tokens, as a JWK set")
@router.get("/oauth/certs", summary="Public keys of the access tokens, under their older address", deprecated=True)
async def certificates(request: Request) -> Response:
    return _json(await services_of(request).tokens.certificates(), {"Cache-Control": "max-age=300"})


def _client_refused(description: str) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="outdial"'}
    return oauth_problem(401, "invalid_client", description, headers)


def _basic(header: str) -> tuple[str, str] | None:
    """Id and secret, which RFC 6749 section 2.3.1 wants form-encoded before they are joined."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None


def _json(body: object, headers: dict[str, str]) -> Response:
    return Response(json.dumps(body), 200, headers, "application/json")
