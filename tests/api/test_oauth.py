"""Tokens for programs: asked for with an id and a secret, good for ten minutes, for some scopes and one account."""

import base64
import hashlib

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from outdial.adapters.oauth.tokens import JwtTokens, NoSigningKey
from outdial.adapters.storage.clients import AccessRows
from outdial.adapters.storage.database import Database
from outdial.api.services import Services
from outdial.app.access import NewClient, create_account, create_client, ensure_installed
from outdial.domain.access import DEFAULT_ACCOUNT, AccountExists, AccountNotFound, Scope
from outdial.domain.errors import Invalid
from tests.api.conftest import Bearer
from tests.conftest import SetClock

SCOPES = (Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE)


@pytest.fixture
async def client(services: Services, clock: SetClock) -> NewClient:
    return await create_client(DEFAULT_ACCOUNT, name="CRM", scopes=SCOPES, access=services.access, clock=clock)


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def ask(stranger: httpx.AsyncClient, client: NewClient, **form: str) -> httpx.Response:
    fields = {"grant_type": "client_credentials", **form}
    return await stranger.post("/oauth/token", data=fields, headers=basic(client.client.id, client.secret))


async def test_client_credentials_give_a_bearer_token_for_599_seconds(
    stranger: httpx.AsyncClient, client: NewClient
) -> None:
    answer = await ask(stranger, client)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 599)
    assert body["scope"] == "campaigns:read campaigns:write"


async def test_the_token_opens_the_api_until_it_expires(
    stranger: httpx.AsyncClient, client: NewClient, clock: SetClock
) -> None:
    token = (await ask(stranger, client)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await stranger.get("/campaigns", headers=headers)).status_code == 200
    clock.advance(598)
    assert (await stranger.get("/campaigns", headers=headers)).status_code == 200
    clock.advance(1)
    assert (await stranger.get("/campaigns", headers=headers)).status_code == 401


async def test_a_token_that_was_never_seen_before_it_expired_is_refused_too(
    stranger: httpx.AsyncClient, client: NewClient, clock: SetClock
) -> None:
    token = (await ask(stranger, client)).json()["access_token"]
    clock.advance(600)
    answer = await stranger.get("/campaigns", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "0530004")


async def test_ruling_25_tokens_are_es256_with_the_issuer_and_the_account(
    stranger: httpx.AsyncClient, client: NewClient
) -> None:
    token = (await ask(stranger, client)).json()["access_token"]
    jwks = (await stranger.get("/oauth/2023-10/certs")).json()
    read = jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["ES256"])
    assert read.header["alg"] == "ES256"
    assert read.claims["iss"] == "outdial"
    assert read.claims["aud"] == DEFAULT_ACCOUNT
    assert read.claims["exp"] - read.claims["iat"] == 599
    assert (read.claims["cid"], read.claims["scp"]) == (client.client.id, "campaigns:read campaigns:write")
    assert (await stranger.get("/oauth/certs")).json() == jwks
    assert "d" not in jwks["keys"][0], "the private half stays at home"


async def test_a_token_can_be_asked_for_fewer_scopes(stranger: httpx.AsyncClient, client: NewClient) -> None:
    body = (await ask(stranger, client, scope="campaigns:read")).json()
    assert body["scope"] == "campaigns:read"
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert (await stranger.get("/campaigns", headers=headers)).status_code == 200
    refused = await stranger.post("/campaigns", headers=headers, json={"name": "Renewals"})
    assert (refused.status_code, refused.json()["code"]) == (403, "0530003")


@pytest.mark.parametrize("scope", ["record-lists:manage", "campaigns:read nonsense"])
async def test_ruling_25_a_scope_that_was_not_granted_is_invalid_scope(
    stranger: httpx.AsyncClient, client: NewClient, scope: str
) -> None:
    answer = await ask(stranger, client, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert answer.json()["error_description"]


async def test_ruling_25_an_unknown_client_and_a_wrong_secret_get_the_same_401(
    stranger: httpx.AsyncClient, client: NewClient
) -> None:
    form = {"grant_type": "client_credentials"}
    nobody = await stranger.post("/oauth/token", data=form, headers=basic("nobody", client.secret))
    wrong = await stranger.post("/oauth/token", data=form, headers=basic(client.client.id, "guess"))
    for answer in (nobody, wrong):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert nobody.json() == wrong.json()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ({}, "none"),
        ({"Authorization": "Basic !!!"}, "no base64"),
        ({"Authorization": "Basic bm8tY29sb24="}, "no colon"),
        ({"Authorization": "Bearer abc"}, "another kind"),
        (basic("nul\0", "x"), "nul"),
        ({"Authorization": "Basic //8="}, "no UTF-8"),
    ],
)
async def test_credentials_that_cannot_be_read_are_invalid_client(
    stranger: httpx.AsyncClient, header: dict[str, str], name: str
) -> None:
    answer = await stranger.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=header)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), name


