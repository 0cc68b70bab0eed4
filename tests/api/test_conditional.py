"""Tags of campaigns, record lists and records: what did not change is not sent again, and no change is lost."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.api.conftest import created

RENAME = {"op": "REPLACE", "path": "/name", "value": "Renewals south"}
NAMED = {"first_name": "Ana", "last_name": "Lima"}


async def a_record(api: httpx.AsyncClient) -> str:
    record_list = (await api.post("/record-lists", json={"name": "Renewals"})).json()["id"]
    body = {**NAMED, "phone_number": "+12025550142"}
    answer = await api.post(f"/record-lists/{record_list}/records", json=body)
    assert answer.status_code == 201, answer.text
    return f"/record-lists/{record_list}/records/{answer.json()['id']}"


async def a_path(api: httpx.AsyncClient, kind: str) -> str:
    if kind == "campaign":
        return await created(api)
    record = await a_record(api)
    return record if kind == "record" else record.partition("/records/")[0]


async def tag_of(api: httpx.AsyncClient, path: str) -> str:
    tag: str = (await api.get(path)).headers["ETag"]
    return tag


def changed(answer: httpx.Response, code: str) -> bool:
    """Whether an answer says that something was changed in between, in the shape of its family."""
    return answer.status_code == 412 and answer.json()["code"] == code


@pytest.mark.parametrize("kind", ["campaign", "list", "record"])
class TestReading:
    async def test_a_tag_is_strong_and_stays_as_long_as_nothing_changes(
        self, api: httpx.AsyncClient, kind: str
    ) -> None:
        path = await a_path(api, kind)
        tag = await tag_of(api, path)
        assert tag[0] == tag[-1] == '"'
        assert await tag_of(api, path) == tag

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
    async def test_what_is_known_is_not_sent_again(self, api: httpx.AsyncClient, kind: str, form: str) -> None:
        path = await a_path(api, kind)
        tag = await tag_of(api, path)
        answer = await api.get(path, headers={"If-None-Match": form.format(tag)})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)

    async def test_another_media_type_is_another_drawing(self, api: httpx.AsyncClient, kind: str) -> None:
        path = await a_path(api, kind)
        tag = await tag_of(api, path)
        answer = await api.get(path, headers={"If-None-Match": tag, "Accept": "application/json"})
        assert answer.status_code == 200

    async def test_what_is_gone_is_404(self, api: httpx.AsyncClient, kind: str) -> None:
        path = (await a_path(api, kind))[:-4] + "0000"
        assert (await api.get(path, headers={"If-None-Match": "*"})).status_code == 404


class TestCampaigns:
    async def test_a_change_gives_another_tag_which_the_answer_shows(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        before = await tag_of(api, path)
        answer = await api.patch(path, json=RENAME, headers={"If-Match": before})
        assert answer.status_code == 200
        assert answer.headers["ETag"] == await tag_of(api, path) != before

    async def test_a_change_on_an_old_state_is_412(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        old = await tag_of(api, path)
        await api.patch(path, json=RENAME)
        assert changed(await api.patch(path, json={**RENAME, "value": "Lost"}, headers={"If-Match": old}), "0530001")
        assert changed(await api.delete(path, headers={"If-Match": old}), "0530001")
        assert (await api.get(path)).json()["name"] == "Renewals south"

    async def test_of_two_changes_on_the_same_state_one_is_made(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        tag = {"If-Match": await tag_of(api, path)}
        names = ["Renewals east", "Renewals west"]
        answers = await asyncio.gather(
            *(api.patch(path, json={**RENAME, "value": name}, headers=tag) for name in names)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]

    async def test_the_tag_of_a_part_of_the_fields_will_do(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        tag = (await api.get(path, params={"fields": "dialing_strategy"})).headers["ETag"]
        assert (await api.patch(path, json=RENAME, headers={"If-Match": tag})).status_code == 200

    @pytest.mark.parametrize("form", ["*", '"other", {}'])
    async def test_any_state_and_one_of_several_are_understood(self, api: httpx.AsyncClient, form: str) -> None:
        path = await created(api)
        match = {"If-Match": form.format(await tag_of(api, path))}
        assert (await api.delete(path, headers=match)).status_code == 204

    @pytest.mark.parametrize("form", ["W/{}", "nonsense", ""])
    async def test_a_weak_tag_or_none_at_all_is_not_enough(self, api: httpx.AsyncClient, form: str) -> None:
        path = await created(api)
        match = {"If-Match": form.format(await tag_of(api, path))}
        assert changed(await api.delete(path, headers=match), "0530001")


class TestRecords:
    async def test_a_change_on_an_old_state_is_412(self, api: httpx.AsyncClient) -> None:
        path = await a_record(api)
        old = await tag_of(api, path)
        change = [{"op": "replace", "path": "/first_name", "value": "Eva"}]
        assert (await api.patch(path, json=change, headers={"If-Match": old})).status_code == 200
        assert changed(await api.patch(path, json=change, headers={"If-Match": old}), "0530900")
        assert changed(await api.delete(path, headers={"If-Match": old}), "0530900")
        assert (await api.delete(path, headers={"If-Match": await tag_of(api, path)})).status_code == 204


@pytest.fixture
async def serving(app: FastAPI) -> AsyncIterator[None]:
    async with app.router.lifespan_context(app):
        yield


@pytest.mark.usefixtures("serving")
class TestRecordLists:
    async def test_a_new_record_gives_another_tag(self, api: httpx.AsyncClient) -> None:
        path = (await a_record(api)).partition("/records/")[0]
        before = await tag_of(api, path)
        await api.post(f"{path}/records", json={**NAMED, "phone_number": "+12025550143"})
        assert await tag_of(api, path) != before

    async def test_a_change_on_an_old_state_is_412(self, api: httpx.AsyncClient) -> None:
        path = (await a_record(api)).partition("/records/")[0]
        change = {"op": "replace", "path": "/status", "value": "UPLOADED"}
        # The list waits for no file: that is found wrong only where the tag is right.
        assert (await api.patch(path, json=change, headers={"If-Match": await tag_of(api, path)})).status_code == 409
        assert changed(await api.patch(path, json=change, headers={"If-Match": '"old.old"'}), "0530900")
