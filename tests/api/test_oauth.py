"""Tokens for programs: asked for with an id and a secret, good for ten minutes, for some scopes and one account."""

import asyncio
import base64
import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from typer.testing import CliRunner

from outdial.adapters.oauth.tokens import JwtTokens, NoSigningKey
from outdial.adapters.storage.clients import AccessRows
from outdial.adapters.storage.database import Database
from outdial.api.http import create_app
from outdial.api.services import Services
from outdial.app.access import (
    NewClient,
    create_account,
    create_client,
    create_client_with_key,
    ensure_installed,
    rotate_signing_key,
)
from outdial.cli import clients
from outdial.domain.access import (
    DEFAULT_ACCOUNT,
    AccountExists,
    AccountNotFound,
    ClientKeyExists,
    ClientKeyNotFound,
    ClientNotFound,
    InvalidPublicKey,
    Scope,
    ServiceToken,
    ServiceTokenNotFound,
)
from outdial.domain.errors import Invalid, Unavailable
from outdial.ports.tokens import Revocations, SigningKey
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
        (b"grant_type=client_credentials&token_type=jwt", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=authorization_code", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=authorization_code&code=x", "application/x-www-form-urlencoded", "invalid_grant"),
        (b"grant_type=refresh_token&refresh_token=x", "application/x-www-form-urlencoded", "invalid_grant"),
        (b"grant_type=client_credentials&client_id=other", "application/x-www-form-urlencoded", "invalid_request"),
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


class Signer:
    """A program that has a key of its own, and signs assertions with it."""

    def __init__(self, key: ECKey, client_id: str, kid: str, clock: SetClock) -> None:
        self.key, self.client_id, self.kid, self._clock = key, client_id, kid, clock
        self._count = 0

    def assertion(self, *, key: ECKey | None = None, kid: str | None = None, **changes: Any) -> str:
        """Good, but for the changes; a change to None leaves the claim out."""
        self._count += 1
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": TOKEN_ENDPOINT,
            "jti": f"assertion-{self._count}",
            "iat": now,
            "exp": now + 300,
            **changes,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": kid or self.kid}, said, key or self.key)


TOKEN_ENDPOINT = "http://outdial.test/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
async def signer(services: Services, clock: SetClock) -> Signer:
    key = ECKey.generate_key("P-256")
    public = services.tokens.read_public_key(key.as_pem(private=False))
    made = await create_client_with_key(
        DEFAULT_ACCOUNT, public, name="CRM", scopes=SCOPES, access=services.access, clock=clock
    )
    return Signer(key, made.id, public.kid, clock)


async def show(stranger: httpx.AsyncClient, assertion: str, **form: str) -> httpx.Response:
    """Ask for a token with an assertion."""
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **form,
    }
    return await stranger.post("/oauth/token", data=fields)


