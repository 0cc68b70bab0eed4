"""The limit on requests: each client has its own, and nobody has one unless it is asked for."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from outdial.api.services import Services
from tests.api.conftest import BASE_URL, Bearer, new_app
from tests.conftest import SetClock


@pytest.fixture
async def limited(services: Services, bearer: Bearer) -> AsyncIterator[httpx.AsyncClient]:
    """Half a request a second, three at once."""
    transport = httpx.ASGITransport(new_app(replace(services, rate_limit=0.5, rate_burst=3)))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as client:
        yield client


async def statuses(api: httpx.AsyncClient, count: int) -> list[int]:
    return [(await api.get("/campaigns")).status_code for _ in range(count)]


async def test_there_is_no_limit_by_default(api: httpx.AsyncClient) -> None:
    assert set(await statuses(api, 50)) == {200}


async def test_after_the_burst_requests_are_refused(limited: httpx.AsyncClient) -> None:
    assert await statuses(limited, 5) == [200, 200, 200, 429, 429]


@pytest.mark.parametrize("path", ["/campaigns", "/record-lists", "/do-not-call-lists"])
async def test_the_refusal_says_when_to_come_back(limited: httpx.AsyncClient, path: str) -> None:
    await statuses(limited, 3)
    answer = await limited.get(path)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["code"] == "0012001"
    assert answer.json()["fields"] == [{"name": "retry-after", "description": "2"}]


async def test_who_waits_as_long_as_told_is_served(limited: httpx.AsyncClient, clock: SetClock) -> None:
    await statuses(limited, 4)
    clock.advance(2)
    assert await statuses(limited, 2) == [200, 429]


async def test_a_rest_gives_the_burst_back_and_no_more(limited: httpx.AsyncClient, clock: SetClock) -> None:
    await statuses(limited, 4)
    clock.advance(60)
    assert await statuses(limited, 4) == [200, 200, 200, 429]


async def test_another_client_has_a_limit_of_its_own(limited: httpx.AsyncClient, bearer: Bearer) -> None:
    await statuses(limited, 4)
    assert (await limited.get("/campaigns", headers=await bearer())).status_code == 200


async def test_a_bad_token_is_401_before_all(limited: httpx.AsyncClient) -> None:
    await statuses(limited, 4)
    assert (await limited.get("/campaigns", headers={"Authorization": "Bearer x"})).status_code == 401
