"""API clients under `/v1`: the programs of an account. A secret is shown once, by the PUT that makes it.

That is no POST on purpose: answers to those are kept for a day where a key asks for it, and a secret never is.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import InstantShown, LinkShown, Shown, described, pages_of
from outdial.api.hal import hal, instant, link, nothing, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Shape, any_case, read_as, read_query
from outdial.app import clients
from outdial.app.access import LONGEST_CLIENT_NAME
from outdial.app.clients import ClientWithKeys
from outdial.domain.access import (
    BeyondYours,
    ClientKeyExists,
    ClientKeyNotFound,
    ClientNotFound,
    ClientRevoked,
    ClientSigns,
    InvalidPublicKey,
    Principal,
    PublicKey,
    Scope,
)
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.grants import MOST_REDIRECTS
from outdial.ports.tokens import Tokens

router = APIRouter(prefix="/v1", tags=["API clients"])

Manage = Annotated[Principal, needs(Scope.CLIENTS_MANAGE)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
ClientId = Annotated[str, Field(examples=["5c93957325451fcac4c31284e5eaa199"])]
KeyId = Annotated[str, Field(examples=["n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"])]


class ClientIn(Shape):
    """`public_key`, in PEM or as a JWK, is for a program that signs (P-256); without one it is given a secret."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CLIENT_NAME)]
    scopes: Annotated[list[Annotated[Scope, any_case(Scope)]], Field(min_length=1)]
    redirect_uris: Annotated[list[str], Field(max_length=MOST_REDIRECTS)] = Field([])
    public_key: Key | None = None


class KeyIn(Shape):
    """A public key on P-256, in PEM or as a JWK."""

    public_key: Key


class ClientShown(Shown):
    client_id: ClientId
    name: str
    scopes: list[Scope]
    redirect_uris: list[str]
    has_secret: Annotated[bool, Field(description="Without a secret and a key it can get no token")]
    key_ids: Annotated[list[KeyId], Field(description="The `kid` of what it signs")]
    created_at: InstantShown
    revoked_at: InstantShown | None = None
    links: dict[str, LinkShown] = Field(alias="_links")


class ClientSecretShown(Shown):
    """Shown this once: only its hash is stored."""

    client_id: ClientId
    client_secret: str
    links: dict[str, LinkShown] = Field(alias="_links")


class ClientKeyShown(Shown):
    key_id: KeyId
    links: dict[str, LinkShown] = Field(alias="_links")


A_CLIENT: Final = {"name": "CRM", "scopes": ["campaigns:read", "record-lists:manage"]}
A_KEY: Final = {
    "public_key": '{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", '
    '"y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'
}


def _shown(request: Request, one: ClientWithKeys) -> dict[str, Any]:
    client = one.client
    return without_absent(
        {
            "client_id": client.id,
            "name": client.name,
            "scopes": [scope.value for scope in client.scopes],
            "redirect_uris": list(client.redirect_uris),
            "has_secret": client.secret_hash is not None,
            "key_ids": [key.kid for key in one.keys],
            "created_at": instant(client.created_at),
            "revoked_at": None if client.revoked_at is None else instant(client.revoked_at),
            "_links": _links(request, client.id),
        }
    )


def _links(request: Request, client_id: str) -> dict[str, Any]:
    return {"self": link(request, f"/v1/clients/{client_id}"), "clients": link(request, "/v1/clients")}


@router.get("/clients", summary="List the programs that may use the API, the newest first, the revoked ones too")
@described(pages_of("clients", ClientShown), query=LongPageQuery)
async def list_clients(request: Request, who: Manage) -> Response:
    query = read_query(request, LongPageQuery)
    found = await clients.listed(by=who, access=services_of(request).access)
    items = [_shown(request, one) for one in found[query.offset : query.offset + query.per_page]]
    return hal(request, page_of(request, "clients", items, total=len(found), query=query))


@router.post("/clients", status_code=201, summary="Let a program use the API; its secret comes with the next request")
@described(
    ClientShown, body=ClientIn, example=A_CLIENT, makes="client_id", made_at="/client_id", refuses=(BeyondYours,)
)
async def create_client(request: Request, who: Manage) -> Response:
    services = services_of(request)
    new = read_as(ClientIn, await read_json(request))
    if new.public_key is not None and new.redirect_uris:
        raise Invalid("Invalid input", [FieldProblem("redirect_uris", "are for programs with a secret")])
    made = await clients.create(
        new.name,
        new.scopes,
        new.redirect_uris,
        None if new.public_key is None else _read_key(new.public_key, services.tokens),
        by=who,
        access=services.access,
        storage=services.storage,
        clock=services.wall,
    )
    body = _shown(request, made)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/clients/{client_id}", summary="One program")
@described(ClientShown, refuses=(ClientNotFound,))
async def client_details(request: Request, client_id: str, who: Manage) -> Response:
    return hal(request, _shown(request, await clients.get(client_id, by=who, access=services_of(request).access)))


@router.put("/clients/{client_id}/secret", summary="Make a program's secret, or another one, and see it this once")
@described(ClientSecretShown, refuses=(ClientNotFound, ClientRevoked, ClientSigns, BeyondYours))
async def new_secret(request: Request, client_id: str, who: Manage) -> Response:
    services = services_of(request)
    made = await clients.new_secret(client_id, by=who, access=services.access, storage=services.storage)
    body = {"client_id": client_id, "client_secret": made.secret, "_links": _links(request, client_id)}
    return hal(request, body, headers={"Cache-Control": "no-store"})


@router.delete("/clients/{client_id}", status_code=204, summary="Refuse a program and all of its tokens, for ever")
@described(refuses=(ClientNotFound,))
async def revoke_client(request: Request, client_id: str, who: Manage) -> Response:
    services = services_of(request)
    await clients.revoke(client_id, by=who, access=services.access, storage=services.storage, clock=services.wall)
    return nothing()


@router.post("/clients/{client_id}/keys", status_code=201, summary="Let a program sign with one more key")
@described(
    ClientKeyShown,
    body=KeyIn,
    example=A_KEY,
    refuses=(ClientNotFound, ClientKeyExists, ClientRevoked, BeyondYours),
)
async def add_key(request: Request, client_id: str, who: Manage) -> Response:
    services = services_of(request)
    await clients.get(client_id, by=who, access=services.access)
    key = _read_key(read_as(KeyIn, await read_json(request)).public_key, services.tokens)
    await clients.add_key(client_id, key, by=who, access=services.access, storage=services.storage, clock=services.wall)
    return hal(request, {"key_id": key.kid, "_links": _links(request, client_id)}, 201)


@router.delete("/clients/{client_id}/keys/{key_id}", status_code=204, summary="Refuse what a key signs from now on")
@described(refuses=(ClientNotFound, ClientKeyNotFound))
async def remove_key(request: Request, client_id: str, key_id: str, who: Manage) -> Response:
    services = services_of(request)
    await clients.remove_key(client_id, key_id, by=who, access=services.access, storage=services.storage)
    return nothing()


def _read_key(text: str, tokens: Tokens) -> PublicKey:
    """Raises `Invalid`, which names the member."""
    try:
        return tokens.read_public_key(text.encode("utf-8", "surrogatepass"))
    except InvalidPublicKey as error:
        raise Invalid("Invalid input", [FieldProblem("public_key", str(error))]) from None
