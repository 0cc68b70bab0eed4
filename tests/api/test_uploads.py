"""A file's way into a list: the signed address, the bytes, the word that they are there, the result."""

import base64
import csv
import hashlib
import io
import os
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.uploads import UploadFolder
from outdial.api.services import Services
from outdial.app.access import create_client, grant_service_token
from outdial.app.importer import Importer
from outdial.app.imports import import_rows
from outdial.app.record_upkeep import REJECTS_ARE_KEPT, Upkeep
from outdial.domain.access import Scope
from outdial.domain.record_lists import LARGEST_LATER_FILE, UPLOAD_LIFETIME, UploadId
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, created, new_app

CSV = b"First name,Last name,Mobile\nAna,Costa,+12025550142\nBea,,+12025550143\n"
UPLOADED = [{"op": "replace", "path": "/status", "value": "UPLOADED"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
async def app(services: Services, folder: Path) -> AsyncIterator[FastAPI]:
    """The application with a folder for files and its background work running."""
    app = new_app(replace(services, uploads=UploadFolder(folder)))
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


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*")]


def put(folder: Path, name: str, content: bytes) -> None:
    """Make a file that nobody has sent."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)


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
        app = new_app(replace(services, uploads=UploadFolder(folder)))
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
        idle = new_app(replace(services, uploads=UploadFolder(folder)))
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


class TestHowFarAFileIs:
    """Beside the compatible API, which only knows the status of the list."""

    BAD = (
        b"First name,Last name,Mobile\nAna,Costa,+12025550142\nBea,,+12025550143\n"
        b"Cem,Kaya,call me,more\nAna,C,+12025550142\n"
    )

    async def read(self, api: httpx.AsyncClient, importer: Importer, content: bytes) -> str:
        """The path under which the file of a new list is shown once it has been read."""
        path, address = await awaited(api, **facts(content))
        await api.put(address, content=content)
        await api.patch(path, json=UPLOADED)
        await importer.idle()
        (upload,) = (await api.get(f"/v1{path}/upload-requests")).json()["_embedded"]["upload_requests"]
        return f"/v1/upload-requests/{upload['id']}"

    async def test_is_nothing_before_it_comes(self, api: httpx.AsyncClient) -> None:
        path, _ = await awaited(api)
        page = (await api.get(f"/v1{path}/upload-requests")).json()
        assert page["total"] == 1
        (upload,) = page["_embedded"]["upload_requests"]
        assert upload["status"] == "INCOMPLETE"
        assert (upload["filename"], upload["byte_size"], upload["first_file"]) == ("feb.csv", len(CSV), True)
        assert (upload["rows_done"], upload["by_kind"]) == (0, {})
        assert not {"stored_bytes", "rows_total", "corrupted"} & upload.keys()
        assert upload["_links"].keys() == {"self", "record_list"}

    async def test_is_told_in_rows_and_in_kinds_of_rejects(self, api: httpx.AsyncClient, importer: Importer) -> None:
        body = (await api.get(await self.read(api, importer, self.BAD))).json()
        assert (body["status"], body["rows_done"], body["rows_total"]) == ("ACCEPTED", 4, 4)
        assert (body["accepted"], body["rejected"], body["duplicates"]) == (1, 2, 1)
        assert body["by_kind"] == {"wrong_column_count": 1, "missing_last_name": 1}

    async def test_can_be_seen_while_it_is_read(self, api: httpx.AsyncClient, parts: Parts, services: Services) -> None:
        path, address = await awaited(api)
        await api.put(address, content=CSV)
        (upload,) = (await api.get(f"/v1{path}/upload-requests")).json()["_embedded"]["upload_requests"]
        async with parts.database.transaction() as connection:
            await connection.execute("update upload_request set status = 'UPLOADED'")
            account = await connection.fetchval("select id from account")
            list_id = UUID(path.rpartition("/")[2])
        seen = []

        def progress(done: int, of: int) -> None:
            seen.append((done, of))
            raise ConnectionError("pulled out")

        with pytest.raises(ConnectionError):
            await import_rows(
                account,
                list_id,
                lambda _: nullcontext(iter(CSV.decode().splitlines(keepends=True))),
                storage=services.storage,
                clock=services.wall,
                ids=services.ids,
                upload_id=UploadId(UUID(upload["id"])),
                progress=progress,
                chunk_rows=1,
            )
        body = (await api.get(f"/v1/upload-requests/{upload['id']}")).json()
        assert seen == [(1, 2)]
        assert (body["status"], body["rows_done"], body["rows_total"]) == ("VALIDATION_STARTED", 1, 2)

    async def test_says_why_nothing_could_be_read(self, api: httpx.AsyncClient, importer: Importer) -> None:
        body = (await api.get(await self.read(api, importer, b"hello\n"))).json()
        assert body["status"] == "CORRUPTED"
        assert "lacks" in body["corrupted"]

    async def test_ruling_19_lists_the_rejects_with_their_columns_and_duplicates(
        self, api: httpx.AsyncClient, importer: Importer
    ) -> None:
        answer = await api.get(f"{await self.read(api, importer, self.BAD)}/rejects")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert rows[0] == ["First name", "Last name", "Mobile", "row", "column", "value", "code", "message"]
        assert [row[:-1] for row in rows[1:]] == [
            ["Bea", "", "+12025550143", "3", "Last name", "", "LAST_NAME_MISSING"],
            ["Cem", "Kaya", "call me,more", "4", "", "4", "OTHER"],
            ["Ana", "C", "+12025550142", "5", "Mobile", "+12025550142", "PHONE_NUMBER_NOT_UNIQUE"],
        ]

    async def test_lists_all_rejects_however_many(self, api: httpx.AsyncClient, importer: Importer) -> None:
        content = b"First name,Last name,Mobile\n" + b",Costa,+12025550142\n" * 2345
        answer = await api.get(f"{await self.read(api, importer, content)}/rejects")
        assert [row[3] for row in csv.reader(io.StringIO(answer.text))][1:] == [str(line) for line in range(2, 2347)]

    async def test_forgets_rejects_after_thirty_days(
        self, api: httpx.AsyncClient, importer: Importer, upkeep: Upkeep, parts: Parts, bearer: Bearer
    ) -> None:
        path = await self.read(api, importer, self.BAD)

        async def kept() -> int:
            await upkeep.once()
            return len((await api.get(f"{path}/rejects", headers=await bearer())).text.splitlines()) - 1

        parts.clock.advance(REJECTS_ARE_KEPT.total_seconds())
        assert await kept() == 3
        parts.clock.advance(600)
        assert await kept() == 0

    async def test_needs_the_scope_of_its_kind_of_list(
        self, api: httpx.AsyncClient, importer: Importer, bearer: Bearer
    ) -> None:
        path = await self.read(api, importer, CSV)
        assert (await api.get(path, headers=await bearer(Scope.RECORD_LISTS_MANAGE))).status_code == 200
        for scope in (Scope.CAMPAIGNS_READ, Scope.DNC_LISTS_MANAGE):
            assert (await api.get(path, headers=await bearer(scope))).status_code == 403
            assert (await api.get(f"{path}/rejects", headers=await bearer(scope))).status_code == 403

    async def test_is_not_told_to_other_accounts(
        self, api: httpx.AsyncClient, importer: Importer, bearer: Bearer
    ) -> None:
        path = await self.read(api, importer, CSV)
        for one in (path, f"{path}/rejects"):
            answer = await api.get(one, headers=await bearer(account="other"))
            assert (answer.status_code, answer.json()["code"]) == (404, "upload-request-not-found")


class TestLeftovers:
    """Files that nobody will read any more."""

    @pytest.fixture
    def age(self, folder: Path, parts: Parts) -> Callable[[str, float], None]:
        """Let the files whose names end so have changed some seconds ago."""

        def set_times(ending: str, seconds: float) -> None:
            at = parts.clock.now().timestamp() - seconds
            for path in folder.glob(f"*{ending}"):
                os.utime(path, (at, at))

        return set_times

    async def test_of_a_server_that_was_killed_while_a_file_came_are_removed(
        self, upkeep: Upkeep, folder: Path, age: Callable[[str, float], None]
    ) -> None:
        put(folder, "abc.1234.part", b"half")
        put(folder, "abc.5678.part", b"still coming")
        age("1234.part", UPLOAD_LIFETIME.total_seconds() + 1)
        age("5678.part", 60)
        await upkeep.once()
        assert files(folder) == [b"still coming"]

    async def test_that_were_read_already_are_removed(
        self,
        api: httpx.AsyncClient,
        importer: Importer,
        upkeep: Upkeep,
        folder: Path,
        age: Callable[[str, float], None],
    ) -> None:
        path, address = await awaited(api)
        await api.put(address, content=CSV)
        (name,) = names(folder)
        await api.patch(path, json=UPLOADED)
        await importer.idle()
        put(folder, name, CSV)  # as if the server had been killed between reading and removing
        age("", UPLOAD_LIFETIME.total_seconds() + 1)
        await upkeep.once()
        assert files(folder) == []

    async def test_are_not_what_waits_to_be_read(
        self, api: httpx.AsyncClient, upkeep: Upkeep, folder: Path, parts: Parts, age: Callable[[str, float], None]
    ) -> None:
        _, address = await awaited(api)
        await api.put(address, content=CSV)
        async with parts.database.transaction() as connection:
            await connection.execute("update upload_request set status = 'UPLOADED'")
        age("", 10 * UPLOAD_LIFETIME.total_seconds())
        await upkeep.once()
        assert files(folder) == [CSV]


class TestTokensThatRanOut:
    async def test_are_forgotten_a_day_later(self, services: Services, upkeep: Upkeep, parts: Parts) -> None:
        made = await create_client(
            "default", name="CRM", scopes=[Scope.CAMPAIGNS_READ], access=services.access, clock=services.wall
        )
        day = timedelta(days=1)
        for lifetime in (day, 3 * day):
            await grant_service_token(made.client, "", lifetime, access=services.access, clock=services.wall)
        parts.clock.advance(2 * day.total_seconds())
        await upkeep.once()
        assert len(await services.access.service_tokens(made.client.id)) == 2
        parts.clock.advance(600)
        await upkeep.once()
        (left,) = await services.access.service_tokens(made.client.id)
        assert left.is_good(parts.clock.now())


DNC_CSV = (
    b"Phone number,Expiration date,Reason\n"
    b"+12025550142,2027-06-30,asked\n"
    b"+12025550143,,\n"
    b"call me,,\n"
    b"+12025550144,30.06.2027,\n"
)


class TestTheFileOfADoNotCallList:
    async def test_may_come_when_the_list_has_numbers_already(self, api: httpx.AsyncClient, importer: Importer) -> None:
        made = f"/do-not-call-lists/{(await api.post('/do-not-call-lists', json={'name': 'Opt-outs'})).json()['id']}"
        await api.post(f"{made}/entries", json={"phone_number": "+12025550141"})
        request = await api.post(f"/v1{made}/upload-requests", json={"csv_metadata": {"filename": "june.csv"}})
        assert request.status_code == 201, request.text
        await api.put(request.json()["signed_url"], content=b"Phone number,Reason\n+12025550142,asked\n12,\n")
        await importer.idle()
        report = (await api.get(f"/v1/upload-requests/{request.json()['id']}")).json()
        assert (report["status"], report["accepted"], report["by_kind"]) == ("ACCEPTED", 1, {"phone_too_short": 1})
        assert (await api.get(made)).json()["entries_count"] == 2
        assert await status(api, made) == "ACCEPTED"

    async def awaited(self, api: httpx.AsyncClient, content: bytes = DNC_CSV) -> tuple[str, str]:
        body = {"name": "Opt-outs", "csv_metadata": facts(content)}
        answer = await api.post("/do-not-call-lists", json=body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert made["status"] == "INCOMPLETE"
        assert made["_links"]["upload"]["href"] == made["signed_url"]
        return f"/do-not-call-lists/{made['id']}", made["signed_url"]

    async def entries(self, api: httpx.AsyncClient, path: str) -> list[tuple[str, str | None, str | None]]:
        found = await api.get(f"{path}/entries", params={"order_by": "created_at:asc"})
        entries = found.json()["_embedded"]["entries"]
        return [(one["phone_number"], one.get("expiration_date"), one.get("reason")) for one in entries]

    async def test_is_read_as_soon_as_it_is_here(
        self, api: httpx.AsyncClient, importer: Importer, folder: Path
    ) -> None:
        path, address = await self.awaited(api)
        assert (await api.put(address, content=DNC_CSV)).status_code == 200
        await importer.idle()
        body = (await api.get(path)).json()
        assert (body["status"], body["entries_count"]) == ("ACCEPTED", 2)
        assert await self.entries(api, path) == [
            ("+12025550142", "2027-06-30", "asked"),
            ("+12025550143", None, None),
        ]
        assert files(folder) == []

    async def test_may_be_announced_all_the_same(self, api: httpx.AsyncClient, importer: Importer) -> None:
        path, address = await self.awaited(api)
        await api.put(address, content=DNC_CSV)
        assert (await api.patch(path, json=UPLOADED)).status_code == 200
        await importer.idle()
        answer = await api.patch(path, json=UPLOADED)
        assert (answer.status_code, answer.json()["status"]) == (200, "ACCEPTED")

    async def test_must_be_there_to_be_announced(self, api: httpx.AsyncClient) -> None:
        path, _ = await self.awaited(api)
        answer = await api.patch(path, json=UPLOADED)
        assert (answer.status_code, answer.json()["code"]) == (400, "0531500")

    async def test_is_not_what_an_empty_list_waits_for(self, api: httpx.AsyncClient) -> None:
        made = (await api.post("/do-not-call-lists", json={"name": "Opt-outs"})).json()
        assert "signed_url" not in made
        answer = await api.patch(f"/do-not-call-lists/{made['id']}", json=UPLOADED)
        assert (answer.status_code, answer.json()["code"]) == (409, "0531500")

    async def test_of_nobody_is_404(self, api: httpx.AsyncClient) -> None:
        answer = await api.patch("/do-not-call-lists/9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e", json=UPLOADED)
        assert (answer.status_code, answer.json()["code"]) == (404, "0531510")

    async def test_ruling_31_has_at_most_a_hundred_million_bytes(self, api: httpx.AsyncClient) -> None:
        body = {"name": "Opt-outs", "csv_metadata": {"byte_size": 100_000_001}}
        answer = await api.post("/do-not-call-lists", json=body)
        assert (answer.status_code, answer.json()["code"]) == (413, "0531506")
        assert (await api.get("/do-not-call-lists")).json()["total"] == 0

    async def test_that_came_while_nothing_could_be_read_is_read_later(
        self, services: Services, bearer: Bearer, folder: Path, upkeep: Upkeep
    ) -> None:
        idle = new_app(replace(services, uploads=UploadFolder(folder)))
        transport = httpx.ASGITransport(idle)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as api:
            path, address = await self.awaited(api)
            assert (await api.put(address, content=DNC_CSV)).status_code == 200
            assert await status(api, path) == "INCOMPLETE"
            async with idle.router.lifespan_context(idle):
                await idle.state.upkeep.caught_up()
                await idle.state.importer.idle()
            assert await status(api, path) == "ACCEPTED"

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"Phone number\ncall me\n", "REJECTED"),
            (b"Phone number\n", "REJECTED"),
            (b"Name,Reason\nAna,asked\n", "CORRUPTED"),
            (b"Phone,Mobile\n+12025550142,+12025550142\n", "CORRUPTED"),
            (b"\xff\xfe", "CORRUPTED"),
        ],
    )
    async def test_can_be_no_good(
        self, api: httpx.AsyncClient, importer: Importer, content: bytes, expected: str
    ) -> None:
        path, address = await self.awaited(api, content)
        await api.put(address, content=content)
        await importer.idle()
        assert await status(api, path) == expected
        assert await self.entries(api, path) == []

    async def test_changes_entries_that_are_there_as_if_they_were_put_once_more(
        self, api: httpx.AsyncClient, importer: Importer
    ) -> None:
        content = b"Phone\n+12025550142\n+12025550143\n+1 202 555 0143\n"
        path, address = await self.awaited(api, content)
        entry = {"phone_number": "+12025550142", "reason": "by hand", "expiration_date": "2027-01-01"}
        assert (await api.post(f"{path}/entries", json=entry)).status_code == 201
        await api.put(address, content=content)
        await importer.idle()
        assert await self.entries(api, path) == [("+12025550142", None, None), ("+12025550143", None, None)]
        assert (await api.get(path)).json()["entries_count"] == 2

    async def test_has_a_report_with_rejects(self, api: httpx.AsyncClient, importer: Importer, bearer: Bearer) -> None:
        path, address = await self.awaited(api)
        await api.put(address, content=DNC_CSV)
        await importer.idle()
        (upload,) = (await api.get(f"/v1{path}/upload-requests")).json()["_embedded"]["upload_requests"]
        assert (upload["accepted"], upload["by_kind"]) == (2, {"phone_letters": 1, "bad_expiration_date": 1})
        assert "do_not_call_list" in upload["_links"]
        own = f"/v1/upload-requests/{upload['id']}"
        text = (await api.get(f"{own}/rejects", headers=await bearer(Scope.DNC_LISTS_MANAGE))).text
        assert [row[3:7] for row in csv.reader(io.StringIO(text))][1:] == [
            ["4", "Phone number", "call me", "PHONE_NUMBER_INVALID"],
            ["5", "Expiration date", "30.06.2027", "EXPIRATION_DATE_INVALID"],
        ]
        assert (await api.get(own, headers=await bearer(Scope.RECORD_LISTS_MANAGE))).status_code == 403
