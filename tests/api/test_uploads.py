"""A file's way into a list: the signed address, the bytes, the word that they are there, the result."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.uploads import UploadFolder
from outdial.api.http import create_app
from outdial.api.services import Services
from outdial.app.imports import Importer
from outdial.app.record_upkeep import Upkeep
from outdial.domain.record_lists import LARGEST_LATER_FILE, UPLOAD_LIFETIME
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, created

CSV = b"First name,Last name,Mobile\nAna,Costa,+12025550142\nBea,,+12025550143\n"
UPLOADED = [{"op": "replace", "path": "/status", "value": "UPLOADED"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
async def app(services: Services, folder: Path) -> AsyncIterator[FastAPI]:
    """The application with a folder for files and its background work running."""
    app = create_app(replace(services, uploads=UploadFolder(folder)))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def importer(app: FastAPI) -> Importer:
    found: Importer = app.state.importer
    return found


@pytest.fixture
def upkeep(services: Services, folder: Path) -> Upkeep:
    """What the server does every few seconds, to be done when the test says so."""
    return Upkeep(storage=services.storage, access=services.access, clock=services.wall, files=UploadFolder(folder))


def facts(content: bytes = CSV, **changes: Any) -> dict[str, Any]:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"filename": "feb.csv", "byte_size": len(content), "checksum": md5, "content_type": "text/csv"} | changes


def files(folder: Path) -> list[bytes]:
    """What every file in the folder holds."""
    return [path.read_bytes() for path in folder.glob("*")]


def open_to_others(folder: Path) -> list[Path]:
    """The folder and the files in it that others than their owner may see."""
    return [path for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077]


async def awaited(api: httpx.AsyncClient, **metadata: Any) -> tuple[str, str]:
    """The path of a list that waits for its file, and the file's address."""
    body = {"name": "February", "csv_metadata": metadata or facts()}
    answer = await api.post("/record-lists", json=body)
    assert answer.status_code == 201, answer.text
    return f"/record-lists/{answer.json()['id']}", answer.json()["signed_url"]


async def status(api: httpx.AsyncClient, path: str) -> str:
    return str((await api.get(path)).json()["status"])


