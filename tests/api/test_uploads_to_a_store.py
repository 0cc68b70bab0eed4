"""Files that clients send to an S3-compatible store by themselves: announced, looked at, read, removed."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.s3 import Bucket, S3Uploads
from outdial.api.services import Services
from outdial.app.record_upkeep import Upkeep, remove_leftover_files
from tests.adapters.s3_store import BUCKET, KEY_ID, REGION, SECRET, Store, serving
from tests.api.conftest import new_app
from tests.conftest import SetClock

CSV = b"First name,Last name,Mobile\nAna,Costa,+12025550142\nBea,,+12025550143\n"
UPLOADED = [{"op": "replace", "path": "/status", "value": "UPLOADED"}]


@pytest.fixture
def store() -> Iterator[Store]:
    with serving() as store:
        yield store


@pytest.fixture
async def app(services: Services, store: Store) -> AsyncIterator[FastAPI]:
    uploads = S3Uploads(Bucket(BUCKET, "", store.address, REGION, KEY_ID, SECRET))
    app = new_app(replace(services, uploads=uploads))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def upkeep(app: FastAPI) -> Upkeep:
    found: Upkeep = app.state.upkeep
    await found.caught_up()
    return found


def facts(content: bytes = CSV) -> dict[str, Any]:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"filename": "feb.csv", "byte_size": len(content), "checksum": md5, "content_type": "text/csv"}


async def awaited(api: httpx.AsyncClient, home: str = "/record-lists", **metadata: Any) -> tuple[str, str]:
    """The path of a list that waits for its file, and the file's address."""
    answer = await api.post(home, json={"name": "February", "csv_metadata": metadata or facts()})
    assert answer.status_code == 201, answer.text
    assert answer.json()["_links"]["upload"]["href"] == answer.json()["signed_url"]
    return f"{home}/{answer.json()['id']}", answer.json()["signed_url"]


async def put(address: str, content: bytes = CSV) -> int:
    async with httpx.AsyncClient() as sender:
        return (await sender.put(address, content=content, headers={"Content-Type": "text/csv"})).status_code


async def test_a_file_becomes_the_records_of_its_list_and_is_gone(
    api: httpx.AsyncClient, app: FastAPI, store: Store
) -> None:
    path, address = await awaited(api)
    assert address.startswith(f"{store.address}/{BUCKET}/")
    assert await put(address) == 200
    assert (await api.patch(path, json=UPLOADED)).status_code == 200
    await app.state.importer.idle()
    body = (await api.get(path)).json()
    assert (body["status"], body["records_count"]) == ("ACCEPTED", 1)
    assert store.objects == {}


async def test_what_is_sent_to_a_used_address_changes_nothing_and_is_swept(
    api: httpx.AsyncClient, app: FastAPI, store: Store, services: Services, clock: SetClock
) -> None:
    path, address = await awaited(api)
    await put(address)
    await api.patch(path, json=UPLOADED)
    await app.state.importer.idle()
    other = CSV.replace(b"Ana", b"Eva")
    assert await put(address, other) == 200
    assert (await api.patch(path, json=UPLOADED)).json()["code"] == "0530907"
    records = (await api.get(f"{path}/records")).json()["_embedded"]["records"]
    assert [one["first_name"] for one in records] == ["Ana"]
    clock.advance(2 * 3600)
    files = S3Uploads(Bucket(BUCKET, "", store.address, REGION, KEY_ID, SECRET))
    await remove_leftover_files(storage=services.storage, access=services.access, clock=clock, files=files)
    assert store.objects == {}


async def test_before_a_file_is_there_it_cannot_be_announced(api: httpx.AsyncClient, app: FastAPI) -> None:
    path, _ = await awaited(api)
    answer = await api.patch(path, json=UPLOADED)
    assert (answer.status_code, answer.json()["code"]) == (400, "0530963")


async def test_a_file_with_another_checksum_is_refused_and_may_be_sent_again(
    api: httpx.AsyncClient, app: FastAPI, store: Store
) -> None:
    path, address = await awaited(api)
    await put(address, CSV.replace(b"Ana", b"Eva"))
    answer = await api.patch(path, json=UPLOADED)
    assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
    assert "MD5" in answer.json()["message"]
    assert store.objects == {}
    assert await put(address) == 200
    assert (await api.patch(path, json=UPLOADED)).status_code == 200


async def test_a_file_of_another_size_is_not_taken(api: httpx.AsyncClient, app: FastAPI) -> None:
    _, address = await awaited(api)
    assert await put(address, CSV + b"\n") == 403


async def test_a_later_file_may_have_20_megabytes_also_where_nobody_said_how_many_it_has(
    api: httpx.AsyncClient, app: FastAPI, store: Store
) -> None:
    made = (await api.post("/record-lists", json={"name": "L"})).json()
    requests = f"/record-lists/{made['id']}/upload-requests"
    request = (await api.post(requests, json={"csv_metadata": {}})).json()
    await put(request["signed_url"], bytes(20_000_001))
    answer = await api.patch(f"{requests}/{request['id']}", json=UPLOADED)
    assert (answer.status_code, answer.json()["code"]) == (413, "0530908")
    assert store.objects == {}


async def test_a_do_not_call_list_is_read_without_being_announced(
    api: httpx.AsyncClient, app: FastAPI, upkeep: Upkeep
) -> None:
    content = b"Phone\n+12025550142\n"
    path, address = await awaited(api, "/do-not-call-lists", **facts(content))
    assert await put(address, content) == 200
    await upkeep.once()
    await app.state.importer.idle()
    body = (await api.get(path)).json()
    assert (body["status"], body["entries_count"]) == ("ACCEPTED", 1)


async def test_a_store_that_is_away_is_said_to_be_and_nothing_is_lost(
    api: httpx.AsyncClient, app: FastAPI, store: Store
) -> None:
    path, address = await awaited(api)
    await put(address)
    store.broken = True
    assert (await api.patch(path, json=UPLOADED)).status_code == 503
    store.broken = False
    assert (await api.patch(path, json=UPLOADED)).status_code == 200
