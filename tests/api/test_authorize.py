"""People let programs act in their name: consent, a code, tokens, and new tokens for old ones."""

import base64
import hashlib
import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.storage.database import Database
from outdial.api.services import Services
from outdial.app.access import NewClient, create_client
from outdial.domain.access import DEFAULT_ACCOUNT, Role, Scope
from outdial.domain.errors import Invalid
from outdial.domain.grants import CODE_LIFETIME, REFRESH_LIFETIME
from tests.api.conftest import BASE_URL, a_campaign
from tests.api.test_logins import Browser, a_person
from tests.conftest import SetClock

BACK = "https://crm.example/back?from=outdial"
SCOPES = (Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE, Scope.USERS_WRITE)


@pytest.fixture
async def program(services: Services, clock: SetClock) -> NewClient:
    return await create_client(
        DEFAULT_ACCOUNT,
        name="CRM <b>",
        scopes=SCOPES,
        redirect_uris=[BACK],
        access=services.access,
        clock=clock,
    )


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(app) as one:
        yield one


async def signed_in(
    api: httpx.AsyncClient, services: Services, app: FastAPI, browser: Browser, role: Role = Role.SUPERVISOR
) -> str:
    """Somebody of that role is at the browser; the id of the user."""
    user = await a_person(api, services, app, role)
    await browser.sign_in()
    return user


def question(program: NewClient, **more: str) -> dict[str, str]:
    asked = {"client_id": program.client.id, "redirect_uri": BACK, "response_type": "code", "state": "s&1"}
    return asked | more


async def said(browser: httpx.AsyncClient, decision: str, asked: dict[str, str]) -> httpx.Response:
    """What comes when the page's own form is sent."""
    page = await browser.get("/oauth/authorize", params=asked)
    assert page.status_code == 200, page.text
    form = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
    }
    assert form == asked
    return await browser.post("/oauth/authorize", data=form | {"decision": decision})