@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"", "application/x-www-form-urlencoded", "invalid_request"),
        (b"scope=campaigns:read", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=password", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        (b'{"grant_type": "client_credentials"}', "application/json", "invalid_request"),
        (b"grant_type=client_credentials&grant_type=x", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=%ff", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=client_credentials&token_type=opaque", "application/x-www-form-urlencoded", "invalid_request"),
        (b"&".join(b"a=1" for _ in range(100)), "application/x-www-form-urlencoded", "invalid_request"),
    ],
)
async def test_a_bad_form_is_refused_in_the_shape_of_oauth(
    stranger: httpx.AsyncClient, client: NewClient, content: bytes, content_type: str, error: str
) -> None:
    headers = {"Content-Type": content_type, **basic(client.client.id, client.secret)}
    answer = await stranger.post("/oauth/token", content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert set(answer.json()) == {"error", "error_description"}


async def test_a_form_of_a_megabyte_is_too_large(stranger: httpx.AsyncClient, client: NewClient) -> None:
    answer = await ask(stranger, client, scope="x" * 1024 * 1024)
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def tampered(token: str) -> str:
    header, claims, signature = token.split(".")
    return f"{header}.{claims[:-2]}AA.{signature}"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "ü", "." * 3000])
async def test_garbage_instead_of_a_token_is_401(stranger: httpx.AsyncClient, token: str) -> None:
    answer = await stranger.get("/campaigns", headers={b"Authorization": b"Bearer " + token.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "0530004")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_changed_or_foreign_token_is_401(
    stranger: httpx.AsyncClient, client: NewClient, services: Services, clock: SetClock
) -> None:
    good = (await ask(stranger, client)).json()["access_token"]
    stored = (await services.access.keys())[0]
    claims = {"iss": "outdial", "aud": "default", "aid": "1", "cid": "x", "scp": "campaigns:read", "exp": 2**31}
    foreign = jwt.encode({"alg": "ES256", "kid": stored.kid}, claims, ECKey.generate_key("P-256"))
    none = jwt.encode({"alg": "ES256", "kid": "unknown"}, claims, ECKey.generate_key("P-256"))
    for token in (tampered(good), foreign, none):
        answer = await stranger.get("/campaigns", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_only_the_hash_of_a_secret_is_stored(client: NewClient, services: Services) -> None:
    stored = await services.access.client(client.client.id)
    assert stored is not None
    assert stored.secret_hash == hashlib.sha256(client.secret.encode()).digest()
    assert len(base64.urlsafe_b64decode(client.secret + "=")) == 32


async def test_ruling_25_private_keys_are_encrypted_when_there_is_a_secret(database: Database, clock: SetClock) -> None:
    access = AccessRows(database)
    sealed = JwtTokens(access, clock, "a long secret")
    await ensure_installed(access, sealed, clock)
    made = await create_client(DEFAULT_ACCOUNT, name="CRM", scopes=SCOPES, access=access, clock=clock)
    key = (await access.keys())[0]
    assert key.encrypted
    assert b"ENCRYPTED" in key.private_key
    token = await sealed.issue(made.client, SCOPES)
    assert await JwtTokens(access, clock).verify(token) is not None, "the public half needs no secret"
    for secret in (None, "another secret"):
        with pytest.raises(NoSigningKey):
            await JwtTokens(access, clock, secret).issue(made.client, SCOPES)


async def test_installing_twice_keeps_the_first_key_and_account(
    services: Services, database: Database, clock: SetClock
) -> None:
    before = await services.access.keys()
    await ensure_installed(services.access, JwtTokens(services.access, clock), clock)
    assert await services.access.keys() == before
    assert [account.name for account in await services.access.accounts()] == [DEFAULT_ACCOUNT]


async def test_accounts_and_clients_are_made_once_and_with_fit_names(services: Services, clock: SetClock) -> None:
    access = services.access
    await create_account("acme", access=access, clock=clock)
    with pytest.raises(AccountExists):
        await create_account("acme", access=access, clock=clock)
    for name in ("", "Acme", "-a", "a b", "a" * 64):
        with pytest.raises(Invalid):
            await create_account(name, access=access, clock=clock)
    with pytest.raises(Invalid):
        await create_client("acme", name=" ", scopes=(), access=access, clock=clock)
    with pytest.raises(AccountNotFound):
        await create_client("nobody", name="CRM", scopes=SCOPES, access=access, clock=clock)
    made = await create_client("acme", name="CRM", scopes=SCOPES, access=access, clock=clock)
    assert [one.id for one in await access.clients(made.client.account)] == [made.client.id]


async def test_a_token_speaks_for_its_own_account_only(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
) -> None:
    campaign = (await api.post("/campaigns", json={"name": "Renewals"})).json()["id"]
    other = await bearer(account="acme")
    assert (await stranger.get(f"/campaigns/{campaign}", headers=other)).status_code == 404
    assert (await stranger.get("/campaigns", headers=other)).json()["total"] == 0