async def opens(stranger: httpx.AsyncClient, token: str) -> bool:
    """Whether a token is good for the API."""
    answer = await stranger.get("/campaigns", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


class TestPrivateKeyJwt:
    async def test_a_signed_assertion_gives_a_token_like_a_secret_does(
        self, stranger: httpx.AsyncClient, signer: Signer
    ) -> None:
        answer = await show(stranger, signer.assertion())
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 599)
        assert answer.json()["scope"] == "campaigns:read campaigns:write"
        assert await opens(stranger, answer.json()["access_token"])

    async def test_an_assertion_is_good_once(
        self, stranger: httpx.AsyncClient, signer: Signer, clock: SetClock
    ) -> None:
        assertion = signer.assertion()
        assert (await show(stranger, assertion)).status_code == 200
        again = await show(stranger, assertion)
        assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
        assert "jti" in again.json()["error_description"]
        clock.advance(301)
        assert (await show(stranger, assertion)).status_code == 401, "forgotten only when it has expired"
        assert (await show(stranger, signer.assertion(jti="assertion-1"))).status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "another"},
            {"iss": None},
            {"sub": None},
            {"aud": "http://elsewhere.test/oauth/token"},
            {"aud": None},
            {"aud": []},
            {"jti": None},
            {"jti": ""},
            {"jti": 7},
            {"exp": None},
            {"exp": "soon"},
            {"exp": True},
            {"exp": float("nan")},
            {"exp": 10**400},
            {"iat": "now"},
        ],
    )
    async def test_every_claim_is_checked(
        self, stranger: httpx.AsyncClient, signer: Signer, changes: dict[str, Any]
    ) -> None:
        answer = await show(stranger, signer.assertion(**changes))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize(("seconds", "status"), [(-1, 401), (0, 401), (1, 200), (300, 200), (301, 401)])
    async def test_exp_is_at_most_300_seconds_ahead(
        self, stranger: httpx.AsyncClient, signer: Signer, clock: SetClock, seconds: int, status: int
    ) -> None:
        exp = int(clock.now().timestamp()) + seconds
        assert (await show(stranger, signer.assertion(exp=exp))).status_code == status

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    async def test_it_is_not_signed_in_the_future_but_clocks_may_differ(
        self, stranger: httpx.AsyncClient, signer: Signer, clock: SetClock, claim: str
    ) -> None:
        now: Any = int(clock.now().timestamp())
        assert (await show(stranger, signer.assertion(**{claim: now + 30}))).status_code == 200
        assert (await show(stranger, signer.assertion(**{claim: now + 60}))).status_code == 401

    async def test_the_audience_may_be_one_of_several(self, stranger: httpx.AsyncClient, signer: Signer) -> None:
        several = signer.assertion(aud=["http://elsewhere.test", TOKEN_ENDPOINT])
        assert (await show(stranger, several)).status_code == 200

    async def test_with_a_public_url_the_audience_is_under_it(self, services: Services, signer: Signer) -> None:
        app = create_app(dataclasses.replace(services, public_url="https://dial.example.com/api"))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://outdial.test") as stranger:
            public = signer.assertion(aud="https://dial.example.com/api/oauth/token")
            assert (await show(stranger, public)).status_code == 200
            assert (await show(stranger, signer.assertion())).status_code == 401

    async def test_who_did_not_sign_with_the_clients_key_learns_nothing(
        self, stranger: httpx.AsyncClient, signer: Signer
    ) -> None:
        foreign = ECKey.generate_key("P-256")
        wrong = [
            signer.assertion(key=foreign),
            signer.assertion(kid="unknown"),
            signer.assertion(sub="nobody"),
            signer.assertion(sub="nul\0"),
            signer.assertion(sub=7),
            "no.jwt.atall",
            "",
        ]
        answers = [await show(stranger, assertion) for assertion in wrong]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.text for answer in answers}) == 1

    async def test_an_assertion_without_a_signature_is_refused(
        self, stranger: httpx.AsyncClient, signer: Signer
    ) -> None:
        header, claims, _ = signer.assertion().split(".")
        unsigned = base64.urlsafe_b64encode(f'{{"alg":"none","kid":"{signer.kid}"}}'.encode()).decode().rstrip("=")
        assert (await show(stranger, f"{unsigned}.{claims}.")).status_code == 401
        assert (await show(stranger, f"{header}.{claims}.")).status_code == 401

    async def test_a_client_with_a_key_has_no_secret(self, stranger: httpx.AsyncClient, signer: Signer) -> None:
        for secret in ("", "nobody's secret"):
            form = {"grant_type": "client_credentials"}
            answer = await stranger.post("/oauth/token", data=form, headers=basic(signer.client_id, secret))
            assert answer.status_code == 401

    async def test_a_second_key_signs_too_until_it_is_removed(
        self, stranger: httpx.AsyncClient, signer: Signer, services: Services, clock: SetClock
    ) -> None:
        key = ECKey.generate_key("P-256")
        public = services.tokens.read_public_key(json.dumps(key.as_dict(private=False)).encode())
        await services.access.add_client_key(signer.client_id, public, clock.now())
        with pytest.raises(ClientKeyExists):
            await services.access.add_client_key(signer.client_id, public, clock.now())
        with pytest.raises(ClientNotFound):
            await services.access.add_client_key("nobody", public, clock.now())
        assert (await show(stranger, signer.assertion(key=key, kid=public.kid))).status_code == 200
        assert (await show(stranger, signer.assertion())).status_code == 200
        await services.access.remove_client_key(signer.client_id, public.kid)
        assert (await show(stranger, signer.assertion(key=key, kid=public.kid))).status_code == 401
        with pytest.raises(ClientKeyNotFound):
            await services.access.remove_client_key(signer.client_id, public.kid)

    @pytest.mark.parametrize(
        "form", [{"client_assertion_type": "other"}, {"client_assertion_type": ""}, {"client_id": "another"}]
    )
    async def test_a_form_that_contradicts_itself_is_an_invalid_request(
        self, stranger: httpx.AsyncClient, signer: Signer, form: dict[str, str]
    ) -> None:
        answer = await show(stranger, signer.assertion(), **form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    async def test_two_ways_to_authenticate_at_once_are_an_invalid_request(
        self, stranger: httpx.AsyncClient, signer: Signer, client: NewClient
    ) -> None:
        answer = await ask(stranger, client, client_assertion_type=ASSERTION_TYPE, client_assertion=signer.assertion())
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"{}",
            b"{",
            b"[]",
            b"\xff",
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            ECKey.generate_key("P-256").as_pem(private=True),
            json.dumps(ECKey.generate_key("P-256").as_dict(private=True)).encode(),
            ECKey.generate_key("P-384").as_pem(private=False),
            json.dumps(ECKey.generate_key("P-384").as_dict(private=False)).encode(),
        ],
    )
    async def test_only_public_keys_on_p256_are_taken(self, services: Services, data: bytes) -> None:
        with pytest.raises(InvalidPublicKey):
            services.tokens.read_public_key(data)


