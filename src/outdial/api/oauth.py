"""OAuth 2 for programs: the token endpoint, introspection, and the keys by which others can check the tokens."""

import base64
import binascii
import json
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.oauth import (
    IntrospectionForm,
    IntrospectionShown,
    KeysShown,
    NothingToIntrospect,
    TokenForm,
    TokenShown,
)
from outdial.api.bodies import read_bytes
from outdial.api.describe import FORM, described
from outdial.api.hal import url, without_absent
from outdial.api.media import JSON, media_type
from outdial.api.problems import oauth_problem
from outdial.api.services import Services, services_of
from outdial.app import access
from outdial.app.access import ClientAssertion, ClientSecret, Credentials
from outdial.domain.access import (
    ISSUER,
    ApiClient,
    ClientRefused,
    InvalidLifetime,
    ScopeNotGranted,
    UnknownScope,
    service_token_lifetime,
)
from outdial.domain.errors import Invalid
from outdial.ports.tokens import TokenFacts

router = APIRouter(tags=["OAuth"])

_LARGEST_FORM: Final = 64 * 1024
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@router.post("/oauth/token", summary="Exchange a client's credentials for an access token")
@described(
    TokenShown,
    body=TokenForm,
    body_types=[FORM],
    answer_types=[JSON],
    example={"grant_type": "client_credentials", "scope": "campaigns:read"},
    for_clients=True,
    refuses=((400, "unsupported_grant_type"), (400, "invalid_scope"), (401, "invalid_client")),
)
async def token(request: Request) -> Response:
    """Clients authenticate with HTTP Basic or private_key_jwt; errors have the shape of RFC 6749 section 5.2."""
    try:
        form = await _read_form(request)
        grant_type = form.get("grant_type", "")
        if not grant_type:
            return oauth_problem(400, "invalid_request", "grant_type is missing")
        if grant_type != "client_credentials":
            # A code or a refresh token would stand for a user who logged in, and users cannot log in here.
            return oauth_problem(400, "unsupported_grant_type", "the only grant_type here is client_credentials")
        token_type = form.get("token_type", "")
        if token_type not in ("", "opaque"):
            return oauth_problem(400, "invalid_request", "token_type can only be opaque, or left out")
        # Before the client authenticates: a wrong form uses no assertion up.
        lifetime = service_token_lifetime(form.get("expires_in", "")) if token_type else None
        services = services_of(request)
        client = await _authenticated(request, form)
        scope = form.get("scope", "")
        if lifetime is None:
            grant = await access.grant_token(client, scope, tokens=services.tokens)
        else:
            grant = await access.grant_service_token(
                client, scope, lifetime, access=services.access, clock=services.wall
            )
    except ClientRefused as error:
        return _client_refused(str(error))
    except (UnknownScope, ScopeNotGranted) as error:
        return oauth_problem(400, "invalid_scope", str(error))
    except (_Unreadable, InvalidLifetime) as error:
        return oauth_problem(400, "invalid_request", str(error))
    body = {
        "access_token": grant.token,
        "token_type": "Bearer",
        "expires_in": int(grant.lifetime.total_seconds()),
        "scope": " ".join(scope.value for scope in grant.scopes),
    }
    return _json(body, {"Cache-Control": "no-store"})


@router.post("/oauth/introspect", summary="Ask whether a token is good, and what it says")
@described(
    IntrospectionShown,
    also={400: NothingToIntrospect},
    says={400: "Bad Request. `0070201`: there is no token to look at"},
    body=IntrospectionForm,
    body_types=[FORM],
    answer_types=[JSON],
    for_clients=True,
    refuses=((401, "invalid_client"),),
)
async def introspect(request: Request) -> Response:
    """For clients, as RFC 7662 section 2.1 demands; another account's token is as unknown as a forged one."""
    try:
        form = await _read_form(request)
        client = await _authenticated(request, form)
    except ClientRefused as error:
        return _client_refused(str(error))
    except _Unreadable as error:
        return _json({"code": _NOTHING_TO_INTROSPECT, "message": str(error)}, {"Cache-Control": "no-store"}, 400)
    if not form.get("token"):
        return _json(
            {"code": _NOTHING_TO_INTROSPECT, "message": "token is missing"}, {"Cache-Control": "no-store"}, 400
        )
    facts = await access.introspect(form["token"], by=client, tokens=services_of(request).tokens)
    return _json(_introspection(facts), {"Cache-Control": "no-store"})


@router.get("/oauth/2023-10/certs", summary="Public keys of the access tokens, as a JWK set")
@router.get(
    "/oauth/certs",
    operation_id="older_certificates",
    summary="Public keys of the access tokens, under their older address",
    deprecated=True,
)
@described(KeysShown, answer_types=[JSON])
async def certificates(request: Request) -> Response:
    return _json(await services_of(request).tokens.certificates(), {"Cache-Control": "max-age=300"})


_NOTHING_TO_INTROSPECT: Final = "0070201"


def _introspection(facts: TokenFacts | None) -> dict[str, object]:
    """`kid` and `sig` are the key's name and the signature of a JWT; service tokens have none."""
    if facts is None:
        return {"token_introspection": {"active": False}}
    issued = int(facts.issued_at.timestamp())
    said = {
        "active": True,
        "iss": ISSUER,
        "aud": facts.audience,
        "exp": int(facts.expires_at.timestamp()),
        "nbf": issued,
        "iat": issued,
        "cid": facts.principal.client_id,
        "aid": str(facts.principal.account),
        "scp": " ".join(sorted(scope.value for scope in facts.principal.scopes)),
    }
    return without_absent({"kid": facts.key, "sig": facts.signature, "token_introspection": said})


class _Unreadable(Invalid):
    """A form that cannot be read, or that contradicts itself."""

    code = "form-not-readable"


async def _read_form(request: Request) -> dict[str, str]:
    if media_type(request.headers.get("content-type", "")) != FORM:
        raise _Unreadable(f"the body must be {FORM}")
    try:
        text = (await read_bytes(request, _LARGEST_FORM)).decode()
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise _Unreadable("the body is not a form in UTF-8") from None
    form = dict(fields)
    if len(form) < len(fields):
        raise _Unreadable("a field is given twice")
    return form


async def _authenticated(request: Request, form: dict[str, str]) -> ApiClient:
    """Raises `ClientRefused`, `_Unreadable`."""
    shown = _credentials(request, form)
    services: Services = services_of(request)
    client = await access.authenticate(shown, access=services.access, tokens=services.tokens, clock=services.wall)
    if form.get("client_id", client.id) != client.id:
        raise _Unreadable("client_id is not the client that authenticates")
    return client


def _credentials(request: Request, form: dict[str, str]) -> Credentials:
    header = request.headers.get("authorization", "")
    if "client_assertion" in form or "client_assertion_type" in form:
        if header:
            raise _Unreadable("the client must authenticate in one way only")
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise _Unreadable(f"client_assertion_type must be {_ASSERTION_TYPE}")
        return ClientAssertion(form.get("client_assertion", ""), url(request, "/oauth/token"))
    basic = _basic(header)
    if basic is None:
        raise ClientRefused("the client must authenticate, with HTTP Basic or a signed client_assertion")
    return ClientSecret(*basic)


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


def _json(body: object, headers: dict[str, str], status: int = 200) -> Response:
    return Response(json.dumps(body), status, headers, "application/json")
