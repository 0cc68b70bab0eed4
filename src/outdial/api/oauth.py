"""OAuth 2: the token endpoint, introspection, and the keys by which others can check the tokens."""

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
from outdial.app import access, grants
from outdial.app.access import ClientAssertion, ClientSecret, Credentials
from outdial.domain.access import (
    ISSUER,
    TOKEN_LIFETIME,
    ApiClient,
    ClientRefused,
    InvalidLifetime,
    ScopeNotGranted,
    UnknownScope,
    service_token_lifetime,
)
from outdial.domain.errors import Invalid
from outdial.domain.grants import GrantRefused, RefreshTokenMissing
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
    refuses=(
        (400, "unsupported_grant_type"),
        (400, "invalid_scope"),
        (400, "invalid_grant"),
        (401, "invalid_client"),
        (401, "unauthorized"),
    ),
)
async def token(request: Request) -> Response:
    """Clients authenticate with HTTP Basic or private_key_jwt; errors have the shape of RFC 6749 section 5.2.

    With `client_credentials` a program acts for itself, with `authorization_code` and `refresh_token` for a person.
    """
    try:
        form = await read_form(request)
        grant_type = form.get("grant_type", "")
        if not grant_type:
            return oauth_problem(400, "invalid_request", "grant_type is missing")
        if grant_type in _FOR_PEOPLE:
            return await _for_a_person(request, form)
        if grant_type != "client_credentials":
            known = ", ".join(("client_credentials", *_FOR_PEOPLE))
            return oauth_problem(400, "unsupported_grant_type", f"grant_type must be one of {known}")
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
    except GrantRefused as error:
        return oauth_problem(400, "invalid_grant", str(error))
    except RefreshTokenMissing as error:
        return oauth_problem(401, "unauthorized", str(error))
    except (Unreadable, InvalidLifetime) as error:
        return oauth_problem(400, "invalid_request", str(error))
    body = {
        "access_token": grant.token,
        "token_type": "Bearer",
        "expires_in": int(grant.lifetime.total_seconds()),
        "scope": " ".join(scope.value for scope in grant.scopes),
    }
    return _json(body, {"Cache-Control": "no-store"})


async def _for_a_person(request: Request, form: dict[str, str]) -> Response:
    """Tokens by which a client acts in somebody's name."""
    services = services_of(request)
    client = await _authenticated(request, form)
    if form["grant_type"] == "authorization_code":
        if not form.get("code"):
            raise Unreadable("code is missing")
        made = await grants.exchange(
            client,
            form["code"],
            form.get("redirect_uri"),
            form.get("code_verifier"),
            grants=services.grants,
            tokens=services.tokens,
            clock=services.wall,
        )
    else:
        made = await grants.refresh(
            client,
            form.get("refresh_token", ""),
            form.get("scope", ""),
            grants=services.grants,
            tokens=services.tokens,
            clock=services.wall,
        )
    body = {
        "access_token": made.access_token,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "scope": " ".join(scope.value for scope in made.scopes),
        "refresh_token": made.refresh_token,
        "sid": made.grant,
    }
    return _json(body, {"Cache-Control": "no-store"})


_FOR_PEOPLE: Final = ("authorization_code", "refresh_token")


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
        form = await read_form(request)
        client = await _authenticated(request, form)
    except ClientRefused as error:
        return _client_refused(str(error))
    except Unreadable as error:
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


class Unreadable(Invalid):
    """A form that cannot be read, or that contradicts itself."""

    code = "form-not-readable"


async def read_form(request: Request) -> dict[str, str]:
    if media_type(request.headers.get("content-type", "")) != FORM:
        raise Unreadable(f"the body must be {FORM}")
    try:
        text = (await read_bytes(request, _LARGEST_FORM)).decode()
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise Unreadable("the body is not a form in UTF-8") from None
    form = dict(fields)
    if len(form) < len(fields):
        raise Unreadable("a field is given twice")
    return form


async def _authenticated(request: Request, form: dict[str, str]) -> ApiClient:
    """Raises `ClientRefused`, `Unreadable`."""
    shown = _credentials(request, form)
    services: Services = services_of(request)
    client = await access.authenticate(shown, access=services.access, tokens=services.tokens, clock=services.wall)
    if form.get("client_id", client.id) != client.id:
        raise Unreadable("client_id is not the client that authenticates")
    return client


def _credentials(request: Request, form: dict[str, str]) -> Credentials:
    header = request.headers.get("authorization", "")
    if "client_assertion" in form or "client_assertion_type" in form:
        if header:
            raise Unreadable("the client must authenticate in one way only")
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise Unreadable(f"client_assertion_type must be {_ASSERTION_TYPE}")
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