class TestServiceTokens:
    async def test_an_opaque_token_is_asked_for_with_its_lifetime(
        self, stranger: httpx.AsyncClient, client: NewClient
    ) -> None:
        answer = await ask(stranger, client, token_type="opaque", expires_in="2592000", scope="campaigns:read")
        assert answer.status_code == 200
        body = answer.json()
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 2592000, "campaigns:read")
        assert body["access_token"].startswith("tdst_")
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        assert (await stranger.get("/campaigns", headers=headers)).status_code == 200
        assert (await stranger.post("/campaigns", headers=headers, json={"name": "x"})).status_code == 403

    async def test_without_a_lifetime_it_is_the_shortest(self, stranger: httpx.AsyncClient, client: NewClient) -> None:
        assert (await ask(stranger, client, token_type="opaque")).json()["expires_in"] == 86400

    @pytest.mark.parametrize(
        ("seconds", "status"), [("86399", 400), ("86400", 200), ("31556952", 200), ("31556953", 400)]
    )
    async def test_it_lives_a_day_to_a_year(
        self, stranger: httpx.AsyncClient, client: NewClient, seconds: str, status: int
    ) -> None:
        assert (await ask(stranger, client, token_type="opaque", expires_in=seconds)).status_code == status

    @pytest.mark.parametrize("seconds", ["x", "-86400", "86400.5", "9" * 5000, "\u0669" * 6])
    async def test_a_lifetime_that_is_no_number_of_seconds_is_an_invalid_request(
        self, stranger: httpx.AsyncClient, client: NewClient, seconds: str
    ) -> None:
        answer = await ask(stranger, client, token_type="opaque", expires_in=seconds)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    async def test_it_works_until_it_expires_remembered_or_not(
        self, stranger: httpx.AsyncClient, client: NewClient, services: Services, clock: SetClock
    ) -> None:
        used, unused = [(await ask(stranger, client, token_type="opaque")).json()["access_token"] for _ in range(2)]
        assert await opens(stranger, used)
        clock.advance(86_399)
        assert await opens(stranger, used)
        clock.advance(1)
        assert not await opens(stranger, used)
        assert not await opens(stranger, unused)

    async def test_only_its_hash_is_stored(
        self, stranger: httpx.AsyncClient, client: NewClient, services: Services
    ) -> None:
        token = (await ask(stranger, client, token_type="opaque")).json()["access_token"]
        (stored,) = await services.access.service_tokens(client.client.id)
        assert stored.token_hash == hashlib.sha256(token.encode()).digest()
        assert token not in repr(stored)

    async def test_a_made_up_one_is_401(self, stranger: httpx.AsyncClient, client: NewClient) -> None:
        assert not await opens(stranger, "tdst_" + "A" * 43)
        assert not await opens(stranger, "tdst_")

    async def test_a_revoked_one_stops_working_within_ten_seconds(
        self, stranger: httpx.AsyncClient, client: NewClient, services: Services, clock: SetClock
    ) -> None:
        first, second = [(await ask(stranger, client, token_type="opaque")).json()["access_token"] for _ in range(2)]
        assert await opens(stranger, first)
        assert await opens(stranger, second)
        by_hash = {one.token_hash: one.id for one in await services.access.service_tokens(client.client.id)}
        await services.access.revoke_service_token(by_hash[hashlib.sha256(first.encode()).digest()], clock.now())
        clock.advance(10)
        assert not await opens(stranger, first)
        assert await opens(stranger, second), "the others live on"
        with pytest.raises(ServiceTokenNotFound):
            await services.access.revoke_service_token("unknown", clock.now())


