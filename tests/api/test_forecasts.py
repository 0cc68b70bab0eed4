"""Forecasts over HTTP: asked for, made in the background, read, of nobody else."""

from asyncio import gather
from typing import Any

import httpx
from fastapi import FastAPI

from outdial.api.services import Services
from outdial.domain.access import Scope
from tests.api.conftest import Bearer, Parts, a_campaign, a_strategy, created, make_ready

ALL_WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
ALWAYS = [{"from": "00:00:00", "to": "00:00:00", "week_days": ALL_WEEK}]


async def with_a_list(api: httpx.AsyncClient, parts: Parts, *, records: int = 12, **changes: Any) -> str:
    """The path of a complete campaign that is open all week, with a list of so many people."""
    path = await created(api, a_campaign(dialing_strategy=a_strategy(calling_hours=ALWAYS), **changes))
    await make_ready(api, parts, path)
    made = await api.post("/record-lists", json={"name": "Renewals"})
    list_id = made.json()["id"]
    for n in range(records):
        phone = {"phone_number": f"+120255501{n:02}", "phone_type": "MOBILE"}
        body = {"first_name": "Ana", "last_name": "Sousa", "phone_numbers": [phone]}
        assert (await api.post(f"/record-lists/{list_id}/records", json=body)).status_code == 201
    assert (await api.post(f"{path}/record-lists", json=[{"id": list_id}])).status_code == 204
    return path


async def asked(api: httpx.AsyncClient, app: FastAPI, path: str, **question: Any) -> dict[str, Any]:
    """A forecast that is done."""
    answer = await api.post(f"/v1{path}/forecasts", json=question)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "RUNNING"
    await gather(*app.state.forecasts._tasks)
    done = await api.get(answer.json()["_links"]["self"]["href"])
    assert done.status_code == 200
    found: dict[str, Any] = done.json()
    assert found["status"] == "DONE"
    return found


async def test_each_team_is_a_scenario_with_bounds(api: httpx.AsyncClient, app: FastAPI, parts: Parts) -> None:
    path = await with_a_list(api, parts)
    question = {"agents": [2, 4], "max_abandonment_rate": 2.5, "max_dialing_ratio": 1.5, "assume": {"talk_seconds": 30}}
    forecast = await asked(api, app, path, **question, weather="fine")  # what no question has is not part of it
    assert forecast["asked"] == question
    result = forecast["result"]
    assert result["records"] == 12
    assert result["calls_seen"] == 0
    assert any("assumed" in sentence for sentence in result["assumptions"])
    assert [one["agents"] for one in result["scenarios"]] == [2, 4]
    for one in result["scenarios"]:
        assert (one["max_abandonment_rate"], one["max_dialing_ratio"]) == (2.5, 1.5)
        assert one["finishes_at"]["low"] <= one["finishes_at"]["likely"] <= one["finishes_at"]["high"]
        assert one["attempts"]["low"] >= 12
        assert 0 < one["connected"]["likely"] <= 12
        assert 0 < one["occupancy"]["likely"] < 1
    assert result["agents_needed"]["most_tried"] >= 1


async def test_without_a_question_the_campaign_goes_on_as_it_is(
    api: httpx.AsyncClient, app: FastAPI, parts: Parts
) -> None:
    path = await with_a_list(api, parts)
    answer = await api.post(f"/v1{path}/forecasts")
    assert answer.status_code == 202
    await gather(*app.state.forecasts._tasks)
    listed = (await api.get(f"/v1{path}/forecasts")).json()
    assert listed["total"] == 1
    (forecast,) = listed["_embedded"]["forecasts"]
    assert [one["agents"] for one in forecast["result"]["scenarios"]] == [1]  # as many as are assigned


async def test_a_list_that_is_done_is_done_now(api: httpx.AsyncClient, app: FastAPI, parts: Parts) -> None:
    path = await created(api, a_campaign())
    await make_ready(api, parts, path)
    result = (await asked(api, app, path, agents=[3]))["result"]
    assert result["records"] == 0
    (scenario,) = result["scenarios"]
    assert scenario["attempts"] == {"low": 0, "likely": 0, "high": 0}
    assert scenario["finishes_at"]["high"] == result["as_of"]


async def test_questions_that_make_no_sense_are_refused(api: httpx.AsyncClient, parts: Parts) -> None:
    path = f"/v1{await with_a_list(api, parts, records=1)}/forecasts"
    for body, field in (
        ({"agents": [0]}, "agents.0"),
        ({"agents": "five"}, "agents"),
        ({"max_dialing_ratio": 9}, "max_dialing_ratio"),
        ({"assume": {"answer_rate": 25}}, "assume.answer_rate"),
        ({"finish_by": "2001-01-01T00:00:00Z"}, "finish_by"),
    ):
        answer = await api.post(path, json=body)
        assert answer.status_code == 400, body
        assert field in {problem["name"] for problem in answer.json()["fields"]}
    bare = await created(api, {"name": "Bare"})
    answer = await api.post(f"/v1{bare}/forecasts", json={"agents": [2]})
    assert (answer.status_code, answer.json()["code"]) == (422, "campaign-not-forecastable")


async def test_a_forecast_whose_maker_died_has_failed_and_no_more_than_three_are_made_at_once(
    api: httpx.AsyncClient, parts: Parts, services: Services
) -> None:
    path = await with_a_list(api, parts, records=1)
    async with parts.database.connection() as connection:
        for n, until in enumerate(("1 minute", "1 minute", "1 minute", "-1 minute")):
            await connection.execute(
                """insert into forecast (uuid, campaign_id, status, asked, created_at, until)
                   select gen_random_uuid(), id, 'RUNNING', '{}', $1::timestamptz, $1::timestamptz + $2::text::interval
                   from campaign""",
                services.wall.now(),
                until,
            )
            assert n < 4
    statuses = [one["status"] for one in (await api.get(f"/v1{path}/forecasts")).json()["_embedded"]["forecasts"]]
    assert statuses == ["FAILED", "RUNNING", "RUNNING", "RUNNING"]
    answer = await api.post(f"/v1{path}/forecasts")
    assert (answer.status_code, answer.json()["code"]) == (503, "too-many-forecasts")


async def test_another_account_sees_nothing_of_it(
    api: httpx.AsyncClient, app: FastAPI, parts: Parts, bearer: Bearer
) -> None:
    path = await with_a_list(api, parts, records=1)
    forecast = await asked(api, app, path, agents=[1])
    stranger = await bearer(Scope.CAMPAIGNS_READ, account="other")
    for method, address in (
        ("GET", f"/v1{path}/forecasts/{forecast['id']}"),
        ("GET", f"/v1{path}/forecasts"),
        ("POST", f"/v1{path}/forecasts"),
    ):
        answer = await api.request(method, address, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "campaign-not-found")
