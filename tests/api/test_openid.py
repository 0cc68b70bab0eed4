"""Signing in at the company's own place: there, back, and in; and every way in which the way back is not good."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey

from outdial.adapters.oauth.openid import HttpOpenId, OpenIdClient
from outdial.api.openid import JOURNEY_COOKIE
from outdial.api.services import Services
from outdial.app.openid import OpenId
from outdial.domain.access import Role
from outdial.domain.openid import OpenIdRules
from tests.api.company import CLIENT_ID, SECRET, Company, unsigned
from tests.api.conftest import new_app
from tests.api.test_logins import SITE, Browser
from tests.conftest import SetClock

EMAIL = "ana@example.com"
LEAVE, BACK = "/v1/login/openid", "/v1/login/openid/callback"


@pytest.fixture
async def company(clock: SetClock) -> AsyncIterator[Company]:
    async with Company(clock.now()).open() as one:
        yield one


def with_openid(services: Services, company: Company, **rules: Any) -> Services:
    client = OpenIdClient(company.issuer, CLIENT_ID, SECRET, "Example Ltd")
    return replace(services, openid=OpenId(HttpOpenId(client, services.wall), OpenIdRules(**rules)))


@pytest.fixture
async def browser(services: Services, company: Company) -> AsyncIterator[Browser]:
    async with Browser(new_app(with_openid(services, company))) as one:
        yield one


async def a_user(api: httpx.AsyncClient, email: str = EMAIL, role: Role = Role.SUPERVISOR) -> str:
    made = (await api.post("/v1/users", json={"name": "Ana", "email": email})).json()
    assert (await api.put(f"/v1/users/{made['id']}/role", json={"role": role.value})).status_code == 200
    user: str = made["id"]
    return user


async def leave(browser: Browser, to: str = "/") -> str:
    """Where the browser is sent."""
    answer = await browser.get(LEAVE, params={"to": to})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def there_and_back(browser: Browser, company: Company, to: str = "/", **changed: str) -> str:
    """Where the browser is in the end."""
    return await back(browser, {**company.sign_in(await leave(browser, to)), **changed})


async def back(browser: Browser, given: Mapping[str, str]) -> str:
    answer = await browser.get(BACK, params=given)
    assert answer.status_code == 303, answer.text
    assert JOURNEY_COOKIE not in browser.cookies, "it is good for one way back"
    return answer.headers["location"]


async def role_of(browser: Browser) -> str | None:
    """What who is signed in is; None where nobody is."""
    answer = await browser.get("/v1/login")
    return answer.json()["user"]["role"] if answer.status_code == 200 else None


FAILED, REFUSED = f"{SITE}/console/?error=openid-failed", f"{SITE}/console/?error=openid-refused"


class TestTheWayIn:
    async def test_the_button_is_there_only_where_it_leads_somewhere(
        self, browser: Browser, stranger: httpx.AsyncClient
    ) -> None:
        options = (await browser.get("/v1/login/options")).json()
        assert options["openid"] == {"name": "Example Ltd", "href": f"{SITE}{LEAVE}"}
        assert "openid" not in (await stranger.get("/v1/login/options")).json()
        for path in (LEAVE, BACK):
            assert (await stranger.get(path)).status_code == 404

    async def test_the_browser_leaves_with_state_nonce_and_challenge_and_keeps_their_secrets(
        self, browser: Browser, company: Company
    ) -> None:
        answer = await browser.get(LEAVE)
        address, cookie = answer.headers["location"], answer.headers["set-cookie"].lower()
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{company.issuer}/authorize?")
        assert asked | {"state": "", "nonce": "", "code_challenge": ""} == {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": f"{SITE}{BACK}",
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "state": "",
            "nonce": "",
            "code_challenge": "",
        }
        assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
        assert all(part in cookie for part in ("httponly", "samesite=lax", "secure", "max-age=600"))
        again = dict(parse_qsl(urlsplit(await leave(browser)).query))
        assert again["state"] != asked["state"] and again["nonce"] != asked["nonce"]

    async def test_a_user_with_that_address_is_signed_in_where_they_wanted_to_go(
        self, browser: Browser, company: Company, api: httpx.AsyncClient
    ) -> None:
        user = await a_user(api)
        assert await there_and_back(browser, company, "/settings/users") == f"{SITE}/console/settings/users"
        login = (await browser.get("/v1/login")).json()
        assert (login["user"]["id"], login["user"]["role"]) == (user, "supervisor")

    async def test_from_then_on_it_is_the_subject_that_counts_and_not_the_address(
        self, browser: Browser, company: Company, api: httpx.AsyncClient
    ) -> None:
        user = await a_user(api)
        await there_and_back(browser, company)
        company.claims = {"email": "ana.lima@example.com", "email_verified": False}
        await browser.delete("/v1/login")
        assert await there_and_back(browser, company) == f"{SITE}/console/"
        assert (await browser.get("/v1/login")).json()["user"]["id"] == user

    async def test_a_secret_goes_in_the_form_where_the_other_place_wants_it_there(
        self, browser: Browser, company: Company, api: httpx.AsyncClient
    ) -> None:
        company.about = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        await a_user(api)
        assert await there_and_back(browser, company) == f"{SITE}/console/"

    async def test_a_key_that_is_new_there_is_fetched_and_a_forged_name_is_not_looked_for_again_and_again(
        self, browser: Browser, company: Company, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        await a_user(api)
        await there_and_back(browser, company)
        clock.at += timedelta(minutes=2)
        company.key = ECKey.generate_key("P-256", {"kid": "two"})
        assert await there_and_back(browser, company) == f"{SITE}/console/"
        company.key = ECKey.generate_key("P-256", {"kid": "three"})
        for _ in range(3):
            assert await there_and_back(browser, company) == FAILED
        assert company.asked.count("keys") == 2
        assert company.asked.count("about") == 1


class TestTheWayBackIsNotGood:
    @pytest.fixture(autouse=True)
    async def known(self, api: httpx.AsyncClient) -> None:
        await a_user(api)

    async def test_without_having_left_from_this_browser(self, browser: Browser, company: Company) -> None:
        given = company.sign_in(await leave(browser))
        browser.cookies.clear()
        assert await back(browser, given) == FAILED

    async def test_with_another_state_code_or_sender(self, browser: Browser, company: Company) -> None:
        for changed in ({"state": "another"}, {"code": "another"}, {"iss": "https://elsewhere.example"}):
            assert await there_and_back(browser, company, **changed) == FAILED, changed
            assert await role_of(browser) is None, changed

    async def test_with_the_code_of_somebody_elses_journey(self, browser: Browser, company: Company) -> None:
        stolen = company.sign_in(await leave(browser))["code"]
        assert await there_and_back(browser, company, code=stolen) == FAILED

    async def test_with_a_code_that_was_used(self, browser: Browser, company: Company) -> None:
        given = company.sign_in(await leave(browser))
        cookie = browser.cookies[JOURNEY_COOKIE]
        assert await back(browser, given) == f"{SITE}/console/"
        await browser.delete("/v1/login")
        browser.cookies.set(JOURNEY_COOKIE, cookie, domain="outdial.test")
        assert await back(browser, given) == FAILED

    async def test_with_no_code_but_an_error(self, browser: Browser) -> None:
        await leave(browser)
        assert await back(browser, {"error": "access_denied", "state": "x"}) == FAILED

    async def test_with_a_token_that_says_something_wrong(self, browser: Browser, company: Company) -> None:
        wrong: tuple[dict[str, Any], ...] = (
            {"nonce": "of another journey"},
            {"nonce": None},
            {"aud": "another client"},
            {"aud": [CLIENT_ID, "another client"]},
            {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
            {"azp": "another client"},
            {"iss": "https://elsewhere.example"},
            {"exp": 1_700_000_000},
            {"exp": None},
            {"iat": 2_000_000_000},
            {"sub": None},
            {"sub": ""},
            {"sub": "x" * 256},
        )
        for claims in wrong:
            company.claims = claims
            assert await there_and_back(browser, company) == FAILED, claims
            assert await role_of(browser) is None, claims

    async def test_with_a_token_that_another_key_or_none_has_signed(
        self, browser: Browser, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company.published = [ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)]
        assert await there_and_back(browser, company) == FAILED
        company.published = None
        monkeypatch.setattr(company, "token", lambda nonce: unsigned({"sub": "employee 7", "nonce": nonce}))
        assert await there_and_back(browser, company) == FAILED

    async def test_with_a_place_that_cannot_be_reached_or_is_not_who_it_says(
        self, services: Services, company: Company
    ) -> None:
        for about in ({"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://dialer.example/token"}):
            company.about = about
            async with Browser(new_app(with_openid(services, company))) as browser:
                assert await leave(browser) == f"{SITE}/console/?error=openid-away"

    async def test_to_a_page_that_is_none_of_ours(self, browser: Browser) -> None:
        for to in ("//elsewhere.example", "https://elsewhere.example", "/../", "/a?b", "x"):
            assert (await browser.get(LEAVE, params={"to": to})).status_code == 400


class TestWhoMayNot:
    async def test_somebody_whom_nobody_has_made_a_user(self, browser: Browser, company: Company) -> None:
        assert await there_and_back(browser, company) == REFUSED
        assert await role_of(browser) is None

    async def test_who_has_only_claimed_the_address(
        self, browser: Browser, company: Company, api: httpx.AsyncClient
    ) -> None:
        await a_user(api)
        for verified in (False, None, "false", 1.5):
            company.claims = {"email_verified": verified}
            assert await there_and_back(browser, company) == REFUSED

    async def test_another_subject_with_the_address_of_somebody_who_was_here(
        self, browser: Browser, company: Company, api: httpx.AsyncClient
    ) -> None:
        await a_user(api)
        await there_and_back(browser, company)
        await browser.delete("/v1/login")
        company.claims = {"sub": "employee 8"}
        assert await there_and_back(browser, company) == REFUSED

    async def test_who_is_disabled_or_was_removed(
        self, browser: Browser, company: Company, api: httpx.AsyncClient
    ) -> None:
        user = await a_user(api)
        await there_and_back(browser, company)
        await api.put(f"/v1/users/{user}/role", json={"role": "supervisor", "disabled": True})
        assert await there_and_back(browser, company) == REFUSED
        assert (await api.delete(f"/v1/users/{user}")).status_code == 204
        assert await there_and_back(browser, company) == REFUSED
        new = await a_user(api)
        assert await there_and_back(browser, company) == f"{SITE}/console/"
        assert (await browser.get("/v1/login")).json()["user"]["id"] == new

    async def test_a_user_of_another_account(
        self, services: Services, company: Company, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        await a_user(api)
        await services.access.add_account("other", clock.now())
        async with Browser(new_app(with_openid(services, company, account="other"))) as browser:
            assert await there_and_back(browser, company) == REFUSED


class TestRolesOfTheOtherPlace:
    RULES: Mapping[str, Any] = {
        "role_claim": "realm.roles",
        "roles": {"dialer-floor": Role.AGENT, "dialer-leads": Role.SUPERVISOR},
    }

    async def signed_in_as(self, services: Services, company: Company, said: Any) -> str | None:
        company.claims = {"realm": said}
        async with Browser(new_app(with_openid(services, company, **self.RULES))) as browser:
            await there_and_back(browser, company)
            return await role_of(browser)

    async def test_the_strongest_counts_at_each_sign_in_and_is_audited(
        self, services: Services, company: Company, api: httpx.AsyncClient
    ) -> None:
        user = await a_user(api, role=Role.VIEWER)
        roles = ["staff", "dialer-floor", "dialer-leads"]
        assert await self.signed_in_as(services, company, {"roles": roles}) == "supervisor"
        assert await self.signed_in_as(services, company, {"roles": "dialer-floor"}) == "agent"
        changes = (await api.get("/v1/audit", params={"thing_id": user})).json()["_embedded"]["changes"]
        told = [(one.get("user_id"), one["after"].get("role")) for one in changes[:2]]
        assert told == [(user, "agent"), (user, "supervisor")]

    async def test_who_has_none_of_them_may_not_sign_in(
        self, services: Services, company: Company, api: httpx.AsyncClient
    ) -> None:
        await a_user(api, role=Role.ADMIN)
        for said in ({"roles": ["staff"]}, {"roles": [7, None]}, {}, None, "dialer-leads"):
            assert await self.signed_in_as(services, company, said) is None, said