class TestRevokedClients:
    async def test_their_tokens_stop_working_within_ten_seconds_in_every_process(
        self, stranger: httpx.AsyncClient, client: NewClient, services: Services, clock: SetClock
    ) -> None:
        tokens = [
            (await ask(stranger, client)).json()["access_token"],
            (await ask(stranger, client, token_type="opaque")).json()["access_token"],
        ]
        for token in tokens:
            assert await opens(stranger, token)
        await services.access.revoke_client(client.client.id, clock.now())
        clock.advance(10)
        for token in tokens:
            assert not await opens(stranger, token)
            assert await JwtTokens(services.access, clock).verify(token) is None, "a process that starts afterwards"

    async def test_they_get_no_more_tokens(
        self, stranger: httpx.AsyncClient, client: NewClient, signer: Signer, services: Services, clock: SetClock
    ) -> None:
        for client_id in (client.client.id, signer.client_id):
            await services.access.revoke_client(client_id, clock.now())
        for answer in (await ask(stranger, client), await show(stranger, signer.assertion())):
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    async def test_other_clients_are_left_alone(
        self,
        stranger: httpx.AsyncClient,
        api: httpx.AsyncClient,
        client: NewClient,
        services: Services,
        clock: SetClock,
    ) -> None:
        assert (await api.get("/campaigns")).status_code == 200
        await services.access.revoke_client(client.client.id, clock.now())
        clock.advance(10)
        assert (await api.get("/campaigns")).status_code == 200

    async def test_revoking_again_changes_nothing_and_an_unknown_one_is_not_found(
        self, client: NewClient, services: Services, clock: SetClock
    ) -> None:
        at = clock.now()
        await services.access.revoke_client(client.client.id, at)
        clock.advance(60)
        await services.access.revoke_client(client.client.id, clock.now())
        stored = await services.access.client(client.client.id)
        assert stored is not None
        assert stored.revoked_at == at
        with pytest.raises(ClientNotFound):
            await services.access.revoke_client("nobody", at)


