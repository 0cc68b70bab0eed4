"""API clients over HTTP: made by admins, with no more than they may do; secrets shown once; revoked for good."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.storage.database import Database
from outdial.api.services import Services
from outdial.domain.access import Role, Scope
from tests.api.conftest import Bearer, fields_of
from tests.api.test_logins import Browser, a_person

A_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
"""The public half of the example in RFC 7515 appendix A.3."""
A_CLIENT = {"name": "CRM", "scopes": ["campaigns:read", "record-lists:manage"]}


async def made(api: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await api.post("/v1/clients", json={**A_CLIENT, **changes})
    assert answer.status_code == 201, answer.text
    client: dict[str, Any] = answer.json()
    return client


async def a_secret(api: httpx.AsyncClient, client: dict[str, Any]) -> str:
    answer = await api.put(f"/v1/clients/{client['client_id']}/secret")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    secret: str = answer.json()["client_secret"]
    return secret


async def token(stranger: httpx.AsyncClient, client: dict[str, Any], secret: str) -> httpx.Response:
    return await stranger.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client["client_id"], secret)
    )


async def test_a_program_is_made_gets_its_secret_once_and_may_do_what_it_was_given(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, database: Database
) -> None:
    client = await made(api, redirect_uris=["https://crm.example/back"])
    assert (client["scopes"], client["has_secret"], client["key_ids"]) == (A_CLIENT["scopes"], False, [])
    assert client["redirect_uris"] == ["https://crm.example/back"]
    assert (await token(stranger, client, "")).status_code == 401
    secret = await a_secret(api, client)
    answer = (await token(stranger, client, secret)).json()
    assert answer["scope"] == "campaigns:read record-lists:manage"
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await stranger.get("/campaigns", headers=headers)).status_code == 200
    shown = (await api.get(f"/v1/clients/{client['client_id']}")).json()
    assert shown["has_secret"] is True and secret not in json.dumps(shown)
    async with database.connection() as connection:
        rows = await connection.fetch("select c::text from api_client c")
        kept = await connection.fetch("select a::text from kept_answer a")
    assert not any(secret in str(tuple(row)) for row in [*rows, *kept])


async def test_another_secret_ends_the_one_before(api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    client = await made(api)
    old, new = await a_secret(api, client), await a_secret(api, client)
    assert (await token(stranger, client, old)).status_code == 401
    assert (await token(stranger, client, new)).status_code == 200


async def test_a_program_with_a_key_of_its_own_has_no_secret(api: httpx.AsyncClient) -> None:
    client = await made(api, public_key=json.dumps(A_KEY))
    path, (kid,) = f"/v1/clients/{client['client_id']}", client["key_ids"]
    refused = await api.put(f"{path}/secret")
    assert (refused.status_code, refused.json()["code"]) == (422, "client-signs")
    again = await api.post(f"{path}/keys", json={"public_key": json.dumps(A_KEY)})
    assert (again.status_code, again.json()["code"]) == (409, "client-key-exists")
    assert (await api.delete(f"{path}/keys/{kid}")).status_code == 204
    assert (await api.get(path)).json()["key_ids"] == []
    added = await api.post(f"{path}/keys", json={"public_key": json.dumps(A_KEY)})
    assert (added.status_code, added.json()["key_id"]) == (201, kid)


async def test_what_is_revoked_stays_in_the_list_and_gets_nothing_any_more(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    client = await made(api)
    path, secret = f"/v1/clients/{client['client_id']}", await a_secret(api, client)
    for _ in range(2):
        assert (await api.delete(path)).status_code == 204
    assert (await token(stranger, client, secret)).status_code == 401
    listed = (await api.get("/v1/clients")).json()["_embedded"]["clients"]
    assert [one["name"] for one in listed if "revoked_at" in one] == ["CRM"]
    for answer in (
        await api.put(f"{path}/secret"),
        await api.post(f"{path}/keys", json={"public_key": json.dumps(A_KEY)}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "client-revoked")


async def test_every_wrong_member_is_named(api: httpx.AsyncClient) -> None:
    for wrong, members in (
        ({"name": "", "scopes": []}, {"name", "scopes"}),
        ({"scopes": ["campaigns:read", "everything"]}, {"scopes.1"}),
        ({"redirect_uris": ["http://crm.example/back"]}, {"redirect_uris.0"}),
        ({"public_key": "-----BEGIN PRIVATE KEY-----"}, {"public_key"}),
        ({"public_key": json.dumps(A_KEY), "redirect_uris": ["https://crm.example/back"]}, {"redirect_uris"}),
    ):
        answer = await api.post("/v1/clients", json={**A_CLIENT, **wrong})
        assert (answer.status_code, fields_of(answer)) == (400, members), answer.text


async def test_nobody_gives_more_than_they_have_nor_takes_over_who_has_more(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
) -> None:
    few = await bearer(Scope.CLIENTS_MANAGE, Scope.CAMPAIGNS_READ)
    strong = f"/v1/clients/{(await made(api))['client_id']}"
    for answer in (
        await stranger.post("/v1/clients", json=A_CLIENT, headers=few),
        await stranger.put(f"{strong}/secret", headers=few),
        await stranger.post(f"{strong}/keys", json={"public_key": json.dumps(A_KEY)}, headers=few),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "beyond-yours")
        assert "record-lists:manage" in answer.json()["message"]
    weak = await stranger.post("/v1/clients", json={**A_CLIENT, "scopes": ["campaigns:read"]}, headers=few)
    assert weak.status_code == 201


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.VIEWER, Role.AGENT])
async def test_only_admins_see_and_make_them(
    api: httpx.AsyncClient, services: Services, app: FastAPI, role: Role
) -> None:
    await a_person(api, services, app, role)
    async with Browser(app) as browser:
        await browser.sign_in()
        for answer in (await browser.get("/v1/clients"), await browser.post("/v1/clients", json=A_CLIENT)):
            assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


async def test_it_is_audited_who_did_what_and_never_a_secret(api: httpx.AsyncClient) -> None:
    client = await made(api)
    secret = await a_secret(api, client)
    await api.delete(f"/v1/clients/{client['client_id']}")
    changes = (await api.get("/v1/audit", params={"kind": "api_client"})).json()["_embedded"]["changes"]
    assert [(one["action"], one["after"]) for one in changes] == [
        ("changed", {"revoked": True}),
        ("changed", {"secret": "another"}),
        ("created", {"name": "CRM", "scopes": A_CLIENT["scopes"]}),
    ]
    assert all(one["client_id"] for one in changes)
    assert secret not in json.dumps(changes)
