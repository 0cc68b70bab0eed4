"""`/v1/hour-templates`: hours that campaigns begin with, and that are theirs from then on."""

from typing import Any

import httpx
import pytest

from outdial.domain.access import Scope
from tests.api.conftest import Bearer, created, fields_of
from tests.api.test_campaign_settings import put, settings

OFFICE = {
    "name": "Office hours",
    "calling_hours": [{"from": "09:00:00", "to": "18:00:00", "week_days": ["MONDAY", "FRIDAY"]}],
}
FULL = OFFICE | {
    "exceptions": [
        {"date": "2026-12-24", "windows": [{"from": "09:00:00", "to": "12:00:00"}]},
        {"date": "2026-12-31", "windows": []},
    ],
    "holidays": ["US", "DE-BY"],
}


async def made(api: httpx.AsyncClient, **members: Any) -> str:
    """The path of a new template."""
    answer = await api.post("/v1/hour-templates", json=OFFICE | members)
    assert answer.status_code == 201, answer.text
    path: str = answer.json()["_links"]["self"]["href"]
    assert answer.headers["location"] == path
    return path


async def test_all_that_is_said_of_one_is_kept(api: httpx.AsyncClient) -> None:
    path = await made(api, **FULL)
    shown = (await api.get(path)).json()
    assert {name: shown[name] for name in FULL} == FULL
    assert shown["created_at"] == shown["updated_at"] == "2026-06-01T09:00:00.123Z"


async def test_they_are_listed_by_name_page_by_page(api: httpx.AsyncClient) -> None:
    for name in ("weekends", "Evenings", "Office hours"):
        await made(api, name=name)
    body = (await api.get("/v1/hour-templates")).json()
    assert [one["name"] for one in body["_embedded"]["hour_templates"]] == ["Evenings", "Office hours", "weekends"]
    second = (await api.get("/v1/hour-templates?page=2&per_page=1")).json()
    assert [one["name"] for one in second["_embedded"]["hour_templates"]] == ["Office hours"]
    assert (second["total"], second["count"]) == (3, 1)


async def test_a_change_does_not_touch_the_campaigns_that_began_with_it(api: httpx.AsyncClient) -> None:
    path = await made(api, **FULL)
    template, campaign = (await api.get(path)).json(), await created(api)
    body = settings(exceptions=template["exceptions"], holidays=template["holidays"])
    body["dialing_strategy"]["calling_hours"] = template["calling_hours"]
    before = (await put(api, campaign, body)).json()
    night = {"from": "20:00:00", "to": "22:00:00", "week_days": ["SUNDAY"]}
    assert (await api.put(path, json=OFFICE | {"calling_hours": [night]})).status_code == 200
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(f"/v1{campaign}")).json() == before


class TestAChange:
    async def test_names_all_of_it_and_shows_its_new_tag(self, api: httpx.AsyncClient) -> None:
        path = await made(api, **FULL)
        old = (await api.get(path)).headers["etag"]
        changed = await api.put(path, json=OFFICE | {"name": "Shorter"}, headers={"If-Match": old})
        assert changed.status_code == 200
        read = await api.get(path)
        assert changed.json() == read.json()
        assert changed.headers["etag"] == read.headers["etag"] != old
        assert (read.json()["name"], read.json()["exceptions"], read.json()["holidays"]) == ("Shorter", [], [])
        assert (await api.get(path, headers={"If-None-Match": changed.headers["etag"]})).status_code == 304

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    async def test_of_what_was_changed_in_between_is_refused(self, api: httpx.AsyncClient, method: str) -> None:
        path = await made(api)
        old = (await api.get(path)).headers["etag"]
        # In the same millisecond: the clock of these tests stands still.
        await api.put(path, json=OFFICE | {"name": "Theirs"})
        answer = await api.request(method, path, json=OFFICE | {"name": "Mine"}, headers={"If-Match": old})
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")
        assert (await api.get(path)).json()["name"] == "Theirs"

    async def test_to_a_name_that_another_has_is_refused(self, api: httpx.AsyncClient) -> None:
        path = await made(api)
        await made(api, name="Evenings")
        taken = [
            await api.put(path, json=OFFICE | {"name": "EVENINGS"}),
            await api.post("/v1/hour-templates", json=OFFICE),
        ]
        for answer in taken:
            assert (answer.status_code, answer.json()["code"]) == (409, "hour-template-name-taken")
        assert (await api.put(path, json=OFFICE | {"name": "office HOURS"})).status_code == 200, "its own name"

    async def test_is_written_down_with_who_made_and_removed_it(self, api: httpx.AsyncClient) -> None:
        path = await made(api)
        await api.put(path, json=OFFICE | {"holidays": ["US"]})
        await api.put(path, json=OFFICE | {"holidays": ["US"]})  # which changes nothing
        await api.delete(path)
        changes = (await api.get("/v1/audit?kind=hour_template")).json()["_embedded"]["changes"]
        assert [change["action"] for change in changes] == ["deleted", "changed", "created"]
        assert (changes[1]["before"], changes[1]["after"]) == ({}, {"holidays": ["US"]})
        assert changes[2]["after"] == OFFICE


async def test_the_same_request_makes_one(api: httpx.AsyncClient) -> None:
    first, second = [
        await api.post("/v1/hour-templates", json=OFFICE, headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert (await api.get("/v1/hour-templates")).json()["total"] == 1


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "x" * 61}, {"name"}),
        ({"calling_hours": []}, {"calling_hours"}),
        (
            {"calling_hours": [{"from": "9", "to": "18:00", "week_days": ["SOMEDAY"]}]},
            {
                "calling_hours.0.from",
                "calling_hours.0.week_days.0",
            },
        ),
        ({"exceptions": [{"date": "2026-12-24"}, {"date": "2026-12-24"}]}, {"exceptions"}),
        ({"holidays": ["US", "ATLANTIS"]}, {"holidays.1"}),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_member(
    api: httpx.AsyncClient, members: dict[str, Any], named: set[str]
) -> None:
    path = await made(api, name="Kept")
    for method, where in (("POST", "/v1/hour-templates"), ("PUT", path)):
        answer = await api.request(method, where, json=OFFICE | members)
        assert answer.status_code == 400
        assert fields_of(answer) == named
    body = (await api.get("/v1/hour-templates")).json()
    assert [one["name"] for one in body["_embedded"]["hour_templates"]] == ["Kept"]


async def test_who_may_look_at_campaigns_sees_them_and_changes_nothing(api: httpx.AsyncClient, bearer: Bearer) -> None:
    path = await made(api)
    reader = await bearer(Scope.CAMPAIGNS_READ)
    assert (await api.get(path, headers=reader)).status_code == 200
    assert (await api.delete(path, headers=reader)).status_code == 403
    assert (await api.get(path, headers=await bearer(Scope.NUMBERS_READ))).status_code == 403


async def test_another_accounts_templates_do_not_exist_and_take_no_names(
    api: httpx.AsyncClient, bearer: Bearer
) -> None:
    path = await made(api)
    other = await bearer(account="other")
    answer = await api.get(path, headers=other)
    assert (answer.status_code, answer.json()["code"]) == (404, "hour-template-not-found")
    assert (await api.get("/v1/hour-templates", headers=other)).json()["total"] == 0
    assert (await api.post("/v1/hour-templates", json=OFFICE, headers=other)).status_code == 201