class TestTheFileOfANewList:
    async def test_becomes_its_records(self, api: httpx.AsyncClient, importer: Importer, folder: Path) -> None:
        path, address = await awaited(api)
        sent = await api.put(address, content=CSV, headers={"Content-Type": "text/csv"})
        assert (sent.status_code, sent.content) == (200, b"")
        answer = await api.patch(path, json=UPLOADED, headers={"Content-Type": "application/json-patch+json"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "UPLOADED"
        await importer.idle()
        body = (await api.get(path)).json()
        assert (body["status"], body["records_count"]) == ("ACCEPTED", 1)
        assert files(folder) == []

    async def test_makes_the_campaigns_ready_that_waited_for_it(
        self, api: httpx.AsyncClient, importer: Importer, parts: Parts
    ) -> None:
        path, address = await awaited(api)
        campaign = await created(api, a_campaign())
        for kind, thing in (
            ("record-lists", path.rpartition("/")[2]),
            ("users", await parts.user()),
            ("numbers", await parts.number()),
        ):
            assert (await api.post(f"{campaign}/{kind}", json=[{"id": thing}])).status_code == 204
        assert await status(api, campaign) == "INCOMPLETE"
        await api.put(address, content=CSV)
        await api.patch(path, json=UPLOADED)
        await importer.idle()
        assert await status(api, campaign) == "READY"

    @pytest.mark.parametrize(
        ("content", "expected"),
        [(CSV.replace(b"Ana", b""), "REJECTED"), (b"\xff\xfe", "CORRUPTED"), (b"hello\n", "CORRUPTED")],
    )
    async def test_can_be_no_good(
        self, api: httpx.AsyncClient, importer: Importer, content: bytes, expected: str
    ) -> None:
        path, address = await awaited(api, filename="bad.csv")
        await api.put(address, content=content)
        await api.patch(path, json=UPLOADED)
        await importer.idle()
        assert await status(api, path) == expected
        assert (await api.get(f"{path}/records")).json()["total"] == 0

    @pytest.mark.parametrize(
        "patch",
        [
            {"op": "REPLACE", "path": "status", "value": "uploaded"},
            [{"op": "replace", "path": "/status", "value": "UPLOADED"}],
        ],
    )
    async def test_may_be_announced_as_an_object_or_an_array_as_ruling_33_says(
        self, api: httpx.AsyncClient, importer: Importer, patch: object
    ) -> None:
        path, address = await awaited(api)
        await api.put(address, content=CSV)
        assert (await api.patch(path, json=patch)).status_code == 200

    @pytest.mark.parametrize(
        "patch",
        [
            {},
            [],
            [*UPLOADED, *UPLOADED],
            {"op": "add", "path": "/status", "value": "UPLOADED"},
            {"op": "replace", "path": "/name", "value": "UPLOADED"},
            {"op": "replace", "path": "/status", "value": "ACCEPTED"},
            {"op": "replace", "path": "/status"},
        ],
    )
    async def test_cannot_be_announced_in_other_words(self, api: httpx.AsyncClient, patch: object) -> None:
        path, address = await awaited(api)
        await api.put(address, content=CSV)
        answer = await api.patch(path, json=patch)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
        assert await status(api, path) == "INCOMPLETE"

    async def test_must_be_there(self, api: httpx.AsyncClient) -> None:
        path, _ = await awaited(api)
        answer = await api.patch(path, json=UPLOADED)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530963")

    async def test_is_announced_once(self, api: httpx.AsyncClient, importer: Importer) -> None:
        path, address = await awaited(api)
        await api.put(address, content=CSV)
        assert (await api.patch(path, json=UPLOADED)).status_code == 200
        answer = await api.patch(path, json=UPLOADED)
        assert (answer.status_code, answer.json()["code"]) == (409, "0530907")

    async def test_is_not_what_an_empty_list_waits_for(self, api: httpx.AsyncClient) -> None:
        made = (await api.post("/record-lists", json={"name": "L"})).json()
        answer = await api.patch(f"/record-lists/{made['id']}", json=UPLOADED)
        assert (answer.status_code, answer.json()["code"]) == (409, "0530907")


class TestASignedAddress:
    async def refused(self, api: httpx.AsyncClient, address: str) -> None:
        answer = await api.put(address, content=CSV)
        assert answer.status_code == 403
        assert answer.json().keys() == {"code", "message"}

    async def test_needs_no_token(self, api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
        _, address = await awaited(api)
        assert (await stranger.put(address, content=CSV)).status_code == 200

    async def test_takes_one_file(self, api: httpx.AsyncClient, folder: Path) -> None:
        _, address = await awaited(api)
        assert (await api.put(address, content=CSV)).status_code == 200
        await self.refused(api, address)
        assert files(folder) == [CSV]

    async def test_goes_out_of_date(self, api: httpx.AsyncClient, parts: Parts) -> None:
        _, address = await awaited(api)
        parts.clock.advance(UPLOAD_LIFETIME.total_seconds())
        await self.refused(api, address)

    @pytest.mark.parametrize("place", [0, 12, 30, 90])
    async def test_cannot_be_changed(self, api: httpx.AsyncClient, place: int, folder: Path) -> None:
        _, address = await awaited(api)
        head, _, token = address.rpartition("/")
        other = "B" if token[place] != "B" else "C"
        await self.refused(api, f"{head}/{token[:place]}{other}{token[place + 1 :]}")
        assert files(folder) == []

    @pytest.mark.parametrize("token", ["x", "%00", "a" * 96, "é" * 96])
    async def test_cannot_be_guessed(self, api: httpx.AsyncClient, token: str) -> None:
        await self.refused(api, f"{BASE_URL}/uploads/{token}")


class TestTheBytes:
    @pytest.mark.parametrize("content", [CSV[:-1], CSV + b"\n", CSV.replace(b"Ana", b"Eva"), b""])
    async def test_must_be_those_that_were_announced(
        self, api: httpx.AsyncClient, folder: Path, content: bytes
    ) -> None:
        path, address = await awaited(api)
        answer = await api.put(address, content=content)
        assert answer.status_code == 400
        assert files(folder) == []
        assert (await api.patch(path, json=UPLOADED)).json()["code"] == "0530963"
        assert (await api.put(address, content=CSV)).status_code == 200

    async def test_may_come_in_pieces_without_a_length(self, api: httpx.AsyncClient, folder: Path) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(CSV), 10):
                yield CSV[start : start + 10]

        _, address = await awaited(api)
        assert (await api.put(address, content=pieces())).status_code == 200
        assert files(folder) == [CSV]

    async def test_may_have_their_checksum_in_base64_as_other_stores_do(self, api: httpx.AsyncClient) -> None:
        checksum = base64.b64encode(hashlib.md5(CSV, usedforsecurity=False).digest()).decode()
        _, address = await awaited(api, checksum=checksum)
        assert (await api.put(address, content=CSV)).status_code == 200

    async def test_can_be_too_many(self, api: httpx.AsyncClient, folder: Path) -> None:
        made = (await api.post("/record-lists", json={"name": "L"})).json()
        path = f"/record-lists/{made['id']}/upload-requests"
        address = (await api.post(path, json={"csv_metadata": {"filename": "big.csv"}})).json()["signed_url"]

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(LARGEST_LATER_FILE // 1_000_000 + 1):
                yield bytes(1_000_000)

        assert (await api.put(address, content=endless())).status_code == 413
        assert files(folder) == []

    async def test_are_for_this_user_alone(self, api: httpx.AsyncClient, folder: Path) -> None:
        _, address = await awaited(api)
        await api.put(address, content=CSV)
        assert open_to_others(folder) == []


class TestAFileThatNobodyAnnounces:
    async def test_is_kept_while_its_address_is_good(
        self, api: httpx.AsyncClient, upkeep: Upkeep, parts: Parts, folder: Path, bearer: Bearer
    ) -> None:
        path, address = await awaited(api)
        await api.put(address, content=CSV)
        parts.clock.advance(UPLOAD_LIFETIME.total_seconds() - 1)
        await upkeep.once()
        assert files(folder) == [CSV]
        assert (await api.patch(path, json=UPLOADED, headers=await bearer())).status_code == 200

    async def test_is_removed_when_its_address_has_expired(
        self, api: httpx.AsyncClient, upkeep: Upkeep, parts: Parts, folder: Path, bearer: Bearer
    ) -> None:
        path, address = await awaited(api)
        await api.put(address, content=CSV)
        parts.clock.advance(UPLOAD_LIFETIME.total_seconds())
        await upkeep.once()
        assert files(folder) == []
        answer = await api.patch(path, json=UPLOADED, headers=await bearer())
        assert (answer.status_code, answer.json()["code"]) == (400, "0530963")

    async def test_is_removed_by_the_server_itself(
        self, services: Services, bearer: Bearer, parts: Parts, folder: Path
    ) -> None:
        app = create_app(replace(services, uploads=UploadFolder(folder)))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as api:
            _, address = await awaited(api)
            await api.put(address, content=CSV)
        parts.clock.advance(UPLOAD_LIFETIME.total_seconds())
        async with app.router.lifespan_context(app):
            await app.state.upkeep.caught_up()
        assert files(folder) == []

    async def test_does_not_take_those_along_that_wait_to_be_read(
        self, services: Services, bearer: Bearer, upkeep: Upkeep, parts: Parts, folder: Path
    ) -> None:
        idle = create_app(replace(services, uploads=UploadFolder(folder)))
        idle.state.importer = Importer(
            storage=services.storage, clock=services.wall, ids=services.ids, files=UploadFolder(folder)
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(idle), base_url=BASE_URL, headers=await bearer()
        ) as api:
            path, address = await awaited(api)
            await api.put(address, content=CSV)
            assert (await api.patch(path, json=UPLOADED)).status_code == 200
        parts.clock.advance(UPLOAD_LIFETIME.total_seconds())
        await upkeep.once()
        assert files(folder) == [CSV]


class TestAnotherFile:
    async def send(self, api: httpx.AsyncClient, path: str, content: bytes) -> httpx.Response:
        """Add a file to a list; what the server says to the word that it is there."""
        made = (await api.post(f"{path}/upload-requests", json={"csv_metadata": facts(content)})).json()
        assert (await api.put(made["signed_url"], content=content)).status_code == 200
        # The value may be left out.
        return await api.patch(f"{path}/upload-requests/{made['id']}", json={"op": "replace", "path": "/status"})

    async def test_adds_records_to_a_list(self, api: httpx.AsyncClient, importer: Importer) -> None:
        path = f"/record-lists/{(await api.post('/record-lists', json={'name': 'L'})).json()['id']}"
        answer = await self.send(api, path, CSV)
        assert (answer.status_code, answer.json()["status"]) == (200, "UPLOADED"), answer.text
        await importer.idle()
        await self.send(api, path, CSV.replace(b"0142", b"0144"))
        await importer.idle()
        body = (await api.get(path)).json()
        assert (body["status"], body["records_count"]) == ("ACCEPTED", 2)
        found = await api.get(f"{path}/records", params={"upload_request_id": answer.json()["id"]})
        assert [record["phone_number"] for record in found.json()["_embedded"]["records"]] == ["+12025550142"]

    async def test_that_is_no_good_leaves_the_list_as_it_was(self, api: httpx.AsyncClient, importer: Importer) -> None:
        path = f"/record-lists/{(await api.post('/record-lists', json={'name': 'L'})).json()['id']}"
        await self.send(api, path, b"\x00")
        await importer.idle()
        assert await status(api, path) == "ACCEPTED"

    async def test_is_announced_once(self, api: httpx.AsyncClient, importer: Importer) -> None:
        path = f"/record-lists/{(await api.post('/record-lists', json={'name': 'L'})).json()['id']}"
        answer = await self.send(api, path, CSV)
        again = await api.patch(answer.json()["_links"]["self"]["href"], json=UPLOADED)
        assert (again.status_code, again.json()["code"]) == (409, "0530951")

    @pytest.mark.parametrize("upload", ["none", "9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"])
    async def test_of_nobody_is_404(self, api: httpx.AsyncClient, upload: str) -> None:
        path = f"/record-lists/{(await api.post('/record-lists', json={'name': 'L'})).json()['id']}"
        answer = await api.patch(f"{path}/upload-requests/{upload}", json=UPLOADED)
        assert (answer.status_code, answer.json()["code"]) == (404, "0530950")
