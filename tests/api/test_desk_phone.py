"""The phone that an agent's own browser can be: to whom it is offered, and where the page may connect to."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from outdial.api.services import Services
from outdial.domain.access import Role
from outdial.domain.phone_agents import BrowserPhones, IceServer
from tests.api.conftest import new_app
from tests.api.test_logins import Browser, a_person

PHONES = BrowserPhones(
    ("wss://pbx.example.com:8443/ws",), {"ana": "a secret word"}, (IceServer(("turn:turn.example.com",), "o", "u"),)
)


@pytest.fixture
async def services(services: Services) -> Services:
    return replace(services, browser_phones=PHONES)


@pytest.fixture
async def ana(api: httpx.AsyncClient, services: Services, app: FastAPI) -> AsyncIterator[Browser]:
    """An agent, signed in, without a phone."""
    user = await a_person(api, services, app, Role.AGENT)
    async with Browser(app) as browser:
        await browser.sign_in()
        browser.headers["X-User"] = user
        yield browser


async def phone_of(browser: Browser) -> object:
    answer = await browser.get("/v1/desk/phone")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.json().get("phone")


async def give(api: httpx.AsyncClient, browser: Browser, address: str) -> None:
    answer = await api.post("/v1/phone-agents", json={"user_id": browser.headers["X-User"], "address": address})
    assert answer.status_code == 201, answer.text


async def test_an_agent_whose_sip_user_is_a_phone_in_browsers_is_told_all_of_it(
    api: httpx.AsyncClient, ana: Browser
) -> None:
    await give(api, ana, "sip:ana@pbx.example.com:5070;transport=ws")
    assert await phone_of(ana) == {
        "address": "sip:ana@pbx.example.com",
        "user": "ana",
        "password": "a secret word",
        "servers": ["wss://pbx.example.com:8443/ws"],
        "ice_servers": [{"urls": ["turn:turn.example.com"], "username": "o", "credential": "u"}],
    }


@pytest.mark.parametrize("address", ["+12025550142", "sip:ben@pbx.example.com"])
async def test_another_phone_is_none_of_the_browsers(api: httpx.AsyncClient, ana: Browser, address: str) -> None:
    await give(api, ana, address)
    assert await phone_of(ana) is None


async def test_nobody_is_told_the_phone_of_somebody_else(api: httpx.AsyncClient, ana: Browser) -> None:
    other = (await api.post("/v1/users", json={"name": "Ben", "email": "ben@example.com"})).json()["id"]
    body = {"user_id": other, "address": "sip:ana@pbx.example.com"}
    assert (await api.post("/v1/phone-agents", json=body)).status_code == 201
    assert await phone_of(ana) is None
    assert "phone" not in (await api.get("/v1/desk/phone")).json(), "a client has no desk"


async def test_a_back_end_without_browsers_offers_none(
    api: httpx.AsyncClient, ana: Browser, services: Services
) -> None:
    await give(api, ana, "sip:ana@pbx.example.com")
    async with Browser(new_app(replace(services, browser_phones=None))) as browser:
        await browser.sign_in()
        assert await phone_of(browser) is None


async def test_pages_may_connect_to_the_phones_servers_and_to_no_other_host(app: FastAPI, services: Services) -> None:
    async def policy(of: FastAPI) -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(of), base_url="https://outdial.test") as visitor:
            return (await visitor.get("/console/desk")).headers["content-security-policy"]

    assert "connect-src 'self' wss://pbx.example.com:8443;" in await policy(app)
    assert "connect-src 'self';" in await policy(new_app(replace(services, browser_phones=None)))


def test_no_password_is_shown_by_accident() -> None:
    assert "secret" not in repr(PHONES)
    assert "'u'" not in repr(PHONES)