def carried(answer: httpx.Response) -> dict[str, str]:
    """What the browser carries back to the program."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith("https://crm.example/back?from=outdial&")
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def tokens(stranger: httpx.AsyncClient, program: NewClient, **form: str) -> httpx.Response:
    return await stranger.post("/oauth/token", data=form, auth=(program.client.id, program.secret))


async def exchanged(stranger: httpx.AsyncClient, program: NewClient, code: str, **more: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    return await tokens(stranger, program, **form | more)


async def refreshed(stranger: httpx.AsyncClient, program: NewClient, token: str, **more: str) -> httpx.Response:
    return await tokens(stranger, program, grant_type="refresh_token", refresh_token=token, **more)


async def granted(
    browser: httpx.AsyncClient, stranger: httpx.AsyncClient, program: NewClient, **asked: str
) -> dict[str, Any]:
    """Tokens by which the program acts for whoever sits at the browser."""
    code = carried(await said(browser, "allow", question(program, **asked)))["code"]
    answer = await exchanged(stranger, program, code)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


class TestConsent:
    async def test_a_page_tells_who_asks_for_what(self, browser: Browser, program: NewClient) -> None:
        page = await browser.get("/oauth/authorize", params=question(program, scope="campaigns:read"))
        assert page.headers["content-type"].startswith("text/html")
        assert "CRM &lt;b&gt;" in page.text and "<b>" not in page.text
        assert "List and view campaigns" in page.text and "Create, change and delete campaigns" not in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]

    async def test_brings_a_code_and_the_state(
        self, api: httpx.AsyncClient, services: Services, app: FastAPI, browser: Browser, program: NewClient
    ) -> None:
        await signed_in(api, services, app, browser)
        back = carried(await said(browser, "allow", question(program)))
        assert back.keys() == {"from", "code", "state"}
        assert back["state"] == "s&1"

    async def test_may_be_refused(self, browser: Browser, program: NewClient) -> None:
        assert carried(await said(browser, "deny", question(program)))["error"] == "access_denied"

    async def test_needs_somebody_who_is_signed_in(self, browser: Browser, program: NewClient) -> None:
        answer = await said(browser, "allow", question(program))
        assert (answer.status_code, "Sign in" in answer.text) == (401, True)

    async def test_is_not_taken_from_a_page_of_another_host(
        self, api: httpx.AsyncClient, services: Services, app: FastAPI, browser: Browser, program: NewClient
    ) -> None:
        await signed_in(api, services, app, browser)
        form = question(program) | {"decision": "allow"}
        answer = await browser.post("/oauth/authorize", data=form, headers={"Origin": "https://crm.example"})
        assert refusal(answer) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "change",
        [{"client_id": "nobody"}, {"redirect_uri": "https://elsewhere.example/"}, {"redirect_uri": f"{BACK}x"}],
    )
    async def test_sends_nobody_to_an_address_that_was_not_registered(
        self, browser: Browser, program: NewClient, change: dict[str, str]
    ) -> None:
        answer = await browser.get("/oauth/authorize", params=question(program) | change)
        assert refusal(answer) == (400, "invalid_request")

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"scope": "campaigns:fly"}, "invalid_scope"),
            ({"scope": "record-lists:manage"}, "invalid_scope"),
            ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
        ],
    )
    async def test_tells_the_program_what_is_wrong_with_its_question(
        self, browser: Browser, program: NewClient, change: dict[str, str], error: str
    ) -> None:
        back = carried(await browser.get("/oauth/authorize", params=question(program) | change))
        assert (back["error"], back["state"]) == (error, "s&1")

    async def test_of_another_accounts_person_is_none(
        self, api: httpx.AsyncClient, services: Services, app: FastAPI, browser: Browser, clock: SetClock
    ) -> None:
        await services.access.add_account("other", clock.now())
        theirs = await create_client(
            "other", name="X", scopes=SCOPES, redirect_uris=[BACK], access=services.access, clock=clock
        )
        await signed_in(api, services, app, browser)
        assert carried(await said(browser, "allow", question(theirs)))["error"] == "access_denied"


class TestTokens:
    async def test_act_for_the_person_with_what_both_may_do(
        self,
        api: httpx.AsyncClient,
        services: Services,
        app: FastAPI,
        browser: Browser,
        stranger: httpx.AsyncClient,
        program: NewClient,
    ) -> None:
        user = await signed_in(api, services, app, browser)
        body = await granted(browser, stranger, program)
        # A supervisor may not change users, so the program may not in their name.
        assert body["scope"] == "campaigns:read campaigns:write"
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 599)
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        made = await stranger.post("/campaigns", json=a_campaign(), headers=headers)
        assert made.status_code == 201
        changes = (await api.get("/v1/audit")).json()["_embedded"]["changes"]
        assert any(user in str(change) and program.client.id in str(change) for change in changes)
        facts = await tokens_facts(stranger, program, body["access_token"])
        assert (facts["active"], facts["cid"]) == (True, program.client.id)

    async def test_of_somebody_who_may_only_look_change_nothing(
        self,
        api: httpx.AsyncClient,
        services: Services,
        app: FastAPI,
        browser: Browser,
        stranger: httpx.AsyncClient,
        clock: SetClock,
    ) -> None:
        lists = await create_client(
            DEFAULT_ACCOUNT,
            name="Lists",
            scopes=[Scope.RECORD_LISTS_MANAGE],
            redirect_uris=[BACK],
            access=services.access,
            clock=clock,
        )
        await signed_in(api, services, app, browser, Role.VIEWER)
        body = await granted(browser, stranger, lists)
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        assert (await stranger.get("/record-lists", headers=headers)).status_code == 200
        assert (await stranger.post("/record-lists", json={"name": "L"}, headers=headers)).status_code == 403

    async def test_cost_a_code_that_is_good_once_and_for_a_minute(
        self,
        api: httpx.AsyncClient,
        services: Services,
        app: FastAPI,
        browser: Browser,
        stranger: httpx.AsyncClient,
        program: NewClient,
        clock: SetClock,
    ) -> None:
        await signed_in(api, services, app, browser)
        code = carried(await said(browser, "allow", question(program)))["code"]
        first = (await exchanged(stranger, program, code)).json()
        assert refusal(await exchanged(stranger, program, code)) == (400, "invalid_grant")
        # Who comes second may be the thief, or the first was: what the first got is over, too.
        assert refusal(await refreshed(stranger, program, first["refresh_token"])) == (400, "invalid_grant")
        late = carried(await said(browser, "allow", question(program)))["code"]
        clock.advance(CODE_LIFETIME.total_seconds())
        assert refusal(await exchanged(stranger, program, late)) == (400, "invalid_grant")

    async def test_go_to_the_program_and_the_address_that_the_code_was_made_for(
        self,
        api: httpx.AsyncClient,
        services: Services,
        app: FastAPI,
        browser: Browser,
        stranger: httpx.AsyncClient,
        program: NewClient,
        clock: SetClock,
    ) -> None:
        await signed_in(api, services, app, browser)
        other = await create_client(DEFAULT_ACCOUNT, name="Y", scopes=SCOPES, access=services.access, clock=clock)
        for who, more in ((other, {}), (program, {"redirect_uri": "https://crm.example/"})):
            code = carried(await said(browser, "allow", question(program)))["code"]
            assert refusal(await exchanged(stranger, who, code, **more)) == (400, "invalid_grant")

    async def test_need_the_verifier_of_a_challenge(
        self,
        api: httpx.AsyncClient,
        services: Services,
        app: FastAPI,
        browser: Browser,
        stranger: httpx.AsyncClient,
        program: NewClient,
    ) -> None:
        await signed_in(api, services, app, browser)
        verifier = "v" * 43
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = {
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        for shown, status in (({"code_verifier": verifier}, 200), ({"code_verifier": "w" * 43}, 400), ({}, 400)):
            code = carried(await said(browser, "allow", question(program, **challenge)))["code"]
            assert (await exchanged(stranger, program, code, **shown)).status_code == status


async def tokens_facts(stranger: httpx.AsyncClient, program: NewClient, token: str) -> dict[str, Any]:
    answer = await stranger.post("/oauth/introspect", data={"token": token}, auth=(program.client.id, program.secret))
    facts: dict[str, Any] = answer.json()["token_introspection"]
    return facts


class TestRefresh:
    @pytest.fixture
    async def first(
        self,
        api: httpx.AsyncClient,
        services: Services,
        app: FastAPI,
        browser: Browser,
        stranger: httpx.AsyncClient,
        program: NewClient,
    ) -> dict[str, Any]:
        user = await signed_in(api, services, app, browser)
        return {**await granted(browser, stranger, program), "user": user}

    async def test_brings_new_tokens_of_the_same_grant(
        self, stranger: httpx.AsyncClient, program: NewClient, first: dict[str, Any]
    ) -> None:
        second = (await refreshed(stranger, program, first["refresh_token"])).json()
        assert (second["sid"], second["scope"]) == (first["sid"], first["scope"])
        assert second["refresh_token"] != first["refresh_token"]
        headers = {"Authorization": f"Bearer {second['access_token']}"}
        assert (await stranger.get("/campaigns", headers=headers)).status_code == 200

    async def test_may_ask_for_less_and_not_for_more(
        self, stranger: httpx.AsyncClient, program: NewClient, first: dict[str, Any]
    ) -> None:
        less = (await refreshed(stranger, program, first["refresh_token"], scope="campaigns:read")).json()
        assert less["scope"] == "campaigns:read"
        # The grant stays as wide as it was.
        whole = (await refreshed(stranger, program, less["refresh_token"])).json()
        assert whole["scope"] == first["scope"]
        more = await refreshed(stranger, program, whole["refresh_token"], scope="campaigns:read users:write")
        assert refusal(more) == (400, "invalid_grant")

    async def test_a_token_that_comes_again_ends_all_that_came_of_it(
        self, stranger: httpx.AsyncClient, program: NewClient, first: dict[str, Any]
    ) -> None:
        second = (await refreshed(stranger, program, first["refresh_token"])).json()
        assert refusal(await refreshed(stranger, program, first["refresh_token"])) == (400, "invalid_grant")
        assert refusal(await refreshed(stranger, program, second["refresh_token"])) == (400, "invalid_grant")

    async def test_ends_when_it_was_not_used_for_30_days(
        self, stranger: httpx.AsyncClient, program: NewClient, first: dict[str, Any], clock: SetClock
    ) -> None:
        clock.advance((REFRESH_LIFETIME - timedelta(seconds=1)).total_seconds())
        second = (await refreshed(stranger, program, first["refresh_token"])).json()
        clock.advance(REFRESH_LIFETIME.total_seconds())
        assert refusal(await refreshed(stranger, program, second["refresh_token"])) == (400, "invalid_grant")

    async def test_ends_with_the_persons_role(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, program: NewClient, first: dict[str, Any]
    ) -> None:
        path = f"/v1/users/{first['user']}/role"
        assert (await api.put(path, json={"role": "viewer"})).status_code == 200
        second = (await refreshed(stranger, program, first["refresh_token"])).json()
        assert second["scope"] == "campaigns:read"
        assert (await api.put(path, json={"role": "viewer", "disabled": True})).status_code == 200
        assert refusal(await refreshed(stranger, program, second["refresh_token"])) == (400, "invalid_grant")

    async def test_without_a_token_is_unauthorized(self, stranger: httpx.AsyncClient, program: NewClient) -> None:
        assert refusal(await tokens(stranger, program, grant_type="refresh_token")) == (401, "unauthorized")

    async def test_only_hashes_of_tokens_are_stored(self, database: Database, first: dict[str, Any]) -> None:
        async with database.connection() as connection:
            stored = str([tuple(row) for row in await connection.fetch("select * from oauth_grant_word")])
        assert first["refresh_token"] not in stored


@pytest.mark.parametrize(
    "uri", ["http://crm.example/", "javascript:alert(1)", "https://crm.example/#x", "https://", "/back", "https://a b/"]
)
async def test_only_addresses_that_nobody_can_listen_in_on_are_registered(
    services: Services, clock: SetClock, uri: str
) -> None:
    with pytest.raises(Invalid):
        await create_client(
            DEFAULT_ACCOUNT, name="X", scopes=SCOPES, redirect_uris=[uri], access=services.access, clock=clock
        )


async def test_an_address_on_the_persons_own_machine_may_be_registered(services: Services, clock: SetClock) -> None:
    uri = f"{BASE_URL.replace('outdial.test', 'localhost:8123')}/back"
    made = await create_client(
        DEFAULT_ACCOUNT, name="X", scopes=SCOPES, redirect_uris=[uri], access=services.access, clock=clock
    )
    stored = await services.access.client(made.client.id)
    assert stored is not None and stored.redirect_uris == (uri,)
