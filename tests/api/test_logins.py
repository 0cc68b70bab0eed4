"""Signing in to the console: who may, for how long, with what cookie, and what a role lets them do."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.api.services import Services
from outdial.app import logins
from outdial.domain.access import RIGHTS, Role, Scope
from outdial.domain.logins import IDLE, LINK_LIFETIME, LONGEST_LOGIN, AdminExists
from outdial.domain.values import AccountId
from tests.api.conftest import Bearer, Parts, created, new_app
from tests.api.every_route import Door, World, a_world, doors, nobodys
from tests.api.held_against import Described
from tests.conftest import SetClock

SITE = "https://outdial.test"
PASSWORD = "correct horse battery"
EMAIL = "ana@example.com"


class Browser(httpx.AsyncClient):
    """Keeps cookies; every answer is held against the document of the API."""

    def __init__(self, app: FastAPI, site: str = SITE) -> None:
        super().__init__(transport=Described(httpx.ASGITransport(app)), base_url=site)

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> dict[str, Any]:
        """As a page does it; from here on it names its token with every request."""
        answer = await self.post("/v1/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return self._take(answer)

    async def use(self, word: str, **more: str) -> dict[str, Any]:
        answer = await self.post("/v1/login/link", json={"token": word, **more})
        assert answer.status_code == 200, answer.text
        return self._take(answer)

    def _take(self, answer: httpx.Response) -> dict[str, Any]:
        login: dict[str, Any] = answer.json()
        self.headers["X-CSRF-Token"] = login["csrf_token"]
        return login


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(app) as one:
        yield one


async def link(services: Services, user: str | None = None) -> str:
    account = await services.access.account("default")
    made = await logins.make_link(
        account.id, user, storage=services.storage, logins=services.logins, clock=services.wall
    )
    return made.word


async def a_person(api: httpx.AsyncClient, services: Services, app: FastAPI, role: Role, email: str = EMAIL) -> str:
    """Somebody of that role with a password; the id of the user."""
    made = (await api.post("/v1/users", json={"name": "Ana", "email": email})).json()
    answer = await api.put(f"/v1/users/{made['id']}/role", json={"role": role.value})
    assert answer.status_code == 200, answer.text
    async with Browser(app) as first:
        await first.use(await link(services, made["id"]), password=PASSWORD)
    user: str = made["id"]
    return user


class TestTheFirstAdmin:
    async def test_a_link_of_the_servers_makes_them_and_works_once(self, browser: Browser, services: Services) -> None:
        assert (await browser.get("/v1/login/options")).json() == {"password": True, "first_run": True}
        word = await link(services)
        assert (await browser.post("/v1/login/link/peek", json={"token": word})).json() == {"does": "first-admin"}
        login = await browser.use(word, name="Ana Lima", email="Ana@Example.com", password=PASSWORD)
        assert login["user"] | {"id": ""} == {"id": "", "name": "Ana Lima", "email": EMAIL, "role": "admin"}
        assert (await browser.get("/v1/login")).json()["user"] == login["user"]
        assert (await browser.get("/v1/login/options")).json()["first_run"] is False
        again = await browser.post("/v1/login/link", json={"token": word, "password": PASSWORD})
        assert (again.status_code, again.json()["code"]) == (404, "link-not-good")
        with pytest.raises(AdminExists):
            await link(services)

    async def test_a_link_goes_on_working_until_all_that_it_needs_is_said(
        self, browser: Browser, services: Services
    ) -> None:
        word = await link(services)
        for more, wrong in (
            ({}, "password"),
            ({"password": "short", "name": "Ana", "email": EMAIL}, "password"),
            ({"password": "aaaaaaaaaaaaaaa", "name": "Ana", "email": EMAIL}, "password"),
            ({"password": PASSWORD, "email": EMAIL}, "name"),
            ({"password": PASSWORD, "name": "Ana", "email": "nowhere"}, "email"),
        ):
            answer = await browser.post("/v1/login/link", json={"token": word, **more})
            assert (answer.status_code, [one["name"] for one in answer.json()["fields"]]) == (400, [wrong])
        assert (await browser.use(word, name="Ana", email=EMAIL, password=PASSWORD))["user"]["role"] == "admin"

    async def test_the_newest_link_is_the_only_one_and_ends_after_a_day(
        self, browser: Browser, services: Services, clock: SetClock
    ) -> None:
        old, new = await link(services), await link(services)
        assert (await browser.post("/v1/login/link/peek", json={"token": old})).status_code == 404
        clock.at += LINK_LIFETIME
        assert (await browser.post("/v1/login/link/peek", json={"token": new})).status_code == 404


class TestSigningIn:
    async def test_by_password_with_a_cookie_that_no_script_and_no_other_site_can_use(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        await a_person(api, services, app, Role.SUPERVISOR)
        answer = await browser.post("/v1/login", json={"email": " ANA@example.com", "password": PASSWORD})
        cookie = answer.headers["set-cookie"].lower()
        for word in ("httponly", "samesite=strict", "secure", "path=/"):
            assert word in cookie
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["read_only"] is False
        assert set(answer.json()["scopes"]) == {scope.value for scope in RIGHTS[Role.SUPERVISOR].scopes}
        assert (await browser.get("/campaigns")).status_code == 200

    @pytest.mark.parametrize(
        ("email", "password"), [(EMAIL, "wrong horse battery"), ("bea@example.com", PASSWORD), (EMAIL, "x" * 999)]
    )
    async def test_a_wrong_word_is_refused_without_saying_which(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI, email: str, password: str
    ) -> None:
        await a_person(api, services, app, Role.VIEWER)
        answer = await browser.post("/v1/login", json={"email": email, "password": password})
        assert (answer.status_code, answer.json()["code"]) == (401, "login-refused")
        assert answer.json()["message"].startswith("the e-mail address or the password is wrong")
        assert "set-cookie" not in answer.headers

    async def test_whoever_is_guessing_has_to_wait(self, browser: Browser) -> None:
        guess = {"email": EMAIL, "password": "wrong"}
        codes = [(await browser.post("/v1/login", json=guess)).status_code for _ in range(11)]
        assert codes == [401] * 10 + [429]
        other = await browser.post("/v1/login", json={**guess, "email": "bea@example.com"})
        assert other.status_code == 401

    async def test_without_https_only_on_this_machine(
        self, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        await a_person(api, services, app, Role.VIEWER)
        words = {"email": EMAIL, "password": PASSWORD}
        async with Browser(app, "http://dialer.example") as open_net:
            answer = await open_net.post("/v1/login", json=words)
            assert (answer.status_code, answer.json()["code"]) == (422, "needs-https")
        async with Browser(app, "http://127.0.0.1:8000") as here:
            assert "secure" not in (await here.post("/v1/login", json=words)).headers["set-cookie"].lower()
        behind_a_proxy = new_app(replace(services, public_url="https://dialer.example"))
        async with Browser(behind_a_proxy, "http://dialer.example") as proxied:
            assert "secure" in (await proxied.post("/v1/login", json=words)).headers["set-cookie"].lower()

    async def test_a_login_ends_when_it_is_not_used_and_after_a_week_in_any_case(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI, clock: SetClock
    ) -> None:
        await a_person(api, services, app, Role.VIEWER)
        await browser.sign_in()
        begin = clock.at
        while clock.at < begin + LONGEST_LOGIN:
            assert (await browser.get("/v1/login")).status_code == 200
            clock.at += IDLE - timedelta(minutes=2)
        answer = await browser.get("/v1/login")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        await browser.sign_in()
        clock.at += IDLE
        assert (await browser.get("/campaigns")).status_code == 401

    async def test_signing_out_ends_it_on_the_server_too(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        await a_person(api, services, app, Role.VIEWER)
        await browser.sign_in()
        word = browser.cookies["outdial_session"]
        assert (await browser.delete("/v1/login")).status_code == 204
        assert "outdial_session" not in browser.cookies
        assert (await browser.get("/v1/login", headers={"Cookie": f"outdial_session={word}"})).status_code == 401


class TestPasswords:
    async def test_ones_own_is_changed_with_the_old_one_and_ends_all_other_logins(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        await a_person(api, services, app, Role.VIEWER)
        await browser.sign_in()
        async with Browser(app) as other:
            await other.sign_in()
            body = {"old_password": "wrong", "password": "another horse battery"}
            wrong = await browser.put("/v1/login/password", json=body)
            assert (wrong.status_code, wrong.json()["fields"][0]["name"]) == (400, "old_password")
            changed = await browser.put("/v1/login/password", json={**body, "old_password": PASSWORD})
            assert changed.status_code == 200
            assert (await browser.get("/v1/login")).status_code == 200
            assert (await other.get("/v1/login")).status_code == 401
            assert (await other.post("/v1/login", json={"email": EMAIL, "password": PASSWORD})).status_code == 401
            await other.sign_in(password="another horse battery")

    async def test_an_admin_makes_a_link_for_somebody_who_forgot_theirs(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        user = await a_person(api, services, app, Role.AGENT)
        made = (await api.post(f"/v1/users/{user}/password-link")).json()
        page, _, word = made["href"].partition("#")
        assert page.endswith("/console/welcome")
        peeked = (await browser.post("/v1/login/link/peek", json={"token": word})).json()
        assert peeked == {"does": "password", "name": "Ana", "email": EMAIL}
        await browser.use(word, password="another horse battery")
        nameless = (await api.post("/v1/users", json={"name": "Bea"})).json()["id"]
        assert (await api.post(f"/v1/users/{nameless}/password-link")).status_code == 400

    async def test_nothing_that_is_stored_is_the_password_or_the_cookie(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI, parts: Parts
    ) -> None:
        await a_person(api, services, app, Role.VIEWER)
        await browser.sign_in()
        async with parts.database.connection() as connection:
            kept = await connection.fetchval("select password_hash from app_user where password_hash is not null")
            word = await connection.fetchval("select encode(token_hash, 'escape') from login limit 1")
        assert kept.startswith("$argon2id$") and PASSWORD not in kept
        assert browser.cookies["outdial_session"] not in word


class TestOtherSites:
    """A cookie is sent for pages of others as well: what they send must do nothing."""

    async def test_a_change_needs_the_token_that_only_our_page_knows(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        await a_person(api, services, app, Role.ADMIN)
        await browser.sign_in()
        assert (await browser.post("/v1/teams", json={"name": "North"})).status_code == 201
        for token in (b"", b"0" * 40, b"\xfc"):
            headers = httpx.Headers([(b"X-CSRF-Token", token)])
            refused = await browser.post("/v1/teams", json={"name": "South"}, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "csrf-refused")
        assert (await browser.get("/v1/teams")).json()["total"] == 1

    async def test_a_change_does_not_come_from_a_page_of_another_host(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        await a_person(api, services, app, Role.ADMIN)
        elsewhere = {"Origin": "https://evil.example"}
        words = {"email": EMAIL, "password": PASSWORD}
        assert (await browser.post("/v1/login", json=words, headers=elsewhere)).status_code == 403
        await browser.sign_in()
        for origin, status in (("https://evil.example", 403), ("null", 403), (SITE, 201)):
            answer = await browser.post("/v1/teams", json={"name": "North"}, headers={"Origin": origin})
            assert answer.status_code == status

    async def test_a_token_of_a_client_needs_none_of_this(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/v1/teams", json={"name": "North"}, headers={"Origin": "https://crm.example"})
        assert answer.status_code == 201


class TestAdmins:
    async def test_the_last_one_stays(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        only = await a_person(api, services, app, Role.ADMIN)
        await browser.sign_in()
        for change in ({"role": "viewer"}, {"role": "admin", "disabled": True}):
            answer = await browser.put(f"/v1/users/{only}/role", json=change)
            assert (answer.status_code, answer.json()["code"]) == (422, "last-admin")
        assert (await browser.delete(f"/v1/users/{only}")).json()["code"] == "last-admin"
        await a_person(api, services, app, Role.ADMIN, "bea@example.com")
        assert (await browser.put(f"/v1/users/{only}/role", json={"role": "viewer"})).status_code == 200

    async def test_who_is_disabled_is_out_at_once(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        user = await a_person(api, services, app, Role.SUPERVISOR)
        await browser.sign_in()
        shown = (await api.put(f"/v1/users/{user}/role", json={"role": "supervisor", "disabled": True})).json()
        assert (shown["role"], shown["disabled"], shown["has_password"]) == ("supervisor", True, True)
        assert (await browser.get("/v1/login")).status_code == 401
        assert (await browser.post("/v1/login", json={"email": EMAIL, "password": PASSWORD})).status_code == 401

    async def test_a_role_is_one_of_those_there_are(self, api: httpx.AsyncClient, parts: Parts) -> None:
        user = await parts.user()
        answer = await api.put(f"/v1/users/{user}/role", json={"role": "king"})
        assert (answer.status_code, answer.json()["fields"][0]["name"]) == (400, "role")

    async def test_what_a_signed_in_person_changes_is_theirs_in_the_audit(
        self, browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI
    ) -> None:
        user = await a_person(api, services, app, Role.SUPERVISOR)
        await browser.sign_in()
        await created(browser)
        newest = (await api.get("/v1/audit")).json()["_embedded"]["changes"][0]
        assert (newest["kind"], newest["user_id"], newest["client_id"]) == ("campaign", user, "console")
        roles = (await api.get("/v1/audit", params={"kind": "user", "field": "role"})).json()["_embedded"]["changes"]
        assert roles[0]["after"]["role"] == "supervisor"


AT_THE_DESK = frozenset({"/v1/dispositions", "/v1/dispositions/{disposition_id}", "/v1/agent-settings"})


def may(door: Door) -> frozenset[Role]:
    """Who may pass a door: admins every one, supervisors all but four, viewers what shows, agents their desk."""
    roles = {Role.ADMIN}
    scopes = {scope for demand in door.demands for scope in demand}
    if not scopes <= {Scope.USERS_WRITE, Scope.LOGINS_WRITE, Scope.CLIENTS_MANAGE, Scope.TRUNKS_WRITE}:
        roles.add(Role.SUPERVISOR)
        if door.method == "GET" and not door.path.startswith("/v1/webhook-") and not door.path.startswith("/v1/desk/"):
            roles.add(Role.VIEWER)
    own = door.path.startswith(("/v1/sessions", "/v1/attempts/", "/v1/desk/"))
    if own or (door.method == "GET" and door.path in AT_THE_DESK):
        roles.add(Role.AGENT)
    return frozenset(roles)


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_the_doors_that_are_its_own_and_no_others(
    api: httpx.AsyncClient, services: Services, app: FastAPI, role: Role
) -> None:
    """Every route with every role: nothing is there to be found, so what is let in is 404 or complains of the body."""
    await a_person(api, services, app, Role.ADMIN, "somebody.else@example.com")
    await a_person(api, services, app, role)
    wrong = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as browser:
        answer = await browser.post("/v1/login", json={"email": EMAIL, "password": PASSWORD})
        browser.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        for door in doors():
            if not door.has_an_end and role in may(door):
                continue  # who is let in waits for ever here
            answer = await browser.request(door.method, nobodys(door), content=b"")
            refused = answer.status_code == 403
            if refused == (role in may(door)) or answer.status_code == 401:
                wrong.append(f"{door}: {answer.status_code}")
    assert wrong == []


async def test_an_agent_reads_the_calls_that_are_theirs_alone(
    browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI, parts: Parts
) -> None:
    user = await a_person(api, services, app, Role.AGENT)
    world: World = await a_world(api, parts, number="+1202555017", account="default")
    attempt = world.things["attempt_id"]
    await browser.sign_in()
    assert (await browser.get(f"/v1/attempts/{attempt}")).status_code == 404
    async with parts.database.transaction() as connection:
        await connection.execute(
            "update attempt set user_id = (select id from app_user where uuid = $1) where uuid = $2", user, attempt
        )
    assert (await browser.get(f"/v1/attempts/{attempt}")).status_code == 200
    said = {"disposition_id": world.things["disposition_id"]}
    assert (await browser.put(f"/v1/attempts/{attempt}/disposition", json=said)).status_code == 200


async def test_an_account_signs_in_its_own_people_alone(
    browser: Browser, api: httpx.AsyncClient, services: Services, app: FastAPI, bearer: Bearer
) -> None:
    await a_person(api, services, app, Role.ADMIN)
    await bearer(account="other")
    words = {"email": EMAIL, "password": PASSWORD}
    assert (await browser.post("/v1/login", json={**words, "account": "other"})).status_code == 401
    assert (await browser.post("/v1/login", json={**words, "account": "nobody"})).status_code == 401
    login = (await browser.post("/v1/login", json={**words, "account": "default"})).json()
    other = await services.access.account("other")
    assert other.id != AccountId(1)
    assert login["account"] == "default"
