"""`callback_action`: a client's own server is told when its file has been read, surely and by nobody else."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.uploads import UploadFolder
from outdial.api.services import Services
from outdial.app.importer import Importer
from outdial.app.webhooks import Deliveries
from outdial.domain.access import Scope
from outdial.ports.webhooks import CallRefused, NoAnswer
from tests.api.conftest import Bearer, fields_of, new_app
from tests.conftest import SetClock

CSV = b"First name,Last name,Mobile\nAna,Costa,+12025550142\nBea,,+12025550143\n"
ENDPOINT = "https://crm.example/done"


@dataclass
class Heard:
    method: str
    endpoint: str
    headers: dict[str, str]
    body: bytes | None


@dataclass
class World:
    """The internet, as far as it is called: what it heard, and what it answers."""

    answers: list[int | BaseException] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    async def call(self, method: str, endpoint: str, headers: Mapping[str, str], body: bytes | None) -> int:
        self.heard.append(Heard(method, endpoint, dict(headers), body))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def app(services: Services, tmp_path: Path) -> AsyncIterator[FastAPI]:
    app = new_app(replace(services, uploads=UploadFolder(tmp_path / "uploads")))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def deliveries(services: Services, world: World) -> Deliveries:
    return Deliveries(storage=services.storage, access=services.access, clock=services.wall, caller=world)


async def finished(api: httpx.AsyncClient, app: FastAPI, **callback: Any) -> str:
    """The path of an upload request with this callback whose file has been read."""
    importer: Importer = app.state.importer
    made = (await api.post("/record-lists", json={"name": "L"})).json()
    requests = f"/record-lists/{made['id']}/upload-requests"
    asked = {"endpoint": ENDPOINT, "method": "POST"} | callback
    answer = await api.post(requests, json={"csv_metadata": {"filename": "a.csv"}, "callback_action": asked})
    assert answer.status_code == 201, answer.text
    assert (await api.put(answer.json()["signed_url"], content=CSV)).status_code == 200
    said = {"op": "replace", "path": "/status", "value": "UPLOADED"}
    assert (await api.patch(f"{requests}/{answer.json()['id']}", json=said)).status_code == 200
    await importer.idle()
    return f"/v1/upload-requests/{answer.json()['id']}"


async def callback(api: httpx.AsyncClient, path: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await api.get(path)).json()["callback"]
    return shown


class TestTheCall:
    async def test_says_what_the_client_wanted_to_hear_with_its_headers(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World
    ) -> None:
        await finished(api, app, method="put", body={"job": 7}, headers={"X-Api-Key": "k"})
        assert await deliveries.once() == 1
        (heard,) = world.heard
        assert (heard.method, heard.endpoint, heard.body) == ("PUT", ENDPOINT, b'{"job":7}')
        assert heard.headers["X-Api-Key"] == "k"
        assert heard.headers["Content-Type"] == "application/json"

    async def test_tells_the_result_where_the_client_did_not_say_what_it_wants_to_hear(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World
    ) -> None:
        path = await finished(api, app)
        await deliveries.once()
        said = json.loads(world.heard[0].body or b"")
        assert said.pop("record_list_id")
        assert said == {
            "upload_request_id": path.rpartition("/")[2],
            "status": "ACCEPTED",
            "rows": 2,
            "accepted": 1,
            "updated": 0,
            "rejected": 1,
            "duplicates": 0,
        }

    async def test_has_no_body_where_its_method_has_none(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World
    ) -> None:
        await finished(api, app, method="GET")
        await deliveries.once()
        assert world.heard[0].body is None

    async def test_is_not_made_before_the_file_is_read(
        self, api: httpx.AsyncClient, deliveries: Deliveries, world: World
    ) -> None:
        made = (await api.post("/record-lists", json={"name": "L"})).json()
        asked = {"csv_metadata": {}, "callback_action": {"endpoint": ENDPOINT, "method": "POST"}}
        made = (await api.post(f"/record-lists/{made['id']}/upload-requests", json=asked)).json()
        assert await deliveries.once() == 0
        assert "callback" not in (await api.get(f"/v1/upload-requests/{made['id']}")).json()

    async def test_is_signed_with_a_secret_of_the_account(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World, clock: SetClock
    ) -> None:
        words = (await api.get("/v1/webhook-secret")).json()["secret"]
        await finished(api, app)
        await deliveries.once()
        (heard,) = world.heard
        assert heard.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
        signed = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + (heard.body or b"")
        key = base64.b64decode(words.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert heard.headers["webhook-signature"] == f"v1,{expected}"


class TestTheSecret:
    async def test_stays_the_same_until_it_is_replaced(self, api: httpx.AsyncClient) -> None:
        first = (await api.get("/v1/webhook-secret")).json()["secret"]
        assert (await api.get("/v1/webhook-secret")).json()["secret"] == first
        second = (await api.post("/v1/webhook-secret")).json()["secret"]
        assert second != first
        assert (await api.get("/v1/webhook-secret")).json()["secret"] == second

    async def test_is_each_accounts_own(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        first = (await api.get("/v1/webhook-secret")).json()["secret"]
        other = await api.get("/v1/webhook-secret", headers=await bearer(account="other"))
        assert other.json()["secret"] != first

    async def test_is_not_told_to_those_who_may_not_send_files(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        headers = await bearer(Scope.CAMPAIGNS_READ)
        assert (await api.get("/v1/webhook-secret", headers=headers)).status_code == 403


class TestDelivery:
    async def test_can_be_seen(self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries) -> None:
        path = await finished(api, app)
        before = await callback(api, path)
        assert (before["status"], before["attempts"]) == ("PENDING", 0)
        await deliveries.once()
        after = await callback(api, path)
        assert (after["status"], after["attempts"], after["last_answer"]) == ("DELIVERED", 1, 204)
        assert "next_at" not in after

    async def test_all_of_an_account_are_listed_the_newest_first_with_what_came_of_them(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World, bearer: Bearer
    ) -> None:
        paths = [await finished(api, app) for _ in range(2)]
        world.answers = [503]
        await deliveries.once()
        answer = await api.get("/v1/webhook-deliveries")
        listed = answer.json()["_embedded"]["deliveries"]
        assert [one["upload_request_id"] for one in listed] == [path.rpartition("/")[2] for path in paths[::-1]]
        assert sorted((one["status"], one["last_answer"]) for one in listed) == [("DELIVERED", 204), ("PENDING", 503)]
        assert {(one["method"], one["endpoint"], one["attempts"]) for one in listed} == {("POST", ENDPOINT, 1)}
        theirs = await api.get("/v1/webhook-deliveries", headers=await bearer(account="other"))
        assert theirs.json()["total"] == 0

    async def test_is_tried_again_later_and_later_until_it_is_answered(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World, clock: SetClock
    ) -> None:
        world.answers = [503, NoAnswer("there was no answer")]
        path = await finished(api, app)
        await deliveries.once()
        clock.advance(9)
        assert await deliveries.once() == 0
        assert (await callback(api, path))["last_problem"] == "the answer was 503"
        clock.advance(1)
        assert await deliveries.once() == 1
        assert (await callback(api, path))["last_problem"] == "there was no answer"
        clock.advance(20)
        assert await deliveries.once() == 1
        assert (await callback(api, path))["status"] == "DELIVERED"
        assert len({heard.headers["webhook-id"] for heard in world.heard}) == 1
        clock.advance(100)
        assert await deliveries.once() == 0

    async def test_is_refused_once_and_for_all_where_it_leads_into_the_private_network(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World, clock: SetClock
    ) -> None:
        world.answers = [CallRefused("the endpoint is not in the public internet")]
        path = await finished(api, app)
        await deliveries.once()
        after = await callback(api, path)
        assert (after["status"], after["last_problem"]) == ("REFUSED", "the endpoint is not in the public internet")
        clock.advance(100)
        assert await deliveries.once() == 0

    async def test_goes_on_after_the_server_was_killed_in_the_middle_of_a_call(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, world: World, clock: SetClock
    ) -> None:
        class Killed(BaseException):
            """No server gets to tidy up after this."""

        path = await finished(api, app)
        world.answers = [Killed()]
        with pytest.raises(Killed):
            await deliveries.once()
        assert await deliveries.once() == 0
        clock.advance(60)
        assert await deliveries.once() == 1
        assert (await callback(api, path))["status"] == "DELIVERED"

    async def test_of_one_account_does_not_wait_for_anothers(
        self, api: httpx.AsyncClient, app: FastAPI, deliveries: Deliveries, bearer: Bearer
    ) -> None:
        await finished(api, app)
        api.headers.update(await bearer(account="other"))
        await finished(api, app)
        assert await deliveries.once() == 2

    async def test_is_done_by_the_server_itself(
        self, api: httpx.AsyncClient, app: FastAPI, services: Services, world: World
    ) -> None:
        path = await finished(api, app)
        serving = new_app(replace(services, webhooks=world))
        async with serving.router.lifespan_context(serving):
            await serving.state.deliveries.caught_up()
        assert (await callback(api, path))["status"] == "DELIVERED"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("endpoint", "crm.example/done"),
        ("endpoint", "ftp://crm.example/"),
        ("endpoint", "http://"),
        ("endpoint", "http://ana:secret@crm.example/"),
        ("endpoint", "http://crm.example:99999/"),
        ("endpoint", "http://crm.example/a b"),
        ("endpoint", "http://[::1"),
        ("method", "TRACE"),
        ("method", "POST\r\n"),
        ("headers", {"Host": "other"}),
        ("headers", {"X-Key": "a\r\nb"}),
        ("headers", {f"X-{number}": "x" for number in range(21)}),
    ],
)
async def test_what_cannot_be_called_is_refused_when_it_is_asked_for(
    api: httpx.AsyncClient, member: str, value: object
) -> None:
    made = (await api.post("/record-lists", json={"name": "L"})).json()
    asked = {"endpoint": ENDPOINT, "method": "POST"} | {member: value}
    body = {"csv_metadata": {}, "callback_action": asked}
    answer = await api.post(f"/record-lists/{made['id']}/upload-requests", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
    assert fields_of(answer) == {f"callback_action.{member}"}