class TestIntrospection:
    async def introspect(self, stranger: httpx.AsyncClient, client: NewClient, token: str) -> dict[str, Any]:
        headers = basic(client.client.id, client.secret)
        answer = await stranger.post("/oauth/introspect", data={"token": token}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        body: dict[str, Any] = answer.json()
        return body

    async def test_a_token_tells_what_it_says(
        self, stranger: httpx.AsyncClient, client: NewClient, services: Services, clock: SetClock
    ) -> None:
        token = (await ask(stranger, client)).json()["access_token"]
        body = await self.introspect(stranger, client, token)
        now = int(clock.now().timestamp())
        assert body == {
            "kid": (await services.access.keys())[0].kid,
            "sig": token.split(".")[2],
            "token_introspection": {
                "active": True,
                "iss": "outdial",
                "aud": DEFAULT_ACCOUNT,
                "exp": now + 599,
                "nbf": now,
                "iat": now,
                "cid": client.client.id,
                "aid": str(client.client.account.id),
                "scp": "campaigns:read campaigns:write",
            },
        }

    async def test_a_service_token_has_neither_key_nor_signature(
        self, stranger: httpx.AsyncClient, client: NewClient
    ) -> None:
        token = (await ask(stranger, client, token_type="opaque")).json()["access_token"]
        body = await self.introspect(stranger, client, token)
        assert set(body) == {"token_introspection"}
        said = body["token_introspection"]
        assert (said["active"], said["exp"] - said["iat"], said["cid"]) == (True, 86400, client.client.id)

    async def test_what_is_no_good_token_is_not_active_and_nothing_more(
        self, stranger: httpx.AsyncClient, client: NewClient, bearer: Bearer, clock: SetClock
    ) -> None:
        out_of_date = (await ask(stranger, client)).json()["access_token"]
        clock.advance(600)
        good = (await ask(stranger, client)).json()["access_token"]
        of_another_account = (await bearer(account="acme"))["Authorization"].removeprefix("Bearer ")
        for token in (out_of_date, tampered(good), of_another_account, "x", "tdst_x"):
            body = await self.introspect(stranger, client, token)
            assert body == {"token_introspection": {"active": False}}

    async def test_a_client_that_signs_may_ask_too(self, stranger: httpx.AsyncClient, signer: Signer) -> None:
        token = (await show(stranger, signer.assertion())).json()["access_token"]
        form = {
            "token": token,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signer.assertion(),
        }
        body = (await stranger.post("/oauth/introspect", data=form)).json()
        assert body["token_introspection"]["active"] is True

    @pytest.mark.parametrize("form", [{}, {"token": ""}, {"other": "x"}])
    async def test_without_a_token_it_is_400_with_a_code_of_its_own(
        self, stranger: httpx.AsyncClient, client: NewClient, form: dict[str, str]
    ) -> None:
        headers = basic(client.client.id, client.secret) | {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await stranger.post("/oauth/introspect", content=urlencode(form), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "0070201")
        assert answer.json()["message"]

    async def test_strangers_may_not_ask(self, stranger: httpx.AsyncClient, client: NewClient) -> None:
        answer = await stranger.post("/oauth/introspect", data={"token": "x"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


class TestRotationOfTheSigningKey:
    async def kids(self, stranger: httpx.AsyncClient) -> list[str]:
        return [key["kid"] for key in (await stranger.get("/oauth/2023-10/certs")).json()["keys"]]

    async def test_the_new_key_is_published_at_once_and_signs_when_every_process_has_seen_it(
        self, stranger: httpx.AsyncClient, client: NewClient, services: Services, clock: SetClock
    ) -> None:
        (old,) = await self.kids(stranger)
        elsewhere = JwtTokens(services.access, clock)
        new = (await rotate_signing_key(access=services.access, tokens=services.tokens)).kid
        assert await self.kids(stranger) == [new, old]
        token = (await ask(stranger, client)).json()["access_token"]
        assert kid_of(token) == old
        assert await elsewhere.verify(token) is not None
        clock.advance(30)
        token = (await ask(stranger, client)).json()["access_token"]
        assert kid_of(token) == new
        assert await elsewhere.verify(token) is not None
        assert await opens(stranger, token)

    async def test_an_old_key_stays_in_the_set_until_its_tokens_have_expired(
        self, stranger: httpx.AsyncClient, client: NewClient, services: Services, clock: SetClock
    ) -> None:
        (old,) = await self.kids(stranger)
        await rotate_signing_key(access=services.access, tokens=services.tokens)
        clock.advance(19)
        token = (await ask(stranger, client)).json()["access_token"]
        assert kid_of(token) == old
        clock.advance(598)
        assert await opens(stranger, token)
        assert old in await self.kids(stranger)
        clock.advance(60)
        assert old not in await self.kids(stranger)

    async def test_the_next_rotation_deletes_keys_that_are_long_gone(self, services: Services, clock: SetClock) -> None:
        (first,) = await services.access.keys()
        await rotate_signing_key(access=services.access, tokens=services.tokens)
        clock.advance(2 * 3600)
        await rotate_signing_key(access=services.access, tokens=services.tokens)
        left = await services.access.keys()
        assert first.kid not in [key.kid for key in left]
        assert [key.retired_at is None for key in left] == [True, False]


def kid_of(token: str) -> str:
    """Which key a token says it was signed with."""
    header = token.split(".")[0]
    kid = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
    assert isinstance(kid, str)
    return kid


class DeadRing:
    """Storage that does not answer, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def keys(self) -> Sequence[SigningKey]:
        self.asked += 1
        await asyncio.sleep(0)
        raise Unavailable("the database does not answer")

    async def add_first_key(self, key: SigningKey) -> bool:
        raise Unavailable("the database does not answer")

    async def revocations(self) -> Revocations:
        raise Unavailable("the database does not answer")

    async def service_token(self, token_hash: bytes) -> ServiceToken | None:
        raise Unavailable("the database does not answer")


async def test_requests_do_not_stand_in_line_for_a_dead_database(clock: SetClock) -> None:
    ring = DeadRing()
    tokens = JwtTokens(ring, clock)
    answers = await asyncio.gather(*(tokens.verify("tdst_x") for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 5
    assert ring.asked == 1
    with pytest.raises(Unavailable):
        await tokens.verify("tdst_x")
    assert ring.asked == 2, "the next one asks again"


class TestCommands:
    @pytest.fixture
    def outdial(
        self, fresh_database: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., Any]:
        """Runs `outdial clients ... --json` on the test's database; what it printed."""
        at = {name: quote(str(fresh_database[name]), safe="") for name in ("user", "host", "port", "database")}
        password = quote(str(fresh_database.get("password") or ""), safe="")
        url = f"postgresql://{at['user']}:{password}@/{at['database']}?host={at['host']}&port={at['port']}"
        monkeypatch.setenv("OUTDIAL_DATABASE_URL", url)
        monkeypatch.setenv("OUTDIAL_HOME", str(tmp_path))

        def run(*arguments: str) -> Any:
            done = CliRunner().invoke(clients.app, [*arguments, "--json"], catch_exceptions=False)
            assert done.exit_code == 0, done.output
            return json.loads(done.stdout)

        return run

    def test_a_client_is_made_with_its_public_key_and_can_be_given_more(
        self, outdial: Callable[..., Any], tmp_path: Path
    ) -> None:
        for name in ("a.pem", "b.pem"):
            (tmp_path / name).write_bytes(ECKey.generate_key("P-256").as_pem(private=False))
        scopes = "campaigns:read"
        made = outdial("create", "--name", "CRM", "--scopes", scopes, "--public-key", str(tmp_path / "a.pem"))
        assert "client_secret" not in made
        added = outdial("add-key", made["client_id"], str(tmp_path / "b.pem"))
        assert added["client_id"] == made["client_id"]
        assert added["key_id"] != made["key_id"]
        assert outdial("tokens", made["client_id"])["tokens"] == []

    def test_the_signing_key_is_rotated(self, outdial: Callable[..., Any]) -> None:
        first, second = outdial("rotate-signing-key"), outdial("rotate-signing-key")
        assert first["key_id"] != second["key_id"]
