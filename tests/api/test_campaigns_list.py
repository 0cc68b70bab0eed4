"""Finding campaigns: every filter, every order, and pages that lead to one another."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from outdial.api.http import create_app
from outdial.api.services import Services
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, created, fields_of, make_ready
from tests.conftest import SetClock


async def names(api: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await api.get("/campaigns", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    found = [campaign["name"] for campaign in body["_embedded"]["campaigns"]]
    assert body["count"] == len(found)
    return found


@pytest.fixture
async def three(api: httpx.AsyncClient, clock: SetClock) -> list[str]:
    """Paths of three campaigns, made a second apart."""
    paths = []
    for name, priority, mode in [("Überfällig", 3, "PREVIEW"), ("Spring 100%", 9, "PREDICTIVE"), ("autumn", 5, None)]:
        body = a_campaign(name=name, priority=priority)
        body["dialing_mode"] = mode
        paths.append(await created(api, body))
        clock.advance(1)
    return paths


@pytest.mark.usefixtures("three")
class TestFinding:
    async def test_the_newest_comes_first(self, api: httpx.AsyncClient) -> None:
        assert await names(api) == ["autumn", "Spring 100%", "Überfällig"]

    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            ("created_at", ["Überfällig", "Spring 100%", "autumn"]),
            ("created_at:asc", ["Überfällig", "Spring 100%", "autumn"]),
            ("created_at:desc", ["autumn", "Spring 100%", "Überfällig"]),
            ("name", ["autumn", "Spring 100%", "Überfällig"]),
            ("name:desc", ["Überfällig", "Spring 100%", "autumn"]),
            ("priority:desc", ["Spring 100%", "autumn", "Überfällig"]),
            ("dialing_mode:asc", ["Spring 100%", "Überfällig", "autumn"]),
        ],
    )
    async def test_order_by_sorts_ascending_unless_told(
        self, api: httpx.AsyncClient, order_by: str, expected: list[str]
    ) -> None:
        assert await names(api, order_by=order_by) == expected

    @pytest.mark.parametrize(
        ("search", "expected"),
        [
            ("UBERFALL", ["Überfällig"]),
            ("überFÄLL", ["Überfällig"]),
            ("n", ["autumn", "Spring 100%"]),
            ("%", ["Spring 100%"]),
            ("_", []),
            ("\\", []),
            ("", ["autumn", "Spring 100%", "Überfällig"]),
        ],
    )
    async def test_search_finds_parts_of_names_ignoring_case_and_diacritics(
        self, api: httpx.AsyncClient, search: str, expected: list[str]
    ) -> None:
        assert await names(api, search=search) == expected

    async def test_name_matches_exactly(self, api: httpx.AsyncClient) -> None:
        assert await names(api, name="autumn") == ["autumn"]
        assert await names(api, name="Autumn") == []

    async def test_other_members_filter_too(self, api: httpx.AsyncClient) -> None:
        assert await names(api, dialing_mode="preview") == ["Überfällig"]
        assert await names(api, priority=9) == ["Spring 100%"]
        assert await names(api, action_required="true") == []
        assert len(await names(api, action_required="false")) == 3
        assert await names(api, team_id="7c9e6679f3b24d6c8a1b0c2d3e4f5a6b") == []

    async def test_ruling_4_the_status_filter_takes_any_case(
        self, api: httpx.AsyncClient, parts: Parts, three: list[str]
    ) -> None:
        await make_ready(api, parts, three[1])
        for word in ("ready", "READY"):
            assert await names(api, status=word) == ["Spring 100%"]
        assert await names(api, status="incomplete") == ["autumn", "Überfällig"]

    async def test_bounds_of_created_at_are_inclusive(self, api: httpx.AsyncClient, three: list[str]) -> None:
        at = (await api.get(three[1])).json()["created_at"]
        assert await names(api, created_at_from=at, created_at_to=at) == ["Spring 100%"]
        assert await names(api, created_at_from=at) == ["autumn", "Spring 100%"]
        assert await names(api, created_at_to="2026-06-01T11:00:01.123+02:00") == ["Spring 100%", "Überfällig"]
        # A plus sign that a client forgot to escape arrives as a blank.
        answer = await api.get("/campaigns?created_at_to=2026-06-01T11:00:00.123+02:00")
        assert answer.json()["total"] == 1

    async def test_campaigns_are_found_by_what_is_assigned(
        self, api: httpx.AsyncClient, parts: Parts, three: list[str]
    ) -> None:
        ids = await make_ready(api, parts, three[0])
        dnc = await parts.dnc_list()
        await api.post(f"{three[0]}/do-not-call-lists", json=[{"id": dnc}])
        for query in (
            {"user_id": ids["users"]},
            {"record_list_id": ids["record-lists"]},
            {"do_no_call_list_id": dnc},
            {"do_not_call_list_id": dnc},
            {"user_id": ids["users"], "do_no_call_list_id": dnc},
        ):
            assert await names(api, **query) == ["Überfällig"]
            assert await names(api, **{name: str(uuid4()) for name in query}) == []
            assert await names(api, **dict.fromkeys(query, "59df62c81507b35a7cf2bbaa")) == []

    async def test_large_members_are_shown_only_when_asked_for(self, api: httpx.AsyncClient) -> None:
        plain = (await api.get("/campaigns")).json()["_embedded"]["campaigns"][0]
        assert not {"dialing_mode_configuration", "dialing_strategy", "teams"} & set(plain)
        query = {"fields": "dialing_mode_configuration,dialing_strategy,teams"}
        full = (await api.get("/campaigns", params=query)).json()["_embedded"]["campaigns"][0]
        assert {"dialing_mode_configuration", "dialing_strategy", "teams"} <= set(full)

    async def test_all_wrong_parameters_are_named_at_once(self, api: httpx.AsyncClient) -> None:
        query = {
            "page": "0",
            "per_page": "101",
            "order_by": "colour",
            "dialing_mode": "loud",
            "status": "done",
            "action_required": "maybe",
            "priority": "11",
            "created_at_from": "yesterday",
            "created_at_to": "2026-01-01",
            "name": "x" * 36,
            "search": "x" * 36,
            "user_id": "x" * 37,
            "fields": "colour",
        }
        answer = await api.get("/campaigns", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530001")
        assert fields_of(answer) == set(query)

    @pytest.mark.parametrize(
        "page", ["-1", "1.5", "x", "", "99999999999999999999999", "4611686018427388001", "1e3", "١"]
    )
    async def test_a_page_is_a_whole_number_from_1(self, api: httpx.AsyncClient, page: str) -> None:
        for name in ("page", "per_page"):
            answer = await api.get("/campaigns", params={name: page})
            assert (answer.status_code, fields_of(answer)) == (400, {name})

    async def test_text_that_cannot_be_stored_is_refused(self, api: httpx.AsyncClient) -> None:
        answer = await api.get("/campaigns?name=a%00b&search=%00")
        assert (answer.status_code, fields_of(answer)) == (400, {"name", "search"})


class TestPaging:
    async def test_pages_link_to_one_another_and_keep_the_query(self, api: httpx.AsyncClient, three: list[str]) -> None:
        body = (await api.get("/campaigns?order_by=name&per_page=1&page=2&colour=r%26b")).json()
        assert {key: body[key] for key in ("total", "count", "page", "per_page", "total_pages")} == {
            "total": 3, "count": 1, "page": 2, "per_page": 1, "total_pages": 3,
        }  # fmt: skip
        prefix = f"{BASE_URL}/campaigns?order_by=name&per_page=1&colour=r%26b&page="
        assert body["_links"] == {
            "self": {"href": f"{prefix}2"},
            "first": {"href": f"{prefix}1"},
            "last": {"href": f"{prefix}3"},
            "prev": {"href": f"{prefix}1"},
            "next": {"href": f"{prefix}3"},
        }

    async def test_following_next_visits_each_campaign_once(self, api: httpx.AsyncClient, three: list[str]) -> None:
        seen, url = [], "/campaigns?per_page=1"
        while url:
            body = (await api.get(url)).json()
            seen += [f"/campaigns/{campaign['id']}" for campaign in body["_embedded"]["campaigns"]]
            url = body["_links"].get("next", {}).get("href")
        assert seen == three[::-1]

    async def test_an_empty_collection_has_one_page(self, api: httpx.AsyncClient) -> None:
        body = (await api.get("/campaigns")).json()
        assert (body["total"], body["count"], body["total_pages"]) == (0, 0, 1)
        assert body["_embedded"] == {"campaigns": []}
        url = f"{BASE_URL}/campaigns?page=1&per_page=50"
        assert body["_links"] == {name: {"href": url} for name in ("self", "first", "last")}

    @pytest.mark.parametrize("page", [4, 4611686018427388000])
    async def test_a_page_beyond_the_end_is_empty(self, api: httpx.AsyncClient, three: list[str], page: int) -> None:
        body = (await api.get("/campaigns", params={"page": page, "per_page": 1})).json()
        assert (body["total"], body["count"], body["page"]) == (3, 0, page)
        assert "next" not in body["_links"]
        assert body["_links"]["prev"]["href"].endswith("page=3")

    async def test_ruling_25_links_start_at_the_public_address_or_else_at_the_requests_host(
        self, services: Services, api: httpx.AsyncClient, bearer: Bearer, three: list[str]
    ) -> None:
        here = await api.get(three[0], headers={"Host": "dialer.example:8080"})
        assert here.json()["_links"]["self"]["href"] == f"http://dialer.example:8080{three[0]}"
        behind = create_app(replace(services, public_url="https://api.example.com/dialer"))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(behind), base_url=BASE_URL) as client:
            public = await client.get("/campaigns", params={"per_page": 1}, headers=await bearer())
        assert public.json()["_links"]["self"]["href"].startswith("https://api.example.com/dialer/campaigns?")
