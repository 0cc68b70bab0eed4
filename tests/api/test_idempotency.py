"""The same POST with the same key, sent twice: carried out once, answered twice."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.storage.database import Database
from outdial.api.services import Services
from outdial.app.idempotency import GIVEN_UP
from outdial.domain.access import Scope
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, new_app
from tests.api.every_route import a_world, doors
from tests.conftest import SetClock

DAY = 24 * 60 * 60
KEY = {"Idempotency-Key": "order-17"}


async def post(api: httpx.AsyncClient, path: str = "/campaigns", body: Any = None, **more: str) -> httpx.Response:
    return await api.post(path, json=a_campaign() if body is None else body, headers={**KEY, **more})


async def campaigns_in(api: httpx.AsyncClient) -> int:
    total: int = (await api.get("/campaigns")).json()["total"]
    return total


class TestTheSameKeyTwice:
    async def test_the_answer_is_the_same_and_the_work_is_done_once(self, api: httpx.AsyncClient) -> None:
        first, second = await post(api), await post(api)
        assert first.status_code == second.status_code == 201
        assert first.content == second.content
        for name in ("Content-Type", "Location"):
            assert first.headers[name] == second.headers[name]
        assert await campaigns_in(api) == 1

    async def test_an_answer_without_a_body_is_repeated_too(self, api: httpx.AsyncClient) -> None:
        path = f"/do-not-call-lists/{(await post(api, '/do-not-call-lists', {'name': 'Out'})).json()['id']}/entries"
        entry, key = {"phone_number": "+12025550142"}, {"Idempotency-Key": "entry-1"}
        first, second = await post(api, path, entry, **key), await post(api, path, entry, **key)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert (await api.get(path)).json()["total"] == 1

    async def test_a_refusal_is_an_answer(self, api: httpx.AsyncClient) -> None:
        first, second = await post(api, body={"name": "x"}), await post(api, body={"name": "x"})
        assert first.status_code == 400
        assert (first.status_code, first.content) == (second.status_code, second.content)

    async def test_of_many_at_once_one_does_the_work(self, api: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(post(api) for _ in range(8)))
        made = [answer for answer in answers if answer.status_code == 201]
        waiting = [answer for answer in answers if answer.status_code == 409]
        assert len(made) + len(waiting) == 8
        assert len({answer.content for answer in made}) == 1
        assert await campaigns_in(api) == 1

    async def test_without_a_key_each_request_counts(self, api: httpx.AsyncClient) -> None:
        for _ in range(2):
            assert (await api.post("/campaigns", json=a_campaign())).status_code == 201
        assert await campaigns_in(api) == 2

    async def test_another_key_is_another_request(self, api: httpx.AsyncClient) -> None:
        await post(api)
        await post(api, **{"Idempotency-Key": "order-18"})
        assert await campaigns_in(api) == 2


class TestTheSameKeyForSomethingElse:
    async def test_another_body_is_422_and_nothing_is_done(self, api: httpx.AsyncClient) -> None:
        await post(api)
        answer = await post(api, body=a_campaign(name="Another"))
        assert (answer.status_code, answer.json()["code"]) == (422, "0530001")
        assert await campaigns_in(api) == 1

    async def test_another_path_is_422_in_the_shape_of_that_path(self, api: httpx.AsyncClient) -> None:
        await post(api, body={"name": "Renewals"})
        answer = await post(api, "/record-lists", {"name": "Renewals"})
        assert (answer.status_code, answer.json()["code"]) == (422, "0530900")


class TestWhoseKeyItIs:
    async def test_another_account_has_keys_of_its_own(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        first = await post(api)
        other = await post(api, **await bearer(account="other"))
        assert other.status_code == 201
        assert other.json()["id"] != first.json()["id"]

    async def test_another_client_of_the_account_has_the_same_answer(
        self, api: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        first = await post(api)
        assert (await post(api, **await bearer())).content == first.content

    async def test_no_answer_for_those_who_may_not_ask(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        await post(api)
        assert (await post(stranger)).status_code == 401
        assert (await post(api, **await bearer(Scope.CAMPAIGNS_READ))).status_code == 403

    async def test_what_was_forbidden_does_not_use_the_key_up(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        assert (await post(api, **await bearer(Scope.CAMPAIGNS_READ))).status_code == 403
        assert (await post(api)).status_code == 201


class TestKeys:
    @pytest.mark.parametrize("key", ["", "k" * 256, "cl\u00e9"])
    async def test_a_key_that_is_none_is_400(self, api: httpx.AsyncClient, key: str) -> None:
        headers = [(b"Idempotency-Key", key.encode("latin-1"))]
        answer = await api.post("/campaigns", json=a_campaign(), headers=headers)
        assert answer.status_code == 400
        assert [field["name"] for field in answer.json()["fields"]] == ["Idempotency-Key"]
        assert await campaigns_in(api) == 0

    async def test_a_key_may_have_255_characters(self, api: httpx.AsyncClient) -> None:
        key = {"Idempotency-Key": "k" * 255}
        assert (await post(api, **key)).content == (await post(api, **key)).content

    async def test_a_body_that_is_too_large_is_refused_as_ever(self, api: httpx.AsyncClient) -> None:
        assert (await post(api, body={"name": "x" * 1024 * 1024})).status_code == 413

    async def test_a_key_lasts_a_day(self, api: httpx.AsyncClient, bearer: Bearer, clock: SetClock) -> None:
        first = await post(api)
        clock.advance(DAY)
        assert (await post(api, **await bearer())).content == first.content
        clock.advance(1)
        assert (await post(api, **await bearer())).json()["id"] != first.json()["id"]

    async def test_answers_are_forgotten_after_a_day(
        self, app: FastAPI, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        await post(api)
        clock.advance(DAY)
        assert await app.state.answers.forget_old() == 0
        clock.advance(1)
        assert await app.state.answers.forget_old() == 1


def holds_a_secret(answer: httpx.Response) -> bool:
    return answer.is_success and "no-store" in answer.headers.get("Cache-Control", "")


class TestAnAnswerThatHoldsASecret:
    async def test_is_not_kept_and_the_same_request_makes_another_secret(
        self, api: httpx.AsyncClient, parts: Parts, database: Database
    ) -> None:
        ana = {"name": "Ana", "email": "ana@example.com"}
        user = (await api.post("/v1/users", json=ana)).json()["id"]
        for path, member in (("/v1/webhook-secret", "secret"), (f"/v1/users/{user}/password-link", "href")):
            first, second = await post(api, path, {}), await post(api, path, {})
            assert first.is_success, first.text
            assert second.status_code == first.status_code
            assert first.json()[member] != second.json()[member]
        async with database.connection() as connection:
            assert await connection.fetchval("select count(*) from kept_answer") == 0


class TestWorkThatIsNotOver:
    async def test_a_request_that_is_still_running_is_409(self, api: httpx.AsyncClient, database: Database) -> None:
        await post(api)
        async with database.connection() as connection:
            await connection.execute("update kept_answer set status = null, headers = null, body = null")
        answer = await post(api)
        assert answer.status_code == 409
        assert answer.headers["Retry-After"] == "1"
        assert await campaigns_in(api) == 1

    @pytest.fixture
    async def unfinished(self, services: Services, bearer: Bearer, clock: SetClock) -> httpx.Response:
        """The answer that a server which was killed in the middle of its work has not kept."""

        class Killed(BaseException):
            """No server gets to tidy up after this."""

        class Fatal:
            def new(self, kind: str, *key: object) -> Any:
                if kind == "campaign":
                    raise Killed
                return services.ids.new(kind, *key)

        app = new_app(replace(services, ids=Fatal()))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as dying:
            with pytest.raises(Killed):
                await post(dying)
        clock.advance(GIVEN_UP.total_seconds())
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(new_app(services)), base_url=BASE_URL, headers=await bearer()
        ) as api:
            return await post(api)

    async def test_of_a_killed_server_is_awaited_for_some_minutes(self, unfinished: httpx.Response) -> None:
        assert unfinished.status_code == 409

    async def test_of_a_killed_server_may_then_be_done_by_the_same_request(
        self, unfinished: httpx.Response, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        clock.advance(1)
        first = await post(api)
        assert first.status_code == 201
        assert (await post(api)).content == first.content
        assert await campaigns_in(api) == 1

    async def test_of_a_killed_server_is_not_replaced_by_another_request(
        self, unfinished: httpx.Response, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        clock.advance(1)
        assert (await post(api, body=a_campaign(name="Another"))).status_code == 422

    async def test_work_that_failed_can_be_tried_again(self, services: Services, bearer: Bearer) -> None:
        class Failing:
            """Identity for everything but campaigns, while it is broken."""

            broken = True

            def new(self, kind: str, *key: object) -> Any:
                if kind == "campaign" and self.broken:
                    raise RuntimeError("no more identity")
                return services.ids.new(kind, *key)

        failing = Failing()
        app = new_app(replace(services, ids=failing))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as api:
            assert (await post(api)).status_code == 500
            failing.broken = False
            assert (await post(api)).status_code == 201
            assert (await post(api)).status_code == 201
            assert await campaigns_in(api) == 1


async def test_every_post_heeds_its_key(api: httpx.AsyncClient, parts: Parts) -> None:
    world = await a_world(api, parts, number="+1202555014", account="default")
    posts = [door for door in doors() if door.method == "POST"]
    assert len(posts) >= 30
    wrong = []
    for number, door in enumerate(posts):
        headers = {"Idempotency-Key": f"key {number}", "Content-Type": "application/json"}
        first = await api.post(world.address(door), content=b"{}", headers=headers)
        another = await api.post(world.address(door), content=b"[]", headers=headers)
        if holds_a_secret(first):
            continue
        if another.status_code != 422:
            wrong.append(f"{door}: {first.status_code} {first.text}, then {another.status_code} {another.text}")
    assert wrong == []
